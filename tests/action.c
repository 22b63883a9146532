/* SPDX-License-Identifier: BSD-3-Clause */
/* action: every theory of the table by what it promises (tests/theory.h), and against its formula written out. */
#include "theory.h"

static double phi4_potential(const double *value, double phi)
{
  return (1 - 2 * value[1]) * pow(phi, 2) + value[1] * pow(phi, 4);
}

static double quartic_potential(const double *value, double phi)
{
  return value[0] / 2 * pow(phi, 2) + value[1] / 24 * pow(phi, 4);
}

/* Theories of a quartic potential, with its formula. */
typedef struct {
  const char *type;
  double value[SQ_ACTION_PARAMETERS], kappa;
  double (*potential)(const double *value, double phi);
} formula;

static const formula formulas[] = {
  {"phi4", {0.37, 0.15}, 0.37, phi4_potential},
  {"quartic", {-0.8, 0.6, 0.37}, 0.37, quartic_potential},
};
enum { FORMULAS = sizeof formulas / sizeof *formulas };

/* The formula of the action, site by site. */
static double energy_written_out(const formula *t, const sq_lattice *lattice, const double *global)
{
  double sum = 0;
  for (int64_t x = 0; x < lattice->volume; x++) {
    sum += t->potential(t->value, global[x]);
    for (int mu = lattice->first_dir; mu < SQ_DIM; mu++)
      sum -= 2 * t->kappa * global[x] * global[neighbour(lattice, x, mu)];
  }
  return sum;
}

/* The five-point formula is exact for a quartic action, up to rounding. */
static void test_formula(const formula *t, int dim, const int64_t *extent)
{
  double global[MAX_SITES];
  int ranks[SQ_DIM];
  setup s;
  sq_action action;
  if (!sq_lattice_can_share(dim, extent, tap.size, ranks)) return;
  TAP_CALL(sq_action_make(t->type, dim, t->value, &action));
  setup_for(&action, MPI_COMM_WORLD, dim, extent, &s);
  random_field(&action, s.lattice->volume, 1, global);
  double written = energy_written_out(t, s.lattice, global);
  tap_near(energy(&action, &s, global), written, 1e-12 * (1 + fabs(written)) * (double)s.lattice->volume, t->type);
  tap_check(force_error(&action, &s, 0.125, global) < 1e-10, "%s: force is minus the derivative of the energy",
            t->type);
  setup_free(&s);
}

static void test_values(void)
{
  sq_action action, same;
  char text[256];
  const double value[] = {0.21, 1.0 / 3}, round[] = {0.21, 0.022};
  TAP_CALL(sq_action_make("phi4", 2, round, &action));
  sq_action_describe(&action, text, sizeof text);
  tap_check(strcmp(text, "phi4 kappa=0.21 lambda=0.022") == 0, "described in as many digits as needed");
  TAP_CALL(sq_action_make("phi4", 3, value, &action));
  sq_action_describe(&action, text, sizeof text);
  double back = strtod(strstr(text, "lambda=") + 7, NULL);
  tap_check(back == value[1], "the description gives the same value back");
  TAP_CALL(sq_action_make("phi4", 3, value, &same));
  tap_check(sq_action_equal(&action, &same), "equal actions are equal");
  same.value[1] = nextafter(same.value[1], 1);
  tap_check(!sq_action_equal(&action, &same), "one bit makes them different");
}

static void test_refusals(void)
{
  const double bad[][2] = {{NAN, 1}, {0.1, INFINITY}, {0.1, -0.1}, {INFINITY, 1}, {0.1, NAN}, {0.25, 0}, {-0.25, 0}};
  const double good[][2] = {{0.249, 0}, {-0.249, 0}, {-3, 0.01}};
  sq_action action;
  bool refused = true, accepted = true;
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  for (int i = 0; i < 7; i++) refused = refused && sq_action_make("phi4", 2, bad[i], &action) == SQ_ERR_INPUT;
  for (int i = 0; i < 3; i++) accepted = accepted && sq_action_make("phi4", 2, good[i], &action) == 0;
  refused = refused && sq_action_make("quartic", 2, (const double[]){0.8, 0, 0.1}, &action) == SQ_ERR_INPUT &&
            sq_action_make("quartic", 1, (const double[]){1, -0.1, 0}, &action) == SQ_ERR_INPUT;
  accepted = accepted && sq_action_make("quartic", 2, (const double[]){0.81, 0, 0.1}, &action) == 0;
  tap_check(refused, "values that define no measure are refused");
  tap_check(accepted, "values that define one are accepted");
  tap_check(sq_action_make("phi3", 2, good[0], &action) == SQ_ERR_INPUT, "an unknown type is refused");
  tap_check(sq_action_make("phi4", 5, good[2], &action) == SQ_ERR_INPUT, "five dimensions are refused");
  PetscPopErrorHandler();
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (const sq_action_type *const *type = sq_action_types; *type; type++)
    if (!(*type)->flux && (*type)->energy) test_theory(*type); /* no numbers at random: tests/flux_chain.c */
  for (const formula *t = formulas; t < formulas + FORMULAS; t++)
    for (int i = 0; i < SHAPES; i++) test_formula(t, shapes[i].dim, shapes[i].extent);
  test_values();
  test_refusals();
  return tap_end();
}
