/* SPDX-License-Identifier: BSD-3-Clause */
/* Energies of an ensemble beside those of the transfer matrix, in words. */
#include "src/measure/quantum.h"
#include <math.h>
#include <string.h>

const double sq_quantum_agreement = 0.01;

static const sq_quantum_row *find(const sq_quantum_row *rows, int count, const char *ensemble, const char *observable)
{
  for (int i = 0; i < count; i++)
    if (!strcmp(rows[i].ensemble, ensemble) && !strcmp(rows[i].observable, observable)) return &rows[i];
  return NULL;
}

static PetscErrorCode describe(const sq_quantum_row *row, const char *what, sq_text *out)
{
  PetscFunctionBeginUser;
  char text[64];
  if (isnan(row->measured.value)) {
    PetscCall(sq_text_add(out, "%s cannot be told, transfer matrix %.5f", what, row->exact));
    PetscFunctionReturn(0);
  }
  sq_value_text(&row->measured, text, sizeof text);
  PetscCall(sq_text_add(out, "%s = %s, transfer matrix %.5f (%+.2f %%", what, text, row->exact,
                        100 * (row->measured.value / row->exact - 1)));
  if (row->measured.error > 1e-6 * fabs(row->measured.value))
    PetscCall(sq_text_add(out, ", %+.1f errors", (row->measured.value - row->exact) / row->measured.error));
  PetscCall(sq_text_add(out, ")"));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_quantum_verdict(const sq_quantum_row *rows, int count, const char *ensemble, sq_text *out)
{
  PetscFunctionBeginUser;
  static const struct {
    const char *observable, *what;
  } shown[] = {{"energy_0", "E_0"}, {"gap", "E_1 - E_0"}, {"energy_0_log_Z", "E_0 from log Z"}};
  bool agrees = true, explained = true, known = true;
  int found = 0;
  PetscCall(sq_text_add(out, "%s: ", ensemble));
  for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
    const sq_quantum_row *row = find(rows, count, ensemble, shown[i].observable);
    if (!row) continue;
    if (found++) PetscCall(sq_text_add(out, "; "));
    PetscCall(describe(row, shown[i].what, out));
    bool near = fabs(row->measured.value / row->exact - 1) <= sq_quantum_agreement;
    agrees = agrees && near;
    known = known && (near || !isnan(row->measured.error));
    explained = explained && (near || isnan(row->measured.value) ||
                              fabs(row->measured.value - row->exact) <= sq_sigmas_agree * row->measured.error);
  }
  PetscCall(sq_text_add(out, ": %s",
                        agrees    ? "within" :
                        !known    ? "its errors are not known, so it cannot be judged to" :
                        explained ? "within its errors, which are too large for" :
                                    "NOT within"));
  PetscCall(sq_text_add(out, " %g %%", 100 * sq_quantum_agreement));
  PetscFunctionReturn(0);
}
