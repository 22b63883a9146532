/* SPDX-License-Identifier: BSD-3-Clause */
/* settings: what the sections of a deck say, read once: values as given, defaults where the deck leaves them open. */
#include "squall/mc.h"
#include "squall/toy.h"
#include "src/bench/bench.h"
#include "src/ensemble/correction.h"
#include "src/bounds/jobs.h"
#include "run.h"

#define LATTICE "lattice: {extents: [4, 6]}\naction: {kappa: 0.2, lambda: 0.1}\n"

static void test_defaults(void)
{
  sq_run *run = run_of(LATTICE);
  const sq_sample_settings *sample = &run->sample;
  const sq_train_settings *train = &run->train;
  tap_check(sample->configurations == 10240 && sample->steps == 20 && sample->placed && !sample->schedule.type &&
              sample->sampler == sq_sampler_types[0] && !sample->plain_prior && !sample->wide && !sample->sides &&
              sample->s_min <= 0 && !sample->model[0],
            "sample: defaults");
  tap_check(sample->extents[0] == 4 && sample->extents[1] == 6, "fields are of the lattice's extents");
  tap_check(train->options.learner.steps == 3000 && train->options.learner.batch == 64 && train->minutes <= 0 &&
              train->mixed && !train->options.schedule.type && train->s_min <= 0 && train->s_max <= 0 &&
              train->calibrate == 512 && !train->weigh,
            "train: defaults");
  tap_check(train->options.learner.average == 300, "weights are averaged over a tenth of the steps");
  sq_train_set_length(run->deck, 500, &run->train);
  tap_check(train->options.learner.steps == 500 && train->options.learner.average == 50, "also of steps that squall "
                                                                                         "chose");
  TAP_CALL(sq_run_destroy(&run));
}

static void test_given(void)
{
  sq_run *run = run_of(LATTICE "train: {steps: 50, ema: 7, target: plain, levels: ve, weigh: 2}\n"
                               "sample: {configurations: 30, steps: 9, extents: [8, 10], levels: vp-cosine, sampler: "
                               "ddpm, prior: plain, exchange: wide, weigh: [2, 4], model: other.h5}\n");
  const sq_sample_settings *sample = &run->sample;
  const sq_train_settings *train = &run->train;
  tap_check(sample->configurations == 30 && sample->steps == 9 && sample->extents[0] == 8 && sample->extents[1] == 10 &&
              sample->plain_prior && sample->wide && !strcmp(sample->sampler->name, "ddpm") &&
              !strcmp(sample->model, "other.h5"),
            "sample: what is given is taken");
  tap_check(sample->schedule.type == sq_schedule_find("vp-cosine") && !sample->placed && sample->sides == 2 &&
              sample->side[0] == 2 && sample->side[1] == 4,
            "so are its levels and sides");
  tap_check(train->options.learner.steps == 50 && train->options.learner.average == 7 && !train->mixed &&
              train->options.schedule.type == sq_schedule_find("ve") && train->s_min < 0 && train->weigh == 2,
            "train: what is given is taken");
  TAP_CALL(sq_run_destroy(&run));
}

static void test_wrong(void)
{
  sq_run *run = run_of(LATTICE "sample: {extents: [4, 4]}\n");
  sq_sample_settings set;
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  tap_check(sq_sample_settings_from_deck(run->deck, 3, (int64_t[]){4, 4, 4}, &set) == SQ_ERR_INPUT,
            "fields of another number of directions are refused");
  PetscPopErrorHandler();
  TAP_CALL(sq_run_destroy(&run));
}

static void test_correct(void)
{
  sq_run *run = run_of(LATTICE "correct: {}\n");
  sq_correct_settings set;
  sq_correct_settings_from_deck(run->deck, 17, &set);
  tap_check(set.method == sq_corrections[0] && set.weights == &sq_weights_plain &&
              set.method == sq_correction_of(run) && set.chains == 8 && set.steps < 0 && set.depth < 0 &&
              set.block < 0 && set.rim < 0 && set.separation < 0 && set.thermalisation < 0 && set.trajectories == 10 &&
              set.md_steps == 10 && set.tolerance == 1e-4 && set.ode_sites == 256 && set.step_size < 0,
            "correct: defaults");
  tap_check(set.configurations == 17, "as many fields are corrected as were generated");
  TAP_CALL(sq_run_destroy(&run));
  run = run_of(LATTICE "correct: {method: partial, configurations: 5, chains: 2, block: 0, depth: 3, step_size: "
                       "0.5}\n");
  sq_correct_settings_from_deck(run->deck, 17, &set);
  tap_check(!strcmp(set.method->name, "partial") && set.configurations == 5 && set.chains == 2 && set.block == 0 &&
              set.depth == 3 && set.step_size == 0.5,
            "correct: what is given is taken");
  TAP_CALL(sq_run_destroy(&run));
}

