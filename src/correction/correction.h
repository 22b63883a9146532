/* SPDX-License-Identifier: BSD-3-Clause */
/* correction: what the corrections that make Markov chains share. */
#ifndef SQUALL_CORRECTION_H
#define SQUALL_CORRECTION_H

#include "squall/correct.h"
#include "src/ensemble/correction.h"
#include "src/plan/plan.h"
#include "src/run/stage.h"

/* The movers of a deck on a lattice, and everything they stand on. */
typedef struct {
  const sq_run *run;
  sq_correct_settings set;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_model chosen;
  int components;
  int64_t numbers;                 /* of a field on this rank */
  const sq_diffusion_model *model; /* inside; NULL: the model has block moves of its own, and what follows down to
                                      `blocks` is none */
  sq_score score;
  sq_noise_grid levels;
  sq_sampler *sampler;
  sq_mover whole; /* self NULL: not wanted */
  sq_tiling tiling;
  sq_lattice *window_lattice;
  sq_fft *window_fft;
  sq_score window_score;
  sq_noise_grid window_levels;
  sq_mover blocks; /* self NULL: not wanted */
  int64_t side;    /* of blocks that are the model's own; 0: they are not */
  bool may_move_whole, may_move_blocks;
  double spread;   /* sq_slowest_spread, NaN where it is not known, */
  bool of_size;    /* that of |M|, as a reflection changes the sign */
  uint64_t stream; /* of random numbers */
} sq_moves;

/* For chains on a lattice of these extents (as in sq_lattice), with the model of the section sample. independence: the
 * acceptance of an independence chain of generated fields; where that is hopeless and the deck leaves it open, only
 * blocks move. stream: of trial moves. Errors: SQ_ERR_INPUT. Collective. */
PetscErrorCode sq_moves_create(const sq_run *run, const sq_correct_settings *set, const int64_t extent[SQ_DIM],
                               double independence, uint64_t stream, sq_moves *moves);
/* How they would be shared out, `extent` as in sq_lattice and kept. Not collective. */
sq_plan sq_moves_plan(const sq_run *run, const sq_correct_settings *set, const sq_network_shape *shape,
                      const int64_t extent[SQ_DIM]);
PetscErrorCode sq_moves_destroy(sq_moves *moves);
/* Makes the movers anew on another number of noise levels. Collective. */
PetscErrorCode sq_moves_set_steps(sq_moves *moves, int steps);

/* The same, for models with block moves of their own (own_blocks.c): what is made, checked, and shared out. model:
 * NULL: that of the deck. */
PetscErrorCode sq_own_blocks_create(sq_moves *moves, const int64_t extent[SQ_DIM]);
PetscErrorCode sq_own_blocks_check(const sq_run *run, const sq_correct_settings *set, const sq_model *model,
                                   const int64_t extent[SQ_DIM]);
sq_plan sq_own_blocks_plan(const sq_run *run, const sq_correct_settings *set, const int64_t extent[SQ_DIM]);

/* What a chain's moves are: chosen once, then frozen. */
typedef struct {
  int64_t block, depth, steps;        /* block: sites a side, 0: the whole field; steps: noise levels */
  int64_t separation, thermalisation; /* moves */
} sq_moves_choice;

/* Takes what the deck gives and finds the rest, if any, by trial moves of count chains. Says what it found. Collective
 * over the grid's world. */
PetscErrorCode sq_moves_tune(sq_moves *moves, int64_t count, sq_move_chain *chains, sq_moves_choice *choice);
const sq_mover *sq_moves_mover(const sq_moves *moves, const sq_moves_choice *choice);
void sq_own_blocks_choose(const sq_moves *moves, sq_moves_choice *choice);
/* The moves that the deck has forget the start by; negative: to be found. Fields of exp(-S) need none. Not collective.
 */
static inline int64_t sq_moves_thermalisation(const sq_moves *m)
{
  return m->set.thermalisation < 0 && m->run->from_ensemble ? 0 : m->set.thermalisation;
}
/* Writes the choice into the deck and its echo, where the settings leave it open. Collective. */
PetscErrorCode sq_moves_resolve(sq_run *run, const sq_correct_settings *set, const sq_moves_choice *choice);

/* Whether there can be such moves on a lattice of these extents, whatever is auto: SQ_ERR_INPUT if not. */
PetscErrorCode sq_moves_check(const sq_run *run, const sq_correct_settings *set, const sq_network_shape *shape,
                              const int64_t extent[SQ_DIM]);
/* Makes corrected.h5: a Metropolis chain of the fields of `from`, by their weights. Collective over run->world. */
PetscErrorCode sq_correct_chain(sq_run *run, const char *from, const char *to, const sq_ensemble *e,
                                uint64_t fingerprint);
/* The key of the random streams of a correction of the fields in e. Not collective. */
uint64_t sq_correct_stream(const sq_run *run, const sq_ensemble *e);
/* Whether so many fields are enough for it: SQ_ERR_INPUT if not. */
PetscErrorCode sq_correct_chain_fits(const sq_run *run, int64_t count);
/* What a file of corrected fields on the samples' lattice is about; the group is to be added. deck: to be kept until
 * the file is made. Not collective. */
void sq_correct_describe(const sq_run *run, const sq_ensemble *e, uint64_t fingerprint, char *deck,
                         sq_records_info *info);

extern const sq_stage sq_correct_stage;
extern const sq_correction sq_correction_metropolis, sq_correction_reweight, sq_correction_ode, sq_correction_partial,
  sq_correction_mala, sq_correction_hmc;

#endif
