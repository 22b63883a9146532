/* The stage correct: samples.h5, or ode.h5, -> corrected.h5 (group corrected), by one of several methods; here the
 * independence chain.
 *
 * Metropolis: the samples are independent proposals, taken in order, each once; one with log path weight w' replaces
 * the present field of weight w with probability min(1, exp(w' - w)). The weight belongs to the path that made the
 * field, and E[weight] = Z whatever the network, so the chain has exactly the distribution exp(-S) (the pair of field
 * and path is what moves). A rejection repeats the field. The first proposals forget where the chain began and are not
 * stored. The method ode is the same chain on fields of the probability flow, whose weights are those of the fields
 * themselves. Reweighting makes no fields: the stage measure does it.
 */
#include "squall/diffusion.h"
#include "squall/metropolis.h"
#include "src/correction/correction.h"
#include <string.h>

enum { CHAIN, SAMPLE, ACCEPTED, LOG_WEIGHT, FIRST_OBS, COLUMNS = FIRST_OBS + SQ_OBS_MOST };
static const char *const column_name[FIRST_OBS] = {"chain", "sample", "accepted", "log_weight_of_path"},
                         *const flow_column_name[FIRST_OBS] = {"chain", "sample", "accepted", "log_weight_of_flow"};

/* One proposal in fifty is for forgetting the start. */
static int64_t forgotten(int64_t samples)
{
  return (samples + 49) / 50;
}

typedef struct {
  int64_t samples, count; /* proposals; stored */
  int64_t *from;          /* [samples] the sample that the chain is at */
  sq_metropolis counts;
} chain;

void sq_correct_describe(const sq_run *run, const sq_ensemble *e, uint64_t fingerprint, char *deck,
                         sq_records_info *info)
{
  sq_describe_records(run, "ensemble", e->extent, fingerprint, deck, info);
  memcpy(info->action, e->action, sizeof info->action);
}

