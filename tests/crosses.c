/* SPDX-License-Identifier: BSD-3-Clause */
/* crosses: q of hierarchical models is 1 in total, over all states of small toruses and of a box in any boundary; it is
 * the Boltzmann weight where everything is summed exactly; drawn fields have the density that is said of them, and the
 * same bits on any number of ranks; gradients are those of finite differences, and of the Kullback-Leibler divergence
 * by enumeration. All with random weights and couplings that differ in the two directions.
 */
#include "squall/crosses.h"
#include "tests/tap.h"
#include <math.h>
#include <string.h>

static const double coupling[2] = {0.37, 0.52};

/* Random weights, the last layers too. */
static void load_random(const sq_tractable *m, double size, float *weight)
{
  double *w;
  TAP_CALL(sq_alloc(m->parameters, &w));
  sq_rng_normals(sq_stream_make(3, SQ_RNG_TEST, 0), 0, m->parameters, 0, 0, w);
  for (int64_t i = 0; i < m->parameters; i++) weight[i] = (float)(size * w[i]);
  m->load(m->self, weight);
  sq_free(&w);
}

static void set_state(const sq_lattice *l, int64_t state, double *block)
{
  for (int64_t r = 0, i = 0; r < l->local[2]; r++)
    for (int64_t c = 0; c < l->local[3]; c++, i++)
      block[i] = state >> ((l->start[2] + r) * l->extent[3] + l->start[3] + c) & 1 ? 1 : -1;
}

/* sum J s s' of a state. */
static double weight_of(const int64_t n[2], int64_t state)
{
  double sum = 0;
  for (int64_t r = 0; r < n[0]; r++)
    for (int64_t c = 0; c < n[1]; c++) {
      const int s = (int)(state >> (r * n[1] + c) & 1), down = (int)(state >> ((r + 1) % n[0] * n[1] + c) & 1),
                right = (int)(state >> (r * n[1] + (c + 1) % n[1]) & 1);
      sum += coupling[0] * (s == down ? 1 : -1) + coupling[1] * (s == right ? 1 : -1);
    }
  return sum;
}

typedef struct {
  sq_lattice *lattice;
  sq_tractable model;
  float *weight;
  double *log_q; /* [states] */
} torus;

static void make_torus(int64_t rows, int64_t columns, const sq_cross_shape *shape, double size, torus *t)
{
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, 2, (int64_t[]){rows, columns}, NULL, &t->lattice));
  TAP_CALL(sq_crosses_tractable(t->lattice, shape, coupling, SQ_CROSS_FIELDS, true, &t->model));
  TAP_CALL(sq_alloc(t->model.parameters, &t->weight));
  load_random(&t->model, size, t->weight);
}

static void destroy_torus(torus *t)
{
  TAP_CALL(sq_tractable_destroy(&t->model));
  TAP_CALL(sq_lattice_destroy(&t->lattice));
  sq_free(&t->weight);
}

/* log q of all states. */
static void enumerate(const torus *t, double *log_q)
{
  const int64_t states = (int64_t)1 << t->lattice->volume, local = t->lattice->local_volume;
  double *blocks;
  TAP_CALL(sq_alloc(t->model.batch * local, &blocks));
  for (int64_t at = 0; at < states; at += t->model.batch) {
    const int count = (int)PetscMin(t->model.batch, states - at);
    for (int b = 0; b < count; b++) set_state(t->lattice, at + b, blocks + b * local);
    TAP_CALL(t->model.density(t->model.self, count, blocks, log_q + at));
  }
  sq_free(&blocks);
}

static void check_sum(int64_t rows, int64_t columns, int exact)
{
  const sq_cross_shape shape = {.extent = {rows == 5 ? 4 : rows, rows == 5 ? 2 : columns}, .hidden = 5, .exact = exact};
  const int64_t states = (int64_t)1 << rows * columns;
  torus t;
  double *log_q, sum = 0, odd = 0;
  make_torus(rows, columns, &shape, 0.8, &t);
  TAP_CALL(sq_alloc(states, &log_q));
  enumerate(&t, log_q);
  for (int64_t i = 0; i < states; i++) {
    sum += exp(log_q[i]);
    odd = fmax(odd, fabs(log_q[i] - log_q[states - 1 - i]));
  }
  tap_check(fabs(sum - 1) < 1e-10 && odd < 1e-5,
            "%lldx%lld, boxes of %d exact: the sum of q over all states is 1 + %.1e, and q(-s) = q(s) to %.1e",
            (long long)rows, (long long)columns, exact, sum - 1, odd);
  sq_free(&log_q);
  destroy_torus(&t);
}

