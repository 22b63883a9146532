/* SPDX-License-Identifier: BSD-3-Clause */
/* coupling flows: maps and their derivatives; a layer against its dense Jacobian, and back; densities integrate to 1 on
 * lattices of a few sites; the free field is exact with nothing learned, in one to four dimensions; the symmetry;
 * gradients at fixed fields and along paths against differences; ranks.
 */
#include "squall/exact.h"
#include "src/coupling/layer.h"
#include "tap.h"
#include <string.h>

typedef struct {
  const char *action;
  double value[SQ_ACTION_PARAMETERS];
  int dim;
  int64_t extent[SQ_DIM]; /* [dim] */
} sample;

typedef struct {
  sq_coupling_shape shape;
  sq_lattice *lattice;
  sq_tractable model;
  float *weight;
  double *blocks; /* [batch][local volume] */
  double *log_q;  /* [batch] */
} setup;

/* Weights of the start, and as much at random as that. */
static float *weights_of(const sq_coupling_shape *shape, double random)
{
  const int64_t count = sq_coupling_parameters(shape);
  double *weight;
  float *all;
  TAP_CALL(sq_alloc(count, &weight));
  TAP_CALL(sq_alloc(count, &all));
  TAP_CALL(sq_coupling_init(shape, 5, weight));
  for (int64_t i = 0; i < count; i++) {
    double more;
    sq_rng_normals(sq_stream_make(5, SQ_RNG_TEST, 1), (uint64_t)i, 1, 0, 0, &more);
    all[i] = (float)(weight[i] + random * more);
  }
  sq_free(&weight);
  return all;
}

static void set_up(const sample *s, MPI_Comm comm, double random, setup *u)
{
  int64_t extent[SQ_DIM];
  u->shape = (sq_coupling_shape){.layers = 3, .channels = 16, .blocks = 1};
  TAP_CALL(sq_action_make(s->action, s->dim, s->value, &u->shape.action));
  (void)sq_extents_pad(s->dim, s->extent, extent);
  u->shape.cell = sq_coupling_cell(s->dim, extent);
  TAP_CALL(sq_lattice_create_aligned(comm, s->dim, s->extent, u->shape.cell, NULL, &u->lattice));
  TAP_CALL(sq_coupling_create(u->lattice, &u->shape, sq_coupling_batch(&u->shape, extent), true, &u->model));
  u->weight = weights_of(&u->shape, random);
  u->model.load(u->model.self, u->weight);
  TAP_CALL(sq_alloc(u->model.batch * u->lattice->local_volume, &u->blocks));
  TAP_CALL(sq_alloc(u->model.batch, &u->log_q));
}

static void tear_down(setup *u)
{
  sq_free(&u->weight);
  sq_free(&u->blocks);
  sq_free(&u->log_q);
  TAP_CALL(sq_tractable_destroy(&u->model));
  TAP_CALL(sq_lattice_destroy(&u->lattice));
}

static void name_of(const sample *s, char name[80])
{
  char extents[64];
  sq_extents_text(s->dim, s->extent, extents, sizeof extents);
  snprintf(name, 80, "%s on %s", s->action, extents);
}

static void normals(uint64_t member, int64_t n, double *x)
{
  sq_rng_normals(sq_stream_make(7, SQ_RNG_TEST, member), 0, n, 0, 0, x);
}

/* ---- maps ---- */

static void check_bend(void)
{
  double back = 0, slopes = 0;
  for (int k = 0; k < 400; k++) {
    const double rho = exp(-1.99 + 0.01 * k), b = exp(0.02 * k - 4), u = 0.03 * k - 6, h = 1e-4;
    sq_bend at, up, down;
    sq_coupling_bend(rho, b, u, &at);
    tap_worst(&back, fabs(sq_coupling_unbend(rho, b, at.value) - u) / (1 + fabs(u)));
    sq_coupling_bend(rho, b, u + h, &up);
    sq_coupling_bend(rho, b, u - h, &down);
    tap_worst(&slopes, fabs((up.value - down.value) / (2 * h) - at.slope));
    tap_worst(&slopes, fabs(log(up.slope / down.slope) / (2 * h) - at.curve));
    sq_coupling_bend(rho * exp(h), b, u, &up);
    sq_coupling_bend(rho * exp(-h), b, u, &down);
    tap_worst(&slopes, fabs((up.value - down.value) / (2 * h) - at.by_rho));
    tap_worst(&slopes, fabs(log(up.slope / down.slope) / (2 * h) - at.slope_by_rho));
    sq_coupling_bend(rho, b * exp(h), u, &up);
    sq_coupling_bend(rho, b * exp(-h), u, &down);
    tap_worst(&slopes, fabs((up.value - down.value) / (2 * h) - at.by_b));
    tap_worst(&slopes, fabs(log(up.slope / down.slope) / (2 * h) - at.slope_by_b));
  }
  tap_check(back < 1e-12, "bends are undone, to %.1e", back);
  tap_check(slopes < 1e-6, "their derivatives are those of differences, to %.1e", slopes);
}

