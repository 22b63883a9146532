/* SPDX-License-Identifier: BSD-3-Clause */
/* Boxes of a few columns, exactly: sums over all states of a row, row after row, given what is above them; then rows
 * are drawn from the last to the first. Bit c of a state is 1 where spin c is -1. Boxes are innermost.
 */
#include "internal.h"
#include <math.h>
#include <string.h>

enum { L = SQ_CROSS_LANES, E = SQ_CROSS_EXACT };

/* J times the spins of the boundary that each site sees, and the largest sum of S-terms that sums are divided by. */
static void read_boundary(sq_cross_strip *t, const double coupling[2], int side, int lane, const sq_cross_box *box)
{
  const int8_t *s = box->spin;
  for (int i = 0; i < side; i++)
    for (int k = 0; k < side; k++) t->field[i][k][lane] = 0;
  for (int i = 0; i < side; i++) {
    t->field[0][i][lane] += coupling[0] * s[sq_cross_site(box, -1, i)];
    t->field[side - 1][i][lane] += coupling[0] * s[sq_cross_site(box, side, i)];
    t->field[i][0][lane] += coupling[1] * s[sq_cross_site(box, i, -1)];
    t->field[i][side - 1][lane] += coupling[1] * s[sq_cross_site(box, i, side)];
  }
}

/* sum over a spin and its neighbour below: the bit of one becomes that of the other; same, other: their weights. */
SQ_VECTORS static void pass_down(int states, int bit, double same, double other, double (*sum)[L])
{
  for (int i = 0; i < states; i++) {
    if (i & bit) continue;
    double *up = sum[i], *down = sum[i | bit];
    for (int l = 0; l < L; l++) {
      const double a = up[l], b = down[l];
      up[l] = same * a + other * b;
      down[l] = other * a + same * b;
    }
  }
}

SQ_VECTORS static void weigh(int states, int bit, const double plus[L], const double minus[L], double (*sum)[L])
{
  for (int i = 0; i < states; i++)
    for (int l = 0; l < L; l++) sum[i][l] *= i & bit ? minus[l] : plus[l];
}

SQ_VECTORS static void add_states(int states, double (*sum)[L], double total[L])
{
  for (int l = 0; l < L; l++) total[l] = 0;
  for (int i = 0; i < states; i++)
    for (int l = 0; l < L; l++) total[l] += sum[i][l];
}

SQ_VECTORS static void scale_states(int states, const double factor[L], const double row[], double (*sum)[L])
{
  for (int i = 0; i < states; i++)
    for (int l = 0; l < L; l++) sum[i][l] *= factor[l] * row[i];
}

/* exp(sum J s s' - |J|) of the links within a row. */
static void row_weights(double J, int side, double *row)
{
  for (int i = 0; i < 1 << side; i++) {
    int unlike = 0;
    for (int c = 0; c + 1 < side; c++) unlike += (i >> c & 1) != (i >> (c + 1) & 1);
    row[i] = exp(J * (side - 1 - 2 * unlike) - fabs(J) * (side - 1));
  }
}

/* Weights of both spins at a site in its field, the larger being 1. */
static void weigh_site(int states, int c, const double field[L], double (*sum)[L], double log_z[L])
{
  double plus[L], minus[L];
  for (int l = 0; l < L; l++) {
    plus[l] = exp(field[l] - fabs(field[l]));
    minus[l] = exp(-field[l] - fabs(field[l]));
    log_z[l] += fabs(field[l]);
  }
  weigh(states, 1 << c, plus, minus, sum);
}

/* Row r of the sums, from the row above it. */
static void sum_row(sq_cross_strip *t, const double coupling[2], int side, int r, const double row[])
{
  const int states = 1 << side;
  const double J = coupling[0];
  double one[L], total[L];
  for (int l = 0; l < L; l++) one[l] = 1;
  if (r) memcpy(t->sum[r], t->sum[r - 1], (size_t)states * sizeof *t->sum[r]);
  for (int i = 0; i < states && !r; i++) memcpy(t->sum[r][i], one, sizeof one);
  for (int c = 0; c < side && r; c++) pass_down(states, 1 << c, exp(J - fabs(J)), exp(-J - fabs(J)), t->sum[r]);
  for (int c = 0; c < side; c++)
    if (r == 0 || r == side - 1 || c == 0 || c == side - 1) weigh_site(states, c, t->field[r][c], t->sum[r], t->log_z);
  scale_states(states, one, row, t->sum[r]);
  add_states(states, t->sum[r], total);
  for (int l = 0; l < L; l++) {
    t->log_z[l] += log(total[l]) + (r ? side * fabs(J) : 0) + (side - 1) * fabs(coupling[1]);
    one[l] = 1 / total[l];
  }
  for (int i = 0; i < states; i++)
    for (int l = 0; l < L; l++) t->sum[r][i][l] *= one[l];
}

