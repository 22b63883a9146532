/* SPDX-License-Identifier: BSD-3-Clause */
/* A coupling flow as an sq_tractable: the prior, and its layers one after the other. */
#include "src/coupling/layer.h"
#include "src/coupling/prior.h"
#include <math.h>
#include <string.h>

typedef struct {
  const sq_lattice *lattice;
  int layers, count; /* count: fields it had last */
  bool backward;
  int64_t stride; /* weights of a layer */
  sq_prior prior;
  sq_coupling_sites sites;
  sq_coupling_layer *layer; /* [layers] */
  double *c;                /* [batch][local_volume]: cotangents */
  sq_sum *sum;              /* [batch] */
} flow;

/* ---- what there can be ---- */

const char *sq_coupling_lacks(const sq_action *action)
{
  const sq_action_given *given = action->type->given;
  if (action->type->space != &sq_space_real || sq_action_components(action) > 1)
    return "has other numbers than one real one a site";
  if (!action->type->smooth) return "has no force";
  if (!given || !given->potential) return "has sites that see more of others than their neighbours";
  for (int mu = SQ_DIM - action->dim; mu < SQ_DIM; mu++)
    if (given->hop(action, mu) != given->hop(action, SQ_DIM - 1)) return "has directions that differ";
  return NULL;
}

int sq_coupling_cell(int dim, const int64_t extent[SQ_DIM])
{
  for (int mu = SQ_DIM - dim; mu < SQ_DIM; mu++)
    if (extent[mu] % 2) return 1;
  return 2;
}

static int64_t stride_of(const sq_coupling_shape *shape)
{
  const sq_network_shape network = sq_coupling_network(shape);
  return SQ_MAP_SHARED + sq_network_parameters(&network);
}

int64_t sq_coupling_parameters(const sq_coupling_shape *shape)
{
  return SQ_PRIOR_WEIGHTS + shape->layers * stride_of(shape);
}

PetscErrorCode sq_coupling_layout(const sq_coupling_shape *shape, sq_layout *layout)
{
  PetscFunctionBeginUser;
  const sq_network_shape network = sq_coupling_network(shape);
  char prefix[32];
  PetscCall(sq_layout_add(layout, 1, (int64_t[]){SQ_PRIOR_WEIGHTS}, "prior"));
  for (int i = 0; i < shape->layers; i++) {
    snprintf(prefix, sizeof prefix, "layer.%d.", i);
    PetscCall(sq_layout_add(layout, 1, (int64_t[]){SQ_MAP_SHARED}, "%smap", prefix));
    PetscCall(sq_layout_add_network(layout, &network, prefix));
  }
  PetscFunctionReturn(0);
}

static int64_t cells_of(const sq_coupling_shape *shape, const int64_t extent[SQ_DIM], int64_t cells[SQ_DIM])
{
  int64_t all = 1;
  for (int mu = 0; mu < SQ_DIM; mu++)
    all *= cells[mu] = mu < SQ_DIM - shape->action.dim ? 1 : PetscMax(1, extent[mu] / shape->cell);
  return all;
}

int sq_coupling_batch(const sq_coupling_shape *shape, const int64_t extent[SQ_DIM])
{
  int64_t cells[SQ_DIM];
  const sq_network_shape network = sq_coupling_network(shape);
  return PetscMax(2, sq_network_batch(&network, cells_of(shape, extent, cells)));
}

double sq_coupling_flops(const sq_coupling_shape *shape, const int64_t extent[SQ_DIM])
{
  int64_t cells[SQ_DIM];
  const sq_network_shape network = sq_coupling_network(shape);
  return shape->layers * (double)cells_of(shape, extent, cells) * sq_network_flops(&network);
}

