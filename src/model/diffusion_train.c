/* How a diffusion model learns: spectra and the range of noise levels from the fields, denoising score matching, and
 * the calibration of its kernel on held-out fields. */
#include "src/model/types.h"
#include <math.h>
#include <string.h>

enum { CALIBRATION_LEVELS = 48 };

/* ---- a new model ---- */

/* Widest and stiffest mode. */
static void widths(const sq_diffusion_model *model, double *widest, double *stiffest)
{
  *widest = 0;
  *stiffest = INFINITY;
  for (int64_t o = 0; o < model->orbits.count; o++) {
    *widest = fmax(*widest, sqrt(model->propagator[o]));
    *stiffest = fmin(*stiffest, sqrt(model->propagator[o]));
  }
}

/* The range of noise levels: the deck's, that of its schedule, or what the field's own widths ask for. */
static PetscErrorCode choose_range(const sq_train_settings *set, const char *where, sq_diffusion_model *m)
{
  PetscFunctionBeginUser;
  const sq_schedule *schedule = &set->options.schedule;
  double widest, stiffest, s_min = set->s_min, s_max = set->s_max;
  widths(m, &widest, &stiffest);
  SqCheck(stiffest > 0, SQ_EVERY_RANK, SQ_ERR_DATA,
          "%s: a mode of its fields never varies: too few configurations to learn from", where);
  SqCheck(!schedule->type || (s_min < 0 && s_max < 0), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "train.s_min and train.s_max are for train.levels: geometric; %s has levels of its own (schedule.t_min sets "
          "the lowest)",
          schedule->type->name);
  if (schedule->type) s_min = sq_schedule_ratio(schedule, set->t_min), s_max = sq_schedule_ratio(schedule, 1);
  m->s_min = s_min > 0 ? s_min : 0.04 * stiffest;
  m->s_max = s_max > 0 ? s_max : 4 * widest;
  SqCheck(m->s_min < m->s_max, SQ_EVERY_RANK, SQ_ERR_INPUT, "train.s_min (%g) must be below train.s_max (%g)", m->s_min,
          m->s_max);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_diffusion_create(const sq_deck *deck, const sq_model_data *data, void **self)
{
  PetscFunctionBeginUser;
  sq_diffusion_model *m;
  PetscCall(sq_alloc(1, &m));
  PetscCall(sq_diffusion_shape(deck, data->action, &m->shape));
  m->action = *data->action;
  m->mixed = data->set->mixed;
  m->parameters = sq_network_parameters(&m->shape);
  PetscCall(sq_orbits_create(data->action->dim, data->fft->lattice->extent, &m->orbits));
  PetscCall(sq_alloc(m->orbits.count, &m->propagator));
  PetscCall(sq_alloc(m->orbits.count, &m->force_power));
  PetscCall(sq_alloc(m->parameters, &m->weight));
  PetscCall(sq_measure_spectra(data->grid, data->fft, &m->action, &data->training, m->propagator, m->force_power));
  PetscCall(choose_range(data->set, data->where, m));
  PetscCall(sq_network_init(&m->shape, data->seed, m->weight));
  *self = m;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_diffusion_objective(const sq_model_data *data, const void *self, sq_objective *objective)
{
  PetscFunctionBeginUser;
  sq_train_options options = data->set->options;
  options.seed = data->seed;
  PetscCall(sq_score_matching_create(data->fft, &options, &data->training, &data->testing, self, objective));
  PetscFunctionReturn(0);
}

/* ---- what was learned ---- */

/* The posterior of the network, for the sampler's kernel and levels. */
static PetscErrorCode calibrate(sq_diffusion_model *m, const sq_model_data *data, int64_t total)
{
  PetscFunctionBeginUser;
  int64_t first, count, volume = data->fft->lattice->local_volume;
  int batch = sq_network_batch(&m->shape, data->fft->lattice->volume);
  double began = sq_now(), level[CALIBRATION_LEVELS];
  sq_score score;
  sq_free(&m->ratio);
  m->levels = 0;
  PetscCall(sq_learned_score_create(data->fft, m, batch, false, &score));
  PetscCall(sq_alloc(CALIBRATION_LEVELS * m->orbits.count, &m->ratio));
  for (int k = 0; k < CALIBRATION_LEVELS; k++)
    level[k] = m->s_min * pow(m->s_max / m->s_min, (double)k / (CALIBRATION_LEVELS - 1));
  sq_share(total, data->grid->replicas, data->grid->replica, &first, &count);
  PetscCall(sq_posterior_measure(&score, data->grid, data->seed, first, count, data->testing.blocks + first * volume,
                                 batch, CALIBRATION_LEVELS, level, m->ratio));
  m->levels = CALIBRATION_LEVELS;
  PetscCall(sq_learned_score_destroy(&score));
  sq_info("train: calibrated on %lld held-out fields in %.1f s", (long long)total, sq_now() - began);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_diffusion_update(void *self, const sq_model_data *data, const double *weight, int64_t most)
{
  PetscFunctionBeginUser;
  sq_diffusion_model *m = self;
  int64_t fields = PetscMin(PetscMin(data->testing.count, most), data->set->calibrate);
  memcpy(m->weight, weight, (size_t)m->parameters * sizeof *weight);
  if (fields) PetscCall(calibrate(m, data, fields));
  else sq_info("train: no held-out fields to calibrate on: the sampler will use a Gaussian kernel");
  PetscFunctionReturn(0);
}

double sq_diffusion_numbers(const void *self)
{
  return (double)(CALIBRATION_LEVELS + 3) * (double)((const sq_diffusion_model *)self)->orbits.count;
}