/* ---- boxes ---- */

enum { ROOM = 17 };

static void make_box(int side, uint64_t number, int8_t spin[ROOM * ROOM], sq_cross_box *box)
{
  const sq_stream stream = sq_stream_make(11, SQ_RNG_TEST, number);
  for (int i = 0; i < ROOM * ROOM; i++) spin[i] = sq_rng_uniform(stream, (uint64_t)i, 0, 0) < 0.5 ? 1 : -1;
  *box = (sq_cross_box){.spin = spin,
                        .extent = {ROOM, ROOM},
                        .pitch = ROOM,
                        .first = {ROOM - 1, ROOM - side - 1 + (int)number % 3},
                        .stream = stream};
  box->first[1] %= ROOM;
}

static void set_box(const sq_cross_box *box, int state)
{
  for (int i = 0; i < 9; i++)
    box->spin[(box->first[0] + i / 3) % ROOM * ROOM + (box->first[1] + i % 3) % ROOM] = state >> i & 1 ? 1 : -1;
}

static int state_of(const sq_cross_box *box)
{
  int state = 0;
  for (int i = 0; i < 9; i++)
    state |= (box->spin[(box->first[0] + i / 3) % ROOM * ROOM + (box->first[1] + i % 3) % ROOM] > 0) << i;
  return state;
}

/* The sum of q, and of e^-S, over the states of a 3x3 box. */
static void sum_box(sq_crosses *c, sq_cross_box *box, double *total, double *differ)
{
  double q[512], z = 0, w[512];
  *total = *differ = 0;
  for (int state = 0; state < 512; state++) {
    sq_sum sum = {{0}};
    set_box(box, state);
    TAP_CALL(sq_crosses_fill(c, 3, 1, box, false, &sum));
    q[state] = exp(sq_sum_value(&sum));
    z += w[state] = exp(sq_crosses_weight(c, 3, box));
    *total += q[state];
  }
  for (int state = 0; state < 512; state++) *differ = fmax(*differ, fabs(q[state] - w[state] / z));
}

static void check_box(int exact)
{
  const sq_cross_shape shape = {.extent = {8, 8}, .hidden = 6, .exact = exact};
  sq_crosses *c;
  float *weight;
  double off = 0, differ = 0;
  TAP_CALL(sq_crosses_create(&shape, coupling, 0, &c));
  TAP_CALL(sq_alloc(sq_cross_parameters(&shape), &weight));
  for (int64_t i = 0; i < sq_cross_parameters(&shape); i++) weight[i] = (float)sin((double)(i * i));
  sq_crosses_load(c, weight);
  for (uint64_t n = 0; n < 5; n++) {
    int8_t spin[ROOM * ROOM];
    sq_cross_box box;
    double total, d;
    make_box(3, n, spin, &box);
    sum_box(c, &box, &total, &d);
    off = fmax(off, fabs(total - 1));
    differ = fmax(differ, d);
  }
  tap_check(off < 1e-10, "3x3 boxes in any boundary, %d exact: the sum of q is 1 to %.1e", exact, off);
  if (exact > 1) tap_check(differ < 1e-12, "and q is the theory's, to %.1e", differ);
  sq_free(&weight);
  TAP_CALL(sq_crosses_destroy(&c));
}

