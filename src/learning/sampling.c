/* SPDX-License-Identifier: BSD-3-Clause */
/* The way down that a deck asks for: levels, sampler, prior; what is wrong with a plain prior; the variational bound.
 */
#include "src/import/import.h"
#include "src/learning/sampling.h"
#include "src/ensemble/load.h"
#include "src/run/input.h"
#include "src/run/table.h"
#include <math.h>

/* ---- levels ---- */

PetscErrorCode sq_sample_levels_check(const sq_run *run, int steps)
{
  PetscFunctionBeginUser;
  double s_min = NAN, s_max = NAN;
  bool learned = run->whole && !run->sample.model[0] && sq_deck_has_section(run->deck, "train");
  if (learned) PetscCall(sq_train_range(&run->train, NAN, NAN, &s_min, &s_max));
  if (sq_run_model_type(run) == &sq_model_type_diffusion)
    PetscCall(sq_diffusion_levels_check(&run->sample, steps, s_min, s_max));
  PetscFunctionReturn(0);
}

/* ---- the prior ---- */

static void warn_of_prior(const sq_sampler *sampler, const double *bias)
{
  const sq_orbits *orbits = &sampler->score.fft->orbits;
  int n = sampler->grid.steps;
  int64_t worst = 0;
  double a2 = pow(sampler->grid.a[n], 2), s2 = pow(sampler->grid.s[n], 2), largest = 0;
  for (int64_t o = 0; o < orbits->count; o++) {
    double ratio = (a2 * sampler->score.propagator[o] + s2) / pow(sampler->prior[o], 2);
    if (ratio > largest) largest = ratio, worst = o;
  }
  sq_warn("sample: the plain prior N(0, %.4g) is not what the field looks like at that level: its zero mode has "
          "variance %.4g there, %.3f times as much (most: %.3f times, at p^2 = %.3g). "
          "On the Gaussian part, for this sampler and these levels, that alone moves chi2 by %+.2g %%",
          s2, a2 * sampler->score.propagator[0] + s2, (a2 * sampler->score.propagator[0] + s2) / s2, largest,
          orbits->phat2[worst], 100 * bias[0]);
}

static const sq_column prior_columns[] = {
  {"phat2", "%.10g"}, {"multiplicity", "%.0f"}, {"a2", "%.10g"},  {"s2", "%.10g"},
  {"prior", "%.10g"}, {"expected", "%.10g"},    {"bias", "%.4g"}, {0}};

PetscErrorCode sq_prior_report(const sq_run *run, const sq_sampler *sampler)
{
  PetscFunctionBeginUser;
  const sq_orbits *orbits = &sampler->score.fft->orbits;
  int n = sampler->grid.steps;
  double a2 = pow(sampler->grid.a[n], 2), s2 = pow(sampler->grid.s[n], 2), *bias;
  sq_table out;
  sq_score gaussian;
  PetscCall(sq_alloc(orbits->count, &bias));
  PetscCall(sq_gaussian_score_create(sampler->score.fft, sq_score_components(&sampler->score),
                                     sampler->score.propagator, &gaussian));
  PetscCall(sq_sampler_prior_bias(sampler, &gaussian, bias));
  PetscCall(sq_gaussian_score_destroy(&gaussian));
  PetscCall(sq_table_begin(prior_columns, &out));
  for (int64_t o = 0; o < orbits->count; o++)
    PetscCall(sq_table_add(
      &out, SQ_ROW(SQ_CELL("phat2", orbits->phat2[o]), SQ_CELL("multiplicity", orbits->multiplicity[o]),
                   SQ_CELL("a2", a2), SQ_CELL("s2", s2), SQ_CELL("prior", pow(sampler->prior[o], 2)),
                   SQ_CELL("expected", a2 * sampler->score.propagator[o] + s2), SQ_CELL("bias", bias[o]))));
  if (run->sample.plain_prior) warn_of_prior(sampler, bias);
  PetscCall(sq_run_write(run, "prior.csv", &out.text));
  sq_free(&bias);
  PetscFunctionReturn(0);
}

/* ---- the variational bound ---- */

/* The bound on log Z, L - <S>, with L[count] of each of the fields that every replica holds; S is of the same fields,
 * so the error is that of the difference. */
