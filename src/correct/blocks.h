/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: block moves, and what is done to their windows. */
#ifndef SQUALL_CORRECT_BLOCKS_H
#define SQUALL_CORRECT_BLOCKS_H

#include "energy.h"
#include "tiling.h"

typedef struct {
  const sq_lattice *lattice;
  const sq_score *score;
  const sq_noise_grid *levels;
  sq_tiling tiling;
  sq_energy energy; /* of a window */
  sq_block_kernel kernel;
  int components, batch;
  int64_t W, B;                                  /* numbers of a window, of a block */
  int64_t chains;                                /* that there is memory for */
  int64_t *box;                                  /* [ranks][2][SQ_DIM] start and local of every rank */
  int *counts, *starts;                          /* [ranks] of what is gathered */
  double *fields, *packed, *result;              /* [chains][components V], [V], [tasks][B + results] */
  double *path, *noisy, *clean, *window;         /* [steps + 1][batch][W], [2 batch][W] x 2, [W] */
  double *filter;                                /* [orbits] the Wiener filter */
  double *pull, *fresh;                          /* [batch][B] */
  double *noise, *phi, *extra, *mean, *variance; /* [W], [B] x 4 */
  sq_sum *log_ratio;                             /* [batch] */
} sq_blocks;

/* What a task hands over besides the new values: log w'/w, the change of sum phi of each component. */
enum { SQ_BLOCK_LOG_RATIO, SQ_BLOCK_CHANGE };

/* A task: which chain, which window, where. */
typedef struct {
  const sq_move_chain *chain;
  int64_t number, window, first[SQ_DIM]; /* number: of the chain among those of the call */
} sq_block_task;

/* How many numbers a task hands over besides the new values. Not collective. */
int sq_block_results(const sq_blocks *blocks);
/* Task `number` of a move of these chains. Not collective. */
sq_block_task sq_block_task_at(const sq_blocks *blocks, uint64_t seed, const sq_move_chain *chains, int64_t number);
/* Tasks first .. first + count - 1, count <= batch, into their results. Not collective: a window is of one rank. */
PetscErrorCode sq_block_tasks(sq_blocks *blocks, uint64_t seed, int depth, const sq_move_chain *chains, int64_t first,
                              int count);

#endif
