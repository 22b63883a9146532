/* Denoising score matching; see the header. A step: every replica takes its microbatches, draws and noises their
 * fields, runs the network forward and backward, rounds the gradient to integers; one allreduce; Adam on every rank
 * alike. */
#include "squall/train.h"
#include <math.h>
#include <string.h>

enum { BINS = 64 }; /* of the density of levels */
enum { DRAW_FIELD, DRAW_LEVEL, DRAW_FLIP, DRAW_SYMMETRY };

struct sq_trainer {
  const sq_grid *grid;
  sq_fft *fft;
  sq_train_options options;
  const sq_dataset *data;
  sq_diffusion_model *model;
  sq_network *network;
  int micro; /* fields of a microbatch */
  int64_t step;
  double *weight, *first, *second, *average, *gradient; /* [parameters] */
  int64_t *total;                                       /* [parameters] the gradient in units of 2^-40 */
  float *straight, *turned, *dturned, *dstraight;       /* [parameters] */
  double *noisy, *filtered, *target, *out;              /* [micro][local_volume] */
  double *c_in, *c_w, *c_out, *level, *share;           /* [micro]; share: of the loss */
  double unit;                                          /* what makes shares 1 on average */
  double edge[BINS + 1];                                /* levels u at equal shares of what is drawn */
  double *noise, *filter;                               /* [local_volume], [orbits] */
  sq_field *phi;
  sq_halo *halo;
};

static PetscErrorCode allocate(sq_trainer *t)
{
  PetscFunctionBeginUser;
  int64_t volume = t->fft->lattice->local_volume, parameters = t->model->parameters;
  double **per_weight[] = {&t->weight, &t->first, &t->second, &t->average, &t->gradient};
  float **floats[] = {&t->straight, &t->turned, &t->dturned, &t->dstraight};
  double **per_field[] = {&t->noisy, &t->filtered, &t->target, &t->out},
         **numbers[] = {&t->c_in, &t->c_w, &t->c_out, &t->level, &t->share};
  for (int i = 0; i < 5; i++) PetscCall(sq_alloc(parameters, per_weight[i]));
  for (int i = 0; i < 4; i++) PetscCall(sq_alloc(parameters, floats[i]));
  for (int i = 0; i < 4; i++) PetscCall(sq_alloc(t->micro * volume, per_field[i]));
  for (int i = 0; i < 5; i++) PetscCall(sq_alloc(t->micro, numbers[i]));
  PetscCall(sq_alloc(parameters, &t->total));
  PetscCall(sq_alloc(volume, &t->noise));
  PetscCall(sq_alloc(t->fft->orbits.count, &t->filter));
  PetscFunctionReturn(0);
}

/* The path weight loses 1/2 int d(1/s^2) E|D - D*|^2 nats: per log s, c_out^2/s^2 times the loss. Levels are drawn with
 * a density of which the share `focus` is proportional to the square root of that, the variance's optimum for errors of
 * like size; the rest is uniform. */
static void place_edges(sq_trainer *t)
{
  const sq_diffusion_model *m = t->model;
  double density[BINS], total = 0, sum = 0;
  for (int i = 0; i < BINS; i++) {
    double s = m->s_min * pow(m->s_max / m->s_min, (i + 0.5) / BINS);
    density[i] = sq_diffusion_model_scales_at(m, 1, s).c_out / s;
    total += density[i];
  }
  for (int i = 0; i < BINS; i++) density[i] = (1 - t->options.focus) / BINS + t->options.focus * density[i] / total;
  for (int i = 0, k = 0; i < BINS; i++) {
    for (; k <= BINS && (double)k / BINS <= sum + density[i]; k++)
      t->edge[k] = (i + ((double)k / BINS - sum) / density[i]) / BINS;
    sum += density[i];
  }
  t->edge[BINS] = 1;
}

