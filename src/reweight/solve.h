/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: the equations for log Z of one group of ensembles. */
#ifndef SQUALL_REWEIGHT_SOLVE_H
#define SQUALL_REWEIGHT_SOLVE_H

#include "squall/reweight.h"

enum { SQ_REWEIGHT_ROOM = SQ_REWEIGHT_STATES * SQ_REWEIGHT_STATES };

/* The records of a group that count, and what has been found of it. Numbers of states are places in the group. */
typedef struct {
  const sq_pool *pool;
  int states, state[SQ_REWEIGHT_STATES]; /* in the pool, ascending */
  int place[SQ_REWEIGHT_STATES];         /* of every state of the pool; -1: it is of another group */
  int without;                           /* the block left out; -1: none */
  double N[SQ_REWEIGHT_STATES], log_N[SQ_REWEIGHT_STATES], f[SQ_REWEIGHT_STATES]; /* f[k]: log Z of state k, f[0] = 0 */
  double value, slope[SQ_REWEIGHT_STATES];                                        /* F and its first derivatives at f */
  double curvature[SQ_REWEIGHT_ROOM]; /* second ones, below the diagonal: minus the records that both could have made */
  double *log_mixture;                /* [n] log sum_k N_k exp(l_k - f_k), of records of the group; the caller's */
} sq_reweight;

/* The states of number `number` in group[states], all their records; f = 0. pool and log_mixture are set. Not
 * collective, as the rest. */
void sq_reweight_begin(sq_reweight *p, const int *group, int number);
/* Without a block, -1: with all. */
void sq_reweight_leave_out(sq_reweight *p, int block);
/* f by thermodynamic integration from one state to the next: where to begin. */
void sq_reweight_guess(sq_reweight *p);
/* Solves the equations, beginning at f; false: they do not settle. */
bool sq_reweight_solve(sq_reweight *p);
/* How many independent records record i counts for. */
double sq_reweight_share(const sq_reweight *p, int64_t i);
/* sum_t coupling_t x_t of record i. */
double sq_reweight_exponent(const sq_pool *pool, const double *coupling, int64_t i);

#endif
