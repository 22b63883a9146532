/* SPDX-License-Identifier: BSD-3-Clause */
/* hmc, many chains: what thermalisation finds, chooses and tunes, against known ensembles. */
#include "hmc.h"

static double series_mean(const sq_history *series, int column, bool absolute)
{
  sq_running running = {0};
  for (int64_t c = 0; c < series->chains; c++)
    for (int64_t r = 0; r < series->rows; r++) {
      double x = series->value[(c * series->capacity + r) * SQ_HISTORY_COLUMNS + column];
      sq_running_add(&running, absolute ? fabs(x) : x);
    }
  return running.mean;
}

/* The tuned run reaches its acceptance, and the numbers of an independent program (Metropolis and cluster algorithm).
 */
static void test_tuned(const sq_integrator *integrator)
{
  const int64_t extent[] = {64};
  sq_hmc_settings set = settings(6);
  sq_metropolis counts;
  sq_history series;
  set.integrator = integrator;
  setup s = make(MPI_COMM_WORLD, tap.size, 1, extent, 0.4, 0.1, &set);
  TAP_CALL(sq_hmc_thermalise(s.hmc));
  const sq_hmc_tuning *t = &s.hmc->tuning;
  TAP_CALL(sq_hmc_advance(s.hmc, 2000));
  TAP_CALL(sq_hmc_counts(s.hmc, &counts));
  TAP_CALL(sq_hmc_gather_series(s.hmc, &series));
  double error, mean = sq_metropolis_exp_mean(&counts, &error), rate = sq_metropolis_acceptance(&counts);
  if (tap.rank == 0)
    printf("# %s: length %g in %lld steps, acceptance %g, tau_int %g\n", integrator->name, t->length,
           (long long)t->steps, rate, t->tau_int);
  tap_check(rate > integrator->acceptance - 0.08, "%s: the acceptance is what was tuned for", integrator->name);
  tap_check(counts.proposed == 12000 && counts.invalid == 0 && fabs(mean - 1) < 4 * error, "%s: <exp(-dH)> = 1",
            integrator->name);
  tap_check(t->length > 0.5 && t->length < 2 && t->eps * (double)t->steps == t->length, "%s: a sensible length",
            integrator->name);
  tap_check(t->tau_int > 0.4 && t->tau_int < 5 && (double)t->separation == ceil(2 * t->tau_int),
            "%s: a sensible separation", integrator->name);
  tap_check(s.hmc->agreement.sigmas < 4, "%s: hot and ordered starts agree", integrator->name);
  tap_check(fabs(series_mean(&series, SQ_HISTORY_M, true) - 0.12537591) < 0.004, "%s: <|M|>", integrator->name);
  tap_check(fabs(series_mean(&series, SQ_HISTORY_M, false)) < 0.006, "%s: <M> = 0", integrator->name);
  tap_check(fabs(series_mean(&series, SQ_HISTORY_ACTION, false) - 0.3975399) < 0.006, "%s: <S>/V", integrator->name);
  tap_check(fabs(series_mean(&series, SQ_HISTORY_SD, false) - 1) < 0.015, "%s: Schwinger-Dyson", integrator->name);
  sq_history_clear(&series);
  clear(&s);
}

/* The cheapest algorithm by measured tau_int: cluster updates near the critical point, none where everything is fast.
 */
static void test_choice(const int64_t extent, double kappa, double lambda, int64_t expected)
{
  sq_hmc_settings set = settings(8);
  set.cluster = SQ_HMC_AUTO;
  setup s = make(MPI_COMM_WORLD, tap.size, 2, (int64_t[]){extent, extent}, kappa, lambda, &set);
  TAP_CALL(sq_hmc_thermalise(s.hmc));
  const sq_hmc_trial *trial = s.hmc->thermal->trial;
  tap_check(s.hmc->tuning.cluster == expected, "kappa = %g: %lld cluster updates are chosen", kappa,
            (long long)expected);
  tap_check(s.hmc->thermal->trials == 2 && trial[0].tried &&
              (!trial[1].tried || (trial[0].cost < trial[1].cost) == (expected == 1)),
            "because they cost less");
  tap_check(s.hmc->agreement.sigmas < 4, "and the starts agree");
  clear(&s);
}

