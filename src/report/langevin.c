/* SPDX-License-Identifier: BSD-3-Clause */
/* The figure of a Langevin equation's step sizes, from langevin.csv. */
#include "src/report/report.h"
#include <string.h>

static bool shown(const char *name)
{
  static const char *const names[] = {"chi2", "phi2", "action_density", "schwinger_dyson"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp(name, names[i])) return true;
  return false;
}

/* Blocks of eps, value, error, fit; a block for every observable, the first row at eps = 0. */
static PetscErrorCode langevin_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_blocks b = {.out = out};
  sq_cells t;
  PetscCall(sq_report_table(r, "langevin.csv", &t));
  for (int64_t i = 0; i < t.rows; i++) {
    if (!shown(sq_cells_word(&t, i, "observable"))) continue;
    PetscCall(sq_blocks_at(&b, sq_symbol_find(sq_cells_word(&t, i, "observable"))->plot, NULL));
    PetscCall(sq_text_add(out, "%.6g %.8g %.3g %.8g\n", sq_cells_number(&t, i, "eps"), sq_cells_number(&t, i, "value"),
                          sq_cells_number(&t, i, "error"), sq_cells_number(&t, i, "fit")));
  }
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_langevin = {"langevin",
                                      "The step size of the Langevin equation",
                                      "Averages at the step sizes of the run (points), and the fit (line) that leads "
                                      "to step size 0 (the leftmost point).",
                                      1000,
                                      700,
                                      langevin_data,
                                      "set multiplot layout (paper ? blocks : 2),(paper ? 1 : 2)\n"
                                      "set tmargin 1\n"
                                      "set xlabel 'step size ε (Langevin time)'\n"
                                      "stats data using 1 name 'X' nooutput\n"
                                      "set xrange [-0.05*X_max:1.05*X_max]\n"
                                      "set offsets 0,0,graph 0.1,graph 0.1\n"
                                      "unset key\n"
                                      "do for [i=1:blocks] {\n"
                                      "  set ylabel label[i]\n"
                                      "  plot data index i-1 using 1:4 smooth csplines lt 3, data index i-1 using "
                                      "1:2:3 with yerrorbars lt 1\n"
                                      "}\n"
                                      "unset multiplot\n",
                                      4};
