/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: where a net of links tears most easily. */
#ifndef SQUALL_REWEIGHT_CUT_H
#define SQUALL_REWEIGHT_CUT_H

#include "squall/reweight.h"

/* The least sum of links link[k * SQ_REWEIGHT_STATES + l] >= 0, l < k < n, between two parts of n >= 2 places, and
 * side[n], which part each is in. M. Stoer, F. Wagner, J. ACM 44 (1997) 585. Not collective. */
double sq_least_cut(int n, const double *link, bool *side);

#endif
