/* SPDX-License-Identifier: BSD-3-Clause */
/* given: theories in which a site sees its neighbours through one vector, by the words of the record: the energy is
 * that of sites and links; the normaliser against sums and quadratures, the mean against its derivative; numbers that
 * are drawn have that mean. Serial.
 */
#include "theory.h"

enum { FIELDS = 24, DRAWS = 4000, POINTS = 4000 };

/* Points of quadratures, of the theory's measure: a sum over signs, the mean over angles, an integral over numbers. */
static int points_of(const sq_space *space, double *x, double *weight)
{
  const int n = space == &sq_space_sign ? 2 : POINTS;
  for (int i = 0; i < n; i++) {
    const double share = (i + 0.5) / n;
    *weight = n == 2 ? 1 : space == &sq_space_circle ? 1. / n : 24. / n;
    x[i] = n == 2 ? 2 * i - 1 : space == &sq_space_circle ? 2 * M_PI * share - M_PI : 24 * share - 12;
  }
  return n;
}

/* Fields of sizes from 0 to 3 in all directions: beyond, what is rare does not happen in DRAWS. */
static void fields_of(int orders, double *h)
{
  for (int i = 0; i < FIELDS; i++) {
    const double size = i % 3 == 0 ? 0.05 * i : 0.13 * i, angle = 0.7 * i;
    h[i] = orders == 1 ? (i % 2 ? size : -size) : size * cos(angle);
    if (orders > 1) h[FIELDS + i] = size * sin(angle);
  }
}

/* log z of field number i. */
static double quadrature(const sq_action *action, int loops, int orders, const double *h, int i)
{
  static double x[POINTS], V[POINTS], room[2 * POINTS];
  double weight, sum = 0, most = -INFINITY, exponent[POINTS];
  const int n = points_of(action->type->space, x, &weight);
  const double *v = sq_action_order(action, n, x, room);
  memset(V, 0, sizeof V);
  if (action->type->given->potential) action->type->given->potential(action, n, x, V);
  for (int k = 0; k < n; k++) {
    exponent[k] = -V[k];
    if (orders == 1 && n > 2) exponent[k] += loops * action->type->given->hop(action, SQ_DIM - 1) * x[k] * x[k];
    for (int c = 0; c < orders; c++) exponent[k] += h[c * FIELDS + i] * v[c * n + k];
    most = fmax(most, exponent[k]);
  }
  for (int k = 0; k < n; k++) sum += weight * exp(exponent[k] - most);
  return most + log(sum);
}

static void test_log_z(const sq_action *action, int loops, const double *table)
{
  const sq_action_given *g = action->type->given;
  const int orders = sq_action_orders(action);
  double h[2 * FIELDS], log_z[FIELDS], mean[2 * FIELDS], up[FIELDS], down[FIELDS], worst[2] = {0}, step = 1e-4;
  fields_of(orders, h);
  g->log_z(action, table, FIELDS, h, log_z, mean);
  for (int i = 0; i < FIELDS; i++) tap_worst(&worst[0], fabs(log_z[i] - quadrature(action, loops, orders, h, i)));
  for (int c = 0; c < orders; c++) {
    for (int i = 0; i < FIELDS; i++) h[c * FIELDS + i] += step;
    g->log_z(action, table, FIELDS, h, up, NULL);
    for (int i = 0; i < FIELDS; i++) h[c * FIELDS + i] -= 2 * step;
    g->log_z(action, table, FIELDS, h, down, NULL);
    for (int i = 0; i < FIELDS; i++) h[c * FIELDS + i] += step;
    for (int i = 0; i < FIELDS; i++) tap_worst(&worst[1], fabs(mean[c * FIELDS + i] - (up[i] - down[i]) / (2 * step)));
  }
  tap_check(worst[0] < 1e-11, "%s: log z is that of a quadrature, to %.1e", action->type->name, worst[0]);
  tap_check(worst[1] < 1e-7, "%s: the mean is its derivative, to %.1e", action->type->name, worst[1]);
}

