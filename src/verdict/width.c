/* SPDX-License-Identifier: BSD-3-Clause */
/* A note on lattices that are not much wider than the correlation length, and on fields that are ordered. */
#include "src/verdict/verdict.h"
#include <math.h>

/* U_L is 0 for a Gaussian M and 2/3 for an |M| of one value; at the critical point of a periodic square lattice 0.61.
 */
static const double ordered = 0.62;

/* chi2 and xi are made of the whole M, its sign included. Where errors are not known nothing is said of the fields. */
PetscErrorCode sq_check_width(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  const sq_estimate *xi = sq_obs_find(&e->table, "xi"), *U_L = sq_obs_find(&e->table, "U_L");
  (void)run;
  if (!xi || !U_L || isnan(U_L->error) || !(SQ_XI_WIDTH * xi->value > sq_shortest_side(e->extent)))
    PetscFunctionReturn(0);
  double width = sq_shortest_side(e->extent) / xi->value;
  if (U_L->value > ordered)
    PetscCall(sq_verdict_note(v, e->name, "width", width, SQ_XI_WIDTH,
                              "the fields are ordered on this lattice (U_L = %.3f): chi2 and xi = %.3g contain <|M|> "
                              "and say nothing about correlations; chi_abs, chi2_fit and xi_fit are the connected ones",
                              U_L->value, xi->value));
  else
    PetscCall(sq_verdict_note(v, e->name, "width", width, SQ_XI_WIDTH,
                              "the lattice is %.2g correlation lengths wide (xi = %.3g), fewer than %d: chi2, xi and "
                              "U_L are those of this volume, not of an infinite one",
                              width, xi->value, SQ_XI_WIDTH));
  PetscFunctionReturn(0);
}
