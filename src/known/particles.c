/* SPDX-License-Identifier: BSD-3-Clause */
/* particles: the complex scalar at finite density. */
#include "squall/known.h"
#include "squall/exact.h"
#include <math.h>

enum { LONG = 4096, SHOWN = 8 };

static bool is_free(const sq_facts *f)
{
  return sq_facts_value(f, "lambda", 1) == 0;
}

static void add_averages(sq_facts *f, const sq_exact_complex *c)
{
  sq_facts_add(f, "log_Z", c->log_Z);
  sq_facts_add(f, "density", c->density);
  sq_facts_add(f, "phi2", c->phi2);
  sq_facts_add(f, "phi4", c->phi4);
  sq_facts_add(f, "winding", c->density * f->sites / (double)f->extent[0]);
}

/* ---- without interaction ---- */

static PetscErrorCode without(sq_facts *f)
{
  PetscFunctionBeginUser;
  sq_exact_complex c;
  double eta = sq_facts_value(f, "eta", 0);
  PetscCall(sq_exact_complex_free(f->dim, f->extent, eta, sq_facts_value(f, "mu", 0), &c));
  add_averages(f, &c);
  sq_facts_add(f, "gap", acosh(0.5 * eta - f->dim + 1));
  PetscFunctionReturn(0);
}

const sq_oracle sq_complex_free_oracle = {.how = "the sum over modes",
                                          .gives = "log_Z, density, phi2, phi4, winding, gap",
                                          .where = "lambda = 0, any lattice",
                                          .theories = SQ_THEORIES("complex"),
                                          .applies = is_free,
                                          .add = without};

/* ---- boxes ---- */

static bool box_applies(const sq_facts *f)
{
  double slice = f->sites / (double)f->extent[0];
  return slice <= 2 && !is_free(f);
}

/* The distribution of the particle number K: e^{mu K L_0} Z_K/Z. */
static void add_windings(sq_facts *f, const sq_exact_complex *c)
{
  const double mu = sq_facts_value(f, "mu", 0), length = (double)f->extent[0], slice = f->sites / length;
  double mean = c->density * slice, square = 0;
  char name[40];
  for (int K = 1 - c->sectors; K < c->sectors; K++) {
    double weight = exp(mu * K * length + c->log_sector[abs(K)] - c->log_Z);
    square += weight * K * K;
    snprintf(name, sizeof name, "P_winding_%d", K);
    if (fabs(K - mean) <= SHOWN && weight > 1e-12) sq_facts_add(f, name, weight);
  }
  sq_facts_add(f, "number_susceptibility", f->sites * (square - mean * mean) / (slice * slice));
}

static PetscErrorCode box(sq_facts *f)
{
  PetscFunctionBeginUser;
  sq_exact_complex c, cold;
  int64_t extent[SQ_DIM];
  double eta = sq_facts_value(f, "eta", 0), lambda = sq_facts_value(f, "lambda", 0);
  PetscCall(sq_exact_complex_box(f->dim, f->extent, eta, lambda, sq_facts_value(f, "mu", 0), &c));
  add_averages(f, &c);
  for (int mu = 0; mu < f->dim; mu++) extent[mu] = mu ? f->extent[mu] : LONG;
  PetscCall(sq_exact_complex_box(f->dim, extent, eta, lambda, 0, &cold));
  sq_facts_add(f, "gap", (cold.log_sector[0] - cold.log_sector[1]) / LONG);
  add_windings(f, &c);
  PetscFunctionReturn(0);
}

const sq_oracle sq_complex_box_oracle = {.how = "the transfer matrix of radii and angular momenta",
                                         .gives = "log_Z, density, phi2, phi4, winding, its distribution, "
                                                  "number_susceptibility, gap",
                                         .where = "time slices of one or two sites, any time",
                                         .theories = SQ_THEORIES("complex"),
                                         .applies = box_applies,
                                         .add = box};
