/* The stage correct: samples.h5 -> corrected.h5 (group corrected), by one of several methods; here the independence chain.
 *
 * Metropolis: the samples are independent proposals, taken in order, each once; one with log path weight w' replaces the present field of
 * weight w with probability min(1, exp(w' - w)). The weight belongs to the path that made the field, and E[weight] = Z whatever the
 * network, so the chain has exactly the distribution exp(-S) (the pair of field and path is what moves). A rejection repeats the field.
 * The first proposals forget where the chain began and are not stored. Reweighting makes no fields: the stage measure does it.
 */
#include "squall/metropolis.h"
#include "src/app/moves.h"
#include <string.h>

enum { CHAIN, SAMPLE, ACCEPTED, LOG_WEIGHT, FIRST_OBS, COLUMNS = FIRST_OBS + SQ_OBS_COLUMNS };
static const char *const column_name[FIRST_OBS] = {"chain", "sample", "accepted", "log_weight_of_path"};

/* One proposal in fifty is for forgetting the start. */
static int64_t forgotten(int64_t samples)
{
  return (samples + 49) / 50;
}

typedef struct {
  int64_t       samples, count; /* proposals; stored */
  int64_t      *from;           /* [samples] the sample that the chain is at */
  sq_metropolis counts;
} chain;

int64_t sq_correct_independence(const sq_run *run, const double *log_weight, uint64_t member, int64_t first, int64_t count, int64_t *from, sq_metropolis *counts)
{
  sq_stream stream = sq_stream_make(run->seed, SQ_RNG_CORRECT, member);
  int64_t   at     = first;
  for (int64_t n = first; n < first + count; n++) {
    if (n > first && sq_metropolis_decide(counts, log_weight[n] - log_weight[at], sq_rng_uniform(stream, 0, (uint64_t)n, 0))) at = n;
    if (from) from[n - first] = at;
  }
  return at;
}

PetscErrorCode sq_correct_describe(const sq_run *run, const sq_ensemble *e, uint64_t fingerprint, int64_t count, int columns, const char *const *names, char *deck, sq_records_info *info)
{
  PetscFunctionBeginUser;
  *info = (sq_records_info){.kind = "ensemble", .dim = e->dim, .seed = run->seed, .fingerprint = fingerprint, .deck = deck, .groups = 1};
  memcpy(info->extent, e->extent, sizeof info->extent);
  memcpy(info->action, e->action, sizeof info->action);
  sq_record_group *group = &info->group[0];
  snprintf(group->name, sizeof group->name, "corrected");
  group->count   = count;
  group->columns = columns + SQ_OBS_COLUMNS;
  for (int i = 0; i < group->columns; i++) snprintf(group->column[i], SQ_IO_NAME, "%s", i < columns ? names[i] : sq_obs_columns[i - columns]);
  PetscFunctionReturn(0);
}

/* Copies the fields of the chain, with their numbers; shared out over replicas. */
static PetscErrorCode store(const chain *c, const sq_ensemble *e, sq_records *samples, sq_records *out, const sq_grid *grid, const sq_lattice *lattice)
{
  PetscFunctionBeginUser;
  double     *block;
  int64_t     first, mine, most = (c->count + grid->replicas - 1) / grid->replicas, skipped = c->samples - c->count;
  sq_progress progress;
  PetscCall(sq_alloc(lattice->local_volume, &block));
  sq_share(c->count, grid->replicas, grid->replica, &first, &mine);
  sq_progress_begin(&progress, "correct", 0, most);
  for (int64_t i = 0; i < most; i++) {
    int64_t n = skipped + first + i, from = i < mine ? c->from[n] : -1;
    double  columns[COLUMNS] = {0};
    PetscCall(sq_records_read(samples, 0, from, block, NULL));
    if (i < mine) {
      columns[SAMPLE]     = (double)from;
      columns[ACCEPTED]   = from == n;
      columns[LOG_WEIGHT] = e->log_weight[from];
      for (int o = 0; o < SQ_OBS_COLUMNS; o++) columns[FIRST_OBS + o] = e->column[o][from];
    }
    PetscCall(sq_records_write(out, 0, i < mine ? first + i : -1, block, columns));
    if (sq_progress_due(&progress)) sq_progress_show(&progress, i + 1, "acceptance %.3f", sq_metropolis_acceptance(&c->counts));
  }
  sq_free(&block);
  PetscFunctionReturn(0);
}