/* The level at a share x of what is drawn, 0 <= x < 1. */
static double level_at(const sq_trainer *t, double x)
{
  const sq_diffusion_model *m = t->model;
  const sq_schedule *schedule = &t->options.schedule;
  if (schedule->type)
    return log(sq_schedule_ratio(schedule, sq_schedule_draw(schedule, m->s_min, x)) / m->s_min) /
           log(m->s_max / m->s_min);
  int k = (int)(x * BINS);
  return t->edge[k] + (x * BINS - k) * (t->edge[k + 1] - t->edge[k]);
}

/* By how much the square of an error of F counts at noise s: an error of F is one of c_out in D. */
static double share_at(const sq_trainer *t, double s, double c_out)
{
  double clean, noisy;
  if (!t->options.loss) return 1;
  t->options.loss->coefficients(1, s, &clean, &noisy);
  return t->unit * clean * clean * c_out * c_out;
}

static void set_unit(sq_trainer *t)
{
  enum { DRAWS = 1000 };
  const sq_diffusion_model *m = t->model;
  double sum = 0;
  t->unit = 1;
  for (int i = 0; i < DRAWS; i++) {
    double s = m->s_min * pow(m->s_max / m->s_min, level_at(t, (i + 0.5) / DRAWS));
    sum += share_at(t, s, sq_diffusion_model_scales_at(m, 1, s).c_out);
  }
  t->unit = DRAWS / sum;
}

PetscErrorCode sq_trainer_create(const sq_grid *grid, sq_fft *fft, const sq_train_options *options,
                                 const sq_dataset *data, sq_diffusion_model *model, sq_trainer **trainer)
{
  PetscFunctionBeginUser;
  sq_trainer *t;
  PetscCall(sq_action_need_force(&model->action, "training a diffusion model"));
  PetscCall(sq_alloc(1, &t));
  t->grid = grid;
  t->fft = fft;
  t->options = *options;
  t->data = data;
  t->model = model;
  t->micro = sq_score_batch(&model->shape, fft->lattice->volume);
  if (t->micro > options->batch) t->micro = (int)options->batch;
  PetscCall(allocate(t));
  place_edges(t);
  set_unit(t);
  memcpy(t->weight, model->weight, (size_t)model->parameters * sizeof(double));
  memcpy(t->average, model->weight, (size_t)model->parameters * sizeof(double));
  PetscCall(sq_network_create(fft->lattice, &model->shape, t->micro, true, &t->network));
  PetscCall(sq_field_create(fft->lattice, 1, &t->phi));
  PetscCall(sq_halo_create_field(t->phi, SQ_HALO_FACES, &t->halo));
  *trainer = t;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_trainer_destroy(sq_trainer **trainer)
{
  PetscFunctionBeginUser;
  sq_trainer *t = *trainer;
  if (!t) PetscFunctionReturn(0);
  double **doubles[] = {&t->weight,   &t->first,  &t->second, &t->average, &t->gradient, &t->noisy,
                        &t->filtered, &t->target, &t->out,    &t->c_in,    &t->c_w,      &t->c_out,
                        &t->level,    &t->share,  &t->noise,  &t->filter};
  float **floats[] = {&t->straight, &t->turned, &t->dturned, &t->dstraight};
  for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) sq_free(doubles[i]);
  for (int i = 0; i < 4; i++) sq_free(floats[i]);
  sq_free(&t->total);
  PetscCall(sq_network_destroy(&t->network));
  PetscCall(sq_field_destroy(&t->phi));
  PetscCall(sq_halo_destroy(&t->halo));
  sq_free(trainer);
  PetscFunctionReturn(0);
}

int64_t sq_trainer_steps(const sq_trainer *trainer)
{
  return trainer->step;
}

int64_t sq_trainer_length(const sq_trainer *trainer)
{
  return trainer->options.steps;
}

void sq_trainer_set_length(sq_trainer *trainer, int64_t steps, double average)
{
  trainer->options.steps = steps;
  trainer->options.average = average;
}