/* log |det m|, m[n][n] is destroyed (Gauss). */
static double log_determinant(int n, double *m)
{
  double sum = 0;
  for (int k = 0; k < n; k++) {
    int best = k;
    for (int i = k; i < n; i++)
      if (fabs(m[i * n + k]) > fabs(m[best * n + k])) best = i;
    for (int j = 0; j < n; j++) {
      const double kept = m[k * n + j];
      m[k * n + j] = m[best * n + j];
      m[best * n + j] = kept;
    }
    sum += log(fabs(m[k * n + k]));
    for (int i = k + 1; i < n; i++)
      for (int j = n - 1; j >= k; j--) m[i * n + j] -= m[i * n + k] / m[k * n + k] * m[k * n + j];
  }
  return sum;
}

/* All layers of a flow on one field; how the logarithm of its density changes. */
static double map_layers(sq_coupling_sites *sites, sq_coupling_layer layer[], int layers, bool inverse, double *x)
{
  sq_sum sum = {{0}};
  for (int i = 0; i < layers; i++)
    TAP_CALL(sq_coupling_layer_map(&layer[inverse ? layers - 1 - i : i], sites, 1, inverse, x, &sum));
  return sq_sum_value(&sum);
}

/* Three layers with random weights: there and back, and their density against the determinant of all derivatives, by
 * differences of networks in single precision. */
static void check_layers(const sample *s)
{
  enum { LAYERS = 3, MOST = 36 };
  setup u;
  char name[80];
  sq_coupling_sites sites;
  sq_coupling_layer layer[LAYERS];
  double start[MOST], x[MOST], up[MOST], down[MOST], matrix[MOST * MOST], worst = 0;
  const double h = 4e-3;
  name_of(s, name);
  set_up(s, MPI_COMM_SELF, 0.03, &u);
  const int n = (int)u.lattice->volume;
  const sq_network_shape shape = sq_coupling_network(&u.shape);
  const int64_t stride = SQ_MAP_SHARED + sq_network_parameters(&shape);
  TAP_CALL(sq_coupling_sites_create(u.lattice, u.shape.cell, 1, &sites));
  for (int i = 0; i < LAYERS; i++) {
    TAP_CALL(sq_coupling_layer_create(&sites, &shape, i % 2, false, &layer[i]));
    sq_coupling_layer_load(&layer[i], u.weight + u.model.parameters - (LAYERS - i) * stride);
  }
  normals(1, n, start);
  memcpy(x, start, sizeof x);
  const double there = map_layers(&sites, layer, LAYERS, false, x), back = map_layers(&sites, layer, LAYERS, true, x);
  for (int i = 0; i < n; i++) tap_worst(&worst, fabs(x[i] - start[i]));
  tap_check(worst < 1e-12 && fabs(there - back) < 1e-11, "%s: layers are undone, to %.1e", name, worst);
  for (int j = 0; j < n; j++) {
    memcpy(up, start, sizeof up);
    memcpy(down, start, sizeof down);
    up[j] += h;
    down[j] -= h;
    (void)map_layers(&sites, layer, LAYERS, false, up);
    (void)map_layers(&sites, layer, LAYERS, false, down);
    for (int i = 0; i < n; i++) matrix[i * n + j] = (up[i] - down[i]) / (2 * h);
  }
  tap_near(there, -log_determinant(n, matrix), 2e-3, "the density is that of the dense Jacobian");
  for (int i = 0; i < LAYERS; i++) TAP_CALL(sq_coupling_layer_destroy(&sites, &layer[i]));
  TAP_CALL(sq_coupling_sites_destroy(&sites));
  tear_down(&u);
}

/* ---- densities ---- */

