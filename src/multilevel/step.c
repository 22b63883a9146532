/* SPDX-License-Identifier: BSD-3-Clause */
/* A position of all cells of a level, drawn together: what is known around it, its network, its distribution. */
#include "src/multilevel/internal.h"
#include <string.h>

/* ---- pixels: cells first .. first + cells - 1 times the fields at work, the fields innermost ---- */

int64_t sq_multi_chunk_cells(const sq_multi_work *w)
{
  return PetscMax(1, w->room / w->count);
}

void sq_multi_address(sq_multi_work *w, const sq_multi_level *l, int position, int64_t first, int64_t cells)
{
  for (int64_t i = 0; i < cells; i++) {
    memcpy(w->streams + i * w->count, w->stream, (size_t)w->count * sizeof *w->stream);
    for (int b = 0; b < w->count; b++) w->sites[i * w->count + b] = l->corner[first + i] + l->offset[position];
  }
}

void sq_multi_read(sq_multi_work *w, const sq_multi_level *l, int position, int64_t first, int64_t cells)
{
  const double *x = sq_multi_numbers(l, position);
  for (int64_t i = 0; i < cells; i++)
    memcpy(w->x + i * w->count, x + l->cell[first + i] * l->batch, (size_t)w->count * sizeof *x);
}

void sq_multi_write(sq_multi_work *w, const sq_multi_level *l, int position, int64_t first, int64_t cells)
{
  double *x = sq_multi_numbers(l, position);
  for (int64_t i = 0; i < cells; i++)
    memcpy(x + l->cell[first + i] * l->batch, w->x + i * w->count, (size_t)w->count * sizeof *x);
}

void sq_multi_add(sq_multi_work *w, int64_t pixels)
{
  if (!w->counts) return;
  for (int64_t i = 0; i < pixels; i += w->count)
    for (int b = 0; b < w->count; b++) sq_sum_add(&w->sum[b], w->log_q[i + b]);
}

void sq_multi_take(sq_multi_work *w, const sq_multi_level *l, int position, int64_t first, int64_t cells,
                   const sq_conditional_batch *batch)
{
  if (w->draw) {
    sq_multi_address(w, l, position, first, cells);
    const sq_conditional_address address = {.stream = w->streams, .site = w->sites};
    w->type->draw(batch, &address, w->x);
    sq_multi_write(w, l, position, first, cells);
  } else sq_multi_read(w, l, position, first, cells);
  w->type->log_density(batch, w->x, w->log_q);
  sq_multi_add(w, batch->n);
}

/* ---- what a network sees ---- */

/* inputs[components][n][padded], zero beyond the inputs. */
static void gather(const sq_multi_draw *d, const sq_multi_level *l, const sq_multi_work *w, int64_t first,
                   int64_t cells, float *inputs)
{
  const int padded = d->net.padded, count = w->count;
  const double each = 1 / w->site->unit;
  for (int c = 0; c < l->orders; c++)
    for (int64_t i = 0; i < cells; i++, inputs += count * padded) {
      const int64_t base = l->cell[first + i] * l->batch;
      for (int j = 0; j < d->net.inputs; j++) {
        const double *v = sq_multi_vectors(l, d->step->input[j].from, c) + base + d->shift[j];
        for (int b = 0; b < count; b++) inputs[b * padded + j] = (float)(v[b] * each);
      }
      for (int b = 0; b < count; b++)
        for (int j = d->net.inputs; j < padded; j++) inputs[b * padded + j] = 0;
    }
}

/* The physical field [fields][n]: a sum of vectors, then what is the same everywhere. */
static void physical_field(const sq_multi_draw *d, const sq_multi_level *l, const sq_multi_work *w, int64_t first,
                           int64_t cells)
{
  const int64_t n = cells * w->count;
  memset(w->field, 0, (size_t)(l->orders * n) * sizeof *w->field);
  for (int64_t i = l->orders * n; i < w->type->fields * n; i++) w->field[i] = d->rest;
  for (int j = 0; j < d->net.inputs; j++) {
    if (d->start[j] == 0) continue;
    for (int c = 0; c < l->orders; c++) {
      const double *v = sq_multi_vectors(l, d->step->input[j].from, c) + d->shift[j];
      for (int64_t i = 0; i < cells; i++)
        for (int b = 0; b < w->count; b++)
          w->field[c * n + i * w->count + b] += d->start[j] * v[l->cell[first + i] * l->batch + b];
    }
  }
}

