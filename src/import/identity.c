/* SPDX-License-Identifier: BSD-3-Clause */
/* Schwinger-Dyson equations: the kind that an action has, and what the kinds share. See the header. */
#include "src/import/identity.h"

PetscErrorCode sq_identity_create(const sq_lattice *lattice, const sq_action *action, sq_identity *d)
{
  PetscFunctionBeginUser;
  *d = (sq_identity){.lattice = lattice, .action = *action};
  for (int k = 0; sq_identity_kinds[k] && !d->kind; k++)
    if (sq_identity_kinds[k]->suits(action)) d->kind = sq_identity_kinds[k];
  if (!d->kind) PetscFunctionReturn(0);
  PetscCall(d->kind->create(d));
  d->numbers = d->couplings + d->couplings * (d->couplings + 1) / 2 + d->extras;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_identity_destroy(sq_identity *d)
{
  PetscFunctionBeginUser;
  if (d->kind) PetscCall(d->kind->destroy(d));
  d->kind = NULL;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_identity_measure(sq_identity *d, const double *block, uint64_t print, double *number)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < d->numbers; i++) number[i] = 0;
  PetscCall(d->kind->measure(d, block, print, number));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_identity_neighbours(const sq_lattice *lattice, int64_t **next)
{
  PetscFunctionBeginUser;
  const int64_t V = lattice->volume;
  PetscCall(sq_alloc(lattice->dim * V, next));
  int64_t stride = 1;
  for (int mu = SQ_DIM - 1; mu >= lattice->first_dir; mu--) {
    const int64_t L = lattice->extent[mu];
    int64_t *to = *next + (mu - lattice->first_dir) * V;
    for (int64_t x = 0; x < V; x++) to[x] = x / stride % L == L - 1 ? x - (L - 1) * stride : x + stride;
    stride *= L;
  }
  PetscFunctionReturn(0);
}
