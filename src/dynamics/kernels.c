/* SPDX-License-Identifier: BSD-3-Clause */
/* The arithmetic of a trajectory. Products are made in short chunks and added exactly, so the sums do not depend on how
 * the lattice is cut. */
#include "internal.h"
#include <math.h>

SQ_VECTORS void sq_md_first(int64_t rows, int64_t length, const int64_t *row, double drift, double kick,
                            const double *momentum, const double *force, const double *field, const int64_t *next_row,
                            double *next)
{
  for (int64_t r = 0; r < rows; r++, momentum += length, force += length) {
    const double *restrict from = field + row[r];
    double *restrict to = next + next_row[r];
    for (int64_t i = 0; i < length; i++) to[i] = from[i] + drift * (momentum[i] + kick * force[i]);
  }
}

SQ_VECTORS void sq_md_last(int64_t rows, int64_t length, const int64_t *row, double inverse_drift, double kick,
                           const double *force, const int64_t *previous_row, const double *previous,
                           const double *field, double *momentum)
{
  for (int64_t r = 0; r < rows; r++, momentum += length, force += length) {
    const double *from = previous + previous_row[r], *to = field + row[r];
    double *restrict p = momentum;
    for (int64_t i = 0; i < length; i++) p[i] = inverse_drift * (to[i] - from[i]) + kick * force[i];
  }
}

SQ_VECTORS void sq_md_kick(int64_t n, double kick, const double *restrict force, double *restrict momentum)
{
  for (int64_t i = 0; i < n; i++) momentum[i] += kick * force[i];
}

SQ_VECTORS void sq_md_drift(int64_t rows, int64_t length, const int64_t *row, double drift,
                            const double *restrict momentum, double *restrict field)
{
  for (int64_t r = 0; r < rows; r++, momentum += length)
    for (int64_t i = 0; i < length; i++) field[row[r] + i] += drift * momentum[i];
}

SQ_VECTORS void sq_md_move_rows(int64_t rows, int64_t length, const int64_t *row, sq_symmetry move, double *field)
{
  for (int64_t r = 0; r < rows; r++)
    for (int64_t i = 0; i < length; i++) field[row[r] + i] = move.factor * field[row[r] + i] + move.shift;
}

SQ_VECTORS static void half_squares(int64_t n, const double *restrict x, double *restrict out)
{
  for (int64_t i = 0; i < n; i++) out[i] = 0.5 * (x[i] * x[i]);
}

void sq_md_sum_half_squares(int64_t n, const double *x, sq_sum *sum)
{
  sq_terms terms;
  sq_terms_begin(&terms, sum);
  for (int64_t i = 0, count; i < n; i += count) {
    count = n - i < SQ_TERMS ? n - i : SQ_TERMS;
    half_squares(count, x + i, sq_terms_room(&terms, count));
  }
  sq_terms_end(&terms);
}

SQ_VECTORS void sq_md_products(int64_t n, double sign, const double *restrict x, const double *restrict y,
                               double *restrict out)
{
  for (int64_t i = 0; i < n; i++) out[i] = sign * (x[i] * y[i]);
}

SQ_VECTORS void sq_md_last_squares(int64_t n, double inverse_drift, double kick, const double *restrict force,
                                   const double *restrict previous, const double *restrict field, double *restrict out)
{
  for (int64_t i = 0; i < n; i++) {
    const double momentum = inverse_drift * (field[i] - previous[i]) + kick * force[i];
    out[i] = 0.5 * (momentum * momentum);
  }
}

double sq_md_largest_square(int components, int64_t sites, const double *block)
{
  double largest = 0;
  for (int64_t i = 0; i < sites; i++) {
    double square = 0;
    for (int c = 0; c < components; c++) square += block[c * sites + i] * block[c * sites + i];
    if (!(square <= largest)) largest = square < INFINITY ? square : INFINITY;
  }
  return largest;
}
