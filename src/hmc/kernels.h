/* The arithmetic of a trajectory on plain arrays: row[rows] are the indices of runs of length contiguous sites of a padded field.
 */
#ifndef SQUALL_HMC_KERNELS_H
#define SQUALL_HMC_KERNELS_H

#include "squall/comm.h"

/* y[n] += c x[n] */
void sq_md_add(int64_t n, double c, const double *x, double *y);
/* field += c block */
void sq_md_add_rows(int64_t rows, int64_t length, const int64_t *row, double c, const double *block, double *field);
/* field = -field */
void sq_md_negate_rows(int64_t rows, int64_t length, const int64_t *row, double *field);
/* Adds x[n]^2/2 to sum. */
void sq_md_sum_half_squares(int64_t n, const double *x, sq_sum *sum);
/* Adds the field to sum, and field times block to product. */
void sq_md_sum_rows(int64_t rows, int64_t length, const int64_t *row, const double *field, const double *block, sq_sum *sum,
                    sq_sum *product);

#endif
