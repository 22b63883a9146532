/* SPDX-License-Identifier: BSD-3-Clause */
/* U(1) gauge theory in two dimensions (K. G. Wilson, Phys. Rev. D 10 (1974) 2445),
 *   S = -beta sum_x cos P_x,     P_x = theta_0(x) + theta_1(x + 0) - theta_0(x + 1) - theta_1(x),
 * with an angle for the link that leaves a site in each direction, measure d theta/2 pi.
 *
 * Data: fields of two components with a filled rim of one site and its corners; work goes along rows, with the sines of
 * squall/circle.h. Where a direction has one site, a link in it closes on itself: it is in its plaquette twice, with
 * both signs, and drops out. Where it has two, plaquettes are still as many as sites.
 */
#include "squall/circle.h"
#include "types.h"
#include <stdio.h>

enum { CHUNK = 128 }; /* sites of a row at once */

/* A row of plaquettes: the links that leave its sites, and the way to the next site in direction 0. */
typedef struct {
  const double *theta0, *theta1;
  int64_t along;
} links;

static links links_at(const sq_field *phi, int64_t at)
{
  return (links){phi->data + at, phi->data + phi->sites + at, phi->stride[SQ_DIM - 2]};
}

static inline __attribute__((always_inline)) double plaquette(const double *theta0, const double *theta1, int64_t along,
                                                              int64_t i)
{
  return (theta0[i] - theta0[i + 1]) + (theta1[i + along] - theta1[i]);
}

/* density[n] = -beta cos P. */
SQ_VECTORS static void densities(double beta, links l, int64_t n, double *density)
{
  for (int64_t i = 0; i < n; i++) density[i] = -beta * sq_cosine(plaquette(l.theta0, l.theta1, l.along, i));
}

/* pull[n] = weight sin P. */
SQ_VECTORS static void pulls(double weight, links l, int64_t n, double *pull)
{
  for (int64_t i = 0; i < n; i++) pull[i] = weight * sq_sine(plaquette(l.theta0, l.theta1, l.along, i));
}

/* charge[n]: P brought to [-pi, pi), over 2 pi. */
SQ_VECTORS static void charges(links l, int64_t n, double *charge)
{
  for (int64_t i = 0; i < n; i++) charge[i] = SQ_CIRCLE_TURNS * sq_wrap(plaquette(l.theta0, l.theta1, l.along, i));
}

/* What a row of plaquettes adds to a sum. */
static void add_row(const sq_action *action, const sq_field *phi, int64_t at, int64_t length, bool charge, sq_sum *sum)
{
  double term[CHUNK];
  for (int64_t i = 0; i < length; i += CHUNK) {
    const int64_t n = PetscMin(length - i, CHUNK);
    if (charge) charges(links_at(phi, at + i), n, term);
    else densities(action->value[0], links_at(phi, at + i), n, term);
    sq_sum_add_array(sum, n, term);
  }
}

static void energy(const sq_action *action, const sq_field *phi, sq_sum *sum)
{
  const int64_t n = phi->lattice->local[3];
  for (int64_t row = 0; row < phi->lattice->local_volume / n; row++)
    add_row(action, phi, sq_field_row(phi, row), n, false, sum);
}

static void charge(const sq_action *action, const sq_field *phi, sq_sum *sum)
{
  const int64_t n = phi->lattice->local[3];
  for (int64_t row = 0; row < phi->lattice->local_volume / n; row++)
    add_row(action, phi, sq_field_row(phi, row), n, true, sum);
}

/* ---- force ---- */

/* weight times the force on the links of n < CHUNK sites of a row: each is in the plaquette of its site, and in that on
 * its other side. */
static void force_of_row(double weight, const sq_field *phi, int64_t at, int64_t n, double *force0, double *force1)
{
  double here[CHUNK], below[CHUNK];
  pulls(weight, links_at(phi, at - 1), n + 1, here);
  pulls(weight, links_at(phi, at - phi->stride[SQ_DIM - 2]), n, below);
  for (int64_t i = 0; i < n; i++) {
    force0[i] = here[i] - here[i + 1];
    force1[i] = here[i + 1] - below[i];
  }
}

