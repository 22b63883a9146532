/* The verdict on a Markov chain: is it long enough for its own errors, and had it forgotten its start? */
#include "src/ensemble/ensemble.h"
#include <math.h>

/* The observable that moves most slowly; where some autocorrelation cannot be told, the first such one, known: false.
 */
static const char *slowest(const sq_obs_table *table, double *tau, bool *known)
{
  const sq_estimate *e[SQ_OBS_ROWS];
  int unknown;
  for (int i = 0; i < table->count; i++) e[i] = &table->row[i].estimate;
  int i = sq_slowest(table->count, e, &unknown);
  *known = unknown < 0;
  if (!*known) i = unknown;
  *tau = i < 0 ? 0 : e[i]->tau_int;
  return i < 0 ? "" : table->row[i].name;
}

static int count_chains(const sq_ensemble *e)
{
  int chains = 1;
  for (int64_t i = 1; i < e->count; i++) chains += e->chain[i] != e->chain[i - 1];
  return chains;
}

/* Adds what is wrong with the thermalisation of an HMC ensemble; returns whether anything is. */
static PetscErrorCode thermalisation(const sq_run *run, const sq_ensemble *e, sq_text *out, bool *fine)
{
  PetscFunctionBeginUser;
  bool broken = sq_action_ordered_value(&run->action) >
                0; /* there hot starts stay in domain states: they say nothing */
  double tau = e->tau_int - (isnan(e->tau_int_error) ? 0 : 2 * e->tau_int_error); /* surely at least this */
  bool brief = !(e->thermalisation >= SQ_TAUS_TO_FORGET * tau);
  const char *unit = isnan(e->order) ? "trajectories" : "intervals",
             *key = isnan(e->order) ? "hmc.thermalisation" : "langevin.thermalisation";
  *fine = !brief && (broken || e->disagreement < sq_sigmas_starts);
  if (*fine) {
    PetscCall(sq_text_add(out, "; thermalised (%.0f %s, tau_int %.3g)", e->thermalisation, unit, e->tau_int));
    PetscFunctionReturn(0);
  }
  PetscCall(sq_text_add(out, "; NOT THERMALISED: "));
  if (brief)
    PetscCall(sq_text_add(out, "%.0f %s of it are less than %d autocorrelation times (%.3g): raise %s",
                          e->thermalisation, unit, SQ_TAUS_TO_FORGET, e->tau_int, key));
  else if (isnan(e->disagreement))
    PetscCall(sq_text_add(out, "hot and ordered starts could not be compared: raise %s", key));
  else
    PetscCall(
      sq_text_add(out, "hot and ordered starts disagree by %.1f combined errors: raise %s", e->disagreement, key));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_verdict(const sq_run *run, const sq_ensemble *e, sq_text *out, bool *trusted)
{
  PetscFunctionBeginUser;
  double tau;
  bool known, thermal = true;
  *trusted = true;
  if (!e->chain) PetscFunctionReturn(0);
  int chains = count_chains(e);
  const char *name = slowest(&e->table, &tau, &known);
  bool enough = known && (double)e->count >= SQ_TAUS_ENOUGH * tau;
  PetscCall(sq_text_add(out, "%s: %lld configurations in %d chain%s ", e->name, (long long)e->count, chains,
                        chains > 1 ? "s" : ""));
  if (enough)
    PetscCall(sq_text_add(out,
                          "are %.0f autocorrelation times of the slowest observable (%s, tau_int %.3g): long enough",
                          (double)e->count / tau, name, tau));
  else if (known)
    PetscCall(sq_text_add(out,
                          "are TOO SHORT: fewer than %d autocorrelation times of %s (tau_int %.3g); its error is not "
                          "to be trusted",
                          SQ_TAUS_ENOUGH, name, tau));
  else
    PetscCall(sq_text_add(
      out, "are TOO SHORT: the autocorrelation of %s cannot be told; its error is not to be trusted", name));
  if (!isnan(e->thermalisation)) PetscCall(thermalisation(run, e, out, &thermal));
  *trusted = enough && thermal;
  PetscFunctionReturn(0);
}

static PetscErrorCode add_rows(const sq_ensemble *e, sq_text *out)
{
  PetscFunctionBeginUser;
  char text[64];
  PetscCall(sq_text_add(out, "%-16s  %18s  tau_int of configurations\n", e->name, "value"));
  for (int i = 0; i < e->table.count; i++) {
    const sq_estimate *x = &e->table.row[i].estimate;
    sq_value_text(x, text, sizeof text);
    PetscCall(
      sq_text_add(out, "  %-14s  %18s  %.3g(%.1g)\n", e->table.row[i].name, text, x->tau_int, x->tau_int_error));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_verdict_table(const sq_run *run, const char *path)
{
  PetscFunctionBeginUser;
  sq_ensemble ensembles[SQ_IO_GROUPS] = {0};
  int count;
  PetscCall(sq_run_reading(run, path, ensembles, &count));
  for (int i = 0; i < count; i++) {
    sq_text rows = {0}, line = {0};
    bool trusted;
    if (i == 0) {
      PetscCall(add_rows(&ensembles[i], &rows));
      sq_info("%s", rows.text);
    }
    PetscCall(sq_verdict(run, &ensembles[i], &line, &trusted));
    if (line.text) sq_log(trusted ? SQ_INFO : SQ_WARN, "verdict: %s", line.text);
    sq_text_clear(&rows);
    sq_text_clear(&line);
  }
  PetscFunctionReturn(0);
}
