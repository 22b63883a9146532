/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of kinds of Schwinger-Dyson equations: the first that suits an action is its own. */
#include "src/import/identity.h"

const sq_identity_kind *const sq_identity_kinds[] = {&sq_identity_forces, &sq_identity_spins, &sq_identity_fluxes,
                                                     NULL};
