/* SPDX-License-Identifier: BSD-3-Clause */
/* The parameters of the complex scalar field (complex.h), which all its forms have. */
#include "complex.h"
#include <math.h>
#include <stdio.h>

static const double largest_mu = 30;

const sq_param sq_complex_params[] = {
  {"action", "eta", SQ_PARAM_REAL, NULL, 0, 0, NULL, "",
   "complex, S = sum eta |phi|^2 + lambda |phi|^4 - hopping with e^{+-mu} in time: 2 d + m^2"},
  {"action", "lambda", SQ_PARAM_REAL, NULL, 0, 1e12, NULL, "",
   "complex: quartic coupling; 0 is the free field and needs eta > 2 (d - 1) + 2 cosh(mu)"},
  {"action", "mu", SQ_PARAM_REAL, "0", 0, 0, NULL, "", "complex: chemical potential"},
  {0}};

bool sq_complex_valid(const sq_action *action, char *reason, size_t size)
{
  const double eta = action->value[SQ_COMPLEX_ETA], lambda = action->value[SQ_COMPLEX_LAMBDA],
               mu = action->value[SQ_COMPLEX_MU];
  const double free = 2 * (action->dim - 1) + 2 * cosh(mu);
  if (!isfinite(eta) || !isfinite(lambda) || lambda < 0 || !(fabs(mu) <= largest_mu)) {
    snprintf(reason, size,
             "eta = %g, lambda = %g, mu = %g: eta must be finite, lambda finite and not negative, mu between -%g and "
             "%g",
             eta, lambda, mu, largest_mu, largest_mu);
    return false;
  }
  if (lambda == 0 && eta <= free) {
    snprintf(reason, size,
             "eta = %g at lambda = 0: the action of the free field has no lower bound unless eta > 2 (d - 1) + 2 "
             "cosh(mu) "
             "= %g; raise eta, lower mu or give a lambda > 0",
             eta, free);
    return false;
  }
  return true;
}
