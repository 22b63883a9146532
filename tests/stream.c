/* SPDX-License-Identifier: BSD-3-Clause */
/* stream: keys of random streams. What enters them and what does not; and that two couplings at one seed share nothing.
 */
#include "squall/dynamics.h"
#include "squall/stats.h"
#include "run.h"
#include <math.h>

#define BASE    "action: {kappa: 0.25, lambda: 0.022}\n"
#define LATTICE "lattice: {extents: [8, 8]}\n" BASE

static const char *const hmc[] = {"lattice", "action", "hmc", NULL};

static uint64_t hmc_key(const char *deck)
{
  sq_run *run = run_of(deck);
  uint64_t key = sq_run_stream(run, "hmc", hmc);
  TAP_CALL(sq_run_destroy(&run));
  return key;
}

static uint64_t sample_key(const char *deck, uint64_t model)
{
  sq_run *run = run_of(deck);
  uint64_t key = sq_sample_stream(run, model, run->sample.extents);
  TAP_CALL(sq_run_destroy(&run));
  return key;
}

typedef struct {
  const char *what, *deck;
  bool same; /* as the first */
} row;

static void check_rows(const row *rows, int count, uint64_t (*key)(const char *deck))
{
  uint64_t made[32];
  for (int i = 0; i < count; i++) {
    made[i] = key(rows[i].deck);
    bool same = made[i] == made[0], other = true;
    for (int k = 0; k < i; k++) other = other && made[k] != made[i];
    if (i)
      tap_check(rows[i].same ? same : other, "%s: %s", rows[i].what, rows[i].same ? "the same key" : "another key");
  }
}

static void test_chains(void)
{
  static const row rows[] = {
    {"", LATTICE "hmc: {steps: 5, length: 1}\n", true},
    {"more configurations", LATTICE "hmc: {steps: 5, length: 1, configurations: 99999, test: 0}\n", true},
    {"a default written out", LATTICE "hmc: {steps: 5, length: 1.0, chains: 8, separation: auto, flip: yes}\n", true},
    {"a value written otherwise",
     "lattice: {extents: [8,8]}\naction: {lambda: 22e-3, kappa: 0.250}\nhmc: {steps: 5, length: 1}\n", true},
    {"what changes no result", LATTICE "hmc: {steps: 5, length: 1, reversibility: 7}\nparallel: {replicas: 1}\n", true},
    {"what later stages are asked for", LATTICE "hmc: {steps: 5, length: 1}\nsample: {steps: 3}\n", true},
    {"another kappa", "lattice: {extents: [8, 8]}\naction: {kappa: 0.252, lambda: 0.022}\nhmc: {steps: 5, length: 1}\n",
     false},
    {"another lambda",
     "lattice: {extents: [8, 8]}\naction: {kappa: 0.25, lambda: 0.0221}\nhmc: {steps: 5, length: 1}\n", false},
    {"another volume", "lattice: {extents: [8, 10]}\n" BASE "hmc: {steps: 5, length: 1}\n", false},
    {"the same volume otherwise", "lattice: {extents: [4, 16]}\n" BASE "hmc: {steps: 5, length: 1}\n", false},
    {"other steps", LATTICE "hmc: {steps: 4, length: 1}\n", false},
    {"another integrator", LATTICE "hmc: {steps: 5, length: 1, integrator: leapfrog}\n", false},
    {"clusters", LATTICE "hmc: {steps: 5, length: 1, cluster: 1}\n", false},
    {"no clusters", LATTICE "hmc: {steps: 5, length: 1, cluster: 0}\n", false},
    {"Fourier acceleration", LATTICE "hmc: {steps: 5, length: 1, acceleration: fourier}\n", false},
    {"steps that are tuned", LATTICE "hmc: {length: 1}\n", false}};
  check_rows(rows, sizeof rows / sizeof *rows, hmc_key);
}

static uint64_t sample_of_one(const char *deck)
{
  return sample_key(deck, 1);
}

static void test_samples(void)
{
  static const row rows[] = {
    {"", LATTICE "sample: {steps: 5}\n", true},
    {"more fields", LATTICE "sample: {steps: 5, configurations: 7, trajectories: 0, bound: 3}\n", true},
    {"the training's extents written out", LATTICE "sample: {steps: 5, extents: [8, 8]}\n", true},
    {"one exchange for all layers", LATTICE "sample: {steps: 5, exchange: wide}\n", true},
    {"another sampler", LATTICE "sample: {steps: 5, sampler: ddpm}\n", false},
    {"another one", LATTICE "sample: {steps: 5, sampler: euler}\n", false},
    {"other steps", LATTICE "sample: {steps: 6}\n", false},
    {"another volume", LATTICE "sample: {steps: 5, extents: [16, 16]}\n", false}};
  check_rows(rows, sizeof rows / sizeof *rows, sample_of_one);
  tap_check(sample_key(LATTICE, 1) != sample_key(LATTICE, 2), "another model: another key");
}

