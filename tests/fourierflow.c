/* SPDX-License-Identifier: BSD-3-Clause */
/* fourierflow: paths from their modes. A free theory needs no learning; drawn fields have the density of the same
 * fields given; couplings against dense Jacobians; q integrates to 1, and knows neither where a path begins nor its
 * sign; gradients at fixed fields and along paths against differences.
 */
#include "src/fourierflow/flow.h"
#include "tap.h"
#include <string.h>

enum { MOST = 64, FIELDS = 4 };

typedef struct {
  sq_fourierflow_shape shape;
  sq_lattice *lattice;
  sq_tractable model;
  float *weight;
} setup;

/* peaks 0: what suits the theory, with kinks. */
static sq_fourierflow_shape shape_of(const char *theory, const double value[], int sites, int layers, int peaks)
{
  sq_fourierflow_shape shape = {
    .sites = sites, .layers = layers, .channels = 16, .depth = 1, .peaks = peaks, .kinks = peaks == 0};
  TAP_CALL(sq_action_make(theory, 1, value, &shape.action));
  sq_fourierflow_complete(&shape);
  return shape;
}

/* Weights at random about those of the start. */
static void set_up(const sq_fourierflow_shape *shape, double noise, setup *u)
{
  const int64_t extent = shape->sites;
  double *weight, more;
  u->shape = *shape;
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, 1, &extent, NULL, &u->lattice));
  TAP_CALL(sq_fourierflow_create(u->lattice, shape, FIELDS, &u->model));
  TAP_CALL(sq_alloc(u->model.parameters, &weight));
  TAP_CALL(sq_alloc(u->model.parameters, &u->weight));
  TAP_CALL(sq_fourierflow_init(shape, 3, weight));
  for (int64_t i = 0; i < u->model.parameters; i++) {
    sq_rng_normals(sq_stream_make(3, SQ_RNG_TEST, 1), (uint64_t)i, 1, 0, 0, &more);
    u->weight[i] = (float)(weight[i] + noise * more);
  }
  u->model.load(u->model.self, u->weight);
  sq_free(&weight);
}

static void tear_down(setup *u)
{
  sq_free(&u->weight);
  TAP_CALL(sq_tractable_destroy(&u->model));
  TAP_CALL(sq_lattice_destroy(&u->lattice));
}

/* ---- free theories ---- */

/* S = sum phi^2 - 2 kappa phi phi': log Z = sum_p log(pi/(1 - 2 kappa cos p))/2. */
static double free_log_z(double kappa, int sites)
{
  double sum = 0;
  for (int n = 0; n < sites; n++) sum += 0.5 * log(PETSC_PI / (1 - 2 * kappa * cos(2 * PETSC_PI * n / sites)));
  return sum;
}

static double action_of(const sq_fourierflow_shape *shape, const double *x)
{
  sq_copies *copies;
  const int64_t extent = shape->sites;
  TAP_CALL(sq_copies_create(&shape->action, &extent, 1, &copies));
  const double S = sq_copies_action(copies, x);
  TAP_CALL(sq_copies_destroy(&copies));
  return S;
}

static void check_free(double kappa, int sites)
{
  const sq_fourierflow_shape shape = shape_of("phi4", (const double[]){kappa, 0}, sites, 4, 0);
  double x[FIELDS * MOST], log_q[FIELDS], worst = 0;
  setup u;
  set_up(&shape, 0, &u);
  TAP_CALL(u.model.draw(u.model.self, 5, 0, FIELDS, x, log_q));
  for (int b = 0; b < FIELDS; b++)
    tap_worst(&worst, fabs(log_q[b] + action_of(&shape, x + b * sites) + free_log_z(kappa, sites)));
  tap_check(worst < 1e-10, "free field, kappa = %g on %d sites: every weight is Z untrained, to %.1e", kappa, sites,
            worst);
  tear_down(&u);
}

/* m = omega = 1, N = 64, a = 0.25, measure dx/sqrt(2 pi a). */
static void check_oscillator(void)
{
  const double a = 0.25, z = 1 / (1 / a + a / 2), kappa = z / (2 * a);
  const double w = 2 / a * asinh(a / 2), exact = -log(2 * sinh(MOST * a * w / 2));
  const sq_fourierflow_shape shape = shape_of("phi4", (const double[]){kappa, 0}, MOST, 2, 0);
  double x[FIELDS * MOST], log_q[FIELDS];
  setup u;
  set_up(&shape, 0, &u);
  TAP_CALL(u.model.draw(u.model.self, 6, 0, FIELDS, x, log_q));
  const double log_z = -log_q[1] - action_of(&shape, x + MOST) + 0.5 * MOST * log(z / (2 * PETSC_PI * a));
  tap_near(log_z, exact, 1e-10, "the harmonic oscillator's ln Z is 1/(2 sinh(N a w/2)), untrained");
  tear_down(&u);
}

