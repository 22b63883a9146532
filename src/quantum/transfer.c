/* SPDX-License-Identifier: BSD-3-Clause */
/* transfer: the transfer matrix on a grid, diagonalised by LAPACK.
 *
 * The matrix h T(x_i, x_j) is the trapezoid rule for the integral operator; its eigenvectors are psi_n(x_i) sqrt(h).
 * For a smooth kernel that vanishes at the ends of the grid the rule converges faster than any power of h (L. N.
 * Trefethen, J. A. C. Weideman, SIAM Review 56 (2014) 385), so a grid is fine enough when the next one gives the same.
 * Serial.
 */
#include "squall/exact.h"
#include "squall/quantum.h"
#include <cblas.h>
#include <math.h>
#include <string.h>

enum { FEWEST = 64, MOST = 2048, COMPARED = 4 };

/* The factor exp(-(x - x')^2/2) cannot be seen with points that are farther apart. */
static const double widest = 0.8;

/* matrix[n][n] = -h T, of a spacing that is divided by refine. Minus, because LAPACK gives the lowest eigenvalue first.
 */
static void fill_matrix(const sq_particle *p, double refine, int n, double *matrix)
{
  double h = 2 * p->reach / (n - 1), scale = h * sqrt(refine / (2 * PETSC_PI)), slope;
  for (int i = 0; i < n; i++) {
    double x = i * h - p->reach, V = sq_particle_potential(p, x, &slope);
    for (int j = 0; j <= i; j++) {
      double y = j * h - p->reach, W = sq_particle_potential(p, y, &slope);
      matrix[i * n + j] = matrix[j * n + i] = -scale * exp(-0.5 * ((V + W) / refine + refine * (x - y) * (x - y)));
    }
  }
}

static PetscErrorCode solve(int n, double refine, sq_transfer *t)
{
  PetscFunctionBeginUser;
  const sq_particle *p = &t->particle;
  t->points = n;
  PetscCall(sq_alloc(n, &t->phi));
  PetscCall(sq_alloc(n, &t->factor));
  PetscCall(sq_alloc((size_t)n * (size_t)n, &t->state));
  for (int i = 0; i < n; i++) t->phi[i] = p->reach * (2.0 * i / (n - 1) - 1) / sqrt(p->hop);
  fill_matrix(p, refine, n, t->state);
  PetscCall(sq_exact_eigenstates(n, t->state, t->factor));
  double largest = -t->factor[0];
  for (int i = 0; i < n; i++) t->factor[i] = fmax(0, -t->factor[i] / largest);
  t->ground = -log(largest);
  PetscFunctionReturn(0);
}

static void clear(sq_transfer *t)
{
  sq_free(&t->phi);
  sq_free(&t->factor);
  sq_free(&t->state);
}

/* Not a number where one of them is not. */
static double difference(const sq_transfer *a, const sq_transfer *b)
{
  double worst = fabs(a->ground - b->ground);
  for (int n = 1; n < COMPARED; n++) {
    double apart = fabs(a->factor[n] - b->factor[n]);
    if (isnan(apart) || apart > worst) worst = apart;
  }
  return worst;
}

/* The matrix of a spacing that is divided by refine, on a grid that is fine enough for it; NULL where that has too many
 * points. */
