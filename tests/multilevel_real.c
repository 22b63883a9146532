/* SPDX-License-Identifier: BSD-3-Clause */
/* multilevel with real numbers and angles: densities integrate to 1 on lattices of a few sites; the free field is drawn
 * as it is by a model that has learned nothing, and log Z is the closed form, in one to four dimensions; both
 * symmetries; gradients against differences; the same bits on any number of ranks.
 */
#include "squall/exact.h"
#include "squall/multilevel.h"
#include "tap.h"
#include <string.h>

typedef struct {
  const char *action;
  double value[SQ_ACTION_PARAMETERS];
  int dim, levels, mixture;
  int64_t extent[SQ_DIM]; /* [dim] */
} sample;

typedef struct {
  sq_multilevel_shape shape;
  sq_lattice *lattice;
  sq_tractable model;
  float *weight;
  double *blocks; /* [batch][local volume] */
  double *log_q;  /* [batch] */
} setup;

/* Weights of the start, and as much at random as that. */
static float *weights_of(const sq_multilevel_shape *shape, double random)
{
  const int64_t count = sq_multilevel_parameters(shape);
  double *weight;
  float *all;
  TAP_CALL(sq_alloc(count, &weight));
  TAP_CALL(sq_alloc(count, &all));
  TAP_CALL(sq_multilevel_init(shape, 5, weight));
  for (int64_t i = 0; i < count; i++) {
    double more;
    sq_rng_normals(sq_stream_make(5, SQ_RNG_TEST, 1), (uint64_t)i, 1, 0, 0, &more);
    all[i] = (float)(weight[i] + random * more);
  }
  sq_free(&weight);
  return all;
}

static void set_up(const sample *s, MPI_Comm comm, double reach, double random, setup *u)
{
  u->shape = (sq_multilevel_shape){
    .channels = 16, .blocks = 1, .mixture = s->mixture, .reach = reach, .levels = s->levels};
  TAP_CALL(sq_action_make(s->action, s->dim, s->value, &u->shape.action));
  (void)sq_extents_pad(s->dim, s->extent, u->shape.box);
  for (int mu = SQ_DIM - s->dim; mu < SQ_DIM; mu++) u->shape.box[mu] >>= s->levels;
  TAP_CALL(sq_lattice_create(comm, s->dim, s->extent, NULL, &u->lattice));
  TAP_CALL(sq_multilevel_create(u->lattice, &u->shape, sq_multilevel_batch(u->lattice->extent), true, &u->model));
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
  snprintf(name, 80, "%s on %s, %d levels", s->action, extents, s->levels);
}

/* ---- densities ---- */

/* The integral of q by the trapezoidal rule with `points` for every number, all combinations. */
static void check_integral(const sample *s, int points, double tolerance)
{
  setup u;
  char name[80];
  double sum = 0;
  name_of(s, name);
  set_up(s, MPI_COMM_SELF, 3, strcmp(s->action, "xy") ? 0.03 : 0.1, &u);
  const bool angle = u.shape.action.type->space == &sq_space_circle;
  const int64_t V = u.lattice->volume;
  const double from = angle ? -M_PI : -8, step = -2 * from / points, weight = angle ? 1. / points : step;
  int64_t all = 1;
  for (int64_t i = 0; i < V; i++) all *= points;
  for (int64_t first = 0; first < all; first += u.model.batch) {
    const int count = (int)PetscMin(all - first, (int64_t)u.model.batch);
    for (int b = 0; b < count; b++)
      for (int64_t i = 0, rest = first + b; i < V; i++, rest /= points)
        u.blocks[b * V + i] = from + ((double)(rest % points) + 0.5) * step;
    TAP_CALL(u.model.density(u.model.self, count, u.blocks, u.log_q));
    for (int b = 0; b < count; b++) sum += exp(u.log_q[b]) * pow(weight, (double)V);
  }
  tap_near(sum, 1, tolerance, name);
  tear_down(&u);
}

