/* SPDX-License-Identifier: BSD-3-Clause */
/* conditional: distributions of one number of a site, given outputs of a network: what autoregressive and multilevel
 * models are made of. A row of `sq_conditionals` for each: kernels over n numbers at once, on arrays.
 *
 * A distribution is a mixture of K parts. Every part has `vectors` vectors and `scalars` scalars of the network, and
 * par[outputs][n] holds first all vectors, then all scalars: component c of vector k of number i is
 * par[(k components + c) n + i], scalar j of part k is par[(K vectors components + j K + k) n + i]. Beside them is a
 * physical field[fields][n], what the density is made of where all outputs are zero; NULL stands for none.
 *
 * Turning (for one component: changing the sign of) the vectors, the field and the number leaves the density as it is,
 * to rounding: means come from vectors, weights and widths from scalars and lengths. `covariant` says where not.
 *
 * Densities are those of the measure of a theory (squall/action.h): spins are counted, angles have d theta/2 pi, real
 * numbers d phi. Logarithms stay finite for outputs up to 100 and fields up to 10^6. Plain arithmetic: the same bits
 * in any order and number.
 *
 * Not collective.
 */
#ifndef SQUALL_CONDITIONAL_H
#define SQUALL_CONDITIONAL_H

#include "squall/rng.h"
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SQ_CONDITIONAL_MOST = 16 }; /* parts of a mixture */

/* What n numbers are distributed by; nothing is owned. */
typedef struct {
  int64_t n;
  int mixture;         /* K */
  const float *par;    /* [outputs][n] */
  const double *field; /* [fields][n] or NULL */
} sq_conditional_batch;

/* Where the random numbers of n numbers come from: number i from the address (site[i], step) of stream[i]. It takes
 * draws 0 .. 127, and shares them with nobody. */
typedef struct {
  const sq_stream *stream;
  const uint64_t *site;
  uint64_t step;
} sq_conditional_address;

typedef struct {
  const char *name;
  int components;       /* of a vector */
  int vectors, scalars; /* of each part */
  int fields;           /* numbers of the physical field */
  int most;             /* parts, at most */
  bool covariant;
  /* x[n], random. */
  void (*draw)(const sq_conditional_batch *batch, const sq_conditional_address *address, double *x);
  /* log_q[n] of x[n]. */
  void (*log_density)(const sq_conditional_batch *batch, const double *x, double *log_q);
  /* gradient[outputs][n] = factor[n] times the derivative of log q by par. */
  void (*gradient)(const sq_conditional_batch *batch, const double *x, const double *factor, float *gradient);
} sq_conditional;

/* NULL-terminated:
 *
 * sign        x = +-1, q = 1/(1 + e^{-2 (h + o) x}), vector o of one component, field h.
 *
 * pairs       a mixture of pairs of Gaussians of equal weight; field (m, s), (0, 1) if NULL. The means of pair k are
 *             m + s (o_k +- a_k e^d), both widths s b_k e^t (t, d cut at +-20); scalars: the logarithm of its weight, t
 *             and d. a_k: fixed, from 0.3 to 0.75; a_k^2 + b_k^2 = 1. It can be flat, or have two peaks, where o is 0.
 *
 * von-mises   a mixture of densities of angles, e^{|v| cos(theta - arg v)}/I_0(|v|), v_k = c_k h + o_k, o and the field
 *             h of two components; scalar: the logarithm of its weight. c_k = 2 (k + 1)/(K + 1).
 *
 * beta        a mixture of Beta densities with equal weights of theta/2 pi in [0, 1] (L. Wang, Y. Jiang, L. He, K.
 *             Zhou, CPL 39 (2022) 120502, arXiv:2005.04857). Scalars o: both exponents are 0.1 + 0.9 log_2(1 + e^o). It
 *             is not periodic, and knows no symmetry and no field.
 */
extern const sq_conditional *const sq_conditionals[];
/* The name of a row, NULL past the last. */
const char *sq_conditional_name(int index);
/* The row of that name, NULL if there is none. */
const sq_conditional *sq_conditional_find(const char *name);
/* Numbers of the network for a mixture of K parts. */
int sq_conditional_outputs(const sq_conditional *type, int mixture);

#ifdef __cplusplus
}
#endif

#endif
