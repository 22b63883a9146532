/* SPDX-License-Identifier: BSD-3-Clause */
/* generator: anything that makes fields, with the density it makes them with if it has one.
 *
 * A field is known by a seed and a number: it has the same bits whatever is made with it or before it, on any number of
 * ranks (as far as its model has), and after any restart. Where the density q of a field is known, w = exp(-log q - S)
 * averages to Z. The same holds for the path that made a field, with its forward density beside it
 * (sq_sampler_generate). Chains, weights and effective sample sizes need no more than this, so a new family of models
 * is one more generator.
 */
#ifndef SQUALL_GENERATOR_H
#define SQUALL_GENERATOR_H

#include "squall/lattice.h"

SQ_C_BEGIN

/* Called for every level k = levels .. 0 with the fields blocks[count][components][local_volume] there: for
 * trajectories. */
typedef PetscErrorCode (*sq_generator_watch)(void *context, int level, const double *blocks);

/* What making fields on a lattice takes, known before there is one; the same on every rank. */
typedef struct {
  int batch;      /* fields made together; never depends on the ranks */
  double bytes;   /* of such a batch on a lattice that is not cut */
  int64_t grain;  /* boundaries of blocks are multiples of it; 0: anywhere */
  bool whole;     /* the lattice may not be cut */
  double tables;  /* bytes that every rank has, whatever its part of the lattice */
  double flops;   /* of an evaluation of one field; 0: not known */
  double weights; /* numbers that are learned */
} sq_generator_needs;

typedef struct sq_generator sq_generator;
struct sq_generator {
  void *self;
  void *owner;               /* what `destroy` takes down with the generator; NULL if others own everything */
  const sq_lattice *lattice; /* of the fields; not owned */
  int components;            /* numbers a site; 0 stands for 1 */
  bool has_density;          /* whether -log q is a number; NaN otherwise */
  int batch;                 /* most fields of a call */
  int levels;                /* that a watch sees: levels .. 0; 0: there is no way to watch */
  const double *a, *s;       /* [levels + 1] a field at level k is a[k] times the clean one, plus noise of width s[k] */
  /* Fields first .. first + count - 1 of a seed, count <= batch, into blocks[count][components][local_volume], and
   * minus_log_q[count] on every rank of the lattice. watch may be NULL. Collective over the lattice's ranks. */
  PetscErrorCode (*generate)(void *self, uint64_t seed, int64_t first, int count, double *blocks, double *minus_log_q,
                             sq_generator_watch watch, void *context);
  /* -log q of given fields, of those it makes the same as generate says to rounding, on every rank: the arguments of
   * generate. NULL: not known of any others. Collective over the lattice's ranks. */
  PetscErrorCode (*density)(void *self, int count, const double *blocks, double *minus_log_q);
  /* Evaluations of the network (or of whatever else it is made of) for a field; NaN if not known before fields were
   * made. Not collective. */
  double (*cost)(const void *self);
  PetscErrorCode (*destroy)(void *owner); /* NULL if there is no owner */
};

/* Numbers of a field on this rank: components local_volume. Not collective. */
int64_t sq_generator_numbers(const sq_generator *generator);
/* Makes fields; the arguments of generate above, and collective as it is. */
PetscErrorCode sq_generator_generate(const sq_generator *generator, uint64_t seed, int64_t first, int count,
                                     double *blocks, double *minus_log_q, sq_generator_watch watch, void *context);
/* Frees what it owns and clears it; one that was never made, {0}, is left alone. Collective over the lattice's ranks.
 */
PetscErrorCode sq_generator_destroy(sq_generator *generator);

SQ_C_END

#endif