static void sum_states(sq_cross_strip *t, const double coupling[2], int side)
{
  double row[1 << E];
  row_weights(coupling[1], side, row);
  memset(t->log_z, 0, sizeof t->log_z);
  for (int r = 0; r < side; r++) sum_row(t, coupling, side, r, row);
}

/* ---- drawing ---- */

/* Sums over the spins c, c + 1, ... of a row, for states of those before: fold[2^c + state]; from the last spin on. */
SQ_VECTORS static void fold_spin(int c, const double plus[L], const double minus[L], double (*from)[L], double (*to)[L])
{
  for (int i = 0; i < 1 << c; i++)
    for (int l = 0; l < L; l++) to[i][l] = plus[l] * from[i][l] + minus[l] * from[i | 1 << c][l];
}

/* What the spin below at (r + 1, c) makes of both spins at (r, c); 1 below the last row. */
static void weights_above(double J, int side, int r, int c, int count, const sq_cross_box *box, double plus[L],
                          double minus[L])
{
  for (int l = 0; l < L; l++) {
    const double h = l < count && r + 1 < side ? J * box[l].spin[sq_cross_site(&box[l], r + 1, c)] : 0;
    plus[l] = exp(h - fabs(h));
    minus[l] = exp(-h - fabs(h));
  }
}

static void draw_row(sq_cross_strip *t, double J, int side, int r, int count, const sq_cross_box *box)
{
  double plus[E][L], minus[E][L];
  int state[L] = {0};
  for (int c = side - 1; c >= 0; c--) {
    weights_above(J, side, r, c, count, box, plus[c], minus[c]);
    fold_spin(c, plus[c], minus[c], c == side - 1 ? t->sum[r] : t->fold + (2 << c), t->fold + (1 << c));
  }
  for (int c = 0; c < side; c++) {
    double(*from)[L] = c == side - 1 ? t->sum[r] : t->fold + (2 << c);
    for (int l = 0; l < count; l++) {
      const double up = plus[c][l] * from[state[l]][l], down = minus[c][l] * from[state[l] | 1 << c][l];
      const int64_t site = sq_cross_site(&box[l], r, c);
      const double u = sq_rng_uniform(box[l].stream, box[l].site + (uint64_t)site, box[l].step, 0);
      const bool is_up = u * (up + down) < up;
      box[l].spin[site] = is_up ? 1 : -1;
      state[l] |= is_up ? 0 : 1 << c;
    }
  }
}

/* ---- a call ---- */

/* sum J s s' over all links with an end inside. */
double sq_cross_links(const double coupling[2], int side, const sq_cross_box *box)
{
  const int8_t *s = box->spin;
  int64_t count[2] = {0};
  for (int i = 0; i < side; i++)
    for (int k = -1; k < side; k++) {
      count[0] += s[sq_cross_site(box, k, i)] * s[sq_cross_site(box, k + 1, i)];
      count[1] += s[sq_cross_site(box, i, k)] * s[sq_cross_site(box, i, k + 1)];
    }
  return coupling[0] * (double)count[0] + coupling[1] * (double)count[1];
}

void sq_cross_strip_fill(sq_cross_strip *t, const double coupling[2], int side, int count, const sq_cross_box *box,
                         bool draw, double *log_q)
{
  memset(t->field, 0, sizeof t->field);
  for (int l = 0; l < count; l++) read_boundary(t, coupling, side, l, &box[l]);
  sum_states(t, coupling, side);
  for (int r = side - 1; r >= 0 && draw; r--) draw_row(t, coupling[0], side, r, count, box);
  for (int l = 0; l < count; l++) log_q[l] = sq_cross_links(coupling, side, &box[l]) - t->log_z[l];
}
