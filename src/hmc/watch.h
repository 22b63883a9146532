/* Inside the module: statistics of thermalisation. Not collective: every rank has all rows. */
#ifndef SQUALL_HMC_WATCH_H
#define SQUALL_HMC_WATCH_H

#include "squall/hmc.h"

/* tuning.tau_int: the largest of what is stored for; known: every window was found. */
PetscErrorCode sq_watch_tau(sq_hmc *hmc, bool *known);
/* Fills hmc->agreement: production chains against probes. */
PetscErrorCode sq_watch_starts(sq_hmc *hmc);

#endif
