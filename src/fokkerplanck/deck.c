/* SPDX-License-Identifier: BSD-3-Clause */
/* The section `fokker-planck` of a deck. */
#include "squall/fokkerplanck.h"
#include <math.h>

const sq_param sq_fokker_planck_params[] = {
  {"fokker-planck", "alpha", SQ_PARAM_REAL, "1", 1e-6, 1e6, NULL, "",
   "strength of the noise: the equilibrium is exp(-S/alpha)"},
  {"fokker-planck", "doublings", SQ_PARAM_INT, "1", 0, 20, NULL, "",
   "repeat everything at 2 alpha, 4 alpha, ..., this many times"},
  {"fokker-planck", "points", SQ_PARAM_INT, "auto", 64, 8192, NULL, "cells",
   "of the grid in each direction, rounded up to whole bins; auto: 480 for one site, 144 for two"},
  {"fokker-planck", "bins", SQ_PARAM_INT, "auto", 8, 1024, NULL, "",
   "of histograms and tables in each direction; auto: 48 for one site, 24 for two"},
  {"fokker-planck", "time", SQ_PARAM_REAL, "auto", 1e-6, 1e12, NULL, "",
   "of the last frame, in Langevin time; auto: two relaxation times of M"},
  {"fokker-planck", "frames", SQ_PARAM_INT, "8", 4, 60, NULL, "",
   "times at which the density is written, each twice the one before"},
  {"fokker-planck", "steps", SQ_PARAM_INT, "64", 1, 1e6, NULL, "", "implicit Euler steps from frame to frame"},
  {"fokker-planck", "start", SQ_PARAM_REAL, "auto", 0, 1e6, NULL, "",
   "centre of the Gaussian at time 0, in every site; auto: the minimum of S, or 1"},
  {"fokker-planck", "width", SQ_PARAM_REAL, "0.5", 1e-3, 1e6, NULL, "", "of that Gaussian"},
  {"fokker-planck", "walkers", SQ_PARAM_INT, "20000", 100, 1e9, NULL, "",
   "Langevin paths, for histograms and again for the autocorrelation", .amount = true},
  {"fokker-planck", "eps", SQ_PARAM_REAL, "0.02", 1e-6, 1, NULL, "",
   "Langevin time of a step of a walker (Heun: errors of second order)"},
  {0}};

void sq_fokker_planck_settings_from_deck(const sq_deck *deck, const sq_action *action, const int64_t extent[],
                                         sq_fokker_planck_settings *settings)
{
  enum { AUTO_POINTS = 480, AUTO_BINS = 48, AUTO_POINTS_2 = 144, AUTO_BINS_2 = 24 };
  const char *section = "fokker-planck";
  const double ordered = sq_action_ordered_value(action);
  int bins = (int)sq_deck_int(deck, section, "bins"), points = (int)sq_deck_int(deck, section, "points");
  sq_fokker_planck_settings s = {.problem = {.action = *action, .alpha = sq_deck_real(deck, section, "alpha")},
                                 .doublings = (int)sq_deck_int(deck, section, "doublings"),
                                 .frames = (int)sq_deck_int(deck, section, "frames"),
                                 .steps = sq_deck_int(deck, section, "steps"),
                                 .walkers = sq_deck_int(deck, section, "walkers"),
                                 .time = fmax(sq_deck_real(deck, section, "time"), 0),
                                 .start = sq_deck_real(deck, section, "start"),
                                 .width = sq_deck_real(deck, section, "width"),
                                 .eps = sq_deck_real(deck, section, "eps")};
  for (int i = 0; i < action->dim; i++) s.problem.extent[i] = extent[i];
  const int64_t sites = sq_fokker_planck_sites(&s.problem);
  s.bins = bins > 0 ? bins : sites == 1 ? AUTO_BINS : AUTO_BINS_2;
  if (points < 0) points = sites == 1 ? AUTO_POINTS : AUTO_POINTS_2;
  s.problem.points = (points + s.bins - 1) / s.bins * s.bins;
  if (s.start < 0) s.start = ordered > 0 ? ordered : 1;
  *settings = s;
}
