/* SPDX-License-Identifier: BSD-3-Clause */
/* The figure of the number of kinks of paths: kinks.csv. */
#include "src/report/report.h"

static PetscErrorCode kinks_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_cells t;
  sq_blocks b = {.out = out};
  PetscCall(sq_report_table(r, "kinks.csv", &t));
  for (int64_t i = 0; i < t.rows; i++) {
    PetscCall(sq_blocks_at(&b, sq_cells_word(&t, i, "ensemble"), NULL));
    PetscCall(sq_text_add(out, "%s %s %s\n", sq_cells_word(&t, i, "kinks"), sq_cells_word(&t, i, "probability"),
                          sq_cells_word(&t, i, "error")));
  }
  PetscCall(sq_blocks_end(&b));
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_kinks = {"kinks",
                                   "Kinks",
                                   "How many times paths go from one well to the other: boxes, the transfer matrix; "
                                   "points, the ensembles.",
                                   700,
                                   450,
                                   kinks_data,
                                   "set xlabel 'kinks'\n"
                                   "set ylabel 'probability'\n"
                                   "set style fill solid 0.25 noborder\n"
                                   "set boxwidth 1.6\n"
                                   "stats data index 1 using ($2 > 0 ? $2 : NaN) name 'P' nooutput\n"
                                   "stats data index 0 using ($2 > P_min/10 ? $1 : NaN) name 'X' nooutput\n"
                                   "set logscale y\n"
                                   "set format y '10^{%T}'\n"
                                   "set yrange [P_min/10:2]\n"
                                   "set xtics 2\n"
                                   "set xrange [-1:X_max+1]\n"
                                   "plot data index 0 using 1:2 with boxes lc rgb '#999999' title label[1], for "
                                   "[i=2:blocks] data index i-1 using ($1 + 0.15*(i - 1 - 0.5*blocks)):2:3 with "
                                   "yerrorbars lt hue(i) title label[i]\n",
                                   0};
