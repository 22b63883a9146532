/* SPDX-License-Identifier: BSD-3-Clause */
/* Fluxes of models that need not know the constraint: the sites where it is broken and |phi|^2 of such fields against
 * loops over the sites, on any ranks; W(n + 2)/W(n) at odd n against gamma functions. Fluxes that a forger makes of a
 * network's outputs: integers, without divergence where they are of heights, with the windings that they should have
 * and no place that is preferred; gradients of all that is linear. */
#include "squall/adversary.h"
#include "squall/obs.h"
#include "squall/rng.h"
#include "src/adversary/integers.h"
#include "tap.h"
#include <string.h>

/* ---- W at odd arguments ---- */

/* log W(n) at lambda = 0, and at eta = 0. */
static double gamma_form(double eta, double lambda, double n)
{
  return lambda > 0 ? lgamma((n + 2) / 4) - log(4) - (n + 2) / 4 * log(lambda) :
                      lgamma(n / 2 + 1) - log(2) - (n / 2 + 1) * log(eta);
}

static void test_steps(void)
{
  const double eta[] = {4.25, 0.3, 0, 0}, lambda[] = {0, 0, 1, 7};
  double worst = 0;
  for (int i = 0; i < 4; i++)
    for (int64_t n = 0; n < 500; n += 1 + n / 4) {
      const double exact = exp(gamma_form(eta[i], lambda[i], (double)n + 2) - gamma_form(eta[i], lambda[i], (double)n));
      tap_worst(&worst, fabs(sq_flux_step(eta[i], lambda[i], n) / exact - 1));
    }
  tap_check(worst < 1e-11, "W(n + 2)/W(n) where it is of gamma functions, odd n too");
}

/* ---- fields with a divergence ---- */

enum { MOST_SITES = 64 };

static const struct {
  int dim;
  int64_t extent[SQ_DIM];
} shapes[] = {{1, {7}}, {2, {6, 4}}, {2, {5, 1}}, {3, {4, 2, 3}}, {4, {2, 3, 2, 2}}};

/* Number c of site x: small, of both signs for k. */
static double number_of(int dim, int c, int64_t x)
{
  const double u = sq_rng_uniform(sq_stream_make(5, SQ_RNG_TEST, (uint64_t)c), (uint64_t)x, 0, 0);
  return c < dim ? floor(4 * u) - 1 : floor(1.4 * u);
}

static int64_t below_of(int dim, const int64_t extent[], int nu)
{
  int64_t below = 1;
  for (int mu = dim - 1; mu > nu; mu--) below *= extent[mu];
  return below;
}

/* The share of sites with a divergence, and the mean of W(f + 2)/W(f). */
static void by_loops(int dim, const int64_t extent[], double eta, double lambda, double mean[2])
{
  int64_t volume = 1;
  for (int nu = 0; nu < dim; nu++) volume *= extent[nu];
  mean[0] = mean[1] = 0;
  for (int64_t x = 0; x < volume; x++) {
    double f = 0, divergence = 0;
    for (int nu = 0; nu < dim; nu++) {
      const int64_t below = below_of(dim, extent, nu), at = x / below % extent[nu],
                    y = x + (at ? -1 : extent[nu] - 1) * below;
      f += fabs(number_of(dim, nu, x)) + fabs(number_of(dim, nu, y)) +
           2 * (number_of(dim, dim + nu, x) + number_of(dim, dim + nu, y));
      divergence += number_of(dim, nu, x) - number_of(dim, nu, y);
    }
    mean[0] += (divergence != 0) / (double)volume;
    mean[1] += sq_flux_step(eta, lambda, (int64_t)f) / (double)volume;
  }
}

