/* SPDX-License-Identifier: BSD-3-Clause */
/* rows: a stage and a correction are one row each: tables with one more of both, and everything that goes over them. */
#include "src/app/commands.h"
#include "src/stage/produce.h"
#include "tests/run.h"

static struct {
  int fits, plans, makes;
} stage_calls, correction_calls;

/* ---- a new stage ---- */

static const sq_param novel_params[] = {{"novel", "number", SQ_PARAM_INT, "3", 1, 9, NULL, "", "a number"}, {0}};

static PetscErrorCode novel_make(sq_run *run)
{
  stage_calls.makes += sq_deck_int(run->deck, "novel", "number") == 7;
  return 0;
}

static PetscErrorCode novel_fits(const sq_run *run)
{
  stage_calls.fits += run != NULL;
  return 0;
}

static PetscErrorCode novel_plan(const sq_run *run, sq_budget *budget)
{
  (void)budget;
  stage_calls.plans += run != NULL;
  return 0;
}

static const sq_stage novel_stage = {.command = {.name = "novel",
                                                 .usage = "DECK",
                                                 .summary = "a new stage",
                                                 .sections = SQ_DECK("novel"),
                                                 .params = SQ_TABLES(novel_params),
                                                 .make = novel_make},
                                     .section = "novel",
                                     .files = SQ_FILES("novel.h5"),
                                     .fits = novel_fits,
                                     .plan = novel_plan};

/* ---- a new correction ---- */

static PetscErrorCode method_fits(const sq_run *run, const sq_correct_work *work)
{
  correction_calls.fits += run != NULL && work->volume == 16;
  return 0;
}

static PetscErrorCode method_plan(const sq_run *run, const sq_correct_work *work, sq_budget *budget)
{
  (void)budget;
  correction_calls.plans += run != NULL && work->set.configurations == 5;
  return 0;
}

static const sq_correction novel_correction = {
  .name = "novel", .weighs = "generated", .gives = "renewed", .fits = method_fits, .plan = method_plan};

/* ---- the tables, in place of those of the program ---- */

const sq_stage *const sq_stages[] = {
  &sq_train_stage,    &sq_sample_stage, &sq_correct_stage, &sq_likelihood_stage, &sq_hmc_stage, &sq_mc_stage,
  &sq_langevin_stage, &sq_import_stage, &novel_stage,      &sq_report_stage,     NULL};
const sq_command *const sq_commands[] = {&sq_check_command, &sq_run_command, NULL};
const sq_correction *const sq_corrections[] = {&sq_correction_metropolis, &novel_correction, NULL};

/* A stage's command and its files are known by its row. */
static void check_lists(void)
{
  const sq_command *c;
  const char *file;
  int commands = 0, files = 0;
  for (int i = 0; (c = sq_command_at(i)); i++) commands += c == &novel_stage.command;
  for (int i = 0; (file = sq_ensemble_file_name(i)); i++) files += !strcmp(file, "novel.h5");
  tap_check(sq_command_at(0) == &sq_check_command && commands == 1, "a new stage is a command, after check");
  tap_check(files == 1 && !strcmp(sq_ensemble_file_name(0), "samples.h5"), "the fields it makes are known, after older "
                                                                           "ones");
}

static void check_rows(void)
{
  sq_run *run = run_of("lattice: {extents: [4, 4]}\naction: {type: phi4, kappa: 0.2, lambda: 0}\n"
                       "hmc: {}\ntrain: {}\nsample: {configurations: 5}\nnovel: {number: 7}\ncorrect: {method: "
                       "novel}\n");
  TAP_CALL(sq_check_command.make(run));
  tap_check(stage_calls.fits == 1 && stage_calls.plans == 2 && !stage_calls.makes, "check asks a new stage whether its "
                                                                                   "deck fits, and for its plan");
  tap_check(correction_calls.fits == 1 && correction_calls.plans == 2, "and a new correction, with what is corrected");
  const char *name = sq_reweighted_name(run, "generated");
  tap_check(name && !strcmp(name, "renewed"), "whose averages have their name");
  TAP_CALL(novel_stage.command.make(run));
  tap_check(stage_calls.makes == 1, "a new section is read from the deck");
  TAP_CALL(sq_run_destroy(&run));
}

