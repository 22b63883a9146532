/* SPDX-License-Identifier: BSD-3-Clause */
/* spins: the Ising model. */
#include "squall/known.h"
#include "squall/exact.h"

enum { MOST_SPINS = 24, MOST_SLICE = 9 };

static void couplings(const sq_facts *f, double *coupling)
{
  for (int mu = 0; mu < f->dim; mu++) coupling[mu] = mu ? 1 : sq_facts_value(f, "ratio", 1);
}

static void add_thermal(sq_facts *f, const sq_exact_thermal *t)
{
  sq_facts_add(f, "log_Z", t->log_Z);
  sq_facts_add(f, "energy", t->energy);
  sq_facts_add(f, "specific_heat", t->specific_heat);
  sq_facts_add(f, "entropy", t->entropy);
  sq_facts_add(f, "action_density", sq_facts_value(f, "beta", 0) * t->energy);
}

/* ---- tori of two dimensions; directions of one site add links of a spin to itself ---- */

static bool torus_applies(const sq_facts *f)
{
  return sq_facts_wide(f) <= 2;
}

static PetscErrorCode torus(sq_facts *f)
{
  PetscFunctionBeginUser;
  double all[SQ_DIM], coupling[2] = {0, 0}, alone = 0, beta = sq_facts_value(f, "beta", 0);
  int64_t extent[2] = {1, 1};
  couplings(f, all);
  for (int mu = 0, wide = 0; mu < f->dim; mu++) {
    if (f->extent[mu] == 1) {
      alone += all[mu];
      continue;
    }
    extent[wide] = f->extent[mu];
    coupling[wide++] = all[mu];
  }
  sq_exact_thermal t = sq_exact_ising_torus(extent, beta, coupling, NULL);
  t.log_Z += beta * alone * f->sites;
  t.energy -= alone;
  add_thermal(f, &t);
  PetscFunctionReturn(0);
}

const sq_oracle sq_ising_torus_oracle = {.how = "B. Kaufman's formula",
                                         .gives = "log_Z, energy, specific_heat, entropy",
                                         .where = "lattices of two dimensions, any size (not where frustration of odd "
                                                  "extents leaves nothing of Z to rounding)",
                                         .theories = SQ_THEORIES("ising"),
                                         .applies = torus_applies,
                                         .add = torus};

/* ---- boxes ---- */

static bool box_applies(const sq_facts *f)
{
  return f->sites <= MOST_SPINS;
}

static PetscErrorCode box(sq_facts *f)
{
  PetscFunctionBeginUser;
  double coupling[SQ_DIM];
  sq_exact_thermal t;
  sq_exact_moments m;
  couplings(f, coupling);
  PetscCall(sq_exact_ising_box(f->dim, f->extent, sq_facts_value(f, "beta", 0), coupling, NULL, &t, &m));
  add_thermal(f, &t);
  sq_facts_add_order(f, m.abs_M, m.M2, m.M4);
  PetscFunctionReturn(0);
}

const sq_oracle sq_ising_box_oracle = {.how = "all states",
                                       .gives = "log_Z, energy, specific_heat, entropy, M, abs_M, M2, M4, chi2, "
                                                "chi_abs, U_L",
                                       .where = "boxes of at most 24 spins",
                                       .theories = SQ_THEORIES("ising"),
                                       .applies = box_applies,
                                       .add = box};

/* ---- slices of a few spins, along the longest direction ---- */

static bool strip_applies(const sq_facts *f)
{
  int longest;
  return sq_facts_slice(f, &longest) <= MOST_SLICE && !box_applies(f);
}

static PetscErrorCode strip(sq_facts *f)
{
  PetscFunctionBeginUser;
  double coupling[SQ_DIM], first;
  int64_t extent[SQ_DIM];
  int longest;
  sq_exact_thermal t;
  sq_exact_moments m;
  (void)sq_facts_slice(f, &longest);
  couplings(f, coupling);
  for (int mu = 0; mu < f->dim; mu++) extent[mu] = f->extent[mu];
  extent[longest] = f->extent[0];
  extent[0] = f->extent[longest];
  first = coupling[0];
  coupling[0] = coupling[longest];
  coupling[longest] = first;
  PetscCall(sq_exact_ising_strip(f->dim, extent, sq_facts_value(f, "beta", 0), coupling, NULL, &t, &m));
  add_thermal(f, &t);
  sq_facts_add_order(f, m.abs_M, m.M2, m.M4);
  PetscFunctionReturn(0);
}

const sq_oracle sq_ising_strip_oracle = {.how = "the transfer matrix of slices",
                                         .gives = "log_Z, energy, specific_heat, entropy, M, M2, chi2",
                                         .where = "slices of at most 9 spins, any length",
                                         .theories = SQ_THEORIES("ising"),
                                         .applies = strip_applies,
                                         .add = strip};
