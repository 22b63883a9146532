/* SPDX-License-Identifier: BSD-3-Clause */
/* terms: what each site adds to an average. Kernels on raw arrays. */
#ifndef SQUALL_OBS_TERMS_H
#define SQUALL_OBS_TERMS_H

#include <stdint.h>

/* square[n] = x^2. */
void sq_obs_squares(int64_t n, const double *x, double *square);
/* square[n] = the sum of the squares of components numbers of a site, `apart` from each other. out is not the input, in
 * all of these. */
void sq_obs_lengths(int64_t n, int components, int64_t apart, const double *x, double *square);
/* out[n] = +-x, the sign of the first one negative where odd is 1. */
void sq_obs_alternate(int64_t n, int64_t odd, const double *x, double *out);
/* out[n] = -x y. */
void sq_obs_minus_products(int64_t n, const double *x, const double *y, double *out);
/* link[n] = x_i sum_k x_{i + stride[k]}: a row of sites of a field with a filled rim. */
void sq_obs_links(int64_t n, const double *x, int strides, const int64_t *stride, double *link);
/* Cosine and sine of the differences of n angles to those `shift` further on. */
void sq_obs_twists(int64_t n, const double *angle, int64_t shift, double *cosine, double *sine);
/* The winding numbers of the plaquettes that begin at n angles: differences, each in [-pi, pi), round the four sites
 * over 2 pi. */
void sq_obs_windings(int64_t n, const double *angle, int64_t first, int64_t second, double *winding);

#endif
