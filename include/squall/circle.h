/* circle: angles. Sine, cosine and arc as plain arithmetic, which compilers make vectors of: the same bits on all
 * machines, whatever their C library does. To 3e-16, for angles up to SQ_CIRCLE_MOST; NaN beyond, where an angle means
 * nothing.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_CIRCLE_H
#define SQUALL_CIRCLE_H

#include "squall/rng.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define SQ_CIRCLE_MOST   3e6
#define SQ_CIRCLE_TURNS  0x1.45f306dc9c883p-3 /* 1/(2 pi): of an angle */
#define SQ_CIRCLE_INLINE static inline __attribute__((always_inline))

/* Parts of pi: products with integers below 2^20 are exact but for the last (W. J. Cody, W. Waite, Software Manual for
 * the Elementary Functions (1980)). */
#define SQ_CIRCLE_PI1 0x1.921fb544p+1
#define SQ_CIRCLE_PI2 0x1.0b4611a6p-33
#define SQ_CIRCLE_PI3 0x1.3198a2e037073p-68

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
/* An angle of density exp(kappa cos x)/(2 pi I_0(kappa)), kappa >= 0: D. J. Best, N. I. Fisher, Appl. Stat. 28 (1979)
 * 152. Of the addresses (site, step), draws 0 .. 63, of which it needs fewer than two on average. */
double sq_von_mises(double kappa, sq_stream stream, uint64_t site, uint64_t step);

#endif
