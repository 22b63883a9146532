/* SPDX-License-Identifier: BSD-3-Clause */
/* Denoising score matching as an objective: draws and noises fields, and compares what the network makes of them with
 * the clean ones. Which fields, levels, noise and symmetries a step takes is a function of (seed, step, entry). */
#include "squall/train.h"
#include <math.h>
#include <string.h>

enum { BINS = 64 }; /* of the density of levels */
enum { DRAW_FIELD, DRAW_LEVEL, DRAW_FLIP, DRAW_SYMMETRY };

typedef struct {
  sq_fft *fft;
  sq_train_options options;
  const sq_dataset *training, *testing;
  const sq_diffusion_model *model, *place; /* place[places]: what is known at a coupling */
  int places;
  sq_network *network;
  int components;
  int64_t numbers;                            /* of a field on this rank */
  double *noisy, *filtered, *target, *out;    /* [micro][numbers] */
  double *c_in, *c_w, *c_out, *level, *share; /* [micro], level [micro][1 + conditions]; share: of the loss */
  double *unit;                               /* [places] what makes shares 1 on average */
  double (*edge)[BINS + 1];                   /* [places] levels u at equal shares of what is drawn */
  double *noise, *filter;                     /* [numbers], [orbits] */
  sq_field *phi;
  sq_halo *halo;
} matching;

static PetscErrorCode allocate(matching *t, int micro)
{
  PetscFunctionBeginUser;
  double **per_field[] = {&t->noisy, &t->filtered, &t->target, &t->out},
         **numbers[] = {&t->c_in, &t->c_w, &t->c_out, &t->share};
  for (int i = 0; i < 4; i++) PetscCall(sq_alloc(micro * t->numbers, per_field[i]));
  for (int i = 0; i < 4; i++) PetscCall(sq_alloc(micro, numbers[i]));
  PetscCall(sq_alloc(micro * (1 + t->model->shape.conditions), &t->level));
  PetscCall(sq_alloc(t->places, &t->unit));
  PetscCall(sq_alloc(t->places, &t->edge));
  PetscCall(sq_alloc(t->numbers, &t->noise));
  PetscCall(sq_alloc(t->fft->orbits.count, &t->filter));
  PetscCall(sq_network_create(t->fft->lattice, &t->model->shape, micro, true, &t->network));
  PetscCall(sq_field_create_components(t->fft->lattice, 1, t->components, &t->phi));
  PetscCall(sq_halo_create_field(t->phi, sq_action_reach(&t->model->action), &t->halo));
  PetscFunctionReturn(0);
}

/* The path weight loses 1/2 int d(1/s^2) E|D - D*|^2 nats: per log s, c_out^2/s^2 times the loss. Levels are drawn with
 * a density of which the share `focus` is proportional to the square root of that, the variance's optimum for errors of
 * like size; the rest is uniform. */
static void place_edges(matching *t, int place)
{
  const sq_diffusion_model *m = &t->place[place];
  double density[BINS], total = 0, sum = 0;
  for (int i = 0; i < BINS; i++) {
    double s = m->s_min * pow(m->s_max / m->s_min, (i + 0.5) / BINS);
    density[i] = sq_diffusion_model_scales_at(m, 1, s).c_out / s;
    total += density[i];
  }
  for (int i = 0; i < BINS; i++) density[i] = (1 - t->options.focus) / BINS + t->options.focus * density[i] / total;
  for (int i = 0, k = 0; i < BINS; i++) {
    for (; k <= BINS && (double)k / BINS <= sum + density[i]; k++)
      t->edge[place][k] = (i + ((double)k / BINS - sum) / density[i]) / BINS;
    sum += density[i];
  }
  t->edge[place][BINS] = 1;
}

/* The level at a share x of what is drawn, 0 <= x < 1. */
static double level_at(const matching *t, int place, double x)
{
  const sq_diffusion_model *m = &t->place[place];
  const double *edge = t->edge[place];
  const sq_schedule *schedule = &t->options.schedule;
  if (schedule->type)
    return log(sq_schedule_ratio(schedule, sq_schedule_draw(schedule, m->s_min, x)) / m->s_min) /
           log(m->s_max / m->s_min);
  int k = (int)(x * BINS);
  return edge[k] + (x * BINS - k) * (edge[k + 1] - edge[k]);
}

