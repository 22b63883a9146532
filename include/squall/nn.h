/* SPDX-License-Identifier: BSD-3-Clause */
/* nn: the layers of the score network as forward/backward pairs on plain arrays. No MPI, no lattice, no allocation.
 *
 * Activations are float[sites][C], channels last, on a block padded by one site in the used directions; what a
 * convolution reads must have its rim filled. Weights of a convolution are float[taps][C_in][C_out], taps = 3^d in
 * row-major order of the offset vectors in {-1,0,1}^d. Gradients are always added to.
 *
 * Every kernel exists as plain C (`sq_nn_reference`) and, from one template, for each instruction set the compiler
 * knows; sq_nn_best picks at run time. Outputs of `conv` depend on the site's own inputs only, in a fixed order, and
 * those of `winograd` on where its tile lies too: splitting a lattice over ranks, between whole tiles for `winograd`,
 * does not change a bit.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_NN_H
#define SQUALL_NN_H

#include "squall/base.h"

SQ_C_BEGIN

enum { SQ_NN_TAPS = 81, SQ_NN_CHANNEL_STEP = 16 }; /* hidden channels come in multiples of 16 */
enum {
  SQ_NN_TILE = 4,
  SQ_NN_WINOGRAD_RUN = 64
}; /* sites of a tile in each direction; tiles that a Winograd convolution takes at once, at most */

/* Geometry of a padded block; directions as in the lattice: 4 of them, the unused leading ones of extent 1. */
typedef struct {
  int dim, taps, fields;              /* fields: a batch, one block after the other */
  int64_t n[4], padded[4], stride[4]; /* interior extents, padded extents, strides in sites */
  int64_t sites, origin,
    rows; /* padded sites of one field; first interior site; rows along the last direction of all fields */
  int64_t offset[SQ_NN_TAPS]; /* of each tap, in sites */
} sq_nn_block;

/* A block of one field. */
void sq_nn_block_make(int dim, const int64_t n[4], sq_nn_block *block);
/* The same for a batch: kernels then go over all of it, which reuses weights where blocks are small. */
void sq_nn_block_batch(sq_nn_block *block, int fields);
/* The part of a block's interior with corner first[4] (counted from the interior's) and extents n[4]: its kernels read
 * around it and write it alone. n may be 0. */
void sq_nn_block_part(const sq_nn_block *block, const int64_t first[4], const int64_t n[4], sq_nn_block *part);
/* A block whose convolutions have the taps [first, first + count) alone, and weights of those. */
void sq_nn_block_taps(const sq_nn_block *block, int first, int count, sq_nn_block *some);
/* First site of interior row r. */
int64_t sq_nn_row(const sq_nn_block *block, int64_t row);

typedef struct {
  const char *name;
  bool (*supported)(void);
  /* out[x][co] = start[x][co] + sum_{t,ci} in[x + offset_t][ci] w[t][ci][co] on the interior. start: NULL (zero), out,
   * or another array. co is 1 or a multiple of 16; if co = 1, ci is a multiple of 16. */
  void (*conv)(const sq_nn_block *block, int ci, int co, const float *in, const float *w, const float *start,
               float *out);
  /* dw[t][ci][co] += sum_x in[x + offset_t][ci] dout[x][co], x in the interior. Sizes as above. */
  void (*conv_weights)(const sq_nn_block *block, int ci, int co, const float *in, const float *dout, float *dw);
  /* The same two by Winograd's F(4x4, 3x3), a quarter of the multiplications, where sq_nn_winograd_fits; sums are
   * rounded in another order. u, du: float[taps/9][36][ci][co] (sq_nn_winograd_transform, _collect); start NULL, out or
   * another array; scratch: sq_nn_winograd_scratch floats. NULL in the reference, whose twin of them is conv. */
  void (*winograd)(const sq_nn_block *block, int ci, int co, const float *in, const float *u, const float *start,
                   float *out, float *scratch);
  void (*winograd_weights)(const sq_nn_block *block, int ci, int co, const float *in, const float *dout, float *du,
                           float *scratch);
  /* The modulated gated activation, at each site: h = in / sqrt(mean_c in^2 + 1), then
   *   odd:  v = gain h,         out = v sigmoid(|v| + shift)     (odd in `in`)
   *   else: v = gain h + shift, out = v sigmoid(v)               (SiLU)
   * gain, shift: float[C]; C a multiple of 16. Interior only. */
  void (*activate)(const sq_nn_block *block, int c, bool odd, const float *in, const float *gain, const float *shift,
                   float *out);
  /* din += , dgain += , dshift += given dout. */
  void (*activate_backward)(const sq_nn_block *block, int c, bool odd, const float *in, const float *gain,
                            const float *shift, const float *dout, float *din, float *dgain, float *dshift);
  /* out = its derivative at `in` along the direction `along`, gain and shift kept. Interior only. */
  void (*activate_tangent)(const sq_nn_block *block, int c, bool odd, const float *in, const float *gain,
                           const float *shift, const float *along, float *out);
  /* The same three for channels that are vectors of N components, each component a field of its own, one after the
   * other: h = in / sqrt(mean_{c,N} in^2 + 1), v = gain h, out = v sigmoid(r + shift), r^2 = mean_N v^2. A rotation or
   * reflection of the components of `in` is one of those of out. block: of one field. */
  void (*activate_vector)(const sq_nn_block *block, int c, int components, const float *in, const float *gain,
                          const float *shift, float *out);
  void (*activate_vector_backward)(const sq_nn_block *block, int c, int components, const float *in, const float *gain,
                                   const float *shift, const float *dout, float *din, float *dgain, float *dshift);
  void (*activate_vector_tangent)(const sq_nn_block *block, int c, int components, const float *in, const float *gain,
                                  const float *shift, const float *along, float *out);
} sq_nn_kernels;

