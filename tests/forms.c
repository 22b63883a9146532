/* SPDX-License-Identifier: BSD-3-Clause */
/* Forms of a theory: the same values in other numbers for other stages. A theory of this program's own has one that
 * hybrid Monte Carlo can do at twist = 0 only, and one for the Langevin equation, whose numbers are twice as large.
 */
#include "src/action/hopping.h"
#include "src/app/commands.h"
#include "src/ensemble/ensemble.h"
#include "tests/run.h"

enum { WELL, TWIST };

static bool any_valid(const sq_action *action, char *reason, size_t size)
{
  snprintf(reason, size, "well = %g must be positive", action->value[WELL]);
  return action->value[WELL] > 0;
}

static bool straight_valid(const sq_action *action, char *reason, size_t size)
{
  snprintf(reason, size, "twist = %g must be 0", action->value[TWIST]);
  return action->value[TWIST] == 0;
}

static sq_hopping straight(const sq_action *action)
{
  return (sq_hopping){.hop = 0.1, .quadratic = 1, .quartic = action->value[WELL]};
}

/* phi = x/2. */
static sq_hopping doubled(const sq_action *action)
{
  return (sq_hopping){.hop = 0.025, .quadratic = 0.25, .quartic = action->value[WELL] / 16};
}

static const sq_param params[] = {
  {"action", "well", SQ_PARAM_REAL, NULL, 0, 0, NULL, "", "quartic"},
  {"action", "twist", SQ_PARAM_REAL, "0", 0, 0, NULL, "", "no force with it", .later = true},
  {0}};
static const char *const bare_columns[] = {"action_density", NULL};

#define FIELD                                                                                                          \
  .params = params, .space = &sq_space_real, .columns = sq_hopping_columns, .symmetric = true,                         \
  .energy = sq_hopping_energy, .smooth = &sq_hopping_smooth

static const sq_action_type
  field = {.name = "own_field", .valid = straight_valid, FIELD, .own = &(const sq_hopping_form){straight}},
  wide = {.name = "own_wide", .valid = any_valid, FIELD, .own = &(const sq_hopping_form){doubled}},
  own = {.name = "own",
         .params = params,
         .space = &sq_space_sign,
         .columns = bare_columns,
         .valid = any_valid,
         .form = {[SQ_FORM_HMC] = &field, [SQ_FORM_LANGEVIN] = &wide}};
const sq_action_type *const sq_action_types[] = {&sq_action_phi4, &own, NULL};

/* ---- values ---- */

static void check_values(void)
{
  sq_action action, as, read;
  char text[128];
  TAP_CALL(sq_action_make("own", 2, (double[]){0.5, 0}, &action));
  TAP_CALL(sq_action_as(&action, SQ_FORM_HMC, &as));
  sq_action_describe(&as, text, sizeof text);
  tap_check(as.type == &field && !strcmp(text, "own_field well=0.5"), "a form with the same values: %s", text);
  tap_check(sq_action_read(text, 2, &read) && sq_action_equal(&read, &as) && !sq_action_equal(&read, &action), "is "
                                                                                                               "read "
                                                                                                               "back");
  tap_check(sq_action_theory(&field) == &own && sq_action_theory(&wide) == &own && sq_action_theory(&own) == &own &&
              sq_action_theory(&sq_action_phi4) == &sq_action_phi4,
            "and is a form of its theory");
  TAP_CALL(sq_action_as(&as, SQ_FORM_LANGEVIN, &read));
  TAP_CALL(sq_action_as(&as, SQ_FORM_MC, &action));
  tap_check(read.type == &wide && action.type == &own, "from one form to others");
  TAP_CALL(sq_action_make("phi4", 2, (double[]){0.2, 1}, &read));
  TAP_CALL(sq_action_as(&read, SQ_FORM_LANGEVIN, &as));
  tap_check(sq_action_equal(&read, &as), "a theory without forms is its own");
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  action.value[TWIST] = 0.1;
  tap_check(sq_action_as(&action, SQ_FORM_HMC, &as) == SQ_ERR_INPUT, "values that a form cannot have are refused");
  tap_check(!sq_action_read("own_field well=0.5 twist=0.1", 2, &read), "in a description too");
  sq_deck *deck;
  const sq_param *const tables[] = {sq_action_params, NULL};
  PetscErrorCode code = sq_deck_parse(MPI_COMM_WORLD, "deck", "action: {type: own_field, well: 1}", tables, 0, NULL,
                                      &deck);
  tap_check(code == SQ_ERR_INPUT, "decks do not offer forms");
  PetscPopErrorHandler();
}

/* ---- a run whose files are of two forms ---- */

enum { MADE = 3 }; /* of these */
const sq_stage *const sq_stages[] = {&sq_hmc_stage,
                                     &sq_langevin_stage,
                                     &sq_measure_stage,
                                     &sq_train_stage,
                                     &sq_sample_stage,
                                     &sq_correct_stage,
                                     &sq_report_stage,
                                     &sq_likelihood_stage,
                                     &sq_mc_stage,
                                     &sq_import_stage,
                                     NULL};
const sq_command *const sq_commands[] = {&sq_check_command, &sq_run_command, NULL};

static const char sections[] = "hmc: {configurations: 400, test: 0, chains: 4}\n"
                               "langevin: {configurations: 400, chains: 4, eps: [0.05], interval: 0.5}\n";

static sq_run *run_with(const char *action)
{
  char deck[512];
  snprintf(deck, sizeof deck, "lattice: {extents: [4, 4]}\naction: {type: own, %s}\n%s", action, sections);
  return run_of(deck);
}

static void check_run(void)
{
  sq_run *run = run_with("well: 0.1");
  sq_ensemble e[SQ_ENSEMBLES] = {0};
  int count;
  TAP_CALL(sq_check_command.make(run));
  for (int i = 0; i < MADE; i++) TAP_CALL(sq_stages[i]->command.make(run));
  TAP_CALL(sq_ensembles_of_run(run, e, &count));
  tap_check(count == 2 && e[0].theory == &field && e[1].theory == &wide, "each stage has made its form");
  const sq_estimate *a = sq_obs_find(&e[0].table, "phi2"), *b = sq_obs_find(&e[1].table, "phi2");
  double sigmas = (a->value - b->value / 4) / hypot(a->error, b->error / 4);
  tap_check(fabs(sigmas) < 4.5, "and they agree: %.4f(%.4f), a quarter of %.4f(%.4f)", a->value, a->error, b->value,
            b->error);
  tap_check(run_says(run, "measure.csv", "training,phi2,") && run_says(run, "measure.csv", "langevin-0.05,phi2,"),
            "all files are measured");
  TAP_CALL(sq_run_destroy(&run));
}

static void check_refusals(void)
{
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  sq_run *run = run_with("well: 0.2");
  tap_check(sq_hmc_stage.command.make(run) == SQ_ERR_INPUT && sq_langevin_stage.command.make(run) == SQ_ERR_INPUT,
            "a file of other values is refused in any form");
  TAP_CALL(sq_run_destroy(&run));
  run = run_with("well: 0.1, twist: 0.3");
  tap_check(sq_hmc_stage.fits(run) == SQ_ERR_INPUT && sq_langevin_stage.fits(run) == 0, "check refuses the stage alone "
                                                                                        "whose form these values "
                                                                                        "cannot have");
  TAP_CALL(sq_run_destroy(&run));
  PetscPopErrorHandler();
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_values();
  check_run();
  check_refusals();
  return tap_end();
}
