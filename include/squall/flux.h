/* SPDX-License-Identifier: BSD-3-Clause */
/* flux: the complex scalar field with a chemical potential in dual variables, fluxes on the links of a lattice, all of
 * which every rank holds (C. Gattringer, T. Kloiber, Nucl. Phys. B 869 (2013) 56, arXiv:1206.2954). With
 *   S = sum_x [ eta |phi|^2 + lambda |phi|^4 - sum_nu (e^{mu delta_{nu,0}} phi*_x phi_{x+nu} + e^{-mu delta_{nu,0}}
 *       phi_x phi*_{x+nu}) ],    measure r dr dtheta/2 pi a site,
 * the exponential of every link is expanded and the angles are integrated:
 *   Z = sum_{k,l} prod_{x,nu} e^{mu k_0}/((|k|+l)! l!)  prod_x delta(div k) W(f_x),
 *   f_x = sum over the 2d ends of links at x of |k| + 2 l,    W(n) = int_0^inf r^{n+1} e^{-eta r^2 - lambda r^4} dr.
 * k is any integer without divergence, l >= 0; f_x is even, f_x = 2 m_x. All weights are positive. An end counts by
 * itself: where a direction has one site, a link goes from a site to itself and counts twice there (its term in S is
 * -2 cosh(mu) |phi|^2), and two sites have two links between them.
 *
 * A block of fluxes is double[2 d][local_volume]: k of directions 0 .. d - 1, then l, all integers.
 */
#ifndef SQUALL_FLUX_H
#define SQUALL_FLUX_H

#include "squall/field.h"

SQ_C_BEGIN

/* m < SQ_FLUX_MOST at every site. */
enum { SQ_FLUX_MOST = 1 << 20 };

typedef struct {
  double eta, lambda, mu;
} sq_flux_coupling;

/* log W(2 m), and W(2 m + 2)/W(2 m), by the trapezoidal rule in log r, to 1e-14 of W: any eta where lambda > 0, eta > 0
 * where lambda = 0. Not collective. */
double sq_flux_log_weight(double eta, double lambda, int64_t m);
double sq_flux_ratio(double eta, double lambda, int64_t m);
/* W(n + 2)/W(n) for any n >= 0, odd ones too. Not collective. */
double sq_flux_step(double eta, double lambda, int64_t n);

/* ---- sums over a field of fluxes whose rim is filled ---- */

/* Adds minus the logarithm of the weight of every interior site with the links that leave it in the positive
 * directions; infinite where they are no fluxes (no integers, l < 0, a divergence). Not collective. */
void sq_flux_add_action(const sq_field *field, const sq_flux_coupling *coupling, sq_sum *sum);
/* Adds W(f_x + 2)/W(f_x), whose mean is <phi*_x phi_x>. Where k has a divergence f_x may be odd: then it is the same
 * integral, so that fields which break the constraint have it at every site. Not a number where k or l are no integers,
 * or l < 0. Not collective. */
void sq_flux_add_squares(const sq_field *field, const sq_flux_coupling *coupling, sq_sum *sum);
/* Adds 1 for every site where k has a divergence; not a number as above. Not collective. */
void sq_flux_add_violations(const sq_field *field, sq_sum *sum);

/* ---- heights ---- */

/* In two directions the fluxes without divergence are those of integer heights h on plaquettes and two windings,
 *   k_0(x) = h(x) - h(x - 1) + w_0 [s = 0],    k_1(x) = h(x - 0) - h(x) + w_1 [t = 0],    x = (t, s),
 * where the plaquette x has the site x, x + 0, x + 1, x + 0 + 1 at its corners: w_0 = sum_s k_0 runs on one line of
 * time links, w_1 = sum_t k_1 on one of space links. Every k has one h with h(0) = 0: as many numbers, V + 1, as fluxes
 * are free. (Heights that rise by w_0 around space and fall by w_1 around time, rounded where they are smooth, make
 * fluxes that know no line: h(x) = round(g(x) + w_0 s/N_1 - w_1 t/N_0), g periodic.) In one direction k = w_0
 * everywhere, there are no heights, and `height` is not touched.
 *
 * Arrays of whole lattices in the order of their sites: extent[d]; height[V], winding[d], k[d][V]; d is 1 or 2, others
 * have no heights. The map to k is linear, for any real numbers. Not collective. */
typedef struct {
  /* k of heights and windings. */
  void (*fluxes)(int dim, const int64_t extent[], const double *height, const double *winding, double *k);
  /* The transpose, for gradients: dheight[V] and dwinding[d] += those of sum dk k. */
  void (*backward)(int dim, const int64_t extent[], const double *dk, double *dheight, double *dwinding);
  /* The heights, height[0] = 0, and windings of a k without divergence. */
  void (*heights)(int dim, const int64_t extent[], const double *k, double *height, double *winding);
} sq_flux_heights_map;
extern const sq_flux_heights_map sq_flux_heights;

/* ---- uniform fluxes ---- */

/* |phi|^2 of the classical field; 0: there is no condensate. Not collective. */
double sq_flux_condensate(int dim, const sq_flux_coupling *coupling);
/* number[2 d] of a site: the fluxes nearest to that field; without a condensate one unit of k_0 at every site. Not
 * collective. */
void sq_flux_uniform(int dim, const sq_flux_coupling *coupling, double *number);

/* ---- the fluxes of a lattice at work ---- */

typedef struct sq_fluxes sq_fluxes;

/* No flux yet. d = lattice->dim; mu belongs to the first used direction. lattice is kept, not owned. Errors:
 * SQ_ERR_INPUT for a lattice of 2^27 sites or more. Collective over lattice->comm. */
PetscErrorCode sq_fluxes_create(const sq_lattice *lattice, const sq_flux_coupling *coupling, sq_fluxes **fluxes);
PetscErrorCode sq_fluxes_destroy(sq_fluxes **fluxes);
/* Takes the fluxes of all blocks. Error: SQ_ERR_DATA where they are no integers, or l < 0, or k has a divergence.
 * Collective over lattice->comm. */
PetscErrorCode sq_fluxes_load(sq_fluxes *fluxes, const double *block);
/* Gives this rank's block. Not collective. */
void sq_fluxes_store(const sq_fluxes *fluxes, double *block);
/* One unit: every l once from its distribution given all else (a heat bath), then so many worms for k. Its random
 * numbers are those of chain `id` at `unit`. Every rank does the same. Error: SQ_ERR_INPUT where m_x reaches
 * SQ_FLUX_MOST. Not collective, the same on all ranks. */
PetscErrorCode sq_fluxes_move(sq_fluxes *fluxes, uint64_t seed, uint64_t id, uint64_t unit, int64_t worms);
/* So many worms that, on average, they take as many steps in a unit as the lattice has ends of links, or 1024 where it
 * has fewer; at least one worm. Measured in units from the vacuum, whose random numbers are of `id` and no chain's. The
 * fluxes are at work meanwhile: what they were is lost. Error as sq_fluxes_move. Not collective, the same on all ranks.
 */
PetscErrorCode sq_fluxes_choose_worms(sq_fluxes *fluxes, uint64_t seed, uint64_t id, int64_t *worms);

SQ_C_END

#endif