static void force(const sq_action *action, const sq_field *phi, double *out)
{
  const int64_t n = phi->lattice->local[3], sites = phi->lattice->local_volume;
  for (int64_t row = 0; row < sites / n; row++)
    for (int64_t i = 0; i < n; i += CHUNK - 1) {
      double *of_row = out + row * n + i;
      force_of_row(action->value[0], phi, sq_field_row(phi, row) + i, PetscMin(n - i, CHUNK - 1), of_row,
                   of_row + sites);
    }
}

static void sweep_row(double weight, double ratio, const sq_field *now, int64_t at, int64_t n, const sq_field *previous,
                      sq_field *next)
{
  double force[2][CHUNK];
  force_of_row(weight, now, at, n, force[0], force[1]);
  for (int c = 0; c < 2; c++, at += now->sites)
    for (int64_t i = 0; i < n; i++)
      next->data[at + i] = ((1 + ratio) * now->data[at + i] - ratio * previous->data[at + i]) + force[c][i];
}

/* A plane of two dimensions is a row. */
static void sweep(const sq_action *action, const sq_field *now, double ratio, double weight, int64_t first,
                  int64_t count, const sq_field *previous, sq_field *next)
{
  const int64_t n = now->lattice->local[3];
  for (int64_t row = first; row < first + count; row++)
    for (int64_t i = 0; i < n; i += CHUNK - 1)
      sweep_row(weight * action->value[0], ratio, now, sq_field_row(now, row) + i, PetscMin(n - i, CHUNK - 1), previous,
                next);
}

/* ---- instantons: a move from one topological charge to the next ---- */

/* Adds a field of the same plaquette 2 pi/V everywhere, of charge 1, or takes it away: theta_1 grows along direction 0,
 * and what is lacking where the lattice closes is made up by theta_0 there. With F = 2 pi/V:
 *   theta_1(x) = F x_0,     theta_0(x) = -F L_0 x_1 for x_0 = L_0 - 1, else 0.
 */
static void instanton(const sq_action *action, double u, sq_field *phi)
{
  const sq_lattice *lattice = phi->lattice;
  const int first = SQ_DIM - action->dim;
  const double flux = (u < 0.5 ? 2 : -2) * PETSC_PI / (double)lattice->volume;
  const int64_t n = lattice->local[3], last = lattice->extent[first] - 1;
  for (int64_t row = 0; row < lattice->local_volume / n; row++) {
    const int64_t x0 = lattice->start[first] + row, at = sq_field_row(phi, row);
    double *theta0 = phi->data + at, *theta1 = phi->data + phi->sites + at;
    for (int64_t i = 0; i < n; i++) {
      const double x1 = (double)(lattice->start[3] + i);
      theta1[i] = sq_wrap(theta1[i] + flux * (double)x0);
      if (x0 == last) theta0[i] = sq_wrap(theta0[i] - flux * (double)(last + 1) * x1);
    }
  }
}

/* ---- the row ---- */

static bool valid(const sq_action *action, char *reason, size_t size)
{
  snprintf(reason, size,
           "beta = %g on %d dimensions: there must be 2 dimensions, and beta a number, at most 1e9 in size",
           action->value[0], action->dim);
  return action->dim == 2 && fabs(action->value[0]) <= 1e9;
}

static int components(const sq_action *action)
{
  return action->dim;
}

static const sq_param params[] = {{"action", "beta", SQ_PARAM_REAL, NULL, 0, 0, NULL, "",
                                   "u1, S = -beta sum cos P of angles on links, in two dimensions: coupling"},
                                  {0}};

static const char *const columns[] = {
  "Q",          "plaquette",  "energy",     "action_density", "wilson_1x1", "wilson_1x2", "wilson_1x3",
  "wilson_1x4", "wilson_2x1", "wilson_2x2", "wilson_2x3",     "wilson_2x4", "wilson_3x1", "wilson_3x2",
  "wilson_3x3", "wilson_3x4", "wilson_4x1", "wilson_4x2",     "wilson_4x3", "wilson_4x4", NULL};

const sq_action_type sq_action_u1 = {
  .name = "u1",
  .summary = "-beta sum cos P, P the sum of the angles round a plaquette",
  .params = params,
  .space = &sq_space_circle,
  .components = components,
  .columns = columns,
  .symmetric = true,
  .corners = true,
  .valid = valid,
  .energy = energy,
  .order = charge,
  .smooth = &(const sq_action_smooth){.force = force, .sweep = sweep},
  .jump = &(const sq_action_jump){.unit = "instantons", .move = instanton},
};
