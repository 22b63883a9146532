/* How a diffusion model learns: spectra and the range of noise levels from the fields, denoising score matching, and
 * the calibration of its kernel on held-out fields. */
#include "src/model/types.h"
#include <math.h>
#include <string.h>

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

static PetscErrorCode choose_range(const sq_train_settings *set, const char *where, sq_diffusion_model *m)
{
  PetscFunctionBeginUser;
  double widest, stiffest;
  widths(m, &widest, &stiffest);
  SqCheck(stiffest > 0, SQ_EVERY_RANK, SQ_ERR_DATA,
          "%s: a mode of its fields never varies: too few configurations to learn from", where);
  PetscCall(sq_train_range(set, stiffest, widest, &m->s_min, &m->s_max));
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
  int64_t first, count, numbers = sq_network_components(&m->shape) * data->fft->lattice->local_volume;
  int batch = sq_network_batch(&m->shape, data->fft->lattice->volume);
  double began = sq_now(), level[SQ_DIFFUSION_CALIBRATION];
  sq_score score;
  sq_free(&m->ratio);
  m->levels = 0;
  PetscCall(sq_learned_score_create(data->fft, m, batch, false, &score));
  PetscCall(sq_alloc(SQ_DIFFUSION_CALIBRATION * m->orbits.count, &m->ratio));
  for (int k = 0; k < SQ_DIFFUSION_CALIBRATION; k++)
    level[k] = m->s_min * pow(m->s_max / m->s_min, (double)k / (SQ_DIFFUSION_CALIBRATION - 1));
  sq_share(total, data->grid->replicas, data->grid->replica, &first, &count);
  PetscCall(sq_posterior_measure(&score, data->grid, data->seed, first, count, data->testing.blocks + first * numbers,
                                 batch, SQ_DIFFUSION_CALIBRATION, level, m->ratio));
  m->levels = SQ_DIFFUSION_CALIBRATION;
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
  return (double)(SQ_DIFFUSION_CALIBRATION + 3) * (double)((const sq_diffusion_model *)self)->orbits.count;
}
