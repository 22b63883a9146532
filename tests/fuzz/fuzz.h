/* SPDX-License-Identifier: BSD-3-Clause */
/* What the fuzz targets share. Each target is a file with LLVMFuzzerTestOneInput, the interface of libFuzzer
 * (https://llvm.org/docs/LibFuzzer.html): `make fuzz` links it with libFuzzer, tests/fuzz.sh with replay.c, which plays
 * the corpus. */
#ifndef SQUALL_TESTS_FUZZ_H
#define SQUALL_TESTS_FUZZ_H

#include "squall/base.h"
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stops the program, which is how a target reports what must never be. */
#define FUZZ_REQUIRE(condition)                                                                                        \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                                          \
      abort();                                                                                                         \
    }                                                                                                                  \
  } while (0)

/* MPI, PETSc and the watch over memory; once. */
void fuzz_begin(void);
/* From here to fuzz_input_end all memory together may grow by twice the input and 64 MB; more stops the program at the
 * allocation that asks for it. */
void fuzz_input_begin(size_t size);
/* Whatever sq_alloc gave since then must have been freed. */
void fuzz_input_end(void);

#endif
