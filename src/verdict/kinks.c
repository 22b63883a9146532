/* SPDX-License-Identifier: BSD-3-Clause */
/* Verdicts on the number of kinks of paths: what drops them looks right in all else, as its weights do. */
#include "src/verdict/verdict.h"
#include "src/ensemble/kinks.h"
#include <math.h>

static const char check[] = "kinks";

/* Fields that are not said to be exact may be a little off. */
static PetscErrorCode judge(const char *name, const sq_kinks *k, bool exact, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  const double limit = sq_sigmas_exact, little = 0.1;
  double distance, sigmas;
  sq_kinks_compare(k, &distance, &sigmas);
  const double none = 100 * k->probability[0], should = 100 * k->exact[0];
  if (isnan(sigmas) || k->fields < SQ_INDEPENDENT_LEAST)
    PetscCall(sq_verdict_note(v, name, check, sigmas, limit,
                              "kinks: %.3g %% of the paths have none, exact is %.3g %%: cannot be judged, there are "
                              "too "
                              "few independent ones",
                              none, should));
  else if (sigmas <= limit)
    PetscCall(sq_verdict_add(v, name, check, sigmas, limit, true,
                             "kinks: %.3g %% of the paths have none, exact is %.3g %%; their distribution is within "
                             "%.1f sigma",
                             none, should, sigmas));
  else if (exact || distance > little)
    PetscCall(sq_verdict_add(v, name, check, sigmas, limit, false,
                             "WRONG KINKS: %.3g %% of the paths have none, exact is %.3g %%; %.3g %% of all paths have "
                             "a "
                             "wrong number of them (%.1f sigma)%s",
                             none, should, 100 * distance, sigmas,
                             exact ? "" : ": train it on fields (loss forward), or let it begin with both wells"));
  else
    PetscCall(sq_verdict_note(v, name, check, sigmas, limit,
                              "kinks: %.3g %% of the paths have none, exact is %.3g %%; %.3g %% have a wrong number "
                              "(%.1f sigma): a little off, as fields of a model are",
                              none, should, 100 * distance, sigmas));
  PetscFunctionReturn(0);
}

/* Fields of a model as they are, and by their weights under the name that those have elsewhere. */
PetscErrorCode sq_check_kinks(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  sq_kinks kinks;
  bool found;
  char name[SQ_IO_NAME];
  (void)run;
  if (e->rule && e->rule->biased) PetscFunctionReturn(0);
  PetscCall(sq_kinks_of(e, e->weighed, &kinks, &found));
  if (!found || isnan(kinks.exact[0])) PetscFunctionReturn(0);
  PetscCall(judge(e->name, &kinks, sq_claims_to_be_exact(e), v));
  if (!e->log_weight || e->weighed) PetscFunctionReturn(0);
  snprintf(name, sizeof name, "weights of %.20s", e->name);
  PetscCall(sq_kinks_of(e, true, &kinks, &found));
  PetscCall(judge(name, &kinks, true, v));
  PetscFunctionReturn(0);
}
