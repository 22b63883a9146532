/* sde: noise schedules and the score interface, the two things samplers and training share.
 *
 * Noised fields are phi_k = a_k phi_0 + s_k eps, eps standard normal at each site. A score is seen through its denoiser
 * D(phi_k, k) = E[phi_0 | phi_k]; the score itself is (a D - phi)/s^2.
 */
#ifndef SQUALL_SDE_H
#define SQUALL_SDE_H

#include "squall/fft.h"

/* Levels 0..steps of increasing noise; level 0 is the data (a = 1, s = 0). */
typedef struct {
  int     steps;
  double *a, *s; /* [steps + 1] */
} sq_noise_grid;

/* Variance-exploding levels: s_0 = 0, then steps values from s_min to s_max in geometric progression (steps = 1: s_max only), a = 1.
 * Error: SQ_ERR_INPUT unless 0 < s_min < s_max. */
PetscErrorCode sq_noise_grid_geometric(int steps, double s_min, double s_max, sq_noise_grid *grid);

void sq_noise_grid_destroy(sq_noise_grid *grid);

/* Anything that denoises. Implementations: the learned score, the exact Gaussian one, users' own. */
typedef struct {
  void *self;
  /* clean[count][local_volume] = E[phi_0 | noisy], all at one level (a, s), s > 0. Collective over the lattice's ranks. */
  PetscErrorCode (*denoise)(void *self, double a, double s, int count, const double *noisy, double *clean);
  /* The same for one field noisy[local_volume], with along[count][local_volume] = J direction, J = dD/d(noisy) there. NULL where a score has no
   * derivatives: then it has no likelihoods. Collective over the lattice's ranks. */
  PetscErrorCode (*tangent)(void *self, double a, double s, const double *noisy, int count, const double *direction, double *clean, double *along);
  /* variance[orbits] = R(p) = <|phi_0 - D|^2>/V at a level, mode by mode: what denoising leaves open. Not collective. */
  void (*posterior)(const void *self, double a, double s, double *variance);
  sq_fft       *fft;        /* of its lattice; not owned */
  const double *propagator; /* [orbits] G(p) of the data, for priors and kernels; not owned */
} sq_score;

/* G s^2/(a^2 G + s^2), the R of a Gaussian field with propagator G. Not collective. */
void sq_gaussian_posterior(int64_t orbits, const double *propagator, double a, double s, double *variance);

/* Levels as above, but placed where Gaussian steps lose most. A step down from s_k to s_{k-1} gives up
 *   L = 1/2 sum_p log(1 + R_k(p) (1/s_{k-1}^2 - 1/s_k^2))
 * nats about phi_0; were R to fall as that of a Gaussian field, two steps would give up as much as one that takes them together. The
 * difference is what the longer step loses, of second order in its length: levels are put at equal shares of the integral of its square
 * root. For a Gaussian field that is the geometric progression. Error: as above. Not collective; the same on every rank. */
PetscErrorCode sq_noise_grid_placed(const sq_score *score, int steps, double s_min, double s_max, sq_noise_grid *grid);
/* loss[steps + 1]: what the Gaussian step from each level k to k - 1 loses, in nats, against infinitely many steps between the two, if D is the posterior
 * mean and R the posterior variance: L - 1/2 sum_p int R d(1/s^2) (the integral is the whole information: Guo, Shamai, Verdu, cs/0412108). loss[0] = 0, and
 * loss[1] = NaN where level 0 has no noise. For a = 1. Not collective. */
PetscErrorCode sq_noise_grid_losses(const sq_score *score, const sq_noise_grid *grid, double *loss);

#endif
