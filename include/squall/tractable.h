/* SPDX-License-Identifier: BSD-3-Clause */
/* tractable: models that give a field together with its exact density, log q, and the gradient of log q with respect to
 * their weights: autoregressive networks, hierarchies of them, flows. One is made for a lattice and for batches of
 * fields. Learning (squall/train.h), generating and weighing ask for no more than this.
 *
 * A field is known by a seed and a number, as those of squall/generator.h. Densities are those of the measure of the
 * theory (squall/action.h): spins are counted, angles have d theta/2 pi, real numbers d phi.
 *
 * Everything is collective over the ranks of the lattice, unless a comment says so.
 */
#ifndef SQUALL_TRACTABLE_H
#define SQUALL_TRACTABLE_H

#include "squall/generator.h"

SQ_C_BEGIN

typedef struct {
  void *self;
  const sq_lattice *lattice; /* of the fields; not owned */
  int components;            /* numbers a site */
  int batch;                 /* most fields of a call; never depends on the ranks */
  int64_t parameters;        /* weights; gradients are in their order */
  double cost;               /* forward passes of the network for a field that is drawn */
  /* The weights used from now on: weight[parameters], copied. Not collective. */
  void (*load)(void *self, const float *weight);
  /* What the model begins with is that of the action scale S from now on, 0 <= scale <= 1: learning in the way of
   * annealing. NULL: it begins with nothing of that kind. Not collective. */
  PetscErrorCode (*anneal)(void *self, double scale);
  /* Fields first .. first + count - 1 of a seed into blocks[count][components][local_volume], and log_q[count], the
   * same bits on every rank, whatever is made with them. count <= batch. */
  PetscErrorCode (*draw)(void *self, uint64_t seed, int64_t first, int count, double *blocks, double *log_q);
  /* log_q[count] of given fields: of drawn ones the same as draw said, to rounding of floats. */
  PetscErrorCode (*density)(void *self, int count, const double *blocks, double *log_q);
  /* gradient[parameters] += sum_b factor[b] d log_q[b]/d weight of the count fields that draw or density had last, this
   * rank's part of it, which is to be summed over the ranks of the lattice. */
  PetscErrorCode (*backward)(void *self, int count, const double *factor, float *gradient);
  /* Of models whose fields are functions phi(z, w) of noise z and the weights w: of the count fields that draw had
   * last, with their noise as it was, gradient[parameters] += d/dw sum_b [cotangent_b phi_b(z, w) + factor[b] log
   * q_w(phi_b(z, w))], this rank's part of it; cotangent[count][components][local_volume]. backward may follow. NULL:
   * fields are no such functions. */
  PetscErrorCode (*pull)(void *self, int count, const double *cotangent, const double *factor, float *gradient);
  PetscErrorCode (*destroy)(void *self); /* frees self */
} sq_tractable;

/* Frees and clears it; {0} is left alone. */
PetscErrorCode sq_tractable_destroy(sq_tractable *model);
/* The generator of its fields, with their density; owns: it destroys the model with itself. */
PetscErrorCode sq_tractable_generator(const sq_tractable *model, bool owns, sq_generator *generator);

SQ_C_END

#endif
