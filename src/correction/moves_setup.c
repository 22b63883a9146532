/* SPDX-License-Identifier: BSD-3-Clause */
/* The movers of the section correct, and their depth. */
#include "src/correction/correction.h"
#include "src/ensemble/load.h"
#include "src/learning/sampling.h"
#include <math.h>
#include <string.h>

/* ---- what moves stand on ---- */

/* The numbers of levels to try: the deck's, or, from many to few, that of sampling and some small ones: blocks, whose
 * Gaussian part knows their rim, need few. */
enum { CANDIDATES = 5 };

static int candidates(const sq_run *run, const sq_correct_settings *set, int steps[CANDIDATES])
{
  static const int few[] = {5, 3, 2, 1};
  int count = 1;
  steps[0] = (int)(set->steps > 0 ? set->steps : run->sample.steps);
  for (size_t i = 0; i < sizeof few / sizeof *few && set->steps < 1; i++)
    if (few[i] < steps[0]) steps[count++] = few[i];
  return count;
}

static PetscErrorCode create_whole(sq_moves *m)
{
  PetscFunctionBeginUser;
  PetscCall(
    sq_sampler_create(&m->score, &m->levels, sq_network_batch(&m->model->shape, m->lattice->volume), &m->sampler));
  PetscCall(sq_mover_whole(m->sampler, &m->run->action, &m->whole));
  PetscFunctionReturn(0);
}

/* Blocks that are neither trivial nor large. */
static int64_t usual_block(int dim, const int64_t extent[SQ_DIM])
{
  const int64_t usual[SQ_DIM + 1] = {0, 32, 16, 8, 4};
  int64_t longest = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) longest = PetscMax(longest, extent[mu]);
  return PetscMax(1, PetscMin(usual[dim], longest / 2));
}

/* The blocks that a deck asks for on a lattice of these extents. Error: SQ_ERR_INPUT where they, or the network on
 * their windows, are impossible. */
static PetscErrorCode choose_tiling(const sq_run *run, const sq_correct_settings *set, const sq_network_shape *shape,
                                    const int64_t extent[SQ_DIM], sq_tiling *tiling)
{
  PetscFunctionBeginUser;
  int64_t grain = sq_network_grain(shape), block = set->block, rim = set->rim;
  if (block < 0) block = usual_block(run->dim, extent);
  if (rim < 0) rim = PetscMax(1, block / 4);
  PetscCall(sq_tiling_make(run->dim, extent, block, rim, tiling));
  for (int mu = SQ_DIM - run->dim; mu < SQ_DIM; mu++)
    SqCheck(tiling->window[mu] % grain == 0, run->world, SQ_ERR_INPUT,
            "%s: a window of %lld sites a side (correct.block + 2 correct.rim): this network needs a multiple of %lld",
            sq_deck_where(run->deck, "correct", "block"), (long long)tiling->window[mu], (long long)grain);
  PetscFunctionReturn(0);
}

/* The model that sample.model names is of the type that the deck says: by that are moves planned. */
static PetscErrorCode need_type(const sq_run *run, const sq_model_type *type)
{
  PetscFunctionBeginUser;
  sq_model model;
  if (!run->sample.model[0]) PetscFunctionReturn(0);
  PetscCall(sq_load_chosen_model(run, &model, NULL));
  const sq_model_type *of = model.type;
  PetscCall(sq_model_destroy(&model));
  SqCheck(of == type, run->world, SQ_ERR_INPUT,
          "%s: correct.method: partial: %s is a model of type %s, model.type is %s: give it the same type",
          sq_deck_where(run->deck, "model", "type"), run->sample.model, of->name, type->name);
  PetscFunctionReturn(0);
}

