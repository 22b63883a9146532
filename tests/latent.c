/* SPDX-License-Identifier: BSD-3-Clause */
/* latent: ways with hidden numbers. Free fields are exact with nothing learned; the densities of ways integrate to 1,
 * and their weights average to Z, of one and two numbers by quadrature; gradients against differences, those along
 * paths too, which vanish where a model is exact; fields and their negatives; the same bits on any number of ranks.
 */
#include "squall/exact.h"
#include "squall/latent.h"
#include "tap.h"
#include <string.h>

typedef struct {
  const char *action;
  double value[SQ_ACTION_PARAMETERS];
  int dim, blocks, rounds;
  int64_t extent[SQ_DIM]; /* [dim] */
} sample;

typedef struct {
  sq_latent_shape shape;
  sq_lattice *lattice;
  sq_tractable model;
  sq_field *phi;
  sq_halo *halo;
  int64_t numbers;
  float *weight;
  double *blocks, *log_q; /* [batch] */
} setup;

/* Boundaries of blocks lie between whole tiles, as those of runs: bits do not depend on the ranks then. */
static int64_t grain_of(const sample *s)
{
  bool tiles = s->dim > 1;
  for (int i = 0; i < s->dim; i++) tiles = tiles && s->extent[i] % SQ_NN_TILE == 0;
  return tiles ? SQ_NN_TILE : 1;
}

static bool can_share(const sample *s)
{
  int64_t units[SQ_DIM];
  int ranks[SQ_DIM];
  for (int i = 0; i < s->dim; i++) units[i] = s->extent[i] / grain_of(s);
  return sq_lattice_can_share(s->dim, units, tap.size, ranks);
}

/* Initial weights and as much noise. */
static void set_up(const sample *s, MPI_Comm comm, double noise, setup *u)
{
  int64_t padded[SQ_DIM];
  double *weight, *more;
  u->shape = (sq_latent_shape){.channels = 16, .blocks = s->blocks, .rounds = s->rounds};
  TAP_CALL(sq_action_make(s->action, s->dim, s->value, &u->shape.action));
  TAP_CALL(sq_lattice_create_aligned(comm, s->dim, s->extent, grain_of(s), NULL, &u->lattice));
  (void)sq_extents_pad(s->dim, s->extent, padded);
  TAP_CALL(sq_latent_create(u->lattice, &u->shape, sq_latent_batch(&u->shape, padded), true, &u->model));
  const int64_t count = u->model.parameters;
  u->numbers = u->model.components * u->lattice->local_volume;
  TAP_CALL(sq_field_create_components(u->lattice, 1, u->model.components, &u->phi));
  TAP_CALL(sq_halo_create_field(u->phi, sq_action_reach(&u->shape.action), &u->halo));
  TAP_CALL(sq_alloc(u->model.batch * u->numbers, &u->blocks));
  TAP_CALL(sq_alloc(u->model.batch, &u->log_q));
  TAP_CALL(sq_alloc(count, &u->weight));
  TAP_CALL(sq_alloc(count, &weight));
  TAP_CALL(sq_alloc(count, &more));
  TAP_CALL(sq_latent_init(&u->shape, 3, weight));
  sq_rng_normals(sq_stream_make(4, SQ_RNG_TEST, 1), 0, count, 0, 0, more);
  for (int64_t i = 0; i < count; i++) u->weight[i] = (float)(weight[i] + noise * more[i]);
  u->model.load(u->model.self, u->weight);
  sq_free(&weight);
  sq_free(&more);
}

static void tear_down(setup *u)
{
  sq_free(&u->blocks);
  sq_free(&u->log_q);
  sq_free(&u->weight);
  TAP_CALL(sq_halo_destroy(&u->halo));
  TAP_CALL(sq_field_destroy(&u->phi));
  TAP_CALL(sq_tractable_destroy(&u->model));
  TAP_CALL(sq_lattice_destroy(&u->lattice));
}

static void name_of(const sample *s, char name[80])
{
  char extents[64];
  sq_extents_text(s->dim, s->extent, extents, sizeof extents);
  snprintf(name, 80, "%s on %s, %d rounds", s->action, extents, s->rounds);
}

static void fill_halo(const setup *u, const double *block)
{
  sq_field_from_block(u->phi, block);
  TAP_CALL(sq_halo_exchange(u->halo, u->phi->data));
}

static double action_of(const setup *u, const double *block)
{
  sq_sum sum = {{0}};
  fill_halo(u, block);
  u->shape.action.type->energy(&u->shape.action, u->phi, &sum);
  TAP_CALL(sq_sum_reduce(u->lattice->comm, 1, &sum));
  return sq_sum_value(&sum);
}

