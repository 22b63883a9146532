/* score: denoisers. The exact one of a Gaussian field, and the learned one: Gaussian part plus network.
 *
 * D(phi) = W phi + c_out F(c_in phi, c_w W phi; s), W = a G/(a^2 G + s^2) mode by mode. Since W is exact for a Gaussian
 * field, F only learns what is not Gaussian; its last layer starts at zero, so an untrained model is the Gaussian one.
 */
#ifndef SQUALL_SCORE_H
#define SQUALL_SCORE_H

#include "squall/action.h"
#include "squall/halo.h"
#include "squall/io.h"
#include "squall/nn.h"
#include "squall/sde.h"

/* ---- Gaussian part ---- */
/* filter[o] = a G/(a^2 G + s^2) for every orbit. Not collective. */
void sq_wiener_filter(int64_t orbits, const double *propagator, double a, double s, double *filter);

/* The exact score of a Gaussian field with propagator G. fft and propagator are kept, not owned. */
PetscErrorCode sq_gaussian_score_create(sq_fft *fft, const double *propagator, sq_score *score);
PetscErrorCode sq_gaussian_score_destroy(sq_score *score);

/* ---- network ---- */
typedef struct {
  int dim, channels, blocks,
    width;    /* blocks: residual units in a row at each level; width: of the noise-level embedding */
  bool odd;   /* F(-phi) = -F(phi) by construction */
  int levels; /* of resolution; each next one has half the extents and twice the channels */
} sq_network_shape;

int64_t sq_network_parameters(const sq_network_shape *shape);
/* Blocks of a lattice must be multiples of this: 2^(levels - 1). */
int64_t sq_network_grain(const sq_network_shape *shape);
/* How far a site's output depends on the inputs, in sites, rounded up to whole tiles and cells. */
int64_t sq_network_reach(const sq_network_shape *shape);
/* Multiplications and additions for one site of one evaluation (convolutions). */
double sq_network_flops(const sq_network_shape *shape);
/* Bytes that a network takes on a block of local[SQ_DIM] sites, `batch` fields at once, weights apart; backward as in
 * create. */
double sq_network_bytes(const sq_network_shape *shape, const int64_t local[SQ_DIM], int batch, bool backward);
/* Bytes of its weights, in the forms that its kernels want, and their scratch: the same on every rank. */
double sq_network_weight_bytes(const sq_network_shape *shape, bool backward);
/* Initial weights, addressed by seed; the output layer is zero. parameter[count]. Not collective. */
PetscErrorCode sq_network_init(const sq_network_shape *shape, uint64_t seed, double *parameter);
/* Moves the weights as if all fields were transformed by a lattice symmetry (see sq_nn_tap_map); gradients computed
 * with the moved weights are brought back by back = true, which adds. Augmentation by turning the network instead of
 * the data. */
void sq_network_turn(const sq_network_shape *shape, const int map[SQ_NN_TAPS], bool back, const float *from, float *to);

typedef struct sq_network sq_network;

/* A network on the blocks of a lattice, for up to batch fields at once; without `backward` it takes less memory and
 * only evaluates. The lattice is kept, not owned. Collective over lattice->comm. */
PetscErrorCode sq_network_create(const sq_lattice *lattice, const sq_network_shape *shape, int batch, bool backward,
                                 sq_network **network);
/* One that only evaluates, with one exchange of its inputs as wide as sq_network_reach instead of one for each layer,
 * and redundant work on that rim: the same results to rounding. Error: SQ_ERR_INPUT when a block is narrower than the
 * exchange. Collective over lattice->comm. */
PetscErrorCode sq_network_create_wide(const sq_lattice *lattice, const sq_network_shape *shape, int batch,
                                      sq_network **network);
PetscErrorCode sq_network_destroy(sq_network **network);
/* The weights used from now on; parameter[sq_network_parameters] is copied. Not collective. */
void sq_network_load(sq_network *network, const float *parameter);
/* out[count][local_volume] = F. level[count]: position of the noise level in [0,1]. Inputs are scaled by c_in, c_w.
 * count <= batch. Collective over the lattice. */
PetscErrorCode sq_network_forward(sq_network *network, int count, const double *noisy, const double *filtered,
                                  const double *c_in, const double *c_w, const double *level, double *out);
/* The same with directions among the entries: where base[b] != b, noisy and filtered of entry b are a direction at
 * entry base[b] (with base[base[b]] = base[b]), and out of b is the derivative of F along it (forward mode), c_in and
 * c_w of b included; level[b] is not used. Collective over the lattice. */
PetscErrorCode sq_network_tangent(sq_network *network, int count, const int *base, const double *noisy,
                                  const double *filtered, const double *c_in, const double *c_w, const double *level,
                                  double *out);
/* gradient[parameters] += d(sum dout F)/d(parameter), of this rank's block (to be summed over the domain), for the last
 * forward call. Collective over the lattice. */
PetscErrorCode sq_network_backward(sq_network *network, const double *dout, float *gradient);

/* ---- model: what training makes and sampling uses ---- */
typedef struct {
  sq_network_shape shape;
  sq_action action;
  sq_orbits orbits;    /* of the training lattice */
  double *propagator;  /* [orbits] G(p) = <|phi_p|^2>/V of the training ensemble */
  double *force_power; /* [orbits] A(p) = <|dS_p|^2>/V */
  bool mixed;          /* trained on the target mixed with the action's force */
  double s_min, s_max;
  int64_t parameters;
  double *weight; /* [parameters] averaged weights */
  int levels;     /* of the calibration, in geometric progression from s_min to s_max; 0: none */
  double *ratio;  /* [levels][orbits] R(p) over that of a Gaussian field (sq_posterior_measure) */
} sq_model;

/* c_in, c_w, c_out at a noise level, from the training lattice's spectra: the same numbers on every volume. Not
 * collective. */
typedef struct {
  double c_in, c_w, c_out, level;
} sq_model_scales;
sq_model_scales sq_model_scales_at(const sq_model *model, double a, double s);

PetscErrorCode sq_model_destroy(sq_model **model);
/* To and from a store of kind "model". read errors: SQ_ERR_DATA. */
PetscErrorCode sq_model_put(const sq_model *model, sq_store *store);
PetscErrorCode sq_model_get(MPI_Comm comm, const sq_store *store, const char *path, sq_model **model);

/* The learned score on a lattice (any volume of the same dimension): G is carried over in p_hat^2. fft and model are
 * kept, not owned; batch as in sq_network_create; wide: its network as of sq_network_create_wide. Tangents take batch -
 * 1 directions at a time; there are none if batch = 1. Collective over fft->lattice->comm. */
PetscErrorCode sq_learned_score_create(sq_fft *fft, const sq_model *model, int batch, bool wide, sq_score *score);
PetscErrorCode sq_learned_score_destroy(sq_score *score);
/* Fields handled at once by a network on a lattice of this volume: never depends on the ranks. 2048 sites make good use
 * of weights that were read into the caches, and transformed for Winograd's convolutions; deeper networks have more
 * weights, and take more fields. */
int sq_score_batch(const sq_network_shape *shape, int64_t volume);

#endif
