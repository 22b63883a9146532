/* SPDX-License-Identifier: BSD-3-Clause */
/* What tests of the program's rooms share: a run in a directory of its own. */
#ifndef SQUALL_TESTS_RUN_H
#define SQUALL_TESTS_RUN_H

#include "src/run/run.h"
#include "tap.h"
#include <string.h>

/* A run of this deck (without its section run) in the test's scratch directory. Collective. */
__attribute__((unused)) static sq_run *run_of(const char *deck)
{
  sq_run *run;
  char path[128], text[4096];
  snprintf(path, sizeof path, "%s/deck.yaml", tap_directory());
  snprintf(text, sizeof text, "run: {dir: %s}\n%s", tap_directory(), deck);
  TAP_CALL(sq_write_text(MPI_COMM_WORLD, path, text));
  TAP_CALL(sq_run_create(MPI_COMM_WORLD, path, 0, NULL, &run));
  return run;
}

/* Whether the file NAME of the run holds this text. Collective. */
__attribute__((unused)) static bool run_says(const sq_run *run, const char *name, const char *what)
{
  char path[SQ_PATH], text[4096] = "";
  sq_run_path(run, name, path);
  MPI_Barrier(MPI_COMM_WORLD); /* rank 0 may still be at work on it */
  FILE *file = fopen(path, "r");
  size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
  if (file) fclose(file);
  return size > 0 && strstr(text, what);
}

#endif
