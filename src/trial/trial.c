/* SPDX-License-Identifier: BSD-3-Clause */
/* squall bench --save: a trial of the deck's own stages at two lengths, in a directory of its own that goes again. What
 * it took, in seconds of the processor and in memory, is kept for `squall check` (src/costs/costs.h). */
#define _XOPEN_SOURCE 700 /* nftw */
#include "src/trial/trial.h"
#include "src/bounds/jobs.h"
#include "src/course/course.h"
#include "src/costs/costs.h"
#include <ftw.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { STAGES = 32, WORDS = 48, LENGTHS = 2 };
static const double wanted = 1.5; /* seconds of a stage in the shorter trial */

/* ---- what is measured ---- */

/* Of this process and of those that it started (figures), the slowest rank's. */
static PetscErrorCode processor_seconds(MPI_Comm world, double *seconds)
{
  PetscFunctionBeginUser;
  static const int who[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
  struct rusage used;
  *seconds = 0;
  for (int i = 0; i < 2; i++) {
    getrusage(who[i], &used);
    *seconds += (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, seconds, 1, MPI_DOUBLE, MPI_MAX, world));
  PetscFunctionReturn(0);
}

/* The most that this process has had in memory, in bytes. */
static PetscErrorCode peak_memory(MPI_Comm world, double *bytes)
{
  PetscFunctionBeginUser;
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  *bytes = 1024 * (double)used.ru_maxrss;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, bytes, 1, MPI_DOUBLE, MPI_MAX, world));
  PetscFunctionReturn(0);
}

/* ---- the shorter decks ---- */

typedef struct {
  int count;
  char word[WORDS][64];
  const char *list[WORDS];
} words;

static void say(words *w, const char *key, int64_t value)
{
  if (w->count + 2 > WORDS) return;
  snprintf(w->word[w->count++], sizeof *w->word, "-%.60s", key);
  snprintf(w->word[w->count++], sizeof *w->word, "%lld", (long long)value);
}

/* The work of one stage as its plan has it, in seconds of all ranks. */
static PetscErrorCode work_of(const sq_run *run, const sq_stage *stage, const sq_budget *rates, double *seconds)
{
  PetscFunctionBeginUser;
  sq_budget budget = {.network = rates->network, .updates = rates->updates};
  *seconds = 0;
  if (!stage->plan || !sq_stage_wanted(stage, run)) PetscFunctionReturn(0);
  PetscCall(stage->plan(run, &budget));
  *seconds = budget.seconds;
  PetscFunctionReturn(0);
}

/* So many of n units, which take seconds: as many as take the time wanted, at least `least`; three times that in the
 * longer trial. */
static int64_t share(int64_t n, double seconds, int64_t least, int length)
{
  if (!n) return 0;
  const double each = seconds / (double)PetscMax(1, n);
  const double most = (double)n / (length ? 1 : 3);
  double count = fmax((double)least, each > 0 ? wanted / each : most);
  if (length) count *= 3;
  return (int64_t)fmax(1, fmin(floor(count), fmax(most, (double)least)));
}

static PetscErrorCode shorten_ensemble(const sq_run *run, const char *section, double seconds, int length, words *w)
{
  PetscFunctionBeginUser;
  char key[64];
  sq_hmc_settings set = run->langevin.set[0];
  const bool learned = sq_deck_has_section(run->deck, "train");
  const int64_t held_out = PetscMax(256, run->train.calibrate);
  if (strcmp(section, "langevin")) PetscCall(sq_run_ensemble_settings(run, &set));
  const int64_t all = set.configurations, least = PetscMax(4 * (int64_t)set.chains, learned ? 128 : 64);
  snprintf(key, sizeof key, "%s_configurations", section);
  say(w, key, PetscMin(all, share(all, seconds, least, length)));
  snprintf(key, sizeof key, "%s_test", section);
  say(w, key, PetscMin((int64_t)set.test, learned ? held_out : 64));
  PetscFunctionReturn(0);
}

static PetscErrorCode shorten_likelihood(const sq_run *run, double seconds, int length, words *w)
{
  PetscFunctionBeginUser;
  sq_likelihood_settings set;
  PetscCall(sq_likelihood_settings_from_deck(run->deck, sq_volume(run->padded), &set));
  say(w, "likelihood_configurations", share(set.configurations, seconds, 2, length));
  say(w, "likelihood_paths", share(set.paths, seconds, 2, length));
  PetscFunctionReturn(0);
}

