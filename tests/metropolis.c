/* SPDX-License-Identifier: BSD-3-Clause */
/* metropolis: what is accepted, what is counted. */
#include "squall/metropolis.h"
#include "tap.h"
#include <string.h>

/* On an equidistant grid of n values u in (0,1), exactly floor or ceil of n min(1, e^l) are accepted. */
static void test_probability(void)
{
  const double log_ratio[] = {-5, -1, -0.25, -1e-9, 0, 1e-9, 3, 800};
  enum { N = 100000 };
  for (size_t i = 0; i < sizeof log_ratio / sizeof *log_ratio; i++) {
    sq_metropolis counts = {0};
    for (int k = 0; k < N; k++) sq_metropolis_decide(&counts, log_ratio[i], (k + 0.5) / N);
    double expected = N * fmin(1, exp(log_ratio[i]));
    tap_check(fabs((double)counts.accepted - expected) <= 1 && counts.proposed == N && counts.invalid == 0,
              "log-ratio %g is accepted with probability min(1, e^l)", log_ratio[i]);
    tap_check(fabs(sq_metropolis_acceptance(&counts) - expected / N) <= 1.0 / N, "acceptance at log-ratio %g",
              log_ratio[i]);
  }
}

static void test_not_finite(void)
{
  sq_metropolis counts = {0};
  tap_check(!sq_metropolis_decide(&counts, NAN, 1e-300), "a NaN is rejected");
  tap_check(!sq_metropolis_decide(&counts, -NAN, 1e-300), "a negative NaN is rejected");
  tap_check(counts.invalid == 2 && counts.proposed == 2 && counts.accepted == 0, "NaNs are counted");
  tap_check(counts.sum_exp == 0 && counts.sum_exp2 == 0, "a NaN leaves the sums alone");
  tap_check(!sq_metropolis_decide(&counts, -INFINITY, 1e-300), "minus infinity is rejected");
  tap_check(sq_metropolis_decide(&counts, INFINITY, 1 - 1e-16), "plus infinity is accepted");
  tap_check(counts.invalid == 2 && counts.proposed == 4 && counts.accepted == 1, "infinities are valid");
  tap_check(counts.sum_exp == SQ_METROPOLIS_HUGE && isfinite(counts.sum_exp2), "the sums stay finite");
}

static void test_exp_mean(void)
{
  sq_metropolis counts = {0};
  double error;
  tap_check(sq_metropolis_acceptance(&counts) == 0, "no proposals: acceptance 0");
  tap_check(isnan(sq_metropolis_exp_mean(&counts, NULL)), "no proposals: no mean");
  sq_metropolis_decide(&counts, log(0.5), 0.75);
  sq_metropolis_decide(&counts, log(1.5), 0.75);
  sq_metropolis_decide(&counts, log(2.5), 0.75);
  tap_near(sq_metropolis_exp_mean(&counts, &error), 1.5, 1e-14, "mean of exp(log-ratio)");
  tap_near(error, sqrt(1.0 / 3), 1e-14, "its error");
}

static void test_save(void)
{
  sq_metropolis counts = {0}, both = {0}, restored;
  const double log_ratio[] = {-0.5, 0.25, NAN, 800, -2}, u = 0.3;
  double number[SQ_METROPOLIS_NUMBERS];
  for (int i = 0; i < 5; i++) {
    if (i < 2) sq_metropolis_decide(&counts, log_ratio[i], u);
    sq_metropolis_decide(&both, log_ratio[i], u);
  }
  sq_metropolis_save(&counts, number);
  sq_metropolis_restore(&restored, number);
  tap_check(!memcmp(&restored, &counts, sizeof counts), "saved and restored, counters are the same");
  for (int i = 2; i < 5; i++) sq_metropolis_decide(&restored, log_ratio[i], u);
  tap_check(!memcmp(&restored, &both, sizeof both) && both.proposed == 5 && both.invalid == 1, "and go on as if "
                                                                                               "nothing had been "
                                                                                               "between");
  const char *const names[] = {SQ_METROPOLIS_NAMES};
  tap_check(sizeof names / sizeof *names == SQ_METROPOLIS_NUMBERS, "every number has a name");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_probability();
  test_not_finite();
  test_exp_mean();
  test_save();
  return tap_end();
}
