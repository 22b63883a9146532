/* SPDX-License-Identifier: BSD-3-Clause */
/* Thermalisation under way: see the header. */
#include "src/making/thermalisation.h"
#include "src/run/input.h"
#include <string.h>

enum { CHAINS, PROBES, KINDS };

/* ---- its checkpoint ---- */

static void describe(const sq_thermaliser *t, sq_records_info *info)
{
  *info = *t->about;
  snprintf(info->kind, sizeof info->kind, "thermalisation");
  info->groups = 0;
  sq_describe_group("chains", t->hmc->set.chains, SQ_CHAIN_NUMBERS, sq_chain_number_name, false, info);
  sq_describe_group("probes", t->hmc->all_probes, SQ_CHAIN_NUMBERS, sq_chain_number_name, false, info);
}

/* The walkers of one kind that this replica has; the most that any replica has. */
static sq_chain **walkers(const sq_thermaliser *t, int kind, int64_t *first, int64_t *count, int64_t *most)
{
  const sq_hmc *hmc = t->hmc;
  const int64_t total = kind == CHAINS ? hmc->set.chains : hmc->all_probes;
  *most = (total + t->grid->replicas - 1) / t->grid->replicas;
  if (kind == PROBES) return sq_hmc_probes(hmc, first, count);
  *first = hmc->first;
  *count = hmc->count;
  return hmc->chain;
}

