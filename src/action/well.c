/* SPDX-License-Identifier: BSD-3-Clause */
/* A number in a quartic potential and a field: log z(h) and the mean.
 *
 * Nodes lie at |h| = unit (s - 1), s from 1 to 2^16 in octaves of equal cells: dense where log z bends, at fields of
 * the width of phi, and wide where it is smooth. Between them log z is the polynomial of fifth order with its value and
 * two derivatives at both ends; beyond them, an expansion about the largest term.
 */
#include "well.h"
#include <math.h>
#include <string.h>

enum { POINTS = 160 };
#define DEPTH 42.0 /* what is exp(-DEPTH) of the largest term does not count */

/* ---- nodes by quadrature ---- */

static double potential(const sq_well *w, double phi)
{
  return phi * phi * (w->quadratic + w->quartic * phi * phi);
}

/* The place where h phi - V is largest, h >= 0: the only positive root of V' = h, from above by Newton's method, which
 * does not overshoot there. */
static double summit(const sq_well *w, double h)
{
  const double a = w->quadratic, b = w->quartic;
  double phi = sqrt(fmax(0, -a / (2 * b))) + cbrt(h / (4 * b));
  if (a > 0) phi = fmin(phi, h / (2 * a));
  for (int i = 0; i < 200 && phi > 0; i++) {
    double next = phi - (phi * (2 * a + 4 * b * phi * phi) - h) / (2 * a + 12 * b * phi * phi);
    if (!(next < phi)) break;
    phi = next;
  }
  return phi;
}

/* Between in, where h phi - V is at least `level`, and out, where it is not. */
static double edge(const sq_well *w, double h, double level, double in, double out)
{
  for (int i = 0; i < 40; i++) {
    double middle = 0.5 * (in + out);
    if (h * middle - potential(w, middle) >= level) in = middle;
    else out = middle;
  }
  return out;
}

/* The trapezoidal rule over |phi|, which knows no error but rounding: its integrand is even and entire, and vanishes at
 * the ends. Given |phi| the sign has the mean tanh h |phi|. */
static void integrate(const sq_well *w, double h, sq_well_node *node)
{
  const double top = summit(w, h), most = h * top - potential(w, top);
  double low = 0, high = top + 1 / sqrt(fabs(w->quadratic) + sqrt(w->quartic)), weight[POINTS], sum[3] = {0};
  while (h * high - potential(w, high) > most - DEPTH) high += high - top;
  high = edge(w, h, most - DEPTH, top, high);
  if (most > DEPTH) low = edge(w, h, most - DEPTH, top, 0);
  const double step = (high - low) / (POINTS - 1);
  for (int i = 0; i < POINTS; i++) {
    const double r = low + i * step, t = tanh(h * r), even = exp(h * r - potential(w, r) - most);
    weight[i] = even * (1 + exp(-2 * h * r)) * (i ? 1 : 0.5);
    sum[0] += weight[i];
    sum[1] += weight[i] * (r * t);
  }
  node->log_z = most + log(sum[0] * step);
  node->mean = sum[1] / sum[0];
  for (int i = 0; i < POINTS; i++) {
    const double r = low + i * step, t = tanh(h * r), off = r * t - node->mean;
    sum[2] += weight[i] * (off * off + r * r * (1 - t) * (1 + t));
  }
  node->variance = sum[2] / sum[0];
}

void sq_well_make(double quadratic, double quartic, sq_well *well)
{
  sq_well_node none;
  memset(well, 0, sizeof *well);
  well->quadratic = quadratic;
  well->quartic = quartic;
  well->unit = 1;
  if (quartic == 0) return;
  well->deep = sq_well_is_deep(quadratic, quartic);
  integrate(well, 0, &none);
  well->unit = 1 / sqrt(none.variance);
  for (int i = 0; i < SQ_WELL_NODES; i++) {
    const double s = ldexp(1 + i % SQ_WELL_CELLS / (double)SQ_WELL_CELLS, i / SQ_WELL_CELLS), h = well->unit * (s - 1);
    integrate(well, h, &well->node[i]);
    well->node[i].proposal = sq_well_proposal(well, h);
  }
}

/* ---- between and beyond them ---- */

/* Laplace's method with its first correction. */
static void beyond(const sq_well *w, double h, double *log_z, double *mean)
{
  const double phi = summit(w, h), v2 = 2 * w->quadratic + 12 * w->quartic * phi * phi, v3 = 24 * w->quartic * phi,
               v4 = 24 * w->quartic, r3 = v3 * v3 / (v2 * v2 * v2), r4 = v4 / (v2 * v2);
  *log_z = h * phi - potential(w, phi) + 0.5 * log(2 * PETSC_PI / v2) + 5 * r3 / 24 - r4 / 8;
  *mean = phi + v3 / (v2 * v2) * (2 * r4 / 3 - 5 * r3 / 8 - 0.5);
}

/* x without the bits of its fraction below the first `kept`. */
static inline double first_bits(double x, int kept)
{
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits = bits >> (52 - kept) << (52 - kept);
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline void between(const sq_well *w, int64_t cell, double s, double *log_z, double *mean)
{
  const sq_well_node *p = w->node + cell, *q = p + 1;
  const double size = first_bits(s, 0) / SQ_WELL_CELLS, step = w->unit * size, t = (s - first_bits(s, 7)) / size;
  const double rise = q->log_z - p->log_z, p1 = step * p->mean, q1 = step * q->mean,
               p2 = 0.5 * step * step * p->variance, q2 = 0.5 * step * step * q->variance;
  const double c3 = 10 * rise - 6 * p1 - 4 * q1 - 3 * p2 + q2, c4 = -15 * rise + 8 * p1 + 7 * q1 + 3 * p2 - 2 * q2,
               c5 = 6 * rise - 3 * (p1 + q1) + q2 - p2;
  *log_z = p->log_z + t * (p1 + t * (p2 + t * (c3 + t * (c4 + t * c5))));
  *mean = (p1 + t * (2 * p2 + t * (3 * c3 + t * (4 * c4 + t * 5 * c5)))) / step;
}

void sq_well_log(const sq_well *well, int64_t n, const double *h, double *log_z, double *mean)
{
  const double a = well->quadratic;
  for (int64_t i = 0; i < n; i++) {
    double s, slope;
    int64_t cell = 0;
    if (well->quartic == 0) {
      log_z[i] = h[i] * h[i] / (4 * a) + 0.5 * log(PETSC_PI / a);
      slope = fabs(h[i]) / (2 * a);
    } else if ((cell = sq_well_cell(well, h[i], &s)) < SQ_WELL_NODES - 1) between(well, cell, s, &log_z[i], &slope);
    else beyond(well, fabs(h[i]), &log_z[i], &slope);
    if (mean) mean[i] = copysign(slope, h[i]);
  }
}
