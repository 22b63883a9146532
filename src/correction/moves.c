/* SPDX-License-Identifier: BSD-3-Clause */
/* The method partial of stage correct: Markov chains of partial-path or block moves, started from generated fields or
 * from stored ones of Monte Carlo -> corrected.h5.
 *
 * A chain begins where the independence chain of its share of the samples ends, or with the last field of its share of
 * the ensemble, tries depths, forgets, then stores a field every `separation` moves. Its state is its last record; the
 * choice of moves, which belongs to no record, is in correct.checkpoint.h5, made before the first record.
 */
#include "src/correction/starts.h"
#include <math.h>
#include <string.h>

typedef struct {
  sq_run *run;
  sq_moves moves;
  sq_moves_choice choice;
  sq_records *source; /* of the fields that chains begin with */
  sq_chain_records chains;
  sq_move_chain *chain; /* [chains.count] of this replica */
  uint64_t fingerprint, stream;
  char checkpoint[SQ_PATH];
} stage;

/* ---- the choice of moves, kept ---- */

enum { BLOCK, DEPTH, SEPARATION, THERMALISATION, STEPS, NUMBERS };
static const char *const number_name[NUMBERS] = {"block", "depth", "separation", "thermalisation", "steps"};

static void choice_save(const sq_moves_choice *c, double number[NUMBERS])
{
  const double numbers[NUMBERS] = {(double)c->block, (double)c->depth, (double)c->separation, (double)c->thermalisation,
                                   (double)c->steps};
  memcpy(number, numbers, sizeof numbers);
}

static sq_moves_choice choice_of(const double number[NUMBERS])
{
  return (sq_moves_choice){.block = (int64_t)number[BLOCK],
                           .depth = (int64_t)number[DEPTH],
                           .separation = (int64_t)number[SEPARATION],
                           .thermalisation = (int64_t)number[THERMALISATION],
                           .steps = (int64_t)number[STEPS]};
}

