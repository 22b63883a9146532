/* SPDX-License-Identifier: BSD-3-Clause */
/* Integer fields: k of d directions, then l >= 0. What a critic sees of them, their scales, and rounding with a
 * gradient that is passed on as if nothing had been rounded (Y. Bengio, N. Leonard, A. Courville, arXiv:1308.3432). */
#include "src/adversary/integers.h"
#include <math.h>
#include <string.h>

PetscErrorCode sq_integers_create(const sq_lattice *lattice, const sq_action *action, const sq_output_scales *scales,
                                  int batch, int outputs, sq_integers **integers)
{
  PetscFunctionBeginUser;
  sq_integers *n;
  PetscCall(sq_alloc(1, &n));
  *n = (sq_integers){.lattice = lattice, .scales = scales, .dim = action->dim, .batch = batch, .outputs = outputs};
  PetscCall(sq_alloc(outputs * batch * lattice->local_volume, &n->raw));
  PetscCall(sq_alloc(3 * batch * n->dim, &n->uniform));
  PetscCall(sq_alloc(lattice->local_volume, &n->height));
  PetscCall(sq_alloc(lattice->local_volume, &n->dheight));
  PetscCall(sq_alloc(batch * n->dim, &n->sum));
  PetscCall(sq_alloc(batch * n->dim, &n->total));
  *integers = n;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_integers_destroy(void **self)
{
  PetscFunctionBeginUser;
  sq_integers *n = *self;
  if (!n) PetscFunctionReturn(0);
  double **doubles[] = {&n->raw, &n->uniform, &n->height, &n->dheight, &n->total};
  for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) sq_free(doubles[i]);
  sq_free(&n->sum);
  sq_free(self);
  PetscFunctionReturn(0);
}

/* ---- scales ---- */

