/* SPDX-License-Identifier: BSD-3-Clause */
/* Kinds of autoregressive networks. Files of models know a row by its number: new ones come last. */
#include "squall/raster.h"

/* The sites that what is unknown depends on; dense layers. */
static const sq_raster_network frontier = {"frontier", SQ_RASTER_FRONTIER, SQ_RASTER_ITSELF, false};
/* Convolutions: all known sites within the radius, in every layer. */
static const sq_raster_network box = {"box", SQ_RASTER_BOX, SQ_RASTER_BOX, false};
/* The frontier, with weights of its own for every site. */
static const sq_raster_network dense = {"dense", SQ_RASTER_FRONTIER, SQ_RASTER_ITSELF, true};
const sq_raster_network *const sq_raster_networks[] = {&frontier, &box, &dense, NULL};
