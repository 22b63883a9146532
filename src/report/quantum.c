/* SPDX-License-Identifier: BSD-3-Clause */
/* Figures of one-dimensional fields beside the transfer matrix, from the tables of the stage measure. */
#include "src/report/report.h"

/* Blocks of numbers, one for every name. */
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

const sq_figure sq_figure_quantum_states = {"quantum_states",
                                            "Potential, levels and position",
                                            "Left: the potential and the levels of the transfer matrix. Right: the "
                                            "density of x at a site, of the ensembles (points) and of the transfer "
                                            "matrix (line).",
                                            900,
                                            420,
                                            states_data,
                                            "set multiplot layout down(2),across(2)\n"
                                            "set key maxcols 2\nset tmargin 4\n"
                                            "stats data index 0 using 1 name 'X' nooutput\n"
                                            "stats data index 2 every ::0::3 using 2 name 'E' nooutput\n"
                                            "set xrange [X_min:X_max]\n"
                                            "set xlabel 'x'\n"
                                            "set ylabel 'V(x), E_n'\n"
                                            "set yrange [0:1.15*E_max]\n"
                                            "plot data index 1 using 1:2 lc rgb '#555555' title 'V(x)', data index 2 "
                                            "using (X_min):2:(X_max - X_min):(0) with vectors nohead lt 1 title 'E_n'\n"
                                            "set ylabel 'density of x'\n"
                                            "set yrange [0:*]\n"
                                            "plot data index 0 using 1:2 lc rgb '#555555' title 'transfer matrix', for "
                                            "[i=4:blocks] data index i-1 using ($1 + (X_max - X_min)*beside(i-3, "
                                            "blocks-3)):2 every 2 with points lt hue(i) title label[i]\n"
                                            "unset multiplot\n",
                                            2};
static PetscErrorCode correlator_data(const sq_report *r, sq_text *out)
{
  static const char *const columns[] = {"t", "C", "error", "mass", "mass_error", NULL};
  return blocks_of(r, "quantum_correlator.csv", columns, out);
}

const sq_figure sq_figure_quantum = {"quantum",
                                     "Quantum mechanics",
                                     "C(t) and the effective mass of the cosh; lines: the transfer matrix. Masses with "
                                     "errors of more than a tenth are left out; ensembles are "
                                     "shifted sideways so that all can be seen.",
                                     900,
                                     450,
                                     correlator_data,
                                     "set multiplot layout down(2),across(2)\n"
                                     "set key maxcols 2\nset tmargin 4\n"
                                     "stats data index 0 using 1 name 'X' nooutput\n"
                                     "wide = X_max - X_min\n"
                                     "set xlabel 't'\n"
                                     "set ylabel 'C(t)'\n"
                                     "stats data index 0 using 2 name 'C' nooutput\n"
                                     "if (C_max > 10*C_min) {set logscale y; set format y '10^{%T}'}\n"
                                     "plot data index 0 using 1:2 lc rgb '#555555' title 'transfer matrix', for "
                                     "[i=2:blocks] data index i-1 using ($1 + wide*beside(i-1, blocks-1)/3):($2 > 2*$3 "
                                     "? "
                                     "$2 : NaN):3 with yerrorbars lt hue(i) title label[i]\n"
                                     "set ylabel 'effective mass (E_1 − E_0)'\n"
                                     "unset logscale y\n"
                                     "set format y '%g'\n"
                                     "set yrange [*:*]\n"
                                     "plot data index 0 using 1:4 lc rgb '#555555' notitle, for [i=2:blocks] data "
                                     "index i-1 using ($1 + wide*beside(i-1, blocks-1)/3):($5 < 0.1*$4 ? $4 : NaN):5 "
                                     "with yerrorbars lt hue(i) notitle\n"
                                     "unset multiplot\n",
                                     2};
