/* SPDX-License-Identifier: BSD-3-Clause */
/* cluster: labels against a flood fill, the probabilities, Ising models against the sum over all states, the same bits
 * on any number of ranks. */
#include "squall/cluster.h"
#include "squall/stats.h"
#include "tap.h"
#include <string.h>

/* A lattice cut in a given way, its clusters and all sites of what was found. */
typedef struct {
  sq_lattice *lattice;
  sq_clusters *clusters;
  sq_field *field;
  int64_t *label; /* [volume], on every rank */
  uint8_t *open;  /* [volume] */
  double *value;  /* [volume] of the field */
} setup;

static setup make(MPI_Comm comm, int dim, const int64_t *extent, const int *ranks)
{
  setup s = {0};
  TAP_CALL(sq_lattice_create(comm, dim, extent, ranks, &s.lattice));
  TAP_CALL(sq_clusters_create(s.lattice, &s.clusters));
  TAP_CALL(sq_field_create(s.lattice, 1, &s.field));
  TAP_CALL(sq_alloc(s.lattice->volume, &s.label));
  TAP_CALL(sq_alloc(s.lattice->volume, &s.open));
  TAP_CALL(sq_alloc(s.lattice->volume, &s.value));
  for (int64_t i = 0; i < s.field->sites; i++) s.field->data[i] = 1;
  return s;
}

static void clear(setup *s)
{
  sq_free(&s->label);
  sq_free(&s->open);
  sq_free(&s->value);
  TAP_CALL(sq_field_destroy(&s->field));
  TAP_CALL(sq_clusters_destroy(&s->clusters));
  TAP_CALL(sq_lattice_destroy(&s->lattice));
}

static int64_t neighbour(const sq_lattice *lattice, int64_t site, int mu)
{
  int64_t stride = 1;
  for (int nu = SQ_DIM - 1; nu > mu; nu--) stride *= lattice->extent[nu];
  int64_t x = site / stride % lattice->extent[mu];
  return site + ((x + 1) % lattice->extent[mu] - x) * stride;
}

/* Strengths of links with sizes and signs of their own times the field at both ends, which every rank has in value. */
static double coupling(const setup *s, int64_t site, int k, double strength)
{
  int64_t other = neighbour(s->lattice, site, s->lattice->first_dir + k);
  double size = sq_rng_uniform(sq_stream_make(3, SQ_RNG_TEST, (uint64_t)k), (uint64_t)site, 0, 0);
  return strength * (0.25 + size) * (size < 0.2 ? -1 : 1) * s->value[site] * s->value[other];
}

/* Every rank gets the whole of label, open and value. */
static void collect(setup *s)
{
  const int64_t n = s->lattice->local[3], volume = s->lattice->volume;
  int64_t *label;
  uint8_t *open;
  TAP_CALL(sq_alloc(s->lattice->local_volume, &label));
  TAP_CALL(sq_alloc(s->lattice->local_volume, &open));
  sq_clusters_inspect(s->clusters, label, open);
  memset(s->label, 0, (size_t)volume * sizeof *s->label);
  memset(s->open, 0, (size_t)volume);
  memset(s->value, 0, (size_t)volume * sizeof *s->value);
  for (int64_t row = 0; row < s->lattice->local_volume / n; row++) {
    int64_t site = sq_lattice_row_site(s->lattice, row);
    memcpy(s->label + site, label + row * n, (size_t)n * sizeof *label);
    memcpy(s->open + site, open + row * n, (size_t)n);
    memcpy(s->value + site, s->field->data + sq_field_row(s->field, row), (size_t)n * sizeof(double));
  }
  (void)MPI_Allreduce(MPI_IN_PLACE, s->label, (int)volume, MPI_INT64_T, MPI_SUM, s->lattice->comm);
  (void)MPI_Allreduce(MPI_IN_PLACE, s->open, (int)volume, MPI_UINT8_T, MPI_SUM, s->lattice->comm);
  (void)MPI_Allreduce(MPI_IN_PLACE, s->value, (int)volume, MPI_DOUBLE, MPI_SUM, s->lattice->comm);
  sq_free(&label);
  sq_free(&open);
}

