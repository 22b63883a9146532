/* SPDX-License-Identifier: BSD-3-Clause */
/* Theories with hopping and a quartic potential: a site given its neighbours is a number in a well (well.h). */
#include "hopping.h"
#include "well.h"

static double hop_of(const sq_action *action, int mu)
{
  (void)mu;
  return sq_hopping_of(action).hop;
}

static void potential(const sq_action *action, int64_t n, const double *phi, double *V)
{
  const sq_hopping c = sq_hopping_of(action);
  for (int64_t i = 0; i < n; i++) V[i] = phi[i] * phi[i] * (c.quadratic + c.quartic * (phi[i] * phi[i]));
}

static PetscErrorCode prepare(const sq_action *action, int loops, double **table)
{
  const sq_hopping c = sq_hopping_of(action);
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(sizeof(sq_well) / sizeof(double), table));
  sq_well_make(c.quadratic - loops * c.hop, c.quartic, (sq_well *)*table);
  PetscFunctionReturn(0);
}

static void log_z(const sq_action *action, const double *table, int64_t n, const double *h, double *log_z, double *mean)
{
  (void)action;
  sq_well_log((const sq_well *)table, n, h, log_z, mean);
}

static void draw(const sq_action *action, const double *table, int64_t n, const double *h, const sq_stream *stream,
                 uint64_t site, uint64_t step, double *phi)
{
  (void)action;
  sq_well_draw((const sq_well *)table, n, h, stream, site, step, phi);
}

const sq_action_given sq_hopping_given = {
  .hop = hop_of, .potential = potential, .prepare = prepare, .log_z = log_z, .draw = draw};
