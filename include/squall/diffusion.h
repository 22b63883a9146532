/* SPDX-License-Identifier: BSD-3-Clause */
/* diffusion: generates fields by running the noise backwards. Sees a score only through its interface.
 *
 * The Gaussian-exact ancestral kernel. With r = a_k/a_{k-1}, v = s_k^2 - r^2 s_{k-1}^2 the reverse step is a Gaussian
 * with mean      (r s_{k-1}^2/s_k^2) phi_k + (a_{k-1} v/s_k^2) D(phi_k), variance  C_k(p) = v s_{k-1}^2/s_k^2 +
 * (a_{k-1} v/s_k^2)^2 R_k(p)   mode by mode, where R_k(p) = <|phi_0 - D(phi_k)|^2>/V is the posterior variance that
 * plain DDPM (arXiv:2006.11239) leaves out. For a Gaussian field R = G s^2/(a^2 G + s^2), and any number of steps is
 * exact, one included. For a learned score R is measured on held-out fields (sq_posterior_measure): then each step has
 * the right second moments whatever the network.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_DIFFUSION_H
#define SQUALL_DIFFUSION_H

#include "squall/generator.h"
#include "squall/sde.h"

SQ_C_BEGIN

/* The step between levels k - 1 and k: forward phi_k ~ N(r phi_{k-1}, v); back with mean keep phi_k + take D(phi_k) and
 * variance rest + take^2 R. Not collective. */
typedef struct {
  double r, v, keep, take, rest;
} sq_reverse_step;
/* Those of the step from level k to k - 1. */
sq_reverse_step sq_reverse_step_at(const sq_noise_grid *grid, int k);
/* above[n] = r below + sqrt(v) noise, the step forward; above may be one of the others. Not collective. */
void sq_forward_step(const sq_reverse_step *step, int64_t n, const double *below, const double *noise, double *above);

/* ---- what reverse kernels know beyond their variance (shape.c) ---- */

/* The exact kernel is not Gaussian. With the local curvature of the action S'' = const + c phi^2, what is open about
 * phi_0 has the covariance R - c R v R to first order, v_x = D_x^2 - <D^2>. In the coordinates in which the Gaussian
 * kernel is white noise this is 1 - c g v g with the filter g(p) = take R(p)/sqrt(C(p)). Its part of single sites is
 * b_x/c = (g^2 * v)_x, g^2 of the filter's values g(x)^2. The noise is multiplied by (1 + b_x)^(-1/2) exp(b_x/2) at
 * site x, and then by the matrix exp(-c/2 g v g): neighbours are correlated as they should be, single sites change as
 * precisions add. The logarithm of the volume is -1/2 sum log(1 + b_x), since -c/2 g v g has the trace -1/2 sum b. That
 * change of variance is right to first order.
 *
 * And the zero mode X = sum_x phi_x/sqrt(V) of phi_0, that of phi_k being known, is distributed as its distribution in
 * the ensemble, a mixture, times exp(h X - a^2 X^2/(2 s^2)) with the h that gives it the mean of D; so is that of
 * phi_{k-1}, with what a step adds. Then g(0) = 0 above, and the others hear of the zero mode's noise z by the shift -c
 * g (v g(0) z/sqrt(V)), which changes no volume. All have densities in closed form: path weights stay exact, whatever c
 * and the mixture. */
typedef struct sq_shape sq_shape;
/* Whether a score knows any of it. */
bool sq_shape_is_known(const sq_score *score);
/* score is copied; what it points to is kept, not owned. Collective over the lattice's ranks, as all below. */
PetscErrorCode sq_shape_create(const sq_score *score, sq_shape **shape);
PetscErrorCode sq_shape_destroy(sq_shape **shape);
/* From now on at the step from level (a, s) down: R(p) there and the kernel's standard deviations, [orbits]. */
PetscErrorCode sq_shape_set(sq_shape *shape, double a, double s, const sq_reverse_step *step, const double *posterior,
                            const double *deviation);
/* Changes white noise of one field as the curvature has it, and adds the logarithms to the terms of -log p. */
PetscErrorCode sq_shape_bend(sq_shape *shape, const double *clean, double *noise, sq_sum *sum);
/* Draws the zero modes of count fields anew: coloured[count][numbers], noise that was filtered, is moved; adds to
 * log_path[count] what that changes in -log p. */
