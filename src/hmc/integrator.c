/* Integrators as flat schedules of coefficients: momenta, field, momenta, ..., momenta, each in units of the step size. A new
 * one is one record and one line in the table. */
#include "squall/hmc.h"
#include <string.h>

/* Minimises the leading error of a two-force step: Omelyan, Mryglod, Folk, Comput. Phys. Commun. 151 (2003) 272. */
#define OMELYAN_LAMBDA 0.1931833275037836

static const sq_integrator leapfrog = {
  .name        = "leapfrog",
  .summary     = "second order, one force a step",
  .order       = 2,
  .acceptance  = 0.8,
  .count       = 3,
  .coefficient = {0.5, 1, 0.5},
};

static const sq_integrator omelyan = {
  .name        = "omelyan",
  .summary     = "second order with a small error, two forces a step",
  .order       = 2,
  .acceptance  = 0.9,
  .count       = 5,
  .coefficient = {OMELYAN_LAMBDA, 0.5, 1 - 2 * OMELYAN_LAMBDA, 0.5, OMELYAN_LAMBDA},
};

const sq_integrator *const sq_integrators[] = {&omelyan, &leapfrog, NULL};

const sq_integrator *sq_integrator_find(const char *name)
{
  for (int i = 0; sq_integrators[i]; i++)
    if (strcmp(sq_integrators[i]->name, name) == 0) return sq_integrators[i];
  return NULL;
}
