/* SPDX-License-Identifier: BSD-3-Clause */
/* particle: the theory of a particle's paths against its formula written out, closed forms of the harmonic oscillator,
 * numbers from elsewhere, and a transfer matrix of its own, for masses that are not 1. */
#include "squall/known.h"
#include "squall/quantum.h"
#include "tap.h"
#include <string.h>

/* spacing, lambda, f2, omega2, mass */
static sq_action make(double a, double lambda, double f2, double omega2, double m)
{
  sq_action action;
  TAP_CALL(sq_action_make("particle", 1, (double[]){a, lambda, f2, omega2, m}, &action));
  return action;
}

static double V(const sq_action *action, double x)
{
  const double *v = action->value;
  return 0.5 * v[4] * v[3] * x * x + v[1] * pow(x * x - v[2], 2);
}

static double step_action(const sq_action *action, double x, double y)
{
  const double a = action->value[0], m = action->value[4];
  return m * (x - y) * (x - y) / (2 * a) + 0.5 * log(2 * M_PI * a / m);
}

static void check_formula(int64_t sites)
{
  enum { MOST = 64 };
  const sq_action action = make(0.3, 0.7, 1.3, -0.4, 2.5);
  double x[MOST], written = 0;
  sq_lattice *lattice;
  sq_field *phi;
  sq_halo *halo;
  sq_sum sum = {{0}};
  int ranks[SQ_DIM];
  if (!sq_lattice_can_share(1, &sites, tap.size, ranks)) return;
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, 1, &sites, NULL, &lattice));
  TAP_CALL(sq_field_create(lattice, 1, &phi));
  TAP_CALL(sq_halo_create_field(phi, SQ_HALO_FACES, &halo));
  for (int64_t t = 0; t < sites; t++) x[t] = 2 * sin(3.0 * (double)t + 1);
  for (int64_t t = 0; t < sites; t++)
    written += step_action(&action, x[t], x[(t + 1) % sites]) + action.value[0] * V(&action, x[t]);
  sq_field_from_block(phi, x + lattice->start[3]);
  TAP_CALL(sq_halo_exchange(halo, phi->data));
  action.type->energy(&action, phi, &sum);
  TAP_CALL(sq_sum_reduce(lattice->comm, 1, &sum));
  tap_near(sq_sum_value(&sum), written, 1e-13 * (double)sites * (1 + fabs(written)), "S as it is written");
  TAP_CALL(sq_halo_destroy(&halo));
  TAP_CALL(sq_field_destroy(&phi));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

static double known(const sq_action *action, int64_t sites, const char *name)
{
  double value;
  TAP_CALL(sq_known_value(action, &sites, name, &value));
  return value;
}

static void near(const sq_action *action, int64_t sites, const char *name, double value, double relative)
{
  tap_near(known(action, sites, name), value, relative * (1 + fabs(value)), name);
}

/* <x^2> = coth(N a w/2)/(2 m omega sqrt(1 + (a omega)^2/4)), Z = 1/(2 sinh(N a w/2)), w = (2/a) asinh(a omega/2). */
static void check_harmonic(double a, double omega, double m, int64_t sites)
{
  const sq_action action = make(a, 0, 3, omega * omega, m);
  const double w = 2 / a * asinh(a * omega / 2), half = 0.5 * (double)sites * a * w;
  near(&action, sites, "log_Z", -log(2 * sinh(half)), 1e-10);
  near(&action, sites, "phi2", 1 / (2 * m * omega * tanh(half) * sqrt(1 + a * a * omega * omega / 4)), 1e-10);
  near(&action, sites, "gap", w, 1e-10);
}

/* Double wells, from elsewhere. */
static void check_numbers(double f2, double E0, double gap, double x2, double log_Z)
{
  const sq_action action = make(0.1, 1, f2, 0, 1);
  sq_transfer *t;
  TAP_CALL(sq_transfer_create(&action, &t));
  tap_near(sq_transfer_energy(t, 0) / 0.1, E0, 6e-9, "E_0 of a double well");
  TAP_CALL(sq_transfer_destroy(&t));
  near(&action, 100, "gap", gap, 6e-9);
  near(&action, 100, "phi2", x2, 6e-9);
  near(&action, 100, "log_Z", log_Z, 1e-9);
}

