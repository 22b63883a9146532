/* SPDX-License-Identifier: BSD-3-Clause */
/* The complex scalar field with a chemical potential (complex.h) for complex Langevin dynamics. With phi = a + i b,
 *   S = sum_x [ eta q + lambda q^2 - sum_nu (c_nu (a a' + b b') + i s_nu (a b' - b a')) ],   q = a^2 + b^2,
 *   c_nu = 2 cosh(mu delta_{nu,0}),   s_nu = 2 sinh(mu delta_{nu,0}),
 * and a and b become complex. A site has four numbers: Re a, Re b, Im a, Im b. What the row calls force is the drift
 * -dS/da, -dS/db, its real and its imaginary parts; what it calls S is Re S.
 *
 * Kernels: rows of contiguous sites; the order of operations at a site is fixed, so nothing depends on how the lattice
 * is cut.
 */
#include "complex.h"
#include <math.h>
#include <stdio.h>

enum { CHUNK = 128, NUMBERS = 4 }; /* sites at once; numbers a site */

typedef struct {
  double eta, lambda, c[SQ_DIM], s;
  int dim;
  int64_t stride[SQ_DIM]; /* of directions 0 .. dim - 1 */
} coefficients;

static coefficients coefficients_of(const sq_action *action, const sq_field *phi)
{
  const double mu = action->value[SQ_COMPLEX_MU];
  coefficients k = {.eta = action->value[SQ_COMPLEX_ETA],
                    .lambda = action->value[SQ_COMPLEX_LAMBDA],
                    .s = 2 * sinh(mu),
                    .dim = action->dim};
  for (int nu = 0; nu < k.dim; nu++) {
    k.c[nu] = nu == 0 ? 2 * cosh(mu) : 2;
    k.stride[nu] = phi->stride[SQ_DIM - k.dim + nu];
  }
  return k;
}

/* Rows of the four numbers of sites. */
typedef struct {
  const double *ar, *br, *ai, *bi;
} row;

static row row_at(const sq_field *phi, int64_t at)
{
  const double *x = phi->data + at;
  return (row){x, x + phi->sites, x + 2 * phi->sites, x + 3 * phi->sites};
}

/* ---- the drift ---- */

/* out[4][n] = -(2 eta + 4 lambda q) times a and b. */
static inline void drift_of_sites(const coefficients *k, row x, int64_t n, double *restrict const out[NUMBERS])
{
  for (int64_t i = 0; i < n; i++) {
    const double ar = x.ar[i], ai = x.ai[i], br = x.br[i], bi = x.bi[i];
    const double re = 2 * k->eta + 4 * k->lambda * ((ar * ar - ai * ai) + (br * br - bi * bi)),
                 im = 8 * k->lambda * (ar * ai + br * bi);
    out[0][i] = im * ai - re * ar;
    out[1][i] = im * bi - re * br;
    out[2][i] = -(re * ai + im * ar);
    out[3][i] = -(re * bi + im * br);
  }
}

/* out += c times the neighbours in both directions of stride. */
static inline void add_neighbours(double c, const double *x, int64_t stride, int64_t n, double *restrict out)
{
  for (int64_t i = 0; i < n; i++) out[i] += c * (x[i + stride] + x[i - stride]);
}

/* out += s times their difference. */
static inline void add_difference(double s, const double *x, int64_t stride, int64_t n, double *restrict out)
{
  for (int64_t i = 0; i < n; i++) out[i] += s * (x[i + stride] - x[i - stride]);
}

static void drift(const sq_action *action, const sq_field *phi, double *out)
{
  const coefficients k = coefficients_of(action, phi);
  const int64_t n = phi->lattice->local[SQ_DIM - 1], sites = phi->lattice->local_volume;
  for (int64_t r = 0; r < sites / n; r++, out += n) {
    const row x = row_at(phi, sq_field_row(phi, r));
    double *const to[NUMBERS] = {out, out + sites, out + 2 * sites, out + 3 * sites};
    const double *const from[NUMBERS] = {x.ar, x.br, x.ai, x.bi};
    drift_of_sites(&k, x, n, to);
    for (int nu = 0; nu < k.dim; nu++)
      for (int c = 0; c < NUMBERS; c++) add_neighbours(k.c[nu], from[c], k.stride[nu], n, to[c]);
    add_difference(-k.s, x.bi, k.stride[0], n, to[0]); /* i s (b' - b'') for a, i s (a'' - a') for b */
    add_difference(k.s, x.ai, k.stride[0], n, to[1]);
    add_difference(k.s, x.br, k.stride[0], n, to[2]);
    add_difference(-k.s, x.ar, k.stride[0], n, to[3]);
  }
}

/* ---- sums over sites ---- */

/* Re S of n sites of a row. */
static void density_of_row(const coefficients *k, row x, int64_t n, double *restrict density)
{
  for (int64_t i = 0; i < n; i++) {
    const double ar = x.ar[i], ai = x.ai[i], br = x.br[i], bi = x.bi[i];
    const double re = (ar * ar - ai * ai) + (br * br - bi * bi), im = 2 * (ar * ai + br * bi);
    density[i] = k->eta * re + k->lambda * (re * re - im * im);
  }
  for (int nu = 0; nu < k->dim; nu++)
    for (int64_t i = 0, j = k->stride[nu]; i < n; i++, j++)
      density[i] -= k->c[nu] * ((x.ar[i] * x.ar[j] - x.ai[i] * x.ai[j]) + (x.br[i] * x.br[j] - x.bi[i] * x.bi[j]));
  for (int64_t i = 0, j = k->stride[0]; i < n; i++, j++)
    density[i] += k->s * ((x.ar[i] * x.bi[j] + x.ai[i] * x.br[j]) - (x.br[i] * x.ai[j] + x.bi[i] * x.ar[j]));
}

