/* SPDX-License-Identifier: BSD-3-Clause */
/* The flow of the effective action on a grid of phi: by quadrature, and as a score has it. */
#include "squall/toy.h"
#include <math.h>

static const double seen = 18, noise_seen = 5; /* of S above its minimum; in standard deviations */

/* phi, exact action and drift. */
static void fill_exact(sq_toy *toy, double s, int points, sq_toy_row *row)
{
  const double d = 1e-5, reach = sq_toy_range(toy, seen) + noise_seen * s, h = 2 * reach / (points - 1);
  for (int i = 0; i < points; i++) {
    double phi = -reach + i * h;
    row[i] = (sq_toy_row){.phi = phi, .learned_action = NAN, .learned_drift = NAN};
    if (s > 0) {
      sq_toy_noised q = sq_toy_at(toy, 1, s, phi);
      row[i].action = q.effective_action;
      row[i].drift = q.drift;
    } else {
      row[i].action = sq_toy_action(toy, phi) + toy->log_Z;
      row[i].drift = (sq_toy_action(toy, phi - d) - sq_toy_action(toy, phi + d)) / (2 * d);
    }
  }
}

/* The action whose slope is minus the learned drift, normalised to a probability. */
static void integrate(int points, sq_toy_row *row)
{
  double h = row[1].phi - row[0].phi, action = 0, norm = 0, least = 0;
  for (int i = 0; i < points; i++) {
    if (i) action -= 0.5 * h * (row[i].learned_drift + row[i - 1].learned_drift);
    row[i].learned_action = action;
    least = fmin(least, action);
  }
  for (int i = 0; i < points; i++) norm += h * exp(least - row[i].learned_action);
  for (int i = 0; i < points; i++) row[i].learned_action += log(norm) - least;
}

static PetscErrorCode fill_learned(sq_score *score, double s, int points, sq_toy_row *row)
{
  PetscFunctionBeginUser;
  double *noisy, *clean;
  PetscCall(sq_alloc(points, &noisy));
  PetscCall(sq_alloc(points, &clean));
  for (int i = 0; i < points; i++) noisy[i] = row[i].phi;
  PetscCall(score->denoise(score->self, 1, s, points, noisy, clean));
  for (int i = 0; i < points; i++) row[i].learned_drift = (clean[i] - noisy[i]) / (s * s);
  integrate(points, row);
  sq_free(&noisy);
  sq_free(&clean);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_toy_flow(sq_toy *toy, sq_score *score, double s, int points, sq_toy_row *row)
{
  PetscFunctionBeginUser;
  fill_exact(toy, s, points, row);
  if (score && s > 0) PetscCall(fill_learned(score, s, points, row));
  PetscFunctionReturn(0);
}

double sq_toy_drift_error(int points, const sq_toy_row *row)
{
  double wrong = 0, all = 0;
  for (int i = 0; i < points; i++) {
    wrong += exp(-row[i].action) * pow(row[i].learned_drift - row[i].drift, 2);
    all += exp(-row[i].action) * pow(row[i].drift, 2);
  }
  return sqrt(wrong / all);
}
