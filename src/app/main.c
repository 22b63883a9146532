/* SPDX-License-Identifier: BSD-3-Clause */
/* squall: one program, many commands. Reads the command line, starts MPI and PETSc, dispatches, turns errors into exit
 * codes. */
#include "config.h"
#include "src/app/alone.h"
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

/* What was asked for: a command with its words, or general help. */
typedef struct {
  const sq_command *command; /* NULL: there is none */
  bool general, version;     /* instead of the work of a command: the help of all; the version */
  sq_words words;
  char why[SQ_WORDS_TEXT]; /* "", or why it cannot be done */
} request;

static bool on_deck(const sq_command *c)
{
  return c->make && !c->files;
}

static PetscErrorCode work_on_deck(MPI_Comm world, const request *q)
{
  PetscFunctionBeginUser;
  const sq_command *c = q->command;
  sq_run *run;
  SqCheck(q->words.operands, world, SQ_ERR_INPUT,
          "squall %s needs a deck: squall %s DECK.yaml [-section_key value ...]; squall keys lists what a deck may say",
          c->name, c->name);
  PetscCall(sq_run_create(world, q->words.operand[0], q->words.keys, q->words.key, &run));
  run->words = &q->words;
  PetscCall(sq_command_fits(run, c));
  if (!c->prints) PetscCall(sq_run_enter(run, !c->reads));
  PetscErrorCode code = c->make(run);
  if (!code) code = sq_run_accept(run);
  if (code) sq_run_leave(run);
  PetscCall(code);
  PetscCall(sq_run_destroy(&run));
  PetscFunctionReturn(0);
}

static PetscErrorCode dispatch(MPI_Comm world, bool speaker, const request *q)
{
  PetscFunctionBeginUser;
  if (q->general && speaker) sq_help_all(stderr);
  SqCheck(!q->why[0], world, SQ_ERR_INPUT, "%s", q->why);
  if (on_deck(q->command)) PetscCall(work_on_deck(world, q));
  else PetscCall(q->command->files(world, &q->words));
  PetscFunctionReturn(0);
}

/* ---- what is asked for ---- */

static void find_command(request *q, const char *name)
{
  sq_nearest best = sq_nearest_begin(name);
  q->command = sq_command_find(name);
  const sq_command *c;
  for (int i = 0; !q->command && (c = sq_command_at(i)); i++) sq_nearest_offer(&best, c->name);
  if (q->command) return;
  snprintf(q->why, sizeof q->why, "there is no command %.60s%s%.60s%s `squall --help` lists them", name,
           best.name[0] ? ", did you mean " : "", best.name, best.name[0] ? "?" : ";");
}

/* squall help [COMMAND] */
static void take_help(request *q, int count, char **words)
{
  q->words.help = q->general = true;
  if (count < 2) return;
  find_command(q, words[1]);
  q->general = !q->command;
}

/* Options of every command may stand before it, too. */
static PetscErrorCode take_words(request *q, int count, char **words)
{
  PetscFunctionBeginUser;
  int at = 0;
  while (at < count && words[at][0] == '-') at++;
  if (at < count && !strcmp(words[at], "help")) {
    take_help(q, count - at, words + at);
    PetscFunctionReturn(0);
  }
  if (at < count) find_command(q, words[at]);
  const sq_command *c = q->command;
  if (at < count && !c) PetscFunctionReturn(0);
  for (int i = at; i + 1 < count; i++) words[i] = words[i + 1]; /* without the command */
  PetscCall(sq_words_read(c ? c->name : "COMMAND", c ? c->options : NULL, c && on_deck(c), count - (c != NULL),
                          (const char *const *)words, &q->words, q->why));
  if (c) PetscFunctionReturn(0);
  q->general = !q->words.version;
  if (!q->words.help && !q->words.version && !q->why[0]) snprintf(q->why, sizeof q->why, "no command given");
  PetscFunctionReturn(0);
}

/* ---- without MPI ---- */

static void complain(const char *message)
{
  sq_log_line(stderr, "squall: ", message);
}

