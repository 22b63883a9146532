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

/* Blocks of x, y, error, y over that of the first ensemble, its error; the last two where the first has the same x. */
static PetscErrorCode measured_data(const sq_report *r, const char *file, const char *x, const char *y, sq_text *out)
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
    PetscCall(sq_text_add(out, "%.8g %.8g %.3g %.6g %.3g\n", at, value, error, ratio, ratio_error));
  }
  PetscCall(sq_blocks_end(&b));
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

/* On a logarithmic axis: what is above two errors. */
#define CURVES                                                                                                         \
  "for [i=0:blocks-1] data index i using 1:($2 > 2*$3 ? $2 : NaN):3 with yerrorbars pt 7 ps 0.4 lc rgb colour[i+1] "   \
  "title name[i+1]\n"
#define RATIOS                                                                                                         \
  "set ylabel 'over that of training'\nset yrange [*:*]\nunset logscale y\nset format y '%g'\n"                        \
  "plot 1 lc rgb '#555555' notitle, for [i=1:blocks-1] data index i using 1:4:5 with yerrorbars pt 7 ps 0.4 lc rgb "   \
  "colour[i+1] notitle\n"

/* ---- G(p) ---- */

static PetscErrorCode propagator_data(const sq_report *r, sq_text *out)
{
  return measured_data(r, "measure_spectra.csv", "phat2", "G", out);
}

const sq_figure sq_figure_propagator = {"propagator",
                                        "The propagator",
                                        "G(p) = <|phi_p|^2>/V of every momentum orbit, and its ratio to that of the "
                                        "training ensemble. Points below two errors, or without a known error, are "
                                        "left out.",
                                        900,
                                        450,
                                        propagator_data,
                                        "set multiplot layout 1,2\nset xlabel 'p^2 (lattice momentum, squared)'\nset "
                                        "ylabel 'G(p)'\nset logscale y\nset format y '10^{%T}'\nplot " CURVES RATIOS
                                        "unset multiplot\n"};
/* ---- C(t) ---- */

static PetscErrorCode correlator_data(const sq_report *r, sq_text *out)
{
  return measured_data(r, "measure_correlator.csv", "t", "C", out);
}

const sq_figure sq_figure_correlator = {"correlator",
                                        "The correlator",
                                        "C(t), the zero-momentum correlator of time slices, and its ratio to that of "
                                        "the training ensemble. Points below two errors, or without a known error, are "
                                        "left out.",
                                        900,
                                        450,
                                        correlator_data,
                                        "set multiplot layout 1,2\nset xlabel 't'\nset ylabel 'C(t)'\nset logscale "
                                        "y\nset format y '10^{%T}'\nplot " CURVES RATIOS "unset multiplot\n"};
