/* SPDX-License-Identifier: BSD-3-Clause */
/* A normal number whose rounded value has a given mean and variance. Rounding adds 1/12 to the variance of a wide one
 * and leaves its mean; where windings are dilute it changes both by much. */
#include "src/adversary/integers.h"
#include <math.h>

/* P(x > a) of a normal number. */
static double above(double a)
{
  return 0.5 * erfc(a / sqrt(2));
}

/* Of round(middle + width z). */
static void moments(double middle, double width, double *mean, double *variance)
{
  const double first = floor(middle - 8 * width), last = ceil(middle + 8 * width);
  double sum = 0, square = 0, left = above((first - 0.5 - middle) / width);
  for (double k = first; k <= last; k++) {
    const double right = above((k + 0.5 - middle) / width), share = left - right;
    sum += share * k;
    square += share * k * k;
    left = right;
  }
  *mean = sum;
  *variance = square - sum * sum;
}

/* The middle for that mean, 0 <= mean < 1; the variance there. */
static double middle_for(double mean, double width, double *variance)
{
  double low = -0.5 - 8 * width, high = 1.5 + 8 * width, found;
  for (int i = 0; i < 50; i++) {
    const double middle = 0.5 * (low + high);
    moments(middle, width, &found, variance);
    if (found < mean) low = middle;
    else high = middle;
  }
  return high;
}

/* The variance grows with the width. */
void sq_rounded_normal(double mean, double variance, double *middle, double *width)
{
  const double base = floor(mean);
  double low = 1e-3, high = 2.5, found;
  *middle = mean;
  *width = variance > 4 ? sqrt(variance - 1. / 12) : 0;
  if (!(variance > 0) || variance > 4) return;
  for (int i = 0; i < 40; i++) {
    *width = sqrt(low * high);
    *middle = base + middle_for(mean - base, *width, &found);
    if (found < variance) low = *width;
    else high = *width;
  }
}
