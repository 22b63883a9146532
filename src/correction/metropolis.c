/* SPDX-License-Identifier: BSD-3-Clause */
/* The corrections metropolis and ode: an independence chain of generated fields -> corrected.h5 (group corrected).
 *
 * The samples are independent proposals, taken in order, each once; one with log path weight w' replaces the present
 * field of weight w with probability min(1, exp(w' - w)). The weight belongs to the path that made the field, and
 * E[weight] = Z whatever the network, so the chain has exactly the distribution exp(-S) (the pair of field and path is
 * what moves). A rejection repeats the field. The first proposals, ten tau_int of the chain, forget where it began and
 * are not stored. The method ode is the same chain on fields of the probability flow, whose weights are those of the
 * fields themselves.
 */
#include "src/correction/correction.h"
#include "src/making/fields.h"
#include <math.h>
#include <string.h>

enum { CHAIN, SAMPLE, ACCEPTED, LOG_WEIGHT, FIRST_OBS };
static const char of_path[] = "log_weight_of_path";

typedef struct {
  const sq_ensemble *e;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *samples;
  int64_t skipped; /* proposals that forget the start */
  int64_t *at;     /* [e->count] the sample that the chain is at after each proposal */
  sq_metropolis counts;
} chain;

/* Copies the field that the chain is at after proposal skipped + n, with its numbers. */
static PetscErrorCode copy(void *context, int64_t n, int count, double *block, double *columns)
{
  PetscFunctionBeginUser;
  const chain *c = context;
  int64_t proposal = c->skipped + n, at = count ? c->at[proposal] : -1;
  PetscCall(sq_records_read(c->samples, 0, at, block, NULL));
  if (!count) PetscFunctionReturn(0);
  columns[CHAIN] = 0;
  columns[SAMPLE] = (double)at;
  columns[ACCEPTED] = at == proposal;
  columns[LOG_WEIGHT] = c->e->log_weight[at];
  for (int o = 0; o < sq_obs_columns(c->e->theory); o++) columns[FIRST_OBS + o] = c->e->column[o][at];
  PetscFunctionReturn(0);
}

static void progress(const void *context, char text[64])
{
  snprintf(text, 64, "acceptance %.3f", sq_metropolis_acceptance(&((const chain *)context)->counts));
}

/* tau_int of the slowest number of the fields that the chain is at, in proposals; where it cannot be told, all of them.
 */
static PetscErrorCode slowest(const chain *c, double *tau)
{
  PetscFunctionBeginUser;
  const sq_ensemble *e = c->e;
  const int columns = sq_obs_columns(e->theory);
  sq_obs_table table;
  double *x, *column[SQ_OBS_MOST];
  PetscCall(sq_alloc((columns + 1) * e->count, &x)); /* the last one: chain 0 of all */
  for (int o = 0; o < columns; o++) {
    column[o] = x + o * e->count;
    for (int64_t i = 0; i < e->count; i++) column[o][i] = e->column[o][c->at[i]];
  }
  PetscCall(sq_obs_analyse(e->theory, e->dim, e->extent, e->count, (const double *const *)column,
                           x + columns * e->count, NULL, &table));
  *tau = sq_independence_tau(sq_metropolis_acceptance(&c->counts));
  for (int r = 0; r < table.count; r++) *tau = fmax(*tau, table.row[r].estimate.tau_int);
  sq_free(&x);
  PetscFunctionReturn(0);
}

