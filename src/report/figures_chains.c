/* What figures about chains and about the worth of models are drawn from. */
#include "squall/hmc.h"
#include "src/report/report.h"
#include <math.h>
#include <string.h>

enum { LAGS = 200, CHAIN = 0, FIRST = 2, ENOUGH = 16 };

/* ---- autocorrelation ---- */

/* A chain's observable: rows of it, `stride` updates of `seconds` core-seconds apart. */
typedef struct {
  int64_t rows;
  double *chain, *x; /* [rows], owned */
  double stride, seconds;
} track;

static PetscErrorCode make_track(int64_t rows, track *t)
{
  PetscFunctionBeginUser;
  *t = (track){.rows = rows};
  PetscCall(sq_alloc(rows, &t->chain));
  PetscCall(sq_alloc(rows, &t->x));
  PetscFunctionReturn(0);
}

static void free_track(track *t)
{
  sq_free(&t->chain);
  sq_free(&t->x);
}

/* A block of updates, rho, error, core-seconds. unit: of its tau_int. */
static PetscErrorCode add_rho(const track *t, const char *name, const char *unit, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_chains chains;
  sq_estimate mean;
  double *sorted, rho[LAGS], error[LAGS];
  PetscCall(sq_alloc(t->rows, &sorted));
  PetscCall(sq_chains_create(t->rows, t->chain, &chains));
  sq_chains_gather(&chains, t->x, sorted);
  sq_series series = {
    .n = t->rows, .column = (const double *const[]){sorted}, .chains = chains.chains, .length = chains.length};
  PetscCall(sq_gamma(&series, NULL, &mean));
  PetscCall(sq_autocorrelation(&series, NULL, LAGS, rho, error));
  int64_t count = PetscMin((int64_t)LAGS, PetscMax(10, (int64_t)(8 * mean.tau_int)));
  PetscCall(sq_text_add(out, "# %s: tau_int = %.2f +- %.2f%s", name, t->stride * mean.tau_int,
                        t->stride * mean.tau_int_error, unit));
  if (unit[0] && isfinite(t->seconds))
    PetscCall(sq_text_add(out, ", %.3g core-seconds", t->stride * mean.tau_int * t->seconds));
  PetscCall(sq_text_add(out, "\n"));
  for (int64_t i = 0; i < count; i++)
    PetscCall(sq_text_add(out, "%.6g %.5g %.3g %.5g\n", t->stride * (double)i, rho[i], error[i],
                          t->stride * (double)i * t->seconds));
  PetscCall(sq_text_add(out, "\n\n"));
  sq_chains_destroy(&chains);
  sq_free(&sorted);
  PetscFunctionReturn(0);
}

/* A column of the production series of Monte Carlo. */
static PetscErrorCode track_of_production(const sq_report *r, int column, bool absolute, track *t)
{
  PetscFunctionBeginUser;
  const sq_rows *p = &r->production;
  PetscCall(make_track(p->rows, t));
  for (int64_t i = 0; i < p->rows; i++) {
    double value = p->value[i * p->columns + FIRST + column];
    t->chain[i] = p->value[i * p->columns + CHAIN];
    t->x[i] = absolute ? fabs(value) : value;
  }
  t->stride = p->rows > 1 ?
                p->value[p->columns + FIRST + SQ_HISTORY_TRAJECTORY] - p->value[FIRST + SQ_HISTORY_TRAJECTORY] :
                1;
  t->seconds = NAN;
  for (int i = 0; i < r->ensembles; i++)
    if (!strcmp(r->ensemble[i].name, "training")) t->seconds = r->ensemble[i].core_seconds;
  PetscFunctionReturn(0);
}

static PetscErrorCode track_of_ensemble(const sq_ensemble *e, bool absolute, track *t)
{
  PetscFunctionBeginUser;
  PetscCall(make_track(e->count, t));
  memcpy(t->chain, e->chain, (size_t)e->count * sizeof *t->chain);
  for (int64_t i = 0; i < e->count; i++) t->x[i] = absolute ? fabs(e->column[SQ_OBS_M][i]) : e->column[SQ_OBS_M][i];
  t->stride = isnan(e->updates) ? 1 : e->updates;
  t->seconds = e->core_seconds;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_autocorrelation_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  track t;
  if (r->production.rows < 8) PetscFunctionReturn(0);
  PetscCall(track_of_production(r, SQ_HISTORY_M, true, &t));
  PetscCall(add_rho(&t, "|M|", "", out));
  free_track(&t);
  PetscCall(track_of_production(r, SQ_HISTORY_ACTION, false, &t));
  PetscCall(add_rho(&t, "S", "", out));
  free_track(&t);
  PetscFunctionReturn(0);
}

