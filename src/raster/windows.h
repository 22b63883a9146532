/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: which sites a layer sees from a site. */
#ifndef SQUALL_RASTER_WINDOWS_H
#define SQUALL_RASTER_WINDOWS_H

#include "squall/raster.h"

typedef struct {
  int32_t site, slot; /* slot: which weights */
} sq_raster_tap;

/* Site x has taps begin[x] .. begin[x + 1] - 1, their slots ascending. */
typedef struct {
  int64_t sites, slots, most; /* most: taps of a site */
  int64_t *begin;             /* [sites + 1] */
  sq_raster_tap *tap;
} sq_raster_window;

/* self: with the site itself. */
PetscErrorCode sq_raster_window_create(const sq_raster_shape *shape, sq_raster_view view, bool self,
                                       sq_raster_window *window);
/* The same list from the other side: who sees a site. */
PetscErrorCode sq_raster_window_reverse(const sq_raster_window *window, sq_raster_window *users);
void sq_raster_window_destroy(sq_raster_window *window);

#endif