static PetscErrorCode write_walkers(const sq_thermaliser *t, int kind, sq_records *records, double *block)
{
  PetscFunctionBeginUser;
  double number[SQ_CHAIN_NUMBERS];
  int64_t first, count, most;
  sq_chain **walker = walkers(t, kind, &first, &count, &most);
  for (int64_t i = 0; i < most; i++) {
    if (i < count) sq_chain_save(walker[i], block, number);
    PetscCall(sq_records_write(records, kind, i < count ? first + i : -1, block, number));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_walkers(const sq_thermaliser *t, int kind, sq_records *records, double *block)
{
  PetscFunctionBeginUser;
  double number[SQ_CHAIN_NUMBERS];
  int64_t first, count, most;
  sq_chain **walker = walkers(t, kind, &first, &count, &most);
  for (int64_t i = 0; i < most; i++) {
    PetscCall(sq_records_read(records, kind, i < count ? first + i : -1, block, number));
    if (i < count) PetscCall(sq_chain_restore(walker[i], block, number));
  }
  PetscFunctionReturn(0);
}

/* Written aside, then in place of the one before. */
static PetscErrorCode keep(const sq_thermaliser *t)
{
  PetscFunctionBeginUser;
  sq_records_info info;
  sq_records *records;
  double *block, *state;
  int64_t count;
  describe(t, &info);
  PetscCall(sq_alloc(PetscMax(1, t->about->components) * t->lattice->local_volume, &block));
  PetscCall(sq_hmc_thermalisation_save(t->hmc, &count, &state));
  PetscCall(sq_records_create(t->grid, t->lattice, t->path, &info, &records));
  for (int kind = 0; kind < KINDS; kind++) PetscCall(write_walkers(t, kind, records, block));
  PetscCall(sq_records_put_series(records, "state", count, 1, (const char *const[]){"number"}, state));
  PetscCall(sq_records_publish(&records));
  sq_free(&block);
  sq_free(&state);
  PetscFunctionReturn(0);
}

/* Whether the file is one of ours. */
static bool fits(const sq_records_info *theirs, const sq_records_info *info)
{
  bool same = !strcmp(theirs->kind, info->kind) && theirs->groups == KINDS;
  for (int kind = 0; same && kind < KINDS; kind++)
    same = theirs->group[kind].count == info->group[kind].count &&
           theirs->group[kind].columns == info->group[kind].columns;
  return same;
}

static PetscErrorCode take(const sq_thermaliser *t, sq_records *records)
{
  PetscFunctionBeginUser;
  double *block, *state;
  int64_t count;
  int columns;
  PetscCall(sq_alloc(PetscMax(1, t->about->components) * t->lattice->local_volume, &block));
  for (int kind = 0; kind < KINDS; kind++) PetscCall(read_walkers(t, kind, records, block));
  PetscCall(sq_records_get_series(records, "state", &count, &columns, &state));
  PetscCall(sq_hmc_thermalisation_restore(t->hmc, count * columns, state));
  sq_free(&block);
  sq_free(&state);
  PetscFunctionReturn(0);
}

/* NULL if there is none. */
static PetscErrorCode open_checkpoint(const sq_thermaliser *t, sq_records **records)
{
  PetscFunctionBeginUser;
  sq_records_info info;
  bool there;
  *records = NULL;
  PetscCall(sq_file_exists(t->run->world, t->path, &there));
  if (!there) PetscFunctionReturn(0);
  describe(t, &info);
  PetscCall(sq_input_check(t->run, t->path));
  PetscCall(sq_records_open(t->grid, t->lattice, t->path, records));
  const sq_records_info *theirs = sq_records_about(*records);
  PetscCall(sq_run_same_deck(t->run, t->path, theirs->fingerprint == info.fingerprint));
  SqCheck(fits(theirs, &info), t->run->world, SQ_ERR_DATA,
          "%s: these are not the chains of a thermalisation of this deck; remove it to thermalise anew", t->path);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_thermalisation_check(const sq_thermaliser *t)
{
  PetscFunctionBeginUser;
  sq_records *records;
  PetscCall(open_checkpoint(t, &records));
  PetscCall(sq_records_close(&records));
  PetscFunctionReturn(0);
}

/* Goes on where the checkpoint was made, if there is one. */
static PetscErrorCode resume(const sq_thermaliser *t)
{
  PetscFunctionBeginUser;
  sq_records *records;
  PetscCall(open_checkpoint(t, &records));
  if (!records) PetscFunctionReturn(0);
  PetscCall(take(t, records));
  PetscCall(sq_records_close(&records));
  sq_info("%s: thermalisation is resumed after %lld %s", t->stage, (long long)t->hmc->tuning.thermalisation,
          t->hmc->set.dynamics->unit);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_thermalised(const sq_thermaliser *t)
{
  PetscFunctionBeginUser;
  char part[SQ_PATH];
  snprintf(part, sizeof part, "%.1000s.part", t->path);
  PetscCall(sq_file_remove(t->run->world, t->path));
  PetscCall(sq_file_remove(t->run->world, part));
  PetscFunctionReturn(0);
}

/* ---- the loop ---- */

static void show(const sq_thermaliser *t, sq_work *work)
{
  char json[256], tau[32] = "null";
  const sq_hmc_tuning *now = &t->hmc->tuning;
  if (now->tau_int > 0) snprintf(tau, sizeof tau, "%.6g", now->tau_int);
  snprintf(json, sizeof json, ", \"part\": \"thermalisation\", \"acceptance\": %.6g, \"tau_int\": %s", now->acceptance,
           tau);
  work->total = sq_hmc_thermalisation_expected(t->hmc);
  work->progress.total = work->total;
  work->figures = json;
  if (t->hmc->set.dynamics->tuned)
    sq_work_show(work, "acceptance %.2f in %lld steps of %.3g", now->acceptance, (long long)now->steps, now->eps);
  else sq_work_show(work, "%s of %lld steps of %.3g", t->hmc->set.dynamics->unit, (long long)now->steps, now->eps);
  work->figures = "";
}

/* Once work is to be saved. Error: SQ_ERR_STOPPED. */
static PetscErrorCode save(const sq_thermaliser *t, sq_work *work)
{
  PetscFunctionBeginUser;
  PetscCall(keep(t));
  if (work->wish == SQ_STOP)
    sq_info("%s: thermalisation is kept, after %lld %s", t->stage, (long long)t->hmc->tuning.thermalisation,
            t->hmc->set.dynamics->unit);
  work->total = sq_hmc_thermalisation_expected(t->hmc);
  PetscCall(sq_work_saved(work));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_thermalise(const sq_thermaliser *t)
{
  PetscFunctionBeginUser;
  char name[64];
  sq_work work;
  snprintf(name, sizeof name, "%.16s: thermalisation", t->stage);
  PetscCall(sq_hmc_start(t->hmc));
  PetscCall(resume(t));
  PetscCall(sq_work_begin(t->run, t->stage, 0, 0, &work));
  sq_work_part(&work, name, t->hmc->tuning.thermalisation, sq_hmc_thermalisation_expected(t->hmc));
  sq_run_status(t->run, t->stage, "running", work.done, work.total, ", \"part\": \"thermalisation\"");
  bool done = sq_hmc_thermalised(t->hmc);
  while (!done) {
    sq_work_start(&work);
    PetscCall(sq_hmc_thermalise_step(t->hmc, &done));
    PetscCall(sq_work_unit(&work, t->hmc->tuning.thermalisation));
    if (work.due) show(t, &work);
    if (work.save) PetscCall(save(t, &work));
  }
  PetscCall(sq_hmc_end_thermalisation(t->hmc));
  PetscFunctionReturn(0);
}
