/* SPDX-License-Identifier: BSD-3-Clause */
/* What a deck says about a model of type gan: the networks of forger and critic, and the noise. */
#include "src/model/gan.h"
#include <string.h>

/* A key of the critic, or, left open, that of the forger. */
static int of_critic(const sq_deck *deck, const char *key, int forger)
{
  const int64_t given = sq_deck_int(deck, "model", key);
  return given < 0 ? forger : (int)given;
}

static PetscErrorCode check_network(const sq_deck *deck, const char *prefix, const sq_network_shape *shape)
{
  PetscFunctionBeginUser;
  char key[2][64];
  snprintf(key[0], sizeof key[0], "%schannels", prefix);
  snprintf(key[1], sizeof key[1], "%slevels", prefix);
  SqCheck(shape->channels % SQ_NN_CHANNEL_STEP == 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.%s: %d, must be a multiple of %d", sq_deck_where(deck, "model", key[0]), key[0], shape->channels,
          SQ_NN_CHANNEL_STEP);
  SqCheck(shape->levels == 1 || shape->blocks > 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.%s: several levels need blocks to work in", sq_deck_where(deck, "model", key[1]), key[1]);
  PetscFunctionReturn(0);
}

static PetscErrorCode read_symmetry(const sq_deck *deck, const sq_action *action, const sq_output_sizes *sizes,
                                    bool *odd)
{
  PetscFunctionBeginUser;
  const char *symmetry = sq_deck_text(deck, "model", "symmetry");
  const bool able = action->type->symmetric && action->type->space == &sq_space_real;
  *odd = !strcmp(symmetry, "odd") || (!strcmp(symmetry, "auto") && able);
  SqCheck(!*odd || able || !sq_action_known(action), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.symmetry: odd, but the action %s is not even in phi", sq_deck_where(deck, "model", "symmetry"),
          action->type->name);
  SqCheck(*odd || sizes->components == 1, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.symmetry: %s, but the networks of %d components turn with them: %s",
          sq_deck_where(deck, "model", "symmetry"), symmetry, sizes->components,
          sq_action_known(action) ? "auto or odd" : "odd, if they are a vector of O(N)");
  PetscFunctionReturn(0);
}

static PetscErrorCode read_base(const sq_deck *deck, sq_adversary_shape *shape)
{
  PetscFunctionBeginUser;
  const char *base = sq_deck_text(deck, "model", "base");
  shape->gaussian = !strcmp(base, "gaussian") || (!strcmp(base, "auto") && shape->outputs->gaussian);
  SqCheck(!shape->gaussian || shape->outputs->gaussian, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.base: gaussian, but the fields of the action %s are no real numbers: auto or none",
          sq_deck_where(deck, "model", "base"), shape->action.type->name);
  PetscFunctionReturn(0);
}

/* Which row makes fields of the outputs. */
static PetscErrorCode read_outputs(const sq_deck *deck, const sq_action *action, const sq_output_kind **outputs)
{
  PetscFunctionBeginUser;
  const char *constraint = sq_deck_text(deck, "model", "constraint");
  const sq_output_kind *fluxes = sq_output_kind_find("fluxes"), *learned = sq_output_kind_find("staircase");
  if (!strcmp(constraint, "auto")) *outputs = sq_output_kind_for(action);
  else *outputs = strcmp(constraint, "none") ? sq_output_kind_find("heights") : fluxes;
  if (*outputs == fluxes && !learned->lacks(action) && sq_deck_bool(deck, "model", "staircase")) *outputs = learned;
  const char *lack = (*outputs)->lacks(action);
  SqCheck(!lack, SQ_EVERY_RANK, SQ_ERR_INPUT, "%s: model.constraint: %s, but the action %s %s: auto%s",
          sq_deck_where(deck, "model", "constraint"), constraint, action->type->name, lack,
          action->type->flux ? ", or none, with fluxes that may have a divergence" : "");
  PetscFunctionReturn(0);
}

/* Numbers of noise beside those of the whole field. */
static PetscErrorCode read_noise(const sq_deck *deck, const sq_output_sizes *sizes, int *inputs)
{
  PetscFunctionBeginUser;
  const int64_t noise = sq_deck_int(deck, "model", "noise");
  const int beside = sizes->uniform + sizes->lines;
  *inputs = (int)noise + beside;
  SqCheck(*inputs <= SQ_FORGER_CHANNELS, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.noise: %lld, at most %d, for lines and the whole field have %d more",
          sq_deck_where(deck, "model", "noise"), (long long)noise, SQ_FORGER_CHANNELS - beside, beside);
  PetscFunctionReturn(0);
}

static PetscErrorCode read_match(const sq_deck *deck, sq_adversary_shape *shape)
{
  PetscFunctionBeginUser;
  const double match = sq_deck_real(deck, "model", "match");
  shape->match = match >= 0 ? match : shape->outputs->weights ? 5 : 0;
  SqCheck(shape->match <= 0 || (shape->action.type->flux && shape->outputs->whole), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.match: %g, is for fluxes of heights or of a staircase: auto or 0",
          sq_deck_where(deck, "model", "match"), match);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_gan_read(const sq_deck *deck, const sq_action *action, sq_adversary_shape *shape)
{
  PetscFunctionBeginUser;
  int inputs;
  *shape = (sq_adversary_shape){.action = *action, .scales = {.width = 1, .zero = 1}};
  PetscCall(read_outputs(deck, action, &shape->outputs));
  const sq_output_sizes sizes = shape->outputs->sizes(action);
  bool odd;
  PetscCall(read_symmetry(deck, action, &sizes, &odd));
  PetscCall(read_base(deck, shape));
  PetscCall(read_noise(deck, &sizes, &inputs));
  shape->forger = (sq_network_shape){.dim = action->dim,
                                     .channels = (int)sq_deck_int(deck, "model", "channels"),
                                     .blocks = (int)sq_deck_int(deck, "model", "blocks"),
                                     .width = 1,
                                     .odd = odd,
                                     .levels = (int)sq_deck_int(deck, "model", "levels"),
                                     .inputs = inputs,
                                     .outputs = sizes.outputs,
                                     .components = sizes.components > 1 ? sizes.components : 0};
  shape->critic = shape->forger;
  shape->critic.channels = of_critic(deck, "critic_channels", shape->forger.channels);
  shape->critic.blocks = of_critic(deck, "critic_blocks", shape->forger.blocks);
  shape->critic.levels = of_critic(deck, "critic_levels", shape->forger.levels);
  shape->critic.inputs = sizes.features;
  const double steepness = sq_deck_real(deck, "model", "steepness");
  shape->steepness = steepness > 0 ? steepness : shape->outputs->gaussian ? 30 : shape->outputs->whole ? 1 : 20;
  shape->critic.outputs = (int)sq_deck_int(deck, "model", "critic_outputs");
  PetscCall(read_match(deck, shape));
  PetscCall(check_network(deck, "", &shape->forger));
  PetscCall(check_network(deck, "critic_", &shape->critic));
  PetscFunctionReturn(0);
}

/* channels, blocks, levels and symmetry are those of diffusion, too. */
const sq_param sq_gan_params[] = {
  {"model", "channels", SQ_PARAM_INT, "32", 16, 512, NULL, "", "gan: channels of the forger, a multiple of 16"},
  {"model", "blocks", SQ_PARAM_INT, "3", 0, 16, NULL, "",
   "gan: residual blocks of the forger, of two convolutions each, at every level"},
  {"model", "levels", SQ_PARAM_INT, "1", 1, 6, NULL, "",
   "gan: levels of resolution of the forger; each next one has half the extents and twice the channels"},
  {"model", "symmetry", SQ_PARAM_CHOICE, "auto", 0, 0, "auto odd none", "",
   "gan: odd: the forger's fields are as likely as their negatives and the critic finds both as good, by construction; "
   "auto: odd if the action is even"},
  {"model", "base", SQ_PARAM_CHOICE, "auto", 0, 0, "auto gaussian none", "",
   "gan: what the forger begins with: gaussian, noise of the propagator of the fields that are learned from, which its "
   "network corrects; none, its network alone makes fields of white noise; auto: gaussian for real numbers",
   .later = true},
  {"model", "constraint", SQ_PARAM_CHOICE, "auto", 0, 0, "auto none heights", "",
   "gan: fluxes without divergence: heights, by construction, of heights and windings in two directions; none, by what "
   "the network learns (model.staircase), which may fall short; auto: heights where there are some",
   .later = true},
  {"model", "staircase", SQ_PARAM_BOOL, "true", 0, 0, NULL, "",
   "gan: fluxes without constraint are made of rounded numbers by a layer of weights -1, 0, 1 that learns that k has "
   "no "
   "divergence, on lattices that are not cut over ranks; false: every k is a rounded output of the network",
   .later = true},
  {"model", "match", SQ_PARAM_REAL, "auto", 0, 1e6, NULL, "",
   "gan: of fluxes of heights or a staircase: weight, beside the critic, of mean and width of the averages of k, |k|, "
   "l and f^2 over the field in the forger's loss; auto: 5 with a staircase, else 0",
   .later = true},
  {"model", "noise", SQ_PARAM_INT, "2", 1, SQ_FORGER_CHANNELS, NULL, "",
   "gan: random numbers a site that the forger makes fields of, the base being the first", .later = true},
  {"model", "critic_channels", SQ_PARAM_INT, "auto", 16, 512, NULL, "",
   "gan: channels of the critic, a multiple of 16; auto: those of the forger", .later = true},
  {"model", "critic_blocks", SQ_PARAM_INT, "auto", 0, 16, NULL, "", "gan: blocks of the critic; auto: as the forger",
   .later = true},
  {"model", "critic_levels", SQ_PARAM_INT, "auto", 1, 6, NULL, "",
   "gan: levels of resolution of the critic; auto: as the forger", .later = true},
  {"model", "critic_outputs", SQ_PARAM_INT, "8", 1, SQ_FORGER_CHANNELS, NULL, "",
   "gan: outputs of the critic's network at a site, whose averages over the lattice make up its verdict",
   .later = true},
  {"model", "steepness", SQ_PARAM_REAL, "auto", 1e-3, 1e6, NULL, "",
   "gan: of the critic: how large its verdict may become, its layers being normalised; auto: 30 for real "
   "numbers, 20 for fluxes without constraint, 1 for heights",
   .later = true},
  {0}};