/* ---- one field: noise, Wiener solution, target ---- */

/* target += b (phi_t/a - (s^2/a^2) dS - phi_0), mode by mode; see prepare. */
static PetscErrorCode mix_in_force(sq_trainer *t, double a, double s, const double *noise, double *target)
{
  PetscFunctionBeginUser;
  int64_t volume = t->fft->lattice->local_volume;
  sq_field_from_block(t->phi, target);
  PetscCall(sq_halo_exchange(t->halo, t->phi->data));
  t->model->action.type->smooth->force(&t->model->action, t->phi, t->noise);
  /* phi_t/a - (s^2/a^2) dS - phi_0, with dS = -force */
  for (int64_t i = 0; i < volume; i++) t->noise[i] = s / a * noise[i] + s * s / (a * a) * t->noise[i];
  for (int64_t o = 0; o < t->fft->orbits.count; o++) t->filter[o] = a * a / (a * a + s * s * t->model->force_power[o]);
  PetscCall(sq_fft_filter(t->fft, t->filter, t->noise, t->noise));
  for (int64_t i = 0; i < volume; i++) target[i] += t->noise[i];
  PetscFunctionReturn(0);
}

/* Fills entry b of the microbatch from a clean field (sign: +-1), level position u and a stream of noise: the noisy
 * field, its Wiener solution and the network's target (T - W phi_t)/c_out, T = phi_0 + b (phi_t/a - (s^2/a^2) dS -
 * phi_0), b = 1/(1 + s^2 A/a^2): the mixture of the two unbiased targets with the least variance, mode by mode (target
 * score matching, arXiv:2402.08667). */
static PetscErrorCode prepare(sq_trainer *t, int b, const double *clean, double sign, double u, sq_stream stream,
                              uint64_t step)
{
  PetscFunctionBeginUser;
  const sq_diffusion_model *model = t->model;
  int64_t volume = t->fft->lattice->local_volume;
  double a = 1, s = model->s_min * pow(model->s_max / model->s_min, u);
  double *noisy = t->noisy + b * volume, *filtered = t->filtered + b * volume, *target = t->target + b * volume;
  sq_diffusion_model_scales scales = sq_diffusion_model_scales_at(model, a, s);
  t->c_in[b] = scales.c_in, t->c_w[b] = scales.c_w, t->c_out[b] = scales.c_out, t->level[b] = scales.level;
  t->share[b] = share_at(t, s, scales.c_out);
  for (int64_t i = 0; i < volume; i++) target[i] = sign * clean[i];
  sq_block_normals(t->fft->lattice, stream, step, 0, filtered);
  for (int64_t i = 0; i < volume; i++) noisy[i] = a * target[i] + s * filtered[i];
  if (model->mixed) PetscCall(mix_in_force(t, a, s, filtered, target));
  sq_wiener_filter(t->fft->orbits.count, model->propagator, a, s, t->filter);
  PetscCall(sq_fft_filter(t->fft, t->filter, noisy, filtered));
  for (int64_t i = 0; i < volume; i++) target[i] = (target[i] - filtered[i]) / scales.c_out;
  PetscFunctionReturn(0);
}

/* Runs the network on the first count prepared entries; adds their squared errors, as they count, to sum and leaves
 * weight * d(sum)/dF in out. */
static PetscErrorCode evaluate(sq_trainer *t, int count, double weight, sq_sum *sum)
{
  PetscFunctionBeginUser;
  int64_t volume = t->fft->lattice->local_volume;
  PetscCall(sq_network_forward(t->network, count, (const double *[]){t->noisy, t->filtered},
                               (const double *[]){t->c_in, t->c_w}, t->level, &t->out));
  for (int64_t i = 0; i < count * volume; i++) {
    double error = t->out[i] - t->target[i], share = t->share[i / volume];
    sq_sum_add(sum, share * error * error);
    t->out[i] = 2 * weight * share * error;
  }
  PetscFunctionReturn(0);
}

