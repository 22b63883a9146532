/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole-field moves: forward to a level, another way back, one decision.
 *
 * Data: paths are [level][chain][numbers], level 0 the present fields, numbers those of a field on this rank. Old and
 * new fields of a level are denoised in one call, as a batch of twice the chains; at the top they are the same, and one
 * will do: 2 m - 1 evaluations for a move of depth m.
 */
#include "energy.h"
#include <math.h>
#include <string.h>

typedef struct {
  const sq_sampler *sampler;
  sq_energy energy;
  int components;
  int64_t numbers;
  int64_t count; /* chains that there is memory for */
  double *path, *noisy, *clean,
    *fresh; /* [steps + 1][count][numbers], [2 count][numbers] x 2: old fields, then new ones; [count][numbers] */
  double *noise, *coloured; /* [numbers] */
  double *filter, *whiten;  /* [orbits] sqrt(C), 1/sqrt(C) */
  int sums;                 /* for a chain */
  sq_sum *sum;              /* [sums][count] */
} whole;

/* Of log w'/w; then of sum phi of each component its change; then what each was. */
enum { LOG_RATIO, CHANGE };

static void release(whole *w)
{
  double **array[] = {&w->path, &w->noisy, &w->clean, &w->fresh};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
  sq_free(&w->sum);
}

static PetscErrorCode reserve(whole *w, int64_t count)
{
  PetscFunctionBeginUser;
  int64_t volume = w->numbers;
  if (count <= w->count) PetscFunctionReturn(0);
  release(w);
  PetscCall(sq_alloc((w->sampler->grid.steps + 1) * count * volume, &w->path));
  PetscCall(sq_alloc(2 * count * volume, &w->noisy));
  PetscCall(sq_alloc(2 * count * volume, &w->clean));
  PetscCall(sq_alloc(count * volume, &w->fresh));
  PetscCall(sq_alloc(w->sums * count, &w->sum));
  w->count = count;
  PetscFunctionReturn(0);
}

/* The step of the random numbers of a move at a level. */
static uint64_t address(const whole *w, const sq_move_chain *chain, int level)
{
  return (uint64_t)chain->moves * (uint64_t)(w->sampler->grid.steps + 1) + (uint64_t)level;
}

/* phi_k of one chain from phi_{k-1}. The old path's -log q is taken from the log-ratio: the noise itself. */
static void step_up(whole *w, uint64_t seed, const sq_move_chain *chain, int k, const double *below, double *above,
                    sq_sum *log_ratio)
{
  const sq_reverse_step step = sq_reverse_step_at(&w->sampler->grid, k);
  sq_score_normals(&w->sampler->score, sq_stream_make(seed, SQ_RNG_MOVE_FORWARD, chain->id), address(w, chain, k), 0,
                   w->noise);
  sq_forward_step(&step, w->numbers, below, w->noise, above);
  for (int64_t i = 0; i < w->numbers; i++) sq_sum_add(log_ratio, 0.5 * w->noise[i] * w->noise[i]);
}

/* Adds a term that every rank knows. */
static void add_known(const whole *w, double term, sq_sum *log_ratio)
{
  if (w->sampler->score.fft->lattice->rank == 0) sq_sum_add(log_ratio, term);
}

/* Adds log p of the old step down, up to what both paths have in common: -1/2 of the whitened distance from the mean,
 * and what the kernel's shape gains.
 */
static PetscErrorCode weigh_old(whole *w, const sq_reverse_step *step, const double *above, const double *clean,
                                const double *below, sq_sum *log_ratio)
{
  PetscFunctionBeginUser;
  for (int64_t i = 0; i < w->numbers; i++) w->noise[i] = below[i] - (step->keep * above[i] + step->take * clean[i]);
  PetscCall(sq_score_filter(&w->sampler->score, w->whiten, 1, w->noise, w->coloured));
  for (int64_t i = 0; i < w->numbers; i++) sq_sum_add(log_ratio, -0.5 * w->coloured[i] * w->coloured[i]);
  if (!w->sampler->shape) PetscFunctionReturn(0);
  double gain;
  PetscCall(sq_shape_gain(w->sampler->shape, above, clean, below, w->coloured, &gain));
  add_known(w, gain, log_ratio);
  PetscFunctionReturn(0);
}

