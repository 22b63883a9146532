/* SPDX-License-Identifier: BSD-3-Clause */
/* pool: ensembles at many couplings as one, of one lattice each: what the command reweight works on. */
#ifndef SQUALL_SCAN_POOL_H
#define SQUALL_SCAN_POOL_H

#include "squall/reweight.h"
#include "src/ensemble/ensemble.h"

enum { SQ_SCAN_MOST = 256, SQ_SCAN_TERMS = 3, SQ_LATTICE_BLOCKS = 64 };

/* A theory whose weight is the exponential of columns times numbers that some of its parameters say:
 * S = -V sum_t c_t x_t. */
typedef struct {
  const char *theory;
  const char *term[SQ_SCAN_TERMS];   /* columns x_t; NULL: no more */
  const char *varies[SQ_SCAN_TERMS]; /* parameters that may differ; NULL: no more */
  void (*coupling)(const sq_action *action, double c[SQ_SCAN_TERMS]);
} sq_linear_theory;
/* Of a theory or a form of one; NULL where it is not known to be so (linear.c). Not collective. */
const sq_linear_theory *sq_linear_theory_of(const sq_action_type *type);
/* Whether parameter k of the theory may differ. Not collective. */
bool sq_linear_varies(const sq_linear_theory *linear, const sq_action_type *type, int k);
/* The largest difference between the action density of records and what the columns make it, over its size; NaN where
 * one is not a number. Not collective. */
double sq_linear_difference(const sq_linear_theory *linear, const sq_action *action, const sq_ensemble *e);

/* What is averaged; phi2 is NaN in theories without it. The terms of the theory stand behind. */
enum { SQ_MEAN_M, SQ_MEAN_ABS, SQ_MEAN_2, SQ_MEAN_4, SQ_MEAN_PHI2, SQ_MEAN_TERMS };
enum { SQ_MEANS = SQ_MEAN_TERMS + SQ_SCAN_TERMS };

/* Ensembles in ascending order of their couplings. */
typedef struct {
  int count;
  sq_ensemble *e;    /* [count] owned */
  sq_action *action; /* [count] */
  const sq_linear_theory *theory;
  double core_seconds; /* that making them took, thermalisation with it, of those that say */
  int silent;          /* those that do not */
} sq_gathered;

/* The ensembles of `words`: files, runs, or runs of many couplings, each of its own. Errors: SQ_ERR_INPUT where they do
 * not go together, SQ_ERR_DATA for files that are none. Collective. */
PetscErrorCode sq_gather(MPI_Comm world, int words, const char *const *word, sq_gathered *all);
void sq_gathered_clear(sq_gathered *all);

/* Those from number `first` on of one lattice: `lattice` numbers the lattices. Everything is owned. */
typedef struct {
  sq_pool pool;
  int dim;
  int64_t extent[SQ_DIM];
  double volume;
  const sq_linear_theory *theory;
  sq_action *action; /* [pool.states] */
  double *coupling, *share, *memory;
  double *x[SQ_SCAN_TERMS], *column[SQ_MEANS]; /* in memory */
  int *state, *block;
} sq_lattice_pool;

/* The ensembles of the lattice of number `lattice`, in ascending order of volumes; there: whether there is one. Error:
 * SQ_ERR_DATA for chains of which nobody knows how long they remember. Collective. */
PetscErrorCode sq_lattice_pool_make(MPI_Comm world, const sq_gathered *all, int lattice, sq_lattice_pool *p,
                                    bool *there);
void sq_lattice_pool_clear(sq_lattice_pool *p);

#endif
