/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to adversary: what the rows of fluxes (squall/flux.h) share. */
#ifndef SQUALL_ADVERSARY_INTEGERS_H
#define SQUALL_ADVERSARY_INTEGERS_H

#include "src/adversary/kinds.h"

typedef struct {
  const sq_lattice *lattice;
  const sq_output_scales *scales;
  int dim, batch, outputs;
  double *raw;                          /* [outputs][batch][local_volume] of the fields made last */
  double *uniform;                      /* [batch][2 dim], then [batch][dim] of what a network moves */
  double *height, *dheight;             /* [volume], where fluxes are made of heights */
  double middle[SQ_DIM], width[SQ_DIM]; /* there: of the normal numbers whose rounded values are the windings */
  sq_sum *sum;                          /* [batch][dim] */
  double *total;                        /* [batch][dim] */
} sq_integers;

/* As the members of sq_output_kind. */
PetscErrorCode sq_integers_create(const sq_lattice *lattice, const sq_action *action, const sq_output_scales *scales,
                                  int batch, int outputs, sq_integers **integers);
PetscErrorCode sq_integers_destroy(void **self);
/* Numbers in units of the width of all, at least 1; means and spreads of k. */
PetscErrorCode sq_integers_measure(const sq_lattice *lattice, const sq_action *action, int64_t count,
                                   const double *blocks, sq_output_scales *scales);
/* The numbers of a site, and the sum of k of each direction over the lattice, the same at every site, in units of what
 * it varies by: 3 d features. */
PetscErrorCode sq_integers_see(void *self, int count, const double *blocks, double *const feature[]);
PetscErrorCode sq_integers_see_back(void *self, int count, const double *blocks, double *const dfeature[],
                                    double *cotangent);
/* Numbers c >= first of blocks by outputs from `from` on: middle + width out, rounded; l at 0 at least. The gradient is
 * that of no rounding, but l that are cut off are not pushed further. Not collective. */
void sq_integers_round(sq_integers *integers, int count, int first, int from, double *const out[], double *blocks);
void sq_integers_round_back(const sq_integers *integers, int count, int first, int from, const double *cotangent,
                            double *const dout[]);

/* (winding.c) The normal number whose rounded value has that mean and variance. An integer has a variance of f (1 - f)
 * at least, f the part of its mean behind the point: for less it is that. A variance of 0: middle = mean, width = 0.
 * Not collective. */
void sq_rounded_normal(double mean, double variance, double *middle, double *width);

#endif