static void test_shape(int dim, const int64_t extent[])
{
  sq_lattice *lattice;
  sq_action action;
  sq_obs *obs;
  double block[2 * SQ_DIM * MOST_SITES], column[SQ_OBS_MOST], exact[2];
  int ranks[SQ_DIM];
  if (!sq_lattice_can_share(dim, extent, tap.size, ranks)) return;
  TAP_CALL(sq_action_make("complex", dim, (double[]){4.01, 1, 0.7}, &action));
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, dim, extent, NULL, &lattice));
  TAP_CALL(sq_obs_create(lattice, &action, &obs));
  const int64_t n = lattice->local_volume, row = lattice->local[SQ_DIM - 1];
  for (int64_t i = 0; i < 2 * dim * n; i++)
    block[i] = number_of(dim, (int)(i / n), sq_lattice_row_site(lattice, i % n / row) + i % row);
  TAP_CALL(sq_obs_measure(obs, block, column));
  by_loops(dim, extent, 4.01, 1, exact);
  const double violations = column[sq_obs_column(action.type, "violations")],
               phi2 = column[sq_obs_column(action.type, "phi2")];
  tap_check(fabs(violations - exact[0]) < 1e-14 && exact[0] > 0.1 && fabs(phi2 - exact[1]) < 1e-12 &&
              isnan(column[sq_obs_column(action.type, "action_density")]),
            "%dd: %.3g of the sites break the constraint, |phi|^2 = %.6g, no action", dim, violations, phi2);
  memset(block, 0, sizeof block);
  TAP_CALL(sq_obs_measure(obs, block, column));
  const bool none = column[sq_obs_column(action.type, "violations")] == 0;
  block[dim * n] = -1;
  TAP_CALL(sq_obs_measure(obs, block, column));
  tap_check(none && isnan(column[sq_obs_column(action.type, "violations")]) &&
              isnan(column[sq_obs_column(action.type, "phi2")]),
            "%dd: none without flux, not a number where l < 0", dim);
  TAP_CALL(sq_obs_destroy(&obs));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

/* ---- fluxes of outputs ---- */

enum { FIELDS = 3, MOST_NUMBERS = FIELDS * SQ_FORGER_CHANNELS * MOST_SITES };

typedef struct {
  const sq_output_kind *kind;
  sq_lattice *lattice;
  sq_action action;
  sq_output_scales scales;
  sq_output_sizes sizes;
  void *self;
  int64_t here;
  double storage[MOST_NUMBERS], more[MOST_NUMBERS], *out[SQ_FORGER_CHANNELS], *other[SQ_FORGER_CHANNELS];
} maker;

static void maker_begin(const char *name, int dim, const int64_t extent[], MPI_Comm comm, maker *m)
{
  *m = (maker){.kind = sq_output_kind_find(name),
               .scales = {.width = 1.3, .zero = 1, .mean = {0.3, 0.05, -0.1}, .spread = {2.1, 1.5, 1, 1}}};
  TAP_CALL(sq_action_make("complex", dim, (double[]){8, 1, 0.7}, &m->action));
  TAP_CALL(sq_lattice_create(comm, dim, extent, NULL, &m->lattice));
  m->sizes = m->kind->sizes(&m->action);
  m->here = m->lattice->local_volume;
  TAP_CALL(m->kind->create(m->lattice, &m->action, &m->scales, FIELDS, &m->self));
  for (int k = 0; k < SQ_FORGER_CHANNELS; k++) {
    m->out[k] = m->storage + k * FIELDS * m->here;
    m->other[k] = m->more + k * FIELDS * m->here;
  }
}

static void maker_end(maker *m)
{
  TAP_CALL(m->kind->destroy(&m->self));
  TAP_CALL(sq_lattice_destroy(&m->lattice));
}

/* Normal numbers at every site, of arrays; and of whole fields. */
static void fill(const maker *m, int arrays, uint64_t id, double *const out[])
{
  double uniform[FIELDS * 2 * SQ_DIM];
  for (int k = 0; k < arrays; k++)
    for (int b = 0; b < FIELDS; b++)
      sq_block_random(m->lattice, 1, sq_rng_normals, sq_stream_make(id, SQ_RNG_TEST, (uint64_t)b), 0, (uint16_t)k,
                      out[k] + b * m->here);
  sq_rng_normals(sq_stream_make(id, SQ_RNG_TEST, 77), 0, FIELDS * m->sizes.uniform, 0, 0, uniform);
  if (m->kind->take) m->kind->take(m->self, FIELDS, uniform, NULL);
}

static int64_t numbers_of(const maker *m)
{
  return FIELDS * 2 * m->action.dim * m->here;
}