static PetscErrorCode write_checkpoint(void *self, int64_t complete)
{
  PetscFunctionBeginUser;
  const stage *s = self;
  sq_store *store;
  double number[NUMBERS];
  (void)complete;
  choice_save(&s->choice, number);
  PetscCall(sq_run_checkpoint_create(s->run, s->fingerprint, &store));
  PetscCall(sq_store_put_reals(store, "choice", 1, (int64_t[]){NUMBERS}, number));
  PetscCall(sq_store_write(s->run->world, store, s->checkpoint, false));
  PetscCall(sq_store_destroy(&store));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_checkpoint(stage *s, bool *found)
{
  PetscFunctionBeginUser;
  sq_store *store;
  const double *number;
  PetscCall(sq_run_read_checkpoint(s->run, s->checkpoint, "checkpoint", false, s->fingerprint, &store, found));
  if (!*found) PetscFunctionReturn(0);
  PetscCall(sq_store_reals(store, "choice", NUMBERS, &number));
  s->choice = choice_of(number);
  SqCheck(s->choice.steps >= 1 && s->choice.steps <= 10000, s->run->world, SQ_ERR_DATA,
          "%s: moves on %lld levels are not those of this deck", s->checkpoint, (long long)s->choice.steps);
  PetscCall(sq_moves_set_steps(&s->moves, (int)s->choice.steps));
  SqCheck(s->choice.depth >= 1 && s->choice.depth <= s->moves.levels.steps && s->choice.separation >= 1 &&
            sq_moves_mover(&s->moves, &s->choice)->self,
          s->run->world, SQ_ERR_DATA, "%s: moves of depth %lld are not those of this deck", s->checkpoint,
          (long long)s->choice.depth);
  PetscCall(sq_store_destroy(&store));
  PetscFunctionReturn(0);
}

/* ---- the chains ---- */

static void turn(const stage *s, sq_move_chain *chain, sq_stream stream)
{
  double matrix[SQ_COMPONENTS * SQ_COMPONENTS];
  const int64_t sites = s->moves.lattice->local_volume;
  const int components = s->moves.components;
  sq_turn_random(components, stream, (uint64_t)chain->moves, 1, matrix);
  sq_turn_numbers(components, matrix, sites, sites, chain->block);
}

/* A random symmetry move, exact where the action allows it. */
static void flip(const stage *s, sq_move_chain *chain)
{
  sq_stream stream = sq_stream_make(s->stream, SQ_RNG_FLIP, chain->id);
  if (sq_action_rotates(&s->run->action)) {
    turn(s, chain, stream);
    return;
  }
  const sq_symmetry move = sq_action_symmetry(&s->run->action, sq_rng_uniform(stream, 0, (uint64_t)chain->moves, 1));
  if (move.factor == 1 && move.shift == 0) return;
  for (int64_t i = 0; i < s->moves.numbers; i++) chain->block[i] = move.factor * chain->block[i] + move.shift;
}

static PetscErrorCode make_moves(stage *s, int64_t moves)
{
  PetscFunctionBeginUser;
  const sq_mover *mover = sq_moves_mover(&s->moves, &s->choice);
  for (int64_t n = 0; n < moves; n++) {
    if (s->chains.count)
      PetscCall(mover->move(mover->self, s->stream, (int)s->choice.depth, s->chains.count, s->chain));
    for (int64_t i = 0; i < s->chains.count; i++) flip(s, &s->chain[i]);
  }
  PetscFunctionReturn(0);
}

/* Of all chains together since they forgot their start, where the counters began. */
static PetscErrorCode achieved(const stage *s, double *acceptance, double *forgets)
{
  PetscFunctionBeginUser;
  double *before;
  PetscCall(sq_alloc(s->chains.count * SQ_MOVE_CHAIN_NUMBERS, &before));
  for (int64_t i = 0; i < s->chains.count; i++) before[i * SQ_MOVE_CHAIN_NUMBERS] = (double)s->choice.thermalisation;
  PetscCall(sq_moves_achieved(s->moves.grid, s->moves.spread, s->chains.count, s->chain, before, acceptance, forgets));
  sq_free(&before);
  PetscFunctionReturn(0);
}

/* Random numbers of chains are numbered from there. Trial moves have their own: what is chosen must not depend on the
 * numbers that production takes. */
static void number_chains(stage *s, uint64_t from)
{
  for (int64_t i = 0; i < s->chains.count; i++) s->chain[i].id = from + (uint64_t)(s->chains.first + i);
}

/* Tunes; begins again where it began, so that trial moves leave nothing but what was chosen; forgets the start. Then
 * the counters begin. */
static PetscErrorCode prepare(stage *s, const sq_ensemble *e)
{
  PetscFunctionBeginUser;
  const uint64_t trials = (uint64_t)1 << 32;
  PetscCall(sq_starts_read(&s->chains, s->source, e, s->stream, s->chain));
  number_chains(s, trials);
  PetscCall(sq_moves_tune(&s->moves, s->chains.count, s->chain, &s->choice));
  number_chains(s, 0);
  PetscCall(sq_starts_read(&s->chains, s->source, e, s->stream, s->chain));
  for (int64_t n = 0; n < s->choice.thermalisation; n++) {
    PetscCall(make_moves(s, 1));
    PetscCall(sq_run_obey(s->run, "correct", s->chains.size[0]));
  }
  for (int64_t i = 0; i < s->chains.count; i++) {
    s->chain[i].counts = (sq_metropolis){0};
    s->chain[i].jump = 0;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode advance(void *self, int64_t n)
{
  PetscFunctionBeginUser;
  stage *s = self;
  (void)n;
  PetscCall(make_moves(s, s->choice.separation));
  PetscFunctionReturn(0);
}

static PetscErrorCode save(void *self, int64_t i, double *block, double *number)
{
  PetscFunctionBeginUser;
  const stage *s = self;
  memcpy(block, s->chain[i].block, (size_t)s->moves.numbers * sizeof *block);
  sq_move_chain_save(&s->chain[i], number);
  PetscFunctionReturn(0);
}

static PetscErrorCode restore(void *self, int64_t i, const double *block, const double *number)
{
  PetscFunctionBeginUser;
  const stage *s = self;
  memcpy(s->chain[i].block, block, (size_t)s->moves.numbers * sizeof *block);
  sq_move_chain_restore(&s->chain[i], number);
  PetscFunctionReturn(0);
}

static PetscErrorCode show(void *self, sq_work *work, bool end)
{
  PetscFunctionBeginUser;
  const stage *s = self;
  double acceptance, forgets;
  PetscCall(achieved(s, &acceptance, &forgets));
  if (end) sq_work_end(work, "acceptance %.3f", acceptance);
  else sq_work_show(work, "acceptance %.3f", acceptance);
  PetscFunctionReturn(0);
}

static const sq_chain_maker maker = {.numbers = SQ_MOVE_CHAIN_NUMBERS,
                                     .number_name = sq_move_chain_number_name,
                                     .advance = advance,
                                     .save = save,
                                     .restore = restore,
                                     .show = show,
                                     .checkpoint = write_checkpoint};

static PetscErrorCode finish(stage *s)
{
  PetscFunctionBeginUser;
  const sq_mover *mover = sq_moves_mover(&s->moves, &s->choice);
  sq_records *records = s->chains.records;
  double number[NUMBERS], acceptance, forgets;
  choice_save(&s->choice, number);
  PetscCall(achieved(s, &acceptance, &forgets));
  PetscCall(sq_records_put_real(records, "acceptance", acceptance));
  PetscCall(sq_records_put_real(records, "forgets", forgets));
  if (s->run->from_ensemble) PetscCall(sq_records_put_real(records, "start_of_ensemble", 1));
  PetscCall(sq_records_put_real(records, "evaluations", mover->cost(mover->self, (int)s->choice.depth)));
  for (int i = 0; i < NUMBERS; i++) PetscCall(sq_records_put_real(records, number_name[i], number[i]));
  PetscCall(sq_records_publish(&s->chains.records));
  PetscCall(sq_run_remove_checkpoint(s->run, s->checkpoint));
  PetscFunctionReturn(0);
}

/* ---- the method ---- */

static PetscErrorCode set_up(stage *s, const sq_correct_settings *set, const char *from, const char *to,
                             const sq_ensemble *e, const sq_records_info *info)
{
  PetscFunctionBeginUser;
  sq_metropolis counts = {0};
  double independence = 1; /* not known of stored fields: everything is tried */
  if (!s->run->from_ensemble) {
    (void)sq_independence_chain(s->stream, 0, e->log_weight, 0, e->count, NULL, &counts);
    independence = sq_metropolis_acceptance(&counts);
  }
  PetscCall(sq_moves_create(s->run, set, e->extent, independence, s->stream, &s->moves));
  s->chains = (sq_chain_records){.run = s->run,
                                 .stage = "correct",
                                 .path = to,
                                 .grid = s->moves.grid,
                                 .lattice = s->moves.lattice,
                                 .maker = &maker,
                                 .self = s,
                                 .chains = set->chains};
  PetscCall(sq_chain_records_begin(&s->chains, info));
  PetscCall(sq_move_chains_create((uint64_t)s->chains.first, s->chains.count, s->moves.numbers, &s->chain));
  for (int64_t i = 0; i < s->chains.count; i++) s->chain[i].of_size = s->moves.of_size;
  PetscCall(sq_records_open(s->moves.grid, s->moves.lattice, from, &s->source));
  sq_run_path(s->run, "correct.checkpoint.h5", s->checkpoint);
  PetscFunctionReturn(0);
}

static PetscErrorCode clear(stage *s)
{
  PetscFunctionBeginUser;
  PetscCall(sq_records_close(&s->source));
  sq_move_chains_destroy(s->chains.count, &s->chain);
  PetscCall(sq_chain_records_end(&s->chains));
  PetscCall(sq_moves_destroy(&s->moves));
  PetscFunctionReturn(0);
}

/* Goes on from what is there, or starts. complete: records every chain has. */
static PetscErrorCode open_file(stage *s, const sq_ensemble *e, const sq_records_info *info, int64_t *complete)
{
  PetscFunctionBeginUser;
  bool begun = false, tuned;
  *complete = 0;
  PetscCall(read_checkpoint(s, &tuned));
  if (tuned) PetscCall(sq_chain_records_resume(&s->chains, info, &begun));
  if (begun) PetscCall(sq_chain_records_complete(&s->chains, complete));
  if (begun) PetscCall(sq_chain_records_restore(&s->chains, *complete));
  if (!*complete) PetscCall(prepare(s, e));
  PetscCall(sq_moves_resolve(s->run, &s->moves.set, &s->choice));
  if (!*complete) PetscCall(sq_chain_records_create(&s->chains, info));
  PetscFunctionReturn(0);
}

static PetscErrorCode move(sq_run *run, const char *from, const char *to, const sq_ensemble *e, uint64_t fingerprint)
{
  PetscFunctionBeginUser;
  stage s = {.run = run, .fingerprint = fingerprint, .stream = sq_correct_stream(run, e)};
  sq_records_info info;
  char *deck;
  sq_correct_settings set;
  int64_t complete;
  sq_correct_settings_from_deck(run->deck, run->from_ensemble ? run->sample.configurations : e->count, &set);
  if (run->from_ensemble) PetscCall(sq_starts_check(run, set.chains, from));
  SqCheck(set.configurations >= set.chains && (e->count >= set.chains || run->from_ensemble), run->world, SQ_ERR_INPUT,
          "%s: %d chains need at least one field each to begin with and to store; there are %lld samples",
          sq_deck_where(run->deck, "correct", "chains"), set.chains, (long long)e->count);
  PetscCall(sq_deck_text_of(run->deck, NULL, false, &deck));
  sq_correct_describe(run, e, fingerprint, deck, &info);
  sq_chain_group(&maker, "corrected", set.configurations, &info);
  PetscCall(set_up(&s, &set, from, to, e, &info));
  PetscCall(open_file(&s, e, &info, &complete));
  PetscCall(sq_chain_records_make(&s.chains, complete, s.choice.separation));
  PetscCall(finish(&s));
  sq_free(&deck);
  PetscCall(clear(&s));
  PetscFunctionReturn(0);
}

static PetscErrorCode again(sq_run *run, const char *path)
{
  PetscFunctionBeginUser;
  double number[NUMBERS];
  PetscCall(sq_run_read_reals(run, path, NUMBERS, number_name, number));
  const sq_moves_choice choice = choice_of(number);
  sq_correct_settings set;
  sq_correct_settings_from_deck(run->deck, run->sample.configurations, &set);
  PetscCall(sq_moves_resolve(run, &set, &choice));
  PetscFunctionReturn(0);
}

/* ---- what would be done ---- */

static PetscErrorCode fits(const sq_run *run, const sq_correct_work *w)
{
  PetscFunctionBeginUser;
  const sq_correct_settings *set = &w->set;
  int64_t starts;
  PetscCall(sq_starts_expected(run, &starts));
  SqCheck(set->chains <= PetscMin(set->configurations, starts), run->world, SQ_ERR_INPUT,
          "%s: correct.chains: %d chains need at least one field each to begin with and to store",
          sq_deck_where(run->deck, "correct", "chains"), set->chains);
  PetscCall(sq_moves_check(run, set, &w->shape, w->padded));
  PetscFunctionReturn(0);
}

static PetscErrorCode plan(const sq_run *run, const sq_correct_work *w, sq_budget *budget)
{
  PetscFunctionBeginUser;
  const sq_correct_settings *set = &w->set;
  const bool own = sq_model_has_blocks(sq_run_model_type(run));
  const sq_plan chains = own ? sq_own_blocks_plan(run, set, w->padded) : sq_moves_plan(run, set, &w->shape, w->padded);
  double depth = set->depth > 0 ? (double)set->depth : 2, apart = set->separation > 0 ? (double)set->separation : 4;
  char text[200];
  PetscCall(sq_plan_show(run, &chains, budget));
  if (!own)
    snprintf(text, sizeof text, "%lld fields, every %.0f moves to level %.0f%s", (long long)set->configurations, apart,
             depth,
             set->depth < 1 || set->separation < 1 || set->block < 0 ? "; what is auto is found by trial moves first, "
                                                                       "and can take several times as long" :
                                                                       "");
  if (!own) sq_budget_flops(run, budget, (double)set->configurations * apart * (2 * depth - 1) * w->flops, text);
  sq_budget_records(budget, "corrected.h5", (double)set->configurations, w->numbers,
                    8 + sq_obs_columns(run->action.type));
  PetscFunctionReturn(0);
}

static PetscErrorCode judge(sq_records *records, const sq_ensemble *e, sq_text *out)
{
  PetscFunctionBeginUser;
  double x[NUMBERS], forgets, evaluations, stored;
  for (int i = 0; i < NUMBERS; i++) PetscCall(sq_records_find_real(records, number_name[i], &x[i]));
  PetscCall(sq_records_find_real(records, "forgets", &forgets));
  PetscCall(sq_records_find_real(records, "evaluations", &evaluations));
  PetscCall(sq_records_find_real(records, "start_of_ensemble", &stored));
  const bool own = isnan(forgets); /* blocks of the model's own: a move has no depth */
  PetscCall(sq_text_add(out, "corrected: chains of %s moves, exact for any model if they are long enough, ",
                        own ? "block" : "partial-path"));
  if (!isnan(stored))
    PetscCall(sq_text_add(out, "begun with stored fields of Monte Carlo, which are taken to be fields of exp(-S), "));
  if (x[BLOCK] > 0)
    PetscCall(
      sq_text_add(out, "in blocks of %.0f sites a side (their acceptance does not depend on the volume)", x[BLOCK]));
  else PetscCall(sq_text_add(out, "of the whole field (their acceptance falls with the volume)"));
  if (!own) PetscCall(sq_text_add(out, ", depth %.0f of %.0f levels", x[DEPTH], x[STEPS]));
  PetscCall(sq_text_add(out, ", %.0f move%s a stored field, %.3g evaluations of the network a move: ", x[SEPARATION],
                        x[SEPARATION] > 1 ? "s" : "", evaluations));
  PetscCall(sq_correct_worth(e, out));
  if (!own) PetscCall(sq_text_add(out, "; a move forgets %.3g of M", forgets));
  PetscFunctionReturn(0);
}

const sq_correction sq_correction_partial = {.name = "partial",
                                             .summary = "chains of moves: noise a field up to a level, or a block, and "
                                                        "generate it anew",
                                             .weighted = true,
                                             .learned = true,
                                             .moves = true,
                                             .from = "samples.h5",
                                             .make = move,
                                             .again = again,
                                             .mark = "jump",
                                             .verdict = judge,
                                             .fits = fits,
                                             .plan = plan};
