/* Ensembles of one-dimensional fields against the transfer matrix: what is said and shown of quantum.csv. */
#include "src/ensemble/quantum.h"
#include "src/report/report.h"
#include <math.h>
#include <string.h>

enum { ROWS = 64 };

/* ---- verdicts ---- */

static bool parse(const char *line, sq_quantum_row *row)
{
  return sscanf(line, "%31[^,],%31[^,],%lf,%lf,%lf", row->ensemble, row->observable, &row->value, &row->error,
                &row->exact) == 5;
}

/* ---- the section of the report ---- */

typedef struct {
  int count;
  sq_quantum_row row[ROWS];
} quantum_rows;

static PetscErrorCode add_row(const char *line, void *context)
{
  PetscFunctionBeginUser;
  quantum_rows *rows = context;
  if (rows->count < ROWS) rows->count += parse(line, &rows->row[rows->count]);
  PetscFunctionReturn(0);
}

static PetscErrorCode add_html_row(const sq_quantum_row *rows, int count, const char *observable, sq_text *page)
{
  PetscFunctionBeginUser;
  bool headed = false;
  for (int i = 0; i < count; i++) {
    char text[64], errors[32] = "&ndash;";
    sq_estimate e = {.value = rows[i].value, .error = rows[i].error};
    if (strcmp(rows[i].observable, observable)) continue;
    sq_value_text(&e, text, sizeof text);
    double off = rows[i].value / rows[i].exact - 1;
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

PetscErrorCode sq_quantum_section(const sq_report *r, sq_text *page)
{
  PetscFunctionBeginUser;
  static const char *const observables[] = {"energy_0", "gap", "energy_0_log_Z", "energy", "phi2", "phi4"};
  quantum_rows all = {0};
  const sq_quantum_row *rows = all.row;
  double limit[2], spacing = sq_deck_real(r->run->deck, "quantum", "spacing");
  PetscCall(sq_report_lines(r, "quantum.csv", add_row, &all));
  const int count = all.count;
  if (!count) PetscFunctionReturn(0);
  PetscCall(sq_transfer_continuum(&r->run->action, 2, limit));
  PetscCall(sq_text_add(page,
                        "<h2>Quantum mechanics</h2>\n<p>The lattice is the path integral of a particle of mass 1, hbar "
                        "= 1, with time steps of %g; its transfer matrix, diagonalised "
                        "numerically, is exact for this lattice. Energies are counted from the lowest point of the "
                        "potential. In continuous time E_0 = %.6g, E_1 - E_0 = %.6g.</p>\n"
                        "<table>\n<tr><th></th><th>measured</th><th>transfer matrix</th><th>difference</th><th>in "
                        "errors</th></tr>\n",
                        spacing, limit[0] / spacing, (limit[1] - limit[0]) / spacing));
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

/* ---- the figures: blocks of numbers, one for every name ---- */

typedef struct {
  sq_text *out;
  char name[SQ_IO_NAME];
} curve;

/* A name, a comma and numbers: a row of the block of that name. */
static PetscErrorCode add_point(const char *line, void *context)
{
  PetscFunctionBeginUser;
  curve *c = context;
  char name[SQ_IO_NAME];
  size_t length = strcspn(line, ",");
  if (!line[length] || length >= sizeof name) PetscFunctionReturn(0);
  memcpy(name, line, length);
  name[length] = 0;
  if (strcmp(name, c->name)) PetscCall(sq_text_add(c->out, "%s# %s\n", c->name[0] ? "\n\n" : "", name));
  memcpy(c->name, name, length + 1);
  for (const char *at = line + length + 1; *at && *at != '\n'; at++)
    PetscCall(sq_text_add(c->out, "%c", *at == ',' ? ' ' : *at));
  PetscCall(sq_text_add(c->out, "\n"));
  PetscFunctionReturn(0);
}

static PetscErrorCode blocks_of(const sq_report *r, const char *file, sq_text *out)
{
  PetscFunctionBeginUser;
  curve c = {.out = out};
  PetscCall(sq_report_lines(r, file, add_point, &c));
  if (c.name[0]) PetscCall(sq_text_add(out, "\n\n"));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_quantum_figure_data(const sq_report *r, sq_text *out)
{
  return blocks_of(r, "quantum_correlator.csv", out);
}

PetscErrorCode sq_quantum_states_data(const sq_report *r, sq_text *out)
{
  return blocks_of(r, "quantum_density.csv", out);
}
