/* SPDX-License-Identifier: BSD-3-Clause */
/* bisection: free paths are exact without training; densities integrate to 1; drawn and given fields agree; gradients;
 * signs; the same bits alone and in a batch. Serial. */
#include "squall/bisection.h"
#include "squall/known.h"
#include "tap.h"
#include <string.h>

typedef struct {
  sq_lattice *lattice;
  sq_bisection_shape shape;
  sq_tractable model;
  int64_t parameters;
  double *start;
  float *weight;
} setup;

static void create(const char *type, const double *value, int64_t sites, int mixture, int batch, setup *s)
{
  *s = (setup){.shape = {.sites = sites, .channels = 16, .depth = 1, .mixture = mixture}};
  TAP_CALL(sq_action_make(type, 1, value, &s->shape.action));
  TAP_CALL(sq_lattice_create(PETSC_COMM_SELF, 1, &sites, NULL, &s->lattice));
  TAP_CALL(sq_bisection_create(s->lattice, &s->shape, batch, &s->model));
  s->parameters = sq_bisection_parameters(&s->shape);
  TAP_CALL(sq_alloc(s->parameters, &s->start));
  TAP_CALL(sq_alloc(s->parameters, &s->weight));
  TAP_CALL(sq_bisection_init(&s->shape, 3, s->start));
  for (int64_t i = 0; i < s->parameters; i++) s->weight[i] = (float)s->start[i];
  s->model.load(s->model.self, s->weight);
}

static void destroy(setup *s)
{
  sq_free(&s->start);
  sq_free(&s->weight);
  TAP_CALL(sq_tractable_destroy(&s->model));
  TAP_CALL(sq_lattice_destroy(&s->lattice));
}

/* Weights that make a model of no theory. */
static void stir(setup *s, double size)
{
  double *normal;
  TAP_CALL(sq_alloc(s->parameters, &normal));
  sq_rng_normals(sq_stream_make(8, SQ_RNG_TEST, 0), 0, s->parameters, 0, 0, normal);
  for (int64_t i = 0; i < s->parameters; i++) s->weight[i] += (float)(size * normal[i]);
  s->model.load(s->model.self, s->weight);
  sq_free(&normal);
}

static double action_of(const setup *s, const double *x)
{
  const sq_action_transfer *t = s->shape.action.type->transfer;
  const int64_t n = s->shape.sites;
  double sum = 0, slope;
  for (int64_t i = 0; i < n; i++)
    sum += t->site(&s->shape.action, x[i], &slope) - t->hop(&s->shape.action) * x[i] * x[(i + 1) % n];
  return sum;
}

enum { FIELDS = 24, MOST = 128 };
static double block[FIELDS * MOST], log_q[FIELDS], again[FIELDS];

/* Every weight is Z. */
static void check_free(const char *type, const double *value, int64_t sites)
{
  setup s;
  double log_Z, worst = 0;
  create(type, value, sites, 3, FIELDS, &s);
  TAP_CALL(sq_known_log_Z(&s.shape.action, &sites, &log_Z));
  TAP_CALL(s.model.draw(s.model.self, 5, 0, FIELDS, block, log_q));
  for (int b = 0; b < FIELDS; b++) tap_worst(&worst, fabs(-log_q[b] - action_of(&s, block + b * sites) - log_Z));
  tap_check(worst < 1e-11 * (double)sites, "%s on %d sites: every weight is Z, to %.1e", type, (int)sites, worst);
  destroy(&s);
}

static const double well[] = {0.3, 0.8, 1.5, 0, 1}, quartic[] = {-0.8, 0.6, 0.37}, alternating[] = {-0.6, 0.15};

/* Drawn fields are given ones; alone or in a batch; all signs changed. */
static void check_fields(const char *type, const double *value, int64_t sites)
{
  setup s;
  double one[MOST], alone, worst = 0, mirrored = 0;
  bool same = true;
  create(type, value, sites, 2, FIELDS, &s);
  stir(&s, 0.3);
  TAP_CALL(s.model.draw(s.model.self, 5, 7, FIELDS, block, log_q));
  TAP_CALL(s.model.density(s.model.self, FIELDS, block, again));
  for (int b = 0; b < FIELDS; b++) tap_worst(&worst, fabs(again[b] - log_q[b]));
  for (int b = 0; b < FIELDS; b++) {
    TAP_CALL(s.model.draw(s.model.self, 5, 7 + b, 1, one, &alone));
    same = same && alone == log_q[b] && !memcmp(one, block + b * sites, (size_t)sites * sizeof *one);
  }
  for (int64_t i = 0; i < FIELDS * sites; i++) block[i] = -block[i];
  TAP_CALL(s.model.density(s.model.self, FIELDS, block, again));
  for (int b = 0; b < FIELDS; b++) tap_worst(&mirrored, fabs(again[b] - log_q[b]));
  tap_check(worst == 0, "%s on %d sites: drawn fields are given ones", type, (int)sites);
  tap_check(same, "%s on %d sites: a field alone has the bits that it has in a batch", type, (int)sites);
  tap_check(mirrored < 1e-10, "%s on %d sites: changing all signs leaves log q, to %.1e", type, (int)sites, mirrored);
  destroy(&s);
}

