/* SPDX-License-Identifier: BSD-3-Clause */
/* Verdicts on what is said to be exact: weights, the Schwinger-Dyson identity, <exp(-dH)>; each on an ensemble that is
 * right, one that is wrong, and one of which nothing is known. No number of sigmas is ever infinite. */
#include "src/verdict/verdict.h"
#include "tests/tap.h"
#include <string.h>

enum { N = 1000 };

/* An ensemble whose identity is value(error). */
static sq_ensemble ensemble(const char *name, double value, double error)
{
  sq_ensemble e = {.count = N,
                   .action = "phi4 kappa=0.2 lambda=0.1",
                   .dim = 2,
                   .theory = sq_action_described("phi4 kappa=0.2 lambda=0.1"),
                   .alpha = 1,
                   .acceptance = NAN,
                   .order = NAN,
                   .eps = NAN,
                   .exp_dH = NAN,
                   .invalid_share = NAN,
                   .table = {.count = 1}};
  snprintf(e.name, sizeof e.name, "%s", name);
  e.table.row[0].name = "schwinger_dyson";
  e.table.row[0].estimate = (sq_estimate){.value = value, .error = error, .tau_int = 0.5, .n = N, .window_found = true};
  return e;
}

/* The verdict of a check on it: its word, and what it says. */
static const char *word(sq_verdict_check *check, const sq_ensemble *e, const char *name, const char *says)
{
  static char result[32];
  sq_verdicts v = {0};
  TAP_CALL(check(NULL, e, &v));
  snprintf(result, sizeof result, "nothing");
  for (int i = 0; i < v.count; i++) {
    const sq_verdict *row = &v.row[i];
    if (strcmp(row->check, name)) continue;
    snprintf(result, sizeof result, "%s", sq_verdict_word(row));
    if (isinf(row->value) || strstr(row->sentence, "inf") || !strstr(row->sentence, says))
      snprintf(result, sizeof result, "other words");
    if (isinf(row->value) || !strstr(row->sentence, says)) printf("# %s: %s\n", row->check, row->sentence);
  }
  sq_verdicts_clear(&v);
  return result;
}

static void check(sq_verdict_check *judge, const sq_ensemble *e, const char *name, const char *wanted, const char *says,
                  const char *what)
{
  const char *found = word(judge, e, name, says);
  tap_check(!strcmp(found, wanted), "%s: %s (%s)", what, wanted, found);
}

static void check_identity(void)
{
  static const char name[] = "schwinger_dyson";
  double chain[N] = {0};
  sq_ensemble e = ensemble("training", 1.03, 0.01);
  check(sq_check_schwinger_dyson, &e, name, "note", "not said to be exact", "fields of a model");
  e.chain = chain;
  check(sq_check_schwinger_dyson, &e, name, "passed", "+3.0 sigma", "a chain, 3 sigma off");
  e.table.row[0].estimate.value = 0.95;
  check(sq_check_schwinger_dyson, &e, name, "FAILED", "-5.0 sigma", "a chain, 5 sigma off");
  e.alpha = 0.9;
  e.table.row[0].estimate.value = 0.9;
  check(sq_check_schwinger_dyson, &e, name, "passed", "exact is 0.9", "exp(-S/alpha) has another identity");
  e.table.row[0].estimate.n = 40;
  check(sq_check_schwinger_dyson, &e, name, "note", "cannot be judged", "a chain that is too short");
  e = ensemble("corrected", 0.63, 0.05);
  e.acceptance = 0.9;
  check(sq_check_schwinger_dyson, &e, name, "FAILED", "-7.4 sigma", "many polished fields");
  check(sq_check_length, &e, "length", "nothing", "", "they are enough");
  e.count = 2;
  check(sq_check_schwinger_dyson, &e, name, "note", "cannot be judged", "two of them");
  check(sq_check_length, &e, "length", "FAILED", "2 configurations are TOO FEW", "two of them");
  e.never_moved = e.held_back = 0;
  e.late_drift = 24;
  check(sq_check_polished, &e, "drift", "note", "too few to tell", "two of them");
  e.count = N;
  check(sq_check_polished, &e, "drift", "FAILED", "still on the way", "many of them");
  e.never_moved = 1;
  e.acceptance = 0.55;
  e.polishing = 100;
  check(sq_check_polished, &e, "far_fields", "FAILED", "far from where", "a field that a hundred trajectories leave");
  e.polishing = 8;
  check(sq_check_polished, &e, "far_fields", "passed", "as chance has it", "eight");
  e.acceptance = 0;
  e.never_moved = N;
  check(sq_check_polished, &e, "far_fields", "FAILED", "far from where", "fields none of which ever moves");
  e = ensemble("corrected", 1.38288, 1e-16);
  e.weighed = true;
  check(sq_check_schwinger_dyson, &e, name, "note", "cannot be judged", "an error that has gone to zero");
  e.table.row[0].estimate.error = NAN;
  check(sq_check_schwinger_dyson, &e, name, "note", "1.383(?)", "an error that is not known");
  e = ensemble("langevin-0.1", 0.9, 0.01);
  e.chain = chain;
  e.order = 2;
  e.eps = 0.1;
  check(sq_check_schwinger_dyson, &e, name, "note", "not said to be exact", "Langevin steps of finite size");
  e.order = 0;
  check(sq_check_schwinger_dyson, &e, name, "FAILED", "-10.0 sigma", "but with decisions");
  e = ensemble("langevin", 0.9, 0.01);
  e.order = 0;
  e.eps = 0;
  check(sq_check_schwinger_dyson, &e, name, "FAILED", "-10.0 sigma", "and the mean of such");
  e.order = 2;
  check(sq_check_schwinger_dyson, &e, name, "FAILED", "-10.0 sigma", "and extrapolated to step size 0");
}

