/* SPDX-License-Identifier: BSD-3-Clause */
/* Monitors of production: whether trajectories are reversible, <exp(-dH)> = 1, Schwinger-Dyson = 1, acceptance, and the
 * autocorrelation so far. */
#include "internal.h"
#include <math.h>
#include <string.h>

static const double reversible = 1e-12; /* relative; rounding errors of long trajectories stay below */
enum { FIRST_LOOK = 16 };               /* rows */

void sq_monitor_begin(sq_monitor *m, const sq_hmc_settings *set)
{
  const sq_pace pace = {.scheme = set->scheme};
  *m = (sq_monitor){.every = set->dynamics->reversible ? set->reversibility : 0,
                    .reversible = set->dynamics->reversible,
                    .decides = set->dynamics->decides(&pace),
                    .next_look = FIRST_LOOK,
                    .tau_int = NAN,
                    .tau_int_error = NAN,
                    .schwinger_dyson = NAN,
                    .schwinger_dyson_error = NAN,
                    .exp_dH = {.k_hat = NAN, .verdict = SQ_WEIGHTS_NONE}};
}

PetscErrorCode sq_monitor_step(sq_monitor *m, const sq_hmc *hmc, int64_t trajectory, int64_t separation)
{
  PetscFunctionBeginUser;
  double deviation;
  if (!m->every || trajectory / m->every == (trajectory - separation) / m->every) PetscFunctionReturn(0);
  PetscCall(sq_hmc_reversibility(hmc, &deviation));
  m->checks++;
  m->deviation = fmax(m->deviation, deviation);
  sq_log_to_file("%s: trajectory %lld: run forth and back, the worst of %d chains misses its start by %.1e of its "
                 "norm",
                 hmc->set.section, (long long)trajectory, hmc->set.chains, deviation);
  if (!(deviation < reversible))
    sq_warn("%s: trajectory %lld is reversible only to %.1e (should be below %.0e): its steps are too long, or the "
            "machine errs",
            hmc->set.section, (long long)trajectory, deviation, reversible);
  PetscFunctionReturn(0);
}

/* ---- the series so far ---- */

/* exp(-dH) is a weight, with mean 1 and a tail. A dH that is not a number counts as infinite, as in the counters. */
static PetscErrorCode look_at_dH(sq_monitor *m, const sq_history *h)
{
  PetscFunctionBeginUser;
  double *log_weight;
  PetscCall(sq_alloc(h->chains * h->rows, &log_weight));
  for (int64_t c = 0; c < h->chains; c++)
    for (int64_t row = 0; row < h->rows; row++) {
      double dH = sq_history_at(h, c, row)[SQ_HISTORY_DH];
      log_weight[c * h->rows + row] = isnan(dH) ? -INFINITY : fmin(-dH, log(SQ_METROPOLIS_HUGE));
    }
  PetscCall(sq_weights_summary(h->chains * h->rows, log_weight, &m->exp_dH));
  sq_free(&log_weight);
  PetscFunctionReturn(0);
}

