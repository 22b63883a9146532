/* SPDX-License-Identifier: BSD-3-Clause */
/* toy: a theory on one site, where everything is a one-dimensional integral.
 *
 * p_0 = exp(-S)/Z. With noise, phi = a phi_0 + s eps, its density is q(phi) = int dphi_0 p_0(phi_0) N(phi; a phi_0,
 * s^2): the flow of the effective action S_eff = -log q from S at s = 0 to a Gaussian. All integrals are trapezoidal
 * sums over ranges beyond which nothing is left: for analytic integrands they converge faster than any power of the
 * spacing (Trefethen and Weideman, SIAM Review 56 (2014) 385). Serial; nothing is collective.
 */
#ifndef SQUALL_TOY_H
#define SQUALL_TOY_H

#include "squall/action.h"
#include "squall/sde.h"

SQ_C_BEGIN

typedef struct {
  sq_copies *copies; /* one copy of one site */
  double least;      /* of S, nearly */
  double reach;      /* p_0 is negligible, below 1e-34 of its maximum, beyond -reach and reach */
  double log_Z;
  double *exponent; /* scratch */
} sq_toy;

/* The action on one site. Error: SQ_ERR_INPUT for more than three dimensions. */
PetscErrorCode sq_toy_create(const sq_action *action, sq_toy **toy);
PetscErrorCode sq_toy_destroy(sq_toy **toy);
/* S(phi). */
double sq_toy_action(sq_toy *toy, double phi);
/* The smallest range [-r, r] outside of which S is more than `height` above its minimum. */
double sq_toy_range(sq_toy *toy, double height);
/* The probability that low < phi_0 < high. */
double sq_toy_share(sq_toy *toy, double low, double high);

typedef struct {
  double effective_action; /* -log q */
  double drift;            /* d log q/dphi = (a D - phi)/s^2 */
  double mean;             /* D = E[phi_0 | phi] */
} sq_toy_noised;

/* The noised theory at phi; s > 0, a > 0. */
sq_toy_noised sq_toy_at(sq_toy *toy, double a, double s, double phi);

/* A point of the flow at a level of noise: what is exact, and what a score makes of it. */
typedef struct {
  double phi, action, drift;            /* -log q, d log q/dphi */
  double learned_action, learned_drift; /* not a number without a score, or without noise */
} sq_toy_row;

/* row[points >= 2] over the range of the noised theory, equally spaced, a = 1. score may be NULL, and is of one site;
 * collective over its lattice. */
PetscErrorCode sq_toy_flow(sq_toy *toy, sq_score *score, double s, int points, sq_toy_row *row);
/* The rms, over q, of the learned drift minus the exact one, over the rms of the exact one. */
double sq_toy_drift_error(int points, const sq_toy_row *row);

/* The declared deck parameters of the section `toy`. */
extern const sq_param sq_toy_params[];
typedef struct {
  int levels, points, bins;
} sq_toy_settings;
/* Not collective. */
sq_toy_settings sq_toy_settings_from_deck(const sq_deck *deck);

SQ_C_END

#endif
