/* SPDX-License-Identifier: BSD-3-Clause */
/* Angles coupled to their neighbours, the XY model:
 *   S = -beta sum_x sum_{mu>0} cos(theta_x - theta_{x+mu}),     measure d theta/2 pi.
 *
 * Data: fields with a filled rim of one site. Work goes along rows; sines and cosines are plain arithmetic
 * (squall/circle.h), so that loops vectorise, and the order of operations at a site is fixed: the result never depends
 * on how the lattice is cut. A link of a site with itself, where a direction has one site, is the constant -beta; where
 * it has two, a pair has two links.
 */
#include "squall/circle.h"
#include "types.h"
#include <stdio.h>

enum { CHUNK = 128 }; /* sites of a row at once */

#define XY_INLINE static inline __attribute__((always_inline))

/* Row r of a field begins at sq_field_row; the directions of the action are the last ones. */
static int first_of(const sq_action *action)
{
  return SQ_DIM - action->dim;
}

/* ---- energy ---- */

SQ_VECTORS static void densities(const sq_action *action, const int64_t *stride, const double *x, int64_t n,
                                 double *density)
{
  for (int64_t i = 0; i < n; i++) density[i] = 0;
  for (int mu = first_of(action); mu < SQ_DIM; mu++)
    for (int64_t i = 0; i < n; i++) density[i] += sq_cosine(x[i + stride[mu]] - x[i]);
  for (int64_t i = 0; i < n; i++) density[i] *= -action->value[0];
}

static void energy(const sq_action *action, const sq_field *phi, sq_sum *sum)
{
  const int64_t length = phi->lattice->local[3];
  double density[CHUNK];
  for (int64_t row = 0; row < phi->lattice->local_volume / length; row++)
    for (int64_t i = 0; i < length; i += CHUNK) {
      const int64_t n = PetscMin(length - i, CHUNK);
      densities(action, phi->stride, phi->data + sq_field_row(phi, row) + i, n, density);
      sq_sum_add_array(sum, n, density);
    }
}

/* ---- force ---- */

/* sum_mu sin(theta_{x+mu} - theta_x) + sin(theta_{x-mu} - theta_x) */
XY_INLINE double pull_at(const int dim, const int64_t *stride, const double *x)
{
  double pull = sq_sine(x[1] - x[0]) + sq_sine(x[-1] - x[0]);
  if (dim > 1) pull += sq_sine(x[stride[2]] - x[0]) + sq_sine(x[-stride[2]] - x[0]);
  if (dim > 2) pull += sq_sine(x[stride[1]] - x[0]) + sq_sine(x[-stride[1]] - x[0]);
  if (dim > 3) pull += sq_sine(x[stride[0]] - x[0]) + sq_sine(x[-stride[0]] - x[0]);
  return pull;
}

XY_INLINE void force_of_row(const int dim, double beta, const int64_t *stride, const double *x, int64_t n,
                            double *restrict force)
{
  const int64_t s[SQ_DIM] = {stride[0], stride[1], stride[2], stride[3]};
  for (int64_t i = 0; i < n; i++) force[i] = beta * pull_at(dim, s, x + i);
}

SQ_VECTORS static void force_row(int dim, double beta, const int64_t *stride, const double *x, int64_t n, double *force)
{
  switch (dim) {
  case 1: force_of_row(1, beta, stride, x, n, force); break;
  case 2: force_of_row(2, beta, stride, x, n, force); break;
  case 3: force_of_row(3, beta, stride, x, n, force); break;
  default: force_of_row(4, beta, stride, x, n, force);
  }
}

static void force(const sq_action *action, const sq_field *phi, double *force)
{
  const int64_t n = phi->lattice->local[3];
  for (int64_t row = 0; row < phi->lattice->local_volume / n; row++)
    force_row(action->dim, action->value[0], phi->stride, phi->data + sq_field_row(phi, row), n, force + row * n);
}

XY_INLINE void sweep_of_row(const int dim, double weight, double ratio, const int64_t *stride, const double *x,
                            int64_t n, const double *previous, double *next)
{
  const int64_t s[SQ_DIM] = {stride[0], stride[1], stride[2], stride[3]};
  SQ_INDEPENDENT
  for (int64_t i = 0; i < n; i++)
    next[i] = ((1 + ratio) * x[i] - ratio * previous[i]) + weight * pull_at(dim, s, x + i);
}

