/* SPDX-License-Identifier: BSD-3-Clause */
/* A number in a quartic potential and a field: its normaliser and mean against quadrature by another rule, and its
 * draws against their distribution; single wells, double ones, deep and shallow, and none but a parabola; fields of any
 * size.
 */
#include "src/action/well.h"
#include "tap.h"

enum { POINTS = 20000, DRAWS = 20000 };

static const struct {
  const char *name;
  double quadratic, quartic;
} potentials[] = {
  {"critical phi4", 1 - 2 * 0.022, 0.022},
  {"a parabola", 0.7, 0},
  {"almost a parabola", 0.5, 1e-9},
  {"no mass", 0, 0.3},
  {"shallow wells", -1, 1},
  {"wells", -4.4, 2},
  {"deep wells", -12, 1.5},
  {"very deep wells", -199, 100},
  {"a narrow one", 1e4, 1e6},
  {"a wide one", 1e-4, 1e-8},
  {"deep and wide", -1e-3, 1e-9},
};
enum { POTENTIALS = sizeof potentials / sizeof *potentials };

static sq_well table, *const well = &table;

static long double exponent(int k, double h, long double phi)
{
  return h * phi - phi * phi * (potentials[k].quadratic + potentials[k].quartic * phi * phi);
}

/* What is integrated over: from and to in units where h phi - V is far below its largest value. */
typedef struct {
  long double most, low, high;
} range;

static range range_of(int k, double h)
{
  range r = {.most = -INFINITY};
  for (int64_t i = -300; i <= 300; i++)
    for (int sign = -1; sign <= 1; sign += 2) {
      long double phi = sign * powl(10, i / 37.0L), e = exponent(k, h, phi);
      if (e > r.most) r.most = e, r.low = r.high = phi;
    }
  for (long double to = 1, step = 1e-3L; step > 1e-9L; step /= 3, to /= 3) { /* uphill */
    for (int i = 0; i < 4000; i++) {
      long double up = r.high + to * fabsl(r.high) * 1e-3L, down = r.high - to * fabsl(r.high) * 1e-3L;
      long double better = exponent(k, h, up) > exponent(k, h, down) ? up : down;
      if (!(exponent(k, h, better) > r.most)) break;
      r.most = exponent(k, h, r.high = better);
    }
  }
  const long double top = fabsl(r.high), sign = h < 0 ? -1 : 1;
  long double width = 1e-6L * (1e-9L + top), inner = width;
  while (exponent(k, h, sign * (top + width)) > r.most - 90) width *= 1.1L;
  while (inner < top && exponent(k, h, sign * (top - inner)) > r.most - 90) inner *= 1.1L;
  const bool both = inner >= top || exponent(k, h, -sign * top) > r.most - 90;
  const long double near = both ? -(top + width) : top - inner, far = top + width;
  r.low = sign > 0 ? near : -far;
  r.high = sign > 0 ? far : -near;
  return r;
}

/* The midpoint rule. */
static void integrals(int k, double h, long double *log_z, long double *mean)
{
  const range r = range_of(k, h);
  const long double step = (r.high - r.low) / POINTS;
  long double z = 0, first = 0;
  for (int64_t i = 0; i < POINTS; i++) {
    long double phi = r.low + (i + 0.5L) * step, w = expl(exponent(k, h, phi) - r.most);
    z += w;
    first += w * phi;
  }
  *log_z = r.most + logl(z * step);
  *mean = first / z;
}

static double unit(void)
{
  return well->quartic > 0 ? well->unit : sqrt(2 * well->quadratic);
}

