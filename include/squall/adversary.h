/* SPDX-License-Identifier: BSD-3-Clause */
/* adversary: two networks against each other. A *forger* makes fields of noise, in one evaluation and without a
 * density; a *critic* gives every field a number, high for what it takes to be a field of the theory. What they learn
 * from each other is in squall/train.h (sq_hinge_create).
 *
 * How outputs of the forger's network become a field, and what the critic's network sees of a field, is a row of a
 * table: real numbers are taken as they are. A row has the derivative of both beside them; it may be another one than
 * the true one, as for rounding, whose gradient is passed on as if nothing had been rounded.
 *
 * The critic is kept from growing steep by spectral normalisation (T. Miyato et al., ICLR 2018, arXiv:1802.05957): each
 * of its convolutions is divided by the largest singular value of its matrix [taps inputs][outputs], which one power
 * iteration a step follows; the gains of its activations are divided by the largest of each, the same for a diagonal
 * matrix.
 *
 * Everything is collective over the ranks of the lattice, unless a comment says so.
 */
#ifndef SQUALL_ADVERSARY_H
#define SQUALL_ADVERSARY_H

#include "squall/action.h"
#include "squall/fft.h"
#include "squall/net.h"

SQ_C_BEGIN

/* ---- how outputs become a field ---- */

enum { SQ_FORGER_CHANNELS = 16 }; /* of noise, of outputs, of what a critic sees: at most */

/* Numbers a site: of the forger's network, of what the critic sees. components: arrays are of vectors that turn as the
 * field does (sq_network_shape), 1 otherwise. uniform: of the noise, beside that of every site, numbers of the whole
 * field; the network sees them at every site. lines: numbers that are the same all along a direction, one for each
 * direction, or 0. */
typedef struct {
  int outputs, features, components, uniform, lines;
} sq_output_sizes;

/* What the numbers of a field are like: their root mean square, and the root of the variance of V^(-1/2) sum_x phi_x.
 */
typedef struct {
  double width, zero;
  double mean[SQ_DIM], spread[SQ_DIM]; /* of fluxes: the mean of k of each direction, and the root of the variance of
                                          V^(-1/2) sum_x k; 0 where there is no direction */
} sq_output_scales;

/* A row. Arrays are [count][components][local_volume] for each output and each feature, the components those of the
 * sizes; blocks and cotangent are [count][components of the theory][local_volume]. self is the row's own. */
typedef struct {
  const char *name, *summary;
  bool gaussian; /* outputs are to correct a Gaussian field of the same propagator */
  bool whole;    /* the lattice may not be cut */
  /* What a theory lacks for it, as sq_action_lacks; NULL: nothing. Not collective. */
  const char *(*lacks)(const sq_action *action);
  /* Not collective. */
  sq_output_sizes (*sizes)(const sq_action *action);
  /* The scales of the fields blocks[count] that are learned from; NULL: those of their propagator. */
  PetscErrorCode (*measure)(const sq_lattice *lattice, const sq_action *action, int64_t count, const double *blocks,
                            sq_output_scales *scales);
  /* For so many fields at once; lattice, action and scales are kept, not owned. */
  PetscErrorCode (*create)(const sq_lattice *lattice, const sq_action *action, const sq_output_scales *scales,
                           int batch, void **self);
  PetscErrorCode (*destroy)(void **self);
  /* Weights of its own, behind those of the network: how many, where they begin, those used from now on, and
   * gradient += share times that of a loss of its own, summed over the fields made last. NULL: there are none. Not
   * collective. */
  int64_t (*weights)(const sq_action *action);
  void (*start)(const sq_action *action, uint64_t seed, double *weight);
  void (*load)(void *self, const float *weight);
  void (*learn)(void *self, int count, double share, float *gradient);
  /* Before make: the numbers of the whole fields, [count][uniform], and those of lines, [lines] arrays, standard
   * normal. NULL: there are none. Not collective. */
  void (*take)(void *self, int count, const double *uniform, double *const line[]);
  /* blocks of outputs; and the derivative of a loss with respect to outputs, of the fields made last, from that with
   * respect to blocks. */
  PetscErrorCode (*make)(void *self, int count, double *const out[], double *blocks);
  PetscErrorCode (*make_back)(void *self, int count, const double *cotangent, double *const dout[]);
  /* What a critic sees of blocks; and the derivative with respect to blocks, added to cotangent. */
  PetscErrorCode (*see)(void *self, int count, const double *blocks, double *const feature[]);
  PetscErrorCode (*see_back)(void *self, int count, const double *blocks, double *const dfeature[], double *cotangent);
} sq_output_kind;

/* NULL-terminated. */
extern const sq_output_kind *const sq_output_kinds[];
/* The first row that a theory lacks nothing for; NULL: there is none. Not collective. */
const sq_output_kind *sq_output_kind_for(const sq_action *action);
/* The row of that name; NULL: there is none. Not collective. */
const sq_output_kind *sq_output_kind_find(const char *name);

/* ---- both ---- */