double sq_coupling_bytes(const sq_coupling_shape *shape, const int64_t extent[SQ_DIM], int batch, bool backward)
{
  int64_t cells[SQ_DIM];
  const sq_network_shape network = sq_coupling_network(shape);
  const double numbers = (double)batch * (double)cells_of(shape, extent, cells) * network.inputs * sizeof(double);
  return shape->layers * (sq_network_bytes(&network, cells, batch, backward) + (2 + SQ_MAP_OUTPUTS) * numbers) +
         (16 + SQ_MAP_OUTPUTS) * numbers;
}

double sq_coupling_tables(const sq_coupling_shape *shape, bool backward)
{
  const sq_network_shape network = sq_coupling_network(shape);
  return shape->layers * sq_network_weight_bytes(&network, backward);
}

PetscErrorCode sq_coupling_init(const sq_coupling_shape *shape, uint64_t seed, double *weight)
{
  PetscFunctionBeginUser;
  const sq_network_shape network = sq_coupling_network(shape);
  memset(weight, 0, (size_t)sq_coupling_parameters(shape) * sizeof *weight);
  for (int i = 0; i < shape->layers; i++) {
    double *own = weight + SQ_PRIOR_WEIGHTS + i * stride_of(shape);
    own[SQ_MAP_W_IN] = own[SQ_MAP_W_OUT] = 1;
    PetscCall(sq_network_init(&network, seed + (uint64_t)i, own + SQ_MAP_SHARED));
  }
  PetscFunctionReturn(0);
}

/* ---- fields ---- */

static size_t bytes_of(const flow *f, int count)
{
  return (size_t)count * (size_t)f->lattice->local_volume * sizeof(double);
}

static PetscErrorCode end(flow *f, int count, double *log_q)
{
  PetscFunctionBeginUser;
  PetscCall(sq_sum_reduce(f->lattice->comm, count, f->sum));
  for (int b = 0; b < count; b++) log_q[b] = sq_sum_value(&f->sum[b]);
  f->count = count;
  PetscFunctionReturn(0);
}

static PetscErrorCode draw(void *self, uint64_t seed, int64_t first, int count, double *blocks, double *log_q)
{
  PetscFunctionBeginUser;
  flow *f = self;
  memset(f->sum, 0, (size_t)count * sizeof *f->sum);
  PetscCall(sq_prior_draw(&f->prior, seed, first, count, f->sum));
  memcpy(blocks, f->prior.fields, bytes_of(f, count));
  for (int i = 0; i < f->layers; i++)
    PetscCall(sq_coupling_layer_map(&f->layer[i], &f->sites, count, false, blocks, f->sum));
  PetscCall(end(f, count, log_q));
  PetscFunctionReturn(0);
}

static PetscErrorCode density(void *self, int count, const double *blocks, double *log_q)
{
  PetscFunctionBeginUser;
  flow *f = self;
  memset(f->sum, 0, (size_t)count * sizeof *f->sum);
  memcpy(f->prior.fields, blocks, bytes_of(f, count));
  for (int i = f->layers - 1; i >= 0; i--)
    PetscCall(sq_coupling_layer_map(&f->layer[i], &f->sites, count, true, f->prior.fields, f->sum));
  PetscCall(sq_prior_density(&f->prior, count, f->sum));
  PetscCall(end(f, count, log_q));
  PetscFunctionReturn(0);
}

/* ---- gradients ---- */

static float *gradient_of(const flow *f, int layer, float *gradient)
{
  return gradient + SQ_PRIOR_WEIGHTS + layer * f->stride;
}

static PetscErrorCode check_last(const flow *f, int count)
{
  PetscFunctionBeginUser;
  PetscCheck(f->backward && count == f->count, f->lattice->comm, PETSC_ERR_ARG_WRONG,
             "backward and pull are of the last fields");
  PetscFunctionReturn(0);
}

/* d log q/dphi goes through the layers as fields do. */
static PetscErrorCode backward(void *self, int count, const double *factor, float *gradient)
{
  PetscFunctionBeginUser;
  flow *f = self;
  PetscCall(check_last(f, count));
  PetscCall(sq_prior_back(&f->prior, count, factor, f->c, gradient));
  for (int i = 0; i < f->layers; i++)
    PetscCall(sq_coupling_layer_back(&f->layer[i], &f->sites, count, false, factor, f->c, gradient_of(f, i, gradient)));
  PetscFunctionReturn(0);
}

