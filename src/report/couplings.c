/* SPDX-License-Identifier: BSD-3-Clause */
/* The figure of one model at many couplings, from couplings.csv. */
#include "src/report/report.h"
#include <math.h>
#include <string.h>

/* Rows of an ensemble, as a block. */
static PetscErrorCode add_ensemble(sq_cells *t, const char *name, sq_text *out)
{
  PetscFunctionBeginUser;
  static const char *const columns[] = {"ess",  "ess_error",  "log_Z", "log_Z_error", "log_Z_exact",
                                        "chi2", "chi2_error", "U_L",   "U_L_error",   NULL};
  PetscCall(sq_text_add(out, "# %s\n", name));
  for (int64_t i = 0; i < t->rows; i++) {
    if (strcmp(sq_cells_word(t, i, "ensemble"), name)) continue;
    PetscCall(sq_text_add(out, "%.10g", sq_cells_number(t, i, t->cell[0])));
    for (const char *const *c = columns; *c; c++) PetscCall(sq_text_add(out, " %.10g", sq_cells_number(t, i, *c)));
    PetscCall(sq_text_add(out, "\n"));
  }
  PetscCall(sq_text_add(out, "\n\n"));
  PetscFunctionReturn(0);
}

/* Of one parameter that varies: its column comes first, and is followed by the ensemble's. A block that is empty, of a
 * deck without corrections, has a point that is not drawn. */
static PetscErrorCode data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  static const char *const blocks[] = {"generated", "corrected", "training"};
  sq_cells t;
  PetscCall(sq_report_table(r, "couplings.csv", &t));
  if (t.rows && t.columns > 1 && !strcmp(t.cell[1], "ensemble")) {
    PetscCall(sq_text_add(out, "# x: %s\n", t.cell[0]));
    for (int i = 0; i < 3; i++) {
      PetscCall(add_ensemble(&t, blocks[i], out));
    }
  }
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

#define POINTS(block, y, error, type, name)                                                                            \
  "data index '" block "' using 1:" y ":" error " with yerrorbars lt " type " title '" name "'"

const sq_figure sq_figure_couplings = {
  "couplings",
  "One model at many couplings",
  "Fields of one model at the couplings of sample.scan: the effective sample size of their weights; log Z, less a "
  "straight line through its ends, with what is exact where that is known; the susceptibility and the Binder cumulant "
  "of fields that the weights have made exact, and of the ensembles that the model learned from.",
  900,
  700,
  data,
  "set multiplot layout 2,2\nset xlabel 'coupling'\nset ylabel 'ESS'\nset yrange [0:1]\n"
  "plot " POINTS("generated", "2", "3", "3",
                 "generated") "\nset yrange [*:*]\n"
                              "stats data index 'generated' using 1:4 name 'Z' nooutput\n"
                              "a = Z_slope; b = Z_intercept\nset ylabel 'log Z - line'\n"
                              "plot data index 'generated' using 1:($4-a*$1-b):5 with yerrorbars lt 3 title "
                              "'generated', data index 'generated' "
                              "using 1:($6-a*$1-b) with lines lc rgb '#000000' title 'exact'\n"
                              "set ylabel '{/Symbol c}_2'\nset logscale y\n"
                              "plot " POINTS("corrected", "7", "8", "4", "corrected") ", " POINTS(
                                "training", "7", "8", "1",
                                "Monte Carlo") "\n"
                                               "unset logscale y\nset ylabel 'U_L'\n"
                                               "plot " POINTS("corrected", "9", "10", "4", "corrected") ", " POINTS(
                                                 "training", "9", "10", "1", "Monte Carlo") "\n"
                                                                                            "unset multiplot\n",
  2};
