/* Block moves. A task is one window of one chain: cut out, noised, brought down again in its block, weighed. Tasks are
 * independent, shared out over the ranks of the domain, and decided by all ranks together from the results.
 *
 * Data: a batch of windows is [window][window sites]; paths have the level in front. Blocks are [window][block sites];
 * `fresh` holds the new values of the blocks at the present level. Every rank has the whole fields of its chains:
 * beside the network, exchanging 8 bytes a site a move costs nothing.
 */
#include "energy.h"
#include "tiling.h"
#include <math.h>
#include <string.h>

typedef struct {
  const sq_lattice *lattice;
  const sq_score *score;
  const sq_noise_grid *levels;
  sq_tiling tiling;
  sq_energy energy; /* of a window */
  sq_block_kernel kernel;
  int batch;
  int64_t chains;                                /* that there is memory for */
  int64_t *box;                                  /* [ranks][2][SQ_DIM] start and local of every rank */
  int *counts, *starts;                          /* [ranks] of what is gathered */
  double *fields, *packed, *result;              /* [chains][V] x 2, [tasks][block sites + RESULTS] */
  double *path, *noisy, *clean, *window;         /* [steps + 1][batch][W], [2 batch][W] x 2, [W] */
  double *filter;                                /* [orbits] the Wiener filter */
  double *pull, *fresh;                          /* [batch][B] */
  double *noise, *phi, *extra, *mean, *variance; /* [W], [B] x 4 */
  sq_sum *log_ratio;                             /* [batch] */
} blocks;

/* What a task hands over besides the new values: log w'/w, the change of sum phi. */
enum { LOG_RATIO, CHANGE, RESULTS };

/* A task: which chain, which window, where. */
typedef struct {
  const sq_move_chain *chain;
  int64_t number, window, first[SQ_DIM]; /* number: of the chain among those of the call */
} task;

static task task_at(const blocks *b, uint64_t seed, const sq_move_chain *chains, int64_t number)
{
  task t = {.number = number / b->tiling.total, .window = number % b->tiling.total};
  int64_t begin[SQ_DIM];
  t.chain = &chains[t.number];
  sq_stream stream = sq_stream_make(seed, SQ_RNG_MOVE_PLACE, t.chain->id);
  for (int mu = 0; mu < SQ_DIM; mu++)
    begin[mu] = sq_rng_index(stream, 0, (uint64_t)t.chain->moves, (uint16_t)mu, (uint32_t)b->tiling.extent[mu]);
  sq_tiling_window(&b->tiling, begin, t.window, t.first);
  return t;
}

/* Standard normal noise of one window at one level of one move. */
static void draw(const blocks *b, uint64_t seed, sq_rng_purpose purpose, const task *t, int level, int64_t sites)
{
  uint64_t step = (uint64_t)t->chain->moves * (uint64_t)(b->levels->steps + 1) + (uint64_t)level;
  sq_rng_normals(sq_stream_make(seed, purpose, t->chain->id), (uint64_t)(t->window * b->tiling.window_sites), sites,
                 step, 0, b->noise);
}

/* ---- one window ---- */

/* The way up of window i of the batch: its path, and -log q of the block's. */
static PetscErrorCode ascend(blocks *b, uint64_t seed, int depth, int i, const task *t)
{
  PetscFunctionBeginUser;
  const int64_t W = b->tiling.window_sites, B = b->tiling.block_sites, *inside = b->kernel.inside;
  sq_tiling_cut(&b->tiling, t->first, b->fields + t->number * b->lattice->volume, b->path + i * W);
  for (int k = 1; k <= depth; k++) {
    const sq_reverse_step step = sq_reverse_step_at(b->levels, k);
    draw(b, seed, SQ_RNG_MOVE_FORWARD, t, k, W);
    sq_forward_step(&step, W, b->path + ((k - 1) * b->batch + i) * W, b->noise, b->path + (k * b->batch + i) * W);
    for (int64_t x = 0; x < B; x++) sq_sum_add(&b->log_ratio[i], 0.5 * b->noise[inside[x]] * b->noise[inside[x]]);
  }
  PetscCall(sq_block_pull(&b->kernel, b->score->fft, b->path + i * W, b->window, b->pull + i * B));
  for (int64_t x = 0; x < B; x++) b->fresh[i * B + x] = b->path[(depth * b->batch + i) * W + inside[x]];
  PetscFunctionReturn(0);
}

/* The kernel of the step down from level k, given a window's field there and its denoised one: b->mean and b->variance.
 */
