/* SPDX-License-Identifier: BSD-3-Clause */
/* An ensemble made by Markov chains over replicas: FILE.h5 (groups of training and of held-out configurations).
 *
 * The file being made is a checkpoint of the chains (making/chain_records.h). What belongs to no record, the tuning and
 * the histories, is in a checkpoint of its own, with the number of records it stands for.
 */
#include "src/making/chain_records.h"
#include "src/making/thermalisation.h"
#include "src/stage/produce.h"
#include "src/verdict/verdict.h"
#include <math.h>
#include <string.h>

typedef struct {
  sq_run *run;
  const sq_production *what;
  const sq_hmc_settings *set;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_hmc *hmc;
  sq_chain_records chains;
  sq_monitor monitor;
  sq_thermaliser thermaliser;
  bool shorter; /* there is a finished file, which is to be extended */
  char path[SQ_PATH], checkpoint[SQ_PATH];
  double tuning[SQ_HMC_TUNING_NUMBERS], disagreement, *warmup; /* as stored; warmup[warmup_rows][SQ_PRODUCTION_WIDE] */
  int64_t warmup_rows;
} stage;

/* ---- histories and the checkpoint ---- */

/* What was found before production, kept as it will stand in the ensemble. */
static PetscErrorCode keep_thermalisation(stage *s)
{
  PetscFunctionBeginUser;
  sq_hmc_tuning_save(&s->hmc->tuning, s->tuning);
  s->disagreement = s->hmc->agreement.sigmas;
  s->warmup_rows = s->hmc->warmup.chains * s->hmc->warmup.rows;
  sq_free(&s->warmup); /* a checkpoint without a complete record brings one */
  PetscCall(sq_history_widen(&s->hmc->warmup, s->hmc->all_probes, &s->warmup));
  PetscFunctionReturn(0);
}

/* complete: records of every chain that are in the file. */
static PetscErrorCode write_checkpoint(void *self, int64_t complete)
{
  PetscFunctionBeginUser;
  stage *s = self;
  sq_store *store;
  sq_history history = {0};
  int64_t numbers = SQ_HMC_TUNING_NUMBERS;
  double monitor[SQ_MONITOR_NUMBERS];
  sq_monitor_save(&s->monitor, monitor);
  if (complete) PetscCall(sq_hmc_gather_series(s->hmc, &history));
  PetscCall(sq_run_checkpoint_create(s->run, s->what->fingerprint, &store));
  PetscCall(sq_store_put_int(store, "complete", complete));
  PetscCall(sq_store_put_reals(store, "tuning", 1, &numbers, s->tuning));
  PetscCall(sq_store_put_reals(store, "start_disagreement", 1, (int64_t[]){1}, &s->disagreement));
  PetscCall(sq_store_put_reals(store, "monitor", 1, (int64_t[]){SQ_MONITOR_NUMBERS}, monitor));
  PetscCall(sq_store_put_reals(store, "thermalisation", 2, (int64_t[]){s->warmup_rows, SQ_PRODUCTION_WIDE}, s->warmup));
  PetscCall(sq_store_put_reals(store, "production", 3, (int64_t[]){history.chains, history.rows, SQ_HISTORY_COLUMNS},
                               history.value));
  PetscCall(sq_store_write(s->run->world, store, s->checkpoint, true));
  PetscCall(sq_store_destroy(&store));
  if (complete) PetscCall(sq_run_thermalised(&s->thermaliser)); /* until then, production begins where that ended */
  sq_history_clear(&history);
  PetscFunctionReturn(0);
}

