/* SPDX-License-Identifier: BSD-3-Clause */
/* The figure of types of models side by side, as the stage families left them. */
#include "src/report/report.h"
#include <math.h>

/* A block for each family, named after it; a line for each row: number of the family, whether exact, chi2 and U_L over
 * Monte Carlo's with errors, ESS, the same on Monte Carlo fields, acceptance; core-seconds for an independent |M|, that
 * of 10000 with their training, and of the training; whether that is the price of exact numbers (1: Monte Carlo,
 * weighted fields), of those that nothing makes exact (2), or of another way to exact ones (0). */
static PetscErrorCode data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_blocks blocks = {.out = out};
  sq_cells t;
  int family = -1;
  bool fresh;
  PetscCall(sq_report_table(r, "families.csv", &t));
  for (int64_t i = 0; i < t.rows; i++) {
    const double chi2 = sq_cells_number(&t, 0, "chi2"), U_L = sq_cells_number(&t, 0, "U_L");
    PetscCall(sq_blocks_at(&blocks, sq_cells_word(&t, i, "family"), &fresh));
    family += fresh;
    const bool weighted = !isnan(sq_cells_number(&t, i, "ess")), exact = sq_cells_number(&t, i, "exact") == 1;
    const int price = weighted || !family ? 1 : exact ? 0 : 2;
    PetscCall(sq_text_add(out, "%d %d %.6g %.3g %.6g %.3g %.6g %.6g %.6g %.6g %.6g %.6g %d\n", family, exact,
                          sq_cells_number(&t, i, "chi2") / chi2, sq_cells_number(&t, i, "chi2_error") / fabs(chi2),
                          sq_cells_number(&t, i, "U_L") / U_L, sq_cells_number(&t, i, "U_L_error") / fabs(U_L),
                          sq_cells_number(&t, i, "ess"), sq_cells_number(&t, i, "ess_forward"),
                          sq_cells_number(&t, i, "acceptance"), sq_cells_number(&t, i, "core_seconds_an_independent"),
                          sq_cells_number(&t, i, "core_seconds_for_10000") / 1e4,
                          sq_cells_number(&t, i, "training_core_seconds"), price));
  }
  PetscCall(sq_blocks_end(&blocks));
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

/* at(e, s): rows that are exact (e = 1) or not, moved by s; priced(p): those with such a price. */
static const char script[] =
  "set multiplot layout (paper ? 4 : 2),(paper ? 1 : 2)\nset tmargin 2\nset key maxcols 3\n"
  "set xtics rotate by -15 noenhanced\nset xtics ('' 0)\n"
  "do for [i=1:blocks] { set xtics add (name[i] i-1) }\n"
  "set xrange [-0.5:blocks-0.5]\n"
  "at(e, s) = column(2)==e ? column(1)+s : NaN\n"
  "priced(p) = column(13)==p ? column(1)-0.1 : NaN\n"
  "set style line 1 pt 7 ps 1.2 lc rgb colour[1]\nset style line 2 pt 6 ps 1.2 lc rgb colour[1]\n"
  "set style line 3 pt 6 ps 1.2 lc rgb colour[3]\nset style line 4 pt 9 ps 1.2 lc rgb colour[4]\n"
  "set style line 5 pt 5 ps 1.2 lc rgb colour[3]\nset style line 6 pt 7 ps 1.2 lc rgb colour[3]\n"
  "set style line 7 pt 2 ps 1.2 lc rgb colour[6]\n"
  "set offsets 0, 0, graph 0.08, graph 0.08\n"
  "set ylabel 'χ_2 / χ_2 of Monte Carlo'\n"
  "plot 1 lc rgb '#555555' notitle, data using (at(1,0.12)):3:4 with yerrorbars ls 1 title 'exact', "
  "data using (at(0,-0.12)):3:4 with yerrorbars ls 3 title 'as generated'\n"
  "set ylabel 'U_L / U_L of Monte Carlo'\n"
  "plot 1 lc rgb '#555555' notitle, data using (at(1,0.12)):5:6 with yerrorbars ls 1 notitle, "
  "data using (at(0,-0.12)):5:6 with yerrorbars ls 3 notitle\n"
  "set offsets 0, 0, 0, 0\nset ylabel 'share'\nset yrange [0:1.05]\n"
  "plot data using ($1-0.15):7 with points ls 1 title 'ESS', data using 1:8 with points ls 4 title 'forward ESS', "
  "data using ($1+0.15):9 with points ls 5 title 'acceptance'\n"
  "set ylabel 'core-seconds'\nset yrange [*:*]\nset logscale y\nset format y '10^{%L}'\nset tmargin 3\n"
  "plot data using (priced(1)):10 with points ls 1 title 'an independent |M|', "
  "data using (priced(1)):11 with points ls 2 title 'of 10000, with training', "
  "data using (priced(2)):10 with points ls 6 notitle, data using (priced(2)):11 with points ls 3 notitle, "
  "data using (at(0,0.1)):12 with points ls 7 title 'training'\n"
  "unset multiplot\n";

const sq_figure sq_figure_families = {"families",
                                      "Types of models, trained for the same time",
                                      "χ_2 and U_L divided by those of Monte Carlo, of generated fields (hollow) and "
                                      "of fields made exact; effective sample size on generated and on Monte Carlo "
                                      "fields, and acceptance; core-seconds for an independent |M| (of models: fields "
                                      "by their weights; red: fields without weights), for one of 10000 of them with "
                                      "training, and for the training.",
                                      1100,
                                      750,
                                      data,
                                      script,
                                      4};
