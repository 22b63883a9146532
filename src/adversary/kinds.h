/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to adversary: the rows of the table. */
#ifndef SQUALL_ADVERSARY_KINDS_H
#define SQUALL_ADVERSARY_KINDS_H

#include "squall/adversary.h"

extern const sq_output_kind sq_output_real, sq_output_heights, sq_output_fluxes, sq_output_staircase;

#endif