SQ_VECTORS static void sweep_row(int dim, double weight, double ratio, const int64_t *stride, const double *x,
                                 int64_t n, const double *previous, double *next)
{
  switch (dim) {
  case 1: sweep_of_row(1, weight, ratio, stride, x, n, previous, next); break;
  case 2: sweep_of_row(2, weight, ratio, stride, x, n, previous, next); break;
  case 3: sweep_of_row(3, weight, ratio, stride, x, n, previous, next); break;
  default: sweep_of_row(4, weight, ratio, stride, x, n, previous, next);
  }
}

static void sweep(const sq_action *action, const sq_field *now, double ratio, double weight, int64_t first,
                  int64_t count, const sq_field *previous, sq_field *next)
{
  int64_t plane;
  const int64_t n = now->lattice->local[3],
                rows = now->lattice->local_volume / n / sq_field_planes(now, &plane); /* of a plane */
  for (int64_t row = first * rows; row < (first + count) * rows; row++) {
    const int64_t at = sq_field_row(now, row);
    sweep_row(action->dim, weight * action->value[0], ratio, now->stride, now->data + at, n, previous->data + at,
              next->data + at);
  }
}

/* ---- clusters: reflections across a line (U. Wolff, Phys. Rev. Lett. 62 (1989) 361) ---- */

/* Across the line at right angles to the axis, cos(theta - axis) changes its sign. */
static double angle_of(const double *axis)
{
  return sq_arc(axis[1], axis[0]);
}

SQ_VECTORS static void strengths(double beta, double angle, int64_t shift, const double *x, int64_t n, double *strength)
{
  for (int64_t i = 0; i < n; i++) strength[i] = 2 * beta * (sq_cosine(x[i] - angle) * sq_cosine(x[i + shift] - angle));
}

static void strength_of_links(const sq_action *action, const sq_field *phi, const double *axis, int64_t at, int64_t n,
                              double *strength)
{
  for (int mu = first_of(action); mu < SQ_DIM; mu++, strength += n)
    strengths(action->value[0], angle_of(axis), phi->stride[mu], phi->data + at, n, strength);
}

SQ_VECTORS static void reflect_row(double mirror, int64_t n, const bool *turn, double *x)
{
  for (int64_t i = 0; i < n; i++) x[i] = turn[i] ? sq_wrap(mirror - x[i]) : x[i];
}

static void reflect(const sq_action *action, sq_field *phi, const double *axis, int64_t at, int64_t n, const bool *turn)
{
  (void)action;
  reflect_row(PETSC_PI + 2 * angle_of(axis), n, turn, phi->data + at);
}

/* ---- local updates: what one angle sees of the others ---- */

/* across[n], along[n]: the field beta sum e^{i theta'} of the neighbours of n sites of a row. A site is no neighbour of
 * its own. */
XY_INLINE void add_pair(int64_t n, const double *x, int64_t s, double *restrict across, double *restrict along)
{
  for (int64_t i = 0; i < n; i++) {
    across[i] += sq_sine(x[i + s]) + sq_sine(x[i - s]);
    along[i] += sq_cosine(x[i + s]) + sq_cosine(x[i - s]);
  }
}

SQ_VECTORS static void neighbours(const sq_action *action, const sq_field *phi, const double *x, int64_t n,
                                  double *restrict across, double *restrict along)
{
  const double beta = action->value[0];
  for (int64_t i = 0; i < n; i++) across[i] = along[i] = 0;
  for (int mu = first_of(action); mu < SQ_DIM; mu++)
    if (phi->lattice->extent[mu] > 1) add_pair(n, x, phi->stride[mu], across, along);
  for (int64_t i = 0; i < n; i++) {
    across[i] *= beta;
    along[i] *= beta;
  }
}

/* The heat bath: density exp(|h| cos(theta - arg h)). */
static void draw(const sq_action *action, sq_field *phi, int64_t at, int64_t n, const bool *now, sq_stream stream,
                 uint64_t site, uint64_t step)
{
  double across[CHUNK], along[CHUNK];
  for (int64_t first = 0; first < n; first += CHUNK) {
    const int64_t count = PetscMin(n - first, CHUNK);
    double *x = phi->data + at + first;
    neighbours(action, phi, x, count, across, along);
    for (int64_t i = 0; i < count; i++)
      if (now[first + i])
        x[i] = sq_wrap(sq_arc(across[i], along[i]) + sq_von_mises(sqrt(across[i] * across[i] + along[i] * along[i]),
                                                                  stream, site + (uint64_t)(first + i), step));
  }
}