/* By how much the square of an error of F counts at noise s: an error of F is one of c_out in D. */
static double share_at(const matching *t, int place, double s, double c_out)
{
  double clean, noisy;
  if (!t->options.loss) return 1;
  t->options.loss->coefficients(1, s, &clean, &noisy);
  return t->unit[place] * clean * clean * c_out * c_out;
}

static void set_unit(matching *t, int place)
{
  enum { DRAWS = 1000 };
  const sq_diffusion_model *m = &t->place[place];
  double sum = 0;
  t->unit[place] = 1;
  for (int i = 0; i < DRAWS; i++) {
    double s = m->s_min * pow(m->s_max / m->s_min, level_at(t, place, (i + 0.5) / DRAWS));
    sum += share_at(t, place, s, sq_diffusion_model_scales_at(m, 1, s).c_out);
  }
  t->unit[place] = DRAWS / sum;
}

/* ---- one field: noise, Wiener solution, target ---- */

/* Filters every component of a field. */
static PetscErrorCode filter_field(matching *t, const double *block, double *out)
{
  PetscFunctionBeginUser;
  for (int64_t i = 0; i < t->numbers; i += t->fft->lattice->local_volume)
    PetscCall(sq_fft_filter(t->fft, t->filter, block + i, out + i));
  PetscFunctionReturn(0);
}

/* target += b (phi_t/a - (s^2/a^2) dS - phi_0), mode by mode; see prepare. */
static PetscErrorCode mix_in_force(matching *t, const sq_diffusion_model *model, double a, double s,
                                   const double *noise, double *target)
{
  PetscFunctionBeginUser;
  int64_t volume = t->numbers;
  sq_field_from_block(t->phi, target);
  PetscCall(sq_halo_exchange(t->halo, t->phi->data));
  model->action.type->smooth->force(&model->action, t->phi, t->noise);
  /* phi_t/a - (s^2/a^2) dS - phi_0, with dS = -force */
  for (int64_t i = 0; i < volume; i++) t->noise[i] = s / a * noise[i] + s * s / (a * a) * t->noise[i];
  for (int64_t o = 0; o < t->fft->orbits.count; o++) t->filter[o] = a * a / (a * a + s * s * model->force_power[o]);
  PetscCall(filter_field(t, t->noise, t->noise));
  for (int64_t i = 0; i < volume; i++) target[i] += t->noise[i];
  PetscFunctionReturn(0);
}

/* Of entry b of the microbatch at a place. */
static void set_level(matching *t, int b, int place, double level)
{
  const sq_scan *scan = &t->model->scan;
  double *at = t->level + b * (1 + scan->axes);
  at[0] = level;
  sq_scan_position(scan, &t->place[place].action, at + 1);
}

/* Fills entry b of the microbatch from a clean field of a place (sign: +-1), level position u and a stream of noise:
 * the noisy field, its Wiener solution and the network's target (T - W phi_t)/c_out, T = phi_0 + b (phi_t/a - (s^2/a^2)
 * dS - phi_0), b = 1/(1 + s^2 A/a^2): the mixture of the two unbiased targets with the least variance, mode by mode
 * (target score matching, arXiv:2402.08667). */