/* A command on files, one after the other. The exit status is that of the first file that is not as it should be. */
static int on_files_alone(const request *q)
{
  int status = 0;
  for (int i = 0; i < q->words.operands; i++) {
    char message[1024] = "";
    PetscErrorCode code = q->command->alone(&q->words, q->words.operand[i], stdout, message, sizeof message);
    fflush(stdout);
    if (code) complain(message);
    if (!status) status = sq_exit_status(code);
  }
  return status;
}

static int told(const request *q)
{
  char message[1024] = "";
  PetscErrorCode code = q->command->tells(&q->words, stdout, message, sizeof message);
  if (code) complain(message);
  return sq_exit_status(code);
}

/* What needs no MPI, which may not even work here. False: nothing of the kind was asked for. */
static bool without_mpi(const request *q, int *status)
{
  const sq_command *c = q->command;
  int rank = 0;
  bool launched = sq_surroundings_launched(&rank), files = c && c->alone && q->words.operands && !launched;
  *status = 0;
  if (q->why[0] && !q->words.help) {
    if (launched) return false; /* one message of all */
    if (q->general) sq_help_all(stderr);
    complain(q->why);
    *status = sq_exit_status(SQ_ERR_INPUT);
    return true;
  }
  if (!q->words.version && !q->words.help && !files && !(c && c->tells)) return false;
  if (rank != 0) return true;
  if (q->words.help && c) sq_help_command(stdout, c);
  else if (q->words.help && q->why[0]) complain(q->why);
  else if (q->words.help) sq_help_all(stdout);
  else if (q->words.version) sq_help_version(stdout);
  else *status = files ? on_files_alone(q) : told(q);
  if (q->words.help && !c && q->why[0]) *status = sq_exit_status(SQ_ERR_INPUT);
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

static void begin_log(int rank, const request *q)
{
  sq_log_setup(rank == 0, q->words.quiet ? SQ_WARN : q->words.verbose ? SQ_DEBUG : SQ_INFO);
  sq_log(SQ_DEBUG, "%s; %s", sq_version(), sq_libraries());
}

/* As with_mpi, of one rank. */
static int alone(bool works, const request *q)
{
  begin_log(0, q);
  int status = sq_exit_status(dispatch(MPI_COMM_SELF, true, q));
  if (sq_log_open(NULL)) status = 70;
  return works ? status : sq_surroundings_printed(status);
}

/* The whole program on MPI. works: on a run, whose output may go nowhere. */
static int with_mpi(bool works, int petsc_count, char **petsc, const request *q)
{
  int rank = 0;
  const bool launched = sq_surroundings_launched(&rank);
  sq_surroundings_mpi(launched);
  if (rank == 0) sq_alone_watch();
  if (PetscInitialize(&petsc_count, &petsc, NULL, NULL)) return 70;
  sq_alone_watch_end();
  (void)MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  begin_log(rank, q);
  PetscErrorCode code = sq_errors_install();
  fftw_mpi_init();
  if (!code) code = dispatch(PETSC_COMM_WORLD, rank == 0, q);
  int status = sq_exit_status(code);
  if (status == 70 || status == 71) end_all(status); /* the others may be waiting in a call */
  if (status) leave_together(status);
  if (sq_log_open(NULL)) status = 70;
  if (!works) status = sq_surroundings_printed(status); /* before PETSc, which fails where it cannot flush */
  if (PetscFinalize()) status = 70;
  return status;
}

enum { PETSC_WORDS = 3 }; /* of ours; more are the user's, who wants PETSC then */

static bool may_be_alone(const request *q, int petsc_count)
{
  return q->command && q->command->serial && petsc_count == PETSC_WORDS && !sq_surroundings_launched(NULL) &&
         sq_alone_begin();
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
  request q = {0};
  if (take_words(&q, our_count, ours)) return 71;
  const sq_command *c = q.command;
  sq_log_paint(!q.words.plain);
  bool works = c && on_deck(c) && !c->prints && !c->reads && !q.words.help && !q.why[0];
  sq_surroundings_signals(works); /* before MPI, whose start can take long: until then a signal ends the program */
  if (!without_mpi(&q, &status))
    status = may_be_alone(&q, petsc_count) ? alone(works, &q) : with_mpi(works, petsc_count, petsc, &q);
  sq_words_clear(&q.words);
  if (!status && getenv("SQUALL_MEMORY")) sq_memory_report(stderr); /* an error ends calls before they free */
  free(petsc);
  free(ours);
  return status;
}
