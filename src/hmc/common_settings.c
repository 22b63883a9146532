/* SPDX-License-Identifier: BSD-3-Clause */
/* What the sections hmc, mc and langevin of a deck have in common. */
#include "squall/hmc.h"
#include <string.h>

static sq_start start_of(const char *text)
{
  if (strcmp(text, "hot") == 0) return SQ_START_HOT;
  return strcmp(text, "ordered") == 0 ? SQ_START_ORDERED : SQ_START_AUTO;
}

PetscErrorCode sq_hmc_common_settings(const sq_deck *deck, const char *section, sq_hmc_settings *set)
{
  PetscFunctionBeginUser;
  *set = (sq_hmc_settings){
    .section = section,
    .configurations = sq_deck_int(deck, section, "configurations"),
    .test = sq_deck_int(deck, section, "test"),
    .chains = (int)sq_deck_int(deck, section, "chains"),
    .integrator = sq_integrators[0],
    .start = start_of(sq_deck_text(deck, section, "start")),
    .flip = sq_deck_bool(deck, section, "flip"),
    .acceleration = SQ_ACCELERATION_NONE,
  };
  SqCheck(set->chains <= set->configurations, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: %s.chains = %d is more than %s.configurations = %lld; use fewer chains",
          sq_deck_where(deck, section, "chains"), section, set->chains, section, (long long)set->configurations);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_hmc_note(sq_deck *deck, const char *section, const char *key, bool automatic, double value)
{
  PetscFunctionBeginUser;
  char text[32];
  if (!automatic) PetscFunctionReturn(0);
  snprintf(text, sizeof text, "%.10g", value);
  PetscCall(sq_deck_note(deck, section, key, text));
  PetscFunctionReturn(0);
}
