/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: the algorithms of the table. */
#ifndef SQUALL_MC_TYPES_H
#define SQUALL_MC_TYPES_H

#include "squall/mc.h"

extern const sq_mc_algorithm sq_mc_hmc, sq_mc_local, sq_mc_cluster, sq_mc_worm;

#endif
