/* SPDX-License-Identifier: BSD-3-Clause */
/* The moves of the method partial by a model that has blocks of its own (squall/model.h): each is drawn anew given its
 * boundary, without levels of noise. There is nothing to try: acceptance and cost are those of the model.
 */
#include "src/correction/correction.h"
#include <math.h>

PetscErrorCode sq_own_blocks_check(const sq_run *run, const sq_correct_settings *set, const sq_model *model,
                                   const int64_t extent[SQ_DIM])
{
  PetscFunctionBeginUser;
  const char *const key[] = {"steps", "depth", "rim"};
  const int64_t given[] = {set->steps, set->depth, set->rim};
  const char *type = (model ? model->type : sq_run_model_type(run))->name;
  int64_t block = set->block;
  for (int i = 0; i < 3; i++)
    SqCheck(given[i] < 0, run->world, SQ_ERR_INPUT,
            "%s: correct.%s: blocks of a model of type %s are drawn given their boundary, without levels of noise: "
            "leave it out",
            sq_deck_where(run->deck, "correct", key[i]), key[i], type);
  SqCheck(block != 0, run->world, SQ_ERR_INPUT,
          "%s: correct.block: 0: a model of type %s moves blocks; whole fields are for correct.method: metropolis",
          sq_deck_where(run->deck, "correct", "block"), type);
  if (model) PetscCall(sq_model_blocks_side(model, extent, &block));
  else PetscCall(sq_model_blocks_check(run->deck, &run->action, extent, &block));
  PetscFunctionReturn(0);
}

sq_plan sq_own_blocks_plan(const sq_run *run, const sq_correct_settings *set, const int64_t extent[SQ_DIM])
{
  const double numbers = sq_volume(extent) * sq_action_components(&run->action);
  return (sq_plan){.stage = "correct",
                   .pieces = run->from_ensemble ? "chains of block moves, from fields of the ensemble," :
                                                  "chains of block moves",
                   .extents = extent + SQ_DIM - run->dim,
                   .independent = set->chains,
                   .bytes = 2 * 8 * numbers,
                   .each = 8 * numbers,
                   .tables = 8 * numbers};
}

PetscErrorCode sq_own_blocks_create(sq_moves *m, const int64_t extent[SQ_DIM])
{
  PetscFunctionBeginUser;
  const sq_plan plan = sq_own_blocks_plan(m->run, &m->set, extent);
  PetscCall(sq_own_blocks_check(m->run, &m->set, &m->chosen, extent));
  PetscCall(sq_plan_grid(m->run, &plan, &m->grid, &m->lattice));
  m->side = m->set.block;
  PetscCall(sq_model_blocks(&m->chosen, m->lattice, &m->side, &m->blocks));
  m->levels.steps = 1;
  m->spread = NAN;
  PetscFunctionReturn(0);
}

/* The longest side in blocks, squared: what local moves of that reach need to cross the lattice. */
static int64_t moves_across(const sq_moves *m)
{
  int64_t longest = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) longest = PetscMax(longest, m->lattice->extent[mu]);
  const int64_t blocks = (longest + m->side) / (m->side + 1);
  return blocks * blocks;
}

void sq_own_blocks_choose(const sq_moves *m, sq_moves_choice *choice)
{
  const sq_correct_settings *set = &m->set;
  const double share = m->blocks.cost(m->blocks.self, 1);
  *choice = (sq_moves_choice){.block = m->side,
                              .depth = 1,
                              .steps = 1,
                              .separation = set->separation > 0 ? set->separation : (int64_t)ceil(1 / share),
                              .thermalisation = sq_moves_thermalisation(m)};
  if (choice->thermalisation < 0) choice->thermalisation = 10 * moves_across(m);
  sq_info("correct: %lld blocks of %lldx%lld a move; %lld moves to forget the start, then one field every %lld moves",
          (long long)m->blocks.decisions, (long long)m->side, (long long)m->side, (long long)choice->thermalisation,
          (long long)choice->separation);
}
