/* SPDX-License-Identifier: BSD-3-Clause */
/* reweight: ensembles at several couplings as one: log Z and means between the couplings, from all records together.
 *
 * The weight of a record is exp(sum_t coupling_t x_t), x_t its numbers. A. M. Ferrenberg, R. H. Swendsen, Phys. Rev.
 * Lett. 63 (1989) 1195, without histograms: M. R. Shirts, J. D. Chodera, J. Chem. Phys. 129 (2008) 124105, eq. 11, each
 * record counted by its share. Serial mathematics on arrays; nothing here is collective.
 */
#ifndef SQUALL_REWEIGHT_H
#define SQUALL_REWEIGHT_H

#include "squall/base.h"

SQ_C_BEGIN

enum { SQ_REWEIGHT_STATES = 64 };

/* Records of several ensembles (states); owns nothing. A block of all ensembles is left out at a time for errors:
 * every ensemble has records in more than one block. */
typedef struct {
  int states, terms, blocks; /* states <= SQ_REWEIGHT_STATES */
  int64_t n;
  const double *coupling; /* [states][terms] */
  const double *const *x; /* [terms][n] finite */
  const int *state;       /* [n] the ensemble that a record is of */
  const int *block;       /* [n] 0 .. blocks - 1 */
  const double *share;    /* [n] > 0: how many independent records it counts for, 1/(2 tau_int) */
} sq_pool;

/* What is averaged, and at which couplings. */
typedef struct {
  int columns, targets;
  const double *const *column; /* [columns][n] */
  const double *coupling;      /* [targets][terms] */
  int part, parts; /* of the sets without a block those of block part, part + parts, ... are made: they can be shared
                      out, and added up */
} sq_pool_question;

/* What the records say at one coupling. Set 0 is of all of them, set 1 + b without block b. */
typedef struct {
  double *log_Z;    /* [1 + blocks] less that of the first state of the group; the caller's, 0 to begin with */
  double *mean;     /* [1 + blocks][columns] the same */
  double effective; /* how many independent records count: (sum w)^2 / sum (w^2/share) */
  int group;        /* which records say it: those of the group of which most count */
} sq_pooled;

/* at[targets], group[states]. Ensembles are joined into a group, of the number of its first state, where no cut through
 * it has fewer than SQ_INDEPENDENT_LEAST records that ensembles on both sides could have made. Groups know nothing of
 * each other: no record of another one counts. solved: false where the equations of a group do not settle, and
 * the rest means nothing. */
PetscErrorCode sq_pool_estimate(const sq_pool *pool, const sq_pool_question *question, sq_pooled *at, int *group,
                                bool *solved);
/* The jackknife error of value[blocks], numbers without a block each; NaN where one is not finite, or there are fewer
 * than SQ_INDEPENDENT_LEAST. */
double sq_pool_error(int blocks, const double *value);

SQ_C_END

#endif
