/* Monitors of production: whether trajectories are reversible, <exp(-dH)> = 1, Schwinger-Dyson = 1, acceptance, and the
 * autocorrelation so far. */
#include "src/stage/monitor.h"
#include <math.h>

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
                    .schwinger_dyson_error = NAN};
}

PetscErrorCode sq_monitor_step(sq_monitor *m, const sq_hmc *hmc, int64_t trajectory, int64_t separation)
{
  PetscFunctionBeginUser;
  double deviation;
  if (!m->every || trajectory / m->every == (trajectory - separation) / m->every) PetscFunctionReturn(0);
  PetscCall(sq_hmc_reversibility(hmc, &deviation));
  m->checks++;
  m->deviation = fmax(m->deviation, deviation);
  sq_log_to_file("hmc: trajectory %lld: run forth and back, the worst of %d chains misses its start by %.1e of its "
                 "norm",
                 (long long)trajectory, hmc->set.chains, deviation);
  if (!(deviation < reversible))
    sq_warn("hmc: trajectory %lld is reversible only to %.1e (should be below %.0e): its steps are too long, or the "
            "machine errs",
            (long long)trajectory, deviation, reversible);
  PetscFunctionReturn(0);
}

/* ---- the series so far ---- */

static double of_row(const double row[SQ_HISTORY_COLUMNS], int what)
{
  double M = row[SQ_HISTORY_M];
  switch (what) {
  case 0: return fabs(M);
  case 1: return M * M;
  case 2: return row[SQ_HISTORY_ACTION];
  default: return row[SQ_HISTORY_SD];
  }
}

static PetscErrorCode estimate(const sq_history *h, int what, double *x, const int64_t *length, sq_estimate *e)
{
  PetscFunctionBeginUser;
  for (int64_t c = 0; c < h->chains; c++)
    for (int64_t r = 0; r < h->rows; r++)
      x[c * h->rows + r] = of_row(h->value + (c * h->capacity + r) * SQ_HISTORY_COLUMNS, what);
  const double *column[] = {x};
  sq_series series = {.n = h->chains * h->rows, .column = column, .chains = (int)h->chains, .length = length};
  PetscCall(sq_gamma(&series, NULL, e));
  PetscFunctionReturn(0);
}

/* Rows are stride trajectories apart: 1/2 + a sum over rows becomes 1/2 + stride times that. */
static PetscErrorCode look_at(sq_monitor *m, const sq_history *h, double stride)
{
  PetscFunctionBeginUser;
  enum { SLOW = 3, ALL };
  double *x;
  int64_t *length;
  sq_estimate e;
  PetscCall(sq_alloc(h->chains * h->rows, &x));
  PetscCall(sq_alloc(h->chains, &length));
  for (int64_t c = 0; c < h->chains; c++) length[c] = h->rows;
  m->tau_int = m->tau_int_error = NAN;
  for (int what = 0; what < ALL; what++) {
    PetscCall(estimate(h, what, x, length, &e));
    double tau = 0.5 + stride * (e.tau_int - 0.5);
    if (what < SLOW && !(m->tau_int >= tau)) m->tau_int = tau, m->tau_int_error = stride * e.tau_int_error;
    if (what == SLOW) m->schwinger_dyson = e.value, m->schwinger_dyson_error = e.error;
  }
  sq_free(&x);
  sq_free(&length);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_monitor_look(sq_monitor *m, sq_hmc *hmc, bool now)
{
  PetscFunctionBeginUser;
  sq_history history;
  int64_t rows = hmc->series.rows;
  PetscCall(sq_hmc_counts(hmc, &m->counts));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &rows, 1, MPI_INT64_T, MPI_MAX, hmc->grid->world));
  if (rows < 2 || (!now && rows < m->next_look)) PetscFunctionReturn(0);
  m->next_look = rows < SQ_HISTORY_ROWS / 2 ? rows * 5 / 4 : SQ_HISTORY_ROWS / 2; /* a full series is thinned to half */
  PetscCall(sq_hmc_gather_series(hmc, &history));
  double stride = history.value[SQ_HISTORY_COLUMNS + SQ_HISTORY_TRAJECTORY] - history.value[SQ_HISTORY_TRAJECTORY];
  PetscCall(look_at(m, &history, stride));
  sq_history_clear(&history);
  PetscFunctionReturn(0);
}

/* ---- what it says ---- */

/* <exp(-dH)>, NaN without decisions. */
static double exp_mean(const sq_monitor *m, double *error)
{
  double mean = sq_metropolis_exp_mean(&m->counts, error);
  if (!m->decides) mean = *error = NAN;
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
  text[0] = 0;
  if (m->decides)
    used = (size_t)snprintf(text, size, "acceptance %.3f  <exp(-dH)> %.4f(%.4f)  ", acceptance(m), mean, error);
  if (used < size)
    used += (size_t)snprintf(text + used, size - used, "Schwinger-Dyson %.4f(%.4f)  tau_int %.2g(%.1g)",
                             m->schwinger_dyson, m->schwinger_dyson_error, m->tau_int, m->tau_int_error);
  if (m->reversible && used < size)
    snprintf(text + used, size - used, "  reversible to %.0e", m->checks > 0 ? m->deviation : NAN);
}

/* JSON has no NaN. */
static int member(char *text, size_t size, const char *name, double value)
{
  return isfinite(value) ? snprintf(text, size, ", \"%s\": %.6g", name, value) :
                           snprintf(text, size, ", \"%s\": null", name);
}

void sq_monitor_json(const sq_monitor *m, char *text, size_t size)
{
  double error, mean = exp_mean(m, &error);
  const struct {
    const char *name;
    double value;
  } members[] = {{"acceptance", acceptance(m)},
                 {"exp_minus_dH", mean},
                 {"exp_minus_dH_error", error},
                 {"schwinger_dyson", m->schwinger_dyson},
                 {"schwinger_dyson_error", m->schwinger_dyson_error},
                 {"tau_int", m->tau_int},
                 {"tau_int_error", m->tau_int_error},
                 {"reversibility", m->checks > 0 ? m->deviation : NAN}};
  size_t at = 0;
  text[0] = 0;
  for (size_t i = 0; i < sizeof members / sizeof *members && at < size; i++)
    at += (size_t)member(text + at, size - at, members[i].name, members[i].value);
}

PetscErrorCode sq_monitor_keep(const sq_monitor *m, sq_records *records)
{
  PetscFunctionBeginUser;
  double error, mean = exp_mean(m, &error);
  PetscCall(sq_records_put_real(records, "acceptance_production", acceptance(m)));
  PetscCall(sq_records_put_real(records, "exp_minus_dH", mean));
  PetscCall(sq_records_put_real(records, "exp_minus_dH_error", error));
  PetscCall(sq_records_put_real(records, "tau_int_production", m->tau_int));
  PetscCall(sq_records_put_real(records, "tau_int_production_error", m->tau_int_error));
  PetscCall(sq_records_put_real(records, "reversibility", m->checks > 0 ? m->deviation : NAN));
  PetscCall(sq_records_put_real(records, "reversibility_checks", m->checks));
  PetscFunctionReturn(0);
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
