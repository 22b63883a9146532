/* SPDX-License-Identifier: BSD-3-Clause */
/* comm: the process grid, collective decisions, sums that do not depend on the order. */
#ifndef SQUALL_COMM_H
#define SQUALL_COMM_H

#include "squall/base.h"

SQ_C_BEGIN

/* world = replicas x domain: rank = replica * domain size + domain rank. The ranks of one domain share
 * each lattice; the replicas work on different lattices (chains, training samples, generated fields). */
typedef struct {
  MPI_Comm world;        /* all ranks (own duplicate) */
  MPI_Comm domain;       /* the ranks that share one lattice */
  MPI_Comm across;       /* the ranks that hold the same part of the lattice, one per replica */
  int replicas, replica; /* how many; which one this rank is in */
} sq_grid;

/* Splits world into the given number of replicas, which must divide its size (SQ_ERR_INPUT). Collective. */
PetscErrorCode sq_grid_create(MPI_Comm world, int replicas, sq_grid **grid);
PetscErrorCode sq_grid_destroy(sq_grid **grid);
/* The share [first, first + count) of total items that replica gets. Not collective. */
void sq_share(int64_t total, int replicas, int replica, int64_t *first, int64_t *count);

/* True everywhere if true anywhere. Collective. */
PetscErrorCode sq_any_true(MPI_Comm comm, bool here, bool *anywhere);
/* *value becomes the largest of all ranks'; none is NaN. Collective over comm. */
PetscErrorCode sq_largest(MPI_Comm comm, double *value);
/* The largest of the ranks' error codes, so that all leave together. Collective. */
PetscErrorCode sq_worst_status(MPI_Comm comm, PetscErrorCode here, PetscErrorCode *worst);

/* A sum that is the same in any order and on any number of ranks: each term is split onto three fixed
 * binary grids (2^-12, 2^-36, 2^-60) on which additions are exact while |sum| < 2^41 and there are fewer
 * than 2^30 terms; beyond that it degrades to an ordinary sum. Terms are rounded to 2^-60. inf and nan
 * give nan. The idea: Demmel and Nguyen, "Parallel reproducible summation", IEEE Trans. Comput. 64 (2015). */
typedef struct {
  double bin[3];
} sq_sum;

/* Adds one term, or count terms x[i]. Start from {0}. Not collective. */
void sq_sum_add(sq_sum *sum, double x);
void sq_sum_add_array(sq_sum *sum, int64_t count, const double *x);
/* Terms on their way into a sum, which takes many at once more cheaply than runs of a few. */
enum { SQ_TERMS = 512 };
typedef struct {
  double term[SQ_TERMS] __attribute__((aligned(64)));
  int64_t count;
  sq_sum *sum;
} sq_terms;
/* None yet, for that sum. Not collective. */
static inline void sq_terms_begin(sq_terms *terms, sq_sum *sum)
{
  terms->count = 0;
  terms->sum = sum;
}
/* Where the caller writes the next n terms, n <= SQ_TERMS. Not collective. */
double *sq_terms_room(sq_terms *terms, int64_t n);
/* Adds those that are still on their way. Not collective. */
void sq_terms_end(sq_terms *terms);
/* The nearest number whose multiples by whole numbers are added exactly: the factor of a sum of whole numbers. */
double sq_sum_round(double x);
/* Adds another sum, or takes it away; as exact as adding its terms, or their negatives. Not collective. */
void sq_sum_merge(sq_sum *sum, const sq_sum *other);
void sq_sum_subtract(sq_sum *sum, const sq_sum *other);
double sq_sum_value(const sq_sum *sum);
/* Replaces count sums by their totals over comm. Collective. */
PetscErrorCode sq_sum_reduce(MPI_Comm comm, int count, sq_sum *sums);

/* Bytes that every rank may still take: what the machine (or the control group of the job) has for each of its ranks,
 * and what limits of the process leave. The least over the ranks. Collective over comm. */
PetscErrorCode sq_memory_room(MPI_Comm comm, double *bytes);

SQ_C_END

#endif
