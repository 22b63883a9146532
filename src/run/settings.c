/* SPDX-License-Identifier: BSD-3-Clause */
/* What a deck says about its run, and in sections that several rooms share. */
#include "src/run/stage.h"
#include <math.h>
#include <string.h>

const sq_param sq_run_params[] = {
  {"run", "dir", SQ_PARAM_STRING, "runs/squall", 0, 0, NULL, "", "directory of everything this run makes",
   .path = true},
  {"run", "seed", SQ_PARAM_INT, "1", 0, 9007199254740992., NULL, "", "seed of all random numbers"},
  {"run", "time_limit", SQ_PARAM_REAL, "0", 0, 1e6, NULL, "minutes",
   "stop resumably before this much time has passed; 0: no limit"},
  {"run", "checkpoint", SQ_PARAM_REAL, "5", 0.01, 1e6, NULL, "minutes", "time between checkpoints"},
  {"lattice", "extents", SQ_PARAM_INTS, NULL, 1, 1048576, NULL, "sites", "L_0, ..., L_{d-1}, d = 1..4; periodic"},
  {"parallel", "replicas", SQ_PARAM_INT, "0", 0, 1000000, NULL, "",
   "groups of ranks that work on different lattices; 0: chosen. Changes no result"},
  {0}};

const sq_param sq_report_params[] = {
  {"measure", "bins", SQ_PARAM_INT, "auto", 30, 4096, NULL, "",
   "bins for the errors of spectra and correlators; auto: as many as memory allows, from 64 to 1024"},
  {"report", "figures", SQ_PARAM_BOOL, "true", 0, 0, NULL, "", "draw figures with gnuplot"},
  {0}};

const sq_param sq_quantum_params[] = {
  {"quantum", "spacing", SQ_PARAM_REAL, "1", 1e-9, 1e9, NULL, "",
   "lattices of one dimension: the spacing in units of choice; energies are given in its inverse units (mass 1, hbar = "
   "1); action particle: its own"},
  {"quantum", "levels", SQ_PARAM_INT, "8", 2, 64, NULL, "", "of the transfer matrix, to print"},
  {"quantum", "first", SQ_PARAM_INT, "auto", 0, 1048576, NULL, "sites",
   "where the fit of the gap begins; auto: where its error and the shift by a second state together are smallest"},
  {"quantum", "last", SQ_PARAM_INT, "auto", 2, 1048576, NULL, "sites",
   "where it ends; auto: at three times the time in which the correlator falls by e"},
  {0}};

static PetscErrorCode read_lattice(sq_run *run)
{
  PetscFunctionBeginUser;
  const int64_t *extents;
  int dim = sq_deck_ints(run->deck, "lattice", "extents", &extents);
  SqCheck(dim >= 1 && dim <= SQ_DIM, run->world, SQ_ERR_INPUT,
          "%s: lattice.extents: %d directions, allowed are 1 to %d", sq_deck_where(run->deck, "lattice", "extents"),
          dim, SQ_DIM);
  run->dim = dim;
  (void)sq_extents_pad(dim, extents, run->padded);
  memcpy(run->extents, extents, (size_t)dim * sizeof *extents);
  PetscFunctionReturn(0);
}

/* A theory that states its time step needs no other, and has none. */
static PetscErrorCode read_quantum(const sq_deck *deck, const sq_action *action, sq_quantum_settings *set)
{
  PetscFunctionBeginUser;
  const sq_action_transfer *transfer = action->type->transfer;
  double mass, spacing = sq_deck_real(deck, "quantum", "spacing");
  const bool given = sq_deck_given(deck, "quantum", "spacing");
  *set = (sq_quantum_settings){.spacing = spacing,
                               .levels = (int)sq_deck_int(deck, "quantum", "levels"),
                               .first = sq_deck_int(deck, "quantum", "first"),
                               .last = sq_deck_int(deck, "quantum", "last")};
  if (transfer && transfer->units) transfer->units(action, &set->spacing, &mass);
  SqCheck(!given || spacing == set->spacing, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: quantum.spacing: %g, but the action %s has its own, %g: leave it out",
          sq_deck_where(deck, "quantum", "spacing"), spacing, action->type->name, set->spacing);
  SqCheck(set->first < 0 || set->last < 0 || set->first < set->last, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: quantum.last: %lld, must be above quantum.first, %lld", sq_deck_where(deck, "quantum", "last"),
          (long long)set->last, (long long)set->first);
  PetscFunctionReturn(0);
}

/* Whether the deck's model can be: where nothing learns one, that of a file is held against the deck when it is read.
 */
static PetscErrorCode check_model(const sq_run *run)
{
  PetscFunctionBeginUser;
  const bool own = !sq_run_model_is_given(run) || sq_deck_has_section(run->deck, "train");
  if (own && !sq_lacks_model(run, &run->action)) PetscCall(sq_run_model_type(run)->check(run->deck, &run->action));
  PetscFunctionReturn(0);
}

/* One section makes ensemble.h5. */
static PetscErrorCode check_makers(const sq_run *run)
{
  PetscFunctionBeginUser;
  static const char *const name[] = {"hmc", "mc", "ensemble"};
  const char *first = NULL;
  for (int i = 0; i < 3; i++) {
    if (!sq_deck_has_section(run->deck, name[i])) continue;
    SqCheck(!first, run->world, SQ_ERR_INPUT,
            "the deck has both a section %s and a section %s, and each makes ensemble.h5: take one of them out", first,
            name[i]);
    first = name[i];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_from_deck(sq_run *run)
{
  PetscFunctionBeginUser;
  const sq_deck *deck = run->deck;
  double limit = sq_deck_real(deck, "run", "time_limit");
  PetscCall(read_lattice(run));
  PetscCall(sq_action_from_deck(deck, run->dim, &run->action));
  PetscCall(check_makers(run));
  run->seed = (uint64_t)sq_deck_int(deck, "run", "seed");
  run->deadline = limit > 0 ? run->began + 60 * limit : INFINITY;
  run->checkpoint = 60 * sq_deck_real(deck, "run", "checkpoint");
  snprintf(run->directory, sizeof run->directory, "%s", sq_deck_text(deck, "run", "dir"));
  SqCheck(strlen(run->directory) < sizeof run->directory - 64, run->world, SQ_ERR_INPUT,
          "run.dir: the name is too long");
  run->replicas = (int)sq_deck_int(deck, "parallel", "replicas");
  SqCheck(run->replicas == 0 || run->size % run->replicas == 0, run->world, SQ_ERR_INPUT,
          "%s: parallel.replicas: %d does not divide the %d ranks of this job",
          sq_deck_where(deck, "parallel", "replicas"), run->replicas, run->size);
  PetscCall(sq_model_keys_check(deck));
  PetscCall(sq_langevin_settings_from_deck(deck, &run->langevin));
  PetscCall(sq_sample_settings_from_deck(deck, run->dim, run->extents, &run->sample));
  PetscCall(sq_train_settings_from_deck(deck, &run->train));
  PetscCall(sq_run_find_model_type(run));
  PetscCall(check_model(run));
  PetscCall(read_quantum(deck, &run->action, &run->quantum));
  run->bins = (int)sq_deck_int(deck, "measure", "bins");
  run->figures = sq_deck_bool(deck, "report", "figures");
  run->from_ensemble = sq_deck_has_section(deck, "correct") && !strcmp(sq_deck_text(deck, "correct", "start"), "ensembl"
                                                                                                               "e");
  PetscFunctionReturn(0);
}
