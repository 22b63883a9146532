/* Making an ensemble with Markov chains over replicas, and the stage hmc: ensemble.h5 (groups training, testing).
 *
 * Chain c stores its share of the training configurations first, then its share of the held-out ones. A chain's state
 * is its last record (field and counters), so the file being made is a checkpoint of the chains, on any number of
 * ranks. What belongs to no record, the tuning and the histories, is in a checkpoint (hmc.checkpoint.h5), with the
 * number of records it stands for.
 */
#include "src/run/work.h"
#include "src/stage/monitor.h"
#include "src/stage/produce.h"
#include <math.h>
#include <string.h>

enum { TRAINING, TESTING, FIRST_OBS = 1 + SQ_CHAIN_NUMBERS, COLUMNS = FIRST_OBS + SQ_OBS_COLUMNS };

typedef struct {
  sq_run *run;
  const sq_production *what;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_hmc *hmc;
  sq_obs *obs;
  sq_records *records;
  sq_hmc_settings set;
  sq_monitor monitor;
  char path[SQ_PATH], part[SQ_PATH], checkpoint[SQ_PATH];
  double *block;
  int64_t most; /* chains of a replica, at most: record writes are collective */
  double tuning[SQ_HMC_TUNING_NUMBERS], disagreement, *warmup; /* as stored; warmup[warmup_rows][WIDE] */
  int64_t warmup_rows;
} stage;

/* Where record n of chain c goes. False: the chain has no such record. */
static bool place(const stage *s, int64_t chain, int64_t n, int *group, int64_t *index)
{
  int64_t train_first, train, test_first, test;
  sq_share(s->set.configurations, s->set.chains, (int)chain, &train_first, &train);
  sq_share(s->set.test, s->set.chains, (int)chain, &test_first, &test);
  *group = n < train ? TRAINING : TESTING;
  *index = n < train ? train_first + n : test_first + n - train;
  return n < train + test;
}

/* The last chain has most (sq_share). */
static int64_t records_of(const stage *s, int64_t chain)
{
  int64_t first, train, test;
  sq_share(s->set.configurations, s->set.chains, (int)chain, &first, &train);
  sq_share(s->set.test, s->set.chains, (int)chain, &first, &test);
  return train + test;
}

/* Of all chains, when each has n, or as many as it will have. */
static int64_t records_after(const stage *s, int64_t n)
{
  int64_t all = 0;
  for (int64_t c = 0; c < s->set.chains; c++) all += PetscMin(n, records_of(s, c));
  return all;
}

static PetscErrorCode describe(const stage *s, char *deck, sq_records_info *info)
{
  PetscFunctionBeginUser;
  *info = (sq_records_info){.kind = "ensemble", .dim = s->run->dim, .seed = s->run->seed, .deck = deck, .groups = 2};
  info->fingerprint = s->what->fingerprint;
  memcpy(info->extent, s->run->padded, sizeof info->extent);
  sq_action_describe(&s->run->action, info->action, sizeof info->action);
  for (int g = 0; g < 2; g++) {
    sq_record_group *group = &info->group[g];
    snprintf(group->name, sizeof group->name, "%s", s->what->group[g]);
    group->count = g == TRAINING ? s->set.configurations : s->set.test;
    group->columns = COLUMNS;
    snprintf(group->column[0], SQ_IO_NAME, "chain");
    for (int i = 0; i < SQ_CHAIN_NUMBERS; i++)
      snprintf(group->column[1 + i], SQ_IO_NAME, "%s", sq_chain_number_name[i]);
    for (int i = 0; i < SQ_OBS_COLUMNS; i++)
      snprintf(group->column[FIRST_OBS + i], SQ_IO_NAME, "%s", sq_obs_columns[i]);
  }
  if (s->set.test == 0) info->groups = 1;
  PetscFunctionReturn(0);
}

/* ---- thermalisation ---- */

static PetscErrorCode thermalise(stage *s)
{
  PetscFunctionBeginUser;
  bool done = false;
  PetscCall(sq_hmc_start(s->hmc));
  while (!done) {
    PetscCall(sq_hmc_thermalise_step(s->hmc, &done));
    if (!done) PetscCall(sq_run_obey(s->run, "thermalisation", 1));
  }
  PetscFunctionReturn(0);
}

/* ---- histories and the checkpoint ---- */

/* Rows of a history with the chain (and whether it is a probe) in front. */
enum { WIDE = SQ_HISTORY_COLUMNS + 2 };

