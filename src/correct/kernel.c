/* SPDX-License-Identifier: BSD-3-Clause */
/* The Gaussian kernel of a block. Everything is a function of the matrix K_BB, so it does not matter which basis LAPACK
 * finds in a degenerate subspace. */
#include "tiling.h"
#include <math.h>
#include <petscblaslapack.h>
#include <string.h>

/* matrix[j][i] = K(x_i - x_j) on the window, for sites of the block. */
static PetscErrorCode fill_matrix(const sq_tiling *t, const sq_block_kernel *kernel, sq_fft *fft, double *matrix)
{
  PetscFunctionBeginUser;
  double *point;
  PetscCall(sq_alloc(t->window_sites, &point));
  point[0] = 1;
  PetscCall(sq_fft_filter(fft, kernel->precision, point, point));
  for (int64_t j = 0; j < t->block_sites; j++)
    for (int64_t i = 0; i < t->block_sites; i++) {
      int64_t a = kernel->inside[i], b = kernel->inside[j], site = 0, size = 1;
      for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
        int64_t n = t->window[mu], apart = (a % n - b % n + n) % n;
        site += size * apart;
        size *= n;
        a /= n;
        b /= n;
      }
      matrix[j * t->block_sites + i] = point[site];
    }
  sq_free(&point);
  PetscFunctionReturn(0);
}

static PetscErrorCode diagonalise(int64_t sites, double *matrix, double *lambda)
{
  PetscFunctionBeginUser;
  PetscBLASInt n = (PetscBLASInt)sites, info = 0, room = 64 * n;
  double *work;
  PetscCall(sq_alloc(room, &work));
  LAPACKsyev_("V", "U", &n, matrix, &n, lambda, work, &room, &info);
  PetscCheck(info == 0, PETSC_COMM_SELF, PETSC_ERR_LIB, "the eigenvalues of a block's kernel did not converge (%d)",
             (int)info);
  sq_free(&work);
  PetscFunctionReturn(0);
}

/* For every mode the score's R over the Gaussian one, at the momentum whose 1/G is nearest to its eigenvalue. */
static PetscErrorCode fill_ratios(sq_block_kernel *kernel, const sq_score *score, const sq_noise_grid *levels)
{
  PetscFunctionBeginUser;
  int64_t orbits = score->fft->orbits.count, *nearest;
  double *R, *gaussian;
  PetscCall(sq_alloc(orbits, &R));
  PetscCall(sq_alloc(orbits, &gaussian));
  PetscCall(sq_alloc(kernel->sites, &nearest));
  for (int64_t i = 0; i < kernel->sites; i++)
    for (int64_t o = 0; o < orbits; o++)
      if (fabs(kernel->precision[o] - kernel->lambda[i]) < fabs(kernel->precision[nearest[i]] - kernel->lambda[i]))
        nearest[i] = o;
  for (int k = 1; k <= levels->steps; k++) {
    score->posterior(score->self, levels->a[k], levels->s[k], R);
    sq_gaussian_posterior(orbits, score->propagator, levels->a[k], levels->s[k], gaussian);
    for (int64_t i = 0; i < kernel->sites; i++)
      kernel->ratio[k * kernel->sites + i] = R[nearest[i]] / gaussian[nearest[i]];
  }
  sq_free(&R);
  sq_free(&gaussian);
  sq_free(&nearest);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_block_kernel_create(const sq_tiling *tiling, const sq_score *score, const sq_noise_grid *levels,
                                      sq_block_kernel *kernel)
{
  PetscFunctionBeginUser;
  int64_t orbits = score->fft->orbits.count, sites = tiling->block_sites;
  *kernel = (sq_block_kernel){.sites = sites};
  PetscCall(sq_alloc(sites, &kernel->inside));
  PetscCall(sq_alloc(sites * sites, &kernel->basis));
  PetscCall(sq_alloc(sites, &kernel->lambda));
  PetscCall(sq_alloc((levels->steps + 1) * sites, &kernel->ratio));
  PetscCall(sq_alloc(orbits, &kernel->precision));
  sq_tiling_inside(tiling, kernel->inside);
  for (int64_t o = 0; o < orbits; o++) kernel->precision[o] = 1 / score->propagator[o];
  PetscCall(fill_matrix(tiling, kernel, score->fft, kernel->basis));
  PetscCall(diagonalise(sites, kernel->basis, kernel->lambda));
  PetscCall(fill_ratios(kernel, score, levels));
  PetscFunctionReturn(0);
}

void sq_block_kernel_destroy(sq_block_kernel *kernel)
{
  sq_free(&kernel->inside);
  sq_free(&kernel->basis);
  sq_free(&kernel->lambda);
  sq_free(&kernel->ratio);
  sq_free(&kernel->precision);
}

/* out = basis in (modes from values), or its transpose. The basis is column-major for BLAS: a column is a mode. */
static void multiply(const sq_block_kernel *kernel, const char *transposed, const double *in, double *out)
{
  PetscBLASInt n = (PetscBLASInt)kernel->sites, one = 1;
  double unit = 1, zero = 0;
  BLASgemv_(transposed, &n, &n, &unit, kernel->basis, &n, in, &one, &zero, out, &one);
}

void sq_block_modes(const sq_block_kernel *kernel, const double *site, double *mode)
{
  multiply(kernel, "T", site, mode);
}

void sq_block_values(const sq_block_kernel *kernel, const double *mode, double *site)
{
  multiply(kernel, "N", mode, site);
}

PetscErrorCode sq_block_pull(const sq_block_kernel *kernel, sq_fft *fft, const double *window, double *scratch,
                             double *pull)
{
  PetscFunctionBeginUser;
  int64_t sites = fft->lattice->local_volume;
  double *value;
  PetscCall(sq_alloc(kernel->sites, &value));
  memcpy(scratch, window, (size_t)sites * sizeof *scratch);
  for (int64_t i = 0; i < kernel->sites; i++) scratch[kernel->inside[i]] = 0;
  PetscCall(sq_fft_filter(fft, kernel->precision, scratch, scratch));
  for (int64_t i = 0; i < kernel->sites; i++) value[i] = scratch[kernel->inside[i]];
  sq_block_modes(kernel, value, pull);
  sq_free(&value);
  PetscFunctionReturn(0);
}

void sq_block_step(const sq_block_kernel *kernel, const sq_noise_grid *levels, int k, const double *phi,
                   const double *pull, const double *extra, double *mean, double *variance)
{
  const sq_reverse_step step = sq_reverse_step_at(levels, k);
  const double *ratio = kernel->ratio + k * kernel->sites, a = levels->a[k], s2 = levels->s[k] * levels->s[k];
  for (int64_t i = 0; i < kernel->sites; i++) {
    double R = 1 / (kernel->lambda[i] + a * a / s2);
    mean[i] = step.keep * phi[i] + step.take * (R * (a * phi[i] / s2 - pull[i]) + extra[i]);
    variance[i] = step.rest + step.take * step.take * R * ratio[i];
  }
}