/* What the deck gives is used, and what it leaves open is decided in the time it gives. */
static void test_choice_in_time(void)
{
  sq_hmc_settings set = settings(2);
  const int64_t time[] = {1, 7, 15, 40, 47, 100};
  set.cluster = SQ_HMC_AUTO;
  set.acceleration = SQ_ACCELERATION_AUTO;
  for (int t = 0; t < 6; t++) {
    bool chosen = true;
    set.thermalisation = time[t];
    for (int k = 0; k < 8; k++) {
      setup s = make(MPI_COMM_WORLD, 1, 2, (int64_t[]){6, 6}, 0.18 + 0.01 * k, 0.1, &set);
      TAP_CALL(sq_hmc_thermalise(s.hmc));
      chosen = chosen && s.hmc->tuning.thermalisation == time[t] && s.hmc->thermal->trying == s.hmc->thermal->trials &&
               s.hmc->warmup.rows > 0 && s.hmc->tuning.eps > 0;
      clear(&s);
    }
    tap_check(chosen, "an algorithm is chosen in %lld trajectories", (long long)time[t]);
  }
  set.acceleration = SQ_ACCELERATION_NONE;
  set.cluster = 3;
  setup s = make(MPI_COMM_WORLD, 1, 2, (int64_t[]){6, 6}, 0.2, 0.1, &set);
  TAP_CALL(sq_hmc_thermalise(s.hmc));
  tap_check(s.hmc->thermal->trials == 1 && s.hmc->tuning.cluster == 3, "cluster updates as many as the deck says");
  clear(&s);
}

/* The mass and the length come from the measured propagator: of the free field 1/G = 2 kappa (p_hat^2 + m^2), all modes
 * with frequency sqrt(2). */
static void test_fourier(void)
{
  sq_hmc_settings set = settings(8);
  set.acceleration = SQ_ACCELERATION_FOURIER;
  set.vary_length = false; /* a random part of a quarter of a period would not forget */
  setup s = make(MPI_COMM_WORLD, 1, 2, (int64_t[]){12, 12}, 0.24, 0, &set);
  TAP_CALL(sq_hmc_thermalise(s.hmc));
  const sq_hmc_tuning *t = &s.hmc->tuning;
  if (tap.rank == 0)
    printf("# mass %g, length %g in %lld steps, tau_int %g\n", t->mass, t->length, (long long)t->steps, t->tau_int);
  tap_check(fabs(t->mass / sqrt(0.04 / 0.24) - 1) < 0.3 && fabs(t->length / (M_PI / 2 / sqrt(2)) - 1) < 0.15,
            "Fourier acceleration: mass and length from the propagator");
  tap_check(t->tau_int < 1.2 && s.hmc->agreement.sigmas < 4, "Fourier acceleration: the free field is forgotten at "
                                                             "once");
  clear(&s);
}

/* Hot starts of a stiff action need finer steps than equilibrium. */
static void test_stiff(void)
{
  sq_hmc_settings set = settings(4);
  set.start = SQ_START_ORDERED;
  setup s = make(MPI_COMM_WORLD, 1, 3, (int64_t[]){6, 6, 6}, 0.15, 1.1, &set);
  TAP_CALL(sq_hmc_start(s.hmc));
  s.hmc->tuning.eps *= 8;
  bool done = false;
  while (!done) TAP_CALL(sq_hmc_thermalise_step(s.hmc, &done));
  tap_check(s.hmc->agreement.sigmas < 4, "hot starts of a stiff action are not left behind");
  clear(&s);
}

/* Deep in the broken phase a hot start ends in domains: the probes need cluster updates to get to where production is,
 * which starts ordered, with both signs. */
static void test_broken(void)
{
  const int64_t extent[] = {32, 32};
  sq_hmc_settings set = settings(8);
  set.thermalisation = 100;
  set.flip = false;
  setup s = make(MPI_COMM_WORLD, 1, 2, extent, 1, 0.022, &set);
  TAP_CALL(sq_hmc_thermalise(s.hmc));
  int plus = 0;
  bool ordered = true;
  for (int i = 0; i < 8; i++) {
    double M = s.hmc->chain[i]->magnetisation;
    plus += M > 0;
    ordered = ordered && fabs(fabs(M) - 8.308) < 0.1; /* <|M|> = 8.3082 of an independent program */
  }
  tap_check(s.hmc->thermal->helped && s.hmc->thermal->apart > 4 && s.hmc->agreement.sigmas < 4,
            "broken phase: the probes are in domains, without them the starts agree");
  tap_check(ordered && plus > 0 && plus < 8, "broken phase: production is ordered, with both signs");
  tap_check(s.hmc->tuning.thermalisation == 100 && s.hmc->chain[0]->trajectory == 100, "thermalisation as long as the "
                                                                                       "deck says");
  clear(&s);
}