/* Drawn boxes come as often as q says: chi^2 of 512 states, those rarer than 5 together; 4 sigma. */
static void check_draws(int exact)
{
  const sq_cross_shape shape = {.extent = {4, 4}, .hidden = 6, .exact = exact};
  enum { DRAWS = 30000, TOGETHER = 500 };
  sq_crosses *c;
  float *weight;
  int8_t spin[TOGETHER][ROOM * ROOM];
  sq_cross_box box[TOGETHER];
  int seen[512] = {0}, terms = 0;
  double chi2 = 0, rare[2] = {0};
  TAP_CALL(sq_crosses_create(&shape, coupling, 0, &c));
  TAP_CALL(sq_alloc(sq_cross_parameters(&shape), &weight));
  for (int64_t i = 0; i < sq_cross_parameters(&shape); i++) weight[i] = (float)sin((double)(i * i));
  sq_crosses_load(c, weight);
  for (int at = 0; at < DRAWS; at += TOGETHER) {
    sq_sum none;
    for (int b = 0; b < TOGETHER; b++) {
      make_box(3, 1, spin[b], &box[b]);
      box[b].step = (uint64_t)(at + b);
      box[b].number = -1;
    }
    TAP_CALL(sq_crosses_fill(c, 3, TOGETHER, box, true, &none));
    for (int b = 0; b < TOGETHER; b++) seen[state_of(&box[b])]++;
  }
  for (int state = 0; state < 512; state++) {
    sq_sum sum = {{0}};
    set_box(&box[0], state);
    box[0].number = 0;
    TAP_CALL(sq_crosses_fill(c, 3, 1, box, false, &sum));
    const double wanted = DRAWS * exp(sq_sum_value(&sum));
    if (wanted < 5) {
      rare[0] += seen[state];
      rare[1] += wanted;
    } else chi2 += (seen[state] - wanted) * (seen[state] - wanted) / wanted, terms++;
  }
  if (rare[1] > 5) chi2 += (rare[0] - rare[1]) * (rare[0] - rare[1]) / rare[1], terms++;
  tap_check(chi2 < terms + 4 * sqrt(2. * terms), "3x3 boxes, %d exact, are drawn as q says: chi^2 %.1f of %d states",
            exact, chi2, terms);
  sq_free(&weight);
  TAP_CALL(sq_crosses_destroy(&c));
}

/* A box of 7x7 sums to what one site less of it sums to: log q of a state by its 49 conditional probabilities would
 * take 2^48 sums; the ratio of q of two states is that of their weights. */
static void check_large_box(void)
{
  const sq_cross_shape shape = {.extent = {8, 8}, .hidden = 1, .exact = 7};
  sq_crosses *c;
  int8_t spin[ROOM * ROOM];
  sq_cross_box box;
  double first = 0, differ = 0;
  TAP_CALL(sq_crosses_create(&shape, coupling, 0, &c));
  make_box(7, 2, spin, &box);
  for (uint64_t n = 0; n < 6; n++) {
    sq_sum sum = {{0}}, again = {{0}};
    box.step = n;
    TAP_CALL(sq_crosses_fill(c, 7, 1, &box, true, &sum));
    TAP_CALL(sq_crosses_fill(c, 7, 1, &box, false, &again));
    const double z = sq_crosses_weight(c, 7, &box) - sq_sum_value(&sum);
    if (!n) first = z;
    differ = fmax(differ, fmax(fabs(z - first), fabs(sq_sum_value(&sum) - sq_sum_value(&again))));
  }
  tap_check(differ < 1e-11, "7x7 boxes: all states give the same log Z, to %.1e", differ);
  TAP_CALL(sq_crosses_destroy(&c));
}

/* ---- fields ---- */

/* 2 toruses of 8x16 with networks of 3 and 7, drawn together and alone. */
static void check_fields(int exact)
{
  const sq_cross_shape shape = {.extent = {8, 16}, .hidden = 7, .exact = exact};
  torus t;
  enum { COUNT = 5, SITES = 256 };
  double blocks[COUNT * SITES], alone[SITES], log_q[COUNT], again[COUNT], one, worst = 0;
  bool same = true;
  make_torus(16, 16, &shape, 0.3, &t);
  const int64_t local = t.lattice->local_volume;
  TAP_CALL(t.model.draw(t.model.self, 21, 4, COUNT, blocks, log_q));
  TAP_CALL(t.model.density(t.model.self, COUNT, blocks, again));
  TAP_CALL(t.model.draw(t.model.self, 21, 7, 1, alone, &one));
  for (int b = 0; b < COUNT; b++) worst = fmax(worst, fabs(log_q[b] - again[b]));
  for (int64_t i = 0; i < local; i++) same = same && alone[i] == blocks[3 * local + i];
  same = same && one == log_q[3];
  tap_check(worst == 0 && same, "boxes of %d exact: fields have the density that is said, and are the same alone",
            exact);
  destroy_torus(&t);
}

