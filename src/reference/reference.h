/* SPDX-License-Identifier: BSD-3-Clause */
/* reference: the commands that print what is exactly known of a deck's theory on its lattice. */
#ifndef SQUALL_REFERENCE_H
#define SQUALL_REFERENCE_H

#include "src/run/stage.h"

extern const sq_command sq_reference_command, sq_transfer_matrix_command, sq_samplers_command;

#endif