PetscErrorCode sq_shape_draw_zero(sq_shape *shape, int count, const double *phi, const double *clean,
                                  const double *noise, double *coloured, double *log_path);
/* The same for a field phi of the highest level (a, s), made of noise with this standard deviation of its zero mode. */
PetscErrorCode sq_shape_draw_prior(sq_shape *shape, double a, double s, double deviation, const double *noise,
                                   double *phi, double *log_path);
/* gain: log p of a given step less that of the Gaussian kernel; white[numbers]: the distance from the kernel's mean
 * over its standard deviations, overwritten. The same for the prior. */
PetscErrorCode sq_shape_gain(sq_shape *shape, const double *phi, const double *clean, const double *below,
                             double *white, double *gain);
PetscErrorCode sq_shape_prior_gain(sq_shape *shape, double a, double s, double deviation, const double *phi,
                                   double *gain);
/* squared[orbits]: the multipliers of g(x)^2, g of filter[orbits]; squared may be filter. */
PetscErrorCode sq_filter_squared(sq_fft *fft, const double *filter, double *squared);
/* <D^2> of a site, of all components, where R(p) = posterior[orbits] is open. Not collective. */
double sq_mean_square(const sq_score *score, const double *posterior);
/* square[local_volume] = D^2 - mean. Not collective. */
void sq_site_squares(const sq_score *score, const double *clean, double mean, double *square);

typedef struct sq_sampler sq_sampler;

/* The fields of one call of sq_sampler_generate: their random numbers' seed and sample numbers, what their path weights
 * gather. */
typedef struct {
  uint64_t seed;
  int64_t first;
  int count;
  double *log_path; /* [count] terms that every rank knows */
  sq_sum *sums;     /* [count] terms of this rank's sites */
} sq_sampler_paths;

/* A way down the levels. */
typedef struct {
  const char *name, *summary;
  int order;     /* the covariance's error falls as 1/steps^order; 0: none for Gaussian fields */
  int buffers;   /* fields that are kept for every field of a batch */
  bool weighted; /* whether fields have path weights; NaN otherwise */
  bool shaped;   /* whether its kernel takes the shape that the score knows */
  /* The reverse step from level k: normal with mean keep phi + take D and variance[orbits] > 0 mode by mode; NULL if
   * the step begins with none. Only steps that draw from it and do no more have path weights. */
  void (*kernel)(const sq_sampler *sampler, int k, double *keep, double *take, double *variance);
  /* Moves blocks[count][components][local_volume] from level k to k - 1. Collective over the lattice's ranks. */
  PetscErrorCode (*step)(sq_sampler *sampler, int k, sq_sampler_paths *paths, double *blocks);
  int64_t (*evaluations)(const sq_sampler *sampler); /* of the score, for a field */
} sq_sampler_type;

/* ancestral:  the kernel above. The default.
 * ddpm:       the same mean with variance v: algorithm 2 of arXiv:2006.11239 with sigma_k^2 = beta_k, and noise in the
 * last step too. euler:      Euler-Maruyama for dphi = (f phi - g^2 score) dt + g dW backwards, with the grid's drift f
 * dt and spread g^2 dt: mean (1 - drift) phi + spread score, variance spread. predictor-corrector: such a step, then
 * Langevin steps phi += e score + sqrt(2 e) z at the level reached (arXiv:2011.13456, algorithm 4), e = 2 snr^2
 * V/E|score|^2 with the Gaussian field's E|score|^2 = sum_p 1/(a^2 G + s^2): the same for all fields. A fixed snr
 * leaves a bias of order snr^2; where snr^2 falls as 1/steps the order is 1. heun:       the probability flow dx/dq =
 * (x - D)/q, x = phi/a, q = s/a, with the trapezoid rule, Euler to level 0 (Karras et al., arXiv:2206.00364, algorithm
 * 1). dpm-solver: DPM-Solver++(2M) of arXiv:2211.01095, algorithm 2; first order in the first and the last step.
 * NULL-terminated. */
extern const sq_sampler_type *const sq_sampler_types[];
/* The name of type number index, NULL past the last; the type of that name, NULL if there is none. Not collective. */
const char *sq_sampler_name(int index);
const sq_sampler_type *sq_sampler_find(const char *name);
/* "ancestral, ddpm or euler": those with path weights, for messages. Returns text. Not collective. */
enum { SQ_SAMPLER_TEXT = 160 };
const char *sq_sampler_weighted_names(char text[SQ_SAMPLER_TEXT]);

