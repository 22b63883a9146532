/* Where the files of a run are. */
#include "src/run/run.h"

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

bool sq_run_ensemble_is_langevin(const sq_run *run)
{
  return sq_deck_has_section(run->deck, "langevin") && !sq_deck_has_section(run->deck, "hmc");
}

void sq_run_chosen_model(const sq_run *run, char path[SQ_PATH])
{
  if (run->sample.model[0]) snprintf(path, SQ_PATH, "%s", run->sample.model);
  else sq_run_path(run, "model.h5", path);
}
