/* SPDX-License-Identifier: BSD-3-Clause */
/* Angles: sine, cosine, arc and wrapping against the C library, their symmetries to the last bit; moments of random
 * angles about a direction against Bessel functions; exponential, logarithm and Bessel functions against the C library
 * and Miller's recurrence. Serial.
 */
#include "squall/circle.h"
#include "squall/exact.h"
#include "tap.h"

/* Numbers of all sizes up to `most`, both signs. */
static double some(uint64_t i, double most)
{
  const sq_stream stream = sq_stream_make(1, SQ_RNG_TEST, 0);
  double size = exp(-30 * sq_rng_uniform(stream, i, 0, 0));
  return most * size * (sq_rng_uniform(stream, i, 0, 1) < 0.5 ? -1 : 1);
}

static void test_functions(void)
{
  double worst[4] = {0};
  bool same = true;
  for (uint64_t i = 0; i < 200000; i++) {
    const double x = i % 2 ? some(i, 10) : some(i, 0.99 * SQ_CIRCLE_MOST), y = some(i + 1000000, 10);
    tap_worst(&worst[0], fabs(sq_sine(x) - sin(x)));
    tap_worst(&worst[1], fabs(sq_cosine(x) - cos(x)));
    tap_worst(&worst[2], fabs(sq_arc(y, x) - atan2(y, x)));
    tap_worst(&worst[3], fabs(sq_wrap(x) - remainder(x, 2 * M_PI)) - 4e-17 * fabs(x));
    same = same && sq_sine(-x) == -sq_sine(x) && sq_cosine(-x) == sq_cosine(x);
    same = same && sq_wrap(x) >= -M_PI && sq_wrap(x) < M_PI && sq_wrap(sq_wrap(x)) == sq_wrap(x);
  }
  tap_check(worst[0] < 3e-16 && worst[1] < 3e-16, "sine and cosine: %.1e, %.1e", worst[0], worst[1]);
  tap_check(worst[2] < 6e-16 && worst[3] < 1e-15, "arc and wrapping: %.1e, %.1e", worst[2], worst[3]);
  tap_check(same, "symmetries hold to the last bit, wrapped angles stay");
}

static void test_edges(void)
{
  tap_check(sq_sine(0) == 0 && sq_cosine(0) == 1 && fabs(sq_sine(M_PI) - sin(M_PI)) < 1e-31, "zeros");
  tap_check(sq_wrap(M_PI) == -M_PI && sq_wrap(-M_PI) == -M_PI && sq_wrap(nextafter(M_PI, 0)) == nextafter(M_PI, 0),
            "the ends of the circle");
  tap_check(sq_arc(0, 0) == 0 && sq_arc(0, -1) == M_PI && sq_arc(1, 0) == M_PI / 2 && sq_arc(-1e-300, -1e300) == -M_PI,
            "arcs along the axes");
  tap_check(isnan(sq_sine(1e7)) && isnan(sq_cosine(-INFINITY)) && isnan(sq_wrap(NAN)), "no angle, no sine");
}

/* Arrays have the bits of numbers. */
static void test_arrays(void)
{
  double x[100], y[100];
  bool same = true;
  for (int i = 0; i < 100; i++) x[i] = some((uint64_t)i, 100);
  sq_circle_sines(100, x, y);
  for (int i = 0; i < 100; i++) same = same && y[i] == sq_sine(x[i]);
  sq_circle_cosines(100, x, y);
  for (int i = 0; i < 100; i++) same = same && y[i] == sq_cosine(x[i]);
  sq_circle_wrap(100, x, y);
  for (int i = 0; i < 100; i++) same = same && y[i] == sq_wrap(x[i]);
  tap_check(same, "arrays are made of vectors, and have the same bits");
}

