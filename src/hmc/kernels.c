/* See kernels.h. Products are made in short chunks and added exactly, so the sums do not depend on how the lattice is cut. */
#include "kernels.h"

enum { CHUNK = 128 };

void sq_md_add(int64_t n, double c, const double *restrict x, double *restrict y)
{
  for (int64_t i = 0; i < n; i++) y[i] += c * x[i];
}

void sq_md_add_rows(int64_t rows, int64_t length, const int64_t *row, double c, const double *restrict block,
                    double *restrict field)
{
  for (int64_t r = 0; r < rows; r++) sq_md_add(length, c, block + r * length, field + row[r]);
}

void sq_md_negate_rows(int64_t rows, int64_t length, const int64_t *row, double *field)
{
  for (int64_t r = 0; r < rows; r++)
    for (int64_t i = 0; i < length; i++) field[row[r] + i] = -field[row[r] + i];
}

static void sum_products(int64_t n, double c, const double *x, const double *y, sq_sum *sum)
{
  double product[CHUNK];
  for (int64_t start = 0; start < n; start += CHUNK) {
    int64_t count = n - start < CHUNK ? n - start : CHUNK;
    for (int64_t i = 0; i < count; i++) product[i] = c * (x[start + i] * y[start + i]);
    sq_sum_add_array(sum, count, product);
  }
}

void sq_md_sum_half_squares(int64_t n, const double *x, sq_sum *sum)
{
  sum_products(n, 0.5, x, x, sum);
}

void sq_md_sum_rows(int64_t rows, int64_t length, const int64_t *row, const double *field, const double *block, sq_sum *sum,
                    sq_sum *product)
{
  for (int64_t r = 0; r < rows; r++) {
    sq_sum_add_array(sum, length, field + row[r]);
    sum_products(length, 1, field + row[r], block + r * length, product);
  }
}
