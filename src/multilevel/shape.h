/* Private to multilevel: the plans of all levels of a model. */
#ifndef SQUALL_MULTILEVEL_SHAPE_H
#define SQUALL_MULTILEVEL_SHAPE_H

#include "src/multilevel/internal.h"

typedef struct {
  ml_plan fine, coarse, box;
} ml_plans;
PetscErrorCode ml_plans_create(const sq_multilevel_shape *shape, ml_plans *plans);
void ml_plans_free(ml_plans *plans);
/* That of a level; index = levels: the box. */
const ml_plan *ml_plans_of(const ml_plans *plans, const sq_multilevel_shape *shape, int index);

#endif