/* The first ensemble of that name, or whose name begins so, that is a chain of some length; NULL if there is none. */
static const sq_ensemble *find_chain(const sq_report *r, const char *name)
{
  for (int i = 0; i < r->ensembles; i++)
    if (!strncmp(r->ensemble[i].name, name, strlen(name)) && r->ensemble[i].chain && r->ensemble[i].count >= ENOUGH)
      return &r->ensemble[i];
  return NULL;
}

static PetscErrorCode add_chain(const sq_ensemble *e, const char *name, const char *unit, sq_text *out)
{
  PetscFunctionBeginUser;
  track t;
  char text[SQ_IO_NAME + 16];
  for (int absolute = 0; absolute < 2; absolute++) {
    snprintf(text, sizeof text, "%s, %s", name, absolute ? "|M|" : "M");
    PetscCall(track_of_ensemble(e, absolute, &t));
    PetscCall(add_rho(&t, text, unit, out));
    free_track(&t);
  }
  PetscFunctionReturn(0);
}

/* Hybrid Monte Carlo, the Langevin equation with its smallest step, and the corrected chain: those that there are, if
 * two. */
PetscErrorCode sq_chains_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  const sq_ensemble *corrected = find_chain(r, "corrected"), *langevin = find_chain(r, "langevin-");
  bool hybrid = find_chain(r, "training") && r->production.rows >= ENOUGH;
  track t;
  if (hybrid + !!corrected + !!langevin < 2) PetscFunctionReturn(0);
  for (int absolute = 0; absolute < 2 && hybrid; absolute++) {
    PetscCall(track_of_production(r, SQ_HISTORY_M, absolute, &t));
    PetscCall(add_rho(&t, absolute ? "hybrid Monte Carlo, |M|" : "hybrid Monte Carlo, M", " trajectories", out));
    free_track(&t);
  }
  if (langevin) PetscCall(add_chain(langevin, langevin->name, " intervals", out));
  if (corrected) PetscCall(add_chain(corrected, "corrected", " steps", out));
  PetscFunctionReturn(0);
}

/* ---- what models are worth ---- */

/* step,core_seconds,fields,ess,acceptance,spread -> step, seconds, ess, acceptance */
static PetscErrorCode training_row(const char *text, void *context)
{
  PetscFunctionBeginUser;
  double step, seconds, ess, acceptance;
  if (sscanf(text, "%lf,%lf,%*[^,],%lf,%lf", &step, &seconds, &ess, &acceptance) == 4)
    PetscCall(sq_text_add(context, "%.0f %.6g %.6g %.6g\n", step, seconds, ess, acceptance));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_training_worth_data(const sq_report *r, sq_text *out)
{
  return sq_report_lines(r, "training_worth.csv", training_row, out);
}

typedef struct {
  sq_text *out;
  double scale; /* spread/sqrt(V) of the last */
  bool known;   /* then rows are added */
} volumes;

static PetscErrorCode volume_row(const char *text, void *context)
{
  PetscFunctionBeginUser;
  volumes *v = context;
  double sites, ess, acceptance, spread;
  if (sscanf(text, "%lf,%*[^,],%*[^,],%lf,%lf,%lf", &sites, &ess, &acceptance, &spread) != 4) PetscFunctionReturn(0);
  if (!v->known) v->scale = spread / sqrt(sites);
  else
    PetscCall(
      sq_text_add(v->out, "%.0f %.6g %.6g %.6g %.6g\n", sites, ess, acceptance, spread, v->scale * sqrt(sites)));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_volume_worth_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  volumes v = {.out = out};
  PetscCall(sq_report_lines(r, "volume_worth.csv", volume_row, &v));
  v.known = true;
  PetscCall(sq_report_lines(r, "volume_worth.csv", volume_row, &v));
  PetscFunctionReturn(0);
}
