/* The commands that are not stages: run, check, and those on files. */
#include "src/app/commands.h"
#include "squall/hmc.h"
#include "squall/train.h"
#include <math.h>
#include <string.h>

/* ---- run -------------------------------------------------------------------------------------------- */

/* Stages in order; a stage with a section runs when the deck has that section, one that is about fields when there are some. */
static const struct {
  const char *name, *section;
  PetscErrorCode (*stage)(sq_run *);
  bool of_fields;
} stages[] = {{"hmc", "hmc", sq_stage_hmc, false},
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
  sq_info("%s", sq_version());
  sq_info("run %s: %s on %s sites, seed %llu, %d rank%s", run->directory, action, extents, (unsigned long long)run->seed, run->size, run->size > 1 ? "s" : "");
  for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
    bool wanted = !stages[i].section || sq_deck_has_section(run->deck, stages[i].section);
    if (wanted && stages[i].of_fields) PetscCall(any_fields(run, &wanted));
    if (wanted) PetscCall(stages[i].stage(run));
  }
  sq_run_status(run, "run", "finished", 1, 1);
  sq_info("run: done in %.1f s; see %s/report/index.html", sq_now() - run->began, run->directory);
  PetscFunctionReturn(0);
}

/* ---- files ------------------------------------------------------------------------------------------- */

/* All files are looked at; the error is that of the first that is not as it should be. */
static PetscErrorCode on_files(MPI_Comm world, int count, const char *const *paths, const char *name, PetscErrorCode (*look)(const sq_grid *, const char *, FILE *))
{
  PetscFunctionBeginUser;
  sq_grid       *grid;
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
  if (rank == 0) printf("# The deck\n\nA deck is a YAML file of sections with keys. `squall check DECK` shows every value in force. On the command line, `-section_key value`\n"
                        "goes before the deck. `auto` stands for what squall chooses, and writes into `deck.yaml` of the run.\n\n");
  if (rank == 0) sq_params_markdown(stdout, sq_deck_tables);
  PetscFunctionReturn(0);
}

/* Measured: a rank with nothing to do, alone and with neighbours. */
static const double program_megabytes = 52, neighbour_megabytes = 5;

/* Gflop/s of the network on a rank, measured (`squall bench`): with Winograd's convolutions and without. */
static double network_rate(int dim, const int64_t padded[SQ_DIM])
{
  sq_nn_block block;
  sq_nn_block_make(dim, padded, &block);
  return sq_nn_winograd_fits(&block) ? 160 : 90;
}

/* ---- check ------------------------------------------------------------------------------------------- */

/* Who works on what, and how much memory a rank needs: for a lattice, bytes of work and `kept` ones, `each` for every piece that a
 * replica has, `orbits` for tables that every rank has. */
static PetscErrorCode check_stage(const sq_run *run, const char *name, const int64_t extents[], int64_t independent, double bytes, double kept, double each, double orbits, int64_t grain, const char *pieces)
{
  PetscFunctionBeginUser;
  sq_grid    *grid;
  sq_lattice *lattice;
  char        text[200];
  PetscCall(sq_run_grid(run, extents, independent, bytes, grain, &grid, &lattice));
  kept += each * (double)((independent + grid->replicas - 1) / grid->replicas);
  sq_lattice_describe(lattice, text, sizeof text);
  sq_info("  %-7s %lld %s on %d replica%s, each %s; %.0f MB a rank", name, (long long)independent, pieces, grid->replicas, grid->replicas > 1 ? "s" : "", text,
          program_megabytes + (run->size > 1 ? neighbour_megabytes : 0) + ((bytes + kept) / lattice->size + orbits) / 1e6);
  PetscCall(sq_lattice_destroy(&lattice));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

/* Orbits of a lattice, nearly: every rank holds tables of them. */
static double orbits_of(const int64_t padded[SQ_DIM])
{
  double orbits = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    int equal = 1;
    for (int nu = 0; nu < mu; nu++) equal += padded[nu] == padded[mu] && padded[mu] > 1;
    orbits *= (double)(padded[mu] / 2 + 1) / equal;
  }
  return orbits;
}