/* Where white noise comes from: sq_score_normals, or what an analysis of the sampler puts in its place. */
typedef void (*sq_noise_source)(void *context, const sq_score *score, sq_stream stream, uint64_t step, uint16_t draw,
                                double *block);

struct sq_sampler {
  const sq_sampler_type *type;
  sq_score score;     /* not owned */
  sq_noise_grid grid; /* not owned */
  int corrections;    /* predictor-corrector: Langevin steps at a level, */
  double snr;         /* and their size */
  double *posterior;  /* [steps + 1][orbits] R_k(p); row 0 unused */
  double *prior;      /* [orbits] standard deviation at level `steps` */
  bool plain_prior;
  sq_noise_source source;
  void *source_context;
  /* scratch, for up to `batch` fields */
  int batch;
  double *clean, *noise, *coloured, *filter; /* [batch][numbers] x 3, [orbits]; numbers: of a field */
  sq_shape *shape;                           /* NULL: a Gaussian kernel; then of the prior as well */
  double *bent;                              /* [batch][numbers] noise of that shape */
  double *kept;                              /* [type->buffers][batch][numbers] */
  sq_sum *sums;                              /* [batch] */
};

/* A sampler on the levels of a grid, ancestral, with the score's own R and the prior N(0, a^2 G + s^2) mode by mode.
 * Collective over the lattice's ranks. */
PetscErrorCode sq_sampler_create(const sq_score *score, const sq_noise_grid *grid, int batch, sq_sampler **sampler);
PetscErrorCode sq_sampler_destroy(sq_sampler **sampler);
/* Another type; corrections and snr of predictor-corrector. Before any field is generated. Not collective. */
PetscErrorCode sq_sampler_set_type(sq_sampler *sampler, const sq_sampler_type *type, int corrections, double snr);
/* The prior N(0, s^2) of the highest level, whatever the field: what textbooks take. It is short of a^2 G(p) in every
 * mode. Not collective. */
void sq_sampler_set_plain_prior(sq_sampler *sampler);
/* filter[orbits] = sqrt(C_k(p)) of the ancestral kernel. Not collective. */
void sq_sampler_filter(const sq_sampler *sampler, int k, double *filter);

/* ratio[levels][orbits]: R(p) of a denoiser at a = 1 and noise s[levels], over that of a Gaussian field, measured on
 * held-out fields: blocks[count][components][local_volume] are this replica's fields, the first of them with number
 * `first`; batch at a time. Orbit by orbit the measured numbers would be too noisy (P free parameters from n fields
 * cost P/(2n) in E log w), so only a smooth correction of the Gaussian R is taken: 1, W, W^2 and the zero mode apart, W
 * the gain of the Wiener filter, each as far as the data carry it. The score's propagator is trusted to be that of the
 * fields: the Wiener filter's errors serve as a control variate of known power. curvature[levels]: c of sq_shape
 * there, 0 where it is not known. The same bits on any number of replicas. Collective over grid->world; there must be a
 * field somewhere. */
PetscErrorCode sq_posterior_measure(const sq_score *score, const sq_grid *grid, uint64_t seed, int64_t first,
                                    int64_t count, const double *blocks, int batch, int levels, const double *s,
                                    double *ratio, double *curvature);

/* Generates count <= batch fields, sample numbers first .. first + count - 1 (addresses of their random numbers), into
 * blocks[count][components][local_volume]. log_path[count], on every rank and with the same bits on any rank count, up
 * to the score's own: for the path (phi_n .. phi_0) that was drawn, sum_k log q(phi_k|phi_{k-1}) - sum_k log
 * p(phi_{k-1}|phi_k) - log p(phi_n); with w = exp(log_path - S(phi_0)), E[w] = Z for any score and any number of steps;
 * NaN where the type has no path weights. watch may be NULL. Collective over the lattice's ranks. */
PetscErrorCode sq_sampler_generate(sq_sampler *sampler, uint64_t seed, int64_t first, int count, double *blocks,
                                   double *log_path, sq_generator_watch watch, void *context);

/* The sampler as a generator; it is kept, not owned. Not collective. */
void sq_sampler_generator(sq_sampler *sampler, sq_generator *generator);
/* The sampler behind a generator; NULL if something else is. Not collective. */
sq_sampler *sq_generator_sampler(const sq_generator *generator);

/* ---- what samplers do to Gaussian fields, exactly (linear.c) ---- */

