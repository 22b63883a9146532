/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of the tables' rows, and rows by name. */
#include "squall/dynamics.h"

const char *sq_integrator_name(int index)
{
  return sq_integrators[index] ? sq_integrators[index]->name : NULL;
}

const sq_integrator *sq_integrator_find(const char *name)
{
  return sq_integrators[sq_find_name(sq_integrator_name, name)];
}

const char *sq_langevin_scheme_name(int index)
{
  return sq_langevin_schemes[index] ? sq_langevin_schemes[index]->name : NULL;
}

const sq_langevin_scheme *sq_langevin_scheme_find(const char *name)
{
  return sq_langevin_schemes[sq_find_name(sq_langevin_scheme_name, name)];
}
