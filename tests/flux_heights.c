/* SPDX-License-Identifier: BSD-3-Clause */
/* Heights and windings: every flux without divergence of small lattices, there and back, where links close on
 * themselves too; the transpose. */
#include "squall/flux.h"
#include "tap.h"

enum { MOST = 16 }; /* numbers of a lattice here */

static int64_t volume_of(int dim, const int64_t extent[])
{
  return extent[0] * (dim == 2 ? extent[1] : 1);
}

/* The largest divergence of a site. */
static double divergence(int dim, const int64_t extent[], const double *k)
{
  const int64_t volume = volume_of(dim, extent), columns = dim == 2 ? extent[1] : 1;
  double worst = 0;
  for (int64_t x = 0; x < volume; x++) {
    const int64_t t = x / columns, s = x % columns;
    double sum = k[x] - k[(t + extent[0] - 1) % extent[0] * columns + s];
    if (dim == 2) sum += k[volume + x] - k[volume + t * columns + (s + columns - 1) % columns];
    tap_worst(&worst, fabs(sum));
  }
  return worst;
}

/* The numbers of a counter in base 2 most + 1, from -most to most. */
static void numbers_of(int64_t code, int most, int64_t count, double *x)
{
  for (int64_t i = 0; i < count; i++, code /= 2 * most + 1) x[i] = (double)(code % (2 * most + 1) - most);
}

static int64_t codes(int most, int64_t count)
{
  int64_t n = 1;
  for (int64_t i = 0; i < count; i++) n *= 2 * most + 1;
  return n;
}

static bool same(int64_t count, const double *a, const double *b)
{
  bool equal = true;
  for (int64_t i = 0; i < count; i++) equal = equal && a[i] == b[i];
  return equal;
}

/* Every k of |k| <= most without divergence is made of the heights and windings that it gives. */
static void test_fluxes(int dim, const int64_t extent[], int most)
{
  const int64_t volume = volume_of(dim, extent), links = dim * volume;
  double k[MOST] = {0}, back[MOST], height[MOST] = {0}, winding[2];
  int64_t found = 0;
  bool good = true;
  for (int64_t code = 0; code < codes(most, links); code++) {
    numbers_of(code, most, links, k);
    if (divergence(dim, extent, k) > 0) continue;
    sq_flux_heights.heights(dim, extent, k, height, winding);
    sq_flux_heights.fluxes(dim, extent, height, winding, back);
    good = good && height[0] == 0 && same(links, k, back);
    found++;
  }
  tap_check(good && found > most, "%dd, %lld sites: all %lld fluxes up to %d are those of heights and windings", dim,
            (long long)volume, (long long)found, most);
}

/* Heights with h(0) = 0 and windings make fluxes without divergence, and are those that come back. */
static void test_heights(int dim, const int64_t extent[], int most)
{
  const int64_t volume = volume_of(dim, extent), heights = dim == 2 ? volume - 1 : 0;
  double x[MOST] = {0}, k[MOST], height[MOST] = {0}, back[MOST] = {0}, winding[2];
  bool good = true;
  for (int64_t code = 0; code < codes(most, heights + dim); code++) {
    numbers_of(code, most, heights + dim, x);
    for (int64_t i = 0; i < heights; i++) height[1 + i] = x[dim + i];
    sq_flux_heights.fluxes(dim, extent, height, x, k);
    sq_flux_heights.heights(dim, extent, k, back, winding);
    good = good && divergence(dim, extent, k) == 0 && same(1 + heights, height, back) && same(dim, x, winding);
  }
  tap_check(good, "%dd, %lld sites: heights and windings come back, without a divergence", dim, (long long)volume);
}

/* <dk, A v> = <A^T dk, v>, of whole numbers: exactly. */
static void test_transpose(int dim, const int64_t extent[])
{
  const int64_t volume = volume_of(dim, extent);
  double height[MOST] = {0}, winding[2] = {3, -2}, k[MOST], dk[MOST], dheight[MOST] = {0}, dwinding[2] = {0}, here = 0,
         there = 0;
  for (int64_t i = 0; i < volume; i++) height[i] = (double)((7 * i + 2) % 5 - 2);
  for (int64_t i = 0; i < dim * volume; i++) dk[i] = (double)((5 * i + 3) % 11 - 4);
  sq_flux_heights.fluxes(dim, extent, height, winding, k);
  sq_flux_heights.backward(dim, extent, dk, dheight, dwinding);
  for (int64_t i = 0; i < dim * volume; i++) here += dk[i] * k[i];
  for (int64_t i = 0; i < volume; i++) there += dheight[i] * height[i];
  for (int nu = 0; nu < dim; nu++) there += dwinding[nu] * winding[nu];
  tap_check(here == there, "%dd, %lld sites: the transpose", dim, (long long)volume);
}

int main(int argc, char **argv)
{
  static const struct {
    int dim;
    int64_t extent[2];
    int most, heights;
  } lattices[] = {{1, {1}, 5, 5},    {1, {4}, 3, 5},    {2, {1, 1}, 4, 4}, {2, {1, 2}, 3, 3}, {2, {2, 1}, 3, 3},
                  {2, {1, 4}, 2, 2}, {2, {4, 1}, 2, 2}, {2, {2, 2}, 2, 3}, {2, {3, 2}, 1, 2}, {2, {2, 3}, 1, 2}};
  tap_begin(&argc, &argv);
  for (size_t i = 0; i < sizeof lattices / sizeof *lattices; i++) {
    test_fluxes(lattices[i].dim, lattices[i].extent, lattices[i].most);
    test_heights(lattices[i].dim, lattices[i].extent, lattices[i].heights);
    test_transpose(lattices[i].dim, lattices[i].extent);
  }
  return tap_end();
}
