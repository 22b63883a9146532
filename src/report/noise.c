/* SPDX-License-Identifier: BSD-3-Clause */
/* Figures about noise levels: the prior, the scales of modes, the flow of the zero mode. From the tables of sample and
 * measure. */
#include "src/report/report.h"
#include <math.h>
#include <string.h>

/* ---- the prior ---- */

static PetscErrorCode prior_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_cells t;
  double worst = 0;
  if (sq_report_one_site(r)) PetscFunctionReturn(0);
  PetscCall(sq_report_table(r, "prior.csv", &t));
  for (int64_t i = 0; i < t.rows; i++)
    worst = fmax(worst, fmax(fabs(sq_cells_number(&t, i, "prior") / sq_cells_number(&t, i, "expected") - 1),
                             fabs(sq_cells_number(&t, i, "bias"))));
  if (t.rows && worst < 1e-3)
    PetscCall(sq_text_add(out,
                          SQ_FIGURE_TOO_FEW "the first level of the sampler is right to %.1g for every mode: there is "
                                            "nothing to see",
                          worst));
  else
    for (int64_t i = 0; i < t.rows; i++)
      PetscCall(sq_text_add(out, "%.6g %.8g %.4g\n", sq_cells_number(&t, i, "phat2"),
                            sq_cells_number(&t, i, "prior") / sq_cells_number(&t, i, "expected"),
                            sq_cells_number(&t, i, "bias")));
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_prior = {"prior",
                                   "The prior",
                                   "Variance of the sampler's first level over that of the field there, mode by mode, "
                                   "and the relative error of G(p) that the difference causes on the Gaussian part.",
                                   900,
                                   400,
                                   prior_data,
                                   "set multiplot layout down(2),across(2)\n"
                                   "set xlabel 'p̂^2'\n"
                                   "set ylabel 'prior / (a^2G + s^2)'\n"
                                   "set yrange [0:1.1]\n"
                                   "plot 1 lc rgb '#555555' notitle, data using 1:2 with points lt 3 notitle\n"
                                   "set ylabel 'relative error of G(p)'\n"
                                   "set yrange [*<-0.001:0.001<*]\n"
                                   "plot 0 lc rgb '#555555' notitle, data using 1:3 with points lt 3 notitle\n"
                                   "unset multiplot\n",
                                   2};
/* ---- the scales of modes ---- */

enum { ENOUGH = 16 }; /* trajectories */

static PetscErrorCode scale_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_blocks b = {.out = out};
  sq_cells t;
  if (sq_report_one_site(r)) PetscFunctionReturn(0);
  PetscCall(sq_report_table(r, "scales_modes.csv", &t));
  if (t.rows && r->run->sample.trajectories < ENOUGH)
    PetscCall(sq_text_add(out,
                          SQ_FIGURE_TOO_FEW "%lld trajectories are too few for errors; sample.trajectories: %d or more",
                          (long long)r->run->sample.trajectories, ENOUGH));
  else
    for (int64_t i = 0; i < t.rows; i++) {
      PetscCall(sq_blocks_at(&b, sq_cells_word(&t, i, "direction"), NULL));
      PetscCall(sq_text_add(out, "%.6g %.6g %.3g %.6g\n", sq_cells_number(&t, i, "phat2"), sq_cells_number(&t, i, "s"),
                            sq_cells_number(&t, i, "error"), sq_cells_number(&t, i, "expected")));
    }
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_scales = {"scales",
                                    "Noise level and momentum",
                                    "Where a mode has as much noise as field, s/a of noise s and field a, along "
                                    "forward paths of held-out fields and along the trajectories of the sampler: high "
                                    "momenta are lost first and come back last. Line: s²/a² = G(p). Points below two "
                                    "errors are left out.",
                                    700,
                                    450,
                                    scale_data,
                                    "stats data using 1 name 'X' nooutput\n"
                                    "stats data using 4 name 'Y' nooutput\n"
                                    "wide = X_max - X_min\n"
                                    "set xrange [X_min - 0.03*wide:X_max + 0.03*wide]\n"
                                    "set xlabel 'p̂^2'\n"
                                    "set ylabel 's/a'\n"
                                    "if (Y_max > 6*Y_min) {set logscale y} else {set yrange [0:*]}\n"
                                    "plot data index 0 using 1:4 lc rgb '#555555' title 'G(p)^{1/2}', for [i=1:blocks] "
                                    "data index i-1 using ($1 + wide*beside(i, blocks)):($2 > 2*$3 ? $2 : "
                                    "NaN):3 with yerrorbars lt 2*i-1 title label[i]\n",
                                    0};
/* ---- the zero mode ---- */

enum { SHOWN = 5 };

/* One of the six levels from the first to the highest. */
static bool shown(int level, int highest)
{
  for (int i = 0; i <= SHOWN; i++)
    if (level == highest * i / SHOWN) return true;
  return false;
}

/* Whether the bin holds about ten fields or more: the relative error of its density is that of their number. */
static bool filled(double density, double error)
{
  return density > 0 && error > 0 && error * error * 10 <= density * density;
}

/* -log of the density of M at six levels of the sampler's trajectories, where fields are many. */
static PetscErrorCode zero_mode_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_blocks b = {.out = out};
  sq_cells t;
  int highest = 0;
  PetscCall(sq_report_table(r, "scales_magnetisation.csv", &t));
  for (int64_t i = 0; i < t.rows; i++) highest = PetscMax(highest, (int)sq_cells_number(&t, i, "level"));
  for (int64_t i = 0; i < t.rows; i++) {
    double density = sq_cells_number(&t, i, "density"), error = sq_cells_number(&t, i, "error");
    char name[SQ_IO_NAME];
    if (strcmp(sq_cells_word(&t, i, "direction"), "backward")) continue;
    if (!shown((int)sq_cells_number(&t, i, "level"), highest) || !filled(density, error)) continue;
    snprintf(name, sizeof name, "s = %.3g", sq_cells_number(&t, i, "s"));
    PetscCall(sq_blocks_at(&b, name, NULL));
    PetscCall(sq_text_add(out, "%.5g %.5g %.3g\n", sq_cells_number(&t, i, "M"), -log(density), error / density));
  }
  if (t.rows && !out->used)
    PetscCall(sq_text_add(out,
                          SQ_FIGURE_TOO_FEW "%lld trajectories leave no bin with ten fields; sample.trajectories: 200 "
                                            "or more",
                          (long long)r->run->sample.trajectories));
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_zero_mode = {"zero_mode",
                                       "The flow of the zero mode",
                                       "-log of the density of M at falling noise levels of the sampler's "
                                       "trajectories: the effective action of the zero mode. Bins of fewer than ten "
                                       "fields are left out.",
                                       700,
                                       450,
                                       zero_mode_data,
                                       "set xlabel 'M'\n"
                                       "set ylabel 'S_{eff}(M) = −log P(M)'\n"
                                       "plot for [i=1:blocks] data index i-1 using 1:2:3 with yerrorlines lt i title "
                                       "label[i]\n",
                                       0};
