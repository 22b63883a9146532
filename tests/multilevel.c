/* SPDX-License-Identifier: BSD-3-Clause */
/* multilevel: fields made from coarse to fine. Their density summed over all states is 1; drawn fields have the density
 * that is said, and that of the same fields given; the exact steps are exact; gradients against differences, and that
 * of the Kullback-Leibler divergence by enumeration; the same bits on any number of ranks.
 */
#include "squall/multilevel.h"
#include "tap.h"
#include <string.h>

enum { MOST_SITES = 4096, STATES = 16 };

typedef struct {
  const char *action;
  double value[SQ_ACTION_PARAMETERS];
  int dim, levels;
  int64_t extent[SQ_DIM]; /* [dim] */
} sample;

static sq_multilevel_shape shape_of(const sample *s)
{
  sq_multilevel_shape shape = {.channels = 16, .blocks = 1, .mixture = 1, .reach = 3, .levels = s->levels};
  TAP_CALL(sq_action_make(s->action, s->dim, s->value, &shape.action));
  (void)sq_extents_pad(s->dim, s->extent, shape.box);
  for (int mu = SQ_DIM - s->dim; mu < SQ_DIM; mu++) shape.box[mu] >>= s->levels;
  return shape;
}

/* Weights at random, not only those of the start. */
static float *weights_of(const sq_multilevel_shape *shape, uint64_t seed)
{
  const int64_t count = sq_multilevel_parameters(shape);
  double *weight;
  float *all;
  TAP_CALL(sq_alloc(count, &weight));
  TAP_CALL(sq_alloc(count, &all));
  TAP_CALL(sq_multilevel_init(shape, seed, weight));
  for (int64_t i = 0; i < count; i++) {
    double more;
    sq_rng_normals(sq_stream_make(seed, SQ_RNG_TEST, 1), (uint64_t)i, 1, 0, 0, &more);
    all[i] = (float)(weight[i] + 0.1 * more);
  }
  sq_free(&weight);
  return all;
}

typedef struct {
  sq_multilevel_shape shape;
  sq_lattice *lattice;
  sq_tractable model;
  float *weight;
} setup;

static void set_up(const sample *s, MPI_Comm comm, setup *u)
{
  u->shape = shape_of(s);
  TAP_CALL(sq_lattice_create(comm, s->dim, s->extent, NULL, &u->lattice));
  TAP_CALL(sq_multilevel_create(u->lattice, &u->shape, sq_multilevel_batch(u->lattice->extent), true, &u->model));
  u->weight = weights_of(&u->shape, 3);
  u->model.load(u->model.self, u->weight);
}

static void tear_down(setup *u)
{
  sq_free(&u->weight);
  TAP_CALL(sq_tractable_destroy(&u->model));
  TAP_CALL(sq_lattice_destroy(&u->lattice));
}

static int64_t site_of(const sq_lattice *lattice, int64_t i)
{
  return sq_lattice_row_site(lattice, i / lattice->local[3]) + i % lattice->local[3];
}

static void name_of(const sample *s, char name[80])
{
  char extents[64];
  sq_extents_text(s->dim, s->extent, extents, sizeof extents);
  snprintf(name, 80, "%s on %s, %d levels", s->action, extents, s->levels);
}

/* ---- all states of a few sites ---- */

