/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of what is known: ways to know, the best of a number first. */
#include "squall/known.h"

const sq_oracle *const sq_oracles[] = {&sq_ising_torus_oracle,
                                       &sq_ising_box_oracle,
                                       &sq_ising_strip_oracle,
                                       &sq_xy_oracle,
                                       &sq_u1_oracle,
                                       &sq_complex_free_oracle,
                                       &sq_complex_box_oracle,
                                       &sq_transfer_oracle,
                                       &sq_field_free_oracle,
                                       &sq_field_box_oracle,
                                       NULL};