/* The integral of q over paths of one to three sites. */
static void check_integral(int64_t sites)
{
  enum { POINTS = 121 };
  const double reach = 9, h = 2 * reach / (POINTS - 1);
  setup s;
  double sum = 0;
  int64_t all = 1;
  create("particle", well, sites, 2, FIELDS, &s);
  stir(&s, 0.1);
  for (int64_t i = 0; i < sites; i++) all *= POINTS;
  for (int64_t first = 0; first < all; first += FIELDS) {
    const int count = (int)PetscMin(FIELDS, all - first);
    for (int b = 0; b < count; b++)
      for (int64_t i = 0, rest = first + b; i < sites; i++, rest /= POINTS)
        block[b * sites + i] = (double)(rest % POINTS) * h - reach;
    TAP_CALL(s.model.density(s.model.self, count, block, log_q));
    for (int b = 0; b < count; b++) sum += exp(log_q[b]) * pow(h, (double)sites);
  }
  tap_near(sum, 1, 1e-6, "the density of all paths is one");
  destroy(&s);
}

static double mean_log_q(setup *s, int count, const double *factor)
{
  double sum = 0;
  TAP_CALL(s->model.density(s->model.self, count, block, again));
  for (int b = 0; b < count; b++) sum += factor[b] * again[b];
  return sum;
}

/* Along random directions, of each network by itself. */
static void check_gradient(int64_t sites)
{
  setup s;
  double factor[FIELDS], worst = 0, largest = 0, *direction;
  float *gradient;
  create("particle", well, sites, 2, FIELDS, &s);
  stir(&s, 0.2);
  TAP_CALL(sq_alloc(s.parameters, &gradient));
  TAP_CALL(sq_alloc(s.parameters, &direction));
  for (int b = 0; b < FIELDS; b++) factor[b] = cos(b);
  TAP_CALL(s.model.draw(s.model.self, 5, 0, FIELDS, block, log_q));
  TAP_CALL(s.model.backward(s.model.self, FIELDS, factor, gradient));
  for (int try = 0; try < 12; try++) {
    const double h = 4e-3;
    double along = 0, value[4];
    sq_rng_normals(sq_stream_make(9, SQ_RNG_TEST, 0), 0, s.parameters, (uint64_t)try, 0, direction);
    for (int64_t i = 0; i < s.parameters; i++) {
      direction[i] *= (i * 12 / s.parameters == try) / sqrt((double)s.parameters / 12);
      along += direction[i] * (double)gradient[i];
    }
    for (int k = 0; k < 4; k++) {
      const double step = h * (k < 2 ? k - 2 : k - 1);
      for (int64_t i = 0; i < s.parameters; i++) s.weight[i] = (float)(step * direction[i]) + s.weight[i];
      s.model.load(s.model.self, s.weight);
      value[k] = mean_log_q(&s, FIELDS, factor);
      for (int64_t i = 0; i < s.parameters; i++) s.weight[i] -= (float)(step * direction[i]);
    }
    tap_worst(&worst, fabs((8 * (value[2] - value[1]) - (value[3] - value[0])) / (12 * h) - along));
    largest = fmax(largest, fabs(along));
  }
  tap_check(worst < 2e-3 * largest, "%d sites: gradients are those of log q, %.1e of %.1e", (int)sites, worst, largest);
  sq_free(&gradient);
  sq_free(&direction);
  destroy(&s);
}

static void check_refusals(void)
{
  sq_action action;
  TAP_CALL(sq_action_make("phi4", 2, (double[]){0.2, 0.1}, &action));
  tap_check(sq_bisection_lacks(&action) != NULL, "two dimensions have no paths");
  TAP_CALL(sq_action_make("xy", 1, (double[]){0.2}, &action));
  tap_check(sq_bisection_lacks(&action) != NULL, "angles are no real numbers");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (int64_t sites = 1; sites <= 100; sites = sites < 9 ? sites + 1 : 3 * sites + 7)
    check_free("particle", (double[]){0.25, 0, 0, 1, 1}, sites);
  check_free("particle", (double[]){0.02, 0, 0, 0.3, 2.5}, 64);
  for (int64_t sites = 1; sites < 9; sites++) check_free("phi4", (double[]){-0.45, 0}, sites);
  check_free("quartic", (double[]){1, 0, 0}, 12);
  for (int64_t sites = 1; sites < 12; sites++) check_fields("particle", well, sites);
  check_fields("phi4", alternating, 13);
  check_fields("quartic", quartic, 100);
  for (int64_t sites = 1; sites <= 3; sites++) check_integral(sites);
  for (int64_t sites = 2; sites <= 50; sites = 3 * sites + 1) check_gradient(sites);
  check_refusals();
  return tap_end();
}
