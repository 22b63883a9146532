/* Inside the module: choosing numbers of steps. Plain arithmetic, the same on all ranks. */
#ifndef SQUALL_HMC_TUNE_H
#define SQUALL_HMC_TUNE_H

#include "squall/hmc.h"

/* The standard deviation of dH at which a mean acceptance is reached, 0 < acceptance < 1. */
double sq_tune_sigma(double acceptance);
/* The number of steps of one trajectory: uniform in [ceil(mean/2), 2 mean - ceil(mean/2)]. */
int64_t sq_tune_vary(int64_t mean, sq_stream stream, int64_t trajectory);

#endif
