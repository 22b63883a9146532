/* squall: one program, many commands. Reads the command line, starts MPI and PETSc, dispatches, turns errors into exit
 * codes. */
#include "config.h"
#include "src/app/commands.h"
#include <fftw3-mpi.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const char *name, *usage, *summary;
  PetscErrorCode (*deck)(sq_run *);                              /* commands on a deck */
  PetscErrorCode (*files)(MPI_Comm, int, const char *const *);   /* commands on files */
  PetscErrorCode (*alone)(const char *, FILE *, char *, size_t); /* the same on one file, without MPI */
  const char *const *sections;                                   /* deck sections that --help shows; NULL: all */
} command;

#define SECTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const command commands[] = {
  {"check", "DECK", "validate a deck; show its effective parameters, decomposition, memory and cost; run nothing",
   sq_command_check, NULL, NULL, NULL},
  {"run", "DECK", "every stage the deck has, in order; what is finished is skipped, what was interrupted resumes",
   sq_command_run, NULL, NULL, NULL},
  {"hmc", "DECK", "make an ensemble with hybrid Monte Carlo", sq_stage_hmc, NULL, NULL,
   SECTIONS("run", "lattice", "action", "parallel", "hmc")},
  {"langevin", "DECK",
   "make ensembles with the Langevin equation, one for every step size, and extrapolate them to step size 0",
   sq_stage_langevin, NULL, NULL, SECTIONS("run", "lattice", "action", "parallel", "langevin")},
  {"train", "DECK", "learn a score model from the ensemble", sq_stage_train, NULL, NULL,
   SECTIONS("run", "lattice", "action", "parallel", "model", "schedule", "train")},
  {"sample", "DECK", "generate an ensemble with the model", sq_stage_sample, NULL, NULL,
   SECTIONS("run", "lattice", "action", "parallel", "schedule", "sample")},
  {"correct", "DECK", "make generated fields exact: by their path weights, partial paths, blocks, molecular dynamics",
   sq_stage_correct, NULL, NULL, SECTIONS("run", "lattice", "action", "parallel", "schedule", "sample", "correct")},
  {"measure", "DECK", "measure everything in the run's directory", sq_stage_measure, NULL, NULL,
   SECTIONS("run", "lattice", "action", "parallel", "correct", "measure", "quantum")},
  {"compare", "A.h5 [B.h5]", "the table of two ensembles, with differences and a verdict", NULL, sq_command_compare,
   NULL, SECTIONS("measure")},
  {"toy", "DECK",
   "one site: the exact flow of the effective action beside the learned one, and histograms against exp(-S)/Z",
   sq_stage_toy, NULL, NULL, SECTIONS("run", "lattice", "action", "toy")},
  {"fokker-planck", "DECK",
   "one or two sites: the density of the Langevin process in time as a PDE, its rates, and walkers beside it",
   sq_stage_fokker_planck, NULL, NULL, SECTIONS("run", "lattice", "action", "fokker-planck")},
  {"likelihood", "DECK", "effective actions of held-out and generated fields, and bounds on log Z", sq_stage_likelihood,
   NULL, NULL, SECTIONS("run", "lattice", "action", "parallel", "sample", "likelihood")},
  {"samplers", "DECK",
   "what every sampler makes of a Gaussian field, exactly: errors with the deck's steps, and their order; CSV",
   sq_command_samplers, NULL, NULL, SECTIONS("run", "lattice", "action", "parallel", "schedule", "sample")},
  {"report", "DECK", "draw figures and write report/index.html", sq_stage_report, NULL, NULL,
   SECTIONS("run", "quantum", "report")},
  {"bench", "DECK", "time parts of squall on the deck's lattice and network against what bounds them; CSV",
   sq_command_bench, NULL, NULL, SECTIONS("lattice", "parallel", "model", "train", "sample", "bench")},
  {"transfer-matrix", "DECK",
   "a deck of one dimension as quantum mechanics: energies, log Z, correlator, exact and without a simulation",
   sq_command_transfer_matrix, NULL, NULL, SECTIONS("lattice", "action", "quantum")},
  {"crossing", "RUN_DIR...", "where the Binder cumulants of runs at several kappa and L cross: the transition", NULL,
   sq_command_crossing, NULL, SECTIONS("measure")},
  {"info", "FILE...", "what is in an ensemble or model file", NULL, sq_command_info, sq_file_info_alone,
   SECTIONS("run")},
  {"verify", "FILE...", "read whole files and check every checksum; needs no MPI", NULL, sq_command_verify,
   sq_file_verify_alone, SECTIONS("run")},
  {"reference", "", "every deck parameter as Markdown", NULL, sq_command_reference, NULL, SECTIONS("run")},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

/* PETSc's own options that are passed on; everything else on the command line is a deck parameter. */
static const char *const petsc_options[] = {"-log_view", "-malloc_debug",      "-malloc_dump",
                                            "-info",     "-start_in_debugger", NULL};

static bool is_petsc_option(const char *word)
{
  for (int i = 0; petsc_options[i]; i++)
    if (!strncmp(word, petsc_options[i], strlen(petsc_options[i]))) return true;
  return false;
}

static void print_help(FILE *out)
{
  fprintf(out,
          "%s\nStochastic quantization on large lattices: ensembles, diffusion models, generated fields.\n\n"
          "usage: squall COMMAND DECK.yaml [-section_key value ...]     the same under mpirun and srun\n\n",
          sq_version());
  for (int i = 0; i < COMMANDS; i++)
    fprintf(out, "  %-15s %-12s %s\n", commands[i].name, commands[i].usage, commands[i].summary);
  fprintf(out, "\n  squall COMMAND --help shows the deck parameters of a command; squall --version the version and "
               "libraries.\n"
               "  Exit status: 0 done, 64 bad input, 65 bad data, 70 internal error, 74 input/output error, 75 stopped "
               "early and resumable.\n");
}

