/* Inside the module: which algorithm is cheapest. Plain arithmetic, the same on all ranks. */
#ifndef SQUALL_HMC_CHOOSE_H
#define SQUALL_HMC_CHOOSE_H

#include "squall/hmc.h"

/* Lists the algorithms that the settings leave open, the one to begin with first. Not collective. */
void sq_choose_list(sq_hmc *hmc);
/* The work of a trajectory of that many steps with its cluster updates, in site updates a site. */
double sq_choose_work(const sq_hmc *hmc, const sq_hmc_trial *trial, double steps);
/* The mean length to try for a susceptibility, or, with Fourier acceleration, for the frequency of the modes. */
double sq_choose_length(const sq_hmc_trial *trial, double susceptibility, double frequency);
/* The cheapest so far, NULL before the first. */
const sq_hmc_trial *sq_choose_best(const sq_hmc *hmc);

#endif
