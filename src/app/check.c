/* SPDX-License-Identifier: BSD-3-Clause */
/* The command check: whether the parts of a deck fit each other, and what its stages would do, cost and need. */
#include "src/app/commands.h"
#include "src/costs/costs.h"
#include <string.h>

/* anywhere: on a machine with more memory, perhaps. */
static PetscErrorCode deck_possible(const sq_run *run, bool anywhere)
{
  PetscFunctionBeginUser;
  sq_budget budget = {.quiet = true, .patient = anywhere};
  PetscCall(sq_stages_plan(run, NULL, &budget));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_deck_fits(sq_run *run)
{
  PetscFunctionBeginUser;
  run->whole = true;
  PetscCall(sq_stages_fit(run, NULL));
  PetscCall(deck_possible(run, false));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_command_fits(sq_run *run, const sq_command *command)
{
  PetscFunctionBeginUser;
  if (command->fits) PetscCall(command->fits(run));
  for (int i = 0; sq_stages[i]; i++) {
    if (&sq_stages[i]->command != command) continue;
    PetscCall(sq_stage_suits(sq_stages[i], run));
    if (sq_stages[i]->fits) PetscCall(sq_stages[i]->fits(run));
  }
  PetscFunctionReturn(0);
}

/* Any stage that evaluates the network of the deck. */
static bool is_learned(const sq_run *run)
{
  static const char *const sections[] = {"train", "sample", "correct", "likelihood"};
  for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
    if (sq_deck_has_section(run->deck, sections[i])) return true;
  return false;
}

static PetscErrorCode measure_rates(const sq_run *run, sq_budget *budget)
{
  PetscFunctionBeginUser;
  PetscCall(sq_trial_rates(run, is_learned(run), budget));
  PetscFunctionReturn(0);
}

/* Whether the deck has the section of a stage that this program has. */
static bool wants(const sq_run *run, const char *section)
{
  for (int i = 0; sq_stages[i]; i++)
    if (sq_stages[i]->section && !strcmp(sq_stages[i]->section, section)) return sq_stage_wanted(sq_stages[i], run);
  return false;
}

static void describe(const sq_run *run)
{
  char action[256], extents[64];
  sq_action_describe(&run->action, action, sizeof action);
  sq_extents_text(run->dim, run->extents, extents, sizeof extents);
  sq_info("%s on %s sites, into %s (--deck shows every value in force)", action, extents, run->directory);
  sq_info("On %d rank%s:", run->size, run->size > 1 ? "s" : "");
}

static PetscErrorCode check(sq_run *run)
{
  PetscFunctionBeginUser;
  char *text, model[160] = "", updates[80] = "", clock[SQ_BUDGET_TEXT], bytes[SQ_BUDGET_TEXT];
  const sq_model_type *type = sq_run_model_type(run);
  sq_budget budget = {0};
  struct sq_costs *costs;
  sq_cost cost;
  bool exact;
  run->whole = true;
  PetscCall(sq_stages_fit(run, NULL));
  PetscCall(deck_possible(run, true));
  if (sq_run_model_is_given(run)) snprintf(model, sizeof model, "%s: that of %.120s", type->name, run->sample.model);
  else if (type->tell && !wants(run, "families") && !sq_lacks_model(run, &run->action))
    PetscCall(type->tell(run->deck, &run->action, run->padded, model, sizeof model));
  if (sq_words_value(run->words, "--deck")) {
    PetscCall(sq_deck_text_of(run->deck, NULL, true, &text));
    sq_info("%s", text);
    sq_free(&text);
  }
  describe(run);
  if (model[0]) sq_info("  %s", model);
  PetscCall(sq_alloc(1, &costs));
  sq_budget_costs(run, costs);
  budget.costs = costs;
  const bool known = sq_costs_find(costs, "memory", &cost, &exact) && exact;
  if (known) budget.network = cost.network, budget.updates = cost.updates;
  else if (!run->words || !run->words->quiet) PetscCall(measure_rates(run, &budget));
  PetscErrorCode code = sq_stages_plan(run, NULL, &budget);
  sq_free(&costs);
  PetscCall(code);
  if (budget.updates > 0)
    snprintf(updates, sizeof updates, " and %.3g million site updates a second", budget.updates / 1e6);
  sq_info("  in all  about %s and %s of files. Times (hours:minutes:seconds) are of a core that does nothing "
          "else, %s: %.3g Gflop/s in the network%s, of each rank",
          sq_clock_text(budget.seconds, clock), sq_bytes_text(budget.bytes, bytes),
          known ? "as `squall bench --save` has found" :
                  "from rates measured now, in a fifth of a second (`squall bench --save DECK` tries its stages, and "
                  "comes nearer)",
          budget.network / 1e9, updates);
  PetscCall(sq_node_tell(run, &budget));
  sq_info(budget.lacking ? "The deck is valid, but this machine does not have the memory for these ranks." :
                           "The deck is valid.");
  PetscFunctionReturn(0);
}

const sq_command sq_check_command = {.name = "check",
                                     .place = SQ_PLACE_FIRST,
                                     .usage = "DECK",
                                     .summary = "validate a deck; show what its stages would do, take and need; run "
                                                "nothing",
                                     .options = SQ_OPTIONS({"--deck", NULL, "every value in force first"},
                                                           {"--cores", "N",
                                                            "of a node: how many ranks of it pay; "
                                                            "otherwise of this machine"},
                                                           {"--memory", "GB", "of a node, in GB (10^9 bytes)"}),
                                     .make = check,
                                     .prints = true,
                                     .serial = true};
