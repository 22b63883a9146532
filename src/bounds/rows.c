/* SPDX-License-Identifier: BSD-3-Clause */
/* What follows from likelihoods: fits, bounds on log Z, rows, sentences and CSV files. */
#include "src/bounds/results.h"
#include <math.h>
#include <string.h>

enum { S, S_EFF, ERROR };

/* ---- numbers ---- */

static const double *field(const sq_likelihood_job *job, int64_t i)
{
  return job->value + i * job->width;
}

static bool is_flow(const sq_likelihood_job *job)
{
  return job->kind == SQ_FLOW_TESTING || job->kind == SQ_FLOW_GENERATED;
}

sq_line sq_likelihood_line(const sq_likelihood_job *flow)
{
  return sq_line_fit(flow->count, flow->width, flow->value + S, flow->value + S_EFF);
}

/* The part of the variance of S_eff - S that random signs make. */
static double noise_of(const sq_likelihood_job *flow)
{
  double noise = 0;
  for (int64_t i = 0; i < flow->count; i++) noise += pow(field(flow, i)[ERROR], 2) / (double)flow->count;
  return noise;
}

static void log_weights(const sq_likelihood_job *job, double *log_weight)
{
  for (int64_t i = 0; i < job->count; i++) {
    const double *x = field(job, i);
    log_weight[i] = -x[S];
    if (is_flow(job)) log_weight[i] += x[S_EFF];
    else
      for (int64_t k = 1; k < job->width; k++) log_weight[i] += x[k];
  }
}

/* What the weights of a job on generated fields say together. */
static PetscErrorCode weigh(const sq_likelihood_job *job, sq_weights *w)
{
  PetscFunctionBeginUser;
  double *log_weight;
  PetscCall(sq_alloc(job->count, &log_weight));
  log_weights(job, log_weight);
  PetscCall(sq_weights_summary(job->count, log_weight, w));
  sq_free(&log_weight);
  PetscFunctionReturn(0);
}

/* ---- rows ---- */

static void name_of(const sq_likelihood_job *job, char name[SQ_IO_NAME])
{
  if (is_flow(job)) snprintf(name, SQ_IO_NAME, "flow");
  else snprintf(name, SQ_IO_NAME, "paths_%d", job->steps);
}

static void add(sq_likelihood_row *row, int *count, const char *ensemble, const char *observable, sq_estimate estimate)
{
  sq_likelihood_row *r = &row[(*count)++];
  snprintf(r->ensemble, sizeof r->ensemble, "%s", ensemble);
  snprintf(r->observable, sizeof r->observable, "%s", observable);
  r->estimate = estimate;
}

static sq_estimate plain(double value, double error, int64_t n)
{
  return (sq_estimate){
    .value = value, .error = error, .error_of_error = NAN, .tau_int = 0.5, .tau_int_error = NAN, .n = n};
}

static void add_fit(const sq_likelihood_job *job, sq_likelihood_row *row, int *count)
{
  const char *ensemble = job->kind == SQ_FLOW_TESTING ? "flow_testing" : "flow";
  sq_line fit = sq_likelihood_line(job);
  add(row, count, ensemble, "R2", plain(fit.R2, NAN, job->count));
  add(row, count, ensemble, "slope", plain(fit.slope, NAN, job->count));
  add(row, count, ensemble, "action_variance",
      plain(fit.variance, fit.variance * sqrt(2. / (double)(job->count - 1)), job->count));
  add(row, count, ensemble, "action_noise", plain(noise_of(job), NAN, job->count));
}

