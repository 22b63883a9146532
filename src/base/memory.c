/* SPDX-License-Identifier: BSD-3-Clause */
/* Clock, aligned memory that is counted, version. */
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

/* Before every allocation stands its header, in a ring of all that live; 64 bytes, which keep the alignment. */
typedef union header {
  struct {
    union header *before, *after;
    const char *file;
    int line;
    size_t bytes;
  };
  char room[64];
} header;

static header ring = {{&ring, &ring, NULL, 0, 0}};

PetscErrorCode sq_alloc_bytes(size_t bytes, void **memory, const char *file, int line)
{
  PetscFunctionBeginUser;
  void *place = NULL;
  *memory = NULL;
  PetscCheck(!posix_memalign(&place, 64, sizeof(header) + (bytes ? bytes : 64)), PETSC_COMM_SELF, PETSC_ERR_MEM,
             "no memory for %.1f MB", (double)bytes / 1e6);
  header *h = place;
  *h = (header){{.before = &ring, .after = ring.after, .file = file, .line = line, .bytes = bytes}};
  h->after->before = h;
  ring.after = h;
  *memory = h + 1;
  memset(*memory, 0, bytes);
  PetscFunctionReturn(0);
}

void sq_free_memory(void **memory)
{
  if (!*memory) return;
  header *h = (header *)*memory - 1;
  h->before->after = h->after;
  h->after->before = h->before;
  free(h);
  *memory = NULL;
}

int64_t sq_memory_lives(int64_t *bytes)
{
  int64_t count = 0, sum = 0;
  for (const header *h = ring.after; h != &ring; h = h->after, count++) sum += (int64_t)h->bytes;
  if (bytes) *bytes = sum;
  return count;
}

static bool same_place(const header *a, const header *b)
{
  return a->line == b->line && a->bytes == b->bytes && !strcmp(a->file, b->file);
}

void sq_memory_report(FILE *stream)
{
  for (const header *h = ring.after; h != &ring; h = h->after) {
    const header *first = ring.after;
    int times = 0;
    while (!same_place(first, h)) first = first->after;
    if (first != h) continue;
    for (const header *o = h; o != &ring; o = o->after) times += same_place(o, h);
    fprintf(stream, "# never freed: %d times %zu bytes of %s:%d\n", times, h->bytes, h->file, h->line);
  }
}

/* What compiles this. */
#define WORD_OF(x) #x
#define WORD(x)    WORD_OF(x)
#ifdef __INTEL_LLVM_COMPILER
#define COMPILER "icx " WORD(__INTEL_LLVM_COMPILER)
#elif defined __clang__
#define COMPILER "clang " WORD(__clang_major__) "." WORD(__clang_minor__) "." WORD(__clang_patchlevel__)
#elif defined __GNUC__
#define COMPILER "gcc " WORD(__GNUC__) "." WORD(__GNUC_MINOR__) "." WORD(__GNUC_PATCHLEVEL__)
#else
#define COMPILER "cc"
#endif

int sq_version_number(void)
{
  return SQ_VERSION;
}

const char *sq_version(void)
{
  return "squall " PACKAGE_VERSION " (" SQ_GIT_VERSION ", " COMPILER " " SQ_BUILD_FLAGS ")";
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
