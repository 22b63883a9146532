/* SPDX-License-Identifier: BSD-3-Clause */
/* The weights of Monte Carlo fields, and their file forward.h5.
 *
 * Weights of generated fields say nothing of what a model never gives: a model of one mode of two has a reverse
 * effective sample size near 1 and half of Z. Fields of p = e^{-S}/Z see it: with w = e^{-S}/q, E_p[1/w] = 1/Z if p has
 * all fields that q gives, and E_q[w^2]/E_q[w]^2 = E_p[w] E_p[1/w], whose inverse is the forward effective sample size
 * (K. A. Nicoli et al., Phys. Rev. D 108 (2023) 114501, arXiv:2302.14082). */
#include "src/ensemble/partition.h"
#include <math.h>
#include <string.h>

static const char file_name[] = "forward.h5", kind[] = "forward";

/* ---- where the fields are ---- */

PetscErrorCode sq_forward_find(const sq_run *run, sq_forward_source *f)
{
  PetscFunctionBeginUser;
  char samples[SQ_PATH];
  bool there, made;
  sq_records_info about = {0}, generated = {0};
  *f = (sq_forward_source){0};
  if (sq_run_ensemble_is_langevin(run)) PetscFunctionReturn(0);
  sq_run_ensemble(run, f->path);
  sq_run_path(run, "samples.h5", samples);
  PetscCall(sq_file_exists(run->world, f->path, &there));
  PetscCall(sq_file_exists(run->world, samples, &made));
  if (!there || !made) PetscFunctionReturn(0);
  PetscCall(sq_run_about(run, f->path, &about));
  PetscCall(sq_run_about(run, samples, &generated));
  f->group = about.groups > SQ_TESTING && about.group[SQ_TESTING].count ? SQ_TESTING : SQ_TRAINING;
  f->count = PetscMin(about.group[f->group].count, generated.group[0].count);
  f->wanted = f->count > 0 && about.dim == generated.dim && !strcmp(about.action, generated.action) &&
              !memcmp(about.extent, generated.extent, sizeof about.extent);
  f->fingerprint = sq_fingerprint_join(generated.fingerprint, about.fingerprint, SQ_PART_FORWARD);
  PetscFunctionReturn(0);
}

/* ---- the file ---- */

/* The file, if it is of the source; the store is the caller's where it was found. */
static PetscErrorCode open_file(const sq_run *run, const sq_forward_source *f, sq_store **store, bool *found)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  int64_t theirs;
  sq_run_path(run, file_name, path);
  PetscCall(sq_store_read(run->world, path, kind, false, store, found));
  if (!*found) PetscFunctionReturn(0);
  PetscCall(sq_store_int(*store, "fingerprint", &theirs));
  *found = (uint64_t)theirs == f->fingerprint && sq_store_length(*store, "log_weight") == f->count &&
           sq_store_length(*store, "chain") == f->count;
  if (!*found) PetscCall(sq_store_destroy(store));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_forward_finished(const sq_run *run, const sq_forward_source *f, bool *finished)
{
  PetscFunctionBeginUser;
  sq_store *store;
  PetscCall(open_file(run, f, &store, finished));
  if (*finished) PetscCall(sq_store_destroy(&store));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_forward_write(const sq_run *run, const sq_forward_source *f, const double *log_weight,
                                const double *chain)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH], *deck;
  sq_store *store;
  sq_run_path(run, file_name, path);
  PetscCall(sq_store_create(kind, &store));
  PetscCall(sq_store_put_int(store, "fingerprint", (int64_t)f->fingerprint));
  PetscCall(sq_deck_text_of(run->deck, NULL, false, &deck));
  PetscCall(sq_store_put_text(store, "deck", deck));
  PetscCall(sq_store_put_reals(store, "log_weight", 1, &f->count, log_weight));
  PetscCall(sq_store_put_reals(store, "chain", 1, &f->count, chain));
  PetscCall(sq_store_write(run->world, store, path, false));
  PetscCall(sq_store_destroy(&store));
  sq_free(&deck);
  PetscFunctionReturn(0);
}

static PetscErrorCode read_numbers(const sq_store *store, const char *name, int64_t count, double **to)
{
  PetscFunctionBeginUser;
  const double *from;
  PetscCall(sq_store_reals(store, name, count, &from));
  PetscCall(sq_alloc(count, to));
  memcpy(*to, from, (size_t)count * sizeof **to);
  PetscFunctionReturn(0);
}

/* ---- what they say ---- */

enum { WEIGHT, INVERSE, LOG_WEIGHT, UNSEEN, COLUMNS };

/* w and 1/w are in units of the largest ones, e^top and e^-bottom. */
typedef struct {
  double top, bottom;
} units;

static double ess_of(const double *mean, const void *context)
{
  const units *u = context;
  return exp(u->bottom - u->top) / (mean[0] * mean[1]);
}

static void ess_gradient(const double *mean, const void *context, double *gradient)
{
  for (int k = 0; k < 2; k++) gradient[k] = -ess_of(mean, context) / mean[k];
}

static double log_Z_of(const double *mean, const void *context)
{
  return ((const units *)context)->bottom - log(mean[0]);
}

static void log_Z_gradient(const double *mean, const void *context, double *gradient)
{
  (void)context;
  gradient[0] = -1 / mean[0];
}