static void update(setup *s, uint64_t step, double strength)
{
  const int dim = s->lattice->dim;
  const int64_t n = s->lattice->local[3];
  double *row;
  TAP_CALL(sq_alloc(dim * n, &row));
  for (int64_t r = 0; r < s->lattice->local_volume / n; r++) {
    int64_t site = sq_lattice_row_site(s->lattice, r);
    for (int k = 0; k < dim; k++)
      for (int64_t i = 0; i < n; i++) row[k * n + i] = coupling(s, site + i, k, strength);
    sq_clusters_open(s->clusters, sq_stream_make(7, SQ_RNG_CLUSTER, 0), step, r, row);
  }
  TAP_CALL(sq_clusters_join(s->clusters));
  sq_clusters_turn(s->clusters, s->field);
  sq_free(&row);
}

/* ---- labels ---- */

/* Gives the label to everything that is linked to site, following links both ways. */
static void flood(const setup *s, int64_t *label, int64_t site)
{
  int64_t *queue, filled = 0;
  TAP_CALL(sq_alloc(s->lattice->volume, &queue));
  queue[filled++] = site;
  label[site] = site;
  for (int64_t at = 0; at < filled; at++)
    for (int64_t x = 0; x < s->lattice->volume; x++)
      for (int k = 0; k < s->lattice->dim; k++) {
        int64_t y = neighbour(s->lattice, x, s->lattice->first_dir + k), other = x == queue[at] ? y : x;
        if (!(s->open[x] >> k & 1) || (x != queue[at] && y != queue[at]) || label[other] >= 0) continue;
        label[other] = site;
        queue[filled++] = other;
      }
  sq_free(&queue);
}

static bool labels_are_right(const setup *s)
{
  int64_t *label;
  bool right;
  TAP_CALL(sq_alloc(s->lattice->volume, &label));
  memset(label, 0xff, (size_t)s->lattice->volume * sizeof *label);
  for (int64_t x = 0; x < s->lattice->volume; x++)
    if (label[x] < 0) flood(s, label, x);
  right = !memcmp(label, s->label, (size_t)s->lattice->volume * sizeof *label);
  sq_free(&label);
  return right;
}

static bool same(const setup *a, const setup *b)
{
  size_t volume = (size_t)a->lattice->volume;
  return !memcmp(a->label, b->label, volume * sizeof *a->label) && !memcmp(a->open, b->open, volume) &&
         !memcmp(a->value, b->value, volume * sizeof *a->value);
}

static void test_labels(int dim, const int64_t *extent, const int *ranks)
{
  int grid[SQ_DIM], needed = 1;
  char text[64];
  for (int k = 0; ranks && k < dim; k++) needed *= ranks[k];
  if (ranks ? needed != tap.size : !sq_lattice_can_share(dim, extent, tap.size, grid)) return;
  setup cut = make(MPI_COMM_WORLD, dim, extent, ranks), whole = make(MPI_COMM_SELF, dim, extent, NULL);
  bool right = true, bits = true;
  collect(&cut);
  collect(&whole);
  for (uint64_t step = 0; step < 12; step++) {
    update(&cut, step, 0.5 + 0.3 * (double)step);
    update(&whole, step, 0.5 + 0.3 * (double)step);
    collect(&cut);
    collect(&whole);
    right = right && labels_are_right(&cut);
    bits = bits && same(&cut, &whole);
  }
  sq_extents_text(dim, extent, text, sizeof text);
  tap_check(right, "%s: labels are those of a flood fill", text);
  tap_check(bits, "%s: links, labels and signs are the same on any number of ranks", text);
  clear(&cut);
  clear(&whole);
}

/* ---- probabilities ---- */

static void test_probability(int dim, const int64_t *extent, double strength)
{
  enum { STEPS = 40 };
  setup s = make(MPI_COMM_WORLD, dim, extent, NULL);
  double count[SQ_DIM] = {0}, turned = 0, *row, p = strength > 0 ? -expm1(-strength) : 0,
         trials = (double)s.lattice->volume * STEPS;
  bool right = true;
  int64_t n = s.lattice->local[3];
  TAP_CALL(sq_alloc(dim * n, &row));
  for (int64_t i = 0; i < dim * n; i++) row[i] = strength;
  for (uint64_t step = 0; step < STEPS; step++) {
    for (int64_t r = 0; r < s.lattice->local_volume / n; r++)
      sq_clusters_open(s.clusters, sq_stream_make(1, SQ_RNG_CLUSTER, 0), step, r, row);
    TAP_CALL(sq_clusters_join(s.clusters));
    for (int64_t i = 0; i < s.field->sites; i++) s.field->data[i] = 1;
    sq_clusters_turn(s.clusters, s.field);
    collect(&s);
    for (int64_t x = 0; x < s.lattice->volume; x++) {
      turned += s.value[x] < 0;
      for (int k = 0; k < dim; k++) count[k] += s.open[x] >> k & 1;
    }
  }
  for (int k = 0; k < dim; k++) right = right && fabs(count[k] / trials - p) <= 4 * sqrt(p * (1 - p) / trials);
  tap_check(right, "links of strength %g in d = %d are open with probability %g", strength, dim, p);
  if (p == 0) tap_check(fabs(turned / trials - 0.5) < 2 / sqrt(trials), "single sites turn with probability 1/2");
  sq_free(&row);
  clear(&s);
}

