/* SPDX-License-Identifier: BSD-3-Clause */
/* Several ensembles as one: one alone gives its own averages, two of one coupling are their union, free fields and a
 * chain with a quartic term against what is exact, errors against their scatter, ensembles without overlap. */
#include "squall/exact.h"
#include "squall/reweight.h"
#include "squall/rng.h"
#include "squall/stats.h"
#include "tests/tap.h"

enum { TERMS = 2, BLOCKS = 40, MOST = 60000, TARGETS = 16 };

/* Records with sum phi phi' and sum phi^2, or phi^4. */
static struct {
  int64_t n;
  double x[TERMS][MOST], share[MOST];
  int state[MOST], block[MOST];
} data;

static struct {
  double log_Z[TARGETS][1 + BLOCKS], mean[TARGETS][(1 + BLOCKS) * TERMS];
  sq_pooled at[TARGETS];
  int group[SQ_REWEIGHT_STATES];
  bool solved;
} result;

static void estimate(int states, const double *coupling, int targets, const double *target)
{
  const double *const x[TERMS] = {data.x[0], data.x[1]};
  const sq_pool pool = {.states = states,
                        .terms = TERMS,
                        .n = data.n,
                        .coupling = coupling,
                        .x = x,
                        .state = data.state,
                        .share = data.share,
                        .block = data.block,
                        .blocks = BLOCKS};
  const sq_pool_question question = {
    .columns = TERMS, .targets = targets, .column = x, .coupling = target, .part = 0, .parts = 1};
  for (int j = 0; j < targets; j++) result.at[j] = (sq_pooled){.log_Z = result.log_Z[j], .mean = result.mean[j]};
  TAP_CALL(sq_pool_estimate(&pool, &question, result.at, result.group, &result.solved));
}

/* A number of the target less that of the first, without each block, and its error. */
static double difference(int j, double *error)
{
  double without[BLOCKS];
  for (int b = 0; b < BLOCKS; b++) without[b] = result.log_Z[j][1 + b] - result.log_Z[0][1 + b];
  *error = sq_pool_error(BLOCKS, without);
  return result.log_Z[j][0] - result.log_Z[0][0];
}

static double mean_of(int j, int column, double *error)
{
  double without[BLOCKS];
  for (int b = 0; b < BLOCKS; b++) without[b] = result.mean[j][(1 + b) * TERMS + column];
  *error = sq_pool_error(BLOCKS, without);
  return result.mean[j][column];
}

static void add(int state, int64_t i, int64_t of, double first, double second, double share)
{
  data.x[0][data.n] = first;
  data.x[1][data.n] = second;
  data.state[data.n] = state;
  data.share[data.n] = share;
  data.block[data.n++] = (int)(i * BLOCKS / of);
}

/* ---- free fields: independent modes ---- */

enum { SIDE = 4, SITES = SIDE * SIDE };

/* The same weight exp(2 kappa link - phi2), lambda = 0. */
static void add_free(int state, double kappa, int64_t records, uint64_t seed)
{
  for (int64_t i = 0; i < records; i++) {
    double normal[SITES], link = 0, phi2 = 0;
    sq_rng_normals(sq_stream_make(seed, SQ_RNG_TEST, (uint64_t)state), 0, SITES, (uint64_t)i, 0, normal);
    for (int p = 0; p < SITES; p++) {
      const double hop = cos(2 * M_PI * (p % SIDE) / SIDE) + cos(2 * M_PI * (p / SIDE) / SIDE);
      const double square = normal[p] * normal[p] / (2 * (1 - 2 * kappa * hop));
      phi2 += square;
      link += hop * square;
    }
    add(state, i, records, link, phi2, 1);
  }
}

static void exact_free(double kappa, double *log_Z, double *link)
{
  const int64_t extent[2] = {SIDE, SIDE};
  sq_exact_field exact;
  TAP_CALL(sq_exact_field_free(1, 2, extent, 1, 2 * kappa, &exact));
  *log_Z = exact.log_Z;
  *link = SITES * (exact.phi2 - 0.5) / (2 * kappa);
}

