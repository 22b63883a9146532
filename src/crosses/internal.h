/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: networks of crosses, sums over small boxes. */
#ifndef SQUALL_CROSSES_INTERNAL_H
#define SQUALL_CROSSES_INTERNAL_H

#include "squall/crosses.h"
#include "squall/nn.h"

enum { SQ_CROSS_PANEL = 32, SQ_CROSS_LANES = 8, SQ_CROSS_NETS = 9 };

/* ---- networks (network.c) ---- */

/* The spins of the frame or of a cross: `given` sites are known, `spins` follow one after the other. */
typedef struct {
  int side; /* of the box inside its boundary; 0: the frame */
  int given, spins, hidden;
  int (*place)[2]; /* [given + spins] from the first site of the box, or of the torus */
  int (*link)[4];  /* [spins] the numbers of neighbours that are known before, -1: none */
  int64_t *at;     /* [spins + 1] where the weights of a spin begin */
} sq_cross_net;

/* Spins and what networks made of them, of a panel of boxes, the boxes innermost: x[given + spins], hidden layers
 * y[spins][2][hidden], slope[spins] = d log q/d output, number: as in the boxes, -1 where there is none. */
typedef struct {
  float *x, *y, *slope;
  int64_t number[SQ_CROSS_PANEL];
} sq_cross_tape;

/* Weights of a spin: w1[hidden][inputs], w2[hidden][hidden], v[hidden], u[inputs]; none without inputs. */
static inline int64_t sq_cross_weights(int inputs, int hidden)
{
  return inputs ? (int64_t)hidden * (inputs + hidden + 1) + inputs : 0;
}
/* out[panel] of a spin, and its hidden layers. x: inputs rows. */
void sq_cross_forward(const sq_nn_kernels *kernels, int inputs, int hidden, const float *w, const float *x, float *y,
                      float *out);
/* Adds the gradient of sum dout out. scratch: 2 hidden rows. */
void sq_cross_backward(int inputs, int hidden, const float *w, const float *x, const float *y, const float *dout,
                       float *scratch, float *gradient);

/* ---- geometry (geometry.c) ---- */

/* The networks of a shape, the frame first, then from the largest box down; those of side `exact` or less have none.
 * Their places are allocated. */
PetscErrorCode sq_cross_nets(const sq_cross_shape *shape, sq_cross_net net[SQ_CROSS_NETS], int *count);
void sq_cross_nets_destroy(int count, sq_cross_net *net);
/* The known and the drawn spins of a network. */
int sq_cross_given(int side);
int sq_cross_spins(const sq_cross_shape *shape, int side);

/* The site at an offset from the first of a box, around its torus. */
static inline int64_t sq_cross_site(const sq_cross_box *box, int row, int column)
{
  int64_t x[2] = {box->first[0] + row, box->first[1] + column};
  for (int mu = 0; mu < 2; mu++)
    if (x[mu] < 0) x[mu] += box->extent[mu];
    else if (x[mu] >= box->extent[mu]) x[mu] -= box->extent[mu];
  return x[0] * box->pitch + x[1];
}

/* ---- small boxes (strip.c) ---- */

/* Room for the sums of some boxes at once, the boxes innermost. */
typedef struct {
  double field[SQ_CROSS_EXACT][SQ_CROSS_EXACT][SQ_CROSS_LANES]; /* J times the boundary spins that a site sees */
  double sum[SQ_CROSS_EXACT][1 << SQ_CROSS_EXACT][SQ_CROSS_LANES], fold[2 << SQ_CROSS_EXACT][SQ_CROSS_LANES];
  double log_z[SQ_CROSS_LANES];
} sq_cross_strip;

/* log q[count] of spins inside boxes of side <= SQ_CROSS_EXACT, drawn or given; count <= SQ_CROSS_LANES. */
void sq_cross_strip_fill(sq_cross_strip *strip, const double coupling[2], int side, int count, const sq_cross_box *box,
                         bool draw, double *log_q);
/* sum J s s' over the links that have an end inside a box. */
double sq_cross_links(const double coupling[2], int side, const sq_cross_box *box);

#endif
