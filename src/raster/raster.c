/* SPDX-License-Identifier: BSD-3-Clause */
/* A network on a lattice: its memory, and its weights in the forms that kernels want. */
#include "src/raster/network.h"
#include <string.h>

/* ---- memory ---- */

static PetscErrorCode allocate_weights(sq_raster *r)
{
  PetscFunctionBeginUser;
  const sq_raster_layout *at = &r->at;
  const int64_t c = r->shape.channels, gains = at->activations * at->sites * c;
  PetscCall(sq_alloc(at->total, &r->weight));
  PetscCall(sq_alloc(gains, &r->gain));
  PetscCall(sq_alloc(gains, &r->shift));
  for (int h = 0; h < SQ_RASTER_HEADS; h++) {
    PetscCall(sq_alloc(r->window.last.slots * c * at->head[h].width, &r->head[h]));
    PetscCall(sq_alloc(r->window.last.slots * c * at->head[h].width, &r->head_back[h]));
  }
  if (r->backward) PetscCall(sq_alloc(2 * r->shape.blocks * at->deep_size, &r->deep_back));
  PetscFunctionReturn(0);
}

static PetscErrorCode allocate_fields(sq_raster *r)
{
  PetscFunctionBeginUser;
  const int64_t c = r->shape.channels, entries = (int64_t)r->batch * r->shape.components, row = entries * c;
  const int64_t first = r->window.first.most * r->shape.inputs;
  const int64_t deep = PetscMax(r->window.deep.most, r->window.users.most);
  const int width = PetscMax(r->at.head[SQ_RASTER_VECTORS].width, r->at.head[SQ_RASTER_SCALARS].width);
  const int64_t most = PetscMax(PetscMax(first, deep * c) * c, c * width);
  PetscCall(sq_alloc(r->at.activations, &r->pre));
  PetscCall(sq_alloc(r->at.activations, &r->post));
  for (int j = 0; j < r->at.activations; j++) {
    PetscCall(sq_alloc(row * (r->backward ? r->at.sites : 1), &r->pre[j]));
    PetscCall(sq_alloc(row * r->at.sites, &r->post[j]));
  }
  PetscCall(sq_alloc(r->at.sites * r->shape.inputs * entries, &r->input));
  PetscCall(sq_alloc(entries * first, &r->patch));
  PetscCall(sq_alloc(most, &r->some));
  PetscCall(sq_alloc(most, &r->some_sum));
  for (int i = 0; i < 3; i++) PetscCall(sq_alloc(row + 2 * c, &r->row[i]));
  PetscCall(sq_alloc(entries * width, &r->out));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_raster_create(const sq_raster_shape *shape, int batch, bool backward, sq_raster **raster)
{
  PetscFunctionBeginUser;
  sq_raster *r;
  SqCheck(sq_raster_valid(shape), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "there is no autoregressive network of %d channels, %d blocks, radius %d, %d components, %d + %d outputs",
          shape->channels, shape->blocks, shape->radius, shape->components, shape->vectors, shape->scalars);
  PetscCall(sq_alloc(1, &r));
  *r = (sq_raster){.shape = *shape, .batch = batch, .backward = backward, .kernels = sq_nn_best()};
  PetscCall(sq_raster_windows_create(shape, &r->window));
  r->at = sq_raster_lay_out(shape, &r->window);
  PetscCall(allocate_weights(r));
  PetscCall(allocate_fields(r));
  *raster = r;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_raster_destroy(sq_raster **raster)
{
  PetscFunctionBeginUser;
  sq_raster *r = *raster;
  if (!r) PetscFunctionReturn(0);
  float **arrays[] = {&r->weight, &r->gain, &r->shift,    &r->deep_back, &r->input,
                      &r->patch,  &r->some, &r->some_sum, &r->out};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) sq_free(arrays[i]);
  for (int i = 0; i < 3; i++) sq_free(&r->row[i]);
  for (int h = 0; h < SQ_RASTER_HEADS; h++) {
    sq_free(&r->head[h]);
    sq_free(&r->head_back[h]);
  }
  for (int j = 0; j < r->at.activations; j++) {
    sq_free(&r->pre[j]);
    sq_free(&r->post[j]);
  }
  sq_free(&r->pre);
  sq_free(&r->post);
  sq_raster_windows_destroy(&r->window);
  sq_free(raster);
  PetscFunctionReturn(0);
}

/* ---- weights ---- */

/* out[o][i] = in[i][o], for each of `count` matrices [rows][columns]. */
static void transpose(int64_t count, int rows, int columns, const float *in, float *out)
{
  for (int64_t k = 0; k < count; k++, in += rows * columns, out += rows * columns)
    for (int i = 0; i < rows; i++)
      for (int o = 0; o < columns; o++) out[o * rows + i] = in[i * columns + o];
}

/* What all sites have, plus what each adds. */
static void add_positions(const sq_raster *r, int64_t common, int64_t own, float *sum)
{
  const int64_t c = r->shape.channels, sites = r->at.sites;
  for (int64_t j = 0; j < r->at.activations; j++)
    for (int64_t x = 0; x < sites; x++)
      for (int64_t i = 0; i < c; i++) {
        const int64_t to = (j * sites + x) * c + i;
        sum[to] = r->weight[common + j * c + i] + (r->shape.positions ? r->weight[own + to] : 0);
      }
}

void sq_raster_load(sq_raster *r, const float *parameter)
{
  const sq_raster_layout *at = &r->at;
  const int c = r->shape.channels;
  const int64_t slots = r->window.last.slots;
  memcpy(r->weight, parameter, (size_t)at->total * sizeof *parameter);
  add_positions(r, at->gain, at->gain_at, r->gain);
  add_positions(r, at->shift, at->shift_at, r->shift);
  for (int h = 0; h < SQ_RASTER_HEADS; h++) {
    const sq_raster_head *head = &at->head[h];
    for (int64_t i = 0; i < slots * c; i++)
      memcpy(r->head[h] + i * head->width, parameter + head->weight + i * head->outputs,
             (size_t)head->outputs * sizeof *parameter);
    transpose(slots, c, head->width, r->head[h], r->head_back[h]);
  }
  if (r->backward) transpose(2 * r->shape.blocks * r->window.deep.slots, c, c, parameter + at->deep, r->deep_back);
}

/* ---- fields ---- */

void sq_raster_begin(sq_raster *r, int count)
{
  r->count = count;
  r->entries = count * r->shape.components;
  r->spent = false;
}

int64_t sq_raster_outputs(const sq_raster *r)
{
  return (int64_t)r->shape.vectors * r->entries + (int64_t)r->shape.scalars * r->count;
}

void sq_raster_give(sq_raster *r, int64_t site, const float *value)
{
  const int64_t numbers = (int64_t)r->shape.inputs * r->entries;
  memcpy(r->input + site * numbers, value, (size_t)numbers * sizeof *value);
}