/* ---- Ising models ---- */

/* S of the spins of a number's bits, and their sum. */
static double action_of(const setup *s, double strength, double *sum)
{
  double action = 0;
  *sum = 0;
  for (int64_t x = 0; x < s->lattice->volume; x++) {
    *sum += s->value[x];
    for (int k = 0; k < s->lattice->dim; k++) action -= coupling(s, x, k, strength) / 2;
  }
  return action;
}

/* Couplings of both signs; <S> and <(sum of spins)^2> against the sum over all 2^V states. */
static void test_ising(int dim, const int64_t *extent, double strength)
{
  enum { UPDATES = 20000 };
  int grid[SQ_DIM];
  double z = 0, exact[2] = {0}, sum, *column[2];
  char text[64];
  if (!sq_lattice_can_share(dim, extent, tap.size, grid)) return;
  setup s = make(MPI_COMM_WORLD, dim, extent, NULL);
  for (int64_t state = 0; state < (int64_t)1 << s.lattice->volume; state++) {
    for (int64_t x = 0; x < s.lattice->volume; x++) s.value[x] = state >> x & 1 ? -1 : 1;
    double action = action_of(&s, strength, &sum), weight = exp(-action);
    z += weight;
    exact[0] += weight * action;
    exact[1] += weight * sum * sum;
  }
  for (int c = 0; c < 2; c++) TAP_CALL(sq_alloc(UPDATES, &column[c]));
  collect(&s);
  for (int i = 0; i < UPDATES; i++) {
    update(&s, (uint64_t)i, strength);
    collect(&s);
    column[0][i] = action_of(&s, strength, &sum);
    column[1][i] = sum * sum;
  }
  sq_extents_text(dim, extent, text, sizeof text);
  for (int c = 0; c < 2; c++) {
    sq_estimate e;
    TAP_CALL(sq_gamma_mean(UPDATES, column[c], &e));
    if (tap.rank == 0) printf("# %s: %.5f(%.5f), expected %.5f\n", text, e.value, e.error, exact[c] / z);
    tap_check(fabs(e.value - exact[c] / z) < 4 * e.error && e.error < 0.03 * fabs(exact[c] / z),
              "Ising model on %s: %s", text, c ? "<(sum s)^2>" : "<S>");
    sq_free(&column[c]);
  }
  clear(&s);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_labels(1, (int64_t[]){1}, NULL);
  test_labels(1, (int64_t[]){2}, NULL);
  test_labels(1, (int64_t[]){7}, NULL);
  test_labels(2, (int64_t[]){3, 7}, NULL);
  test_labels(2, (int64_t[]){10, 10}, NULL);
  test_labels(2, (int64_t[]){4, 6}, (int[]){4, 1});
  test_labels(2, (int64_t[]){6, 4}, (int[]){1, 4});
  test_labels(2, (int64_t[]){2, 2}, (int[]){2, 2});
  test_labels(2, (int64_t[]){3, 9}, (int[]){3, 1});
  test_labels(3, (int64_t[]){4, 3, 5}, NULL);
  test_labels(3, (int64_t[]){2, 5, 2}, (int[]){2, 1, 2});
  test_labels(4, (int64_t[]){2, 3, 2, 4}, NULL);
  test_probability(2, (int64_t[]){40, 37}, 0.3);
  test_probability(1, (int64_t[]){1000}, 1);
  test_probability(3, (int64_t[]){12, 10, 9}, 2);
  test_probability(4, (int64_t[]){6, 5, 6, 7}, 0.1);
  test_probability(2, (int64_t[]){40, 37}, -1);
  test_probability(2, (int64_t[]){10, 10}, 100);
  test_ising(1, (int64_t[]){4}, 1.2);
  test_ising(2, (int64_t[]){3, 3}, 0.8);
  test_ising(3, (int64_t[]){2, 2, 2}, 0.5);
  return tap_end();
}