/* ---- one step ---- */

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

static PetscErrorCode microbatch(sq_trainer *t, int64_t first, int count, sq_sum *loss)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = t->fft->lattice;
  sq_stream draws = sq_stream_make(t->options.seed, SQ_RNG_BATCH, 0);
  uint64_t step = (uint64_t)t->step;
  int map[SQ_NN_TAPS];
  for (int b = 0; b < count; b++) {
    uint64_t slot = (uint64_t)(first + b);
    uint32_t field = sq_rng_index(draws, slot, step, DRAW_FIELD, (uint32_t)t->data->count);
    double u = level_at(t, ((double)slot + sq_rng_uniform(draws, slot, step, DRAW_LEVEL)) /
                             (double)t->options.batch); /* stratified */
    double sign = sq_action_symmetry(&t->model->action, sq_rng_uniform(draws, slot, step, DRAW_FLIP)).factor;
    PetscCall(prepare(t, b, t->data->blocks + field * lattice->local_volume, sign, u,
                      sq_stream_make(t->options.seed, SQ_RNG_NOISE, slot), step));
  }
  draw_symmetry(lattice, draws, (uint64_t)first, step, map);
  PetscCall(sq_network_turn(&t->model->shape, map, false, t->straight, t->turned));
  sq_network_load(t->network, t->turned);
  PetscCall(evaluate(t, count, 1 / ((double)t->options.batch * (double)lattice->volume), loss));
  memset(t->dturned, 0, (size_t)t->model->parameters * sizeof(float));
  memset(t->dstraight, 0, (size_t)t->model->parameters * sizeof(float));
  PetscCall(sq_network_backward(t->network, (const double *[]){t->out}, NULL, t->dturned));
  PetscCall(sq_network_turn(&t->model->shape, map, true, t->dturned, t->dstraight));
  PetscFunctionReturn(0);
}

/* Adds the microbatch's gradient in units of 2^-40; false if it does not fit (or is not a number). */
static bool add_rounded(int64_t count, const float *gradient, int64_t *total)
{
  bool fits = true;
  for (int64_t i = 0; i < count; i++) {
    float g = gradient[i];
    bool ok = g > -0x1p16f && g < 0x1p16f; /* 2^6 microbatches of 2^56 fit */
    fits = fits && ok;
    total[i] += ok ? (int64_t)((double)g * 0x1p40) : 0;
  }
  return fits;
}

static double learning_rate(const sq_train_options *o, int64_t step)
{
  double rise = step < o->warm_up ? (double)(step + 1) / (double)o->warm_up : 1;
  double fall = 0.5 * (1 + cos(M_PI * fmin(1, (double)step / (double)o->steps)));
  return o->learning_rate * rise * (o->final_rate + (1 - o->final_rate) * fall);
}

