/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage toy, for lattices of one site: the exact flow of the effective action by quadrature beside the learned one
 * -> toy.csv, toy_levels.csv; the ensembles beside exp(-S)/Z -> toy_histogram.csv. What has not been made yet is left
 * out.
 *
 * Levels of noise are shared out to the ranks; every rank has the network on its own copy of the site.
 */
#include "squall/toy.h"
#include "src/plan/plan.h"
#include "src/small/small.h"
#include "src/ensemble/load.h"
#include <math.h>
#include <string.h>

typedef struct {
  sq_run *run;
  sq_toy *toy;
  sq_model chosen;
  const sq_diffusion_model *model; /* inside; NULL: none yet */
  sq_toy_settings set;
  double s_min, s_max;
  double *s;       /* [levels + 1]; level 0: no noise */
  sq_toy_row *row; /* [levels + 1][points] */
  double *error;   /* [levels + 1] of the learned drift */
} stage;

/* ---- the flow ---- */

static PetscErrorCode find_model(stage *t)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  bool exists;
  sq_run_path(t->run, "model.h5", path);
  PetscCall(sq_file_exists(t->run->world, path, &exists));
  if (exists) {
    PetscCall(sq_load_model(t->run, path, &t->chosen, NULL));
    PetscCall(sq_model_diffusion(&t->chosen, "the stage toy", &t->model));
  }
  double width = sq_toy_range(t->toy, 0.5);
  t->s_min = exists ? t->model->s_min : 0.05 * width;
  t->s_max = exists ? t->model->s_max : 5 * width;
  PetscFunctionReturn(0);
}

/* This rank's levels; the others' are left 0, to be summed. */
static PetscErrorCode fill_levels(stage *t)
{
  PetscFunctionBeginUser;
  const int64_t one[SQ_DIM] = {1, 1, 1, 1};
  int rank;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_score score = {0};
  PetscCallMPI(MPI_Comm_rank(t->run->world, &rank));
  PetscCall(sq_lattice_create(MPI_COMM_SELF, t->run->dim, one, NULL, &lattice));
  PetscCall(sq_fft_create(lattice, &fft));
  if (t->model) PetscCall(sq_learned_score_create(fft, t->model, sq_network_batch(&t->model->shape, 1), false, &score));
  for (int k = 0; k <= t->set.levels; k++) {
    sq_toy_row *row = t->row + (int64_t)k * t->set.points;
    t->s[k] = k == 0 ? 0 : t->s_min * pow(t->s_max / t->s_min, (double)(k - 1) / (t->set.levels - 1));
    if (k % t->run->size != rank) continue;
    PetscCall(sq_toy_flow(t->toy, t->model ? &score : NULL, t->s[k], t->set.points, row));
    t->error[k] = sq_toy_drift_error(t->set.points, row);
  }
  if (t->model) PetscCall(sq_learned_score_destroy(&score));
  PetscCall(sq_fft_destroy(&fft));
  PetscCall(sq_lattice_destroy(&lattice));
  PetscFunctionReturn(0);
}

static PetscErrorCode make_flow(stage *t)
{
  PetscFunctionBeginUser;
  enum { COLUMNS = sizeof(sq_toy_row) / sizeof(double) };
  const int count = (t->set.levels + 1) * t->set.points;
  PetscCall(sq_alloc(count, &t->row));
  PetscCall(sq_alloc(t->set.levels + 1, &t->s));
  PetscCall(sq_alloc(t->set.levels + 1, &t->error));
  PetscCall(fill_levels(t));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, t->row, count * COLUMNS, MPI_DOUBLE, MPI_SUM, t->run->world));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, t->error, t->set.levels + 1, MPI_DOUBLE, MPI_SUM, t->run->world));
  PetscFunctionReturn(0);
}

/* ---- tables ---- */

static const sq_column flow_columns[] = {{"s", "%.10g"},
                                         {"phi", "%.10g"},
                                         {"effective_action", "%.10g"},
                                         {"drift", "%.10g"},
                                         {"learned_effective_action", "%.10g"},
                                         {"learned_drift", "%.10g"},
                                         {0}};