/* ---- densities ---- */

static const double well[] = {0.52, 0.00108}, broken[] = {-2, 3, 0.4};

static void check_fields(const char *theory, const double value[], int sites, int peaks)
{
  const sq_fourierflow_shape shape = shape_of(theory, value, sites, 9, peaks);
  double x[FIELDS * MOST], moved[FIELDS * MOST], log_q[FIELDS], again[FIELDS], worst = 0, invariant = 0;
  const double most = peaks ? 1e-11 : 1e-10; /* modes are large in wells */
  setup u;
  set_up(&shape, 0.1, &u);
  TAP_CALL(u.model.draw(u.model.self, 7, 10, FIELDS, x, log_q));
  TAP_CALL(u.model.density(u.model.self, FIELDS, x, again));
  for (int b = 0; b < FIELDS; b++) tap_worst(&worst, fabs(again[b] - log_q[b]) / (1 + fabs(log_q[b])));
  tap_check(worst < most, "%s on %d sites: given fields have the density that they were drawn with, to %.1e", theory,
            sites, worst);
  for (int b = 0; b < FIELDS; b++)
    for (int t = 0; t < sites; t++) moved[b * sites + t] = -x[b * sites + (t + b + 1) % sites];
  TAP_CALL(u.model.density(u.model.self, FIELDS, moved, again));
  for (int b = 0; b < FIELDS; b++) tap_worst(&invariant, fabs(again[b] - log_q[b]) / (1 + fabs(log_q[b])));
  tap_check(invariant < most, "%s on %d sites: translated and with the other sign they have the same, to %.1e", theory,
            sites, invariant);
  TAP_CALL(u.model.draw(u.model.self, 7, 12, 1, moved, again));
  tap_check(again[0] == log_q[2] && moved[0] == x[2 * sites], "%s on %d sites: a field is the same alone", theory,
            sites);
  tear_down(&u);
}

/* The integral of q over one or two numbers, by the trapezoidal rule. */
static void check_integral(const double value[], int sites, int peaks)
{
  enum { POINTS = 401 };
  const sq_fourierflow_shape shape = shape_of("quartic", value, sites, 4, peaks);
  const int64_t points = sites == 1 ? POINTS : POINTS * POINTS;
  const double side = 14, step = 2 * side / (POINTS - 1);
  double sum = 0, x[2 * FIELDS], log_q[FIELDS];
  setup u;
  set_up(&shape, 0.1, &u);
  for (int64_t first = 0; first < points; first += FIELDS) {
    const int count = (int)PetscMin(FIELDS, points - first);
    for (int b = 0; b < count; b++)
      for (int t = 0; t < sites; t++)
        x[b * sites + t] = -side + step * (double)(t ? (first + b) / POINTS : (first + b) % POINTS);
    TAP_CALL(u.model.density(u.model.self, count, x, log_q));
    for (int b = 0; b < count; b++) sum += exp(log_q[b]);
  }
  sum *= pow(step, sites);
  tap_check(fabs(sum - 1) < 1e-6, "the density of %d peaks on %d site%s integrates to 1 + %.1e", peaks, sites,
            sites > 1 ? "s" : "", sum - 1);
  tear_down(&u);
}

/* ---- couplings against dense Jacobians ---- */

static double log_det_of(int n, double *m)
{
  double sum = 0;
  for (int k = 0; k < n; k++) {
    int best = k;
    for (int i = k; i < n; i++)
      if (fabs(m[i * n + k]) > fabs(m[best * n + k])) best = i;
    for (int j = 0; j < n; j++) {
      const double x = m[k * n + j];
      m[k * n + j] = m[best * n + j];
      m[best * n + j] = x;
    }
    sum += log(fabs(m[k * n + k]));
    for (int i = k + 1; i < n; i++)
      for (int j = n - 1; j >= k; j--) m[i * n + j] -= m[i * n + k] / m[k * n + k] * m[k * n + j];
  }
  return sum;
}

/* mode after all couplings, as draw makes it of z: the field is linear in it. */
typedef struct {
  sq_fourier fourier;
  sq_fourier_work work;
  sq_fourier_layer layer;
  sq_fourier_trace trace;
  double *memory, room[6 * MOST], Q[SQ_FOURIER_MIXED * SQ_FOURIER_MIXED], weight[4096];
} coupling;

