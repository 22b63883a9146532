/* Kinds of autoregressive networks. Files of models know a row by its number: new ones come last. */
#include "squall/raster.h"

static const sq_raster_network frontier = {"frontier", "the sites that what is unknown depends on, dense layers",
                                           SQ_RASTER_FRONTIER, SQ_RASTER_ITSELF, false};
static const sq_raster_network box = {"box", "convolutions: all known sites within the radius, in every layer",
                                      SQ_RASTER_BOX, SQ_RASTER_BOX, false};
static const sq_raster_network dense = {"dense", "frontier, with weights of its own for every site", SQ_RASTER_FRONTIER,
                                        SQ_RASTER_ITSELF, true};
const sq_raster_network *const sq_raster_networks[] = {&frontier, &box, &dense, NULL};
