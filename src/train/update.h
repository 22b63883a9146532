/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to train: what a step does with every weight, for each instruction set. All sets give the same bits. */
#ifndef SQUALL_TRAIN_UPDATE_H
#define SQUALL_TRAIN_UPDATE_H

#include "squall/base.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define SQ_UPDATE_X86
#endif

/* The numbers of a step: the gradient's factor, Adam's numbers and corrections 1 - beta^step, the rate of learning, the
 * decay of the running average. */
typedef struct {
  double scale, beta1, beta2, bias1, bias2, rate, epsilon, decay;
} sq_update;

typedef struct {
  const char *name;
  bool (*supported)(void);
  /* Adds a gradient in units of 2^-40, or begins the sum with it; false if it does not fit (or is not a number). */
  bool (*add)(int64_t count, float limit, bool begin, const float *gradient, int64_t *total);
  /* One Adam step (Kingma and Ba, arXiv:1412.6980, algorithm 1) along the gradient `total` in units of 2^-40; then the
   * running average and the weights in float. */
  void (*move)(const sq_update *u, int64_t count, const int64_t *total, double *weight, double *first, double *second,
               double *average, float *copy);
} sq_update_kernels;

extern const sq_update_kernels sq_update_avx512, sq_update_avx2, sq_update_generic;
/* All compiled sets, the fastest first, NULL-terminated. */
extern const sq_update_kernels *const sq_update_all[];

#endif