static void test_log(int k)
{
  double worst = 0, slope = 0, odd = 0;
  sq_well_make(potentials[k].quadratic, potentials[k].quartic, well);
  for (int i = 0; i < 40; i++) {
    const double h = unit() * (i ? pow(10, -2 + i / 6.0) : 0), minus = -h;
    double log_z, mean, log_minus, mean_minus;
    long double exact, exact_mean;
    sq_well_log(well, 1, &h, &log_z, &mean);
    sq_well_log(well, 1, &minus, &log_minus, &mean_minus);
    tap_worst(&odd, fabs(log_z - log_minus) + fabs(mean + mean_minus));
    integrals(k, h, &exact, &exact_mean);
    tap_worst(&worst, (double)fabsl(log_z - exact) / fmax(1, 1e-2 * fabs(log_z)));
    tap_worst(&slope, (double)fabsl(mean - exact_mean) * unit() / (1 + h / unit()));
  }
  tap_near(worst, 0, 1e-12, potentials[k].name);
  tap_check(slope < 1e-10, "%s: the mean (%.2g)", potentials[k].name, slope);
  tap_check(odd == 0, "%s: the sign", potentials[k].name);
}

/* ---- draws ---- */

static int compare(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The largest distance of the distribution of sorted numbers from the exact one, times sqrt n. */
static double distance(int k, double h, int n, const double *x)
{
  const range r = range_of(k, h);
  const long double step = (r.high - r.low) / POINTS;
  long double z = 0, below = 0;
  double worst = 0;
  int at = 0;
  for (int64_t i = 0; i < POINTS; i++) z += expl(exponent(k, h, r.low + (i + 0.5L) * step) - r.most);
  for (int64_t i = 0; i < POINTS; i++) {
    below += expl(exponent(k, h, r.low + (i + 0.5L) * step) - r.most) / z;
    while (at < n && x[at] <= (double)(r.low + (i + 1) * step)) at++;
    tap_worst(&worst, fabs((double)below - at / (double)n));
  }
  return worst * sqrt(n);
}

/* Kolmogorov's distribution: 2.4 is exceeded once in 50000. */
static void test_draws(int k)
{
  static double h[DRAWS], phi[DRAWS], one[3];
  static sq_stream stream[DRAWS];
  for (int i = 0; i < DRAWS; i++) stream[i] = sq_stream_make(7, SQ_RNG_TEST, (uint64_t)(k * DRAWS + i));
  const double factor[] = {0, -0.3, 2, 30, -3e5};
  double worst = 0;
  bool same = true;
  sq_well_make(potentials[k].quadratic, potentials[k].quartic, well);
  for (int f = 0; f < 5; f++) {
    for (int i = 0; i < DRAWS; i++) h[i] = factor[f] * unit();
    sq_well_draw(well, DRAWS, h, stream, 1000, (uint64_t)f, phi);
    sq_well_draw(well, 3, h, stream + 777, 1000, (uint64_t)f, one);
    same = same && memcmp(one, phi + 777, sizeof one) == 0;
    qsort(phi, DRAWS, sizeof *phi, compare);
    tap_worst(&worst, distance(k, h[0], DRAWS, phi));
  }
  tap_check(worst < 2.4, "%s: draws (%.2f)", potentials[k].name, worst);
  tap_check(same, "%s: a draw has its bits from its address alone", potentials[k].name);
}

static void test_extremes(void)
{
  const double h[] = {1e-300, -1e12, 1e100, 0};
  double log_z[4], mean[4], phi[4];
  sq_stream stream[4];
  bool finite = true;
  for (int k = 0; k < POTENTIALS; k++) {
    sq_well_make(potentials[k].quadratic, potentials[k].quartic, well);
    sq_well_log(well, 4, h, log_z, mean);
    for (int i = 0; i < 4; i++) stream[i] = sq_stream_make(1, SQ_RNG_TEST, (uint64_t)i);
    sq_well_draw(well, 4, h, stream, 0, 0, phi);
    for (int i = 0; i < 4; i++) finite = finite && isfinite(log_z[i]) && isfinite(mean[i]) && isfinite(phi[i]);
  }
  tap_check(finite, "fields that no lattice has give numbers");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (int k = 0; k < POTENTIALS; k++) test_log(k);
  for (int k = 0; k < POTENTIALS; k++) test_draws(k);
  test_extremes();
  return tap_end();
}