static PetscErrorCode get_histories(stage *s, const sq_store *store)
{
  PetscFunctionBeginUser;
  const double *values;
  int64_t warmup = sq_store_length(store, "thermalisation"), production = sq_store_length(store, "production");
  int64_t row = s->set->chains * SQ_HISTORY_COLUMNS;
  SqCheck(warmup >= 0 && warmup % SQ_PRODUCTION_WIDE == 0 && production >= 0 && production % row == 0 &&
            production / row <= SQ_HISTORY_ROWS,
          s->run->world, SQ_ERR_DATA, "%s: histories of %lld and %lld numbers are not those of %d chains",
          s->checkpoint, (long long)warmup, (long long)production, s->set->chains);
  PetscCall(sq_store_reals(store, "thermalisation", warmup, &values));
  PetscCall(sq_alloc(warmup, &s->warmup));
  if (warmup) memcpy(s->warmup, values, (size_t)warmup * sizeof *values);
  s->warmup_rows = warmup / SQ_PRODUCTION_WIDE;
  if (!production) PetscFunctionReturn(0);
  PetscCall(sq_store_reals(store, "production", production, &values));
  sq_history history = {.chains = s->set->chains, .rows = production / row, .capacity = production / row};
  PetscCall(sq_alloc(production, &history.value));
  memcpy(history.value, values, (size_t)production * sizeof *values);
  PetscCall(sq_hmc_set_series(s->hmc, &history));
  sq_history_clear(&history);
  PetscFunctionReturn(0);
}

/* Everything that the checkpoint keeps of this stage. */
static PetscErrorCode take(stage *s, const sq_store *store)
{
  PetscFunctionBeginUser;
  const double *values;
  PetscCall(sq_store_reals(store, "tuning", SQ_HMC_TUNING_NUMBERS, &values));
  memcpy(s->tuning, values, sizeof s->tuning);
  sq_hmc_tuning_restore(&s->hmc->tuning, s->tuning);
  PetscCall(sq_store_reals(store, "start_disagreement", 1, &values));
  s->disagreement = values[0];
  if (sq_store_length(store, "monitor") == SQ_MONITOR_NUMBERS) { /* older checkpoints have none */
    PetscCall(sq_store_reals(store, "monitor", SQ_MONITOR_NUMBERS, &values));
    sq_monitor_restore(&s->monitor, values);
  }
  PetscCall(get_histories(s, store));
  PetscFunctionReturn(0);
}

/* Goes on where the checkpoint was made. complete: records every chain has; 0: there is nothing to go on from. */
static PetscErrorCode resume(stage *s, int64_t *complete)
{
  PetscFunctionBeginUser;
  sq_store *store;
  bool found;
  int64_t stored;
  *complete = 0;
  PetscCall(sq_run_read_checkpoint(s->run, s->checkpoint, "checkpoint", true, s->what->fingerprint, &store, &found));
  if (found) PetscCall(sq_store_int(store, "complete", complete));
  PetscCall(sq_chain_records_complete(&s->chains, &stored));
  if (stored < *complete) *complete = 0; /* the file is behind its checkpoint: a disk that lied */
  if (*complete) PetscCall(take(s, store));
  if (*complete) PetscCall(sq_run_thermalised(&s->thermaliser));
  PetscCall(sq_chain_records_restore(&s->chains, *complete));
  if (found) PetscCall(sq_store_destroy(&store));
  PetscFunctionReturn(0);
}

/* ---- production ---- */

static PetscErrorCode save(void *self, int64_t i, double *block, double *number)
{
  PetscFunctionBeginUser;
  const stage *s = self;
  sq_chain_save(s->hmc->chain[i], block, number);
  PetscFunctionReturn(0);
}

static PetscErrorCode restore(void *self, int64_t i, const double *block, const double *number)
{
  PetscFunctionBeginUser;
  const stage *s = self;
  PetscCall(sq_chain_restore(s->hmc->chain[i], block, number));
  PetscFunctionReturn(0);
}

static PetscErrorCode advance(void *self, int64_t n)
{
  PetscFunctionBeginUser;
  stage *s = self;
  const sq_hmc_tuning *tuning = &s->hmc->tuning;
  PetscCall(sq_hmc_advance(s->hmc, tuning->separation));
  PetscCall(
    sq_monitor_step(&s->monitor, s->hmc, tuning->thermalisation + (n + 1) * tuning->separation, tuning->separation));
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
          s->what->name, s->set->length / (double)s->set->steps, (long long)counts->invalid,
          (long long)counts->proposed);
  PetscFunctionReturn(0);
}

