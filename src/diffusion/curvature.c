/* SPDX-License-Identifier: BSD-3-Clause */
/* Measures how the square of a denoised field raises the precision of what it leaves open: the number c of a level; the
 * formulae are in the header.
 *
 * The errors of the denoiser, whitened by the Gaussian R, are numbers u; f is what c = 1 would change in 1/R there, in
 * units of 1/R. So u^2 is 1 - c f on average, in units of its mean, and c is the slope of a line. Fields are
 * independent: their own terms say how well it is known.
 */
#include "src/diffusion/curvature.h"
#include <math.h>
#include <string.h>

enum { UUF, F, FF, UU, TERMS }; /* sums over a field's sites: u^2 f, f, f^2, u^2 */
enum { PRODUCTS = 6 };          /* of the first three */

struct sq_curvature {
  const sq_score *score;  /* not owned */
  double mean;            /* <D^2> */
  double *white, *spread; /* [orbits] 1/sqrt(R); multipliers of (sqrt R)(x)^2 */
  double *u, *f;          /* [numbers], [sites] */
  sq_sum *field;          /* [TERMS] of one field */
  sq_sum *sum;            /* [TERMS + PRODUCTS] over fields, on the first rank of a lattice alone */
};

PetscErrorCode sq_curvature_create(const sq_score *score, sq_curvature **curvature)
{
  PetscFunctionBeginUser;
  sq_curvature *c;
  PetscCall(sq_alloc(1, &c));
  c->score = score;
  PetscCall(sq_alloc(score->fft->orbits.count, &c->white));
  PetscCall(sq_alloc(score->fft->orbits.count, &c->spread));
  PetscCall(sq_alloc(sq_score_numbers(score), &c->u));
  PetscCall(sq_alloc(score->fft->lattice->local_volume, &c->f));
  PetscCall(sq_alloc(TERMS, &c->field));
  PetscCall(sq_alloc(TERMS + PRODUCTS, &c->sum));
  *curvature = c;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_curvature_destroy(sq_curvature **curvature)
{
  PetscFunctionBeginUser;
  sq_curvature *c = *curvature;
  double **array[] = {&c->white, &c->spread, &c->u, &c->f};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
  sq_free(&c->field);
  sq_free(&c->sum);
  sq_free(curvature);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_curvature_begin(sq_curvature *c, const double *posterior)
{
  PetscFunctionBeginUser;
  const int64_t orbits = c->score->fft->orbits.count;
  memset(c->sum, 0, (TERMS + PRODUCTS) * sizeof *c->sum);
  c->mean = sq_mean_square(c->score, posterior);
  for (int64_t o = 0; o < orbits; o++) {
    c->white[o] = 1 / sqrt(posterior[o]);
    c->spread[o] = sqrt(posterior[o]);
  }
  PetscCall(sq_filter_squared(c->score->fft, c->spread, c->spread));
  PetscFunctionReturn(0);
}

/* Adds the terms of one field, known to every rank, and their products. */
static void add_terms(sq_curvature *c, const double term[TERMS])
{
  int at = TERMS, rank;
  MPI_Comm_rank(c->score->fft->lattice->comm, &rank);
  if (rank) return;
  for (int i = 0; i < TERMS; i++) sq_sum_add(&c->sum[i], term[i]);
  for (int i = UUF; i <= FF; i++)
    for (int j = i; j <= FF; j++) sq_sum_add(&c->sum[at++], term[i] * term[j]);
}

PetscErrorCode sq_curvature_add(sq_curvature *c, const double *clean, const double *error)
{
  PetscFunctionBeginUser;
  sq_fft *fft = c->score->fft;
  const int64_t sites = fft->lattice->local_volume;
  double term[TERMS];
  memset(c->field, 0, TERMS * sizeof *c->field);
  sq_site_squares(c->score, clean, c->mean, c->f);
  PetscCall(sq_fft_filter(fft, c->spread, c->f, c->f));
  PetscCall(sq_score_filter(c->score, c->white, 1, error, c->u));
  for (int64_t i = 0; i < sq_score_numbers(c->score); i++) {
    double f = c->f[i % sites], uu = c->u[i] * c->u[i];
    const double number[TERMS] = {uu * f, f, f * f, uu};
    for (int k = 0; k < TERMS; k++) sq_sum_add(&c->field[k], number[k]);
  }
  PetscCall(sq_sum_reduce(fft->lattice->comm, TERMS, c->field));
  for (int k = 0; k < TERMS; k++) term[k] = sq_sum_value(&c->field[k]);
  add_terms(c, term);
  PetscFunctionReturn(0);
}

/* What is within four errors of 0 counts as 0: free fields keep their Gaussian kernels, and a wrong curvature makes
 * heavy tails of weights. A few fields do not tell their error: the line goes through one field, and its error is 0. */
enum { NOISE = 16, FEWEST = 8 };
PetscErrorCode sq_curvature_finish(sq_curvature *c, const sq_grid *grid, int64_t fields, double *value)
{
  PetscFunctionBeginUser;
  double x[TERMS + PRODUCTS];
  PetscCall(sq_sum_reduce(grid->world, TERMS + PRODUCTS, c->sum));
  for (int i = 0; i < TERMS + PRODUCTS; i++) x[i] = sq_sum_value(&c->sum[i]);
  double numbers = (double)fields * (double)c->score->fft->lattice->volume * sq_score_components(c->score),
         unit = numbers / x[UU], slope = -(unit * x[UUF] - x[F]) / x[FF];
  /* of a field: unit UUF - F + slope FF, 0 on average */
  const double *p = x + TERMS; /* UUF UUF, UUF F, UUF FF, F F, F FF, FF FF */
  double square = unit * unit * p[0] - 2 * unit * p[1] + 2 * unit * slope * p[2] + p[3] - 2 * slope * p[4] +
                  slope * slope * p[5],
         variance = square / (x[FF] * x[FF]), known = 1 - NOISE * variance / (slope * slope);
  *value = fields >= FEWEST && known > 0 && isfinite(known) ? slope * known : 0;
  PetscFunctionReturn(0);
}
