/* SPDX-License-Identifier: BSD-3-Clause */
/* What corrections decide by: the independence chain against its exact distribution, depths of moves whose cost is
 * known, coverings. */
#include "squall/correct.h"
#include "squall/stats.h"
#include "tests/tap.h"
#include <string.h>

/* ---- the independence chain ---- */

enum { STATES = 5, SAMPLES = 400000 };
static const double proposed[STATES] = {0.35, 0.3, 0.2, 0.1, 0.05}, wanted[STATES] = {0.1, 0.3, 0.15, 0.2, 0.25};

/* Samples with probability `proposed`, their states and log(wanted/proposed). */
static void draw(int *state, double *log_weight)
{
  sq_stream stream = sq_stream_make(11, SQ_RNG_TEST, 0);
  for (int64_t n = 0; n < SAMPLES; n++) {
    double u = sq_rng_uniform(stream, (uint64_t)n, 0, 0);
    int i = 0;
    while (i < STATES - 1 && u >= proposed[i]) u -= proposed[i++];
    state[n] = i;
    log_weight[n] = log(wanted[i] / proposed[i]);
  }
}

/* Of one proposal in equilibrium. */
static double exact_acceptance(void)
{
  double sum = 0;
  for (int i = 0; i < STATES; i++)
    for (int j = 0; j < STATES; j++)
      sum += wanted[i] * proposed[j] * fmin(1, wanted[j] * proposed[i] / (proposed[j] * wanted[i]));
  return sum;
}

static void check_independence(void)
{
  int *state;
  int64_t *from, visits[STATES] = {0};
  double *log_weight, *seen, worst = 0;
  sq_metropolis counts = {0};
  sq_estimate share;
  TAP_CALL(sq_alloc(SAMPLES, &state));
  TAP_CALL(sq_alloc(SAMPLES, &from));
  TAP_CALL(sq_alloc(SAMPLES, &log_weight));
  TAP_CALL(sq_alloc(SAMPLES, &seen));
  draw(state, log_weight);
  int64_t last = sq_independence_chain(3, 0, log_weight, 0, SAMPLES, from, &counts);
  for (int64_t n = 0; n < SAMPLES; n++) visits[state[from[n]]]++;
  for (int i = 0; i < STATES; i++) {
    for (int64_t n = 0; n < SAMPLES; n++) seen[n] = state[from[n]] == i;
    TAP_CALL(sq_gamma_mean(SAMPLES, seen, &share));
    tap_worst(&worst, fabs(share.value - wanted[i]) / share.error);
    tap_worst(&worst, share.error / 0.01);
  }
  tap_check(worst < 4, "independence chain: every state comes as often as it should (%.1f errors)", worst);
  tap_near(sq_metropolis_acceptance(&counts), exact_acceptance(), 0.004, "so do acceptances");
  bool steps = last == from[SAMPLES - 1] && from[0] == 0;
  for (int64_t n = 1; n < SAMPLES; n++) steps = steps && (from[n] == n || from[n] == from[n - 1]);
  tap_check(steps && counts.proposed == SAMPLES - 1, "each sample is proposed once, and taken or not");
  sq_free(&state);
  sq_free(&from);
  sq_free(&log_weight);
  sq_free(&seen);
}

