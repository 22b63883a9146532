/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the files of a run are. */
#include "squall/mc.h"
#include "src/run/run.h"
#include <string.h>

void sq_run_path(const sq_run *run, const char *name, char path[SQ_PATH])
{
  snprintf(path, SQ_PATH, "%.950s/%.64s", run->directory, name);
}

void sq_run_ensemble(const sq_run *run, char path[SQ_PATH])
{
  char name[SQ_IO_NAME] = "ensemble.h5";
  if (sq_run_ensemble_is_langevin(run)) snprintf(name, sizeof name, "langevin-%d.h5", run->langevin.count);
  sq_run_path(run, name, path);
}

const char *sq_run_ensemble_section(const sq_run *run)
{
  static const char *const section[] = {"ensemble", "hmc", "mc", "langevin"};
  for (size_t i = 0; i < sizeof section / sizeof *section; i++)
    if (sq_deck_has_section(run->deck, section[i])) return section[i];
  return run->action.type && sq_action_lacks(&run->action, SQ_ABLE_FORCE) ? "mc" : section[1];
}

const char *sq_run_ensemble_command(const sq_run *run)
{
  const char *section = sq_run_ensemble_section(run);
  return strcmp(section, "ensemble") ? section : "import";
}

bool sq_run_ensemble_is_langevin(const sq_run *run)
{
  return !strcmp(sq_run_ensemble_section(run), "langevin");
}

PetscErrorCode sq_run_ensemble_settings(const sq_run *run, sq_hmc_settings *settings)
{
  PetscFunctionBeginUser;
  const char *section = sq_run_ensemble_section(run);
  if (!strcmp(section, "langevin")) *settings = run->langevin.set[0];
  else if (!strcmp(section, "mc")) PetscCall(sq_mc_settings_from_deck(run->deck, &run->action, settings));
  else PetscCall(sq_hmc_settings_from_deck(run->deck, settings));
  PetscFunctionReturn(0);
}

void sq_run_chosen_model(const sq_run *run, char path[SQ_PATH])
{
  if (run->sample.model[0]) snprintf(path, SQ_PATH, "%s", run->sample.model);
  else sq_run_path(run, "model.h5", path);
}

bool sq_run_model_is_given(const sq_run *run)
{
  return run->sample.model[0] && run->type->tractable;
}