/* The field of one rank against that of all: what every rank has of it. */
static void check_ranks(int exact)
{
  const sq_cross_shape shape = {.extent = {16, 16}, .hidden = 7, .exact = exact};
  enum { SITES = 19 * 32 };
  torus t, whole;
  double block[SITES], field[SITES], log_q, log_p;
  bool same = true, all;
  make_torus(19, 32, &shape, 0.3, &t);
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, 2, (int64_t[]){19, 32}, NULL, &whole.lattice));
  TAP_CALL(sq_crosses_tractable(whole.lattice, &shape, coupling, 1, false, &whole.model));
  whole.model.load(whole.model.self, t.weight);
  TAP_CALL(t.model.draw(t.model.self, 2, 9, 1, block, &log_q));
  TAP_CALL(whole.model.draw(whole.model.self, 2, 9, 1, field, &log_p));
  for (int64_t r = 0, i = 0; r < t.lattice->local[2]; r++)
    for (int64_t c = 0; c < t.lattice->local[3]; c++)
      same = same && block[i++] == field[(t.lattice->start[2] + r) * 32 + t.lattice->start[3] + c];
  TAP_CALL(sq_any_true(MPI_COMM_WORLD, !same || log_q != log_p, &all));
  tap_check(!all, "boxes of %d exact: a rank has its part of the field that one rank makes, and its log q", exact);
  TAP_CALL(sq_tractable_destroy(&whole.model));
  TAP_CALL(sq_lattice_destroy(&whole.lattice));
  destroy_torus(&t);
}

/* ---- gradients ---- */

