/* SPDX-License-Identifier: BSD-3-Clause */
/* Rates of relaxation: from the decay of <M>, and from the walkers' autocorrelation of M. */
#include "internal.h"
#include <math.h>

int sq_fokker_planck_slowest(int count, const double *weight)
{
  const double seen = 1e-3;
  int mode = 1;
  while (mode < count - 1 && weight[mode] < seen) mode++;
  return mode;
}

PetscErrorCode sq_fokker_planck_coarse(MPI_Comm comm, const sq_fokker_planck_problem *problem, int points, int mode,
                                       double *rate, double *log_Z)
{
  PetscFunctionBeginUser;
  sq_fokker_planck_problem coarse = *problem;
  sq_fokker_planck *fp;
  double all[SQ_FP_MODES], weight[SQ_FP_MODES];
  coarse.points = points;
  PetscCall(sq_fokker_planck_create(comm, &coarse, &fp));
  PetscCall(sq_fokker_planck_spectrum(fp, SQ_FP_MODES, all, weight));
  *rate = all[mode];
  *log_Z = sq_fokker_planck_log_Z(fp);
  PetscCall(sq_fokker_planck_destroy(&fp));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_fokker_planck_decay(sq_fokker_planck *fp, double rate, double *decay)
{
  PetscFunctionBeginUser;
  enum { STEPS = 24 };
  const double step = 0.25 / rate;
  sq_fokker_planck_state before, after;
  PetscCall(sq_fokker_planck_advance(fp, (STEPS - 1) * step, STEPS - 1));
  PetscCall(sq_fokker_planck_measure(fp, &before));
  PetscCall(sq_fokker_planck_advance(fp, step, 1));
  PetscCall(sq_fokker_planck_measure(fp, &after));
  *decay = (before.M / after.M - 1) / step;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_fokker_planck_off(const sq_fokker_planck *fp, double *off)
{
  PetscFunctionBeginUser;
  const int64_t cells = sq_fokker_planck_cells(&fp->problem, fp->problem.points);
  double *density, *equilibrium, worst = 0, largest = 0;
  PetscCall(sq_alloc(cells, &density));
  PetscCall(sq_alloc(cells, &equilibrium));
  PetscCall(sq_fokker_planck_density(fp, false, density));
  PetscCall(sq_fokker_planck_density(fp, true, equilibrium));
  for (int64_t c = 0; c < cells; c++) {
    worst = fmax(worst, fabs(density[c] - equilibrium[c]));
    largest = fmax(largest, equilibrium[c]);
  }
  *off = worst / largest;
  sq_free(&density);
  sq_free(&equilibrium);
  PetscFunctionReturn(0);
}

/* ---- walkers ---- */

PetscErrorCode sq_walkers_start_equilibrium(sq_walkers *walkers, const sq_fokker_planck *fp)
{
  PetscFunctionBeginUser;
  double *density;
  PetscCall(sq_alloc(sq_fokker_planck_cells(&fp->problem, fp->problem.points), &density));
  PetscCall(sq_fokker_planck_density(fp, true, density));
  PetscCall(sq_walkers_start_density(walkers, fp->problem.points, fp->problem.reach, density));
  sq_free(&density);
  PetscFunctionReturn(0);
}

double sq_walkers_wait(int count, const double *rate, const double *weight, int mode)
{
  double from = 0;
  for (int n = mode + 1; n < count; n++)
    if (weight[n] > 0) from = fmax(from, log(1e3 * weight[n] / weight[mode]) / (rate[n] - rate[mode]));
  return fmin(fmax(from, 0.1 / rate[mode]), 0.5 / rate[mode]);
}

PetscErrorCode sq_walkers_correlate(const sq_walkers *w, const double *first, double **product)
{
  PetscFunctionBeginUser;
  int *counts, *places, size, mine = (int)w->count;
  double *now;
  PetscCallMPI(MPI_Comm_size(w->comm, &size));
  PetscCall(sq_alloc(w->count, &now));
  PetscCall(sq_alloc(w->total, product));
  PetscCall(sq_alloc(size, &counts));
  PetscCall(sq_alloc(size, &places));
  sq_walkers_average(w, now);
  for (int64_t i = 0; i < w->count; i++) now[i] *= first[i];
  PetscCallMPI(MPI_Allgather(&mine, 1, MPI_INT, counts, 1, MPI_INT, w->comm));
  for (int r = 1; r < size; r++) places[r] = places[r - 1] + counts[r - 1];
  PetscCallMPI(MPI_Allgatherv(now, mine, MPI_DOUBLE, *product, counts, places, MPI_DOUBLE, w->comm));
  sq_free(&now);
  sq_free(&counts);
  sq_free(&places);
  PetscFunctionReturn(0);
}

/* C(t) at two times; their logarithm's slope. */
static double slope(const double *mean, const void *window)
{
  return log(mean[0] / mean[1]) / *(const double *)window;
}

PetscErrorCode sq_walkers_rate(int64_t n, const double *early, const double *late, double window, sq_estimate *rate)
{
  PetscFunctionBeginUser;
  const double *const product[] = {early, late};
  sq_series series = {.n = n, .column = product, .chains = 1};
  sq_derived derived = {.primaries = 2, .function = slope, .context = &window};
  PetscCall(sq_gamma(&series, &derived, rate));
  PetscFunctionReturn(0);
}
