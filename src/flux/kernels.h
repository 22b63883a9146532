/* SPDX-License-Identifier: BSD-3-Clause */
/* The work on plain arrays of a whole lattice: weights, heat baths of l, worms of k. */
#ifndef SQUALL_FLUX_KERNELS_H
#define SQUALL_FLUX_KERNELS_H

#include "squall/flux.h"

typedef struct {
  int32_t k, l;
} sq_flux_link;

typedef struct {
  int dim;
  int64_t volume;
  const int32_t *next; /* [volume][2 dim]: one step in the positive and in the negative sense of every direction */
  sq_flux_link *link;  /* [volume][dim]: the link that leaves a site in the positive direction */
  int32_t *m;          /* [volume]: half of f, and of what a worm adds at its ends */
  double *ratio;       /* [count]: W(2 m + 2)/W(2 m) */
  int64_t count;
  double forth, back; /* e^{mu}, e^{-mu} */
} sq_flux_state;

/* Where a worm is. It may be left and taken up again: its random numbers are counted. */
typedef struct {
  int64_t left; /* attempts to come */
  uint64_t counter;
  bool open;
  int32_t head, tail;
  double insertion; /* the weight of open configurations, see kernels.c */
} sq_flux_worm;

/* m[] of the links. */
void sq_flux_count(const sq_flux_state *s);
/* The sites whose k has a divergence, and the links with l < 0. */
int64_t sq_flux_faults(const sq_flux_state *s);
/* Draws l of links `first`, first + 1, ... from its distribution given all else; returns the first link that it did not
 * come to: dim * volume, or the one for which the table is too short. */
int64_t sq_flux_draw(const sq_flux_state *s, sq_stream stream, uint64_t unit, int64_t first);
/* Goes on with the worms; false: the table is too short for the next step. */
bool sq_flux_crawl(const sq_flux_state *s, sq_stream stream, uint64_t unit, sq_flux_worm *worm);

#endif
