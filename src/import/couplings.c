/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether configurations are those of the action and couplings of the deck, by Schwinger-Dyson equations. */
#include "src/import/conventions.h"
#include "src/import/look.h"
#include <math.h>

/* Contradictions below the first of these are refused, doubts below the second are told: one in 10^4 and one in 100 of
 * good ensembles. */
static const double p_contradict = 1e-4, p_doubt = 0.01;

static PetscErrorCode judge(const sq_look *l, const sq_series *all, int which, sq_identity_result *result)
{
  PetscFunctionBeginUser;
  sq_series series = *all;
  int at = l->columns;
  for (int d = 0; d < which; d++) at += l->identity[d].numbers;
  series.column = all->column + at;
  PetscCall(sq_identity_judge(&l->identity[which], &series, result));
  PetscFunctionReturn(0);
}

/* "kappa 1.2, lambda -0.3, scale 0.1" and "kappa = 0.2101(3), lambda = 0.022(1)". */
static void write_down(const sq_identity *d, const sq_identity_result *result, char sigmas[SQ_ARRAY_TEXT],
                       char couplings[SQ_ARRAY_TEXT])
{
  const sq_action *action = &d->action;
  size_t n = 0, m = 0;
  for (int a = 0; a < result->couplings; a++) {
    const char *key = action->type->params[result->parameter[a]].key;
    char value[64];
    sq_value_text(&result->coupling[a], value, sizeof value);
    n += (size_t)snprintf(sigmas + n, SQ_ARRAY_TEXT - n, "%s%s %.1f", a ? ", " : "", key, result->sigmas[a]);
    if (!isnan(result->coupling[a].value)) /* else others say the same */
      m += (size_t)snprintf(couplings + m, SQ_ARRAY_TEXT - m, "%s%s = %s", m ? ", " : "", key, value);
  }
  if (!m) snprintf(couplings, SQ_ARRAY_TEXT, "couplings that cannot be told apart");
  for (int e = 0; e < d->extras; e++)
    n += (size_t)snprintf(sigmas + n, SQ_ARRAY_TEXT - n, "%s%s %.1f", n ? ", " : "", d->extra[e],
                          result->sigmas[result->couplings + e]);
}

/* Where equations bend with the couplings, those that the fields have are found step by step: each look is at those
 * found by the one before, no more than half of their size away, and `unit` where that is nothing. */
static PetscErrorCode go_there(sq_look *l, const sq_series *series, sq_identity_result *result)
{
  PetscFunctionBeginUser;
  enum { LOOKS = 12 };
  const double unit = 0.1, settled = 0.2;
  sq_identity *d = &l->identity[0];
  const sq_action deck = d->action;
  bool far = !d->kind->linear;
  for (int look = 0; look < LOOKS && far; look++) {
    sq_action next = d->action;
    char reason[SQ_ARRAY_TEXT];
    far = false;
    for (int a = 0; a < d->couplings; a++) {
      double *g = &next.value[d->parameter[a]];
      const double step = result->coupling[a].value - *g, most = fmax(unit, fabs(*g) / 2);
      if (isnan(step)) continue;
      far = far || !(fabs(step) < settled * result->coupling[a].error);
      *g += fmax(-most, fmin(step, most));
    }
    if (!far || (next.type->valid && !next.type->valid(&next, reason, sizeof reason))) break;
    d->action = next;
    PetscCall(sq_look_again(l));
    PetscCall(judge(l, series, 0, result));
  }
  d->action = deck;
  PetscFunctionReturn(0);
}

static PetscErrorCode contradict(sq_look *l, const sq_series *series, const char *sigmas, sq_identity_result *result)
{
  PetscFunctionBeginUser;
  const sq_action *action = &l->source.action;
  char unused[SQ_ARRAY_TEXT] = "", couplings[SQ_ARRAY_TEXT] = "";
  char about[SQ_ARRAY_TEXT], other[SQ_CONVENTION_TEXT] = "";
  sq_identity_result general;
  sq_action_describe(action, about, sizeof about);
  PetscCall(go_there(l, series, result));
  write_down(&l->identity[0], result, unused, couplings);
  if (l->identity[1].numbers) {
    PetscCall(judge(l, series, 1, &general));
    sq_convention_suggest(action, general.coupling, other);
  }
  PetscCall(sq_look_refuse(l,
                           "the fields are NOT THOSE OF THE ACTION %s: its Schwinger-Dyson equations are off by %s "
                           "sigma. "
                           "%s%s%s: give these couplings, or look at the normalisation (doc/import.md)",
                           about, sigmas, other[0] ? "" : "They look like ", other[0] ? "But " : couplings, other));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_look_couplings(sq_look *l, const sq_series *series)
{
  PetscFunctionBeginUser;
  char sigmas[SQ_ARRAY_TEXT] = "", couplings[SQ_ARRAY_TEXT] = "";
  sq_identity_result result;
  if (!l->identity[0].numbers) {
    sq_info("import: nothing is known that could tell whether these fields are of the action %s%s",
            l->source.action.type->name, sq_action_known(&l->source.action) ? "" : ": they are taken as they are");
    PetscFunctionReturn(0);
  }
  PetscCall(judge(l, series, 0, &result));
  write_down(&l->identity[0], &result, sigmas, couplings);
  if (isnan(result.p))
    sq_warn("import: too few fields to tell by Schwinger-Dyson equations whether they are of the action (%s sigma)",
            sigmas);
  else if (result.p < p_contradict) PetscCall(contradict(l, series, sigmas, &result));
  else if (result.p < p_doubt)
    sq_warn("import: Schwinger-Dyson equations are off by %s sigma (p = %.2g), which is rare where the couplings are "
            "right; by them the fields have %s",
            sigmas, result.p, couplings);
  else
    sq_info("import: Schwinger-Dyson equations hold (%s sigma, p = %.2g); by them the fields have %s", sigmas, result.p,
            couplings);
  PetscFunctionReturn(0);
}
