/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames and boxes as a model with an exact density. Every rank has the whole lattice in bytes, and fills what it needs
 * of it: all frames and boxes that have sites in its block, each as every other rank would. One sum over the ranks
 * gives log q.
 */
#include "crosses.h"
#include <math.h>
#include <string.h>

typedef struct {
  const sq_lattice *lattice;
  sq_cross_shape shape;
  sq_crosses *crosses;
  sq_cross_region region;
  sq_cross_whole whole;
  int8_t *spin;  /* [batch][volume] */
  sq_sum *log_q; /* [batch] */
} model;

int sq_cross_batch(double volume)
{
  const double sites = 1 << 18;
  return (int)PetscMax(1, PetscMin(SQ_CROSS_FIELDS, sites / volume));
}

/* ---- filling ---- */

/* The frames of all toruses of the fields that have sites here. */
static PetscErrorCode list_frames(model *m, uint64_t seed, int64_t first, int count, int64_t *frames,
                                  sq_cross_box **frame)
{
  PetscFunctionBeginUser;
  const int64_t *n = m->shape.extent, rows = m->lattice->extent[2], columns = m->lattice->extent[3];
  PetscCall(sq_alloc(count * (rows / n[0]) * (columns / n[1]), frame));
  *frames = 0;
  for (int64_t b = 0; b < count; b++) {
    const sq_stream stream = sq_stream_make(seed, SQ_RNG_CROSSES, (uint64_t)(first + b));
    for (int64_t r = 0; r + n[0] <= rows; r += n[0])
      for (int64_t c = 0; c + n[1] <= columns; c += n[1]) {
        const int64_t site = r * columns + c;
        sq_cross_box *f = &(*frame)[*frames];
        *f = (sq_cross_box){.spin = m->spin + b * rows * columns + site,
                            .extent = {n[0], n[1]},
                            .pitch = columns,
                            .site = (uint64_t)site,
                            .stream = stream,
                            .number = b};
        *frames += sq_cross_wanted(&m->region, 0, f);
      }
  }
  PetscFunctionReturn(0);
}

/* The largest boxes within frames, which they replace. */
static PetscErrorCode open_frames(model *m, int64_t *count, sq_cross_box **frame)
{
  PetscFunctionBeginUser;
  const int64_t *n = m->shape.extent, step = sq_cross_side(&m->shape) + 1, each = n[0] / step * (n[1] / step);
  sq_cross_box *box;
  int64_t boxes = 0;
  PetscCall(sq_alloc(*count * each, &box));
  for (int64_t i = 0; i < *count; i++)
    for (int64_t k = 0; k < each; k++) {
      box[boxes] = (*frame)[i];
      box[boxes].first[0] = k / (n[1] / step) * step + 1;
      box[boxes].first[1] = k % (n[1] / step) * step + 1;
      boxes += sq_cross_wanted(&m->region, (int)step - 1, &box[boxes]);
    }
  sq_free(frame);
  *frame = box;
  *count = boxes;
  PetscFunctionReturn(0);
}

/* The spins of this rank that no torus has, of a field. */
static void fill_rest(model *m, uint64_t seed, int64_t first, int64_t b, bool draw)
{
  const sq_cross_region *g = &m->region;
  const int64_t rows = m->lattice->extent[2], columns = g->pitch,
                covered[2] = {rows - rows % m->shape.extent[0], columns - columns % m->shape.extent[1]};
  const sq_stream stream = sq_stream_make(seed, SQ_RNG_CROSSES, (uint64_t)(first + b));
  int64_t count = 0;
  for (int64_t r = g->start[0]; r < g->start[0] + g->local[0]; r++)
    for (int64_t c = g->start[1]; c < g->start[1] + g->local[1]; c++) {
      if (r < covered[0] && c < covered[1]) continue;
      const int64_t site = r * columns + c;
      if (draw) m->spin[b * rows * columns + site] = sq_rng_uniform(stream, (uint64_t)site, 0, 0) < 0.5 ? 1 : -1;
      count++;
    }
  sq_sum_add(&m->log_q[b], -(double)count * sq_sum_round(log(2)));
}

static PetscErrorCode fill(model *m, uint64_t seed, int64_t first, int count, bool draw, double *log_q)
{
  PetscFunctionBeginUser;
  sq_cross_box *box;
  int64_t boxes = 0;
  memset(m->log_q, 0, (size_t)count * sizeof *m->log_q);
  PetscCall(list_frames(m, seed, first, count, &boxes, &box));
  sq_cross_net_fill(m->crosses, 0, boxes, box, draw, m->log_q);
  PetscCall(open_frames(m, &boxes, &box));
  PetscCall(sq_cross_descend(m->crosses, &m->region, sq_cross_side(&m->shape), boxes, &box, draw, m->log_q));
  sq_free(&box);
  for (int b = 0; b < count; b++) fill_rest(m, seed, first, b, draw);
  PetscCall(sq_sum_reduce(m->lattice->comm, count, m->log_q));
  for (int b = 0; b < count; b++) log_q[b] = sq_sum_value(&m->log_q[b]);
  PetscFunctionReturn(0);
}