/* Arrays of the trainer, the checkpoint's among them: 7 in double, 4 in float. */
static const double training_bytes_a_weight = 7 * sizeof(double) + 4 * sizeof(float);

static PetscErrorCode check_training(const sq_run *run, const sq_network_shape *shape, int64_t training, int64_t testing)
{
  PetscFunctionBeginUser;
  int64_t padded[SQ_DIM], steps = sq_deck_int(run->deck, "train", "steps"), fields = sq_deck_int(run->deck, "train", "batch");
  double  volume = sq_extents_pad(run->dim, run->extents, padded), rate = network_rate(run->dim, padded), flops = 3 * sq_network_flops(shape) * volume * (double)(steps * fields);
  int     batch = sq_score_batch(shape, (int64_t)volume);
  int64_t held_out = PetscMin(testing, PetscMax(256, sq_deck_int(run->deck, "train", "calibrate")));
  PetscCall(check_stage(run, "train", run->extents, (fields + batch - 1) / batch, sq_network_bytes(shape, padded, batch, true), volume * (100 + 8 * (double)(training + held_out)), 0,
                        60 * orbits_of(padded) + sq_network_weight_bytes(shape, true) + training_bytes_a_weight * (double)sq_network_parameters(shape), sq_network_grain(shape), "microbatches"));
  sq_info("          %.3g Tflop in %lld steps (at %.0f Gflop/s a rank: %.1f minutes)", flops / 1e12, (long long)steps, rate, flops / (rate * 1e9) / 60 / run->size);
  PetscFunctionReturn(0);
}

static PetscErrorCode check_sampling(const sq_run *run, const sq_network_shape *shape)
{
  PetscFunctionBeginUser;
  const int64_t *given;
  int64_t padded[SQ_DIM], fields = sq_deck_int(run->deck, "sample", "configurations"), steps = sq_deck_int(run->deck, "sample", "steps");
  const int64_t *extents = sq_deck_ints(run->deck, "sample", "extents", &given) == run->dim ? given : run->extents;
  double  volume = sq_extents_pad(run->dim, extents, padded), rate = network_rate(run->dim, padded), flops = sq_network_flops(shape) * volume * (double)(fields * steps);
  int     batch = sq_score_batch(shape, (int64_t)volume);
  PetscCall(check_stage(run, "sample", extents, (fields + batch - 1) / batch, sq_network_bytes(shape, padded, batch, false), 150 * volume * batch, 0, (double)(60 + 8 * (steps + 6)) * orbits_of(padded) + sq_network_weight_bytes(shape, false), sq_network_grain(shape), "batches"));
  sq_info("          %.3g Tflop in %lld evaluations of %lld fields (at %.0f Gflop/s a rank: %.1f minutes); files %.0f MB", flops / 1e12, (long long)steps, (long long)fields,
          rate, flops / (rate * 1e9) / 60 / run->size, 8e-6 * volume * (double)fields);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_command_check(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_deck         *deck = run->deck;
  sq_hmc_settings  hmc;
  sq_network_shape shape;
  int64_t          padded[SQ_DIM];
  double           volume = sq_extents_pad(run->dim, run->extents, padded);
  char            *text;
  PetscCall(sq_hmc_settings_from_deck(deck, &hmc));
  PetscCall(sq_network_shape_of(run, &shape));
  PetscCall(sq_deck_text_of(deck, NULL, true, &text));
  sq_info("%s\nOn %d rank%s:", text, run->size, run->size > 1 ? "s" : "");
  sq_free(&text);
  sq_info("  network %lld weights, %s, %.4g Mflop an evaluation of one field", (long long)sq_network_parameters(&shape), shape.odd ? "odd in phi" : "general", sq_network_flops(&shape) * volume / 1e6);
  if (sq_deck_has_section(deck, "hmc")) PetscCall(check_stage(run, "hmc", run->extents, hmc.chains, 64 * volume, 0, 32 * volume, 0, 0, "chains"));
  if (sq_deck_has_section(deck, "train")) PetscCall(check_training(run, &shape, hmc.configurations, hmc.test));
  if (sq_deck_has_section(deck, "sample")) PetscCall(check_sampling(run, &shape));
  sq_info("The deck is valid.");
  PetscFunctionReturn(0);
}
