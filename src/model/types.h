/* Private to model: the rows of the table. */
#ifndef SQUALL_MODEL_TYPES_H
#define SQUALL_MODEL_TYPES_H

#include "squall/model.h"

extern const sq_model_type sq_model_type_diffusion;

#endif
