/* SPDX-License-Identifier: BSD-3-Clause */
/* How outputs of a network become a field. */
#include "src/adversary/kinds.h"

const sq_output_kind *const sq_output_kinds[] = {&sq_output_real, &sq_output_heights, &sq_output_fluxes,
                                                 &sq_output_staircase, NULL};