/* The integral of q by the rule of midpoints, `points` for every number, all combinations. */
static void check_integral(const sample *s, int points, double reach, double tolerance)
{
  setup u;
  char name[80];
  double sum = 0;
  name_of(s, name);
  set_up(s, MPI_COMM_SELF, 0.03, &u);
  const int64_t V = u.lattice->volume;
  const double step = 2 * reach / points;
  int64_t all = 1;
  for (int64_t i = 0; i < V; i++) all *= points;
  for (int64_t first = 0; first < all; first += u.model.batch) {
    const int count = (int)PetscMin(all - first, (int64_t)u.model.batch);
    for (int b = 0; b < count; b++)
      for (int64_t i = 0, rest = first + b; i < V; i++, rest /= points)
        u.blocks[b * V + i] = ((double)(rest % points) + 0.5) * step - reach;
    TAP_CALL(u.model.density(u.model.self, count, u.blocks, u.log_q));
    for (int b = 0; b < count; b++) sum += exp(u.log_q[b]) * pow(step, (double)V);
  }
  tap_near(sum, 1, tolerance, name);
  tear_down(&u);
}

/* Fields with the other sign have the same density; drawn ones that they were drawn with. */
static void check_density(const sample *s)
{
  setup u;
  char name[80];
  double worst[2] = {0}, *again;
  name_of(s, name);
  set_up(s, MPI_COMM_SELF, 0.03, &u);
  const int64_t V = u.lattice->volume;
  const int count = PetscMin(8, u.model.batch);
  TAP_CALL(sq_alloc(u.model.batch, &again));
  TAP_CALL(u.model.draw(u.model.self, 3, 0, count, u.blocks, u.log_q));
  for (int k = 0; k < 2; k++) {
    TAP_CALL(u.model.density(u.model.self, count, u.blocks, again));
    for (int b = 0; b < count; b++) tap_worst(&worst[k], fabs(again[b] - u.log_q[b]) / (double)V);
    for (int64_t i = 0; i < count * V; i++) u.blocks[i] *= -1;
  }
  tap_check(worst[0] < 1e-9, "%s: drawn fields have the density that they were drawn with, to %.1e", name, worst[0]);
  tap_check(worst[1] < 1e-9, "%s: with the other sign, too, to %.1e", name, worst[1]);
  sq_free(&again);
  tear_down(&u);
}

/* ---- gradients ---- */

/* sum_b factor_b log q_b of given fields, or, along, of drawn ones, with cotangent . phi. */
static double value_of(const setup *u, bool along, const double *blocks, const double *cotangent, const double factor[])
{
  enum { COUNT = 2 };
  const int64_t n = COUNT * u->lattice->volume;
  double value = 0;
  if (along) TAP_CALL(u->model.draw(u->model.self, 3, 0, COUNT, u->blocks, u->log_q));
  else TAP_CALL(u->model.density(u->model.self, COUNT, blocks, u->log_q));
  for (int b = 0; b < COUNT; b++) value += factor[b] * u->log_q[b];
  for (int64_t i = 0; i < n && along; i++) value += cotangent[i] * u->blocks[i];
  return value;
}

/* Along directions in the weights: of the prior, of what sites share in a layer, of a network, of all. */
static void check_gradient(const sample *s, bool along)
{
  enum { COUNT = 2, PARTS = 4, PRIOR = 27 };
  setup u;
  char name[80];
  const double factor[COUNT] = {0.7, -1}, step = 5e-4;
  double *blocks, *cotangent, *direction;
  float *gradient, *moved;
  name_of(s, name);
  set_up(s, MPI_COMM_SELF, 0.03, &u);
  const int64_t p = u.model.parameters, n = COUNT * u.lattice->volume;
  const int64_t from[PARTS] = {0, PRIOR, PRIOR + SQ_MAP_SHARED, 0}, to[PARTS] = {PRIOR, PRIOR + SQ_MAP_SHARED, p, p};
  TAP_CALL(sq_alloc(p, &gradient));
  TAP_CALL(sq_alloc(p, &moved));
  TAP_CALL(sq_alloc(p, &direction));
  TAP_CALL(sq_alloc(n, &blocks));
  TAP_CALL(sq_alloc(n, &cotangent));
  normals(2, p, direction);
  normals(3, n, cotangent);
  TAP_CALL(u.model.draw(u.model.self, 3, 0, COUNT, u.blocks, u.log_q));
  memcpy(blocks, u.blocks, (size_t)n * sizeof *blocks);
  if (along) TAP_CALL(u.model.pull(u.model.self, COUNT, cotangent, factor, gradient));
  else TAP_CALL(u.model.backward(u.model.self, COUNT, factor, gradient));
  for (int k = 0; k < PARTS; k++) {
    double at[2], slope = 0, size = 0;
    for (int64_t i = from[k]; i < to[k]; i++) slope += gradient[i] * direction[i], size += gradient[i] * gradient[i];
    for (int side = 0; side < 2; side++) {
      for (int64_t i = 0; i < p; i++)
        moved[i] = (float)(u.weight[i] + (i >= from[k] && i < to[k] ? (side ? step : -step) * direction[i] : 0));
      u.model.load(u.model.self, moved);
      at[side] = value_of(&u, along, blocks, cotangent, factor);
    }
    const double difference = (at[1] - at[0]) / (2 * step);
    tap_check(fabs(slope - difference) < 2e-2 * sqrt(size) + 1e-3,
              "%s: the gradient %s, %.4f, by differences %.4f (%.1f)", name, along ? "along paths" : "at fixed fields",
              slope, difference, sqrt(size));
  }
  sq_free(&gradient);
  sq_free(&moved);
  sq_free(&direction);
  sq_free(&blocks);
  sq_free(&cotangent);
  tear_down(&u);
}

