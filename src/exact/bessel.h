/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to exact: Bessel functions with derivatives. */
#ifndef SQUALL_EXACT_BESSEL_H
#define SQUALL_EXACT_BESSEL_H

#include "src/exact/jet.h"

/* From which order on I_n(x)/I_0(x) is below 1e-22. */
int sq_bessel_orders(double x);
/* e^{-|x|} I_n(x), n < count, with two derivatives of I_n by x; of either sign of x. Freed with sq_free. */
PetscErrorCode sq_bessel_jets(double x, int count, sq_jet **jets);

#endif
