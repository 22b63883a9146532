/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage hmc: chains of hybrid Monte Carlo -> ensemble.h5 (groups training, testing). */
#include "src/stage/produce.h"

static const char *const sections[] = {"lattice", "action", "hmc", NULL};

/* The fields of hybrid Monte Carlo are in the theory's form for it. */
static PetscErrorCode make(sq_run *deck)
{
  PetscFunctionBeginUser;
  sq_run view, *run = &view;
  PetscCall(sq_run_as(deck, SQ_FORM_HMC, run));
  sq_production what = {.name = "hmc",
                        .file = "ensemble",
                        .checkpoint = "hmc",
                        .group = {"training", "testing"},
                        .fingerprint = sq_run_fingerprint(run, sections),
                        .stream = sq_run_stream(run, "hmc", sections)};
  PetscCall(sq_hmc_settings_from_deck(run->deck, &what.set));
  PetscCall(sq_hmc_suit(run->deck, &run->action, &what.set));
  what.resolve = sq_hmc_resolve;
  PetscCall(sq_produce(run, &what));
  PetscFunctionReturn(0);
}

static PetscErrorCode fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  sq_hmc_settings set;
  sq_run view;
  SqCheck(!sq_deck_has_section(run->deck, "ensemble"), run->world, SQ_ERR_INPUT,
          "the deck has a section ensemble, which makes ensemble.h5: run `squall import`");
  SqCheck(!sq_deck_has_section(run->deck, "mc"), run->world, SQ_ERR_INPUT,
          "the deck has a section mc, which makes ensemble.h5: run `squall mc`, or call the section hmc");
  PetscCall(sq_run_as(run, SQ_FORM_HMC, &view));
  PetscCall(sq_hmc_settings_from_deck(run->deck, &set));
  PetscCall(sq_hmc_suit(run->deck, &view.action, &set));
  PetscFunctionReturn(0);
}

static PetscErrorCode plan(const sq_run *deck, sq_budget *budget)
{
  PetscFunctionBeginUser;
  sq_run view, *run = &view;
  PetscCall(sq_run_as(deck, SQ_FORM_HMC, run));
  sq_hmc_settings set;
  PetscCall(sq_hmc_settings_from_deck(run->deck, &set));
  PetscCall(sq_hmc_suit(run->deck, &run->action, &set));
  PetscCall(sq_production_show(run, &set, budget));
  PetscFunctionReturn(0);
}

const sq_stage sq_hmc_stage = {.command = {.name = "hmc",
                                           .usage = "DECK",
                                           .summary = "make an ensemble with hybrid Monte Carlo",
                                           .sections = SQ_DECK("run", "lattice", "action", "parallel", "hmc"),
                                           .params = SQ_TABLES(sq_hmc_params),
                                           .make = make},
                               .section = "hmc",
                               .form = SQ_FORM_HMC,
                               .lacks = sq_lacks_force,
                               .fits = fits,
                               .files = SQ_FILES("ensemble.h5"),
                               .done_file = "ensemble.h5",
                               .products = SQ_PRODUCTS({"ensemble.h5", "ensemble", sections},
                                                       {"hmc.thermalisation.h5", "thermalisation", sections},
                                                       {"hmc.checkpoint.h5", "checkpoint", sections}),
                               .plan = plan};