static void print_command_help(FILE *out, const command *c)
{
  fprintf(out, "usage: squall %s %s%s\n\n%s\n\n", c->name, c->usage, c->deck ? " [-section_key value ...]" : "",
          c->summary);
  if (c->deck) sq_params_help(out, sq_deck_tables, c->sections);
}

/* Commands that leave nothing in the run's directory, which need not be there. */
static bool only_prints(const command *c)
{
  return c->deck == sq_command_check || c->deck == sq_command_bench || c->deck == sq_command_transfer_matrix ||
         c->deck == sq_command_samplers;
}

/* Commands that only read what stages made, besides their own tables. */
static bool only_reads(const command *c)
{
  return c->deck == sq_stage_measure || c->deck == sq_stage_report;
}

static const command *find_command(const char *name)
{
  for (int i = 0; i < COMMANDS; i++)
    if (!strcmp(commands[i].name, name)) return &commands[i];
  return NULL;
}

static PetscErrorCode dispatch(MPI_Comm world, const command *c, int count, const char *const *words)
{
  PetscFunctionBeginUser;
  if (c->files) {
    PetscCall(c->files(world, count, words));
    PetscFunctionReturn(0);
  }
  SqCheck(count >= 1 && words[0][0] != '-', world, SQ_ERR_INPUT,
          "squall %s needs a deck: squall %s DECK.yaml [-section_key value ...]", c->name, c->name);
  sq_run *run;
  PetscCall(sq_run_create(world, words[0], count - 1, words + 1, &run));
  if (!only_prints(c)) {
    PetscCall(sq_run_open_directory(run));
    if (!only_reads(c)) PetscCall(sq_run_lock(run));
  }
  PetscCall(c->deck(run));
  PetscCall(sq_run_destroy(&run));
  PetscFunctionReturn(0);
}

static bool asks_for_help(int count, char **words)
{
  for (int i = 0; i < count; i++)
    if (!strcmp(words[i], "--help") || !strcmp(words[i], "-h") || !strcmp(words[i], "help")) return true;
  return false;
}

static PetscErrorCode command_line(MPI_Comm world, bool speaker, int count, char **words)
{
  PetscFunctionBeginUser;
  const command *c = count ? find_command(words[0]) : NULL;
  if (count && !strcmp(words[0], "--version")) {
    if (speaker) printf("%s\n%s\n", sq_version(), sq_libraries());
    PetscFunctionReturn(0);
  }
  if (asks_for_help(count, words)) {
    if (speaker && c) print_command_help(stdout, c);
    else if (speaker) print_help(stdout);
    PetscFunctionReturn(0);
  }
  if (!count && speaker) print_help(stderr);
  SqCheck(count, world, SQ_ERR_INPUT, "no command given");
  SqCheck(c, world, SQ_ERR_INPUT, "there is no command %s; `squall --help` lists them", words[0]);
  PetscCall(dispatch(world, c, count - 1, (const char *const *)words + 1));
  PetscFunctionReturn(0);
}

/* Whether a launcher started this process as one of several. */
static bool launched(void)
{
  static const char *const sign[] = {"PMIX_RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK"};
  for (size_t i = 0; i < sizeof sign / sizeof *sign; i++)
    if (getenv(sign[i])) return true;
  return false;
}

/* A command on files, one after the other, where MPI may not even work. The exit status is that of the first file that
 * is not as it should be. */
static int without_mpi(const command *c, int count, char **paths)
{
  int status = 0;
  for (int i = 0; i < count; i++) {
    char message[1024];
    PetscErrorCode code = c->alone(paths[i], stdout, message, sizeof message);
    fflush(stdout);
    if (code) fprintf(stderr, "squall: %s\n", message);
    if (!status) status = sq_exit_status(code);
  }
  return status;
}

int main(int argc, char **argv)
{
  char **petsc = calloc((size_t)argc + 2, sizeof *petsc), **ours = calloc((size_t)argc + 1, sizeof *ours);
  int petsc_count = 0, our_count = 0, rank = 0;
  if (!petsc || !ours) return 70;
  petsc[petsc_count++] = argv[0];
  petsc[petsc_count++] = (char[]){"-skip_petscrc"};
  for (int i = 1; i < argc; i++) {
    if (is_petsc_option(argv[i])) petsc[petsc_count++] = argv[i];
    else ours[our_count++] = argv[i];
  }
  const command *c = our_count ? find_command(ours[0]) : NULL;
  if (c && c->alone && our_count > 1 && !launched() && !asks_for_help(our_count, ours))
    return without_mpi(c, our_count - 1, ours + 1);
  sq_stop_install();         /* before MPI, whose start can take long: until then a signal ends the program */
  unsetenv("PETSC_OPTIONS"); /* the deck and the command line say it all */
  if (PetscInitialize(&petsc_count, &petsc, NULL, NULL)) return 70;
  (void)MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  sq_log_setup(rank == 0, SQ_INFO);
  PetscErrorCode code = sq_errors_install();
  fftw_mpi_init();
  if (!code) code = command_line(PETSC_COMM_WORLD, rank == 0, our_count, ours);
  int status = sq_exit_status(code);
  /* Errors that a user can mend are taken by all ranks together; after others, some ranks may still be waiting in a
   * call. */
  if (status == 70) MPI_Abort(MPI_COMM_WORLD, status);
  if (sq_log_open(NULL)) status = 70;
  if (PetscFinalize()) status = 70;
  if (!status && getenv("SQUALL_MEMORY")) sq_memory_report(stderr); /* an error ends calls before they free */
  free(petsc);
  free(ours);
  return status;
}
