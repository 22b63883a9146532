/* The stage sample: model.h5 -> samples.h5 (group generated), and trajectories.h5 for the first few fields.
 *
 * Fields are made in batches of fixed size, shared out to the replicas; sample n is a function of (model, seed, n), so
 * a run that was interrupted fills in the batches that are missing.
 */
#include "squall/diffusion.h"
#include "src/run/fields.h"
#include "src/stage/weigh.h"
#include <math.h>
#include <string.h>

enum { LOG_WEIGHT, FIRST_OBS, LEVEL_COLUMNS = 3 };

typedef struct {
  sq_run *run;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_model model;
  sq_generator generator;
  sq_obs *obs;
  int64_t count, extents[SQ_DIM];
  int batch;
  uint64_t fingerprint;
  char path[SQ_PATH];
  double *log_path;      /* [batch] */
  sq_running log_weight; /* by this process, for the progress line */
} stage;

static const char *const sample_sections[] = {"lattice", "action", "schedule", "sample", NULL};

/* ---- set-up ---- */

static PetscErrorCode choose_model(stage *s)
{
  PetscFunctionBeginUser;
  uint64_t made;
  PetscCall(sq_load_chosen_model(s->run, &s->model, &made));
  s->fingerprint = sq_run_fingerprint(s->run, sample_sections) ^ made * 3;
  PetscFunctionReturn(0);
}

static PetscErrorCode set_up(stage *s)
{
  PetscFunctionBeginUser;
  const sq_generator *g = &s->generator;
  char text[200];
  int64_t padded[SQ_DIM];
  (void)sq_extents_pad(s->run->dim, s->extents, padded);
  sq_generator_needs needs = sq_model_needs(&s->model, padded);
  s->batch = needs.batch;
  int64_t batches = (s->count + s->batch - 1) / s->batch;
  PetscCall(sq_run_grid(s->run, s->extents, batches, needs.bytes, needs.grain, &s->grid, &s->lattice));
  PetscCall(sq_fft_create(s->lattice, &s->fft));
  PetscCall(sq_model_generator(&s->model, s->run->deck, s->fft, false, &s->generator));
  PetscCall(sq_obs_create(s->lattice, &s->run->action, &s->obs));
  PetscCall(sq_alloc(s->batch, &s->log_path));
  sq_lattice_describe(s->lattice, text, sizeof text);
  sq_info("sample: %lld fields in %d steps on %d replica%s, each %s; noise levels %.4g to %.4g", (long long)s->count,
          g->levels, s->grid->replicas, s->grid->replicas > 1 ? "s" : "", text, g->s[1], g->s[g->levels]);
  const sq_sampler *sampler = sq_generator_sampler(g);
  if (sampler)
    sq_info("sample: %s: %s; %.0f evaluations a field", sampler->type->name, sampler->type->summary, g->cost(g->self));
  PetscFunctionReturn(0);
}

/* ---- fields ---- */

static PetscErrorCode make(void *context, int64_t first, int count, double *blocks, double *columns)
{
  PetscFunctionBeginUser;
  stage *s = context;
  if (!count) PetscFunctionReturn(0);
  PetscCall(sq_generator_generate(&s->generator, s->run->seed, first, count, blocks, s->log_path, NULL, NULL));
  for (int b = 0; b < count; b++, columns += SQ_IO_COLUMNS) {
    PetscCall(sq_obs_measure(s->obs, blocks + b * s->lattice->local_volume, columns + FIRST_OBS));
    columns[LOG_WEIGHT] = s->log_path[b] - sq_obs_action(s->obs, columns + FIRST_OBS);
    if (s->generator.has_density) sq_running_add(&s->log_weight, columns[LOG_WEIGHT]);
  }
  PetscFunctionReturn(0);
}

static void weight_text(const void *context, char text[64])
{
  const sq_running *w = &((const stage *)context)->log_weight;
  if (w->n) snprintf(text, 64, "log w %.2f, spread %.2f", w->mean, sqrt(fmax(0, sq_running_variance(w))));
  else snprintf(text, 64, "no path weights");
}

/* The fields, unless their space is reserved, and some on their way from noise. */
static PetscErrorCode check_space(const stage *s, const sq_records_info *info)
{
  PetscFunctionBeginUser;
  char part[SQ_PATH];
  bool begun;
  double levels = 8. * (double)s->lattice->volume *
                  (double)(sq_deck_int(s->run->deck, "sample", "trajectories") * (s->generator.levels + 1));
  sq_run_path(s->run, "samples.h5.part", part);
  PetscCall(sq_file_exists(s->run->world, part, &begun));
  PetscCall(sq_space_check(s->run->world, s->path, levels + (begun ? 0 : (double)sq_records_bytes(info)),
                           "the fields and some on their way from noise"));
  PetscFunctionReturn(0);
}

/* records: to be published. */
static PetscErrorCode generate(stage *s, char *deck, sq_records **records)
{
  PetscFunctionBeginUser;
  sq_records_info info;
  sq_describe_records(s->run, "samples", s->lattice->extent, s->fingerprint, deck, &info);
  sq_describe_group("generated", s->count, FIRST_OBS, (const char *const[]){"log_weight"}, true, &info);
  PetscCall(check_space(s, &info));
  sq_fields fields = {.run = s->run,
                      .stage = "sample",
                      .path = s->path,
                      .grid = s->grid,
                      .lattice = s->lattice,
                      .batch = s->batch,
                      .context = s,
                      .make = make,
                      .text = weight_text};
  PetscCall(sq_fields_make(&fields, &info));
  *records = fields.records;
  PetscFunctionReturn(0);
}

