/* squall: one program, many commands. Reads the command line, starts MPI and PETSc, dispatches, turns errors into exit
 * codes. */
#include "config.h"
#include "src/app/commands.h"
#include "src/app/surroundings.h"
#include <fftw3-mpi.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
          "%s\nStochastic quantization on large lattices: ensembles, models that make fields, exact results.\n\n"
          "usage: squall COMMAND DECK.yaml [-section_key value ...]     the same under mpirun and srun\n\n",
          sq_version());
  const sq_command *c;
  for (int i = 0; (c = sq_command_at(i)); i++) fprintf(out, "  %-15s %-14s %s\n", c->name, c->usage, c->summary);
  fprintf(out, "\n  squall COMMAND --help shows the deck parameters of a command; squall --version the version and "
               "libraries.\n"
               "  Exit status: 0 done, 64 bad input, 65 bad data, 70 internal error, 71 no memory, 74 input/output "
               "error, 75 stopped early and resumable.\n");
}

static void print_command_help(FILE *out, const sq_command *c)
{
  const sq_param *tables[SQ_DECK_TABLES];
  sq_deck_tables(tables);
  fprintf(out, "usage: squall %s %s%s\n\n%s\n\n", c->name, c->usage, c->files ? "" : " [-section_key value ...]",
          c->summary);
  if (!c->files) sq_params_help(out, tables, c->sections);
}

static const char *command_name(int index)
{
  const sq_command *c = sq_command_at(index);
  return c ? c->name : NULL;
}

static const sq_command *find_command(const char *name)
{
  return sq_command_at(sq_find_name(command_name, name));
}

static PetscErrorCode dispatch(MPI_Comm world, const sq_command *c, int count, const char *const *words)
{
  PetscFunctionBeginUser;
  if (c->files) {
    PetscCall(c->files(world, count, words));
    PetscFunctionReturn(0);
  }
  int at = sq_deck_operand(count, words);
  const char **options;
  sq_run *run;
  SqCheck(at >= 0, world, SQ_ERR_INPUT,
          "squall %s needs a deck: squall %s DECK.yaml [-section_key value ...]; squall keys lists what a deck may say",
          c->name, c->name);
  PetscCall(sq_alloc(count, &options));
  for (int i = 0, n = 0; i < count; i++)
    if (i != at) options[n++] = words[i];
  PetscErrorCode status = sq_run_create(world, words[at], count - 1, options, &run);
  sq_free(&options);
  PetscCall(status);
  PetscCall(sq_command_fits(run, c));
  if (!c->prints) PetscCall(sq_run_enter(run, !c->reads));
  PetscErrorCode code = c->make(run);
  if (!code) code = sq_run_accept(run);
  if (code) sq_run_leave(run);
  PetscCall(code);
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
  const sq_command *c = count ? find_command(words[0]) : NULL;
  if (!count && speaker) print_help(stderr);
  SqCheck(count, world, SQ_ERR_INPUT, "no command given");
  SqCheck(c, world, SQ_ERR_INPUT, "there is no command %s; `squall --help` lists them", words[0]);
  PetscCall(dispatch(world, c, count - 1, (const char *const *)words + 1));
  PetscFunctionReturn(0);
}

/* A command on files, one after the other. The exit status is that of the first file that is not as it should be. */
static int on_files_alone(const sq_command *c, int count, char **paths)
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

/* What needs no MPI, which may not even work here. False: nothing of the kind was asked for. */
static bool without_mpi(const sq_command *c, int count, char **words, int *status)
{
  int rank = 0;
  bool launched = sq_surroundings_launched(&rank), version = count && !strcmp(words[0], "--version"),
       help = asks_for_help(count, words), files = c && c->alone && count > 1 && !launched;
  *status = 0;
  if (!version && !help && !files && !(c && c->tells)) return false;
  if (!help && !version && files) *status = on_files_alone(c, count - 1, words + 1);
  else if (rank != 0) return true;
  else if (version) printf("%s\n%s\n", sq_version(), sq_libraries());
  else if (help && c) print_command_help(stdout, c);
  else if (help) print_help(stdout);
  else c->tells(stdout);
  *status = sq_surroundings_printed(*status);
  return true;
}

__attribute__((noreturn)) static void end_all(int status)
{
  int size = 1;
  fflush(stdout);
  (void)MPI_Comm_size(PETSC_COMM_WORLD, &size);
  if (size > 1) MPI_Abort(MPI_COMM_WORLD, status);
  _exit(status); /* alone, without Open MPI's words about it */
}

/* Errors that a user can mend are met by all ranks together. Should one rank be alone with its error all the same, the
 * others would wait for it for ever: then it ends them. */
static void leave_together(int status)
{
  enum { PATIENCE = 30 };
  MPI_Request all;
  int here = 0;
  double began = sq_now();
  if (MPI_Ibarrier(PETSC_COMM_WORLD, &all)) return;
  while (!MPI_Test(&all, &here, MPI_STATUS_IGNORE) && !here && sq_now() - began < PATIENCE) usleep(1000);
  if (here) return;
  fprintf(stderr, "squall: a rank has ended with status %d and the others do not follow: all are ended\n", status);
  end_all(status);
}

/* The whole program on MPI. works: on a run, whose output may go nowhere. */
static int with_mpi(bool works, int petsc_count, char **petsc, int count, char **words)
{
  int rank = 0;
  sq_surroundings_mpi(sq_surroundings_launched(NULL));
  if (PetscInitialize(&petsc_count, &petsc, NULL, NULL)) return 70;
  (void)MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  sq_log_setup(rank == 0, SQ_INFO);
  PetscErrorCode code = sq_errors_install();
  fftw_mpi_init();
  if (!code) code = command_line(PETSC_COMM_WORLD, rank == 0, count, words);
  int status = sq_exit_status(code);
  if (status == 70 || status == 71) end_all(status); /* the others may be waiting in a call */
  if (status) leave_together(status);
  if (sq_log_open(NULL)) status = 70;
  if (PetscFinalize()) status = 70;
  if (!works) status = sq_surroundings_printed(status);
  if (!status && getenv("SQUALL_MEMORY")) sq_memory_report(stderr); /* an error ends calls before they free */
  return status;
}

int main(int argc, char **argv)
{
  sq_surroundings_take();
  char **petsc = calloc((size_t)argc + 3, sizeof *petsc), **ours = calloc((size_t)argc + 1, sizeof *ours);
  int petsc_count = 0, our_count = 0, status;
  if (!petsc || !ours) return 70;
  petsc[petsc_count++] = argv[0];
  petsc[petsc_count++] = (char[]){"-skip_petscrc"};
  petsc[petsc_count++] = (char[]){"-no_signal_handler"}; /* it ends the program at a closed pipe */
  for (int i = 1; i < argc; i++) {
    if (is_petsc_option(argv[i])) petsc[petsc_count++] = argv[i];
    else ours[our_count++] = argv[i];
  }
  const sq_command *c = our_count ? find_command(ours[0]) : NULL;
  bool works = c && c->make && !c->files && !c->prints && !c->reads && !asks_for_help(our_count, ours);
  sq_surroundings_signals(works); /* before MPI, whose start can take long: until then a signal ends the program */
  if (!without_mpi(c, our_count, ours, &status)) status = with_mpi(works, petsc_count, petsc, our_count, ours);
  free(petsc);
  free(ours);
  return status;
}