/* moved[n]: x reflected about the field. */
SQ_VECTORS static void reflect_about(int64_t n, const double *across, const double *along, const double *x,
                                     double *restrict moved)
{
  for (int64_t i = 0; i < n; i++) moved[i] = sq_wrap(2 * sq_arc(across[i], along[i]) - x[i]);
}

/* To the other side of the field of the neighbours. */
static void relax(const sq_action *action, sq_field *phi, int64_t at, int64_t n, const bool *now)
{
  double across[CHUNK], along[CHUNK], moved[CHUNK];
  for (int64_t first = 0; first < n; first += CHUNK) {
    const int64_t count = PetscMin(n - first, CHUNK);
    double *x = phi->data + at + first;
    neighbours(action, phi, x, count, across, along);
    reflect_about(count, across, along, x, moved);
    for (int64_t i = 0; i < count; i++)
      if (now[first + i]) x[i] = moved[i];
  }
}

/* ---- one angle given its neighbours: density exp(|h| cos(theta - arg h))/I_0(|h|) ---- */

static double hop(const sq_action *action, int mu)
{
  (void)mu;
  return action->value[0];
}

SQ_VECTORS static void sizes(int64_t n, int64_t pitch, const double *h, double *restrict size)
{
  for (int64_t i = 0; i < n; i++) size[i] = sqrt(h[i] * h[i] + h[pitch + i] * h[pitch + i]);
}

/* mean: the ratio of Bessel functions along h, which is none where h is. */
SQ_VECTORS static void means(int64_t n, int64_t pitch, const double *h, const double *size, const double *ratio,
                             double *restrict mean)
{
  for (int64_t i = 0; i < n; i++) {
    const double share = ratio[i] / (size[i] > 0 ? size[i] : 1);
    mean[i] = share * h[i];
    mean[pitch + i] = share * h[pitch + i];
  }
}

static void log_z(const sq_action *action, const double *table, int64_t n, const double *h, double *log_z, double *mean)
{
  double size[CHUNK], ratio[CHUNK];
  (void)action, (void)table;
  for (int64_t first = 0; first < n; first += CHUNK) {
    const int64_t count = PetscMin(n - first, CHUNK);
    sizes(count, n, h + first, size);
    sq_circle_bessel(count, size, log_z + first, ratio);
    for (int64_t i = 0; i < count; i++) log_z[first + i] += size[i];
    if (mean) means(count, n, h + first, size, ratio, mean + first);
  }
}

static void draw_given(const sq_action *action, const double *table, int64_t n, const double *h,
                       const sq_stream *stream, uint64_t site, uint64_t step, double *phi)
{
  (void)action, (void)table;
  for (int64_t i = 0; i < n; i++)
    phi[i] = sq_wrap(sq_arc(h[n + i], h[i]) +
                     sq_von_mises(sqrt(h[i] * h[i] + h[n + i] * h[n + i]), stream[i], site, step));
}

static bool valid(const sq_action *action, char *reason, size_t size)
{
  snprintf(reason, size, "beta = %g: must be a number, and at most 1e9 in size", action->value[0]);
  return fabs(action->value[0]) <= 1e9;
}

static const sq_param params[] = {{"action", "beta", SQ_PARAM_REAL, NULL, 0, 0, NULL, "",
                                   "xy, S = -beta sum cos(theta - theta') of angles: coupling; negative: neighbours "
                                   "are opposite"},
                                  {0}};

static const char *const columns[] = {"M",          "abs_M",      "action_density", "energy",   "G_pmin", "helicity_0",
                                      "helicity_1", "helicity_2", "helicity_3",     "vortices", NULL};

const sq_action_type sq_action_xy = {
  .name = "xy",
  .summary = "-beta sum_mu cos(theta_x - theta_{x+mu})",
  .params = params,
  .space = &sq_space_circle,
  .columns = columns,
  .symmetric = true,
  .valid = valid,
  .energy = energy,
  .smooth = &(const sq_action_smooth){.force = force, .sweep = sweep},
  .bond = &(const sq_action_bond){.strength = strength_of_links, .reflect = reflect},
  .local = &(const sq_action_local){.draw = draw, .relax = relax},
  .given = &(const sq_action_given){.hop = hop, .log_z = log_z, .draw = draw_given},
  .algorithm = "local", /* with over-relaxation and clusters: measured (src/mc/settings.c) */
};