/* log q and S of all states. */
static void enumerate(setup *u, double *log_q, double *S)
{
  const int64_t states = (int64_t)1 << u->lattice->volume, n = u->lattice->local_volume;
  sq_field *phi;
  sq_halo *halo;
  double *blocks;
  TAP_CALL(sq_alloc(u->model.batch * n, &blocks));
  TAP_CALL(sq_field_create(u->lattice, 1, &phi));
  TAP_CALL(sq_halo_create_field(phi, SQ_HALO_FACES, &halo));
  for (int64_t first = 0; first < states; first += u->model.batch) {
    const int count = (int)PetscMin(states - first, (int64_t)u->model.batch);
    for (int b = 0; b < count; b++) {
      sq_sum sum = {{0}};
      for (int64_t i = 0; i < n; i++) blocks[b * n + i] = (first + b) >> site_of(u->lattice, i) & 1 ? 1 : -1;
      if (!S) continue;
      sq_field_from_block(phi, blocks + b * n);
      TAP_CALL(sq_halo_exchange(halo, phi->data));
      u->shape.action.type->energy(&u->shape.action, phi, &sum);
      TAP_CALL(sq_sum_reduce(u->lattice->comm, 1, &sum));
      S[first + b] = sq_sum_value(&sum);
    }
    TAP_CALL(u->model.density(u->model.self, count, blocks, log_q + first));
  }
  sq_free(&blocks);
  TAP_CALL(sq_halo_destroy(&halo));
  TAP_CALL(sq_field_destroy(&phi));
}

static double divergence(int64_t states, const double *log_q, const double *S)
{
  double sum = 0;
  for (int64_t i = 0; i < states; i++) sum += exp(log_q[i]) * (log_q[i] + S[i]);
  return sum;
}

static void check_states(const sample *s)
{
  setup u;
  char name[80];
  double *log_q, *S, sum = 0;
  name_of(s, name);
  set_up(s, MPI_COMM_WORLD, &u);
  const int64_t states = (int64_t)1 << u.lattice->volume;
  TAP_CALL(sq_alloc(states, &log_q));
  TAP_CALL(sq_alloc(states, &S));
  enumerate(&u, log_q, S);
  bool odd = true;
  for (int64_t i = 0; i < states; i++) {
    sum += exp(log_q[i]);
    odd = odd && fabs(log_q[i] - log_q[states - 1 - i]) < 1e-12;
  }
  tap_check(fabs(sum - 1) < 1e-10, "%s: the density of all states is 1 + %.1e", name, sum - 1);
  tap_check(odd, "%s: a state and its negative have the same density", name);
  sq_free(&log_q);
  sq_free(&S);
  tear_down(&u);
}