static PetscErrorCode kernel_at(blocks *b, int k, int i, const double *noisy, const double *clean)
{
  PetscFunctionBeginUser;
  const int64_t B = b->tiling.block_sites, *inside = b->kernel.inside;
  PetscCall(sq_fft_filter(b->score->fft, b->filter, noisy, b->window));
  for (int64_t x = 0; x < B; x++) b->phi[x] = clean[inside[x]] - b->window[inside[x]];
  sq_block_modes(&b->kernel, b->phi, b->extra);
  for (int64_t x = 0; x < B; x++) b->window[x] = noisy[inside[x]];
  sq_block_modes(&b->kernel, b->window, b->phi);
  sq_block_step(&b->kernel, b->levels, k, b->phi, b->pull + i * B, b->extra, b->mean, b->variance);
  PetscFunctionReturn(0);
}

/* Adds log p of the old step from level k down. */
static void weigh_old(blocks *b, int k, int i)
{
  const int64_t B = b->tiling.block_sites, *inside = b->kernel.inside;
  const double *below = b->path + ((k - 1) * b->batch + i) * b->tiling.window_sites;
  for (int64_t x = 0; x < B; x++) b->phi[x] = below[inside[x]];
  sq_block_modes(&b->kernel, b->phi, b->extra);
  for (int64_t m = 0; m < B; m++)
    sq_sum_add(&b->log_ratio[i], -0.5 * (b->extra[m] - b->mean[m]) * (b->extra[m] - b->mean[m]) / b->variance[m]);
}

/* The new step, with its log q - log p. */
static void step_down(blocks *b, uint64_t seed, int k, int i, const task *t)
{
  const sq_reverse_step step = sq_reverse_step_at(b->levels, k);
  const int64_t B = b->tiling.block_sites;
  double *fresh = b->fresh + i * B;
  draw(b, seed, SQ_RNG_MOVE_REVERSE, t, k, B);
  sq_block_modes(&b->kernel, b->noise, b->extra);
  for (int64_t m = 0; m < B; m++) b->mean[m] += sqrt(b->variance[m]) * b->extra[m];
  sq_block_values(&b->kernel, b->mean, b->phi);
  for (int64_t x = 0; x < B; x++) {
    double jump = fresh[x] - step.r * b->phi[x];
    sq_sum_add(&b->log_ratio[i], 0.5 * (b->noise[x] * b->noise[x] - jump * jump / step.v));
    fresh[x] = b->phi[x];
  }
}

/* The new window at a level: the old path's rim around the new block. */
static void assemble(const blocks *b, int k, int i, double *window)
{
  const int64_t W = b->tiling.window_sites, B = b->tiling.block_sites;
  memcpy(window, b->path + (k * b->batch + i) * W, (size_t)W * sizeof *window);
  for (int64_t x = 0; x < B; x++) window[b->kernel.inside[x]] = b->fresh[i * B + x];
}

/* Adds S(old) - S(new); the change of sum phi. What lies outside the window does not touch the block and cancels, and
 * so do the links that close the window. */
static PetscErrorCode weigh_window(blocks *b, int i, double *change)
{
  PetscFunctionBeginUser;
  const int64_t B = b->tiling.block_sites;
  const double *old = b->path + i * b->tiling.window_sites;
  sq_sum before = {{0}}, after = {{0}}, sum = {{0}};
  assemble(b, 0, i, b->window);
  PetscCall(sq_energy_add(&b->energy, old, &before));
  PetscCall(sq_energy_add(&b->energy, b->window, &after));
  sq_sum_subtract(&before, &after);
  sq_sum_merge(&b->log_ratio[i], &before);
  for (int64_t x = 0; x < B; x++) sq_sum_add(&sum, b->fresh[i * B + x] - old[b->kernel.inside[x]]);
  *change = sq_sum_value(&sum);
  PetscFunctionReturn(0);
}

/* ---- a batch of windows ---- */

