/* SPDX-License-Identifier: BSD-3-Clause */
/* One process without MPI: on a login node MPI may be forbidden, or broken, and commands that only look at decks and
 * files do not need it. The linker (--wrap) turns the calls of MPI in squall's own objects into those below. They pass
 * on to MPI, unless the process is alone: then they do what MPI does on one rank, with whatever communicator. Libraries
 * keep their own MPI; commands that work alone (sq_command.alone_too) call none of those that use it. */
#include "config.h"
#include "src/app/alone.h"
#include "squall/base.h"
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* PETSc's macros that count messages stand in the way of the names. */
#undef MPI_Allgather
#undef MPI_Allgatherv
#undef MPI_Allreduce
#undef MPI_Barrier
#undef MPI_Gatherv

static bool alone;

#ifdef HAVE_LINKER_WRAP

bool sq_alone_begin(void)
{
  return alone = true;
}

/* Of the types that squall sends. */
static size_t size_of(MPI_Datatype type)
{
  if (type == MPI_CHAR || type == MPI_SIGNED_CHAR || type == MPI_BYTE || type == MPI_C_BOOL) return 1;
  if (type == MPI_INT) return sizeof(int);
  if (type == MPI_DOUBLE_INT)
    return sizeof(struct {
      double x;
      int i;
    });
  return 8; /* MPI_DOUBLE, integers of 64 bits */
}

static int copy(const void *from, void *to, int count, MPI_Datatype type)
{
  if (from != MPI_IN_PLACE && from != to) memmove(to, from, (size_t)count * size_of(type));
  return MPI_SUCCESS;
}

/* Where the part of the only rank begins. */
static void *part_of(void *to, const int *displacement, MPI_Datatype type)
{
  return (char *)to + (size_t)displacement[0] * size_of(type);
}

static int give(int *to, int value)
{
  *to = value;
  return MPI_SUCCESS;
}

static int pass(MPI_Comm from, MPI_Comm *to)
{
  *to = from;
  return MPI_SUCCESS;
}

static int drop(MPI_Comm *comm)
{
  *comm = MPI_COMM_NULL;
  return MPI_SUCCESS;
}

/* A call: what it takes, the same as arguments, its answer alone. */
#define CALL(name, takes, arguments, answer)                                                                           \
  int __real_##name takes;                                                                                             \
  int __wrap_##name takes;                                                                                             \
  int __wrap_##name takes                                                                                              \
  {                                                                                                                    \
    return alone ? (answer) : __real_##name arguments;                                                                 \
  }

CALL(MPI_Comm_size, (MPI_Comm comm, int *size), (comm, size), give(size, 1))
CALL(MPI_Comm_rank, (MPI_Comm comm, int *rank), (comm, rank), give(rank, 0))
CALL(MPI_Comm_dup, (MPI_Comm comm, MPI_Comm *other), (comm, other), pass(comm, other))
CALL(MPI_Comm_split, (MPI_Comm comm, int color, int key, MPI_Comm *other), (comm, color, key, other), pass(comm, other))
CALL(MPI_Comm_split_type, (MPI_Comm comm, int type, int key, MPI_Info info, MPI_Comm *other),
     (comm, type, key, info, other), pass(comm, other))
CALL(MPI_Comm_free, (MPI_Comm * comm), (comm), drop(comm))
CALL(MPI_Type_size, (MPI_Datatype type, int *size), (type, size), give(size, (int)size_of(type)))
CALL(MPI_Barrier, (MPI_Comm comm), (comm), MPI_SUCCESS)
CALL(MPI_Bcast, (void *data, int count, MPI_Datatype type, int root, MPI_Comm comm), (data, count, type, root, comm),
     MPI_SUCCESS)
CALL(MPI_Allreduce, (const void *from, void *to, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm),
     (from, to, count, type, op, comm), copy(from, to, count, type))
CALL(MPI_Allgather,
     (const void *from, int count, MPI_Datatype type, void *to, int counts, MPI_Datatype to_type, MPI_Comm comm),
     (from, count, type, to, counts, to_type, comm), copy(from, to, count, type))
CALL(MPI_Allgatherv,
     (const void *from, int count, MPI_Datatype type, void *to, const int *counts, const int *places,
      MPI_Datatype to_type, MPI_Comm comm),
     (from, count, type, to, counts, places, to_type, comm), copy(from, part_of(to, places, to_type), count, type))
CALL(MPI_Gatherv,
     (const void *from, int count, MPI_Datatype type, void *to, const int *counts, const int *places,
      MPI_Datatype to_type, int root, MPI_Comm comm),
     (from, count, type, to, counts, places, to_type, root, comm),
     copy(from, part_of(to, places, to_type), count, type))

/* As sq_errors_install has it: one message of what a user can mend, the way to what is a bug. Repeated errors of the
 * former say nothing. */
static void tell(int line, const char *function, const char *file, PetscErrorCode code, bool first, char *text)
{
  const bool bug = sq_exit_status(code) == 70;
  for (char *at = text; *at; at++) /* what a terminal would obey */
    if (((unsigned char)*at < 0x20 && *at != '\n') || *at == 0x7F) *at = '?';
  if (first) {
    sq_log_flush();
    sq_log_line(stderr, "squall: ", text);
    sq_log_to_file("squall: %s", text);
  }
  if (bug) fprintf(stderr, "squall: error %d in %s() at %s:%d\n", (int)code, function, file, line);
}

/* Errors, too, pass on: PETSc is silent before its start. */
PetscErrorCode __real_PetscError(MPI_Comm comm, int line, const char *function, const char *file, PetscErrorCode code,
                                 PetscErrorType type, const char *format, ...);
PetscErrorCode __wrap_PetscError(MPI_Comm comm, int line, const char *function, const char *file, PetscErrorCode code,
                                 PetscErrorType type, const char *format, ...);
PetscErrorCode __wrap_PetscError(MPI_Comm comm, int line, const char *function, const char *file, PetscErrorCode code,
                                 PetscErrorType type, const char *format, ...)
{
  char text[4096] = "";
  va_list args;
  va_start(args, format);
  if (format) (void)PetscVSNPrintf(text, sizeof text, format, NULL, args); /* as PETSc writes numbers */
  va_end(args);
  if (!alone) return __real_PetscError(comm, line, function, file, code, type, format ? "%s" : NULL, text);
  tell(line, function, file, code, type == PETSC_ERROR_INITIAL, text);
  return code;
}

#else

bool sq_alone_begin(void)
{
  return alone;
}

#endif

/* ---- the start of MPI ---- */

/* Open MPI ends the process where it cannot start. A child, made before, sees that by the end of this pipe. */
static int pipe_to[2] = {-1, -1};
static pid_t child;

static const char words[] = "squall: MPI does not start here; its own words stand above. check, reference, compare, "
                            "info, diff, list and what else "
                            "only looks at decks and files works without it, started without mpirun; what computes "
                            "needs it: load the MPI that "
                            "squall was built with, or go to a compute node (srun, or a job script of squall)\n";

void sq_alone_watch(void)
{
  char started;
  if (pipe(pipe_to)) return;
  child = fork();
  if (child) {
    close(pipe_to[0]);
    return;
  }
  close(pipe_to[1]);
  if (read(pipe_to[0], &started, 1) == 0) (void)!write(STDERR_FILENO, words, sizeof words - 1);
  _exit(0);
}

void sq_alone_watch_end(void)
{
  if (pipe_to[1] < 0) return;
  (void)!write(pipe_to[1], "+", 1);
  close(pipe_to[1]);
  if (child > 0) (void)waitpid(child, NULL, 0);
}
