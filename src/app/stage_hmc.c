/* The stage hmc: chains over replicas -> ensemble.h5 (groups training, testing).
 *
 * Chain c stores its share of the training configurations first, then its share of the held-out ones. A chain's state is its last
 * record (field and counters), so the file being made is the checkpoint: an interrupted run goes on from it on any number of ranks.
 */
#include "squall/hmc.h"
#include "src/app/app.h"
#include <math.h>
#include <string.h>

enum { TRAINING, TESTING, FIRST_OBS = 1 + SQ_CHAIN_NUMBERS, COLUMNS = FIRST_OBS + SQ_OBS_COLUMNS };

typedef struct {
  sq_run     *run;
  sq_grid    *grid;
  sq_lattice *lattice;
  sq_hmc     *hmc;
  sq_obs     *obs;
  sq_records *records;
  sq_hmc_settings set;
  char        path[SQ_PATH];
  double     *block;
  int64_t     most;   /* chains of a replica, at most: record writes are collective */
} stage;

static const char *const hmc_sections[] = {"lattice", "action", "hmc", NULL};

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

static int64_t records_of(const stage *s, int64_t chain)
{
  int64_t n = 0, index;
  int     group;
  while (place(s, chain, n, &group, &index)) n++;
  return n;
}

static PetscErrorCode describe(const stage *s, char *deck, sq_records_info *info)
{
  PetscFunctionBeginUser;
  *info = (sq_records_info){.kind = "ensemble", .dim = s->run->dim, .seed = s->run->seed, .deck = deck, .groups = 2};
  info->fingerprint = sq_run_fingerprint(s->run, hmc_sections);
  memcpy(info->extent, s->run->padded, sizeof info->extent);
  sq_action_describe(&s->run->action, info->action, sizeof info->action);
  for (int g = 0; g < 2; g++) {
    sq_record_group *group = &info->group[g];
    snprintf(group->name, sizeof group->name, "%s", g == TRAINING ? "training" : "testing");
    group->count   = g == TRAINING ? s->set.configurations : s->set.test;
    group->columns = COLUMNS;
    snprintf(group->column[0], SQ_IO_NAME, "chain");
    for (int i = 0; i < SQ_CHAIN_NUMBERS; i++) snprintf(group->column[1 + i], SQ_IO_NAME, "%s", sq_chain_number_name[i]);
    for (int i = 0; i < SQ_OBS_COLUMNS; i++) snprintf(group->column[FIRST_OBS + i], SQ_IO_NAME, "%s", sq_obs_columns[i]);
  }
  if (s->set.test == 0) info->groups = 1;
  PetscFunctionReturn(0);
}

/* ---- thermalisation ------------------------------------------------------------------------------ */

static PetscErrorCode thermalise(stage *s)
{
  PetscFunctionBeginUser;
  bool done = false;
  PetscCall(sq_hmc_start(s->hmc));
  while (!done) {
    sq_wish wish;
    PetscCall(sq_hmc_thermalise_step(s->hmc, &done));
    PetscCall(sq_run_wish(s->run, 1, INFINITY, &wish));
    if (wish == SQ_STOP && !done) PetscCall(sq_run_stopped(s->run, "thermalisation"));
  }
  PetscFunctionReturn(0);
}

/* Rows of a history with the chain (and whether it is a probe) in front. */
static PetscErrorCode put_history(sq_records *records, const char *name, const sq_history *history, int64_t probes)
{
  PetscFunctionBeginUser;
  enum { WIDE = SQ_HISTORY_COLUMNS + 2 };
  const char *names[WIDE] = {"chain", "probe"};
  double     *values;
  int64_t     rows = history->chains * history->rows;
  for (int c = 0; c < SQ_HISTORY_COLUMNS; c++) names[c + 2] = sq_history_name[c];
  PetscCall(sq_alloc(rows * WIDE, &values));
  for (int64_t chain = 0; chain < history->chains; chain++)
    for (int64_t r = 0; r < history->rows; r++) {
      double *to = values + (chain * history->rows + r) * WIDE;
      bool probe = chain >= history->chains - probes;
      to[0] = (double)(probe ? chain - (history->chains - probes) : chain);
      to[1] = probe;
      memcpy(to + 2, history->value + (chain * history->capacity + r) * SQ_HISTORY_COLUMNS, SQ_HISTORY_COLUMNS * sizeof *to);
    }
  PetscCall(sq_records_put_series(records, name, rows, WIDE, names, values));
  sq_free(&values);
  PetscFunctionReturn(0);
}

