/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: the complex scalar field with a chemical potential,
 *   S = sum_x [ eta |phi|^2 + lambda |phi|^4 - sum_nu (e^{mu delta_{nu,0}} phi*_x phi_{x+nu} + e^{-mu delta_{nu,0}}
 *       phi*_{x+nu} phi_x) ],
 * and what its forms share (complex_values.c): dual fluxes (complex.c), two real numbers a site (complex_field.c), and
 * these become complex (complex_langevin.c).
 */
#ifndef SQUALL_ACTION_COMPLEX_H
#define SQUALL_ACTION_COMPLEX_H

#include "types.h"

enum { SQ_COMPLEX_ETA, SQ_COMPLEX_LAMBDA, SQ_COMPLEX_MU };

extern const sq_param sq_complex_params[];
extern const sq_action_type sq_action_complex_field, sq_action_complex_langevin;

/* What holds for all forms: finite values, and a lower bound of Re S. As sq_action_type.valid. */
bool sq_complex_valid(const sq_action *action, char *reason, size_t size);

#endif
