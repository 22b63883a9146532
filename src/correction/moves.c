/* The method partial of stage correct: Markov chains of partial-path or block moves, started from generated fields ->
 * corrected.h5.
 *
 * A chain begins where the independence chain of its share of the samples ends, tries depths, forgets, then stores a
 * field every `separation` moves. Its state is its last record; the choice of moves, which belongs to no record, is in
 * correct.checkpoint.h5, made before the first record.
 */
#include "src/correction/correction.h"
#include "src/run/work.h"
#include <string.h>

enum { CHAIN, FIRST_NUMBER, FIRST_OBS = FIRST_NUMBER + SQ_MOVE_CHAIN_NUMBERS, COLUMNS = FIRST_OBS + SQ_OBS_COLUMNS };

typedef struct {
  sq_run *run;
  sq_moves moves;
  sq_moves_choice choice;
  sq_obs *obs;
  sq_records *samples, *records;
  int chains;
  int64_t configurations, first, count,
    most; /* chains first .. first + count - 1 of this replica; the most that one has */
  sq_move_chain *chain;
  double *block;
  uint64_t fingerprint;
  char part[SQ_PATH], checkpoint[SQ_PATH];
} stage;

/* ---- records ---- */

/* Where record n of chain c goes; -1: the chain has no such record. */
static int64_t place(const stage *s, int64_t chain, int64_t n)
{
  int64_t first, count;
  sq_share(s->configurations, s->chains, (int)chain, &first, &count);
  return n < count ? first + n : -1;
}

static int64_t records_of(const stage *s, int64_t chain)
{
  int64_t first, count;
  sq_share(s->configurations, s->chains, (int)chain, &first, &count);
  return count;
}

/* Of the chain that has most. */
static int64_t most_records(const stage *s)
{
  return (s->configurations + s->chains - 1) / s->chains;
}

static PetscErrorCode store_record(stage *s, int64_t i, int64_t n)
{
  PetscFunctionBeginUser;
  double columns[COLUMNS];
  int64_t index = i < s->count ? place(s, s->first + i, n) : -1;
  if (index >= 0) {
    columns[CHAIN] = (double)(s->first + i);
    sq_move_chain_save(&s->chain[i], columns + FIRST_NUMBER);
    PetscCall(sq_obs_measure(s->obs, s->chain[i].block, columns + FIRST_OBS));
  }
  PetscCall(sq_records_write(s->records, 0, index, i < s->count ? s->chain[i].block : s->block, columns));
  PetscFunctionReturn(0);
}

/* Records that every chain has. */
static PetscErrorCode complete_records(stage *s, int64_t *complete)
{
  PetscFunctionBeginUser;
  uint64_t *sum;
  int64_t longest = most_records(s);
  *complete = longest;
  PetscCall(sq_alloc(s->configurations, &sum));
  PetscCall(sq_records_checksums(s->records, 0, sum));
  for (int64_t c = 0; c < s->chains; c++) {
    int64_t n = 0;
    while (place(s, c, n) >= 0 && sum[place(s, c, n)]) n++;
    if (n < records_of(s, c)) *complete = PetscMin(*complete, n);
  }
  sq_free(&sum);
  PetscFunctionReturn(0);
}

static PetscErrorCode restore(stage *s, int64_t complete)
{
  PetscFunctionBeginUser;
  double columns[COLUMNS];
  for (int64_t i = 0; i < s->most; i++) {
    int64_t last = i < s->count ? PetscMin(complete, records_of(s, s->first + i)) - 1 : -1,
            index = last < 0 ? -1 : place(s, s->first + i, last);
    PetscCall(sq_records_read(s->records, 0, index, i < s->count ? s->chain[i].block : s->block, columns));
    if (index >= 0) sq_move_chain_restore(&s->chain[i], columns + FIRST_NUMBER);
  }
  PetscFunctionReturn(0);
}

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

