/* SPDX-License-Identifier: BSD-3-Clause */
/* known: what is asked by name of a theory and its lattice is what the closed form or the sum says; where nothing is
 * known, or a lattice is too large, the answer is NaN, and no error. The derivative of log Z is the energy. */
#include "squall/known.h"
#include "tap.h"

static double value(const char *type, int dim, const double parameters[], const int64_t extents[], const char *name)
{
  sq_action action;
  double x = -1;
  TAP_CALL(sq_action_make(type, dim, parameters, &action));
  TAP_CALL(sq_known_value(&action, extents, name, &x));
  return x;
}

static double log_Z(const char *type, int dim, const double parameters[], const int64_t extents[])
{
  sq_action action;
  double x = -1;
  TAP_CALL(sq_action_make(type, dim, parameters, &action));
  TAP_CALL(sq_known_log_Z(&action, extents, &x));
  return x;
}

static void test_numbers(void)
{
  tap_near(log_Z("ising", 2, (double[]){0.44068679350977, 1}, (int64_t[]){16, 16}), 238.642256635133, 1e-9,
           "Ising: a torus at the critical point");
  tap_near(log_Z("ising", 3, (double[]){0, 1}, (int64_t[]){2, 3, 2}), 12 * log(2), 1e-9, "Ising: a box at beta = 0");
  tap_near(log_Z("ising", 3, (double[]){0.3, 1}, (int64_t[]){2, 3, 4}), 23.2634687908876, 1e-9,
           "Ising: a box of three dimensions");
  tap_near(log_Z("xy", 2, (double[]){1}, (int64_t[]){4, 4}), 10.647481341, 1e-8, "XY: a torus of 4 x 4");
  tap_near(log_Z("u1", 2, (double[]){3}, (int64_t[]){8, 8}), 101.459690573, 1e-8, "U(1)");
  tap_near(log_Z("phi4", 3, (double[]){0, 0}, (int64_t[]){4, 2, 3}), 12 * log(M_PI), 1e-9, "phi^4: free sites");
}

static void test_unknown(void)
{
  tap_check(isnan(log_Z("phi4", 2, (double[]){0.27, 0.022}, (int64_t[]){8, 8})), "phi^4 with interaction: not known");
  tap_check(isnan(log_Z("xy", 2, (double[]){1}, (int64_t[]){8, 8})), "XY of 8 x 8: not known");
  tap_check(isnan(log_Z("xy", 2, (double[]){3}, (int64_t[]){4, 4})), "XY of 4 x 4, too cold for its matrix: not known");
  tap_check(isnan(log_Z("ising", 3, (double[]){0.2, 1}, (int64_t[]){4, 4, 4})), "Ising of 4 x 4 x 4: not known");
  tap_check(isnan(value("ising", 2, (double[]){0.2, 1}, (int64_t[]){4, 4}, "nonsense")), "an unknown name: not known");
}

/* S/V = -d log Z/d beta beta/V. */
static void test_derivative(const char *type, int dim, double beta, const int64_t extents[])
{
  const double h = 1e-4, up[] = {beta + h, 1}, down[] = {beta - h, 1}, here[] = {beta, 1};
  double sites = 1;
  for (int mu = 0; mu < dim; mu++) sites *= (double)extents[mu];
  const double slope = (log_Z(type, dim, up, extents) - log_Z(type, dim, down, extents)) / (2 * h),
               S = value(type, dim, here, extents, "action_density"), Z = log_Z(type, dim, here, extents);
  tap_near(S, -beta * slope / sites, 1e-6, type);
  tap_near(value(type, dim, here, extents, "entropy"), Z / sites + S, 1e-12, "its entropy");
  tap_near(value(type, dim, here, extents, "free_energy"), -Z / sites, 1e-12, "its free energy");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_numbers();
  test_unknown();
  test_derivative("ising", 2, 0.4, (int64_t[]){6, 5});
  test_derivative("ising", 3, 0.25, (int64_t[]){2, 3, 3});
  test_derivative("xy", 2, 0.8, (int64_t[]){3, 3});
  return tap_end();
}