/* Rounding left out, k of heights and windings changes by what their outputs do. */
static void linear(const maker *m, double *const out[], double *blocks)
{
  const int d = m->action.dim;
  const int64_t V = m->here, *extent = m->lattice->extent + SQ_DIM - d;
  const bool heights = m->sizes.uniform > 0;
  for (int b = 0; b < FIELDS; b++) {
    double *block = blocks + b * 2 * d * V, height[MOST_SITES], w[2] = {0};
    for (int c = 0; c < 2 * d; c++)
      for (int64_t x = 0; x < V && (c >= d || !heights); x++)
        block[c * V + x] = m->scales.width * out[heights ? c - 1 : c][b * V + x];
    if (!heights) continue;
    for (int nu = 0; nu < 2; nu++) {
      double middle, width, sigma = m->scales.spread[nu] * sqrt((double)V) / (double)extent[nu];
      sq_rounded_normal(m->scales.mean[nu] * (double)V / (double)extent[nu], sigma * sigma, &middle, &width);
      for (int64_t x = 0; x < V; x++) w[nu] += 0.03 * width * out[3 + nu][b * V + x] / (double)V;
    }
    for (int64_t x = 0; x < V; x++)
      height[x] = m->scales.width * out[0][b * V + x] + w[0] * (double)(x % extent[1]) / (double)extent[1] -
                  w[1] * (double)(x / extent[1]) / (double)extent[0];
    sq_flux_heights.fluxes(2, extent, height, w, block);
  }
}

/* The slope of 4 tanh(out/4), which keeps rounded numbers from running away, and of the tanh of an average of what
 * moves windings; 1 for heights. */
static void bend(const maker *m, double *slope)
{
  const bool heights = m->sizes.uniform > 0;
  for (int k = 0; k < m->sizes.outputs; k++)
    for (int64_t i = 0; i < FIELDS * m->here; i++) {
      double bent = tanh(m->out[k][i] / 4), average = 0;
      for (int64_t x = 0; x < m->here; x++) average += m->out[k][i / m->here * m->here + x] / (double)m->here;
      if (heights && k > 2) bent = tanh(average);
      slope[k * FIELDS * m->here + i] = heights && k == 0 ? 1 : 1 - bent * bent;
    }
}

/* <cotangent, linear(slope direction)> = <make_back(cotangent), direction>, where no l is cut off. */
static void test_make_back(maker *m, const char *what)
{
  static double blocks[MOST_NUMBERS], slope[MOST_NUMBERS], bent[MOST_NUMBERS];
  double forward = 0, back = 0;
  const int l = m->sizes.uniform ? 1 : m->action.dim;
  fill(m, m->sizes.outputs, 11, m->out);
  for (int64_t i = 0; i < m->action.dim * FIELDS * m->here; i++) m->out[l][i] = fabs(m->out[l][i]);
  bend(m, bent);
  TAP_CALL(m->kind->make(m->self, FIELDS, m->out, blocks));
  for (int64_t i = 0; i < numbers_of(m); i++) slope[i] = sin((double)(3 * i + 1));
  TAP_CALL(m->kind->make_back(m->self, FIELDS, slope, m->out));
  fill(m, m->sizes.outputs, 12, m->other);
  for (int64_t i = 0; i < m->sizes.outputs * FIELDS * m->here; i++) {
    back += m->out[0][i] * m->other[0][i];
    m->other[0][i] *= bent[i];
  }
  linear(m, m->other, blocks);
  for (int64_t i = 0; i < numbers_of(m); i++) forward += slope[i] * blocks[i];
  tap_check(fabs(forward - back) < 1e-10 * (1 + fabs(forward)), "%s: the gradient is that of no rounding", what);
}

/* A critic's sight is a linear function of the field, and see_back is its transpose: over all ranks. */
static void test_see(maker *m, const char *what)
{
  static double x[MOST_NUMBERS], zero[MOST_NUMBERS], back[MOST_NUMBERS];
  sq_sum sum[2] = {{{0}}};
  const int64_t seen = m->sizes.features * FIELDS * m->here;
  for (int64_t i = 0; i < numbers_of(m); i++) x[i] = cos((double)(5 * i + m->lattice->rank)), zero[i] = back[i] = 0;
  TAP_CALL(m->kind->see(m->self, FIELDS, x, m->out));
  TAP_CALL(m->kind->see(m->self, FIELDS, zero, m->other));
  for (int64_t i = 0; i < seen; i++) {
    const double d = sin((double)(7 * i + m->lattice->rank));
    sq_sum_add(&sum[0], d * (m->out[0][i] - m->other[0][i]));
    m->out[0][i] = d;
  }
  TAP_CALL(m->kind->see_back(m->self, FIELDS, x, m->out, back));
  for (int64_t i = 0; i < numbers_of(m); i++) sq_sum_add(&sum[1], back[i] * x[i]);
  TAP_CALL(sq_sum_reduce(m->lattice->comm, 2, sum));
  const double a = sq_sum_value(&sum[0]), b = sq_sum_value(&sum[1]);
  tap_check(fabs(a - b) < 1e-10 * (1 + fabs(a)), "%s: what a critic sees, and its gradient", what);
}

