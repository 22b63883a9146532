/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to bench: scaling studies: how the time of a piece of work depends on the ranks, and what more ranks would
 * do.
 */
#ifndef SQUALL_BENCH_SCALING_H
#define SQUALL_BENCH_SCALING_H

#include "squall/score.h"
#include "src/bench/bench.h"

typedef enum { SQ_SCALING_HMC, SQ_SCALING_TRAINING, SQ_SCALING_SAMPLING, SQ_SCALING_KINDS } sq_scaling_kind;
extern const char *const sq_scaling_name[SQ_SCALING_KINDS];
/* strong: the same work on more ranks; weak: work that grows with the ranks (hmc: the lattice; else the fields);
 * chains: an independent chain on every rank; cut: the lattice of a network cut over all ranks. */
typedef enum { SQ_SCALING_STRONG, SQ_SCALING_WEAK, SQ_SCALING_CHAINS, SQ_SCALING_CUT } sq_scaling_mode;
extern const char *const sq_scaling_mode_name[];

/* What one rank has to do: the terms of the model. */
enum { SQ_COST_WORK, SQ_COST_BYTES, SQ_COST_MESSAGES, SQ_COSTS };

typedef struct {
  sq_scaling_kind kind;
  sq_scaling_mode mode;
  int sweep; /* number of the sweep over ranks it belongs to */
  int dim;
  int64_t extent[SQ_DIM]; /* padded, as in sq_lattice */
  int ranks, replicas, cut[SQ_DIM];
  int64_t fields;        /* of a training step, or generated; of all replicas; HMC: chains */
  double cost[SQ_COSTS]; /* of the busiest rank: site updates or flops; bytes and messages that it sends */
  double seconds,
    model; /* of one trajectory, training step, or generation of the fields; seconds NaN: predicted only */
} sq_scaling_point;

/* What the costs depend on beside the lattice. */
typedef struct {
  sq_network_shape shape;
  int forces, steps; /* of a trajectory; network evaluations of a generated field */
} sq_scaling_set;

/* Fills cut and cost from the rest: each replica's lattice is cut over ranks/replicas ranks. False if it cannot be. Not
 * collective. */
bool sq_scaling_cost(const sq_scaling_set *set, sq_scaling_point *point);
/* The replicas that squall chooses for that many independent pieces on these ranks; 0: the lattice cannot be shared so.
 * Not collective. */
int sq_scaling_replicas(const sq_scaling_set *set, const sq_scaling_point *point, int64_t pieces);
/* Seconds = sum over the terms of price x cost, prices of one kind from its measured points (least squares of the
 * ratio, none negative); and fills in model. Not collective. */
void sq_scaling_fit(sq_scaling_point *points, int count, double price[SQ_SCALING_KINDS][SQ_COSTS]);
/* The point's parallel efficiency: against that on one rank, `first`. Not collective. */
double sq_scaling_efficiency(const sq_scaling_point *point, const sq_scaling_point *first, bool model);
/* The one-rank point of the same sweep, or NULL. */
const sq_scaling_point *sq_scaling_first(const sq_scaling_point *points, int count, const sq_scaling_point *of);

/* Writes scaling.csv, prediction.csv and figures into bench.dir, and logs the tables (scaling_report.c).
 * Collective. */
PetscErrorCode sq_scaling_report(const sq_bench *bench, const sq_scaling_set *set, sq_scaling_point *points, int count);

/* Times of a training step and of generating `fields` fields in `steps` evaluations, and how it was spread; cut: one
 * replica (network.c). Collective. */
PetscErrorCode sq_bench_learning(sq_bench *bench, int64_t fields, int steps, bool cut, double *training,
                                 double *sampling, int *replicas, int64_t *done);

#endif