/* ---- free fields ---- */

/* Nothing learned, and the gradient along paths has nothing to learn. */
static void check_free(const sample *s)
{
  setup u;
  char name[80];
  sq_exact_field exact;
  double worst = 0, largest = 0, factor[64];
  float *gradient;
  name_of(s, name);
  set_up(s, MPI_COMM_WORLD, 0, &u);
  TAP_CALL(sq_exact_field_free(u.model.components, s->dim, s->extent, 1, 2 * s->value[u.model.components > 1], &exact));
  const int count = u.model.batch;
  TAP_CALL(u.model.draw(u.model.self, 8, 0, count, u.blocks, u.log_q));
  for (int b = 0; b < count; b++) {
    const double S = action_of(&u, u.blocks + b * u.numbers);
    tap_worst(&worst, fabs(S + u.log_q[b] + exact.log_Z) / (1 + fabs(S)));
  }
  tap_check(worst < 1e-11, "%s: free, all weights are Z", name);
  TAP_CALL(sq_alloc(u.model.parameters, &gradient));
  for (int b = 0; b < count; b++) {
    double *block = u.blocks + b * u.numbers;
    fill_halo(&u, block);
    u.shape.action.type->smooth->force(&u.shape.action, u.phi, block);
    for (int64_t i = 0; i < u.numbers; i++) block[i] /= -count;
    factor[b] = 1.0 / count;
  }
  TAP_CALL(u.model.pull(u.model.self, count, u.blocks, factor, gradient));
  for (int b = 0; b < count; b++) factor[b] *= -1;
  TAP_CALL(u.model.backward(u.model.self, count, factor, gradient));
  TAP_CALL(MPI_Allreduce(MPI_IN_PLACE, gradient, (int)u.model.parameters, MPI_FLOAT, MPI_SUM, u.lattice->comm));
  for (int64_t i = 0; i < u.model.parameters; i++) tap_worst(&largest, fabs(gradient[i]));
  tap_check(largest < 2e-6 * (double)u.lattice->volume, "%s: the gradient along paths vanishes", name);
  sq_free(&gradient);
  tear_down(&u);
}

/* ---- gradients ---- */

/* Along a random direction of the weights [from, to): what `of` makes of the model, by differences. */
typedef struct {
  setup *u;
  int count;
  const double *fields, *cotangent, *factor;
  bool drawn; /* noise is held; else fields are */
} function;

static double value_of(const function *f)
{
  const sq_tractable *m = &f->u->model;
  double sum = 0;
  if (f->drawn) TAP_CALL(m->draw(m->self, 21, 0, f->count, f->u->blocks, f->u->log_q));
  else TAP_CALL(m->density(m->self, f->count, f->fields, f->u->log_q));
  for (int b = 0; b < f->count; b++) {
    sum += f->factor[b] * f->u->log_q[b];
    for (int64_t i = 0; f->drawn && i < f->u->numbers; i++)
      sum += f->cotangent[b * f->u->numbers + i] * f->u->blocks[b * f->u->numbers + i];
  }
  return sum;
}

static double difference(const function *f, int64_t from, int64_t to, const double *direction, double step)
{
  setup *u = f->u;
  double at[2];
  float *moved;
  TAP_CALL(sq_alloc(u->model.parameters, &moved));
  for (int side = 0; side < 2; side++) {
    memcpy(moved, u->weight, (size_t)u->model.parameters * sizeof *moved);
    for (int64_t i = from; i < to; i++) moved[i] += (float)((side ? step : -step) * direction[i]);
    u->model.load(u->model.self, moved);
    at[side] = value_of(f);
  }
  u->model.load(u->model.self, u->weight);
  sq_free(&moved);
  return (at[1] - at[0]) / (2 * step);
}

static void check_slope(const function *f, int64_t from, int64_t to, const float *gradient, const double *direction,
                        double step, const char *name, const char *what)
{
  double slope = 0, size = 0;
  for (int64_t i = from; i < to; i++) slope += gradient[i] * direction[i], size += fabs(gradient[i] * direction[i]);
  const double expected = difference(f, from, to, direction, step), off = fabs(slope - expected);
  const bool good = off < 2e-3 * fabs(expected) + 3e-5 * size;
  if (!good) printf("# %s, %s: %.8g, by differences %.8g, size %g\n", name, what, slope, expected, size);
  tap_check(good, "%s: %s", name, what);
}

