/* SPDX-License-Identifier: BSD-3-Clause */
/* The ensembles of a run: which files they are in, and those that are calculated from others. */
#include "src/ensemble/correction.h"
#include "src/run/stage.h"
#include "src/run/input.h"
#include <math.h>
#include <string.h>

/* These walk over names, and count down how many are still to be left out. */
static const char *file_of_stages(bool last, int *left)
{
  for (int k = 0; sq_stages[k]; k++)
    for (int i = 0; sq_stages[k]->files && sq_stages[k]->files[i]; i++)
      if (sq_stages[k]->files_last == last && (*left)-- == 0) return sq_stages[k]->files[i];
  return NULL;
}

/* What methods begin with, and then what they make: one file, whatever the method. */
static const char *file_of_corrections(int *left)
{
  for (int k = 0; sq_corrections[k]; k++)
    if (sq_corrections[k]->first && (*left)-- == 0) return sq_corrections[k]->from;
  return (*left)-- == 0 ? sq_corrected_file : NULL;
}

const char *sq_ensemble_file_name(int index)
{
  const char *name = file_of_stages(false, &index);
  if (!name) name = file_of_corrections(&index);
  return name ? name : file_of_stages(true, &index);
}

/* Whether the file is one that the method of the deck makes, if it has one: corrected.h5, and what methods begin with
 * are left behind by others. */
static bool belongs(const sq_run *run, const char *name)
{
  const sq_correction *method = sq_correction_of(run);
  if (method && !method->make && !strcmp(name, sq_corrected_file)) return false;
  for (int i = 0; sq_corrections[i]; i++)
    if (sq_corrections[i]->first && !strcmp(name, sq_corrections[i]->from)) return sq_corrections[i] == method;
  return true;
}

PetscErrorCode sq_ensemble_file(const sq_run *run, int i, char path[SQ_PATH], bool *there)
{
  PetscFunctionBeginUser;
  const char *name = sq_ensemble_file_name(i);
  sq_run_path(run, name, path);
  PetscCall(sq_file_exists(run->world, path, there));
  *there = *there && belongs(run, name);
  PetscFunctionReturn(0);
}

/* An ensemble with every field counted by its weight; there are no fields of its own. */
static void reweight(const sq_run *run, const sq_ensemble *from, const char *name, sq_ensemble *e)
{
  *e = *from;
  snprintf(e->name, sizeof e->name, "%s", name);
  memset(e->column, 0, sizeof e->column);
  e->chain = e->log_weight = NULL;
  e->weighted = NULL;
  e->weighed = true;
  e->rule = sq_weight_rule_of(run);
  e->table = *from->weighted;
}

static sq_ensemble *find(sq_ensemble *ensembles, int count, const char *name)
{
  for (int i = 0; i < count; i++)
    if (!strcmp(ensembles[i].name, name)) return &ensembles[i];
  return NULL;
}

/* A chain of generated fields, each with its density, has their weights to say log Z. */
static void lend_weights(sq_ensemble *ensembles, int count)
{
  const sq_ensemble *from = find(ensembles, count, "generated");
  sq_ensemble *chain = find(ensembles, count, "corrected");
  if (!from || !from->partition || !chain || isnan(chain->proposals_most_k)) return;
  if (!from->streams.own || chain->streams.fields != from->streams.own) return;
  chain->weights = from->weights;
  chain->partition = from->partition;
}

PetscErrorCode sq_ensembles_of_run(const sq_run *run, sq_ensemble *ensembles, int *count)
{
  PetscFunctionBeginUser;
  enum { CALCULATED = 2 };
  *count = 0;
  for (int i = 0; sq_ensemble_file_name(i); i++) {
    char path[SQ_PATH];
    bool there;
    int more;
    sq_ensemble read[SQ_IO_GROUPS];
    PetscCall(sq_ensemble_file(run, i, path, &there));
    if (!there) continue;
    PetscCall(sq_input_check(run, path));
    PetscCall(sq_run_reading(run, path, read, &more));
    SqCheck(*count + more <= SQ_ENSEMBLES - CALCULATED, run->world, SQ_ERR_DATA,
            "%s: with its %d groups there are more than the %d ensembles that a run can make: move files away that do "
            "not belong to it",
            path, more, SQ_ENSEMBLES - CALCULATED);
    memcpy(ensembles + *count, read, (size_t)more * sizeof *read);
    *count += more;
  }
  lend_weights(ensembles, *count);
  for (int i = 0; i < *count; i++) {
    if (!ensembles[i].weighted) continue;
    reweight(run, &ensembles[i], sq_reweighted_name(run, ensembles[i].name), &ensembles[*count]);
    *count += 1;
    break;
  }
  PetscCall(sq_langevin_extrapolate(run, ensembles, count));
  PetscFunctionReturn(0);
}
