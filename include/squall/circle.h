/* SPDX-License-Identifier: BSD-3-Clause */
/* circle: angles. Sine, cosine and arc as plain arithmetic, which compilers make vectors of: the same bits on all
 * machines, whatever their C library does. To 3e-16, for angles up to SQ_CIRCLE_MOST; NaN beyond, where an angle means
 * nothing. Exponential, logarithm and the Bessel functions of densities of angles in the same way. Its constants are
 * hexadecimal: in C++ they need C++17.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_CIRCLE_H
#define SQUALL_CIRCLE_H

#include "squall/rng.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SQ_CIRCLE_MOST   3e6
#define SQ_CIRCLE_TURNS  0x1.45f306dc9c883p-3 /* 1/(2 pi): of an angle */
#define SQ_CIRCLE_INLINE static inline __attribute__((always_inline))

/* Parts of pi: products with integers below 2^20 are exact but for the last (W. J. Cody, W. Waite, Software Manual for
 * the Elementary Functions (1980)). */
#define SQ_CIRCLE_PI1 0x1.921fb544p+1
#define SQ_CIRCLE_PI2 0x1.0b4611a6p-33
#define SQ_CIRCLE_PI3 0x1.3198a2e037073p-68

#define SQ_LN2_HIGH 0x1.62e42feep-1 /* 32 bits: products with exponents are exact */
#define SQ_LN2_LOW  0x1.a39ef35793c76p-33

/* sin r for |r| <= pi/2, turned round if the last bit of `turns` is set; a Chebyshev fit, to 2e-18. */
SQ_CIRCLE_INLINE double half_turn_sine(double r, double turns)
{
  double z = r * r, series = -0x1.ae5138c11fe39p-41 + z * 0x1.89a4866f21a86p-49;
  series = 0x1.71de3a5456716p-19 + z * (-0x1.ae6455a1d7086p-26 + z * (0x1.6124015b5edeep-33 + z * series));
  series = -0x1.5555555555555p-3 + z * (0x1.1111111111107p-7 + z * (-0x1.a01a01a018aadp-13 + z * series));
  double sine = r + r * (z * series);
  uint64_t sign, bits;
  memcpy(&sign, &turns, sizeof sign);
  memcpy(&bits, &sine, sizeof bits);
  bits ^= sign << 63;
  memcpy(&sine, &bits, sizeof sine);
  return sine;
}

/* sin x, odd to the last bit. */
SQ_CIRCLE_INLINE double sq_sine(double x)
{
  const double rounding = 0x1.8p52;
  double shifted = x * 0x1.45f306dc9c883p-2 + rounding, k = shifted - rounding;
  double sine = half_turn_sine(((x - k * SQ_CIRCLE_PI1) - k * SQ_CIRCLE_PI2) - k * SQ_CIRCLE_PI3, shifted);
  return fabs(x) <= SQ_CIRCLE_MOST ? sine : NAN;
}

/* cos x, even to the last bit. */
SQ_CIRCLE_INLINE double sq_cosine(double x)
{
  const double rounding = 0x1.8p52, size = fabs(x);
  double shifted = (size * 0x1.45f306dc9c883p-2 - 0.5) + rounding, k = shifted - rounding + 0.5;
  double sine = half_turn_sine(((size - k * SQ_CIRCLE_PI1) - k * SQ_CIRCLE_PI2) - k * SQ_CIRCLE_PI3, shifted);
  return size <= SQ_CIRCLE_MOST ? -sine : NAN;
}

/* The angle of (x, y), in [-pi, pi]; 0 for x = y = 0. */
SQ_CIRCLE_INLINE double sq_arc(double y, double x)
{
  const double a = fabs(x), b = fabs(y), less = b > a ? a : b, more = b > a ? b : a;
  const bool far = less > 0x1.a827999fcef32p-2 * more; /* tan(pi/8) */
  double below = far ? less + more : more, t = (far ? less - more : less) / (below > 0 ? below : 1), z = t * t;
  double series = 0x1.74ddd40810b58p-5 + z * (-0x1.1b33b921f3dd2p-5 + z * 0x1.0ad36a419047ep-6);
  series = -0x1.110e880a7a199p-4 + z * (0x1.e19a13b9f75a1p-5 + z * (-0x1.ac7a938b44639p-5 + z * series));
  series = 0x1.c71c71c304b68p-4 + z * (-0x1.745d165df3f93p-4 + z * (0x1.3b1392d9e7829p-4 + z * series));
  series = -0x1.5555555555555p-2 + z * (0x1.9999999999953p-3 + z * (-0x1.249249248d7eep-3 + z * series));
  double arc = t + t * (z * series);
  arc = far ? arc + 0x1.921fb54442d18p-1 : arc;
  arc = b > a ? 0x1.921fb54442d18p+0 - arc : arc;
  arc = x < 0 ? 0x1.921fb54442d18p+1 - arc : arc;
  return copysign(arc, y);
}