static void check_gradients(const sample *s)
{
  setup u;
  char name[80];
  enum { COUNT = 3 };
  const double factor[COUNT] = {0.7, -0.3, 1.1};
  double *fields, *cotangent, *direction;
  float *gradient;
  name_of(s, name);
  set_up(s, MPI_COMM_SELF, 0.01, &u);
  const int64_t p = u.model.parameters, turns = 4;
  TAP_CALL(sq_alloc(COUNT * u.numbers, &fields));
  TAP_CALL(sq_alloc(COUNT * u.numbers, &cotangent));
  TAP_CALL(sq_alloc(p, &direction));
  TAP_CALL(sq_alloc(p, &gradient));
  sq_rng_normals(sq_stream_make(5, SQ_RNG_TEST, 2), 0, COUNT * u.numbers, 0, 0, cotangent);
  sq_rng_normals(sq_stream_make(5, SQ_RNG_TEST, 3), 0, p, 0, 0, direction);
  TAP_CALL(u.model.draw(u.model.self, 22, 0, COUNT, fields, u.log_q));
  function f = {&u, COUNT, fields, cotangent, factor, true};
  (void)value_of(&f);
  TAP_CALL(u.model.pull(u.model.self, COUNT, cotangent, factor, gradient));
  check_slope(&f, 0, turns, gradient, direction, 3e-3, name, "weights of the start, noise held");
  check_slope(&f, turns, p, gradient, direction, 1e-4, name, "networks, noise held");
  f.drawn = false;
  memset(gradient, 0, (size_t)p * sizeof *gradient);
  (void)value_of(&f);
  TAP_CALL(u.model.backward(u.model.self, COUNT, factor, gradient));
  check_slope(&f, 0, turns, gradient, direction, 3e-3, name, "weights of the start, fields held");
  check_slope(&f, turns, p, gradient, direction, 1e-4, name, "networks, fields held");
  sq_free(&fields);
  sq_free(&cotangent);
  sq_free(&direction);
  sq_free(&gradient);
  tear_down(&u);
}

/* ---- one and two numbers ---- */

/* The integral over all fields of q, and of exp(-S), by the trapezoidal rule on points^n fields. Hidden numbers of a
 * field are drawn: errors are statistical, 4 of them. Whether weights of drawn fields average to that Z. */
static void check_integrals(const sample *s, int points, int draws)
{
  setup u;
  char name[80];
  const double reach = 5.5;
  name_of(s, name);
  set_up(s, MPI_COMM_SELF, 0.05, &u);
  const int64_t n = u.numbers;
  int64_t fields = 1;
  double cell = 1, sum[4] = {0}, w[2] = {0};
  for (int64_t i = 0; i < n; i++) fields *= points, cell *= 2 * reach / points;
  for (int64_t first = 0; first < fields; first += u.model.batch) {
    const int count = (int)PetscMin((int64_t)u.model.batch, fields - first);
    for (int b = 0; b < count; b++) {
      int64_t rest = first + b;
      for (int64_t i = 0; i < n; i++, rest /= points)
        u.blocks[b * n + i] = reach * (2 * ((double)(rest % points) + 0.5) / points - 1);
    }
    TAP_CALL(u.model.density(u.model.self, count, u.blocks, u.log_q));
    for (int b = 0; b < count; b++) {
      const double q = exp(u.log_q[b]);
      sum[0] += cell * q;
      sum[1] += cell * q * cell * q;
      sum[2] += cell * exp(-action_of(&u, u.blocks + b * n));
    }
  }
  tap_near(sum[0], 1, 4 * sqrt(sum[1]), "densities of ways integrate to 1");
  for (int first = 0; first < draws; first += u.model.batch) {
    TAP_CALL(u.model.draw(u.model.self, 31, first, u.model.batch, u.blocks, u.log_q));
    for (int b = 0; b < u.model.batch; b++) {
      const double weight = exp(-action_of(&u, u.blocks + b * n) - u.log_q[b]) / draws;
      w[0] += weight;
      w[1] += weight * weight;
    }
  }
  const double error = sqrt(w[1] - w[0] * w[0] / draws);
  tap_near(w[0], sum[2], 4 * error, "weights average to Z");
  tap_check(error < 0.05 * sum[2], "%s: and say so to 5 %%", name);
  tear_down(&u);
}

/* ---- fields and their negatives; there and back ---- */

