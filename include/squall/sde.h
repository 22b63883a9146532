/* SPDX-License-Identifier: BSD-3-Clause */
/* sde: noise schedules and the score interface, the two things samplers and training share.
 *
 * Noised fields are phi_k = a_k phi_0 + s_k eps, eps standard normal at each site. A score is seen through its denoiser
 * D(phi_k, k) = E[phi_0 | phi_k]; the score itself is (a D - phi)/s^2.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_SDE_H
#define SQUALL_SDE_H

#include "squall/deck.h"
#include "squall/fft.h"
#include "squall/stats.h"

SQ_C_BEGIN

/* Levels 0..steps of increasing noise; level 0 is the data (a = 1, s = 0). */
typedef struct {
  int steps;
  double *a, *s;          /* [steps + 1] */
  double *drift, *spread; /* [steps + 1] of the forward equation dphi = f phi dt + g dW, what Euler's rule makes of the
                             step below a level: f dt and g^2 dt, f and g at the level. Grids that have no time of their
                             own take s^2/a^2. Row 0 unused */
} sq_noise_grid;

/* Variance-exploding levels: s_0 = 0, then steps values from s_min to s_max in geometric progression (steps = 1: s_max
 * only), a = 1. Error: SQ_ERR_INPUT unless 0 < s_min < s_max. */
PetscErrorCode sq_noise_grid_geometric(int steps, double s_min, double s_max, sq_noise_grid *grid);

/* Frees the levels. */
void sq_noise_grid_destroy(sq_noise_grid *grid);

/* ---- schedules: families of forward equations dphi = f(t) phi dt + g(t) dW, t from 0 (data) to 1 ---- */

typedef struct sq_schedule sq_schedule;

/* a(t), s(t) of the kernel, f(t) and g(t)^2 of the equation. */
typedef struct {
  double a, s, f, g2;
} sq_schedule_point;

typedef struct {
  const char *name, *summary;
  void (*at)(const sq_schedule *schedule, double t, sq_schedule_point *point); /* 0 < t <= 1 */
} sq_schedule_type;

struct sq_schedule {
  const sq_schedule_type *type;
  double sigma; /* ve: g = sigma^t */
  double beta_min,
    beta_max;    /* vp-linear: beta(t) from one to the other; ddpm: timesteps times the first and the last beta */
  int timesteps; /* ddpm: T */
};

/* ve: a = 1, s^2 = (sigma^2t - 1)/(2 log sigma) (arXiv:2309.17082, eq. 10); vp-linear: a = exp(-int beta/2), s^2 = 1 -
 * a^2 (Song et al., arXiv:2011.13456, eq. 33); vp-cosine: a = cos(u(t))/cos(u(0)), u = pi/2 (0.9946 t + 0.008)/1.008
 * (Nichol, Dhariwal, arXiv:2102.09672, eq. 17; cut as in Lu et al., arXiv:2206.00927); ddpm: beta_1 .. beta_T, a^2 =
 * prod (1 - beta_k), t = k/T (Ho et al., arXiv:2006.11239). NULL-terminated. */
extern const sq_schedule_type *const sq_schedule_types[];
/* The name of type number index, NULL past the last; the type of that name, NULL if there is none. Not collective. */
const char *sq_schedule_name(int index);
const sq_schedule_type *sq_schedule_find(const char *name);
/* SQ_ERR_INPUT for a schedule whose numbers make none: ddpm needs every beta_k < 1. Not collective; the same on every
 * rank. */
PetscErrorCode sq_schedule_check(const sq_schedule *schedule);
/* The declared deck parameters of the section `schedule`; the schedule of that name with their values, checked (type
 * NULL if there is none). */
extern const sq_param sq_schedule_params[];
PetscErrorCode sq_schedule_from_deck(const sq_deck *deck, const char *name, sq_schedule *schedule);
/* s/a at t: what a denoiser sees, since D(phi; a, s) = D(phi/a; 1, s/a). Rises with t. Not collective. */
double sq_schedule_ratio(const sq_schedule *schedule, double t);
/* The t at a share 0 <= x < 1 of what training draws, where levels have s/a >= lowest: uniform in t, for ddpm in k. Not
 * collective. */
double sq_schedule_draw(const sq_schedule *schedule, double lowest, double x);
/* Levels at times t_k = k/steps; where s/a at t_1 would be below `lowest`, from the time of that on in equal steps.
 * Errors: SQ_ERR_INPUT for more steps than the schedule has levels. Not collective; the same on every rank. */
PetscErrorCode sq_noise_grid_scheduled(const sq_schedule *schedule, int steps, double lowest, sq_noise_grid *grid);

