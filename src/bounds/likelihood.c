/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage likelihood: model.h5, held-out fields -> likelihood.h5, effective_action.csv, bounds.csv.
 *
 * A job is one kind of number for a row of fields: field n is a function of (model, seed, n) or of a held-out field, so
 * fields are shared out to the replicas one by one, and a stage that was interrupted does those that are missing.
 */
#include "src/making/work.h"
#include "src/ensemble/load.h"
#include "src/bounds/jobs.h"
#include "src/bounds/bounds.h"
#include "src/run/input.h"
#include <string.h>

typedef struct {
  sq_run *run;
  sq_likelihood_settings set;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_model chosen;
  const sq_diffusion_model *model; /* inside */
  sq_score score;
  sq_obs *obs;
  sq_records *ensemble;
  int testing; /* its group of held-out fields; -1: none */
  int64_t held_out;
  sq_likelihood results; /* this replica's; the first one also has what was in the checkpoint */
  double *block, *term;
  uint64_t fingerprint, stream;
  char path[SQ_PATH], checkpoint[SQ_PATH];
  sq_work work;
} stage;

/* What likelihoods stand on: the deck, the model, the held-out fields. */
static const char *const likelihood_sections[] = {"lattice", "action", "likelihood", NULL};

/* ---- set-up ---- */