static PetscErrorCode prepare(matching *t, int b, int place, const double *clean, double sign, double u,
                              sq_stream stream, uint64_t step)
{
  PetscFunctionBeginUser;
  const sq_diffusion_model *model = &t->place[place];
  int64_t volume = t->numbers;
  double a = 1, s = model->s_min * pow(model->s_max / model->s_min, u);
  double *noisy = t->noisy + b * volume, *filtered = t->filtered + b * volume, *target = t->target + b * volume;
  sq_diffusion_model_scales scales = sq_diffusion_model_scales_at(model, a, s);
  t->c_in[b] = scales.c_in, t->c_w[b] = scales.c_w, t->c_out[b] = scales.c_out;
  set_level(t, b, place, scales.level);
  t->share[b] = share_at(t, place, s, scales.c_out);
  for (int64_t i = 0; i < volume; i++) target[i] = sign * clean[i];
  sq_block_random(t->fft->lattice, t->components, sq_rng_normals, stream, step, 0, filtered);
  for (int64_t i = 0; i < volume; i++) noisy[i] = a * target[i] + s * filtered[i];
  if (model->mixed) PetscCall(mix_in_force(t, model, a, s, filtered, target));
  sq_wiener_filter(t->fft->orbits.count, model->propagator, a, s, t->filter);
  PetscCall(filter_field(t, noisy, filtered));
  for (int64_t i = 0; i < volume; i++) target[i] = (target[i] - filtered[i]) / scales.c_out;
  PetscFunctionReturn(0);
}

/* Runs the network on the first count prepared entries; adds their squared errors, as they count, to sum and leaves
 * factor * d(sum)/dF in out. */
static PetscErrorCode compare(matching *t, int count, double factor, sq_sum *sum)
{
  PetscFunctionBeginUser;
  int64_t volume = t->numbers;
  PetscCall(sq_network_forward(t->network, count, (const double *[]){t->noisy, t->filtered},
                               (const double *[]){t->c_in, t->c_w}, t->level, &t->out));
  for (int64_t i = 0; i < count * volume; i++) {
    double error = t->out[i] - t->target[i], share = t->share[i / volume];
    sq_sum_add(sum, share * error * error);
    t->out[i] = 2 * factor * share * error;
  }
  PetscFunctionReturn(0);
}

/* ---- the objective ---- */

/* Entry e of a data set, the places in turns: its field, which is of that place. */
static const double *entry(const matching *t, const sq_dataset *data, int64_t e, int *place)
{
  *place = (int)(e % t->places);
  return data->blocks + (*place * (data->count / t->places) + e / t->places) * t->numbers;
}

/* A random symmetry of the lattice: reflections, and exchanges of directions of equal extent. */
static void draw_symmetry(const sq_lattice *lattice, sq_stream stream, uint64_t site, uint64_t step,
                          int map[SQ_NN_TAPS])
{
  int axis[SQ_DIM] = {0, 1, 2, 3}, sign[SQ_DIM] = {1, 1, 1, 1};
  for (int mu = lattice->first_dir; mu < SQ_DIM; mu++) {
    int equal[SQ_DIM], count = 0;
    uint32_t word[4];
    sq_rng_block(stream, site, step, (uint16_t)(DRAW_SYMMETRY + mu), word);
    for (int nu = mu; nu < SQ_DIM; nu++)
      if (lattice->extent[nu] == lattice->extent[mu]) equal[count++] = nu;
    int other = equal[(uint64_t)word[0] * (uint64_t)count >> 32], was = axis[mu];
    axis[mu] = axis[other];
    axis[other] = was;
    sign[mu] = word[1] & 1 ? 1 : -1;
  }
  sq_nn_tap_map(lattice->dim, axis, sign, map);
}

static PetscErrorCode turn(void *self, const sq_microbatch *m, bool back, const float *from, float *to)
{
  PetscFunctionBeginUser;
  matching *t = self;
  int map[SQ_NN_TAPS];
  draw_symmetry(t->fft->lattice, sq_stream_make(t->options.seed, SQ_RNG_BATCH, 0), (uint64_t)m->first,
                (uint64_t)m->step, map);
  PetscCall(sq_network_turn(&t->model->shape, map, back, from, to));
  PetscFunctionReturn(0);
}

