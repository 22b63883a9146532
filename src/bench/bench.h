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
  double sgemm, triad; /* of this machine with all ranks at work, per rank: flop/s of a large sgemm, bytes/s of a[i] =
                          b[i] + k c[i] */
} sq_bench;

typedef PetscErrorCode (*sq_bench_work)(void *context);

/* Seconds of one call of work: the fastest of several rounds, each as long as its slowest rank. Collective over
 * run->world. */
PetscErrorCode sq_bench_time(const sq_bench *bench, sq_bench_work work, void *context, double *seconds);
/* One line of CSV. rate: in unit, per rank; share: of the bound; NaN where there is none. */
void sq_bench_row(const sq_bench *bench, const char *what, double seconds, double rate, const char *unit, double share);

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

/* The rates of a budget, measured in a fifth of a second. learned: that of the deck's model too. Collective over
 * run->world. */
PetscErrorCode sq_bench_rates(const sq_run *run, bool learned, sq_budget *budget);

/* squall bench --save: what the deck's stages cost here, by a trial of them, into the file of costs. Errors: those of
 * the stages; SQ_ERR_INPUT, SQ_ERR_IO. Collective over run->world. */
PetscErrorCode sq_bench_save(sq_run *run);

extern const sq_command sq_bench_command;

#endif