static void test_likelihood(void)
{
  sq_run *run = run_of(LATTICE "likelihood: {}\n");
  sq_likelihood_settings set;
  TAP_CALL(sq_likelihood_settings_from_deck(run->deck, 64, &set));
  tap_check(set.configurations == 256 && set.paths == 256 && set.steps == 20 && set.numbers == 3 &&
              set.path_steps[2] == 40 && !strcmp(set.flow.integrator, "heun") && set.flow.tolerance == 1e-4 &&
              set.flow.probes == 2,
            "likelihood: defaults");
  int small = set.flow.dilution;
  TAP_CALL(sq_likelihood_settings_from_deck(run->deck, 65, &set));
  tap_check(small == 0 && set.flow.dilution == 2, "divergences are exact up to 64 sites");
  TAP_CALL(sq_run_destroy(&run));
  run = run_of(LATTICE "likelihood: {configurations: 0, paths: 0}\n");
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  tap_check(sq_likelihood_settings_from_deck(run->deck, 24, &set) == SQ_ERR_INPUT, "nothing to do is refused");
  PetscPopErrorHandler();
  TAP_CALL(sq_run_destroy(&run));
}

static void test_mc(void)
{
  sq_run *run = run_of(LATTICE "mc: {configurations: 40, chains: 3, separation: 7, cluster: 2, flip: false, start: "
                               "hot}\n");
  sq_hmc_settings set;
  TAP_CALL(sq_run_ensemble_settings(run, &set));
  tap_check(!strcmp(sq_run_ensemble_section(run), "mc") && !strcmp(set.section, "mc") && set.configurations == 40 &&
              set.test == 1024 && set.chains == 3 && set.separation == 7 && set.cluster == 2 && !set.flip &&
              set.start == SQ_START_HOT && !set.thermalisation && set.dynamics == &sq_dynamics_trajectory && !set.steps,
            "mc: what is given is taken, the rest is left open");
  tap_check(sq_mc_default(&run->action) == sq_mc_algorithms[0], "phi^4 has a force");
  TAP_CALL(sq_run_destroy(&run));
  run = run_of(LATTICE "langevin: {}\n");
  tap_check(!strcmp(sq_run_ensemble_section(run), "langevin"), "without hmc and mc an ensemble is langevin's");
  TAP_CALL(sq_run_destroy(&run));
  run = run_of(LATTICE "langevin: {}\nmc: {}\n");
  TAP_CALL(sq_run_ensemble_settings(run, &set));
  tap_check(!strcmp(sq_run_ensemble_section(run), "mc") && set.configurations == 5120 && set.cluster == SQ_HMC_AUTO,
            "beside langevin it is that of mc");
  TAP_CALL(sq_run_destroy(&run));
}

static void test_others(void)
{
  sq_run *run = run_of(LATTICE "langevin: {eps: [0.3, 0.2], degree: 1}\nquantum: {first: 3}\nmeasure: {bins: 32}\n"
                               "report: {figures: false}\ntoy: {points: 11}\nbench: {cores: [2, 3], dir: there}\n");
  const sq_toy_settings toy = sq_toy_settings_from_deck(run->deck);
  const sq_bench_settings bench = sq_bench_settings_from_deck(run->deck);
  tap_check(run->langevin.count == 2 && run->langevin.eps[1] == 0.2 && run->langevin.degree == 1, "langevin");
  tap_check(run->quantum.spacing == 1 && run->quantum.levels == 8 && run->quantum.first == 3 && run->quantum.last < 0,
            "quantum");
  tap_check(run->bins == 32 && !run->figures, "measure and report");
  tap_check(run->seed == 1 && run->checkpoint == 300 && run->deadline > 1e300 && !run->replicas, "run and parallel");
  tap_check(toy.levels == 24 && toy.points == 11 && toy.bins == 48, "toy");
  tap_check(bench.scales == 2 && bench.scale[1] == 2 && bench.counts == 2 && bench.cores[1] == 3 &&
              !strcmp(bench.parts, "all") && !strcmp(bench.directory, "there"),
            "bench");
  TAP_CALL(sq_run_destroy(&run));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_defaults();
  test_given();
  test_wrong();
  test_correct();
  test_likelihood();
  test_mc();
  test_others();
  return tap_end();
}
