/* SPDX-License-Identifier: BSD-3-Clause */
/* Normal fields by their modes: 1/G(p) = mass e^{t_0} + stiffness e^{t_1} bend(p), with two weights t. */
#include "src/latent/internal.h"
#include <math.h>

PetscErrorCode sq_latent_gaussian_create(const sq_latent_work *w, sq_latent_gaussian *g)
{
  PetscFunctionBeginUser;
  const int64_t orbits = w->fft->orbits.count;
  const double none[SQ_LATENT_TURNS] = {0};
  PetscCall(sq_alloc(orbits, &g->root));
  PetscCall(sq_alloc(orbits, &g->inverse_root));
  PetscCall(sq_alloc(orbits, &g->inverse));
  for (int i = 0; i < SQ_LATENT_TURNS; i++) PetscCall(sq_alloc(orbits, &g->slope[i]));
  sq_latent_gaussian_load(w, none, g);
  PetscFunctionReturn(0);
}

void sq_latent_gaussian_destroy(sq_latent_gaussian *g)
{
  sq_free(&g->root);
  sq_free(&g->inverse_root);
  sq_free(&g->inverse);
  for (int i = 0; i < SQ_LATENT_TURNS; i++) sq_free(&g->slope[i]);
}

void sq_latent_gaussian_load(const sq_latent_work *w, const double turn[SQ_LATENT_TURNS], sq_latent_gaussian *g)
{
  const sq_orbits *orbits = &w->fft->orbits;
  g->log_determinant = 0;
  for (int64_t o = 0; o < orbits->count; o++) {
    const double term[SQ_LATENT_TURNS] = {w->like.mass * exp(turn[0]),
                                          w->like.stiffness * exp(turn[1]) * sq_latent_bend(&w->like, orbits, o)},
                 inverse = term[0] + term[1];
    g->inverse[o] = inverse;
    g->inverse_root[o] = sqrt(inverse);
    g->root[o] = 1 / g->inverse_root[o];
    for (int i = 0; i < SQ_LATENT_TURNS; i++) g->slope[i][o] = -term[i] / inverse;
    g->log_determinant -= (double)orbits->multiplicity[o] * log(inverse);
  }
}

PetscErrorCode sq_latent_filter(const sq_latent_work *w, const double *multiplier, int count, const double *in,
                                double *out)
{
  PetscFunctionBeginUser;
  for (int64_t i = 0; i < count * w->components; i++)
    PetscCall(sq_fft_filter(w->fft, multiplier, in + i * w->sites, out + i * w->sites));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_latent_gaussian_slopes(const sq_latent_work *w, const sq_latent_gaussian *g, int count,
                                         const double *factor, const double *left, const double *right,
                                         double to[SQ_LATENT_TURNS])
{
  PetscFunctionBeginUser;
  const sq_fft *fft = w->fft;
  double complex *mode;
  PetscCall(sq_alloc(fft->modes, &mode));
  for (int64_t i = 0; i < count * w->components; i++) {
    const double share = (factor ? factor[i / w->components] : 1) / (2 * (double)w->lattice->volume);
    PetscCall(sq_fft_forward(w->fft, left + i * w->sites, mode));
    PetscCall(sq_fft_forward(w->fft, right + i * w->sites, fft->work));
    for (int64_t k = 0; k < fft->modes; k++) {
      const double product = share * fft->weight[k] * creal(conj(mode[k]) * fft->work[k]);
      for (int t = 0; t < SQ_LATENT_TURNS; t++) to[t] += g->slope[t][fft->orbit[k]] * product;
    }
  }
  sq_free(&mode);
  PetscFunctionReturn(0);
}

double sq_latent_gaussian_slope(const sq_latent_work *w, const sq_latent_gaussian *g, int i)
{
  const sq_orbits *orbits = &w->fft->orbits;
  double sum = 0;
  for (int64_t o = 0; o < orbits->count; o++) sum += (double)orbits->multiplicity[o] * g->slope[i][o];
  return sum;
}
