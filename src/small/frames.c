/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames of the stage fokker-planck: the density of the equation and the histogram of walkers at the same time, bin by
 * bin and as a test of one against the other -> fokker_planck.csv, fokker_planck_times.csv. */
#include "src/small/frames.h"
#include <math.h>

/* phi_1 of two sites only. */
static const sq_column one_site[] = {
  {"alpha", "%g"},         {"time", "%.8g"},    {"phi_0", "%.8g"}, {"density", "%.8g"},
  {"equilibrium", "%.8g"}, {"walkers", "%.8g"}, {"error", "%.4g"}, {0}};
static const sq_column two_sites[] = {{"alpha", "%g"},     {"time", "%.8g"},    {"phi_0", "%.8g"},
                                      {"phi_1", "%.8g"},   {"density", "%.8g"}, {"equilibrium", "%.8g"},
                                      {"walkers", "%.8g"}, {"error", "%.4g"},   {0}};
static const sq_column time_columns[] = {{"alpha", "%g"},      {"time", "%.8g"},    {"mass", "%.16g"},
                                         {"rounding", "%.3g"}, {"minimum", "%.3g"}, {"relative_entropy", "%.8g"},
                                         {"M", "%.8g"},        {"M2", "%.8g"},      {"chi2", "%.6g"},
                                         {"freedom", "%.0f"},  {"p", "%.4g"},       {0}};

static PetscErrorCode add_bins(sq_frames *f, const sq_frame *now)
{
  PetscFunctionBeginUser;
  double width = 2 * now->problem->reach / f->bins, area = pow(width, (double)f->sites),
         total = (double)now->walkers->total;
  for (int64_t b = 0; b < f->cells; b++) {
    double phi_0 = -now->problem->reach + width * ((double)(f->sites == 1 ? b : b / f->bins) + 0.5),
           phi_1 = -now->problem->reach + width * ((double)(b % f->bins) + 0.5);
    const sq_cell phi_1_too = f->sites > 1 ? SQ_CELL("phi_1", phi_1) : (sq_cell){0};
    PetscCall(sq_table_add(
      &f->density, SQ_ROW(SQ_CELL("alpha", now->problem->alpha), SQ_CELL("time", now->time), SQ_CELL("phi_0", phi_0),
                          SQ_CELL("density", f->share[b] / area), SQ_CELL("equilibrium", now->equilibrium[b] / area),
                          SQ_CELL("walkers", (double)f->count[b] / total / area),
                          SQ_CELL("error", sqrt(f->share[b] * (1 - f->share[b]) / total) / area), phi_1_too)));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_frames_add(sq_frames *f, const sq_frame *now)
{
  PetscFunctionBeginUser;
  const double least = 10;
  sq_fokker_planck_state state;
  PetscCall(sq_fokker_planck_measure(now->fp, &state));
  PetscCall(sq_fokker_planck_shares(now->fp, false, f->bins, f->share));
  PetscCall(sq_walkers_histogram(now->walkers, f->bins, now->problem->reach, f->count));
  PetscCall(add_bins(f, now));
  sq_chi_square test = sq_chi_square_test((int)f->cells, f->count, f->share, now->walkers->total, least);
  PetscCall(sq_table_add(&f->times,
                         SQ_ROW(SQ_CELL("alpha", now->problem->alpha), SQ_CELL("time", now->time),
                                SQ_CELL("mass", state.mass), SQ_CELL("rounding", state.leak),
                                SQ_CELL("minimum", state.minimum), SQ_CELL("relative_entropy", state.relative_entropy),
                                SQ_CELL("M", state.M), SQ_CELL("M2", state.M2), SQ_CELL("chi2", test.chi2),
                                SQ_CELL("freedom", test.freedom), SQ_CELL("p", test.p))));
  sq_info("fokker-planck: time %-9.4g mass 1%+.0e (rounding: %.0e), least %.1e, relative entropy %.3e; walkers: chi2 = "
          "%.1f with %d degrees of freedom, p = %.3g",
          now->time, state.mass - 1, state.leak, state.minimum, state.relative_entropy, test.chi2, test.freedom,
          test.p);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_frames_begin(const sq_fokker_planck_problem *problem, int bins, sq_frames *f)
{
  PetscFunctionBeginUser;
  *f = (sq_frames){
    .bins = bins, .sites = sq_fokker_planck_sites(problem), .cells = sq_fokker_planck_cells(problem, bins)};
  PetscCall(sq_alloc(f->cells, &f->share));
  PetscCall(sq_alloc(f->cells, &f->count));
  PetscCall(sq_table_begin(f->sites > 1 ? two_sites : one_site, &f->density));
  PetscCall(sq_table_begin(time_columns, &f->times));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_frames_write(const sq_run *run, sq_frames *f)
{
  PetscFunctionBeginUser;
  PetscCall(sq_run_write(run, "fokker_planck.csv", &f->density.text));
  PetscCall(sq_run_write(run, "fokker_planck_times.csv", &f->times.text));
  sq_free(&f->share);
  sq_free(&f->count);
  PetscFunctionReturn(0);
}
