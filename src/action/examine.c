/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a theory keeps its promises, on a small lattice of one rank: what a row from outside must pass before it
 * makes an ensemble. */
#include "squall/action.h"
#include <math.h>
#include <string.h>

enum { MOST_SITES = 4 * 3 * 3 * 2, NUMBERS = MOST_SITES * SQ_COMPONENTS };

/* Fields on the small lattice, as bare numbers[components][sites]. */
typedef struct {
  const sq_action *action;
  sq_lattice *lattice;
  sq_field *phi, *next;
  sq_halo *halo;
  int64_t sites, numbers;
  double block[NUMBERS], force[NUMBERS], other[NUMBERS];
} bench;

static PetscErrorCode bench_create(const sq_action *action, bench **made)
{
  PetscFunctionBeginUser;
  static const int64_t extent[] = {4, 3, 3, 2};
  bench *b;
  PetscCall(sq_alloc(1, &b));
  b->action = action;
  PetscCall(sq_lattice_create(PETSC_COMM_SELF, action->dim, extent, NULL, &b->lattice));
  PetscCall(sq_field_create_components(b->lattice, 1, sq_action_components(action), &b->phi));
  PetscCall(sq_field_create_components(b->lattice, 1, sq_action_components(action), &b->next));
  PetscCall(sq_halo_create_field(b->phi, SQ_HALO_FULL, &b->halo));
  b->sites = b->lattice->volume;
  b->numbers = b->sites * sq_action_components(action);
  sq_block_random(b->lattice, sq_action_components(action), action->type->space->random,
                  sq_stream_make(1, SQ_RNG_TEST, 0), 0, 0, b->block);
  *made = b;
  PetscFunctionReturn(0);
}

static PetscErrorCode bench_destroy(bench **b)
{
  PetscFunctionBeginUser;
  PetscCall(sq_halo_destroy(&(*b)->halo));
  PetscCall(sq_field_destroy(&(*b)->next));
  PetscCall(sq_field_destroy(&(*b)->phi));
  PetscCall(sq_lattice_destroy(&(*b)->lattice));
  sq_free(b);
  PetscFunctionReturn(0);
}

static PetscErrorCode fill(bench *b, const double *block)
{
  PetscFunctionBeginUser;
  sq_field_from_block(b->phi, block);
  PetscCall(sq_halo_exchange(b->halo, b->phi->data));
  PetscFunctionReturn(0);
}

static PetscErrorCode energy_of(bench *b, const double *block, double *energy)
{
  PetscFunctionBeginUser;
  sq_sum sum = {{0}};
  PetscCall(fill(b, block));
  b->action->type->energy(b->action, b->phi, &sum);
  *energy = sq_sum_value(&sum);
  PetscFunctionReturn(0);
}

/* ---- the promises ---- */

static PetscErrorCode keeps_finite(bench *b, char *broken, size_t size)
{
  PetscFunctionBeginUser;
  double energy;
  PetscCall(energy_of(b, b->block, &energy));
  if (!isfinite(energy)) snprintf(broken, size, "the energy of a random field is %g", energy);
  PetscFunctionReturn(0);
}

