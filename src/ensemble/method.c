/* SPDX-License-Identifier: BSD-3-Clause */
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

const sq_weight_rule *sq_weight_rule_of(const sq_run *run)
{
  if (!sq_deck_has_section(run->deck, "correct")) return &sq_weights_plain;
  sq_correct_settings set;
  sq_correct_settings_from_deck(run->deck, run->sample.configurations, &set);
  return set.weights;
}

PetscErrorCode sq_correct_weights(const sq_run *run, int64_t count, const double *log_weight, double *weight)
{
  PetscFunctionBeginUser;
  PetscCall(sq_weight_rule_of(run)->apply(count, log_weight, weight));
  sq_weights_relative(count, weight, weight);
  PetscFunctionReturn(0);
}

const char *sq_reweighted_name(const sq_run *run, const char *name)
{
  const sq_correction *method = sq_correction_of(run);
  if (!method || !method->weighs || strcmp(name, method->weighs)) return NULL;
  return sq_weight_rule_of(run)->biased ? method->gives_biased : method->gives;
}

bool sq_ensemble_is_corrected(const sq_ensemble *e)
{
  return !strcmp(e->name, "corrected") || (e->weighed && !strncmp(e->name, "corrected ", 10));
}
