/* SPDX-License-Identifier: BSD-3-Clause */
/* Models of half the configurations each, and the model's own error: what fields of both have different, scaled to a
 * model of all configurations (src/ensemble/model_error.c). -> model-half-1.h5, samples-half-1.h5, and of half 2. */
#include "src/learning/sampling.h"
#include "src/ensemble/load.h"
#include "src/making/generated.h"
#include "src/stage/stage.h"
#include <math.h>
#include <string.h>

void sq_half_path(const sq_run *run, const char *name, int half, char path[SQ_PATH])
{
  char file[64];
  if (half) snprintf(file, sizeof file, "%s-half-%d.h5", name, half);
  else snprintf(file, sizeof file, "%s.h5", name);
  sq_run_path(run, file, path);
}

uint64_t sq_half_fingerprint(uint64_t fingerprint, int half)
{
  return half ? sq_fingerprint_join(fingerprint, (uint64_t)half, SQ_PART_HALF) : fingerprint;
}

void sq_half_of(int half, const sq_site *site, sq_dataset *fields)
{
  const int64_t numbers = sq_action_components(&site->run->action) * site->lattice->local_volume;
  const int64_t first = fields->count / 2, rest = fields->count - first;
  if (!half) return;
  if (half == 2) memmove(fields->blocks, fields->blocks + first * numbers, (size_t)(rest * numbers) * sizeof(double));
  fields->count = half == 1 ? first : rest;
}

/* A quarter of the fields, but not too few. */
static int64_t fields_of_half(const sq_run *run)
{
  const int64_t few = 1024, all = run->sample.configurations;
  return PetscMin(all, PetscMax(few, (all + 3) / 4));
}

/* Both halves make their fields of the same noise: what is different is the models'. */
static PetscErrorCode make_fields(const sq_run *run, int half, uint64_t fingerprint, uint64_t stream)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  sq_model model;
  sq_model_origin made;
  sq_site site;
  sq_records *records;
  bool there;
  sq_half_path(run, "model", half, path);
  PetscCall(sq_file_exists(run->world, path, &there));
  SqCheck(there, run->world, SQ_ERR_INPUT, "there is no %s, which train.halves needs: run `squall train` first", path);
  PetscCall(sq_load_model(run, path, &model, &made));
  PetscCall(sq_run_same_deck(run, path, made.fingerprint == sq_half_fingerprint(sq_train_fingerprint(run), half)));
  sq_half_path(run, "samples", half, path);
  const uint64_t print = sq_half_fingerprint(fingerprint, half);
  PetscCall(sq_run_finished(run, path, "sample", print, &there));
  if (!there) {
    sq_info("sample: by the model of half %d of the configurations, for the model's own error", half);
    PetscCall(sq_sample_site(run, &model, fields_of_half(run), &site));
    const sq_generated what = {.site = &site,
                               .stage = "sample",
                               .group = "generated",
                               .count = fields_of_half(run),
                               .fingerprint = print,
                               .streams = {.own = stream, .training = made.training}};
    PetscCall(sq_generated_make(&what, path, &records));
    PetscCall(sq_records_publish(&records));
    PetscCall(sq_site_destroy(&site));
  }
  PetscCall(sq_model_destroy(&model));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_halves_make(const sq_run *run, uint64_t fingerprint, uint64_t stream, sq_model_errors *errors)
{
  PetscFunctionBeginUser;
  sq_ensemble e[2][SQ_IO_GROUPS] = {0};
  char path[SQ_PATH];
  int groups;
  *errors = (sq_model_errors){0};
  if (!run->train.halves) PetscFunctionReturn(0);
  PetscCall(sq_halves_fit(run));
  for (int half = 1; half <= 2; half++) {
    PetscCall(make_fields(run, half, fingerprint, sq_stream_join(stream, SQ_PART_HALF)));
    sq_half_path(run, "samples", half, path);
    PetscCall(sq_ensembles_read(run->world, path, e[half - 1], &groups));
  }
  PetscCall(sq_model_errors_find(&e[0][0], &e[1][0], errors));
  sq_ensemble_free(&e[0][0]);
  sq_ensemble_free(&e[1][0]);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_halves_missing(const sq_run *run, const char *path)
{
  PetscFunctionBeginUser;
  sq_ensemble e[SQ_IO_GROUPS] = {0};
  int groups;
  PetscCall(sq_run_reading(run, path, e, &groups));
  if (isnan(e[0].model_error))
    sq_warn("sample: %s was made without train.halves: its errors leave out the model's own. Move it away to make it "
            "anew, with the same fields",
            path);
  PetscFunctionReturn(0);
}