/* Mean and root of V times the variance of the mean of k of one direction. */
static PetscErrorCode measure_direction(const sq_lattice *lattice, int components, int nu, int64_t count,
                                        const double *blocks, double *mean, double *spread)
{
  PetscFunctionBeginUser;
  const int64_t here = lattice->local_volume;
  const double volume = (double)lattice->volume;
  sq_sum *sum;
  PetscCall(sq_alloc(count, &sum));
  for (int64_t b = 0; b < count; b++) sq_sum_add_array(&sum[b], here, blocks + (b * components + nu) * here);
  PetscCall(sq_sum_reduce(lattice->comm, (int)count, sum));
  *mean = *spread = 0;
  for (int64_t b = 0; b < count; b++) *mean += sq_sum_value(&sum[b]) / volume / (double)count;
  for (int64_t b = 0; b < count; b++) {
    const double apart = sq_sum_value(&sum[b]) / volume - *mean;
    *spread += volume * apart * apart / (double)count;
  }
  *spread = sqrt(*spread);
  sq_free(&sum);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_integers_measure(const sq_lattice *lattice, const sq_action *action, int64_t count,
                                   const double *blocks, sq_output_scales *scales)
{
  PetscFunctionBeginUser;
  const int components = sq_action_components(action);
  const int64_t here = count * components * lattice->local_volume;
  sq_sum squares = {{0}};
  for (int64_t i = 0; i < here; i++) sq_sum_add(&squares, blocks[i] * blocks[i]);
  PetscCall(sq_sum_reduce(lattice->comm, 1, &squares));
  *scales = (sq_output_scales){.width = 1, .zero = 1};
  if (count) scales->width = fmax(1, sqrt(sq_sum_value(&squares) / (double)(count * components * lattice->volume)));
  for (int nu = 0; nu < action->dim && count; nu++)
    PetscCall(measure_direction(lattice, components, nu, count, blocks, &scales->mean[nu], &scales->spread[nu]));
  PetscFunctionReturn(0);
}

/* ---- what a critic sees ---- */

/* The sum over the lattice of array nu of each field, on every rank, in units of what it varies by; arrays of all
 * fields follow each other by `step`. */
static PetscErrorCode add_up(sq_integers *n, int count, int nu, const double *x, int64_t step)
{
  PetscFunctionBeginUser;
  const double spread = n->scales->spread[nu],
               unit = 1 / (sqrt((double)n->lattice->volume) * (spread > 0 ? spread : 1));
  memset(n->sum, 0, (size_t)count * sizeof *n->sum);
  for (int b = 0; b < count; b++) sq_sum_add_array(&n->sum[b], n->lattice->local_volume, x + b * step);
  PetscCall(sq_sum_reduce(n->lattice->comm, count, n->sum));
  for (int b = 0; b < count; b++) n->total[b] = unit * sq_sum_value(&n->sum[b]);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_integers_see(void *self, int count, const double *blocks, double *const feature[])
{
  PetscFunctionBeginUser;
  sq_integers *n = self;
  const int numbers = 2 * n->dim;
  const int64_t here = n->lattice->local_volume;
  const double root = sqrt((double)n->lattice->volume);
  for (int b = 0; b < count; b++)
    for (int c = 0; c < numbers; c++)
      for (int64_t x = 0; x < here; x++)
        feature[c][b * here + x] = blocks[(b * numbers + c) * here + x] / n->scales->width;
  for (int nu = 0; nu < n->dim; nu++) {
    const double spread = n->scales->spread[nu], middle = root * n->scales->mean[nu] / (spread > 0 ? spread : 1);
    PetscCall(add_up(n, count, nu, blocks + nu * here, numbers * here));
    for (int64_t i = 0; i < count * here; i++) feature[numbers + nu][i] = n->total[i / here] - middle;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_integers_see_back(void *self, int count, const double *blocks, double *const dfeature[],
                                    double *cotangent)
{
  PetscFunctionBeginUser;
  sq_integers *n = self;
  const int numbers = 2 * n->dim;
  const int64_t here = n->lattice->local_volume;
  (void)blocks;
  for (int b = 0; b < count; b++)
    for (int c = 0; c < numbers; c++)
      for (int64_t x = 0; x < here; x++)
        cotangent[(b * numbers + c) * here + x] += dfeature[c][b * here + x] / n->scales->width;
  for (int nu = 0; nu < n->dim; nu++) {
    PetscCall(add_up(n, count, nu, dfeature[numbers + nu], here));
    for (int b = 0; b < count; b++)
      for (int64_t x = 0; x < here; x++) cotangent[(b * numbers + nu) * here + x] += n->total[b];
  }
  PetscFunctionReturn(0);
}

/* ---- rounding ---- */

/* A forger that loses does not run away: no number is further than this from the middle, in units of the width. */
static const double most = 4;

static double bounded(double out)
{
  return most * tanh(out / most);
}

void sq_integers_round(sq_integers *n, int count, int first, int from, double *const out[], double *blocks)
{
  const int numbers = 2 * n->dim;
  const int64_t here = n->lattice->local_volume;
  for (int c = first; c < numbers; c++) {
    const int o = from + c - first;
    const double middle = c < n->dim ? n->scales->mean[c] : 0, least = c < n->dim ? -INFINITY : 0;
    for (int b = 0; b < count; b++)
      for (int64_t x = 0; x < here; x++) {
        const double value = middle + n->scales->width * bounded(out[o][b * here + x]);
        n->raw[((int64_t)o * n->batch + b) * here + x] = value;
        blocks[(b * numbers + c) * here + x] = fmax(least, floor(value + 0.5));
      }
  }
}

void sq_integers_round_back(const sq_integers *n, int count, int first, int from, const double *cotangent,
                            double *const dout[])
{
  const int numbers = 2 * n->dim;
  const int64_t here = n->lattice->local_volume;
  for (int c = first; c < numbers; c++) {
    const int o = from + c - first;
    for (int b = 0; b < count; b++)
      for (int64_t x = 0; x < here; x++) {
        const double value = n->raw[((int64_t)o * n->batch + b) * here + x],
                     ratio = (value - (c < n->dim ? n->scales->mean[c] : 0)) / n->scales->width / most,
                     slope = n->scales->width * (1 - ratio * ratio) * cotangent[(b * numbers + c) * here + x];
        const bool cut = c >= n->dim && value < -0.5;
        dout[o][b * here + x] = cut && slope > 0 ? 0 : slope;
      }
  }
}
