/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether configurations can be what the deck says they are: numbers, fields that are there twice, their order. */
#include "src/import/look.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers ---- */

static PetscErrorCode check_numbers(const sq_look *l)
{
  PetscFunctionBeginUser;
  const sq_import_source *s = &l->source;
  const char *path = s->set.source.path, *theory = s->action.type->name;
  char name[SQ_ARRAY_TEXT];
  const double angles = (double)l->count * (double)l->chunks.numbers;
  sq_look_name(l, PetscMin(l->infinite, l->strange), name);
  SqCheck(l->infinite == l->count, s->run->world, SQ_ERR_DATA,
          "%s: %s has numbers that are not finite (nan or inf): leave it out, or look at how the file was written",
          path, name);
  SqCheck(l->strange == l->count || isnan(l->worst), s->run->world, SQ_ERR_DATA,
          "%s: %s has the number %.6g, which the action %s cannot have%s", path, name, l->worst, theory,
          s->action.type->space == &sq_space_sign ? ": spins are -1 and 1; for spins 0 and 1 give ensemble: {scale: 2, "
                                                    "shift: -1}" :
                                                    "");
  SqCheck(l->strange == l->count, s->run->world, SQ_ERR_DATA,
          "%s: %s is no field of the action %s: its action is not finite", path, name, theory);
  sq_info("import: all numbers are finite");
  if (l->wrapped)
    sq_info("import: %.3g %% of the angles were beyond [-pi, pi) and are taken modulo 2 pi; angles are in radians",
            100 * (double)l->wrapped / angles);
  PetscFunctionReturn(0);
}

/* ---- twice ---- */

typedef struct {
  uint64_t print;
  int64_t i;
} mark;

static int by_print(const void *a, const void *b)
{
  const mark *x = a, *y = b;
  if (x->print != y->print) return x->print < y->print ? -1 : 1;
  return x->i < y->i ? -1 : x->i > y->i;
}

/* Equal pairs of one kind, and the first of them. */
typedef struct {
  int64_t count, first, second;
} pairs;

static void add_pair(pairs *p, const mark *m)
{
  if (p->count++ == 0 || m[1].i < p->second) p->first = m[0].i, p->second = m[1].i;
}

/* stays: configurations that are the one before them in the chain again, as a rejected move leaves it; twice: all
 * others that are there twice. A few may come back soon: after rejected moves and a reflection that was taken back. */
static PetscErrorCode count_equal(const sq_look *l, int64_t *stays, pairs *twice)
{
  PetscFunctionBeginUser;
  enum { SOON = 8, FEW = 20 };
  const int64_t used = l->source.used;
  pairs soon = {0};
  mark *m;
  *stays = 0;
  *twice = (pairs){0};
  PetscCall(sq_alloc(l->count, &m));
  for (int64_t i = 0; i < l->count; i++) m[i] = (mark){l->print[i], i};
  qsort(m, (size_t)l->count, sizeof *m, by_print);
  for (int64_t k = 1; k < l->count; k++) {
    if (m[k].print != m[k - 1].print) continue;
    const int64_t apart = m[k].i / used == m[k - 1].i / used ? m[k].i - m[k - 1].i : INT64_MAX;
    if (apart == 1) ++*stays;
    else add_pair(apart <= SOON ? &soon : twice, &m[k - 1]);
  }
  sq_free(&m);
  if (soon.count <= PetscMax(1, l->count / FEW)) *stays += soon.count;
  else if (!twice->count || soon.second < twice->second)
    *twice = (pairs){twice->count + soon.count, soon.first, soon.second};
  else twice->count += soon.count;
  PetscFunctionReturn(0);
}

static PetscErrorCode check_twice(const sq_look *l)
{
  PetscFunctionBeginUser;
  int64_t stays;
  pairs twice;
  char first[SQ_ARRAY_TEXT], second[SQ_ARRAY_TEXT];
  if (sq_action_repeats(l->source.action.type)) PetscFunctionReturn(0); /* few states: they come again */
  PetscCall(count_equal(l, &stays, &twice));
  if (stays && stays == l->count - l->source.chains)
    PetscCall(sq_look_refuse(l, "all %lld configurations%s are THE SAME: were they ever written, or is this one array?",
                             (long long)l->source.used, l->source.chains > 1 ? " of every chain" : ""));
  else if (stays)
    sq_info("import: %lld configurations (%.3g %%) are one shortly before them again, as rejected moves leave it",
            (long long)stays, 100 * (double)stays / (double)l->count);
  if (!stays && !twice.count) sq_info("import: no configuration is there twice");
  if (!twice.count) PetscFunctionReturn(0);
  sq_look_name(l, twice.first, first);
  sq_look_name(l, twice.second, second);
  PetscCall(sq_look_refuse(l,
                           "%lld configurations are THERE TWICE, %s and %s first: errors would be too small, and "
                           "held-out "
                           "fields may have been learned from; leave the copies out",
                           (long long)twice.count, first, second));
  PetscFunctionReturn(0);
}

