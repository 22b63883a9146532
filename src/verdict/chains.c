/* SPDX-License-Identifier: BSD-3-Clause */
/* Verdicts on Markov chains: are they long enough for their own errors, and had they forgotten their start? */
#include "src/ensemble/correction.h"
#include "src/verdict/verdict.h"
#include <math.h>
#include <string.h>

/* ---- length ---- */

/* Whether a number is 0 in every field, as the particle number is at mu = 0: it has no time. */
static bool is_absent(const sq_estimate *e)
{
  return e->value == 0 && isnan(e->tau_int);
}

/* The observable that moves most slowly; where some autocorrelation cannot be told, the first such one, known: false.
 */
static const char *slowest(const sq_obs_table *table, double *tau, bool *known)
{
  const sq_estimate *e[SQ_OBS_ROWS];
  const char *name[SQ_OBS_ROWS];
  int unknown, count = 0;
  for (int i = 0; i < table->count; i++) {
    if (is_absent(&table->row[i].estimate)) continue;
    name[count] = table->row[i].name;
    e[count++] = &table->row[i].estimate;
  }
  int i = sq_slowest(count, e, &unknown);
  *known = unknown < 0;
  if (!*known) i = unknown;
  *tau = i < 0 ? 0 : e[i]->tau_int;
  return i < 0 ? "" : name[i];
}

static int count_chains(const sq_ensemble *e)
{
  int chains = 1;
  for (int64_t i = 1; i < e->count; i++) chains += e->chain[i] != e->chain[i - 1];
  return chains;
}