/* Whether production has forgotten its start is measured, in either phase and whatever mean field says of it (broken
 * beyond kappa = 0.239 at lambda = 0.022, d = 2; the critical point is at 0.27088). A false alarm: 4 combined errors.
 */
static void test_starts(void)
{
  const struct {
    double kappa;
    sq_start start;
    int64_t thermalisation, steps;
    bool agree;
    const char *what;
  } a_case[] = {{0.268, SQ_START_ORDERED, 20, 4, false, "symmetric phase: an ordered start that is not forgotten"},
                {0.268, SQ_START_HOT, 800, 4, true, "symmetric phase: a hot start that is"},
                {1, SQ_START_HOT, 100, 8, false, "broken phase: production in domains is not in equilibrium"},
                {0.26, SQ_START_ORDERED, 40, 1, false, "chains that do not move are not thermalised"}};
  for (int i = 0; i < 4; i++) {
    sq_hmc_settings set = settings(4);
    set.start = a_case[i].start;
    set.thermalisation = a_case[i].thermalisation;
    set.steps = a_case[i].steps;
    set.length = a_case[i].steps == 1 ? 4 : 1;
    setup s = make(MPI_COMM_WORLD, 1, 2, (int64_t[]){32, 32}, a_case[i].kappa, 0.022, &set);
    TAP_CALL(sq_hmc_thermalise(s.hmc));
    if (tap.rank == 0) printf("# %s: %.1f sigma\n", a_case[i].what, s.hmc->agreement.sigmas);
    tap_check((s.hmc->agreement.sigmas < 4) == a_case[i].agree, "%s", a_case[i].what);
    clear(&s);
  }
}

/* What cannot become an ensemble is refused, and soon. */
static void test_hopeless(void)
{
  const double value[][2] = {{1e308, 0.022}, {0.2, 1e12}, {0.2, 0.022}};
  const PetscErrorCode status[] = {SQ_ERR_INPUT, SQ_ERR_INPUT, 0};
  for (int i = 0; i < 3; i++) {
    sq_hmc_settings set = settings(2);
    setup s = make(MPI_COMM_SELF, 1, 2, (int64_t[]){2, 2}, value[i][0], value[i][1], &set);
    PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
    tap_check(sq_hmc_thermalise(s.hmc) == status[i], "kappa = %g, lambda = %g: %s", value[i][0], value[i][1],
              status[i] ? "refused" : "thermalised");
    PetscPopErrorHandler();
    clear(&s);
  }
}

/* Deep in a narrow well the last change of the step size once led beyond the edge of stability: acceptance 0. */
static void test_edge(void)
{
  const double kappa[] = {1e3, 1e5};
  for (int i = 0; i < 2; i++) {
    sq_hmc_settings set = settings(4);
    sq_metropolis counts;
    setup s = make(MPI_COMM_SELF, 1, 2, (int64_t[]){4, 4}, kappa[i], 0.022, &set);
    TAP_CALL(sq_hmc_thermalise(s.hmc));
    TAP_CALL(sq_hmc_advance(s.hmc, 50));
    TAP_CALL(sq_hmc_counts(s.hmc, &counts));
    tap_check(sq_metropolis_acceptance(&counts) > 0.8, "kappa = %g: production is in steps that were tried", kappa[i]);
    clear(&s);
  }
}

static void test_given(void)
{
  const int64_t extent[] = {4, 4};
  sq_hmc_settings set = settings(2);
  set.steps = 7;
  set.length = 0.7;
  set.thermalisation = 30;
  set.separation = 3;
  set.vary_length = false;
  setup s = make(MPI_COMM_WORLD, 1, 2, extent, 0.2, 0.1, &set);
  TAP_CALL(sq_hmc_thermalise(s.hmc));
  const sq_hmc_tuning *t = &s.hmc->tuning;
  tap_check(t->steps == 7 && t->length == 0.7 && t->eps == 0.7 / 7 && t->separation == 3 && t->thermalisation == 30,
            "what the deck gives is taken");
  clear(&s);
}

