/* SPDX-License-Identifier: BSD-3-Clause */
/* raster: autoregressive networks. The density of all states is 1; drawn fields have the density that draw says, the
 * same bits in any batch; backward is the derivative; the estimator of the reverse KL has the exact gradient as its
 * mean; windows leave out nothing that matters; symmetries are there by construction.
 */
#include "src/raster/windows.h"
#include "tests/tap.h"
#include <string.h>

enum { BATCH = 16 };

/* A model of random weights. */
typedef struct {
  const char *name, *theory, *law, *network;
  int dim;
  int64_t extent[SQ_DIM]; /* dim of them */
  int mixture, blocks;
  bool odd, positions, averaged;
} kind;

static const kind kinds[] = {
  {"4x4", "ising", "sign", "frontier", 2, {4, 4}, 1, 1, true, true, false},
  {"4x4 boxes", "ising", "sign", "box", 2, {4, 4}, 1, 1, true, true, false},
  {"4x4 dense", "ising", "sign", "dense", 2, {4, 4}, 1, 0, true, false, false},
  {"5x3, no symmetry", "ising", "sign", "box", 2, {5, 3}, 1, 2, false, true, false},
  {"3x4, both signs", "ising", "sign", "frontier", 2, {3, 4}, 1, 1, false, false, true},
  {"a chain", "ising", "sign", "box", 1, {11}, 1, 1, true, false, false},
  {"two sites", "ising", "sign", "frontier", 1, {2}, 1, 1, false, true, false},
  {"one site", "ising", "sign", "frontier", 1, {1}, 1, 1, false, true, false},
  {"1x6", "ising", "sign", "frontier", 2, {1, 6}, 1, 1, true, true, false},
  {"2x2x3", "ising", "sign", "frontier", 3, {2, 2, 3}, 1, 1, true, true, false},
  {"3x2x2 boxes", "ising", "sign", "box", 3, {3, 2, 2}, 1, 1, true, false, false},
  {"2x1x2x3", "ising", "sign", "dense", 4, {2, 1, 2, 3}, 1, 1, true, true, false},
  {"angles", "xy", "von-mises", "frontier", 2, {4, 3}, 3, 1, true, true, false},
  {"angles, boxes", "xy", "von-mises", "box", 3, {2, 2, 2}, 2, 1, true, false, false},
  {"angles, no symmetry", "xy", "beta", "frontier", 2, {3, 3}, 3, 1, false, true, false},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

typedef struct {
  const kind *kind;
  sq_lattice *lattice;
  sq_raster_model model;
  sq_tractable t;
  int64_t volume;
  double *start;            /* [parameters] weights all of which matter */
  float *weight, *gradient; /* [parameters] */
} world;

static void load(world *w, double along, const double *direction)
{
  for (int64_t i = 0; i < w->t.parameters; i++)
    w->weight[i] = (float)(w->start[i] + (direction ? along * direction[i] : 0));
  w->t.load(w->t.self, w->weight);
}

static void begin(const kind *k, world *w)
{
  const double coupling[SQ_ACTION_PARAMETERS] = {0.35, 1.3};
  double *noise;
  *w = (world){.kind = k};
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, k->dim, k->extent, NULL, &w->lattice));
  w->volume = w->lattice->volume;
  w->model = (sq_raster_model){.law = sq_conditional_find(k->law), .mixture = k->mixture, .averaged = k->averaged};
  w->model.shape = (sq_raster_shape){.dim = k->dim,
                                     .network = sq_raster_networks[sq_find_name(sq_raster_network_name, k->network)],
                                     .radius = 1,
                                     .channels = 16,
                                     .blocks = k->blocks,
                                     .odd = k->odd,
                                     .positions = k->positions};
  memcpy(w->model.shape.extent, w->lattice->extent, sizeof w->lattice->extent);
  TAP_CALL(sq_action_make(k->theory, k->dim, coupling, &w->model.action));
  if (!sq_raster_fit(&w->model)) printf("# %s does not fit\n", k->name);
  TAP_CALL(sq_raster_tractable(&w->model, w->lattice, BATCH, true, &w->t));
  TAP_CALL(sq_alloc(w->t.parameters, &w->start));
  TAP_CALL(sq_alloc(w->t.parameters, &w->weight));
  TAP_CALL(sq_alloc(w->t.parameters, &w->gradient));
  TAP_CALL(sq_alloc(w->t.parameters, &noise));
  TAP_CALL(sq_raster_init(&w->model.shape, 3, w->start));
  sq_rng_normals(sq_stream_make(5, SQ_RNG_TEST, 0), 0, w->t.parameters, 0, 0, noise);
  for (int64_t i = 0; i < w->t.parameters; i++) w->start[i] += 0.15 * noise[i];
  sq_free(&noise);
  load(w, 0, NULL);
}