static PetscErrorCode begin_file(stage *s, const sq_records_info *info)
{
  PetscFunctionBeginUser;
  double number[SQ_HMC_TUNING_NUMBERS];
  PetscCall(sq_records_create(s->grid, s->lattice, s->path, info, &s->records));
  sq_hmc_tuning_save(&s->hmc->tuning, number);
  for (int i = 0; i < SQ_HMC_TUNING_NUMBERS; i++) PetscCall(sq_records_put_real(s->records, sq_hmc_tuning_name[i], number[i]));
  PetscCall(sq_records_put_real(s->records, "start_disagreement", s->hmc->agreement.sigmas));
  PetscCall(put_history(s->records, "thermalisation", &s->hmc->warmup, s->hmc->all_probes));
  PetscCall(sq_records_flush(s->records));
  PetscFunctionReturn(0);
}

/* ---- resuming ------------------------------------------------------------------------------------- */

/* How many records every chain has; the file counts a record once its checksum is there. */
static PetscErrorCode complete_records(stage *s, int groups, int64_t *complete)
{
  PetscFunctionBeginUser;
  uint64_t *sum[2] = {NULL, NULL};
  *complete        = INT64_MAX;
  for (int g = 0; g < groups; g++) {
    PetscCall(sq_alloc(g == TRAINING ? s->set.configurations : s->set.test, &sum[g]));
    PetscCall(sq_records_checksums(s->records, g, sum[g]));
  }
  int64_t longest = records_of(s, 0);
  for (int64_t c = 0; c < s->set.chains; c++) {
    int     group;
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
  double number[SQ_HMC_TUNING_NUMBERS], columns[COLUMNS];
  for (int i = 0; i < SQ_HMC_TUNING_NUMBERS; i++) PetscCall(sq_records_get_real(s->records, sq_hmc_tuning_name[i], &number[i]));
  sq_hmc_tuning_restore(&s->hmc->tuning, number);
  for (int64_t i = 0; i < s->most; i++)
    for (int group = 0; group < (s->set.test ? 2 : 1); group++) { /* reads are collective and name one group */
      int     mine  = -1;
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

/* ---- production ------------------------------------------------------------------------------------ */

static PetscErrorCode store_record(stage *s, int64_t i, int64_t n, int groups)
{
  PetscFunctionBeginUser;
  double  columns[COLUMNS];
  int     group = -1;
  int64_t index = -1;
  if (i < s->hmc->count && place(s, s->hmc->first + i, n, &group, &index)) {
    columns[0] = (double)(s->hmc->first + i);
    sq_chain_save(s->hmc->chain[i], s->block, columns + 1);
    PetscCall(sq_obs_measure(s->obs, s->block, columns + FIRST_OBS));
  } else group = -1;
  for (int g = 0; g < groups; g++) PetscCall(sq_records_write(s->records, g, g == group ? index : -1, s->block, columns));
  PetscFunctionReturn(0);
}

static PetscErrorCode show(stage *s, sq_progress *progress, int64_t done, sq_running *sd)
{
  PetscFunctionBeginUser;
  sq_metropolis counts;
  PetscCall(sq_hmc_counts(s->hmc, &counts));
  double error, mean = sq_metropolis_exp_mean(&counts, &error);
  if (done < 0)
    sq_progress_end(progress, progress->total, "acceptance %.3f  <exp(-dH)> %.4f(%.4f)  Schwinger-Dyson %.4f", sq_metropolis_acceptance(&counts), mean, error, sd->mean);
  else
    sq_progress_show(progress, done, "dH %+.3f  acceptance %.3f  <exp(-dH)> %.4f(%.4f)  Schwinger-Dyson %.4f", s->hmc->chain[0]->dH,
                     sq_metropolis_acceptance(&counts), mean, error, sd->mean);
  PetscFunctionReturn(0);
}

static PetscErrorCode produce(stage *s, int64_t done, int groups)
{
  PetscFunctionBeginUser;
  int64_t     rounds = records_of(s, 0);
  double      last_checkpoint = sq_now(), longest = 0;
  sq_running  sd = {0};
  sq_progress progress;
  sq_progress_begin(&progress, "hmc", done * s->set.chains, s->set.configurations + s->set.test);
  for (int64_t n = done; n < rounds; n++) {
    sq_wish wish;
    double  began = sq_now();
    PetscCall(sq_hmc_advance(s->hmc, s->hmc->tuning.separation));
    for (int64_t i = 0; i < s->most; i++) PetscCall(store_record(s, i, n, groups));
    for (int64_t i = 0; i < s->hmc->count; i++) sq_running_add(&sd, s->hmc->chain[i]->schwinger_dyson);
    longest = fmax(longest, sq_now() - began);
    PetscCall(sq_run_wish(s->run, 2 * longest + 1, last_checkpoint, &wish));
    bool due = sq_progress_due(&progress);
    PetscCall(sq_any_true(s->run->world, due, &due));
    if (due) PetscCall(show(s, &progress, (n + 1) * s->set.chains, &sd));
    if (wish == SQ_GO_ON || n + 1 == rounds) continue;
    PetscCall(sq_records_flush(s->records));
    last_checkpoint = sq_now();
    if (wish == SQ_STOP) PetscCall(sq_run_stopped(s->run, "hmc"));
  }
  PetscCall(show(s, &progress, -1, &sd));
  PetscFunctionReturn(0);
}

static PetscErrorCode finish(stage *s)
{
  PetscFunctionBeginUser;
  sq_metropolis counts;
  sq_history    history;
  PetscCall(sq_hmc_counts(s->hmc, &counts));
  double error, mean = sq_metropolis_exp_mean(&counts, &error);
  PetscCall(sq_records_put_real(s->records, "acceptance_production", sq_metropolis_acceptance(&counts)));
  PetscCall(sq_records_put_real(s->records, "exp_minus_dH", mean));
  PetscCall(sq_records_put_real(s->records, "exp_minus_dH_error", error));
  PetscCall(sq_hmc_gather_series(s->hmc, &history));
  PetscCall(put_history(s->records, "production", &history, 0));
  sq_history_clear(&history);
  PetscCall(sq_records_publish(&s->records));
  PetscFunctionReturn(0);
}

/* ---- the stage --------------------------------------------------------------------------------------- */

static PetscErrorCode set_up(stage *s)
{
  PetscFunctionBeginUser;
  char text[200];
  PetscCall(sq_hmc_settings_from_deck(s->run->deck, &s->set));
  PetscCall(sq_run_grid(s->run, s->run->extents, s->set.chains, 64. * (double)s->run->padded[3], &s->grid, &s->lattice));
  PetscCall(sq_hmc_create(s->grid, s->lattice, &s->run->action, &s->set, s->run->seed, &s->hmc));
  PetscCall(sq_obs_create(s->lattice, &s->run->action, &s->obs));
  PetscCall(sq_alloc(s->lattice->local_volume, &s->block));
  s->most = (s->set.chains + s->grid->replicas - 1) / s->grid->replicas;
  sq_lattice_describe(s->lattice, text, sizeof text);
  sq_info("hmc: %d chains on %d replica%s, each %s", s->set.chains, s->grid->replicas, s->grid->replicas > 1 ? "s" : "", text);
  PetscFunctionReturn(0);
}

static PetscErrorCode clear(stage *s)
{
  PetscFunctionBeginUser;
  sq_free(&s->block);
  PetscCall(sq_obs_destroy(&s->obs));
  PetscCall(sq_hmc_destroy(&s->hmc));
  PetscCall(sq_lattice_destroy(&s->lattice));
  PetscCall(sq_grid_destroy(&s->grid));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_stage_hmc(sq_run *run)
{
  PetscFunctionBeginUser;
  stage           s = {.run = run};
  sq_records_info info;
  char           *deck, part[SQ_PATH];
  bool            finished, begun;
  int64_t         complete = 0;
  sq_run_path(run, "ensemble.h5", s.path);
  sq_run_path(run, "ensemble.h5.part", part);
  PetscCall(sq_run_finished(run, s.path, "hmc", sq_run_fingerprint(run, hmc_sections), &finished));
  if (finished) PetscFunctionReturn(0);
  PetscCall(set_up(&s));
  PetscCall(sq_deck_text_of(run->deck, NULL, false, &deck));
  PetscCall(describe(&s, deck, &info));
  PetscCall(sq_file_exists(run->world, part, &begun));
  if (begun) {
    PetscCall(sq_records_resume(s.grid, s.lattice, s.path, &info, &s.records));
    PetscCall(complete_records(&s, info.groups, &complete));
    if (complete) PetscCall(restore(&s, complete));
    else PetscCall(sq_records_close(&s.records));
    if (complete) sq_info("hmc: resumed after %lld of %lld configurations", (long long)(complete * s.set.chains), (long long)(s.set.configurations + s.set.test));
  }
  if (!complete) {
    PetscCall(thermalise(&s));
    PetscCall(begin_file(&s, &info));
  }
  PetscCall(produce(&s, complete, info.groups));
  PetscCall(finish(&s));
  sq_free(&deck);
  PetscCall(clear(&s));
  PetscFunctionReturn(0);
}
