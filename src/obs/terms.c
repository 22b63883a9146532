/* SPDX-License-Identifier: BSD-3-Clause */
/* terms: what each site adds to an average. Kernels on raw arrays; the order of operations at a site is fixed, so the
 * terms do not depend on how the lattice is cut. */
#include "terms.h"
#include "squall/base.h"
#include "squall/circle.h"

SQ_VECTORS void sq_obs_squares(int64_t n, const double *restrict x, double *restrict square)
{
  for (int64_t i = 0; i < n; i++) square[i] = x[i] * x[i];
}

SQ_VECTORS void sq_obs_lengths(int64_t n, int components, int64_t apart, const double *restrict x,
                               double *restrict square)
{
  for (int64_t i = 0; i < n; i++) square[i] = x[i] * x[i];
  for (int c = 1; c < components; c++)
    for (int64_t i = 0; i < n; i++) square[i] += x[c * apart + i] * x[c * apart + i];
}

SQ_VECTORS void sq_obs_alternate(int64_t n, int64_t odd, const double *restrict x, double *restrict out)
{
  for (int64_t i = 0; i < n; i++) out[i] = (i + odd) % 2 ? -x[i] : x[i];
}

SQ_VECTORS void sq_obs_minus_products(int64_t n, const double *restrict x, const double *restrict y,
                                      double *restrict out)
{
  for (int64_t i = 0; i < n; i++) out[i] = -(x[i] * y[i]);
}

static inline __attribute__((always_inline)) void links_of(const int strides, int64_t n, const double *restrict x,
                                                           const int64_t *stride, double *restrict link)
{
  const int64_t s0 = stride[0], s1 = strides > 1 ? stride[1] : 0, s2 = strides > 2 ? stride[2] : 0,
                s3 = strides > 3 ? stride[3] : 0;
  for (int64_t i = 0; i < n; i++) {
    double forward = x[i + s0];
    if (strides > 1) forward += x[i + s1];
    if (strides > 2) forward += x[i + s2];
    if (strides > 3) forward += x[i + s3];
    link[i] = x[i] * forward;
  }
}

SQ_VECTORS void sq_obs_links(int64_t n, const double *restrict x, int strides, const int64_t *stride,
                             double *restrict link)
{
  switch (strides) {
  case 1: links_of(1, n, x, stride, link); break;
  case 2: links_of(2, n, x, stride, link); break;
  case 3: links_of(3, n, x, stride, link); break;
  default: links_of(4, n, x, stride, link);
  }
}

SQ_VECTORS void sq_obs_twists(int64_t n, const double *angle, int64_t shift, double *cosine, double *sine)
{
  for (int64_t i = 0; i < n; i++) {
    const double difference = angle[i + shift] - angle[i];
    cosine[i] = sq_cosine(difference);
    sine[i] = sq_sine(difference);
  }
}

SQ_VECTORS void sq_obs_windings(int64_t n, const double *angle, int64_t first, int64_t second, double *winding)
{
  for (int64_t i = 0; i < n; i++)
    winding[i] = sq_circle_winding(angle[i], angle[i + first], angle[i + first + second], angle[i + second]);
}
