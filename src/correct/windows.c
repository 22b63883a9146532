/* SPDX-License-Identifier: BSD-3-Clause */
/* The windows of block moves: cut out, noised, brought down again in their blocks, weighed.
 *
 * Data: a batch of windows is [window][components][window sites]; paths have the level in front. Blocks are
 * [window][components][block sites]; `fresh` holds the new values of the blocks at the present level.
 */
#include "blocks.h"
#include <string.h>

int sq_block_results(const sq_blocks *b)
{
  return SQ_BLOCK_CHANGE + b->components;
}

sq_block_task sq_block_task_at(const sq_blocks *b, uint64_t seed, const sq_move_chain *chains, int64_t number)
{
  sq_block_task t = {.number = number / b->tiling.total, .window = number % b->tiling.total};
  int64_t begin[SQ_DIM];
  t.chain = &chains[t.number];
  sq_stream stream = sq_stream_make(seed, SQ_RNG_MOVE_PLACE, t.chain->id);
  for (int mu = 0; mu < SQ_DIM; mu++)
    begin[mu] = sq_rng_index(stream, 0, (uint64_t)t.chain->moves, (uint16_t)mu, (uint32_t)b->tiling.extent[mu]);
  sq_tiling_window(&b->tiling, begin, t.window, t.first);
  return t;
}

/* Standard normal noise of one window at one level of one move. */
static void draw(const sq_blocks *b, uint64_t seed, sq_rng_purpose purpose, const sq_block_task *t, int level,
                 int64_t numbers)
{
  uint64_t step = (uint64_t)t->chain->moves * (uint64_t)(b->levels->steps + 1) + (uint64_t)level;
  sq_rng_normals(sq_stream_make(seed, purpose, t->chain->id), (uint64_t)(t->window * b->W), numbers, step, 0, b->noise);
}

/* block = the block's part of a window. */
static void take_block(const sq_blocks *b, const double *window, double *block)
{
  const int64_t sites = b->tiling.block_sites;
  for (int64_t x = 0; x < b->B; x++)
    block[x] = window[x / sites * b->tiling.window_sites + b->kernel.inside[x % sites]];
}

/* The modes of a block, component by component, and back. */
static void to_modes(const sq_blocks *b, const double *block, double *mode)
{
  for (int64_t x = 0; x < b->B; x += b->tiling.block_sites) sq_block_modes(&b->kernel, block + x, mode + x);
}

static void to_values(const sq_blocks *b, const double *mode, double *block)
{
  for (int64_t x = 0; x < b->B; x += b->tiling.block_sites) sq_block_values(&b->kernel, mode + x, block + x);
}

/* ---- one window ---- */

/* The way up of window i of the batch: its path, and -log q of the block's. */
static PetscErrorCode ascend(sq_blocks *b, uint64_t seed, int depth, int i, const sq_block_task *t)
{
  PetscFunctionBeginUser;
  const int64_t W = b->W, B = b->B, sites = b->tiling.window_sites;
  for (int c = 0; c < b->components; c++)
    sq_tiling_cut(&b->tiling, t->first, b->fields + (t->number * b->components + c) * b->lattice->volume,
                  b->path + i * W + c * sites);
  for (int k = 1; k <= depth; k++) {
    const sq_reverse_step step = sq_reverse_step_at(b->levels, k);
    draw(b, seed, SQ_RNG_MOVE_FORWARD, t, k, W);
    sq_forward_step(&step, W, b->path + ((k - 1) * b->batch + i) * W, b->noise, b->path + (k * b->batch + i) * W);
    take_block(b, b->noise, b->phi);
    for (int64_t x = 0; x < B; x++) sq_sum_add(&b->log_ratio[i], 0.5 * b->phi[x] * b->phi[x]);
  }
  for (int c = 0; c < b->components; c++)
    PetscCall(sq_block_pull(&b->kernel, b->score->fft, b->path + i * W + c * sites, b->window,
                            b->pull + i * B + c * b->tiling.block_sites));
  take_block(b, b->path + (depth * b->batch + i) * W, b->fresh + i * B);
  PetscFunctionReturn(0);
}

/* The kernel of the step down from level k, given a window's field there and its denoised one: b->mean and b->variance.
 */
static PetscErrorCode kernel_at(sq_blocks *b, int k, int i, const double *noisy, const double *clean)
{
  PetscFunctionBeginUser;
  const int64_t sites = b->tiling.block_sites;
  PetscCall(sq_score_filter(b->score, b->filter, 1, noisy, b->window));
  take_block(b, b->window, b->mean);
  take_block(b, clean, b->phi);
  for (int64_t x = 0; x < b->B; x++) b->phi[x] -= b->mean[x];
  to_modes(b, b->phi, b->extra);
  take_block(b, noisy, b->window);
  to_modes(b, b->window, b->phi);
  for (int64_t x = 0; x < b->B; x += sites)
    sq_block_step(&b->kernel, b->levels, k, b->phi + x, b->pull + i * b->B + x, b->extra + x, b->mean + x,
                  b->variance + x);
  PetscFunctionReturn(0);
}

