/* SPDX-License-Identifier: BSD-3-Clause */
/* What a deck says about a diffusion model: its network, and the way down to its fields: levels, sampler, prior. */
#include "squall/model.h"
#include <math.h>
#include <string.h>

PetscErrorCode sq_diffusion_shape(const sq_deck *deck, const sq_action *action, sq_network_shape *shape)
{
  PetscFunctionBeginUser;
  const char *symmetry = sq_deck_text(deck, "model", "symmetry");
  const int components = sq_action_components(action);
  *shape = (sq_network_shape){.dim = action->dim,
                              .channels = (int)sq_deck_int(deck, "model", "channels"),
                              .blocks = (int)sq_deck_int(deck, "model", "blocks"),
                              .width = (int)sq_deck_int(deck, "model", "embedding"),
                              .odd = !strcmp(symmetry, "odd") || (!strcmp(symmetry, "auto") && action->type->symmetric),
                              .levels = (int)sq_deck_int(deck, "model", "levels"),
                              .inputs = 2,
                              .outputs = 1,
                              .components = components > 1 ? components : 0};
  SqCheck(shape->channels % SQ_NN_CHANNEL_STEP == 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.channels: %d, must be a multiple of %d", sq_deck_where(deck, "model", "channels"), shape->channels,
          SQ_NN_CHANNEL_STEP);
  SqCheck(!shape->odd || action->type->symmetric || !sq_action_known(action), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.symmetry: odd, but the action %s is not even in phi", sq_deck_where(deck, "model", "symmetry"),
          action->type->name);
  SqCheck(shape->odd || components == 1 || action->type->space != &sq_space_real, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.symmetry: %s, but the network of %d components turns with them: %s",
          sq_deck_where(deck, "model", "symmetry"), symmetry, components,
          sq_action_known(action) ? "auto or odd" : "odd, if they are a vector of O(N)");
  SqCheck(shape->levels == 1 || shape->blocks > 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: model.levels: several levels need blocks to work in", sq_deck_where(deck, "model", "levels"));
  PetscFunctionReturn(0);
}

/* ---- levels ---- */

/* The lowest of the levels that are the model's own. */
static double own_lowest(const sq_sample_settings *set, double s_min)
{
  if (set->s_min > 0) return set->s_min;
  return set->placed ? s_min : 2 * s_min;
}

enum { TEXT = 32 };
static const char *known(double x, char text[TEXT])
{
  if (isnan(x)) snprintf(text, TEXT, "what auto gives");
  else snprintf(text, TEXT, "%.6g", x);
  return text;
}

/* Comparisons with what is not known are false. */
PetscErrorCode sq_diffusion_levels_check(const sq_sample_settings *set, int steps, double s_min, double s_max)
{
  PetscFunctionBeginUser;
  const sq_schedule *schedule = &set->schedule;
  if (!schedule->type) {
    double lowest = own_lowest(set, s_min);
    char text[3][TEXT];
    SqCheck(!(lowest < s_min || lowest >= s_max), SQ_EVERY_RANK, SQ_ERR_INPUT,
            "%s: the lowest level of sampling is %s (sample.s_min, sample.levels), the model is trained from %s to %s",
            set->where, known(lowest, text[0]), known(s_min, text[1]), known(s_max, text[2]));
    PetscFunctionReturn(0);
  }
  const char *name = schedule->type->name;
  double highest = sq_schedule_ratio(schedule, 1);
  sq_noise_grid levels;
  SqCheck(!(highest > s_max * (1 + 1e-9)), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: sample.levels: %s goes up to s/a = %.4g, the model is trained up to %.4g: train it with train.s_max "
          "%.4g or more, or with train.levels %s",
          set->where, name, highest, s_max, highest, name);
  PetscCall(sq_noise_grid_scheduled(schedule, steps, fmax(s_min, set->s_min), &levels));
  sq_noise_grid_destroy(&levels);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_diffusion_levels(const sq_sample_settings *set, const sq_diffusion_model *model,
                                   const sq_score *score, int steps, sq_noise_grid *levels)
{
  PetscFunctionBeginUser;
  double lowest = own_lowest(set, model->s_min);
  PetscCall(sq_diffusion_levels_check(set, steps, model->s_min, model->s_max));
  if (set->schedule.type)
    PetscCall(sq_noise_grid_scheduled(&set->schedule, steps, fmax(model->s_min, set->s_min), levels));
  else if (set->placed) PetscCall(sq_noise_grid_placed(score, steps, lowest, model->s_max, levels));
  else PetscCall(sq_noise_grid_geometric(steps, lowest, model->s_max, levels));
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
  {"model", "channels", SQ_PARAM_INT, "32", 16, 512, NULL, "", "diffusion: channels of the network, a multiple of 16"},
  {"model", "blocks", SQ_PARAM_INT, "3", 0, 16, NULL, "",
   "diffusion: residual blocks of two convolutions each, at every level"},
  {"model", "levels", SQ_PARAM_INT, "1", 1, 6, NULL, "",
   "diffusion: levels of resolution; each next one has half the extents and twice the channels"},
  {"model", "embedding", SQ_PARAM_INT, "32", 1, 512, NULL, "", "diffusion: width of the noise-level embedding"},
  {"model", "symmetry", SQ_PARAM_CHOICE, "auto", 0, 0, "auto odd none", "",
   "diffusion: odd: F(-phi) = -F(phi) by construction, of several components F(R phi) = R F(phi) for all of O(N); "
   "auto: odd if the action is even"},
  {0}};
