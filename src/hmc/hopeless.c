/* SPDX-License-Identifier: BSD-3-Clause */
/* What can never become an ensemble is refused while it thermalises, with the key of the deck that is to blame: actions
 * beyond the range of numbers, trajectories that are refused in steps of any size, Langevin steps that run away.
 */
#include "internal.h"
#include <math.h>
#include <string.h>

/* The value of the action that stands out; numbers of things never do. */
static const char *key_to_blame(const sq_action *action)
{
  const sq_param *params = action->type->params;
  int worst = -1;
  for (int i = 0; params[i].key; i++)
    if (params[i].type == SQ_PARAM_REAL && (worst < 0 || fabs(action->value[i]) > fabs(action->value[worst])))
      worst = i;
  return worst < 0 ? "type" : params[worst].key;
}

PetscErrorCode sq_hopeless_start(const sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  const sq_thermalisation *t = hmc->thermal;
  bool lost = false;
  char text[256];
  for (int64_t i = 0; i < hmc->count; i++) lost = lost || !isfinite(hmc->chain[i]->action);
  for (int64_t i = 0; i < t->probes; i++) lost = lost || !isfinite(t->probe[i]->action);
  PetscCall(sq_any_true(hmc->grid->world, lost, &lost));
  sq_action_describe(&hmc->action, text, sizeof text);
  SqCheck(!lost || !hmc->action.type->flux, hmc->grid->world, SQ_ERR_INPUT,
          "%s: the fluxes of the classical field are beyond %d: %s; choose a larger lambda, a larger eta or a mu "
          "nearer to 0",
          hmc->set.section, 2 * SQ_FLUX_MOST, text);
  SqCheck(!lost, hmc->grid->world, SQ_ERR_INPUT,
          "%s: the action of a first field is beyond the range of numbers: %s; give action.%s a smaller value",
          hmc->set.section, text, key_to_blame(&hmc->action));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hopeless_steps(const sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  enum { PATIENCE = 20 }; /* rows */
  const sq_thermalisation *t = hmc->thermal;
  const bool refused = t->since >= PATIENCE && hmc->tuning.acceptance < 0.01;
  char text[256];
  if (!refused || hmc->set.steps || !hmc->set.dynamics->tuned || hmc->tuning.steps < SQ_MOST_STEPS ||
      (!t->settled && hmc->set.length <= 0))
    PetscFunctionReturn(0);
  sq_action_describe(&hmc->action, text, sizeof text);
  SqFail(hmc->grid->world, SQ_ERR_INPUT,
         "%s: trajectories of length %.3g are refused even in %lld steps of %.3g (acceptance %.3g) for %s: give "
         "action.%s a smaller value%s",
         hmc->set.section, hmc->tuning.length, (long long)hmc->tuning.steps, hmc->tuning.eps, hmc->tuning.acceptance,
         text, key_to_blame(&hmc->action),
         strcmp(hmc->set.section, "hmc") ? "; a section hmc has the keys length and steps" :
                                           ", or hmc.length, or hmc.steps");
}

PetscErrorCode sq_hopeless_intervals(const sq_hmc *hmc)
{
  PetscFunctionBeginUser;
  const sq_thermalisation *t = hmc->thermal;
  const sq_history *h = &hmc->warmup;
  const sq_pace pace = sq_hmc_pace(hmc);
  int64_t lost = 0, all = 0;
  if (!t->settled || hmc->set.dynamics->decides(&pace)) PetscFunctionReturn(0);
  for (int64_t c = 0; c < h->chains; c++)
    for (int64_t row = PetscMax(h->rows - t->block, (int64_t)SQ_APPROACH); row < h->rows; row++, all++)
      lost += isnan(sq_history_at(h, c, row)[SQ_HISTORY_DH]);
  SqCheck(!lost, hmc->grid->world, SQ_ERR_INPUT,
          "%s: steps of %g are too long: %lld of the last %lld intervals ran away, when a start is long forgotten; "
          "choose smaller langevin.eps, or langevin.scheme: adjusted",
          hmc->set.section, hmc->tuning.eps, (long long)lost, (long long)all);
  PetscFunctionReturn(0);
}
