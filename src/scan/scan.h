/* SPDX-License-Identifier: BSD-3-Clause */
/* scan: commands on the directories of many runs, a point of a figure each. */
#ifndef SQUALL_SCAN_H
#define SQUALL_SCAN_H

#include "src/report/report.h"

extern const sq_command sq_crossing_command, sq_curve_command, sq_density_command;

#endif
