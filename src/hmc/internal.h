/* Inside the module. */
#ifndef SQUALL_HMC_INTERNAL_H
#define SQUALL_HMC_INTERNAL_H

#include "squall/hmc.h"

/* ---- hmc.c: the set of chains ---- */

/* Probes are numbered from here, so that production does not depend on them. */
#define SQ_FIRST_PROBE ((uint64_t)1 << 32)

PetscErrorCode sq_hmc_make_probes(sq_hmc *hmc, int64_t count);
PetscErrorCode sq_hmc_drop_probes(sq_hmc *hmc);
/* A unit of the dynamics with the present tuning. Not collective. */
sq_pace sq_hmc_pace(const sq_hmc *hmc);
/* One trajectory of a chain with the present tuning, and its row. Collective over the domain. */
PetscErrorCode sq_hmc_move(sq_hmc *hmc, sq_chain *chain, double row[SQ_HISTORY_COLUMNS]);
/* Rows of the series of production, which all chains have alike. Collective over grid->world. */
PetscErrorCode sq_hmc_rows(const sq_hmc *hmc, int64_t *rows);

/* ---- history.c: histories, and what all replicas know together ---- */

/* The columns of one row. */
double *sq_history_at(const sq_history *history, int64_t chain, int64_t row);
/* Makes room for that many rows of each of some chains; keeps what is there. */
PetscErrorCode sq_history_reserve(sq_history *history, int64_t chains, int64_t rows);
/* Keeps the rows whose trajectory is a multiple of stride. */
void sq_history_thin(sq_history *history, int64_t stride);
/* all[total][each] in chain order from each replica's mine[its share][each]. Collective over grid->across. */
PetscErrorCode sq_gather_chains(const sq_grid *grid, int64_t total, int64_t each, const double *mine, double *all);

/* ---- tune.c: numbers of steps. Plain arithmetic, the same on all ranks ---- */

/* The standard deviation of dH at which a mean acceptance is reached, 0 < acceptance < 1. */
double sq_tune_sigma(double acceptance);
/* The number of steps of one trajectory: uniform in [ceil(mean/2), 2 mean - ceil(mean/2)]. */
int64_t sq_tune_vary(int64_t mean, sq_stream stream, int64_t trajectory);

/* ---- choose.c: which algorithm is cheapest. Plain arithmetic, the same on all ranks ---- */

/* Lists the algorithms that the settings leave open, the one to begin with first. Not collective. */
void sq_choose_list(sq_hmc *hmc);
/* The work of a trajectory of that many steps with its cluster updates, in site updates a site. */
double sq_choose_work(const sq_hmc *hmc, const sq_hmc_trial *trial, double steps);
/* The mean length to try for a susceptibility, or, with Fourier acceleration, for the frequency of the modes. */
double sq_choose_length(const sq_hmc_trial *trial, double susceptibility, double frequency);
/* The cheapest so far, NULL before the first. */
const sq_hmc_trial *sq_choose_best(const sq_hmc *hmc);

/* ---- watch.c: statistics of histories. Not collective: every rank has all rows ---- */

/* Over the second half of a round: the tau_int of the tuning; known: every window was found. */
PetscErrorCode sq_watch_tau(sq_hmc *hmc, bool *known);
/* Fills hmc->agreement: production chains against probes. */
PetscErrorCode sq_watch_starts(sq_hmc *hmc);

/* ---- report.c ---- */

/* Says what thermalisation found. */
void sq_hmc_report(const sq_hmc *hmc, bool too_short);

#endif
