/* SPDX-License-Identifier: BSD-3-Clause */
/* Fluxes of whole numbers by a layer that learns its constraint: from a random start it finds the curl by descent along
 * its own gradient, and no field has a divergence then; both gradients against differences. Means that forged fluxes
 * are pulled to: the pull against differences of its loss. */
#include "squall/adversary.h"
#include "squall/flux.h"
#include "squall/rng.h"
#include "tap.h"
#include <string.h>

enum { FIELDS = 8, MOST_SITES = 30, MOST_OUTPUTS = 6, MOST_WEIGHTS = 64, MOST_NUMBERS = FIELDS * 6 * MOST_SITES };

typedef struct {
  const sq_output_kind *kind;
  sq_lattice *lattice;
  sq_action action;
  sq_output_scales scales;
  sq_output_sizes sizes;
  void *self;
  int64_t V, weights;
  float weight[MOST_WEIGHTS];
  double storage[MOST_NUMBERS], *out[MOST_OUTPUTS], block[MOST_NUMBERS];
} layer;

/* Outputs and noise that are normal numbers; l above zero. */
static void fill(layer *m)
{
  const int d = m->action.dim;
  static double noise[2 * FIELDS * MOST_SITES];
  double *const line[] = {noise, noise + FIELDS * m->V}, whole[FIELDS * 2] = {0};
  sq_rng_normals(sq_stream_make(3, SQ_RNG_TEST, 0), 0, m->sizes.outputs * FIELDS * m->V, 0, 0, m->storage);
  for (int k = m->sizes.outputs - d; k < m->sizes.outputs; k++)
    for (int64_t i = 0; i < FIELDS * m->V; i++) m->out[k][i] = 0.2 + fabs(m->out[k][i]);
  for (int mu = 0; mu < d; mu++)
    for (int64_t i = 0; i < FIELDS * m->V; i++) {
      const int64_t t = i % m->V / (d > 1 ? m->lattice->extent[SQ_DIM - 1] : 1),
                    s = d > 1 ? i % m->V % m->lattice->extent[SQ_DIM - 1] : 0;
      line[mu][i] = sin(1.0 + (double)(7 * (i / m->V) + 3 * (mu ? t : s) + mu));
    }
  m->kind->take(m->self, FIELDS, whole, line);
}

static void begin(int dim, const int64_t extent[], double width, layer *m)
{
  double weight[MOST_WEIGHTS];
  *m = (layer){.kind = sq_output_kind_find("staircase"), .scales = {.width = width, .zero = 1, .spread = {1, 1}}};
  TAP_CALL(sq_action_make("complex", dim, (double[]){8, 1, 0.7}, &m->action));
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, dim, extent, NULL, &m->lattice));
  m->sizes = m->kind->sizes(&m->action);
  m->V = m->lattice->volume;
  m->weights = m->kind->weights(&m->action);
  TAP_CALL(m->kind->create(m->lattice, &m->action, &m->scales, FIELDS, &m->self));
  for (int k = 0; k < m->sizes.outputs; k++) m->out[k] = m->storage + k * FIELDS * m->V;
  m->kind->start(&m->action, 5, weight);
  for (int64_t i = 0; i < m->weights; i++) m->weight[i] = (float)(10 * weight[i]);
  fill(m);
}

static void end(layer *m)
{
  TAP_CALL(m->kind->destroy(&m->self));
  TAP_CALL(sq_lattice_destroy(&m->lattice));
}

static void make(layer *m)
{
  m->kind->load(m->self, m->weight);
  TAP_CALL(m->kind->make(m->self, FIELDS, m->out, m->block));
}

/* Whether all fields can be taken up by worms; and the largest |winding|. */
static bool sound(const layer *m, double *most)
{
  const int64_t *extent = m->lattice->extent + SQ_DIM - m->action.dim;
  sq_fluxes *fluxes;
  bool all = true;
  *most = 0;
  TAP_CALL(sq_fluxes_create(m->lattice, &(sq_flux_coupling){8, 1, 0.7}, &fluxes));
  for (int b = 0; b < FIELDS; b++) {
    const double *k = m->block + b * 2 * m->action.dim * m->V;
    double sum = 0;
    all = all && !sq_fluxes_load(fluxes, k);
    for (int64_t x = 0; x < m->V; x++) sum += k[x] / (double)extent[0];
    *most = fmax(*most, fabs(sum));
  }
  TAP_CALL(sq_fluxes_destroy(&fluxes));
  return all;
}

/* Steps of a length that falls to nothing, each row in units of its own length. */
static void descend(layer *m, int steps)
{
  const int64_t rows = m->sizes.outputs - m->action.dim, row = m->weights / rows;
  for (int step = 0; step < steps; step++) {
    float gradient[MOST_WEIGHTS] = {0};
    make(m);
    m->kind->learn(m->self, FIELDS, 1, gradient);
    for (int64_t c = 0; c < rows; c++) {
      double slope = 0, length = 0;
      for (int64_t i = c * row; i < (c + 1) * row; i++)
        slope += gradient[i] * gradient[i], length += m->weight[i] * m->weight[i];
      const double rate = slope > 0 ? 0.05 * (1 - (double)step / steps) * sqrt(length / slope) : 0;
      for (int64_t i = c * row; i < (c + 1) * row; i++) m->weight[i] -= (float)(rate * gradient[i]);
    }
  }
  make(m);
}

