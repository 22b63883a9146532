/* SPDX-License-Identifier: BSD-3-Clause */
/* The work on plain arrays of one block: opening links, joining sites, turning signs.
 *
 * state[site]: bit k for an open link in the k-th used direction, SQ_CLUSTER_TURNS for a site whose cluster would turn
 * if it is the first of it. parent[site]: a site of the same cluster that comes before it, or itself.
 */
#ifndef SQUALL_CLUSTER_KERNELS_H
#define SQUALL_CLUSTER_KERNELS_H

#include "squall/rng.h"
#include <stdbool.h>

enum { SQ_CLUSTER_TURNS = 16 };

/* state[n] of consecutive global sites from first on; strength[d][n]. */
void sq_cluster_decide(int dim, sq_stream stream, uint64_t step, uint64_t first, int64_t n, const double *strength,
                       uint8_t *state);
/* Whether that site's random numbers let its cluster turn. */
bool sq_cluster_turns(int dim, sq_stream stream, uint64_t step, uint64_t site);
/* Makes parents of the sites from .. from + n - 1, a row whose neighbours in its own direction are linked by bit. */
void sq_cluster_start_row(int64_t from, int64_t n, uint8_t bit, const uint8_t *state, int32_t *parent);
/* Joins site i to i + shift where state[i] has bit, i = from .. from + n - 1. */
void sq_cluster_join_row(int64_t from, int64_t n, int64_t shift, uint8_t bit, const uint8_t *state, int32_t *parent);
/* Makes the parent of every site the first site of its cluster. */
void sq_cluster_flatten(int64_t n, int32_t *parent);
/* x[i] = -x[i] where the first site of the cluster says so. */
void sq_cluster_turn_row(int64_t n, const int32_t *parent, const uint8_t *state, double *x);

#endif
