/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to latent: normal fields, and the steps of a way.
 *
 * Arrays of numbers are [batch][components][local_volume].
 */
#ifndef SQUALL_LATENT_INTERNAL_H
#define SQUALL_LATENT_INTERNAL_H

#include "squall/fft.h"
#include "squall/latent.h"

/* 1/G(p) = mass + stiffness bend(p), both positive; bend is p_hat^2, or, where fields alternate, what it lacks to its
 * largest value. */
typedef struct {
  double mass, stiffness;
  bool alternates;
} sq_latent_modes;
/* That of a theory on a lattice (like.c): a free field of which 1/G(p) is the mean of the second derivatives of S over
 * that field itself (D. R. Hartree's approximation). Serial; the same on every rank. */
PetscErrorCode sq_latent_like(const sq_action *action, const int64_t extent[SQ_DIM], sq_latent_modes *like);
double sq_latent_bend(const sq_latent_modes *modes, const sq_orbits *orbits, int64_t orbit);

/* What steps share. */
typedef struct {
  const sq_lattice *lattice;
  sq_fft *fft;
  int components, batch;
  int64_t sites, numbers;   /* of a field on this rank; numbers = components sites */
  sq_latent_modes like;     /* the free field that is like the theory */
  double width, far_width;  /* of its numbers; of what the filter makes of them */
  double *filter;           /* [orbits] mass G(p): what varies slowly */
  double *da;               /* [batch][sites] scratch of backward */
  double *dout[4], *din[2]; /* scratch of backward */
} sq_latent_work;

/* ---- normal fields (gaussian.c) ---- */

enum { SQ_LATENT_TURNS = 2 }; /* weights of a normal field: what 1/G's two terms are multiplied by, as logarithms */

typedef struct {
  double *root, *inverse_root, *inverse; /* [orbits] of G, of 1/G */
  double *slope[SQ_LATENT_TURNS];        /* [orbits] d log G/d weight */
  double log_determinant;                /* sum_p log G(p) */
} sq_latent_gaussian;

PetscErrorCode sq_latent_gaussian_create(const sq_latent_work *work, sq_latent_gaussian *gaussian);
void sq_latent_gaussian_destroy(sq_latent_gaussian *gaussian);
void sq_latent_gaussian_load(const sq_latent_work *work, const double turn[SQ_LATENT_TURNS],
                             sq_latent_gaussian *gaussian);
/* out = filtered in, number by number of a site, of `count` fields; out may be in. Collective. */
PetscErrorCode sq_latent_filter(const sq_latent_work *work, const double *multiplier, int count, const double *in,
                                double *out);
/* to[i] += sum_b factor[b] sum_p 1/2 slope_i(p) Re(conj(left_p) right_p)/V, of this rank's modes; factor NULL: 1.
 * Collective. */
PetscErrorCode sq_latent_gaussian_slopes(const sq_latent_work *work, const sq_latent_gaussian *gaussian, int count,
                                         const double *factor, const double *left, const double *right,
                                         double to[SQ_LATENT_TURNS]);
/* sum_p slope_i(p). */
double sq_latent_gaussian_slope(const sq_latent_work *work, const sq_latent_gaussian *gaussian, int i);

/* ---- steps (step.c) ---- */

typedef struct {
  double alpha, beta;
  sq_network *network;
  int64_t at, parameters; /* of its weights */
  /* Of the last `count` fields: what the network saw and made. */
  const double *seen;
  double *far, *out[4]; /* far: what the filter makes of seen */
  double *a, *b;        /* a: [batch][sites] */
} sq_latent_step;

PetscErrorCode sq_latent_step_create(const sq_latent_work *work, const sq_latent_shape *shape, bool backward,
                                     sq_latent_step *step);
PetscErrorCode sq_latent_step_destroy(sq_latent_step *step);
/* a and b of fields; seen[batch][numbers] is kept. Collective. */
PetscErrorCode sq_latent_step_look(const sq_latent_work *work, sq_latent_step *step, int count, const double *seen);
/* to = alpha e^a from + beta seen + b, and its inverse. */
void sq_latent_step_apply(const sq_latent_work *work, const sq_latent_step *step, int count, const double *from,
                          double *to);
void sq_latent_step_invert(const sq_latent_work *work, const sq_latent_step *step, int count, const double *to,
                           double *from);
/* Of a function whose derivatives with respect to `to` are given, less factor[b] times the sum of a over a field's
 * numbers: adds those with respect to from, seen and the weights. Collective. */
PetscErrorCode sq_latent_step_pull(sq_latent_work *work, sq_latent_step *step, int count, const double *factor,
                                   const double *from, const double *dto, double *dfrom, double *dseen,
                                   float *gradient);
/* The same the other way: `from` is what the inverse makes of `to`, and derivatives with respect to it are given. */
PetscErrorCode sq_latent_step_push(sq_latent_work *work, sq_latent_step *step, int count, const double *factor,
                                   const double *from, const double *dfrom, double *dto, double *dseen,
                                   float *gradient);

#endif
