/* The method by which the deck of a run corrects. */
#include "src/ensemble/correction.h"
#include <string.h>

const char sq_corrected_file[] = "corrected.h5";

const sq_correction *sq_correction_of(const sq_run *run)
{
  if (!sq_deck_has_section(run->deck, "correct")) return NULL;
  sq_correct_settings set;
  sq_correct_settings_from_deck(run->deck, run->sample.configurations, &set);
  return set.method;
}

const char *sq_reweighted_name(const sq_run *run, const char *name)
{
  const sq_correction *method = sq_correction_of(run);
  return method && method->weighs && !strcmp(name, method->weighs) ? method->gives : NULL;
}
