/* SPDX-License-Identifier: BSD-3-Clause */
/* bench: benchmarks. Rates are figures of one machine on one day; compare them as ratios within one run only.
 */
#ifndef SQUALL_BENCH_H
#define SQUALL_BENCH_H

#include "src/run/stage.h"

/* The section bench; everything is the deck's. */
typedef struct {
  const char *parts, *directory;
  const int64_t *scale, *cores; /* [scales], [counts] */
  int scales, counts;
} sq_bench_settings;
extern const sq_param sq_bench_params[];
/* Not collective. */
sq_bench_settings sq_bench_settings_from_deck(const sq_deck *deck);

/* What all benchmarks of one run share. */
typedef struct {
  sq_run *run;
  sq_bench_settings set;
  const char *name;
  double peak, triad; /* of this machine with all ranks at work, per rank: flop/s of multiply-adds in registers, the
                         best set of instructions (src/costs/peak.h); bytes/s of a[i] = b[i] + k c[i] */
} sq_bench;

typedef PetscErrorCode (*sq_bench_work)(void *context);

/* Seconds of one call of work: the fastest of several rounds, each as long as its slowest rank. Collective over
 * run->world. */
PetscErrorCode sq_bench_time(const sq_bench *bench, sq_bench_work work, void *context, double *seconds);
/* One line of CSV. rate: in unit, per rank; share: of the bound; NaN where there is none. */
void sq_bench_row(const sq_bench *bench, const char *what, double seconds, double rate, const char *unit, double share);

/* The same against the roofline: flops, and bytes that must come from or go to memory, 0 where that is not known, of a
 * rank's call. The rate is in Gflop/s, without flops in GB/s; share: of the bound that is nearer. */
void sq_bench_roof(const sq_bench *bench, const char *what, double seconds, double flops, double bytes);

/* A benchmark, as bench.parts names it. */
typedef struct {
  const char *name;
  PetscErrorCode (*measure)(sq_bench *bench); /* collective over run->world */
  bool apart;                                 /* not among "all" */
} sq_benchmark;
extern const sq_benchmark sq_benchmarks[]; /* table.c; ended by {0} */

/* What they measure. Collective. */
PetscErrorCode sq_bench_machine(sq_bench *bench);
PetscErrorCode sq_bench_layers(sq_bench *bench);
PetscErrorCode sq_bench_network(sq_bench *bench);
PetscErrorCode sq_bench_model(sq_bench *bench);
PetscErrorCode sq_bench_hmc(sq_bench *bench);
PetscErrorCode sq_bench_spins(sq_bench *bench);
PetscErrorCode sq_bench_fft(sq_bench *bench);
PetscErrorCode sq_bench_halo(sq_bench *bench);
PetscErrorCode sq_bench_scaling(sq_bench *bench);

extern const sq_command sq_bench_command;

#endif
