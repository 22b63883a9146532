/* What a deck says about a diffusion model: its network, and the way down to its fields: levels, sampler, prior. */
#include "squall/model.h"
#include <string.h>

PetscErrorCode sq_diffusion_shape(const sq_deck *deck, const sq_action *action, sq_network_shape *shape)
{
  PetscFunctionBeginUser;
  const char *symmetry = sq_deck_text(deck, "model", "symmetry");
  *shape = (sq_network_shape){.dim = action->dim,
                              .channels = (int)sq_deck_int(deck, "model", "channels"),
                              .blocks = (int)sq_deck_int(deck, "model", "blocks"),
                              .width = (int)sq_deck_int(deck, "model", "embedding"),
                              .odd = !strcmp(symmetry, "odd") || (!strcmp(symmetry, "auto") && action->type->symmetric),
                              .levels = (int)sq_deck_int(deck, "model", "levels"),
                              .inputs = 2,
                              .outputs = 1};
  SqCheck(shape->channels % SQ_NN_CHANNEL_STEP == 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.channels: %d, must be a multiple of %d", sq_deck_where(deck, "model", "channels"), shape->channels,
          SQ_NN_CHANNEL_STEP);
  SqCheck(!shape->odd || action->type->symmetric, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.symmetry: odd, but the action %s is not even in phi", sq_deck_where(deck, "model", "symmetry"),
          action->type->name);
  SqCheck(shape->levels == 1 || shape->blocks > 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.levels: several levels need blocks to work in", sq_deck_where(deck, "model", "levels"));
  PetscFunctionReturn(0);
}

/* ---- levels ---- */

static PetscErrorCode own_levels(const sq_sample_settings *set, const sq_diffusion_model *model, const sq_score *score,
                                 int steps, sq_noise_grid *levels)
{
  PetscFunctionBeginUser;
  double s_min = set->s_min;
  if (s_min <= 0) s_min = set->placed ? model->s_min : 2 * model->s_min;
  SqCheck(s_min >= model->s_min && s_min < model->s_max, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "sample.s_min: %g, the model was trained from %g to %g", s_min, model->s_min, model->s_max);
  if (set->placed) PetscCall(sq_noise_grid_placed(score, steps, s_min, model->s_max, levels));
  else PetscCall(sq_noise_grid_geometric(steps, s_min, model->s_max, levels));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_diffusion_levels(const sq_sample_settings *set, const sq_diffusion_model *model,
                                   const sq_score *score, int steps, sq_noise_grid *levels)
{
  PetscFunctionBeginUser;
  if (!set->schedule.type) {
    PetscCall(own_levels(set, model, score, steps, levels));
    PetscFunctionReturn(0);
  }
  const char *name = set->schedule.type->name;
  double highest = sq_schedule_ratio(&set->schedule, 1);
  SqCheck(highest <= model->s_max * (1 + 1e-9), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: sample.levels: %s goes up to s/a = %.4g, the model was trained up to %.4g: train it with train.s_max "
          "%.4g "
          "or "
          "more, or with train.levels %s",
          set->where, name, highest, model->s_max, highest, name);
  PetscCall(sq_noise_grid_scheduled(&set->schedule, steps, fmax(model->s_min, set->s_min), levels));
  PetscFunctionReturn(0);
}

/* ---- the sampler and its prior ---- */

PetscErrorCode sq_diffusion_sampler(const sq_sample_settings *set, const sq_score *score, const sq_noise_grid *levels,
                                    int batch, sq_sampler **sampler)
{
  PetscFunctionBeginUser;
  PetscCall(sq_sampler_create(score, levels, batch, sampler));
  PetscCall(sq_sampler_set_type(*sampler, set->sampler, set->corrections, set->snr));
  if (set->plain_prior) sq_sampler_set_plain_prior(*sampler);
  PetscFunctionReturn(0);
}

/* ---- the table of the deck's keys ---- */

const sq_param sq_diffusion_model_params[] = {
  {"model", "channels", SQ_PARAM_INT, "32", 16, 512, NULL, "", "channels of the network, a multiple of 16"},
  {"model", "blocks", SQ_PARAM_INT, "3", 0, 16, NULL, "", "residual blocks of two convolutions each, at every level"},
  {"model", "levels", SQ_PARAM_INT, "1", 1, 6, NULL, "",
   "of resolution: each next one has half the extents and twice the channels"},
  {"model", "embedding", SQ_PARAM_INT, "32", 1, 512, NULL, "", "width of the noise-level embedding"},
  {"model", "symmetry", SQ_PARAM_CHOICE, "auto", 0, 0, "auto odd none", "",
   "odd: F(-phi) = -F(phi) by construction; auto: odd if the action is even"},
  {0}};
