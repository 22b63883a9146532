/* SPDX-License-Identifier: BSD-3-Clause */
/* rows: functions of the means of columns, with their gradients, and of columns record by record. Serial. */
#include "table.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

double sq_obs_square(double x)
{
  return x * x;
}

double sq_obs_fourth(double x)
{
  double square = x * x;
  return square * square;
}

/* V (a - b^2). */
double sq_obs_susceptibility(const double *mean, const void *geometry)
{
  const sq_obs_geometry *g = geometry;
  return g->volume * (mean[0] - mean[1] * mean[1]);
}

void sq_obs_susceptibility_gradient(const double *mean, const void *geometry, double *gradient)
{
  const sq_obs_geometry *g = geometry;
  gradient[0] = g->volume;
  gradient[1] = -2 * g->volume * mean[1];
}

/* (<S^2> - <S>^2)/V, from S/V. Only theories with an energy H/V, S = beta H, have it: the third column. */
double sq_obs_specific_heat(const double *mean, const void *geometry)
{
  return sq_obs_susceptibility(mean, geometry);
}

void sq_obs_specific_heat_gradient(const double *mean, const void *geometry, double *gradient)
{
  sq_obs_susceptibility_gradient(mean, geometry, gradient);
  gradient[2] = 0;
}

/* 1 - a / (3 b^2). */
double sq_obs_binder(const double *mean, const void *geometry)
{
  (void)geometry;
  return 1 - mean[0] / (3 * mean[1] * mean[1]);
}

void sq_obs_binder_gradient(const double *mean, const void *geometry, double *gradient)
{
  (void)geometry;
  gradient[0] = -1 / (3 * mean[1] * mean[1]);
  gradient[1] = 2 * mean[0] / (3 * mean[1] * mean[1] * mean[1]);
}

/* sqrt(V a/b - 1) / (2 sin(pi/L_0)); NaN where it does not exist. */
double sq_obs_correlation_length(const double *mean, const void *geometry)
{
  const sq_obs_geometry *g = geometry;
  return sqrt(g->volume * mean[0] / mean[1] - 1) / g->two_sin;
}

void sq_obs_correlation_length_gradient(const double *mean, const void *geometry, double *gradient)
{
  const sq_obs_geometry *g = geometry;
  double slope = 1 / (2 * g->two_sin * g->two_sin * sq_obs_correlation_length(mean, geometry)); /* d xi / d(V a/b) */
  gradient[0] = slope * g->volume / mean[1];
  gradient[1] = -slope * g->volume * mean[0] / (mean[1] * mean[1]);
}

/* The mean over the directions there are. */
double sq_obs_helicity(const double *mean, const void *geometry)
{
  const sq_obs_geometry *g = geometry;
  double sum = 0;
  for (int mu = 0; mu < g->dim; mu++) sum += mean[mu];
  return sum / g->dim;
}

void sq_obs_helicity_gradient(const double *mean, const void *geometry, double *gradient)
{
  const sq_obs_geometry *g = geometry;
  (void)mean;
  for (int mu = 0; mu < SQ_DIM; mu++) gradient[mu] = mu < g->dim ? 1. / g->dim : 0;
}

/* (a - b^2)/V. */
double sq_obs_topological(const double *mean, const void *geometry)
{
  const sq_obs_geometry *g = geometry;
  return (mean[0] - mean[1] * mean[1]) / g->volume;
}

void sq_obs_topological_gradient(const double *mean, const void *geometry, double *gradient)
{
  const sq_obs_geometry *g = geometry;
  gradient[0] = 1 / g->volume;
  gradient[1] = -2 * mean[1] / g->volume;
}

/* ---- what a lattice fixes ---- */

/* A link from a site to itself has no difference of angles; helicity, the mean, is fixed where there is no other. */
bool sq_obs_fixed_helicity(const char *name, const sq_obs_geometry *g)
{
  int mu = 0;
  if (sscanf(name, "helicity_%d", &mu) != 1) return g->volume == 1;
  return mu < g->dim && g->extent[mu] == 1;
}

/* A loop of whole turns in both directions encloses 2 pi times a whole number; the plaquette is that of 1 x 1. */
bool sq_obs_fixed_loop(const char *name, const sq_obs_geometry *g)
{
  int R = 1, T = 1;
  if (strcmp(name, "plaquette") != 0 && sscanf(name, "wilson_%dx%d", &R, &T) != 2) return false;
  return g->dim == 2 && T % g->extent[0] == 0 && R % g->extent[1] == 0;
}
