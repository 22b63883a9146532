/* The stage sample: model.h5 -> samples.h5 (group generated), and trajectories.h5 for the first few fields.
 *
 * Fields are made in batches of fixed size, shared out to the replicas; sample n is a function of (model, seed, n), so
 * a run that was interrupted fills in the batches that are missing.
 */
#include "squall/diffusion.h"
#include "src/stage/weigh.h"
#include <math.h>
#include <string.h>

enum { LOG_WEIGHT, FIRST_OBS, COLUMNS = FIRST_OBS + SQ_OBS_MOST, LEVEL_COLUMNS = 3 };

typedef struct {
  sq_run *run;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_model model;
  sq_generator generator;
  sq_obs *obs;
  sq_records *records;
  int64_t count, extents[SQ_DIM];
  int batch;
  uint64_t fingerprint;
  char path[SQ_PATH];
  double *blocks, *log_path;
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
  PetscCall(sq_alloc(s->batch * s->lattice->local_volume, &s->blocks));
  PetscCall(sq_alloc(s->batch, &s->log_path));
  sq_lattice_describe(s->lattice, text, sizeof text);
  sq_info("sample: %lld fields in %d steps on %d replica%s, each %s; noise levels %.4g to %.4g", (long long)s->count,
          g->levels, s->grid->replicas, s->grid->replicas > 1 ? "s" : "", text, g->s[1], g->s[g->levels]);
  const sq_sampler *sampler = sq_generator_sampler(g);
  if (sampler)
    sq_info("sample: %s: %s; %.0f evaluations a field", sampler->type->name, sampler->type->summary, g->cost(g->self));
  PetscFunctionReturn(0);
}

static PetscErrorCode describe(const stage *s, const char *kind, const char *group, int64_t count, char *deck,
                               sq_records_info *info)
{
  PetscFunctionBeginUser;
  *info = (sq_records_info){
    .dim = s->run->dim, .seed = s->run->seed, .fingerprint = s->fingerprint, .deck = deck, .groups = 1};
  snprintf(info->kind, sizeof info->kind, "%s", kind);
  memcpy(info->extent, s->lattice->extent, sizeof info->extent);
  sq_action_describe(&s->run->action, info->action, sizeof info->action);
  snprintf(info->group[0].name, sizeof info->group[0].name, "%s", group);
  info->group[0].count = count;
  PetscFunctionReturn(0);
}

/* ---- fields ---- */

static PetscErrorCode open_samples(stage *s, char *deck, bool **missing)
{
  PetscFunctionBeginUser;
  sq_records_info info;
  char part[SQ_PATH];
  bool begun;
  int64_t done;
  PetscCall(describe(s, "samples", "generated", s->count, deck, &info));
  snprintf(info.group[0].column[LOG_WEIGHT], SQ_IO_NAME, "log_weight");
  sq_obs_name_columns(s->run->action.type, FIRST_OBS, &info.group[0]);
  PetscCall(sq_alloc(s->count, missing));
  sq_run_path(s->run, "samples.h5.part", part);
  PetscCall(sq_file_exists(s->run->world, part, &begun));
  double levels = 8. * (double)s->lattice->volume *
                  (double)(sq_deck_int(s->run->deck, "sample", "trajectories") * (s->generator.levels + 1));
  PetscCall(sq_space_check(s->run->world, s->path, levels + (begun ? 0 : (double)sq_records_bytes(&info)),
                           "the fields and some on their way from noise"));
  PetscCall(sq_run_open_records(s->run, "sample", s->grid, s->lattice, s->path, &info, &s->records, *missing, &done));
  PetscFunctionReturn(0);
}

/* One batch of this replica (count 0: none this time), measured and written; writes are collective over all replicas.
 */
static PetscErrorCode make_batch(stage *s, int64_t first, int count, sq_running *log_weight)
{
  PetscFunctionBeginUser;
  int64_t volume = s->lattice->local_volume;
  if (count)
    PetscCall(sq_generator_generate(&s->generator, s->run->seed, first, count, s->blocks, s->log_path, NULL, NULL));
  for (int b = 0; b < s->batch; b++) {
    double columns[COLUMNS];
    if (b < count) {
      PetscCall(sq_obs_measure(s->obs, s->blocks + b * volume, columns + FIRST_OBS));
      columns[LOG_WEIGHT] = s->log_path[b] - sq_obs_action(s->obs, columns + FIRST_OBS);
      if (s->generator.has_density) sq_running_add(log_weight, columns[LOG_WEIGHT]);
    }
    PetscCall(sq_records_write(s->records, 0, b < count ? first + b : -1, s->blocks + b * volume, columns));
  }
  PetscFunctionReturn(0);
}