static const sq_column level_columns[] = {{"s", "%.10g"}, {"drift_error", "%.6g"}, {0}};
static const sq_column histogram_columns[] = {{"ensemble", "%s"},  {"phi", "%.8g"},   {"exact_density", "%.8g"},
                                              {"density", "%.8g"}, {"error", "%.4g"}, {0}};

static PetscErrorCode write_flow(const stage *t)
{
  PetscFunctionBeginUser;
  sq_table flow, levels;
  double worst = 0;
  PetscCall(sq_table_begin(flow_columns, &flow));
  PetscCall(sq_table_begin(level_columns, &levels));
  for (int k = 0; k <= t->set.levels; k++) {
    const sq_toy_row *row = t->row + (int64_t)k * t->set.points;
    for (int i = 0; i < t->set.points; i++, row++)
      PetscCall(sq_table_add(&flow, SQ_ROW(SQ_CELL("s", t->s[k]), SQ_CELL("phi", row->phi),
                                           SQ_CELL("effective_action", row->action), SQ_CELL("drift", row->drift),
                                           SQ_CELL("learned_effective_action", row->learned_action),
                                           SQ_CELL("learned_drift", row->learned_drift))));
    if (k == 0 || !t->model) continue;
    PetscCall(sq_table_add(&levels, SQ_ROW(SQ_CELL("s", t->s[k]), SQ_CELL("drift_error", t->error[k]))));
    worst = fmax(worst, t->error[k]);
    if (k % 4 == 1 || k == t->set.levels)
      sq_info("toy: s = %-8.4g learned drift off by %.2f %% (rms over the density)", t->s[k], 100 * t->error[k]);
  }
  if (t->model)
    sq_info("toy: the learned drift is within %.2f %% of the exact one at all %d levels", 100 * worst, t->set.levels);
  PetscCall(sq_run_write(t->run, "toy.csv", &flow.text));
  if (t->model) PetscCall(sq_run_write(t->run, "toy_levels.csv", &levels.text));
  sq_text_clear(&levels.text);
  PetscFunctionReturn(0);
}

/* Every stride-th value of a chain is independent of the last one, nearly. */
static int64_t stride_of(const sq_ensemble *e)
{
  double tau = 0.5;
  for (int i = 0; i < e->table.count; i++) tau = fmax(tau, e->table.row[i].estimate.tau_int);
  return e->chain ? (int64_t)ceil(SQ_TAUS_APART * tau) : 1;
}

/* Bins between the points where S is `seen` above its minimum; the first and the last also take what is beyond. */
static PetscErrorCode add_histogram(const stage *t, const sq_ensemble *e, double reach, const double *share,
                                    sq_table *out)
{
  PetscFunctionBeginUser;
  const double least = 10;
  int bins = t->set.bins;
  int64_t *count, total = 0, stride = stride_of(e);
  double width = 2 * reach / bins;
  PetscCall(sq_alloc(bins, &count));
  for (int64_t n = 0; n < e->count; n += stride, total++) {
    double bin = floor((e->column[SQ_OBS_ORDER][n] + reach) / width);
    count[(int)fmin(fmax(bin, 0), bins - 1)]++; /* NaN: the first */
  }
  sq_chi_square test = sq_chi_square_test(bins, count, share, total, least);
  for (int b = 0; b < bins; b++)
    PetscCall(sq_table_add(out, SQ_ROW(SQ_CELL("ensemble", e->name), SQ_CELL("phi", -reach + (b + 0.5) * width),
                                       SQ_CELL("exact_density", share[b] / width),
                                       SQ_CELL("density", (double)count[b] / (double)total / width),
                                       SQ_CELL("error", sqrt(share[b] / (double)total) / width))));
  sq_info("toy: %s against exp(-S)/Z: chi2 = %.1f with %d degrees of freedom, p = %.3g (%lld independent values)",
          e->name, test.chi2, test.freedom, test.p, (long long)total);
  sq_free(&count);
  PetscFunctionReturn(0);
}