static void check_weights(void)
{
  double logs[N];
  sq_ensemble e = ensemble("generated", 1, 0.01);
  e.log_weight = logs;
  for (int i = 0; i < N; i++) logs[i] = sin(3.7 * i * i);
  TAP_CALL(sq_weights_summary(N, logs, &e.weights));
  check(sq_check_weights, &e, "k_hat", "passed", "log Z = 0.2", "good weights");
  logs[8] = 20;
  TAP_CALL(sq_weights_summary(N, logs, &e.weights));
  check(sq_check_weights, &e, "k_hat", "FAILED", "(?)", "one that carries the sum");
  e.weighed = true;
  e.log_weight = NULL;
  check(sq_check_weights, &e, "k_hat", "FAILED", "averages with their weights", "averages with them");
  TAP_CALL(sq_weights_summary(50, logs + 9, &e.weights));
  check(sq_check_weights, &e, "n_ess", "FAILED", "too few", "fifty of them");
}

static void check_trajectories(void)
{
  static const char name[] = "exp_minus_dH";
  double chain[N] = {0};
  sq_ensemble e = ensemble("training", 1, 0.01);
  e.chain = chain;
  check(sq_check_trajectories, &e, name, "nothing", "", "no trajectories");
  e.exp_dH = 1.0003;
  e.exp_dH_error = 0.0002;
  e.exp_dH_k_hat = 0.2;
  check(sq_check_trajectories, &e, name, "passed", "+1.5 sigma", "<exp(-dH)> is 1");
  e.exp_dH = 0.96;
  e.exp_dH_error = 0.0135;
  check(sq_check_trajectories, &e, name, "note", "its tail was seen too rarely", "is less than 1 by 3 of its errors");
  e.exp_dH = 1.04;
  check(sq_check_trajectories, &e, name, "passed", "+3.0 sigma", "is more by as many");
  e.exp_dH = 0.9;
  check(sq_check_trajectories, &e, name, "FAILED", "SHOULD BE 1 (-7.4", "is not 1");
  e.exp_dH_error = NAN;
  e.exp_dH_k_hat = 0.8;
  check(sq_check_trajectories, &e, name, "FAILED", "edge of stability", "has a heavy tail");
  e.exp_dH = 1.002;
  check(sq_check_trajectories, &e, name, "note", "its tail is heavy", "a heavy tail that changes next to nothing");
  e.exp_dH_k_hat = NAN;
  check(sq_check_trajectories, &e, name, "note", "too few", "of too few trajectories");
  e.exp_dH = 0;
  check(sq_check_trajectories, &e, name, "FAILED", "hardly any trajectory", "none of which can be accepted");
  check(sq_check_trajectories, &e, "invalid", "nothing", "", "nothing is said of dH");
  e.invalid_share = 1e-4;
  check(sq_check_trajectories, &e, "invalid", "note", "0.01 %", "few dH are not numbers");
  e.invalid_share = 1;
  check(sq_check_trajectories, &e, "invalid", "FAILED", "100 %", "all are");
  e.invalid_share = 0.05;
  check(sq_check_trajectories, &e, "invalid", "FAILED", "too long", "too many are");
}

static void check_proposals(void)
{
  static const char name[] = "proposals";
  double chain[N] = {0};
  sq_ensemble e = ensemble("corrected", 1, 0.01);
  e.chain = chain;
  e.proposals_k_hat = e.proposals_most_k = NAN;
  check(sq_check_proposals, &e, name, "nothing", "", "a chain that is no independence chain");
  e.proposals_most_k = 0.7;
  e.proposals_k_hat = 0.69;
  check(sq_check_proposals, &e, name, "passed", "no heavy tail", "proposals of light tails");
  e.proposals_k_hat = 0.71;
  check(sq_check_proposals, &e, name, "FAILED", "HEAVY TAIL", "proposals of heavy tails");
}

static void check_step_sizes(void)
{
  sq_verdicts v = {0};
  sq_ensemble e = ensemble("langevin", 1, 0.01);
  e.eps = 0;
  e.order = 1;
  TAP_CALL(sq_verdict_add(&v, "langevin-0.1", "length", 50, 100, false, "too short"));
  TAP_CALL(sq_check_step_sizes(NULL, &e, &v));
  tap_check(!sq_verdicts_trusted(&v, "langevin"), "what is extrapolated from a short chain is not trusted");
  sq_verdicts_clear(&v);
  TAP_CALL(sq_verdict_add(&v, "langevin-0.1", "length", 150, 100, true, "long"));
  TAP_CALL(sq_verdict_add(&v, "langevin-0.1-test", "length", 50, 100, false, "too short"));
  TAP_CALL(sq_check_step_sizes(NULL, &e, &v));
  tap_check(sq_verdicts_trusted(&v, "langevin"), "of long ones it is");
  sq_verdicts_clear(&v);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_identity();
  check_weights();
  check_trajectories();
  check_proposals();
  check_step_sizes();
  return tap_end();
}