/* What the deck has of amounts, less. seconds: of the whole, by stages. */
static PetscErrorCode shorten(const sq_run *run, const double *seconds, int length, words *w)
{
  PetscFunctionBeginUser;
  for (int i = 0; sq_stages[i]; i++) {
    const sq_stage *s = sq_stages[i];
    const char *name = s->section;
    if (!name || !sq_stage_wanted(s, run)) continue;
    if (!strcmp(name, "hmc") || !strcmp(name, "mc") || !strcmp(name, "langevin"))
      PetscCall(shorten_ensemble(run, name, seconds[i], length, w));
    if (!strcmp(name, "train")) {
      say(w, "train_minutes", 0);
      say(w, "train_steps", share(run->train.options.learner.steps, seconds[i], 8, length));
    }
    if (!strcmp(name, "sample"))
      say(w, "sample_configurations", share(run->sample.configurations, seconds[i], 128, length));
    if (!strcmp(name, "likelihood")) PetscCall(shorten_likelihood(run, seconds[i], length, w));
  }
  for (int i = 0; i < w->count; i++) w->list[i] = w->word[i];
  PetscFunctionReturn(0);
}

/* ---- a trial ---- */

typedef struct {
  double seconds[STAGES], work[STAGES];
} trial;

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
  (void)status, (void)flag, (void)walk;
  return remove(path);
}

