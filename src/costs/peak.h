/* SPDX-License-Identifier: BSD-3-Clause */
/* peak: the most that a core computes, without memory. */
#ifndef SQUALL_COSTS_PEAK_H
#define SQUALL_COSTS_PEAK_H

#include <stdint.h>

enum { SQ_PEAK_SETS = 3 };

/* A set of instructions: its name, the floats of a vector, and n rounds of multiply-adds, whose result is to be used.
 */
typedef struct {
  const char *name;
  int lanes;
  float (*work)(int64_t n);
} sq_peak_set;

/* Those of this processor, the narrowest first; returns how many. Not collective. */
int sq_peak_sets(sq_peak_set set[SQ_PEAK_SETS]);
/* The floating-point operations of n rounds. Not collective. */
double sq_peak_flops(const sq_peak_set *set, int64_t n);

#endif
