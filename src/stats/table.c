/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be done to weights before they are used. */
#include "squall/stats.h"

const sq_weight_rule *const sq_weight_rules[] = {&sq_weights_plain, &sq_weights_truncated, &sq_weights_smoothed, NULL};
