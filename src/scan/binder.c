/* SPDX-License-Identifier: BSD-3-Clause */
/* The Binder cumulant of fields at one coupling, and the files that it is taken from. */
#include "src/scan/binder.h"
#include <math.h>
#include <string.h>

enum { BINS = 200 }; /* of independent fields: the error is known to 5 % */

static double of_moments(const double *mean, const void *context)
{
  (void)context;
  return 1 - mean[1] / (3 * mean[0] * mean[0]);
}

/* Of independent fields with weights. */
static PetscErrorCode weigh(const sq_ensemble *e, sq_binder *U)
{
  PetscFunctionBeginUser;
  const int length = sq_obs_column(e->theory, "abs_M");
  const double *M = e->column[length < 0 ? SQ_OBS_ORDER : length];
  const sq_derived derived = {.primaries = 2, .function = of_moments};
  double *moments, *weight;
  PetscCall(sq_alloc(2 * e->count, &moments));
  PetscCall(sq_alloc(e->count, &weight));
  const double *const column[] = {moments, moments + e->count};
  const sq_series series = {.n = e->count, .column = column, .weight = weight, .chains = 1, .constant_is_known = true};
  for (int64_t i = 0; i < e->count; i++) {
    const double square = M[i] * M[i];
    moments[i] = square;
    moments[e->count + i] = square * square;
  }
  sq_weights_relative(e->count, e->log_weight, weight);
  PetscErrorCode code = sq_jackknife(&series, &derived, PetscMax(1, e->count / BINS), &U->value, &U->error);
  sq_free(&moments);
  sq_free(&weight);
  PetscCall(code);
  U->ess = e->weights.ess;
  if (e->weights.verdict != SQ_WEIGHTS_TRUSTED) U->error = NAN;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_binder_of(const sq_ensemble *e, sq_binder *U)
{
  PetscFunctionBeginUser;
  const sq_estimate *x = sq_obs_find(&e->table, "U_L");
  *U = (sq_binder){
    .value = x ? x->value : NAN, .error = x ? x->error : NAN, .ess = NAN, .of_model = sq_ensemble_of_model(e)};
  if (x && e->log_weight && U->of_model) {
    U->of_model = false;
    PetscCall(weigh(e, U));
  }
  PetscFunctionReturn(0);
}

/* ---- files ---- */

static bool is_file(const char *word)
{
  return strlen(word) > 3 && !strcmp(word + strlen(word) - 3, ".h5");
}

static PetscErrorCode add(MPI_Comm world, const char *path, sq_places *files)
{
  PetscFunctionBeginUser;
  SqCheck(files->count < SQ_PLACES_MOST, world, SQ_ERR_INPUT, "%s: more than %d files", path, SQ_PLACES_MOST);
  snprintf(files->path[files->count++], SQ_PATH, "%s", path);
  PetscFunctionReturn(0);
}

static PetscErrorCode add_word(MPI_Comm world, const char *word, const char *name, sq_places *files)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  sq_places places;
  SqCheck(strlen(word) < 700, world, SQ_ERR_INPUT, "crossing: paths of at most 700 bytes, please");
  if (is_file(word)) {
    PetscCall(add(world, word, files));
    PetscFunctionReturn(0);
  }
  PetscCall(sq_places_find(world, word, name, &places));
  PetscErrorCode code = 0;
  const int count = places.count;
  for (int i = 0; i < count && !code; i++) code = add(world, places.path[i], files);
  sq_places_clear(&places);
  PetscCall(code);
  if (count) PetscFunctionReturn(0);
  snprintf(path, sizeof path, "%s/%s", word, name);
  PetscCall(add(world, path, files));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_binder_files(MPI_Comm world, int words, const char *const *word, const char *name, sq_places *files)
{
  PetscFunctionBeginUser;
  PetscErrorCode code = 0;
  *files = (sq_places){0};
  PetscCall(sq_alloc(SQ_PLACES_MOST, &files->path));
  for (int i = 0; i < words && !code; i++) code = add_word(world, word[i], name, files);
  if (code) sq_places_clear(files);
  PetscCall(code);
  PetscFunctionReturn(0);
}
