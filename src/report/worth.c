/* SPDX-License-Identifier: BSD-3-Clause */
/* Figures of what models are worth: the loss, training, other volumes. */
#include "src/report/report.h"
#include <math.h>

/* ---- the loss ---- */

static PetscErrorCode loss_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  if (r->history.weighings || r->history.rivals) PetscFunctionReturn(0); /* drawn by divergence.c, and below */
  for (const sq_history_row *l = r->history.loss; l < r->history.loss + r->history.losses; l++)
    PetscCall(sq_text_add(out, "%.0f %.6g %.6g\n", l->step, l->loss, l->held_out < 0 ? NAN : l->held_out));
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_loss = {"loss",
                                  "Training",
                                  "The loss: 1 is the Gaussian part alone. Points: averaged weights on held-out "
                                  "fields.",
                                  700,
                                  450,
                                  loss_data,
                                  "set xlabel 'training step'\n"
                                  "set ylabel 'loss'\n"
                                  "stats data using 2 name 'L' nooutput\n"
                                  "if (L_min > 1e-9 && L_max > 5*L_min) {set logscale y; set format y '%g'}\n"
                                  "plot data using 1:2 lt 1 title 'training', data using 1:3 with points lt 3 title "
                                  "'held-out'\n",
                                  0};
/* ---- two losses ---- */

static PetscErrorCode adversary_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  for (int64_t i = 0; i < r->history.rivals; i++)
    PetscCall(
      sq_text_add(out, "%.0f %.6g %.6g\n", r->history.loss[i].step, r->history.loss[i].loss, r->history.rival[i].loss));
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_adversary = {"adversary",
                                       "Generator and critic",
                                       "The loss of the generator, minus the mean of what the critic says of its "
                                       "fields, and that of the critic, the hinge: 2 (dashed) where it cannot tell "
                                       "generated fields from Monte Carlo, 0 where it tells them apart.",
                                       700,
                                       450,
                                       adversary_data,
                                       "set xlabel 'training step'\nset ylabel 'loss'\nplot 2 lc rgb '#555555' dt 2 "
                                       "notitle, "
                                       "data using 1:2 lt 3 title 'generator', data using 1:3 lt 1 title 'critic'\n",
                                       0};
/* ---- weights ---- */

/* gnuplot: a share in one column against another, with errors; hollow points where the weights are not trusted. */
#define SHARE(x, y, error, trusted, type, hollow, name)                                                                \
  "data using " x ":" y " with lines lt " type " notitle, data using " x ":($" trusted "==1?$" y ":NaN):" error        \
  " with yerrorbars lt " type " title '" name "', data using " x ":($" trusted "==1?NaN:$" y ") with points lt " type  \
  " pt " hollow " notitle"

/* Tables of before had no column that says so: there it is not known. */
static bool trusted(sq_cells *t, int64_t i)
{
  return sq_cells_has(t, "trusted") && sq_cells_number(t, i, "trusted") > 0;
}

static double known_error(sq_cells *t, int64_t i)
{
  return trusted(t, i) ? sq_cells_number(t, i, "ess_error") : NAN;
}

/* Binomial: of as many decisions as there are fields. */
static double acceptance_error(sq_cells *t, int64_t i)
{
  const double a = sq_cells_number(t, i, "acceptance"),
               n = sq_cells_has(t, "fields") ? sq_cells_number(t, i, "fields") : NAN;
  return sqrt(a * (1 - a) / n);
}

/* ---- training ---- */

static PetscErrorCode training_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_cells t;
  PetscCall(sq_report_table(r, "training_worth.csv", &t));
  for (int64_t i = 0; i < t.rows; i++)
    PetscCall(sq_text_add(out, "%.0f %.6g %.6g %.6g %.4g %d %.4g\n", sq_cells_number(&t, i, "step"),
                          sq_cells_number(&t, i, "core_seconds"), sq_cells_number(&t, i, "ess"),
                          sq_cells_number(&t, i, "acceptance"), known_error(&t, i), trusted(&t, i),
                          acceptance_error(&t, i)));
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_training_worth = {
  "training_worth",
  "What training buys",
  "Effective sample size (ESS) and acceptance of fields generated with the averaged network during training, against "
  "the work of training so far (train.weigh). Hollow points: the weights are not to be trusted, the effective sample "
  "size is more likely too large. Errors of the acceptance are of the same fields, binomial.",
  700,
  450,
  training_data,
  "set xlabel 'training (core-seconds)'\nset ylabel 'share'\nset logscale x\nset yrange [0:1]\n"
  "plot " SHARE("2", "3", "5", "6", "1", "6", "ESS") ", " SHARE("2", "4", "7", "6", "3", "4", "acceptance") "\n",
  0};
/* ---- volumes ---- */

/* The line goes through the last volume. */
static PetscErrorCode volume_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_cells t;
  PetscCall(sq_report_table(r, "volume_worth.csv", &t));
  for (int64_t i = 0; i < t.rows; i++) {
    double sites = sq_cells_number(&t, i, "sites"), spread = sq_cells_number(&t, t.rows - 1, "spread"),
           scale = spread / sqrt(sq_cells_number(&t, t.rows - 1, "sites"));
    PetscCall(sq_text_add(out, "%.0f %.6g %.6g %.6g %.6g %.4g %d %.4g\n", sites, sq_cells_number(&t, i, "ess"),
                          sq_cells_number(&t, i, "acceptance"), sq_cells_number(&t, i, "spread"), scale * sqrt(sites),
                          known_error(&t, i), trusted(&t, i), acceptance_error(&t, i)));
  }
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_volume_worth = {
  "volume_worth",
  "What a volume costs",
  "Effective sample size (ESS), acceptance and standard deviation of log w of fields generated on other volumes by the "
  "same network; line: the root of the volume (sample.weigh). Hollow points: the weights are not to be trusted, the "
  "effective sample size is more likely too large.",
  900,
  450,
  volume_data,
  "set multiplot layout down(2),across(2)\nset xlabel 'V (sites)'\nset ylabel 'share'\nset logscale xy\nset yrange "
  "[*:1]\n"
  "plot " SHARE("1", "2", "6", "7", "1", "6", "ESS") ", " SHARE(
    "1", "3", "8", "7", "3", "4", "acceptance") "\n"
                                                "set ylabel 'standard deviation of log w'\nset yrange [*:*]\nplot data "
                                                "using 1:4 with points lt 1 notitle, data using 1:5 lc rgb '#555555' "
                                                "title 'V^{1/2}'\nunset multiplot\n",
  2};
