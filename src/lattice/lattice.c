/* SPDX-License-Identifier: BSD-3-Clause */
/* Geometry and decomposition. */
#include "squall/lattice.h"
#include <math.h>
#include <string.h>

double sq_extents_pad(int dim, const int64_t extents[], int64_t padded[SQ_DIM])
{
  double volume = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) padded[mu] = mu < SQ_DIM - dim ? 1 : extents[mu - (SQ_DIM - dim)];
  for (int mu = 0; mu < SQ_DIM; mu++) volume *= (double)padded[mu];
  return volume;
}

/* Sites on the faces of the largest block: what the halo exchange of a rank costs. */
static double surface(const int64_t extent[SQ_DIM], const int ranks[SQ_DIM])
{
  double volume = 1, faces = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) volume *= (double)((extent[mu] + ranks[mu] - 1) / ranks[mu]);
  for (int mu = 0; mu < SQ_DIM; mu++)
    if (ranks[mu] > 1) faces += 2 * volume / (double)((extent[mu] + ranks[mu] - 1) / ranks[mu]);
  return faces + volume; /* the volume of the largest block counts too: even blocks first */
}

/* Tries every factorisation of size over the directions mu.. and keeps the best in best. */
static void search(const int64_t extent[SQ_DIM], int size, int mu, int ranks[SQ_DIM], int best[SQ_DIM], double *least)
{
  if (mu == SQ_DIM) {
    double cost = surface(extent, ranks);
    if (size == 1 && cost < *least) {
      *least = cost;
      memcpy(best, ranks, SQ_DIM * sizeof *best);
    }
    return;
  }
  for (int n = size; n >= 1; n--) { /* leading directions are cut first: long rows stay whole */
    if (size % n || n > extent[mu]) continue;
    ranks[mu] = n;
    search(extent, size / n, mu + 1, ranks, best, least);
  }
}

bool sq_lattice_can_share(int dim, const int64_t extent[], int size, int ranks[SQ_DIM])
{
  int64_t padded[SQ_DIM];
  int trial[SQ_DIM];
  double least = 1e300;
  (void)sq_extents_pad(dim, extent, padded);
  search(padded, size, 0, trial, ranks, &least);
  return least < 1e300;
}

static void usable_counts(int dim, const int64_t extent[], int near, char *text, size_t size)
{
  size_t used = 0;
  int ranks[SQ_DIM], largest = near < 4096 ? near : 4096, listed = 0;
  text[0] = 0;
  for (int n = largest; n >= 1 && listed < 12; n--) {
    if (!sq_lattice_can_share(dim, extent, n, ranks)) continue;
    int wrote = snprintf(text + used, size - used, "%s%d", listed ? ", " : "", n);
    if (wrote < 0 || (size_t)wrote >= size - used) break;
    used += (size_t)wrote;
    listed++;
  }
}

/* units: the lattice in units that blocks are made of. */
static PetscErrorCode choose_ranks(MPI_Comm comm, int dim, const int64_t units[], int64_t grain, const int wanted[],
                                   int size, int ranks[SQ_DIM])
{
  PetscFunctionBeginUser;
  char text[128], counts[256];
  int64_t extent[SQ_DIM];
  for (int i = 0; i < dim; i++) extent[i] = units[i] * grain;
  sq_extents_text(dim, extent, text, sizeof text);
  if (!wanted) {
    bool possible = sq_lattice_can_share(dim, units, size, ranks);
    usable_counts(dim, units, size, counts, sizeof counts);
    SqCheck(possible, comm, SQ_ERR_INPUT, "%d ranks cannot share a lattice of %s sites; these numbers can: %s", size,
            text, counts);
    PetscFunctionReturn(0);
  }
  int product = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    ranks[mu] = mu < SQ_DIM - dim ? 1 : wanted[mu - (SQ_DIM - dim)];
    SqCheck(ranks[mu] >= 1 && (mu < SQ_DIM - dim || ranks[mu] <= units[mu - (SQ_DIM - dim)]), comm, SQ_ERR_INPUT,
            "a rank grid with %d ranks along one direction does not fit a lattice of %s sites", ranks[mu], text);
    product *= ranks[mu];
  }
  SqCheck(product == size, comm, SQ_ERR_INPUT, "the rank grid has %d ranks, but %d share the lattice", product, size);
  PetscFunctionReturn(0);
}

/* Block boundaries are multiples of grain in the used directions. */
static void place_block(sq_lattice *lattice, int64_t grain)
{
  int rest = lattice->rank;
  lattice->local_volume = 1;
  for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
    int n = lattice->ranks[mu];
    int64_t g = mu < lattice->first_dir ? 1 : grain, units = lattice->extent[mu] / g;
    int64_t c = lattice->coord[mu] = rest % n;
    rest /= n;
    lattice->start[mu] = g * (units * c / n);
    lattice->local[mu] = g * (units * (c + 1) / n) - lattice->start[mu];
    lattice->local_volume *= lattice->local[mu];
  }
}

