/* SPDX-License-Identifier: BSD-3-Clause */
/* What a deck says about a model of type coupling-flow: its layers and their networks. */
#include "src/model/coupling_flow.h"
#include "src/model/types.h"
#include "squall/nn.h"

const char *const sq_coupling_flow_settings[] = {"layers", "channels", "depth", "cell", NULL};

PetscErrorCode sq_coupling_flow_read(const sq_deck *deck, const sq_action *action, double setting[])
{
  PetscFunctionBeginUser;
  enum { USUAL_LAYERS = 8 };
  const int64_t channels = sq_deck_int(deck, "model", "channels"), layers = sq_deck_int(deck, "model", "layers");
  int64_t extent[SQ_DIM];
  SqCheck(channels % SQ_NN_CHANNEL_STEP == 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.channels: %lld, must be a multiple of %d", sq_deck_where(deck, "model", "channels"),
          (long long)channels, SQ_NN_CHANNEL_STEP);
  sq_train_extents(deck, extent);
  setting[COUPLING_LAYERS] = layers > 0 ? (double)layers : USUAL_LAYERS;
  setting[COUPLING_CHANNELS] = (double)channels;
  setting[COUPLING_DEPTH] = (double)sq_deck_int(deck, "model", "depth");
  setting[COUPLING_CELL] = sq_coupling_cell(action->dim, extent);
  PetscFunctionReturn(0);
}

/* channels, depth and layers are those of other types, too. */
const sq_param sq_coupling_flow_params[] = {
  {"model", "channels", SQ_PARAM_INT, "32", 16, 512, NULL, "",
   "coupling-flow: channels of the networks, a multiple of 16; 16 is enough for most"},
  {"model", "depth", SQ_PARAM_INT, "1", 0, 16, NULL, "",
   "coupling-flow: residual units of a network, of two convolutions each", .later = true},
  {"model", "layers", SQ_PARAM_INT, "auto", 1, SQ_COUPLING_LAYERS, NULL, "",
   "coupling-flow: couplings one after the other, of alternating colours; auto: 8", .later = true},
  {0}};
