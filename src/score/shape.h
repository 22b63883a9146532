/* Private to score: where each layer's parameters lie in the one flat arena. */
#ifndef SQUALL_SCORE_SHAPE_H
#define SQUALL_SCORE_SHAPE_H

#include "squall/score.h"

enum { SQ_NETWORK_BLOCKS = 32 };

typedef struct {
  int     taps, inputs, activations, modulations; /* modulations: gain and shift of every activation */
  int64_t conv_in, conv[2 * SQ_NETWORK_BLOCKS], conv_out, w1, b1, w2, b2, total;
} sq_network_layout;

void sq_network_lay_out(const sq_network_shape *shape, sq_network_layout *layout);

#endif
