/* SPDX-License-Identifier: BSD-3-Clause */
/* Fluxes as the network gives them: k and l of every link are outputs, rounded. Nothing keeps k from having a
 * divergence but what the critic says (K. Zhou, G. Endrodi, L.-G. Pang, H. Stocker, Phys. Rev. D 100 (2019) 011501,
 * arXiv:1810.12879). */
#include "src/adversary/integers.h"

static const char *lacks(const sq_action *action)
{
  return action->type->flux ? NULL : "has no fluxes";
}

static sq_output_sizes sizes(const sq_action *action)
{
  return (sq_output_sizes){.outputs = 2 * action->dim, .features = 3 * action->dim, .components = 1};
}

static PetscErrorCode create(const sq_lattice *lattice, const sq_action *action, const sq_output_scales *scales,
                             int batch, void **self)
{
  PetscFunctionBeginUser;
  sq_integers *n;
  PetscCall(sq_integers_create(lattice, action, scales, batch, 2 * action->dim, &n));
  *self = n;
  PetscFunctionReturn(0);
}

static PetscErrorCode make(void *self, int count, double *const out[], double *blocks)
{
  PetscFunctionBeginUser;
  sq_integers_round(self, count, 0, 0, out, blocks);
  PetscFunctionReturn(0);
}

static PetscErrorCode make_back(void *self, int count, const double *cotangent, double *const dout[])
{
  PetscFunctionBeginUser;
  sq_integers_round_back(self, count, 0, 0, cotangent, dout);
  PetscFunctionReturn(0);
}

const sq_output_kind sq_output_fluxes = {.name = "fluxes",
                                         .summary = "fluxes, rounded, which may have a divergence",
                                         .lacks = lacks,
                                         .sizes = sizes,
                                         .measure = sq_integers_measure,
                                         .create = create,
                                         .destroy = sq_integers_destroy,
                                         .make = make,
                                         .make_back = make_back,
                                         .see = sq_integers_see,
                                         .see_back = sq_integers_see_back};