/* Of the links in direction 0 that leave n sites: s (a a' + b b') + i c (a b' - b a'), -dS/dmu where c and s are those
 * of the action, and its derivative where they are exchanged. */
static void number_of_row(double c, double s, int64_t stride, row x, bool imaginary, int64_t n, double *restrict number)
{
  for (int64_t i = 0, j = stride; i < n; i++, j++)
    if (imaginary)
      number[i] = s * ((x.ar[i] * x.ai[j] + x.ai[i] * x.ar[j]) + (x.br[i] * x.bi[j] + x.bi[i] * x.br[j])) +
                  c * ((x.ar[i] * x.br[j] - x.ai[i] * x.bi[j]) - (x.br[i] * x.ar[j] - x.bi[i] * x.ai[j]));
    else
      number[i] = s * ((x.ar[i] * x.ar[j] - x.ai[i] * x.ai[j]) + (x.br[i] * x.br[j] - x.bi[i] * x.bi[j])) -
                  c * ((x.ar[i] * x.bi[j] + x.ai[i] * x.br[j]) - (x.br[i] * x.ai[j] + x.bi[i] * x.ar[j]));
}

static void part_of_row(const coefficients *k, row x, sq_particles part, int64_t n, double *restrict number)
{
  const bool contact = part == SQ_PARTICLES_CONTACT;
  number_of_row(contact ? k->s : k->c[0], contact ? k->c[0] : k->s, k->stride[0], x, part == SQ_PARTICLES_IMAGINARY, n,
                number);
}

enum { ACTION = -1 };

/* Adds of every interior site Re S, or a part of the particle number. */
static void add_sites(const sq_action *action, const sq_field *phi, int what, sq_sum *sum)
{
  const coefficients k = coefficients_of(action, phi);
  const int64_t n = phi->lattice->local[SQ_DIM - 1];
  double part[CHUNK];
  for (int64_t r = 0; r < phi->lattice->local_volume / n; r++)
    for (int64_t i = 0, count; i < n; i += count) {
      const row x = row_at(phi, sq_field_row(phi, r) + i);
      count = PetscMin(n - i, (int64_t)CHUNK);
      if (what == ACTION) density_of_row(&k, x, count, part);
      else part_of_row(&k, x, (sq_particles)what, count, part);
      sq_sum_add_array(sum, count, part);
    }
}

static void energy(const sq_action *action, const sq_field *phi, sq_sum *sum)
{
  add_sites(action, phi, ACTION, sum);
}

static void particles(const sq_action *action, const sq_field *phi, sq_particles part, sq_sum *sum)
{
  add_sites(action, phi, (int)part, sum);
}

/* ---- scales ---- */

/* The mean of |dS/da|^2 is that of d^2 S/da^2 = 2 eta + 8 lambda |phi|^2 for each of the two, by partial integration;
 * |phi|^2 is taken from the same identity of one site, 2 h s + 4 lambda s^2 = 2, with the hopping of a uniform field in
 * h. The largest of V such drifts is some (1 + ln V)^(1/2) of that. It need not be right: it only says where steps
 * begin to be shortened. */
static double usual_drift(const sq_action *action, double volume)
{
  const double eta = action->value[SQ_COMPLEX_ETA], lambda = action->value[SQ_COMPLEX_LAMBDA],
               h = eta - 2 * (action->dim - 1) - 2 * cosh(action->value[SQ_COMPLEX_MU]);
  const double stiffness = 2 * eta + 2 * (sqrt(h * h + 8 * lambda) - h);
  return sqrt(2 * stiffness * (1 + log(volume)));
}

/* Of a and b, so that |phi| is the classical field. */
static double ordered_value(const sq_action *action)
{
  const double lambda = action->value[SQ_COMPLEX_LAMBDA],
               h = action->value[SQ_COMPLEX_ETA] - 2 * (action->dim - 1) - 2 * cosh(action->value[SQ_COMPLEX_MU]);
  return h < 0 && lambda > 0 ? sqrt(-h / (4 * lambda)) : 0;
}

static int numbers(const sq_action *action)
{
  (void)action;
  return NUMBERS;
}

static const char *const columns[] = {"density",        "density_imag",    "phi2",  "phi2_imag", "density2",
                                      "action_density", "schwinger_dyson", "drift", NULL};

const sq_action_type sq_action_complex_langevin = {
  .name = "complex_langevin",
  .summary = "the theory complex, its two real numbers a site made complex",
  .params = sq_complex_params,
  .space = &sq_space_complex,
  .components = numbers,
  .columns = columns,
  .symmetric = true,
  .valid = sq_complex_valid,
  .energy = energy,
  .smooth = &(const sq_action_smooth){.force = drift},
  .complexified = &(const sq_action_complexified){.usual_drift = usual_drift, .particles = particles},
  .ordered_value = ordered_value,
};