/* ---- the free field ---- */

/* S of a field of the whole lattice. */
static double action_of(const setup *u, sq_field *phi, sq_halo *halo, const double *block)
{
  sq_sum sum = {{0}};
  sq_field_from_block(phi, block);
  TAP_CALL(sq_halo_exchange(halo, phi->data));
  u->shape.action.type->energy(&u->shape.action, phi, &sum);
  TAP_CALL(sq_sum_reduce(u->lattice->comm, 1, &sum));
  return sq_sum_value(&sum);
}

/* Without learning every weight is Z. */
static void check_free(const sample *s)
{
  enum { FIELDS = 64 };
  setup u;
  char name[80];
  sq_field *phi;
  sq_halo *halo;
  sq_exact_field exact;
  double worst = 0, squares = 0;
  name_of(s, name);
  set_up(s, MPI_COMM_SELF, 0, &u);
  TAP_CALL(sq_exact_field_free(1, s->dim, s->extent, 1, 2 * s->value[0], &exact));
  TAP_CALL(sq_field_create(u.lattice, 1, &phi));
  TAP_CALL(sq_halo_create_field(phi, SQ_HALO_FACES, &halo));
  for (int first = 0; first < FIELDS; first += u.model.batch) {
    const int count = PetscMin(u.model.batch, FIELDS - first);
    TAP_CALL(u.model.draw(u.model.self, 8, first, count, u.blocks, u.log_q));
    for (int b = 0; b < count; b++) {
      const double S = action_of(&u, phi, halo, u.blocks + b * u.lattice->local_volume);
      const double w = -S - u.log_q[b] - exact.log_Z;
      tap_worst(&worst, fabs(w));
      squares += w * w / FIELDS;
    }
  }
  tap_check(worst < 1e-6, "%s: free, log w is log Z, to %.1e", name, worst);
  tap_check(squares < 1e-10, "%s: its effective sample size is 1 - %.1e", name, squares);
  TAP_CALL(sq_halo_destroy(&halo));
  TAP_CALL(sq_field_destroy(&phi));
  tear_down(&u);
}

/* ---- ranks ---- */

