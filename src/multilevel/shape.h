/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to multilevel: the plans of all levels of a model. */
#ifndef SQUALL_MULTILEVEL_SHAPE_H
#define SQUALL_MULTILEVEL_SHAPE_H

#include "src/multilevel/internal.h"

typedef struct {
  sq_multi_plan fine, coarse, box;
} sq_multi_plans;
PetscErrorCode sq_multi_plans_create(const sq_multilevel_shape *shape, sq_multi_plans *plans);
void sq_multi_plans_free(sq_multi_plans *plans);
/* That of a level; index = levels: the box. */
const sq_multi_plan *sq_multi_plans_of(const sq_multi_plans *plans, const sq_multilevel_shape *shape, int index);

#endif
