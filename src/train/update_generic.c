/* SPDX-License-Identifier: BSD-3-Clause */
/* What a step does with every weight, in plain C: for any processor, and for the rest that fills no vector. */
#include "src/train/update.h"
#include <math.h>

static bool supported(void)
{
  return true;
}

static bool add(int64_t count, float limit, bool begin, const float *gradient, int64_t *total)
{
  bool fits = true;
  for (int64_t i = 0; i < count; i++) {
    float g = gradient[i];
    bool ok = g > -limit && g < limit;
    fits = fits && ok;
    total[i] = (begin ? 0 : total[i]) + (ok ? (int64_t)((double)g * 0x1p40) : 0);
  }
  return fits;
}

static void move(const sq_update *u, int64_t count, const int64_t *total, double *weight, double *first, double *second,
                 double *average, float *copy)
{
  for (int64_t i = 0; i < count; i++) {
    double g = u->scale * ((double)total[i] * 0x1p-40);
    first[i] = u->beta1 * first[i] + (1 - u->beta1) * g;
    second[i] = u->beta2 * second[i] + (1 - u->beta2) * g * g;
    weight[i] -= u->rate * (first[i] / u->bias1) / (sqrt(second[i] / u->bias2) + u->epsilon);
    average[i] = u->decay * average[i] + (1 - u->decay) * weight[i];
    copy[i] = (float)weight[i];
  }
}

const sq_update_kernels sq_update_generic = {.name = "generic", .supported = supported, .add = add, .move = move};