static void reduce_gradient(const torus *t, float *gradient)
{
  (void)MPI_Allreduce(MPI_IN_PLACE, gradient, (int)t->model.parameters, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
}

static double sum_log_q(const torus *t, int count, const double *blocks, const double *factor)
{
  double log_q[SQ_CROSS_FIELDS], sum = 0;
  t->model.load(t->model.self, t->weight);
  TAP_CALL(t->model.density(t->model.self, count, blocks, log_q));
  for (int b = 0; b < count; b++) sum += factor[b] * log_q[b];
  return sum;
}

static void check_differences(int exact)
{
  const sq_cross_shape shape = {.extent = {8, 16}, .hidden = 4, .exact = exact};
  enum { COUNT = 3, SITES = 128, TRIED = 40 };
  torus t;
  double blocks[COUNT * SITES], log_q[COUNT], worst = 0;
  const double factor[COUNT] = {0.7, -1.3, 0.4};
  float *gradient;
  make_torus(8, 16, &shape, 0.3, &t);
  TAP_CALL(sq_alloc(t.model.parameters, &gradient));
  TAP_CALL(t.model.draw(t.model.self, 5, 0, COUNT, blocks, log_q));
  TAP_CALL(t.model.backward(t.model.self, COUNT, factor, gradient));
  reduce_gradient(&t, gradient);
  for (int k = 0; k < TRIED; k++) {
    const int64_t i = k * (t.model.parameters - 1) / (TRIED - 1);
    const float at = t.weight[i], step = 0.01F;
    t.weight[i] = at + step;
    double more = sum_log_q(&t, COUNT, blocks, factor);
    t.weight[i] = at - step;
    more -= sum_log_q(&t, COUNT, blocks, factor);
    t.weight[i] = at;
    worst = fmax(worst, fabs(more / (2. * (double)step) - gradient[i]));
  }
  tap_check(worst < 2e-3, "boxes of %d exact: gradients are differences, to %.1e", exact, worst);
  sq_free(&gradient);
  destroy_torus(&t);
}

/* The gradient of KL = sum q (log q + S) by enumeration, along a direction, against the change of KL. */
static double divergence(const torus *t, double *log_q)
{
  const int64_t n[2] = {t->lattice->extent[2], t->lattice->extent[3]}, states = (int64_t)1 << t->lattice->volume;
  double sum = 0;
  t->model.load(t->model.self, t->weight);
  enumerate(t, log_q);
  for (int64_t i = 0; i < states; i++) sum += exp(log_q[i]) * (log_q[i] - weight_of(n, i));
  return sum;
}

static void exact_gradient(const torus *t, const double *log_q, float *gradient)
{
  const int64_t n[2] = {t->lattice->extent[2], t->lattice->extent[3]}, states = (int64_t)1 << t->lattice->volume;
  double blocks[SQ_CROSS_FIELDS * 16], factor[SQ_CROSS_FIELDS], again[SQ_CROSS_FIELDS];
  for (int64_t at = 0; at < states; at += SQ_CROSS_FIELDS) {
    const int count = (int)PetscMin(SQ_CROSS_FIELDS, states - at);
    for (int b = 0; b < count; b++) {
      set_state(t->lattice, at + b, blocks + b * t->lattice->local_volume);
      factor[b] = exp(log_q[at + b]) * (log_q[at + b] - weight_of(n, at + b));
    }
    TAP_CALL(t->model.density(t->model.self, count, blocks, again));
    TAP_CALL(t->model.backward(t->model.self, count, factor, gradient));
  }
  reduce_gradient(t, gradient);
}

static void check_divergence(void)
{
  const sq_cross_shape shape = {.extent = {2, 4}, .hidden = 4, .exact = 1};
  torus t;
  double log_q[256], along[400] = {0}, slope = 0, more;
  float *gradient;
  const double step = 2e-3;
  make_torus(2, 4, &shape, 0.5, &t);
  const int64_t parameters = t.model.parameters;
  TAP_CALL(sq_alloc(parameters, &gradient));
  (void)divergence(&t, log_q);
  exact_gradient(&t, log_q, gradient);
  tap_check(parameters <= 400, "%lld weights", (long long)parameters);
  sq_rng_normals(sq_stream_make(8, SQ_RNG_TEST, 1), 0, parameters, 0, 0, along);
  for (int64_t i = 0; i < parameters; i++) slope += along[i] * (double)gradient[i];
  for (int64_t i = 0; i < parameters; i++) t.weight[i] += (float)(step * along[i]);
  more = divergence(&t, log_q);
  for (int64_t i = 0; i < parameters; i++) t.weight[i] -= (float)(2 * step * along[i]);
  more -= divergence(&t, log_q);
  tap_check(fabs(more / (2 * step) - slope) < 1e-3 * (1 + fabs(slope)),
            "the gradient of the Kullback-Leibler divergence is its change: %.6f, %.6f", slope, more / (2 * step));
  sq_free(&gradient);
  destroy_torus(&t);
}

static void check_start(void)
{
  const sq_cross_shape shape = {.extent = {16, 16}, .hidden = 8, .exact = 7};
  torus t;
  double *w, blocks[256], log_q, again;
  make_torus(16, 16, &shape, 0.3, &t);
  TAP_CALL(sq_alloc(t.model.parameters, &w));
  sq_cross_start(&shape, 1, w);
  for (int64_t i = 0; i < t.model.parameters; i++) t.weight[i] = (float)w[i];
  t.model.load(t.model.self, t.weight);
  TAP_CALL(t.model.draw(t.model.self, 1, 0, 1, blocks, &log_q));
  for (int64_t i = 0; i < t.model.parameters; i++) t.weight[i] = 0;
  t.model.load(t.model.self, t.weight);
  TAP_CALL(t.model.density(t.model.self, 1, blocks, &again));
  tap_check(log_q == again && w[0] != 0, "learning begins with networks that add nothing");
  TAP_CALL(t.model.anneal(t.model.self, 0));
  TAP_CALL(t.model.density(t.model.self, 1, blocks, &again));
  tap_check(fabs(again + 256 * log(2)) < 1e-9, "and, where the action is scaled to nothing, with free spins");
  sq_free(&w);
  destroy_torus(&t);
}

static void check_refused(void)
{
  sq_tractable m = {0};
  sq_lattice *line, *square;
  const sq_cross_shape good = {.extent = {8, 8}, .hidden = 4, .exact = 7},
                       odd = {.extent = {6, 8}, .hidden = 4, .exact = 7};
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, 1, (int64_t[]){16}, NULL, &line));
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, 2, (int64_t[]){4, 12}, NULL, &square));
  tap_check(sq_crosses_tractable(line, &good, coupling, 1, false, &m) == SQ_ERR_INPUT, "a line is refused");
  tap_check(sq_crosses_tractable(square, &good, coupling, 1, false, &m) == SQ_ERR_INPUT, "so is what is shorter");
  tap_check(sq_crosses_tractable(square, &odd, coupling, 1, false, &m) == SQ_ERR_INPUT, "so are other extents");
  TAP_CALL(sq_lattice_destroy(&line));
  TAP_CALL(sq_lattice_destroy(&square));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_sum(4, 4, 1);
  check_sum(4, 4, 3);
  check_sum(2, 8, 1);
  check_sum(5, 3, 1);
  check_box(1);
  check_box(3);
  check_draws(1);
  check_draws(3);
  check_large_box();
  for (int exact = 1; exact <= 7; exact = 2 * exact + 1) {
    check_fields(exact);
    check_ranks(exact);
    check_differences(exact);
  }
  check_divergence();
  check_start();
  check_refused();
  return tap_end();
}