static PetscErrorCode open_ensemble(stage *s)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  bool exists;
  s->testing = -1;
  sq_run_ensemble(s->run, path);
  PetscCall(sq_file_exists(s->run->world, path, &exists));
  if (!exists) PetscFunctionReturn(0);
  PetscCall(sq_input_check(s->run, path));
  PetscCall(sq_records_open(s->grid, s->lattice, path, &s->ensemble));
  const sq_records_info *info = sq_records_about(s->ensemble);
  if (info->groups > SQ_TESTING) {
    s->testing = SQ_TESTING;
    s->held_out = info->group[SQ_TESTING].count;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode plan(stage *s)
{
  PetscFunctionBeginUser;
  const sq_likelihood_settings *set = &s->set;
  int64_t fields = set->configurations, paths = set->paths;
  if (s->testing < 0 || s->held_out == 0)
    sq_warn("likelihood: there are no held-out fields: nothing bounds log Z from above");
  if (fields && s->held_out)
    PetscCall(sq_likelihood_add(&s->results, SQ_FLOW_TESTING, set->steps, PetscMin(fields, s->held_out)));
  if (fields) PetscCall(sq_likelihood_add(&s->results, SQ_FLOW_GENERATED, set->steps, fields));
  for (int i = 0; i < set->numbers && paths; i++) {
    if (s->held_out)
      PetscCall(
        sq_likelihood_add(&s->results, SQ_PATHS_TESTING, (int)set->path_steps[i], PetscMin(paths, s->held_out)));
    PetscCall(sq_likelihood_add(&s->results, SQ_PATHS_GENERATED, (int)set->path_steps[i], paths));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode set_up(stage *s)
{
  PetscFunctionBeginUser;
  char text[200];
  const double numbers = sq_volume(s->run->padded) * sq_action_components(&s->run->action);
  int batch = sq_tangent_batch((int64_t)numbers);
  PetscCall(sq_likelihood_settings_from_deck(s->run->deck, numbers, &s->set));
  const sq_plan work = sq_likelihood_plan(s->run, &s->set, &s->model->shape);
  PetscCall(sq_plan_grid(s->run, &work, &s->grid, &s->lattice));
  PetscCall(sq_fft_create(s->lattice, &s->fft));
  PetscCall(sq_learned_score_create(s->fft, s->model, batch, false, &s->score));
  PetscCall(sq_obs_create(s->lattice, &s->run->action, &s->obs));
  PetscCall(sq_alloc(sq_score_numbers(&s->score), &s->block));
  PetscCall(open_ensemble(s));
  PetscCall(plan(s));
  int most = 1;
  for (int j = 0; j < s->results.jobs; j++) most = PetscMax(most, s->results.job[j].steps + 1);
  PetscCall(sq_alloc(most, &s->term));
  sq_lattice_describe(s->lattice, text, sizeof text);
  sq_info("likelihood: on %d replica%s, each %s", s->grid->replicas, s->grid->replicas > 1 ? "s" : "", text);
  PetscFunctionReturn(0);
}

static PetscErrorCode clear(stage *s)
{
  PetscFunctionBeginUser;
  sq_likelihood_clear(&s->results);
  sq_free(&s->block);
  sq_free(&s->term);
  if (s->ensemble) PetscCall(sq_records_close(&s->ensemble));
  PetscCall(sq_obs_destroy(&s->obs));
  PetscCall(sq_learned_score_destroy(&s->score));
  PetscCall(sq_model_destroy(&s->chosen));
  PetscCall(sq_fft_destroy(&s->fft));
  PetscCall(sq_lattice_destroy(&s->lattice));
  PetscCall(sq_grid_destroy(&s->grid));
  PetscFunctionReturn(0);
}

/* ---- the checkpoint: everything that all replicas have ---- */

/* all: the results of all replicas; every number is another's 0. */
static PetscErrorCode gather(const stage *s, sq_likelihood *all)
{
  PetscFunctionBeginUser;
  *all = (sq_likelihood){.exact = s->results.exact, .tangents = s->results.tangents};
  for (int j = 0; j < s->results.jobs; j++) {
    const sq_likelihood_job *mine = &s->results.job[j];
    PetscCall(sq_likelihood_add(all, mine->kind, mine->steps, mine->count));
    PetscCallMPI(MPI_Allreduce(mine->value, all->job[j].value, (int)(mine->count * mine->width), MPI_DOUBLE, MPI_SUM,
                               s->grid->across));
    PetscCallMPI(MPI_Allreduce(mine->done, all->job[j].done, (int)mine->count, MPI_INT64_T, MPI_SUM, s->grid->across));
    memcpy(all->job[j].s, mine->s, (size_t)(mine->steps + 1) * sizeof *mine->s);
    memcpy(all->job[j].loss, mine->loss, (size_t)(mine->steps + 1) * sizeof *mine->loss);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode write_results(const stage *s, const char *path)
{
  PetscFunctionBeginUser;
  sq_likelihood all;
  sq_store *store;
  char *deck;
  PetscCall(gather(s, &all));
  PetscCall(sq_store_create("likelihood", &store));
  PetscCall(sq_store_put_int(store, "fingerprint", (int64_t)s->fingerprint));
  PetscCall(sq_deck_text_of(s->run->deck, NULL, false, &deck));
  PetscCall(sq_store_put_text(store, "deck", deck));
  PetscCall(sq_likelihood_put(&all, store));
  PetscCall(sq_store_write(s->run->world, store, path, false));
  PetscCall(sq_store_destroy(&store));
  sq_free(&deck);
  sq_likelihood_clear(&all);
  PetscFunctionReturn(0);
}

/* The first replica takes what there is. */
static PetscErrorCode read_checkpoint(stage *s)
{
  PetscFunctionBeginUser;
  sq_likelihood before;
  sq_store *store;
  bool found;
  int64_t fields = 0;
  PetscCall(sq_run_read_checkpoint(s->run, s->checkpoint, "likelihood", false, s->fingerprint, &store, &found));
  if (!found) PetscFunctionReturn(0);
  PetscCall(sq_likelihood_get(s->run->world, store, s->checkpoint, &before));
  bool same = before.jobs == s->results.jobs;
  for (int j = 0; j < before.jobs && same; j++) {
    const sq_likelihood_job *from = &before.job[j], *to = &s->results.job[j];
    same = from->count == to->count && from->width == to->width;
    for (int64_t i = 0; i < from->count; i++) fields += from->done[i];
    if (!same || s->grid->replica) continue;
    memcpy(to->done, from->done, (size_t)to->count * sizeof *to->done);
    memcpy(to->value, from->value, (size_t)(to->count * to->width) * sizeof *to->value);
  }
  SqCheck(same, s->run->world, SQ_ERR_DATA, "%s: not of this deck's jobs", s->checkpoint);
  sq_likelihood_clear(&before);
  PetscCall(sq_store_destroy(&store));
  sq_info("likelihood: resumed after %lld fields", (long long)fields);
  PetscFunctionReturn(0);
}

/* ---- the loop over fields ---- */

/* Reads the held-out field of the job's number n (-1: none), evenly spaced over all there are. Collective over all
 * replicas. */
static PetscErrorCode read_field(stage *s, const sq_likelihood_job *job, int64_t n)
{
  PetscFunctionBeginUser;
  if (sq_likelihood_of_data(job->kind))
    PetscCall(sq_records_read(s->ensemble, s->testing, n < 0 ? -1 : n * (s->held_out / job->count), s->block, NULL));
  PetscFunctionReturn(0);
}

/* Those that no replica has. */
static PetscErrorCode missing_fields(const stage *s, const sq_likelihood_job *job, int64_t *missing, int64_t *count)
{
  PetscFunctionBeginUser;
  int64_t *have;
  PetscCall(sq_alloc(job->count, &have));
  PetscCallMPI(MPI_Allreduce(job->done, have, (int)job->count, MPI_INT64_T, MPI_SUM, s->grid->across));
  *count = 0;
  for (int64_t i = 0; i < job->count; i++)
    if (!have[i]) missing[(*count)++] = i;
  sq_free(&have);
  PetscFunctionReturn(0);
}

/* One field of the job on every replica, this one's being n, or none. */
static PetscErrorCode make(stage *s, const sq_likelihood_tools *t, int64_t n)
{
  PetscFunctionBeginUser;
  PetscErrorCode worst;
  PetscCall(read_field(s, t->job, n));
  PetscCall(
    sq_worst_status(s->run->world, n >= 0 ? sq_likelihood_work(t, n) : 0, &worst)); /* one may fail: all leave */
  PetscCall(worst);
  PetscFunctionReturn(0);
}

static PetscErrorCode make_missing(stage *s, const sq_likelihood_tools *t)
{
  PetscFunctionBeginUser;
  int64_t *missing, count = 0, all = t->job->count;
  PetscCall(sq_alloc(all, &missing));
  PetscCall(missing_fields(s, t->job, missing, &count));
  sq_work_part(&s->work, sq_likelihood_job_name(t->job), all - count, all);
  for (int64_t i = 0; i < count; i += s->grid->replicas) {
    int64_t mine = i + s->grid->replica;
    sq_work_start(&s->work);
    PetscCall(make(s, t, mine < count ? missing[mine] : -1));
    PetscCall(sq_work_unit(&s->work, all - count + PetscMin(count, i + s->grid->replicas)));
    if (s->work.due) sq_work_show(&s->work, "%d steps", t->job->steps);
    if (!s->work.save) continue;
    PetscCall(write_results(s, s->checkpoint));
    PetscCall(sq_work_saved(&s->work));
  }
  sq_work_end(&s->work, "%d steps", t->job->steps);
  sq_free(&missing);
  PetscFunctionReturn(0);
}

static PetscErrorCode run_job(stage *s, sq_likelihood_job *job)
{
  PetscFunctionBeginUser;
  sq_likelihood_tools tools = {.stream = s->stream,
                               .set = &s->set,
                               .lattice = s->lattice,
                               .model = s->model,
                               .score = &s->score,
                               .obs = s->obs,
                               .block = s->block};
  PetscCall(sq_likelihood_begin_job(&tools, job));
  if (tools.flow) {
    s->results.tangents = sq_flow_tangents(tools.flow);
    s->results.exact = tools.exact;
  }
  PetscCall(make_missing(s, &tools));
  PetscCall(sq_likelihood_end_job(&tools));
  PetscFunctionReturn(0);
}

/* ---- the stage ---- */

static PetscErrorCode write_tables(sq_run *run)
{
  PetscFunctionBeginUser;
  static const struct {
    const char *name;
    PetscErrorCode (*write)(const sq_likelihood *, sq_text *);
  } table[] = {{"effective_action.csv", sq_likelihood_actions}, {"bounds.csv", sq_likelihood_bounds}};
  sq_likelihood results; /* this replica's; the first one also has what was in the checkpoint */
  sq_text words = {0};
  bool found;
  PetscCall(sq_likelihood_read(run, &results, &found));
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    sq_text text = {0};
    PetscCall(table[i].write(&results, &text));
    PetscCall(sq_run_write(run, table[i].name, &text));
  }
  PetscCall(sq_likelihood_words(&results, &words));
  for (char *line = strtok(words.text, "\n"); line; line = strtok(NULL, "\n")) sq_info("likelihood: %s", line);
  PetscCall(sq_likelihood_warn(&results));
  sq_text_clear(&words);
  sq_likelihood_clear(&results);
  PetscFunctionReturn(0);
}

static PetscErrorCode is_finished(stage *s, bool *finished)
{
  PetscFunctionBeginUser;
  sq_store *store;
  PetscCall(sq_run_read_checkpoint(s->run, s->path, "likelihood", false, s->fingerprint, &store, finished));
  if (!*finished) PetscFunctionReturn(0);
  PetscCall(sq_store_destroy(&store));
  sq_info("likelihood: finished before, %s is kept", s->path);
  PetscFunctionReturn(0);
}

static PetscErrorCode likelihood(sq_run *run)
{
  PetscFunctionBeginUser;
  stage s = {.run = run};
  bool finished, held_out;
  sq_model_origin origin;
  uint64_t made;
  PetscCall(sq_load_chosen_model(run, &s.chosen, &origin));
  PetscCall(sq_model_diffusion(&s.chosen, "the stage likelihood", &s.model));
  s.fingerprint = sq_fingerprint_join(sq_run_fingerprint(run, likelihood_sections), origin.fingerprint,
                                      SQ_PART_LIKELY_MODEL);
  s.stream = sq_stream_join(sq_run_stream(run, "likelihood", likelihood_sections), origin.fingerprint);
  sq_run_ensemble(run, s.path);
  PetscCall(sq_file_exists(run->world, s.path, &held_out));
  if (held_out) PetscCall(sq_run_fingerprint_of(run, s.path, &made));
  if (held_out) s.fingerprint = sq_fingerprint_join(s.fingerprint, made, SQ_PART_HELD_OUT);
  sq_run_path(run, "likelihood.h5", s.path);
  sq_run_path(run, "likelihood.checkpoint.h5", s.checkpoint);
  PetscCall(is_finished(&s, &finished));
  if (finished) {
    PetscCall(sq_model_destroy(&s.chosen));
    PetscCall(write_tables(run)); /* a kill may have come between the file and them */
    PetscFunctionReturn(0);
  }
  PetscCall(set_up(&s));
  PetscCall(read_checkpoint(&s));
  PetscCall(sq_work_begin(run, "likelihood", 0, s.results.jobs, &s.work));
  for (int j = 0; j < s.results.jobs; j++) PetscCall(run_job(&s, &s.results.job[j]));
  PetscCall(write_results(&s, s.path));
  PetscCall(sq_file_remove(run->world, s.checkpoint));
  PetscCall(clear(&s));
  PetscCall(write_tables(run));
  PetscFunctionReturn(0);
}

/* It is for the flow of a diffusion model, whatever model.type is. */
static const char *lacks(const sq_run *run, const sq_action *action)
{
  (void)run;
  return sq_action_known(action) ? sq_model_type_diffusion.lacks(action) : "is not known";
}

const sq_stage sq_likelihood_stage = {
  .command = {.name = "likelihood",
              .place = SQ_PLACE_LATE,
              .usage = "DECK",
              .summary = "effective actions of held-out and generated fields, and bounds on log Z",
              .sections = SQ_DECK("run", "lattice", "action", "parallel", "sample", "likelihood"),
              .params = SQ_TABLES(sq_likelihood_params),
              .make = likelihood},
  .section = "likelihood",
  .products = SQ_PRODUCTS({"likelihood.h5", "likelihood", likelihood_sections, sq_model_sections},
                          {"likelihood.checkpoint.h5", "likelihood", likelihood_sections, sq_model_sections}),
  .lacks = lacks,
  .fits = sq_likelihood_fits,
  .done_file = "likelihood.h5",
  .plan = sq_likelihood_plan_show};
