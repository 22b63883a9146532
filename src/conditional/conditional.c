/* SPDX-License-Identifier: BSD-3-Clause */
/* Distributions: what holds for every row. */
#include "src/conditional/types.h"

const char *sq_conditional_name(int index)
{
  return sq_conditionals[index] ? sq_conditionals[index]->name : NULL;
}

const sq_conditional *sq_conditional_find(const char *name)
{
  return sq_conditionals[sq_find_name(sq_conditional_name, name)];
}

int sq_conditional_outputs(const sq_conditional *type, int mixture)
{
  return mixture * (type->vectors * type->components + type->scalars);
}