/* ---- trajectories ---- */

typedef struct {
  stage *s;
  sq_records *records;
  int64_t first;
  int count;
} watcher;

static PetscErrorCode store_level(void *context, int level, const double *blocks)
{
  PetscFunctionBeginUser;
  watcher *w = context;
  for (int b = 0; b < w->s->batch; b++) {
    double columns[LEVEL_COLUMNS] = {(double)(w->first + b), (double)level, w->s->generator.s[level]};
    int64_t index = b < w->count ? (w->first + b) * (w->s->generator.levels + 1) + w->s->generator.levels - level : -1;
    PetscCall(sq_records_write(w->records, 0, index, blocks + b * w->s->lattice->local_volume, columns));
  }
  PetscFunctionReturn(0);
}

/* a and s of every level. */
static PetscErrorCode store_levels(const stage *s, sq_records *records)
{
  PetscFunctionBeginUser;
  static const char *const names[2] = {"a", "s"};
  double *rows;
  PetscCall(sq_alloc(2 * (s->generator.levels + 1), &rows));
  for (int k = 0; k <= s->generator.levels; k++) rows[2 * k] = s->generator.a[k], rows[2 * k + 1] = s->generator.s[k];
  PetscCall(sq_records_put_series(records, "levels", s->generator.levels + 1, 2, names, rows));
  sq_free(&rows);
  PetscFunctionReturn(0);
}

static PetscErrorCode write_trajectories(stage *s, char *deck)
{
  PetscFunctionBeginUser;
  int64_t wanted = sq_deck_int(s->run->deck, "sample", "trajectories");
  char path[SQ_PATH];
  bool exists;
  uint64_t theirs = 0;
  sq_records_info info;
  watcher w = {.s = s};
  double *blocks;
  static const char *const names[LEVEL_COLUMNS] = {"sample", "level", "s"};
  if (wanted > s->count) wanted = s->count;
  sq_run_path(s->run, "trajectories.h5", path);
  PetscCall(sq_file_exists(s->run->world, path, &exists));
  if (exists) PetscCall(sq_run_fingerprint_of(s->run, path, &theirs));
  if (!wanted || (exists && theirs == s->fingerprint))
    PetscFunctionReturn(0); /* those of other samples are made anew */
  sq_describe_records(s->run, "trajectories", s->lattice->extent, s->fingerprint, deck, &info);
  sq_describe_group("levels", wanted * (s->generator.levels + 1), LEVEL_COLUMNS, names, false, &info);
  PetscCall(sq_alloc(s->batch * s->lattice->local_volume, &blocks));
  PetscCall(sq_records_create(s->grid, s->lattice, path, &info, &w.records));
  for (int64_t i = 0; i < wanted; i += (int64_t)s->batch * s->grid->replicas) {
    int64_t left = wanted - (i + (int64_t)s->grid->replica * s->batch);
    w.first = left > 0 ? wanted - left : 0;
    w.count = left <= 0 ? 0 : (int)(left < s->batch ? left : s->batch);
    /* every replica runs a full batch, so that all take part in every write */
    PetscCall(
      sq_generator_generate(&s->generator, s->run->seed, w.first, s->batch, blocks, s->log_path, store_level, &w));
  }
  sq_free(&blocks);
  PetscCall(store_levels(s, w.records));
  PetscCall(sq_records_publish(&w.records));
  sq_info("sample: %lld trajectories in %s", (long long)wanted, path);
  PetscFunctionReturn(0);
}

/* ---- the stage ---- */

static PetscErrorCode clear(stage *s)
{
  PetscFunctionBeginUser;
  sq_free(&s->log_path);
  PetscCall(sq_obs_destroy(&s->obs));
  PetscCall(sq_generator_destroy(&s->generator));
  PetscCall(sq_model_destroy(&s->model));
  PetscCall(sq_fft_destroy(&s->fft));
  PetscCall(sq_lattice_destroy(&s->lattice));
  PetscCall(sq_grid_destroy(&s->grid));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_stage_sample(sq_run *run)
{
  PetscFunctionBeginUser;
  stage s = {.run = run, .count = sq_deck_int(run->deck, "sample", "configurations")};
  sq_records *records;
  char *deck;
  bool finished;
  sq_run_path(run, "samples.h5", s.path);
  PetscCall(sq_sample_extents(run, s.extents));
  PetscCall(choose_model(&s));
  PetscCall(sq_run_finished(run, s.path, "sample", s.fingerprint, &finished));
  PetscCall(sq_weigh_volumes(run, &s.model, finished));
  if (finished) {
    PetscCall(sq_model_destroy(&s.model));
    PetscFunctionReturn(0);
  }
  PetscCall(set_up(&s));
  sq_sampler *sampler = sq_generator_sampler(&s.generator);
  if (sampler) PetscCall(sq_prior_report(run, sampler));
  if (sampler)
    PetscCall(sq_bound_report(run, s.grid, s.lattice, sampler)); /* before the long work, for it may refuse */
  PetscCall(sq_deck_text_of(run->deck, NULL, false, &deck));
  PetscCall(generate(&s, deck, &records));
  PetscCall(write_trajectories(&s, deck));
  PetscCall(sq_records_publish(&records));
  sq_free(&deck);
  PetscCall(clear(&s));
  PetscFunctionReturn(0);
}
