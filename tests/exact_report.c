/* SPDX-License-Identifier: BSD-3-Clause */
/* exact_report: what the report shows of a model with an exact density: how it learned beside the exact log Z, weights
 * of generated and of Monte Carlo fields, a table; with annealing and forward steps, with and without an ensemble.
 */
#include "src/app/commands.h"
#include "src/model/types.h"
#include "tests/run.h"
#include "tests/spins_row.h"

const sq_model_type *const sq_model_types[] = {&sq_model_type_diffusion, &spins_type, NULL};

#define LATTICE "lattice: {extents: [4, 4]}\naction: {type: ising, beta: 0.12}\n"
#define MODEL   "model: {type: spins, bias: 0.3}\n"
#define REST    "sample: {configurations: 600}\ncorrect: {method: reweight}\n"

/* All stages; the files of the run before are gone. */
static sq_run *make(const char *deck)
{
  char command[3 * SQ_PATH + 64];
  sq_run *run = run_of(deck);
  snprintf(command, sizeof command, "rm -rf '%s'/*.h5* '%s'/*.csv '%s'/report", run->directory, run->directory,
           run->directory);
  MPI_Barrier(MPI_COMM_WORLD);
  if (tap.rank == 0 && system(command)) printf("# files are left\n");
  MPI_Barrier(MPI_COMM_WORLD);
  for (int i = 0; sq_stages[i]; i++) {
    const bool always = sq_stages[i] == &sq_measure_stage || sq_stages[i] == &sq_compare_stage ||
                        sq_stages[i] == &sq_report_stage;
    if (always || (sq_stages[i]->section && sq_stage_wanted(sq_stages[i], run)))
      TAP_CALL(sq_stages[i]->command.make(run));
  }
  return run;
}

static void with_ensemble(void)
{
  sq_run *run = make(LATTICE MODEL REST "mc: {configurations: 400, test: 400, chains: 4}\n"
                                        "train: {steps: 100, batch: 64, learning_rate: 0.02, forward: 0.5}\n");
  tap_check(run_says(run, "report/learning.dat", "# reverse") && run_says(run, "report/learning.dat", "# forward") &&
              run_says(run, "report/learning.dat", "# exact"),
            "forward and reverse steps beside the exact free energy");
  tap_check(run_says(run, "report/field_weights.dat", "# generated") &&
              run_says(run, "report/field_weights.dat", "# Monte Carlo"),
            "weights of generated and of Monte Carlo fields");
  tap_check(!run_says(run, "report/loss.dat", "") && !run_says(run, "report/weights.dat", ""), "the figures of "
                                                                                               "diffusion models are "
                                                                                               "left out");
  tap_check(run_says(run, "compare.txt", "corrected") && run_says(run, "compare.txt", "verdict: corrected agrees"),
            "corrected fields agree with those of the clusters");
  TAP_CALL(sq_run_destroy(&run));
}

static void alone(void)
{
  sq_run *run = make(LATTICE MODEL REST "train: {steps: 100, batch: 64, learning_rate: 0.02, loss: reverse, anneal: "
                                        "0.5}\n");
  tap_check(run_says(run, "report/learning.dat", "# annealing") && run_says(run, "report/learning.dat", "# reverse"),
            "annealing, then the whole action");
  tap_check(run_says(run, "report/field_weights.dat", "# generated") &&
              !run_says(run, "report/field_weights.dat", "Monte Carlo"),
            "without an ensemble there are no Monte Carlo fields");
  tap_check(run_says(run, "report/spins.dat", "# spins"), "the picture is of a generated field");
  tap_check(run_says(run, "measure.csv", "generated,kl,"), "the divergence is measured");
  TAP_CALL(sq_run_destroy(&run));
}

/* The ensemble comes after a model that has learned without it. */
static void late(void)
{
  const char *const train = "train: {steps: 100, batch: 64, learning_rate: 0.02, loss: reverse, anneal: 0.5}\n";
  char deck[512], path[SQ_PATH];
  bool before, after;
  snprintf(deck, sizeof deck, "%s%s", LATTICE MODEL REST "mc: {configurations: 40, test: 400, chains: 4}\n", train);
  sq_run *run = run_of(deck);
  sq_run_path(run, "forward.h5", path);
  TAP_CALL(sq_file_exists(run->world, path, &before));
  TAP_CALL(sq_mc_stage.command.make(run));
  TAP_CALL(sq_sample_stage.command.make(run));
  TAP_CALL(sq_measure_stage.command.make(run));
  TAP_CALL(sq_file_exists(run->world, path, &after));
  tap_check(!before && after && run_says(run, "measure.csv", "generated,ess_forward,"), "an ensemble that is made "
                                                                                        "later is weighed by the model "
                                                                                        "that is there");
  TAP_CALL(sq_run_destroy(&run));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  with_ensemble();
  alone();
  late();
  return tap_end();
}