PetscErrorCode sq_lattice_create(MPI_Comm comm, int dim, const int64_t extent[], const int ranks[],
                                 sq_lattice **lattice)
{
  PetscFunctionBeginUser;
  PetscCall(sq_lattice_create_aligned(comm, dim, extent, 1, ranks, lattice));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_lattice_create_aligned(MPI_Comm comm, int dim, const int64_t extent[], int64_t grain,
                                         const int ranks[], sq_lattice **lattice)
{
  PetscFunctionBeginUser;
  SqCheck(dim >= 1 && dim <= SQ_DIM, comm, SQ_ERR_INPUT, "lattice.extents: %d directions, allowed are 1 to %d", dim,
          SQ_DIM);
  double volume = 1;
  int64_t units[SQ_DIM];
  for (int i = 0; i < dim; i++) {
    SqCheck(extent[i] >= 1, comm, SQ_ERR_INPUT, "lattice.extents: %lld, every extent must be at least 1",
            (long long)extent[i]);
    SqCheck(extent[i] % grain == 0, comm, SQ_ERR_INPUT,
            "lattice.extents: %lld, every extent must be a multiple of %lld here", (long long)extent[i],
            (long long)grain);
    units[i] = extent[i] / grain;
    volume *= (double)extent[i];
  }
  SqCheck(volume < 0x1p47, comm, SQ_ERR_INPUT, "lattice.extents: %g sites are more than can be numbered", volume);
  sq_lattice *l;
  PetscCall(sq_alloc(1, &l));
  PetscCallMPI(MPI_Comm_split(comm, 0, 0, &l->comm));
  PetscCallMPI(MPI_Comm_size(l->comm, &l->size));
  PetscCallMPI(MPI_Comm_rank(l->comm, &l->rank));
  l->dim = dim;
  l->first_dir = SQ_DIM - dim;
  l->volume = (int64_t)volume;
  (void)sq_extents_pad(dim, extent, l->extent);
  PetscErrorCode status = choose_ranks(comm, dim, units, grain, ranks, l->size, l->ranks);
  if (status) PetscCall(sq_lattice_destroy(&l));
  PetscCall(status);
  place_block(l, grain);
  *lattice = l;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_lattice_coarsen(const sq_lattice *fine, sq_lattice **coarse)
{
  PetscFunctionBeginUser;
  sq_lattice *l;
  PetscCall(sq_alloc(1, &l));
  *l = *fine;
  PetscCallMPI(MPI_Comm_dup(fine->comm, &l->comm));
  l->volume = l->local_volume = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    int64_t half = mu < fine->first_dir ? 1 : 2;
    PetscCheck(fine->extent[mu] % half == 0 && fine->start[mu] % half == 0 && fine->local[mu] % half == 0, fine->comm,
               PETSC_ERR_ARG_INCOMP, "blocks with odd boundaries have no coarse lattice");
    l->extent[mu] /= half;
    l->start[mu] /= half;
    l->local[mu] /= half;
    l->volume *= l->extent[mu];
    l->local_volume *= l->local[mu];
  }
  *coarse = l;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_lattice_destroy(sq_lattice **lattice)
{
  PetscFunctionBeginUser;
  if (!*lattice) PetscFunctionReturn(0);
  PetscCallMPI(MPI_Comm_free(&(*lattice)->comm));
  sq_free(lattice);
  PetscFunctionReturn(0);
}

int sq_lattice_rank_at(const sq_lattice *lattice, const int coord[SQ_DIM])
{
  int rank = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    int n = lattice->ranks[mu];
    rank = rank * n + ((coord[mu] % n) + n) % n;
  }
  return rank;
}

int64_t sq_lattice_row_site(const sq_lattice *lattice, int64_t row)
{
  int64_t x[SQ_DIM] = {0};
  for (int mu = SQ_DIM - 2; mu >= 0; mu--) {
    x[mu] = row % lattice->local[mu];
    row /= lattice->local[mu];
  }
  int64_t site = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) site = site * lattice->extent[mu] + lattice->start[mu] + x[mu];
  return site;
}

void sq_extents_text(int dim, const int64_t extent[], char *text, size_t size)
{
  size_t used = 0;
  text[0] = 0;
  for (int i = 0; i < dim && used < size; i++)
    used += (size_t)snprintf(text + used, size - used, "%s%lld", i ? "x" : "", (long long)extent[i]);
}

void sq_lattice_describe(const sq_lattice *lattice, char *text, size_t size)
{
  char extents[64], blocks[64], grid[64];
  int64_t ranks[SQ_DIM];
  for (int mu = 0; mu < SQ_DIM; mu++) ranks[mu] = lattice->ranks[mu];
  sq_extents_text(lattice->dim, lattice->extent + lattice->first_dir, extents, sizeof extents);
  sq_extents_text(lattice->dim, lattice->local + lattice->first_dir, blocks, sizeof blocks);
  sq_extents_text(lattice->dim, ranks + lattice->first_dir, grid, sizeof grid);
  if (lattice->size == 1) snprintf(text, size, "%s sites on 1 rank", extents);
  else snprintf(text, size, "%s sites over %d ranks (%s), first block %s", extents, lattice->size, grid, blocks);
}

double sq_shortest_side(const int64_t extent[SQ_DIM])
{
  double side = INFINITY;
  for (int mu = 0; mu < SQ_DIM; mu++)
    if (extent[mu] > 1) side = fmin(side, (double)extent[mu]);
  return side;
}
