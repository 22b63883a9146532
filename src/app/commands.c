/* The commands that are not stages: run, and those on files. */
#include "src/app/commands.h"
#include <string.h>

/* ---- run ---- */

/* Stages in order; a stage with a section runs when the deck has that section, one that is about fields when there are
 * some. */
static const struct {
  const char *name, *section;
  PetscErrorCode (*stage)(sq_run *);
  bool of_fields;
} stages[] = {{"hmc", "hmc", sq_stage_hmc, false},
              {"langevin", "langevin", sq_stage_langevin, false},
              {"train", "train", sq_stage_train, false},
              {"sample", "sample", sq_stage_sample, false},
              {"correct", "correct", sq_stage_correct, false},
              {"likelihood", "likelihood", sq_stage_likelihood, false},
              {"measure", NULL, sq_stage_measure, true},
              {"compare", NULL, sq_stage_compare, true},
              {"toy", "toy", sq_stage_toy, false},
              {"fokker-planck", "fokker-planck", sq_stage_fokker_planck, false},
              {"report", NULL, sq_stage_report, false}};

static PetscErrorCode any_fields(const sq_run *run, bool *any)
{
  PetscFunctionBeginUser;
  *any = false;
  for (int i = 0; sq_ensemble_files[i] && !*any; i++) {
    char path[SQ_PATH];
    PetscCall(sq_ensemble_file(run, i, path, any));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_command_run(sq_run *run)
{
  PetscFunctionBeginUser;
  char action[256], extents[64];
  sq_action_describe(&run->action, action, sizeof action);
  sq_extents_text(run->dim, run->extents, extents, sizeof extents);
  PetscCall(sq_deck_fits(run)); /* before the work of hours */
  sq_info("%s", sq_version());
  sq_info("run %s: %s on %s sites, seed %llu, %d rank%s", run->directory, action, extents,
          (unsigned long long)run->seed, run->size, run->size > 1 ? "s" : "");
  for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
    bool wanted = !stages[i].section || sq_deck_has_section(run->deck, stages[i].section);
    if (wanted && stages[i].of_fields) PetscCall(any_fields(run, &wanted));
    if (wanted) PetscCall(stages[i].stage(run));
  }
  sq_run_status(run, "run", "finished", 1, 1, "");
  sq_info("run: done in %.1f s; see %s/report/index.html", sq_now() - run->began, run->directory);
  PetscFunctionReturn(0);
}

/* ---- files ---- */

/* All files are looked at; the error is that of the first that is not as it should be. */
static PetscErrorCode on_files(MPI_Comm world, int count, const char *const *paths, const char *name,
                               PetscErrorCode (*look)(const sq_grid *, const char *, FILE *))
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  PetscErrorCode first = 0;
  SqCheck(count >= 1, world, SQ_ERR_INPUT, "usage: squall %s FILE...", name);
  PetscCall(sq_grid_create(world, 1, &grid));
  for (int i = 0; i < count; i++) {
    PetscErrorCode code = look(grid, paths[i], stdout);
    if (!first) first = code;
    if (sq_exit_status(code) == 70) break;
  }
  PetscCall(sq_grid_destroy(&grid));
  PetscCall(first);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_command_info(MPI_Comm world, int count, const char *const *paths)
{
  PetscFunctionBeginUser;
  PetscCall(on_files(world, count, paths, "info", sq_file_info));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_command_verify(MPI_Comm world, int count, const char *const *paths)
{
  PetscFunctionBeginUser;
  PetscCall(on_files(world, count, paths, "verify", sq_file_verify));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_command_reference(MPI_Comm world, int count, const char *const *paths)
{
  PetscFunctionBeginUser;
  int rank;
  (void)count;
  (void)paths;
  PetscCallMPI(MPI_Comm_rank(world, &rank));
  if (rank == 0)
    printf("# The deck\n\nA deck is a YAML file of sections with keys. `squall check DECK` shows every value in force. "
           "On the command line, `-section_key value`\n"
           "takes precedence over the deck. `auto` stands for what squall chooses, and writes into `deck.yaml` of the "
           "run.\n\n");
  if (rank == 0) sq_params_markdown(stdout, sq_deck_tables);
  PetscFunctionReturn(0);
}