PetscErrorCode sq_trainer_step(sq_trainer *t, sq_train_record *record)
{
  PetscFunctionBeginUser;
  int64_t parameters = t->model->parameters, pieces = (t->options.batch + t->micro - 1) / t->micro, first, count;
  sq_sum loss = {{0}};
  bool fits = true, bad;
  memset(t->total, 0, (size_t)parameters * sizeof *t->total);
  for (int64_t i = 0; i < parameters; i++) t->straight[i] = (float)t->weight[i];
  sq_share(pieces, t->grid->replicas, t->grid->replica, &first, &count);
  for (int64_t m = first; m < first + count; m++) {
    int64_t left = t->options.batch - m * t->micro;
    PetscCall(microbatch(t, m * t->micro, (int)(left < t->micro ? left : t->micro), &loss));
    fits = add_rounded(parameters, t->dstraight, t->total) && fits;
  }
  PetscCall(sq_sum_reduce(t->grid->world, 1, &loss));
  PetscCall(sq_any_true(t->grid->world, !fits, &bad));
  double mean = sq_sum_value(&loss) / ((double)t->options.batch * (double)t->fft->lattice->volume);
  SqCheck(!bad && isfinite(mean), t->grid->world, SQ_ERR_DATA,
          "training diverged at step %lld (loss %g): lower train.learning_rate", (long long)t->step, mean);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, t->total, (int)parameters, MPI_INT64_T, MPI_SUM, t->grid->world));
  for (int64_t i = 0; i < parameters; i++) t->gradient[i] = (double)t->total[i] * 0x1p-40;
  sq_adam adam = {learning_rate(&t->options, t->step), 0.9, 0.99, 1e-9, t->options.clip};
  record->loss = mean;
  record->learning_rate = adam.learning_rate;
  t->step++;
  record->gradient_norm = sq_adam_step(&adam, parameters, t->step, t->weight, t->first, t->second, t->gradient);
  double memory = fmin(t->options.average, 0.1 * (double)t->step); /* a young average forgets faster */
  sq_average(parameters, memory / (memory + 1), t->weight, t->average);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_trainer_validate(sq_trainer *t, const sq_dataset *data, int64_t count, double *loss)
{
  PetscFunctionBeginUser;
  int64_t volume = t->fft->lattice->local_volume, first, mine;
  sq_sum sum = {{0}};
  if (count > data->count) count = data->count;
  for (int64_t i = 0; i < t->model->parameters; i++) t->straight[i] = (float)t->average[i];
  sq_network_load(t->network, t->straight);
  sq_share(count, t->grid->replicas, t->grid->replica, &first, &mine);
  for (int64_t at = first; at < first + mine; at += t->micro) {
    int fields = (int)(first + mine - at < t->micro ? first + mine - at : t->micro);
    for (int b = 0; b < fields; b++) {
      uint64_t slot = (uint64_t)(at + b);
      double x = ((double)slot + 0.5) / (double)count, u = t->options.schedule.type ? level_at(t, x) : x;
      PetscCall(prepare(t, b, data->blocks + (at + b) * volume, 1, u,
                        sq_stream_make(t->options.seed, SQ_RNG_VALIDATION, slot), 0));
    }
    PetscCall(evaluate(t, fields, 0, &sum));
  }
  PetscCall(sq_sum_reduce(t->grid->world, 1, &sum));
  *loss = sq_sum_value(&sum) / ((double)count * (double)t->fft->lattice->volume);
  PetscFunctionReturn(0);
}

/* ---- state ---- */

void sq_trainer_average(const sq_trainer *trainer, sq_diffusion_model *model)
{
  memcpy(model->weight, trainer->average, (size_t)model->parameters * sizeof(double));
}

static const char *const state_names[] = {"state_weight", "state_first", "state_second", "state_average"};

PetscErrorCode sq_trainer_put(const sq_trainer *t, sq_store *store)
{
  PetscFunctionBeginUser;
  const double *state[] = {t->weight, t->first, t->second, t->average};
  PetscCall(sq_store_put_int(store, "state_step", t->step));
  PetscCall(sq_store_put_int(store, "state_length", t->options.steps));
  PetscCall(sq_store_put_real(store, "state_memory", t->options.average));
  for (int i = 0; i < 4; i++) PetscCall(sq_store_put_reals(store, state_names[i], 1, &t->model->parameters, state[i]));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_trainer_get(sq_trainer *t, const sq_store *store)
{
  PetscFunctionBeginUser;
  double *state[] = {t->weight, t->first, t->second, t->average};
  PetscCall(sq_store_int(store, "state_step", &t->step));
  PetscCall(sq_store_int(store, "state_length", &t->options.steps));
  PetscCall(sq_store_real(store, "state_memory", &t->options.average));
  for (int i = 0; i < 4; i++) {
    const double *values;
    PetscCall(sq_store_reals(store, state_names[i], t->model->parameters, &values));
    memcpy(state[i], values, (size_t)t->model->parameters * sizeof *values);
  }
  PetscFunctionReturn(0);
}
