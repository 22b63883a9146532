/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to coupling: the prior, fields that are Gaussian in momentum space given their mean.
 *
 * White noise z has z_0 = sum_x z_x/sqrt(V) and modes Z_p. zeta = e^alpha N(z_0), with a bend N (map.h), gives sqrt(V)
 * M = a(zeta) (background.h); the other modes are phi_p = sqrt(C(p, zeta)) Z_p,
 *
 *   log C = -log(R(zeta) - 2 hop sum_mu cos p_mu) + sum_j [c_j + sum_k c_jk P_k(zeta)] cos(pi j p_hat^2/(4 d)),
 *
 * P_k = (zeta^2/(1 + zeta^2))^k. Weights: alpha, log rho, log b, c_j, c_jk; all 0 are the theory's background.
 *
 * Collective over the ranks of the lattice, unless a comment says so.
 */
#ifndef SQUALL_COUPLING_PRIOR_H
#define SQUALL_COUPLING_PRIOR_H

#include "src/coupling/background.h"
#include "src/coupling/map.h"

enum { SQ_PRIOR_WAVES = 8, SQ_PRIOR_POWERS = 2 };
enum { SQ_PRIOR_ALPHA, SQ_PRIOR_RHO, SQ_PRIOR_B, SQ_PRIOR_SPECTRUM };
enum { SQ_PRIOR_WEIGHTS = SQ_PRIOR_SPECTRUM + SQ_PRIOR_WAVES * (1 + SQ_PRIOR_POWERS) };

/* What a field's mean makes of the rest. */
typedef struct {
  double z0, zeta, by_alpha; /* by_alpha: dzeta/dz0 */
  sq_bend bend;
  sq_background_at at;
  double power[SQ_PRIOR_POWERS], power_slope[SQ_PRIOR_POWERS];
} sq_prior_mean;

typedef struct {
  const sq_lattice *lattice;
  sq_fft *fft; /* owned */
  sq_background background;
  int batch;
  double weight[SQ_PRIOR_WEIGHTS], rho_slope;
  double *wave;             /* [waves][orbits] */
  double *log_C, *by_log_C; /* [orbits] of the field at hand; derivatives by it */
  double *fields;           /* [batch][local_volume] that it made, or was given, last */
  sq_prior_mean *mean;      /* [batch] of them */
  sq_sum *sum;              /* [batch] */
} sq_prior;

PetscErrorCode sq_prior_create(const sq_lattice *lattice, const sq_action *action, int batch, sq_prior *prior);
PetscErrorCode sq_prior_destroy(sq_prior *prior);
/* Not collective. */
void sq_prior_load(sq_prior *prior, const float *weight);
/* Fields of a seed into prior->fields, and this rank's part of their log q added to log_q[count]. */
PetscErrorCode sq_prior_draw(sq_prior *prior, uint64_t seed, int64_t first, int count, sq_sum *log_q);
/* The same of prior->fields as they are. */
PetscErrorCode sq_prior_density(sq_prior *prior, int count, sq_sum *log_q);
/* With the noise as it was: gradient[weights] += d/dw sum_b [cotangent_b phi_b + factor[b] log q_b]. */
PetscErrorCode sq_prior_pull(sq_prior *prior, int count, const double *cotangent, const double *factor,
                             float *gradient);
/* With the fields as they are: gradient[weights] += sum_b factor[b] d log q_b/dw, and score[b] = factor[b] d log
 * q_b/dphi. */
PetscErrorCode sq_prior_back(sq_prior *prior, int count, const double *factor, double *score, float *gradient);

#endif
