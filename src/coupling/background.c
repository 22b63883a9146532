/* SPDX-License-Identifier: BSD-3-Clause */
/* The Gaussian approximation about a constant background: gap equations, the distribution of the mean, tables. */
#include "src/coupling/background.h"
#include <math.h>

enum { CELLS = 768, POINTS = 4, TRIALS = 400, GRID = 241 };
static const double deep = 60; /* what is e^-60 times less likely is left out */

typedef struct {
  const sq_action *action;
  const sq_orbits *orbits;
  double volume, hop, floor;
  double gap;                   /* log(R - floor) of the last question: where the next one begins */
  double z[GRID], weight[GRID]; /* normal numbers, and their shares */
} theory;

/* ---- given M ---- */

/* The means of V, V'' and V'''' over normal numbers, by partial integration; V alone where they have no width. */
static void means(const theory *t, double M, double variance, double mean[3])
{
  double phi[GRID], V[GRID];
  const double width = sqrt(variance);
  const int count = variance > 0 ? GRID : 1;
  for (int i = 0; i < count; i++) phi[i] = M + width * t->z[i];
  if (count == 1) phi[0] = M;
  t->action->type->given->potential(t->action, count, phi, V);
  mean[0] = V[0];
  if (count == 1) return;
  mean[0] = mean[1] = mean[2] = 0;
  for (int i = 0; i < count; i++) {
    const double z2 = t->z[i] * t->z[i], part = t->weight[i] * V[i];
    mean[0] += part;
    mean[1] += part * (z2 - 1);
    mean[2] += part * (z2 * (z2 - 6) + 3);
  }
  mean[1] /= variance;
  mean[2] /= variance * variance;
}

/* The variance of the modes p != 0 for R = floor + above, and its slope. */
static double variance_of(const theory *t, double above, double *slope)
{
  double sum = 0, squares = 0;
  for (int64_t o = 1; o < t->orbits->count; o++) {
    const double G = 1 / (above + t->floor - 2 * t->hop * t->orbits->phase_cos[o]);
    sum += (double)t->orbits->multiplicity[o] * G;
    squares += (double)t->orbits->multiplicity[o] * G * G;
  }
  *slope = -squares / t->volume;
  return sum / t->volume;
}

/* The gap equation R = <V''>, by Newton's steps in log(R - floor), which are not too long. */
static double solve(theory *t, double M)
{
  enum { STEPS = 300 };
  for (int i = 0; i < STEPS; i++) {
    double slope, mean[3];
    const double above = exp(t->gap), variance = variance_of(t, above, &slope);
    means(t, M, variance, mean);
    const double rise = above * (1 - 0.5 * mean[2] * slope), excess = t->floor + above - mean[1];
    double step = excess / (rise > 0 ? rise : above);
    step = fmax(-1, fmin(1, step));
    if (isnan(step)) break;
    t->gap = fmax(-60, fmin(600, t->gap - step));
    if (fabs(step) < 1e-13) break;
  }
  return exp(t->gap);
}

/* Gamma(M), without what does not depend on M. */
static double free_energy(theory *t, double M)
{
  double mean[3], slope, sum = 0, variance = 0;
  const double above = t->orbits->count > 1 ? solve(t, M) : 1;
  if (t->orbits->count > 1) variance = variance_of(t, above, &slope);
  means(t, M, variance, mean);
  for (int64_t o = 1; o < t->orbits->count; o++) {
    const double bond = t->hop * t->orbits->phase_cos[o], G = 1 / (above + t->floor - 2 * bond);
    sum += (double)t->orbits->multiplicity[o] * (bond * G + 0.5 * log(G));
  }
  return t->volume * (mean[0] - t->hop * t->orbits->dim * M * M) - sum;
}

/* ---- the distribution of M ---- */

typedef struct {
  double low, high, least;                   /* where M >= 0 is, the least Gamma */
  double node[CELLS + 1], beyond[CELLS + 1]; /* of cells: M, the integral of e^{least - Gamma} from there on */
} spread;

/* The M between two others, one likely and one not, where Gamma has risen to `deep`. */
static double edge(theory *t, double likely, double other, double least)
{
  for (int i = 0; i < 60; i++) {
    const double middle = 0.5 * (likely + other);
    if (free_energy(t, middle) - least < deep) likely = middle;
    else other = middle;
  }
  return likely;
}

