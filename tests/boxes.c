/* SPDX-License-Identifier: BSD-3-Clause */
/* boxes: block moves by a hierarchical model leave exp(-S) as it is, whatever its weights, on lattices of any extents:
 * means of a long chain against enumeration; exact boxes are always accepted; the same chain on any number of ranks.
 */
#include "squall/correct.h"
#include "tests/tap.h"
#include <math.h>
#include <string.h>

static const double coupling[2] = {0.31, 0.44};

enum { MEANS = 3 };

/* S of a state, its magnetisation squared, and the product of two corners. */
static void measure(const int64_t n[2], const double *spin, double value[MEANS])
{
  double energy = 0, sum = 0;
  for (int64_t r = 0; r < n[0]; r++)
    for (int64_t c = 0; c < n[1]; c++) {
      const double s = spin[r * n[1] + c];
      energy -= coupling[0] * s * spin[(r + 1) % n[0] * n[1] + c] + coupling[1] * s * spin[r * n[1] + (c + 1) % n[1]];
      sum += s;
    }
  value[0] = energy;
  value[1] = sum * sum;
  value[2] = spin[0] * spin[n[1] + 2];
}

static void enumerate(const int64_t n[2], double mean[MEANS])
{
  const int sites = (int)(n[0] * n[1]);
  double z = 0, spin[32], value[MEANS];
  memset(mean, 0, MEANS * sizeof *mean);
  for (int state = 0; state < 1 << sites; state++) {
    for (int i = 0; i < sites; i++) spin[i] = state >> i & 1 ? 1 : -1;
    measure(n, spin, value);
    const double w = exp(-value[0]);
    z += w;
    for (int k = 0; k < MEANS; k++) mean[k] += w * value[k];
  }
  for (int k = 0; k < MEANS; k++) mean[k] /= z;
}

static void random_weights(const sq_cross_shape *shape, double size, float **weight)
{
  TAP_CALL(sq_alloc(sq_cross_parameters(shape), weight));
  for (int64_t i = 0; i < sq_cross_parameters(shape); i++) (*weight)[i] = (float)(size * sin((double)(i * i)));
}

static void make_chain(const sq_lattice *l, sq_move_chain **chain)
{
  TAP_CALL(sq_move_chains_create(3, 1, l->local_volume, chain));
  for (int64_t i = 0; i < l->local_volume; i++) (*chain)->block[i] = 1;
}

/* A chain of moves, binned; 4 sigma of MEANS numbers. */
static void check_stationary(int64_t rows, int64_t columns, const sq_cross_shape *shape, int side)
{
  enum { BINS = 40, EACH = 250 };
  const int64_t n[2] = {rows, columns};
  sq_lattice *l;
  sq_mover mover;
  sq_move_chain *chain;
  float *weight;
  double exact[MEANS], bin[BINS][MEANS] = {{0}}, value[MEANS], off = 0;
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, 2, n, NULL, &l));
  random_weights(shape, 0.4, &weight);
  TAP_CALL(sq_mover_boxes(l, shape, coupling, weight, side, &mover));
  make_chain(l, &chain);
  enumerate(n, exact);
  for (int b = -1; b < BINS; b++)
    for (int i = 0; i < EACH; i++) {
      TAP_CALL(mover.move(mover.self, 17, 1, 1, chain));
      measure(n, chain->block, value);
      for (int k = 0; k < MEANS && b >= 0; k++) bin[b][k] += value[k] / EACH;
    }
  for (int k = 0; k < MEANS; k++) {
    double mean = 0, square = 0;
    for (int b = 0; b < BINS; b++) mean += bin[b][k] / BINS;
    for (int b = 0; b < BINS; b++) square += (bin[b][k] - mean) * (bin[b][k] - mean);
    off = fmax(off, fabs(mean - exact[k]) / sqrt(square / BINS / (BINS - 1)));
  }
  const double acceptance = sq_metropolis_acceptance(&chain->counts);
  tap_check(off < 4 && acceptance > 0.05,
            "blocks of %d in %lldx%lld, boxes of %d exact, accepted %.3f: means are those "
            "of enumeration, off by %.1f errors at most",
            side, (long long)rows, (long long)columns, shape->exact, acceptance, off);
  if (side <= shape->exact) tap_check(chain->counts.accepted == chain->counts.proposed, "all are accepted");
  TAP_CALL(sq_mover_destroy(&mover));
  sq_move_chains_destroy(1, &chain);
  sq_free(&weight);
  TAP_CALL(sq_lattice_destroy(&l));
}

