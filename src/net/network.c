/* SPDX-License-Identifier: BSD-3-Clause */
/* The network's tensors, halos and weights. */
#include "src/net/network.h"
#include <string.h>

enum { MOST_ARRAYS = 16 + 8 * SQ_NETWORK_LEVELS + 4 * SQ_NETWORK_UNITS + 2 * SQ_NETWORK_RUNS };

static PetscErrorCode take(sq_network *n, int64_t count, float **array)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(count, array));
  n->owned[n->owned_count++] = *array;
  PetscFunctionReturn(0);
}

/* An activation tensor: its own where backward needs it, else the one that the level shares. */
static PetscErrorCode tensor(sq_network *n, int64_t count, float **shared, float **array)
{
  PetscFunctionBeginUser;
  if (n->backward) PetscCall(take(n, count, array));
  else {
    if (!*shared) PetscCall(take(n, count, shared));
    *array = *shared;
  }
  PetscFunctionReturn(0);
}

/* Cuts the block into the part that can be computed before messages arrive, and one slab, a site or a tile thick, for
 * each cut face. */
static void cut_parts(const sq_lattice *lattice, grid_level *level)
{
  int64_t first[SQ_DIM] = {0}, n[SQ_DIM];
  memcpy(n, lattice->local, sizeof n);
  level->parts = 1;
  for (int mu = lattice->first_dir; mu < SQ_DIM; mu++) {
    int64_t thick = level->tiled && mu >= SQ_DIM - 2 ? SQ_NN_TILE : 1;
    if (lattice->ranks[mu] == 1) continue;
    for (int side = 0; side < 2 && n[mu] > 0; side++) {
      int64_t corner[SQ_DIM], slab[SQ_DIM];
      memcpy(corner, first, sizeof corner);
      memcpy(slab, n, sizeof slab);
      slab[mu] = thick;
      if (side == 1) corner[mu] += n[mu] - thick;
      sq_nn_block_part(&level->block, corner, slab, &level->part[level->parts++]);
      first[mu] += side == 0 ? thick : 0;
      n[mu] -= thick;
    }
  }
  sq_nn_block_part(&level->block, first, n, &level->part[0]);
}

static PetscErrorCode find_tiles(const sq_network *n, grid_level *level)
{
  PetscFunctionBeginUser;
  bool missing;
  PetscCall(sq_any_true(level->lattice->comm, !n->kernels->winograd || !sq_nn_winograd_fits(&level->field), &missing));
  level->tiled = !missing;
  PetscFunctionReturn(0);
}

static PetscErrorCode create_level(sq_network *n, int index)
{
  PetscFunctionBeginUser;
  grid_level *l = &n->level[index];
  l->channels = n->shape.channels << index;
  if (index > 0) PetscCall(sq_lattice_coarsen(n->level[index - 1].lattice, &l->lattice));
  sq_nn_block_make(l->lattice->dim, l->lattice->local, &l->field);
  l->block = l->field;
  PetscCall(find_tiles(n, l));
  cut_parts(l->lattice, l);
  PetscCall(sq_halo_create(l->lattice, 1, SQ_HALO_FULL, (size_t)l->channels * sizeof(float), n->batch, &l->halo));
  if (index > 0)
    PetscCall(
      sq_halo_create(l->lattice, 1, SQ_HALO_FULL, (size_t)l->channels / 2 * sizeof(float), n->batch, &l->halo_half));
  int64_t size = n->batch * l->block.sites * l->channels;
  if (index > 0) PetscCall(take(n, size / 2, &l->half));
  if (!n->backward) PetscFunctionReturn(0);
  PetscCall(take(n, size, &l->dh));
  PetscCall(take(n, size, &l->dact));
  PetscCall(take(n, size, &l->dinner));
  PetscFunctionReturn(0);
}

static PetscErrorCode create_runs(sq_network *n)
{
  PetscFunctionBeginUser;
  float *h[SQ_NETWORK_LEVELS] = {NULL}, *act[SQ_NETWORK_LEVELS] = {NULL}, *inner[SQ_NETWORK_LEVELS] = {NULL};
  for (int r = 0; r < n->layout.runs; r++) {
    unit_run *run = &n->run[r];
    int at = run->level = sq_network_level(&n->shape, r), blocks = n->shape.blocks;
    int64_t size = n->batch * n->level[at].block.sites * n->level[at].channels;
    for (int k = 0; k <= blocks; k++) PetscCall(tensor(n, size, &h[at], &run->h[k]));
    for (int k = 0; k < 2 * blocks; k++) PetscCall(tensor(n, size, &act[at], &run->act[k]));
    for (int k = 0; k < blocks; k++) PetscCall(tensor(n, size, &inner[at], &run->inner[k]));
    if (at < sq_network_level(&n->shape, r + 1) && r + 1 < n->layout.runs) {
      if (n->backward)
        PetscCall(take(n, n->batch * n->level[at + 1].block.sites * n->level[at].channels, &run->pooled));
      else run->pooled = n->level[at + 1].half;
    }
  }
  PetscCall(tensor(n, n->batch * n->level[0].block.sites * n->shape.channels, &act[0], &n->act_out));
  PetscFunctionReturn(0);
}