static PetscErrorCode independence(sq_run *run, const char *from, const char *to, const sq_ensemble *e, uint64_t fingerprint)
{
  PetscFunctionBeginUser;
  chain           c = {.samples = e->count, .count = e->count - forgotten(e->count)};
  sq_grid        *grid;
  sq_lattice     *lattice;
  sq_records     *samples, *out;
  sq_records_info info;
  char           *deck;
  SqCheck(c.count > 0, run->world, SQ_ERR_INPUT, "%lld generated fields are too few for a Markov chain", (long long)c.samples);
  PetscCall(sq_alloc(c.samples, &c.from));
  (void)sq_correct_independence(run, e->log_weight, 0, 0, c.samples, c.from, &c.counts);
  double volume = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) volume *= (double)e->extent[mu];
  PetscCall(sq_run_grid(run, e->extent + SQ_DIM - e->dim, c.count, 64 * volume, 0, &grid, &lattice));
  PetscCall(sq_records_open(grid, lattice, from, &samples));
  PetscCall(sq_deck_text_of(run->deck, NULL, false, &deck));
  PetscCall(sq_correct_describe(run, e, fingerprint, c.count, FIRST_OBS, column_name, deck, &info));
  PetscCall(sq_records_create(grid, lattice, to, &info, &out));
  PetscCall(store(&c, e, samples, out, grid, lattice));
  PetscCall(sq_records_put_real(out, "acceptance", sq_metropolis_acceptance(&c.counts)));
  PetscCall(sq_records_publish(&out));
  PetscCall(sq_records_close(&samples));
  sq_info("correct: a Metropolis chain of %lld fields, acceptance %.3f", (long long)c.count, sq_metropolis_acceptance(&c.counts));
  sq_free(&deck);
  sq_free(&c.from);
  PetscCall(sq_lattice_destroy(&lattice));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

/* What a method does with the samples, and whether it needs their weights; what it tells the deck of a file it made before (NULL: nothing). */
static const struct {
  const char *name;
  bool        weighted;
  PetscErrorCode (*make)(sq_run *run, const char *from, const char *to, const sq_ensemble *e, uint64_t fingerprint);
  PetscErrorCode (*again)(sq_run *run, const char *path);
} methods[] = {{"metropolis", true, independence, NULL},
               {"partial", true, sq_correct_moves, sq_correct_moves_again},
               {"mala", false, sq_correct_polish, sq_correct_polish_again},
               {"hmc", false, sq_correct_polish, sq_correct_polish_again}};

PetscErrorCode sq_stage_correct(sq_run *run)
{
  PetscFunctionBeginUser;
  static const char *const sections[] = {"lattice", "action", "correct", NULL};
  const char *method = sq_deck_text(run->deck, "correct", "method");
  char        from[SQ_PATH], to[SQ_PATH];
  bool        exists, finished;
  int         count, m = 0, all = sizeof methods / sizeof *methods;
  uint64_t    made;
  sq_ensemble e[SQ_IO_GROUPS] = {0};
  while (m < all && strcmp(methods[m].name, method)) m++;
  if (m == all) {
    sq_info("correct: by reweighting, when measured");
    PetscFunctionReturn(0);
  }
  sq_run_path(run, "samples.h5", from);
  sq_run_path(run, "corrected.h5", to);
  PetscCall(sq_file_exists(run->world, from, &exists));
  SqCheck(exists, run->world, SQ_ERR_INPUT, "there is no %s to correct: run `squall sample` first", from);
  PetscCall(sq_run_fingerprint_of(run, from, &made));
  uint64_t fingerprint = sq_run_fingerprint(run, sections) ^ made * 5;
  PetscCall(sq_run_finished(run, to, "correct", fingerprint, &finished));
  if (finished && methods[m].again) PetscCall(methods[m].again(run, to));
  if (finished) PetscFunctionReturn(0);
  PetscCall(sq_ensembles_read(run->world, from, e, &count));
  SqCheck(e[0].log_weight || !methods[m].weighted, run->world, SQ_ERR_DATA, "%s has no path weights, which this correction is made of: generate it with sample.sampler %s", from, sq_weighted_samplers);
  PetscCall(methods[m].make(run, from, to, &e[0], fingerprint));
  for (int i = 0; i < count; i++) sq_ensemble_free(&e[i]);
  PetscFunctionReturn(0);
}
