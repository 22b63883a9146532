/* SPDX-License-Identifier: BSD-3-Clause */
/* Block moves. A task is one window of one chain: cut out, noised, brought down again in its block, weighed. Tasks are
 * independent (windows.c), shared out over the ranks of the domain, and decided by all ranks together from the results.
 * Every rank has the whole fields of its chains: beside the network, exchanging 8 bytes a number a move costs nothing.
 */
#include "blocks.h"
#include <math.h>
#include <string.h>

/* ---- whole fields on every rank ---- */

/* The sites of a rank's block in a whole field: fields[...] = packed, or back. */
static void copy_box(const sq_blocks *b, const int64_t *box, bool back, double *field, double *packed)
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

static PetscErrorCode gather_fields(sq_blocks *b, int64_t count, const sq_move_chain *chains)
{
  PetscFunctionBeginUser;
  const int64_t V = b->lattice->volume;
  for (int r = 0, at = 0; r < b->lattice->size; at += b->counts[r++]) {
    const int64_t *local = b->box + (2 * r + 1) * SQ_DIM;
    b->counts[r] = (int)(local[0] * local[1] * local[2] * local[3]);
    b->starts[r] = at;
  }
  for (int64_t c = 0; c < count * b->components; c++) {
    const double *mine = chains[c / b->components].block + c % b->components * b->lattice->local_volume;
    PetscCallMPI(MPI_Allgatherv(mine, b->counts[b->lattice->rank], MPI_DOUBLE, b->packed, b->counts, b->starts,
                                MPI_DOUBLE, b->lattice->comm));
    for (int r = 0; r < b->lattice->size; r++)
      copy_box(b, b->box + 2 * r * SQ_DIM, false, b->fields + c * V, b->packed + b->starts[r]);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode gather_results(sq_blocks *b, int64_t tasks)
{
  PetscFunctionBeginUser;
  const int64_t each = b->B + sq_block_results(b);
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

/* A window's new values, which replace those of the field; order[components]: sum phi. */
static void put_block(const sq_blocks *b, const sq_block_task *t, const double *result, double *field, double *order)
{
  for (int c = 0; c < b->components; c++) {
    sq_tiling_put(&b->tiling, t->first, result + c * b->tiling.block_sites, field + c * b->lattice->volume);
    order[c] += result[b->B + SQ_BLOCK_CHANGE + c];
  }
}

/* The windows of one chain, whose whole field is given. */
static void decide_chain(sq_blocks *b, uint64_t seed, int64_t c, sq_move_chain *chains, double *field)
{
  sq_move_chain *chain = &chains[c];
  const int64_t V = b->lattice->volume;
  sq_stream stream = sq_stream_make(seed, SQ_RNG_MOVE_ACCEPT, chain->id);
  double order[SQ_COMPONENTS] = {0}; /* sum phi, where it is needed */
  for (int64_t i = 0; chain->of_size && i < b->components * V; i++) order[i / V] += field[i];
  for (int64_t w = 0; w < b->tiling.total; w++) {
    sq_block_task t = sq_block_task_at(b, seed, chains, c * b->tiling.total + w);
    const double *result = b->result + (c * b->tiling.total + w) * (b->B + sq_block_results(b)),
                 log_ratio = result[b->B + SQ_BLOCK_LOG_RATIO],
                 change = sq_change_of_order(chain, b->components, order, result + b->B + SQ_BLOCK_CHANGE);
    if (sq_metropolis_decide(&chain->counts, log_ratio, sq_rng_uniform(stream, (uint64_t)w, (uint64_t)chain->moves, 0)))
      put_block(b, &t, result, field, order);
    if (!isnan(log_ratio)) chain->jump += fmin(1, exp(log_ratio)) * change * change;
  }
}

/* Every rank comes to the same decisions, and keeps its part of the fields. */
static void decide(sq_blocks *b, uint64_t seed, int64_t count, sq_move_chain *chains)
{
  const int64_t V = b->lattice->volume, local = b->lattice->local_volume;
  for (int64_t i = 0; i < count; i++) {
    double *field = b->fields + i * b->components * V;
    decide_chain(b, seed, i, chains, field);
    for (int c = 0; c < b->components; c++)
      copy_box(b, b->box + 2 * b->lattice->rank * SQ_DIM, true, field + c * V, chains[i].block + c * local);
    chains[i].moves++;
  }
}

static PetscErrorCode reserve(sq_blocks *b, int64_t chains)
{
  PetscFunctionBeginUser;
  if (chains <= b->chains) PetscFunctionReturn(0);
  sq_free(&b->fields);
  sq_free(&b->result);
  PetscCall(sq_alloc(chains * b->components * b->lattice->volume, &b->fields));
  PetscCall(sq_alloc(chains * b->tiling.total * (b->B + sq_block_results(b)), &b->result));
  b->chains = chains;
  PetscFunctionReturn(0);
}

static PetscErrorCode move(void *self, uint64_t seed, int depth, int64_t count, sq_move_chain *chains)
{
  PetscFunctionBeginUser;
  sq_blocks *b = self;
  int64_t tasks = count * b->tiling.total, first, mine;
  PetscCall(reserve(b, count));
  PetscCall(gather_fields(b, count, chains));
  sq_share(tasks, b->lattice->size, b->lattice->rank, &first, &mine);
  for (int64_t i = 0; i < mine; i += b->batch)
    PetscCall(sq_block_tasks(b, seed, depth, chains, first + i, (int)PetscMin(b->batch, mine - i)));
  PetscCall(gather_results(b, tasks));
  decide(b, seed, count, chains);
  PetscFunctionReturn(0);
}

/* ---- the mover ---- */

static double cost(const void *self, int depth)
{
  const sq_blocks *b = self;
  return (2 * depth - 1) * (double)(b->tiling.total * b->tiling.window_sites) / (double)b->lattice->volume;
}

static PetscErrorCode destroy(void *self)
{
  PetscFunctionBeginUser;
  sq_blocks *b = self;
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

static PetscErrorCode allocate(sq_blocks *b)
{
  PetscFunctionBeginUser;
  const int64_t W = b->W, B = b->B, orbits = b->score->fft->orbits.count, V = b->lattice->volume;
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
  sq_blocks *b;
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
  b->components = sq_score_components(window);
  b->W = b->components * tiling->window_sites;
  b->B = b->components * tiling->block_sites;
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
