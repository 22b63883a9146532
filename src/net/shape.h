/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to net: where each layer's parameters lie in the one flat arena, and in which order layers follow each
 * other.
 *
 * With n levels there are 2n - 1 runs of residual units, at levels 0, 1, .. n-1, .. 1, 0; a transition joins each run
 * to the next.
 */
#ifndef SQUALL_NET_SHAPE_H
#define SQUALL_NET_SHAPE_H

#include "squall/net.h"

enum {
  SQ_NETWORK_BLOCKS = 16, /* of a run */
  SQ_NETWORK_LEVELS = 6,
  SQ_NETWORK_RUNS = 2 * SQ_NETWORK_LEVELS - 1,
  SQ_NETWORK_UNITS = SQ_NETWORK_BLOCKS * SQ_NETWORK_RUNS,
  SQ_NETWORK_CHANNELS = 64, /* of inputs, of outputs */
  SQ_NETWORK_CONVS = 2 * SQ_NETWORK_UNITS + SQ_NETWORK_RUNS + SQ_NETWORK_CHANNELS,
};

typedef struct {
  int64_t at; /* float[taps][ci][co] */
  int64_t
    points; /* of the weights transformed for Winograd's convolution in an arena of their own; -1: that does not suit */
  int ci, co, level, taps; /* taps: the first of the stencil, all unless the network is causal */
} sq_network_conv;

typedef struct {
  int taps, inputs, runs, units, convs;     /* inputs: with the constant */
  int features;                             /* of the noise level and the conditions */
  int activations, modulations;             /* two activations a unit, one before the outputs */
  sq_network_conv conv[SQ_NETWORK_CONVS];   /* the first; two of each unit; transitions; one of each output */
  int modulation[2 * SQ_NETWORK_UNITS + 1]; /* gain of each activation among the modulations; its shift follows */
  int64_t w1, b1, w2, b2, total, points;    /* points: floats of all transformed weights */
} sq_network_layout;

/* The features of level[1 + conditions]: waves of the first, Chebyshev polynomials of the others. */
void sq_network_features(const sq_network_shape *shape, const double *level, float *feature);
void sq_network_lay_out(const sq_network_shape *shape, sq_network_layout *layout);
int sq_network_level(const sq_network_shape *shape, int run);
/* Indices into conv: of convolution k = 0, 1 of a unit; of the transition from run to run + 1; of an output.
 */
int sq_network_unit_conv(int unit, int k);
int sq_network_transition(const sq_network_layout *layout, int run);
int sq_network_output(const sq_network_layout *layout, int output);

#endif
