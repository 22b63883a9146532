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

/* ---- model: what training makes and sampling uses ---- */
typedef struct {
  sq_network_shape shape;
  sq_action action;
  sq_orbits orbits;    /* of the training lattice */
  double *propagator;  /* [orbits] G(p) = <|phi_p|^2>/V of a component in the training ensemble */
  double *force_power; /* [orbits] A(p) = <|dS_p|^2>/V */
  bool mixed;          /* trained on the target mixed with the action's force */
  double s_min, s_max;
  int64_t parameters;
  double *weight; /* [parameters] averaged weights */
  int levels;     /* of the calibration, in geometric progression from s_min to s_max; 0: none */
  double *ratio;  /* [levels][orbits] R(p) over that of a Gaussian field (sq_posterior_measure) */
} sq_diffusion_model;

/* c_in, c_w, c_out at a noise level, from the training lattice's spectra: the same numbers on every volume. Not
 * collective. */
typedef struct {
  double c_in, c_w, c_out, level;
} sq_diffusion_model_scales;
/* Those at a level of noise. */
sq_diffusion_model_scales sq_diffusion_model_scales_at(const sq_diffusion_model *model, double a, double s);

/* NULL is allowed. */
PetscErrorCode sq_diffusion_model_destroy(sq_diffusion_model **model);
/* To and from a store of kind "model". sq_diffusion_model_get: collective over comm; error SQ_ERR_DATA. */
PetscErrorCode sq_diffusion_model_put(const sq_diffusion_model *model, sq_store *store);
PetscErrorCode sq_diffusion_model_get(MPI_Comm comm, const sq_store *store, const char *path,
                                      sq_diffusion_model **model);

/* The learned score on a lattice (any volume of the same dimension): G is carried over in p_hat^2. fft and model are
 * kept, not owned; batch as in sq_network_create; wide: its network as of sq_network_create_wide. Tangents take batch -
 * 1 directions at a time; there are none if batch = 1. Collective over fft->lattice->comm. */
PetscErrorCode sq_learned_score_create(sq_fft *fft, const sq_diffusion_model *model, int batch, bool wide,
                                       sq_score *score);
PetscErrorCode sq_learned_score_destroy(sq_score *score);

SQ_C_END

#endif