/* The five-point formula for every number. */
static PetscErrorCode keeps_derivative(bench *b, char *broken, size_t size)
{
  PetscFunctionBeginUser;
  const double h = 1.0 / 256;
  if (!b->action->type->smooth) PetscFunctionReturn(0);
  PetscCall(fill(b, b->block));
  b->action->type->smooth->force(b->action, b->phi, b->force);
  memcpy(b->other, b->block, sizeof b->other);
  for (int64_t i = 0; i < b->numbers && !broken[0]; i++) {
    double S[5], slope;
    for (int k = 0; k < 5; k++) {
      b->other[i] = b->block[i] + (k - 2) * h;
      PetscCall(energy_of(b, b->other, &S[k]));
    }
    b->other[i] = b->block[i];
    slope = (8 * (S[3] - S[1]) - (S[4] - S[0])) / (12 * h);
    if (!(fabs(b->force[i] + slope) < 1e-6 * (1 + fabs(slope) + fabs(S[2]))))
      snprintf(broken, size, "the force on component %d of site %d is %.9g, minus the derivative of the energy %.9g",
               (int)(i / b->sites), (int)(i % b->sites), b->force[i], -slope);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode keeps_sweep(bench *b, char *broken, size_t size)
{
  PetscFunctionBeginUser;
  const double ratio = 0.7, weight = 0.03;
  int64_t plane;
  if (!b->action->type->smooth) PetscFunctionReturn(0);
  PetscCall(fill(b, b->block));
  b->action->type->smooth->force(b->action, b->phi, b->force);
  for (int64_t i = 0; i < b->numbers; i++) b->other[i] = sin((double)i);
  sq_field_from_block(b->next, b->other);
  b->action->type->smooth->sweep(b->action, b->phi, ratio, weight, 0, sq_field_planes(b->phi, &plane), b->next,
                                 b->next);
  sq_field_to_block(b->next, b->other);
  for (int64_t i = 0; i < b->numbers && !broken[0]; i++) {
    const double expected = (1 + ratio) * b->block[i] - ratio * sin((double)i) + weight * b->force[i];
    if (!(fabs(b->other[i] - expected) < 1e-10 * (1 + fabs(expected))))
      snprintf(broken, size, "the sweep takes component %d of site %d to %.9g, with its force to %.9g",
               (int)(i / b->sites), (int)(i % b->sites), b->other[i], expected);
  }
  PetscFunctionReturn(0);
}

/* The site one step further in a direction. */
static int64_t neighbour(const sq_lattice *lattice, int64_t site, int mu)
{
  int64_t below = 1;
  for (int nu = SQ_DIM - 1; nu > mu; nu--) below *= lattice->extent[nu];
  const int64_t x = site / below % lattice->extent[mu];
  return site + ((x + 1) % lattice->extent[mu] - x) * below;
}

/* To rounding: whoever cannot add up alike everywhere would still be right. */
static bool alike(double a, double b)
{
  return fabs(a - b) < 1e-9 * (1 + fabs(a) + fabs(b));
}

static PetscErrorCode keeps_translations(bench *b, char *broken, size_t size)
{
  PetscFunctionBeginUser;
  double before, after;
  PetscCall(energy_of(b, b->block, &before));
  for (int mu = b->lattice->first_dir; mu < SQ_DIM && !broken[0]; mu++) {
    for (int64_t i = 0; i < b->numbers; i++)
      b->other[i - i % b->sites + neighbour(b->lattice, i % b->sites, mu)] = b->block[i];
    PetscCall(energy_of(b, b->other, &after));
    if (!alike(before, after))
      snprintf(broken, size, "the energy is %.12g, and %.12g after a step in direction %d", before, after,
               mu - b->lattice->first_dir);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode keeps_symmetry(bench *b, char *broken, size_t size)
{
  PetscFunctionBeginUser;
  double before, after;
  PetscCall(energy_of(b, b->block, &before));
  for (double u = 0.125; u < 1 && !broken[0]; u += 0.25) {
    const sq_symmetry move = sq_action_symmetry(b->action, u);
    for (int64_t i = 0; i < b->numbers; i++) b->other[i] = move.factor * b->block[i] + move.shift;
    PetscCall(energy_of(b, b->other, &after));
    if (!alike(before, after))
      snprintf(broken, size, "it says that it is symmetric; its energy is %.12g, and %.12g after a symmetry move",
               before, after);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_action_examine(const sq_action *action)
{
  static PetscErrorCode (*const promise[])(bench *, char *, size_t) = {keeps_finite, keeps_derivative, keeps_sweep,
                                                                       keeps_translations, keeps_symmetry};
  PetscFunctionBeginUser;
  bench *b;
  char broken[200] = "", text[160];
  PetscCall(bench_create(action, &b));
  for (size_t i = 0; i < sizeof promise / sizeof *promise && !broken[0]; i++)
    PetscCall(promise[i](b, broken, sizeof broken));
  PetscCall(bench_destroy(&b));
  sq_action_describe(action, text, sizeof text);
  SqCheck(!broken[0], SQ_EVERY_RANK, SQ_ERR_INPUT, "the theory %s cannot be used: %s", text, broken);
  PetscFunctionReturn(0);
}
