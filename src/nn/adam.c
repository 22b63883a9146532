/* SPDX-License-Identifier: BSD-3-Clause */
/* The optimiser, and the running average of what it finds: once a step. */
#include "squall/nn.h"
#include <math.h>

double sq_adam_step(const sq_adam *adam, int64_t count, int64_t step, double *parameter, double *first, double *second,
                    const double *gradient)
{
  double norm2 = 0;
  for (int64_t i = 0; i < count; i++) norm2 += gradient[i] * gradient[i];
  double norm = sqrt(norm2), scale = adam->clip > 0 && norm > adam->clip ? adam->clip / norm : 1;
  double bias1 = 1 - pow(adam->beta1, (double)step), bias2 = 1 - pow(adam->beta2, (double)step);
  for (int64_t i = 0; i < count; i++) {
    double g = scale * gradient[i];
    first[i] = adam->beta1 * first[i] + (1 - adam->beta1) * g;
    second[i] = adam->beta2 * second[i] + (1 - adam->beta2) * g * g;
    parameter[i] -= adam->learning_rate * (first[i] / bias1) / (sqrt(second[i] / bias2) + adam->epsilon);
  }
  return norm;
}

void sq_average(int64_t count, double decay, const double *parameter, double *average)
{
  for (int64_t i = 0; i < count; i++) average[i] = decay * average[i] + (1 - decay) * parameter[i];
}
