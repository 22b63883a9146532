/* Clock, aligned memory, version. */
#include "config.h"
#include "squall/base.h"
#include "src/base/git-version.h"
#include <fftw3.h>
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double sq_now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

PetscErrorCode sq_alloc_bytes(size_t bytes, void **memory)
{
  PetscFunctionBeginUser;
  *memory = NULL;
  PetscCheck(!posix_memalign(memory, 64, bytes ? bytes : 64), PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for %.1f MB",
             (double)bytes / 1e6);
  memset(*memory, 0, bytes);
  PetscFunctionReturn(0);
}

void sq_free_memory(void **memory)
{
  free(*memory);
  *memory = NULL;
}

const char *sq_version(void)
{
  return "squall " PACKAGE_VERSION " (" SQ_GIT_VERSION ", " SQ_BUILD_FLAGS ")";
}

const char *sq_libraries(void)
{
  static char text[512];
  if (!text[0]) {
    char mpi[MPI_MAX_LIBRARY_VERSION_STRING] = "", petsc[128] = "";
    int length = 0;
    unsigned major = 0, minor = 0, release = 0;
    MPI_Get_library_version(mpi, &length);
    mpi[strcspn(mpi, ",\n")] = 0;
    if (PetscGetVersion(petsc, sizeof petsc)) petsc[0] = 0;
    petsc[strcspn(petsc, ",")] = 0;
    H5get_libversion(&major, &minor, &release);
    snprintf(text, sizeof text, "%s; %s; HDF5 %u.%u.%u; %s", mpi, petsc, major, minor, release, fftw_version);
  }
  return text;
}
