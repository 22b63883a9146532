/* SPDX-License-Identifier: BSD-3-Clause */
/* The right-hand side of the probability flow. */
#include "src/likelihood/flow.h"
#include <math.h>
#include <string.h>

int64_t sq_flow_tangents(const sq_flow *f)
{
  return f->probes * f->colours;
}

/* width = sqrt(G + s^2), filter = W. */
void sq_flow_set_level(sq_flow *f, double s)
{
  for (int64_t o = 0; o < f->orbits; o++) {
    double G = f->score.propagator[o];
    f->width[o] = sqrt(G + s * s);
    f->filter[o] = G / (G + s * s);
  }
}

PetscErrorCode sq_flow_rate(sq_flow *f, double t, const double *state, double *rate)
{
  PetscFunctionBeginUser;
  double s = exp(t), *clean = rate;
  f->evaluations += f->density ? 1 + sq_flow_tangents(f) : 1;
  sq_flow_set_level(f, s);
  PetscCall(sq_score_filter(&f->score, f->width, 1, state, f->phi));
  if (f->density) PetscCall(sq_flow_divergence(f, s, f->phi, clean, rate + f->numbers));
  else {
    PetscCall(f->score.denoise(f->score.self, 1, s, 1, f->phi, clean));
    memset(rate + f->numbers, 0, (size_t)f->probes * sizeof *rate);
  }
  PetscCall(sq_score_filter(&f->score, f->filter, 1, f->phi, f->phi));
  for (int64_t i = 0; i < f->numbers; i++) clean[i] = f->phi[i] - clean[i];
  for (int64_t o = 0; o < f->orbits; o++) f->width[o] = 1 / f->width[o];
  PetscCall(sq_score_filter(&f->score, f->width, 1, clean, rate));
  PetscFunctionReturn(0);
}