/* coloured noise of the new step down, as the kernel's shape has it, with its terms of -log p; noise stays white. */
static PetscErrorCode colour_shaped(whole *w, const double *phi, const double *clean, sq_sum *log_ratio)
{
  PetscFunctionBeginUser;
  sq_shape *shape = w->sampler->shape;
  double *bent = w->sampler->bent, log_path = 0;
  memcpy(bent, w->noise, (size_t)w->numbers * sizeof *bent);
  PetscCall(sq_shape_bend(shape, clean, bent, log_ratio));
  PetscCall(sq_score_filter(&w->sampler->score, w->filter, 1, bent, w->coloured));
  PetscCall(sq_shape_draw_zero(shape, 1, phi, clean, bent, w->coloured, &log_path));
  add_known(w, log_path, log_ratio);
  PetscFunctionReturn(0);
}

/* The new step down, phi from level k to k - 1, with log q - log p of it. */
static PetscErrorCode step_down(whole *w, uint64_t seed, const sq_move_chain *chain, int k, const sq_reverse_step *step,
                                const double *clean, double *phi, sq_sum *log_ratio)
{
  PetscFunctionBeginUser;
  sq_score_normals(&w->sampler->score, sq_stream_make(seed, SQ_RNG_MOVE_REVERSE, chain->id), address(w, chain, k), 0,
                   w->noise);
  if (w->sampler->shape) PetscCall(colour_shaped(w, phi, clean, log_ratio));
  else PetscCall(sq_score_filter(&w->sampler->score, w->filter, 1, w->noise, w->coloured));
  for (int64_t i = 0; i < w->numbers; i++) {
    double below = step->keep * phi[i] + step->take * clean[i] + w->coloured[i], jump = phi[i] - step->r * below;
    sq_sum_add(log_ratio, 0.5 * (w->noise[i] * w->noise[i] - jump * jump / step->v));
    phi[i] = below;
  }
  PetscFunctionReturn(0);
}

/* All chains from level k to k - 1; old and new are one field at the top. */
static PetscErrorCode descend(whole *w, uint64_t seed, int k, bool top, int64_t count, const sq_move_chain *chains)
{
  PetscFunctionBeginUser;
  const sq_score *score = &w->sampler->score;
  const sq_reverse_step step = sq_reverse_step_at(&w->sampler->grid, k);
  const int64_t volume = w->numbers, fields = count * volume;
  const double *above = w->path + k * fields, *below = above - fields, *clean = w->clean + (top ? 0 : fields);
  memcpy(w->noisy, above, (size_t)fields * sizeof *above);
  if (!top) memcpy(w->noisy + fields, w->fresh, (size_t)fields * sizeof *above);
  PetscCall(score->denoise(score->self, w->sampler->grid.a[k], w->sampler->grid.s[k], (int)(top ? count : 2 * count),
                           w->noisy, w->clean));
  sq_sampler_filter(w->sampler, k, w->filter);
  for (int64_t o = 0; o < score->fft->orbits.count; o++) w->whiten[o] = 1 / w->filter[o];
  if (w->sampler->shape)
    PetscCall(sq_shape_set(w->sampler->shape, w->sampler->grid.a[k], w->sampler->grid.s[k], &step,
                           w->sampler->posterior + k * score->fft->orbits.count, w->filter));
  for (int64_t c = 0; c < count; c++) {
    sq_sum *log_ratio = &w->sum[LOG_RATIO * count + c];
    PetscCall(weigh_old(w, &step, above + c * volume, w->clean + c * volume, below + c * volume, log_ratio));
    PetscCall(step_down(w, seed, &chains[c], k, &step, clean + c * volume, w->fresh + c * volume, log_ratio));
  }
  PetscFunctionReturn(0);
}

/* The change of sum phi, and what it was where that is asked for. */
static void add_orders(whole *w, int64_t count, int64_t c, bool before, const double *old, const double *new)
{
  const int64_t sites = w->numbers / w->components;
  for (int k = 0; k < w->components; k++) {
    sq_sum *change = &w->sum[(CHANGE + k) * count + c], *was = change + w->components * count;
    for (int64_t i = k * sites; i < (k + 1) * sites; i++) sq_sum_add(change, new[i] - old[i]);
    for (int64_t i = k * sites; before && i < (k + 1) * sites; i++) sq_sum_add(was, old[i]);
  }
}

