/* SPDX-License-Identifier: BSD-3-Clause */
/* likelihood: the density with which a score makes a field, and what its paths say about Z.
 *
 * The probability-flow ODE (Song et al., arXiv:2011.13456, eq. 13), for a = 1 and in t = log s, is d phi/dt = phi -
 * D(phi; s). Here it runs in y_p = phi_p / sqrt(G + s^2), which takes the flow of a Gaussian field with propagator G
 * out of it: dy/dt = -(D - W phi)_p / sqrt(G + s^2),   d log q/dt = tr(J - W),   J = dD/dphi, W = G/(G + s^2). For an
 * exact Gaussian score nothing is left to integrate. It starts from y ~ N(0, 1), that is phi ~ N(0, G + s_n^2), at the
 * highest level and ends at the lowest, s_1 > 0, with the density q_1. What is left of the noise is closed by a
 * Gaussian step, the last of the ancestral kernel: k(phi_0|phi_1) = N(D(phi_1), R_1) mode by mode. The pair has a known
 * density, so that with w = exp(S_eff - S), S_eff = -log [q_1(phi_1) k(phi_0|phi_1) / N(phi_1; phi_0, s_1^2)], E[w] = Z
 * for any score, but for the error of integration; for data, with phi_1 = phi_0 + s_1 eps, exp(-S_eff) is an unbiased
 * estimate of the density of phi_0, whose spread is that of the last step: with v the variance of S'' over the sites, V
 * v s_1^4/2.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_LIKELIHOOD_H
#define SQUALL_LIKELIHOOD_H

#include "squall/diffusion.h"

SQ_C_BEGIN

/* ---- the flow ---- */
typedef struct {
  const char *integrator; /* "heun": one step between levels of the grid; "dormand-prince": of order 5(4), adaptive
                             (PETSc's TS) */
  double tolerance;       /* of dormand-prince, absolute and relative: y is of order one */
  int dilution; /* k > 0: tr(J - W) = sum_c v_c.(J - W) v_c with random signs v_c on the sites of one colour, x mod k in
                 * every direction, of each component: unbiased, and what is left out comes from elements of J - W
                 * between sites of equal colour. 0: exact, every number of the field a colour */
  int probes;   /* independent sets of signs, for k > 0 */
} sq_flow_settings;

/* The name of integrator number index; NULL past the last. Not collective. */
const char *sq_flow_integrator_name(int index);

typedef struct sq_flow sq_flow;

/* On the levels 1..n of a grid (a = 1), with the score's tangents, for up to batch fields at once. score and grid are
 * kept, not owned. Errors: SQ_ERR_INPUT for an unknown integrator, a score without tangents, a grid with a != 1.
 * Collective over the lattice's ranks. */
PetscErrorCode sq_flow_create(const sq_score *score, const sq_noise_grid *grid, const sq_flow_settings *settings,
                              int batch, sq_flow **flow);
PetscErrorCode sq_flow_destroy(sq_flow **flow);
/* Tangents of one evaluation of the density: colours times probes. Not collective. */
int64_t sq_flow_tangents(const sq_flow *flow);
/* As sq_sampler_generate: log_path[count] = S_eff of the fields that were made, or NULL, when no tangents are needed.
 * Fields share the first level with those of sq_sampler_generate. Error: SQ_ERR_DATA when dormand-prince does not reach
 * its tolerance. Collective over the lattice's ranks. */
PetscErrorCode sq_flow_generate(sq_flow *flow, uint64_t seed, int64_t first, int count, double *blocks,
                                double *log_path, sq_generator_watch watch, void *context);
/* The flow as a generator with exact or estimated density; it is kept, not owned. Its cost, with tangents, is that of
 * the fields made last. Not collective. */
void sq_flow_generator(sq_flow *flow, sq_generator *generator);
/* S_eff[count] of given fields blocks[count][components][local_volume], numbers first .. first + count - 1 (addresses
 * of the noise of the last step and of the signs). Errors and ranks as above: collective. */
PetscErrorCode sq_flow_action(sq_flow *flow, uint64_t seed, int64_t first, int count, const double *blocks,
                              double *action);
/* -log q_1 of one field at level 1; the same arguments. Collective. */
PetscErrorCode sq_flow_level_action(sq_flow *flow, uint64_t seed, int64_t number, const double *block, double *action);
/* Of field b of the last call: the standard error of S_eff that comes from the signs, by the spread of the probes; 0 if
 * exact, NaN for one probe. Not collective. */
double sq_flow_error(const sq_flow *flow, int b);

/* ---- what paths cost ---- */
/* The path weight of the ancestral kernel, step by step, measured from a Gaussian field with propagator G. With g_k =
 * N(0, a_k^2 G + s_k^2) and p_G the exact kernel of that field, q(phi_k|phi_{k-1}) g_{k-1}(phi_{k-1})/g_k(phi_k) =
 * p_G(phi_{k-1}|phi_k), so that log w = -S(phi_0) - log g_0(phi_0) + sum_k log p_G(phi_{k-1}|phi_k)/p(phi_{k-1}|phi_k).
 * For a Gaussian field every term of the sum is 0. Averages over generated paths and over forward paths from data
 * bracket log Z, E_p log w <= log Z <= E_q log w (the latter is -L_VLB of Ho et al., arXiv:2006.11239, eq. 5), and the
 * difference of a term between them is what its step adds to the gap. */
typedef struct sq_paths sq_paths;

/* For up to batch fields. score and grid are kept, not owned. Collective over the lattice's ranks. */
PetscErrorCode sq_paths_create(const sq_score *score, const sq_noise_grid *grid, int batch, sq_paths **paths);
PetscErrorCode sq_paths_destroy(sq_paths **paths);
/* Draws the forward path of given fields blocks[count][components][local_volume], numbers first .. first + count - 1
 * (addresses of its noise). term[count][steps + 1]: term 0 is -log g_0, term k that of step k; on every rank, the same
 * bits on any rank count up to the score's own. Collective over the lattice's ranks. */
PetscErrorCode sq_paths_forward(sq_paths *paths, uint64_t seed, int64_t first, int count, const double *blocks,
                                double *term);
/* The same of paths that a sampler makes on the same grid: give sq_paths_watch and `paths` to it as its watch, after
 * sq_paths_expect. sq_paths_watch is collective over the ranks of the lattice. */
void sq_paths_expect(sq_paths *paths, int count, double *term);
PetscErrorCode sq_paths_watch(void *paths, int level, const double *blocks);

SQ_C_END

#endif
