/* Inside the module: what thermalisation needs of the set of chains. */
#ifndef SQUALL_HMC_MANY_H
#define SQUALL_HMC_MANY_H

#include "squall/hmc.h"

/* Probes are numbered from here, so that production does not depend on them. */
#define SQ_FIRST_PROBE ((uint64_t)1 << 32)

PetscErrorCode sq_hmc_make_probes(sq_hmc *hmc, int64_t count);
PetscErrorCode sq_hmc_drop_probes(sq_hmc *hmc);
/* One trajectory of a chain with the present tuning, and its row. Collective over the domain. */
PetscErrorCode sq_hmc_move(sq_hmc *hmc, sq_chain *chain, double row[SQ_HISTORY_COLUMNS]);
/* A unit of the dynamics with the present tuning. Not collective. */
sq_pace sq_hmc_pace(const sq_hmc *hmc);
/* Says what thermalisation found. */
void sq_hmc_report(const sq_hmc *hmc, bool cut_short);

#endif