/* Adds log p of the old step from level k down. */
static void weigh_old(sq_blocks *b, int k, int i)
{
  take_block(b, b->path + ((k - 1) * b->batch + i) * b->W, b->phi);
  to_modes(b, b->phi, b->extra);
  for (int64_t m = 0; m < b->B; m++)
    sq_sum_add(&b->log_ratio[i], -0.5 * (b->extra[m] - b->mean[m]) * (b->extra[m] - b->mean[m]) / b->variance[m]);
}

/* The new step, with its log q - log p. */
static void step_down(sq_blocks *b, uint64_t seed, int k, int i, const sq_block_task *t)
{
  const sq_reverse_step step = sq_reverse_step_at(b->levels, k);
  const int64_t B = b->B;
  double *fresh = b->fresh + i * B;
  draw(b, seed, SQ_RNG_MOVE_REVERSE, t, k, B);
  to_modes(b, b->noise, b->extra);
  for (int64_t m = 0; m < B; m++) b->mean[m] += sqrt(b->variance[m]) * b->extra[m];
  to_values(b, b->mean, b->phi);
  for (int64_t x = 0; x < B; x++) {
    double jump = fresh[x] - step.r * b->phi[x];
    sq_sum_add(&b->log_ratio[i], 0.5 * (b->noise[x] * b->noise[x] - jump * jump / step.v));
    fresh[x] = b->phi[x];
  }
}

/* The new window at a level: the old path's rim around the new block. */
static void assemble(const sq_blocks *b, int k, int i, double *window)
{
  const int64_t W = b->W, sites = b->tiling.block_sites;
  memcpy(window, b->path + (k * b->batch + i) * W, (size_t)W * sizeof *window);
  for (int64_t x = 0; x < b->B; x++)
    window[x / sites * b->tiling.window_sites + b->kernel.inside[x % sites]] = b->fresh[i * b->B + x];
}

/* Adds S(old) - S(new); the change of sum phi of each component. What lies outside the window does not touch the block
 * and cancels, and so do the links that close the window. */
static PetscErrorCode weigh_window(sq_blocks *b, int i, double *change)
{
  PetscFunctionBeginUser;
  const int64_t sites = b->tiling.block_sites;
  const double *old = b->path + i * b->W;
  sq_sum before = {{0}}, after = {{0}};
  assemble(b, 0, i, b->window);
  PetscCall(sq_energy_add(&b->energy, old, &before));
  PetscCall(sq_energy_add(&b->energy, b->window, &after));
  sq_sum_subtract(&before, &after);
  sq_sum_merge(&b->log_ratio[i], &before);
  take_block(b, old, b->phi);
  for (int c = 0; c < b->components; c++) {
    sq_sum sum = {{0}};
    for (int64_t x = c * sites; x < (c + 1) * sites; x++) sq_sum_add(&sum, b->fresh[i * b->B + x] - b->phi[x]);
    change[c] = sq_sum_value(&sum);
  }
  PetscFunctionReturn(0);
}

/* ---- a batch of windows ---- */

/* From level k to k - 1; at the top old and new are one field. */
static PetscErrorCode descend(sq_blocks *b, uint64_t seed, int k, bool top, int count, const sq_block_task *t)
{
  PetscFunctionBeginUser;
  const int64_t W = b->W;
  const double *new = top ? b->clean : b->clean + count *W, *noisy_new = top ? b->noisy : b->noisy + count *W;
  memcpy(b->noisy, b->path + k * b->batch * W, (size_t)(count * W) * sizeof *b->noisy);
  for (int i = 0; i < count && !top; i++) assemble(b, k, i, b->noisy + (count + i) * W);
  PetscCall(
    b->score->denoise(b->score->self, b->levels->a[k], b->levels->s[k], top ? count : 2 * count, b->noisy, b->clean));
  const sq_orbits *orbits = &b->score->fft->orbits;
  for (int64_t o = 0; o < orbits->count; o++)
    b->filter[o] = b->levels->a[k] / (pow(b->levels->a[k], 2) + pow(b->levels->s[k], 2) * b->kernel.precision[o]);
  for (int i = 0; i < count; i++) {
    PetscCall(kernel_at(b, k, i, b->noisy + i * W, b->clean + i * W));
    weigh_old(b, k, i);
    PetscCall(kernel_at(b, k, i, noisy_new + i * W, new + i *W));
    step_down(b, seed, k, i, &t[i]);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_block_tasks(sq_blocks *b, uint64_t seed, int depth, const sq_move_chain *chains, int64_t first,
                              int count)
{
  PetscFunctionBeginUser;
  const int64_t B = b->B;
  sq_block_task *t;
  PetscCall(sq_alloc(count, &t));
  memset(b->log_ratio, 0, (size_t)count * sizeof *b->log_ratio);
  for (int i = 0; i < count; i++) {
    t[i] = sq_block_task_at(b, seed, chains, first + i);
    PetscCall(ascend(b, seed, depth, i, &t[i]));
  }
  for (int k = depth; k >= 1; k--) PetscCall(descend(b, seed, k, k == depth, count, t));
  for (int i = 0; i < count; i++) {
    double *result = b->result + (first + i) * (B + sq_block_results(b));
    PetscCall(weigh_window(b, i, &result[B + SQ_BLOCK_CHANGE]));
    memcpy(result, b->fresh + i * B, (size_t)B * sizeof *result);
    result[B + SQ_BLOCK_LOG_RATIO] = sq_sum_value(&b->log_ratio[i]);
  }
  sq_free(&t);
  PetscFunctionReturn(0);
}
