/* SPDX-License-Identifier: BSD-3-Clause */
/* What a deck says about a model of type latent: how many decoders and encoders, and their networks. */
#include "src/model/latent.h"

const char *const sq_latent_settings[] = {"channels", "depth", "rounds", NULL};

PetscErrorCode sq_latent_read(const sq_deck *deck, const sq_action *action, double setting[])
{
  PetscFunctionBeginUser;
  const int64_t channels = sq_deck_int(deck, "model", "channels");
  (void)action;
  SqCheck(channels % SQ_NN_CHANNEL_STEP == 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.channels: %lld, must be a multiple of %d", sq_deck_where(deck, "model", "channels"),
          (long long)channels, SQ_NN_CHANNEL_STEP);
  setting[LATENT_CHANNELS] = (double)channels;
  setting[LATENT_DEPTH] = (double)sq_deck_int(deck, "model", "depth");
  setting[LATENT_ROUNDS] = (double)sq_deck_int(deck, "model", "rounds");
  PetscFunctionReturn(0);
}

/* channels and depth are those of other types, too. */
const sq_param sq_latent_params[] = {
  {"model", "channels", SQ_PARAM_INT, "32", 16, 512, NULL, "", "latent: channels of the networks, a multiple of 16"},
  {"model", "depth", SQ_PARAM_INT, "1", 0, 16, NULL, "", "latent: residual units of two layers each", .later = true},
  {"model", "rounds", SQ_PARAM_INT, "2", 1, SQ_LATENT_ROUNDS, NULL, "",
   "latent: decoders, each with an encoder, one after the other", .later = true},
  {0}};
