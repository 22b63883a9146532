/* terms: what each site adds to an average. Kernels on raw arrays; the order of operations at a site is fixed, so the
 * terms do not depend on how the lattice is cut. */
#include "terms.h"
#include "squall/base.h"
#include "squall/circle.h"

void sq_obs_squares(int64_t n, const double *x, double *square)
{
  for (int64_t i = 0; i < n; i++) square[i] = x[i] * x[i];
}

void sq_obs_alternate(int64_t n, int64_t odd, const double *x, double *out)
{
  for (int64_t i = 0; i < n; i++) out[i] = (i + odd) % 2 ? -x[i] : x[i];
}

void sq_obs_minus_products(int64_t n, const double *x, const double *y, double *out)
{
  for (int64_t i = 0; i < n; i++) out[i] = -(x[i] * y[i]);
}

void sq_obs_links(int64_t n, const double *x, int strides, const int64_t *stride, double *link)
{
  for (int64_t i = 0; i < n; i++) {
    double forward = 0;
    for (int k = 0; k < strides; k++) forward += x[i + stride[k]];
    link[i] = x[i] * forward;
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
