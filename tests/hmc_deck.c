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
  sq_hmc hmc = {.set = s,
                .tuning = {.length = 1.0 / 3, .steps = 4, .thermalisation = 170, .separation = 5, .cluster = 1}};
  TAP_CALL(sq_hmc_resolve(&hmc, deck));
  tap_check(sq_deck_real(deck, "hmc", "length") == 1.0 / 3 && sq_deck_int(deck, "hmc", "steps") == 4 &&
              sq_deck_int(deck, "hmc", "thermalisation") == 170 && sq_deck_int(deck, "hmc", "separation") == 5 &&
              sq_deck_int(deck, "hmc", "cluster") == 1,
            "what was tuned is written back");
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
  sq_hmc hmc = {.set = s, .tuning = {.length = 2, .steps = 3, .separation = 1, .thermalisation = 1}};
  TAP_CALL(sq_hmc_resolve(&hmc, deck));
  tap_check(sq_deck_int(deck, "hmc", "steps") == 12 && sq_deck_real(deck, "hmc", "length") == 0.75, "and stays");
  TAP_CALL(sq_deck_destroy(&deck));
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  tap_check(from_text("hmc: {configurations: 3, chains: 4}", &deck, &s) == SQ_ERR_INPUT, "more chains than "
                                                                                         "configurations are refused");
  PetscPopErrorHandler();
  TAP_CALL(sq_deck_destroy(&deck));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_defaults();
  test_given();
  for (const sq_param *p = sq_hmc_params; p->section; p++)
    for (int i = 0; p->names && p->names(i); i++)
      tap_check(sq_integrator_find(p->names(i)) == sq_integrators[i], "%s finds its row", p->names(i));
  return tap_end();
}
