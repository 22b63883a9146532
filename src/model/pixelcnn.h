/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to model: the numbers that a model of type pixelcnn is made of. */
#ifndef SQUALL_MODEL_PIXELCNN_H
#define SQUALL_MODEL_PIXELCNN_H

#include "squall/raster.h"
#include "src/model/tractable_row.h"

/* In the order of sq_pixelcnn_settings; choices by their number in their tables, yes is 1. */
enum {
  PIXELCNN_NETWORK,
  PIXELCNN_RADIUS,
  PIXELCNN_CHANNELS,
  PIXELCNN_DEPTH,
  PIXELCNN_POSITIONS,
  PIXELCNN_ODD,
  PIXELCNN_AVERAGED,
  PIXELCNN_LAW,
  PIXELCNN_MIXTURE,
  PIXELCNN_SETTINGS
};
extern const char *const sq_pixelcnn_settings[];
extern const sq_param sq_pixelcnn_params[];
/* See sq_tractable_kind. */
PetscErrorCode sq_pixelcnn_read(const sq_deck *deck, const sq_action *action, double setting[]);

#endif