static void test_learns(int dim, const int64_t extent[])
{
  static layer m;
  double most;
  begin(dim, extent, 1.7, &m);
  make(&m);
  const bool before = sound(&m, &most);
  descend(&m, 1500);
  const bool after = sound(&m, &most);
  double flux = 0;
  for (int64_t i = 0; i < m.V; i++) flux = fmax(flux, fabs(m.block[i]));
  tap_check(before == (dim == 1) && after && flux > 0 && most > 0,
            "%dd: a random layer learns that k has no divergence, and keeps windings (%g)", dim, most);
  end(&m);
}

/* ---- gradients ---- */

/* Hidden number c of all fields, by layers that let one number through: [FIELDS][V]. */
static void hidden(layer *m, int c, double *h)
{
  float kept[MOST_WEIGHTS];
  memcpy(kept, m->weight, sizeof kept);
  memset(m->weight, 0, sizeof kept);
  m->weight[c * (int)(m->weights / (m->sizes.outputs - 2))] = 1;
  make(m);
  for (int b = 0; b < FIELDS; b++) memcpy(h + b * m->V, m->block + b * 4 * m->V, (size_t)m->V * sizeof *h);
  memcpy(m->weight, kept, sizeof kept);
}

/* The sum over fields of the mean of (div k)^2 in two directions, by loops; taps of lines beyond the first are none. */
static double form(const layer *m, const double *h, const double *kernel)
{
  const int64_t *extent = m->lattice->extent + SQ_DIM - 2;
  double sum = 0;
  for (int b = 0; b < FIELDS; b++)
    for (int64_t x = 0; x < m->V; x++) {
      double divergence = 0;
      for (int i = 0; i < m->weights; i++) {
        const int c = i / 8, nu = i / 4 % 2;
        if (c > 1 && i % 4) continue;
        const int64_t t = x / extent[1] + 2 * extent[0], s = x % extent[1] + 2 * extent[1], t1 = t - (i & 1),
                      s1 = s - (i >> 1 & 1), *e = extent;
        const double *of = h + (c * FIELDS + b) * m->V;
        divergence += kernel[i] *
                      (of[t1 % e[0] * e[1] + s1 % e[1]] - of[(t1 - (nu == 0)) % e[0] * e[1] + (s1 - (nu == 1)) % e[1]]);
      }
      sum += divergence * divergence / (double)m->V;
    }
  return sum;
}

static void test_own_gradient(void)
{
  static layer m;
  static double h[4 * FIELDS * MOST_SITES];
  float gradient[MOST_WEIGHTS] = {0};
  double worst = 0, most = 0;
  begin(2, (int64_t[]){4, 6}, 1.7, &m);
  for (int c = 0; c < 4; c++) hidden(&m, c, h + c * FIELDS * m.V);
  make(&m);
  m.kind->learn(m.self, FIELDS, 1, gradient);
  for (int i = 0; i < m.weights; i++) {
    double value[2];
    for (int sign = 0; sign < 2; sign++) {
      double kernel[MOST_WEIGHTS];
      for (int c = 0; c < 4; c++) {
        double large = 0, before = 0, after = 0;
        for (int j = 8 * c; j < 8 * c + 8; j++) {
          const double p = c > 1 && j % 4 ? 0 : m.weight[j];
          kernel[j] = p + (i == j && !(c > 1 && j % 4) ? (sign ? 1e-4 : -1e-4) : 0);
          large = fmax(large, fabs(p)), before += p * p, after += kernel[j] * kernel[j];
        }
        for (int j = 8 * c; j < 8 * c + 8; j++) kernel[j] *= sqrt(before / after) / large;
      }
      value[sign] = form(&m, h, kernel);
    }
    tap_worst(&worst, fabs((value[1] - value[0]) / 2e-4 - gradient[i]));
    most = fmax(most, fabs((double)gradient[i]));
  }
  tap_check(worst < 1e-4 * most && most > 0.1, "what the layer learns from is the gradient of (div k)^2 over |p|^2");
  end(&m);
}

/* Where numbers are large, rounding is nothing. */
static void test_make_back(void)
{
  static layer m;
  static double slope[MOST_NUMBERS], dout[MOST_NUMBERS];
  double *back[MOST_OUTPUTS], worst = 0, most = 0;
  begin(2, (int64_t[]){4, 6}, 1e8, &m);
  make(&m);
  for (int64_t i = 0; i < FIELDS * 4 * m.V; i++) slope[i] = sin((double)(3 * i + 1));
  for (int k = 0; k < m.sizes.outputs; k++) back[k] = dout + k * FIELDS * m.V;
  TAP_CALL(m.kind->make_back(m.self, FIELDS, slope, back));
  for (int64_t i = 5; i < m.sizes.outputs * FIELDS * m.V; i += 17) {
    double value[2] = {0};
    const double kept = m.storage[i];
    for (int sign = 0; sign < 2; sign++) {
      m.storage[i] = kept + (sign ? 1e-3 : -1e-3);
      make(&m);
      for (int64_t j = 0; j < FIELDS * 4 * m.V; j++) value[sign] += slope[j] * m.block[j];
    }
    m.storage[i] = kept;
    tap_worst(&worst, fabs((value[1] - value[0]) / 2e-3 - dout[i]));
    most = fmax(most, fabs(dout[i]));
  }
  tap_check(worst < 1e-4 * most, "what outputs learn is the gradient of no rounding");
  end(&m);
}

