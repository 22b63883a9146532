/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether fields of a model keep the constraint of their theory: fluxes without divergence. */
#include "src/verdict/verdict.h"

/* Records with any violation. */
static int64_t broken(const sq_ensemble *e, int column)
{
  int64_t count = 0;
  for (int64_t i = 0; i < e->count; i++) count += !(e->column[column][i] == 0);
  return count;
}

PetscErrorCode sq_check_constraint(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  const int column = e->theory ? sq_obs_column(e->theory, "violations") : -1;
  const sq_estimate *x = sq_obs_find(&e->table, "violations");
  (void)run;
  if (column < 0 || !x || !sq_ensemble_of_model(e)) PetscFunctionReturn(0);
  if (x->value == 0) PetscCall(sq_verdict_add(v, e->name, "constraint", 0, 0, true, "no flux has a divergence"));
  else
    PetscCall(sq_verdict_add(v, e->name, "constraint", x->value, 0, false,
                             "BREAKS THE CONSTRAINT: fluxes have a divergence at %.3g %% of the sites, in %.3g %% of "
                             "the fields, which have no weight in the theory (model.constraint: heights has none)",
                             100 * x->value, 100 * (double)broken(e, column) / (double)e->count));
  PetscFunctionReturn(0);
}