/* Fluxes that worms can take up, and the same numbers as on one rank. */
static void test_make(const char *name, int dim, const int64_t extent[], bool whole)
{
  static maker m, one;
  static double blocks[MOST_NUMBERS], all[MOST_NUMBERS];
  char what[64];
  int ranks[SQ_DIM];
  bool same = true, integers = true, sound = true;
  if (!whole && !sq_lattice_can_share(dim, extent, tap.size, ranks)) return;
  snprintf(what, sizeof what, "%s in %d dimensions", name, dim);
  maker_begin(name, dim, extent, whole ? MPI_COMM_SELF : MPI_COMM_WORLD, &m);
  maker_begin(name, dim, extent, MPI_COMM_SELF, &one);
  fill(&m, m.sizes.outputs, 4, m.out);
  fill(&one, one.sizes.outputs, 4, one.out);
  TAP_CALL(m.kind->make(m.self, FIELDS, m.out, blocks));
  TAP_CALL(one.kind->make(one.self, FIELDS, one.out, all));
  const int64_t row = m.lattice->local[SQ_DIM - 1];
  for (int64_t i = 0; i < numbers_of(&m); i++) {
    const int64_t x = i % m.here, site = sq_lattice_row_site(m.lattice, x / row) + x % row;
    same = same && blocks[i] == all[i / m.here * one.here + site];
    integers = integers && blocks[i] == rint(blocks[i]) && (i / m.here % (2 * dim) < dim || blocks[i] >= 0);
  }
  tap_check(same && integers, "%s: integers, the same on any ranks", what);
  if (whole) {
    sq_fluxes *fluxes;
    TAP_CALL(sq_fluxes_create(m.lattice, &(sq_flux_coupling){8, 1, 0.7}, &fluxes));
    for (int b = 0; b < FIELDS; b++) sound = sound && !sq_fluxes_load(fluxes, blocks + b * 2 * dim * m.here);
    TAP_CALL(sq_fluxes_destroy(&fluxes));
    tap_check(sound, "%s: none has a divergence", what);
  }
  test_see(&m, what);
  if (whole || tap.size == 1) test_make_back(&m, what);
  maker_end(&m);
  maker_end(&one);
}

/* Of outputs 0: windings of the mean and variance that were measured, as many particles in every column. 4.2 errors of
 * seven numbers: a false alarm in five thousand seeds. */
static void test_windings(void)
{
  enum { DRAWS = 3000, N = 4 };
  static maker m;
  const int64_t extent[2] = {6, N};
  double sum[2] = {0}, square[2] = {0}, column[N] = {0}, worst = 0, block[FIELDS * 4 * 6 * N], z[FIELDS * 4];
  maker_begin("heights", 2, extent, MPI_COMM_SELF, &m);
  for (int i = 0; i < DRAWS; i += FIELDS) {
    sq_rng_normals(sq_stream_make(9, SQ_RNG_TEST, (uint64_t)i), 0, FIELDS * 4, 0, 0, z);
    m.kind->take(m.self, FIELDS, z, NULL);
    TAP_CALL(m.kind->make(m.self, FIELDS, m.out, block));
    for (int b = 0; b < FIELDS; b++) {
      const double *k = block + b * 4 * m.here;
      double w[2] = {0};
      for (int s = 0; s < N; s++) column[s] += k[s], w[0] += k[s];
      for (int t = 0; t < 6; t++) w[1] += k[m.here + t * N];
      for (int nu = 0; nu < 2; nu++) sum[nu] += w[nu], square[nu] += w[nu] * w[nu];
    }
  }
  for (int nu = 0; nu < 2; nu++) {
    const double unit = sqrt(6. * N) / (double)extent[nu], mean = m.scales.mean[nu] * 6 * N / (double)extent[nu],
                 variance = pow(m.scales.spread[nu] * unit, 2), found = sum[nu] / DRAWS,
                 spread = square[nu] / DRAWS - found * found;
    tap_worst(&worst, fabs(found - mean) / sqrt(variance / DRAWS));
    tap_worst(&worst, fabs(spread - variance) / (variance * sqrt(2. / DRAWS)));
    if (nu == 0)
      for (int s = 0; s < N - 1; s++) /* variances of a column are about those of w/N, and more */
        tap_worst(&worst, fabs(column[s] - column[s + 1]) / sqrt(DRAWS * 2.));
  }
  tap_check(worst < 4.2, "windings of the mean and the variance that were measured, lines anywhere (%.2f)", worst);
  maker_end(&m);
}