static PetscErrorCode write_histograms(const stage *t)
{
  PetscFunctionBeginUser;
  const double seen = 12;
  sq_ensemble e[SQ_ENSEMBLES] = {0};
  sq_table table;
  int count, bins = t->set.bins;
  double reach = sq_toy_range(t->toy, seen), width = 2 * reach / bins, *share;
  PetscCall(sq_alloc(bins, &share));
  for (int b = 0; b < bins; b++) {
    double low = b ? -reach + b * width : -t->toy->reach,
           high = b < bins - 1 ? -reach + (b + 1) * width : t->toy->reach;
    share[b] = sq_toy_share(t->toy, low, high);
  }
  PetscCall(sq_table_begin(histogram_columns, &table));
  PetscCall(sq_ensembles_of_run(t->run, e, &count));
  for (int i = 0; i < count; i++)
    if (e[i].column[SQ_OBS_ORDER] && e[i].alpha == 1) PetscCall(add_histogram(t, &e[i], reach, share, &table));
  PetscCall(sq_run_write(t->run, "toy_histogram.csv", &table.text));
  sq_free(&share);
  PetscFunctionReturn(0);
}

static PetscErrorCode make_all(sq_run *run)
{
  PetscFunctionBeginUser;
  stage t = {.run = run, .set = sq_toy_settings_from_deck(run->deck)};
  double began = sq_now();
  char extents[64];
  sq_extents_text(run->dim, run->extents, extents, sizeof extents);
  for (int i = 0; i < run->dim; i++)
    SqCheck(run->extents[i] == 1, run->world, SQ_ERR_INPUT, "%s: the toy has one site (lattice.extents: [1]), not %s",
            sq_deck_where(run->deck, "lattice", "extents"), extents);
  PetscCall(sq_toy_create(&run->action, &t.toy));
  PetscCall(find_model(&t));
  PetscCall(make_flow(&t));
  PetscCall(write_flow(&t));
  PetscCall(write_histograms(&t));
  sq_info("toy: log Z = %.10f by quadrature; toy.csv written in %.1f s", t.toy->log_Z, sq_now() - began);
  PetscCall(sq_toy_destroy(&t.toy));
  PetscCall(sq_model_destroy(&t.chosen));
  sq_free(&t.s);
  sq_free(&t.row);
  sq_free(&t.error);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_stage_sites(const sq_run *run, const char *name, double most)
{
  PetscFunctionBeginUser;
  SqCheck(sq_volume(run->padded) <= most, run->world, SQ_ERR_INPUT,
          "%s: %s is for lattices of at most %.0f site%s (lattice.extents)",
          sq_deck_where(run->deck, "lattice", "extents"), name, most, most > 1 ? "s" : "");
  PetscFunctionReturn(0);
}

static PetscErrorCode fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  PetscCall(sq_stage_sites(run, "toy", 1));
  PetscFunctionReturn(0);
}

static PetscErrorCode plan(const sq_run *run, sq_budget *budget)
{
  PetscFunctionBeginUser;
  if (budget->quiet) PetscFunctionReturn(0);
  const sq_toy_settings set = sq_toy_settings_from_deck(run->deck);
  sq_info("  toy     %d noise levels of %d values by quadrature, beside the model; histograms against exp(-S)/Z: "
          "about a second",
          set.levels, set.points);
  PetscFunctionReturn(0);
}

const sq_stage sq_toy_stage = {.command = {.name = "toy",
                                           .usage = "DECK",
                                           .summary = "one site: the exact flow of the effective action beside the "
                                                      "learned one, and histograms against exp(-S)/Z",
                                           .sections = SQ_DECK("run", "lattice", "action", "toy"),
                                           .params = SQ_TABLES(sq_toy_params),
                                           .make = make_all},
                               .section = "toy",
                               .lacks = sq_lacks_number,
                               .fits = fits,
                               .plan = plan};