static void end(world *w)
{
  TAP_CALL(sq_tractable_destroy(&w->t));
  TAP_CALL(sq_lattice_destroy(&w->lattice));
  sq_free(&w->start);
  sq_free(&w->weight);
  sq_free(&w->gradient);
}

/* ---- densities ---- */

static void set_state(int64_t volume, int64_t state, double *block)
{
  for (int64_t i = 0; i < volume; i++) block[i] = state >> i & 1 ? 1 : -1;
}

/* log q of `count` consecutive states. */
static void states(world *w, int64_t first, int count, double *log_q)
{
  double *blocks;
  TAP_CALL(sq_alloc(count * w->volume, &blocks));
  for (int b = 0; b < count; b++) set_state(w->volume, first + b, blocks + b * w->volume);
  TAP_CALL(w->t.density(w->t.self, count, blocks, log_q));
  sq_free(&blocks);
}

static void check_normalised(world *w)
{
  const int64_t all = (int64_t)1 << w->volume;
  double log_q[BATCH], sum = 0;
  for (int64_t state = 0; state < all; state += BATCH) {
    const int count = (int)PetscMin((int64_t)BATCH, all - state);
    states(w, state, count, log_q);
    for (int b = 0; b < count; b++) sum += exp(log_q[b]);
  }
  tap_near(sum, 1, 1e-10, "the density of all states is 1");
}

static void check_draws(world *w)
{
  double *together, *alone, said[BATCH], again[BATCH], one[2];
  TAP_CALL(sq_alloc(BATCH * w->volume, &together));
  TAP_CALL(sq_alloc(2 * w->volume, &alone));
  TAP_CALL(w->t.draw(w->t.self, 9, 5, BATCH, together, said));
  TAP_CALL(w->t.density(w->t.self, BATCH, together, again));
  TAP_CALL(w->t.draw(w->t.self, 9, 12, 2, alone, one));
  tap_check(!memcmp(said, again, sizeof said), "%s: given fields have the density that draw said", w->kind->name);
  tap_check(!memcmp(together + 7 * w->volume, alone, 2 * (size_t)w->volume * sizeof *alone) &&
              !memcmp(said + 7, one, sizeof one),
            "%s: a field has the same bits in any batch", w->kind->name);
  sq_free(&together);
  sq_free(&alone);
}

/* Turning all numbers alike leaves the density of a network that is odd, or averaged. */
static void check_symmetry(world *w)
{
  const bool angles = w->model.action.type->space == &sq_space_circle;
  double *blocks, said[BATCH], turned[BATCH], worst = 0;
  TAP_CALL(sq_alloc(BATCH * w->volume, &blocks));
  TAP_CALL(w->t.draw(w->t.self, 2, 0, BATCH, blocks, said));
  for (int64_t i = 0; i < BATCH * w->volume; i++)
    blocks[i] = angles ? remainder(1.1 - blocks[i], 2 * PETSC_PI) : -blocks[i];
  TAP_CALL(w->t.density(w->t.self, BATCH, blocks, turned));
  for (int b = 0; b < BATCH; b++) tap_worst(&worst, fabs(turned[b] - said[b]));
  if (w->kind->odd || w->kind->averaged)
    tap_check(worst <= (angles ? 1e-4 : 0), "%s: its symmetry is exact", w->kind->name);
  else tap_check(worst > 1e-3, "%s: it knows no symmetry", w->kind->name);
  sq_free(&blocks);
}

