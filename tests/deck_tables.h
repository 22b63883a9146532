/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of decks share: declared parameters, and what is printed on stderr. */
#ifndef SQUALL_TESTS_DECK_TABLES_H
#define SQUALL_TESTS_DECK_TABLES_H

#include "squall/deck.h"
#include "tests/tap.h"
#include <string.h>

/* The rows of a table: choices after those in the declaration. */
static inline const char *row_name(int index)
{
  static const char *const names[] = {"omelyan", NULL};
  return names[index];
}

static const sq_param lattice_params[] = {
  {"lattice", "extents", SQ_PARAM_INTS, NULL, 1, 4096, NULL, "sites", "Sites in each direction."},
  {"run", "dir", SQ_PARAM_STRING, "runs/default", 0, 0, NULL, "", "Where everything is written."},
  {"run", "seed", SQ_PARAM_INT, "1", 0, 0, NULL, "", "Seed of all random numbers."},
  {"run", "title", SQ_PARAM_STRING, "", 0, 0, NULL, NULL, "Any text | on the report.", .apart = true},
  {0}};
static const sq_param action_params[] = {
  {"action", "type", SQ_PARAM_CHOICE, "phi4", 0, 0, "phi4 gaussian", "", "The theory."},
  {"action", "kappa", SQ_PARAM_REAL, NULL, -10, 10, NULL, "", "Hopping parameter."},
  {"action", "lambda", SQ_PARAM_REAL, "0.0220", 0, INFINITY, NULL, "", "Quartic coupling."},
  {0}};
static const sq_param hmc_params[] = {
  {"hmc", "steps", SQ_PARAM_INT, "auto", 1, 1000, NULL, "steps", "Steps of a trajectory."},
  {"hmc", "trajectory", SQ_PARAM_REAL, "auto", 0.01, 100, NULL, "MD time", "Length of a trajectory."},
  {"hmc", "integrator", SQ_PARAM_CHOICE, "omelyan", 0, 0, "leapfrog", "", "How trajectories are integrated.",
   .names = row_name},
  {"hmc", "tune_start", SQ_PARAM_BOOL, "yes", 0, 0, NULL, "", "Tune before measuring."},
  {"hmc", "blocks", SQ_PARAM_INTS, "auto", 1, 64, NULL, "", "Blocks."},
  {"hmc", "levels", SQ_PARAM_INTS, "[]", -5, 64, NULL, "", "Levels."},
  {"hmc", "sizes", SQ_PARAM_REALS, "[0.2, 0.1]", 1e-3, 10, NULL, "", "Sizes."},
  {"hmc", "shift", SQ_PARAM_REAL, "-0.50", 0, 0, NULL, "", "A shift."},
  {"train", "stops", SQ_PARAM_INT, "0", 0, 9, NULL, "", "Stops in between."},
  {"train", "steps", SQ_PARAM_INT, "3000", 1, 1e18, NULL, "steps", "Steps of training."},
  {0}};
static const sq_param *const tables[] = {lattice_params, action_params, hmc_params, NULL};

enum { WORDS = 6 };
__attribute__((unused)) static const char needed[] = "lattice: {extents: [4, 6]}\naction: {kappa: 0.2}\n";

/* ---- what comes out on stderr of this rank ---- */

static struct {
  FILE *file;
  int before;
  char text[1 << 16];
} heard;

__attribute__((unused)) static void listen_begin(void)
{
  fflush(stderr);
  heard.file = tmpfile();
  heard.before = dup(STDERR_FILENO);
  if (!heard.file || dup2(fileno(heard.file), STDERR_FILENO) < 0) MPI_Abort(MPI_COMM_WORLD, 99);
}

__attribute__((unused)) static void listen_again(void)
{
  if (ftruncate(fileno(heard.file), 0)) MPI_Abort(MPI_COMM_WORLD, 99);
  lseek(fileno(heard.file), 0, SEEK_SET);
}

__attribute__((unused)) static void listen_end(void)
{
  fflush(stderr);
  dup2(heard.before, STDERR_FILENO);
  close(heard.before);
  rewind(heard.file);
  heard.text[fread(heard.text, 1, sizeof heard.text - 1, heard.file)] = '\0';
  fclose(heard.file);
}

__attribute__((unused)) static int count_lines(const char *text)
{
  int lines = 0;
  for (; *text; text++) lines += *text == '\n';
  return lines;
}

static int count_words(const char *const *words)
{
  int count = 0;
  while (count < WORDS && words[count]) count++;
  return count;
}

static PetscErrorCode parse(const char *text, const char *const *words, sq_deck **deck)
{
  return sq_deck_parse(MPI_COMM_WORLD, "x.yaml", text, tables, count_words(words), words, deck);
}

__attribute__((unused)) static sq_deck *must_parse(const char *text, const char *const *words)
{
  sq_deck *deck = NULL;
  TAP_CALL(parse(text, words, &deck));
  return deck;
}
static const char *const none[WORDS] = {NULL};

#endif