/* A generated job: log Z, its lower bound, the effective sample size; a job on data: the upper bound. */
static PetscErrorCode add_weights(const sq_likelihood *l, const sq_likelihood_job *job, sq_likelihood_row *row,
                                  int *count)
{
  PetscFunctionBeginUser;
  char ensemble[SQ_IO_NAME];
  double *log_weight;
  sq_estimate mean;
  name_of(job, ensemble);
  PetscCall(sq_alloc(job->count, &log_weight));
  log_weights(job, log_weight);
  PetscCall(sq_gamma_mean(job->count, log_weight, &mean));
  if (sq_likelihood_of_data(job->kind)) add(row, count, ensemble, "log_Z_upper", mean);
  else {
    sq_weights w;
    PetscCall(weigh(job, &w));
    add(row, count, ensemble, "log_Z_lower", mean);
    add(row, count, ensemble, is_flow(job) && !l->exact ? "log_Z_approximate" : "log_Z", sq_weights_log_Z(&w));
    add(row, count, ensemble, "ess", sq_weights_ess(&w));
    add(row, count, ensemble, "k_hat", plain(w.k_hat, NAN, job->count));
    add(row, count, ensemble, "largest_share", plain(w.largest_share, NAN, job->count));
    if (is_flow(job)) {
      double acceptance;
      PetscCall(sq_weights_acceptance(job->count, log_weight, &acceptance));
      add(row, count, ensemble, "acceptance", plain(acceptance, NAN, job->count));
    }
  }
  sq_free(&log_weight);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_likelihood_rows(const sq_likelihood *l, sq_likelihood_row *row, int *count)
{
  PetscFunctionBeginUser;
  *count = 0;
  for (int i = 0; i < l->jobs; i++) {
    if (is_flow(&l->job[i])) add_fit(&l->job[i], row, count);
    PetscCall(add_weights(l, &l->job[i], row, count));
  }
  PetscFunctionReturn(0);
}

/* ---- words ---- */

static const sq_estimate *find(const sq_likelihood_row *row, int count, const char *ensemble, const char *observable)
{
  for (int i = 0; i < count; i++)
    if (!strcmp(row[i].ensemble, ensemble) && !strcmp(row[i].observable, observable)) return &row[i].estimate;
  return NULL;
}

static void value(const sq_likelihood_row *row, int count, const char *ensemble, const char *observable, char text[64])
{
  const sq_estimate *e = find(row, count, ensemble, observable);
  snprintf(text, 64, "?");
  if (e) sq_value_text(e, text, 64);
}

static PetscErrorCode add_words(const sq_likelihood *l, const sq_likelihood_job *job, const sq_likelihood_row *row,
                                int count, sq_text *out)
{
  PetscFunctionBeginUser;
  char ensemble[SQ_IO_NAME], lower[64], log_Z[64], upper[64], ess[64], why[SQ_WEIGHTS_TEXT];
  sq_weights w;
  bool rough = is_flow(job) && !l->exact;
  name_of(job, ensemble);
  value(row, count, ensemble, "log_Z_lower", lower);
  value(row, count, ensemble, rough ? "log_Z_approximate" : "log_Z", log_Z);
  value(row, count, ensemble, "log_Z_upper", upper);
  value(row, count, ensemble, "ess", ess);
  PetscCall(weigh(job, &w));
  sq_weights_text(&w, why, sizeof why);
  PetscCall(sq_text_add(out, "%s: log Z = %s%s, between %s and %s; effective sample size %s: %s\n", ensemble, log_Z,
                        rough ? " (approximate: divergences are estimated)" : "", lower, upper, ess, why));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_likelihood_words(const sq_likelihood *l, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_likelihood_row row[SQ_LIKELIHOOD_ROWS];
  int count;
  PetscCall(sq_likelihood_rows(l, row, &count));
  for (int i = 0; i < l->jobs; i++) {
    const sq_likelihood_job *job = &l->job[i];
    if (is_flow(job)) {
      sq_line fit = sq_likelihood_line(job);
      PetscCall(sq_text_add(out,
                            "effective action of %lld %s fields against the true one: R^2 = %.4f, slope %.4f, offset "
                            "%.2f, variance of the difference %.3f, of which %.3f from the random signs\n",
                            (long long)job->count, job->kind == SQ_FLOW_TESTING ? "held-out" : "generated", fit.R2,
                            fit.slope, fit.offset, fit.variance, noise_of(job)));
    }
    if (!sq_likelihood_of_data(job->kind)) PetscCall(add_words(l, job, row, count, out));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_likelihood_warn(const sq_likelihood *l)
{
  PetscFunctionBeginUser;
  char ensemble[SQ_IO_NAME], why[SQ_WEIGHTS_TEXT];
  sq_weights w;
  for (int i = 0; i < l->jobs; i++) {
    if (sq_likelihood_of_data(l->job[i].kind)) continue;
    PetscCall(weigh(&l->job[i], &w));
    if (w.verdict == SQ_WEIGHTS_TRUSTED) continue;
    name_of(&l->job[i], ensemble);
    sq_weights_text(&w, why, sizeof why);
    sq_warn("likelihood: %s: log Z and the effective sample size come from weights, and %s", ensemble, why);
  }
  PetscFunctionReturn(0);
}

/* ---- files ---- */

PetscErrorCode sq_likelihood_actions(const sq_likelihood *l, sq_text *out)
{
  PetscFunctionBeginUser;
  PetscCall(sq_text_add(out, "ensemble,field,S,S_eff,error\n"));
  for (int i = 0; i < l->jobs; i++) {
    const sq_likelihood_job *job = &l->job[i];
    for (int64_t n = 0; n < job->count && is_flow(job); n++)
      PetscCall(sq_text_add(out, "%s,%lld,%.10g,%.10g,%.4g\n", job->kind == SQ_FLOW_TESTING ? "testing" : "generated",
                            (long long)n, field(job, n)[S], field(job, n)[S_EFF], field(job, n)[ERROR]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_likelihood_term(const sq_likelihood_job *job, int k, sq_estimate *mean)
{
  PetscFunctionBeginUser;
  double *x;
  PetscCall(sq_alloc(job->count, &x));
  for (int64_t i = 0; i < job->count; i++) x[i] = field(job, i)[1 + k] - (k == 0 ? field(job, i)[S] : 0);
  PetscCall(sq_gamma_mean(job->count, x, mean));
  sq_free(&x);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_likelihood_bounds(const sq_likelihood *l, sq_text *out)
{
  PetscFunctionBeginUser;
  PetscCall(sq_text_add(out, "steps,step,s,s_below,upper,upper_error,lower,lower_error,gap,gap_error,loss\n"));
  for (int i = 0; i + 1 < l->jobs; i++) {
    const sq_likelihood_job *data = &l->job[i], *model = &l->job[i + 1];
    if (data->kind != SQ_PATHS_TESTING) continue;
    for (int k = 0; k <= data->steps; k++) {
      sq_estimate upper, lower;
      PetscCall(sq_likelihood_term(data, k, &upper));
      PetscCall(sq_likelihood_term(model, k, &lower));
      PetscCall(sq_text_add(out, "%d,%d,%.6g,%.6g,%.8g,%.3g,%.8g,%.3g,%.5g,%.3g,%.5g\n", data->steps, k, data->s[k],
                            data->s[k ? k - 1 : 0], upper.value, upper.error, lower.value, lower.error,
                            upper.value - lower.value, hypot(upper.error, lower.error), data->loss[k]));
    }
  }
  PetscFunctionReturn(0);
}
