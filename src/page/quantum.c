/* SPDX-License-Identifier: BSD-3-Clause */
/* The section of the page about one-dimensional fields beside the transfer matrix, from quantum.csv. */
#include "src/measure/quantum.h"
#include "src/page/page.h"
#include <math.h>
#include <string.h>

/* Every row of quantum.csv. rows is the caller's. */
static PetscErrorCode read_rows(const sq_report *r, sq_quantum_row **rows, int *count)
{
  PetscFunctionBeginUser;
  sq_cells t;
  PetscCall(sq_report_table(r, "quantum.csv", &t));
  *count = (int)t.rows;
  PetscCall(sq_alloc(t.rows, rows));
  for (int i = 0; i < *count; i++) {
    sq_quantum_row *row = &(*rows)[i];
    snprintf(row->ensemble, sizeof row->ensemble, "%s", sq_cells_word(&t, i, "ensemble"));
    snprintf(row->observable, sizeof row->observable, "%s", sq_cells_word(&t, i, "observable"));
    row->measured.value = sq_cells_number(&t, i, "value");
    row->measured.error = sq_cells_number(&t, i, "error");
    row->exact = sq_cells_number(&t, i, "exact");
  }
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

static PetscErrorCode add_html_row(const sq_quantum_row *rows, int count, const char *observable, sq_text *page)
{
  PetscFunctionBeginUser;
  bool headed = false;
  for (int i = 0; i < count; i++) {
    char text[64], errors[32] = "&ndash;";
    sq_estimate e = rows[i].measured;
    if (strcmp(rows[i].observable, observable)) continue;
    sq_value_text(&e, text, sizeof text);
    double off = e.value / rows[i].exact - 1;
    if (e.error > 1e-6 * fabs(e.value)) snprintf(errors, sizeof errors, "%+.1f", (e.value - rows[i].exact) / e.error);
    if (!headed)
      PetscCall(
        sq_text_add(page, "<tr><td>%s</td><td></td><td>%.6g</td><td></td><td></td></tr>\n", observable, rows[i].exact));
    PetscCall(sq_text_add(page, "<tr><td>&emsp;%s</td><td>%s</td><td></td><td%s>%+.2f %%</td><td>%s</td></tr>\n",
                          rows[i].ensemble, text, fabs(off) > sq_quantum_agreement ? " class=\"far\"" : "", 100 * off,
                          errors));
    headed = true;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode add_rows(const sq_report *r, const sq_quantum_row *rows, int count, sq_text *page)
{
  PetscFunctionBeginUser;
  static const char *const observables[] = {"energy_0", "gap", "energy_0_log_Z", "energy", "phi2", "phi4"};
  double limit[2], spacing = r->run->quantum.spacing;
  sq_particle particle;
  PetscCall(sq_particle_make(&r->run->action, &particle));
  PetscCall(sq_transfer_continuum(&r->run->action, 2, limit));
  PetscCall(sq_text_add(page,
                        "<h2>Quantum mechanics</h2>\n<p>The lattice is the path integral of a particle of mass %g, "
                        "hbar "
                        "= 1, with time steps of %g; its transfer matrix, diagonalised "
                        "numerically, is exact for this lattice. Energies are counted from the lowest point of the "
                        "potential. In continuous time E_0 = %.6g, E_1 - E_0 = %.6g.</p>\n"
                        "<table>\n<tr><th></th><th>measured</th><th>transfer matrix</th><th>difference</th><th>in "
                        "errors</th></tr>\n",
                        particle.mass, spacing, limit[0] / spacing, (limit[1] - limit[0]) / spacing));
  for (size_t i = 0; i < sizeof observables / sizeof *observables; i++)
    PetscCall(add_html_row(rows, count, observables[i], page));
  PetscCall(sq_text_add(page, "</table>\n"));
  for (int i = 0; i < count; i++) {
    if (strcmp(rows[i].observable, "energy_0")) continue;
    PetscCall(sq_text_add(page, "<p>"));
    PetscCall(sq_quantum_verdict(rows, count, rows[i].ensemble, page));
    PetscCall(sq_text_add(page, "</p>\n"));
  }
  PetscFunctionReturn(0);
}

/* Nothing where there is no quantum.csv. */
PetscErrorCode sq_section_quantum(const sq_report *r, sq_text *page)
{
  PetscFunctionBeginUser;
  sq_quantum_row *rows;
  int count = 0;
  PetscCall(read_rows(r, &rows, &count));
  if (count) PetscCall(add_rows(r, rows, count, page));
  sq_free(&rows);
  PetscFunctionReturn(0);
}
