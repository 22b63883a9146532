/* SPDX-License-Identifier: BSD-3-Clause */
/* score: denoisers. The exact one of a Gaussian field, and the learned one: Gaussian part plus network.
 *
 * D(phi) = W phi + c_out F(c_in phi, c_w W phi; s), W = a G/(a^2 G + s^2) mode by mode. Since W is exact for a Gaussian
 * field, F only learns what is not Gaussian; its last layer starts at zero, so an untrained model is the Gaussian one.
 *
 * Of several components W is the same for each, and F a network of vectors: D(R phi) = R D(phi) for every R of O(N). So
 * are the prior and all kernels, white noise with one variance for all components: a path and its turned copy are as
 * likely, and path weights are those of a model that has the symmetry of the theory.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_SCORE_H
#define SQUALL_SCORE_H

#include "squall/action.h"
#include "squall/io.h"
#include "squall/net.h"
#include "squall/sde.h"

SQ_C_BEGIN

/* ---- Gaussian part ---- */
/* filter[o] = a G/(a^2 G + s^2) for every orbit. Not collective. */
void sq_wiener_filter(int64_t orbits, const double *propagator, double a, double s, double *filter);

/* The exact score of a field of independent Gaussian components with propagator G each. fft and propagator are kept,
 * not owned. Collective over the ranks of the lattice. */
PetscErrorCode sq_gaussian_score_create(sq_fft *fft, int components, const double *propagator, sq_score *score);
PetscErrorCode sq_gaussian_score_destroy(sq_score *score);

/* ---- couplings that one model learns at ---- */

enum { SQ_SCAN_AXES = SQ_NETWORK_CONDITIONS, SQ_SCAN_VALUES = 64, SQ_SCAN_PLACES = 256 };
/* All combinations of values of some parameters of an action: places, the last parameter fastest; {0}: none. */
typedef struct {
  int axes, parameter[SQ_SCAN_AXES],
    count[SQ_SCAN_AXES];                      /* parameter: its number among the action's; count: 2 at least */
  double value[SQ_SCAN_AXES][SQ_SCAN_VALUES]; /* rising */
} sq_scan;
/* How many places; the action at one of them, by what the others of its parameters are in base. */
int sq_scan_places(const sq_scan *scan);
void sq_scan_action(const sq_scan *scan, const sq_action *base, int place, sq_action *action);
/* The axis on which an action lies outside of the places; -1: on none. */
int sq_scan_outside(const sq_scan *scan, const sq_action *action);
/* position[axes] of an action that lies inside, in [0,1]; weight[places], of sum 1, by which what is known at the
 * places becomes what is there: on each axis rational interpolation of degree 3, of M. S. Floater and K. Hormann,
 * Numer. Math. 107 (2007) 315, equation 11, exact at the places. Where it would make errors of the values grow by more
 * than 2 (values at unequal distances), the polynomial of the nearest four, three or two values. */
void sq_scan_position(const sq_scan *scan, const sq_action *action, double position[SQ_SCAN_AXES]);
void sq_scan_weights(const sq_scan *scan, const sq_action *action, double *weight);

/* ---- model: what training makes and sampling uses ---- */
typedef struct sq_diffusion_model {
  sq_network_shape shape;
  sq_action action;
  sq_orbits orbits;    /* of the training lattice */
  double *propagator;  /* [orbits] G(p) = <|phi_p|^2>/V of a component in the training ensemble */
  double *force_power; /* [orbits] A(p) = <|dS_p|^2>/V */
  bool mixed;          /* trained on the target mixed with the action's force */
  double s_min, s_max;
  int64_t parameters;
  double *weight;       /* [parameters] averaged weights */
  int levels;           /* of the calibration, in geometric progression from s_min to s_max; 0: none */
  double *ratio;        /* [levels][orbits] R(p) over that of a Gaussian field (sq_posterior_measure) */
  double *curvature;    /* [levels] c of the shape of kernels (squall/diffusion.h); NULL: not known */
  sq_mixture zero_mode; /* the distribution of sum_x phi_x/sqrt(V) on the training lattice; count = 0: not known */
  /* Of a model of many couplings: its network has a condition for each axis, and what stands above is that of its
   * action. */
  sq_scan scan;
  struct sq_diffusion_model *place; /* [places], owned: action, spectra, range of s, calibration; no weights */
} sq_diffusion_model;

/* c_in, c_w, c_out at a noise level, from the training lattice's spectra: the same numbers on every volume. Not
 * collective. */
typedef struct {
  double c_in, c_w, c_out, level;
} sq_diffusion_model_scales;
/* Those at a level of noise. */
sq_diffusion_model_scales sq_diffusion_model_scales_at(const sq_diffusion_model *model, double a, double s);

/* Places of a model that has its scan, action and orbits: with arrays for spectra, which are to be filled. Not
 * collective. */
PetscErrorCode sq_diffusion_model_make_places(sq_diffusion_model *model);
/* What is known at the action of a model of many couplings, from what is known at its places: logarithms of spectra,
 * ranges and calibration are interpolated. The same bits on every rank. */
PetscErrorCode sq_diffusion_model_settle(sq_diffusion_model *model);
/* A model of one coupling from one of many, whose network is the other's there; the caller's. The action lies inside.
 */
PetscErrorCode sq_diffusion_model_at(const sq_diffusion_model *model, const sq_action *action,
                                     sq_diffusion_model **one);

/* NULL is allowed. */
PetscErrorCode sq_diffusion_model_destroy(sq_diffusion_model **model);
/* To and from a store of kind "model". sq_diffusion_model_get: collective over comm; error SQ_ERR_DATA. */
PetscErrorCode sq_diffusion_model_put(const sq_diffusion_model *model, sq_store *store);
PetscErrorCode sq_diffusion_model_get(MPI_Comm comm, const sq_store *store, const char *path,
                                      sq_diffusion_model **model);

/* The learned score on a lattice (any volume of the same dimension): G is carried over in p_hat^2. Of many couplings
 * the model must have become that of one. fft and model are kept, not owned; batch as in sq_network_create; wide: its
 * network as of sq_network_create_wide. Tangents take batch - 1 directions at a time; there are none if batch = 1.
 * Collective over fft->lattice->comm. */
PetscErrorCode sq_learned_score_create(sq_fft *fft, const sq_diffusion_model *model, int batch, bool wide,
                                       sq_score *score);
PetscErrorCode sq_learned_score_destroy(sq_score *score);

SQ_C_END

#endif
