/* SPDX-License-Identifier: BSD-3-Clause */
/* The distributions of one number. Files of models know a row by its number: new ones come last. */
#include "src/conditional/types.h"

const sq_conditional *const sq_conditionals[] = {&sq_conditional_sign, &sq_conditional_pairs, &sq_conditional_von_mises,
                                                 &sq_conditional_beta, NULL};