static void coupling_create(const sq_fourierflow_shape *shape, int number, coupling *c)
{
  const sq_fourier_prior prior = sq_fourier_prior_of(&shape->action, shape->sites);
  double **part[] = {&c->work.a, &c->work.b, &c->work.even, &c->work.odd, &c->work.path};
  TAP_CALL(sq_fourier_create(shape->sites, &c->fourier));
  TAP_CALL(sq_fourier_layer_create(shape, &prior, number, &c->layer));
  TAP_CALL(sq_alloc(sq_fourier_trace_size(&c->layer), &c->memory));
  sq_fourier_trace_lay(&c->layer, c->memory, &c->trace);
  c->work.fourier = &c->fourier;
  c->work.Q = c->Q;
  for (int i = 0; i < 5; i++) *part[i] = c->room + i * MOST;
  TAP_CALL(sq_alloc(sq_fourier_net_scratch(&c->layer.net), &c->work.net));
  sq_rng_normals(sq_stream_make(8, SQ_RNG_TEST, 3), 0, c->layer.parameters, 0, 0, c->weight);
  for (int64_t i = 0; i < c->layer.parameters; i++) c->weight[i] *= 0.3;
}

static void coupling_destroy(coupling *c)
{
  sq_fourier_destroy(&c->fourier);
  sq_fourier_layer_destroy(&c->layer);
  sq_free(&c->memory);
  sq_free(&c->work.net);
}

static void check_coupling(int sites, int number)
{
  const sq_fourierflow_shape shape = shape_of("quartic", broken, sites, 6, 1);
  const double step = 1e-5;
  static coupling c;
  double z[MOST], x[2][MOST], J[MOST * MOST], log_det, unused, back = 0;
  coupling_create(&shape, number, &c);
  sq_rng_normals(sq_stream_make(8, SQ_RNG_TEST, 4), 0, sites, 0, 0, z);
  for (int j = 0; j < sites; j++) {
    for (int k = 0; k < 2; k++) {
      memcpy(x[k], z, sizeof z);
      x[k][j] += k ? step : -step;
      sq_fourier_layer_forward(&c.layer, c.weight, &c.work, &c.trace, x[k], &unused);
    }
    for (int i = 0; i < sites; i++) J[i * sites + j] = (x[1][i] - x[0][i]) / (2 * step);
  }
  memcpy(x[0], z, sizeof z);
  sq_fourier_layer_forward(&c.layer, c.weight, &c.work, &c.trace, x[0], &log_det);
  const double dense = log_det_of(sites, J);
  tap_check(fabs(dense - log_det) < 1e-7, "coupling %d of %d sites: log det %.8f, of the dense Jacobian %.8f", number,
            sites, log_det, dense);
  sq_fourier_layer_inverse(&c.layer, c.weight, &c.work, &c.trace, x[0], &unused);
  for (int i = 0; i < sites; i++) tap_worst(&back, fabs(x[0][i] - z[i]) / (1 + fabs(z[i])));
  tap_check(back < 1e-12 && fabs(unused - log_det) < 1e-11, "coupling %d of %d sites: back and forth, to %.1e", number,
            sites, back);
  coupling_destroy(&c);
}

/* ---- gradients ---- */

/* sum_b factor_b log q_b at fixed fields, or the same with cotangents along paths, of drawn fields. */
static double objective(setup *u, const double *factor, const double *cotangent, double *x)
{
  double log_q[FIELDS], sum = 0;
  if (cotangent) TAP_CALL(u->model.draw(u->model.self, 9, 3, FIELDS, x, log_q));
  else TAP_CALL(u->model.density(u->model.self, FIELDS, x, log_q));
  for (int b = 0; b < FIELDS; b++) {
    sum += factor[b] * log_q[b];
    for (int t = 0; cotangent && t < u->shape.sites; t++)
      sum += cotangent[b * u->shape.sites + t] * x[b * u->shape.sites + t];
  }
  return sum;
}

