/* The stage measure: all ensembles of the run -> measure.csv, measure_spectra.csv, measure_correlator.csv. */
#include "src/ensemble/likelihood.h"
#include "src/ensemble/quantum.h"
#include <math.h>
#include <string.h>

static const sq_column measure_columns[] = {
  {"ensemble", "%s"},  {"observable", "%s"},      {"value", "%.10g"}, {"error", "%.4g"},
  {"tau_int", "%.4g"}, {"tau_int_error", "%.4g"}, {"n", "%.0f"},      {0}};
static const sq_column spectra_columns[] = {{"ensemble", "%s"}, {"phat2", "%.10g"}, {"multiplicity", "%.0f"},
                                            {"G", "%.10g"},     {"error", "%.4g"},  {0}};
static const sq_column correlator_columns[] = {
  {"ensemble", "%s"}, {"t", "%.0f"}, {"C", "%.10g"}, {"error", "%.4g"}, {0}};

PetscErrorCode sq_measure_row(sq_table *b, const char *ensemble, const char *observable, const sq_estimate *e)
{
  PetscFunctionBeginUser;
  PetscCall(
    sq_table_add(b, SQ_ROW(SQ_CELL("ensemble", ensemble), SQ_CELL("observable", observable), SQ_CELL("value", e->value),
                           SQ_CELL("error", e->error), SQ_CELL("tau_int", e->tau_int),
                           SQ_CELL("tau_int_error", e->tau_int_error), SQ_CELL("n", e->n))));
  PetscFunctionReturn(0);
}

/* Weights: log Z and the effective sample size as a share of the samples; independent samples. */
static PetscErrorCode add_weights(sq_table *b, const sq_ensemble *e)
{
  PetscFunctionBeginUser;
  sq_weights summary = sq_weights_summary(e->count, e->log_weight);
  sq_estimate log_Z = {.value = summary.log_mean, .error = summary.error, .tau_int = 0.5, .n = e->count};
  sq_estimate ess = {.value = summary.ess, .error = NAN, .tau_int = 0.5, .n = e->count};
  PetscCall(sq_measure_row(b, e->name, "ess", &ess));
  PetscCall(sq_measure_row(b, e->name, "log_Z", &log_Z));
  sq_info("%s: weights give log Z = %.4f(%.4f), effective sample size %.3f of %lld", e->name, log_Z.value, log_Z.error,
          ess.value, (long long)e->count);
  PetscFunctionReturn(0);
}

static PetscErrorCode judge(const sq_run *run, const sq_ensemble *e)
{
  PetscFunctionBeginUser;
  const sq_estimate *sd = sq_obs_find(&e->table, "schwinger_dyson");
  sq_text line = {0};
  bool trusted;
  PetscCall(sq_verdict(run, e, &line, &trusted));
  if (line.text) sq_log(trusted ? SQ_INFO : SQ_WARN, "%s", line.text);
  if (sd)
    sq_info("%s: Schwinger-Dyson %.5f(%.5f), exact is %g (%+.1f sigma)", e->name, sd->value, sd->error, e->alpha,
            (sd->value - e->alpha) / sd->error);
  sq_text_clear(&line);
  PetscFunctionReturn(0);
}

/* What the corrected ensemble is worth: its acceptance and share of independent fields; in words. */
static PetscErrorCode add_corrected(sq_run *run, sq_table *b, const sq_ensemble *e)
{
  PetscFunctionBeginUser;
  sq_estimate acceptance = {.value = e->acceptance, .error = NAN, .tau_int = NAN, .tau_int_error = NAN, .n = e->count},
              share = sq_correct_independent(e);
  sq_text verdict = {0};
  if (!isnan(e->acceptance)) PetscCall(sq_measure_row(b, e->name, "acceptance", &acceptance));
  if (!isnan(share.value) && e->chain) PetscCall(sq_measure_row(b, e->name, "ess", &share));
  PetscCall(sq_correct_verdict(run, e, &verdict));
  sq_info("%s", verdict.text);
  sq_text_clear(&verdict);
  PetscFunctionReturn(0);
}

/* What the stage likelihood found. */
static PetscErrorCode add_likelihood(sq_run *run, sq_table *b)
{
  PetscFunctionBeginUser;
  sq_likelihood results;
  sq_likelihood_row row[SQ_LIKELIHOOD_ROWS];
  bool found;
  int count = 0;
  PetscCall(sq_likelihood_read(run, &results, &found));
  if (found) PetscCall(sq_likelihood_rows(&results, row, &count));
  for (int i = 0; i < count; i++) PetscCall(sq_measure_row(b, row[i].ensemble, row[i].observable, &row[i].estimate));
  sq_likelihood_clear(&results);
  PetscFunctionReturn(0);
}