static PetscErrorCode show(void *self, sq_work *work, bool end)
{
  PetscFunctionBeginUser;
  stage *s = self;
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

static const sq_chain_maker maker = {.numbers = SQ_CHAIN_NUMBERS,
                                     .number_name = sq_chain_number_name,
                                     .advance = advance,
                                     .save = save,
                                     .restore = restore,
                                     .show = show,
                                     .checkpoint = write_checkpoint};

/* The histories, beside the records. */
static PetscErrorCode put_histories(const stage *s, sq_records *records)
{
  PetscFunctionBeginUser;
  sq_history history;
  double *production;
  PetscCall(sq_history_put_wide(records, "thermalisation", s->warmup_rows, s->warmup));
  PetscCall(sq_hmc_gather_series(s->hmc, &history));
  PetscCall(sq_history_widen(&history, 0, &production));
  PetscCall(sq_history_put_wide(records, "production", history.chains * history.rows, production));
  sq_history_clear(&history);
  sq_free(&production);
  PetscFunctionReturn(0);
}

static PetscErrorCode finish(stage *s)
{
  PetscFunctionBeginUser;
  sq_records *records = s->chains.records;
  sq_monitor_number figure[SQ_MONITOR_FIGURES];
  sq_monitor_figures(&s->monitor, figure);
  for (int i = 0; i < SQ_MONITOR_FIGURES; i++)
    if (figure[i].kept) PetscCall(sq_records_put_real(records, figure[i].kept, figure[i].value));
  for (int i = 0; i < SQ_HMC_TUNING_NUMBERS; i++)
    PetscCall(sq_records_put_real(records, sq_hmc_tuning_name[i], s->tuning[i]));
  PetscCall(sq_records_put_real(records, "start_disagreement", s->disagreement));
  if (s->set->scheme) PetscCall(sq_records_put_real(records, "langevin_order", s->set->scheme->order));
  if (s->set->scheme) PetscCall(sq_records_put_real(records, "alpha", s->set->alpha));
  PetscCall(put_histories(s, records));
  PetscCall(sq_records_publish(&s->chains.records));
  PetscCall(sq_run_remove_checkpoint(s->run, s->checkpoint));
  PetscCall(sq_run_thermalised(&s->thermaliser));
  PetscFunctionReturn(0);
}

/* ---- the stage ---- */

static PetscErrorCode set_up(stage *s, const sq_records_info *info)
{
  PetscFunctionBeginUser;
  char text[200];
  sq_run *run = s->run;
  sq_monitor_begin(&s->monitor, s->set);
  const sq_plan plan = sq_production_plan(run, s->what->name, s->set);
  PetscCall(sq_plan_grid(run, &plan, &s->grid, &s->lattice));
  PetscCall(sq_hmc_create(s->grid, s->lattice, &run->action, s->set, s->what->stream, &s->hmc));
  s->thermaliser.run = run;
  s->thermaliser.stage = s->what->name;
  s->thermaliser.grid = s->grid;
  s->thermaliser.lattice = s->lattice;
  s->thermaliser.hmc = s->hmc;
  s->thermaliser.about = info;
  s->chains = (sq_chain_records){.run = run,
                                 .stage = s->what->name,
                                 .path = s->path,
                                 .grid = s->grid,
                                 .lattice = s->lattice,
                                 .maker = &maker,
                                 .self = s,
                                 .chains = s->set->chains};
  PetscCall(sq_chain_records_begin(&s->chains, info));
  sq_lattice_describe(s->lattice, text, sizeof text);
  sq_info("%s: %d chains on %d replica%s, each %s", s->what->name, s->set->chains, s->grid->replicas,
          s->grid->replicas > 1 ? "s" : "", text);
  PetscFunctionReturn(0);
}

static PetscErrorCode clear(stage *s)
{
  PetscFunctionBeginUser;
  sq_free(&s->warmup);
  PetscCall(sq_chain_records_end(&s->chains));
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
  double records = (double)sq_chain_share(&s->chains, 0) * (double)PetscMax(1, s->set->separation); /* at least */
  double histories = 8 * sq_production_history(s->set, records);
  PetscCall(sq_space_check(s->run->world, s->path, (begun ? 0 : (double)sq_records_bytes(info)) + 4 * histories,
                           "the ensemble and its checkpoints"));
  PetscFunctionReturn(0);
}

/* Goes on from the finished file, which is shorter than what is wanted. complete: records every chain has. */
static PetscErrorCode extend(stage *s, const sq_records_info *info, int64_t *complete)
{
  PetscFunctionBeginUser;
  sq_history history = {0};
  bool even;
  PetscCall(sq_chain_records_extend(&s->chains, info, complete, &even));
  PetscCall(sq_production_recall(s->run, s->path, s->tuning, &s->disagreement, &s->monitor));
  PetscCall(sq_histories_recall(s->run, s->path, s->set->chains, &s->warmup_rows, &s->warmup, &history));
  sq_hmc_tuning_restore(&s->hmc->tuning, s->tuning);
  if (even && history.rows) PetscCall(sq_hmc_set_series(s->hmc, &history)); /* else some chains were one record ahead */
  sq_history_clear(&history);
  PetscCall(sq_chain_records_restore(&s->chains, *complete));
  PetscCall(sq_records_flush(s->chains.records));
  PetscCall(write_checkpoint(s, *complete));
  PetscFunctionReturn(0);
}

/* Goes on from what is there, or thermalises and starts the file. complete: records every chain has. */
static PetscErrorCode open_file(stage *s, const sq_records_info *info, int64_t *complete)
{
  PetscFunctionBeginUser;
  bool begun;
  *complete = 0;
  PetscCall(sq_run_thermalisation_check(&s->thermaliser));
  PetscCall(sq_chain_records_resume(&s->chains, info, &begun));
  PetscCall(check_space(s, info, begun));
  if (begun) PetscCall(resume(s, complete));
  if (!*complete && s->shorter) PetscCall(extend(s, info, complete));
  if (*complete) PetscFunctionReturn(0);
  PetscCall(sq_run_thermalise(&s->thermaliser));
  PetscCall(keep_thermalisation(s));
  PetscCall(sq_chain_records_create(&s->chains, info));
  PetscFunctionReturn(0);
}

static void describe(const stage *s, char *deck, sq_records_info *info)
{
  const sq_streams streams = {.own = s->what->stream};
  sq_describe_records(s->run, "ensemble", s->run->padded, s->what->fingerprint, &streams, deck, info);
  sq_chain_group(&maker, s->what->group[0], s->set->configurations, info);
  if (s->set->test) sq_chain_group(&maker, s->what->group[1], s->set->test, info);
}

static void name_files(stage *s)
{
  char name[64];
  snprintf(name, sizeof name, "%.40s.h5", s->what->file);
  sq_run_path(s->run, name, s->path);
  snprintf(name, sizeof name, "%.40s.checkpoint.h5", s->what->checkpoint);
  sq_run_path(s->run, name, s->checkpoint);
  snprintf(name, sizeof name, "%.40s.thermalisation.h5", s->what->checkpoint);
  sq_run_path(s->run, name, s->thermaliser.path);
}

/* Writes what was tuned into the deck of the run. */
static PetscErrorCode note_tuning(const stage *s)
{
  PetscFunctionBeginUser;
  sq_hmc_tuning found;
  if (!s->what->resolve) PetscFunctionReturn(0);
  sq_hmc_tuning_restore(&found, s->tuning);
  PetscCall(s->what->resolve(s->set, &found, s->run->deck));
  PetscCall(sq_run_write_deck(s->run));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_produce(sq_run *run, const sq_production *what)
{
  PetscFunctionBeginUser;
  stage s = {.run = run, .what = what, .set = &what->set};
  sq_records_info info;
  char *deck;
  bool finished;
  int64_t complete;
  name_files(&s);
  PetscCall(sq_run_finished_or_shorter(run, s.path, what->name, what->fingerprint, what->stream,
                                       what->set.configurations + what->set.test, &finished, &s.shorter));
  if (finished && !what->resolve) PetscFunctionReturn(0);
  if (finished) {
    PetscCall(sq_run_read_reals(run, s.path, SQ_HMC_TUNING_NUMBERS, sq_hmc_tuning_name, s.tuning));
    PetscCall(note_tuning(&s));
    PetscFunctionReturn(0);
  }
  PetscCall(sq_deck_text_of(run->deck, NULL, false, &deck));
  describe(&s, deck, &info);
  PetscCall(set_up(&s, &info));
  PetscCall(open_file(&s, &info, &complete));
  PetscCall(note_tuning(&s));
  PetscCall(sq_chain_records_make(&s.chains, complete, s.hmc->tuning.separation));
  PetscCall(finish(&s));
  PetscCall(sq_verdict_table(run, s.path));
  sq_free(&deck);
  PetscCall(clear(&s));
  PetscFunctionReturn(0);
}
