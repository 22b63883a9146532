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
                                   "set xlabel 'kinks'\nset ylabel 'probability'\nset style fill solid 0.25 "
                                   "noborder\nset boxwidth 1.6\nset yrange "
                                   "[0:]\nset xtics 2\nset xrange [-1:]\n"
                                   "plot data index 0 using 1:2 with boxes lc rgb '#999999' title name[1], "
                                   "for [i=1:blocks-1] data index i using ($1 + 0.15*(i - 0.5*blocks)):2:3 with "
                                   "yerrorbars pt 7 ps 0.6 lc rgb colour[i] "
                                   "title name[i+1]\n"};