static PetscErrorCode bound_log_Z(const sq_site *site, int64_t count, const double *blocks, const double *L,
                                  sq_running *log_Z)
{
  PetscFunctionBeginUser;
  double columns[SQ_OBS_MOST];
  for (int64_t i = 0; i < count; i++) {
    PetscCall(sq_obs_measure(site->obs, blocks + i * sq_generator_numbers(&site->generator), columns));
    sq_running_add(log_Z, L[i] - sq_obs_action(site->obs, columns));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode write_bound(const sq_run *run, const sq_noise_grid *levels, const double *term,
                                  const double *error, const double total[2])
{
  PetscFunctionBeginUser;
  sq_text out = {0};
  PetscCall(sq_text_add(&out, "term,level,a,s,nats,error\n"));
  for (int k = levels->steps; k >= 0; k--)
    PetscCall(sq_text_add(&out, "%s,%d,%.8g,%.8g,%.8g,%.3g\n",
                          k == levels->steps ? "prior" :
                          k                  ? "step" :
                                               "data",
                          k, levels->a[k], levels->s[k], term[k], error[k]));
  PetscCall(sq_text_add(&out, "total,,,,%.8g,%.3g\n", total[0], total[1]));
  PetscCall(sq_run_write(run, "bound.csv", &out));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_held_out(const sq_run *run, const char *path, int64_t count)
{
  PetscFunctionBeginUser;
  SqCheck(count > 1, run->world, SQ_ERR_INPUT, "%s: sample.bound: %s has too few held-out fields (%s.test)",
          sq_deck_where(run->deck, "sample", "bound"), path, sq_run_ensemble_section(run));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_bound_check(const sq_run *run)
{
  PetscFunctionBeginUser;
  char names[SQ_SAMPLER_TEXT], path[SQ_PATH];
  if (!run->sample.bound) PetscFunctionReturn(0);
  SqCheck(run->sample.sampler->weighted, run->world, SQ_ERR_INPUT,
          "%s: sample.bound: the sampler %s has no path weights to make a bound of, only %s have",
          sq_deck_where(run->deck, "sample", "bound"), run->sample.sampler->name, sq_sampler_weighted_names(names));
  PetscCall(sq_run_need_ensemble(run, "to measure sample.bound on"));
  sq_run_ensemble(run, path);
  if (run->whole && sq_deck_has_section(run->deck, sq_run_ensemble_section(run))) {
    int64_t training, testing;
    PetscCall(sq_import_planned(run, &training, &testing));
    PetscCall(check_held_out(run, path, testing));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_bound_report(const sq_site *site, uint64_t stream, sq_sampler *sampler)
{
  PetscFunctionBeginUser;
  const sq_run *run = site->run;
  const sq_grid *grid = site->grid;
  int64_t wanted = run->sample.bound, count, first, mine;
  int terms = sampler->grid.steps + 1;
  double *blocks, *term, *error, *each, total[2];
  char path[SQ_PATH];
  sq_running log_Z = {0};
  if (!wanted) PetscFunctionReturn(0);
  PetscCall(sq_bound_check(run));
  sq_run_ensemble(run, path);
  PetscCall(sq_run_need_ensemble(run, "to measure sample.bound on"));
  PetscCall(sq_input_check(run, path));
  PetscCall(sq_load_fields(grid, site->lattice, path, SQ_TESTING, wanted, &count, &blocks));
  PetscCall(check_held_out(run, path, count));
  PetscCall(sq_alloc(terms, &term));
  PetscCall(sq_alloc(terms, &error));
  PetscCall(sq_alloc(count, &each));
  sq_share(count, grid->replicas, grid->replica, &first, &mine);
  PetscCall(sq_sampler_bound(sampler, grid, stream, first, mine,
                             blocks + first * sq_generator_numbers(&site->generator), term, error, total,
                             each + first));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, each, (PetscMPIInt)count, MPI_DOUBLE, MPI_SUM, grid->across));
  PetscCall(bound_log_Z(site, count, blocks, each, &log_Z));
  PetscCall(write_bound(run, &sampler->grid, term, error, total));
  char log_Z_text[80] = "";
  if (sq_action_known(&run->action))
    snprintf(log_Z_text, sizeof log_Z_text, "; so log Z <= %.3f(%.3f)", log_Z.mean, sq_running_error(&log_Z));
  sq_info("sample: on %lld held-out fields -<log p> <= %.3f(%.3f): prior %.3f, steps %.3f, data %.3f%s",
          (long long)count, total[0], total[1], term[terms - 1], total[0] - term[terms - 1] - term[0], term[0],
          log_Z_text);
  sq_free(&each);
  sq_free(&term);
  sq_free(&error);
  sq_free(&blocks);
  PetscFunctionReturn(0);
}

/* ---- the lattice ---- */

sq_plan sq_sample_plan(const sq_run *run, const sq_generator_needs *needs)
{
  sq_plan plan = sq_plan_needs(needs, run->sample.configurations);
  plan.stage = "sample";
  plan.extents = run->sample.extents;
  return plan;
}

PetscErrorCode sq_sample_site(const sq_run *run, const sq_model *model, int64_t count, sq_site *site)
{
  PetscFunctionBeginUser;
  int64_t padded[SQ_DIM];
  char text[SQ_SITE_TEXT];
  (void)sq_extents_pad(run->dim, run->sample.extents, padded);
  const sq_generator_needs needs = sq_model_needs(model, padded);
  const sq_generator *g = &site->generator;
  const sq_plan plan = sq_sample_plan(run, &needs);
  PetscCall(sq_site_create(run, &plan, site));
  PetscCall(sq_model_generator(model, &run->sample, site->fft, false, &site->generator));
  sq_site_describe(site, text);
  if (g->levels)
    sq_info("sample: %lld fields in %d steps on %s; noise levels %.4g to %.4g", (long long)count, g->levels, text,
            g->s[1], g->s[g->levels]);
  else sq_info("sample: %lld fields at once on %s", (long long)count, text);
  PetscFunctionReturn(0);
}