static PetscErrorCode measure_tables(sq_run *run, sq_table *b, bool *any)
{
  PetscFunctionBeginUser;
  sq_ensemble ensembles[SQ_ENSEMBLES] = {0};
  int count;
  PetscCall(sq_ensembles_of_run(run, ensembles, &count));
  *any = count > 0;
  for (int i = 0; i < count; i++) {
    sq_ensemble *e = &ensembles[i];
    for (int r = 0; r < e->table.count; r++)
      PetscCall(sq_measure_row(b, e->name, e->table.row[r].name, &e->table.row[r].estimate));
    PetscCall(judge(run, e));
    if (e->log_weight) PetscCall(add_weights(b, e));
    if (!strcmp(e->name, "corrected")) PetscCall(add_corrected(run, b, e));
  }
  PetscCall(sq_langevin_report(run, ensembles, count, false));
  for (int i = 0; i < count; i++) sq_ensemble_free(&ensembles[i]);
  PetscFunctionReturn(0);
}

/* The rows chi2_fit and xi_fit, where the propagator determines them. */
static PetscErrorCode add_propagator(sq_table *b, const char *ensemble, const sq_spectra *spectra)
{
  PetscFunctionBeginUser;
  sq_propagator fit;
  PetscCall(sq_spectra_fit(spectra, &fit));
  if (!isfinite(fit.chi2.error)) PetscFunctionReturn(0);
  PetscCall(sq_measure_row(b, ensemble, "chi2_fit", &fit.chi2));
  PetscCall(sq_measure_row(b, ensemble, "xi_fit", &fit.xi));
  PetscFunctionReturn(0);
}

/* G(p) and C(t) of one group: fields are read back (and their checksums verified), shared out over replicas. */
static PetscErrorCode measure_group(sq_run *run, sq_records *records, const sq_grid *grid, const sq_lattice *lattice,
                                    int group, sq_table *table, sq_table *G, sq_table *C)
{
  PetscFunctionBeginUser;
  const sq_record_group *about = &sq_records_about(records)->group[group];
  sq_spectra *spectra;
  double *block;
  int64_t first, mine, most = (about->count + grid->replicas - 1) / grid->replicas;
  PetscCall(sq_spectra_create(lattice, about->count, (int)sq_deck_int(run->deck, "measure", "bins"), &spectra));
  PetscCall(sq_alloc(lattice->local_volume, &block));
  sq_share(about->count, grid->replicas, grid->replica, &first, &mine);
  for (int64_t i = 0; i < most; i++) {
    PetscCall(sq_records_read(records, group, i < mine ? first + i : -1, block, NULL));
    if (i < mine) PetscCall(sq_spectra_add(spectra, first + i, block));
  }
  PetscCall(sq_spectra_finish(spectra, grid->across));
  const sq_orbits *orbits = &spectra->fft->orbits;
  for (int64_t o = 0; o < orbits->count; o++)
    PetscCall(sq_table_add(G, SQ_ROW(SQ_CELL("ensemble", about->name), SQ_CELL("phat2", orbits->phat2[o]),
                                     SQ_CELL("multiplicity", orbits->multiplicity[o]), SQ_CELL("G", spectra->power[o]),
                                     SQ_CELL("error", spectra->power_error[o]))));
  for (int64_t t = 0; t < spectra->slices; t++)
    PetscCall(
      sq_table_add(C, SQ_ROW(SQ_CELL("ensemble", about->name), SQ_CELL("t", t), SQ_CELL("C", spectra->correlator[t]),
                             SQ_CELL("error", spectra->correlator_error[t]))));
  PetscCall(add_propagator(table, about->name, spectra));
  sq_free(&block);
  PetscCall(sq_spectra_destroy(&spectra));
  PetscFunctionReturn(0);
}

static PetscErrorCode measure_fields(sq_run *run, const char *path, sq_table *table, sq_table *G, sq_table *C)
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  PetscCall(sq_open_fields(run, path, &grid, &lattice, &records));
  for (int g = 0; g < sq_records_about(records)->groups; g++)
    PetscCall(measure_group(run, records, grid, lattice, g, table, G, C));
  PetscCall(sq_records_close(&records));
  PetscCall(sq_lattice_destroy(&lattice));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_stage_measure(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_table table, G, C;
  bool any;
  double began = sq_now();
  PetscCall(sq_table_begin(measure_columns, &table));
  PetscCall(sq_table_begin(spectra_columns, &G));
  PetscCall(sq_table_begin(correlator_columns, &C));
  PetscCall(measure_tables(run, &table, &any));
  PetscCall(add_likelihood(run, &table));
  SqCheck(any, run->world, SQ_ERR_INPUT, "there is nothing to measure in %s: run `squall hmc` first", run->directory);
  for (int i = 0; sq_ensemble_files[i]; i++) {
    char path[SQ_PATH];
    bool there;
    PetscCall(sq_ensemble_file(run, i, path, &there));
    if (there) PetscCall(measure_fields(run, path, &table, &G, &C));
  }
  PetscCall(sq_measure_quantum(run, &table));
  PetscCall(sq_run_write(run, "measure.csv", &table.text));
  PetscCall(sq_run_write(run, "measure_spectra.csv", &G.text));
  PetscCall(sq_run_write(run, "measure_correlator.csv", &C.text));
  PetscCall(sq_scales_measure(run));
  sq_info("measure: measure.csv written in %.1f s", sq_now() - began);
  PetscFunctionReturn(0);
}
