/* SPDX-License-Identifier: BSD-3-Clause */
/* angles: the XY model, and U(1) gauge theory in two dimensions. */
#include "squall/known.h"
#include "squall/exact.h"

static void add_thermal(sq_facts *f, const sq_exact_thermal *t)
{
  sq_facts_add(f, "log_Z", t->log_Z);
  sq_facts_add(f, "energy", t->energy);
  sq_facts_add(f, "specific_heat", t->specific_heat);
  sq_facts_add(f, "entropy", t->entropy);
  sq_facts_add(f, "action_density", sq_facts_value(f, "beta", 0) * t->energy);
}

/* ---- XY ---- */

enum { WIDEST = 5 };

/* beta < 0 is beta > 0 with every other angle turned, where that closes. */
static bool sign_fits(const sq_facts *f)
{
  bool even = sq_facts_wide(f) > 0;
  for (int mu = 0; mu < f->dim; mu++) even = even && (f->extent[mu] == 1 || f->extent[mu] % 2 == 0);
  return even || sq_facts_value(f, "beta", 0) > 0;
}

static bool xy_applies(const sq_facts *f)
{
  int longest;
  return sq_facts_wide(f) <= 2 && sq_facts_slice(f, &longest) <= WIDEST && sq_facts_value(f, "beta", 0) != 0 &&
         sign_fits(f);
}

static PetscErrorCode xy(sq_facts *f)
{
  PetscFunctionBeginUser;
  sq_exact_angles a;
  double mean = 0;
  char name[32];
  PetscCall(sq_exact_xy(f->dim, f->extent, sq_facts_value(f, "beta", 0), &a));
  add_thermal(f, &a.thermal);
  for (int mu = 0; mu < f->dim; mu++) mean += a.helicity[mu] / f->dim;
  sq_facts_add(f, "M", 0);
  sq_facts_add(f, "helicity", mean);
  for (int mu = 0; mu < f->dim; mu++) {
    snprintf(name, sizeof name, "helicity_%d", mu);
    sq_facts_add(f, name, a.helicity[mu]);
  }
  PetscFunctionReturn(0);
}

const sq_oracle sq_xy_oracle = {.how = "the transfer matrix of integer currents",
                                .gives = "log_Z, energy, specific_heat, entropy, helicity",
                                .where = "beta > 0 or even extents, one long direction and at most one more, of up to "
                                         "4 sites (5 at "
                                         "small beta)",
                                .theories = SQ_THEORIES("xy"),
                                .applies = xy_applies,
                                .add = xy};

/* ---- U(1) ---- */

enum { LOOPS = 4 };

static bool u1_applies(const sq_facts *f)
{
  return f->dim == 2;
}

static PetscErrorCode u1(sq_facts *f)
{
  PetscFunctionBeginUser;
  sq_exact_gauge g;
  double loop, beta = sq_facts_value(f, "beta", 0);
  char name[32];
  PetscCall(sq_exact_u1(f->extent, beta, &g));
  add_thermal(f, &g.thermal);
  sq_facts_add(f, "plaquette", g.plaquette);
  sq_facts_add(f, "Q", 0);
  sq_facts_add(f, "Q2", g.Q2);
  sq_facts_add(f, "chi_top", g.Q2 / f->sites);
  for (int64_t R = 1; R <= LOOPS && R <= f->extent[1]; R++)
    for (int64_t T = 1; T <= LOOPS && T <= f->extent[0]; T++) {
      PetscCall(sq_exact_u1_wilson(f->extent, beta, R * T, &loop));
      snprintf(name, sizeof name, "wilson_%dx%d", (int)R, (int)T);
      sq_facts_add(f, name, loop);
    }
  PetscFunctionReturn(0);
}

const sq_oracle sq_u1_oracle = {.how = "sums of Bessel functions",
                                .gives = "log_Z, energy, specific_heat, plaquette, Q2, wilson_RxT",
                                .where = "two dimensions, any size",
                                .theories = SQ_THEORIES("u1"),
                                .applies = u1_applies,
                                .add = u1};
