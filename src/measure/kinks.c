/* SPDX-License-Identifier: BSD-3-Clause */
/* How many kinks paths have: the distribution of the column kinks, of every ensemble as it is and by its weights,
 * beside the exact one -> kinks.csv. */
#include "src/measure/gather.h"
#include "src/ensemble/kinks.h"
#include <math.h>

static const sq_column columns[] = {
  {"ensemble", "%s"}, {"kinks", "%.0f"}, {"probability", "%.8g"}, {"error", "%.4g"}, {0}};

static PetscErrorCode create(sq_run *run, void **self)
{
  *self = sq_obs_column(run->action.type, "kinks") < 0 ? NULL : run;
  return 0;
}

static PetscErrorCode begin(void *self, const sq_group *group, bool *wanted)
{
  (void)self;
  (void)group;
  *wanted = false; /* columns say it */
  return 0;
}

static PetscErrorCode add_rows(sq_table *table, const char *name, const double *probability, const double *error)
{
  PetscFunctionBeginUser;
  int last = SQ_KINK_CLASSES - 1;
  while (last > 0 && !(probability[last] > 1e-8)) last--;
  for (int k = 0; k <= last; k++)
    PetscCall(
      sq_table_add(table, SQ_ROW(SQ_CELL("ensemble", name), SQ_CELL("kinks", 2 * k),
                                 SQ_CELL("probability", probability[k]), SQ_CELL("error", error ? error[k] : 0))));
  PetscFunctionReturn(0);
}

/* by_weights: under the name that weights have in the list of verdicts. */
static PetscErrorCode add_ensemble(sq_table *table, const sq_ensemble *e, bool by_weights, bool *any)
{
  PetscFunctionBeginUser;
  sq_kinks kinks;
  bool found;
  char name[SQ_IO_NAME];
  snprintf(name, sizeof name, by_weights && !e->weighed ? "weights of %.20s" : "%.20s", e->name);
  PetscCall(sq_kinks_of(e, by_weights, &kinks, &found));
  if (!found) PetscFunctionReturn(0);
  if (!*any && !isnan(kinks.exact[0])) PetscCall(add_rows(table, "exact", kinks.exact, NULL));
  PetscCall(add_rows(table, name, kinks.probability, kinks.error));
  *any = true;
  PetscFunctionReturn(0);
}

static PetscErrorCode finish(void *self, sq_table *measure)
{
  PetscFunctionBeginUser;
  sq_run *run = self;
  sq_ensemble ensemble[SQ_ENSEMBLES];
  sq_table table;
  int count;
  bool any = false;
  (void)measure;
  PetscCall(sq_table_begin(columns, &table));
  PetscCall(sq_ensembles_of_run(run, ensemble, &count));
  for (int i = 0; i < count; i++) {
    if (!ensemble[i].weighed) PetscCall(add_ensemble(&table, &ensemble[i], false, &any));
    if (ensemble[i].log_weight) PetscCall(add_ensemble(&table, &ensemble[i], true, &any));
  }
  if (any) PetscCall(sq_run_write(run, "kinks.csv", &table.text));
  else sq_text_clear(&table.text);
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **self)
{
  *self = NULL; /* the run's */
  return 0;
}

const sq_gatherer sq_gather_kinks = {.create = create, .begin = begin, .finish = finish, .destroy = destroy};
