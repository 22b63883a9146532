/* SPDX-License-Identifier: BSD-3-Clause */
/* What a deck says about a model of type pixelcnn: its network, its symmetry, the distribution of a number. */
#include "src/model/pixelcnn.h"
#include <string.h>

const char *const sq_pixelcnn_settings[] = {"network", "radius",  "channels",     "depth",    "positions",
                                            "odd",     "average", "distribution", "mixtures", NULL};

/* The row of squall/conditional.h that the deck asks for, and the number of its parts. */
static PetscErrorCode read_law(const sq_deck *deck, const sq_action *action, double setting[])
{
  PetscFunctionBeginUser;
  const bool angles = action->type->space == &sq_space_circle;
  const char *name = sq_deck_text(deck, "model", "distribution");
  if (!strcmp(name, "auto")) name = angles ? "von-mises" : "sign";
  const sq_conditional *law = sq_conditional_find(name);
  const int64_t mixtures = sq_deck_int(deck, "model", "mixtures"), usual = PetscMin(4, law->most);
  SqCheck(angles ? !strcmp(name, "von-mises") || !strcmp(name, "beta") : !strcmp(name, "sign"), SQ_EVERY_RANK,
          SQ_ERR_INPUT, "%s: model.distribution: %s is not for the numbers of the theory %s: %s",
          sq_deck_where(deck, "model", "distribution"), name, action->type->name,
          angles ? "auto, von-mises or beta" : "auto or sign");
  SqCheck(mixtures <= law->most, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.mixtures: %lld, the distribution %s has at most %d", sq_deck_where(deck, "model", "mixtures"),
          (long long)mixtures, name, law->most);
  setting[PIXELCNN_LAW] = sq_find_name(sq_conditional_name, name);
  setting[PIXELCNN_MIXTURE] = (double)(mixtures > 0 ? mixtures : usual);
  PetscFunctionReturn(0);
}

static PetscErrorCode read_symmetry(const sq_deck *deck, const sq_action *action, double setting[])
{
  PetscFunctionBeginUser;
  const char *symmetry = sq_deck_text(deck, "model", "symmetry");
  const sq_conditional *law = sq_conditionals[(int)setting[PIXELCNN_LAW]];
  const bool average = sq_deck_bool(deck, "model", "average"), odd = !strcmp(symmetry, "odd");
  SqCheck(!odd || law->covariant, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.symmetry: odd, but the distribution %s knows no symmetry: take auto or none",
          sq_deck_where(deck, "model", "symmetry"), law->name);
  SqCheck(!average || (action->type->space == &sq_space_sign && strcmp(symmetry, "odd")), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.average: yes is for spins, and networks that are not odd by themselves",
          sq_deck_where(deck, "model", "average"));
  setting[PIXELCNN_AVERAGED] = average;
  setting[PIXELCNN_ODD] = odd || (!strcmp(symmetry, "auto") && law->covariant && !average);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_pixelcnn_read(const sq_deck *deck, const sq_action *action, double setting[])
{
  PetscFunctionBeginUser;
  const int64_t channels = sq_deck_int(deck, "model", "channels");
  SqCheck(channels % SQ_NN_CHANNEL_STEP == 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.channels: %lld, must be a multiple of %d", sq_deck_where(deck, "model", "channels"),
          (long long)channels, SQ_NN_CHANNEL_STEP);
  setting[PIXELCNN_NETWORK] = sq_find_name(sq_raster_network_name, sq_deck_text(deck, "model", "network"));
  setting[PIXELCNN_RADIUS] = (double)sq_deck_int(deck, "model", "radius");
  setting[PIXELCNN_CHANNELS] = (double)channels;
  setting[PIXELCNN_DEPTH] = (double)sq_deck_int(deck, "model", "depth");
  setting[PIXELCNN_POSITIONS] = sq_deck_bool(deck, "model", "positions");
  PetscCall(read_law(deck, action, setting));
  PetscCall(read_symmetry(deck, action, setting));
  PetscFunctionReturn(0);
}

/* channels and symmetry are those of diffusion, too. */
const sq_param sq_pixelcnn_params[] = {
  {"model", "channels", SQ_PARAM_INT, "32", 16, 512, NULL, "", "pixelcnn: channels of the network, a multiple of 16"},
  {"model", "symmetry", SQ_PARAM_CHOICE, "auto", 0, 0, "auto odd none", "",
   "pixelcnn: odd: turning the fields turns what the network gives, by construction, so that q has the symmetry of the "
   "theory; auto: where the distribution allows it"},
  {"model", "network", SQ_PARAM_CHOICE, "frontier", 0, 0, NULL, "",
   "pixelcnn: what it sees of the known sites: frontier, those with unknown neighbours; box, all within a radius (the "
   "published PixelCNN); dense, the frontier with weights of its own for every site",
   .names = sq_raster_network_name, .later = true},
  {"model", "radius", SQ_PARAM_INT, "2", 1, 64, NULL, "sites", "pixelcnn: of the network box", .later = true},
  {"model", "depth", SQ_PARAM_INT, "1", 0, 16, NULL, "", "pixelcnn: residual units of two layers each", .later = true},
  {"model", "positions", SQ_PARAM_BOOL, "true", 0, 0, NULL, "",
   "pixelcnn: activations have gains and shifts of their own at every site, so that the network knows where it is",
   .later = true},
  {"model", "average", SQ_PARAM_BOOL, "false", 0, 0, NULL, "",
   "pixelcnn: q is the mean of the network's densities of the field and its negative: the sign as published, at twice "
   "the cost of an odd network",
   .later = true},
  {"model", "distribution", SQ_PARAM_CHOICE, "auto", 0, 0, "auto sign von-mises beta", "",
   "pixelcnn: of the number at a site. Spins: sign; angles: von-mises, or beta (as published, neither periodic nor "
   "symmetric)",
   .later = true},
  {"model", "mixtures", SQ_PARAM_INT, "auto", 1, SQ_CONDITIONAL_MOST, NULL, "",
   "pixelcnn: parts of the distribution of an angle; auto: 4", .later = true},
  {0}};