/* A least Gamma between two M, by golden sections. */
static double bottom(theory *t, double low, double high)
{
  const double golden = 0.6180339887498949;
  double a = high - golden * (high - low), b = low + golden * (high - low);
  double at_a = free_energy(t, a), at_b = free_energy(t, b);
  for (int i = 0; i < 60; i++)
    if (at_a < at_b) high = b, b = a, at_b = at_a, a = high - golden * (high - low), at_a = free_energy(t, a);
    else low = a, a = b, at_a = at_b, b = low + golden * (high - low), at_b = free_energy(t, b);
  return 0.5 * (low + high);
}

static void find_range(theory *t, spread *s)
{
  const double centre = free_energy(t, 0);
  double top = 1e-6, best = 0, ratio;
  for (int i = 0; i < 200 && free_energy(t, top) - centre < 2 * deep; i++) top *= 2;
  s->least = centre;
  ratio = pow(1e-6, 1. / TRIALS);
  for (double M = top, i = 0; i < TRIALS; i++, M *= ratio) {
    const double now = free_energy(t, M);
    if (now < s->least) s->least = now, best = M;
  }
  if (best > 0) best = bottom(t, best * ratio, best / ratio), s->least = free_energy(t, best);
  s->high = edge(t, best, top, s->least);
  s->low = centre - s->least < deep ? 0 : edge(t, best, 0, s->least);
}

/* The integral of e^{least - Gamma} between two M of a cell (C. F. Gauss). */
static double integral(theory *t, const spread *s, double from, double to)
{
  static const double place[POINTS] = {-0.8611363115940526, -0.3399810435848563, 0.3399810435848563,
                                       0.8611363115940526};
  static const double share[POINTS] = {0.3478548451374538, 0.6521451548625461, 0.6521451548625461, 0.3478548451374538};
  double sum = 0;
  for (int k = 0; k < POINTS; k++)
    sum += share[k] * exp(s->least - free_energy(t, 0.5 * (from + to) + 0.5 * (to - from) * place[k]));
  return 0.5 * (to - from) * sum;
}

static void integrate(theory *t, spread *s)
{
  for (int i = 0; i <= CELLS; i++) s->node[i] = s->low + (s->high - s->low) * i / CELLS;
  s->beyond[CELLS] = 0;
  for (int i = CELLS - 1; i >= 0; i--) s->beyond[i] = s->beyond[i + 1] + integral(t, s, s->node[i], s->node[i + 1]);
}

/* The M beyond which the integral is `wanted`. */
static double quantile(theory *t, const spread *s, double wanted)
{
  int cell = 0;
  while (cell < CELLS - 1 && s->beyond[cell + 1] > wanted) cell++;
  const double from = s->node[cell], to = s->node[cell + 1];
  double M = 0.5 * (from + to);
  for (int i = 0; i < 30; i++) {
    const double excess = s->beyond[cell + 1] + integral(t, s, M, to) - wanted;
    const double next = fmax(from, fmin(to, M + excess * exp(free_energy(t, M) - s->least)));
    if (fabs(next - M) <= 1e-15 * to) break;
    M = next;
  }
  return M;
}

/* ---- tables ---- */

/* Slopes from neighbouring nodes; at the first of them that of an even function, at the last none. */
static void set_slopes(const double *value, double *slope)
{
  for (int i = 1; i + 1 < SQ_BACKGROUND_NODES; i++)
    slope[i] = 0.5 * SQ_BACKGROUND_CELLS * (value[i + 1] - value[i - 1]);
  slope[0] = slope[SQ_BACKGROUND_NODES - 1] = 0;
}

/* Cubics rise where slopes are no more than three times the lines between nodes (F. N. Fritsch, R. E. Carlson, SIAM J.
 * Numer. Anal. 17 (1980) 238). */
static void keep_rising(sq_background *b)
{
  const int last = SQ_BACKGROUND_NODES - 1;
  for (int i = 0; i <= last; i++) {
    const double left = SQ_BACKGROUND_CELLS * (b->a[i > 0 ? i : 1] - b->a[i > 0 ? i - 1 : 0]);
    const double right = SQ_BACKGROUND_CELLS * (b->a[i < last ? i + 1 : last] - b->a[i < last ? i : last - 1]);
    b->a_slope[i] = fmax(0.01 * fmin(left, right), fmin(b->a_slope[i], 2.9 * fmin(left, right)));
  }
}

