/* SPDX-License-Identifier: BSD-3-Clause */
/* Configurations in the order of the file: pieces of it, and where the numbers of a configuration are in them. */
#include "src/import/import.h"
#include <math.h>

enum { PIECE_BYTES = 16 << 20 };

/* Numbers of the configuration in steps of a piece, which is in C order of the array's axes; those of axes before n
 * grow with the samples of the piece. */
static void find_places(const sq_import_source *s, sq_chunks *c)
{
  const sq_array_shape *shape = sq_array_about(s->array);
  const sq_axes *axes = &s->axes;
  const int sample = sq_axis_of(axes, SQ_AXIS_SAMPLE), dim = s->wanted.dim;
  int64_t stride[SQ_ARRAY_RANK], next = 1;
  for (int i = axes->rank - 1; i >= 0; i--) {
    if (i == sample) c->step = next;
    stride[i] = next;
    if (i != sample && axes->role[i] != SQ_AXIS_CHAIN) next *= shape->extent[i];
  }
  const int64_t sites = c->numbers / s->wanted.components;
  for (int64_t k = 0; k < c->numbers; k++) {
    int64_t rest = k % sites, x[SQ_DIM];
    for (int mu = dim - 1; mu >= 0; mu--) {
      x[mu] = rest % s->wanted.extents[mu];
      rest /= s->wanted.extents[mu];
    }
    for (int i = 0; i < axes->rank; i++) {
      const int role = axes->role[i];
      const int64_t at = role < SQ_DIM             ? x[role] :
                         role == SQ_AXIS_SITES     ? k % sites :
                         role == SQ_AXIS_COMPONENT ? k / sites :
                                                     0;
      if (i < sample) c->far[k] += at * stride[i];
      else c->near[k] += at * stride[i];
    }
  }
}

PetscErrorCode sq_chunks_create(const sq_import_source *s, sq_chunks *c)
{
  PetscFunctionBeginUser;
  *c = (sq_chunks){.source = s};
  c->numbers = (int64_t)sq_volume(s->run->padded) * s->wanted.components;
  c->most = PetscMin(s->samples, PetscMax(1, PIECE_BYTES / (8 * c->numbers)));
  const int64_t slabs = sq_axis_of(&s->axes, SQ_AXIS_CHAIN) < 0 ? 1 : s->chains;
  c->pieces = slabs * ((s->samples + c->most - 1) / c->most);
  PetscCall(sq_alloc(c->numbers, &c->near));
  PetscCall(sq_alloc(c->numbers, &c->far));
  PetscCall(sq_alloc(c->most * c->numbers, &c->values));
  find_places(s, c);
  PetscFunctionReturn(0);
}

void sq_chunks_destroy(sq_chunks *c)
{
  sq_free(&c->near);
  sq_free(&c->far);
  sq_free(&c->values);
}

PetscErrorCode sq_chunks_read(sq_chunks *c, int64_t p)
{
  PetscFunctionBeginUser;
  const sq_import_source *s = c->source;
  const sq_array_shape *shape = sq_array_about(s->array);
  const int64_t each = (s->samples + c->most - 1) / c->most;
  const int sample = sq_axis_of(&s->axes, SQ_AXIS_SAMPLE), chain = sq_axis_of(&s->axes, SQ_AXIS_CHAIN);
  int64_t first[SQ_ARRAY_RANK] = {0}, count[SQ_ARRAY_RANK];
  c->slab = (int)(p / each);
  c->first = p % each * c->most;
  c->count = p < c->pieces ? PetscMin(c->most, s->samples - c->first) : 0;
  for (int i = 0; i < shape->rank; i++) count[i] = shape->extent[i];
  first[sample] = c->count ? c->first : 0;
  count[sample] = c->count;
  if (chain >= 0) {
    first[chain] = c->count ? c->slab : 0;
    count[chain] = 1;
  }
  PetscCall(sq_array_read(s->array, first, count, c->values));
  PetscFunctionReturn(0);
}

bool sq_chunks_which(const sq_chunks *c, int64_t i, int64_t *r, int64_t *q)
{
  const sq_import_source *s = c->source;
  const int64_t n = c->first + i;
  int64_t position = n;
  *r = c->slab;
  if (s->length != s->samples) { /* the chains share the axis */
    *r = s->set.interleaved ? n % s->chains : n / s->length;
    position = s->set.interleaved ? n / s->chains : n % s->length;
  }
  position -= s->set.skip;
  *q = position / s->set.every;
  return position >= 0 && position % s->set.every == 0;
}

void sq_chunks_take(const sq_chunks *c, int64_t i, double *block, int64_t *wrapped)
{
  const sq_import_source *s = c->source;
  const sq_space *space = s->action.type->space;
  const double *values = c->values + i * c->step, scale = s->set.scale, shift = s->set.shift;
  for (int64_t k = 0; k < c->numbers; k++) {
    const double x = values[c->near[k] + c->count * c->far[k]];
    block[k] = scale == 1 && shift == 0 ? x : scale * x + shift;
  }
  if (!space->wrap) return;
  for (int64_t k = 0; k < c->numbers; k++) *wrapped += fabs(block[k]) > PETSC_PI;
  space->wrap(c->numbers, block, block);
}