/* Copies the fields of the chain, with their numbers; shared out over replicas. */
static PetscErrorCode store(const chain *c, const sq_ensemble *e, sq_records *samples, sq_records *out,
                            const sq_grid *grid, const sq_lattice *lattice)
{
  PetscFunctionBeginUser;
  double *block;
  int64_t first, mine, most = (c->count + grid->replicas - 1) / grid->replicas, skipped = c->samples - c->count;
  sq_progress progress;
  PetscCall(sq_alloc(lattice->local_volume, &block));
  sq_share(c->count, grid->replicas, grid->replica, &first, &mine);
  sq_progress_begin(&progress, "correct", 0, most);
  for (int64_t i = 0; i < most; i++) {
    int64_t n = skipped + first + i, from = i < mine ? c->from[n] : -1;
    double columns[COLUMNS] = {0};
    PetscCall(sq_records_read(samples, 0, from, block, NULL));
    if (i < mine) {
      columns[SAMPLE] = (double)from;
      columns[ACCEPTED] = from == n;
      columns[LOG_WEIGHT] = e->log_weight[from];
      for (int o = 0; o < sq_obs_columns(e->theory); o++) columns[FIRST_OBS + o] = e->column[o][from];
    }
    PetscCall(sq_records_write(out, 0, i < mine ? first + i : -1, block, columns));
    if (sq_progress_due(&progress))
      sq_progress_show(&progress, i + 1, "acceptance %.3f", sq_metropolis_acceptance(&c->counts));
  }
  sq_free(&block);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_correct_chain(sq_run *run, const char *from, const char *to, const sq_ensemble *e,
                                uint64_t fingerprint)
{
  PetscFunctionBeginUser;
  chain c = {.samples = e->count, .count = e->count - forgotten(e->count)};
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *samples, *out;
  sq_records_info info;
  char *deck;
  SqCheck(c.count > 0, run->world, SQ_ERR_INPUT, "%lld generated fields are too few for a Markov chain",
          (long long)c.samples);
  PetscCall(sq_alloc(c.samples, &c.from));
  (void)sq_independence_chain(run->seed, 0, e->log_weight, 0, c.samples, c.from, &c.counts);
  double volume = 1, seconds;
  for (int mu = 0; mu < SQ_DIM; mu++) volume *= (double)e->extent[mu];
  PetscCall(sq_run_grid(run, e->extent + SQ_DIM - e->dim, c.count, 64 * volume, 0, &grid, &lattice));
  PetscCall(sq_records_open(grid, lattice, from, &samples));
  PetscCall(sq_deck_text_of(run->deck, NULL, false, &deck));
  sq_correct_describe(run, e, fingerprint, deck, &info);
  sq_describe_group("corrected", c.count, FIRST_OBS, strcmp(e->name, "ode") ? column_name : flow_column_name, true,
                    &info);
  PetscCall(sq_records_create(grid, lattice, to, &info, &out));
  PetscCall(store(&c, e, samples, out, grid, lattice));
  PetscCall(sq_records_put_real(out, "acceptance", sq_metropolis_acceptance(&c.counts)));
  PetscCall(
    sq_records_find_real(samples, "core_seconds_an_update", &seconds)); /* a proposal costs what its field did */
  PetscCall(sq_records_put_real(out, "core_seconds_an_update", seconds));
  PetscCall(sq_records_put_real(out, "updates_a_field", 1));
  PetscCall(sq_records_publish(&out));
  PetscCall(sq_records_close(&samples));
  sq_info("correct: a Metropolis chain of %lld fields, acceptance %.3f", (long long)c.count,
          sq_metropolis_acceptance(&c.counts));
  sq_free(&deck);
  sq_free(&c.from);
  PetscCall(sq_lattice_destroy(&lattice));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

/* Moves are made of the model and the levels of the sections sample and schedule, whatever made the samples that they
 * start from. */
static PetscErrorCode add_model(const sq_run *run, uint64_t *fingerprint)
{
  PetscFunctionBeginUser;
  static const char *const sections[] = {"schedule", "sample", NULL};
  sq_model model;
  uint64_t made;
  PetscCall(sq_load_chosen_model(run, &model, &made));
  *fingerprint = sq_fingerprint_join(*fingerprint, sq_run_fingerprint(run, sections), SQ_PART_SAMPLING);
  *fingerprint = sq_fingerprint_join(*fingerprint, made ^ sq_model_print(&model), SQ_PART_MOVES_WEIGHTS);
  PetscCall(sq_model_destroy(&model));
  PetscFunctionReturn(0);
}

static PetscErrorCode correct(sq_run *run)
{
  PetscFunctionBeginUser;
  static const char *const sections[] = {"lattice", "action", "correct", NULL};
  char from[SQ_PATH], to[SQ_PATH], names[SQ_SAMPLER_TEXT];
  bool exists, finished;
  const sq_correction *method = sq_correction_of(run);
  int count;
  uint64_t made;
  sq_ensemble e[SQ_IO_GROUPS] = {0};
  if (!method->make) {
    sq_info("correct: by reweighting, when measured");
    PetscFunctionReturn(0);
  }
  sq_run_path(run, method->from, from);
  sq_run_path(run, "corrected.h5", to);
  if (method->first) PetscCall(method->first(run, from));
  PetscCall(sq_file_exists(run->world, from, &exists));
  SqCheck(exists, run->world, SQ_ERR_INPUT, "there is no %s to correct: run `squall sample` first", from);
  PetscCall(sq_run_fingerprint_of(run, from, &made));
  uint64_t fingerprint = sq_fingerprint_join(sq_run_fingerprint(run, sections), made, SQ_PART_FIELDS);
  if (method->learned) PetscCall(add_model(run, &fingerprint));
  PetscCall(sq_run_finished(run, to, "correct", fingerprint, &finished));
  if (finished && method->again) PetscCall(method->again(run, to));
  if (finished) PetscFunctionReturn(0);
  PetscCall(sq_run_reading(run, from, e, &count));
  SqCheck(e[0].log_weight || !method->weighted, run->world, SQ_ERR_DATA,
          "%s has no path weights, which this correction is made of: generate it with sample.sampler %s", from,
          sq_sampler_weighted_names(names));
  PetscCall(method->make(run, from, to, &e[0], fingerprint));
  PetscFunctionReturn(0);
}

/* ---- what would be done ---- */

static PetscErrorCode work_of(const sq_run *run, sq_correct_work *w)
{
  PetscFunctionBeginUser;
  PetscCall(sq_diffusion_shape(run->deck, &run->action, &w->shape));
  PetscCall(sq_sample_extents(run, w->extents));
  w->volume = sq_extents_pad(run->dim, w->extents, w->padded);
  w->fields = sq_deck_int(run->deck, "correct", "configurations");
  if (w->fields < 0) w->fields = sq_deck_int(run->deck, "sample", "configurations");
  w->flops = sq_network_flops(&w->shape) * w->volume;
  w->rate = sq_plan_rate(run->dim, w->padded);
  PetscFunctionReturn(0);
}

/* Whether it needs the path weights of the sampler. */
static bool takes_weights(const sq_correction *method)
{
  return method->weighted && !method->first;
}

static PetscErrorCode fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  enum { TEXT = 160 };
  char samplers[SQ_SAMPLER_TEXT], methods[TEXT];
  const char *without[TEXT], *sampler = sq_deck_text(run->deck, "sample", "sampler");
  const sq_correction *method = sq_correction_of(run);
  int count = 0;
  sq_correct_work work;
  for (int i = 0; sq_corrections[i]; i++)
    if (!takes_weights(sq_corrections[i])) without[count++] = sq_corrections[i]->name;
  SqCheck(sq_sampler_find(sampler)->weighted || !takes_weights(method), run->world, SQ_ERR_INPUT,
          "%s: correct.method: %s: the sampler %s has no path weights to correct by: sample.sampler: %s, or "
          "correct.method: %s",
          sq_deck_where(run->deck, "correct", "method"), method->name, sampler, sq_sampler_weighted_names(samplers),
          sq_name_list(count, without, methods, TEXT));
  PetscCall(work_of(run, &work));
  if (method->fits) PetscCall(method->fits(run, &work));
  PetscFunctionReturn(0);
}

static PetscErrorCode plan(const sq_run *run)
{
  PetscFunctionBeginUser;
  sq_correct_work work;
  PetscCall(work_of(run, &work));
  PetscCall(sq_correction_of(run)->plan(run, &work));
  PetscFunctionReturn(0);
}

static PetscErrorCode plan_chain(const sq_run *run, const sq_correct_work *w)
{
  PetscFunctionBeginUser;
  int64_t samples = sq_deck_int(run->deck, "sample", "configurations");
  const sq_plan proposals = {.stage = "correct",
                             .pieces = "proposals of a Metropolis chain",
                             .extents = w->extents,
                             .independent = samples,
                             .bytes = 64 * w->volume};
  PetscCall(sq_plan_show(run, &proposals));
  sq_info("          copies of fields, no evaluations; file %.0f MB", 8e-6 * w->volume * (double)samples);
  PetscFunctionReturn(0);
}

static PetscErrorCode plan_reweighting(const sq_run *run, const sq_correct_work *w)
{
  PetscFunctionBeginUser;
  (void)run, (void)w;
  sq_info("  correct averages with path weights, when measured: costs nothing");
  PetscFunctionReturn(0);
}

/* ---- verdicts ---- */

static PetscErrorCode judge_chain(sq_records *records, const sq_ensemble *e, sq_text *out)
{
  PetscFunctionBeginUser;
  (void)records;
  PetscCall(sq_text_add(out, "corrected: a Metropolis chain of generated fields, exact whatever the model: "));
  PetscCall(sq_correct_worth(e, out));
  PetscFunctionReturn(0);
}

static PetscErrorCode judge_weights(sq_records *records, const sq_ensemble *e, sq_text *out)
{
  PetscFunctionBeginUser;
  (void)records;
  PetscCall(sq_text_add(out,
                        "corrected: averages of %lld generated fields with their path weights, exact whatever the "
                        "model; the effective sample size says how many count",
                        (long long)e->count));
  PetscFunctionReturn(0);
}

/* ---- rows ---- */

const sq_correction sq_correction_metropolis = {.name = "metropolis",
                                                .weighted = true,
                                                .from = "samples.h5",
                                                .make = sq_correct_chain,
                                                .mark = "log_weight_of_path",
                                                .verdict = judge_chain,
                                                .plan = plan_chain};

const sq_correction sq_correction_reweight = {.name = "reweight",
                                              .weighted = true,
                                              .weighs = "generated",
                                              .gives = "corrected",
                                              .verdict = judge_weights,
                                              .plan = plan_reweighting};

const sq_stage sq_correct_stage = {
  .command = {.name = "correct",
              .usage = "DECK",
              .summary = "make generated fields exact: by their path weights, partial paths, blocks, molecular "
                         "dynamics",
              .sections = SQ_DECK("run", "lattice", "action", "parallel", "schedule", "sample", "correct"),
              .params = SQ_TABLES(sq_correct_params),
              .make = correct},
  .section = "correct",
  .fits = fits,
  .plan = plan};
