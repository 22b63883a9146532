/* SPDX-License-Identifier: BSD-3-Clause */
/* What a deck says about a model of type fourier-flow: its couplings, their networks, the zero mode. */
#include "src/model/fourier_flow.h"
#include "squall/nn.h"

const char *const sq_fourier_flow_settings[] = {"layers", "channels", "depth", "dilation",
                                                "modes",  "peaks",    "kinks", NULL};

static double or_zero(const sq_deck *deck, const char *key)
{
  const int64_t value = sq_deck_int(deck, "model", key);
  return value > 0 ? (double)value : 0;
}

PetscErrorCode sq_fourier_flow_read(const sq_deck *deck, const sq_action *action, double setting[])
{
  PetscFunctionBeginUser;
  enum { USUAL_LAYERS = 8 };
  const int64_t channels = sq_deck_int(deck, "model", "channels");
  (void)action;
  SqCheck(channels % SQ_NN_CHANNEL_STEP == 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.channels: %lld, must be a multiple of %d", sq_deck_where(deck, "model", "channels"),
          (long long)channels, SQ_NN_CHANNEL_STEP);
  setting[FOURIER_LAYERS] = sq_deck_int(deck, "model", "layers") > 0 ? or_zero(deck, "layers") : USUAL_LAYERS;
  setting[FOURIER_CHANNELS] = (double)channels;
  setting[FOURIER_DEPTH] = (double)sq_deck_int(deck, "model", "depth");
  setting[FOURIER_SPACING] = or_zero(deck, "dilation");
  setting[FOURIER_MODES] = or_zero(deck, "modes");
  setting[FOURIER_PEAKS] = or_zero(deck, "peaks");
  setting[FOURIER_KINKS] = sq_deck_bool(deck, "model", "kinks");
  PetscFunctionReturn(0);
}

/* channels and depth are those of other types, too. */
const sq_param sq_fourier_flow_params[] = {
  {"model", "channels", SQ_PARAM_INT, "32", 16, 512, NULL, "",
   "fourier-flow: channels of the networks, a multiple of 16"},
  {"model", "depth", SQ_PARAM_INT, "1", 0, 16, NULL, "", "fourier-flow: layers of a network after the first",
   .later = true},
  {"model", "layers", SQ_PARAM_INT, "auto", 1, SQ_FOURIER_LAYERS, NULL, "", "fourier-flow: couplings; auto: 8",
   .later = true},
  {"model", "dilation", SQ_PARAM_INT, "auto", 1, SQ_FOURIER_SPACING, NULL, "sites",
   "fourier-flow: between the 9 taps of a convolution; auto: they reach over 1.5 correlation lengths", .later = true},
  {"model", "modes", SQ_PARAM_INT, "auto", 1, SQ_FOURIER_MODES, NULL, "",
   "fourier-flow: couplings mix the modes n = 0 .. modes - 1, those above are shifted alone; auto: those whose "
   "variance "
   "is more than a thirtieth of that of the zero mode",
   .later = true},
  {"model", "peaks", SQ_PARAM_INT, "auto", 1, SQ_FOURIER_PEAKS, NULL, "",
   "fourier-flow: parts of the zero mode's distribution, a mixture that is symmetric under the sign; auto: 1 for a "
   "free "
   "theory, 3 where there are deep wells and no kinks, else 2",
   .later = true},
  {"model", "kinks", SQ_PARAM_BOOL, "true", 0, 0, NULL, "",
   "fourier-flow: in deep wells paths begin about a chain of signs, one a site: a gas of kinks; the zero mode has no "
   "distribution of its own then",
   .later = true},
  {0}};
