/* diffusion: generates fields by running the noise backwards. Sees a score only through its interface.
 *
 * The Gaussian-exact ancestral kernel. With r = a_k/a_{k-1}, v = s_k^2 - r^2 s_{k-1}^2 the reverse step is a Gaussian with
 *   mean      (r s_{k-1}^2/s_k^2) phi_k + (a_{k-1} v/s_k^2) D(phi_k),
 *   variance  C_k(p) = v s_{k-1}^2/s_k^2 + (a_{k-1} v/s_k^2)^2 R_k(p)   mode by mode,
 * where R_k(p) = <|phi_0 - D(phi_k)|^2>/V is the posterior variance that plain DDPM (arXiv:2006.11239) leaves out. For a
 * Gaussian field R = G s^2/(a^2 G + s^2), and any number of steps is exact, one included. For a learned score R is measured on held-out
 * fields (sq_posterior_measure): then each step has the right second moments whatever the network.
 */
#ifndef SQUALL_DIFFUSION_H
#define SQUALL_DIFFUSION_H

#include "squall/sde.h"

/* The step between levels k - 1 and k: forward phi_k ~ N(r phi_{k-1}, v); back with mean keep phi_k + take D(phi_k) and variance
 * rest + take^2 R. Not collective. */
typedef struct {
  double r, v, keep, take, rest;
} sq_reverse_step;
sq_reverse_step sq_reverse_step_at(const sq_noise_grid *grid, int k);

typedef struct {
  sq_score        score;     /* not owned */
  sq_noise_grid   grid;      /* not owned */
  double         *posterior; /* [steps + 1][orbits] R_k(p); row 0 unused */
  /* scratch, for up to `batch` fields */
  int             batch;
  double         *clean, *noise, *coloured, *filter, *prior; /* [batch][local_volume], [local_volume] x 2, [orbits] x 2 */
  sq_sum         *sums;                                      /* [batch] */
} sq_sampler;

/* A sampler on the levels of a grid, with the score's own R. Collective over the lattice's ranks. */
PetscErrorCode sq_sampler_create(const sq_score *score, const sq_noise_grid *grid, int batch, sq_sampler **sampler);
PetscErrorCode sq_sampler_destroy(sq_sampler **sampler);
/* filter[orbits] = sqrt(C_k(p)). Not collective. */
void sq_sampler_filter(const sq_sampler *sampler, int k, double *filter);

/* ratio[levels][orbits]: R(p) of a denoiser at a = 1 and noise s[levels], over that of a Gaussian field, measured on held-out fields:
 * blocks[count][local_volume] are this replica's fields, the first of them with number `first`; batch at a time. Orbit by orbit the
 * measured numbers would be too noisy (P free parameters from n fields cost P/(2n) in E log w), so only a smooth correction of the
 * Gaussian R is taken: 1, W, W^2 and the zero mode apart, W the gain of the Wiener filter, each as far as the data carry it. The score's
 * propagator is trusted to be that of the fields: the Wiener filter's errors serve as a control variate of known power. The same bits on any number of replicas. Collective over grid->world; there must be a field somewhere. */
PetscErrorCode sq_posterior_measure(const sq_score *score, const sq_grid *grid, uint64_t seed, int64_t first, int64_t count, const double *blocks,
                                    int batch, int levels, const double *s, double *ratio);

/* Called for every level k = steps .. 0 with the count fields of the batch there: for trajectories. */
typedef PetscErrorCode (*sq_sampler_watch)(void *context, int level, const double *blocks);

/* Generates count <= batch fields, sample numbers first .. first + count - 1 (addresses of their random numbers), into
 * blocks[count][local_volume]. log_path[count], on every rank and with the same bits on any rank count, up to the score's own: for
 * the path (phi_n .. phi_0) that was drawn,
 *   sum_k log q(phi_k|phi_{k-1}) - sum_k log p(phi_{k-1}|phi_k) - log p(phi_n);
 * with w = exp(log_path - S(phi_0)), E[w] = Z for any score and any number of steps. watch may be NULL. Collective over the lattice's ranks. */
PetscErrorCode sq_sampler_generate(sq_sampler *sampler, uint64_t seed, int64_t first, int count, double *blocks, double *log_path, sq_sampler_watch watch, void *context);

#endif
