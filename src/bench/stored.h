/* SPDX-License-Identifier: BSD-3-Clause */
/* stored: what a stored field of hybrid Monte Carlo costs. */
#ifndef SQUALL_BENCH_STORED_H
#define SQUALL_BENCH_STORED_H

#include "squall/dynamics.h"
#include "src/bench/bench.h"

/* Rows of the parts and of the whole. eps: of the chain's trajectories; normals: seconds for the random numbers of one
 * of them. Errors: SQ_ERR_IO. Collective over run->world. */
PetscErrorCode sq_bench_stored(const sq_bench *bench, const sq_grid *grid, sq_chain *chain, double eps, double normals);

#endif