/* Models that can move parts of fields: by levels of noise, or by blocks of their own. */
static PetscErrorCode need_parts(const sq_run *run)
{
  PetscFunctionBeginUser;
  enum { TEXT = 200 };
  const sq_model_type *type = sq_run_model_type(run);
  const char *able[TEXT];
  char text[TEXT];
  int count = 0;
  for (int i = 0; sq_model_types[i]; i++)
    if (sq_model_types[i] == &sq_model_type_diffusion || sq_model_has_blocks(sq_model_types[i]))
      able[count++] = sq_model_types[i]->name;
  SqCheck(type == &sq_model_type_diffusion || sq_model_has_blocks(type), run->world, SQ_ERR_INPUT,
          "%s: correct.method: partial moves parts of fields, which models of type %s can, but model.type is %s: take "
          "metropolis or reweight, which are for all of them",
          sq_deck_where(run->deck, "correct", "method"), sq_name_list(count, able, text, sizeof text), type->name);
  PetscCall(need_type(run, type));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_moves_check(const sq_run *run, const sq_correct_settings *set, const sq_network_shape *shape,
                              const int64_t extent[SQ_DIM])
{
  PetscFunctionBeginUser;
  int steps[CANDIDATES];
  sq_tiling tiling;
  sq_model model = {0};
  PetscCall(need_parts(run));
  if (sq_model_has_blocks(sq_run_model_type(run))) {
    if (sq_run_model_is_given(run)) PetscCall(sq_load_chosen_model(run, &model, NULL));
    PetscCall(sq_own_blocks_check(run, set, model.self ? &model : NULL, extent));
    PetscCall(sq_model_destroy(&model));
    PetscFunctionReturn(0);
  }
  (void)candidates(run, set, steps);
  SqCheck(set->depth <= steps[0], run->world, SQ_ERR_INPUT,
          "%s: correct.depth: %lld, but there are %d noise levels (correct.steps, sample.steps)",
          sq_deck_where(run->deck, "correct", "depth"), (long long)set->depth, steps[0]);
  PetscCall(sq_sample_levels_check(run, steps[0]));
  if (set->block != 0) PetscCall(choose_tiling(run, set, shape, extent, &tiling));
  PetscFunctionReturn(0);
}

static PetscErrorCode create_windows(sq_moves *m)
{
  PetscFunctionBeginUser;
  const sq_network_shape *shape = &m->model->shape;
  int64_t grain = sq_network_grain(shape);
  int dim = m->lattice->dim;
  PetscCall(choose_tiling(m->run, &m->set, shape, m->lattice->extent, &m->tiling));
  PetscCall(
    sq_lattice_create_aligned(MPI_COMM_SELF, dim, m->tiling.window + SQ_DIM - dim, grain, NULL, &m->window_lattice));
  PetscCall(sq_fft_create(m->window_lattice, &m->window_fft));
  PetscCall(sq_learned_score_create(m->window_fft, m->model, sq_network_batch(shape, m->tiling.window_sites), false,
                                    &m->window_score));
  PetscFunctionReturn(0);
}

static PetscErrorCode create_blocks(sq_moves *m, int steps)
{
  PetscFunctionBeginUser;
  enum { WINDOWS = 8 }; /* at a time; never depends on the ranks */
  PetscCall(sq_diffusion_levels(&m->run->sample, m->model, &m->window_score, steps, &m->window_levels));
  PetscCall(
    sq_mover_blocks(m->lattice, &m->tiling, &m->run->action, &m->window_score, &m->window_levels, WINDOWS, &m->blocks));
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy_levels(sq_moves *m)
{
  PetscFunctionBeginUser;
  PetscCall(sq_mover_destroy(&m->whole));
  PetscCall(sq_mover_destroy(&m->blocks));
  PetscCall(sq_sampler_destroy(&m->sampler));
  sq_noise_grid_destroy(&m->levels);
  sq_noise_grid_destroy(&m->window_levels);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_moves_set_steps(sq_moves *m, int steps)
{
  PetscFunctionBeginUser;
  if (m->levels.steps == steps || m->side) PetscFunctionReturn(0);
  PetscCall(destroy_levels(m));
  PetscCall(sq_diffusion_levels(&m->run->sample, m->model, &m->score, steps, &m->levels));
  if (m->may_move_whole) PetscCall(create_whole(m));
  if (m->may_move_blocks) PetscCall(create_blocks(m, steps));
  PetscFunctionReturn(0);
}

sq_plan sq_moves_plan(const sq_run *run, const sq_correct_settings *set, const sq_network_shape *shape,
                      const int64_t extent[SQ_DIM])
{
  int steps[CANDIDATES]; /* the first is the most that is tried */
  double volume = sq_volume(extent);
  (void)candidates(run, set, steps);
  const double numbers = volume * sq_network_components(shape);
  int batch = sq_network_batch(shape, (int64_t)volume);
  sq_plan plan = sq_plan_network(shape, extent, batch, false);
  plan.stage = "correct";
  plan.pieces = run->from_ensemble ? "chains of partial-path moves, from fields of the ensemble," :
                                     "chains of partial-path moves";
  plan.extents = extent + SQ_DIM - run->dim;
  plan.independent = set->chains;
  plan.bytes += 8 * numbers * (steps[0] + 8);
  plan.kept = 150 * numbers * batch;
  plan.each = 8 * numbers * (steps[0] + 6);
  plan.tables += 60 * sq_plan_orbits(extent);
  return plan;
}

/* Moves of a diffusion model. */
static PetscErrorCode create_by_levels(sq_moves *m, const int64_t extent[SQ_DIM], double independence)
{
  PetscFunctionBeginUser;
  const double hopeless = 0.02; /* an acceptance */
  const sq_run *run = m->run;
  const sq_correct_settings *set = &m->set;
  int64_t block = set->block;
  PetscCall(sq_model_diffusion(&m->chosen, "correct.method: partial", &m->model));
  const sq_network_shape *shape = &m->model->shape;
  const sq_plan plan = sq_moves_plan(run, set, shape, extent);
  int batch = sq_network_batch(shape, (int64_t)sq_volume(extent)), steps[CANDIDATES];
  PetscCall(sq_moves_check(run, set, shape, extent));
  (void)candidates(run, set, steps);
  PetscCall(sq_plan_grid(run, &plan, &m->grid, &m->lattice));
  PetscCall(sq_fft_create(m->lattice, &m->fft));
  PetscCall(sq_learned_score_create(m->fft, m->model, batch, false, &m->score));
  m->spread = sq_slowest_spread(&m->fft->orbits, m->score.propagator);
  m->of_size = sq_orbits_zero_mode_apart(&m->fft->orbits, m->score.propagator);
  m->may_move_whole = block == 0 || (block < 0 && independence >= hopeless);
  m->may_move_blocks = block != 0;
  if (m->may_move_blocks) PetscCall(create_windows(m));
  PetscCall(sq_moves_set_steps(m, steps[0]));
  if (!m->may_move_whole)
    sq_info("correct: in blocks%s", block < 0 ? ": an independence chain of the samples would accept next to nothing, "
                                                "so the whole field is not tried" :
                                                "");
  PetscFunctionReturn(0);
}

PetscErrorCode sq_moves_create(const sq_run *run, const sq_correct_settings *set, const int64_t extent[SQ_DIM],
                               double independence, uint64_t stream, sq_moves *m)
{
  PetscFunctionBeginUser;
  char text[200];
  *m = (sq_moves){.run = run, .set = *set, .stream = stream};
  PetscCall(sq_load_chosen_model(run, &m->chosen, NULL));
  if (sq_model_has_blocks(m->chosen.type)) PetscCall(sq_own_blocks_create(m, extent));
  else PetscCall(create_by_levels(m, extent, independence));
  m->components = sq_action_components(&run->action);
  m->numbers = m->components * m->lattice->local_volume;
  sq_lattice_describe(m->lattice, text, sizeof text);
  sq_info("correct: %d chains on %d replica%s, each %s", set->chains, m->grid->replicas,
          m->grid->replicas > 1 ? "s" : "", text);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_moves_destroy(sq_moves *m)
{
  PetscFunctionBeginUser;
  PetscCall(destroy_levels(m));
  PetscCall(sq_learned_score_destroy(&m->score));
  PetscCall(sq_learned_score_destroy(&m->window_score));
  PetscCall(sq_fft_destroy(&m->fft));
  PetscCall(sq_fft_destroy(&m->window_fft));
  PetscCall(sq_lattice_destroy(&m->window_lattice));
  PetscCall(sq_model_destroy(&m->chosen));
  PetscCall(sq_lattice_destroy(&m->lattice));
  PetscCall(sq_grid_destroy(&m->grid));
  PetscFunctionReturn(0);
}

/* ---- tuning ---- */

static void say(void *context, const sq_mover *mover, const sq_move_trial *t)
{
  const sq_moves *m = context;
  char text[96] = "the whole field", extents[64];
  if (mover == &m->blocks) {
    sq_extents_text(m->tiling.dim, m->tiling.block + SQ_DIM - m->tiling.dim, extents, sizeof extents);
    snprintf(text, sizeof text, "%lld block%s of %s", (long long)m->tiling.total, m->tiling.total > 1 ? "s" : "",
             extents);
  }
  sq_info("correct: %s, depth %d of %d (s = %.3g): acceptance %.3f, a move forgets %.3g of M; %.3g field evaluations "
          "an independent field",
          text, t->depth, m->levels.steps, mover == &m->blocks ? m->window_levels.s[t->depth] : m->levels.s[t->depth],
          t->acceptance, t->forgets, t->cost);
}

static PetscErrorCode obey(void *context)
{
  PetscFunctionBeginUser;
  const sq_moves *m = context;
  PetscCall(sq_run_obey(m->run, "correct", 0));
  PetscFunctionReturn(0);
}

/* Tries a mover, if it is wanted, and chooses it if it is better than the best so far. block: as in the choice. */
static PetscErrorCode consider(const sq_moves *m, const sq_move_trials *trials, const sq_mover *mover, int64_t block,
                               sq_move_trial *best, sq_moves_choice *choice)
{
  PetscFunctionBeginUser;
  sq_move_trial trial;
  if (!mover->self) PetscFunctionReturn(0);
  PetscCall(sq_mover_best_depth(trials, mover, (int)m->set.depth, &trial));
  if (!(trial.cost < best->cost)) PetscFunctionReturn(0);
  *best = trial;
  choice->steps = m->levels.steps;
  choice->block = block;
  PetscFunctionReturn(0);
}

/* Trial moves of everything that the deck leaves open; each number of levels has depths of its own. */
static PetscErrorCode choose(sq_moves *m, int64_t count, sq_move_chain *chains, sq_moves_choice *choice)
{
  PetscFunctionBeginUser;
  const int64_t block = choice->block, given = choice->depth;
  int steps[CANDIDATES], all = candidates(m->run, &m->set, steps);
  sq_move_trial best = {.cost = INFINITY};
  const sq_move_trials trials = {.grid = m->grid,
                                 .seed = m->stream,
                                 .spread = m->spread,
                                 .chains = m->set.chains,
                                 .count = count,
                                 .chain = chains,
                                 .say = say,
                                 .obey = obey,
                                 .context = m};
  for (int i = 0; i < all && given <= steps[i]; i++) {
    PetscCall(sq_moves_set_steps(m, steps[i]));
    PetscCall(consider(m, &trials, &m->whole, 0, &best, choice));
    PetscCall(consider(m, &trials, &m->blocks, block, &best, choice));
  }
  SqCheck(isfinite(best.cost), m->run->world, SQ_ERR_INPUT,
          "correct: no trial move was accepted: the model is too poor for these moves; give smaller blocks "
          "(correct.block) or less depth (correct.depth)");
  choice->depth = best.depth;
  if (choice->thermalisation < 0) choice->thermalisation = sq_moves_to_forget(best.forgets);
  PetscCall(sq_moves_set_steps(m, (int)choice->steps));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_moves_tune(sq_moves *m, int64_t count, sq_move_chain *chains, sq_moves_choice *choice)
{
  PetscFunctionBeginUser;
  const sq_correct_settings *set = &m->set;
  if (m->side) {
    sq_own_blocks_choose(m, choice);
    PetscFunctionReturn(0);
  }
  *choice = (sq_moves_choice){
    .depth = set->depth, .separation = set->separation, .thermalisation = sq_moves_thermalisation(m)};
  for (int mu = 0; mu < SQ_DIM && m->blocks.self; mu++) choice->block = PetscMax(choice->block, m->tiling.block[mu]);
  choice->steps = m->levels.steps;
  if (set->steps < 1 || choice->depth < 1 || choice->thermalisation < 0 || (m->whole.self && m->blocks.self))
    PetscCall(choose(m, count, chains, choice));
  if (choice->separation < 1) choice->separation = choice->block ? sq_tiling_sweep(&m->tiling) : 1;
  sq_info("correct: %s, depth %lld of %lld; %lld moves to forget the start, then one field every %lld moves",
          choice->block ? "blocks" : "the whole field", (long long)choice->depth, (long long)choice->steps,
          (long long)choice->thermalisation, (long long)choice->separation);
  PetscFunctionReturn(0);
}

const sq_mover *sq_moves_mover(const sq_moves *m, const sq_moves_choice *choice)
{
  return choice->block ? &m->blocks : &m->whole;
}

/* They stay auto: the file was made of a deck that says so. */
static PetscErrorCode note(sq_deck *deck, const char *key, int64_t given, int64_t value)
{
  PetscFunctionBeginUser;
  char text[32];
  if (given >= 0) PetscFunctionReturn(0);
  snprintf(text, sizeof text, "%lld", (long long)value);
  PetscCall(sq_deck_note(deck, "correct", key, text));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_moves_resolve(sq_run *run, const sq_correct_settings *set, const sq_moves_choice *choice)
{
  PetscFunctionBeginUser;
  PetscCall(note(run->deck, "block", set->block, choice->block));
  if (!sq_model_has_blocks(sq_run_model_type(run))) { /* moves have no levels of noise there */
    PetscCall(note(run->deck, "steps", set->steps, choice->steps));
    PetscCall(note(run->deck, "depth", set->depth, choice->depth));
  }
  PetscCall(note(run->deck, "separation", set->separation, choice->separation));
  PetscCall(note(run->deck, "thermalisation", set->thermalisation, choice->thermalisation));
  PetscCall(sq_run_write_deck(run));
  PetscFunctionReturn(0);
}
