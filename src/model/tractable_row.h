/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to model: rows of models with an exact density (squall/tractable.h). Such a row says what its model is made
 * of and how one is made; all the rest is the same for all. A row of sq_model_types is
 *
 *   const sq_tractable_kind kind = {.setting = names, .read = read, .parameters = ..., .needs = ..., .start = ...,
 *                                   .make = make};
 *   const sq_model_type sq_model_type_NAME = {.name = "NAME", .summary = "...", .params = sq_NAME_params,
 *                                             .lacks = lacks, SQ_TRACTABLE_ROW(&kind)};
 *
 * with its line in types.h and table.c. Its keys of the section model (sq_NAME_params, all of them .later) and `read`
 * stand in NAME_deck.c. It learns by squall/train.h's divergences, with or without an ensemble; draws, weighs, and has
 * a file. tests/spins_row.h has the shortest.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_TRACTABLE_ROW_H
#define SQUALL_TRACTABLE_ROW_H

#include "squall/correct.h"
#include "squall/model.h"

enum { SQ_TRACTABLE_SETTINGS = 32 };

/* What a model is: plain numbers, and the lattice that it was trained on, extents as in sq_lattice. */
typedef struct {
  sq_action action;
  int64_t extent[SQ_DIM];
  double setting[SQ_TRACTABLE_SETTINGS]; /* in the order of sq_tractable_kind.setting */
} sq_tractable_shape;

/* Block moves of a model's own on any lattice. */
typedef struct {
  /* The side of the blocks: as given, or, negative, one that suits. SQ_ERR_INPUT where there are none. The same on
   * every rank. */
  PetscErrorCode (*side)(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM], int64_t *block);
  /* Copies shape and weight[parameters]; the lattice is kept, not owned. Collective over lattice->comm. */
  PetscErrorCode (*mover)(const sq_tractable_shape *shape, const float *weight, const sq_lattice *lattice,
                          int64_t block, sq_mover *mover);
} sq_tractable_blocks;

struct sq_tractable_kind {
  const char *const *setting; /* their names in files, NULL-terminated: usually those of the keys; choices by number */
  const char *const *later;   /* those of them that files of before lack, where they are 0; NULL: none */
  /* The settings of a deck; setting[] is 0. Error: SQ_ERR_INPUT for those that cannot be. The same on every rank. */
  PetscErrorCode (*read)(const sq_deck *deck, const sq_action *action, double setting[]);
  /* Whether there is such a model of its lattice, `extent` being another one that it is to work on: SQ_ERR_INPUT if
   * not. NULL: always. The same on every rank. */
  PetscErrorCode (*fits)(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM]);
  int64_t (*parameters)(const sq_tractable_shape *shape); /* how many weights */
  /* They as tensors, in their order. NULL: one array. Error: PETSC_ERR_MEM. */
  PetscErrorCode (*layout)(const sq_tractable_shape *shape, sq_layout *layout);
  /* What drawing takes on a lattice, or, learning, draw and backward: .batch, the most fields at once that pay, and
   * .bytes of so many; .grain, .whole, .tables; .flops of drawing a field. .weights is filled in. */
  sq_generator_needs (*needs)(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM], bool learning);
  /* weight[parameters], 0 so far, that learning begins with. */
  PetscErrorCode (*start)(const sq_tractable_shape *shape, uint64_t seed, double *weight);
  /* What the deck wants learning to begin with instead, into weight, which has those of `start`. Errors: SQ_ERR_INPUT,
   * SQ_ERR_DATA. NULL: nothing. Collective over comm. */
  PetscErrorCode (*begin)(MPI_Comm comm, const sq_deck *deck, const sq_tractable_shape *shape, double *weight);
  /* The model on a lattice, for batches of at most so many, without weights; learning: backward will be called. shape
   * is kept, not owned. Collective over lattice->comm. */
  PetscErrorCode (*make)(const sq_tractable_shape *shape, const sq_lattice *lattice, int batch, bool learning,
                         sq_tractable *model);
  const sq_tractable_blocks *blocks; /* NULL: it has none */
  /* What it is, in a few words, for `squall check` and the log: "6 layers of 32 channels". NULL: nothing. */
  void (*describe)(const sq_tractable_shape *shape, char *text, size_t size);
};

/* A setting as a whole number from least >= 0 to most; -1: it is none, for it may come from a file. */
int sq_tractable_whole(const sq_tractable_shape *shape, int setting, int least, int most);
/* The weights of a model as networks take them, the caller's (sq_free). */
PetscErrorCode sq_tractable_rounded(const void *self, float **weight);
/* The shape of a deck's model: SQ_ERR_INPUT where there is none; of a model. */
PetscErrorCode sq_tractable_shape_read(const sq_deck *deck, const sq_action *action, sq_tractable_shape *shape);
const sq_tractable_shape *sq_tractable_shape_of(const void *self);

/* The members of the row. */
PetscErrorCode sq_tractable_check(const sq_deck *deck, const sq_action *action);
PetscErrorCode sq_tractable_free(void **self);
PetscErrorCode sq_tractable_put(const void *self, sq_store *store);
PetscErrorCode sq_tractable_get(MPI_Comm comm, const sq_store *store, const char *path, void **self);
const sq_action *sq_tractable_action(const void *self);
const double *sq_tractable_weights(const void *self, int64_t *count);
PetscErrorCode sq_tractable_layout(const void *self, sq_layout *layout);
sq_generator_needs sq_tractable_needs(const void *self, const int64_t extent[SQ_DIM]);
PetscErrorCode sq_tractable_generate(const void *self, const sq_sample_settings *set, sq_fft *fft, bool plain,
                                     sq_generator *generator);
PetscErrorCode sq_tractable_needed(const sq_deck *deck, const sq_action *action, const int64_t extent[SQ_DIM],
                                   bool learning, sq_generator_needs *needs);
PetscErrorCode sq_tractable_create(const sq_deck *deck, const sq_model_data *data, void **self);
PetscErrorCode sq_tractable_objective(const sq_model_data *data, const void *self, sq_objective *objective);
PetscErrorCode sq_tractable_update(void *self, const sq_model_data *data, const double *weight, int64_t most);
PetscErrorCode sq_tractable_tell(const sq_deck *deck, const sq_action *action, const int64_t extent[SQ_DIM], char *text,
                                 size_t size);
void sq_tractable_describe(const void *self, char *text, size_t size);
double sq_tractable_numbers(const void *self);

#define SQ_TRACTABLE_ROW(its_kind)                                                                                     \
  .tractable = (its_kind), .check = sq_tractable_check, .destroy = sq_tractable_free, .put = sq_tractable_put,         \
  .get = sq_tractable_get, .action = sq_tractable_action, .weights = sq_tractable_weights,                             \
  .layout = sq_tractable_layout, .needs = sq_tractable_needs, .generator = sq_tractable_generate,                      \
  .needed = sq_tractable_needed, .create = sq_tractable_create, .objective = sq_tractable_objective,                   \
  .objective_destroy = sq_divergence_destroy, .update = sq_tractable_update, .tell = sq_tractable_tell,                \
  .describe = sq_tractable_describe, .numbers = sq_tractable_numbers

#endif