/* The same noise makes the same fields, to the rounding of networks' halves; gradients add up to the same. */
static void check_ranks(const sample *s)
{
  enum { COUNT = 2 };
  setup cut, whole;
  char name[80];
  const double factor[COUNT] = {1, 0.5};
  name_of(s, name);
  int64_t extent[SQ_DIM];
  int ranks[SQ_DIM];
  (void)sq_extents_pad(s->dim, s->extent, extent);
  const int cell = sq_coupling_cell(s->dim, extent);
  int64_t cells[SQ_DIM];
  for (int mu = 0; mu < s->dim; mu++) cells[mu] = s->extent[mu] / cell;
  if (!sq_lattice_can_share(s->dim, cells, tap.size, ranks)) return;
  set_up(s, MPI_COMM_WORLD, 0.03, &cut);
  set_up(s, MPI_COMM_SELF, 0.03, &whole);
  const int64_t n = cut.lattice->local_volume, V = whole.lattice->volume, row = cut.lattice->local[3];
  const int64_t p = cut.model.parameters;
  double worst = 0, apart = 0, size = 0;
  float *gradient[2];
  TAP_CALL(cut.model.draw(cut.model.self, 9, 40, COUNT, cut.blocks, cut.log_q));
  TAP_CALL(whole.model.draw(whole.model.self, 9, 40, COUNT, whole.blocks, whole.log_q));
  for (int b = 0; b < COUNT; b++) {
    for (int64_t i = 0; i < n; i++)
      tap_worst(&worst, fabs(cut.blocks[b * n + i] -
                             whole.blocks[b * V + sq_lattice_row_site(cut.lattice, i / row) + i % row]));
    tap_worst(&worst, fabs(cut.log_q[b] - whole.log_q[b]) / (double)V);
  }
  tap_check(worst < 1e-5, "%s: fields and densities are those of one rank, to %.1e", name, worst);
  for (int k = 0; k < 2; k++) TAP_CALL(sq_alloc(p, &gradient[k]));
  TAP_CALL(cut.model.backward(cut.model.self, COUNT, factor, gradient[0]));
  TAP_CALL(cut.model.pull(cut.model.self, COUNT, cut.blocks, factor, gradient[0]));
  TAP_CALL(whole.model.backward(whole.model.self, COUNT, factor, gradient[1]));
  TAP_CALL(whole.model.pull(whole.model.self, COUNT, whole.blocks, factor, gradient[1]));
  MPI_Allreduce(MPI_IN_PLACE, gradient[0], (int)p, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
  for (int64_t i = 0; i < p; i++) apart += pow(gradient[0][i] - gradient[1][i], 2), size += pow(gradient[1][i], 2);
  tap_check(sqrt(apart) < 1e-4 * sqrt(size), "%s: gradients add up to those of one rank, to %.1e", name,
            sqrt(apart / size));
  for (int k = 0; k < 2; k++) sq_free(&gradient[k]);
  tear_down(&cut);
  tear_down(&whole);
}

int main(int argc, char **argv)
{
  const sample few[] = {{"phi4", {0.3, 0.2}, 1, {1}},
                        {"phi4", {0.3, 0.2}, 1, {2}},
                        {"quartic", {-1.5, 4, 0.1}, 2, {1, 2}},
                        {"phi4", {0.8, 0.3}, 2, {2, 1}}};
  const double reach[] = {5, 5, 5, 5};
  const sample free[] = {{"phi4", {0.4, 0}, 1, {64}},       {"phi4", {0.49, 0}, 1, {7}},
                         {"phi4", {0.24, 0}, 2, {16, 16}},  {"phi4", {-0.2, 0}, 2, {8, 11}},
                         {"phi4", {0.15, 0}, 3, {8, 4, 6}}, {"phi4", {0.1, 0}, 4, {4, 4, 2, 4}}};
  const sample many[] = {{"phi4", {0.27, 0.022}, 2, {16, 16}},   {"phi4", {-0.1, 0.5}, 3, {8, 8, 4}},
                         {"quartic", {-1.5, 3, 0.2}, 2, {9, 7}}, {"phi4", {0.5, 0.022}, 2, {12, 8}},
                         {"phi4", {0.1, 1.5}, 4, {4, 4, 2, 4}},  {"phi4", {0.3, 0.1}, 1, {32}}};
  const sample small[] = {{"phi4", {0.27, 0.022}, 2, {4, 6}},
                          {"phi4", {0.15, 0.5}, 3, {2, 4, 4}},
                          {"quartic", {-1.5, 3, 0.2}, 2, {3, 5}},
                          {"phi4", {0.5, 0.05}, 1, {8}}};
  tap_begin(&argc, &argv);
  if (tap.size == 1) check_bend();
  for (int i = 0; i < 4 && tap.size == 1; i++) check_layers(&small[i]);
  for (int i = 0; i < 4 && tap.size == 1; i++) check_integral(&few[i], 120, reach[i], 1e-5);
  for (int i = 0; i < 6 && tap.size == 1; i++) check_free(&free[i]);
  for (int i = 0; i < 6 && tap.size == 1; i++) check_density(&many[i]);
  for (int i = 0; i < 4 && tap.size == 1; i++) check_gradient(&small[i], false);
  for (int i = 0; i < 4 && tap.size == 1; i++) check_gradient(&small[i], true);
  for (int i = 0; i < 6; i++) check_ranks(&many[i]);
  return tap_end();
}