static PetscErrorCode find(const sq_series *series, const sq_derived *derived, sq_estimate *out)
{
  PetscFunctionBeginUser;
  PetscCall(sq_gamma(series, derived, out));
  if (isnan(sq_estimate_known_error(out))) sq_estimate_unknown_error(out);
  PetscFunctionReturn(0);
}

/* The value that is no more than 1: without the correction of bias, which knows no such bound. */
static double plain_ess(const sq_series *s, const units *u)
{
  double mean[2] = {0};
  for (int64_t i = 0; i < s->n; i++)
    for (int k = 0; k < 2; k++) mean[k] += s->column[k][i] / (double)s->n;
  return fmin(1, ess_of(mean, u));
}

static PetscErrorCode find_all(const sq_series *s, const units *u, const sq_weights *inverse, sq_forward *f)
{
  PetscFunctionBeginUser;
  const sq_derived ess = {.primaries = 2, .function = ess_of, .gradient = ess_gradient, .context = u},
                   log_Z = {.primaries = 1,
                            .column = (const int[]){INVERSE},
                            .function = log_Z_of,
                            .gradient = log_Z_gradient,
                            .context = u},
                   upper = {.primaries = 1, .column = (const int[]){LOG_WEIGHT}},
                   unseen = {.primaries = 1, .column = (const int[]){UNSEEN}};
  PetscCall(find(s, &ess, &f->ess));
  PetscCall(find(s, &log_Z, &f->log_Z));
  PetscCall(find(s, &upper, &f->upper));
  PetscCall(find(s, &unseen, &f->unseen));
  f->ess.value = u->top < INFINITY ? plain_ess(s, u) : 0;
  if (f->weights.verdict != SQ_WEIGHTS_TRUSTED) sq_estimate_unknown_error(&f->ess);
  if (inverse->verdict != SQ_WEIGHTS_TRUSTED) sq_estimate_unknown_error(&f->log_Z);
  PetscFunctionReturn(0);
}

/* column[COLUMNS][n], sorted by chains. log q of a field that was drawn is another number than that of the same field
 * given, by rounding. */
static void fill(const sq_forward *f, const sq_chains *chains, double seen, const units *u, double *const column[])
{
  const double rounding = 1e-3;
  sq_chains_gather(chains, f->log_weight, column[LOG_WEIGHT]);
  for (int64_t i = 0; i < f->n; i++) {
    const double x = column[LOG_WEIGHT][i];
    column[WEIGHT][i] = x == u->top ? 1 : exp(x - u->top);
    column[INVERSE][i] = x == u->bottom ? 1 : exp(u->bottom - x);
    column[UNSEEN][i] = x > seen + rounding;
  }
}

/* seen: the largest log w of generated fields. */
static PetscErrorCode judge(double seen, sq_forward *f)
{
  PetscFunctionBeginUser;
  sq_chains chains;
  sq_weights inverse;
  double *column[COLUMNS], *minus;
  units u = {.top = -INFINITY, .bottom = INFINITY};
  PetscCall(sq_alloc(f->n, &minus));
  for (int64_t i = 0; i < f->n; i++) {
    u.top = fmax(u.top, f->log_weight[i]);
    u.bottom = fmin(u.bottom, f->log_weight[i]);
    minus[i] = -f->log_weight[i];
  }
  PetscCall(sq_weights_summary(f->n, f->log_weight, &f->weights));
  PetscCall(sq_weights_summary(f->n, minus, &inverse));
  PetscCall(sq_chains_create(f->n, f->chain, &chains));
  for (int k = 0; k < COLUMNS; k++) PetscCall(sq_alloc(f->n, &column[k]));
  fill(f, &chains, seen, &u, column);
  const sq_series series = {.n = f->n,
                            .column = (const double *const *)column,
                            .chains = chains.chains,
                            .length = chains.length,
                            .constant_is_known = true};
  PetscCall(find_all(&series, &u, &inverse, f));
  for (int k = 0; k < COLUMNS; k++) sq_free(&column[k]);
  sq_chains_destroy(&chains);
  sq_free(&minus);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_forward_read(const sq_run *run, const sq_ensemble *generated, sq_forward *f)
{
  PetscFunctionBeginUser;
  sq_forward_source source;
  sq_store *store;
  bool found;
  double seen = -INFINITY;
  *f = (sq_forward){0};
  PetscCall(sq_forward_find(run, &source));
  if (!source.wanted) PetscFunctionReturn(0);
  PetscCall(open_file(run, &source, &store, &found));
  if (!found) PetscFunctionReturn(0);
  f->n = source.count;
  f->held_out = source.group == SQ_TESTING;
  PetscCall(read_numbers(store, "log_weight", f->n, &f->log_weight));
  PetscCall(read_numbers(store, "chain", f->n, &f->chain));
  PetscCall(sq_store_destroy(&store));
  for (int64_t i = 0; i < generated->count; i++) seen = fmax(seen, generated->log_weight[i]);
  PetscCall(judge(seen, f));
  PetscCall(sq_weights_bridge(generated->count, generated->log_weight, f->n, f->log_weight, f->chain, &f->bridge));
  PetscFunctionReturn(0);
}
