/* SPDX-License-Identifier: BSD-3-Clause */
/* Schwinger-Dyson equations of a theory with a force. See identity.h.
 *
 * The divergence of a force is taken by differences, of all sites of one colour and component at once: they do not meet
 * in nearest-neighbour theories on even extents, and elsewhere their signs are random, so that what they add to each
 * other is 0 on average.
 */
#include "src/import/identity.h"
#include <math.h>

static const double epsilon = 1e-4;

/* ---- the object ---- */

static PetscErrorCode forces(sq_identity *d, const double *block, int set)
{
  PetscFunctionBeginUser;
  sq_field_from_block(d->phi, block);
  PetscCall(sq_halo_exchange(d->halo, d->phi->data));
  d->action.type->smooth->force(&d->action, d->phi, d->force[set][0]);
  for (int a = 0; a < d->couplings; a++) {
    sq_action other = d->action;
    other.value[d->parameter[a]] += 1;
    other.type->smooth->force(&other, d->phi, d->force[set][1 + a]);
  }
  PetscFunctionReturn(0);
}

static int64_t numbers_of(const sq_identity *d)
{
  return d->phi->components * d->phi->lattice->local_volume;
}

/* Whether the force is linear in a parameter: at three values of it. */
static bool is_linear(sq_identity *d, int parameter)
{
  const int64_t n = numbers_of(d);
  double *out[3] = {d->force[0][0], d->force[0][1], d->force[1][0]}, size = 0, bend = 0;
  for (int i = 0; i < 3; i++) {
    sq_action other = d->action;
    other.value[parameter] += i;
    other.type->smooth->force(&other, d->phi, out[i]);
  }
  for (int64_t k = 0; k < n; k++) {
    size = fmax(size, fabs(out[1][k] - out[0][k]));
    bend = fmax(bend, fabs(out[2][k] - 2 * out[1][k] + out[0][k]));
  }
  return size > 0 && bend <= 1e-8 * size;
}

/* Looked at on a field of any numbers. */
static PetscErrorCode find_couplings(sq_identity *d)
{
  PetscFunctionBeginUser;
  const sq_param *params = d->action.type->params;
  for (int64_t k = 0; k < numbers_of(d); k++) d->moved[k] = (double)(sq_site_hash(k, 1) % 2000) / 1000 - 1;
  sq_field_from_block(d->phi, d->moved);
  PetscCall(sq_halo_exchange(d->halo, d->phi->data));
  for (int i = 0; params[i].key; i++)
    if (params[i].type == SQ_PARAM_REAL && is_linear(d, i)) d->parameter[d->couplings++] = i;
  PetscFunctionReturn(0);
}

static bool suits(const sq_action *action)
{
  return action->type->smooth;
}

static PetscErrorCode create(sq_identity *d)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = d->lattice;
  const sq_action *action = &d->action;
  PetscCall(sq_field_create_components(lattice, 1, sq_action_components(action), &d->phi));
  PetscCall(sq_halo_create_field(d->phi, sq_action_reach(action), &d->halo));
  for (int set = 0; set < 2; set++)
    for (int a = 0; a <= SQ_IDENTITY_MOST; a++) PetscCall(sq_alloc(numbers_of(d), &d->force[set][a]));
  PetscCall(sq_alloc(numbers_of(d), &d->moved));
  PetscCall(sq_alloc(numbers_of(d), &d->sign));
  PetscCall(find_couplings(d));
  d->extras = !isnan(action->type->space->identity);
  d->extra[0] = "scale";
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(sq_identity *d)
{
  PetscFunctionBeginUser;
  for (int set = 0; set < 2; set++)
    for (int a = 0; a <= SQ_IDENTITY_MOST; a++) sq_free(&d->force[set][a]);
  sq_free(&d->moved);
  sq_free(&d->sign);
  PetscCall(sq_halo_destroy(&d->halo));
  PetscCall(sq_field_destroy(&d->phi));
  PetscFunctionReturn(0);
}

/* ---- one field ---- */

/* Signs of the numbers of one component and one colour, 0 for all others. */
static void choose(sq_identity *d, int component, int colour, uint64_t print)
{
  const sq_lattice *lattice = d->phi->lattice;
  for (int64_t k = 0; k < numbers_of(d); k++) {
    int64_t rest = k % lattice->local_volume, parity = 0;
    for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
      parity += rest % lattice->local[mu];
      rest /= lattice->local[mu];
    }
    const bool chosen = k / lattice->local_volume == component && parity % 2 == colour;
    const uint64_t hash = sq_site_hash(k, (double)(print >> 12));
    d->sign[k] = chosen ? (hash >> 40 & 1 ? 1 : -1) : 0;
  }
}

/* Adds the divergence of every F_a over the chosen numbers. */
static PetscErrorCode add_divergence(sq_identity *d, const double *block, double *t)
{
  PetscFunctionBeginUser;
  const int64_t n = numbers_of(d);
  for (int side = 0; side < 2; side++) {
    for (int64_t k = 0; k < n; k++) d->moved[k] = block[k] + (side ? epsilon : -epsilon) * d->sign[k];
    PetscCall(forces(d, d->moved, 1));
    for (int a = 0; a < d->couplings; a++) {
      double sum = 0;
      for (int64_t k = 0; k < n; k++) sum += d->sign[k] * (d->force[1][1 + a][k] - d->force[1][0][k]);
      t[a] += (side ? sum : -sum) / (2 * epsilon);
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode measure(sq_identity *d, const double *block, uint64_t print, double *number)
{
  PetscFunctionBeginUser;
  const int64_t n = numbers_of(d);
  double *A = number + d->couplings;
  for (int component = 0; component < d->phi->components; component++)
    for (int colour = 0; colour < 2; colour++) {
      choose(d, component, colour, print);
      PetscCall(add_divergence(d, block, number));
    }
  PetscCall(forces(d, block, 0));
  for (int64_t k = 0; d->extras && k < n; k++) number[d->numbers - 1] += 1 + block[k] * d->force[0][0][k];
  for (int a = 0; a < d->couplings; a++) {
    double *Fa = d->force[0][1 + a];
    for (int64_t k = 0; k < n; k++) {
      Fa[k] -= d->force[0][0][k];
      number[a] += Fa[k] * d->force[0][0][k];
    }
    for (int b = 0; b <= a; b++, A++)
      for (int64_t k = 0; k < n; k++) *A += Fa[k] * d->force[0][1 + b][k];
  }
  PetscFunctionReturn(0);
}

const sq_identity_kind sq_identity_forces = {
  .suits = suits, .create = create, .destroy = destroy, .measure = measure, .linear = true};