static PetscErrorCode write_checkpoint(stage *s)
{
  PetscFunctionBeginUser;
  sq_store *store;
  double number[NUMBERS];
  choice_save(&s->choice, number);
  PetscCall(sq_store_create("checkpoint", &store));
  PetscCall(sq_store_put_int(store, "fingerprint", (int64_t)s->fingerprint));
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

/* Chain c begins with the field that the chain of its share of the samples ends at. */
static PetscErrorCode start(stage *s, const sq_ensemble *e)
{
  PetscFunctionBeginUser;
  for (int64_t i = 0; i < s->most; i++) {
    int64_t at = -1, first, count;
    sq_metropolis counts = {0};
    sq_share(e->count, s->chains, (int)(s->first + i), &first, &count);
    if (i < s->count)
      at = sq_correct_independence(s->run, e->log_weight, 1 + (uint64_t)(s->first + i), first, count, NULL, &counts);
    PetscCall(sq_records_read(s->samples, 0, at, i < s->count ? s->chain[i].block : s->block, NULL));
    if (i < s->count) s->chain[i].moves = 0;
  }
  PetscFunctionReturn(0);
}

/* phi -> -phi with probability 1/2, exact where the action allows it. */
static void flip(const stage *s, sq_move_chain *chain)
{
  sq_stream stream = sq_stream_make(s->run->seed, SQ_RNG_FLIP, chain->id);
  if (!s->run->action.type->symmetric || sq_rng_uniform(stream, 0, (uint64_t)chain->moves, 1) < 0.5) return;
  for (int64_t i = 0; i < s->moves.lattice->local_volume; i++) chain->block[i] = -chain->block[i];
}

static PetscErrorCode advance(stage *s, int64_t moves)
{
  PetscFunctionBeginUser;
  const sq_mover *mover = sq_moves_mover(&s->moves, &s->choice);
  for (int64_t n = 0; n < moves; n++) {
    if (s->count) PetscCall(mover->move(mover->self, s->run->seed, (int)s->choice.depth, s->count, s->chain));
    for (int64_t i = 0; i < s->count; i++) flip(s, &s->chain[i]);
  }
  PetscFunctionReturn(0);
}

/* Of all chains together since they forgot their start, where the counters began. */
static PetscErrorCode achieved(const stage *s, double *acceptance, double *forgets)
{
  PetscFunctionBeginUser;
  double *before;
  PetscCall(sq_alloc(s->count * SQ_MOVE_CHAIN_NUMBERS, &before));
  for (int64_t i = 0; i < s->count; i++) before[i * SQ_MOVE_CHAIN_NUMBERS] = (double)s->choice.thermalisation;
  PetscCall(sq_moves_achieved(s->moves.grid, s->moves.spread, s->count, s->chain, before, acceptance, forgets));
  sq_free(&before);
  PetscFunctionReturn(0);
}

/* Tunes; begins again where it began, so that the deck with what was chosen repeats the run; forgets the start. Then
 * the counters begin. */
static PetscErrorCode prepare(stage *s, const sq_ensemble *e)
{
  PetscFunctionBeginUser;
  PetscCall(start(s, e));
  PetscCall(sq_moves_tune(&s->moves, s->count, s->chain, &s->choice));
  PetscCall(start(s, e));
  for (int64_t n = 0; n < s->choice.thermalisation; n++) {
    PetscCall(advance(s, 1));
    PetscCall(sq_run_obey(s->run, "correct", s->configurations));
  }
  for (int64_t i = 0; i < s->count; i++) {
    s->chain[i].counts = (sq_metropolis){0};
    s->chain[i].jump = 0;
  }
  PetscFunctionReturn(0);
}

/* Of all chains, when each has n, or as many as it will have. */
static int64_t records_after(const stage *s, int64_t n)
{
  int64_t all = 0;
  for (int64_t c = 0; c < s->chains; c++) all += PetscMin(n, records_of(s, c));
  return all;
}

static PetscErrorCode produce(stage *s, int64_t done)
{
  PetscFunctionBeginUser;
  int64_t rounds = most_records(s);
  double acceptance, forgets;
  sq_work work;
  sq_work_begin(s->run, "correct", records_after(s, done), s->configurations, &work);
  for (int64_t n = done; n < rounds; n++) {
    sq_work_start(&work);
    PetscCall(advance(s, s->choice.separation));
    for (int64_t i = 0; i < s->most; i++) PetscCall(store_record(s, i, n));
    PetscCall(sq_work_unit(&work, records_after(s, n + 1)));
    if (work.due) {
      PetscCall(achieved(s, &acceptance, &forgets));
      sq_work_show(&work, "acceptance %.3f", acceptance);
    }
    if (!work.save) continue;
    PetscCall(sq_records_flush(s->records));
    PetscCall(sq_work_saved(&work));
  }
  PetscCall(achieved(s, &acceptance, &forgets));
  sq_work_end(&work, "acceptance %.3f", acceptance);
  double updates = (double)((rounds - done) * s->choice.separation * s->chains);
  PetscCall(sq_records_put_real(s->records, "core_seconds_an_update", sq_work_core_seconds(&work) / updates));
  PetscCall(sq_records_put_real(s->records, "updates_a_field", (double)s->choice.separation));
  PetscFunctionReturn(0);
}

static PetscErrorCode finish(stage *s)
{
  PetscFunctionBeginUser;
  const sq_mover *mover = sq_moves_mover(&s->moves, &s->choice);
  double number[NUMBERS], acceptance, forgets;
  choice_save(&s->choice, number);
  PetscCall(achieved(s, &acceptance, &forgets));
  PetscCall(sq_records_put_real(s->records, "acceptance", acceptance));
  PetscCall(sq_records_put_real(s->records, "forgets", forgets));
  PetscCall(sq_records_put_real(s->records, "evaluations", mover->cost(mover->self, (int)s->choice.depth)));
  for (int i = 0; i < NUMBERS; i++) PetscCall(sq_records_put_real(s->records, number_name[i], number[i]));
  PetscCall(sq_records_publish(&s->records));
  PetscCall(sq_file_remove(s->run->world, s->checkpoint));
  PetscFunctionReturn(0);
}

/* ---- the method ---- */

static PetscErrorCode set_up(stage *s, const char *from, const sq_ensemble *e)
{
  PetscFunctionBeginUser;
  sq_metropolis counts = {0};
  s->chains = (int)sq_deck_int(s->run->deck, "correct", "chains");
  s->configurations = sq_deck_int(s->run->deck, "correct", "configurations");
  if (s->configurations < 0) s->configurations = e->count;
  SqCheck(s->configurations >= s->chains && e->count >= s->chains, s->run->world, SQ_ERR_INPUT,
          "%s: %d chains need at least one field each to begin with and to store; there are %lld samples",
          sq_deck_where(s->run->deck, "correct", "chains"), s->chains, (long long)e->count);
  (void)sq_correct_independence(s->run, e->log_weight, 0, 0, e->count, NULL, &counts);
  PetscCall(sq_moves_create(s->run, e->extent, s->chains, sq_metropolis_acceptance(&counts), &s->moves));
  sq_share(s->chains, s->moves.grid->replicas, s->moves.grid->replica, &s->first, &s->count);
  s->most = (s->chains + s->moves.grid->replicas - 1) / s->moves.grid->replicas;
  PetscCall(sq_move_chains_create((uint64_t)s->first, s->count, s->moves.lattice->local_volume, &s->chain));
  PetscCall(sq_obs_create(s->moves.lattice, &s->run->action, &s->obs));
  PetscCall(sq_alloc(s->moves.lattice->local_volume, &s->block));
  PetscCall(sq_records_open(s->moves.grid, s->moves.lattice, from, &s->samples));
  sq_run_path(s->run, "corrected.h5.part", s->part);
  sq_run_path(s->run, "correct.checkpoint.h5", s->checkpoint);
  PetscFunctionReturn(0);
}

static PetscErrorCode clear(stage *s)
{
  PetscFunctionBeginUser;
  sq_free(&s->block);
  PetscCall(sq_records_close(&s->samples));
  sq_move_chains_destroy(s->count, &s->chain);
  PetscCall(sq_obs_destroy(&s->obs));
  PetscCall(sq_moves_destroy(&s->moves));
  PetscFunctionReturn(0);
}

/* Goes on from what is there, or starts. complete: records every chain has. */
static PetscErrorCode open_file(stage *s, const char *to, const sq_ensemble *e, const sq_records_info *info,
                                int64_t *complete)
{
  PetscFunctionBeginUser;
  bool begun, tuned;
  *complete = 0;
  PetscCall(sq_file_exists(s->run->world, s->part, &begun));
  PetscCall(read_checkpoint(s, &tuned));
  if (begun && tuned) {
    PetscCall(sq_records_resume(s->moves.grid, s->moves.lattice, to, info, &s->records));
    PetscCall(complete_records(s, complete));
    if (*complete) {
      PetscCall(restore(s, *complete));
      PetscCall(sq_moves_resolve(s->run, &s->choice));
      sq_info("correct: resumed after %lld of %lld fields",
              (long long)PetscMin(*complete * s->chains, s->configurations), (long long)s->configurations);
      PetscFunctionReturn(0);
    }
    PetscCall(sq_records_close(&s->records));
  }
  PetscCall(prepare(s, e));
  PetscCall(sq_moves_resolve(s->run, &s->choice));
  PetscCall(sq_records_create(s->moves.grid, s->moves.lattice, to, info, &s->records));
  PetscCall(write_checkpoint(s));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_correct_moves(sq_run *run, const char *from, const char *to, const sq_ensemble *e,
                                uint64_t fingerprint)
{
  PetscFunctionBeginUser;
  stage s = {.run = run, .fingerprint = fingerprint};
  const char *names[FIRST_OBS] = {"chain"};
  sq_records_info info;
  char *deck;
  int64_t complete;
  for (int i = 0; i < SQ_MOVE_CHAIN_NUMBERS; i++) names[FIRST_NUMBER + i] = sq_move_chain_number_name[i];
  PetscCall(set_up(&s, from, e));
  PetscCall(sq_deck_text_of(run->deck, NULL, false, &deck));
  PetscCall(sq_correct_describe(run, e, fingerprint, s.configurations, FIRST_OBS, names, deck, &info));
  PetscCall(open_file(&s, to, e, &info, &complete));
  PetscCall(produce(&s, complete));
  PetscCall(finish(&s));
  sq_free(&deck);
  PetscCall(clear(&s));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_correct_moves_again(sq_run *run, const char *path)
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  sq_records *records;
  double number[NUMBERS];
  PetscCall(sq_grid_create(run->world, 1, &grid));
  PetscCall(sq_records_open(grid, NULL, path, &records));
  for (int i = 0; i < NUMBERS; i++) PetscCall(sq_records_get_real(records, number_name[i], &number[i]));
  PetscCall(sq_records_close(&records));
  PetscCall(sq_grid_destroy(&grid));
  const sq_moves_choice choice = choice_of(number);
  PetscCall(sq_moves_resolve(run, &choice));
  PetscFunctionReturn(0);
}