/* Deviations of 3 (or 6) FIELDS means in standard errors: above 4.5 once in 2000 programs. */
static void test_draw(const sq_action *action, const double *table)
{
  const sq_action_given *g = action->type->given;
  const int orders = sq_action_orders(action);
  double h[2 * FIELDS], log_z[FIELDS], mean[2 * FIELDS], worst = 0;
  static double many[2 * DRAWS], x[DRAWS], room[2 * DRAWS];
  static sq_stream stream[DRAWS];
  fields_of(orders, h);
  g->log_z(action, table, FIELDS, h, log_z, mean);
  for (int k = 0; k < DRAWS; k++) stream[k] = sq_stream_make(3, SQ_RNG_TEST, (uint64_t)k);
  for (int i = 0; i < FIELDS; i++) {
    for (int k = 0; k < orders * DRAWS; k++) many[k] = h[k / DRAWS * FIELDS + i];
    g->draw(action, table, DRAWS, many, stream, (uint64_t)i, 1, x);
    const double *v = sq_action_order(action, DRAWS, x, room);
    for (int c = 0; c < orders; c++) {
      double sum = 0, squares = 0;
      for (int k = 0; k < DRAWS; k++) sum += v[c * DRAWS + k], squares += v[c * DRAWS + k] * v[c * DRAWS + k];
      const double average = sum / DRAWS, variance = squares / DRAWS - average * average;
      tap_worst(&worst, fabs(average - mean[c * FIELDS + i]) / sqrt((variance + 1e-6) / DRAWS));
    }
  }
  tap_check(worst < 4.5, "%s: drawn numbers have the mean, to %.1f standard errors", action->type->name, worst);
}

/* S less what its sites and links make: a constant that does not depend on the field. */
static double energy_beside(const sq_action *action, setup *s, uint64_t member, double *size)
{
  const sq_action_given *g = action->type->given;
  const int orders = sq_action_orders(action);
  double global[MAX_SITES], V[MAX_SITES], room[2 * MAX_SITES], sum = 0;
  const int64_t n = s->lattice->volume;
  random_field(action, n, member, global);
  const double *v = sq_action_order(action, n, global, room);
  if (g->potential) g->potential(action, n, global, V);
  for (int64_t x = 0; x < n; x++) {
    if (g->potential) sum += V[x];
    for (int mu = s->lattice->first_dir; mu < SQ_DIM; mu++)
      for (int c = 0; c < orders; c++)
        sum -= g->hop(action, mu) * v[c * n + x] * v[c * n + neighbour(s->lattice, x, mu)];
  }
  *size = fabs(sum);
  return energy(action, s, global) - sum;
}

static void test_energy(const sq_action *action, int dim, const int64_t *extent)
{
  double size;
  setup s;
  setup_for(action, MPI_COMM_SELF, dim, extent, &s);
  const double one = energy_beside(action, &s, 1, &size), other = energy_beside(action, &s, 2, &size);
  tap_near(one, other, 1e-12 * (1 + size) * (double)s.lattice->volume, action->type->name);
  setup_free(&s);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (const sq_action_type *const *type = sq_action_types; *type; type++) {
    if (!(*type)->given) continue;
    for (int i = 0; i < SHAPES; i++) {
      sq_action action;
      if (draw_values(*type, shapes[i].dim, 1, NULL, &action)) test_energy(&action, shapes[i].dim, shapes[i].extent);
    }
    for (int dim = 1; dim <= SQ_DIM; dim++) {
      sq_action action;
      double *table = NULL;
      if (!draw_values(*type, dim, 2, NULL, &action)) continue;
      if ((*type)->given->prepare) TAP_CALL((*type)->given->prepare(&action, dim - 1, &table));
      test_log_z(&action, dim - 1, table);
      test_draw(&action, table);
      sq_free(&table);
    }
  }
  return tap_end();
}
