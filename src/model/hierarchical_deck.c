/* SPDX-License-Identifier: BSD-3-Clause */
/* What a deck says about a model of type hierarchical. */
#include "src/model/hierarchical.h"

const char *const sq_hierarchical_settings[] = {"hidden", "exact", NULL};

PetscErrorCode sq_hierarchical_read(const sq_deck *deck, const sq_action *action, double setting[])
{
  (void)action;
  setting[HIERARCHICAL_HIDDEN] = (double)sq_deck_int(deck, "model", "hidden");
  setting[HIERARCHICAL_EXACT] = (double)sq_deck_int(deck, "model", "exact");
  return 0;
}

const sq_param sq_hierarchical_params[] = {
  {"model", "hidden", SQ_PARAM_INT, "64", 1, 1024, NULL, "",
   "hierarchical: units of each of the two hidden layers of a spin's network", .later = true},
  {"model", "exact", SQ_PARAM_INT, "7", 1, 7, NULL, "sites",
   "hierarchical: side of the largest boxes that are summed over exactly, and need no network: 1, 3 or 7",
   .later = true},
  {0}};