/* With a last layer of 0, spins see their known neighbours alone; of the last of two sites in a direction, twice. */
static void check_start(world *w)
{
  double *block, said, expected = 0;
  TAP_CALL(sq_raster_init(&w->model.shape, 3, w->start));
  load(w, 0, NULL);
  TAP_CALL(sq_alloc(w->volume, &block));
  TAP_CALL(w->t.anneal(w->t.self, 0.5));
  TAP_CALL(w->t.draw(w->t.self, 2, 0, 1, block, &said));
  for (int64_t x = 0; x < w->volume; x++) {
    double h = 0;
    int64_t stride = 1;
    for (int mu = SQ_DIM - 1; mu >= SQ_DIM - w->kind->dim; stride *= w->lattice->extent[mu--]) {
      const int64_t n = w->lattice->extent[mu], c = x / stride % n;
      const double J = 0.5 * 0.35 * (mu == SQ_DIM - w->kind->dim ? 1.3 : 1);
      if (c > 0) h += J * block[x - stride];
      if (c == n - 1 && n > 1) h += J * block[x - (n - 1) * stride];
    }
    expected -= log1p(exp(-2 * h * block[x]));
  }
  TAP_CALL(w->t.anneal(w->t.self, 1));
  tap_near(said, expected, 1e-12 * (double)w->volume, "it begins with the field of the known neighbours");
  sq_free(&block);
}

/* ---- derivatives ---- */

static double dot(const world *w, const double *direction)
{
  double sum = 0;
  for (int64_t i = 0; i < w->t.parameters; i++) sum += w->gradient[i] * direction[i];
  return sum;
}

/* Random numbers for the parameters of an eighth. */
static void fill_direction(const world *w, int part, double *direction)
{
  const int64_t n = w->t.parameters, first = n * part / 8, count = n * (part + 1) / 8 - first;
  memset(direction, 0, (size_t)n * sizeof *direction);
  sq_rng_normals(sq_stream_make(17, SQ_RNG_TEST, (uint64_t)part), 0, count, 0, 0, direction + first);
}

static double weighted(world *w, const double *blocks, const double *factor)
{
  double log_q[BATCH], sum = 0;
  TAP_CALL(w->t.density(w->t.self, BATCH, blocks, log_q));
  for (int b = 0; b < BATCH; b++) sum += factor[b] * log_q[b];
  return sum;
}

/* Of both: the gradient by backward, twice, and by differences. */
static void check_gradient(world *w)
{
  double *blocks, *direction, factor[BATCH], log_q[BATCH], worst = 0, size = 0, twice = 0;
  TAP_CALL(sq_alloc(BATCH * w->volume, &blocks));
  TAP_CALL(sq_alloc(w->t.parameters, &direction));
  sq_rng_normals(sq_stream_make(7, SQ_RNG_TEST, 0), 0, BATCH, 0, 0, factor);
  TAP_CALL(w->t.draw(w->t.self, 4, 0, BATCH, blocks, log_q));
  memset(w->gradient, 0, (size_t)w->t.parameters * sizeof *w->gradient);
  TAP_CALL(w->t.backward(w->t.self, BATCH, factor, w->gradient));
  for (int part = 0; part < 8; part++) {
    const double h = 4e-3;
    double slope[2];
    fill_direction(w, part, direction);
    for (int k = 0; k < 2; k++) {
      load(w, (k + 1) * h, direction);
      const double up = weighted(w, blocks, factor);
      load(w, -(k + 1) * h, direction);
      slope[k] = (up - weighted(w, blocks, factor)) / (2 * (k + 1) * h);
    }
    const double expected = (4 * slope[0] - slope[1]) / 3, found = dot(w, direction);
    tap_worst(&worst, fabs(found - expected));
    size = fmax(size, fabs(expected));
  }
  tap_check(worst < 2e-3 * size + 1e-4, "%s: backward is the derivative (%.1e of %.1e)", w->kind->name, worst, size);
  load(w, 0, NULL);
  fill_direction(w, 0, direction);
  (void)weighted(w, blocks, factor);
  for (int k = 0; k < 2; k++) {
    memset(w->gradient, 0, (size_t)w->t.parameters * sizeof *w->gradient);
    TAP_CALL(w->t.backward(w->t.self, BATCH, factor, w->gradient));
    twice = k ? dot(w, direction) - twice : dot(w, direction);
  }
  tap_check(twice == 0, "%s: it can be asked for twice", w->kind->name);
  sq_free(&blocks);
  sq_free(&direction);
}

