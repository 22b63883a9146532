/* The stage hmc: chains of hybrid Monte Carlo -> ensemble.h5 (groups training, testing). */
#include "src/stage/produce.h"

PetscErrorCode sq_stage_hmc(sq_run *run)
{
  PetscFunctionBeginUser;
  static const char *const sections[] = {"lattice", "action", "hmc", NULL};
  sq_production what = {.name = "hmc",
                        .file = "ensemble",
                        .checkpoint = "hmc",
                        .group = {"training", "testing"},
                        .fingerprint = sq_run_fingerprint(run, sections)};
  PetscCall(sq_hmc_settings_from_deck(run->deck, &what.set));
  sq_hmc_suit(&what.set, &run->action);
  PetscCall(sq_produce(run, &what));
  PetscFunctionReturn(0);
}