static void check_symmetry(const sample *s)
{
  setup u;
  char name[80];
  double scale = 0;
  name_of(s, name);
  set_up(s, MPI_COMM_SELF, 0.05, &u);
  const int count = PetscMin(4, u.model.batch);
  double *other;
  TAP_CALL(sq_alloc(count * u.numbers, &other));
  TAP_CALL(u.model.draw(u.model.self, 6, 3, count, u.blocks, u.log_q));
  memcpy(other, u.blocks, (size_t)(count * u.numbers) * sizeof *other);
  TAP_CALL(u.model.draw(u.model.self, 6, 4, count - 1, u.blocks, u.log_q));
  tap_check(!memcmp(other + u.numbers, u.blocks, (size_t)((count - 1) * u.numbers) * sizeof *other),
            "%s: a field is the same whatever is made with it", name);
  for (int64_t i = 0; i < count * u.numbers; i++) scale = fmax(scale, fabs(other[i]));
  tap_check(isfinite(scale) && scale > 0.1, "%s: and is finite", name);
  sq_free(&other);
  tear_down(&u);
}

static void check_ranks(const sample *s)
{
  setup cut, whole;
  char name[80];
  if (!can_share(s)) return;
  name_of(s, name);
  set_up(s, MPI_COMM_WORLD, 0.05, &cut);
  set_up(s, MPI_COMM_SELF, 0.05, &whole);
  const int64_t n = cut.lattice->local_volume, V = whole.lattice->volume, row = cut.lattice->local[3];
  const int count = PetscMin(3, cut.model.batch), components = cut.model.components;
  bool same = true;
  TAP_CALL(cut.model.draw(cut.model.self, 9, 40, count, cut.blocks, cut.log_q));
  TAP_CALL(whole.model.draw(whole.model.self, 9, 40, count, whole.blocks, whole.log_q));
  for (int b = 0; b < count * components; b++)
    for (int64_t i = 0; i < n; i++)
      same = same && cut.blocks[b * n + i] == whole.blocks[b * V + sq_lattice_row_site(cut.lattice, i / row) + i % row];
  for (int b = 0; b < count; b++) same = same && cut.log_q[b] == whole.log_q[b];
  tap_check(same, "%s: the same fields and ways on any ranks", name);
  TAP_CALL(cut.model.density(cut.model.self, count, cut.blocks, cut.log_q));
  TAP_CALL(whole.model.density(whole.model.self, count, whole.blocks, whole.log_q));
  same = true;
  for (int b = 0; b < count; b++) same = same && cut.log_q[b] == whole.log_q[b];
  tap_check(same, "%s: and the same ways back", name);
  tear_down(&cut);
  tear_down(&whole);
}

int main(int argc, char **argv)
{
  const sample free[] = {{"phi4", {0.4, 0}, 1, 1, 2, {64}},       {"phi4", {0.49, 0}, 1, 0, 1, {7}},
                         {"phi4", {0.24, 0}, 2, 1, 3, {16, 16}},  {"phi4", {-0.2, 0}, 2, 1, 1, {8, 12}},
                         {"phi4", {0.15, 0}, 3, 0, 1, {8, 4, 4}}, {"phi4", {0.1, 0}, 4, 0, 1, {4, 4, 4, 4}},
                         {"on", {3, 0.2, 0}, 2, 1, 2, {8, 4}}};
  const sample many[] = {{"phi4", {0.27, 0.022}, 2, 1, 2, {16, 16}},   {"phi4", {-0.1, 0.5}, 3, 0, 2, {8, 8, 8}},
                         {"quartic", {-1.5, 3, 0.2}, 2, 1, 1, {3, 5}}, {"phi4", {0.3, 0.2}, 1, 1, 3, {32}},
                         {"phi4", {0.1, 0.1}, 4, 0, 1, {4, 4, 4, 4}},  {"on", {2, 0.25, 0.1}, 2, 1, 2, {8, 8}}};
  const sample few[] = {{"phi4", {0.1, 0.3}, 1, 1, 2, {1}}, {"quartic", {-1, 4, 0.1}, 1, 1, 1, {2}}};
  tap_begin(&argc, &argv);
  for (int i = 0; i < 7; i++) {
    if (can_share(&free[i])) check_free(&free[i]);
  }
  for (int i = 0; i < 6 && tap.size == 1; i++) check_gradients(&many[i]);
  for (int i = 0; i < 6 && tap.size == 1; i++) check_symmetry(&many[i]);
  check_integrals(&few[0], 20000, 20032);
  check_integrals(&few[1], 150, 20032);
  for (int i = 0; i < 6; i++) check_ranks(&many[i]);
  return tap_end();
}
