/* SPDX-License-Identifier: BSD-3-Clause */
/* Figures of G(p) and C(t), from the tables of the stage measure. */
#include "src/report/report.h"
#include <math.h>
#include <string.h>

/* y over that of the first ensemble and its error, in quadrature; NaN where one of both is not above two errors. */
static void divide(double value, double error, double first, double first_error, double *ratio, double *ratio_error)
{
  bool seen = value > 2 * error && first > 2 * first_error;
  *ratio = seen ? value / first : NAN;
  *ratio_error = seen ? *ratio * hypot(error / value, first_error / first) : NAN;
}

/* Blocks of x, y, error, y over that of the first ensemble, its error, where the first has the same x; and, if it is
 * there, the effective mass with its error. */
static PetscErrorCode measured_data(const sq_report *r, const char *file, const char *x, const char *y, bool mass,
                                    sq_text *out)
{
  PetscFunctionBeginUser;
  sq_blocks b = {.out = out};
  sq_cells t;
  int64_t first = 0, block = 0; /* rows of the first ensemble; where this one begins */
  if (sq_report_one_site(r)) PetscFunctionReturn(0);
  PetscCall(sq_report_table(r, file, &t));
  if (t.rows) first = sq_cells_block_end(&t, 0, (const char *const[]){"ensemble", NULL});
  for (int64_t i = 0; i < t.rows; i++) {
    double at = sq_cells_number(&t, i, x), value = sq_cells_number(&t, i, y), error = sq_cells_number(&t, i, "error");
    bool fresh;
    PetscCall(sq_blocks_at(&b, sq_cells_word(&t, i, "ensemble"), &fresh));
    if (fresh) block = i;
    bool same = i - block < first && fabs(sq_cells_number(&t, i - block, x) - at) <= 1e-9 * (1 + fabs(at));
    double ratio = NAN, ratio_error = NAN;
    if (same)
      divide(value, error, sq_cells_number(&t, i - block, y), sq_cells_number(&t, i - block, "error"), &ratio,
             &ratio_error);
    PetscCall(sq_text_add(out, "%.8g %.8g %.3g %.6g %.3g", at, value, error, ratio, ratio_error));
    if (mass && sq_cells_has(&t, "mass"))
      PetscCall(sq_text_add(out, " %.6g %.3g", sq_cells_number(&t, i, "mass"), sq_cells_number(&t, i, "mass_error")));
    PetscCall(sq_text_add(out, "\n"));
  }
  PetscCall(sq_blocks_end(&b));
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

/* On a logarithmic axis: what is above two errors; curves beside each other. */
#define CURVES                                                                                                         \
  "stats data using 1 name 'X' nooutput\nwide = X_max - X_min\nset xrange [X_min - 0.03*wide:X_max + 0.03*wide]\n"     \
  "plot for [i=1:blocks] data index i-1 using ($1 + wide*beside(i, blocks)):($2 > 2*$3 ? $2 : NaN):3 with yerrorbars " \
  "lt hue(i) title label[i]"
#define RATIOS                                                                                                         \
  "set ylabel 'ratio to '.label[1]\nset yrange [*:*]\nunset logscale y\nset format y '%g'\n"                           \
  "if (blocks > 1) {\nplot 1 lc rgb '#555555' notitle, for [i=2:blocks] data index i-1 using ($1 + "                   \
  "wide*beside(i, blocks)):($5 < 0.25*$4 ? $4 : NaN):5 with yerrorbars lt hue(i) notitle\n}\n"

/* ---- G(p) ---- */

static PetscErrorCode propagator_data(const sq_report *r, sq_text *out)
{
  return measured_data(r, "measure_spectra.csv", "phat2", "G", false, out);
}

const sq_figure sq_figure_propagator = {"propagator",
                                        "The propagator",
                                        "G(p) = <|φ_p|²>/V of every momentum orbit, p̂² = Σ 4 sin²(p_μ/2), and "
                                        "its ratio to that of the first ensemble. Points below two errors, or without "
                                        "a known error, are left out; curves are shifted sideways so that all can be "
                                        "seen.",
                                        900,
                                        450,
                                        propagator_data,
                                        "set multiplot layout down(blocks > 1 ? 2 : 1),across(blocks > 1 ? 2 : 1)\nset "
                                        "xlabel 'p̂^2'\nset ylabel 'G(p)'\nset logscale y\nset format y "
                                        "'10^{%T}'\n" CURVES "\n" RATIOS "unset multiplot\n",
                                        2};
/* ---- C(t) ---- */

/* A cosh through the first ensemble: its mass is the weighted mean of the effective masses known to a tenth, its height
 * that of C(t) where they are. Points of t and C. */
static PetscErrorCode add_cosh(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_cells t;
  double weights = 0, mass = 0, height = 0, heights = 0;
  PetscCall(sq_report_table(r, "measure_correlator.csv", &t));
  const int64_t L = t.rows ? sq_cells_block_end(&t, 0, (const char *const[]){"ensemble", NULL}) : 0;
  for (int64_t i = 1; L && sq_cells_has(&t, "mass") && i <= L / 2; i++) {
    const double m = sq_cells_number(&t, i, "mass"), error = sq_cells_number(&t, i, "mass_error");
    if (error > 0 && error < 0.1 * m) weights += 1 / (error * error), mass += m / (error * error);
  }
  mass /= weights;
  for (int64_t i = 1; weights > 0 && i <= L / 2; i++) {
    const double C = sq_cells_number(&t, i, "C"), error = sq_cells_number(&t, i, "error"),
                 f = cosh(mass * ((double)i - 0.5 * (double)L));
    if (error > 0 && C > 2 * error) height += C * f / (error * error), heights += f * f / (error * error);
  }
  if (heights > 0) {
    PetscCall(sq_text_add(out, "# cosh: m = %.4g\n", mass));
    for (int64_t i = 0; i <= 8 * L; i++)
      PetscCall(sq_text_add(out, "%.6g %.6g 0 NaN NaN %.6g\n", (double)i / 8,
                            height / heights * cosh(mass * ((double)i / 8 - 0.5 * (double)L)), mass));
    PetscCall(sq_text_add(out, "\n\n"));
  }
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

static PetscErrorCode correlator_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  PetscCall(measured_data(r, "measure_correlator.csv", "t", "C", true, out));
  if (out->used) PetscCall(add_cosh(r, out));
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_correlator = {"correlator",
                                        "The correlator",
                                        "C(t), the zero-momentum correlator of time slices; its effective mass, cosh m "
                                        "= (C(t-1) + C(t+1))/2C(t), known to a quarter or better; and its ratio to "
                                        "that of the first ensemble. Line: A cosh m(t - L/2) through the first "
                                        "ensemble, m the weighted mean of its effective masses known to a tenth. "
                                        "Points below two errors, or without a known error, are left out.",
                                        1200,
                                        420,
                                        correlator_data,
                                        "fit = name[blocks][1:4] eq 'cosh'\nif (fit) blocks = blocks - 1\nset "
                                        "multiplot layout down(2 + (blocks > 1)),across(2 + (blocks > 1))\n"
                                        "set xlabel 't'\nset ylabel 'C(t)'\nset logscale y\nset format y '10^{%T}'\n"
                                        "stats data index 0 using 1 name 'X' nooutput\nwide = X_max - X_min\n"
                                        "stats data index 0 using ($2 > 2*$3 ? $2 : NaN) name 'C' nooutput\nset yrange "
                                        "[C_min/3:*]\n"
                                        "plot for [i=1:blocks] data index i-1 using ($1 + wide*beside(i, blocks)):($2 "
                                        "> 2*$3 ? $2 : NaN):3 with yerrorbars "
                                        "lt hue(i) title label[i], for [i=1:fit] data index blocks using ($1 < X_max ? "
                                        "$1 : NaN):2 lc rgb '#333333' title label[blocks+1]\n"
                                        "set ylabel 'effective mass'\nunset logscale y\nset format y '%g'\nset xrange "
                                        "[0:(X_max + 1)/2]\n"
                                        "set yrange [0:*]\n"
                                        "plot for [i=1:blocks] data index i-1 using ($1 + wide*beside(i, "
                                        "blocks)/2):($7 < 0.25*$6 ? $6 : NaN):7 with yerrorbars "
                                        "lt hue(i) notitle, for [i=1:fit] data index blocks using 1:6 lc rgb '#333333' "
                                        "notitle, 0 lc rgb '#333333' lw 0.5 notitle\n"
                                        "set xrange [*:*]\n" RATIOS "unset multiplot\n",
                                        3};