static void check_part(void)
{
  const double weight[] = {0, 9, 1, -2, NAN, 0.5, 30, -INFINITY, 2};
  enum { COUNT = sizeof weight / sizeof *weight };
  int64_t from[COUNT], again[COUNT];
  sq_metropolis counts = {0}, other = {0};
  bool same = true, differs = false;
  int64_t last = sq_independence_chain(3, 7, weight, 2, 6, from, &counts);
  tap_check(last == 6 && from[5] == 6 && counts.proposed == 5, "a part of the samples knows nothing of the others");
  tap_check(from[2] != 4 && from[3] != 4 && counts.invalid == 1, "a weight that is not a number is never taken");
  (void)sq_independence_chain(3, 7, weight, 2, 6, again, &other);
  same = !memcmp(from, again, 6 * sizeof *from) && !memcmp(&counts, &other, sizeof counts);
  double flat[64];
  int64_t one[64], two[64];
  for (int i = 0; i < 64; i++) flat[i] = i % 2;
  (void)sq_independence_chain(3, 1, flat, 0, 64, one, &other);
  (void)sq_independence_chain(3, 2, flat, 0, 64, two, &other);
  differs = memcmp(one, two, sizeof one) != 0;
  tap_check(same && differs, "decisions belong to seed, member and sample");
  const double late[] = {NAN, -INFINITY, NAN, 1, 0.9, 1.1};
  counts = (sq_metropolis){0};
  last = sq_independence_chain(3, 7, late, 0, 6, from, &counts);
  tap_check(from[0] == 3 && from[3] == 3 && last >= 3 && counts.proposed == 2, "a chain begins at a weight that is a "
                                                                               "number");
  last = sq_independence_chain(3, 7, late, 0, 3, from, &counts);
  tap_check(last == 0, "or at the first, where there is none");
}

/* Chains whose proposals are all alike but for being taken: rho(t) = (1 - a)^t. */
static void check_least_tau(void)
{
  enum { RECORDS = 40000 };
  const double acceptance = 0.2;
  static double x[RECORDS], u[RECORDS], fresh[RECORDS];
  const double *column = x;
  sq_series series = {.n = RECORDS, .column = &column, .chains = 1};
  sq_estimate e;
  sq_rng_normals(sq_stream_make(5, SQ_RNG_TEST, 0), 0, RECORDS, 0, 0, fresh);
  sq_rng_normals(sq_stream_make(5, SQ_RNG_TEST, 1), 0, RECORDS, 0, 0, u);
  x[0] = fresh[0];
  for (int i = 1; i < RECORDS; i++) x[i] = 0.5 * erfc(u[i] / sqrt(2)) < acceptance ? fresh[i] : x[i - 1];
  TAP_CALL(sq_gamma(&series, NULL, &e));
  double least = sq_independence_tau(acceptance);
  tap_check(fabs(least - 4.5) < 1e-12 && fabs(e.tau_int - least) < 4 * e.tau_int_error,
            "tau_int of such a chain is (2 - a)/(2 a): "
            "%.2f",
            e.tau_int);
  tap_check(sq_independence_tau(0) == INFINITY && sq_independence_tau(1) == 0.5 && isnan(sq_independence_tau(NAN)),
            "from 1/2 to infinity");
  sq_estimate known = {.value = 1, .error = 0.1, .error_of_error = 0.01, .tau_int = 1, .tau_int_error = 0.1, .n = 1000};
  known.window_found = true;
  e = known;
  sq_estimate_at_least(&e, 0.5);
  tap_check(!memcmp(&e, &known, sizeof e), "a bound that is kept changes nothing");
  sq_estimate_at_least(&e, 4);
  tap_check(e.tau_int == 4 && fabs(e.error - 0.2) < 1e-15 && isnan(e.tau_int_error) && e.window_found, "else errors "
                                                                                                       "grow");
  sq_estimate_at_least(&e, 30);
  tap_check(e.tau_int == 30 && isnan(e.error) && !e.window_found, "until too few independent records are left");
  e = known;
  sq_estimate_at_least(&e, INFINITY);
  tap_check(isnan(e.tau_int) && isnan(e.error), "a chain without acceptances has no error");
}

/* ---- depths ---- */

enum { CHAINS = 3, DEPTHS = 20, SPREAD = 4 };

/* A mover that knows what it achieves: what a move of each depth forgets, and costs. */
typedef struct {
  double forgets[DEPTHS + 1], cost[DEPTHS + 1];
  int tried[DEPTHS], trials; /* in this order */
  int64_t moves;             /* of one chain, in all */
} known;

static PetscErrorCode move(void *self, uint64_t seed, int depth, int64_t count, sq_move_chain *chains)
{
  PetscFunctionBeginUser;
  known *k = self;
  (void)seed;
  for (int64_t i = 0; i < count; i++) {
    chains[i].moves++;
    chains[i].counts.proposed += 4;
    chains[i].counts.accepted += 3;
    chains[i].jump += 2 * SPREAD * k->forgets[depth];
  }
  k->moves++;
  PetscFunctionReturn(0);
}