/* ---- the gradient of the KL, on 2x2 and 3x3 ---- */

/* S = -sum J_mu s s' over links that leave sites in positive directions. */
static double action_of(const world *w, const double *block)
{
  double action = 0;
  for (int64_t x = 0, stride = 1; x < w->volume; x++, stride = 1)
    for (int mu = SQ_DIM - 1; mu >= SQ_DIM - w->kind->dim; stride *= w->lattice->extent[mu--]) {
      const int64_t n = w->lattice->extent[mu], c = x / stride % n;
      const double J = w->model.action.value[0] * (mu == SQ_DIM - w->kind->dim ? w->model.action.value[1] : 1);
      action -= J * block[x] * block[x + ((c + 1) % n - c) * stride];
    }
  return action;
}

/* Along a direction, by all states: sum q f d log q. */
static double exact_slope(world *w, const double *direction)
{
  const int64_t all = (int64_t)1 << w->volume;
  double block[BATCH], log_q[BATCH], factor[BATCH];
  memset(w->gradient, 0, (size_t)w->t.parameters * sizeof *w->gradient);
  for (int64_t state = 0; state < all; state += BATCH) {
    states(w, state, BATCH, log_q);
    for (int b = 0; b < BATCH; b++) {
      set_state(w->volume, state + b, block);
      factor[b] = exp(log_q[b]) * (log_q[b] + action_of(w, block));
    }
    TAP_CALL(w->t.backward(w->t.self, BATCH, factor, w->gradient));
  }
  return dot(w, direction);
}

/* By fields of the model: leave-one-out. */
static double estimated_slope(world *w, const double *direction, int64_t first)
{
  double blocks[BATCH * 9], log_q[BATCH], factor[BATCH], mean = 0;
  TAP_CALL(w->t.draw(w->t.self, 31, first, BATCH, blocks, log_q));
  for (int b = 0; b < BATCH; b++) {
    factor[b] = log_q[b] + action_of(w, blocks + b * w->volume);
    mean += factor[b] / BATCH;
  }
  for (int b = 0; b < BATCH; b++) factor[b] = (factor[b] - mean) / (BATCH - 1);
  memset(w->gradient, 0, (size_t)w->t.parameters * sizeof *w->gradient);
  TAP_CALL(w->t.backward(w->t.self, BATCH, factor, w->gradient));
  return dot(w, direction);
}

static void check_estimator(const kind *k)
{
  enum { TIMES = 400 };
  world w;
  double *direction, sum = 0, square = 0;
  begin(k, &w);
  TAP_CALL(sq_alloc(w.t.parameters, &direction));
  sq_rng_normals(sq_stream_make(3, SQ_RNG_TEST, 0), 0, w.t.parameters, 0, 0, direction);
  const double expected = exact_slope(&w, direction);
  for (int i = 0; i < TIMES; i++) {
    const double slope = estimated_slope(&w, direction, (int64_t)i * BATCH);
    sum += slope / TIMES;
    square += slope * slope / TIMES;
  }
  const double error = sqrt((square - sum * sum) / TIMES); /* beyond 4: one in 16000 */
  tap_check(fabs(sum - expected) < 4 * error && error < 0.2 * fabs(expected) + 0.1,
            "%s: the gradient of the KL is %.4f, estimated %.4f(%.4f)", k->name, expected, sum, error);
  sq_free(&direction);
  end(&w);
}

/* ---- windows ---- */

/* The state with the spins of the site's window, all others -1. */
static int64_t seen(const sq_raster_window *window, int64_t x, int64_t state)
{
  int64_t part = 0;
  for (int64_t i = window->begin[x]; i < window->begin[x + 1]; i++) part |= state & (int64_t)1 << window->tap[i].site;
  return part;
}

