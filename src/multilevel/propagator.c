/* SPDX-License-Identifier: BSD-3-Clause */
/* A free field that is like a theory: its propagator on the sites of every level, and one site given others.
 *
 * Its coefficient A is the mean of V''/2 over its own numbers (D. R. Hartree's approximation); of vectors of length 1
 * it is that of the spherical model (T. H. Berlin, M. Kac, Phys. Rev. 86 (1952) 821), whose vectors have that length in
 * the mean. Both are unique: where A rises the field is narrower. Sums over modes take p_mu = 0 .. L_mu/2, and are
 * carried out direction by direction.
 */
#include "src/multilevel/propagator.h"
#include <math.h>
#include <string.h>

enum { NEAREST = 160, HALVINGS = 100 };

/* ---- modes ---- */

typedef struct {
  int64_t extent[SQ_DIM], count[SQ_DIM], all; /* of the lattice; of modes */
  double volume, bound;                       /* bound: that A lies above */
  double *hop, *times;                        /* [all] sum_mu hop_mu cos p_mu; how many modes have it */
} modes;

static PetscErrorCode modes_create(const sq_action *action, double scale, const int64_t extent[SQ_DIM], modes *m)
{
  PetscFunctionBeginUser;
  *m = (modes){.all = 1, .volume = sq_volume(extent)};
  memcpy(m->extent, extent, sizeof m->extent);
  for (int mu = 0; mu < SQ_DIM; mu++) m->all *= m->count[mu] = extent[mu] / 2 + 1;
  for (int mu = SQ_DIM - action->dim; mu < SQ_DIM; mu++) m->bound += fabs(scale * action->type->given->hop(action, mu));
  PetscCall(sq_alloc(m->all, &m->hop));
  PetscCall(sq_alloc(m->all, &m->times));
  for (int64_t i = 0; i < m->all; i++) {
    int64_t rest = i;
    m->times[i] = 1;
    for (int mu = SQ_DIM - 1; mu >= SQ_DIM - action->dim; mu--) {
      const int64_t p = rest % m->count[mu];
      rest /= m->count[mu];
      m->hop[i] += scale * action->type->given->hop(action, mu) * cos(2 * PETSC_PI * (double)p / (double)extent[mu]);
      if (p > 0 && 2 * p < extent[mu]) m->times[i] *= 2;
    }
  }
  PetscFunctionReturn(0);
}

static void modes_free(modes *m)
{
  sq_free(&m->hop);
  sq_free(&m->times);
}

/* <phi^2> for A. */
static double square(const modes *m, double A)
{
  double sum = 0;
  for (int64_t i = 0; i < m->all; i++) sum += m->times[i] / (2 * A - 2 * m->hop[i]);
  return sum / m->volume;
}

/* ---- the coefficient ---- */

/* The mean of V''/2 over normal numbers of that variance, by partial integration. */
static double curvature(const sq_action *action, double variance)
{
  enum { POINTS = 241 };
  double phi[POINTS], V[POINTS], sum = 0, norm = 0;
  const double width = sqrt(variance);
  for (int i = 0; i < POINTS; i++) phi[i] = width * (i - POINTS / 2) * 0.08;
  action->type->given->potential(action, POINTS, phi, V);
  for (int i = 0; i < POINTS; i++) {
    const double z = phi[i] / width, weight = exp(-0.5 * z * z);
    sum += weight * V[i] * (z * z - 1);
    norm += weight;
  }
  return sum / norm / (2 * variance);
}

static bool too_low(const sq_action *action, double scale, const modes *m, double A)
{
  if (!action->type->given->potential) return sq_action_orders(action) * square(m, A) > 1;
  return A < scale * curvature(action, square(m, A));
}

static double coefficient_of(const sq_action *action, double scale, const modes *m)
{
  double low = -40, high = 40; /* log((A - bound)/unit) */
  const double unit = m->bound + (action->type->given->potential ? scale * fabs(curvature(action, 1)) + 1e-300 : 1);
  for (int i = 0; i < HALVINGS; i++) {
    const double middle = 0.5 * (low + high);
    if (too_low(action, scale, m, m->bound + unit * exp(middle))) low = middle;
    else high = middle;
  }
  return m->bound + unit * exp(high);
}

/* ---- levels ---- */

/* out[outer][most + 1][inner] = sum_p cos(2 pi p spacing n/extent) in[outer][count][inner]. */
static void transform(int64_t outer, int64_t count, int64_t inner, int most, int64_t spacing, int64_t extent,
                      const double *in, double *out)
{
  memset(out, 0, (size_t)(outer * (most + 1) * inner) * sizeof *out);
  for (int64_t o = 0; o < outer; o++)
    for (int n = 0; n <= most; n++)
      for (int64_t p = 0; p < count; p++) {
        const double wave = cos(2 * PETSC_PI * (double)(p * spacing * n % extent) / (double)extent);
        const double *from = in + (o * count + p) * inner;
        double *to = out + (o * (most + 1) + n) * inner;
        for (int64_t i = 0; i < inner; i++) to[i] += wave * from[i];
      }
}

