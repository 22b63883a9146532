/* SPDX-License-Identifier: BSD-3-Clause */
/* Fourier acceleration: molecular dynamics with velocities v = K pi, K a multiplication in momentum space.
 *
 * H = sum_p |v_p|^2/(2 V K) + S; phi' = v, v' = K F. A trajectory draws normal numbers xi at each site and begins with
 * v = K^(1/2) xi; it ends with xi = K^(-1/2) v, so that the kinetic energy is sum xi^2/2 at both ends and nothing
 * outside knows of K. Each force costs a pair of transforms.
 */
#include "internal.h"
#include <math.h>

PetscErrorCode sq_md_forget_fourier(sq_md *md)
{
  PetscFunctionBeginUser;
  PetscCall(sq_fft_destroy(&md->fft));
  sq_free(&md->kernel);
  sq_free(&md->root);
  sq_free(&md->inverse_root);
  sq_free(&md->velocity);
  sq_free(&md->pull);
  PetscFunctionReturn(0);
}

static PetscErrorCode prepare(sq_md *md)
{
  PetscFunctionBeginUser;
  if (md->fft) PetscFunctionReturn(0);
  PetscCall(sq_fft_create(md->lattice, &md->fft));
  PetscCall(sq_alloc(md->fft->orbits.count, &md->kernel));
  PetscCall(sq_alloc(md->fft->orbits.count, &md->root));
  PetscCall(sq_alloc(md->fft->orbits.count, &md->inverse_root));
  PetscCall(sq_alloc(md->numbers, &md->velocity));
  PetscCall(sq_alloc(md->numbers, &md->pull));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_md_transform(sq_md *md, sq_fft **fft)
{
  PetscFunctionBeginUser;
  PetscCall(prepare(md));
  *fft = md->fft;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_md_accelerate(sq_md *md, double mass)
{
  PetscFunctionBeginUser;
  double square = mass * mass, top = square + 2 * md->lattice->dim;
  if (mass == md->mass) PetscFunctionReturn(0);
  md->mass = mass;
  if (!(mass > 0)) PetscFunctionReturn(0);
  PetscCall(prepare(md));
  for (int64_t k = 0; k < md->fft->orbits.count; k++) {
    md->kernel[k] = top / (square + md->fft->orbits.phat2[k]);
    md->root[k] = sqrt(md->kernel[k]);
    md->inverse_root[k] = 1 / md->root[k];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_md_filter(const sq_md *md, const double *multiplier, const double *block, double *out)
{
  PetscFunctionBeginUser;
  const int64_t sites = md->lattice->local_volume;
  for (int c = 0; c < md->components; c++)
    PetscCall(sq_fft_filter(md->fft, multiplier, block + c * sites, out + c * sites));
  PetscFunctionReturn(0);
}

/* Force and K force at md->end. */
static PetscErrorCode pull(sq_md *md)
{
  PetscFunctionBeginUser;
  PetscCall(sq_md_force(md, md->end, md->end_force));
  PetscCall(sq_md_filter(md, md->kernel, md->end_force, md->pull));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_md_integrate_fourier(sq_md *md, const sq_field *phi, const double *force, double eps, int64_t steps)
{
  PetscFunctionBeginUser;
  const sq_integrator *scheme = md->integrator;
  const int64_t drifts = steps * (scheme->count / 2);
  sq_field_copy(phi, md->end);
  PetscCall(sq_md_filter(md, md->root, md->momentum, md->velocity));
  PetscCall(sq_md_filter(md, md->kernel, force, md->pull));
  sq_md_kick(md->numbers, eps * scheme->coefficient[0], md->pull, md->velocity);
  for (int64_t k = 0; k < drifts; k++) {
    double kick = k == drifts - 1 ? scheme->coefficient[scheme->count - 1] : sq_md_kick_after(scheme, k);
    sq_md_drift(md->all_rows, md->lattice->local[3], md->row, eps * sq_md_drift_at(scheme, k), md->velocity,
                md->end->data);
    PetscCall(pull(md));
    sq_md_kick(md->numbers, eps * kick, md->pull, md->velocity);
  }
  PetscCall(sq_md_filter(md, md->inverse_root, md->velocity, md->momentum));
  PetscFunctionReturn(0);
}

/* The mass^2 of the least squares of 1/G = (p_hat^2 + m^2)/Z with weights w[k] = G^2 times the number of momenta, as of
 * equal relative errors. */
static double fit_square(const sq_orbits *orbits, const double *G)
{
  const double heavy = 1e4; /* where nothing propagates: K is flat */
  double n = 0, x = 0, xx = 0, y = 0, xy = 0, longest = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) longest = fmax(longest, (double)orbits->extent[mu]);
  for (int64_t k = 1; k < orbits->count; k++) {
    double weight = (double)orbits->multiplicity[k] * G[k] * G[k], at = orbits->phat2[k];
    n += weight;
    x += weight * at;
    xx += weight * at * at;
    y += weight / G[k];
    xy += weight * at / G[k];
  }
  double slope = (n * xy - x * y) / (n * xx - x * x), square = (y - slope * x) / n / slope, least = M_PI / 2 / longest;
  return slope > 0 && square < heavy ? fmax(square, least * least) : heavy;
}

void sq_md_fit_mass(const sq_orbits *orbits, const double *G, double *mass, double *frequency)
{
  double n = 0, sum = 0;
  if (!(*mass > 0)) *mass = sqrt(fit_square(orbits, G));
  for (int64_t k = orbits->count > 1; k < orbits->count; k++) {
    double weight = (double)orbits->multiplicity[k] * G[k] * G[k];
    n += weight;
    sum += weight * (*mass * *mass + 2 * orbits->dim) / (*mass * *mass + orbits->phat2[k]) / G[k];
  }
  *frequency = sqrt(sum / n);
}
