/* SPDX-License-Identifier: BSD-3-Clause */
/* Decay rates: the lowest eigenvalues of H = -P_eq^(-1/2) L P_eq^(1/2), symmetric, by inverse iteration of a subspace.
 *
 * Each round solves (H + shift) y = x for every vector, makes the y orthonormal, and rotates them to the eigenvectors
 * of H in the subspace they span (Rayleigh-Ritz). Errors fall by (rate wanted / first rate beyond the subspace)^2 a
 * round.
 */
#include "src/fokkerplanck/internal.h"
#include <math.h>
#include <petscblaslapack.h>

enum { EXTRA = 8, ROUNDS = 300 };
static const double precise = 1e-11; /* relative change of a rate between rounds */

typedef struct {
  int size;
  Mat H;
  KSP solver;
  Vec *vector, *image;   /* [size] */
  double *ritz, *matrix; /* [size], [size][size] */
} subspace;

static PetscErrorCode create(const sq_fokker_planck *fp, int size, subspace *s)
{
  PetscFunctionBeginUser;
  Mat shifted;
  double shift = fp->problem.alpha / (fp->problem.reach * fp->problem.reach);
  s->size = size;
  PetscCall(sq_fp_assemble(fp, true, &s->H));
  PetscCall(MatDuplicate(s->H, MAT_COPY_VALUES, &shifted));
  PetscCall(MatShift(shifted, shift));
  PetscCall(KSPCreate(fp->comm, &s->solver));
  PetscCall(KSPSetOperators(s->solver, shifted, shifted));
  PetscCall(sq_fp_direct(fp->comm, shifted, s->solver));
  PetscCall(MatDestroy(&shifted));
  PetscCall(VecDuplicateVecs(fp->density, size, &s->vector));
  PetscCall(VecDuplicateVecs(fp->density, size, &s->image));
  PetscCall(sq_alloc(size, &s->ritz));
  PetscCall(sq_alloc(size * size, &s->matrix));
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(subspace *s)
{
  PetscFunctionBeginUser;
  PetscCall(VecDestroyVecs(s->size, &s->vector));
  PetscCall(VecDestroyVecs(s->size, &s->image));
  PetscCall(KSPDestroy(&s->solver));
  PetscCall(MatDestroy(&s->H));
  sq_free(&s->ritz);
  sq_free(&s->matrix);
  PetscFunctionReturn(0);
}

/* Smooth and not special: waves over the box, none of them even or odd, times P_eq^(1/2). */
static PetscErrorCode start(const sq_fokker_planck *fp, subspace *s)
{
  PetscFunctionBeginUser;
  for (int k = 0; k < s->size; k++) {
    double *x, phi[SQ_FP_SITES];
    PetscCall(VecGetArray(s->vector[k], &x));
    for (int64_t c = 0; c < fp->count; c++) {
      (void)sq_fp_cell(fp, c, phi);
      double u = M_PI * (k + 1) / (2 * fp->problem.reach),
             v = fp->sites > 1 ? sin(M_PI * (k % 4 + 1) / (2 * fp->problem.reach) * phi[1] + 0.7 * k) : 0;
      x[c] = exp(0.5 * sq_fp_log_equilibrium(fp, c)) * (k ? sin(u * phi[0] + 0.3 * k) + v : 1);
    }
    PetscCall(VecRestoreArray(s->vector[k], &x));
  }
  PetscFunctionReturn(0);
}

/* Gram-Schmidt, each vector twice. */
static PetscErrorCode make_orthonormal(subspace *s)
{
  PetscFunctionBeginUser;
  for (int k = 0; k < s->size; k++) {
    for (int pass = 0; pass < 2 && k; pass++) {
      PetscCall(VecMDot(s->vector[k], k, s->vector, s->matrix));
      for (int i = 0; i < k; i++) s->matrix[i] = -s->matrix[i];
      PetscCall(VecMAXPY(s->vector[k], k, s->matrix, s->vector));
    }
    PetscCall(VecNormalize(s->vector[k], NULL));
  }
  PetscFunctionReturn(0);
}

/* vector = Ritz vectors, ritz ascending. */
static PetscErrorCode rotate(subspace *s)
{
  PetscFunctionBeginUser;
  PetscBLASInt n = (PetscBLASInt)s->size, room = 8 * n, info;
  double *work;
  PetscCall(sq_alloc(room, &work));
  for (int k = 0; k < s->size; k++) {
    PetscCall(MatMult(s->H, s->vector[k], s->image[k]));
    PetscCall(VecMDot(s->image[k], s->size, s->vector, s->matrix + k * s->size));
  }
  LAPACKsyev_("V", "U", &n, s->matrix, &n, s->ritz, work, &room, &info);
  PetscCheck(info == 0, PETSC_COMM_SELF, PETSC_ERR_LIB, "the eigenvalues of a matrix of size %d were not found",
             s->size);
  /* all ranks turn the same way, whatever processors their LAPACK was chosen for */
  MPI_Comm comm = PetscObjectComm((PetscObject)s->vector[0]);
  PetscCallMPI(MPI_Bcast(s->matrix, s->size * s->size, MPI_DOUBLE, 0, comm));
  PetscCallMPI(MPI_Bcast(s->ritz, s->size, MPI_DOUBLE, 0, comm));
  for (int k = 0; k < s->size; k++) {
    PetscCall(VecSet(s->image[k], 0));
    PetscCall(VecMAXPY(s->image[k], s->size, s->matrix + k * s->size, s->vector));
  }
  Vec *swap = s->vector;
  s->vector = s->image;
  s->image = swap;
  sq_free(&work);
  PetscFunctionReturn(0);
}

static PetscErrorCode round_of(subspace *s, int count, double *change)
{
  PetscFunctionBeginUser;
  double before[64];
  for (int k = 0; k < count; k++) before[k] = s->ritz[k];
  for (int k = 0; k < s->size; k++) {
    PetscCall(KSPSolve(s->solver, s->vector[k], s->image[k]));
    PetscCall(VecCopy(s->image[k], s->vector[k]));
  }
  PetscCall(make_orthonormal(s));
  PetscCall(rotate(s));
  *change = 0;
  for (int k = 1; k < count; k++) {
    double moved = fabs(s->ritz[k] - before[k]) / (fabs(s->ritz[k]) + 1e-300);
    if (!(moved <= *change)) *change = moved; /* not a number stays so, and does not converge */
  }
  PetscFunctionReturn(0);
}

/* weight[n]: the squared overlap of (M - <M>) P_eq^(1/2) with mode n over its norm. */
static PetscErrorCode weigh(const sq_fokker_planck *fp, const subspace *s, int count, double *weight)
{
  PetscFunctionBeginUser;
  Vec observable = s->image[0];
  double *x, phi[SQ_FP_SITES];
  PetscReal norm;
  PetscCall(VecGetArray(observable, &x));
  for (int64_t c = 0; c < fp->count; c++) {
    (void)sq_fp_cell(fp, c, phi);
    x[c] = exp(0.5 * sq_fp_log_equilibrium(fp, c)) * (fp->sites == 1 ? phi[0] : 0.5 * (phi[0] + phi[1]));
  }
  PetscCall(VecRestoreArray(observable, &x));
  PetscCall(VecMDot(observable, count, s->vector, weight));
  PetscCall(VecAXPY(observable, -weight[0], s->vector[0]));
  PetscCall(VecNorm(observable, NORM_2, &norm));
  for (int n = 0; n < count; n++) weight[n] = n ? pow(weight[n] / norm, 2) : 0;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_fokker_planck_spectrum(sq_fokker_planck *fp, int count, double *rate, double *weight)
{
  PetscFunctionBeginUser;
  subspace s = {0};
  double change = INFINITY;
  int rounds = 0;
  SqCheck(count >= 1 && count <= 32 && pow(fp->problem.points, fp->sites) >= count + EXTRA, fp->comm, SQ_ERR_INPUT,
          "%d decay rates from %d cells in each direction: give more cells", count, fp->problem.points);
  PetscCall(create(fp, count + EXTRA, &s));
  PetscCall(start(fp, &s));
  while (!(change <= precise) && rounds++ < ROUNDS) PetscCall(round_of(&s, count, &change));
  PetscCheck(change <= 1e-6, fp->comm, PETSC_ERR_CONV_FAILED, "decay rates still change by %g after %d rounds", change,
             ROUNDS);
  PetscCall(weigh(fp, &s, count, weight));
  for (int n = 0; n < count; n++) rate[n] = s.ritz[n];
  PetscCall(destroy(&s));
  PetscFunctionReturn(0);
}