/* Fields turned by an angle, or with the other sign, have the same density. */
static void check_symmetry(const sample *s)
{
  setup u;
  char name[80];
  double worst = 0, *turned;
  name_of(s, name);
  set_up(s, MPI_COMM_SELF, 3, 0.1, &u);
  const int64_t V = u.lattice->volume;
  const int count = PetscMin(8, u.model.batch);
  const bool angle = u.shape.action.type->space == &sq_space_circle;
  TAP_CALL(sq_alloc(u.model.batch, &turned));
  TAP_CALL(u.model.draw(u.model.self, 3, 0, count, u.blocks, u.log_q));
  for (int64_t i = 0; i < count * V; i++) u.blocks[i] = angle ? remainder(u.blocks[i] + 1.1, 2 * M_PI) : -u.blocks[i];
  TAP_CALL(u.model.density(u.model.self, count, u.blocks, turned));
  for (int b = 0; b < count; b++) tap_worst(&worst, fabs(turned[b] - u.log_q[b]));
  tap_check(worst < (angle ? 2e-4 : 1e-11), "%s: a symmetry leaves densities alone, to %.1e", name, worst);
  sq_free(&turned);
  tear_down(&u);
}

/* The derivative of sum_b factor_b log q_b along a direction in the weights. */
static void check_gradient(const sample *s)
{
  setup u;
  char name[80];
  double factor[4] = {0.7, -1, 0.4, 0.3}, at[2] = {0}, slope = 0, size = 0, *direction;
  const double step = 2e-3;
  float *gradient, *moved;
  name_of(s, name);
  set_up(s, MPI_COMM_SELF, 3, 0.05, &u);
  const int64_t p = u.model.parameters;
  TAP_CALL(sq_alloc(p, &gradient));
  TAP_CALL(sq_alloc(p, &moved));
  TAP_CALL(sq_alloc(p, &direction));
  sq_rng_normals(sq_stream_make(4, SQ_RNG_TEST, 2), 0, p, 0, 0, direction);
  TAP_CALL(u.model.draw(u.model.self, 3, 0, 4, u.blocks, u.log_q));
  TAP_CALL(u.model.backward(u.model.self, 4, factor, gradient));
  for (int64_t i = 0; i < p; i++) slope += gradient[i] * direction[i], size += gradient[i] * gradient[i];
  for (int k = 0; k < 2; k++) {
    for (int64_t i = 0; i < p; i++) moved[i] = (float)(u.weight[i] + (k ? step : -step) * direction[i]);
    u.model.load(u.model.self, moved);
    TAP_CALL(u.model.density(u.model.self, 4, u.blocks, u.log_q));
    for (int b = 0; b < 4; b++) at[k] += factor[b] * u.log_q[b];
  }
  const double difference = (at[1] - at[0]) / (2 * step);
  tap_check(fabs(slope - difference) < 2e-2 * sqrt(size), "%s: the gradient, %.4f, by differences %.4f (%.1f)", name,
            slope, difference, sqrt(size));
  sq_free(&gradient);
  sq_free(&moved);
  sq_free(&direction);
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

/* log Z and the effective sample size of a model without training; they are wrong once in 30000 (4 sigma). */
static void check_free(const sample *s, int fields, double least)
{
  setup u;
  char name[80];
  sq_field *phi;
  sq_halo *halo;
  sq_exact_field exact;
  double *w, most = -INFINITY, sum = 0, squares = 0;
  name_of(s, name);
  set_up(s, MPI_COMM_SELF, 4, 0, &u);
  TAP_CALL(sq_exact_field_free(1, s->dim, s->extent, 1, 2 * s->value[0], &exact));
  TAP_CALL(sq_alloc(fields, &w));
  TAP_CALL(sq_field_create(u.lattice, 1, &phi));
  TAP_CALL(sq_halo_create_field(phi, SQ_HALO_FACES, &halo));
  for (int first = 0; first < fields; first += u.model.batch) {
    const int count = PetscMin(u.model.batch, fields - first);
    TAP_CALL(u.model.draw(u.model.self, 8, first, count, u.blocks, u.log_q));
    for (int b = 0; b < count; b++) {
      w[first + b] = -action_of(&u, phi, halo, u.blocks + b * u.lattice->local_volume) - u.log_q[b];
      most = fmax(most, w[first + b]);
    }
  }
  for (int i = 0; i < fields; i++) sum += exp(w[i] - most), squares += exp(2 * (w[i] - most));
  const double ess = sum * sum / squares / fields, log_Z = most + log(sum / fields);
  tap_check(ess > least, "%s: free, effective sample size %.4f", name, ess);
  tap_near(log_Z, exact.log_Z, 4 * sqrt((1 / ess - 1) / fields) + 1e-6, "log Z is the closed form");
  sq_free(&w);
  TAP_CALL(sq_halo_destroy(&halo));
  TAP_CALL(sq_field_destroy(&phi));
  tear_down(&u);
}

/* ---- ranks ---- */

static void check_ranks(const sample *s)
{
  setup cut, whole;
  char name[80];
  int ranks[SQ_DIM];
  if (!sq_lattice_can_share(s->dim, s->extent, tap.size, ranks)) return;
  name_of(s, name);
  set_up(s, MPI_COMM_WORLD, 3, 0.1, &cut);
  set_up(s, MPI_COMM_SELF, 3, 0.1, &whole);
  const int64_t n = cut.lattice->local_volume, V = whole.lattice->volume, row = cut.lattice->local[3];
  const int count = PetscMin(5, cut.model.batch);
  double *again, worst = 0;
  TAP_CALL(sq_alloc(cut.model.batch, &again));
  TAP_CALL(cut.model.draw(cut.model.self, 9, 40, count, cut.blocks, cut.log_q));
  TAP_CALL(whole.model.draw(whole.model.self, 9, 40, count, whole.blocks, whole.log_q));
  bool same = true;
  for (int b = 0; b < count; b++) {
    for (int64_t i = 0; i < n; i++)
      same = same && cut.blocks[b * n + i] == whole.blocks[b * V + sq_lattice_row_site(cut.lattice, i / row) + i % row];
    same = same && cut.log_q[b] == whole.log_q[b];
  }
  tap_check(same, "%s: the same fields and densities on any ranks", name);
  TAP_CALL(cut.model.density(cut.model.self, count, cut.blocks, again));
  for (int b = 0; b < count; b++) tap_worst(&worst, fabs(again[b] - cut.log_q[b]));
  tap_check(worst < 1e-9, "%s: given fields have the density that they were drawn with", name);
  sq_free(&again);
  tear_down(&cut);
  tear_down(&whole);
}

int main(int argc, char **argv)
{
  const sample few[] = {{"phi4", {0.3, 0.2}, 1, 0, 2, {2}},
                        {"quartic", {-1.5, 4, 0.1}, 2, 0, 1, {1, 3}},
                        {"phi4", {0.2, 0.3}, 1, 1, 2, {4}},
                        {"xy", {0.7}, 2, 0, 2, {2, 2}},
                        {"xy", {-0.9}, 1, 1, 2, {4}}};
  const int points[] = {60, 40, 36, 32, 32};
  const double tolerance[] = {1e-8, 1e-6, 1e-5, 1e-8, 1e-8};
  const sample free[] = {{"phi4", {0.4, 0}, 1, 3, 1, {64}},       {"phi4", {0.49, 0}, 1, 0, 1, {7}},
                         {"phi4", {0.24, 0}, 2, 2, 1, {16, 16}},  {"phi4", {-0.2, 0}, 2, 1, 1, {8, 12}},
                         {"phi4", {0.15, 0}, 3, 1, 1, {8, 4, 4}}, {"phi4", {0.1, 0}, 4, 1, 1, {4, 4, 4, 4}}};
  const sample many[] = {{"phi4", {0.27, 0.022}, 2, 2, 2, {16, 16}},
                         {"phi4", {-0.1, 0.5}, 3, 1, 3, {8, 8, 4}},
                         {"quartic", {-1.5, 3, 0.2}, 2, 0, 1, {3, 5}},
                         {"quartic", {200, 1e5, 30}, 2, 3, 2, {32, 32}},
                         {"xy", {0.9}, 2, 2, 2, {16, 16}},
                         {"xy", {-0.6}, 3, 1, 4, {8, 4, 8}},
                         {"xy", {1.1}, 1, 3, 1, {64}}};
  tap_begin(&argc, &argv);
  for (int i = 0; i < 5 && tap.size == 1; i++) check_integral(&few[i], points[i], tolerance[i]);
  for (int i = 0; i < 6 && tap.size == 1; i++) check_free(&free[i], 2000, 0.97);
  for (int i = 0; i < 7 && tap.size == 1; i++) check_symmetry(&many[i]);
  for (int i = 0; i < 7 && tap.size == 1; i++) check_gradient(&many[i]);
  for (int i = 0; i < 7; i++) check_ranks(&many[i]);
  return tap_end();
}
