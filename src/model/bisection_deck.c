/* SPDX-License-Identifier: BSD-3-Clause */
/* What a deck says about a model of type bisection: its networks and mixtures. The keys are those of other types, too.
 */
#include "src/model/bisection.h"
#include "squall/conditional.h"
#include "squall/nn.h"

const char *const sq_bisection_settings[] = {"channels", "depth", "mixtures", NULL};

PetscErrorCode sq_bisection_read(const sq_deck *deck, const sq_action *action, double setting[])
{
  PetscFunctionBeginUser;
  const int64_t channels = sq_deck_int(deck, "model", "channels"), depth = sq_deck_int(deck, "model", "depth"),
                mixtures = sq_deck_int(deck, "model", "mixtures");
  (void)action;
  SqCheck(channels % SQ_NN_CHANNEL_STEP == 0 && channels <= SQ_BISECTION_CHANNELS, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.channels: %lld, must be a multiple of %d, of bisection %d at most",
          sq_deck_where(deck, "model", "channels"), (long long)channels, SQ_NN_CHANNEL_STEP, SQ_BISECTION_CHANNELS);
  SqCheck(depth <= SQ_BISECTION_DEPTH, SQ_EVERY_RANK, SQ_ERR_INPUT, "%s: model.depth: %lld, of bisection %d at most",
          sq_deck_where(deck, "model", "depth"), (long long)depth, SQ_BISECTION_DEPTH);
  SqCheck(mixtures <= SQ_BISECTION_MIXTURE, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.mixtures: %lld, of bisection %d at most", sq_deck_where(deck, "model", "mixtures"),
          (long long)mixtures, SQ_BISECTION_MIXTURE);
  setting[BISECTION_CHANNELS] = (double)channels;
  setting[BISECTION_DEPTH] = (double)depth;
  setting[BISECTION_MIXTURE] = (double)(mixtures > 0 ? mixtures : 4);
  PetscFunctionReturn(0);
}

const sq_param sq_bisection_params[] = {
  {"model", "channels", SQ_PARAM_INT, "32", 16, 512, NULL, "",
   "bisection: width of the networks, a multiple of 16, 128 at most"},
  {"model", "depth", SQ_PARAM_INT, "1", 0, 16, NULL, "",
   "bisection: hidden layers of a network after the first, 4 at most", .later = true},
  {"model", "mixtures", SQ_PARAM_INT, "auto", 1, SQ_CONDITIONAL_MOST, NULL, "",
   "bisection: parts of the distribution of a midpoint, beside their mirror images, 8 at most; auto: 4", .later = true},
  {0}};