/* Rows are stride trajectories apart: 1/2 + a sum over rows becomes 1/2 + stride times that. */
static PetscErrorCode look_at(sq_monitor *m, const sq_history *h)
{
  PetscFunctionBeginUser;
  double stride = sq_history_at(h, 0, 1)[SQ_HISTORY_TRAJECTORY] - sq_history_at(h, 0, 0)[SQ_HISTORY_TRAJECTORY];
  sq_estimate slowest, identity;
  bool known;
  PetscCall(sq_history_slowest(h, h->chains, 0, &slowest, &known));
  PetscCall(sq_history_estimate(h, 0, h->chains, 0, SQ_WATCH_SD, &identity));
  m->tau_int = 0.5 + stride * (slowest.tau_int - 0.5);
  m->tau_int_error = stride * slowest.tau_int_error;
  m->schwinger_dyson = identity.value;
  m->schwinger_dyson_error = identity.error;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_monitor_look(sq_monitor *m, sq_hmc *hmc, bool now)
{
  PetscFunctionBeginUser;
  sq_history history;
  int64_t rows;
  PetscCall(sq_hmc_counts(hmc, &m->counts));
  PetscCall(sq_hmc_rows(hmc, &rows));
  if (rows < 2 || (!now && rows < m->next_look)) PetscFunctionReturn(0);
  m->next_look = rows < SQ_HISTORY_ROWS / 2 ? rows * 5 / 4 : SQ_HISTORY_ROWS / 2; /* a full series is thinned to half */
  PetscCall(sq_hmc_gather_series(hmc, &history));
  PetscCall(look_at(m, &history));
  if (m->decides) PetscCall(look_at_dH(m, &history));
  sq_history_clear(&history);
  PetscFunctionReturn(0);
}

/* ---- what it says ---- */

/* <exp(-dH)>, NaN without decisions; its error is not known where the tail is too heavy, or too little was seen of it.
 */
static double exp_mean(const sq_monitor *m, double *error)
{
  double mean = sq_metropolis_exp_mean(&m->counts, error);
  if (!m->decides) mean = NAN;
  if (!m->decides || m->exp_dH.verdict != SQ_WEIGHTS_TRUSTED) *error = NAN;
  return mean;
}

static double acceptance(const sq_monitor *m)
{
  return m->decides ? sq_metropolis_acceptance(&m->counts) : NAN;
}

void sq_monitor_text(const sq_monitor *m, char *text, size_t size)
{
  double error, mean = exp_mean(m, &error);
  size_t used = 0;
  char value[64], identity[64];
  text[0] = 0;
  sq_value_text(&(sq_estimate){.value = mean, .error = error}, value, sizeof value);
  sq_value_text(&(sq_estimate){.value = m->schwinger_dyson, .error = m->schwinger_dyson_error}, identity,
                sizeof identity);
  if (m->decides) used = (size_t)snprintf(text, size, "acceptance %.3f  <exp(-dH)> %s  ", acceptance(m), value);
  if (m->counts.invalid && used < size)
    used += (size_t)snprintf(text + used, size - used, "%lld without a number for dH  ", (long long)m->counts.invalid);
  if (used < size && (isnan(m->tau_int) || !isnan(m->schwinger_dyson)))
    used += (size_t)snprintf(text + used, size - used, "Schwinger-Dyson %s  ", identity);
  if (used < size)
    used += (size_t)snprintf(text + used, size - used, "tau_int %.2g(%.1g)", m->tau_int, m->tau_int_error);
  if (m->reversible && m->checks > 0 && used < size)
    snprintf(text + used, size - used, "  reversible to %.0e", m->deviation);
}

void sq_monitor_figures(const sq_monitor *m, sq_monitor_number figure[SQ_MONITOR_FIGURES])
{
  double error, mean = exp_mean(m, &error);
  bool tail = m->decides && m->exp_dH.n >= SQ_WEIGHTS_ENOUGH; /* fewer have none that could be fitted */
  const sq_monitor_number all[SQ_MONITOR_FIGURES] = {
    {"acceptance", "acceptance_production", acceptance(m)},
    {"exp_minus_dH", "exp_minus_dH", mean},
    {"exp_minus_dH_error", "exp_minus_dH_error", error},
    {NULL, "exp_minus_dH_k_hat", tail ? m->exp_dH.k_hat : NAN},
    {"invalid_share", "invalid_share",
     m->decides ? (double)m->counts.invalid / fmax(1, (double)m->counts.proposed) : NAN},
    {"schwinger_dyson", NULL, m->schwinger_dyson},
    {"schwinger_dyson_error", NULL, m->schwinger_dyson_error},
    {"tau_int", "tau_int_production", m->tau_int},
    {"tau_int_error", "tau_int_production_error", m->tau_int_error},
    {"reversibility", "reversibility", m->checks > 0 ? m->deviation : NAN},
    {NULL, "reversibility_checks", m->checks},
  };
  memcpy(figure, all, sizeof all);
}

void sq_monitor_json(const sq_monitor *m, char *text, size_t size)
{
  sq_monitor_number figure[SQ_MONITOR_FIGURES];
  size_t at = 0;
  sq_monitor_figures(m, figure);
  text[0] = 0;
  for (int i = 0; i < SQ_MONITOR_FIGURES && at < size; i++) {
    char value[32] = "null"; /* JSON has no NaN */
    if (isfinite(figure[i].value)) snprintf(value, sizeof value, "%.6g", figure[i].value);
    if (figure[i].now) at += (size_t)snprintf(text + at, size - at, ", \"%s\": %s", figure[i].now, value);
  }
}

void sq_monitor_save(const sq_monitor *m, double number[SQ_MONITOR_NUMBERS])
{
  number[0] = m->checks;
  number[1] = m->deviation;
}

void sq_monitor_restore(sq_monitor *m, const double number[SQ_MONITOR_NUMBERS])
{
  m->checks = number[0];
  m->deviation = number[1];
}