/* <cos n x> = I_n(kappa)/I_0(kappa), by the trapezoidal rule. */
static double moment(double kappa, int n)
{
  double sum = 0, norm = 0;
  const int points = 40000;
  for (int i = 0; i < points; i++) {
    const double x = 2 * M_PI * i / points, w = exp(kappa * (cos(x) - 1));
    norm += w;
    sum += w * cos(n * x);
  }
  return sum / norm;
}

/* 5 sigma each: false alarms once in 10^5 seeds. */
static void test_von_mises(double kappa, uint64_t member)
{
  enum { N = 100000, MOMENTS = 4 };
  const sq_stream stream = sq_stream_make(2, SQ_RNG_TEST, member);
  double worst = 0;
  for (int n = 1; n <= MOMENTS; n++) {
    double sum = 0, odd = 0;
    for (uint64_t i = 0; i < N; i++) {
      const double x = sq_von_mises(kappa, stream, i, 7);
      sum += cos(n * x);
      odd += sin(n * x);
    }
    const double mean = moment(kappa, n), square = 0.5 * (1 + moment(kappa, 2 * n)), odd_square = 1 - square;
    tap_worst(&worst, fabs(sum / N - mean) / sqrt((square - mean * mean) / N));
    tap_worst(&worst, fabs(odd / N) / sqrt(odd_square / N));
  }
  tap_check(worst < 5, "random angles, kappa = %g: %.1f sigmas", kappa, worst);
}

static void test_exponentials(void)
{
  double worst[2] = {0};
  for (uint64_t i = 0; i < 200000; i++) {
    const double x = some(i, 700);
    tap_worst(&worst[0], fabs(sq_exponential(x) / exp(x) - 1));
    tap_worst(&worst[1], fabs(sq_logarithm(exp(x)) - log(exp(x))) / fmax(1, fabs(x)));
  }
  tap_check(worst[0] < 5e-16 && worst[1] < 5e-16, "exponential and logarithm: %.1e, %.1e", worst[0], worst[1]);
  tap_check(sq_exponential(0) == 1 && sq_logarithm(1) == 0 && sq_exponential(-1e4) == 0 &&
              sq_exponential(1e4) == INFINITY && isnan(sq_exponential(NAN)),
            "their edges");
}

static void test_bessel(void)
{
  enum { N = 2000 };
  static double kappa[N], log_I0[N], ratio[N], worst[2];
  for (int i = 0; i < N; i++) kappa[i] = i < 2 ? i : i < 1000 ? 0.012 * i : exp(0.0138 * (i - 1000));
  sq_circle_bessel(N, kappa, log_I0, ratio);
  for (int i = 0; i < N; i++) {
    long double f[2];
    sq_exact_bessel(2, kappa[i], 2, f);
    tap_worst(&worst[0], fabs(log_I0[i] - (double)logl(f[0])));
    tap_worst(&worst[1], fabs(ratio[i] - (double)(f[1] / f[0])));
  }
  tap_check(worst[0] < 5e-14 && worst[1] < 5e-14, "log I_0 and I_1/I_0 up to kappa = %.0e: %.1e, %.1e", kappa[N - 1],
            worst[0], worst[1]);
  kappa[0] = 0, kappa[1] = 1e6, kappa[2] = 1e300, kappa[3] = NAN;
  sq_circle_bessel(4, kappa, log_I0, ratio);
  tap_check(fabs(log_I0[0]) < 1e-14 && ratio[0] == 0 && fabs(1 - ratio[1] - 5e-7) < 1e-12 &&
              fabs(log_I0[2] + 0.5 * log(2 * M_PI) + 150 * log(10)) < 1e-10 && isnan(log_I0[3]),
            "their edges");
}

int main(int argc, char **argv)
{
  const double kappa[] = {0, 1e-12, 0.01, 0.5, 2, 30, 1e4};
  tap_begin(&argc, &argv);
  test_functions();
  test_edges();
  test_arrays();
  test_exponentials();
  test_bessel();
  for (int i = 0; i < 7; i++) test_von_mises(kappa[i], (uint64_t)i);
  return tap_end();
}