/* ---- a step ---- */

static float *kept_of(const sq_multi_draw *d, const sq_multi_work *w, int64_t first)
{
  return w->backward ? d->kept + first * w->count * sq_multi_net_kept(&d->net) : w->kept;
}

static float *par_of(const sq_multi_draw *d, const sq_multi_work *w, int64_t first)
{
  const int outputs = d->net.vectors * d->net.components + d->net.scalars;
  return w->backward ? d->par + first * w->count * outputs : w->par;
}

static sq_conditional_batch batch_of(const sq_multi_draw *d, const sq_multi_level *l, const sq_multi_work *w,
                                     int64_t first, int64_t cells)
{
  physical_field(d, l, w, first, cells);
  return (sq_conditional_batch){
    .n = cells * w->count, .mixture = d->net.vectors / w->type->vectors, .par = par_of(d, w, first), .field = w->field};
}

PetscErrorCode sq_multi_draw_forward(sq_multi_draw *d, sq_multi_level *l, sq_multi_work *w)
{
  PetscFunctionBeginUser;
  const int64_t most = sq_multi_chunk_cells(w);
  for (int64_t first = 0; first < l->interior; first += most) {
    const int64_t cells = PetscMin(most, l->interior - first);
    float *kept = kept_of(d, w, first);
    gather(d, l, w, first, cells, kept);
    sq_multi_net_forward(&d->net, &d->weights, cells * w->count, kept, w->scratch, par_of(d, w, first));
    const sq_conditional_batch batch = batch_of(d, l, w, first, cells);
    sq_multi_take(w, l, d->step->position, first, cells, &batch);
  }
  if (w->draw) PetscCall(sq_multi_complete(l, d->step->position));
  PetscFunctionReturn(0);
}

void sq_multi_draw_backward(sq_multi_draw *d, const sq_multi_level *l, sq_multi_work *w, const double *factor,
                            float *gradient)
{
  const int64_t most = sq_multi_chunk_cells(w);
  if (!w->counts) return;
  memset(d->sums.all, 0, (size_t)d->sums.count * sizeof(float));
  for (int64_t first = 0; first < l->interior; first += most) {
    const int64_t cells = PetscMin(most, l->interior - first), n = cells * w->count;
    const sq_conditional_batch batch = batch_of(d, l, w, first, cells);
    sq_multi_read(w, l, d->step->position, first, cells);
    for (int64_t i = 0; i < n; i++) w->factor[i] = factor[i % w->count];
    w->type->gradient(&batch, w->x, w->factor, w->dpar);
    sq_multi_net_backward(&d->net, &d->weights, n, kept_of(d, w, first), w->dpar, w->scratch, &d->sums);
  }
  sq_multi_weights_collect(&d->net, &d->sums, gradient + d->at);
}

/* ---- set-up ---- */

PetscErrorCode sq_multi_draw_create(const sq_multilevel_shape *shape, const sq_multi_level *l,
                                    const sq_multi_step *step, const sq_multi_work *w, sq_multi_draw *d)
{
  PetscFunctionBeginUser;
  *d = (sq_multi_draw){.step = step, .net = sq_multi_net_of(shape, w->type, step->inputs)};
  const int outputs = d->net.vectors * d->net.components + d->net.scalars;
  const int64_t pixels = w->backward ? l->interior * l->batch : 0;
  PetscCall(sq_multi_weights_create(&d->net, &d->weights));
  PetscCall(sq_multi_weights_create(&d->net, &d->sums));
  PetscCall(sq_alloc(step->inputs, &d->shift));
  PetscCall(sq_alloc(step->inputs, &d->start));
  for (int j = 0; j < step->inputs; j++) {
    (void)sq_multi_away(l, step->position, step->input[j].away, &d->shift[j]);
    d->shift[j] *= l->batch;
  }
  PetscCall(sq_alloc(pixels * sq_multi_net_kept(&d->net), &d->kept));
  PetscCall(sq_alloc(pixels * outputs, &d->par));
  PetscFunctionReturn(0);
}

void sq_multi_draw_destroy(sq_multi_draw *d)
{
  sq_free(&d->weights.all);
  sq_free(&d->sums.all);
  sq_free(&d->shift);
  sq_free(&d->start);
  sq_free(&d->kept);
  sq_free(&d->par);
}
