/* SPDX-License-Identifier: BSD-3-Clause */
/* particle: the potential of a one-dimensional lattice action, and the energies of a path. Serial. */
#include "squall/quantum.h"
#include <math.h>

static const double depth = 40; /* beyond, all elements of the transfer matrix are below e^{-depth} = 4e-18 */

bool sq_action_is_particle(const sq_action *action)
{
  return action->dim == 1 && action->type->transfer && action->type->transfer->hop(action) > 0;
}

/* V and V' with `bottom` as it is now. */
double sq_particle_potential(const sq_particle *p, double x, double *slope)
{
  double root = sqrt(p->hop), V = p->action.type->transfer->site(&p->action, x / root, slope) - x * x;
  *slope = *slope / root - 2 * x;
  return V - p->bottom;
}

static double potential(const sq_particle *p, double x)
{
  double slope;
  return sq_particle_potential(p, x, &slope);
}

/* The place of the lowest of equidistant values on [-reach, reach]. */
static double lowest_sample(const sq_particle *p, double reach)
{
  enum { SAMPLES = 2048 };
  double at = -reach, least = INFINITY;
  for (int i = 0; i <= SAMPLES; i++) {
    double x = reach * (2.0 * i / SAMPLES - 1), V = potential(p, x);
    if (V < least) {
      least = V;
      at = x;
    }
  }
  return at;
}

/* V is lowest near x, within a distance of width: where the slope changes sign. */
static double lowest_value(const sq_particle *p, double x, double width)
{
  double low = x - width, high = x + width, slope;
  for (int i = 0; i < 100; i++) {
    double middle = 0.5 * (low + high);
    (void)sq_particle_potential(p, middle, &slope);
    if (slope > 0) high = middle;
    else low = middle;
  }
  return potential(p, 0.5 * (low + high));
}

static double lower_end(const sq_particle *p, double reach)
{
  return fmin(potential(p, reach), potential(p, -reach));
}

PetscErrorCode sq_particle_make(const sq_action *action, sq_particle *p)
{
  PetscFunctionBeginUser;
  SqCheck(action->dim == 1, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "only a lattice of one dimension is a quantum mechanics; this one has %d", action->dim);
  SqCheck(sq_action_is_particle(action), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "the action %s, with its parameters, is not that of a particle: neighbours must be coupled by -hop phi phi' "
          "with hop > 0",
          action->type->name);
  *p = (sq_particle){.action = *action, .hop = action->type->transfer->hop(action), .mass = 1};
  double spacing;
  if (action->type->transfer->units) action->type->transfer->units(action, &spacing, &p->mass);
  double reach = 0.5, bottom = 0, at;
  do {
    reach *= 2;
    at = lowest_sample(p, reach);
    bottom = potential(p, at);
  } while (!(lower_end(p, reach) > bottom + depth) && reach < 1e9);
  SqCheck(reach < 1e9, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "the potential of the action %s does not rise: there are no states to find", action->type->name);
  p->bottom = lowest_value(p, at, reach / 1024);
  double low = fabs(at);
  for (int i = 0; i < 60; i++) {
    double middle = 0.5 * (low + reach);
    if (lower_end(p, middle) > depth) reach = middle;
    else low = middle;
  }
  p->reach = reach;
  PetscFunctionReturn(0);
}

void sq_particle_energies(const sq_particle *p, int64_t n, const double *phi, double *thermal, double *ground)
{
  double root = sqrt(p->hop), virial = 0, square = 0;
  for (int64_t i = 0; i < n; i++) {
    double x = root * phi[i], slope, V = sq_particle_potential(p, x, &slope);
    virial += V + 0.5 * x * slope;
    square += slope * slope;
  }
  *thermal = virial / (double)n;
  *ground = *thermal + square / (12 * (double)n);
}