static void check_gradient(const char *theory, const double value[], int sites, int peaks, bool paths)
{
  const sq_fourierflow_shape shape = shape_of(theory, value, sites, 9, peaks);
  const double factor[FIELDS] = {0.3, -1, 0.5, 0.7};
  double x[FIELDS * MOST], cotangent[FIELDS * MOST], unused[FIELDS], slope = 0, at[2], difference, *direction;
  float *gradient, *moved[2];
  setup u;
  set_up(&shape, peaks ? 0.1 : 0.02, &u); /* modes are large in wells */
  const int64_t p = u.model.parameters;
  TAP_CALL(sq_alloc(p, &direction));
  TAP_CALL(sq_alloc(p, &gradient));
  for (int k = 0; k < 2; k++) TAP_CALL(sq_alloc(p, &moved[k]));
  sq_rng_normals(sq_stream_make(4, SQ_RNG_TEST, 2), 0, p, 0, 0, direction);
  sq_rng_normals(sq_stream_make(4, SQ_RNG_TEST, 5), 0, FIELDS * sites, 0, 0, cotangent);
  TAP_CALL(u.model.draw(u.model.self, 9, 3, FIELDS, x, unused));
  if (paths) TAP_CALL(u.model.pull(u.model.self, FIELDS, cotangent, factor, gradient));
  else TAP_CALL(u.model.backward(u.model.self, FIELDS, factor, gradient));
  for (int k = 0; k < 2; k++) {
    for (int64_t i = 0; i < p; i++) moved[k][i] = (float)(u.weight[i] + (k ? 1e-5 : -1e-5) * direction[i]);
    u.model.load(u.model.self, moved[k]);
    at[k] = objective(&u, factor, paths ? cotangent : NULL, x);
  }
  difference = at[1] - at[0];
  for (int64_t i = 0; i < p; i++) slope += (double)gradient[i] * ((double)moved[1][i] - (double)moved[0][i]);
  tap_check(fabs(slope - difference) < 1e-4 * (fabs(difference) + 1e-3),
            "%s on %d sites, %d peaks: the gradient %s, %.7f, by differences %.7f", theory, sites, peaks,
            paths ? "along paths" : "at fixed fields", slope, difference);
  sq_free(&direction);
  sq_free(&gradient);
  for (int k = 0; k < 2; k++) sq_free(&moved[k]);
  tear_down(&u);
}

/* ---- the zero mode alone ---- */

/* The integral of its density up to x, or, less by 1, where x > 0, where that has more digits. */
static double below(const sq_fourier_zero *zero, double x)
{
  const double side = x > 0 ? -1 : 1;
  double sum = 0;
  for (int k = 0; k < zero->count; k++)
    sum += side * zero->share[k] * 0.5 * erfc(side * (zero->place[k] - x) / zero->width[k] / sqrt(2));
  return sum;
}

/* Where the integral is held, x moves with the weights as is said. */
static void check_zero(int peaks, double x)
{
  enum { NUMBERS = 16 };
  double weight[NUMBERS], gradient[NUMBERS] = {0}, worst = 0, slope;
  const int count = sq_fourier_zero_parameters(peaks);
  sq_fourier_zero zero;
  sq_fourier_zero_init(peaks, 3, weight);
  for (int i = 0; i < count; i++) weight[i] += 0.2 * i - 0.3;
  sq_fourier_zero_load(peaks, weight, &zero);
  sq_fourier_zero_move(&zero, x, 1, gradient);
  const double density = exp(sq_fourier_zero_log(&zero, x, &slope));
  for (int i = 0; i < count; i++) {
    double at[2];
    for (int k = 0; k < 2; k++) {
      weight[i] += k ? 2e-5 : -1e-5;
      sq_fourier_zero_load(peaks, weight, &zero);
      at[k] = below(&zero, x);
    }
    weight[i] -= 1e-5;
    tap_worst(&worst, fabs(gradient[i] + (at[1] - at[0]) / 2e-5 / density) / (1 + fabs(gradient[i])));
  }
  tap_check(worst < 1e-6, "a zero mode of %d peaks at %g moves with its weights as its integral says, to %.1e", peaks,
            x, worst);
}

/* ---- chains of signs ---- */

/* The theory quartic with wells at +-sqrt(6 (4 kappa - mu)/lambda). */
static const double deep[] = {-0.8, 1.2, 0.5};

/* log p of modes z, as the sum over all chains; the mean number of walls of chains alone. */
static double enumerate(const sq_fourier_base *base, const double *z, double *walls)
{
  const int N = base->sites;
  double y[MOST], sum = 0, norm = 0;
  *walls = 0;
  sq_fourier_path(base->fourier, z, y);
  for (int state = 0; state < 1 << N; state++) {
    double weight = 1, exponent = 0;
    int changes = 0;
    for (int t = 0; t < N; t++) {
      const double s = state >> t & 1 ? 1 : -1;
      changes += (state >> t & 1) != (state >> (t + 1) % N & 1);
      exponent -= 0.5 * pow(y[t] - base->beta * s, 2);
    }
    weight = pow(base->wall, changes);
    norm += weight;
    *walls += weight * changes;
    sum += weight * exp(exponent);
  }
  *walls /= norm;
  return log(sum / norm) - 0.5 * N * log(2 * PETSC_PI);
}