static void check_alone(void)
{
  const double coupling[] = {0.3, -1}, other[] = {0.3, -1, 0.3, -1}, target[] = {0.3, -1, 0.35, -1};
  double sum = 0, one[4];
  data.n = 0;
  add_free(0, 0.15, 1000, 1);
  for (int64_t i = 0; i < data.n; i++) sum += data.x[0][i], data.share[i] = 0.25;
  estimate(1, coupling, 2, target);
  tap_check(result.solved, "one ensemble alone");
  tap_near(result.mean[0][0], sum / 1000, 1e-12, "its own average");
  tap_check(result.log_Z[0][0] == 0 && result.log_Z[0][7] == 0, "log Z is counted from it");
  tap_near(result.at[0].effective, 250, 1e-9, "as many independent records as it has");
  tap_check(result.at[1].effective < 250, "fewer beside it");
  one[0] = result.mean[1][0], one[1] = result.log_Z[1][0], one[2] = result.mean[1][1], one[3] = result.at[1].effective;
  for (int64_t i = 0; i < data.n; i++) data.state[i] = i % 5 < 2;
  estimate(2, other, 2, target);
  tap_check(result.solved && result.group[1] == 0, "two ensembles of one coupling");
  tap_near(result.mean[1][0], one[0], 1e-9, "say what their union says: a mean");
  tap_near(result.mean[1][1], one[2], 1e-9, "another");
  tap_near(result.log_Z[1][0], one[1], 1e-9, "log Z");
  tap_near(result.at[1].effective, one[3], 1e-6, "how many count");
}

static void check_free(void)
{
  enum { STATES = 5, BETWEEN = 9 };
  const double kappa[STATES] = {0.08, 0.16, 0.12, 0.20, 0.18};
  double coupling[STATES * TERMS], target[BETWEEN * TERMS], first, link, worst = 0, worst_link = 0, largest = 0;
  data.n = 0;
  for (int k = 0; k < STATES; k++) {
    coupling[k * TERMS] = 2 * kappa[k], coupling[k * TERMS + 1] = -1;
    add_free(k, kappa[k], 2000 + 500 * k, 2);
  }
  for (int j = 0; j < BETWEEN; j++) target[j * TERMS] = 2 * (kappa[0] + 0.015 * j), target[j * TERMS + 1] = -1;
  estimate(STATES, coupling, BETWEEN, target);
  exact_free(kappa[0], &first, &link);
  for (int j = 0; j < BETWEEN; j++) {
    double log_Z, error, value = difference(j, &error);
    exact_free(0.5 * target[j * TERMS], &log_Z, &link);
    if (j) tap_worst(&worst, fabs(value - (log_Z - first)) / error);
    if (j) tap_worst(&largest, error);
    value = mean_of(j, 0, &error);
    tap_worst(&worst_link, fabs(value - link) / error);
  }
  tap_check(result.solved, "free fields, five ensembles in any order");
  tap_near(worst, 0, 4, "log Z at nine couplings between them, in errors");
  tap_near(worst_link, 0, 4, "and the mean of a link");
  tap_near(largest, 0, 0.05, "errors are small");
}

/* Errors of log Z against the scatter of 60 experiments: 9 % by chance, four times that is allowed. */
static void check_errors(void)
{
  enum { EXPERIMENTS = 60 };
  const double coupling[] = {0.2, -1, 0.36, -1};
  double square = 0, errors = 0, low, high, link;
  exact_free(0.1, &low, &link);
  exact_free(0.18, &high, &link);
  for (int e = 0; e < EXPERIMENTS; e++) {
    double error, off;
    data.n = 0;
    add_free(0, 0.1, 400, 100 + (uint64_t)e);
    add_free(1, 0.18, 800, 100 + (uint64_t)e);
    estimate(2, coupling, 2, coupling);
    off = difference(1, &error) - (high - low);
    square += off * off / EXPERIMENTS;
    errors += error * error / EXPERIMENTS;
  }
  tap_near(sqrt(square / errors), 1, 0.37, "errors are as large as the scatter of 60 experiments");
}

/* ---- far from each other, and close ---- */

/* Two pairs, the second of fields 40 times as narrow: what each pair says is not changed by the other. */
static void check_gap(void)
{
  const double coupling[] = {0.1, -1, 0.12, -1, 0.1 * 1600, -1600, 0.12 * 1600, -1600};
  const double target[] = {0.1, -1, 0.11, -1, 0.11 * 1600, -1600, 0.12 * 1600, -1600};
  double together[3], error;
  data.n = 0;
  add_free(0, 0.05, 500, 3);
  add_free(1, 0.06, 500, 3);
  const int64_t first = data.n;
  add_free(2, 0.05, 500, 3);
  add_free(3, 0.06, 500, 3);
  for (int64_t i = first; i < data.n; i++) data.x[0][i] /= 1600, data.x[1][i] /= 1600;
  estimate(4, coupling, 4, target);
  tap_check(result.solved && result.group[0] == 0 && result.group[1] == 0 && result.group[2] == 2 &&
              result.group[3] == 2,
            "ensembles without overlap fall into groups");
  tap_check(result.at[1].group == 0 && result.at[2].group == 2, "each speaks of couplings between its ensembles");
  tap_check(result.log_Z[2][0] > 0 && result.log_Z[2][0] < 1, "log Z of the second is counted from its own first one");
  together[0] = result.log_Z[1][0], together[1] = mean_of(1, 0, &error), together[2] = error;
  data.n = first;
  estimate(2, coupling, 2, target);
  tap_check(result.log_Z[1][0] == together[0], "log Z is what the first pair alone gives");
  tap_check(mean_of(1, 0, &error) == together[1] && error == together[2], "so are a mean and its error");
}