static PetscErrorCode widen(const sq_history *history, int64_t probes, double **values)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(history->chains * history->rows * WIDE, values));
  for (int64_t chain = 0; chain < history->chains; chain++)
    for (int64_t r = 0; r < history->rows; r++) {
      double *to = *values + (chain * history->rows + r) * WIDE;
      bool probe = chain >= history->chains - probes;
      to[0] = (double)(probe ? chain - (history->chains - probes) : chain);
      to[1] = probe;
      memcpy(to + 2, history->value + (chain * history->capacity + r) * SQ_HISTORY_COLUMNS,
             SQ_HISTORY_COLUMNS * sizeof *to);
    }
  PetscFunctionReturn(0);
}

static PetscErrorCode put_history(sq_records *records, const char *name, int64_t rows, const double *values)
{
  PetscFunctionBeginUser;
  const char *names[WIDE] = {"chain", "probe"};
  for (int c = 0; c < SQ_HISTORY_COLUMNS; c++) names[c + 2] = sq_history_name[c];
  PetscCall(sq_records_put_series(records, name, rows, WIDE, names, values));
  PetscFunctionReturn(0);
}

/* What was found before production, kept as it will stand in the ensemble. */
static PetscErrorCode keep_thermalisation(stage *s)
{
  PetscFunctionBeginUser;
  sq_hmc_tuning_save(&s->hmc->tuning, s->tuning);
  s->disagreement = s->hmc->agreement.sigmas;
  s->warmup_rows = s->hmc->warmup.chains * s->hmc->warmup.rows;
  PetscCall(widen(&s->hmc->warmup, s->hmc->all_probes, &s->warmup));
  PetscFunctionReturn(0);
}

/* complete: records of every chain that are in the file. */
static PetscErrorCode write_checkpoint(stage *s, int64_t complete)
{
  PetscFunctionBeginUser;
  sq_store *store;
  sq_history history = {0};
  int64_t numbers = SQ_HMC_TUNING_NUMBERS;
  double monitor[SQ_MONITOR_NUMBERS];
  sq_monitor_save(&s->monitor, monitor);
  PetscCall(sq_records_flush(s->records));
  if (complete) PetscCall(sq_hmc_gather_series(s->hmc, &history));
  PetscCall(sq_store_create("checkpoint", &store));
  PetscCall(sq_store_put_int(store, "fingerprint", (int64_t)s->what->fingerprint));
  PetscCall(sq_store_put_int(store, "complete", complete));
  PetscCall(sq_store_put_reals(store, "tuning", 1, &numbers, s->tuning));
  PetscCall(sq_store_put_reals(store, "start_disagreement", 1, (int64_t[]){1}, &s->disagreement));
  PetscCall(sq_store_put_reals(store, "monitor", 1, (int64_t[]){SQ_MONITOR_NUMBERS}, monitor));
  PetscCall(sq_store_put_reals(store, "thermalisation", 2, (int64_t[]){s->warmup_rows, WIDE}, s->warmup));
  PetscCall(sq_store_put_reals(store, "production", 3, (int64_t[]){history.chains, history.rows, SQ_HISTORY_COLUMNS},
                               history.value));
  PetscCall(sq_store_write(s->run->world, store, s->checkpoint, true));
  PetscCall(sq_store_destroy(&store));
  sq_history_clear(&history);
  PetscFunctionReturn(0);
}

static PetscErrorCode get_histories(stage *s, const sq_store *store)
{
  PetscFunctionBeginUser;
  const double *values;
  int64_t warmup = sq_store_length(store, "thermalisation"), production = sq_store_length(store, "production");
  int64_t row = s->set.chains * SQ_HISTORY_COLUMNS;
  SqCheck(warmup >= 0 && warmup % WIDE == 0 && production >= 0 && production % row == 0 &&
            production / row <= SQ_HISTORY_ROWS,
          s->run->world, SQ_ERR_DATA, "%s: histories of %lld and %lld numbers are not those of %d chains",
          s->checkpoint, (long long)warmup, (long long)production, s->set.chains);
  PetscCall(sq_store_reals(store, "thermalisation", warmup, &values));
  PetscCall(sq_alloc(warmup, &s->warmup));
  if (warmup) memcpy(s->warmup, values, (size_t)warmup * sizeof *values);
  s->warmup_rows = warmup / WIDE;
  if (!production) PetscFunctionReturn(0);
  PetscCall(sq_store_reals(store, "production", production, &values));
  sq_history history = {
    .chains = s->set.chains, .rows = production / row, .capacity = production / row, .value = (double *)values};
  PetscCall(sq_hmc_set_series(s->hmc, &history));
  PetscFunctionReturn(0);
}

