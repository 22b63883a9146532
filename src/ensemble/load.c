/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading what earlier stages made: fields and models. */
#include "src/ensemble/load.h"
#include "src/ensemble/witness.h"
#include "src/run/input.h"
#include "src/plan/plan.h"
#include <string.h>

/* witness: may be NULL. */
static PetscErrorCode load(const sq_grid *grid, const sq_lattice *lattice, const char *path, int group, int64_t most,
                           sq_witness *witness, int64_t *count, double **blocks)
{
  PetscFunctionBeginUser;
  sq_records *records;
  double columns[SQ_IO_COLUMNS];
  PetscCall(sq_records_open(grid, lattice, path, &records));
  const sq_records_info *info = sq_records_about(records);
  *count = group < info->groups ? info->group[group].count : 0;
  if (most >= 0 && *count > most) *count = most;
  const int64_t numbers = PetscMax(1, info->components) * lattice->local_volume;
  PetscCall(sq_alloc(*count * numbers, blocks));
  for (int64_t i = 0; i < *count; i++) {
    double *block = *blocks + i * numbers;
    PetscCall(sq_records_read(records, group, i, block, columns));
    if (witness) PetscCall(sq_witness_add(witness, records, group, i, block, columns));
  }
  PetscCall(sq_records_close(&records));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_load_fields(const sq_grid *grid, const sq_lattice *lattice, const char *path, int group, int64_t most,
                              int64_t *count, double **blocks)
{
  PetscFunctionBeginUser;
  PetscCall(load(grid, lattice, path, group, most, NULL, count, blocks));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_load_ensemble(const sq_run *run, const sq_grid *grid, const sq_lattice *lattice, const char *path,
                                int64_t most, int64_t count[], double *blocks[])
{
  PetscFunctionBeginUser;
  sq_witness *witness;
  sq_records_info about = {0};
  PetscCall(sq_input_check(run, path));
  PetscCall(sq_run_about(run, path, &about));
  PetscCall(sq_witness_begin(run, about.action, lattice, &witness));
  for (int group = SQ_TRAINING; group <= SQ_TESTING; group++)
    PetscCall(
      load(grid, lattice, path, group, group == SQ_TRAINING ? -1 : most, witness, &count[group], &blocks[group]));
  PetscCall(sq_witness_end(&witness, path));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_find_trajectories(const sq_run *run, char path[SQ_PATH], bool *there)
{
  PetscFunctionBeginUser;
  char samples[SQ_PATH];
  bool known;
  uint64_t made, theirs;
  sq_run_path(run, "trajectories.h5", path);
  sq_run_path(run, "samples.h5", samples);
  PetscCall(sq_file_exists(run->world, path, there));
  PetscCall(sq_file_exists(run->world, samples, &known));
  if (*there && !known) PetscCall(sq_input_check(run, path));
  if (!*there || !known) PetscFunctionReturn(0);
  PetscCall(sq_run_fingerprint_of(run, path, &theirs));
  PetscCall(sq_run_fingerprint_of(run, samples, &made));
  *there = theirs == made;
  if (!*there) sq_warn("%s does not belong to the present %s: it is left out", path, samples);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_open_fields(const sq_run *run, const char *path, sq_grid **grid, sq_lattice **lattice,
                              sq_records **records)
{
  PetscFunctionBeginUser;
  PetscCall(sq_grid_create(run->world, 1, grid));
  PetscCall(sq_records_open(*grid, NULL, path, records)); /* first to learn the extents, then with a lattice */
  sq_records_info info = *sq_records_about(*records);
  PetscCall(sq_records_close(records));
  PetscCall(sq_grid_destroy(grid));
  const double numbers = PetscMax(1, info.components) * sq_volume(info.extent);
  const sq_plan copies = sq_plan_copies(info.extent + SQ_DIM - info.dim, numbers, info.group[0].count);
  PetscCall(sq_plan_grid(run, &copies, grid, lattice));
  PetscCall(sq_records_open(*grid, *lattice, path, records));
  PetscFunctionReturn(0);
}

/* A group of a file before a witness, shared out over replicas. */
static PetscErrorCode show_group(const sq_grid *grid, sq_records *records, int group, double *block,
                                 sq_witness *witness)
{
  PetscFunctionBeginUser;
  double columns[SQ_IO_COLUMNS];
  int64_t first, mine, count = sq_records_about(records)->group[group].count,
                       most = (count + grid->replicas - 1) / grid->replicas;
  sq_share(count, grid->replicas, grid->replica, &first, &mine);
  for (int64_t i = 0; i < most; i++) {
    PetscCall(sq_records_read(records, group, i < mine ? first + i : -1, block, columns));
    if (i < mine) PetscCall(sq_witness_add(witness, records, group, first + i, block, columns));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_look_at_fields(const sq_run *run, const char *path)
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  sq_witness *witness;
  double *block;
  PetscCall(sq_open_fields(run, path, &grid, &lattice, &records));
  PetscCall(sq_witness_begin(run, sq_records_about(records)->action, lattice, &witness));
  PetscCall(sq_alloc(PetscMax(1, sq_records_about(records)->components) * lattice->local_volume, &block));
  for (int g = 0; g < sq_records_about(records)->groups; g++) PetscCall(show_group(grid, records, g, block, witness));
  sq_free(&block);
  PetscErrorCode code = sq_witness_end(&witness, path);
  PetscCall(sq_records_close(&records));
  PetscCall(sq_lattice_destroy(&lattice));
  PetscCall(sq_grid_destroy(&grid));
  PetscCall(code);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_load_model(const sq_run *run, const char *path, sq_model *model, sq_model_origin *origin)
{
  PetscFunctionBeginUser;
  sq_store *store;
  char mine[256], theirs[256], own[SQ_PATH];
  int64_t print, training = 0;
  sq_run_path(run, "model.h5", own);
  if (!strcmp(path, own) && !run->sample.model[0]) PetscCall(sq_input_check(run, path));
  PetscCall(sq_store_read(run->world, path, "model", false, &store, NULL));
  PetscCall(sq_model_get(run->world, store, path, model));
  PetscCall(sq_store_int(store, "fingerprint", &print));
  if (sq_store_has(store, "stream_of_training")) PetscCall(sq_store_int(store, "stream_of_training", &training));
  PetscCall(sq_store_destroy(&store));
  if (origin) *origin = (sq_model_origin){(uint64_t)print, (uint64_t)training};
  if (model->type->action(model->self)->dim == run->dim)
    PetscCall(sq_model_place(run->world, path, &run->action, model));
  const sq_action *action = model->type->action(model->self);
  sq_action_describe(&run->action, mine, sizeof mine);
  sq_action_describe(action, theirs, sizeof theirs);
  SqCheck(action->dim == run->dim, run->world, SQ_ERR_DATA,
          "%s is a model for %d dimensions, the lattice of this deck has %d", path, action->dim, run->dim);
  SqCheck(sq_action_equal(&run->action, action), run->world, SQ_ERR_DATA,
          "%s is a model of the action %s, this deck has %s", path, theirs, mine);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_need(const sq_run *run, const char *section, const char *path, const char *purpose,
                           const char *hint)
{
  PetscFunctionBeginUser;
  bool exists, coming = run->whole && section && sq_deck_has_section(run->deck, section);
  if (coming) PetscFunctionReturn(0);
  PetscCall(sq_file_exists(run->world, path, &exists));
  SqCheck(exists, run->world, SQ_ERR_INPUT, "there is no %s %s: %s", path, purpose, hint);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_need_ensemble(const sq_run *run, const char *purpose)
{
  PetscFunctionBeginUser;
  const char *section = sq_run_ensemble_section(run);
  char path[SQ_PATH], hint[64];
  sq_run_ensemble(run, path);
  snprintf(hint, sizeof hint, "run `squall %s` first", sq_run_ensemble_command(run));
  PetscCall(sq_run_need(run, section, path, purpose, hint));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_need_model(const sq_run *run)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  sq_run_chosen_model(run, path);
  PetscCall(sq_run_need(run, run->sample.model[0] ? NULL : "train", path, "to generate with",
                        "run `squall train` first, or give sample.model"));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_load_chosen_model(const sq_run *run, sq_model *model, sq_model_origin *origin)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  sq_run_chosen_model(run, path);
  PetscCall(sq_run_need_model(run));
  PetscCall(sq_load_model(run, path, model, origin));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_need_diffusion(const sq_run *run, const char *what)
{
  PetscFunctionBeginUser;
  const sq_model_type *type = sq_run_model_type(run), *needed = &sq_model_type_diffusion;
  sq_model model;
  SqCheck(run->sample.model[0] || type == needed, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: %s needs a model of type %s, model.type is %s", sq_deck_where(run->deck, "model", "type"), what,
          needed->name, type->name);
  if (!run->sample.model[0]) PetscFunctionReturn(0);
  PetscCall(sq_load_chosen_model(run, &model, NULL));
  type = model.type;
  PetscCall(sq_model_destroy(&model));
  SqCheck(type == needed, run->world, SQ_ERR_INPUT, "%s: %s needs a model of type %s, %s is of type %s",
          sq_deck_where(run->deck, "sample", "model"), what, needed->name, run->sample.model, type->name);
  PetscFunctionReturn(0);
}