static PetscErrorCode set_level(const modes *m, const double *spectrum, int index, sq_multi_propagator_level *level)
{
  PetscFunctionBeginUser;
  double *now, *next;
  int64_t inner = 1, size = m->all;
  PetscCall(sq_alloc(size, &now));
  memcpy(now, spectrum, (size_t)size * sizeof *now);
  for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
    const int64_t outer = size / (m->count[mu] * inner);
    size = outer * (level->most[mu] + 1) * inner;
    PetscCall(sq_alloc(size, &next));
    transform(outer, m->count[mu], inner, level->most[mu], (int64_t)1 << index, m->extent[mu], now, next);
    sq_free(&now);
    now = next;
    inner *= level->most[mu] + 1;
  }
  level->value = now;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_multi_propagator_create(const sq_action *action, double scale, const int64_t box[SQ_DIM], int levels,
                                          double reach, sq_multi_propagator **propagator)
{
  PetscFunctionBeginUser;
  const int dim = action->dim;
  int64_t extent[SQ_DIM];
  sq_multi_propagator *p;
  modes m;
  PetscCall(sq_alloc(1, &p));
  for (int mu = 0; mu < SQ_DIM; mu++) extent[mu] = mu < SQ_DIM - dim ? 1 : box[mu] << levels;
  PetscCall(modes_create(action, scale, extent, &m));
  const double A = coefficient_of(action, scale, &m);
  p->levels = levels;
  p->width = sqrt(square(&m, A));
  for (int64_t i = 0; i < m.all; i++) m.times[i] /= (2 * A - 2 * m.hop[i]) * m.volume;
  for (int l = 0; l <= levels; l++) {
    for (int mu = 0; mu < SQ_DIM; mu++) {
      p->level[l].extent[mu] = mu < SQ_DIM - dim ? 1 : extent[mu] >> l;
      const int64_t half = p->level[l].extent[mu] / 2;
      p->level[l].most[mu] = (int)(l < levels ? PetscMin(half, (int64_t)ceil(2 * reach)) : half);
    }
    PetscCall(set_level(&m, m.times, l, &p->level[l]));
  }
  modes_free(&m);
  *propagator = p;
  PetscFunctionReturn(0);
}

void sq_multi_propagator_free(sq_multi_propagator **propagator)
{
  for (int l = 0; *propagator && l <= (*propagator)->levels; l++) sq_free(&(*propagator)->level[l].value);
  sq_free(propagator);
}

/* ---- a site given others ---- */

static int around(int64_t extent, int away)
{
  const int64_t n = abs(away) % extent;
  return (int)PetscMin(n, extent - n);
}

static double between(const sq_multi_propagator_level *level, const int a[SQ_DIM], const int b[SQ_DIM])
{
  int64_t at = 0;
  for (int mu = 0; mu < SQ_DIM; mu++)
    at = at * (level->most[mu] + 1) + PetscMin(around(level->extent[mu], a[mu] - b[mu]), level->most[mu]);
  return level->value[at];
}

static bool same_site(const sq_multi_propagator_level *level, const int a[SQ_DIM], const int b[SQ_DIM])
{
  bool same = true;
  for (int mu = 0; mu < SQ_DIM; mu++) same = same && around(level->extent[mu], a[mu] - b[mu]) == 0;
  return same;
}

static int64_t distance(const sq_multi_propagator_level *level, const int a[SQ_DIM])
{
  int64_t sum = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) sum += around(level->extent[mu], a[mu]) * around(level->extent[mu], a[mu]);
  return sum;
}

/* The nearest sites, each once, and none that is the site itself: chosen[count]. */
static int choose(const sq_multi_propagator_level *level, int n, const int (*away)[SQ_DIM], int chosen[NEAREST])
{
  const int zero[SQ_DIM] = {0};
  int count = 0;
  for (int j = 0; j < n; j++) {
    const int64_t far = distance(level, away[j]);
    bool known = same_site(level, away[j], zero);
    for (int k = 0; k < count && !known; k++) known = same_site(level, away[j], away[chosen[k]]);
    if (known || (count == NEAREST && far >= distance(level, away[chosen[count - 1]]))) continue;
    int at = count < NEAREST ? count++ : NEAREST - 1;
    for (; at > 0 && distance(level, away[chosen[at - 1]]) > far; at--) chosen[at] = chosen[at - 1];
    chosen[at] = j;
  }
  return count;
}

/* Solves C x = b for a positive matrix by Cholesky's decomposition; b becomes L^-1 b, x the solution. */
static void solve(int n, double *C, double *b, double *x)
{
  for (int i = 0; i < n; i++)
    for (int j = 0; j <= i; j++) {
      double sum = C[i * n + j];
      for (int k = 0; k < j; k++) sum -= C[i * n + k] * C[j * n + k];
      C[i * n + j] = i > j ? sum / C[j * n + j] : sqrt(PetscMax(sum, 1e-14 * C[0]));
    }
  for (int i = 0; i < n; i++) {
    for (int k = 0; k < i; k++) b[i] -= C[i * n + k] * b[k];
    b[i] /= C[i * n + i];
  }
  for (int i = n - 1; i >= 0; i--) {
    x[i] = b[i];
    for (int k = i + 1; k < n; k++) x[i] -= C[k * n + i] * x[k];
    x[i] /= C[i * n + i];
  }
}

void sq_multi_propagator_given(const sq_multi_propagator *propagator, int level, int n, const int (*away)[SQ_DIM],
                               double *coefficient, double *width)
{
  const sq_multi_propagator_level *l = &propagator->level[level];
  const int zero[SQ_DIM] = {0};
  int chosen[NEAREST];
  double C[NEAREST * NEAREST], b[NEAREST], x[NEAREST], variance = between(l, zero, zero);
  const int count = choose(l, n, away, chosen);
  const double whole = variance;
  for (int i = 0; i < count; i++) {
    b[i] = between(l, zero, away[chosen[i]]);
    for (int j = 0; j < count; j++) C[i * count + j] = between(l, away[chosen[i]], away[chosen[j]]);
  }
  solve(count, C, b, x);
  memset(coefficient, 0, (size_t)n * sizeof *coefficient);
  for (int i = 0; i < count; i++) {
    coefficient[chosen[i]] = x[i];
    variance -= b[i] * b[i];
  }
  *width = sqrt(PetscMax(variance, 1e-12 * whole));
}
