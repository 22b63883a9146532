/* SPDX-License-Identifier: BSD-3-Clause */
/* No action: fields of real numbers that were made elsewhere, by something that squall does not know. Nothing is said
 * of how likely they are: there is no energy, no force and no symmetry but translations. What can be learned from
 * fields alone, and measured on them, is possible (sq_action_known). */
#include "types.h"
#include <math.h>
#include <stdio.h>

enum { COMPONENTS };

static int components(const sq_action *action)
{
  return (int)action->value[COMPONENTS];
}

static bool valid(const sq_action *action, char *reason, size_t size)
{
  const double n = action->value[COMPONENTS];
  if (n >= 1 && n <= SQ_COMPONENTS && n == floor(n)) return true;
  snprintf(reason, size, "components = %g: must be a whole number from 1 to %d", n, SQ_COMPONENTS);
  return false;
}

static const sq_param params[] = {
  {"action", "components", SQ_PARAM_INT, NULL, 1, SQ_COMPONENTS, NULL, "", "none: how many real numbers a site has"},
  {0}};

static const char *const columns[] = {"M", "abs_M", "phi2", "phi4", "link", "G_pmin", NULL};

const sq_action_type sq_action_none = {.name = "none",
                                       .summary = "no known action: real numbers of imported fields, to learn from and "
                                                  "to measure",
                                       .params = params,
                                       .space = &sq_space_real,
                                       .components = components,
                                       .columns = columns,
                                       .valid = valid};
