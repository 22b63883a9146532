/* SPDX-License-Identifier: BSD-3-Clause */
/* The figure of the particle number of a complex field: windings.csv. */
#include "src/report/report.h"

static PetscErrorCode windings_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_cells t;
  sq_blocks b = {.out = out};
  PetscCall(sq_report_table(r, "windings.csv", &t));
  for (int64_t i = 0; i < t.rows; i++) {
    const double width = sq_cells_number(&t, i, "width");
    PetscCall(sq_blocks_at(&b, sq_cells_word(&t, i, "ensemble"), NULL));
    PetscCall(sq_text_add(out, "%.10g %.8g %.4g\n", sq_cells_number(&t, i, "winding"),
                          sq_cells_number(&t, i, "probability") / width, sq_cells_number(&t, i, "error") / width));
  }
  PetscCall(sq_blocks_end(&b));
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_windings = {"windings",
                                      "Particles",
                                      "Distribution of the winding number of the flux k around the time direction, the "
                                      "number of particles minus that of antiparticles.",
                                      700,
                                      450,
                                      windings_data,
                                      "set xlabel 'particles'\nstats data using 1 name 'X' nooutput\nif (X_max - X_min "
                                      "< 20) set xtics 1\n"
                                      "set ylabel 'probability'\n"
                                      "set style fill solid 0.25 noborder\n"
                                      "set yrange [0:]\n"
                                      "set offsets 0.6, 0.6, 0, 0\n"
                                      "plot data index 0 using 1:2 with boxes lt hue(1) title label[1], for "
                                      "[i=1:blocks] data index i-1 using ($1 + 0.1*(i - (blocks + 1)/2.)):2:3 with "
                                      "yerrorbars lt hue(i) title (i > 1 ? label[i] : '')\n",
                                      0};
