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

struct network_wide {
  const sq_lattice *lattice;
  sq_lattice *enlarged; /* this rank's alone */
  sq_network *network;  /* on it */
  sq_halo *halo;
  int64_t edge[SQ_DIM];           /* sites added on each side */
  double *pair;                   /* [batch][enlarged sites][2]: both inputs */
  double *noisy, *filtered, *out; /* [batch][enlarged sites] */
};

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

PetscErrorCode sq_wide_create(const sq_lattice *lattice, const sq_network_shape *shape, int batch, network_wide **wide)
{
  PetscFunctionBeginUser;
  network_wide *w;
  int64_t extent[SQ_DIM], reach = sq_network_reach(shape);
  PetscCall(sq_alloc(1, &w));
  w->lattice = lattice;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    w->edge[mu] = lattice->ranks[mu] > 1 ? reach : 0;
    extent[mu] = lattice->local[mu] + 2 * w->edge[mu];
  }
  PetscCall(sq_halo_create(lattice, (int)reach, SQ_HALO_RANKS, 2 * sizeof(double), batch, &w->halo));
  PetscCall(sq_lattice_create(PETSC_COMM_SELF, lattice->dim, extent + lattice->first_dir, NULL, &w->enlarged));
  PetscCall(sq_network_create(w->enlarged, shape, batch, false, &w->network));
  PetscCall(sq_alloc(2 * batch * w->enlarged->local_volume, &w->pair));
  PetscCall(sq_alloc(batch * w->enlarged->local_volume, &w->noisy));
  PetscCall(sq_alloc(batch * w->enlarged->local_volume, &w->filtered));
  PetscCall(sq_alloc(batch * w->enlarged->local_volume, &w->out));
  *wide = w;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_wide_destroy(network_wide **wide)
{
  PetscFunctionBeginUser;
  network_wide *w = *wide;
  if (!w) PetscFunctionReturn(0);
  PetscCall(sq_halo_destroy(&w->halo));
  PetscCall(sq_network_destroy(&w->network));
  PetscCall(sq_lattice_destroy(&w->enlarged));
  sq_free(&w->pair);
  sq_free(&w->noisy);
  sq_free(&w->filtered);
  sq_free(&w->out);
  sq_free(wide);
  PetscFunctionReturn(0);
}

void sq_wide_load(network_wide *w, const float *parameter)
{
  sq_network_load(w->network, parameter);
}

/* The inputs of all entries, with a rim from the neighbours, on the enlarged blocks. */
static PetscErrorCode enlarge(network_wide *w, int count, const double *noisy, const double *filtered)
{
  int64_t rows = row_count(w->lattice), length = w->lattice->local[3], large = w->enlarged->local_volume, from = 0;
  PetscFunctionBeginUser;
  for (int b = 0; b < count; b++)
    for (int64_t r = 0; r < rows; r++) {
      double *row = w->pair + 2 * (b * large + row_at(w, r));
      for (int64_t k = 0; k < length; k++, from++) {
        row[2 * k] = noisy[from];
        row[2 * k + 1] = filtered[from];
      }
    }
  PetscCall(sq_halo_exchange(w->halo, w->pair));
  for (int64_t i = 0; i < count * large; i++) {
    w->noisy[i] = w->pair[2 * i];
    w->filtered[i] = w->pair[2 * i + 1];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_wide_evaluate(network_wide *w, int count, const int *base, const double *noisy,
                                const double *filtered, const double *c_in, const double *c_w, const double *level,
                                double *out)
{
  int64_t rows = row_count(w->lattice), length = w->lattice->local[3], volume = w->lattice->local_volume,
          large = w->enlarged->local_volume;
  PetscFunctionBeginUser;
  PetscCall(enlarge(w, count, noisy, filtered));
  if (base) PetscCall(sq_network_tangent(w->network, count, base, w->noisy, w->filtered, c_in, c_w, level, w->out));
  else PetscCall(sq_network_forward(w->network, count, w->noisy, w->filtered, c_in, c_w, level, w->out));
  for (int b = 0; b < count; b++)
    for (int64_t r = 0; r < rows; r++)
      memcpy(out + b * volume + r * length, w->out + b * large + row_at(w, r), (size_t)length * sizeof *out);
  PetscFunctionReturn(0);
}
