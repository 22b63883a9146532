/* Inside the module: histories, and what all replicas know together. */
#ifndef SQUALL_HMC_HISTORY_H
#define SQUALL_HMC_HISTORY_H

#include "squall/hmc.h"

/* The columns of one row. */
double *sq_history_at(const sq_history *history, int64_t chain, int64_t row);
/* Makes room for that many rows of each of some chains; keeps what is there. */
PetscErrorCode sq_history_reserve(sq_history *history, int64_t chains, int64_t rows);
/* Keeps the rows whose trajectory is a multiple of stride. */
void sq_history_thin(sq_history *history, int64_t stride);
/* all[total][each] in chain order from each replica's mine[its share][each]. Collective over grid->across. */
PetscErrorCode sq_gather_chains(const sq_grid *grid, int64_t total, int64_t each, const double *mine, double *all);

#endif