static void slope_by_differences(sq_fourier_base *base, double *z, const double *slope, double *worst)
{
  const double step = 1e-5;
  for (int i = 0; i < base->sites; i++) {
    const double here = z[i];
    z[i] = here + step;
    const double up = sq_fourier_base_log(base, z, NULL);
    z[i] = here - step;
    tap_worst(worst, fabs((up - sq_fourier_base_log(base, z, NULL)) / (2 * step) - slope[i]) / (1 + fabs(slope[i])));
    z[i] = here;
  }
}

/* Walls of drawn chains: beyond 4.5 standard errors of their means once in 150000. */
static void check_chain(int sites)
{
  enum { DRAWS = 4000 };
  sq_fourierflow_shape shape = {.sites = sites, .layers = 1, .channels = 16, .kinks = 1};
  sq_fourier fourier;
  sq_fourier_base base;
  double weight[2], z[MOST], slope[MOST], sum[2] = {0}, worst = 0, distance = 0, walls;
  TAP_CALL(sq_action_make("quartic", 1, deep, &shape.action));
  sq_fourierflow_complete(&shape);
  TAP_CALL(sq_fourier_create(sites, &fourier));
  TAP_CALL(sq_fourier_base_create(&shape, 1, &fourier, &base));
  sq_fourier_base_init(&shape, weight);
  weight[0] -= 0.7;
  weight[1] = -1;
  sq_fourier_base_load(weight, &base);
  for (int i = 0; i < DRAWS; i++) {
    int count = 0;
    sq_fourier_base_draw(&base, sq_stream_make(2, SQ_RNG_TEST, (uint64_t)i), 0, z);
    for (int t = 0; t < sites; t++) count += base.sign[t] != base.sign[(t + 1) % sites];
    sum[0] += count;
    sum[1] += count * count;
  }
  const double mean = sum[0] / DRAWS, error = sqrt((sum[1] / DRAWS - mean * mean) / DRAWS);
  tap_worst(&distance, fabs(sq_fourier_base_log(&base, z, slope) - enumerate(&base, z, &walls)));
  tap_check(shape.kinks && distance < 1e-10, "%d sites with kinks: the density is the sum over all chains, to %.1e",
            sites, distance);
  tap_check(fabs(mean - walls) <= 4.5 * error, "%d sites with kinks: %.3f walls, exact %.3f", sites, mean, walls);
  slope_by_differences(&base, z, slope, &worst);
  tap_check(worst < 1e-6, "%d sites with kinks: the slope of the density, to %.1e", sites, worst);
  sq_fourier_base_destroy(&base);
  sq_fourier_destroy(&fourier);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  static const int odd_sizes[] = {1, 2, 3, 7, 16, 31, 64};
  for (int i = 0; i < 7; i++) check_free(i % 2 ? 0.3 : 0.49, odd_sizes[i]);
  check_free(-0.4, 9);
  check_oscillator();
  for (int peaks = 1; peaks <= 4; peaks++) check_fields("phi4", well, 20 + 3 * peaks, peaks);
  for (int sites = 1; sites < 6; sites++) check_fields("quartic", broken, sites, 3);
  check_fields("quartic", (const double[]){2, 3, -0.4}, 12, 2);
  for (int sites = 32; sites < 34; sites++) {
    check_fields("quartic", deep, sites, 0);
    check_gradient("quartic", deep, sites, 0, false);
    check_gradient("quartic", deep, sites, 0, true);
  }
  for (int sites = 1; sites < 10; sites += sites < 3 ? 1 : 3) check_chain(sites);
  for (int sites = 1; sites < 3; sites++)
    for (int peaks = 1; peaks < 4; peaks += 2) check_integral(broken, sites, peaks);
  for (int sites = 1; sites < 3; sites++) check_integral(deep, sites, 0);
  for (int number = 0; number <= 6; number++)
    for (int sites = 7; sites < 13; sites += 5) check_coupling(sites, number);
  for (int peaks = 1; peaks < 4; peaks++) check_gradient("quartic", broken, 5 + peaks, peaks, false);
  check_gradient("phi4", well, 31, 3, false);
  check_gradient("quartic", broken, 8, 1, true);
  check_gradient("phi4", well, 31, 1, true);
  for (int peaks = 1; peaks <= 4; peaks++)
    for (int i = 0; i < 3; i++) check_zero(peaks, (const double[]){0.4, -3.1, 9}[i]);
  return tap_end();
}
