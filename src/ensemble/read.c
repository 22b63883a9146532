/* SPDX-License-Identifier: BSD-3-Clause */
/* One file as tables of numbers: the columns of its groups, and what the analysis makes of them. */
#include "squall/correct.h"
#include "src/ensemble/partition.h"
#include "src/ensemble/witness.h"
#include <math.h>
#include <string.h>

PetscErrorCode sq_path_weights(sq_records *records, int group, double **log_weight)
{
  PetscFunctionBeginUser;
  int64_t count = sq_records_about(records)->group[group].count;
  PetscCall(sq_records_find_column(records, group, "log_weight", log_weight));
  for (int64_t i = 0; *log_weight && i < count; i++)
    if (!isnan((*log_weight)[i])) PetscFunctionReturn(0);
  sq_free(log_weight);
  PetscFunctionReturn(0);
}

/* A chain of independent proposals for the whole field stays where it is with probability 1 - acceptance: its tau_int
 * is at least that of this. Several proposals may lie between two stored fields. */
static void bound_tau(sq_ensemble *e, double separation)
{
  double acceptance = 1 - pow(1 - e->acceptance, separation), least = sq_independence_tau(acceptance);
  for (int r = 0; r < e->table.count; r++) sq_estimate_at_least(&e->table.row[r].estimate, least);
}

/* Names of a file go into tables, scripts of gnuplot and a page: nothing in them means anything there. */
static void copy_plain(const char *from, size_t size, char *to)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ .+-=()^";
  snprintf(to, size, "%s", from);
  for (; *(to += strspn(to, plain)); to++) *to = '_';
}

static PetscErrorCode read_correction(sq_records *records, sq_ensemble *e)
{
  PetscFunctionBeginUser;
  double block, separation, burn_in, exact;
  PetscCall(sq_records_find_real(records, "block", &block));
  PetscCall(sq_records_find_real(records, "separation", &separation));
  PetscCall(sq_records_find_real(records, "thermalisation", &burn_in));
  PetscCall(sq_records_find_real(records, "start_of_ensemble", &exact));
  e->moves = separation;
  PetscCall(sq_records_find_real(records, "proposals_k_hat", &e->proposals_k_hat));
  PetscCall(sq_records_find_real(records, "proposals_most_k", &e->proposals_most_k));
  if (isnan(separation)) separation = 1;
  if (!e->chain) PetscFunctionReturn(0);
  if (isnan(exact)) e->burn_in = burn_in / separation; /* else there was nothing to forget */
  if (!(block > 0)) bound_tau(e, separation);
  PetscFunctionReturn(0);
}

/* Fills the columns that a file lacks from its fields; all fields are this replica's share. */
static PetscErrorCode measure_fields(const sq_grid *grid, sq_records *records, sq_obs *obs, int group, double *block,
                                     sq_ensemble *e)
{
  PetscFunctionBeginUser;
  double columns[SQ_IO_COLUMNS];
  bool lacks[SQ_OBS_MOST];
  for (int c = 0; c < sq_obs_columns(e->theory); c++) {
    lacks[c] = !e->column[c];
    if (lacks[c]) PetscCall(sq_alloc(e->count, &e->column[c]));
  }
  for (int64_t i = 0; i < e->count; i += grid->replicas) {
    int64_t mine = i + grid->replica < e->count ? i + grid->replica : -1;
    PetscCall(sq_records_read(records, group, mine, block, NULL));
    if (mine < 0) continue;
    PetscCall(sq_obs_measure(obs, block, columns));
    for (int c = 0; c < sq_obs_columns(e->theory); c++)
      if (lacks[c]) e->column[c][mine] = columns[c];
  }
  for (int c = 0; c < sq_obs_columns(e->theory); c++)
    if (lacks[c])
      PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, e->column[c], (int)e->count, MPI_DOUBLE, MPI_SUM, grid->across));
  PetscFunctionReturn(0);
}