/* For a score that is linear and knows no direction (sq_gaussian_score), every sampler is linear in its noises, mode by
 * mode and component by component: the sampler's own code is run on unit impulses in the first component, one noise
 * after the other. variance[levels 0..steps][orbits] =
 * <|phi_p|^2>/V of the fields at each level; no statistics. Takes of order steps^2 evaluations. Collective over the
 * lattice's ranks. */
PetscErrorCode sq_sampler_variance(sq_sampler *sampler, double *variance);
/* gain[orbits]: by how much the square of a mode of the first level is multiplied on its way to level 0. Takes `steps`
 * evaluations. Collective. */
PetscErrorCode sq_sampler_gain(sq_sampler *sampler, double *gain);
/* bias[orbits]: the relative error of G(p) that a sampler's prior brings about on its levels, with `gaussian`, the
 * exact score of a Gaussian field (sq_gaussian_score_create) with its propagator. Takes `steps` evaluations.
 * Collective. */
PetscErrorCode sq_sampler_prior_bias(const sq_sampler *sampler, const sq_score *gaussian, double *bias);

/* ---- what noise levels do to momenta (scales.c) ---- */

/* What is gathered of `fields` fields of some components at every level of a noise grid. At level k the spectrum of a
 * component, taken together over them, is G_t(p) = a^2 G(p) + s^2 on average: a mode counts as lost, or on the way back
 * as there, where both terms are equal. */
typedef struct {
  sq_fft *fft;          /* not owned */
  sq_noise_grid levels; /* its arrays are not owned */
  int components;
  int64_t fields, orbits;
  sq_sum *sum;   /* [2][steps + 1][orbits] powers and their squares over fields */
  double *M;     /* [steps + 1][fields] of the first component */
  sq_sum *power; /* [orbits] of one field */
} sq_scales;

/* Begins; fft and the arrays of levels must outlive it. Not collective. */
PetscErrorCode sq_scales_create(sq_fft *fft, int components, const sq_noise_grid *levels, int64_t fields,
                                sq_scales *scales);
void sq_scales_destroy(sq_scales *scales);
/* Adds field number `field`, as it is at a level. Collective over the lattice's ranks. */
PetscErrorCode sq_scales_add(sq_scales *scales, int level, int64_t field, const double *block);
/* Adds it at every level of a path forward from block, which is at the highest one afterwards. Noise is that of
 * SQ_RNG_FORWARD, addressed by the field's number. Collective over the lattice's ranks. */
PetscErrorCode sq_scales_add_path(sq_scales *scales, uint64_t seed, int64_t field, double *block);
/* Everything to every rank, after the last field; across: as in sq_spectra_finish. Collective over across. */
PetscErrorCode sq_scales_finish(sq_scales *scales, MPI_Comm across);
/* G_t of an orbit at a level, with the error of independent fields. Not collective. */
double sq_scales_power(const sq_scales *scales, int level, int64_t orbit, double *error);
/* s/a where an orbit has as much noise as field, a^2 G = s^2, between levels on a line of logarithms; NaN if it is not
 * between any. Not collective. */
double sq_scales_crossing(const sq_scales *scales, int64_t orbit, double *error);

/* ---- the variational bound, term by term (bound.c) ---- */

/* -E log p(phi_0) <= L = sum of the terms, for a type with a kernel, over fields phi_0 of the theory (nats a field).
 * term[steps + 1]: [steps]         KL(q(phi_n|phi_0), p(phi_n)): what the prior costs, [k], 1 <= k < steps: E
 * KL(q(phi_k|phi_{k+1}, phi_0), p(phi_k|phi_{k+1})): what the step from level k + 1 to k costs, [0]             -E log
 * p(phi_0|phi_1) (arXiv:2006.11239, eq. 5); error[steps + 1] are of their means over fields, total[2] the sum's mean
 * and error; each[count], unless NULL, is the sum of each field of this replica.
 * blocks[count][components][local_volume] are this replica's fields, the first with number `first`. The same bits on
 * any number of replicas. Errors: SQ_ERR_INPUT for a type without a kernel. Collective over grid->world; there must be
 * two fields somewhere. */
PetscErrorCode sq_sampler_bound(sq_sampler *sampler, const sq_grid *grid, uint64_t seed, int64_t first, int64_t count,
                                const double *blocks, double *term, double *error, double total[2], double *each);

SQ_C_END

#endif
