/* Ensembles as tables of numbers: the columns of a records file and what the analysis makes of them. */
#include "src/ensemble/correction.h"
#include "src/run/stage.h"
#include <math.h>
#include <string.h>

const char sq_corrected_file[] = "corrected.h5";

/* These walk over names, and count down how many are still to be left out. */
static const char *file_of_stages(bool last, int *left)
{
  for (int k = 0; sq_stages[k]; k++)
    for (int i = 0; sq_stages[k]->files && sq_stages[k]->files[i]; i++)
      if (sq_stages[k]->files_last == last && (*left)-- == 0) return sq_stages[k]->files[i];
  return NULL;
}

/* What methods begin with, and then what they make: one file, whatever the method. */
static const char *file_of_corrections(int *left)
{
  for (int k = 0; sq_corrections[k]; k++)
    if (sq_corrections[k]->first && (*left)-- == 0) return sq_corrections[k]->from;
  return (*left)-- == 0 ? sq_corrected_file : NULL;
}

const char *sq_ensemble_file_name(int index)
{
  const char *name = file_of_stages(false, &index);
  if (!name) name = file_of_corrections(&index);
  return name ? name : file_of_stages(true, &index);
}

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

static PetscErrorCode read_group(sq_records *records, int group, sq_ensemble *e)
{
  PetscFunctionBeginUser;
  const sq_records_info *info = sq_records_about(records);
  *e = (sq_ensemble){.dim = info->dim, .count = info->group[group].count, .acceptance = NAN};
  PetscCall(sq_records_find_real(records, "thermalisation_trajectories", &e->thermalisation));
  PetscCall(sq_records_find_real(records, "tau_int_production", &e->tau_int));
  PetscCall(sq_records_find_real(records, "tau_int_production_error", &e->tau_int_error));
  PetscCall(sq_records_find_real(records, "start_disagreement", &e->disagreement));
  PetscCall(sq_records_find_real(records, "eps", &e->eps));
  PetscCall(sq_records_find_real(records, "langevin_order", &e->order));
  PetscCall(sq_records_find_real(records, "alpha", &e->alpha));
  if (isnan(e->alpha)) e->alpha = 1;
  PetscCall(sq_records_find_real(records, "core_seconds_an_update", &e->core_seconds));
  PetscCall(sq_records_find_real(records, "updates_a_field", &e->updates));
  snprintf(e->name, sizeof e->name, "%s", info->group[group].name);
  snprintf(e->action, sizeof e->action, "%s", info->action);
  memcpy(e->extent, info->extent, sizeof e->extent);
  e->theory = sq_action_described(e->action);
  SqCheck(e->theory, SQ_EVERY_RANK, SQ_ERR_DATA, "%s: there is no theory of that kind: %s", e->name, e->action);
  for (int c = 0; e->theory->columns[c]; c++) {
    PetscCall(sq_alloc(e->count, &e->column[c]));
    PetscCall(sq_records_column(records, group, e->theory->columns[c], e->column[c]));
  }
  PetscCall(sq_records_find_column(records, group, "chain", &e->chain));
  PetscCall(sq_path_weights(records, group, &e->log_weight));
  if (!strcmp(e->name, "corrected")) PetscCall(sq_records_get_real(records, "acceptance", &e->acceptance));
  PetscCall(sq_obs_analyse(e->theory, e->dim, e->extent, e->count, (const double *const *)e->column, e->chain, NULL,
                           &e->table));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_ensembles_read(MPI_Comm world, const char *path, sq_ensemble *ensembles, int *count)
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  sq_records *records;
  PetscCall(sq_grid_create(world, 1, &grid));
  PetscCall(sq_records_open(grid, NULL, path, &records));
  *count = sq_records_about(records)->groups;
  for (int g = 0; g < *count; g++) PetscCall(read_group(records, g, &ensembles[g]));
  PetscCall(sq_records_close(&records));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

/* Whether the file is one that the method of the deck makes, if it has one: corrected.h5, and what methods begin with
 * are left behind by others. */
static bool belongs(const sq_run *run, const char *name)
{
  const sq_correction *method = sq_correction_of(run);
  if (method && !method->make && !strcmp(name, sq_corrected_file)) return false;
  for (int i = 0; sq_corrections[i]; i++)
    if (sq_corrections[i]->first && !strcmp(name, sq_corrections[i]->from)) return sq_corrections[i] == method;
  return true;
}

PetscErrorCode sq_ensemble_file(const sq_run *run, int i, char path[SQ_PATH], bool *there)
{
  PetscFunctionBeginUser;
  const char *name = sq_ensemble_file_name(i);
  sq_run_path(run, name, path);
  PetscCall(sq_file_exists(run->world, path, there));
  *there = *there && belongs(run, name);
  PetscFunctionReturn(0);
}

const char *sq_reweighted_name(const sq_run *run, const char *name)
{
  const sq_correction *method = sq_correction_of(run);
  return method && method->weighs && !strcmp(name, method->weighs) ? method->gives : NULL;
}

/* An ensemble with every field counted by its weight; there are no fields of its own. */
static void reweight(const sq_ensemble *from, const char *name, sq_ensemble *e)
{
  *e = *from;
  snprintf(e->name, sizeof e->name, "%s", name);
  memset(e->column, 0, sizeof e->column);
  e->chain = e->log_weight = NULL;
  e->weighted = NULL;
  e->table = *from->weighted;
}

PetscErrorCode sq_ensembles_of_run(const sq_run *run, sq_ensemble *ensembles, int *count)
{
  PetscFunctionBeginUser;
  enum { CALCULATED = 2 };
  *count = 0;
  for (int i = 0; sq_ensemble_file_name(i); i++) {
    char path[SQ_PATH];
    bool there;
    int more;
    sq_ensemble read[SQ_IO_GROUPS];
    PetscCall(sq_ensemble_file(run, i, path, &there));
    if (!there) continue;
    PetscCall(sq_run_reading(run, path, read, &more));
    SqCheck(*count + more <= SQ_ENSEMBLES - CALCULATED, run->world, SQ_ERR_DATA,
            "%s: with its %d groups there are more than the %d ensembles that a run can make: move files away that do "
            "not belong to it",
            path, more, SQ_ENSEMBLES - CALCULATED);
    memcpy(ensembles + *count, read, (size_t)more * sizeof *read);
    *count += more;
  }
  for (int i = 0; i < *count; i++) {
    if (!ensembles[i].weighted) continue;
    reweight(&ensembles[i], sq_reweighted_name(run, ensembles[i].name), &ensembles[*count]);
    *count += 1;
    break;
  }
  PetscCall(sq_langevin_extrapolate(run, ensembles, count));
  PetscFunctionReturn(0);
}

const double *sq_ensemble_column(const sq_ensemble *e, const char *name)
{
  int c = e->theory ? sq_obs_column(e->theory, name) : -1;
  return c < 0 ? NULL : e->column[c];
}

void sq_ensemble_free(sq_ensemble *e)
{
  for (int c = 0; c < SQ_OBS_MOST; c++) sq_free(&e->column[c]);
  sq_free(&e->chain);
  sq_free(&e->log_weight);
  sq_free(&e->weighted);
}
