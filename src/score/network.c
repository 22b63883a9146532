/* The network on the blocks of a lattice: layers from nn, halos between them.
 *
 * Activations are [batch][padded sites][channels], one geometry for each level of resolution. The rim of what a convolution reads is exchanged
 * while the interior is computed; backward exchanges output gradients the same way, so the same code trains and samples on one
 * rank or many, with the same bits where blocks are whole tiles on all of them or extents are no multiples of a tile. With `backward` every tensor that it needs stays; without, a level has one of each. Nothing is
 * allocated after create.
 */
#include "src/score/shape.h"
#include <string.h>

enum { PARTS = 1 + 2 * SQ_DIM };

/* What a level of resolution has: geometry, halos, scratch. */
typedef struct {
  sq_lattice *lattice;            /* level 0: not owned */
  sq_nn_block field;              /* one field */
  sq_nn_block block, part[PARTS]; /* the batch; part[0]: what needs no message, then the sites next to cut faces */
  int         parts, channels;
  bool        tiled;              /* whole tiles on every rank: Winograd's convolutions where channels suit */
  sq_halo    *halo, *halo_half;   /* for `channels` channels; for half of them, at levels > 0 */
  float      *dh, *dact, *dinner; /* gradients, [channels] */
  float      *half;               /* scratch of half the channels, levels > 0 */
} grid_level;

/* Units at one level in a row, with what leads to the next run. */
typedef struct {
  int        level;
  float     *h[SQ_NETWORK_BLOCKS + 1];                                  /* residual stream before each unit and at the end */
  float     *act[2 * SQ_NETWORK_BLOCKS], *inner[SQ_NETWORK_BLOCKS];     /* outputs of activations; of first convolutions */
  float     *pooled;                                                    /* cell means of h's end, for a transition down; lives at level + 1 */
} unit_run;

struct sq_network {
  sq_network_shape     shape;
  sq_network_layout    layout;
  const sq_nn_kernels *kernels;
  bool                 backward;
  int                  batch, count;                                    /* capacity; fields of the last forward call */
  grid_level           level[SQ_NETWORK_LEVELS];
  unit_run             run[SQ_NETWORK_RUNS];
  sq_halo             *halo_in, *halo_out;
  float *parameter, *flipped;                                           /* flipped: convolution weights for input gradients, same layout */
  float *points, *points_flipped, *dpoints, *scratch;                   /* transformed weights; gradient of the present ones; of Winograd kernels */
  float *input, *output, *act_out;                                      /* [batch][sites][inputs], [batch][sites], [batch][sites][channels] */
  float *feature, *hidden, *modulation, *dmodulation, *dhidden;         /* [batch][...] */
  float **owned;                                                        /* everything allocated, for destroy */
  int     owned_count;
};

/* ---- set-up ---------------------------------------------------------------------------------------- */

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