/* Independent fields: their error is the scatter of so few that it tells next to nothing. Weights are judged apart. */
static PetscErrorCode check_number(const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  if (e->weighed || e->count >= SQ_INDEPENDENT_LEAST) PetscFunctionReturn(0);
  PetscCall(sq_verdict_add(v, e->name, "length", (double)e->count, SQ_INDEPENDENT_LEAST, false,
                           "%lld configuration%s TOO FEW to tell errors: at least %d", (long long)e->count,
                           e->count > 1 ? "s are" : " is", SQ_INDEPENDENT_LEAST));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_check_length(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  double tau;
  bool known;
  char what[96];
  (void)run;
  if (!e->chain) PetscCall(check_number(e, v));
  if (!e->chain) PetscFunctionReturn(0);
  int chains = count_chains(e);
  const char *name = slowest(&e->table, &tau, &known);
  double length = known ? (double)e->count / tau : NAN;
  snprintf(what, sizeof what, "%lld configurations in %d chain%s are", (long long)e->count, chains,
           chains > 1 ? "s" : "");
  if (length >= SQ_TAUS_TRUSTED)
    PetscCall(sq_verdict_add(v, e->name, "length", length, SQ_TAUS_TRUSTED, true,
                             "%s %.0f autocorrelation times of the slowest observable (%s, tau_int %.3g): long enough",
                             what, length, name, tau));
  else if (known)
    PetscCall(sq_verdict_add(v, e->name, "length", length, SQ_TAUS_TRUSTED, false,
                             "%s TOO SHORT: fewer than %d autocorrelation times of %s (tau_int %.3g); its error is not "
                             "to be trusted",
                             what, SQ_TAUS_TRUSTED, name, tau));
  else
    PetscCall(sq_verdict_add(v, e->name, "length", length, SQ_TAUS_TRUSTED, false,
                             "%s TOO SHORT: the autocorrelation of %s cannot be told; its error is not to be trusted",
                             what, name));
  PetscFunctionReturn(0);
}

/* ---- the start ---- */

static PetscErrorCode check_starts(const sq_ensemble *e, const char *key, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  if (isnan(e->disagreement))
    PetscCall(sq_verdict_add(v, e->name, "starts", NAN, sq_sigmas_starts, false,
                             "NOT THERMALISED: hot and ordered starts could not be compared: raise %s", key));
  else
    PetscCall(sq_verdict_add(v, e->name, "starts", e->disagreement, sq_sigmas_starts, false,
                             "NOT THERMALISED: hot and ordered starts disagree by %.1f combined errors: raise %s",
                             e->disagreement, key));
  PetscFunctionReturn(0);
}

/* Why fewer than ten autocorrelation times were enough. */
static const char *by_error(double lengths)
{
  return lengths < SQ_TAUS_TO_FORGET ? "; ten of it, within two of its errors" : "";
}

/* Of HMC and Langevin ensembles. */
PetscErrorCode sq_check_thermalised(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  if (!e->chain || isnan(e->thermalisation)) PetscFunctionReturn(0);
  const bool mc = run && isnan(e->order) && !strcmp(sq_run_ensemble_section(run), "mc");
  sq_hmc_settings set;
  if (mc) PetscCall(sq_run_ensemble_settings(run, &set));
  bool agree = e->disagreement < sq_sigmas_starts; /* false if that is not known */
  bool forgotten = sq_start_forgotten(e->thermalisation, e->tau_int, e->tau_int_error);
  const char *unit = mc              ? set.dynamics->unit :
                     isnan(e->order) ? "trajectories" :
                                       "intervals",
             *key = mc              ? "mc.thermalisation" :
                    isnan(e->order) ? "hmc.thermalisation" :
                                      "langevin.thermalisation";
  if (!agree) PetscCall(check_starts(e, key, v));
  if (agree && forgotten)
    PetscCall(sq_verdict_add(v, e->name, "thermalised", e->thermalisation / e->tau_int, SQ_TAUS_TO_FORGET, true,
                             "thermalised (%.0f %s, tau_int %.3g%s)", e->thermalisation, unit, e->tau_int,
                             by_error(e->thermalisation / e->tau_int)));
  else if (isnan(e->tau_int))
    PetscCall(sq_verdict_add(v, e->name, "thermalised", NAN, SQ_TAUS_TO_FORGET, false,
                             "NOT THERMALISED, as far as is known: its autocorrelation time cannot be told"));
  else if (!forgotten)
    PetscCall(sq_verdict_add(v, e->name, "thermalised", e->thermalisation / e->tau_int, SQ_TAUS_TO_FORGET, false,
                             "NOT THERMALISED: %.0f %s of it are less than %d autocorrelation times (%.3g): raise %s",
                             e->thermalisation, unit, SQ_TAUS_TO_FORGET, e->tau_int, key));
  PetscFunctionReturn(0);
}

/* Whether a model of the type can begin with another one. */
static bool begins_with_another(const sq_model_type *type)
{
  for (const sq_param *p = type->params; p->key; p++)
    if (!strcmp(p->key, "start")) return true;
  return false;
}

/* What helps a model whose proposals have a heavy tail: what its type can. */
static const char *advise_model(const sq_run *run)
{
  const sq_model_type *type = run ? sq_run_model_type(run) : NULL;
  if (!type || !type->tractable) return "a better model, or correct.method: partial";
  if (sq_model_has_blocks(type)) return "train it longer, or take correct.method: partial";
  if (begins_with_another(type))
    return "train it longer, begin with a model of a smaller lattice (model.start), or take another model.type";
  return "train it longer, or take a smaller lattice or another model.type";
}

/* Of independence chains: a proposal that is worth many others keeps the chain for as long, and the largest of them may
 * not have come yet, which no tau_int shows. */
PetscErrorCode sq_check_proposals(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  if (!e->chain || isnan(e->proposals_k_hat)) PetscFunctionReturn(0);
  if (e->proposals_k_hat <= e->proposals_most_k)
    PetscCall(sq_verdict_add(v, e->name, "proposals", e->proposals_k_hat, e->proposals_most_k, true,
                             "the weights of its proposals have no heavy tail (k-hat %.2f, limit %.2f)",
                             e->proposals_k_hat, e->proposals_most_k));
  else
    PetscCall(sq_verdict_add(v, e->name, "proposals", e->proposals_k_hat, e->proposals_most_k, false,
                             "the weights of its proposals have a HEAVY TAIL (k-hat %.2f, limit %.2f): fields that the "
                             "model does not make are missing, and errors are too small: %s",
                             e->proposals_k_hat, e->proposals_most_k, advise_model(run)));
  PetscFunctionReturn(0);
}

/* What helps a corrected chain that needs so much longer a start. Proposals are fields that were generated. */
static void advise_start(const sq_ensemble *e, double wanted, char text[128])
{
  if (isnan(e->moves)) snprintf(text, 128, "generate more fields");
  else if (isnan(wanted)) snprintf(text, 128, "raise correct.thermalisation");
  else snprintf(text, 128, "raise correct.thermalisation, to %.0f moves or more", ceil(wanted * e->moves));
}

/* Of corrected chains. */
PetscErrorCode sq_check_burn_in(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  const char *name;
  char advice[128];
  const sq_estimate *x = sq_correct_slowest(e, &name);
  (void)run;
  if (!e->chain || isnan(e->burn_in) || !x) PetscFunctionReturn(0);
  double lengths = e->burn_in / x->tau_int;
  advise_start(e, SQ_TAUS_TO_FORGET * x->tau_int, advice);
  if (sq_start_forgotten(e->burn_in, x->tau_int, x->tau_int_error))
    PetscCall(sq_verdict_add(v, e->name, "burn_in", lengths, SQ_TAUS_TO_FORGET, true,
                             "the start is forgotten: %.3g times tau_int of %s were discarded%s", lengths, name,
                             by_error(lengths)));
  else
    PetscCall(sq_verdict_add(v, e->name, "burn_in", lengths, SQ_TAUS_TO_FORGET, false,
                             "the start is NOT FORGOTTEN: only %.3g times tau_int of %s were discarded, fewer than "
                             "%d: %s",
                             lengths, name, SQ_TAUS_TO_FORGET, advice));
  PetscFunctionReturn(0);
}

/* Of what Langevin ensembles of several step sizes lead to, after those: it is worth what they are. */
PetscErrorCode sq_check_step_sizes(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  const char *name = NULL;
  (void)run;
  if (!(e->eps == 0 && e->order >= 0)) PetscFunctionReturn(0);
  for (const sq_verdict *row = v->row; row < v->row + v->count; row++)
    if (!row->passed && !strncmp(row->ensemble, "langevin-", 9) && !strstr(row->ensemble, "-test"))
      name = row->ensemble;
  if (name)
    PetscCall(sq_verdict_add(v, e->name, "step_sizes", NAN, NAN, false,
                             "NOT TO BE TRUSTED: it is extrapolated from ensembles that failed a check, %s among them",
                             name));
  PetscFunctionReturn(0);
}
