/* SPDX-License-Identifier: BSD-3-Clause */
/* Real numbers: the outputs are the field. A critic sees them in units of their width, and, the same at every site, the
 * sum over the lattice in units of its own: the order parameter is beyond what a few convolutions see. */
#include "src/adversary/kinds.h"
#include <math.h>
#include <string.h>

typedef struct {
  const sq_lattice *lattice;
  const sq_output_scales *scales;
  int components;
  sq_sum *sum;   /* [batch][components] */
  double *total; /* [batch][components] their values */
} real;

static const char *lacks(const sq_action *action)
{
  return sq_action_lacks(action, SQ_ABLE_FIELDS);
}

static sq_output_sizes sizes(const sq_action *action)
{
  return (sq_output_sizes){.outputs = 1, .features = 2, .components = sq_action_components(action)};
}

static PetscErrorCode create(const sq_lattice *lattice, const sq_action *action, const sq_output_scales *scales,
                             int batch, void **self)
{
  PetscFunctionBeginUser;
  real *r;
  PetscCall(sq_alloc(1, &r));
  *r = (real){.lattice = lattice, .scales = scales, .components = sq_action_components(action)};
  PetscCall(sq_alloc(batch * r->components, &r->sum));
  PetscCall(sq_alloc(batch * r->components, &r->total));
  *self = r;
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **self)
{
  PetscFunctionBeginUser;
  real *r = *self;
  sq_free(&r->sum);
  sq_free(&r->total);
  sq_free(self);
  PetscFunctionReturn(0);
}

static size_t bytes_of(const real *r, int count)
{
  return (size_t)(count * r->components * r->lattice->local_volume) * sizeof(double);
}

static PetscErrorCode make(void *self, int count, double *const out[], double *blocks)
{
  PetscFunctionBeginUser;
  memcpy(blocks, out[0], bytes_of(self, count));
  PetscFunctionReturn(0);
}

static PetscErrorCode make_back(void *self, int count, const double *cotangent, double *const dout[])
{
  PetscFunctionBeginUser;
  memcpy(dout[0], cotangent, bytes_of(self, count));
  PetscFunctionReturn(0);
}

/* The sum over the lattice of each component of each field, on every rank. */
static PetscErrorCode add_up(real *r, int count, const double *x)
{
  PetscFunctionBeginUser;
  const int64_t rows = count * r->components, volume = r->lattice->local_volume;
  memset(r->sum, 0, (size_t)rows * sizeof *r->sum);
  for (int64_t i = 0; i < rows; i++) sq_sum_add_array(&r->sum[i], volume, x + i * volume);
  PetscCall(sq_sum_reduce(r->lattice->comm, (int)rows, r->sum));
  for (int64_t i = 0; i < rows; i++) r->total[i] = sq_sum_value(&r->sum[i]);
  PetscFunctionReturn(0);
}

static PetscErrorCode see(void *self, int count, const double *blocks, double *const feature[])
{
  PetscFunctionBeginUser;
  real *r = self;
  const int64_t volume = r->lattice->local_volume;
  const double unit = 1 / (r->scales->zero * sqrt((double)r->lattice->volume));
  PetscCall(add_up(r, count, blocks));
  for (int64_t i = 0; i < count * r->components * volume; i++) {
    feature[0][i] = blocks[i] / r->scales->width;
    feature[1][i] = r->total[i / volume] * unit;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode see_back(void *self, int count, const double *blocks, double *const dfeature[], double *cotangent)
{
  PetscFunctionBeginUser;
  real *r = self;
  const int64_t volume = r->lattice->local_volume;
  const double unit = 1 / (r->scales->zero * sqrt((double)r->lattice->volume));
  (void)blocks;
  PetscCall(add_up(r, count, dfeature[1]));
  for (int64_t i = 0; i < count * r->components * volume; i++)
    cotangent[i] += dfeature[0][i] / r->scales->width + r->total[i / volume] * unit;
  PetscFunctionReturn(0);
}

const sq_output_kind sq_output_real = {.name = "real",
                                       .summary = "the outputs as they are",
                                       .gaussian = true,
                                       .lacks = lacks,
                                       .sizes = sizes,
                                       .create = create,
                                       .destroy = destroy,
                                       .make = make,
                                       .make_back = make_back,
                                       .see = see,
                                       .see_back = see_back};
