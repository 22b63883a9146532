/* SPDX-License-Identifier: BSD-3-Clause */
/* What the errors of fields that a model generated leave out: the model's own. */
#include "src/verdict/verdict.h"
#include <math.h>

/* Halves of the training are for models without a density of fields (train.halves). */
const char *sq_conditional_words(const sq_ensemble *e)
{
  if (e->no_density)
    return "not exact: its fields have no density, so no weights can correct them (correct: {method: hmc} or mala "
           "moves "
           "them on); errors are conditional on the model: they leave out how far another training, on other "
           "configurations, would shift these averages (train.halves measures it)";
  return e->of_fields ? "averages of the model's own density, not of exp(-S): what its fields weigh makes them exact "
                        "(correct: {method: reweight} or metropolis)" :
                        "errors are conditional on the model: they leave out how far another training, on other "
                        "configurations, would shift these averages (train.halves measures it)";
}

PetscErrorCode sq_check_model(const sq_run *run, const sq_ensemble *e, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  (void)run;
  if (!sq_ensemble_of_model(e)) PetscFunctionReturn(0);
  if (isnan(e->model_error)) PetscCall(sq_verdict_note(v, e->name, "model", NAN, NAN, "%s", sq_conditional_words(e)));
  else
    PetscCall(sq_verdict_note(v, e->name, "model", e->model_error, NAN,
                              "errors contain the model's own, from two halves of the training, known to a factor of "
                              "about two: at most %.2g times the statistical ones",
                              e->model_error));
  PetscFunctionReturn(0);
}