static PetscErrorCode create_points(sq_network *n)
{
  PetscFunctionBeginUser;
  int64_t scratch = 0, largest = 0;
  for (int i = 0; i < n->layout.convs; i++) {
    const sq_network_conv *conv = &n->layout.conv[i];
    if (conv->points < 0) continue;
    scratch = PetscMax(scratch, sq_nn_winograd_scratch(conv->ci, conv->co));
    largest = PetscMax(largest, sq_nn_winograd_size(n->layout.taps, conv->ci, conv->co));
  }
  PetscCall(take(n, scratch, &n->scratch));
  PetscCall(take(n, n->layout.points, &n->points));
  if (!n->backward) PetscFunctionReturn(0);
  PetscCall(take(n, n->layout.points, &n->points_flipped));
  PetscCall(take(n, largest, &n->dpoints));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_network_create(const sq_lattice *lattice, const sq_network_shape *shape, int batch, bool backward,
                                 sq_network **network)
{
  PetscFunctionBeginUser;
  sq_network *n;
  SqCheck(sq_network_valid(shape), lattice->comm, SQ_ERR_INPUT,
          "a network of %d channels, %d blocks and %d levels from %d to %d numbers a site, with %d components, is not "
          "possible",
          shape->channels, shape->blocks, shape->levels, shape->inputs, shape->outputs, sq_network_components(shape));
  PetscCall(sq_alloc(1, &n));
  PetscCall(sq_alloc(MOST_ARRAYS, &n->owned));
  n->shape = *shape;
  n->components = sq_network_components(shape);
  n->batch = batch * n->components;
  n->backward = backward;
  n->kernels = sq_nn_best();
  n->level[0].lattice = (sq_lattice *)lattice;
  sq_network_lay_out(shape, &n->layout);
  for (int index = 0; index < shape->levels; index++) PetscCall(create_level(n, index));
  PetscCall(create_runs(n));
  PetscCall(sq_halo_create(lattice, 1, SQ_HALO_FULL, (size_t)n->layout.inputs * sizeof(float), n->batch, &n->halo_in));
  PetscCall(sq_halo_create(lattice, 1, SQ_HALO_FULL, sizeof(float), n->batch, &n->halo_out));
  int64_t sites = n->batch * n->level[0].block.sites;
  PetscCall(take(n, n->layout.total, &n->parameter));
  if (backward) PetscCall(take(n, n->layout.total, &n->flipped));
  PetscCall(create_points(n));
  PetscCall(take(n, sites * n->layout.inputs, &n->input));
  PetscCall(take(n, shape->outputs * sites, &n->output));
  PetscCall(sq_alloc(shape->inputs * n->batch, &n->scale));
  PetscCall(take(n, batch * n->layout.features, &n->feature));
  PetscCall(take(n, batch * shape->width, &n->hidden));
  PetscCall(take(n, batch * shape->width, &n->gated));
  PetscCall(take(n, shape->width, &n->dhidden));
  PetscCall(take(n, batch * n->layout.modulations, &n->modulation));
  PetscCall(take(n, batch * n->layout.modulations, &n->dmodulation));
  *network = n;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_network_destroy(sq_network **network)
{
  PetscFunctionBeginUser;
  sq_network *n = *network;
  if (!n) PetscFunctionReturn(0);
  if (n->way.self) PetscCall(n->way.destroy(&n->way.self));
  for (int i = 0; i < n->owned_count; i++) sq_free(&n->owned[i]);
  sq_free(&n->owned);
  sq_free(&n->scale);
  for (int index = 0; index < n->shape.levels; index++) {
    PetscCall(sq_halo_destroy(&n->level[index].halo));
    PetscCall(sq_halo_destroy(&n->level[index].halo_half));
    if (index > 0) PetscCall(sq_lattice_destroy(&n->level[index].lattice));
  }
  PetscCall(sq_halo_destroy(&n->halo_in));
  PetscCall(sq_halo_destroy(&n->halo_out));
  sq_free(network);
  PetscFunctionReturn(0);
}

/* For gradients of single inputs: flipped[inputs][taps][channels]. */
static void flip_inputs(const sq_network_layout *l, const float *parameter, float *flipped)
{
  const sq_network_conv *c = &l->conv[0];
  for (int i = 0; i < c->ci; i++)
    for (int t = 0; t < c->taps; t++)
      memcpy(flipped + c->at + ((int64_t)i * c->taps + c->taps - 1 - t) * c->co,
             parameter + c->at + ((int64_t)t * c->ci + i) * c->co, (size_t)c->co * sizeof(float));
}

void sq_network_load(sq_network *n, const float *parameter)
{
  const sq_network_layout *l = &n->layout;
  if (n->way.self) {
    n->way.load(n->way.self, parameter);
    return;
  }
  memcpy(n->parameter, parameter, (size_t)l->total * sizeof *parameter);
  for (int i = 0; i < l->convs; i++) {
    const sq_network_conv *c = &l->conv[i];
    if (sq_layer_tiled(n, i)) sq_nn_winograd_transform(l->taps, c->ci, c->co, parameter + c->at, n->points + c->points);
    if (!n->backward) continue;
    if (i == 0) {
      flip_inputs(l, parameter, n->flipped);
      continue;
    }
    sq_nn_flip(c->taps, c->ci, c->co, parameter + c->at, n->flipped + c->at);
    if (sq_layer_tiled(n, i))
      sq_nn_winograd_transform(l->taps, c->co, c->ci, n->flipped + c->at, n->points_flipped + c->points);
  }
}