/* Mean and variance of round(middle + width z), against sums over narrow steps of z: the steps at half integers are
 * worth 1e-4 at most. The last case has no variance, the one before it less than an integer can have. */
static void test_rounded(void)
{
  const double cases[][2] = {{0.02, 0.03},  {-0.3, 0.24}, {0.5, 0.27}, {0, 0.001}, {-7.99, 0.3},
                             {5.08, 4.536}, {1.3, 0.9},   {0.4, 3.9},  {0.3, 0.1}, {2, 0}};
  const int last = sizeof cases / sizeof *cases - 1;
  double worst = 0;
  for (int i = 0; i <= last; i++) {
    double sum = 0, square = 0, middle, width;
    sq_rounded_normal(cases[i][0], cases[i][1], &middle, &width);
    for (double z = -9; z < 9; z += 1e-4) {
      const double w = floor(middle + width * z + 0.5), share = 1e-4 * exp(-0.5 * z * z) / sqrt(2 * M_PI);
      sum += share * w, square += share * w * w;
    }
    tap_worst(&worst, fabs(sum - cases[i][0]));
    tap_worst(&worst, fabs(square - sum * sum - (i == last - 1 ? 0.21 : cases[i][1])));
  }
  tap_check(worst < 1e-3, "rounded normal numbers of any mean and variance (%.2g)", worst);
}

static void test_measure(void)
{
  static maker m;
  static double blocks[MOST_NUMBERS];
  const int64_t extent[2] = {6, 8};
  sq_output_scales scales;
  maker_begin("fluxes", 2, extent, MPI_COMM_WORLD, &m);
  for (int b = 0; b < FIELDS; b++)
    for (int64_t i = 0; i < 4 * m.here; i++) blocks[b * 4 * m.here + i] = i < m.here ? 6 * b : i < 2 * m.here ? -2 : 0;
  TAP_CALL(m.kind->measure(m.lattice, &m.action, FIELDS, blocks, &scales));
  tap_check(scales.mean[0] == 6 && fabs(scales.spread[0] - sqrt(48 * 24)) < 1e-12 && scales.mean[1] == -2 &&
              scales.spread[1] == 0 && fabs(scales.width - sqrt((60 + 4) / 4.)) < 1e-12,
            "means, spreads and the width of fluxes");
  maker_end(&m);
}

static void test_refusals(void)
{
  sq_action action, phi4;
  const sq_output_kind *heights = sq_output_kind_find("heights"), *fluxes = sq_output_kind_find("fluxes");
  TAP_CALL(sq_action_make("complex", 3, (double[]){8, 1, 0.7}, &action));
  TAP_CALL(sq_action_make("phi4", 2, (double[]){0.2, 0.02}, &phi4));
  tap_check(heights->lacks(&action) && !fluxes->lacks(&action) && sq_output_kind_for(&action) == fluxes &&
              heights->lacks(&phi4) && fluxes->lacks(&phi4),
            "heights in two directions alone, fluxes of fluxes alone");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_steps();
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) test_shape(shapes[i].dim, shapes[i].extent);
  test_make("fluxes", 1, (int64_t[]){8}, false);
  test_make("fluxes", 2, (int64_t[]){4, 6}, false);
  test_make("fluxes", 3, (int64_t[]){2, 4, 3}, false);
  test_make("heights", 2, (int64_t[]){4, 6}, true);
  test_make("heights", 2, (int64_t[]){5, 1}, true);
  test_make("heights", 2, (int64_t[]){2, 7}, true);
  test_windings();
  test_rounded();
  test_measure();
  test_refusals();
  return tap_end();
}
