/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of couplings, couplings.csv: a row for every ensemble of every coupling that was generated at. */
#include "src/ensemble/ensemble.h"
#include "src/ensemble/partition.h"
#include "src/sweep/sweep.h"
#include "src/verdict/verdict.h"
#include <math.h>
#include <string.h>

enum { NUMBERS = 5, COLUMNS = SQ_SCAN_AXES + 10 + 2 * NUMBERS, NAME = 64 };
static const char *const number[NUMBERS] = {"abs_M", "chi2", "U_L", "phi2", "action_density"};

static const sq_column first[] = {{"ensemble", "%s"},      {"trusted", "%.0f"},      {"fields", "%.0f"},
                                  {"ess", "%.6g"},         {"ess_error", "%.3g"},    {"log_Z", "%.10g"},
                                  {"log_Z_error", "%.4g"}, {"log_Z_exact", "%.10g"}, {"acceptance", "%.6g"}};
enum { FIRST = sizeof first / sizeof *first };

typedef struct {
  const sq_run *run;
  const sq_scan *scan;
  sq_table csv;
  sq_column column[COLUMNS + 1];
  char error[NUMBERS][NAME];
} table;

/* A column for each parameter that varies; then those of every table; then numbers with their errors. */
static void name_columns(table *t)
{
  int count = 0;
  for (int i = 0; i < t->scan->axes; i++)
    t->column[count++] = (sq_column){t->run->action.type->params[t->scan->parameter[i]].key, "%.10g"};
  for (int i = 0; i < FIRST; i++) t->column[count++] = first[i];
  for (int i = 0; i < NUMBERS; i++) {
    snprintf(t->error[i], NAME, "%s_error", number[i]);
    t->column[count++] = (sq_column){number[i], "%.10g"};
    t->column[count++] = (sq_column){t->error[i], "%.4g"};
  }
}

static PetscErrorCode trusted(const sq_run *run, const sq_ensemble *e, double *yes)
{
  PetscFunctionBeginUser;
  sq_verdicts v = {0};
  PetscCall(sq_verdicts_judge(run, e, 1, &v));
  *yes = sq_verdicts_trusted(&v, e->name);
  sq_verdicts_clear(&v);
  PetscFunctionReturn(0);
}

static PetscErrorCode add_row(table *t, const sq_run *part, const sq_ensemble *e, double log_Z)
{
  PetscFunctionBeginUser;
  const sq_estimate unknown = {.value = NAN, .error = NAN};
  const bool weighed = e->log_weight && !e->chain;
  const sq_estimate ess = weighed ? sq_weights_ess(&e->weights) : unknown,
                    Z = weighed ? sq_weights_log_Z(&e->weights) : unknown;
  sq_cell row[COLUMNS + 1] = {{0}};
  int count = 0;
  double good = 0;
  PetscCall(trusted(part, e, &good));
  for (int i = 0; i < t->scan->axes; i++)
    row[count++] = SQ_CELL(t->column[i].name, part->action.value[t->scan->parameter[i]]);
  row[count++] = SQ_CELL("ensemble", (const char *)e->name);
  row[count++] = SQ_CELL("trusted", good);
  row[count++] = SQ_CELL("fields", (double)e->count);
  row[count++] = SQ_CELL("ess", ess.value);
  row[count++] = SQ_CELL("ess_error", ess.error);
  row[count++] = SQ_CELL("log_Z", Z.value);
  row[count++] = SQ_CELL("log_Z_error", Z.error);
  row[count++] = SQ_CELL("log_Z_exact", log_Z);
  row[count++] = SQ_CELL("acceptance", e->acceptance);
  for (int i = 0; i < NUMBERS; i++) {
    const sq_estimate *x = sq_obs_find(&e->table, number[i]);
    row[count++] = SQ_CELL(number[i], x ? x->value : NAN);
    row[count++] = SQ_CELL((const char *)t->error[i], x ? x->error : NAN);
  }
  PetscCall(sq_table_add(&t->csv, row));
  if (weighed)
    sq_info("couplings: %s: log Z = %.4f(%.2g), effective sample size %.3f(%.2g)", part->directory, Z.value, Z.error,
            ess.value, ess.error);
  PetscFunctionReturn(0);
}

/* Held-out fields are of the chains that training is of. */
static PetscErrorCode add_part(sq_run *part, void *context)
{
  PetscFunctionBeginUser;
  sq_ensemble e[SQ_ENSEMBLES] = {0};
  double log_Z;
  int count;
  PetscCall(sq_run_log_Z(part, &part->action, part->extents, &log_Z));
  PetscCall(sq_ensembles_of_run(part, e, &count));
  for (int i = 0; i < count; i++)
    if (strcmp(e[i].name, "testing") != 0) PetscCall(add_row(context, part, &e[i], log_Z));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_sweep_write(const sq_run *run, const sq_scan *scan)
{
  PetscFunctionBeginUser;
  table t = {.run = run, .scan = scan};
  name_columns(&t);
  PetscCall(sq_table_begin(t.column, &t.csv));
  PetscErrorCode code = sq_sweep_each(run, scan, add_part, &t);
  if (!code) code = sq_run_write(run, "couplings.csv", &t.csv.text);
  sq_text_clear(&t.csv.text);
  PetscCall(code);
  PetscFunctionReturn(0);
}
