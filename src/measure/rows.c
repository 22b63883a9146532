/* SPDX-License-Identifier: BSD-3-Clause */
/* The rows of measure.csv. */
#include "src/measure/gather.h"

const sq_column sq_measure_columns[] = {
  {"ensemble", "%s"},  {"observable", "%s"},      {"value", "%.10g"}, {"error", "%.4g"},
  {"tau_int", "%.4g"}, {"tau_int_error", "%.4g"}, {"n", "%.0f"},      {0}};

PetscErrorCode sq_measure_row(sq_table *b, const char *ensemble, const char *observable, const sq_estimate *e)
{
  PetscFunctionBeginUser;
  PetscCall(
    sq_table_add(b, SQ_ROW(SQ_CELL("ensemble", ensemble), SQ_CELL("observable", observable), SQ_CELL("value", e->value),
                           SQ_CELL("error", e->error), SQ_CELL("tau_int", e->tau_int),
                           SQ_CELL("tau_int_error", e->tau_int_error), SQ_CELL("n", e->n))));
  PetscFunctionReturn(0);
}
