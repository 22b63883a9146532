/* SPDX-License-Identifier: BSD-3-Clause */
/* The exact score of a Gaussian field: the Wiener filter. */
#include "squall/score.h"

typedef struct {
  double *filter; /* [orbits] */
  sq_fft *fft;
  int components;
  const double *propagator;
} gaussian;

void sq_wiener_filter(int64_t orbits, const double *propagator, double a, double s, double *filter)
{
  for (int64_t o = 0; o < orbits; o++) filter[o] = a * propagator[o] / (a * a * propagator[o] + s * s);
}

static PetscErrorCode denoise(void *self, double a, double s, int count, const double *noisy, double *clean)
{
  PetscFunctionBeginUser;
  gaussian *g = self;
  int64_t volume = g->fft->lattice->local_volume;
  sq_wiener_filter(g->fft->orbits.count, g->propagator, a, s, g->filter);
  for (int i = 0; i < count * g->components; i++)
    PetscCall(sq_fft_filter(g->fft, g->filter, noisy + i * volume, clean + i * volume));
  PetscFunctionReturn(0);
}

/* D is linear. */
static PetscErrorCode tangent(void *self, double a, double s, const double *noisy, int count, const double *direction,
                              double *clean, double *along)
{
  PetscFunctionBeginUser;
  PetscCall(denoise(self, a, s, 1, noisy, clean));
  PetscCall(denoise(self, a, s, count, direction, along));
  PetscFunctionReturn(0);
}

static void posterior(const void *self, double a, double s, double *variance)
{
  const gaussian *g = self;
  sq_gaussian_posterior(g->fft->orbits.count, g->propagator, a, s, variance);
}

PetscErrorCode sq_gaussian_score_create(sq_fft *fft, int components, const double *propagator, sq_score *score)
{
  PetscFunctionBeginUser;
  gaussian *g;
  PetscCall(sq_alloc(1, &g));
  PetscCall(sq_alloc(fft->orbits.count, &g->filter));
  g->fft = fft;
  g->components = components;
  g->propagator = propagator;
  *score = (sq_score){.self = g,
                      .components = components,
                      .denoise = denoise,
                      .tangent = tangent,
                      .posterior = posterior,
                      .fft = fft,
                      .propagator = propagator};
  PetscFunctionReturn(0);
}

PetscErrorCode sq_gaussian_score_destroy(sq_score *score)
{
  PetscFunctionBeginUser;
  gaussian *g = score->self;
  if (g) sq_free(&g->filter);
  sq_free(&g);
  *score = (sq_score){0};
  PetscFunctionReturn(0);
}
