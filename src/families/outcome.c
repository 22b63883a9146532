/* SPDX-License-Identifier: BSD-3-Clause */
/* What came out of a family: its fields as they are, and made exact, beside those of Monte Carlo; what each cost. */
#include "src/compare/compare.h"
#include "src/ensemble/load.h"
#include "src/ensemble/partition.h"
#include "src/families/families.h"
#include "src/verdict/verdict.h"
#include <math.h>
#include <string.h>

const char *const sq_family_number[SQ_FAMILY_NUMBERS] = {"chi2", "U_L", "phi2", "action_density"};

static const sq_estimate unknown = {
  .value = NAN, .error = NAN, .error_of_error = NAN, .tau_int = NAN, .tau_int_error = NAN};

/* ---- prices ---- */

/* Core-seconds of a field as it is stored. */
static double price_of(const sq_ensemble *e)
{
  return e->core_seconds * (isnan(e->updates) ? 1 : e->updates);
}

/* Fields that are worth an independent |M|: 2 tau_int of a chain, 1/ESS of weighted ones, one of others. */
static double fields_a_number(const sq_ensemble *e)
{
  const sq_estimate *M = sq_obs_find(&e->table, "abs_M");
  if (e->weighed || (e->log_weight && !e->chain)) return 1 / sq_weights_ess(&e->weights).value;
  if (!e->chain) return 1;
  return M ? 2 * M->tau_int : NAN;
}

/* ---- rows ---- */

static PetscErrorCode trusted(const sq_run *run, const sq_ensemble *e, bool *yes)
{
  PetscFunctionBeginUser;
  sq_verdicts v = {0};
  PetscCall(sq_verdicts_judge(run, e, 1, &v));
  *yes = sq_verdicts_trusted(&v, e->name);
  sq_verdicts_clear(&v);
  PetscFunctionReturn(0);
}

/* What every ensemble has. */
static PetscErrorCode begin_row(const sq_run *run, const char *family, const sq_ensemble *e, const sq_family_row *first,
                                sq_family_row *row)
{
  PetscFunctionBeginUser;
  *row = (sq_family_row){.family = family,
                         .fields = e->count,
                         .ess = unknown,
                         .ess_forward = unknown,
                         .log_Z = unknown,
                         .acceptance = e->acceptance,
                         .evaluations = NAN,
                         .training = NAN,
                         .field = price_of(e),
                         .independent = price_of(e) * fields_a_number(e)};
  for (int i = 0; i < SQ_FAMILY_NUMBERS; i++) {
    const sq_estimate *x = sq_obs_find(&e->table, sq_family_number[i]);
    row->number[i] = x ? *x : unknown;
    row->pull[i] = first && x ? sq_sigmas(x, &first->number[i]) : NAN;
  }
  PetscCall(trusted(run, e, &row->trusted));
  PetscFunctionReturn(0);
}

static const sq_ensemble *find(const sq_ensemble *e, int count, const char *name)
{
  for (int i = 0; i < count; i++)
    if (!strcmp(e[i].name, name)) return &e[i];
  return NULL;
}

PetscErrorCode sq_family_add_ensemble(const sq_run *run, sq_family_rows *rows)
{
  PetscFunctionBeginUser;
  sq_ensemble e[SQ_IO_GROUPS] = {0};
  char path[SQ_PATH];
  int count;
  sq_run_ensemble(run, path);
  PetscCall(sq_run_reading(run, path, e, &count));
  sq_family_row *row = &rows->row[rows->count++];
  const bool exact = isnan(e[0].order); /* a Langevin equation has a step size */
  PetscCall(begin_row(run, exact ? "Monte Carlo" : "Langevin", &e[0], NULL, row));
  row->ensemble = "training";
  row->exact = exact;
  PetscFunctionReturn(0);
}

/* ---- of a family ---- */

static PetscErrorCode training_of(const sq_run *part, double *core_seconds)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  sq_cells cells = {0};
  sq_run_path(part, "training_cost.csv", path);
  PetscCall(sq_cells_read(path, &cells));
  *core_seconds = cells.rows ? sq_cells_number(&cells, 0, "core_seconds") : NAN;
  sq_cells_clear(&cells);
  PetscFunctionReturn(0);
}

/* Of its network, for a field, as its generator says. */
static PetscErrorCode evaluations_of(const sq_run *part, double *evaluations)
{
  PetscFunctionBeginUser;
  sq_model model;
  sq_site site;
  PetscCall(sq_load_chosen_model(part, &model, NULL));
  const sq_generator_needs needs = sq_model_needs(&model, part->padded);
  const sq_plan plan = sq_sample_plan(part, &needs);
  PetscCall(sq_site_create(part, &plan, &site));
  PetscCall(sq_model_generator(&model, &part->sample, site.fft, true, &site.generator));
  *evaluations = site.generator.cost(site.generator.self);
  PetscCall(sq_site_destroy(&site));
  PetscCall(sq_model_destroy(&model));
  PetscFunctionReturn(0);
}

/* Weights, where it has some, are those of its fields as they are. */
static void add_weights(const sq_ensemble *e, sq_family_row *row)
{
  if (!e->log_weight) return;
  row->ess = sq_weights_ess(&e->weights);
  row->log_Z = sq_weights_log_Z(&e->weights);
  if (e->partition && e->partition->forward.n) row->ess_forward = e->partition->forward.ess;
}

PetscErrorCode sq_family_add(sq_family_rows *rows, const sq_run *part)
{
  PetscFunctionBeginUser;
  static const char *const names[] = {"generated", "corrected"};
  sq_ensemble e[SQ_ENSEMBLES] = {0};
  double training = NAN, evaluations = NAN;
  int count;
  PetscCall(training_of(part, &training));
  PetscCall(evaluations_of(part, &evaluations));
  PetscCall(sq_ensembles_of_run(part, e, &count));
  for (int i = 0; i < 2; i++) {
    const sq_ensemble *own = find(e, count, names[i]);
    if (!own) continue;
    sq_family_row *row = &rows->row[rows->count++];
    PetscCall(begin_row(part, sq_run_model_type(part)->name, own, &rows->row[0], row));
    row->ensemble = names[i];
    row->exact = i == 1;
    row->training = training;
    row->evaluations = evaluations;
    if (i == 0) add_weights(own, row);
  }
  PetscFunctionReturn(0);
}
