/* SPDX-License-Identifier: BSD-3-Clause */
/* The other way over ranks: one exchange of the inputs, as wide as the network sees, after which every rank evaluates
 * on its own.
 *
 * A rank's block is enlarged by `reach` sites at each cut face and taken for a periodic lattice of its own. What is
 * wrong at its edges spreads inward with every convolution and stops at the block, which is all that is kept. More
 * work, one message for each neighbour instead of one for each layer: for small blocks on networks with a high latency.
 * The same as layer by layer to rounding: what is wrong in a tile of a Winograd convolution cancels only to rounding
 * from what is right in it.
 */
#include "src/net/network.h"
#include <string.h>

typedef struct {
  const sq_lattice *lattice;
  sq_lattice *enlarged; /* this rank's alone */
  sq_network *network;  /* on it */
  sq_halo *halo;
  int inputs, outputs, components;
  int64_t edge[SQ_DIM];                                       /* sites added on each side */
  double *together;                                           /* [batch][enlarged sites][inputs] */
  double *in[SQ_NETWORK_CHANNELS], *out[SQ_NETWORK_CHANNELS]; /* [batch][enlarged sites] each */
} network_wide;

int64_t sq_network_reach(const sq_network_shape *shape)
{
  int64_t reach = 1, grain = PetscMax((int64_t)SQ_NN_TILE, sq_network_grain(shape));
  for (int r = 0; r < 2 * shape->levels - 1; r++) {
    int level = sq_network_level(shape, r);
    reach += 2 * (int64_t)shape->blocks << level;
    if (r + 1 == 2 * shape->levels - 1) break;
    int64_t cell = (int64_t)1 << PetscMax(level, sq_network_level(shape, r + 1));
    reach = (reach + cell - 1) / cell * cell + cell; /* a cell that is wrong anywhere is wrong; a convolution there */
  }
  reach++;
  return (reach + grain - 1) / grain * grain;
}

static int64_t row_count(const sq_lattice *lattice)
{
  return lattice->local_volume / lattice->local[3];
}

/* Index in the enlarged block of the first site of row r of the block. */
static int64_t row_at(const network_wide *w, int64_t r)
{
  const int64_t *n = w->lattice->local, *outer = w->enlarged->local, *edge = w->edge;
  int64_t x2 = r % n[2], x1 = r / n[2] % n[1], x0 = r / n[2] / n[1];
  return (((x0 + edge[0]) * outer[1] + x1 + edge[1]) * outer[2] + x2 + edge[2]) * outer[3] + edge[3];
}

static PetscErrorCode create(const sq_lattice *lattice, const sq_network_shape *shape, int batch, void **wide)
{
  PetscFunctionBeginUser;
  network_wide *w;
  int64_t extent[SQ_DIM], reach = sq_network_reach(shape);
  PetscCall(sq_alloc(1, &w));
  w->lattice = lattice;
  w->inputs = shape->inputs;
  w->outputs = shape->outputs;
  w->components = sq_network_components(shape);
  const int entries = batch * w->components;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    w->edge[mu] = lattice->ranks[mu] > 1 ? reach : 0;
    extent[mu] = lattice->local[mu] + 2 * w->edge[mu];
  }
  PetscCall(sq_halo_create(lattice, (int)reach, SQ_HALO_RANKS, (size_t)w->inputs * sizeof(double), entries, &w->halo));
  PetscCall(sq_lattice_create(PETSC_COMM_SELF, lattice->dim, extent + lattice->first_dir, NULL, &w->enlarged));
  PetscCall(sq_network_create(w->enlarged, shape, batch, false, &w->network));
  int64_t sites = entries * w->enlarged->local_volume;
  PetscCall(sq_alloc(w->inputs * sites, &w->together));
  for (int i = 0; i < w->inputs; i++) PetscCall(sq_alloc(sites, &w->in[i]));
  for (int i = 0; i < w->outputs; i++) PetscCall(sq_alloc(sites, &w->out[i]));
  *wide = w;
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **wide)
{
  PetscFunctionBeginUser;
  network_wide *w = *wide;
  PetscCall(sq_halo_destroy(&w->halo));
  PetscCall(sq_network_destroy(&w->network));
  PetscCall(sq_lattice_destroy(&w->enlarged));
  sq_free(&w->together);
  for (int i = 0; i < w->inputs; i++) sq_free(&w->in[i]);
  for (int i = 0; i < w->outputs; i++) sq_free(&w->out[i]);
  sq_free(&w);
  PetscFunctionReturn(0);
}

static void load(void *wide, const float *parameter)
{
  sq_network_load(((network_wide *)wide)->network, parameter);
}

/* The inputs of all entries, with a rim from the neighbours, on the enlarged blocks. */
static PetscErrorCode enlarge(network_wide *w, int count, const double *const in[])
{
  PetscFunctionBeginUser;
  int64_t rows = row_count(w->lattice), length = w->lattice->local[3], large = w->enlarged->local_volume;
  for (int i = 0; i < w->inputs; i++)
    for (int64_t r = 0; r < count * rows; r++) {
      double *row = w->together + w->inputs * (r / rows * large + row_at(w, r % rows)) + i;
      for (int64_t k = 0; k < length; k++) row[w->inputs * k] = in[i][r * length + k];
    }
  PetscCall(sq_halo_exchange(w->halo, w->together));
  for (int i = 0; i < w->inputs; i++)
    for (int64_t k = 0; k < count * large; k++) w->in[i][k] = w->together[w->inputs * k + i];
  PetscFunctionReturn(0);
}

static PetscErrorCode evaluate(void *wide, int count, const int *base, const double *const in[],
                               const double *const scale[], const double *level, double *const out[])
{
  PetscFunctionBeginUser;
  network_wide *w = wide;
  int64_t rows = row_count(w->lattice), length = w->lattice->local[3], large = w->enlarged->local_volume;
  const double *enlarged[SQ_NETWORK_CHANNELS];
  const int entries = count * w->components;
  PetscCall(enlarge(w, entries, in));
  for (int i = 0; i < w->inputs; i++) enlarged[i] = w->in[i];
  PetscCall(sq_network_tangent(w->network, count, base, enlarged, scale, level, w->out));
  for (int o = 0; o < w->outputs; o++)
    for (int64_t r = 0; r < entries * rows; r++)
      memcpy(out[o] + r * length, w->out[o] + r / rows * large + row_at(w, r % rows), (size_t)length * sizeof(double));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_network_create_wide(const sq_lattice *lattice, const sq_network_shape *shape, int batch,
                                      sq_network **network)
{
  PetscFunctionBeginUser;
  if (lattice->size == 1 || shape->causal) {
    PetscCall(sq_network_create(lattice, shape, batch, false, network));
    PetscFunctionReturn(0);
  }
  PetscCall(sq_alloc(1, network));
  (*network)->shape = *shape;
  (*network)->batch = batch;
  (*network)->level[0].lattice = (sq_lattice *)lattice;
  (*network)->way = (network_way){.load = load, .evaluate = evaluate, .destroy = destroy};
  PetscCall(create(lattice, shape, batch, &(*network)->way.self));
  PetscFunctionReturn(0);
}