/* Adds S(old) - S(new), and the orders. */
static PetscErrorCode weigh_fields(whole *w, int64_t count, const sq_move_chain *chains)
{
  PetscFunctionBeginUser;
  int64_t volume = w->numbers;
  for (int64_t c = 0; c < count; c++) {
    const double *old = w->path + c * volume, *new = w->fresh + c *volume;
    sq_sum before = {{0}}, after = {{0}};
    PetscCall(sq_energy_add(&w->energy, old, &before));
    PetscCall(sq_energy_add(&w->energy, new, &after));
    sq_sum_subtract(&before, &after);
    sq_sum_merge(&w->sum[LOG_RATIO * count + c], &before);
    add_orders(w, count, c, chains[c].of_size, old, new);
  }
  PetscFunctionReturn(0);
}

static void decide(whole *w, uint64_t seed, int64_t count, sq_move_chain *chains)
{
  int64_t volume = w->numbers;
  for (int64_t c = 0; c < count; c++) {
    sq_move_chain *chain = &chains[c];
    double log_ratio = sq_sum_value(&w->sum[LOG_RATIO * count + c]), by[SQ_COMPONENTS], was[SQ_COMPONENTS];
    for (int k = 0; k < w->components; k++) {
      by[k] = sq_sum_value(&w->sum[(CHANGE + k) * count + c]);
      was[k] = sq_sum_value(&w->sum[(CHANGE + w->components + k) * count + c]);
    }
    const double change = sq_change_of_order(chain, w->components, was, by);
    double u = sq_rng_uniform(sq_stream_make(seed, SQ_RNG_MOVE_ACCEPT, chain->id), 0, (uint64_t)chain->moves, 0);
    if (sq_metropolis_decide(&chain->counts, log_ratio, u))
      memcpy(chain->block, w->fresh + c * volume, (size_t)volume * sizeof(double));
    if (!isnan(log_ratio)) chain->jump += fmin(1, exp(log_ratio)) * change * change;
    chain->moves++;
  }
}

static PetscErrorCode move(void *self, uint64_t seed, int depth, int64_t count, sq_move_chain *chains)
{
  PetscFunctionBeginUser;
  whole *w = self;
  int64_t volume = w->numbers, fields = count * volume;
  PetscCall(reserve(w, count));
  memset(w->sum, 0, (size_t)(w->sums * count) * sizeof *w->sum);
  for (int64_t c = 0; c < count; c++) memcpy(w->path + c * volume, chains[c].block, (size_t)volume * sizeof(double));
  for (int k = 1; k <= depth; k++)
    for (int64_t c = 0; c < count; c++)
      step_up(w, seed, &chains[c], k, w->path + (k - 1) * fields + c * volume, w->path + k * fields + c * volume,
              &w->sum[LOG_RATIO * count + c]);
  memcpy(w->fresh, w->path + depth * fields, (size_t)fields * sizeof *w->fresh);
  for (int k = depth; k >= 1; k--) PetscCall(descend(w, seed, k, k == depth, count, chains));
  PetscCall(weigh_fields(w, count, chains));
  PetscCall(sq_sum_reduce(w->sampler->score.fft->lattice->comm, (int)(w->sums * count), w->sum));
  decide(w, seed, count, chains);
  PetscFunctionReturn(0);
}

static double cost(const void *self, int depth)
{
  (void)self;
  return 2 * depth - 1;
}

static PetscErrorCode destroy(void *self)
{
  PetscFunctionBeginUser;
  whole *w = self;
  double **array[] = {&w->noise, &w->coloured, &w->filter, &w->whiten};
  release(w);
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
  PetscCall(sq_energy_destroy(&w->energy));
  sq_free(&w);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_mover_whole(const sq_sampler *sampler, const sq_action *action, sq_mover *mover)
{
  PetscFunctionBeginUser;
  whole *w;
  sq_fft *fft = sampler->score.fft;
  PetscCall(sq_alloc(1, &w));
  w->sampler = sampler;
  w->components = sq_score_components(&sampler->score);
  w->numbers = sq_score_numbers(&sampler->score);
  w->sums = 1 + 2 * w->components;
  PetscCall(sq_energy_create(fft->lattice, action, &w->energy));
  PetscCall(sq_alloc(w->numbers, &w->noise));
  PetscCall(sq_alloc(w->numbers, &w->coloured));
  PetscCall(sq_alloc(fft->orbits.count, &w->filter));
  PetscCall(sq_alloc(fft->orbits.count, &w->whiten));
  *mover = (sq_mover){
    .self = w, .depths = sampler->grid.steps, .decisions = 1, .move = move, .cost = cost, .destroy = destroy};
  PetscFunctionReturn(0);
}