/* Anything that denoises. Implementations: the learned score, the exact Gaussian one, users' own. A field is a block
 * [components][local_volume]; components are alike: rotations of them are a symmetry of the data and of D, so that one
 * propagator and one posterior variance are those of each component. */
typedef struct {
  void *self;
  int components; /* numbers a site; 0 stands for 1 */
  /* clean[count][components][local_volume] = E[phi_0 | noisy], all at one level (a, s), s > 0. Collective over the
   * lattice's ranks. */
  PetscErrorCode (*denoise)(void *self, double a, double s, int count, const double *noisy, double *clean);
  /* The same for one field `noisy`, with along[count][components][local_volume] = J direction, J = dD/d(noisy) there.
   * NULL where a score has no derivatives: then it has no likelihoods. Collective over the lattice's ranks. */
  PetscErrorCode (*tangent)(void *self, double a, double s, const double *noisy, int count, const double *direction,
                            double *clean, double *along);
  /* variance[orbits] = R(p) = <|phi_0 - D|^2>/V of a component at a level, mode by mode: what denoising leaves open.
   * Not collective. */
  void (*posterior)(const void *self, double a, double s, double *variance);
  /* c: by how much D^2 of a site raises the precision 1/R of what is open there (diffusion.h). NULL: not known. Not
   * collective. */
  double (*curvature)(const void *self, double a, double s);
  const sq_mixture
    *zero_mode;             /* the distribution of sum_x phi_x/sqrt(V), of one component; NULL: not known. Not owned */
  sq_fft *fft;              /* of its lattice; not owned */
  const double *propagator; /* [orbits] G(p) of a component of the data, for priors and kernels; not owned */
} sq_score;

/* Numbers a site, 1 at least; numbers of a field on this rank, components local_volume. Not collective. */
int sq_score_components(const sq_score *score);
int64_t sq_score_numbers(const sq_score *score);
/* Standard normal noise for all numbers of a field, addressed by them. Not collective. */
void sq_score_normals(const sq_score *score, sq_stream stream, uint64_t step, uint16_t draw, double *block);
/* sq_fft_filter of every component of count fields; out may be blocks. Collective over the lattice's ranks. */
PetscErrorCode sq_score_filter(const sq_score *score, const double *multiplier, int count, const double *blocks,
                               double *out);

/* ---- one network read three ways ---- */

/* value = clean D + noisy phi. An error of D is one of the value times `clean`: the loss on values is clean^2 times
 * that on D. */
typedef struct {
  const char *name, *summary;
  void (*coefficients)(double a, double s, double *clean, double *noisy);
} sq_parametrisation;

/* denoiser: D; epsilon: the noise (phi - a D)/s; score: (a D - phi)/s^2. NULL-terminated. */
extern const sq_parametrisation *const sq_parametrisations[];
/* The name of number index, NULL past the last; the one of that name, NULL if there is none. Not collective. */
const char *sq_parametrisation_name(int index);
const sq_parametrisation *sq_parametrisation_find(const char *name);
/* value[count][components][local_volume] at one level from noisy fields; it may not be noisy. Collective as denoise. */
PetscErrorCode sq_score_read(const sq_score *score, const sq_parametrisation *how, double a, double s, int count,
                             const double *noisy, double *value);

/* G s^2/(a^2 G + s^2), the R of a Gaussian field with propagator G. Not collective. */
void sq_gaussian_posterior(int64_t orbits, const double *propagator, double a, double s, double *variance);

/* Levels as above, but placed where Gaussian steps lose most. A step down from s_k to s_{k-1} gives up
 *   L = 1/2 sum_p log(1 + R_k(p) (1/s_{k-1}^2 - 1/s_k^2))
 * nats about phi_0; were R to fall as that of a Gaussian field, two steps would give up as much as one that takes them
 * together. The difference is what the longer step loses, of second order in its length: levels are put at equal shares
 * of the integral of its square root. For a Gaussian field that is the geometric progression. Error: as above. Not
 * collective; the same on every rank. */
PetscErrorCode sq_noise_grid_placed(const sq_score *score, int steps, double s_min, double s_max, sq_noise_grid *grid);
/* loss[steps + 1]: what the Gaussian step from each level k to k - 1 loses, in nats, against infinitely many steps
 * between the two, if D is the posterior mean and R the posterior variance: L - 1/2 sum_p int R d(1/s^2) (the integral
 * is the whole information: Guo, Shamai, Verdu, cs/0412108). loss[0] = 0, and loss[1] = NaN where level 0 has no noise.
 * For a = 1. Not collective. */
PetscErrorCode sq_noise_grid_losses(const sq_score *score, const sq_noise_grid *grid, double *loss);

SQ_C_END

#endif
