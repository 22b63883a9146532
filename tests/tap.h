/* SPDX-License-Identifier: BSD-3-Clause */
/* TAP for tests that run under MPI: a check passes when it passes on every rank; rank 0 prints. */
#ifndef SQUALL_TESTS_TAP_H
#define SQUALL_TESTS_TAP_H

#include "squall/base.h"
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
  int count, failed, rank, size;
  char directory[64];
} tap;

/* Collective. The description must be the same on all ranks. */
__attribute__((format(printf, 2, 3), unused)) static bool tap_check(bool here, const char *format, ...)
{
  int mine = here, all;
  (void)MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
  tap.count++;
  tap.failed += !all;
  if (tap.rank == 0) {
    va_list args;
    va_start(args, format);
    printf("%sok %d - ", all ? "" : "not ", tap.count);
    vprintf(format, args);
    printf(" (%d rank%s)\n", tap.size, tap.size > 1 ? "s" : "");
    va_end(args);
    fflush(stdout);
  }
  return all;
}

/* |a - b| <= tolerance, and both are numbers; says both values when not. */
__attribute__((unused)) static bool tap_near(double a, double b, double tolerance, const char *what)
{
  bool near = fabs(a - b) <= tolerance;
  if (!near) printf("# %s: %.17g, expected %.17g +- %g\n", what, a, b, tolerance);
  return tap_check(near, "%s", what);
}

/* worst = max(worst, x); not a number once anything is, and then no comparison with it holds. */
__attribute__((unused)) static void tap_worst(double *worst, double x)
{
  if (!isnan(*worst) && !(x <= *worst)) *worst = x;
}

/* A scratch directory of this test run, the same on all ranks, removed by tap_end. Collective. */
__attribute__((unused)) static const char *tap_directory(void)
{
  if (!tap.directory[0]) {
    if (tap.rank == 0) {
      snprintf(tap.directory, sizeof tap.directory, "squall-test-XXXXXX");
      if (!mkdtemp(tap.directory)) MPI_Abort(MPI_COMM_WORLD, 99);
    }
    (void)MPI_Bcast(tap.directory, (int)sizeof tap.directory, MPI_CHAR, 0, MPI_COMM_WORLD);
  }
  return tap.directory;
}

__attribute__((unused)) static void tap_begin(int *argc, char ***argv)
{
  if (PetscInitialize(argc, argv, NULL, NULL) || sq_errors_install()) MPI_Abort(MPI_COMM_WORLD, 99);
  (void)MPI_Comm_rank(MPI_COMM_WORLD, &tap.rank);
  (void)MPI_Comm_size(MPI_COMM_WORLD, &tap.size);
  sq_log_setup(tap.rank == 0, SQ_QUIET);
}

/* Every test is one of memory as well: at its end nothing of sq_alloc may live. Collective. */
__attribute__((unused)) static void tap_memory(void)
{
  bool none = sq_memory_lives(NULL) == 0;
  sq_memory_report(stdout);
  fflush(stdout);
  tap_check(none, "all memory is given back");
}

/* Prints the plan and returns the exit status of the test. */
__attribute__((unused)) static int tap_end(void)
{
  tap_memory();
  if (tap.rank == 0) {
    printf("1..%d\n", tap.count);
    fflush(stdout);
    if (tap.directory[0]) {
      char command[96];
      snprintf(command, sizeof command, "rm -rf '%s'", tap.directory);
      if (system(command)) printf("# %s is left behind\n", tap.directory);
    }
  }
  int failed = tap.failed;
  PetscFinalize();
  return failed ? 1 : 0;
}

/* Calls that must succeed in a test. */
#define TAP_CALL(call)                                                                                                 \
  do {                                                                                                                 \
    PetscErrorCode code_ = (call);                                                                                     \
    if (code_) {                                                                                                       \
      printf("Bail out! %s:%d: %s failed with %d\n", __FILE__, __LINE__, #call, code_);                                \
      fflush(stdout);                                                                                                  \
      MPI_Abort(MPI_COMM_WORLD, 99);                                                                                   \
    }                                                                                                                  \
  } while (0)

#endif