/* What both are, as plain numbers. */
typedef struct {
  sq_action action;
  const sq_output_kind *outputs;
  bool gaussian; /* phi = y + width F(y/width, z, ...), y a Gaussian field of the propagator, z white noise; else the
                    outputs are F(z, ...) */
  sq_network_shape forger, critic;
  double steepness; /* of the critic */
  double match;     /* how much means over the field weigh beside the critic, for fluxes (sq_matching) */
  sq_output_scales scales;
  sq_orbits orbits;   /* of the lattice of the propagator; not owned */
  double *propagator; /* [orbits.count], not owned; where gaussian */
} sq_adversary_shape;

/* Weights of the forger; where learning begins: weight[parameters]. Not collective. */
int64_t sq_forger_parameters(const sq_adversary_shape *shape);
/* They as tensors, in their order (doc/export.md). Error: PETSC_ERR_MEM. Not collective. */
PetscErrorCode sq_forger_layout(const sq_adversary_shape *shape, sq_layout *layout);
PetscErrorCode sq_forger_start(const sq_adversary_shape *shape, uint64_t seed, double *weight);

typedef struct sq_forger sq_forger;
/* For up to `batch` fields; backward: their gradients will be asked for. fft and shape are kept, not owned. */
PetscErrorCode sq_forger_create(sq_fft *fft, const sq_adversary_shape *shape, int batch, bool backward,
                                sq_forger **forger);
PetscErrorCode sq_forger_destroy(sq_forger **forger);
/* The weights used from now on, copied. Not collective. */
void sq_forger_load(sq_forger *forger, const float *weight);
/* Fields first .. first + count - 1 of a seed into blocks[count][components][local_volume]: each a function of seed and
 * number. */
PetscErrorCode sq_forger_draw(sq_forger *forger, uint64_t seed, int64_t first, int count, double *blocks);
/* gradient[parameters] += sum cotangent dphi/dweight of the fields drawn last, this rank's part; and share times that
 * of the loss that the outputs have of their own. */
PetscErrorCode sq_forger_backward(sq_forger *forger, int count, double share, const double *cotangent, float *gradient);

/* Weights of the critic: its network's, a factor of each of the network's outputs, and a constant. Not collective. */
int64_t sq_critic_parameters(const sq_adversary_shape *shape);
/* Numbers of its power iterations. Not collective. */
int64_t sq_critic_state(const sq_adversary_shape *shape);
PetscErrorCode sq_critic_start(const sq_adversary_shape *shape, uint64_t seed, double *weight);

typedef struct sq_critic sq_critic;
/* For up to `batch` fields, with its weights still to come; lattice and shape are kept, not owned. */
PetscErrorCode sq_critic_create(const sq_lattice *lattice, const sq_adversary_shape *shape, int batch,
                                sq_critic **critic);
/* NULL is allowed. */
PetscErrorCode sq_critic_destroy(sq_critic **critic);
/* The weights used from now on, normalised by the singular values that state[sq_critic_state] is of; iterate: moved by
 * a power iteration before that, by many where it is all 0. Not collective. */
void sq_critic_load(sq_critic *critic, const float *weight, double *state, bool iterate);
/* value[count] of fields, on every rank. With h_o the network's outputs at a site,
 *   D = s V^(1/2) [ sum_o a_o V^(-1) sum_x e(h_o(x)) + b ],  e(h) = (1 + |h|^2)^(1/2) - 1 of odd networks, else h,
 * sum_o a_o^2 = 1, s the steepness: V^(1/2) makes it a number of the size of the fluctuations of one field. */
PetscErrorCode sq_critic_value(sq_critic *critic, int count, const double *blocks, double *value);
/* For L = sum_b factor[b] D_b of the fields of the last call: cotangent += dL/dphi, gradient[parameters] += dL/dweight,
 * the weights as they are before normalisation, this rank's part. Either may be NULL. */
PetscErrorCode sq_critic_backward(sq_critic *critic, int count, const double *blocks, const double *factor,
                                  double *cotangent, float *gradient);

/* ---- means ---- */

/* Means over the field that forged fluxes should have as the fields that are learned from do: of k, |k| and l of each
 * direction, and of f^2, f the sum over the ends of links at a site of |k| + 2 l. A critic that learns as fast as the
 * forger weighs them now too high, now too low, and the two go round each other; a pull towards what is known damps
 * that. With z_j = (m_j - mu_j)/sigma_j, m_j the means of a field, mu_j and sigma_j mean and width of theirs in the
 * ensemble, the loss of fields is
 *   sum_j < z_j >_1 < z_j >_2 + < z_j^2 - 1 >_1 < z_j^2 - 1 >_2/2,
 * the averages over the first and the second half of the fields: it is <z_j>^2 + <z_j^2 - 1>^2/2 without bias. Widths
 * are left alone with fewer than 8 fields. What pulls at a mean is 10 at most: fields are hundreds of widths off before
 * anything is learned. Whole lattices. Not collective. */
typedef struct sq_matching sq_matching;
/* Measures blocks[count]; pulls at up to `batch` fields at once. */
PetscErrorCode sq_matching_create(const sq_lattice *lattice, int dim, int64_t count, const double *blocks, int batch,
                                  sq_matching **matching);
/* NULL is allowed. */
PetscErrorCode sq_matching_destroy(sq_matching **matching);
/* cotangent += factor times the derivative of `fields` times the loss of these fields, that of |k| at 0 being 0. */
void sq_matching_pull(sq_matching *matching, int fields, const double *blocks, double factor, double *cotangent);

SQ_C_END

#endif