/* complete: 0 when there is no checkpoint. */
static PetscErrorCode read_checkpoint(stage *s, int64_t *complete)
{
  PetscFunctionBeginUser;
  sq_store *store;
  const double *values;
  bool found;
  *complete = 0;
  PetscCall(sq_run_read_checkpoint(s->run, s->checkpoint, "checkpoint", true, s->what->fingerprint, &store, &found));
  if (!found) PetscFunctionReturn(0);
  PetscCall(sq_store_int(store, "complete", complete));
  PetscCall(sq_store_reals(store, "tuning", SQ_HMC_TUNING_NUMBERS, &values));
  memcpy(s->tuning, values, sizeof s->tuning);
  PetscCall(sq_store_reals(store, "start_disagreement", 1, &values));
  s->disagreement = values[0];
  if (sq_store_length(store, "monitor") == SQ_MONITOR_NUMBERS) { /* older checkpoints have none */
    PetscCall(sq_store_reals(store, "monitor", SQ_MONITOR_NUMBERS, &values));
    sq_monitor_restore(&s->monitor, values);
  }
  PetscCall(get_histories(s, store));
  PetscCall(sq_store_destroy(&store));
  sq_hmc_tuning_restore(&s->hmc->tuning, s->tuning);
  PetscFunctionReturn(0);
}

static PetscErrorCode remove_checkpoint(stage *s)
{
  PetscFunctionBeginUser;
  char previous[SQ_PATH];
  snprintf(previous, sizeof previous, "%.1000s.1", s->checkpoint);
  PetscCall(sq_file_remove(s->run->world, s->checkpoint));
  PetscCall(sq_file_remove(s->run->world, previous));
  PetscFunctionReturn(0);
}

/* ---- resuming ---- */

/* How many records every chain has; the file counts a record once its checksum is there. */
static PetscErrorCode complete_records(stage *s, int groups, int64_t *complete)
{
  PetscFunctionBeginUser;
  uint64_t *sum[2] = {NULL, NULL};
  *complete = INT64_MAX;
  for (int g = 0; g < groups; g++) {
    PetscCall(sq_alloc(g == TRAINING ? s->set.configurations : s->set.test, &sum[g]));
    PetscCall(sq_records_checksums(s->records, g, sum[g]));
  }
  int64_t longest = records_of(s, s->set.chains - 1);
  for (int64_t c = 0; c < s->set.chains; c++) {
    int group;
    int64_t index, n = 0;
    while (place(s, c, n, &group, &index) && sum[group][index]) n++;
    if (n == records_of(s, c)) n = longest; /* a chain that is through holds nobody back */
    if (n < *complete) *complete = n;
  }
  sq_free(&sum[0]);
  sq_free(&sum[1]);
  PetscFunctionReturn(0);
}

static PetscErrorCode restore(stage *s, int64_t complete)
{
  PetscFunctionBeginUser;
  double columns[COLUMNS];
  for (int64_t i = 0; i < s->most; i++)
    for (int group = 0; group < (s->set.test ? 2 : 1); group++) { /* reads are collective and name one group */
      int mine = -1;
      int64_t index = -1, last = complete - 1;
      if (i < s->hmc->count) {
        int64_t records = records_of(s, s->hmc->first + i);
        if (last > records - 1) last = records - 1;
        if (last >= 0 && !place(s, s->hmc->first + i, last, &mine, &index)) mine = -1;
      }
      PetscCall(sq_records_read(s->records, group, mine == group ? index : -1, s->block, columns));
      if (mine == group) PetscCall(sq_chain_restore(s->hmc->chain[i], s->block, columns + 1));
    }
  PetscFunctionReturn(0);
}

/* ---- production ---- */

static PetscErrorCode store_record(stage *s, int64_t i, int64_t n, int groups)
{
  PetscFunctionBeginUser;
  double columns[COLUMNS];
  int group = -1;
  int64_t index = -1;
  if (i < s->hmc->count && place(s, s->hmc->first + i, n, &group, &index)) {
    columns[0] = (double)(s->hmc->first + i);
    sq_chain_save(s->hmc->chain[i], s->block, columns + 1);
    PetscCall(sq_obs_measure(s->obs, s->block, columns + FIRST_OBS));
  } else group = -1;
  for (int g = 0; g < groups; g++)
    PetscCall(sq_records_write(s->records, g, g == group ? index : -1, s->block, columns));
  PetscFunctionReturn(0);
}

