/* SPDX-License-Identifier: BSD-3-Clause */
/* A theory of one's own: phi^6 on a lattice,
 *   S = sum_x [ -2 kappa sum_{mu>0} phi_x phi_{x+mu} + phi_x^2 + lambda4 phi_x^4 + lambda6 phi_x^6 ].
 * Compile it into a shared library, and name that in a deck:
 *   cc -O2 -shared -fPIC $(pkg-config --cflags squall) phi6.c -o phi6.so
 *   action: {type: plugin, library: ./phi6.so, kappa: 0.2, lambda4: -0.3, lambda6: 0.1}
 * doc/own-theory.md goes through it.
 */
#include <math.h>
#include <squall/action.h>
#include <stdio.h>

enum { KAPPA, LAMBDA4, LAMBDA6 }; /* the order of the parameters below */

/* A field has a rim of one site around the block, filled by whoever calls. Directions in use are the last `dim` of
 * SQ_DIM; phi->stride[mu] leads from a site to the next one in direction mu. */
static double neighbours_ahead(const sq_action *action, const sq_field *phi, const double *x)
{
  double sum = 0;
  for (int mu = SQ_DIM - action->dim; mu < SQ_DIM; mu++) sum += x[phi->stride[mu]];
  return sum;
}

static double neighbours_behind(const sq_action *action, const sq_field *phi, const double *x)
{
  double sum = 0;
  for (int mu = SQ_DIM - action->dim; mu < SQ_DIM; mu++) sum += x[-phi->stride[mu]];
  return sum;
}

/* The potential of a site, and its slope. */
static double potential(const sq_action *action, double phi, double *slope)
{
  const double lambda4 = action->value[LAMBDA4], lambda6 = action->value[LAMBDA6], square = phi * phi;
  *slope = 2 * phi * (1 + square * (2 * lambda4 + 3 * lambda6 * square));
  return square * (1 + square * (lambda4 + lambda6 * square));
}

/* -dS/dphi at a site. */
static double force_at(const sq_action *action, const sq_field *phi, const double *x)
{
  double slope;
  (void)potential(action, *x, &slope);
  return 2 * action->value[KAPPA] * (neighbours_ahead(action, phi, x) + neighbours_behind(action, phi, x)) - slope;
}

/* ---- what a theory must have ---- */

/* Each site gives a term of its own, so that the sum has the same bits on any number of ranks. */
static void energy(const sq_action *action, const sq_field *phi, sq_sum *sum)
{
  const int64_t n = phi->lattice->local[SQ_DIM - 1]; /* the block is rows of n sites */
  double slope;
  for (int64_t row = 0; row < phi->lattice->local_volume / n; row++)
    for (int64_t i = 0; i < n; i++) {
      const double *x = phi->data + sq_field_row(phi, row) + i;
      sq_sum_add(sum, potential(action, *x, &slope) - 2 * action->value[KAPPA] * *x * neighbours_ahead(action, phi, x));
    }
}

static bool valid(const sq_action *action, char *reason, size_t size)
{
  const double kappa = action->value[KAPPA], lambda4 = action->value[LAMBDA4], lambda6 = action->value[LAMBDA6];
  snprintf(reason, size, "kappa = %g, lambda4 = %g, lambda6 = %g: all must be finite, and lambda6 positive", kappa,
           lambda4, lambda6);
  return isfinite(kappa) && isfinite(lambda4) && isfinite(lambda6) && lambda6 > 0;
}

/* ---- a force: for hybrid Monte Carlo, the Langevin equation, diffusion models ---- */

static void force(const sq_action *action, const sq_field *phi, double *out)
{
  const int64_t n = phi->lattice->local[SQ_DIM - 1];
  for (int64_t row = 0; row < phi->lattice->local_volume / n; row++)
    for (int64_t i = 0; i < n; i++) *out++ = force_at(action, phi, phi->data + sq_field_row(phi, row) + i);
}

/* What molecular dynamics is made of, on some planes of the block: a plane is all sites of one value of the first
 * coordinate; in one dimension there is one. */
static void sweep(const sq_action *action, const sq_field *now, double ratio, double weight, int64_t first,
                  int64_t count, const sq_field *previous, sq_field *next)
{
  int64_t sites;
  const int64_t planes = sq_field_planes(now, &sites), n = now->lattice->local[SQ_DIM - 1];
  const int64_t rows = now->lattice->local_volume / n / planes;
  for (int64_t row = first * rows; row < (first + count) * rows; row++)
    for (int64_t i = 0; i < n; i++) {
      const int64_t at = sq_field_row(now, row) + i;
      next->data[at] = (1 + ratio) * now->data[at] - ratio * previous->data[at] +
                       weight * force_at(action, now, now->data + at);
    }
}

/* ---- two extras: cluster updates of the signs, and the exact transfer matrix in one dimension ---- */

/* By how much S rises when the sign of one end of a link turns. */
static void strength(const sq_action *action, const sq_field *phi, const double *axis, int64_t at, int64_t n,
                     double *strength)
{
  const double *x = phi->data + at;
  (void)axis;
  for (int mu = SQ_DIM - action->dim; mu < SQ_DIM; mu++, strength += n)
    for (int64_t i = 0; i < n; i++) strength[i] = 4 * action->value[KAPPA] * x[i] * x[i + phi->stride[mu]];
}

static double hop(const sq_action *action)
{
  return 2 * action->value[KAPPA];
}

/* ---- the row ---- */

static const sq_param params[] = {
  {.section = "action", .key = "kappa", .type = SQ_PARAM_REAL, .unit = "", .help = "hopping parameter"},
  {.section = "action", .key = "lambda4", .type = SQ_PARAM_REAL, .unit = "", .help = "coupling of phi^4"},
  {.section = "action", .key = "lambda6", .type = SQ_PARAM_REAL, .unit = "", .help = "coupling of phi^6, positive"},
  {0}};

/* What is measured on every configuration; the order parameter comes first. src/obs/table.c of squall lists them. */
static const char *const columns[] = {"M", "phi2", "phi4", "link", "action_density", "schwinger_dyson", "G_pmin", NULL};

SQ_THEORY = {
  .name = "phi6",
  .summary = "-2 kappa sum_mu phi_x phi_{x+mu} + phi^2 + lambda4 phi^4 + lambda6 phi^6",
  .params = params,
  .space = &sq_space_real,
  .columns = columns,
  .symmetric = true,
  .valid = valid,
  .energy = energy,
  .smooth = &(const sq_action_smooth){.force = force, .sweep = sweep},
  .bond = &(const sq_action_bond){.strength = strength},
  .transfer = &(const sq_action_transfer){.hop = hop, .site = potential},
};
