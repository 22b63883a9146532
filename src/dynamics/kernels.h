/* The arithmetic of a trajectory on plain arrays: row[rows] are the indices of runs of length contiguous sites of a
 * padded field.
 */
#ifndef SQUALL_DYNAMICS_KERNELS_H
#define SQUALL_DYNAMICS_KERNELS_H

#include "squall/action.h"

/* next = field + drift (momentum + kick force), the first of a trajectory; momentum and force are blocks. */
void sq_md_first(int64_t rows, int64_t length, const int64_t *row, double drift, double kick, const double *momentum,
                 const double *force, const double *field, double *next);
/* momentum = inverse_drift (field - previous) + kick force, the last. */
void sq_md_last(int64_t rows, int64_t length, const int64_t *row, double inverse_drift, double kick,
                const double *force, const double *previous, const double *field, double *momentum);
/* momentum += kick force, n numbers. */
void sq_md_kick(int64_t n, double kick, const double *force, double *momentum);
/* field += drift momentum, which is a block. */
void sq_md_drift(int64_t rows, int64_t length, const int64_t *row, double drift, const double *momentum, double *field);
/* field = -field */
void sq_md_move_rows(int64_t rows, int64_t length, const int64_t *row, sq_symmetry move, double *field);
/* Adds x[n]^2/2 to sum. */
void sq_md_sum_half_squares(int64_t n, const double *x, sq_sum *sum);
/* Adds the field to sum, and field times block to product. */
void sq_md_sum_rows(int64_t rows, int64_t length, const int64_t *row, const double *field, const double *block,
                    sq_sum *sum, sq_sum *product);

#endif