static void test_kinds(void)
{
  sq_run *run = run_of(LATTICE);
  uint64_t stream = sq_run_stream(run, "hmc", hmc);
  tap_check(stream != sq_run_stream(run, "langevin", hmc) && stream != sq_run_stream(run, "hmc", NULL),
            "every kind of stage has a key of its own");
  tap_check(sq_stream_join_real(stream, 0.1) != sq_stream_join_real(stream, 0.05), "so has every step size");
  run->seed++;
  tap_check(stream != sq_run_stream(run, "hmc", hmc), "another seed: another key");
  TAP_CALL(sq_run_destroy(&run));
}

/* ---- chains at two couplings ---- */

enum { WARM_UP = 200, TRAJECTORIES = 3000 };

static void run_chain(const sq_lattice *lattice, double kappa, const char *integrator, uint64_t stream, double *abs_M)
{
  sq_action action;
  sq_md *md;
  sq_chain *chain;
  char text[128];
  snprintf(text, sizeof text, "lattice: {extents: [8, 8]}\naction: {kappa: %g, lambda: 0.022}\n", kappa);
  sq_run *run = run_of(text);
  action = run->action;
  TAP_CALL(sq_md_create(lattice, &action, sq_integrator_find(integrator), &md));
  TAP_CALL(sq_chain_create(md, stream, 0, &chain));
  TAP_CALL(sq_chain_start(chain, SQ_START_HOT));
  for (int n = -WARM_UP; n < TRAJECTORIES; n++) {
    TAP_CALL(sq_chain_trajectory(chain, 0.25, 4));
    if (n >= 0) abs_M[n] = fabs(chain->magnetisation);
  }
  TAP_CALL(sq_chain_destroy(&chain));
  TAP_CALL(sq_md_destroy(&md));
  TAP_CALL(sq_run_destroy(&run));
}

/* Of two series; error: of independent ones with these autocorrelation times, at most. */
static double correlation(const double *x, const double *y, double *error)
{
  double sum = 0;
  sq_running a = {0}, b = {0};
  sq_estimate e;
  for (int n = 0; n < TRAJECTORIES; n++) sq_running_add(&a, x[n]), sq_running_add(&b, y[n]);
  for (int n = 0; n < TRAJECTORIES; n++) sum += (x[n] - a.mean) * (y[n] - b.mean) / TRAJECTORIES;
  TAP_CALL(sq_gamma_mean(TRAJECTORIES, x, &e));
  *error = sqrt(2 * e.tau_int / TRAJECTORIES);
  return sum / sqrt(sq_running_variance(&a) * sq_running_variance(&b));
}

/* False alarms: beyond 3.5 errors, which are upper bounds, 0.0005 each. */
static void test_independence(void)
{
  static double one[TRAJECTORIES], two[TRAJECTORIES];
  static const row other[] = {
    {"0.25 and 0.252", "lattice: {extents: [8, 8]}\naction: {kappa: 0.252, lambda: 0.022}\nhmc: {steps: 4}\n", false},
    {"omelyan and leapfrog", LATTICE "hmc: {steps: 4, integrator: leapfrog}\n", false}};
  const double kappa[2] = {0.252, 0.25};
  sq_lattice *lattice;
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, 2, (int64_t[]){8, 8}, NULL, &lattice));
  double error;
  run_chain(lattice, 0.25, "omelyan", 1, one);
  run_chain(lattice, 0.252, "omelyan", 1, two);
  double shared = correlation(one, two, &error);
  tap_check(shared > 0.9, "with the same stream |M| at two couplings correlate by %.3f", shared);
  run_chain(lattice, 0.25, "omelyan", hmc_key(LATTICE "hmc: {steps: 4}\n"), one);
  for (int i = 0; i < 2; i++) {
    run_chain(lattice, kappa[i], i ? "leapfrog" : "omelyan", hmc_key(other[i].deck), two);
    double own = correlation(one, two, &error);
    tap_check(fabs(own) < 3.5 * error, "with the streams of their decks not: %s: %.3f(%.3f)", other[i].what, own,
              error);
  }
  TAP_CALL(sq_lattice_destroy(&lattice));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_chains();
  test_samples();
  test_kinds();
  test_independence();
  return tap_end();
}
