/* Figures of what models are worth: the loss, training, other volumes. */
#include "src/report/report.h"
#include <math.h>

/* ---- the loss ---- */

static PetscErrorCode loss_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  if (r->weighings) PetscFunctionReturn(0); /* divergence.c draws it */
  for (const sq_history_row *l = r->loss; l < r->loss + r->losses; l++)
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
                                  "set xlabel 'step'\nset ylabel 'loss'\nstats data using 2 nooutput\nif (STATS_min > "
                                  "1e-9) set logscale y\nplot data using 1:2 lc rgb colour[1] title 'training', data "
                                  "using 1:3 with points pt 7 ps 0.7 lc rgb colour[3] title 'held-out'\n"};
/* ---- weights ---- */

/* gnuplot: the share in one column against another, with errors; hollow points where the weights are not trusted. */
#define SHARE(x, y, error, trusted, colour, name)                                                                      \
  "data using " x ":" y " with lines lc rgb colour[" colour "] notitle, data using " x ":($" trusted "==1?$" y         \
  ":NaN):" error " with yerrorbars pt 7 ps 0.7 lc rgb colour[" colour "] title '" name "', data using " x              \
  ":($" trusted "==1?NaN:$" y ") with points pt 6 ps 0.9 lc rgb colour[" colour "] notitle"

/* Tables of before had no column that says so: there it is not known. */
static bool trusted(sq_cells *t, int64_t i)
{
  return sq_cells_has(t, "trusted") && sq_cells_number(t, i, "trusted") > 0;
}

static double known_error(sq_cells *t, int64_t i)
{
  return trusted(t, i) ? sq_cells_number(t, i, "ess_error") : NAN;
}

/* ---- training ---- */

static PetscErrorCode training_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_cells t;
  PetscCall(sq_report_table(r, "training_worth.csv", &t));
  for (int64_t i = 0; i < t.rows; i++)
    PetscCall(sq_text_add(out, "%.0f %.6g %.6g %.6g %.4g %d\n", sq_cells_number(&t, i, "step"),
                          sq_cells_number(&t, i, "core_seconds"), sq_cells_number(&t, i, "ess"),
                          sq_cells_number(&t, i, "acceptance"), known_error(&t, i), trusted(&t, i)));
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_training_worth = {"training_worth",
                                            "What training buys",
                                            "Effective sample size and acceptance of fields generated with the "
                                            "averaged network during training, against the work of training so far "
                                            "(train.weigh). Hollow points: the weights are not to be trusted, the "
                                            "effective sample size is more likely too large.",
                                            700,
                                            450,
                                            training_data,
                                            "set xlabel 'training, core-seconds'\nset ylabel 'share'\nset logscale "
                                            "x\nset yrange [0:1]\nset key bottom right\n"
                                            "plot " SHARE("2", "3", "5", "6", "1", "effective sample size") ", " SHARE(
                                              "2", "4", "(0)", "6", "3", "acceptance") "\n"};
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
    PetscCall(sq_text_add(out, "%.0f %.6g %.6g %.6g %.6g %.4g %d\n", sites, sq_cells_number(&t, i, "ess"),
                          sq_cells_number(&t, i, "acceptance"), sq_cells_number(&t, i, "spread"), scale * sqrt(sites),
                          known_error(&t, i), trusted(&t, i)));
  }
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_volume_worth = {
  "volume_worth",
  "What a volume costs",
  "Effective sample size, acceptance and spread of log w of fields generated on other volumes by the same network; "
  "line: the root of the volume (sample.weigh). Hollow points: the weights are not to be trusted, the effective sample "
  "size is more likely too large.",
  900,
  450,
  volume_data,
  "set multiplot layout 1,2\nset xlabel 'V'\nset ylabel 'share'\nset logscale xy\nset yrange [*:1]\nset key bottom "
  "left\n"
  "plot " SHARE("1", "2", "6", "7", "1", "effective sample size") ", " SHARE(
    "1", "3", "(0)", "7", "3", "acceptance") "\n"
                                             "set ylabel 'spread of log w'\nset yrange [*:*]\nset key top left\nplot "
                                             "data using 1:4 with points pt 7 ps 0.7 lc rgb colour[1] notitle, data "
                                             "using 1:5 lc rgb '#555555' title 'V^{1/2}'\nunset multiplot\n"};
