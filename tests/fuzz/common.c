/* SPDX-License-Identifier: BSD-3-Clause */
/* What the fuzz targets share: MPI and PETSc for one rank, and a watch over the memory that an input takes. */
#include "tests/fuzz/fuzz.h"
#include <pthread.h>

/* Of the sanitizers' run time (sanitizer/allocator_interface.h, which GCC does not install everywhere). */
int __sanitizer_install_malloc_and_free_hooks(void (*allocated)(const volatile void *, size_t),
                                              void (*freed)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *memory);
void __sanitizer_set_death_callback(void (*callback)(void));

static int64_t taken, room = INT64_MAX, lives;

static void allocated(const volatile void *memory, size_t size)
{
  (void)memory;
  taken += (int64_t)size;
  if (taken <= room) return;
  room = INT64_MAX; /* once */
  fprintf(stderr, "an input took %lld bytes, the last %zu at once\n", (long long)taken, size);
  abort();
}

static void freed(const volatile void *memory)
{
  if (memory) taken -= (int64_t)__sanitizer_get_allocated_size(memory);
}

/* A child that tries a file may die of it: that is no failure to be reported. */
static void in_child(void)
{
  __sanitizer_set_death_callback(NULL);
  room = INT64_MAX;
}

void fuzz_begin(void)
{
  if (PetscInitializeNoArguments() || PetscPopSignalHandler() || sq_errors_install()) abort();
  sq_log_setup(false, SQ_QUIET);
  if (pthread_atfork(NULL, NULL, in_child)) abort();
  __sanitizer_install_malloc_and_free_hooks(allocated, freed);
}

void fuzz_input_begin(size_t size)
{
  lives = sq_memory_lives(NULL);
  taken = 0;
  room = 2 * (int64_t)size + ((int64_t)64 << 20);
}

void fuzz_input_end(void)
{
  room = INT64_MAX;
  if (sq_memory_lives(NULL) != lives) sq_memory_report(stderr);
  FUZZ_REQUIRE(sq_memory_lives(NULL) == lives);
}