/* The chain of all ranks beside that of one. */
static void check_ranks(void)
{
  const sq_cross_shape shape = {.extent = {16, 16}, .hidden = 6, .exact = 3};
  sq_lattice *l[2];
  sq_mover mover[2];
  sq_move_chain *chain[2];
  float *weight;
  bool same = true;
  random_weights(&shape, 0.1, &weight);
  for (int k = 0; k < 2; k++) {
    TAP_CALL(sq_lattice_create(k ? MPI_COMM_SELF : MPI_COMM_WORLD, 2, (int64_t[]){37, 24}, NULL, &l[k]));
    TAP_CALL(sq_mover_boxes(l[k], &shape, coupling, weight, 7, &mover[k]));
    make_chain(l[k], &chain[k]);
    for (int i = 0; i < 5; i++) TAP_CALL(mover[k].move(mover[k].self, 2, 1, 1, chain[k]));
  }
  for (int64_t r = 0, i = 0; r < l[0]->local[2]; r++)
    for (int64_t c = 0; c < l[0]->local[3]; c++, i++)
      same = same && chain[0]->block[i] == chain[1]->block[(l[0]->start[2] + r) * 24 + l[0]->start[3] + c];
  same = same && !memcmp(&chain[0]->counts, &chain[1]->counts, sizeof chain[0]->counts) &&
         chain[0]->jump == chain[1]->jump;
  tap_check(same && mover[0].decisions == 4 * 3,
            "12 blocks of 7 in 37x24: one rank makes the same chain, accepted %.3f",
            sq_metropolis_acceptance(&chain[0]->counts));
  for (int k = 0; k < 2; k++) {
    TAP_CALL(sq_mover_destroy(&mover[k]));
    sq_move_chains_destroy(1, &chain[k]);
    TAP_CALL(sq_lattice_destroy(&l[k]));
  }
  sq_free(&weight);
}

static void check_refused(void)
{
  const sq_cross_shape shape = {.extent = {8, 8}, .hidden = 2, .exact = 7};
  const int64_t line[SQ_DIM] = {1, 1, 1, 16}, narrow[SQ_DIM] = {1, 1, 7, 32}, good[SQ_DIM] = {1, 1, 9, 8};
  tap_check(sq_mover_boxes_fit(1, line, &shape, 3) == SQ_ERR_INPUT &&
              sq_mover_boxes_fit(2, narrow, &shape, 7) == SQ_ERR_INPUT &&
              sq_mover_boxes_fit(2, good, &shape, 5) == SQ_ERR_INPUT &&
              sq_mover_boxes_fit(2, good, &shape, 15) == SQ_ERR_INPUT && !sq_mover_boxes_fit(2, good, &shape, 7),
            "lines, blocks that do not fit, and sides that the model does not know are refused");
}

int main(int argc, char **argv)
{
  const sq_cross_shape heat_bath = {.extent = {4, 4}, .hidden = 3, .exact = 1},
                       exact = {.extent = {4, 4}, .hidden = 3, .exact = 3};
  tap_begin(&argc, &argv);
  check_stationary(4, 4, &heat_bath, 3);
  check_stationary(4, 5, &heat_bath, 3);
  check_stationary(4, 5, &heat_bath, 1);
  check_stationary(5, 4, &exact, 3);
  check_ranks();
  check_refused();
  return tap_end();
}
