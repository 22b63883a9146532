/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to conditional: the rows of the table, and what mixtures share. */
#ifndef SQUALL_CONDITIONAL_TYPES_H
#define SQUALL_CONDITIONAL_TYPES_H

#include "squall/base.h"
#include "squall/circle.h"
#include "squall/conditional.h"

extern const sq_conditional sq_conditional_sign, sq_conditional_pairs, sq_conditional_von_mises, sq_conditional_beta;

/* Kernels take so many numbers at once; their arrays are on the stack. Draws of the choice among parts, and of what a
 * part needs beside its own 0 .. 63. */
enum { CONDITIONAL_RUN = 64, CONDITIONAL_CHOICE = 64, CONDITIONAL_MORE = 65 };

/* The numbers of the run that begins at first. */
static inline int sq_conditional_run(const sq_conditional_batch *batch, int64_t first)
{
  return (int)(batch->n - first < CONDITIONAL_RUN ? batch->n - first : CONDITIONAL_RUN);
}

/* For mixtures: an array of numbers for each part. */
typedef double sq_parts[SQ_CONDITIONAL_MOST][CONDITIONAL_RUN];

/* log_sum[n] = log sum_k exp(part[k][n]); part[k] becomes its share of the sum. */
void sq_mixture_shares(int mixture, int n, sq_parts part, double *log_sum);
/* The part that a random number u in (0, 1) falls in, of the shares of number i. */
int sq_mixture_choice(int mixture, sq_parts share, int i, double u);
/* part[k][n] = par[(first + k) stride + i], i < n. */
void sq_mixture_scalars(int mixture, int n, int64_t stride, const float *par, sq_parts part);
/* Of a field (m, s): z[n] = (x - m)/s of the n numbers from first on, and log s. */
void sq_mixture_scaled(const sq_conditional_batch *batch, int64_t first, int n, const double *x, double *z,
                       double *log_s);

#endif
