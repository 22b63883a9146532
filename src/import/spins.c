/* SPDX-License-Identifier: BSD-3-Clause */
/* Schwinger-Dyson equations of spins s = +-1, each of which sees all others through h_x = sum_mu hop_mu n_mu, n_mu the
 * sum of its two neighbours in direction mu. Given them it has the mean m = tanh(h - (V(1) - V(-1))/2). A coupling that
 * hops and potential are linear in has
 *   T_a = s C_a,    C_a = sum_mu dhop_mu/dg_a n_mu - (dV(1)/dg_a - dV(-1)/dg_a)/2,
 * so t_a = sum_x C_a (m - s), A_ab = sum_x C_a C_b (1 - m^2). Any other function of the neighbours has its equation,
 * too: 1 is sensitive to a magnetic field, the cube of their sum to all else that a spin may depend on. See identity.h.
 */
#include "src/import/identity.h"
#include <math.h>

/* What an action says of a spin: factors of n_mu, and half of V(1) - V(-1). */
typedef struct {
  double hop[SQ_DIM], half;
} spin_law;

static spin_law law_of(const sq_lattice *lattice, const sq_action *action)
{
  static const double spin[2] = {-1, 1};
  const sq_action_given *given = action->type->given;
  spin_law law = {0};
  double V[2] = {0, 0};
  if (given->potential) given->potential(action, 2, spin, V);
  law.half = (V[1] - V[0]) / 2;
  for (int mu = lattice->first_dir; mu < SQ_DIM; mu++) /* a site that is its own neighbour is not in h */
    if (lattice->extent[mu] > 1) law.hop[mu] = given->hop(action, mu);
  return law;
}

/* The derivative with respect to parameter number a, in which it is linear; false: it is not, or does not depend on it.
 */
static bool derivative(const sq_lattice *lattice, const sq_action *action, int a, spin_law *slope)
{
  sq_action other = *action;
  const spin_law zero = law_of(lattice, action);
  other.value[a] += 1;
  const spin_law one = law_of(lattice, &other);
  other.value[a] += 1;
  const spin_law two = law_of(lattice, &other);
  double size = fabs(one.half - zero.half), bend = fabs(two.half - 2 * one.half + zero.half);
  slope->half = one.half - zero.half;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    slope->hop[mu] = one.hop[mu] - zero.hop[mu];
    size += fabs(slope->hop[mu]);
    bend += fabs(two.hop[mu] - 2 * one.hop[mu] + zero.hop[mu]);
  }
  return size > 0 && bend <= 1e-8 * size;
}

static bool suits(const sq_action *action)
{
  return action->type->given && action->type->space == &sq_space_sign && sq_action_components(action) == 1;
}

static PetscErrorCode create(sq_identity *d)
{
  PetscFunctionBeginUser;
  const sq_param *params = d->action.type->params;
  spin_law slope;
  PetscCall(sq_identity_neighbours(d->lattice, &d->next));
  PetscCall(sq_alloc(SQ_DIM * d->lattice->volume, &d->moved));
  for (int i = 0; params[i].key; i++)
    if (params[i].type == SQ_PARAM_REAL && derivative(d->lattice, &d->action, i, &slope))
      d->parameter[d->couplings++] = i;
  d->extras = 2;
  d->extra[0] = "field";
  d->extra[1] = "cube";
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(sq_identity *d)
{
  PetscFunctionBeginUser;
  sq_free(&d->next);
  sq_free(&d->moved);
  PetscFunctionReturn(0);
}

/* near[SQ_DIM][V]: the sum of both neighbours in a direction; unused ones stay 0. */
static void add_neighbours(const sq_identity *d, const double *s, double *near)
{
  const sq_lattice *lattice = d->lattice;
  const int64_t V = lattice->volume;
  for (int mu = lattice->first_dir; mu < SQ_DIM; mu++) {
    const int64_t *next = d->next + (mu - lattice->first_dir) * V;
    double *n = near + mu * V;
    for (int64_t x = 0; x < V; x++) n[x] = 0;
    for (int64_t x = 0; x < V; x++) {
      n[x] += s[next[x]];
      n[next[x]] += s[x];
    }
  }
}

/* sum_mu law.hop_mu n_mu - law.half */
static double of_law(const spin_law *law, const double *near, int64_t V)
{
  double sum = -law->half;
  for (int mu = 0; mu < SQ_DIM; mu++) sum += law->hop[mu] * near[mu * V];
  return sum;
}

static PetscErrorCode measure(sq_identity *d, const double *block, uint64_t print, double *number)
{
  PetscFunctionBeginUser;
  (void)print;
  const int64_t V = d->lattice->volume;
  const spin_law law = law_of(d->lattice, &d->action);
  spin_law all = {.half = 0};
  spin_law slope[SQ_IDENTITY_MOST];
  double C[SQ_IDENTITY_MOST];
  for (int a = 0; a < d->couplings; a++) derivative(d->lattice, &d->action, d->parameter[a], &slope[a]);
  for (int mu = 0; mu < SQ_DIM; mu++) all.hop[mu] = d->lattice->extent[mu] > 1;
  add_neighbours(d, block, d->moved);
  for (int64_t x = 0; x < V; x++) {
    const double *near = d->moved + x, m = tanh(of_law(&law, near, V)), off = m - block[x];
    const double around = of_law(&all, near, V);
    double *A = number + d->couplings;
    for (int a = 0; a < d->couplings; a++) {
      C[a] = of_law(&slope[a], near, V);
      number[a] += C[a] * off;
      for (int b = 0; b <= a; b++) *A++ += C[a] * C[b] * (1 - m * m);
    }
    number[d->numbers - 2] += off;
    number[d->numbers - 1] += around * around * around * off;
  }
  PetscFunctionReturn(0);
}

const sq_identity_kind sq_identity_spins = {.suits = suits, .create = create, .destroy = destroy, .measure = measure};