/* A file from before there were some of the columns. */
static PetscErrorCode measure_anew(MPI_Comm world, const char *path, int components, int group, sq_ensemble *e)
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  sq_action action;
  sq_obs *obs;
  double *block;
  SqCheck(sq_action_read(e->action, e->dim, &action), world, SQ_ERR_DATA, "%s is of the action %s, which is none", path,
          e->action);
  SqCheck(sq_action_components(&action) == components, world, SQ_ERR_DATA,
          "%s has fields of %d numbers a site, its action %s has %d", path, components, e->action,
          sq_action_components(&action));
  PetscCall(sq_open_fields_of(world, path, &grid, &lattice, &records));
  PetscCall(sq_obs_create(lattice, &action, &obs));
  PetscCall(sq_alloc(components * lattice->local_volume, &block));
  sq_info("%s: %s lacks columns, which are measured anew from its fields", path, e->name);
  PetscCall(measure_fields(grid, records, obs, group, block, e));
  PetscCall(sq_records_close(&records));
  PetscCall(sq_obs_destroy(&obs));
  sq_free(&block);
  PetscCall(sq_lattice_destroy(&lattice));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_weights(sq_records *records, int group, sq_ensemble *e)
{
  PetscFunctionBeginUser;
  double of_fields;
  PetscCall(sq_path_weights(records, group, &e->log_weight));
  PetscCall(sq_records_find_real(records, "density_of_fields", &of_fields));
  e->of_fields = e->log_weight && of_fields == 1;
  e->no_density = of_fields == 0;
  if (e->log_weight) PetscCall(sq_weights_summary(e->count, e->log_weight, &e->weights));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_group(MPI_Comm world, const char *path, sq_records *records, int group, sq_ensemble *e)
{
  PetscFunctionBeginUser;
  bool missing = false;
  const sq_records_info *info = sq_records_about(records);
  *e = (sq_ensemble){.dim = info->dim,
                     .count = info->group[group].count,
                     .seed = info->seed,
                     .streams = info->streams,
                     .acceptance = NAN,
                     .proposals_k_hat = NAN,
                     .proposals_most_k = NAN,
                     .burn_in = NAN,
                     .moves = NAN};
  PetscCall(sq_records_find_real(records, "thermalisation_trajectories", &e->thermalisation));
  PetscCall(sq_records_find_real(records, "tau_int_production", &e->tau_int));
  PetscCall(sq_records_find_real(records, "tau_int_production_error", &e->tau_int_error));
  PetscCall(sq_records_find_real(records, "start_disagreement", &e->disagreement));
  PetscCall(sq_records_find_real(records, "eps", &e->eps));
  PetscCall(sq_records_find_real(records, "langevin_order", &e->order));
  PetscCall(sq_records_find_real(records, "alpha", &e->alpha));
  PetscCall(sq_records_find_real(records, "mass", &e->mass));
  if (isnan(e->alpha)) e->alpha = 1;
  PetscCall(sq_records_find_real(records, "exp_minus_dH", &e->exp_dH));
  PetscCall(sq_records_find_real(records, "exp_minus_dH_error", &e->exp_dH_error));
  PetscCall(sq_records_find_real(records, "exp_minus_dH_k_hat", &e->exp_dH_k_hat));
  PetscCall(sq_records_find_real(records, "invalid_share", &e->invalid_share));
  PetscCall(sq_records_find_real(records, "core_seconds_an_update", &e->core_seconds));
  PetscCall(sq_records_find_real(records, "updates_a_field", &e->updates));
  PetscCall(sq_records_find_real(records, "never_moved", &e->never_moved));
  PetscCall(sq_records_find_real(records, "held_back", &e->held_back));
  PetscCall(sq_records_find_real(records, "trajectories", &e->polishing));
  PetscCall(sq_records_find_real(records, "late_drift", &e->late_drift));
  copy_plain(info->group[group].name, sizeof e->name, e->name);
  copy_plain(info->action, sizeof e->action, e->action);
  memcpy(e->extent, info->extent, sizeof e->extent);
  e->theory = sq_action_described(e->action);
  SqCheck(e->theory, SQ_EVERY_RANK, SQ_ERR_DATA, "%s: there is no theory of that kind: %s", e->name, e->action);
  for (int c = 0; e->theory->columns[c]; c++) {
    PetscCall(sq_records_find_column(records, group, e->theory->columns[c], &e->column[c]));
    if (!e->column[c]) missing = true;
  }
  if (missing) PetscCall(measure_anew(world, path, PetscMax(1, info->components), group, e));
  PetscCall(sq_records_find_column(records, group, "chain", &e->chain));
  PetscCall(read_weights(records, group, e));
  if (!strcmp(e->name, "corrected")) PetscCall(sq_records_get_real(records, "acceptance", &e->acceptance));
  PetscCall(sq_obs_analyse(e->theory, e->dim, e->extent, e->count, (const double *const *)e->column, e->chain, NULL,
                           &e->table));
  if (!isnan(e->acceptance)) PetscCall(read_correction(records, e));
  PetscCall(sq_model_errors_get(records, e));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_ensembles_read(MPI_Comm world, const char *path, sq_ensemble *ensembles, int *count)
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  sq_records *records;
  PetscCall(sq_glance_at_fields(world, path));
  PetscCall(sq_grid_create(world, 1, &grid));
  PetscCall(sq_records_open(grid, NULL, path, &records));
  *count = sq_records_about(records)->groups;
  for (int g = 0; g < *count; g++) {
    PetscCall(read_group(world, path, records, g, &ensembles[g]));
    snprintf(ensembles[g].where, sizeof ensembles[g].where, "%s", path);
  }
  PetscCall(sq_records_close(&records));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

void sq_ensemble_free(sq_ensemble *e)
{
  for (int c = 0; c < SQ_OBS_MOST; c++) sq_free(&e->column[c]);
  sq_free(&e->chain);
  sq_free(&e->log_weight);
  sq_free(&e->weighted);
  sq_partition_free(&e->partition);
}
