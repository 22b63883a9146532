/* toy: the one-site theory against closed forms and identities. */
#include "squall/toy.h"
#include "tap.h"

/* A harmonic site: Z = sqrt(2 pi/mu), and noise only widens the Gaussian. */
static void test_harmonic(void)
{
  const double mu = 1.7, value[] = {mu, 0, 0}, levels[] = {0.01, 0.5, 30};
  double worst = 0;
  sq_action action;
  sq_toy *toy;
  TAP_CALL(sq_action_make("quartic", 1, value, &action));
  TAP_CALL(sq_toy_create(&action, &toy));
  tap_near(toy->log_Z, 0.5 * log(2 * M_PI / mu), 1e-13, "Z of a harmonic site");
  tap_near(sq_toy_share(toy, -0.3, 0.8), 0.5 * (erf(0.8 * sqrt(mu / 2)) + erf(0.3 * sqrt(mu / 2))), 1e-11,
           "a share of it");
  tap_near(sq_toy_range(toy, 8), sqrt(16 / mu), 4e-3 * sqrt(16 / mu), "its range");
  for (int k = 0; k < 3; k++)
    for (double z = -4; z <= 4; z += 0.5) {
      double a = 0.8, s = levels[k], variance = a * a / mu + s * s, phi = z * sqrt(variance);
      sq_toy_noised q = sq_toy_at(toy, a, s, phi);
      tap_worst(&worst, fabs(q.effective_action - 0.5 * (z * z + log(2 * M_PI * variance))));
      tap_worst(&worst, fabs(q.drift + phi / variance));
    }
  tap_check(worst < 1e-8, "the noised harmonic site: action and drift (off by %.1e)", worst);
  TAP_CALL(sq_toy_destroy(&toy));
}

/* The double well: the noised density is normalised, its moments are those of phi + noise, its drift is its slope,
 * Schwinger-Dyson holds. */
static void test_double_well(double s)
{
  const double value[] = {-1, 0.4, 0};
  enum { N = 4000 };
  double norm = 0, second = 0, second_0 = 0, schwinger_dyson = 0, slope = 0, a = 0.9;
  sq_action action;
  sq_toy *toy;
  TAP_CALL(sq_action_make("quartic", 1, value, &action));
  TAP_CALL(sq_toy_create(&action, &toy));
  double reach = toy->reach + 10 * s, h = 2 * reach / N, width = 1e-3 * (1 + s);
  for (int i = 0; i <= N; i++) {
    double phi = -reach + i * h, q = exp(-sq_toy_at(toy, a, s, phi).effective_action),
           p = exp(-sq_toy_action(toy, phi) - toy->log_Z);
    norm += q * h;
    second += q * phi * phi * h;
    second_0 += p * phi * phi * h;
    schwinger_dyson += p * phi * (-phi + 0.4 / 6 * phi * phi * phi) * h;
  }
  for (double phi = -6; phi < 6; phi += 0.7) {
    double numerical = (sq_toy_at(toy, a, s, phi - width).effective_action -
                        sq_toy_at(toy, a, s, phi + width).effective_action) /
                       (2 * width);
    tap_worst(&slope, fabs(numerical - sq_toy_at(toy, a, s, phi).drift));
  }
  tap_near(norm, 1, 1e-10, "the noised density is normalised");
  tap_near(second, a * a * second_0 + s * s, 1e-8 * second, "its second moment is that of a phi + noise");
  tap_near(schwinger_dyson, 1, 1e-10, "Schwinger-Dyson on one site");
  tap_check(slope < 1e-4, "the drift is the slope of the effective action (off by %.1e)", slope);
  TAP_CALL(sq_toy_destroy(&toy));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_harmonic();
  test_double_well(0.1);
  test_double_well(3);
  return tap_end();
}
