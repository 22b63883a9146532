/* SPDX-License-Identifier: BSD-3-Clause */
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

/* Spectra and range of one coupling, whose arrays are there. */
static PetscErrorCode learn_spectra(const sq_model_data *data, const sq_dataset *training, sq_diffusion_model *m)
{
  PetscFunctionBeginUser;
  PetscCall(sq_measure_spectra(data->grid, data->fft, &m->action, training, m->propagator, m->force_power));
  PetscCall(choose_range(data->set, data->where, m));
  PetscFunctionReturn(0);
}

/* The fields of one place of all. */
static sq_dataset part_of(const sq_diffusion_model *m, const sq_model_data *data, const sq_dataset *all, int place)
{
  const int64_t count = all->count / sq_scan_places(&m->scan),
                numbers = sq_network_components(&m->shape) * data->fft->lattice->local_volume;
  return (sq_dataset){.count = count, .blocks = all->blocks + place * count * numbers};
}

/* Of every coupling; then of the model's own. */
static PetscErrorCode learn_places(const sq_model_data *data, sq_diffusion_model *m)
{
  PetscFunctionBeginUser;
  PetscCall(sq_diffusion_model_make_places(m));
  for (int k = 0; k < sq_scan_places(&m->scan); k++) {
    const sq_dataset training = part_of(m, data, &data->training, k);
    PetscCall(learn_spectra(data, &training, &m->place[k]));
  }
  PetscCall(sq_diffusion_model_settle(m));
  PetscFunctionReturn(0);
}

/* What is taken for granted of fields whose action is not known, and where the deck says otherwise. */
static void say_assumed(const sq_diffusion_model *m, const sq_train_settings *set)
{
  if (sq_action_known(&m->action)) return;
  sq_info("train: no action is known: the target is phi_0 alone; assumed are translations%s%s (train.reflections, "
          "model.symmetry)",
          set->options.still ? "" : ", reflections and exchanges of equal directions",
          !m->shape.odd                        ? ", not phi -> -phi" :
          sq_action_components(&m->action) > 1 ? ", rotations of phi" :
                                                 ", phi -> -phi");
}

PetscErrorCode sq_diffusion_create(const sq_deck *deck, const sq_model_data *data, void **self)
{
  PetscFunctionBeginUser;
  sq_diffusion_model *m;
  PetscCall(sq_alloc(1, &m));
  PetscCall(sq_diffusion_shape(deck, data->action, &m->shape));
  m->action = *data->action;
  m->mixed = data->set->mixed && data->action->type->smooth;
  if (data->scan) m->scan = *data->scan;
  m->shape.conditions = m->scan.axes;
  m->parameters = sq_network_parameters(&m->shape);
  PetscCall(sq_orbits_create(data->action->dim, data->fft->lattice->extent, &m->orbits));
  PetscCall(sq_alloc(m->orbits.count, &m->propagator));
  PetscCall(sq_alloc(m->orbits.count, &m->force_power));
  PetscCall(sq_alloc(m->parameters, &m->weight));
  if (m->scan.axes) PetscCall(learn_places(data, m));
  else PetscCall(learn_spectra(data, &data->training, m));
  PetscCall(sq_network_init(&m->shape, data->seed, m->weight));
  say_assumed(m, data->set);
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

/* The posterior of the network, for the sampler's kernel and levels: of a model of one coupling, on so many fields;
 * into `to`. */
static PetscErrorCode calibrate(const sq_diffusion_model *m, const sq_model_data *data, const sq_dataset *testing,
                                int64_t total, sq_diffusion_model *to)
{
  PetscFunctionBeginUser;
  int64_t first, count, numbers = sq_network_components(&m->shape) * data->fft->lattice->local_volume;
  int batch = sq_network_batch(&m->shape, data->fft->lattice->volume);
  double level[SQ_DIFFUSION_CALIBRATION];
  sq_score score;
  PetscCall(sq_learned_score_create(data->fft, m, batch, false, &score));
  PetscCall(sq_alloc(SQ_DIFFUSION_CALIBRATION * m->orbits.count, &to->ratio));
  PetscCall(sq_alloc(SQ_DIFFUSION_CALIBRATION, &to->curvature));
  for (int k = 0; k < SQ_DIFFUSION_CALIBRATION; k++)
    level[k] = m->s_min * pow(m->s_max / m->s_min, (double)k / (SQ_DIFFUSION_CALIBRATION - 1));
  sq_share(total, data->grid->replicas, data->grid->replica, &first, &count);
  PetscCall(sq_posterior_measure(&score, data->grid, data->seed, first, count, testing->blocks + first * numbers, batch,
                                 SQ_DIFFUSION_CALIBRATION, level, to->ratio, to->curvature));
  PetscCall(sq_learned_score_destroy(&score));
  PetscFunctionReturn(0);
}

static void forget_calibration(sq_diffusion_model *m)
{
  sq_free(&m->ratio);
  sq_free(&m->curvature);
  m->zero_mode.count = 0;
  m->levels = 0;
}

/* At every coupling, with the network as it is there. */
static PetscErrorCode calibrate_places(sq_diffusion_model *m, const sq_model_data *data, int64_t total)
{
  PetscFunctionBeginUser;
  for (int k = 0; k < sq_scan_places(&m->scan); k++) forget_calibration(&m->place[k]);
  for (int k = 0; k < sq_scan_places(&m->scan); k++) {
    sq_diffusion_model *one;
    const sq_dataset training = part_of(m, data, &data->training, k), testing = part_of(m, data, &data->testing, k);
    PetscCall(sq_diffusion_model_at(m, &m->place[k].action, &one));
    PetscCall(calibrate(one, data, &testing, total, &m->place[k]));
    PetscCall(sq_diffusion_fit_zero_mode(data->fft->lattice, &training, &testing, one, &m->place[k].zero_mode));
    PetscCall(sq_diffusion_model_destroy(&one));
  }
  for (int k = 0; k < sq_scan_places(&m->scan); k++) m->place[k].levels = SQ_DIFFUSION_CALIBRATION;
  PetscCall(sq_diffusion_model_settle(m));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_diffusion_update(void *self, const sq_model_data *data, const double *weight, int64_t most)
{
  PetscFunctionBeginUser;
  sq_diffusion_model *m = self;
  const int places = PetscMax(1, sq_scan_places(&m->scan));
  int64_t fields = PetscMin(PetscMin(data->testing.count, most) / places, data->set->calibrate);
  const double began = sq_now();
  memcpy(m->weight, weight, (size_t)m->parameters * sizeof *weight);
  if (!fields) {
    sq_info("train: no held-out fields to calibrate on: the sampler will use a Gaussian kernel");
    PetscFunctionReturn(0);
  }
  forget_calibration(m);
  if (m->place) PetscCall(calibrate_places(m, data, fields));
  else {
    PetscCall(calibrate(m, data, &data->testing, fields, m));
    PetscCall(sq_diffusion_fit_zero_mode(data->fft->lattice, &data->training, &data->testing, m, &m->zero_mode));
    m->levels = SQ_DIFFUSION_CALIBRATION;
  }
  sq_info("train: calibrated on %lld held-out fields%s in %.1f s", (long long)fields,
          m->place ? " of every coupling" : "", sq_now() - began);
  PetscFunctionReturn(0);
}

double sq_diffusion_numbers(const void *self)
{
  const sq_diffusion_model *m = self;
  return (double)(SQ_DIFFUSION_CALIBRATION + 3) * (double)m->orbits.count * (1 + sq_scan_places(&m->scan));
}