extern const sq_nn_kernels sq_nn_reference;
/* The fastest kernels this processor runs. */
const sq_nn_kernels *sq_nn_best(void);
/* All compiled sets, NULL-terminated, for tests and benchmarks. */
extern const sq_nn_kernels *const sq_nn_all[];

/* ---- Winograd convolutions ---- */
/* Whether a block can be cut into tiles: d >= 2, the last two extents multiples of 4. A lattice whose blocks all fit
 * gives the same bits on any number of ranks. */
bool sq_nn_winograd_fits(const sq_nn_block *block);
/* Whether channels suit: both multiples of 16. */
bool sq_nn_winograd_channels(int ci, int co);
/* Floats of transformed weights; of scratch. */
int64_t sq_nn_winograd_size(int taps, int ci, int co);
int64_t sq_nn_winograd_scratch(int ci, int co);
/* Tiles of a block's interior, all fields; first site of a tile. */
int64_t sq_nn_tiles(const sq_nn_block *block);
int64_t sq_nn_tile(const sq_nn_block *block, int64_t tile);
/* u = G w G^T for each pair of channels; its transpose for gradients: dw += G^T du G. */
void sq_nn_winograd_transform(int taps, int ci, int co, const float *w, float *u);
void sq_nn_winograd_collect(int taps, int ci, int co, const float *du, float *dw);

/* Weights of the input gradient: out[taps-1-t][co][ci] = w[t][ci][co]; then din = conv(co -> ci, dout with rim). */
void sq_nn_flip(int taps, int ci, int co, const float *w, float *out);
/* Between a block and the one of half its extents. pool: coarse = scale times the sum over the 2^d sites of a cell.
 * spread, its transpose: fine += scale times the cell's value. c channels; interiors only. */
void sq_nn_pool(const sq_nn_block *fine, const sq_nn_block *coarse, int c, float scale, const float *in, float *out);
void sq_nn_spread(const sq_nn_block *fine, const sq_nn_block *coarse, int c, float scale, const float *in, float *out);
/* How a lattice symmetry moves the taps: tap t of the original stencil acts at map[t] after x'_mu = sign[mu]
 * x_{axis[mu]} (axis: a permutation of the used directions; entries of unused directions are ignored). */
void sq_nn_tap_map(int dim, const int axis[4], const int sign[4], int map[SQ_NN_TAPS]);

/* ---- dense layers ---- */
/* A batch: in[count][inputs], out[count][outputs]; w[outputs][inputs], b[outputs]. out = b + W in. The last bits
 * of an entry may depend on count: where batches depend on ranks, take entries one by one. */
void sq_nn_dense(int count, int inputs, int outputs, const float *in, const float *w, const float *b, float *out);
/* dw += , db += , din = given dout. dw (and db with it) and din may be NULL. */
void sq_nn_dense_backward(int count, int inputs, int outputs, const float *in, const float *w, const float *dout,
                          float *dw, float *db, float *din);
/* out = in sigmoid(in); din = dout times its derivative. Both may be done in place. */
void sq_nn_silu(int64_t count, const float *in, float *out);
void sq_nn_silu_backward(int64_t count, const float *in, const float *dout, float *din);
enum { SQ_NN_WAVES = 16 };
/* Features of a noise level t in [0,1]: cos(pi k t), k = 0..15. */
void sq_nn_features(double t, float feature[SQ_NN_WAVES]);

/* ---- optimiser ---- */
typedef struct {
  double learning_rate, beta1, beta2, epsilon, clip; /* clip: largest Euclidean norm of a gradient, 0: none */
} sq_adam;

SQ_C_END

#endif
