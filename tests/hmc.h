/* SPDX-License-Identifier: BSD-3-Clause */
/* Many chains for the tests of the module hmc: their settings, and what they stand on. */
#ifndef SQUALL_TESTS_HMC_H
#define SQUALL_TESTS_HMC_H

#include "../src/hmc/internal.h"
#include "tap.h"
#include <string.h>

typedef struct {
  sq_grid *grid;
  sq_lattice *lattice;
  sq_hmc *hmc;
} setup;

static sq_hmc_settings settings(int chains)
{
  return (sq_hmc_settings){.section = "hmc",
                           .configurations = 64,
                           .test = 16,
                           .chains = chains,
                           .integrator = sq_integrators[0],
                           .vary_length = true,
                           .flip = true,
                           .dynamics = &sq_dynamics_trajectory};
}

static setup make(MPI_Comm world, int replicas, int dim, const int64_t *extent, double kappa, double lambda,
                  const sq_hmc_settings *set)
{
  setup s;
  sq_action action;
  const double value[] = {kappa, lambda};
  TAP_CALL(sq_grid_create(world, replicas, &s.grid));
  TAP_CALL(sq_lattice_create(s.grid->domain, dim, extent, NULL, &s.lattice));
  TAP_CALL(sq_action_make("phi4", dim, value, &action));
  TAP_CALL(sq_hmc_create(s.grid, s.lattice, &action, set, 21, &s.hmc));
  return s;
}

static void clear(setup *s)
{
  TAP_CALL(sq_hmc_destroy(&s->hmc));
  TAP_CALL(sq_lattice_destroy(&s->lattice));
  TAP_CALL(sq_grid_destroy(&s->grid));
}

#endif