/* From level k to k - 1; at the top old and new are one field. */
static PetscErrorCode descend(blocks *b, uint64_t seed, int k, bool top, int count, const task *t)
{
  PetscFunctionBeginUser;
  const int64_t W = b->tiling.window_sites;
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

/* Tasks first .. first + count - 1, count <= batch, into their results. */
static PetscErrorCode run_batch(blocks *b, uint64_t seed, int depth, const sq_move_chain *chains, int64_t first,
                                int count)
{
  PetscFunctionBeginUser;
  const int64_t B = b->tiling.block_sites;
  task *t;
  PetscCall(sq_alloc(count, &t));
  memset(b->log_ratio, 0, (size_t)count * sizeof *b->log_ratio);
  for (int i = 0; i < count; i++) {
    t[i] = task_at(b, seed, chains, first + i);
    PetscCall(ascend(b, seed, depth, i, &t[i]));
  }
  for (int k = depth; k >= 1; k--) PetscCall(descend(b, seed, k, k == depth, count, t));
  for (int i = 0; i < count; i++) {
    double *result = b->result + (first + i) * (B + RESULTS);
    PetscCall(weigh_window(b, i, &result[B + CHANGE]));
    memcpy(result, b->fresh + i * B, (size_t)B * sizeof *result);
    result[B + LOG_RATIO] = sq_sum_value(&b->log_ratio[i]);
  }
  sq_free(&t);
  PetscFunctionReturn(0);
}

/* ---- whole fields on every rank ---- */

/* The sites of a rank's block in a whole field: fields[...] = packed, or back. */
static void copy_box(const blocks *b, const int64_t *box, bool back, double *field, double *packed)
{
  const int64_t *start = box, *local = box + SQ_DIM, *n = b->lattice->extent;
  for (int64_t x0 = 0; x0 < local[0]; x0++)
    for (int64_t x1 = 0; x1 < local[1]; x1++)
      for (int64_t x2 = 0; x2 < local[2]; x2++, packed += local[3]) {
        double *row = field + (((start[0] + x0) * n[1] + start[1] + x1) * n[2] + start[2] + x2) * n[3] + start[3];
        if (back) memcpy(packed, row, (size_t)local[3] * sizeof *row);
        else memcpy(row, packed, (size_t)local[3] * sizeof *row);
      }
}

static PetscErrorCode gather_fields(blocks *b, int64_t count, const sq_move_chain *chains)
{
  PetscFunctionBeginUser;
  const int64_t V = b->lattice->volume;
  for (int r = 0, at = 0; r < b->lattice->size; at += b->counts[r++]) {
    const int64_t *local = b->box + (2 * r + 1) * SQ_DIM;
    b->counts[r] = (int)(local[0] * local[1] * local[2] * local[3]);
    b->starts[r] = at;
  }
  for (int64_t c = 0; c < count; c++) {
    PetscCallMPI(MPI_Allgatherv(chains[c].block, b->counts[b->lattice->rank], MPI_DOUBLE, b->packed, b->counts,
                                b->starts, MPI_DOUBLE, b->lattice->comm));
    for (int r = 0; r < b->lattice->size; r++)
      copy_box(b, b->box + 2 * r * SQ_DIM, false, b->fields + c * V, b->packed + b->starts[r]);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode gather_results(blocks *b, int64_t tasks)
{
  PetscFunctionBeginUser;
  const int64_t each = b->tiling.block_sites + RESULTS;
  PetscCheck(tasks * each < INT32_MAX, b->lattice->comm, PETSC_ERR_ARG_OUTOFRANGE, "too many blocks for one move");
  for (int r = 0; r < b->lattice->size; r++) {
    int64_t first, count;
    sq_share(tasks, b->lattice->size, r, &first, &count);
    b->starts[r] = (int)(first * each);
    b->counts[r] = (int)(count * each);
  }
  PetscCallMPI(
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DOUBLE, b->result, b->counts, b->starts, MPI_DOUBLE, b->lattice->comm));
  PetscFunctionReturn(0);
}

/* Every rank comes to the same decisions, and keeps its part of the fields. */
static void decide(blocks *b, uint64_t seed, int64_t count, sq_move_chain *chains)
{
  const int64_t B = b->tiling.block_sites;
  for (int64_t c = 0; c < count; c++) {
    sq_move_chain *chain = &chains[c];
    sq_stream stream = sq_stream_make(seed, SQ_RNG_MOVE_ACCEPT, chain->id);
    double *field = b->fields + c * b->lattice->volume, whole = 0; /* sum phi, where it is needed */
    for (int64_t i = 0; chain->of_size && i < b->lattice->volume; i++) whole += field[i];
    for (int64_t w = 0; w < b->tiling.total; w++) {
      task t = task_at(b, seed, chains, c * b->tiling.total + w);
      const double *result = b->result + (c * b->tiling.total + w) * (B + RESULTS), log_ratio = result[B + LOG_RATIO];
      double step = result[B + CHANGE], change = chain->of_size ? sq_change_of_size(whole, step) : step;
      if (sq_metropolis_decide(&chain->counts, log_ratio,
                               sq_rng_uniform(stream, (uint64_t)w, (uint64_t)chain->moves, 0))) {
        sq_tiling_put(&b->tiling, t.first, result, field);
        whole += step;
      }
      if (!isnan(log_ratio)) chain->jump += fmin(1, exp(log_ratio)) * change * change;
    }
    copy_box(b, b->box + 2 * b->lattice->rank * SQ_DIM, true, field, chain->block);
    chain->moves++;
  }
}

static PetscErrorCode reserve(blocks *b, int64_t chains)
{
  PetscFunctionBeginUser;
  if (chains <= b->chains) PetscFunctionReturn(0);
  sq_free(&b->fields);
  sq_free(&b->result);
  PetscCall(sq_alloc(chains * b->lattice->volume, &b->fields));
  PetscCall(sq_alloc(chains * b->tiling.total * (b->tiling.block_sites + RESULTS), &b->result));
  b->chains = chains;
  PetscFunctionReturn(0);
}

static PetscErrorCode move(void *self, uint64_t seed, int depth, int64_t count, sq_move_chain *chains)
{
  PetscFunctionBeginUser;
  blocks *b = self;
  int64_t tasks = count * b->tiling.total, first, mine;
  PetscCall(reserve(b, count));
  PetscCall(gather_fields(b, count, chains));
  sq_share(tasks, b->lattice->size, b->lattice->rank, &first, &mine);
  for (int64_t i = 0; i < mine; i += b->batch)
    PetscCall(run_batch(b, seed, depth, chains, first + i, (int)PetscMin(b->batch, mine - i)));
  PetscCall(gather_results(b, tasks));
  decide(b, seed, count, chains);
  PetscFunctionReturn(0);
}

/* ---- the mover ---- */

static double cost(const void *self, int depth)
{
  const blocks *b = self;
  return (2 * depth - 1) * (double)(b->tiling.total * b->tiling.window_sites) / (double)b->lattice->volume;
}

static PetscErrorCode destroy(void *self)
{
  PetscFunctionBeginUser;
  blocks *b = self;
  double **array[] = {&b->fields, &b->packed, &b->result, &b->path, &b->noisy, &b->clean, &b->window,  &b->filter,
                      &b->pull,   &b->fresh,  &b->noise,  &b->phi,  &b->extra, &b->mean,  &b->variance};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
  sq_free(&b->box);
  sq_free(&b->counts);
  sq_free(&b->starts);
  sq_free(&b->log_ratio);
  sq_block_kernel_destroy(&b->kernel);
  PetscCall(sq_energy_destroy(&b->energy));
  sq_free(&b);
  PetscFunctionReturn(0);
}

static PetscErrorCode allocate(blocks *b)
{
  PetscFunctionBeginUser;
  const int64_t W = b->tiling.window_sites, B = b->tiling.block_sites, orbits = b->score->fft->orbits.count,
                V = b->lattice->volume;
  const struct {
    double **array;
    int64_t count;
  } wanted[] = {{&b->packed, V},
                {&b->path, (b->levels->steps + 1) * b->batch * W},
                {&b->noisy, 2 * b->batch * W},
                {&b->clean, 2 * b->batch * W},
                {&b->window, W},
                {&b->filter, orbits},
                {&b->pull, b->batch * B},
                {&b->fresh, b->batch * B},
                {&b->noise, W},
                {&b->phi, B},
                {&b->extra, B},
                {&b->mean, B},
                {&b->variance, B}};
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) PetscCall(sq_alloc(wanted[i].count, wanted[i].array));
  PetscCall(sq_alloc(b->batch, &b->log_ratio));
  PetscCall(sq_alloc(2 * SQ_DIM * b->lattice->size, &b->box));
  PetscCall(sq_alloc(b->lattice->size, &b->counts));
  PetscCall(sq_alloc(b->lattice->size, &b->starts));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_mover_blocks(const sq_lattice *lattice, const sq_tiling *tiling, const sq_action *action,
                               const sq_score *window, const sq_noise_grid *levels, int batch, sq_mover *mover)
{
  PetscFunctionBeginUser;
  blocks *b;
  PetscCheck(window->fft->lattice->volume == tiling->window_sites && window->fft->lattice->size == 1, lattice->comm,
             PETSC_ERR_ARG_INCOMP, "the score is not on the window");
  PetscCheck(lattice->volume < INT32_MAX, lattice->comm, PETSC_ERR_ARG_OUTOFRANGE,
             "block moves hold a whole field on every rank: %lld sites are too many", (long long)lattice->volume);
  PetscCall(sq_alloc(1, &b));
  b->lattice = lattice;
  b->score = window;
  b->levels = levels;
  b->tiling = *tiling;
  b->batch = batch;
  PetscCall(sq_energy_create(window->fft->lattice, action, &b->energy));
  PetscCall(sq_block_kernel_create(tiling, window, levels, &b->kernel));
  PetscCall(allocate(b));
  int64_t mine[2 * SQ_DIM];
  memcpy(mine, lattice->start, sizeof lattice->start);
  memcpy(mine + SQ_DIM, lattice->local, sizeof lattice->local);
  PetscCallMPI(MPI_Allgather(mine, 2 * SQ_DIM, MPI_INT64_T, b->box, 2 * SQ_DIM, MPI_INT64_T, lattice->comm));
  *mover = (sq_mover){
    .self = b, .depths = levels->steps, .decisions = tiling->total, .move = move, .cost = cost, .destroy = destroy};
  PetscFunctionReturn(0);
}