static const char *weight_text(const sq_running *log_weight, char text[64])
{
  if (log_weight->n)
    snprintf(text, 64, "log w %.2f, spread %.2f", log_weight->mean, sqrt(fmax(0, sq_running_variance(log_weight))));
  else snprintf(text, 64, "no path weights");
  return text;
}

static PetscErrorCode generate(stage *s, const bool *missing)
{
  PetscFunctionBeginUser;
  int64_t batches = 0, *batch;
  double last_checkpoint = sq_now(), longest = 0, all = 0;
  sq_running log_weight = {0};
  char text[64];
  sq_progress progress;
  PetscCall(sq_alloc(s->count / s->batch + 1, &batch));
  for (int64_t b = 0; b * s->batch < s->count; b++)
    for (int64_t i = b * s->batch; i < s->count && i < (b + 1) * s->batch; i++)
      if (missing[i]) {
        batch[batches++] = b;
        break;
      }
  int64_t done = s->count - batches * s->batch;
  sq_progress_begin(&progress, "sample", done > 0 ? done : 0, s->count);
  for (int64_t i = 0; i < batches; i += s->grid->replicas) {
    int64_t mine = i + s->grid->replica, first = mine < batches ? batch[mine] * s->batch : 0;
    int count = mine < batches ? (int)(s->count - first < s->batch ? s->count - first : s->batch) : 0;
    double began = sq_now();
    sq_wish wish;
    PetscCall(make_batch(s, first, count, &log_weight));
    longest = fmax(longest, sq_now() - began);
    all += sq_now() - began;
    int64_t made = PetscMin(s->count, s->count - (batches - i - s->grid->replicas) * s->batch);
    if (sq_progress_due(&progress)) {
      sq_run_status(s->run, "sample", "running", made, s->count);
      sq_progress_show(&progress, made, "%s", weight_text(&log_weight, text));
    }
    PetscCall(sq_run_wish(s->run, 2 * longest + 1, last_checkpoint, &wish));
    if (wish == SQ_GO_ON || i + s->grid->replicas >= batches) continue;
    PetscCall(sq_records_flush(s->records));
    last_checkpoint = sq_now();
    if (wish == SQ_STOP) PetscCall(sq_run_stopped(s->run, "sample", made, s->count));
  }
  sq_progress_end(&progress, s->count, "%s", weight_text(&log_weight, text));
  PetscCall(
    sq_records_put_real(s->records, "core_seconds_an_update", all * s->run->size / (double)(batches * s->batch)));
  sq_free(&batch);
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
  static const char *const names[LEVEL_COLUMNS] = {"sample", "level", "s"};
  if (wanted > s->count) wanted = s->count;
  sq_run_path(s->run, "trajectories.h5", path);
  PetscCall(sq_file_exists(s->run->world, path, &exists));
  if (exists) PetscCall(sq_run_fingerprint_of(s->run, path, &theirs));
  if (!wanted || (exists && theirs == s->fingerprint))
    PetscFunctionReturn(0); /* those of other samples are made anew */
  PetscCall(describe(s, "trajectories", "levels", wanted * (s->generator.levels + 1), deck, &info));
  info.group[0].columns = LEVEL_COLUMNS;
  for (int i = 0; i < LEVEL_COLUMNS; i++) snprintf(info.group[0].column[i], SQ_IO_NAME, "%s", names[i]);
  PetscCall(sq_records_create(s->grid, s->lattice, path, &info, &w.records));
  for (int64_t i = 0; i < wanted; i += (int64_t)s->batch * s->grid->replicas) {
    int64_t left = wanted - (i + (int64_t)s->grid->replica * s->batch);
    w.first = left > 0 ? wanted - left : 0;
    w.count = left <= 0 ? 0 : (int)(left < s->batch ? left : s->batch);
    /* every replica runs a full batch, so that all take part in every write */
    PetscCall(
      sq_generator_generate(&s->generator, s->run->seed, w.first, s->batch, s->blocks, s->log_path, store_level, &w));
  }
  PetscCall(store_levels(s, w.records));
  PetscCall(sq_records_publish(&w.records));
  sq_info("sample: %lld trajectories in %s", (long long)wanted, path);
  PetscFunctionReturn(0);
}

/* ---- the stage ---- */

static PetscErrorCode clear(stage *s)
{
  PetscFunctionBeginUser;
  sq_free(&s->blocks);
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
  char *deck;
  bool finished, *missing;
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
  PetscCall(open_samples(&s, deck, &missing));
  PetscCall(generate(&s, missing));
  PetscCall(write_trajectories(&s, deck));
  PetscCall(sq_records_publish(&s.records));
  sq_free(&missing);
  sq_free(&deck);
  PetscCall(clear(&s));
  PetscFunctionReturn(0);
}