/* Explicit steps of a quartic theory run away from far out, the sooner the longer they are. */
static PetscErrorCode check_runaway(const stage *s)
{
  PetscFunctionBeginUser;
  const sq_metropolis *counts = &s->monitor.counts;
  SqCheck(s->monitor.decides || !counts->invalid, s->run->world, SQ_ERR_INPUT,
          "%s: steps of %g are too long: %lld of %lld intervals ran away to infinity; choose smaller langevin.eps, or "
          "langevin.scheme: adjusted (and another run.dir)",
          s->what->name, s->set.length / (double)s->set.steps, (long long)counts->invalid, (long long)counts->proposed);
  PetscFunctionReturn(0);
}

static PetscErrorCode show(stage *s, sq_work *work, bool end)
{
  PetscFunctionBeginUser;
  char text[256], json[512];
  PetscCall(sq_monitor_look(&s->monitor, s->hmc, end));
  PetscCall(check_runaway(s));
  sq_monitor_text(&s->monitor, text, sizeof text);
  sq_monitor_json(&s->monitor, json, sizeof json);
  work->figures = json;
  if (end) sq_work_end(work, "%s", text);
  else sq_work_show(work, "%s", text);
  work->figures = "";
  PetscFunctionReturn(0);
}

/* One more record of every chain. */
static PetscErrorCode advance(stage *s, int64_t n, int groups)
{
  PetscFunctionBeginUser;
  const sq_hmc_tuning *tuning = &s->hmc->tuning;
  PetscCall(sq_hmc_advance(s->hmc, tuning->separation));
  for (int64_t i = 0; i < s->most; i++) PetscCall(store_record(s, i, n, groups));
  PetscCall(
    sq_monitor_step(&s->monitor, s->hmc, tuning->thermalisation + (n + 1) * tuning->separation, tuning->separation));
  PetscFunctionReturn(0);
}

static PetscErrorCode produce(stage *s, int64_t done, int groups)
{
  PetscFunctionBeginUser;
  int64_t rounds = records_of(s, s->set.chains - 1), separation = s->hmc->tuning.separation;
  sq_work work;
  sq_work_begin(s->run, s->what->name, records_after(s, done), s->set.configurations + s->set.test, &work);
  for (int64_t n = done; n < rounds; n++) {
    sq_work_start(&work);
    PetscCall(advance(s, n, groups));
    PetscCall(sq_work_unit(&work, records_after(s, n + 1)));
    if (work.due) PetscCall(show(s, &work, false));
    if (!work.save) continue;
    PetscCall(write_checkpoint(s, n + 1));
    PetscCall(sq_work_saved(&work));
  }
  PetscCall(show(s, &work, true));
  double updates = (double)((rounds - done) * separation * s->set.chains);
  PetscCall(sq_records_put_real(s->records, "core_seconds_an_update", sq_work_core_seconds(&work) / updates));
  PetscCall(sq_records_put_real(s->records, "updates_a_field", (double)separation));
  PetscFunctionReturn(0);
}

static PetscErrorCode finish(stage *s)
{
  PetscFunctionBeginUser;
  sq_history history;
  double *production;
  PetscCall(sq_monitor_keep(&s->monitor, s->records));
  for (int i = 0; i < SQ_HMC_TUNING_NUMBERS; i++)
    PetscCall(sq_records_put_real(s->records, sq_hmc_tuning_name[i], s->tuning[i]));
  PetscCall(sq_records_put_real(s->records, "start_disagreement", s->disagreement));
  if (s->set.scheme) PetscCall(sq_records_put_real(s->records, "langevin_order", s->set.scheme->order));
  if (s->set.scheme) PetscCall(sq_records_put_real(s->records, "alpha", s->set.alpha));
  PetscCall(put_history(s->records, "thermalisation", s->warmup_rows, s->warmup));
  PetscCall(sq_hmc_gather_series(s->hmc, &history));
  PetscCall(widen(&history, 0, &production));
  PetscCall(put_history(s->records, "production", history.chains * history.rows, production));
  sq_history_clear(&history);
  sq_free(&production);
  PetscCall(sq_records_publish(&s->records));
  PetscCall(remove_checkpoint(s));
  PetscFunctionReturn(0);
}

/* ---- the stage ---- */

static PetscErrorCode set_up(stage *s)
{
  PetscFunctionBeginUser;
  char text[200];
  s->set = s->what->set;
  sq_monitor_begin(&s->monitor, &s->set);
  PetscCall(
    sq_run_grid(s->run, s->run->extents, s->set.chains, 64. * (double)s->run->padded[3], 0, &s->grid, &s->lattice));
  PetscCall(sq_hmc_create(s->grid, s->lattice, &s->run->action, &s->set, s->run->seed, &s->hmc));
  PetscCall(sq_obs_create(s->lattice, &s->run->action, &s->obs));
  PetscCall(sq_alloc(s->lattice->local_volume, &s->block));
  s->most = (s->set.chains + s->grid->replicas - 1) / s->grid->replicas;
  sq_lattice_describe(s->lattice, text, sizeof text);
  sq_info("%s: %d chains on %d replica%s, each %s", s->what->name, s->set.chains, s->grid->replicas,
          s->grid->replicas > 1 ? "s" : "", text);
  PetscFunctionReturn(0);
}

