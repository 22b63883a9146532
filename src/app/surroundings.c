/* SPDX-License-Identifier: BSD-3-Clause */
/* Standard files, environment and signals as the program wants them, before MPI, HDF5 and PETSc look at them. */
#include "src/app/surroundings.h"
#include "src/run/run.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/* Whether a variable is one of a library's that could change what squall does: all of PETSc's and HDF5's, but the one
 * that tells HDF5 not to lock files. */
static bool is_foreign(const char *variable)
{
  static const char *const prefix[] = {"PETSC_", "HDF5_"}, *const kept = "HDF5_USE_FILE_LOCKING=";
  if (!strncmp(variable, kept, strlen(kept))) return false;
  for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++)
    if (!strncmp(variable, prefix[i], strlen(prefix[i]))) return true;
  return false;
}

static void clean_environment(void)
{
  char name[256];
  for (char **at = environ; at && *at;) {
    size_t length = strcspn(*at, "=");
    if (is_foreign(*at) && length < sizeof name) {
      memcpy(name, *at, length);
      name[length] = 0;
      unsetenv(name);
      at = environ; /* has moved */
    } else at++;
  }
  setenv("HDF5_PLUGIN_PRELOAD", "::", 1); /* HDF5 then loads no plugins, whatever a file asks for */
}

void sq_surroundings_take(void)
{
  int file;
  do file = open("/dev/null", O_RDWR);
  while (file >= 0 && file <= STDERR_FILENO);
  if (file >= 0) close(file);
  clean_environment();
}

bool sq_surroundings_launched(int *rank)
{
  static const char *const sign[] = {"PMIX_RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK"};
  for (size_t i = 0; i < sizeof sign / sizeof *sign; i++) {
    const char *text = getenv(sign[i]);
    if (text && rank) *rank = atoi(text);
    if (text) return true;
  }
  return false;
}

void sq_surroundings_mpi(bool launched)
{
  /* Shared file pointers, which squall does not use: their name goes into a buffer of 256 bytes, their memory into
   * /dev/shm. */
  setenv("OMPI_MCA_sharedfp", "^lockedfile,sm", 0);
  if (launched) return;
  setenv("OMPI_MCA_ess_singleton_isolated", "1", 1);
  setenv("OMPI_MCA_orte_create_session_dirs", "0", 1);
  setenv("OMPI_MCA_pml", "ob1", 1);
  setenv("OMPI_MCA_btl", "self", 1);
}

void sq_surroundings_signals(bool works)
{
  signal(SIGXFSZ, SIG_IGN); /* a write beyond the limit then fails, and is told */
  if (works) {
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    sq_stop_install();
  } else { /* what job scripts send; there is nothing to save */
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
  }
}

int sq_surroundings_printed(int status)
{
  if (fflush(stdout) == 0 && !ferror(stdout)) return status;
  const int reason = errno;
  if (reason != EPIPE) fprintf(stderr, "squall: the output cannot be written: %s\n", strerror(reason));
  if (!freopen("/dev/null", "w", stdout)) clearerr(stdout); /* what is left of it goes nowhere */
  return status || reason == EPIPE ? status : sq_exit_status(SQ_ERR_IO);
}
