/* SPDX-License-Identifier: BSD-3-Clause */
/* The section `toy` of a deck. */
#include "squall/toy.h"

const sq_param sq_toy_params[] = {
  {"toy", "levels", SQ_PARAM_INT, "24", 2, 1000, NULL, "",
   "noise levels at which exact and learned drift are compared, in geometric progression over the range of the model"},
  {"toy", "points", SQ_PARAM_INT, "801", 11, 100001, NULL, "", "values of phi at each of them"},
  {"toy", "bins", SQ_PARAM_INT, "48", 4, 1000, NULL, "", "of the histograms that are tested against exp(-S)/Z"},
  {0}};

sq_toy_settings sq_toy_settings_from_deck(const sq_deck *deck)
{
  return (sq_toy_settings){.levels = (int)sq_deck_int(deck, "toy", "levels"),
                           .points = (int)sq_deck_int(deck, "toy", "points"),
                           .bins = (int)sq_deck_int(deck, "toy", "bins")};
}