/* Worst difference of exact conditional probabilities of a site between states that look the same in the window. */
static double hidden(const sq_raster_window *window, int64_t x, const double *probability)
{
  const int64_t all = (int64_t)1 << window->sites, before = (int64_t)1 << x;
  double first[512], up[512], worst = 0; /* by what was before */
  memset(first, 0, sizeof first);
  memset(up, 0, sizeof up);
  for (int64_t state = 0; state < all; state++) {
    first[state % before] += probability[state];
    if (state & before) up[state % before] += probability[state];
  }
  for (int64_t s = 0; s < before; s++) {
    const int64_t same = seen(window, x, s);
    tap_worst(&worst, fabs(up[s] / first[s] - up[same] / first[same]));
  }
  return worst;
}

static void check_frontier(int dim, const int64_t extent[])
{
  const kind k = {"frontier", "ising", "sign", "frontier", dim, {0}, 1, 0, true, false, false};
  kind here = k;
  world w;
  sq_raster_window window;
  double probability[512], block[9], worst = 0;
  memcpy(here.extent, extent, (size_t)dim * sizeof *extent);
  begin(&here, &w);
  TAP_CALL(sq_raster_window_create(&w.model.shape, SQ_RASTER_FRONTIER, false, &window));
  for (int64_t state = 0; state < (int64_t)1 << w.volume; state++) {
    set_state(w.volume, state, block);
    probability[state] = exp(-action_of(&w, block));
  }
  for (int64_t x = 0; x < w.volume; x++) tap_worst(&worst, hidden(&window, x, probability));
  tap_near(worst, 0, 1e-12, "what is beyond the frontier does not matter");
  sq_raster_window_destroy(&window);
  end(&w);
}

/* Boxes have all known sites nearby, in both directions around the lattice, and sites at one distance one slot. */
static void check_box(int64_t rows, int64_t columns, int radius)
{
  const sq_raster_shape shape = {.dim = 2,
                                 .extent = {1, 1, rows, columns},
                                 .network = sq_raster_networks[sq_find_name(sq_raster_network_name, "box")],
                                 .radius = radius};
  sq_raster_window w;
  int64_t expected = 0, slot[81], wrong = 0;
  for (int i = 0; i < 81; i++) slot[i] = -1;
  TAP_CALL(sq_raster_window_create(&shape, SQ_RASTER_BOX, true, &w));
  for (int64_t x = 0; x < w.sites; x++)
    for (int64_t y = 0; y <= x; y++) {
      const int64_t d = x / columns - y / columns, e = llabs(x % columns - y % columns);
      expected += PetscMin(d, rows - d) <= radius && PetscMin(e, columns - e) <= radius;
    }
  for (int64_t x = 0; x < w.sites; x++)
    for (int64_t i = w.begin[x]; i < w.begin[x + 1]; i++) {
      const int64_t y = w.tap[i].site, d = (y / columns - x / columns + rows) % rows;
      int64_t *here = &slot[d * columns + (y % columns - x % columns + columns) % columns];
      wrong += *here >= 0 && *here != w.tap[i].slot;
      *here = w.tap[i].slot;
    }
  tap_check(w.begin[w.sites] == expected && wrong == 0, "boxes of radius %d on %lldx%lld", radius, (long long)rows,
            (long long)columns);
  sq_raster_window_destroy(&w);
}

static void check_kind(const kind *k)
{
  world w;
  begin(k, &w);
  const bool spins = !strcmp(k->theory, "ising");
  if (spins) check_normalised(&w);
  check_draws(&w);
  check_symmetry(&w);
  check_gradient(&w);
  if (spins && !k->averaged) check_start(&w);
  end(&w);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (int i = 0; i < KINDS; i++) check_kind(&kinds[i]);
  check_estimator(&(const kind){"2x2", "ising", "sign", "box", 2, {2, 2}, 1, 1, true, true, false});
  check_estimator(&(const kind){"3x3", "ising", "sign", "frontier", 2, {3, 3}, 1, 1, true, true, false});
  check_estimator(&(const kind){"3x3, both signs", "ising", "sign", "frontier", 2, {3, 3}, 1, 1, false, true, true});
  check_frontier(2, (int64_t[]){3, 3});
  check_frontier(2, (int64_t[]){4, 2});
  check_frontier(1, (int64_t[]){8});
  check_frontier(3, (int64_t[]){2, 2, 2});
  check_box(9, 8, 1);
  check_box(9, 9, 3);
  check_box(4, 7, 2);
  check_box(3, 5, 7);
  return tap_end();
}