/* ---- step sizes ---- */

static void test_tuner(void)
{
  bool inverse = true, inside = true;
  double mean = 0;
  for (double p = 0.05; p < 1; p += 0.05) inverse = inverse && fabs(erfc(sq_tune_sigma(p) / sqrt(8)) - p) < 1e-12;
  tap_check(inverse, "deviation of dH from acceptance");
  tap_check(sq_tune_stretch(0.8, 0.8, 2) == 1 && sq_tune_stretch(0.5, 0.8, 2) < 1 && sq_tune_stretch(0.9, 0.8, 2) > 1,
            "the step size goes the right way");
  tap_check(sq_tune_stretch(0, 0.8, 2) == 0.5 && sq_tune_stretch(NAN, 0.8, 2) == 0.5 && sq_tune_stretch(1, 0.8, 2) == 2,
            "and not too far");
  for (int i = 0; i < 10000; i++) {
    int64_t steps = sq_tune_vary(7, sq_stream_make(1, SQ_RNG_LENGTH, 0), i);
    inside = inside && steps >= 4 && steps <= 10;
    mean += (double)steps / 10000;
  }
  tap_check(inside && fabs(mean - 7) < 0.1, "random lengths keep their mean");
  tap_check(sq_tune_vary(1, sq_stream_make(1, SQ_RNG_LENGTH, 0), 0) == 1, "one step stays one step");
}

/* Independent normal sites of variance 1/2, distributed as exp(-S) for kappa = lambda = 0. */
static double tuned_step(MPI_Comm world, int replicas, double eps, double *acceptance)
{
  enum { FIELDS = 24 };
  const int64_t extent[] = {8, 8}, sites = 64;
  sq_hmc_settings set = settings(1);
  double *block;
  sq_chain *chain;
  sq_md *md;
  setup s = make(world, replicas, 2, extent, 0, 0, &set);
  TAP_CALL(sq_md_create(s.lattice, &s.hmc->action, sq_integrator_find("leapfrog"), &md));
  TAP_CALL(sq_chain_create(md, 5, 0, &chain));
  TAP_CALL(sq_alloc(FIELDS * sites, &block));
  for (int n = 0; n < FIELDS; n++)
    sq_block_normals(s.lattice, sq_stream_make(3, SQ_RNG_TEST, (uint64_t)n), 0, 0, block + n * sites);
  for (int i = 0; i < FIELDS * sites; i++) block[i] *= sqrt(0.5);
  sq_tuning_set tuning = {
    .fields = FIELDS, .block = block, .first_id = 100, .trajectories = 10, .steps = 1, .target = 0.574, .order = 3};
  TAP_CALL(sq_tune_step(s.grid, chain, &tuning, &eps, acceptance));
  sq_free(&block);
  TAP_CALL(sq_chain_destroy(&chain));
  TAP_CALL(sq_md_destroy(&md));
  clear(&s);
  return eps;
}

static void test_tuned_step(void)
{
  double rate[3], small = tuned_step(MPI_COMM_SELF, 1, 0.05, &rate[0]),
                  large = tuned_step(MPI_COMM_SELF, 1, 1, &rate[1]),
                  spread = tuned_step(MPI_COMM_WORLD, tap.size, 1, &rate[2]);
  if (tap.rank == 0) printf("# step sizes %g (%g), %g (%g)\n", small, rate[0], large, rate[1]);
  tap_check(fabs(rate[0] - 0.574) < 0.03 && fabs(rate[1] - 0.574) < 0.03, "a step size for the acceptance asked for");
  tap_check(fabs(small / large - 1) < 0.1, "from below and from above");
  tap_check(spread == large && rate[2] == rate[1], "the same on any layout");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (int i = 0; sq_integrators[i]; i++) test_tuned(sq_integrators[i]);
  if (tap.size < 3) test_choice(64, 0.2705, 0.022, 1);
  test_choice(32, 0.5, 0.022, 0);
  test_choice_in_time();
  test_fourier();
  test_stiff();
  test_broken();
  test_starts();
  test_hopeless();
  test_edge();
  test_given();
  test_tuner();
  test_tuned_step();
  return tap_end();
}