/* ---- order ---- */

/* Whether the products of numbers so far apart have a mean that many of them make: numbers that are rare, such as
 * windings, have large correlations by chance. */
static bool many_agree(const sq_series *series, int column, int lag)
{
  const double *x = series->column[column];
  double mean = 0, sum = 0, squares = 0;
  int64_t at = 0;
  for (int64_t i = 0; i < series->n; i++) mean += x[i] / (double)series->n;
  for (int r = 0; r < PetscMax(1, series->chains); r++) {
    const int64_t end = at + (series->length ? series->length[r] : series->n);
    for (int64_t i = at; i + lag < end; i++) {
      const double product = (x[i] - mean) * (x[i + lag] - mean);
      sum += product;
      squares += product * product;
    }
    at = end;
  }
  return sum > 6 * sqrt(squares);
}

/* Chains that are not in the order that is stated are seen by their memory, which falls with the distance: a memory
 * that is larger further away. */
static PetscErrorCode check_interleaved(const sq_look *l, const sq_series *series, int column, const char *name)
{
  PetscFunctionBeginUser;
  enum { LAGS = 129 };
  double rho[LAGS], error[LAGS];
  int at = 1;
  PetscCall(sq_autocorrelation(series, &(sq_derived){.primaries = 1, .column = &column}, LAGS, rho, error));
  for (int t = 2; t < LAGS; t++)
    if (rho[t] > rho[at]) at = t;
  if (at > 1 && rho[at] > 0.1 && rho[at] > rho[1] + 6 * error[at] + 6 * error[1] && many_agree(series, column, at))
    PetscCall(sq_look_refuse(l,
                             "the configurations are NOT IN THE ORDER of their chains: %s has autocorrelation %.2f "
                             "from "
                             "one to the next, and %.2f from one to the %dth after it; are they %d chains in turn? "
                             "ensemble: {chains: %d, order: interleaved}, if not, the other way round",
                             name, rho[1], rho[at], at, at, at));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_order(const sq_look *l, const sq_series *series)
{
  PetscFunctionBeginUser;
  const char *const *name = l->source.action.type->columns;
  sq_estimate slowest = {.tau_int = 0};
  int which = 0;
  char tau[64];
  for (int c = 0; c < l->columns; c++) {
    sq_estimate e;
    PetscCall(sq_gamma(series, &(sq_derived){.primaries = 1, .column = &c}, &e));
    if (e.tau_int > slowest.tau_int) slowest = e, which = c;
    PetscCall(check_interleaved(l, series, c, name[c]));
  }
  sq_tau_text(&slowest, tau, sizeof tau);
  if (!(slowest.tau_int > 0)) sq_warn("import: the autocorrelation of the configurations cannot be told");
  else if (!sq_estimate_long_enough(&slowest))
    sq_warn("import: %lld configurations are TOO FEW for their autocorrelation: tau_int of %s is %s; errors are not to "
            "be "
            "trusted: more configurations, or ensemble.chains if there are several chains",
            (long long)l->count, name[which], tau);
  else if (slowest.tau_int < 0.6)
    sq_info("import: neighbours do not remember each other (tau_int %s): independent, or not in the order of a chain",
            tau);
  else
    sq_info("import: tau_int of %s, the slowest, is %s configurations: %.0f of them in %d chain%s are long enough",
            name[which], tau, (double)l->count, l->source.chains, l->source.chains > 1 ? "s" : "");
  PetscFunctionReturn(0);
}

PetscErrorCode sq_look_check(sq_look *l)
{
  PetscFunctionBeginUser;
  const int chains = l->source.chains;
  int64_t *length;
  PetscCall(check_numbers(l));
  PetscCall(check_twice(l));
  PetscCall(sq_alloc(chains, &length));
  for (int r = 0; r < chains; r++) length[r] = l->source.used;
  const sq_series series = {.n = l->count,
                            .column = (const double *const *)l->number,
                            .chains = chains,
                            .length = length,
                            .constant_is_known = true};
  PetscErrorCode code = check_order(l, &series);
  if (!code) code = sq_look_couplings(l, &series);
  sq_free(&length);
  PetscCall(code);
  PetscFunctionReturn(0);
}
