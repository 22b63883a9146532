/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of algorithms of the section mc; `auto` takes the first that is possible, unless the theory names one. */
#include "types.h"

const sq_mc_algorithm *const sq_mc_algorithms[] = {&sq_mc_hmc, &sq_mc_local, &sq_mc_cluster, &sq_mc_worm, NULL};
