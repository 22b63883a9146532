/* SPDX-License-Identifier: BSD-3-Clause */
/* The density in time: implicit Euler by PETSc's TS, and what is measured on it. */
#include "src/fokkerplanck/internal.h"
#include <math.h>
#include <string.h>

PetscErrorCode sq_fokker_planck_advance(sq_fokker_planck *fp, double time, int64_t steps)
{
  PetscFunctionBeginUser;
  PetscScalar before, after;
  PetscCheck(time > 0 && steps > 0, fp->comm, PETSC_ERR_ARG_OUTOFRANGE, "no time or no steps to go");
  PetscCall(TSSetTime(fp->stepper, 0));
  PetscCall(TSSetStepNumber(fp->stepper, 0));
  PetscCall(TSSetTimeStep(fp->stepper, time / (double)steps));
  PetscCall(TSSetMaxSteps(fp->stepper, (PetscInt)steps));
  PetscCall(TSSetMaxTime(fp->stepper, 2 * time));
  PetscCall(VecSum(fp->density, &before));
  PetscCall(TSSolve(fp->stepper, fp->density));
  PetscCall(VecSum(fp->density, &after));
  PetscCheck(isfinite(after) && after > 0, fp->comm, PETSC_ERR_FP,
             "the density is not a number after a time %g in %lld steps", time, (long long)steps);
  fp->leak += (after - before) * fp->cell;
  PetscCall(VecScale(fp->density, before / after));
  PetscFunctionReturn(0);
}

/* ---- the start ---- */

static double normal_share(double low, double high, double mean, double width)
{
  double a = (low - mean) / (width * M_SQRT2), b = (high - mean) / (width * M_SQRT2);
  return a > 0 ? 0.5 * (erfc(a) - erfc(b)) : 0.5 * (erfc(-b) - erfc(-a)); /* tails without cancellation */
}

PetscErrorCode sq_fokker_planck_start(sq_fokker_planck *fp, const double centre[], double width)
{
  PetscFunctionBeginUser;
  double *P, phi[SQ_FP_SITES], h = 0.5 * fp->spacing;
  PetscScalar sum;
  PetscCheck(width > 0, fp->comm, PETSC_ERR_ARG_OUTOFRANGE, "a Gaussian of width %g", width);
  PetscCall(VecGetArray(fp->density, &P));
  for (int64_t c = 0; c < fp->count; c++) {
    (void)sq_fp_cell(fp, c, phi);
    P[c] = 1;
    for (int site = 0; site < fp->sites; site++)
      P[c] *= fabs(normal_share(phi[site] - h, phi[site] + h, centre[site], width));
  }
  PetscCall(VecRestoreArray(fp->density, &P));
  PetscCall(VecSum(fp->density, &sum));
  SqCheck(sum > 0.5, fp->comm, SQ_ERR_INPUT, "the Gaussian start around %g, of width %g, lies outside of [-%g, %g]",
          centre[0], width, fp->problem.reach, fp->problem.reach);
  PetscCall(VecScale(fp->density, 1 / (sum * fp->cell)));
  fp->leak = 0;
  PetscFunctionReturn(0);
}

/* ---- measuring ---- */

PetscErrorCode sq_fokker_planck_measure(const sq_fokker_planck *fp, sq_fokker_planck_state *state)
{
  PetscFunctionBeginUser;
  enum { MASS, ENTROPY, FIRST, SECOND, SUMS };
  sq_sum sum[SUMS] = {{{0}}};
  const double *P;
  double phi[SQ_FP_SITES], minimum = INFINITY;
  PetscCall(VecGetArrayRead(fp->density, &P));
  for (int64_t c = 0; c < fp->count; c++) {
    double M = 0, mass = P[c] * fp->cell;
    (void)sq_fp_cell(fp, c, phi);
    for (int site = 0; site < fp->sites; site++) M += phi[site] / fp->sites;
    minimum = fmin(minimum, P[c]);
    sq_sum_add(&sum[MASS], mass);
    sq_sum_add(&sum[FIRST], mass * M);
    sq_sum_add(&sum[SECOND], mass * M * M);
    if (P[c] > 0) sq_sum_add(&sum[ENTROPY], mass * (log(P[c]) - sq_fp_log_equilibrium(fp, c)));
  }
  PetscCall(VecRestoreArrayRead(fp->density, &P));
  PetscCall(sq_sum_reduce(fp->comm, SUMS, sum));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &minimum, 1, MPI_DOUBLE, MPI_MIN, fp->comm));
  *state = (sq_fokker_planck_state){.mass = sq_sum_value(&sum[MASS]),
                                    .leak = fp->leak,
                                    .minimum = minimum,
                                    .relative_entropy = sq_sum_value(&sum[ENTROPY]),
                                    .M = sq_sum_value(&sum[FIRST]),
                                    .M2 = sq_sum_value(&sum[SECOND])};
  PetscFunctionReturn(0);
}

int64_t sq_fokker_planck_sites(const sq_fokker_planck_problem *p)
{
  int64_t sites = 1;
  for (int mu = 0; mu < p->action.dim; mu++) sites *= p->extent[mu];
  return sites;
}

int64_t sq_fokker_planck_cells(const sq_fokker_planck_problem *p, int each)
{
  return sq_fokker_planck_sites(p) == 1 ? each : (int64_t)each * each;
}

PetscErrorCode sq_fokker_planck_density(const sq_fokker_planck *fp, bool equilibrium, double *density)
{
  PetscFunctionBeginUser;
  const double *P;
  double phi[SQ_FP_SITES];
  const int64_t cells = sq_fokker_planck_cells(&fp->problem, fp->problem.points);
  memset(density, 0, (size_t)cells * sizeof *density);
  PetscCall(VecGetArrayRead(fp->density, &P));
  for (int64_t c = 0; c < fp->count; c++)
    density[sq_fp_cell(fp, c, phi)] = equilibrium ? exp(sq_fp_log_equilibrium(fp, c)) : P[c];
  PetscCall(VecRestoreArrayRead(fp->density, &P));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, density, (int)cells, MPI_DOUBLE, MPI_SUM, fp->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_fokker_planck_shares(const sq_fokker_planck *fp, bool equilibrium, int bins, double *share)
{
  PetscFunctionBeginUser;
  const sq_fokker_planck_problem *p = &fp->problem;
  const int64_t cells = sq_fokker_planck_cells(p, p->points), group = p->points / bins;
  double *density;
  PetscCall(sq_alloc(cells, &density));
  PetscCall(sq_fokker_planck_density(fp, equilibrium, density));
  for (int64_t b = 0; b < sq_fokker_planck_cells(p, bins); b++) share[b] = 0;
  for (int64_t c = 0; c < cells; c++) {
    int64_t i = c % p->points / group, j = fp->sites == 1 ? 0 : c / p->points / group;
    share[j * bins + i] += density[c] * fp->cell;
  }
  sq_free(&density);
  PetscFunctionReturn(0);
}
