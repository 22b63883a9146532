/* SPDX-License-Identifier: BSD-3-Clause */
/* What a deck says about a model of type heights. */
#include "src/model/heights.h"
#include "src/model/types.h"
#include <string.h>

const char *const sq_heights_settings[] = {"hidden", "radius", "middle", "windings", "beginning", NULL};

sq_heights_shape sq_heights_of(const sq_action *action, const int64_t extent[SQ_DIM])
{
  sq_heights_shape own = {.dim = action->dim, .extent = {extent[SQ_DIM - 1], 1}};
  if (action->dim >= 2) memcpy(own.extent, extent + SQ_DIM - 2, sizeof own.extent);
  if (action->type->flux) own.coupling = action->type->flux->coupling(action);
  return own;
}

PetscErrorCode sq_heights_read(const sq_deck *deck, const sq_action *action, double setting[])
{
  PetscFunctionBeginUser;
  int64_t extent[SQ_DIM], middle = 0, windings = sq_deck_int(deck, "model", "windings");
  const int64_t hidden = sq_deck_int(deck, "model", "hidden");
  const bool automatic = windings < 0;
  sq_train_extents(deck, extent);
  const sq_heights_shape shape = sq_heights_of(action, extent);
  SqCheck(hidden % SQ_HEIGHTS_STEP == 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.hidden: %lld, must be a multiple of %d for the type heights",
          sq_deck_where(deck, "model", "hidden"), (long long)hidden, SQ_HEIGHTS_STEP);
  int64_t likely = 0;
  sq_heights_windings(&shape, &middle, &likely);
  setting[HEIGHTS_HIDDEN] = (double)hidden;
  setting[HEIGHTS_RADIUS] = (double)sq_deck_int(deck, "model", "radius");
  setting[HEIGHTS_MIDDLE] = (double)middle;
  setting[HEIGHTS_WINDINGS] = (double)(automatic ? likely : windings);
  setting[HEIGHTS_BEGINNING] = SQ_HEIGHTS_BEGINNING;
  PetscFunctionReturn(0);
}

const sq_param sq_heights_params[] = {
  {"model", "hidden", SQ_PARAM_INT, "64", 1, 1024, NULL, "",
   "heights: units of each of the two hidden layers of the network, a multiple of 16", .later = true},
  {"model", "radius", SQ_PARAM_INT, "2", 1, 64, NULL, "sites",
   "heights: the network sees the open links of so many columns on either side", .later = true},
  {"model", "windings", SQ_PARAM_INT, "auto", 1, SQ_HEIGHTS_WINDINGS - 1, NULL, "",
   "heights: numbers of particles above and below the likely one that the table has; beyond it probabilities fall by e "
   "from one to the next",
   .later = true},
  {0}};
