/* SPDX-License-Identifier: BSD-3-Clause */
/* Crossings of curves, and what a Langevin equation leads to at step size 0. */
#include "tests/calibration/calibrate.h"

/* Two curves with a little curvature that cross at 0.262; p: error of a point, points. */
static void crossing(uint64_t seed, const double *p, trial *t)
{
  enum { MOST = 8 };
  const double at = 0.262, low = 0.25, high = 0.28;
  double x[MOST], y[2][MOST], error[MOST], noise[2 * MOST];
  int points = (int)p[1];
  sq_crossing c;
  normals(seed, 0, 2 * MOST, noise);
  for (int i = 0; i < points; i++) {
    x[i] = low + (high - low) * i / (points - 1);
    error[i] = p[0];
    for (int k = 0; k < 2; k++)
      y[k][i] = 0.5 + (k + 1) * 5 * (x[i] - at) - 20 * pow(x[i] - at, 2) + p[0] * noise[k * MOST + i];
  }
  const sq_curve a = {points, x, y[0], error}, b = {points, x, y[1], error};
  CALIBRATE(sq_obs_crossing(&a, &b, seed, 400, &c));
  *t = (trial){.value = c.found ? c.x : NAN, .error = c.x_error, .truth = at, .trusted = c.found && c.crossed >= 360};
}

/* 1 + 0.5 x with points at 0.4, 0.2, ...; p: error of a point, points. */
static void extrapolation(uint64_t seed, const double *p, trial *t)
{
  enum { MOST = 8 };
  double x[MOST], y[MOST], error[MOST], noise[MOST];
  int points = (int)p[1];
  sq_extrapolation fit;
  normals(seed, 0, MOST, noise);
  for (int i = 0; i < points; i++) {
    x[i] = 0.4 / pow(2, i);
    error[i] = p[0];
    y[i] = 1 + 0.5 * x[i] + p[0] * noise[i];
  }
  bool good = sq_extrapolate(points, x, y, error, 1, 2, &fit);
  *t = (trial){.value = fit.value, .error = good ? fit.error : NAN, .truth = 1, .trusted = true};
}

const calibration_row rows_of_others[] = {{"crossing", "5 points, errors 0.003", INTERVAL, 2000, crossing, {0.003, 5}},
                                          {"crossing", "5 points, errors 0.01", INTERVAL, 2000, crossing, {0.01, 5}},
                                          {"crossing", "3 points, errors 0.01", INTERVAL, 2000, crossing, {0.01, 3}},
                                          {"crossing", "5 points, errors 0.05", INTERVAL, 2000, crossing, {0.05, 5}},
                                          {"extrapolation to 0", "2 points", INTERVAL, 4000, extrapolation, {0.01, 2}},
                                          {"extrapolation to 0", "4 points", INTERVAL, 4000, extrapolation, {0.01, 4}},
                                          {0}};
