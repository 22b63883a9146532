/* The commands that are not stages: run, check, and those on files. */
#include "src/app/commands.h"
#include "squall/hmc.h"
#include "squall/train.h"
#include <math.h>
#include <string.h>

/* ---- run -------------------------------------------------------------------------------------------- */

/* Stages in order; a stage with a section runs when the deck has that section. */
static const struct {
  const char *name, *section;
  PetscErrorCode (*stage)(sq_run *);
} stages[] = {{"hmc", "hmc", sq_stage_hmc},         {"train", "train", sq_stage_train}, {"sample", "sample", sq_stage_sample},
              {"correct", "correct", sq_stage_correct}, {"measure", NULL, sq_stage_measure}, {"compare", NULL, sq_stage_compare}, {"report", NULL, sq_stage_report}};

PetscErrorCode sq_command_run(sq_run *run)
{
  PetscFunctionBeginUser;
  char action[256], extents[64];
  sq_action_describe(&run->action, action, sizeof action);
  sq_extents_text(run->dim, run->extents, extents, sizeof extents);
  sq_info("%s", sq_version());
  sq_info("run %s: %s on %s sites, seed %llu, %d rank%s", run->directory, action, extents, (unsigned long long)run->seed, run->size, run->size > 1 ? "s" : "");
  for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
    if (!stages[i].section || sq_deck_has_section(run->deck, stages[i].section)) PetscCall(stages[i].stage(run));
  sq_info("run: done in %.1f s; see %s/report/index.html", sq_now() - run->began, run->directory);
  PetscFunctionReturn(0);
}

/* ---- files ------------------------------------------------------------------------------------------- */

static PetscErrorCode on_file(MPI_Comm world, int count, const char *const *paths, const char *name, PetscErrorCode (*look)(const sq_grid *, const char *, FILE *))
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  SqCheck(count == 1, world, SQ_ERR_INPUT, "usage: squall %s FILE", name);
  PetscCall(sq_grid_create(world, 1, &grid));
  PetscCall(look(grid, paths[0], stdout));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_command_info(MPI_Comm world, int count, const char *const *paths)
{
  PetscFunctionBeginUser;
  PetscCall(on_file(world, count, paths, "info", sq_file_info));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_command_verify(MPI_Comm world, int count, const char *const *paths)
{
  PetscFunctionBeginUser;
  PetscCall(on_file(world, count, paths, "verify", sq_file_verify));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_command_reference(MPI_Comm world, int count, const char *const *paths)
{
  PetscFunctionBeginUser;
  int rank;
  (void)count;
  (void)paths;
  PetscCallMPI(MPI_Comm_rank(world, &rank));
  if (rank == 0) printf("# The deck\n\nA deck is a YAML file of sections with keys. `squall check DECK` shows every value in force. On the command line, `-section_key value`\n"
                        "goes before the deck. `auto` stands for what squall chooses, and writes into `deck.yaml` of the run.\n\n");
  if (rank == 0) sq_params_markdown(stdout, sq_deck_tables);
  PetscFunctionReturn(0);
}

/* ---- check ------------------------------------------------------------------------------------------- */

/* Who works on what, and how much memory a rank needs. */
static PetscErrorCode check_stage(const sq_run *run, const char *name, const int64_t extents[], int64_t independent, double bytes, const char *pieces)
{
  PetscFunctionBeginUser;
  sq_grid    *grid;
  sq_lattice *lattice;
  char        text[200];
  PetscCall(sq_run_grid(run, extents, independent, bytes, &grid, &lattice));
  sq_lattice_describe(lattice, text, sizeof text);
  sq_info("  %-7s %lld %s on %d replica%s, each %s; %.0f MB a rank", name, (long long)independent, pieces, grid->replicas, grid->replicas > 1 ? "s" : "", text, 60 + bytes / lattice->size / 1e6);
  PetscCall(sq_lattice_destroy(&lattice));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

static double product(int dim, const int64_t extents[])
{
  double volume = 1;
  for (int i = 0; i < dim; i++) volume *= (double)extents[i];
  return volume;
}

static PetscErrorCode check_network(const sq_run *run, double *evaluation_flops, double *bytes, int *batch)
{
  PetscFunctionBeginUser;
  sq_network_shape shape;
  double           volume = product(run->dim, run->extents);
  PetscCall(sq_network_shape_of(run, &shape));
  *batch            = sq_score_batch((int64_t)volume);
  *evaluation_flops = sq_network_flops(&shape) * volume;
  *bytes            = *batch * sq_network_bytes(&shape, 1.3 * volume);
  sq_info("  network %lld weights, %s, %.3g Mflop an evaluation of one field", (long long)sq_network_parameters(&shape), shape.odd ? "odd in phi" : "general", *evaluation_flops / 1e6);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_command_check(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_deck        *deck = run->deck;
  sq_hmc_settings hmc;
  double          flops = 0, bytes = 0, volume = product(run->dim, run->extents);
  int             batch = 1, extents_given;
  const int64_t  *extents;
  char           *text;
  PetscCall(sq_hmc_settings_from_deck(deck, &hmc));
  PetscCall(sq_deck_text_of(deck, NULL, true, &text));
  sq_info("%s\nOn %d rank%s:", text, run->size, run->size > 1 ? "s" : "");
  sq_free(&text);
  PetscCall(check_network(run, &flops, &bytes, &batch));
  int64_t steps = sq_deck_int(deck, "train", "steps"), train_batch = sq_deck_int(deck, "train", "batch"), pieces = (train_batch + batch - 1) / batch;
  if (sq_deck_has_section(deck, "hmc"))
    PetscCall(check_stage(run, "hmc", run->extents, hmc.chains, 64 * volume, "chains"));
  if (sq_deck_has_section(deck, "train")) {
    PetscCall(check_stage(run, "train", run->extents, pieces, bytes + 8 * volume * (double)hmc.configurations, "microbatches"));
    sq_info("          %.3g Tflop in %lld steps (at 90 Gflop/s a rank: %.1f minutes)", 3e-12 * flops * (double)(steps * train_batch), (long long)steps,
            3 * flops * (double)(steps * train_batch) / 90e9 / 60 / run->size);
  }
  if (sq_deck_has_section(deck, "sample")) {
    extents_given  = sq_deck_ints(deck, "sample", "extents", &extents);
    double  larger = extents_given == run->dim ? product(run->dim, extents) / volume : 1;
    int64_t fields = sq_deck_int(deck, "sample", "configurations"), evaluations = sq_deck_int(deck, "sample", "steps");
    PetscCall(check_stage(run, "sample", extents_given ? extents : run->extents, (fields + batch - 1) / batch, bytes * larger, "batches"));
    sq_info("          %.3g Tflop in %lld evaluations of %lld fields (at 90 Gflop/s a rank: %.1f minutes); files %.0f MB", 1e-12 * flops * larger * (double)(fields * evaluations),
            (long long)evaluations, (long long)fields, flops * larger * (double)(fields * evaluations) / 90e9 / 60 / run->size, 8e-6 * volume * larger * (double)fields);
  }
  sq_info("The deck is valid.");
  PetscFunctionReturn(0);
}
