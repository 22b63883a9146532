/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage mc: chains of any theory, by the algorithm of the section mc -> ensemble.h5 (groups training, testing). */
#include "squall/mc.h"
#include "src/stage/produce.h"

static const char *const sections[] = {"lattice", "action", "mc", NULL};

static PetscErrorCode make(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_production what = {.name = "mc",
                        .file = "ensemble",
                        .checkpoint = "mc",
                        .group = {"training", "testing"},
                        .fingerprint = sq_run_fingerprint(run, sections),
                        .stream = sq_run_stream(run, "mc", sections),
                        .resolve = sq_mc_resolve};
  PetscCall(sq_mc_settings_from_deck(run->deck, &run->action, &what.set));
  PetscCall(sq_produce(run, &what));
  PetscFunctionReturn(0);
}

static const char *lacks(const sq_run *run, const sq_action *action)
{
  (void)run;
  return sq_mc_default(action) ? NULL : "has nothing to move it by";
}

static PetscErrorCode fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  sq_hmc_settings set;
  SqCheck(!sq_deck_has_section(run->deck, "ensemble"), run->world, SQ_ERR_INPUT,
          "the deck has a section ensemble, which makes ensemble.h5: run `squall import`");
  SqCheck(!sq_deck_has_section(run->deck, "hmc"), run->world, SQ_ERR_INPUT,
          "the deck has a section hmc, which makes ensemble.h5: run `squall hmc`, or call the section mc");
  PetscCall(sq_mc_settings_from_deck(run->deck, &run->action, &set));
  PetscFunctionReturn(0);
}

static PetscErrorCode plan(const sq_run *run, sq_budget *budget)
{
  PetscFunctionBeginUser;
  sq_hmc_settings set;
  PetscCall(sq_mc_settings_from_deck(run->deck, &run->action, &set));
  PetscCall(sq_production_show(run, &set, budget));
  PetscFunctionReturn(0);
}

const sq_stage sq_mc_stage = {.command = {.name = "mc",
                                          .usage = "DECK",
                                          .summary = "make an ensemble of any theory with its Monte Carlo algorithm",
                                          .sections = SQ_DECK("run", "lattice", "action", "parallel", "mc"),
                                          .params = SQ_TABLES(sq_mc_params),
                                          .make = make},
                              .section = "mc",
                              .lacks = lacks,
                              .algorithms = sq_mc_possible,
                              .fits = fits,
                              .files = NULL, /* ensemble.h5, as of hmc, which is never beside it */
                              .done_file = "ensemble.h5",
                              .products = SQ_PRODUCTS({"ensemble.h5", "ensemble", sections},
                                                      {"mc.thermalisation.h5", "thermalisation", sections},
                                                      {"mc.checkpoint.h5", "checkpoint", sections}),
                              .plan = plan};
