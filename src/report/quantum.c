/* Ensembles of one-dimensional fields against the transfer matrix: the section of the report and its figures, from the
 * tables of the stage measure. */
#include "src/measure/quantum.h"
#include "src/report/report.h"
#include <math.h>
#include <string.h>

/* ---- the section ---- */

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

/* ---- the figures: blocks of numbers, one for every name ---- */

static PetscErrorCode blocks_of(const sq_report *r, const char *file, const char *const *columns, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_blocks b = {.out = out};
  sq_cells t;
  PetscCall(sq_report_table(r, file, &t));
  for (int64_t i = 0; i < t.rows; i++) {
    PetscCall(sq_blocks_at(&b, sq_cells_word(&t, i, "ensemble"), NULL));
    for (const char *const *c = columns; *c; c++)
      PetscCall(sq_text_add(out, "%s%s", sq_cells_word(&t, i, *c), c[1] ? " " : "\n"));
  }
  PetscCall(sq_blocks_end(&b));
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

static PetscErrorCode states_data(const sq_report *r, sq_text *out)
{
  return blocks_of(r, "quantum_density.csv", (const char *const[]){"x", "density", NULL}, out);
}

const sq_figure sq_figure_quantum_states = {
  "quantum_states",
  "Potential, levels and position",
  "Left: the potential and the levels of the transfer matrix. Right: the density of x at a site, of the ensembles "
  "(points) and of the transfer matrix (line).",
  900,
  420,
  states_data,
  "set multiplot layout 1,2\nstats data index 0 using 1 name 'X' nooutput\nstats data index 2 every ::0::3 using 2 "
  "name 'E' nooutput\nset xrange [X_min:X_max]\nset xlabel 'x'\nset ylabel 'V(x), E_n'\n"
  "set yrange [0:1.15*E_max]\nset key off\nplot data index 1 using 1:2 lc rgb '#555555', data index 2 using "
  "(X_min):2:(X_max - X_min):(0) with vectors nohead lc rgb colour[1]\n"
  "set ylabel 'density of x'\nset yrange [0:*]\nset key bottom center\nplot data index 0 using 1:2 lc rgb '#555555' "
  "title 'transfer matrix', for [i=3:blocks-1] data index i using 1:2 every 2 with points pt 6 ps 0.5 lc rgb "
  "colour[i-2] title name[i+1]\nunset multiplot\n"};
static PetscErrorCode correlator_data(const sq_report *r, sq_text *out)
{
  static const char *const columns[] = {"t", "C", "error", "mass", "mass_error", NULL};
  return blocks_of(r, "quantum_correlator.csv", columns, out);
}

const sq_figure sq_figure_quantum = {
  "quantum",
  "Quantum mechanics",
  "C(t) and the effective mass of the cosh; lines: the transfer matrix. Masses with errors of more than a tenth are "
  "left out.",
  900,
  450,
  correlator_data,
  "set multiplot layout 1,2\nset xlabel 't'\nset ylabel 'C(t)'\nset logscale y\nset format y '10^{%T}'\nplot data "
  "index 0 using 1:2 lc rgb '#555555' title 'transfer matrix', "
  "for [i=1:blocks-1] data index i using 1:($2 > 2*$3 ? $2 : NaN):3 with yerrorbars pt 7 ps 0.4 lc rgb colour[i] "
  "title name[i+1]\n"
  "set ylabel 'effective mass'\nunset logscale y\nset format y '%g'\nset key off\nset yrange [*:*]\nplot data index 0 "
  "using 1:4 lc rgb '#555555', for [i=1:blocks-1] data index i using 1:($5 < 0.1*$4 ? $4 : NaN):5 with yerrorbars pt 7 "
  "ps 0.4 lc rgb colour[i]\nunset multiplot\n"};