static PetscErrorCode pull(void *self, int count, const double *cotangent, const double *factor, float *gradient)
{
  PetscFunctionBeginUser;
  flow *f = self;
  PetscCall(check_last(f, count));
  memcpy(f->c, cotangent, bytes_of(f, count));
  for (int i = f->layers - 1; i >= 0; i--)
    PetscCall(sq_coupling_layer_back(&f->layer[i], &f->sites, count, true, factor, f->c, gradient_of(f, i, gradient)));
  PetscCall(sq_prior_pull(&f->prior, count, f->c, factor, gradient));
  PetscFunctionReturn(0);
}

/* ---- set-up ---- */

static void load(void *self, const float *weight)
{
  flow *f = self;
  sq_prior_load(&f->prior, weight);
  for (int i = 0; i < f->layers; i++) sq_coupling_layer_load(&f->layer[i], weight + SQ_PRIOR_WEIGHTS + i * f->stride);
}

static PetscErrorCode destroy(void *self)
{
  PetscFunctionBeginUser;
  flow *f = self;
  for (int i = 0; i < f->layers; i++) PetscCall(sq_coupling_layer_destroy(&f->sites, &f->layer[i]));
  sq_free(&f->layer);
  PetscCall(sq_coupling_sites_destroy(&f->sites));
  PetscCall(sq_prior_destroy(&f->prior));
  sq_free(&f->c);
  sq_free(&f->sum);
  sq_free(&f);
  PetscFunctionReturn(0);
}

static PetscErrorCode create_layers(flow *f, const sq_coupling_shape *shape, int batch, bool backwards)
{
  PetscFunctionBeginUser;
  const sq_network_shape network = sq_coupling_network(shape);
  const sq_background *about = &f->prior.background;
  PetscCall(sq_coupling_sites_create(f->lattice, shape->cell, batch, &f->sites));
  PetscCall(sq_alloc(shape->layers, &f->layer));
  for (int i = 0; i < shape->layers; i++) {
    PetscCall(sq_coupling_layer_create(&f->sites, &network, i % 2, backwards, &f->layer[i]));
    f->layer[i].unit = about->unit;
    f->layer[i].width = about->width;
    f->layer[i].response = 2 * f->lattice->dim * about->hop * about->unit * about->unit;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_coupling_create(const sq_lattice *lattice, const sq_coupling_shape *shape, int batch, bool backwards,
                                  sq_tractable *model)
{
  PetscFunctionBeginUser;
  flow *f;
  for (int mu = lattice->first_dir; mu < SQ_DIM; mu++)
    SqCheck(lattice->extent[mu] % shape->cell == 0, lattice->comm, SQ_ERR_INPUT,
            "a coupling flow of cells of %d sites a side is not for a lattice of an odd extent, %lld", shape->cell,
            (long long)lattice->extent[mu]);
  PetscCall(sq_alloc(1, &f));
  f->lattice = lattice;
  f->layers = shape->layers;
  f->backward = backwards;
  f->stride = stride_of(shape);
  PetscCall(sq_prior_create(lattice, &shape->action, batch, &f->prior));
  PetscCall(create_layers(f, shape, batch, backwards));
  PetscCall(sq_alloc(batch, &f->sum));
  if (backwards) PetscCall(sq_alloc(batch * lattice->local_volume, &f->c));
  *model = (sq_tractable){.self = f,
                          .lattice = lattice,
                          .components = 1,
                          .batch = batch,
                          .parameters = sq_coupling_parameters(shape),
                          .cost = 1,
                          .load = load,
                          .draw = draw,
                          .density = density,
                          .backward = backward,
                          .pull = pull,
                          .destroy = destroy};
  PetscFunctionReturn(0);
}
