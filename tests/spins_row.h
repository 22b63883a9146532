/* SPDX-License-Identifier: BSD-3-Clause */
/* spins_row: the independent signs of tests/spins.h as a row of sq_model_types, with one key: where the biases begin.
 * It is the shortest row of a model with an exact density. */
#ifndef SQUALL_TESTS_SPINS_ROW_H
#define SQUALL_TESTS_SPINS_ROW_H

#include "src/model/tractable_row.h"
#include "tests/spins.h"

enum { SPINS_BIAS };

static PetscErrorCode spins_read(const sq_deck *deck, const sq_action *action, double setting[])
{
  (void)action;
  setting[SPINS_BIAS] = sq_deck_real(deck, "model", "bias");
  return 0;
}

static int64_t spins_parameters(const sq_tractable_shape *shape)
{
  (void)shape;
  return SPINS_WEIGHTS;
}

static sq_generator_needs spins_needs(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM], bool learning)
{
  (void)shape, (void)learning;
  return (sq_generator_needs){
    .batch = SPINS_BATCH, .bytes = 8 * SPINS_BATCH * sq_volume(extent), .flops = 4 * sq_volume(extent)};
}

static PetscErrorCode spins_start(const sq_tractable_shape *shape, uint64_t seed, double *weight)
{
  (void)seed;
  for (int k = 0; k < SPINS_WEIGHTS; k++) weight[k] = shape->setting[SPINS_BIAS];
  return 0;
}

static PetscErrorCode spins_make(const sq_tractable_shape *shape, const sq_lattice *lattice, int batch, bool learning,
                                 sq_tractable *model)
{
  (void)shape, (void)learning;
  return spins_create(lattice, batch, model);
}

static void spins_describe(const sq_tractable_shape *shape, char *text, size_t size)
{
  snprintf(text, size, "biases from %g on", shape->setting[SPINS_BIAS]);
}

static const char *spins_lacks(const sq_action *action)
{
  return action->type->space == &sq_space_sign ? NULL : "is not of signs";
}

static const sq_param spins_params[] = {
  {"model", "bias", SQ_PARAM_REAL, "0", -10, 10, NULL, "", "of spins: where learning begins", .later = true}, {0}};
static const sq_tractable_kind spins_kind = {.setting = (const char *const[]){"bias", NULL},
                                             .read = spins_read,
                                             .parameters = spins_parameters,
                                             .needs = spins_needs,
                                             .start = spins_start,
                                             .make = spins_make,
                                             .describe = spins_describe};
static const sq_model_type spins_type = {.name = "spins",
                                         .summary = "independent signs",
                                         .params = spins_params,
                                         .lacks = spins_lacks,
                                         SQ_TRACTABLE_ROW(&spins_kind)};

#endif