static PetscErrorCode create(const sq_action *action, double refine, sq_transfer **transfer)
{
  PetscFunctionBeginUser;
  sq_transfer *t, coarse;
  sq_particle particle;
  double change = INFINITY;
  int n = FEWEST;
  *transfer = NULL;
  PetscCall(sq_particle_make(action, &particle));
  PetscCall(sq_alloc(1, &t));
  t->particle = particle;
  *transfer = t;
  while (n < MOST && 2 * sqrt(refine) * t->particle.reach > widest * n) n *= 2;
  if (n < MOST) PetscCall(solve(n, refine, t));
  while ((n *= 2) <= MOST && !(change < 1e-12)) {
    coarse = *t;
    PetscCall(solve(n, refine, t));
    change = difference(t, &coarse);
    clear(&coarse);
  }
  if (!(change < 1e-12)) PetscCall(sq_transfer_destroy(transfer));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_transfer_try(const sq_action *action, sq_transfer **transfer)
{
  PetscFunctionBeginUser;
  PetscCall(create(action, 1, transfer));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_transfer_create(const sq_action *action, sq_transfer **transfer)
{
  PetscFunctionBeginUser;
  PetscCall(create(action, 1, transfer));
  SqCheck(*transfer, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "the transfer matrix needs more than %d points: the lattice spacing is too small", MOST);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_transfer_continuum(const sq_action *action, int count, double *energy)
{
  PetscFunctionBeginUser;
  sq_transfer *half, *quarter;
  PetscCall(create(action, 2, &half));
  PetscCall(create(action, 4, &quarter));
  for (int n = 0; n < count; n++)
    energy[n] = half && quarter ? (4 * 4 * sq_transfer_energy(quarter, n) - 2 * sq_transfer_energy(half, n)) / 3 : NAN;
  PetscCall(sq_transfer_destroy(&half));
  PetscCall(sq_transfer_destroy(&quarter));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_transfer_destroy(sq_transfer **transfer)
{
  PetscFunctionBeginUser;
  if (!*transfer) PetscFunctionReturn(0);
  clear(*transfer);
  sq_free(transfer);
  PetscFunctionReturn(0);
}

double sq_transfer_energy(const sq_transfer *t, int n)
{
  return n < t->points ? t->ground - log(t->factor[n]) : INFINITY;
}

/* sum_n (t_n/t_0)^L */
static double partition(const sq_transfer *t, int64_t sites)
{
  double sum = 0;
  for (int n = t->points - 1; n >= 0; n--) sum += pow(t->factor[n], (double)sites);
  return sum;
}

double sq_transfer_log_Z(const sq_transfer *t, int64_t sites)
{
  double each = 0.5 * log(2 * PETSC_PI / t->particle.hop) - t->particle.bottom - t->ground;
  return (double)sites * each + log(partition(t, sites));
}

double sq_transfer_free_energy(const sq_transfer *t, int64_t sites, double log_Z)
{
  return 0.5 * log(2 * PETSC_PI / t->particle.hop) - t->particle.bottom - log_Z / (double)sites;
}

void sq_transfer_distribution(const sq_transfer *t, int64_t sites, double *weight)
{
  double sum = partition(t, sites);
  memset(weight, 0, (size_t)t->points * sizeof *weight);
  for (int n = 0; n < t->points; n++) {
    const double *psi = t->state + (size_t)n * (size_t)t->points;
    double occupation = pow(t->factor[n], (double)sites) / sum;
    for (int i = 0; i < t->points; i++) weight[i] += occupation * psi[i] * psi[i];
  }
}

PetscErrorCode sq_transfer_averages(const sq_transfer *t, int64_t sites, sq_transfer_average *average)
{
  PetscFunctionBeginUser;
  double *weight;
  PetscCall(sq_alloc(t->points, &weight));
  sq_transfer_distribution(t, sites, weight);
  *average = (sq_transfer_average){0};
  for (int i = 0; i < t->points; i++) {
    double square = t->phi[i] * t->phi[i], thermal, ground;
    sq_particle_energies(&t->particle, 1, &t->phi[i], &thermal, &ground);
    average->phi2 += weight[i] * square;
    average->phi4 += weight[i] * square * square;
    average->thermal += weight[i] * thermal;
    average->ground += weight[i] * ground;
  }
  sq_free(&weight);
  PetscFunctionReturn(0);
}

/* element[m][n] = <m|phi|n>^2 */
static PetscErrorCode elements(const sq_transfer *t, double *element)
{
  PetscFunctionBeginUser;
  double *times;
  size_t n = (size_t)t->points;
  PetscCall(sq_alloc(n * n, &times));
  for (size_t k = 0; k < n; k++)
    for (size_t i = 0; i < n; i++) times[k * n + i] = t->phi[i] * t->state[k * n + i];
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, t->points, t->points, t->points, 1, t->state, t->points, times,
              t->points, 0, element, t->points);
  for (size_t i = 0; i < n * n; i++) element[i] *= element[i];
  sq_free(&times);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_transfer_correlator(const sq_transfer *t, int64_t sites, double *correlator)
{
  PetscFunctionBeginUser;
  double *element, *there, sum = partition(t, sites);
  size_t n = (size_t)t->points;
  PetscCall(sq_alloc(n * n, &element));
  PetscCall(sq_alloc(n, &there));
  PetscCall(elements(t, element));
  for (int64_t time = 0; 2 * time <= sites; time++) {
    double mean = 0;
    for (size_t k = 0; k < n; k++) there[k] = pow(t->factor[k], (double)time);
    for (size_t k = 0; k < n; k++)
      mean += pow(t->factor[k], (double)(sites - time)) / sum * cblas_ddot(t->points, element + k * n, 1, there, 1);
    correlator[time] = correlator[(sites - time) % sites] = mean;
  }
  sq_free(&element);
  sq_free(&there);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_transfer_ground_correlator(const sq_transfer *t, int64_t sites, double *correlator)
{
  PetscFunctionBeginUser;
  const size_t n = (size_t)t->points;
  memset(correlator, 0, (size_t)sites * sizeof *correlator);
  for (size_t k = 0; k < n; k++) {
    double element = 0;
    for (size_t i = 0; i < n; i++) element += t->state[i] * t->phi[i] * t->state[k * n + i];
    for (int64_t time = 0; time < sites; time++)
      correlator[time] += element * element *
                          (pow(t->factor[k], (double)time) + (k ? pow(t->factor[k], (double)(sites - time)) : 0));
  }
  PetscFunctionReturn(0);
}