/* ---- means ---- */

enum { WORMS = 9, NUMBERS = 6 };

/* Number c of site x of a field, away from 0. */
static double number_of(int field, int c, int64_t x)
{
  const double u = sq_rng_uniform(sq_stream_make(8, SQ_RNG_TEST, (uint64_t)(field * NUMBERS + c)), (uint64_t)x, 0, 0);
  return u < 0.5 ? -0.2 - u : 0.3 + u;
}

/* Mean j of a field of 2 x 4 x 3 sites, one of whose numbers has moved. */
static double mean_of(int field, int j, double moved, int c, int64_t at)
{
  const int64_t extent[3] = {2, 4, 3}, V = 24;
  double number[NUMBERS][24], sum = 0;
  for (int i = 0; i < NUMBERS; i++)
    for (int64_t x = 0; x < V; x++) number[i][x] = number_of(field, i, x) + (i == c && x == at ? moved : 0);
  for (int64_t x = 0; x < V; x++) {
    double f = 0;
    for (int nu = 0; nu < 3; nu++) {
      const int64_t below = nu == 0 ? 12 :
                            nu == 1 ? 3 :
                                      1,
                    i = x / below % extent[nu], y = x + ((i + extent[nu] - 1) % extent[nu] - i) * below;
      f += fabs(number[nu][x]) + fabs(number[nu][y]) + 2 * (number[3 + nu][x] + number[3 + nu][y]);
    }
    sum += (j == 9 ? f * f : j < 3 ? number[j][x] : j < 6 ? fabs(number[j - 3][x]) : number[j - 3][x]) / (double)V;
  }
  return sum;
}

/* The loss of FIELDS fields 100 ..., where site `at` of number c of field b has moved; mean and width of the worms. */
static double loss_of(const double mean[10], const double width[10], int b, int c, int64_t at, double moved)
{
  double loss = 0;
  for (int j = 0; j < 10; j++) {
    double first[2] = {0}, second[2] = {0};
    for (int i = 0; i < FIELDS; i++) {
      const double z = (mean_of(100 + i, j, i == b ? moved : 0, c, at) - mean[j]) / width[j];
      first[i >= FIELDS / 2] += z / (FIELDS / 2);
      second[i >= FIELDS / 2] += (z * z - 1) / (FIELDS / 2);
    }
    loss += first[0] * first[1] + second[0] * second[1] / 2;
  }
  return loss;
}

static void test_matching(void)
{
  enum { V = 24 };
  const int64_t extent[3] = {2, 4, 3};
  sq_lattice *lattice;
  sq_matching *matching;
  static double worms[WORMS * NUMBERS * V], fields[FIELDS * NUMBERS * V], pull[FIELDS * NUMBERS * V];
  double worst = 0, most = 0, mean[10] = {0}, width[10] = {0};
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, 3, extent, NULL, &lattice));
  for (int i = 0; i < WORMS * NUMBERS * V; i++) {
    const int field = i / V / NUMBERS, c = i / V % NUMBERS, x = i % V;
    worms[i] = number_of(field, c, x);
    if (field < FIELDS) fields[i] = number_of(100 + field, c, x);
  }
  for (int j = 0; j < 10; j++) {
    for (int i = 0; i < WORMS; i++) mean[j] += mean_of(i, j, 0, 0, -1) / WORMS;
    for (int i = 0; i < WORMS; i++) width[j] += pow(mean_of(i, j, 0, 0, -1) - mean[j], 2) / WORMS;
    width[j] = sqrt(width[j]);
  }
  TAP_CALL(sq_matching_create(lattice, 3, WORMS, worms, FIELDS, &matching));
  sq_matching_pull(matching, FIELDS, fields, 1. / FIELDS, pull);
  for (int i = 0; i < FIELDS * NUMBERS * V; i += 7) {
    const int b = i / V / NUMBERS, c = i / V % NUMBERS, x = i % V;
    const double slope = (loss_of(mean, width, b, c, x, 1e-5) - loss_of(mean, width, b, c, x, -1e-5)) / 2e-5;
    tap_worst(&worst, fabs(slope - pull[i]));
    most = fmax(most, fabs(pull[i]));
  }
  tap_check(worst < 1e-6 * most && most > 0, "means and widths are pulled along the gradient of their loss (%.2g)",
            worst);
  TAP_CALL(sq_matching_destroy(&matching));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_learns(1, (int64_t[]){7});
  test_learns(2, (int64_t[]){4, 6});
  test_learns(2, (int64_t[]){5, 3});
  test_own_gradient();
  test_make_back();
  test_matching();
  return tap_end();
}
