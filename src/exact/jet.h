/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to exact: numbers with their first and second derivatives by one parameter. Exact differentiation in long
 * doubles, which have a little to lose where terms cancel. */
#ifndef SQUALL_EXACT_JET_H
#define SQUALL_EXACT_JET_H

#include "squall/exact.h"

typedef struct {
  long double at, first, second;
} sq_jet;

sq_jet sq_jet_constant(long double a);
sq_jet sq_jet_add(sq_jet a, sq_jet b);
sq_jet sq_jet_subtract(sq_jet a, sq_jet b);
sq_jet sq_jet_times(sq_jet a, sq_jet b);
sq_jet sq_jet_scale(long double factor, sq_jet a);
sq_jet sq_jet_divide(sq_jet a, sq_jet b);
sq_jet sq_jet_exp(sq_jet a);
/* exp(a) - 1, log(a), log(1 + a), and a^n of a whole n >= 0. */
sq_jet sq_jet_expm1(sq_jet a);
sq_jet sq_jet_log(sq_jet a);
sq_jet sq_jet_log1p(sq_jet a);
sq_jet sq_jet_sqrt(sq_jet a);
sq_jet sq_jet_power(sq_jet a, int64_t n);

/* Of log Z as a function of beta. */
sq_exact_thermal sq_jet_thermal(sq_jet log_Z, double beta, double sites);

#endif