static PetscErrorCode evaluate(void *self, const sq_microbatch *m, const float *weight, sq_sum *loss, float *gradient)
{
  PetscFunctionBeginUser;
  matching *t = self;
  const sq_lattice *lattice = t->fft->lattice;
  sq_stream draws = sq_stream_make(t->options.seed, SQ_RNG_BATCH, 0);
  uint64_t step = (uint64_t)m->step;
  for (int b = 0; b < m->count; b++) {
    int place;
    uint64_t slot = (uint64_t)(m->first + b);
    uint32_t field = sq_rng_index(draws, slot, step, DRAW_FIELD, (uint32_t)t->training->count);
    const double *clean = entry(t, t->training, field, &place);
    double u = level_at(
      t, place, ((double)slot + sq_rng_uniform(draws, slot, step, DRAW_LEVEL)) / (double)m->total); /* stratified */
    double sign = sq_action_symmetry(&t->model->action, sq_rng_uniform(draws, slot, step, DRAW_FLIP)).factor;
    PetscCall(prepare(t, b, place, clean, sign, u, sq_stream_make(t->options.seed, SQ_RNG_NOISE, slot), step));
  }
  sq_network_load(t->network, weight);
  PetscCall(compare(t, m->count, 1 / ((double)m->total * (double)(t->components * lattice->volume)), loss));
  PetscCall(sq_network_backward(t->network, (const double *[]){t->out}, NULL, gradient));
  PetscFunctionReturn(0);
}

static PetscErrorCode validate(void *self, const sq_microbatch *m, const float *weight, sq_sum *loss)
{
  PetscFunctionBeginUser;
  matching *t = self;
  for (int b = 0; b < m->count; b++) {
    int place;
    uint64_t slot = (uint64_t)(m->first + b);
    const double *clean = entry(t, t->testing, m->first + b, &place);
    double x = ((double)slot + 0.5) / (double)m->total, u = t->options.schedule.type ? level_at(t, place, x) : x;
    PetscCall(prepare(t, b, place, clean, 1, u, sq_stream_make(t->options.seed, SQ_RNG_VALIDATION, slot), 0));
  }
  sq_network_load(t->network, weight);
  PetscCall(compare(t, m->count, 0, loss));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_score_matching_create(sq_fft *fft, const sq_train_options *options, const sq_dataset *training,
                                        const sq_dataset *testing, const sq_diffusion_model *model,
                                        sq_objective *objective)
{
  PetscFunctionBeginUser;
  matching *t;
  int micro = (int)PetscMin((int64_t)sq_network_batch(&model->shape, fft->lattice->volume), options->learner.batch);
  PetscCall(sq_action_need(&model->action, SQ_ABLE_FIELDS, "learning by a diffusion model"));
  PetscCall(sq_alloc(1, &t));
  t->fft = fft;
  t->components = sq_network_components(&model->shape);
  t->numbers = t->components * fft->lattice->local_volume;
  t->options = *options;
  t->training = training;
  t->testing = testing;
  t->model = model;
  t->place = model->place ? model->place : model;
  t->places = PetscMax(1, sq_scan_places(&model->scan));
  PetscCall(allocate(t, micro));
  for (int place = 0; place < t->places; place++) {
    place_edges(t, place);
    set_unit(t, place);
  }
  *objective = (sq_objective){.self = t,
                              .parameters = model->parameters,
                              .held_out = testing->count,
                              .terms = t->components * fft->lattice->volume,
                              .micro = micro,
                              .evaluate = evaluate,
                              .validate = validate,
                              .turn = options->still ? NULL : turn};
  PetscFunctionReturn(0);
}

PetscErrorCode sq_score_matching_destroy(sq_objective *objective)
{
  PetscFunctionBeginUser;
  matching *t = objective->self;
  if (!t) PetscFunctionReturn(0);
  double **array[] = {&t->noisy, &t->filtered, &t->target, &t->out,   &t->c_in,   &t->c_w,
                      &t->c_out, &t->level,    &t->share,  &t->noise, &t->filter, &t->unit};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
  sq_free(&t->edge);
  PetscCall(sq_network_destroy(&t->network));
  PetscCall(sq_field_destroy(&t->phi));
  PetscCall(sq_halo_destroy(&t->halo));
  sq_free(&t);
  *objective = (sq_objective){0};
  PetscFunctionReturn(0);
}