static PetscErrorCode make_stages(sq_run *part, const sq_budget *rates, trial *t)
{
  PetscFunctionBeginUser;
  sq_budget files = {.network = rates->network, .updates = rates->updates};
  for (int i = 0; sq_stages[i] && i < STAGES; i++) {
    double before, after;
    const double planned = files.seconds;
    if (!sq_stage_wanted(sq_stages[i], part)) continue;
    if (sq_stages[i]->plan) PetscCall(sq_stages[i]->plan(part, &files));
    t->work[i] = sq_budget_work(&files, planned);
    PetscCall(processor_seconds(part->world, &before));
    PetscCall(sq_stages[i]->command.make(part));
    PetscCall(processor_seconds(part->world, &after));
    t->seconds[i] = after - before;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode try_length(const sq_run *run, const char *deck, const double *whole, int length, const char *dir,
                                 const sq_budget *rates, trial *t)
{
  PetscFunctionBeginUser;
  sq_run *part;
  words *w;
  PetscCall(sq_alloc(1, &w));
  PetscCall(shorten(run, whole, length, w));
  snprintf(w->word[w->count], sizeof *w->word, "-run_dir");
  w->list[w->count] = w->word[w->count];
  w->list[w->count + 1] = dir;
  PetscErrorCode code = sq_run_of_text(run->world, "the trial", deck, w->count + 2, w->list, &part);
  sq_free(&w);
  PetscCall(code);
  part->whole = true;
  code = sq_stages_fit(part, NULL);
  if (!code) code = sq_run_enter(part, true);
  if (!code) code = make_stages(part, rates, t);
  (void)sq_log_open(NULL);
  PetscCall(sq_run_destroy(&part));
  PetscCall(code);
  PetscFunctionReturn(0);
}

/* ---- what it comes to ---- */

static sq_cost cost_of(const trial t[LENGTHS], int i)
{
  const double dt = t[1].seconds[i] - t[0].seconds[i], dw = t[1].work[i] - t[0].work[i];
  const bool clear = dw > 0.2 * t[0].work[i] && dt > 0;
  const double factor = clear ? dt / dw : t[1].work[i] > 0 ? t[1].seconds[i] / t[1].work[i] : 0;
  return (sq_cost){.factor = factor, .start = t[1].seconds[i] - factor * t[1].work[i]};
}

static PetscErrorCode save(const sq_run *run, const sq_budget *rates, const trial t[LENGTHS], double extra)
{
  PetscFunctionBeginUser;
  struct sq_costs *costs;
  sq_cost *row;
  int count = 0;
  char path[SQ_PATH];
  PetscCall(sq_alloc(1, &costs));
  PetscCall(sq_alloc(STAGES + 1, &row));
  sq_budget_costs(run, costs);
  for (int i = 0; sq_stages[i] && i < STAGES; i++) {
    if (!sq_stage_wanted(sq_stages[i], run)) continue;
    row[count] = cost_of(t, i);
    snprintf(row[count].stage, sizeof row->stage, "%s", sq_stages[i]->command.name);
    sq_info("  %-14s %6.2f and %6.2f s; %.3g of what its plan says, and %.2f s", row[count].stage, t[0].seconds[i],
            t[1].seconds[i], row[count].factor, row[count].start);
    count++;
  }
  row[count++] = (sq_cost){.stage = "memory", .factor = 1, .extra = extra};
  for (int i = 0; i < count; i++) {
    row[i].key = costs->key;
    snprintf(row[i].kind, sizeof row->kind, "%s", costs->kind);
    row[i].network = rates->network;
    row[i].updates = rates->updates;
  }
  PetscErrorCode code = sq_costs_save(run->world, count, row, path);
  if (!code) sq_info("kept in %s, for `squall check` of this deck and of others like it", path);
  sq_free(&costs);
  sq_free(&row);
  PetscCall(code);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_trial_scratch(MPI_Comm world, char dir[SQ_PATH])
{
  PetscFunctionBeginUser;
  const char *tmp = getenv("TMPDIR");
  int fine = 1, rank;
  PetscCallMPI(MPI_Comm_rank(world, &rank));
  snprintf(dir, SQ_PATH, "%.900s/squall-trial-XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
  if (rank == 0) fine = mkdtemp(dir) != NULL;
  PetscCallMPI(MPI_Bcast(&fine, 1, MPI_INT, 0, world));
  PetscCallMPI(MPI_Bcast(dir, SQ_PATH, MPI_CHAR, 0, world));
  SqCheck(fine, world, SQ_ERR_IO, "%s: no directory for the trial can be made: set TMPDIR", dir);
  PetscFunctionReturn(0);
}

void sq_trial_sweep(MPI_Comm world, const char *dir)
{
  int rank = 0;
  (void)MPI_Barrier(world);
  (void)MPI_Comm_rank(world, &rank);
  if (rank == 0) (void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static PetscErrorCode try_all(sq_run *run, const char *dir, const sq_budget *rates, trial t[LENGTHS], double *extra)
{
  PetscFunctionBeginUser;
  double whole[STAGES] = {0}, peak = 0;
  char *deck, part[SQ_PATH];
  sq_budget need = {0};
  PetscErrorCode code = 0;
  PetscCall(sq_deck_text_of(run->deck, NULL, false, &deck));
  sq_log_setup(sq_log_speaks(), SQ_QUIET);
  for (int i = 0; sq_stages[i] && i < STAGES && !code; i++) code = work_of(run, sq_stages[i], rates, &whole[i]);
  for (int length = 0; length < LENGTHS && !code; length++) {
    snprintf(part, sizeof part, "%.1000s/%d", dir, length);
    code = try_length(run, deck, whole, length, part, rates, &t[length]);
  }
  if (!code) code = peak_memory(run->world, &peak);
  if (!code) code = sq_stages_plan(run, NULL, &need);
  sq_log_setup(sq_log_speaks(), SQ_INFO);
  sq_free(&deck);
  PetscCall(code);
  *extra = peak - need.need;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_trial_save(sq_run *run)
{
  PetscFunctionBeginUser;
  char dir[SQ_PATH];
  trial t[LENGTHS] = {{{0}}};
  double extra = 0;
  sq_budget rates = {0};
  SqCheck(!sq_deck_has_section(run->deck, "families"), run->world, SQ_ERR_INPUT,
          "bench --save: a deck with the section families has many models: save the costs of a deck for each of them");
  run->whole = true;
  PetscCall(sq_stages_fit(run, NULL));
  PetscCall(
    sq_trial_rates(run, sq_deck_has_section(run->deck, "train") || sq_deck_has_section(run->deck, "sample"), &rates));
  PetscCall(sq_trial_scratch(run->world, dir));
  sq_info("bench --save: the stages of the deck at two lengths, in %s", dir);
  PetscErrorCode code = try_all(run, dir, &rates, t, &extra);
  sq_trial_sweep(run->world, dir);
  PetscCall(code);
  PetscCall(save(run, &rates, t, extra));
  PetscFunctionReturn(0);
}