/* The gradient of the divergence, sum_s q (log q + S) grad log q, along a random direction. */
static void check_divergence(const sample *s)
{
  setup u;
  char name[80];
  double *log_q, *S, *factor, *blocks, slope = 0, at[2];
  float *gradient, *moved;
  name_of(s, name);
  set_up(s, MPI_COMM_WORLD, &u);
  const int64_t states = (int64_t)1 << u.lattice->volume, n = u.lattice->local_volume, p = u.model.parameters;
  double *direction;
  TAP_CALL(sq_alloc(states, &log_q));
  TAP_CALL(sq_alloc(states, &S));
  TAP_CALL(sq_alloc(states, &factor));
  TAP_CALL(sq_alloc(u.model.batch * n, &blocks));
  TAP_CALL(sq_alloc(p, &gradient));
  TAP_CALL(sq_alloc(p, &moved));
  TAP_CALL(sq_alloc(p, &direction));
  sq_rng_normals(sq_stream_make(4, SQ_RNG_TEST, 2), 0, p, 0, 0, direction);
  enumerate(&u, log_q, S);
  for (int64_t i = 0; i < states; i++) factor[i] = exp(log_q[i]) * (log_q[i] + S[i]);
  for (int64_t first = 0; first < states; first += u.model.batch) {
    const int count = (int)PetscMin(states - first, (int64_t)u.model.batch);
    double said[128];
    for (int b = 0; b < count; b++)
      for (int64_t i = 0; i < n; i++) blocks[b * n + i] = (first + b) >> site_of(u.lattice, i) & 1 ? 1 : -1;
    TAP_CALL(u.model.density(u.model.self, count, blocks, said));
    TAP_CALL(u.model.backward(u.model.self, count, factor + first, gradient));
  }
  for (int64_t i = 0; i < p; i++) slope += gradient[i] * direction[i];
  double all;
  (void)MPI_Allreduce(&slope, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  const double step = 3e-3;
  for (int k = 0; k < 2; k++) {
    for (int64_t i = 0; i < p; i++) moved[i] = (float)(u.weight[i] + (k ? step : -step) * direction[i]);
    u.model.load(u.model.self, moved);
    enumerate(&u, log_q, NULL);
    at[k] = divergence(states, log_q, S);
  }
  const double difference = (at[1] - at[0]) / (2 * step);
  tap_check(fabs(all - difference) < 2e-3 * (fabs(difference) + 0.1),
            "%s: the gradient of the divergence, %.5f, by "
            "differences %.5f",
            name, all, difference);
  sq_free(&log_q);
  sq_free(&S);
  sq_free(&factor);
  sq_free(&blocks);
  sq_free(&gradient);
  sq_free(&moved);
  sq_free(&direction);
  tear_down(&u);
}

/* On 4x4 sites with a level: of states that differ in odd sites, and in the last even ones, (1, 3) and (3, 1), alone,
 * log q + S is the same. */
static void check_exact(const sample *s)
{
  setup u;
  char name[80];
  double *log_q, *S, worst = 0;
  int free = 1 << 7 | 1 << 13;
  name_of(s, name);
  set_up(s, MPI_COMM_WORLD, &u);
  const int states = 1 << u.lattice->volume;
  for (int i = 0; i < u.lattice->volume; i++)
    if ((i / 4 + i % 4) % 2) free |= 1 << i;
  TAP_CALL(sq_alloc(states, &log_q));
  TAP_CALL(sq_alloc(states, &S));
  enumerate(&u, log_q, S);
  for (int i = 0; i < states; i++) tap_worst(&worst, fabs(log_q[i] + S[i] - (log_q[i & ~free] + S[i & ~free])));
  tap_check(worst < 1e-10, "%s: exact steps are exact, to %.1e", name, worst);
  sq_free(&log_q);
  sq_free(&S);
  tear_down(&u);
}

/* Means of S and of S^2 of drawn fields, against those of the density over all states: above 4.5 standard errors once
 * in 70000 of them. */
static void check_draws(const sample *s)
{
  enum { CALLS = 160 };
  setup u;
  char name[80];
  double *log_q, *S, *block, said[128], mean[5] = {0}, sum[2] = {0};
  name_of(s, name);
  set_up(s, MPI_COMM_SELF, &u);
  const int64_t states = (int64_t)1 << u.lattice->volume, n = u.lattice->volume;
  TAP_CALL(sq_alloc(states, &log_q));
  TAP_CALL(sq_alloc(states, &S));
  TAP_CALL(sq_alloc(u.model.batch * n, &block));
  enumerate(&u, log_q, S);
  for (int64_t i = 0; i < states; i++)
    for (int k = 1; k < 5; k++) mean[k] += exp(log_q[i]) * pow(S[i], k);
  for (int call = 0; call < CALLS; call++) {
    TAP_CALL(u.model.draw(u.model.self, 17, call * u.model.batch, u.model.batch, block, said));
    for (int b = 0; b < u.model.batch; b++) {
      int64_t state = 0;
      for (int64_t i = 0; i < n; i++) state |= (int64_t)(block[b * n + i] > 0) << i;
      for (int k = 0; k < 2; k++) sum[k] += pow(S[state], k + 1);
    }
  }
  const double count = (double)CALLS * u.model.batch;
  for (int k = 1; k < 3; k++) {
    const double away = (sum[k - 1] / count - mean[k]) / sqrt((mean[2 * k] - mean[k] * mean[k]) / count);
    tap_check(fabs(away) < 4.5, "%s: the mean of S^%d of drawn fields is that of the density, %.1f standard errors",
              name, k, away);
  }
  sq_free(&log_q);
  sq_free(&S);
  sq_free(&block);
  tear_down(&u);
}

/* ---- fields on larger lattices ---- */

/* Drawn over all ranks and by each alone; the density of what was drawn; gradients summed over ranks. */
static void check_fields(const sample *s)
{
  setup cut, whole;
  char name[80];
  int ranks[SQ_DIM];
  if (!sq_lattice_can_share(s->dim, s->extent, tap.size, ranks)) return;
  name_of(s, name);
  set_up(s, MPI_COMM_WORLD, &cut);
  set_up(s, MPI_COMM_SELF, &whole);
  const int count = PetscMin(5, cut.model.batch);
  const int64_t n = cut.lattice->local_volume, volume = whole.lattice->volume, p = cut.model.parameters;
  double *part, *all, said[2][5], again[5], factor[5] = {0.3, -1, 0.5, 0.25, -0.1}, worst = 0, size = 0;
  float *gradient[2];
  TAP_CALL(sq_alloc(count * n, &part));
  TAP_CALL(sq_alloc(count * volume, &all));
  for (int k = 0; k < 2; k++) TAP_CALL(sq_alloc(p, &gradient[k]));
  TAP_CALL(cut.model.draw(cut.model.self, 9, 40, count, part, said[0]));
  TAP_CALL(cut.model.backward(cut.model.self, count, factor, gradient[0]));
  TAP_CALL(whole.model.draw(whole.model.self, 9, 40, count, all, said[1]));
  TAP_CALL(whole.model.backward(whole.model.self, count, factor, gradient[1]));
  bool same = true, equal = true;
  for (int b = 0; b < count; b++) {
    for (int64_t i = 0; i < n; i++) same = same && part[b * n + i] == all[b * volume + site_of(cut.lattice, i)];
    same = same && said[0][b] == said[1][b];
  }
  tap_check(same, "%s: the same fields and densities on any ranks", name);
  TAP_CALL(cut.model.density(cut.model.self, count, part, again));
  for (int b = 0; b < count; b++) equal = equal && again[b] == said[0][b];
  tap_check(equal, "%s: given fields have the density that they were drawn with", name);
  TAP_CALL(whole.model.draw(whole.model.self, 9, 42, 1, all, again));
  tap_check(again[0] == said[0][2], "%s: a field is the same alone", name);
  (void)MPI_Allreduce(MPI_IN_PLACE, gradient[0], (int)p, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
  for (int64_t i = 0; i < p; i++) {
    tap_worst(&worst, fabs((double)gradient[0][i] - gradient[1][i]));
    tap_worst(&size, fabs((double)gradient[1][i]));
  }
  tap_check(worst < 1e-5 * size, "%s: gradients of ranks add up, %.1e of %.1e", name, worst, size);
  sq_free(&part);
  sq_free(&all);
  for (int k = 0; k < 2; k++) sq_free(&gradient[k]);
  tear_down(&cut);
  tear_down(&whole);
}

int main(int argc, char **argv)
{
  const sample small[] = {{"ising", {0.4, 1}, 1, 0, {4}},       {"ising", {-0.7, 1}, 1, 1, {8}},
                          {"ising", {0.44, 0.7}, 2, 1, {4, 4}}, {"ising", {0.4, 1}, 1, 2, {16}},
                          {"ising", {-0.3, 1}, 2, 0, {3, 4}},   {"ising", {0.2, 1.5}, 3, 0, {2, 3, 2}}};
  const sample large[] = {{"ising", {0.44, 1}, 2, 2, {16, 16}},     {"ising", {0.4, 1}, 2, 1, {24, 8}},
                          {"ising", {-0.4, 1.3}, 2, 3, {32, 32}},   {"ising", {0.22, 1}, 3, 2, {8, 8, 8}},
                          {"ising", {0.15, 1}, 4, 1, {4, 4, 8, 4}}, {"ising", {0.6, 1}, 1, 4, {96}},
                          {"ising", {0.3, 1}, 2, 0, {3, 5}}};
  tap_begin(&argc, &argv);
  for (int i = 0; i < 6; i++) check_states(&small[i]);
  for (int i = 0; i < 3; i++) check_divergence(&small[i]);
  for (int i = 0; i < 3; i++) check_draws(&small[i]);
  check_exact(&small[2]);
  for (int i = 0; i < 7; i++) check_fields(&large[i]);
  return tap_end();
}