/* Cuts the block into the part that can be computed before messages arrive, and one slab, a site or a tile thick, for each cut face. */
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
  l->channels   = n->shape.channels << index;
  if (index > 0) PetscCall(sq_lattice_coarsen(n->level[index - 1].lattice, &l->lattice));
  sq_nn_block_make(l->lattice->dim, l->lattice->local, &l->field);
  l->block = l->field;
  PetscCall(find_tiles(n, l));
  cut_parts(l->lattice, l);
  PetscCall(sq_halo_create(l->lattice, 1, SQ_HALO_FULL, (size_t)l->channels * sizeof(float), n->batch, &l->halo));
  if (index > 0) PetscCall(sq_halo_create(l->lattice, 1, SQ_HALO_FULL, (size_t)l->channels / 2 * sizeof(float), n->batch, &l->halo_half));
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
    unit_run *run  = &n->run[r];
    int       at   = run->level = sq_network_level(&n->shape, r), blocks = n->shape.blocks;
    int64_t   size = n->batch * n->level[at].block.sites * n->level[at].channels;
    for (int k = 0; k <= blocks; k++) PetscCall(tensor(n, size, &h[at], &run->h[k]));
    for (int k = 0; k < 2 * blocks; k++) PetscCall(tensor(n, size, &act[at], &run->act[k]));
    for (int k = 0; k < blocks; k++) PetscCall(tensor(n, size, &inner[at], &run->inner[k]));
    if (at < sq_network_level(&n->shape, r + 1) && r + 1 < n->layout.runs) {
      if (n->backward) PetscCall(take(n, n->batch * n->level[at + 1].block.sites * n->level[at].channels, &run->pooled));
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

PetscErrorCode sq_network_create(const sq_lattice *lattice, const sq_network_shape *shape, int batch, bool backward, sq_network **network)
{
  PetscFunctionBeginUser;
  sq_network *n;
  PetscCall(sq_alloc(1, &n));
  PetscCall(sq_alloc(MOST_ARRAYS, &n->owned));
  n->shape            = *shape;
  n->batch            = batch;
  n->backward         = backward;
  n->kernels          = sq_nn_best();
  n->level[0].lattice = (sq_lattice *)lattice;
  sq_network_lay_out(shape, &n->layout);
  for (int index = 0; index < shape->levels; index++) PetscCall(create_level(n, index));
  PetscCall(create_runs(n));
  PetscCall(sq_halo_create(lattice, 1, SQ_HALO_FULL, (size_t)n->layout.inputs * sizeof(float), batch, &n->halo_in));
  PetscCall(sq_halo_create(lattice, 1, SQ_HALO_FULL, sizeof(float), batch, &n->halo_out));
  int64_t sites = batch * n->level[0].block.sites;
  PetscCall(take(n, n->layout.total, &n->parameter));
  PetscCall(take(n, n->layout.total, &n->flipped));
  PetscCall(create_points(n));
  PetscCall(take(n, sites * n->layout.inputs, &n->input));
  PetscCall(take(n, sites, &n->output));
  PetscCall(take(n, batch * SQ_NN_WAVES, &n->feature));
  PetscCall(take(n, batch * shape->width, &n->hidden));
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
  for (int i = 0; i < n->owned_count; i++) sq_free(&n->owned[i]);
  sq_free(&n->owned);
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

/* Whether convolution i runs by Winograd's algorithm. */
static bool tiled(const sq_network *n, int i)
{
  return n->layout.conv[i].points >= 0 && n->level[n->layout.conv[i].level].tiled;
}

void sq_network_load(sq_network *n, const float *parameter)
{
  const sq_network_layout *l = &n->layout;
  memcpy(n->parameter, parameter, (size_t)l->total * sizeof *parameter);
  for (int i = 0; i < l->convs; i++) {
    const sq_network_conv *c = &l->conv[i];
    if (tiled(n, i)) sq_nn_winograd_transform(l->taps, c->ci, c->co, parameter + c->at, n->points + c->points);
    if (!n->backward || i == 0) continue;
    sq_nn_flip(l->taps, c->ci, c->co, parameter + c->at, n->flipped + c->at);
    if (tiled(n, i)) sq_nn_winograd_transform(l->taps, c->co, c->ci, n->flipped + c->at, n->points_flipped + c->points);
  }
}

/* ---- layers ---------------------------------------------------------------------------------------- */

/* points: the transformed weights, or NULL. */
static void convolve_part(const sq_network *n, const sq_nn_block *part, int ci, int co, const float *in, const float *w, const float *points, const float *start, float *out)
{
  if (part->rows * part->n[3] == 0) return;
  if (points) n->kernels->winograd(part, ci, co, in, points, start, out, n->scratch);
  else n->kernels->conv(part, ci, co, in, w, start, out);
}

/* out = start + in * w on the interior of a level; fills in's rim. */
static PetscErrorCode convolve(sq_network *n, int index, sq_halo *halo, int ci, int co, float *in, const float *w, const float *points, const float *start, float *out)
{
  PetscFunctionBeginUser;
  const grid_level *l = &n->level[index];
  PetscCall(sq_halo_begin(halo, in));
  convolve_part(n, &l->part[0], ci, co, in, w, points, start, out);
  PetscCall(sq_halo_end(halo, in));
  for (int p = 1; p < l->parts; p++) convolve_part(n, &l->part[p], ci, co, in, w, points, start, out);
  PetscFunctionReturn(0);
}

/* Convolution i of the layout. */
static PetscErrorCode apply(sq_network *n, int i, sq_halo *halo, float *in, const float *start, float *out)
{
  PetscFunctionBeginUser;
  const sq_network_conv *conv = &n->layout.conv[i];
  PetscCall(convolve(n, conv->level, halo, conv->ci, conv->co, in, n->parameter + conv->at, tiled(n, i) ? n->points + conv->points : NULL, start, out));
  PetscFunctionReturn(0);
}

/* Its weight gradient (added), then its input gradient: din is overwritten. in has its rim from the forward pass. */
static PetscErrorCode apply_backward(sq_network *n, int i, sq_halo *halo_dout, const float *in, float *dout, float *din, float *gradient)
{
  PetscFunctionBeginUser;
  const sq_network_conv *conv  = &n->layout.conv[i];
  const sq_nn_block     *block = &n->level[conv->level].block;
  if (tiled(n, i)) {
    memset(n->dpoints, 0, (size_t)sq_nn_winograd_size(n->layout.taps, conv->ci, conv->co) * sizeof *n->dpoints);
    n->kernels->winograd_weights(block, conv->ci, conv->co, in, dout, n->dpoints, n->scratch);
    sq_nn_winograd_collect(n->layout.taps, conv->ci, conv->co, n->dpoints, gradient + conv->at);
  } else n->kernels->conv_weights(block, conv->ci, conv->co, in, dout, gradient + conv->at);
  if (din) PetscCall(convolve(n, conv->level, halo_dout, conv->co, conv->ci, dout, n->flipped + conv->at, tiled(n, i) ? n->points_flipped + conv->points : NULL, NULL, din));
  PetscFunctionReturn(0);
}

/* Gain of activation a for batch entry b in an array of modulations; the shift follows. */
static float *modulation(const sq_network *n, float *all, int b, int a)
{
  return all + b * n->layout.modulations + n->layout.modulation[a];
}

static void activate(sq_network *n, int index, int a, const float *in, float *out)
{
  const grid_level *l   = &n->level[index];
  int64_t           one = l->block.sites * l->channels;
  for (int b = 0; b < n->count; b++) {
    float *gain = modulation(n, n->modulation, b, a);
    n->kernels->activate(&l->field, l->channels, n->shape.odd, in + b * one, gain, gain + l->channels, out + b * one);
  }
}

/* Through activation a: dact -> din (added). */
static void activate_backward(sq_network *n, int index, int a, const float *in, float *din)
{
  const grid_level *l   = &n->level[index];
  int               c   = l->channels;
  int64_t           one = l->block.sites * c;
  for (int b = 0; b < n->count; b++) {
    float *gain = modulation(n, n->modulation, b, a), *dgain = modulation(n, n->dmodulation, b, a);
    n->kernels->activate_backward(&l->field, c, n->shape.odd, in + b * one, gain, gain + c, l->dact + b * one, din + b * one, dgain, dgain + c);
  }
}

/* Cell means from level index to index + 1, and the way back, times scale; c channels. */
static void pool(sq_network *n, int index, int c, float scale, const float *fine, float *coarse)
{
  sq_nn_pool(&n->level[index].block, &n->level[index + 1].block, c, scale, fine, coarse);
}

static void spread(sq_network *n, int index, int c, float scale, const float *coarse, float *fine)
{
  sq_nn_spread(&n->level[index].block, &n->level[index + 1].block, c, scale, coarse, fine);
}

static float cell_share(const sq_network *n)
{
  return 1.f / (float)(1 << n->shape.dim);
}

static size_t tensor_bytes(const sq_network *n, int index)
{
  return (size_t)(n->count * n->level[index].block.sites * n->level[index].channels) * sizeof(float);
}

static void set_count(sq_network *n, int count)
{
  n->count = count;
  for (int index = 0; index < n->shape.levels; index++) {
    grid_level *l = &n->level[index];
    sq_nn_block_batch(&l->block, count);
    for (int p = 0; p < l->parts; p++) sq_nn_block_batch(&l->part[p], count);
  }
}

/* ---- forward ------------------------------------------------------------------------------------- */

static void fill_inputs(sq_network *n, int b, const double *noisy, const double *filtered, double c_in, double c_w)
{
  const sq_nn_block *block  = &n->level[0].field;
  int                inputs = n->layout.inputs;
  float             *x      = n->input + b * block->sites * inputs;
  for (int64_t r = 0, i = 0; r < block->rows; r++) {
    float *row = x + sq_nn_row(block, r) * inputs;
    for (int64_t k = 0; k < block->n[3]; k++, i++) {
      row[k * inputs]     = (float)(c_in * noisy[i]);
      row[k * inputs + 1] = (float)(c_w * filtered[i]);
      if (inputs == 3) row[k * inputs + 2] = 1;
    }
  }
}

static void condition(sq_network *n, int b, double level)
{
  const sq_network_layout *l = &n->layout;
  const float             *p = n->parameter;
  int                      width = n->shape.width;
  sq_nn_features(level, n->feature + b * SQ_NN_WAVES);
  sq_nn_dense(width, l->modulations, n->feature + b * SQ_NN_WAVES, p + l->w1, p + l->b1, p + l->w2, p + l->b2, n->hidden + b * width, n->modulation + b * l->modulations);
}

static PetscErrorCode units_forward(sq_network *n, int r)
{
  PetscFunctionBeginUser;
  unit_run *run  = &n->run[r];
  sq_halo  *halo = n->level[run->level].halo;
  for (int k = 0; k < n->shape.blocks; k++) {
    int unit = r * n->shape.blocks + k;
    activate(n, run->level, 2 * unit, run->h[k], run->act[2 * k]);
    PetscCall(apply(n, sq_network_unit_conv(unit, 0), halo, run->act[2 * k], NULL, run->inner[k]));
    activate(n, run->level, 2 * unit + 1, run->inner[k], run->act[2 * k + 1]);
    PetscCall(apply(n, sq_network_unit_conv(unit, 1), halo, run->act[2 * k + 1], run->h[k], run->h[k + 1]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode transition_forward(sq_network *n, int r)
{
  PetscFunctionBeginUser;
  unit_run *run = &n->run[r], *next = &n->run[r + 1];
  float    *end = run->h[n->shape.blocks];
  int       i   = sq_network_transition(&n->layout, r);
  if (next->level > run->level) {
    grid_level *coarse = &n->level[next->level];
    pool(n, run->level, n->level[run->level].channels, cell_share(n), end, run->pooled);
    PetscCall(apply(n, i, coarse->halo_half, run->pooled, NULL, next->h[0]));
  } else {
    grid_level *coarse = &n->level[run->level];
    float      *skip   = n->run[next->level].h[n->shape.blocks]; /* the run of the same level on the way down */
    PetscCall(apply(n, i, coarse->halo, end, NULL, coarse->half));
    if (next->h[0] != skip) memcpy(next->h[0], skip, tensor_bytes(n, next->level));
    spread(n, next->level, coarse->channels / 2, 1, coarse->half, next->h[0]);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_network_forward(sq_network *n, int count, const double *noisy, const double *filtered, const double *c_in,
                                  const double *c_w, const double *level, double *out)
{
  PetscFunctionBeginUser;
  const sq_network_layout *l      = &n->layout;
  const sq_nn_block       *block  = &n->level[0].field;
  int64_t                  volume = n->level[0].lattice->local_volume;
  set_count(n, count);
  for (int b = 0; b < count; b++) {
    fill_inputs(n, b, noisy + b * volume, filtered + b * volume, c_in[b], c_w[b]);
    condition(n, b, level[b]);
  }
  PetscCall(apply(n, 0, n->halo_in, n->input, NULL, n->run[0].h[0]));
  for (int r = 0; r < l->runs; r++) {
    PetscCall(units_forward(n, r));
    if (r + 1 < l->runs) PetscCall(transition_forward(n, r));
  }
  activate(n, 0, l->activations - 1, n->run[l->runs - 1].h[n->shape.blocks], n->act_out);
  PetscCall(apply(n, l->convs - 1, n->level[0].halo, n->act_out, NULL, n->output));
  for (int b = 0; b < count; b++)
    for (int64_t r = 0, i = 0; r < block->rows; r++) {
      const float *row = n->output + b * block->sites + sq_nn_row(block, r);
      for (int64_t k = 0; k < block->n[3]; k++, i++) out[b * volume + i] = row[k];
    }
  PetscFunctionReturn(0);
}

/* ---- backward: dh of a level holds the gradient of the residual stream there ------------------------ */

static PetscErrorCode units_backward(sq_network *n, int r, float *gradient)
{
  PetscFunctionBeginUser;
  unit_run   *run = &n->run[r];
  grid_level *l   = &n->level[run->level];
  for (int k = n->shape.blocks - 1; k >= 0; k--) {
    int unit = r * n->shape.blocks + k;
    PetscCall(apply_backward(n, sq_network_unit_conv(unit, 1), l->halo, run->act[2 * k + 1], l->dh, l->dact, gradient));
    memset(l->dinner, 0, tensor_bytes(n, run->level));
    activate_backward(n, run->level, 2 * unit + 1, run->inner[k], l->dinner);
    PetscCall(apply_backward(n, sq_network_unit_conv(unit, 0), l->halo, run->act[2 * k], l->dinner, l->dact, gradient));
    activate_backward(n, run->level, 2 * unit, run->h[k], l->dh);
  }
  PetscFunctionReturn(0);
}

/* From the gradient before run r + 1 to that after run r. On the way up dh of the finer level stays: it is also the gradient of what the way
 * down handed over. */
static PetscErrorCode transition_backward(sq_network *n, int r, float *gradient)
{
  PetscFunctionBeginUser;
  unit_run *run = &n->run[r], *next = &n->run[r + 1];
  int       i   = sq_network_transition(&n->layout, r);
  if (next->level > run->level) {
    grid_level *coarse = &n->level[next->level];
    PetscCall(apply_backward(n, i, coarse->halo, run->pooled, coarse->dh, coarse->half, gradient));
    spread(n, run->level, coarse->channels / 2, cell_share(n), coarse->half, n->level[run->level].dh);
  } else {
    grid_level *coarse = &n->level[run->level];
    pool(n, next->level, coarse->channels / 2, 1, n->level[next->level].dh, coarse->half);
    PetscCall(apply_backward(n, i, coarse->halo_half, run->h[n->shape.blocks], coarse->half, coarse->dh, gradient));
  }
  PetscFunctionReturn(0);
}

static void condition_backward(sq_network *n, float *gradient)
{
  const sq_network_layout *l     = &n->layout;
  int                      width = n->shape.width;
  for (int b = 0; b < n->count; b++)
    sq_nn_dense_backward(width, l->modulations, n->feature + b * SQ_NN_WAVES, n->hidden + b * width, n->parameter + l->w2,
                         n->dmodulation + b * l->modulations, gradient + l->w1, gradient + l->b1, gradient + l->w2, gradient + l->b2, n->dhidden);
}

PetscErrorCode sq_network_backward(sq_network *n, const double *dout, float *gradient)
{
  PetscFunctionBeginUser;
  const sq_network_layout *l      = &n->layout;
  grid_level              *finest = &n->level[0];
  const sq_nn_block       *block  = &finest->field;
  int64_t                  volume = finest->lattice->local_volume;
  PetscCheck(n->backward, finest->lattice->comm, PETSC_ERR_ARG_WRONGSTATE, "this network was created for evaluation only");
  for (int b = 0; b < n->count; b++)
    for (int64_t r = 0, i = 0; r < block->rows; r++) {
      float *row = n->output + b * block->sites + sq_nn_row(block, r);
      for (int64_t k = 0; k < block->n[3]; k++, i++) row[k] = (float)dout[b * volume + i];
    }
  memset(n->dmodulation, 0, (size_t)(n->count * l->modulations) * sizeof(float));
  memset(finest->dh, 0, tensor_bytes(n, 0));
  PetscCall(apply_backward(n, l->convs - 1, n->halo_out, n->act_out, n->output, finest->dact, gradient));
  activate_backward(n, 0, l->activations - 1, n->run[l->runs - 1].h[n->shape.blocks], finest->dh);
  for (int r = l->runs - 1; r >= 0; r--) {
    PetscCall(units_backward(n, r, gradient));
    if (r > 0) PetscCall(transition_backward(n, r - 1, gradient));
  }
  PetscCall(apply_backward(n, 0, NULL, n->input, finest->dh, NULL, gradient));
  condition_backward(n, gradient);
  PetscFunctionReturn(0);
}