static PetscErrorCode clear(stage *s)
{
  PetscFunctionBeginUser;
  sq_free(&s->block);
  sq_free(&s->warmup);
  PetscCall(sq_obs_destroy(&s->obs));
  PetscCall(sq_hmc_destroy(&s->hmc));
  PetscCall(sq_lattice_destroy(&s->lattice));
  PetscCall(sq_grid_destroy(&s->grid));
  PetscFunctionReturn(0);
}

/* What is yet to be written: the ensemble, unless its space is reserved, the histories in it, and two generations of
 * checkpoints beside a new one. */
static PetscErrorCode check_space(const stage *s, const sq_records_info *info, bool begun)
{
  PetscFunctionBeginUser;
  double rows = fmin((double)records_of(s, 0) * (double)PetscMax(1, s->set.separation), SQ_HISTORY_ROWS); /* at least */
  double histories = 8 * WIDE * (double)s->set.chains * rows;
  PetscCall(sq_space_check(s->run->world, s->path, (begun ? 0 : (double)sq_records_bytes(info)) + 4 * histories,
                           "the ensemble and its checkpoints"));
  PetscFunctionReturn(0);
}

/* Goes on from what is there, or thermalises and starts the file. complete: records every chain has. */
static PetscErrorCode open_file(stage *s, const sq_records_info *info, int64_t *complete)
{
  PetscFunctionBeginUser;
  bool begun;
  int64_t stored;
  *complete = 0;
  PetscCall(sq_file_exists(s->run->world, s->part, &begun));
  PetscCall(check_space(s, info, begun));
  if (begun) {
    PetscCall(sq_records_resume(s->grid, s->lattice, s->path, info, &s->records));
    PetscCall(read_checkpoint(s, complete));
    PetscCall(complete_records(s, info->groups, &stored));
    if (stored < *complete) *complete = 0; /* the file is behind its checkpoint: a disk that lied */
    if (*complete) {
      PetscCall(restore(s, *complete));
      sq_info("%s: resumed after %lld of %lld configurations", s->what->name, (long long)(*complete * s->set.chains),
              (long long)(s->set.configurations + s->set.test));
      PetscFunctionReturn(0);
    }
    PetscCall(sq_records_close(&s->records));
  }
  PetscCall(thermalise(s));
  PetscCall(keep_thermalisation(s));
  PetscCall(sq_records_create(s->grid, s->lattice, s->path, info, &s->records));
  PetscCall(write_checkpoint(s, 0));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_produce(sq_run *run, const sq_production *what)
{
  PetscFunctionBeginUser;
  stage s = {.run = run, .what = what};
  sq_records_info info;
  char *deck, name[64];
  bool finished;
  int64_t complete;
  snprintf(name, sizeof name, "%.40s.h5", what->file);
  sq_run_path(run, name, s.path);
  snprintf(name, sizeof name, "%.40s.h5.part", what->file);
  sq_run_path(run, name, s.part);
  snprintf(name, sizeof name, "%.40s.checkpoint.h5", what->checkpoint);
  sq_run_path(run, name, s.checkpoint);
  PetscCall(sq_run_finished(run, s.path, what->name, what->fingerprint, &finished));
  if (finished) PetscFunctionReturn(0);
  PetscCall(set_up(&s));
  PetscCall(sq_deck_text_of(run->deck, NULL, false, &deck));
  PetscCall(describe(&s, deck, &info));
  PetscCall(open_file(&s, &info, &complete));
  PetscCall(produce(&s, complete, info.groups));
  PetscCall(finish(&s));
  PetscCall(sq_verdict_table(run, s.path));
  sq_free(&deck);
  PetscCall(clear(&s));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_stage_hmc(sq_run *run)
{
  PetscFunctionBeginUser;
  static const char *const sections[] = {"lattice", "action", "hmc", NULL};
  sq_production what = {.name = "hmc",
                        .file = "ensemble",
                        .checkpoint = "hmc",
                        .group = {"training", "testing"},
                        .fingerprint = sq_run_fingerprint(run, sections)};
  PetscCall(sq_hmc_settings_from_deck(run->deck, &what.set));
  PetscCall(sq_produce(run, &what));
  PetscFunctionReturn(0);
}