static void fill(theory *t, const spread *s, sq_background *b)
{
  const double all = s->beyond[0], root = sqrt(t->volume);
  b->a[0] = 0;
  for (int i = 0; i < SQ_BACKGROUND_NODES; i++) {
    const double zeta = (double)i / SQ_BACKGROUND_CELLS;
    const double M = i > 0 ? quantile(t, s, all * erfc(zeta / sqrt(2))) : 0;
    b->a[i] = root * M;
    b->a_slope[i] = root * all * sqrt(2 / PETSC_PI) * exp(free_energy(t, M) - s->least - 0.5 * zeta * zeta);
    b->gap[i] = t->orbits->count > 1 ? t->gap : 0;
  }
}

static void set_grid(theory *t)
{
  double norm = 0;
  for (int i = 0; i < GRID; i++) {
    t->z[i] = (i - GRID / 2) * 0.08;
    norm += t->weight[i] = exp(-0.5 * t->z[i] * t->z[i]);
  }
  for (int i = 0; i < GRID; i++) t->weight[i] /= norm;
}

void sq_background_make(const sq_action *action, const sq_orbits *orbits, double volume, sq_background *b)
{
  theory t = {.action = action, .orbits = orbits, .volume = volume};
  spread s;
  double slope;
  t.hop = action->type->given->hop(action, SQ_DIM - 1);
  set_grid(&t);
  t.floor = -INFINITY;
  for (int64_t o = 1; o < orbits->count; o++) t.floor = fmax(t.floor, 2 * t.hop * orbits->phase_cos[o]);
  if (orbits->count == 1) t.floor = 0;
  *b = (sq_background){.hop = t.hop, .floor = t.floor};
  find_range(&t, &s);
  integrate(&t, &s);
  fill(&t, &s, b);
  keep_rising(b);
  set_slopes(b->gap, b->gap_slope);
  const sq_background_at usual = sq_background_look(b, 1);
  const double above = exp(usual.gap), M2 = usual.a * usual.a / volume;
  const double variance = orbits->count > 1 ? variance_of(&t, above, &slope) : 0;
  b->width = sqrt(M2 + variance);
  b->unit = orbits->count > 1 ? 1 / sqrt(t.floor + above) : b->width;
}

/* The cubic with values f and slopes d at the ends of a cell of length h, at x in [0, 1] of it: its derivatives. */
static void cubic(double h, const double f[2], const double d[2], double x, double value[3])
{
  const double rise = f[1] - f[0], p = h * d[0] - rise, q = rise - h * d[1], bulge = p + (q - p) * x;
  value[0] = f[0] + rise * x + x * (1 - x) * bulge;
  value[1] = (rise + (1 - 2 * x) * bulge + x * (1 - x) * (q - p)) / h;
  value[2] = (-2 * bulge + 2 * (1 - 2 * x) * (q - p)) / (h * h);
}

sq_background_at sq_background_look(const sq_background *b, double zeta)
{
  const double h = 1. / SQ_BACKGROUND_CELLS, place = fabs(zeta) / h;
  const int last = SQ_BACKGROUND_NODES - 1;
  const double sign = zeta < 0 ? -1 : 1;
  double a[3], gap[3] = {b->gap[last]};
  if (!(place < last)) {
    const double value = b->a[last] + b->a_slope[last] * (fabs(zeta) - last * h);
    return (sq_background_at){.a = sign * value, .slope = b->a_slope[last], .gap = gap[0]};
  }
  const int i = (int)place;
  cubic(h, b->a + i, b->a_slope + i, place - i, a);
  cubic(h, b->gap + i, b->gap_slope + i, place - i, gap);
  return (sq_background_at){
    .a = sign * a[0], .slope = a[1], .curve = sign * a[2] / a[1], .gap = gap[0], .gap_slope = sign * gap[1]};
}

double sq_background_find(const sq_background *b, double a)
{
  const int last = SQ_BACKGROUND_NODES - 1;
  const double size = fabs(a);
  int low = 0, high = last;
  if (size >= b->a[last])
    return copysign((double)last / SQ_BACKGROUND_CELLS + (size - b->a[last]) / b->a_slope[last], a);
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    if (b->a[middle] <= size) low = middle;
    else high = middle;
  }
  double from = (double)low / SQ_BACKGROUND_CELLS, to = (double)high / SQ_BACKGROUND_CELLS, zeta = 0.5 * (from + to);
  for (int i = 0; i < 100; i++) {
    const sq_background_at at = sq_background_look(b, zeta);
    if (at.a > size) to = zeta;
    else from = zeta;
    const double next = zeta - (at.a - size) / at.slope, go = next >= from && next <= to ? next : 0.5 * (from + to);
    if (fabs(go - zeta) <= 2e-16 * to) break;
    zeta = go;
  }
  return copysign(zeta, a);
}
