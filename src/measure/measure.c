/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage measure: all ensembles of the run -> measure.csv, and the tables of what is gathered from their fields. */
#include "src/measure/measure.h"
#include "src/ensemble/load.h"
#include "src/bounds/results.h"
#include "src/measure/gather.h"
#include "src/ensemble/witness.h"
#include "src/verdict/verdict.h"
#include <math.h>
#include <string.h>

static PetscErrorCode judge(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  int first = v->count;
  PetscCall(sq_verdicts_judge(run, e, 1, v));
  sq_verdicts_log(v, first, "");
  PetscFunctionReturn(0);
}

/* What the corrected ensemble is worth: its acceptance and share of independent fields; in words. */
static PetscErrorCode add_corrected(sq_run *run, sq_table *b, const sq_ensemble *e)
{
  PetscFunctionBeginUser;
  sq_estimate acceptance = {.value = e->acceptance, .error = NAN, .tau_int = NAN, .tau_int_error = NAN, .n = e->count},
              share = sq_correct_independent(e);
  sq_text verdict = {0};
  if (!isnan(e->acceptance)) PetscCall(sq_measure_row(b, e->name, "acceptance", &acceptance));
  if (!isnan(share.value) && e->chain) PetscCall(sq_measure_row(b, e->name, "ess", &share));
  PetscCall(sq_correct_verdict(run, e, &verdict));
  sq_log(e->weighed && e->weights.verdict != SQ_WEIGHTS_TRUSTED ? SQ_WARN : SQ_INFO, "%s", verdict.text);
  sq_text_clear(&verdict);
  PetscFunctionReturn(0);
}

/* What the stage likelihood found. */
static PetscErrorCode add_likelihood(sq_run *run, sq_table *b)
{
  PetscFunctionBeginUser;
  sq_likelihood results;
  sq_likelihood_row row[SQ_LIKELIHOOD_ROWS];
  bool found;
  int count = 0;
  PetscCall(sq_likelihood_read(run, &results, &found));
  if (found) PetscCall(sq_likelihood_rows(&results, row, &count));
  for (int i = 0; i < count; i++) PetscCall(sq_measure_row(b, row[i].ensemble, row[i].observable, &row[i].estimate));
  sq_likelihood_clear(&results);
  PetscFunctionReturn(0);
}

static PetscErrorCode measure_tables(sq_run *run, sq_table *b, bool *any)
{
  PetscFunctionBeginUser;
  sq_ensemble ensembles[SQ_ENSEMBLES] = {0};
  int count;
  sq_verdicts verdicts = {0};
  PetscCall(sq_ensembles_of_run(run, ensembles, &count));
  *any = count > 0;
  for (int i = 0; i < count; i++) {
    sq_ensemble *e = &ensembles[i];
    for (int r = 0; r < e->table.count; r++)
      PetscCall(sq_measure_row(b, e->name, e->table.row[r].name, &e->table.row[r].estimate));
    PetscCall(judge(run, e, &verdicts));
    PetscCall(sq_measure_weights(run, b, e));
    if (sq_ensemble_is_corrected(e)) PetscCall(add_corrected(run, b, e));
  }
  if (*any) PetscCall(sq_verdicts_write(run, &verdicts));
  sq_verdicts_clear(&verdicts);
  PetscCall(sq_langevin_report(run, ensembles, count, false));
  PetscFunctionReturn(0);
}

/* ---- fields ---- */

/* All kinds of gathering that this run needs; self[k] NULL: not kind k. */
typedef struct {
  void *self[SQ_GATHERERS];
  bool wanted[SQ_GATHERERS]; /* of the present group */
} gatherers;

/* The fields of one group are read (and their checksums verified) once, shared out over replicas. */
static PetscErrorCode gather_group(gatherers *all, const sq_group *group, sq_witness *witness, sq_table *table)
{
  PetscFunctionBeginUser;
  double *block, columns[SQ_IO_COLUMNS];
  int components = PetscMax(1, sq_records_about(group->records)->components);
  int64_t first, mine, count = group->about->count, most = (count + group->grid->replicas - 1) / group->grid->replicas;
  PetscCall(sq_alloc(components * group->lattice->local_volume, &block));
  sq_share(count, group->grid->replicas, group->grid->replica, &first, &mine);
  for (int k = 0; sq_gatherers[k]; k++) {
    all->wanted[k] = false;
    if (all->self[k]) PetscCall(sq_gatherers[k]->begin(all->self[k], group, &all->wanted[k]));
  }
  for (int64_t i = 0; i < most; i++) {
    PetscCall(sq_records_read(group->records, group->index, i < mine ? first + i : -1, block, columns));
    if (i < mine) PetscCall(sq_witness_add(witness, group->records, group->index, first + i, block, columns));
    for (int k = 0; sq_gatherers[k] && i < mine; k++)
      if (all->wanted[k]) PetscCall(sq_gatherers[k]->add(all->self[k], first + i, block));
  }
  for (int k = 0; sq_gatherers[k]; k++)
    if (all->wanted[k]) PetscCall(sq_gatherers[k]->end(all->self[k], table));
  sq_free(&block);
  PetscFunctionReturn(0);
}

static PetscErrorCode gather_file(sq_run *run, const char *path, gatherers *all, sq_table *table)
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  sq_witness *witness;
  PetscCall(sq_open_fields(run, path, &grid, &lattice, &records));
  PetscCall(sq_witness_begin(run, sq_records_about(records)->action, lattice, &witness));
  for (int g = 0; g < sq_records_about(records)->groups; g++)
    PetscCall(
      gather_group(all, &(sq_group){records, grid, lattice, g, &sq_records_about(records)->group[g]}, witness, table));
  PetscCall(sq_witness_end(&witness, path));
  PetscCall(sq_records_close(&records));
  PetscCall(sq_lattice_destroy(&lattice));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode gather(sq_run *run, sq_table *table)
{
  PetscFunctionBeginUser;
  gatherers all = {0};
  for (int k = 0; sq_gatherers[k]; k++) PetscCall(sq_gatherers[k]->create(run, &all.self[k]));
  for (int i = 0; sq_ensemble_file_name(i); i++) {
    char path[SQ_PATH];
    bool there;
    PetscCall(sq_ensemble_file(run, i, path, &there));
    if (there) PetscCall(gather_file(run, path, &all, table));
  }
  for (int k = 0; sq_gatherers[k]; k++) {
    if (!all.self[k]) continue;
    PetscCall(sq_gatherers[k]->finish(all.self[k], table));
    PetscCall(sq_gatherers[k]->destroy(&all.self[k]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode measure(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_table table;
  bool any;
  double began = sq_now();
  PetscCall(sq_table_begin(sq_measure_columns, &table));
  PetscCall(measure_tables(run, &table, &any));
  PetscCall(add_likelihood(run, &table));
  SqCheck(any, run->world, SQ_ERR_INPUT, "there is nothing to measure in %s: run `squall %s` first", run->directory,
          sq_run_ensemble_command(run));
  PetscCall(gather(run, &table));
  PetscCall(sq_run_write(run, "measure.csv", &table.text));
  PetscCall(sq_scales_measure(run));
  sq_info("measure: measure.csv written in %.1f s", sq_now() - began);
  PetscFunctionReturn(0);
}

const sq_stage sq_measure_stage = {
  .command = {.name = "measure",
              .usage = "DECK",
              .summary = "measure everything in the run's directory",
              .sections = SQ_DECK("run", "lattice", "action", "parallel", "correct", "measure", "quantum"),
              .make = measure,
              .reads = true,
              .serial = true},
  .of_fields = true};