/* Traces of the matrix by itself, multiplied out: log Z, <x^2> and <S>/N by differences of log Z in the scale of S. */
enum { POINTS = 160, LENGTH = 5 };
static double trace(const sq_action *action, double reach, double scale, double *x2)
{
  static double T[POINTS][POINTS], power[POINTS][POINTS], next[POINTS][POINTS];
  const double h = 2 * reach / (POINTS - 1);
  double Z = 0, square = 0;
  for (int i = 0; i < POINTS; i++)
    for (int k = 0; k < POINTS; k++) {
      const double x = i * h - reach, y = k * h - reach;
      T[i][k] = h * exp(-scale * (step_action(action, x, y) + 0.5 * action->value[0] * (V(action, x) + V(action, y))));
    }
  memcpy(power, T, sizeof T);
  for (int n = 1; n < LENGTH; n++) {
    memset(next, 0, sizeof next);
    for (int i = 0; i < POINTS; i++)
      for (int j = 0; j < POINTS; j++)
        for (int k = 0; k < POINTS; k++) next[i][k] += power[i][j] * T[j][k];
    memcpy(power, next, sizeof next);
  }
  for (int i = 0; i < POINTS; i++) {
    Z += power[i][i];
    square += power[i][i] * pow(i * h - reach, 2);
  }
  if (x2) *x2 = square / Z;
  return log(Z);
}

static void check_matrix(double a, double lambda, double f2, double omega2, double m, double reach)
{
  const sq_action action = make(a, lambda, f2, omega2, m);
  const double step = 1e-4;
  double x2, log_Z = trace(&action, reach, 1, &x2);
  near(&action, LENGTH, "log_Z", log_Z, 1e-9);
  near(&action, LENGTH, "phi2", x2, 1e-9);
  near(&action, LENGTH, "action_density",
       (trace(&action, reach, 1 - step, NULL) - trace(&action, reach, 1 + step, NULL)) / (2 * step * LENGTH), 1e-7);
}

static void check_density(void)
{
  enum { MOST = 2048 };
  static double weight[MOST], x[MOST], density[MOST];
  const sq_action action = make(0.2, 0.5, 1, 0, 3);
  sq_transfer *t;
  double worst = 0;
  TAP_CALL(sq_transfer_create(&action, &t));
  sq_transfer_distribution(t, 20, weight);
  sq_transfer_density(t, 0.2, 1, weight, x, density);
  for (int i = 0; i < t->points; i++) tap_worst(&worst, fabs(x[i] - t->phi[i]));
  tap_check(worst < 1e-14, "the place of the particle is the field, whatever its mass");
  TAP_CALL(sq_transfer_destroy(&t));
}

static void check_refusals(void)
{
  const double bad[][5] = {{0.1, 0, 1, 0, 1},  {0.1, 0, 1, -1, 1}, {0, 1, 1, 0, 1},
                           {0.1, -1, 1, 1, 1}, {0.1, 1, 1, 0, 0},  {0.1, 1, NAN, 0, 1}};
  sq_action action;
  bool refused = true;
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    refused = refused && sq_action_make("particle", 1, bad[i], &action) == SQ_ERR_INPUT;
  tap_check(refused, "values that hold no particle are refused");
  tap_check(sq_action_make("particle", 2, (double[]){0.1, 1, 1, 0, 1}, &action) == SQ_ERR_INPUT, "so are two "
                                                                                                 "dimensions");
  PetscPopErrorHandler();
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (int64_t sites = 1; sites <= 37; sites = 2 * sites + 1) check_formula(sites);
  check_harmonic(0.25, 1, 1, 64);
  check_harmonic(0.4, 1.7, 0.6, 7);
  check_harmonic(1.5, 0.8, 2.2, 2);
  check_numbers(1, 0.86701865, 0.78804111, 0.58091156, -8.66980849);
  check_numbers(2, 1.79024287, 0.09469021, 1.67383804, -17.57460741);
  check_matrix(0.5, 0.3, 1.2, -0.7, 2.5, 4);
  check_matrix(0.7, 0.2, -1, 0.4, 0.4, 4.5);
  check_density();
  check_refusals();
  return tap_end();
}