/* How many proposals forget the start: ten tau_int, and one in fifty; no more than half of them. */
static PetscErrorCode choose_skipped(chain *c)
{
  PetscFunctionBeginUser;
  const int64_t rarely = 50, n = c->e->count, least = (n + rarely - 1) / rarely;
  double tau = NAN;
  PetscCall(slowest(c, &tau));
  double wanted = fmax((double)least, ceil(SQ_TAUS_TO_FORGET * tau)), most = fmax((double)least, floor((double)n / 2));
  c->skipped = (int64_t)fmin(wanted, most);
  if (wanted > most)
    sq_warn("correct: the Metropolis chain is too short to forget where it began: its tau_int is %.3g proposals, ten "
            "of that are more than half of the %lld fields (sample.configurations)",
            tau, (long long)n);
  else
    sq_info("correct: the first %lld of %lld proposals are discarded, ten tau_int (%.3g): the chain forgets where it "
            "began",
            (long long)c->skipped, (long long)n, tau);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_correct_chain_fits(const sq_run *run, int64_t count)
{
  PetscFunctionBeginUser;
  SqCheck(count > 1, run->world, SQ_ERR_INPUT, "%s: %lld generated field%s too few for a Markov chain",
          sq_deck_where(run->deck, "correct", "method"), (long long)count, count > 1 ? "s are" : " is");
  PetscFunctionReturn(0);
}

static PetscErrorCode fits(const sq_run *run, const sq_correct_work *w)
{
  PetscFunctionBeginUser;
  (void)w;
  PetscCall(sq_correct_chain_fits(run, run->sample.configurations));
  PetscFunctionReturn(0);
}

static PetscErrorCode set_up(const sq_run *run, const char *from, const sq_ensemble *e, chain *c)
{
  PetscFunctionBeginUser;
  *c = (chain){.e = e};
  PetscCall(sq_correct_chain_fits(run, e->count));
  PetscCall(sq_alloc(e->count, &c->at));
  (void)sq_independence_chain(sq_correct_stream(run, e), 0, e->log_weight, 0, e->count, c->at, &c->counts);
  PetscCall(choose_skipped(c));
  const double numbers = sq_action_components(&run->action) * sq_volume(e->extent);
  const sq_plan copies = sq_plan_copies(e->extent + SQ_DIM - e->dim, numbers, e->count - c->skipped);
  PetscCall(sq_plan_grid(run, &copies, &c->grid, &c->lattice));
  PetscCall(sq_records_open(c->grid, c->lattice, from, &c->samples));
  PetscFunctionReturn(0);
}

/* A proposal costs what its field did. */
static PetscErrorCode finish(const chain *c, sq_records *records)
{
  PetscFunctionBeginUser;
  double seconds, acceptance = sq_metropolis_acceptance(&c->counts);
  PetscCall(sq_records_find_real(c->samples, "core_seconds_an_update", &seconds));
  PetscCall(sq_records_put_real(records, "acceptance", acceptance));
  PetscCall(sq_records_put_real(records, "core_seconds_an_update", seconds));
  PetscCall(sq_records_put_real(records, "updates_a_field", 1));
  PetscCall(sq_records_put_real(records, "thermalisation", (double)c->skipped));
  if (!isnan(c->e->weights.k_hat)) {
    PetscCall(sq_records_put_real(records, "proposals_k_hat", c->e->weights.k_hat));
    PetscCall(sq_records_put_real(records, "proposals_most_k", c->e->weights.most_k));
  }
  PetscCall(sq_records_publish(&records));
  sq_info("correct: a Metropolis chain of %lld fields, acceptance %.3f", (long long)(c->e->count - c->skipped),
          acceptance);
  PetscFunctionReturn(0);
}

static PetscErrorCode clear(chain *c)
{
  PetscFunctionBeginUser;
  PetscCall(sq_records_close(&c->samples));
  sq_free(&c->at);
  PetscCall(sq_lattice_destroy(&c->lattice));
  PetscCall(sq_grid_destroy(&c->grid));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_correct_chain(sq_run *run, const char *from, const char *to, const sq_ensemble *e,
                                uint64_t fingerprint)
{
  PetscFunctionBeginUser;
  chain c;
  sq_records_info info;
  char *deck;
  const sq_correction *method = sq_correction_of(run);
  const char *const column_name[FIRST_OBS] = {"chain", "sample", "accepted", method->mark ? method->mark : of_path};
  PetscCall(set_up(run, from, e, &c));
  PetscCall(sq_deck_text_of(run->deck, NULL, false, &deck));
  sq_correct_describe(run, e, fingerprint, deck, &info);
  sq_describe_group("corrected", e->count - c.skipped, FIRST_OBS, column_name, true, &info);
  sq_fields fields = {.run = run,
                      .stage = "correct",
                      .path = to,
                      .grid = c.grid,
                      .lattice = c.lattice,
                      .batch = 1,
                      .context = &c,
                      .make = copy,
                      .text = progress};
  PetscCall(sq_fields_make(&fields, &info));
  PetscCall(finish(&c, fields.records));
  sq_free(&deck);
  PetscCall(clear(&c));
  PetscFunctionReturn(0);
}

/* ---- what would be done, what was ---- */

static PetscErrorCode plan_chain(const sq_run *run, const sq_correct_work *w, sq_budget *budget)
{
  PetscFunctionBeginUser;
  int64_t samples = run->sample.configurations;
  sq_plan proposals = sq_plan_copies(w->extents, w->numbers, samples);
  proposals.stage = "correct";
  proposals.pieces = "proposals of a Metropolis chain";
  PetscCall(sq_plan_show(run, &proposals, budget));
  sq_budget_records(budget, "corrected.h5, copies of fields without evaluations", (double)samples, w->numbers,
                    4 + sq_obs_columns(run->action.type));
  PetscFunctionReturn(0);
}

static PetscErrorCode judge_chain(sq_records *records, const sq_ensemble *e, sq_text *out)
{
  PetscFunctionBeginUser;
  (void)records;
  PetscCall(sq_text_add(out, "corrected: a Metropolis chain of generated fields, exact for any model if it is long "
                             "enough: "));
  PetscCall(sq_correct_worth(e, out));
  PetscFunctionReturn(0);
}

const sq_correction sq_correction_metropolis = {.name = "metropolis",
                                                .summary = "a chain of independent proposals, the generated fields",
                                                .weighted = true,
                                                .from = "samples.h5",
                                                .make = sq_correct_chain,
                                                .mark = of_path,
                                                .verdict = judge_chain,
                                                .fits = fits,
                                                .plan = plan_chain};
