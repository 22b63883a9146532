/* SPDX-License-Identifier: BSD-3-Clause */
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

/* What a Gaussian of variance 1/mu, which is self, says of a noisy site: clean = noisy a/mu/(a^2/mu + s^2). */
static PetscErrorCode denoise(void *self, double a, double s, int count, const double *noisy, double *clean)
{
  const double variance = 1 / *(const double *)self;
  for (int i = 0; i < count; i++) clean[i] = noisy[i] * a * variance / (a * a * variance + s * s);
  return 0;
}

/* The learned flow of a score that knows the theory is the exact one; of one that does not, it is as far off as its
 * drift. */
static void test_flow(void)
{
  enum { POINTS = 801 };
  const double mu = 1.7, s = 0.4, value[] = {mu, 0, 0}, widened = 1 / mu + s * s;
  double right = mu, wrong = 2, action = 0;
  sq_score good = {.self = &right, .denoise = denoise}, bad = {.self = &wrong, .denoise = denoise};
  sq_toy_row row[POINTS];
  sq_action theory;
  sq_toy *toy;
  TAP_CALL(sq_action_make("quartic", 1, value, &theory));
  TAP_CALL(sq_toy_create(&theory, &toy));
  TAP_CALL(sq_toy_flow(toy, &good, s, POINTS, row));
  for (int i = 0; i < POINTS; i++)
    if (row[i].action < 20) tap_worst(&action, fabs(row[i].learned_action - row[i].action));
  tap_check(action < 1e-6 && sq_toy_drift_error(POINTS, row) < 1e-8, "an exact score has the exact flow (off by %.1e)",
            action);
  TAP_CALL(sq_toy_flow(toy, &bad, s, POINTS, row));
  tap_near(sq_toy_drift_error(POINTS, row), fabs(widened / (1 / wrong + s * s) - 1), 1e-8,
           "a wrong one is off by its "
           "drift");
  TAP_CALL(sq_toy_flow(toy, &good, 0, POINTS, row));
  double slope = 0;
  for (int i = 0; i < POINTS; i++) tap_worst(&slope, fabs(row[i].drift + mu * row[i].phi));
  tap_check(slope < 1e-7 && isnan(row[7].learned_action), "without noise there is the action itself (off by %.1e)",
            slope);
  TAP_CALL(sq_toy_destroy(&toy));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_harmonic();
  test_double_well(0.1);
  test_double_well(3);
  test_flow();
  return tap_end();
}
