/* SPDX-License-Identifier: BSD-3-Clause */
/* hmc: what a deck may say, and what is written back into it. */
#include "squall/hmc.h"
#include "tap.h"
#include <string.h>

static PetscErrorCode from_text(const char *text, sq_deck **deck, sq_hmc_settings *settings)
{
  const sq_param *const tables[] = {sq_hmc_params, NULL};
  TAP_CALL(sq_deck_parse(MPI_COMM_WORLD, "deck.yaml", text, tables, 0, NULL, deck));
  return sq_hmc_settings_from_deck(*deck, settings);
}

static void test_defaults(void)
{
  sq_hmc_settings s;
  sq_deck *deck;
  tap_check(from_text("hmc: {}", &deck, &s) == 0, "an empty section will do");
  tap_check(s.configurations == 5120 && s.test == 1024 && s.chains == 8 && s.integrator == sq_integrators[0] &&
              s.vary_length && s.flip && s.start == SQ_START_AUTO && s.cluster == SQ_HMC_AUTO &&
              s.acceleration == SQ_ACCELERATION_NONE,
            "defaults");
  tap_check(s.length == 0 && s.steps == 0 && s.acceptance == 0 && s.thermalisation == 0 && s.separation == 0, "auto is "
                                                                                                              "0");
  TAP_CALL(sq_deck_destroy(&deck));
}

static void test_given(void)
{
  sq_hmc_settings s;
  sq_deck *deck;
  TAP_CALL(from_text("hmc: {configurations: 10, chains: 2, steps: 12, length: 0.75, start: hot, flip: false, "
                     "integrator: "
                     "leapfrog, acceptance: 0.7}",
                     &deck, &s));
  tap_check(s.configurations == 10 && s.chains == 2 && s.steps == 12 && s.length == 0.75 && s.start == SQ_START_HOT &&
              !s.flip && strcmp(s.integrator->name, "leapfrog") == 0 && s.acceptance == 0.7,
            "what is given is taken");
  TAP_CALL(sq_deck_destroy(&deck));
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  tap_check(from_text("hmc: {configurations: 3, chains: 4}", &deck, &s) == SQ_ERR_INPUT, "more chains than "
                                                                                         "configurations are refused");
  PetscPopErrorHandler();
  TAP_CALL(sq_deck_destroy(&deck));
}

/* Chains as a deck says: their fields' checksums, with their numbers. */
static uint64_t run(const char *text, sq_deck **deck, sq_hmc_tuning *tuning)
{
  sq_hmc_settings set;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_action action;
  sq_hmc *hmc;
  uint64_t sum = 0, one;
  double *block;
  TAP_CALL(from_text(text, deck, &set));
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 2, (int64_t[]){6, 6}, NULL, &lattice));
  TAP_CALL(sq_action_make("phi4", 2, (double[]){0.22, 0.1}, &action));
  TAP_CALL(sq_hmc_create(grid, lattice, &action, &set, 4, &hmc));
  TAP_CALL(sq_hmc_thermalise(hmc));
  TAP_CALL(sq_hmc_advance(hmc, 3));
  TAP_CALL(sq_alloc(lattice->local_volume, &block));
  for (int64_t i = 0; i < hmc->count; i++) {
    sq_field_to_block(hmc->chain[i]->phi, block);
    TAP_CALL(sq_block_checksum(lattice, 1, block, &one));
    sum += one * (2 * hmc->chain[i]->id + 1);
  }
  *tuning = hmc->tuning;
  TAP_CALL(sq_hmc_resolve(&set, tuning, *deck));
  sq_free(&block);
  TAP_CALL(sq_hmc_destroy(&hmc));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
  return sum;
}

static bool says(const char *echo, const char *key, double value)
{
  char line[96];
  snprintf(line, sizeof line, "chosen by squall: %.10g\n", value);
  const char *found = strstr(echo, key), *end = found ? strchr(found + 1, '\n') : NULL;
  return end && strncmp(end + 1 - strlen(line), line, strlen(line)) == 0;
}

/* The echo of a deck that left everything to the tuning says what was chosen, and makes the same chains. */
static void test_echo(void)
{
  static const char text[] = "hmc: {configurations: 8, chains: 3, acceleration: auto}",
                    numbers[] = "hmc: {configurations: 8, chains: 3, length: 0.9, steps: 5, thermalisation: 40, "
                                "separation: 2, cluster: 1}";
  sq_deck *deck, *again;
  sq_hmc_tuning t, u;
  char *echo, *second;
  const uint64_t first = run(text, &deck, &t);
  TAP_CALL(sq_deck_text_of(deck, NULL, true, &echo));
  tap_check(says(echo, "\n  length: auto", t.length) && says(echo, "\n  steps: auto", (double)t.steps) &&
              says(echo, "\n  thermalisation: auto", (double)t.thermalisation) &&
              says(echo, "\n  separation: auto", (double)t.separation) &&
              says(echo, "\n  cluster: auto", (double)t.cluster) &&
              strstr(echo, t.mass > 0 ? "chosen by squall: fourier\n" : "chosen by squall: none\n"),
            "what was tuned is written down");
  tap_check(run(echo, &again, &u) == first && u.length == t.length && u.eps == t.eps && u.steps == t.steps,
            "and the deck repeats the chains, bit for bit");
  TAP_CALL(sq_deck_text_of(again, NULL, true, &second));
  tap_check(strstr(second, "chosen by squall") != NULL, "which says so again");
  sq_free(&echo);
  sq_free(&second);
  TAP_CALL(sq_deck_destroy(&deck));
  TAP_CALL(sq_deck_destroy(&again));
  const uint64_t given = run(numbers, &deck, &t);
  TAP_CALL(sq_deck_text_of(deck, NULL, true, &echo));
  tap_check(!strstr(echo, "chosen by squall"), "of numbers that are given nothing is said");
  tap_check(given != first && run(echo, &again, &u) == given, "they make other chains, and the echo the same");
  sq_free(&echo);
  TAP_CALL(sq_deck_destroy(&deck));
  TAP_CALL(sq_deck_destroy(&again));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_defaults();
  test_given();
  test_echo();
  for (const sq_param *p = sq_hmc_params; p->section; p++)
    for (int i = 0; p->names && p->names(i); i++)
      tap_check(sq_integrator_find(p->names(i)) == sq_integrators[i], "%s finds its row", p->names(i));
  return tap_end();
}