/* Many ensembles of few records: no pair of them shares as many as all share. */
static void check_close(void)
{
  enum { STATES = 24 };
  double coupling[STATES * TERMS], target[] = {2 * 0.1, -1, 2 * 0.146, -1}, low, high, link, error;
  bool joined = true;
  data.n = 0;
  for (int k = 0; k < STATES; k++) {
    coupling[k * TERMS] = 2 * (0.1 + 0.002 * k), coupling[k * TERMS + 1] = -1;
    add_free(k, 0.1 + 0.002 * k, 80, 5);
  }
  estimate(STATES, coupling, 2, target);
  for (int k = 0; k < STATES; k++) joined = joined && result.group[k] == 0;
  tap_check(result.solved && joined, "many ensembles of few records are one group");
  exact_free(0.1, &low, &link);
  exact_free(0.146, &high, &link);
  const double off = difference(1, &error) - (high - low);
  tap_near(off / error, 0, 4, "log Z through all of them, in errors");
}

/* ---- a chain with a quartic term, by Metropolis ---- */

enum { LENGTH = 6 };
static const double quartic = 0.5;

/* A field every fifth sweep; share: of the mean of phi^2. */
static void add_chain(int state, double kappa, int64_t records)
{
  const sq_stream stream = sq_stream_make(4, SQ_RNG_TEST, (uint64_t)state);
  const int64_t first = data.n;
  double phi[LENGTH] = {0};
  sq_estimate tau;
  for (int64_t i = -100; i < 5 * records; i++) {
    double link = 0, phi2 = 0;
    for (int x = 0; x < LENGTH; x++) {
      const uint64_t step = (uint64_t)(i + 100);
      const double now = phi[x], next = now + 3 * (sq_rng_uniform(stream, (uint64_t)x, step, 0) - 0.5),
                   around = phi[(x + 1) % LENGTH] + phi[(x + LENGTH - 1) % LENGTH],
                   rise = -2 * kappa * (next - now) * around + (1 - 2 * quartic) * (next * next - now * now) +
                          quartic * (pow(next, 4) - pow(now, 4));
      if (sq_rng_uniform(stream, (uint64_t)x, step, 1) < exp(-rise)) phi[x] = next;
    }
    for (int x = 0; x < LENGTH; x++) link += phi[x] * phi[(x + 1) % LENGTH], phi2 += phi[x] * phi[x];
    if (i >= 0 && i % 5 == 0) add(state, i, 5 * records, link, phi2, 1);
  }
  TAP_CALL(sq_gamma_mean(records, data.x[0] + first, &tau));
  for (int64_t i = first; i < data.n; i++) data.share[i] = 0.5 / tau.tau_int;
}

static void check_chain(void)
{
  enum { STATES = 4, BETWEEN = 7 };
  const int64_t extent[1] = {LENGTH};
  double coupling[STATES * TERMS] = {0}, target[BETWEEN * TERMS] = {0}, worst = 0, worst_phi2 = 0, first = 0;
  data.n = 0;
  for (int k = 0; k < STATES; k++) {
    coupling[k * TERMS] = 2 * (0.1 + 0.2 * k);
    add_chain(k, 0.1 + 0.2 * k, 5000);
  }
  for (int j = 0; j < BETWEEN; j++) target[j * TERMS] = 2 * (0.1 + 0.1 * j);
  estimate(STATES, coupling, BETWEEN, target);
  for (int j = 0; j < BETWEEN; j++) {
    sq_exact_field exact;
    double error, value = difference(j, &error);
    TAP_CALL(sq_exact_field_box(1, 1, extent, 1 - 2 * quartic, quartic, target[j * TERMS], &exact));
    if (!j) first = exact.log_Z;
    if (j) tap_worst(&worst, fabs(value - (exact.log_Z - first)) / error);
    value = mean_of(j, 1, &error);
    tap_worst(&worst_phi2, fabs(value / LENGTH - exact.phi2) * LENGTH / error);
  }
  tap_check(result.solved, "a chain with a quartic term");
  tap_near(worst, 0, 4, "log Z against the transfer matrix, in errors");
  tap_near(worst_phi2, 0, 4, "and phi^2");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_alone();
  check_free();
  check_errors();
  check_gap();
  check_close();
  check_chain();
  return tap_end();
}