static double cost(const void *self, int depth)
{
  return ((const known *)self)->cost[depth];
}

static void note(void *context, const sq_mover *mover, const sq_move_trial *trial)
{
  known *k = context;
  if (mover->self == context && k->trials < DEPTHS) k->tried[k->trials++] = trial->depth;
}

static void find(known *k, int depth, sq_move_trial *best)
{
  sq_grid *grid;
  sq_move_chain *chain;
  int64_t first, count;
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, tap.size, &grid));
  sq_share(CHAINS, grid->replicas, grid->replica, &first, &count);
  TAP_CALL(sq_move_chains_create((uint64_t)first, count, 1, &chain));
  const sq_mover mover = {.self = k, .depths = DEPTHS, .decisions = 4, .move = move, .cost = cost};
  const sq_move_trials trials = {
    .grid = grid, .spread = SPREAD, .chains = CHAINS, .count = count, .chain = chain, .say = note, .context = k};
  k->trials = 0;
  k->moves = 0;
  TAP_CALL(sq_mover_best_depth(&trials, &mover, depth, best));
  sq_move_chains_destroy(count, &chain);
  TAP_CALL(sq_grid_destroy(&grid));
}

static void check_depths(void)
{
  static const int order[] = {20, 14, 10, 7, 5, 4, 3, 2, 1};
  known k = {.trials = 0};
  sq_move_trial best;
  /* moves above depth 10 forget no more than at 10: 7 and 10 are the cheap ones of those that are tried */
  for (int d = 1; d <= DEPTHS; d++) k.forgets[d] = fmin(d, 10) * fmin(d, 10) / 200, k.cost[d] = d;
  find(&k, 0, &best);
  double expected = 10 * (2 - 0.5) / 0.5;
  tap_check(best.depth == 10 && fabs(best.cost - expected) < 1e-9 && fabs(best.forgets - 0.5) < 1e-12 &&
              best.acceptance == 0.75,
            "the cheapest depth is found, with what it achieves");
  tap_check(!memcmp(k.tried, order, (size_t)k.trials * sizeof *order) && k.tried[k.trials - 1] == 5,
            "from the highest down, until they are twice as dear (%d)", k.tried[k.trials - 1]);
  tap_check(k.moves == 4 * k.trials, "every trial has 48 decisions");
  find(&k, 3, &best);
  tap_check(best.depth == 3 && k.trials == 1 && k.tried[0] == 3, "a given depth is the only one");
  for (int d = 1; d <= DEPTHS; d++) k.forgets[d] = d == 2 ? 0.1 : 0;
  find(&k, 0, &best);
  tap_check(best.depth == 2 && k.trials == 9, "depths at which nothing moves are passed over");
  k.forgets[2] = 0;
  find(&k, 0, &best);
  tap_check(isinf(best.cost) && k.trials == 9, "if nothing moves at all, the cost is infinite");
  tap_check(sq_moves_to_forget(1) == 5 && sq_moves_to_forget(0.5) == 15 && sq_moves_to_forget(0.01) == 995,
            "ten autocorrelation times of 1/forgets - 1/2 forget the start");
}

static void check_sweep(void)
{
  sq_tiling t;
  TAP_CALL(sq_tiling_make(2, (int64_t[]){1, 1, 16, 16}, 4, 2, &t));
  tap_check(t.total * t.block_sites * (sq_tiling_sweep(&t) - 1) < 256 &&
              t.total * t.block_sites * sq_tiling_sweep(&t) >= 256,
            "so many moves change as many sites as there are");
  TAP_CALL(sq_tiling_make(2, (int64_t[]){1, 1, 4, 4}, 8, 2, &t));
  tap_check(sq_tiling_sweep(&t) == 1, "one block that is the lattice needs one");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_independence();
  check_part();
  check_least_tau();
  check_depths();
  check_sweep();
  return tap_end();
}