static void check_absent(void)
{
  sq_run *run = run_of("lattice: {extents: [4, 4]}\naction: {type: phi4, kappa: 0.2, lambda: 0}\n");
  tap_check(!sq_stage_wanted(&novel_stage, run) && sq_stage_wanted(&sq_report_stage, run), "a stage runs where the "
                                                                                           "deck has its section");
  tap_check(!sq_correction_of(run), "and nothing is corrected without one");
  TAP_CALL(sq_run_destroy(&run));
}

/* Above 3e7 sites a chain has no room on a rank: the grid of the stage is the one that check says. */
static void check_plan(void)
{
  int size;
  sq_run *run = run_of("lattice: {extents: [6000, 6000]}\naction: {type: phi4, kappa: 0.2, lambda: 0}\n"
                       "hmc: {chains: 8}\n");
  sq_hmc_settings set;
  sq_grid *grid;
  sq_lattice *lattice;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  TAP_CALL(sq_hmc_settings_from_deck(run->deck, &set));
  const sq_plan plan = sq_production_plan(run, "hmc", &set);
  TAP_CALL(sq_plan_grid(run, &plan, &grid, &lattice));
  tap_check(lattice->size == (size % 2 ? size :
                              size > 2 ? 4 :
                                         2) &&
              grid->replicas == size / lattice->size,
            "a lattice of 3.6e7 sites is shared by %d of %d ranks", lattice->size, size);
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
  TAP_CALL(sq_run_destroy(&run));
}

/* Whether two plans share out their work alike, however long the run stays. */
static void check_same_grid(const sq_run *run, const sq_plan *a, const sq_plan *b, const char *what)
{
  sq_grid *grid[2];
  sq_lattice *lattice[2];
  TAP_CALL(sq_plan_grid(run, a, &grid[0], &lattice[0]));
  TAP_CALL(sq_plan_grid(run, b, &grid[1], &lattice[1]));
  tap_check(grid[0]->replicas == grid[1]->replicas && lattice[0]->size == lattice[1]->size && a->bytes == b->bytes &&
              a->independent == b->independent,
            "%s", what);
  for (int i = 0; i < 2; i++) {
    TAP_CALL(sq_lattice_destroy(&lattice[i]));
    TAP_CALL(sq_grid_destroy(&grid[i]));
  }
}

/* A model says the same of what it needs as the deck that it is of: stages and check have one function of it. */
static void check_model_plans(void)
{
  sq_run *run = run_of("lattice: {extents: [16, 8]}\naction: {type: phi4, kappa: 0.2, lambda: 0}\n"
                       "sample: {configurations: 70}\nmodel: {channels: 16}\ntrain: {batch: 48}\n");
  sq_diffusion_model inside = {0};
  const sq_model model = {sq_model_type_of(run->deck), &inside};
  sq_generator_needs needed, learning;
  TAP_CALL(sq_diffusion_shape(run->deck, &run->action, &inside.shape));
  TAP_CALL(model.type->needed(run->deck, &run->action, run->padded, false, &needed));
  TAP_CALL(model.type->needed(run->deck, &run->action, run->padded, true, &learning));
  const sq_generator_needs needs = sq_model_needs(&model, run->padded);
  const sq_plan checked = sq_sample_plan(run, &needed), run_by = sq_sample_plan(run, &needs),
                train = sq_train_plan(run, &learning);
  check_same_grid(run, &checked, &run_by, "sample works on the grid that check says");
  tap_check(train.independent == (48 + learning.batch - 1) / learning.batch && train.bytes > checked.bytes &&
              checked.independent == (70 + needs.batch - 1) / needs.batch,
            "learning takes more memory than generating, in batches");
  TAP_CALL(sq_run_destroy(&run));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_lists();
  check_rows();
  check_absent();
  check_plan();
  check_model_plans();
  return tap_end();
}
