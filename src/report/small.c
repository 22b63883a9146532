/* SPDX-License-Identifier: BSD-3-Clause */
/* Figures of one and two sites: the flow of the effective action (stage toy), the Fokker-Planck equation (stage
 * fokker-planck), from the tables of those stages. */
#include "src/report/report.h"
#include <math.h>
#include <string.h>

enum { LEVELS = 6, FRAMES = 5 };

static int64_t count_blocks(sq_cells *t, int64_t rows, const char *const *columns)
{
  int64_t blocks = 0;
  for (int64_t i = 0; i < rows; i = sq_cells_block_end(t, i, columns)) blocks++;
  return blocks;
}

/* ---- toy ---- */

/* One level: phi over the root mean square, S_eff less its least, drift times the root mean square, both of them
 * learned. */
static PetscErrorCode add_level(sq_cells *t, int64_t first, int64_t end, sq_text *out)
{
  PetscFunctionBeginUser;
  double norm = 0, square = 0, least = INFINITY, width;
  for (int64_t i = first; i < end; i++) {
    double action = sq_cells_number(t, i, "effective_action"), phi = sq_cells_number(t, i, "phi");
    norm += exp(-action);
    square += exp(-action) * phi * phi;
    least = fmin(least, action);
  }
  width = sqrt(square / norm);
  PetscCall(sq_text_add(out, "# s = %.3g\n", sq_cells_number(t, first, "s")));
  for (int64_t i = first; i < end; i++)
    PetscCall(sq_text_add(out, "%.5g %.5g %.5g %.5g %.5g\n", sq_cells_number(t, i, "phi") / width,
                          sq_cells_number(t, i, "effective_action") - least, sq_cells_number(t, i, "drift") * width,
                          sq_cells_number(t, i, "learned_effective_action") - least,
                          sq_cells_number(t, i, "learned_drift") * width));
  PetscCall(sq_text_add(out, "\n\n"));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_density(sq_cells *t, const char *name, sq_text *out)
{
  PetscFunctionBeginUser;
  bool any = false;
  PetscCall(sq_text_add(out, "# %s\n", name));
  for (int64_t i = 0; i < t->rows; i++) {
    if (strcmp(sq_cells_word(t, i, "ensemble"), name)) continue;
    PetscCall(sq_text_add(out, "%.5g %.5g %.5g %.3g\n", sq_cells_number(t, i, "phi"),
                          sq_cells_number(t, i, "exact_density"), sq_cells_number(t, i, "density"),
                          sq_cells_number(t, i, "error")));
    any = true;
  }
  PetscCall(sq_text_add(out, any ? "\n\n" : "0 NaN NaN NaN\n\n\n"));
  PetscFunctionReturn(0);
}

static PetscErrorCode toy_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  static const char *const level[] = {"s", NULL};
  sq_cells t, densities;
  int64_t block = 0, shown = 0;
  PetscCall(sq_report_table(r, "toy.csv", &t));
  PetscCall(sq_report_table(r, "toy_histogram.csv", &densities));
  int64_t blocks = count_blocks(&t, t.rows, level);
  for (int64_t i = 0, end; i < t.rows; i = end, block++) {
    end = sq_cells_block_end(&t, i, level);
    if (block * (LEVELS - 1) < shown * (blocks - 1)) continue;
    PetscCall(add_level(&t, i, end, out));
    shown++;
  }
  if (t.rows) PetscCall(add_density(&densities, "generated", out));
  if (t.rows) PetscCall(add_density(&densities, "corrected", out));
  sq_cells_clear(&t);
  sq_cells_clear(&densities);
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_toy = {"toy",
                                 "The flow of the effective action",
                                 "One site with noise s: effective action and drift, exact by quadrature (lines) and "
                                 "learned (points), φ in units of its root mean square; ensembles against exp(-S)/Z "
                                 "(line).",
                                 1350,
                                 450,
                                 toy_data,
                                 "set multiplot layout down(3),across(3)\n"
                                 "set xrange [-3:3]\n"
                                 "set xlabel 'φ / φ_{rms}'\n"
                                 "set ylabel 'S_{eff} − min S_{eff}'\n"
                                 "set yrange [0:5]\n"
                                 "levels = blocks - 2\n"
                                 "plot for [i=1:levels] data index i-1 using 1:2 lt i title label[i], for [i=2:levels] "
                                 "data index i-1 using 1:4 every 12 with points lt i notitle\n"
                                 "set ylabel 'drift × φ_{rms}'\n"
                                 "set yrange [-6:6]\n"
                                 "plot for [i=1:levels] data index i-1 using 1:3 lt i notitle, for [i=2:levels] data "
                                 "index i-1 using 1:5 every 12 with points lt i notitle\n"
                                 "set xlabel 'φ'\n"
                                 "set ylabel 'P(φ)'\n"
                                 "set xrange [*:*]\n"
                                 "set yrange [0:*]\n"
                                 "plot data index levels using 1:2 lc rgb '#333333' title 'exp(−S)/Z', for "
                                 "[i=levels+1:levels+2] data index i-1 using 1:3:4 with yerrorbars lt hue(i) title "
                                 "label[i]\n"
                                 "unset multiplot\n",
                                 3};
/* ---- Fokker-Planck ---- */

/* One frame, as a density of phi_0: two sites are summed over the other. */
static PetscErrorCode add_frame(sq_cells *t, int64_t first, int64_t end, sq_text *out)
{
  PetscFunctionBeginUser;
  static const char *const names[] = {"density", "equilibrium", "walkers", "error"}, *const alike[] = {"alpha", "time",
                                                                                                       "phi_0", NULL};
  bool two = sq_cells_has(t, "phi_1");
  double width = two ? sq_cells_number(t, first + 1, "phi_1") - sq_cells_number(t, first, "phi_1") : 1;
  PetscCall(sq_text_add(out, "# τ = %.3g\n", sq_cells_number(t, first, "time")));
  for (int64_t i = first, next; i < end; i = next) {
    double sum[4] = {0};
    next = two ? sq_cells_block_end(t, i, alike) : i + 1;
    for (int64_t k = i; k < next; k++)
      for (int c = 0; c < 4; c++) {
        double x = width * sq_cells_number(t, k, names[c]);
        sum[c] += c < 3 ? x : pow(x, 2);
      }
    PetscCall(sq_text_add(out, "%.5g %.5g %.5g %.5g %.3g\n", sq_cells_number(t, i, "phi_0"), sum[0], sum[1], sum[2],
                          sqrt(sum[3])));
  }
  PetscCall(sq_text_add(out, "\n\n"));
  PetscFunctionReturn(0);
}

/* Of the first alpha. */
static PetscErrorCode add_frames(const sq_report *r, sq_text *out, bool *any)
{
  PetscFunctionBeginUser;
  static const char *const frame[] = {"alpha", "time", NULL};
  sq_cells t;
  int64_t block = 0, shown = 0;
  PetscCall(sq_report_table(r, "fokker_planck.csv", &t));
  *any = t.rows > 0;
  int64_t rows = *any ? sq_cells_block_end(&t, 0, (const char *const[]){"alpha", NULL}) : 0,
          blocks = count_blocks(&t, rows, frame);
  for (int64_t i = 0, end; i < rows; i = end, block++) {
    end = sq_cells_block_end(&t, i, frame);
    if (block * (FRAMES - 1) < shown * (blocks - 1)) continue;
    PetscCall(add_frame(&t, i, end, out));
    shown++;
  }
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

static PetscErrorCode fokker_planck_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_cells t;
  bool any;
  PetscCall(add_frames(r, out, &any));
  if (!any) PetscFunctionReturn(0);
  PetscCall(sq_report_table(r, "fokker_planck_times.csv", &t));
  for (int64_t i = 0, end; i < t.rows; i = end) {
    end = sq_cells_block_end(&t, i, (const char *const[]){"alpha", NULL});
    PetscCall(sq_text_add(out, "# α = %.3g\n", sq_cells_number(&t, i, "alpha")));
    for (int64_t k = i; k < end; k++)
      PetscCall(
        sq_text_add(out, "%.6g %.6g\n", sq_cells_number(&t, k, "time"), sq_cells_number(&t, k, "relative_entropy")));
    PetscCall(sq_text_add(out, "\n\n"));
  }
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_fokker_planck = {"fokker_planck",
                                           "The Fokker-Planck equation",
                                           "The density of φ in Langevin time by the Fokker-Planck equation (lines), "
                                           "beside walkers (points); dashed: exp(-S/α)/Z. Right: relative entropy to "
                                           "the equilibrium.",
                                           1000,
                                           450,
                                           fokker_planck_data,
                                           "set multiplot layout down(2),across(2)\n"
                                           "frames = 5\n"
                                           "stats data index 0 using 1 name 'X' nooutput\n"
                                           "set xrange [1.02*X_min:1.02*X_max]\n"
                                           "set xlabel 'φ'\n"
                                           "set ylabel 'P(φ)'\n"
                                           "set yrange [0:*]\n"
                                           "plot for [i=1:frames] data index i-1 using 1:2 lt i title label[i], for "
                                           "[i=1:frames] data index i-1 using 1:4:5 with yerrorbars lt i ps (paper ? "
                                           "0.2 : 0.3) notitle, data index 0 using 1:3 dt 2 lc rgb '#000000' title "
                                           "'equilibrium'\n"
                                           "set xlabel 'Langevin time τ'\n"
                                           "set ylabel 'relative entropy (nats)'\n"
                                           "set xrange [*:*]\n"
                                           "set yrange [*:*]\n"
                                           "set logscale xy\n"
                                           "set format '10^{%T}'\n"
                                           "plot for [i=frames+1:blocks] data index i-1 using 1:2 with linespoints lt "
                                           "i-frames title label[i]\n"
                                           "unset multiplot\n",
                                           2};
