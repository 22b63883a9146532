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
  sq_fft       *fft;        /* of its lattice; not owned */
  const double *propagator; /* [orbits] G(p) of the data, for priors and kernels; not owned */
} sq_score;

#endif
