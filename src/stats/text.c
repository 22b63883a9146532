/* SPDX-License-Identifier: BSD-3-Clause */
/* text: estimates as people write them. Serial. */
#include "squall/stats.h"
#include <math.h>

void sq_value_text(const sq_estimate *e, char *text, size_t size)
{
  if (isnan(e->value)) {
    snprintf(text, size, "nan");
    return;
  }
  if (!isfinite(e->error)) {
    snprintf(text, size, "%#.4g(?)", e->value);
    return;
  }
  if (!(e->error > 0) || !isfinite(e->value)) {
    snprintf(text, size, "%.6g", e->value);
    return;
  }
  int digits = (int)ceil(-log10(e->error) + log10(2.)); /* the error as 2 to 19 units of the last digit */
  if (digits < 0) digits = 0;
  if (digits > 12) digits = 12;
  double units = digits ? round(e->error * pow(10, digits)) : round(e->error);
  snprintf(text, size, "%.*f(%.0f)", digits, e->value, units);
}

void sq_tau_text(const sq_estimate *e, char *text, size_t size)
{
  if (isnan(e->tau_int)) snprintf(text, size, "?");
  else if (isnan(e->tau_int_error)) snprintf(text, size, "at least %.3g", e->tau_int);
  else snprintf(text, size, "%.3g(%.1g)", e->tau_int, e->tau_int_error);
}
