/* SPDX-License-Identifier: BSD-3-Clause */
/* What a deck says about a model of type multilevel: the networks of its steps. */
#include "src/model/tractable_row.h"
#include "src/model/multilevel.h"
#include "squall/model.h"
#include "squall/conditional.h"
#include "squall/nn.h"

const char *const sq_multilevel_settings[] = {"channels", "depth", "reach", "mixtures", NULL};

PetscErrorCode sq_multilevel_read(const sq_deck *deck, const sq_action *action, double setting[])
{
  PetscFunctionBeginUser;
  static const double usual_reach[] = {2, 4.3, 3.2, 2.5};
  const int64_t channels = sq_deck_int(deck, "model", "channels"), mixtures = sq_deck_int(deck, "model", "mixtures");
  const double reach = sq_deck_real(deck, "model", "reach");
  SqCheck(channels % SQ_NN_CHANNEL_STEP == 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.channels: %lld, must be a multiple of %d", sq_deck_where(deck, "model", "channels"),
          (long long)channels, SQ_NN_CHANNEL_STEP);
  const int most = sq_multilevel_mixtures(action);
  SqCheck(mixtures <= most, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.mixtures: %lld, the distribution of a number of the theory %s has at most %d",
          sq_deck_where(deck, "model", "mixtures"), (long long)mixtures, action->type->name, most);
  setting[MULTILEVEL_CHANNELS] = (double)channels;
  setting[MULTILEVEL_DEPTH] = (double)sq_deck_int(deck, "model", "depth");
  setting[MULTILEVEL_REACH] = reach > 0 ? reach : usual_reach[action->dim - 1];
  setting[MULTILEVEL_MIXTURE] = (double)(mixtures > 0 ? mixtures : PetscMin(4, most));
  PetscFunctionReturn(0);
}

const char *sq_model_start(const sq_deck *deck)
{
  const sq_tractable_kind *kind = sq_model_type_of(deck)->tractable;
  return kind && kind->begin ? sq_deck_text(deck, "model", "start") : ""; /* others have no such key */
}

/* channels, depth and mixtures are those of other types, too. */
const sq_param sq_multilevel_params[] = {
  {"model", "channels", SQ_PARAM_INT, "32", 16, 512, NULL, "",
   "multilevel: channels of the networks, a multiple of 16"},
  {"model", "depth", SQ_PARAM_INT, "1", 0, 16, NULL, "", "multilevel: hidden layers of a network after the first",
   .later = true},
  {"model", "reach", SQ_PARAM_REAL, "auto", 1, SQ_MULTILEVEL_REACH, NULL, "sites",
   "multilevel: how far a network sees, in sites of its level; auto: 2, 4.3, 3.2, 2.5 in one to four dimensions",
   .later = true},
  {"model", "mixtures", SQ_PARAM_INT, "auto", 1, SQ_CONDITIONAL_MOST, NULL, "",
   "multilevel: parts of the distribution of a number; auto: 4", .later = true},
  {"model", "start", SQ_PARAM_STRING, "", 0, 0, NULL, "",
   "multilevel: the file of another one, of a smaller lattice say: learning begins with what that has learned, level "
   "by "
   "level from the finest on",
   .path = true, .later = true},
  {0}};
