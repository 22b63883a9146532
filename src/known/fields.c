/* SPDX-License-Identifier: BSD-3-Clause */
/* fields: phi^4 theories of one component and of several. */
#include "squall/known.h"
#include "squall/exact.h"
#include "squall/obs.h"
#include "squall/quantum.h"
#include <math.h>

/* S = sum_x [quadratic phi^2 + quartic phi^4 - hop sum_mu phi_x phi_{x+mu} + constant] of so many components. */
typedef struct {
  int components;
  double quadratic, quartic, hop, constant;
} coefficients;

/* From the names of the couplings; those of one component tell their potential, a polynomial of two terms. */
static coefficients coefficients_of(const sq_facts *f)
{
  const sq_action_transfer *t = f->action.type->transfer;
  if (t) {
    double slope, none = t->site(&f->action, 0, &slope), one = t->site(&f->action, 1, &slope) - none,
                  two = t->site(&f->action, 2, &slope) - none;
    return (coefficients){1, (16 * one - two) / 12, (two - 4 * one) / 12, t->hop(&f->action), none};
  }
  double lambda = sq_facts_value(f, "lambda", 0);
  return (coefficients){sq_action_components(&f->action), 1 - 2 * lambda, lambda, 2 * sq_facts_value(f, "kappa", 0), 0};
}

/* phi^2, phi^4 and what they give: x dS/dx is 1 for every number on average. */
static void add_moments(sq_facts *f, const coefficients *c, double phi2, double phi4)
{
  sq_facts_add(f, "phi2", phi2);
  sq_facts_add(f, "phi4", phi4);
  sq_facts_add(f, "action_density", 0.5 * c->components - c->quartic * phi4 + c->constant);
  if (c->hop != 0) {
    double links = (c->quadratic * phi2 + 2 * c->quartic * phi4 - 0.5 * c->components) / c->hop;
    sq_facts_add(f, "link", links);
  }
  sq_facts_add(f, "schwinger_dyson", c->components);
}

/* ---- one dimension as quantum mechanics ---- */

/* Of theories that count kinks, their mean. */
static PetscErrorCode add_kinks(sq_facts *f)
{
  PetscFunctionBeginUser;
  const int64_t most = 4096, sites = f->extent[0];
  double *probability, mean = 0;
  if (sq_obs_column(f->action.type, "kinks") < 0 || sites > most) PetscFunctionReturn(0);
  const int terms = (int)(sites / 2 + 1);
  PetscCall(sq_alloc(terms, &probability));
  PetscCall(sq_transfer_kinks(&f->action, sq_obs_kink_zone(&f->action), sites, terms, probability));
  for (int k = 0; k < terms; k++) mean += 2 * k * probability[k];
  sq_facts_add(f, "kinks", mean);
  sq_free(&probability);
  PetscFunctionReturn(0);
}

static bool transfer_applies(const sq_facts *f)
{
  return f->dim == 1 && sq_action_is_particle(&f->action);
}

static PetscErrorCode transfer(sq_facts *f)
{
  PetscFunctionBeginUser;
  const int64_t L = f->extent[0];
  sq_transfer *t;
  sq_transfer_average mean;
  void (*units)(const sq_action *, double *, double *) = f->action.type->transfer->units;
  double *C, G_0 = 0, G_pmin = 0, spacing = 1, mass;
  PetscCall(sq_transfer_try(&f->action, &t));
  if (!t) PetscFunctionReturn(0); /* too narrow a potential for its grid */
  PetscCall(sq_alloc(L + 1, &C));
  PetscCall(sq_transfer_averages(t, L, &mean));
  PetscCall(sq_transfer_correlator(t, L, C));
  for (int64_t n = 0; n < L; n++) {
    G_0 += C[n];
    G_pmin += C[n] * cos(2 * PETSC_PI * (double)n / (double)L);
  }
  sq_facts_add(f, "log_Z", sq_transfer_log_Z(t, L));
  sq_facts_add(f, "phi2", mean.phi2);
  sq_facts_add(f, "phi4", mean.phi4);
  sq_facts_add_order(f, NAN, G_0 / (double)L, NAN);
  sq_facts_add_propagator(f, G_0, G_pmin);
  if (units) units(&f->action, &spacing, &mass);
  sq_facts_add(f, "gap", (sq_transfer_energy(t, 1) - t->ground) / spacing);
  PetscCall(add_kinks(f));
  sq_free(&C);
  PetscCall(sq_transfer_destroy(&t));
  PetscFunctionReturn(0);
}

const sq_oracle sq_transfer_oracle = {.how = "the transfer matrix of one dimension (squall transfer-matrix)",
                                      .gives = "log_Z, phi2, phi4, M, M2, chi2, G_pmin, xi, gap, kinks",
                                      .where = "one dimension, hopping > 0",
                                      .applies = transfer_applies,
                                      .add = transfer};

/* ---- without interaction ---- */

static bool free_applies(const sq_facts *f)
{
  return coefficients_of(f).quartic == 0;
}

static PetscErrorCode without(sq_facts *f)
{
  PetscFunctionBeginUser;
  const coefficients c = coefficients_of(f);
  const double N = c.components, turn = cos(2 * PETSC_PI / (double)f->extent[0]);
  sq_exact_field field;
  PetscCall(sq_exact_field_free(c.components, f->dim, f->extent, c.quadratic, c.hop, &field));
  double G_0 = 0.5 * N / (c.quadratic - c.hop * f->dim), M2 = G_0 / f->sites;
  sq_facts_add(f, "log_Z", field.log_Z - f->sites * c.constant);
  add_moments(f, &c, field.phi2, field.phi4);
  sq_facts_add_order(f, sqrt(2 * M2 / N) * exp(lgamma(0.5 * (N + 1)) - lgamma(0.5 * N)), M2, (N + 2) / N * M2 * M2);
  sq_facts_add_propagator(f, G_0, 0.5 * N / (c.quadratic - c.hop * (f->dim - 1 + turn)));
  PetscFunctionReturn(0);
}

const sq_oracle sq_field_free_oracle = {.how = "the sum over modes",
                                        .gives = "everything that is measured",
                                        .where = "lambda = 0, any lattice",
                                        .theories = SQ_THEORIES("phi4", "quartic", "on", "particle"),
                                        .applies = free_applies,
                                        .add = without};

/* ---- boxes ---- */

static bool box_applies(const sq_facts *f)
{
  const coefficients c = coefficients_of(f);
  int longest;
  double slice = sq_facts_slice(f, &longest);
  return !free_applies(f) && (slice == 1 || (slice == 2 && c.components <= 2 && c.hop >= 0));
}

static PetscErrorCode box(sq_facts *f)
{
  PetscFunctionBeginUser;
  const coefficients c = coefficients_of(f);
  sq_exact_field field;
  PetscCall(sq_exact_field_box(c.components, f->dim, f->extent, c.quadratic, c.quartic, c.hop, &field));
  sq_facts_add(f, "log_Z", field.log_Z - f->sites * c.constant);
  add_moments(f, &c, field.phi2, field.phi4);
  PetscFunctionReturn(0);
}

const sq_oracle sq_field_box_oracle = {.how = "the transfer matrix of radii and angular momenta",
                                       .gives = "log_Z, phi2, phi4, link, action_density",
                                       .where = "one long direction and, for one or two components and kappa >= 0, at "
                                                "most one more, of two sites",
                                       .theories = SQ_THEORIES("phi4", "quartic", "on", "particle"),
                                       .applies = box_applies,
                                       .add = box};