/* ---- the model ---- */

static void load(void *self, const float *weight)
{
  sq_crosses_load(((model *)self)->crosses, weight);
}

static PetscErrorCode anneal(void *self, double scale)
{
  sq_crosses_scale(((model *)self)->crosses, scale);
  return 0;
}

static PetscErrorCode draw(void *self, uint64_t seed, int64_t first, int count, double *blocks, double *log_q)
{
  PetscFunctionBeginUser;
  model *m = self;
  PetscCall(fill(m, seed, first, count, true, log_q));
  for (int b = 0; b < count; b++)
    sq_cross_whole_give(&m->whole, m->spin + b * m->lattice->volume, blocks + b * m->lattice->local_volume);
  PetscFunctionReturn(0);
}

static PetscErrorCode density(void *self, int count, const double *blocks, double *log_q)
{
  PetscFunctionBeginUser;
  model *m = self;
  for (int b = 0; b < count; b++)
    PetscCall(
      sq_cross_whole_gather(&m->whole, blocks + b * m->lattice->local_volume, m->spin + b * m->lattice->volume));
  PetscCall(fill(m, 0, 0, count, false, log_q));
  PetscFunctionReturn(0);
}

static PetscErrorCode backward(void *self, int count, const double *factor, float *gradient)
{
  (void)count;
  sq_cross_gradient(((model *)self)->crosses, factor, gradient);
  return 0;
}

static PetscErrorCode destroy(void *self)
{
  PetscFunctionBeginUser;
  model *m = self;
  PetscCall(sq_crosses_destroy(&m->crosses));
  sq_cross_whole_destroy(&m->whole);
  sq_free(&m->spin);
  sq_free(&m->log_q);
  sq_free(&m);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_cross_fits(int dim, const int64_t extent[SQ_DIM], const sq_cross_shape *shape)
{
  PetscFunctionBeginUser;
  const long long n[2] = {shape->extent[0], shape->extent[1]};
  SqCheck(dim == 2, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "a hierarchical model is for two dimensions: crosses divide squares, and this lattice has %d", dim);
  SqCheck(extent[2] >= n[0] && extent[3] >= n[1], SQ_EVERY_RANK, SQ_ERR_INPUT,
          "a hierarchical model of %lldx%lld sites makes fields of as many or more, side by side, not of fewer than "
          "these in a direction: %lldx%lld",
          n[0], n[1], (long long)extent[2], (long long)extent[3]);
  SqCheck((double)extent[2] * (double)extent[3] < INT32_MAX, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "a hierarchical model holds a whole field on every rank: %lldx%lld sites are too many", (long long)extent[2],
          (long long)extent[3]);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_crosses_tractable(const sq_lattice *lattice, const sq_cross_shape *shape, const double coupling[2],
                                    int batch, bool learning, sq_tractable *tractable)
{
  PetscFunctionBeginUser;
  model *m;
  PetscCall(sq_cross_check(shape));
  PetscCall(sq_cross_fits(lattice->dim, lattice->extent, shape));
  const int toruses = (int)(lattice->volume / (shape->extent[0] * shape->extent[1]));
  PetscCall(sq_alloc(1, &m));
  m->lattice = lattice;
  m->shape = *shape;
  m->region = (sq_cross_region){.start = {lattice->start[2], lattice->start[3]},
                                .local = {lattice->local[2], lattice->local[3]},
                                .pitch = lattice->extent[3]};
  PetscCall(sq_cross_whole_create(lattice, &m->whole));
  PetscCall(sq_alloc(batch * lattice->volume, &m->spin));
  PetscCall(sq_alloc(batch, &m->log_q));
  PetscCall(sq_crosses_create(shape, coupling, learning ? batch * toruses : 0, &m->crosses));
  *tractable = (sq_tractable){.self = m,
                              .lattice = lattice,
                              .components = 1,
                              .batch = batch,
                              .parameters = sq_cross_parameters(shape),
                              .cost = 1,
                              .load = load,
                              .anneal = anneal,
                              .draw = draw,
                              .density = density,
                              .backward = backward,
                              .destroy = destroy};
  PetscFunctionReturn(0);
}