/* x plus a multiple of 2 pi, in [-pi, pi); an angle that is there already stays as it is. */
SQ_CIRCLE_INLINE double sq_wrap(double x)
{
  const double rounding = 0x1.8p52, half = 0x1.921fb54442d18p+1;
  double k = 2 * (x * SQ_CIRCLE_TURNS + rounding - rounding);
  double r = ((x - k * SQ_CIRCLE_PI1) - k * SQ_CIRCLE_PI2) - k * SQ_CIRCLE_PI3;
  r = r >= half ? r - 2 * half : r;
  r = r < -half ? r + 2 * half : r;
  return fabs(x) <= SQ_CIRCLE_MOST ? r : NAN;
}

/* e^x to 3e-16 of it; 0 below -708, infinity above 709, NaN of NaN. */
SQ_CIRCLE_INLINE double sq_exponential(double x)
{
  const double rounding = 0x1.8p52, inside = x < -708 ? -708 : x > 709 ? 709 : x;
  const double shifted = inside * 0x1.71547652b82fep+0 + rounding, k = shifted - rounding;
  const double r = (inside - k * SQ_LN2_HIGH) - k * SQ_LN2_LOW;
  double series = 1. / 3628800 + r * (1. / 39916800 + r * (1. / 479001600 + r * (1. / 6227020800)));
  series = 1. / 5040 + r * (1. / 40320 + r * (1. / 362880 + r * series));
  series = 1. / 24 + r * (1. / 120 + r * (1. / 720 + r * series));
  double power = 1 + (r + r * r * (1. / 2 + r * (1. / 6 + r * series)));
  uint64_t bits, turns;
  memcpy(&turns, &shifted, sizeof turns);
  memcpy(&bits, &power, sizeof bits);
  bits += turns << 52;
  memcpy(&power, &bits, sizeof power);
  power = x > 709 ? INFINITY : power;
  power = x < -708 ? 0 : power;
  return x == x ? power : x;
}

/* log x to 3e-16, for x from 1e-300 to 1e300; NaN of NaN. */
SQ_CIRCLE_INLINE double sq_logarithm(double x)
{
  const uint64_t half = 0x3fe6a09e667f3bcdu; /* the bits of sqrt(1/2) */
  const double magic = 0x1p52;
  uint64_t bits, count, one;
  memcpy(&bits, &x, sizeof bits);
  const uint64_t k = (bits - half + ((uint64_t)1024 << 52)) >> 52;
  one = bits - ((k - 1024) << 52);
  memcpy(&count, &magic, sizeof count);
  count |= k;
  double z, e;
  memcpy(&z, &one, sizeof z);
  memcpy(&e, &count, sizeof e);
  e = e - magic - 1024;
  const double f = z - 1, s = f / (2 + f), w = s * s;
  double series = 2. / 15 + w * (2. / 17 + w * (2. / 19 + w * (2. / 21)));
  series = 2. / 7 + w * (2. / 9 + w * (2. / 11 + w * (2. / 13 + w * series)));
  series = w * (2. / 3 + w * (2. / 5 + w * series));
  return x == x ? e * SQ_LN2_HIGH + (2 * s + (s * series + e * SQ_LN2_LOW)) : x;
}

/* How often four angles go round on the way a b c d a, each step the shorter way: -1, 0 or 1. */
SQ_CIRCLE_INLINE double sq_circle_winding(double a, double b, double c, double d)
{
  const double rounding = 0x1.8p52, sum = (sq_wrap(b - a) + sq_wrap(c - b)) + (sq_wrap(d - c) + sq_wrap(a - d));
  return sum * SQ_CIRCLE_TURNS + rounding - rounding;
}

/* out[n] of angles x[n]; out may be x. */
void sq_circle_sines(int64_t n, const double *x, double *out);
void sq_circle_cosines(int64_t n, const double *x, double *out);
void sq_circle_wrap(int64_t n, const double *x, double *out);
/* log_I0[n] = log(e^{-kappa} I_0(kappa)) and ratio[n] = I_1(kappa)/I_0(kappa) of kappa[n] from 0 to 1e300, to 5e-14.
 * A density exp(kappa cos x)/I_0(kappa) of an angle has the mean cosine `ratio`. ratio may be NULL. */
void sq_circle_bessel(int64_t n, const double *kappa, double *log_I0, double *ratio);
/* An angle of density exp(kappa cos x)/(2 pi I_0(kappa)), kappa >= 0: D. J. Best, N. I. Fisher, Appl. Stat. 28 (1979)
 * 152. Of the addresses (site, step), draws 0 .. 63, of which it needs fewer than two on average. */
double sq_von_mises(double kappa, sq_stream stream, uint64_t site, uint64_t step);

#ifdef __cplusplus
}
#endif

#endif
