/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of corrections. */
#include "src/correction/correction.h"

const sq_correction *const sq_corrections[] = {&sq_correction_metropolis,
                                               &sq_correction_reweight,
                                               &sq_correction_ode,
                                               &sq_correction_partial,
                                               &sq_correction_mala,
                                               &sq_correction_hmc,
                                               NULL};
