/* SPDX-License-Identifier: BSD-3-Clause */
/* The numbers of a level: its cells over the ranks, their rim, and the way between levels and to blocks of fields.
 *
 * A level is shared where the boundaries of all blocks lie between its cells, and its blocks are large enough to be
 * worth the messages; a coarser one is then shared too, or every rank has all of it.
 */
#include "src/multilevel/internal.h"
#include <string.h>

enum { FEWEST_CELLS = 8 }; /* of a rank, where a level is shared */

/* ---- geometry ---- */

/* Whether the blocks of the lattice are whole cells of level `index`, on every rank. */
static PetscErrorCode can_share(const sq_lattice *lattice, int index, int rim, bool *can)
{
  PetscFunctionBeginUser;
  const int64_t grain = (int64_t)SQ_MULTI_SIDE << index;
  int64_t cells = 1;
  bool missing = lattice->size == 1;
  for (int mu = lattice->first_dir; mu < SQ_DIM; mu++) {
    missing = missing || lattice->start[mu] % grain || lattice->local[mu] % grain || lattice->local[mu] < rim * grain;
    cells *= lattice->local[mu] / grain;
  }
  missing = missing || (index > 0 && cells < FEWEST_CELLS);
  PetscCall(sq_any_true(lattice->comm, missing, &missing));
  *can = !missing;
  PetscFunctionReturn(0);
}

/* The lattice of cells of level `index`, cut as the lattice is. */
static PetscErrorCode cut_cells(const sq_lattice *lattice, int index, sq_lattice **cells)
{
  PetscFunctionBeginUser;
  sq_lattice *fine, *coarse;
  PetscCall(sq_lattice_coarsen(lattice, &fine));
  for (int64_t side = 2; side < (int64_t)SQ_MULTI_SIDE << index; side *= 2) {
    PetscCall(sq_lattice_coarsen(fine, &coarse));
    PetscCall(sq_lattice_destroy(&fine));
    fine = coarse;
  }
  *cells = fine;
  PetscFunctionReturn(0);
}

static PetscErrorCode create_cells(const sq_lattice *lattice, sq_multi_level *l)
{
  PetscFunctionBeginUser;
  int64_t extent[SQ_DIM];
  const bool box = l->plan->known == 0;
  if (!box) PetscCall(can_share(lattice, l->index, l->plan->rim, &l->shared));
  if (l->shared) {
    PetscCall(cut_cells(lattice, l->index, &l->cells));
    PetscFunctionReturn(0);
  }
  for (int mu = 0; mu < SQ_DIM; mu++) extent[mu] = (lattice->extent[mu] >> l->index) / l->plan->side[mu];
  for (int mu = 0; mu < lattice->first_dir; mu++) extent[mu] = 1;
  PetscCall(sq_lattice_create(PETSC_COMM_SELF, lattice->dim, extent + lattice->first_dir, NULL, &l->cells));
  PetscFunctionReturn(0);
}

/* Numbers of sites of the whole lattice, row-major. */
static uint64_t site_number(const sq_lattice *lattice, const int64_t x[SQ_DIM])
{
  uint64_t site = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) site = site * (uint64_t)lattice->extent[mu] + (uint64_t)x[mu];
  return site;
}

/* Coordinates of cell i of the interior, within it. */
static void cell_place(const sq_lattice *cells, int64_t i, int64_t c[SQ_DIM])
{
  for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
    c[mu] = i % cells->local[mu];
    i /= cells->local[mu];
  }
}

static void number_cells(const sq_lattice *lattice, sq_multi_level *l)
{
  for (int64_t i = 0; i < l->interior; i++) {
    int64_t c[SQ_DIM], x[SQ_DIM];
    cell_place(l->cells, i, c);
    l->cell[i] = l->origin;
    for (int mu = 0; mu < SQ_DIM; mu++) {
      l->cell[i] += c[mu] * l->stride[mu];
      x[mu] = ((l->cells->start[mu] + c[mu]) * l->plan->side[mu]) << l->index;
      if (mu < lattice->first_dir) x[mu] = 0;
    }
    l->corner[i] = site_number(lattice, x);
  }
  for (int p = 0; p < l->plan->sites; p++) {
    int place[SQ_DIM];
    int64_t x[SQ_DIM];
    sq_multi_place(l->plan, p, place);
    for (int mu = 0; mu < SQ_DIM; mu++) x[mu] = (int64_t)place[mu] << l->index;
    l->offset[p] = site_number(lattice, x);
  }
}

/* What the cells of the rim are, where no other rank has any. */
static PetscErrorCode wrap_rim(const sq_lattice *lattice, int rim, sq_multi_level *l)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(l->padded - l->interior, &l->rim));
  for (int64_t i = 0; i < l->padded; i++) {
    int64_t rest = i, source = l->origin;
    bool inside = true;
    for (int mu = 0; mu < SQ_DIM; mu++) {
      const int64_t n = l->cells->local[mu], c = rest / l->stride[mu] - (mu < lattice->first_dir ? 0 : rim);
      rest %= l->stride[mu];
      inside = inside && c >= 0 && c < n;
      source += (c + rim * n) % n * l->stride[mu];
    }
    if (inside) continue;
    l->rim[l->rims][0] = i;
    l->rim[l->rims++][1] = source;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_multi_level_create(const sq_lattice *lattice, const sq_action *action, const sq_multi_plan *plan,
                                     int index, int batch, sq_multi_level *l)
{
  PetscFunctionBeginUser;
  const int rim = plan->rim;
  *l = (sq_multi_level){.plan = plan,
                        .index = index,
                        .batch = batch,
                        .orders = sq_action_orders(action),
                        .space = action->type->space,
                        .padded = 1};
  PetscCall(create_cells(lattice, l));
  for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
    const int wide = mu < lattice->first_dir ? 0 : rim;
    l->stride[mu] = l->padded;
    l->origin += wide * l->padded;
    l->padded *= l->cells->local[mu] + 2 * wide;
  }
  l->interior = l->cells->local_volume;
  PetscCall(sq_alloc(l->interior, &l->cell));
  PetscCall(sq_alloc(l->interior, &l->corner));
  number_cells(lattice, l);
  PetscCall(sq_alloc(plan->sites * l->padded * batch, &l->x));
  l->v = l->x;
  if (l->space->order[0]) PetscCall(sq_alloc(plan->sites * l->orders * l->padded * batch, &l->v));
  if (l->shared) PetscCall(sq_halo_create(l->cells, rim, SQ_HALO_FULL, (size_t)batch * sizeof(double), 1, &l->halo));
  else PetscCall(wrap_rim(lattice, rim, l));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_multi_level_destroy(sq_multi_level *l)
{
  PetscFunctionBeginUser;
  PetscCall(sq_halo_destroy(&l->halo));
  if (l->v != l->x) sq_free(&l->v);
  sq_free(&l->x);
  sq_free(&l->cell);
  sq_free(&l->corner);
  sq_free(&l->rim);
  PetscCall(sq_lattice_destroy(&l->cells));
  PetscFunctionReturn(0);
}

double *sq_multi_numbers(const sq_multi_level *l, int position)
{
  return l->x + position * l->padded * l->batch;
}

double *sq_multi_vectors(const sq_multi_level *l, int position, int c)
{
  return l->v + (position * l->orders + c) * l->padded * l->batch;
}

int sq_multi_away(const sq_multi_level *l, int position, const int away[SQ_DIM], int64_t *shift)
{
  int x[SQ_DIM];
  sq_multi_place(l->plan, position, x);
  *shift = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    const int side = l->plan->side[mu], to = x[mu] + away[mu], cell = to >= 0 ? to / side : -((side - 1 - to) / side);
    x[mu] = to - cell * side;
    *shift += cell * l->stride[mu];
  }
  return sq_multi_position(l->plan, x);
}

PetscErrorCode sq_multi_complete(sq_multi_level *l, int position)
{
  PetscFunctionBeginUser;
  double *x = sq_multi_numbers(l, position);
  if (l->halo) PetscCall(sq_halo_exchange(l->halo, x));
  for (int64_t i = 0; i < l->rims; i++)
    memcpy(x + l->rim[i][0] * l->batch, x + l->rim[i][1] * l->batch, (size_t)l->batch * sizeof *x);
  if (l->v != l->x)
    for (int c = 0; c < l->orders; c++) l->space->order[c](l->padded * l->batch, x, sq_multi_vectors(l, position, c));
  PetscFunctionReturn(0);
}

/* ---- between levels ---- */

/* Where this rank has the site x of a level; NULL if it is not in its interior. */
static double *site_at(const sq_multi_level *l, const int64_t x[SQ_DIM])
{
  int place[SQ_DIM];
  int64_t cell = l->origin;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    const int64_t side = l->plan->side[mu], c = x[mu] / side - l->cells->start[mu];
    if (c < 0 || c >= l->cells->local[mu]) return NULL;
    place[mu] = (int)(x[mu] % side);
    cell += c * l->stride[mu];
  }
  return sq_multi_numbers(l, sq_multi_position(l->plan, place)) + cell * l->batch;
}

/* The site of the next coarser level at position p of cell i. */
static void coarse_site(const sq_multi_level *fine, int64_t i, int p, int64_t x[SQ_DIM])
{
  int place[SQ_DIM];
  int64_t c[SQ_DIM];
  cell_place(fine->cells, i, c);
  sq_multi_place(fine->plan, p, place);
  for (int mu = 0; mu < SQ_DIM; mu++) x[mu] = ((fine->cells->start[mu] + c[mu]) * fine->plan->side[mu] + place[mu]) / 2;
  for (int mu = 0; mu < SQ_DIM; mu++)
    if (fine->plan->side[mu] == 1) x[mu] = 0;
}

PetscErrorCode sq_multi_refine(const sq_multi_level *coarse, int count, sq_multi_level *fine)
{
  PetscFunctionBeginUser;
  for (int k = 0; k < fine->plan->known; k++) {
    const int p = fine->plan->order[k];
    for (int64_t i = 0; i < fine->interior; i++) {
      int64_t x[SQ_DIM];
      coarse_site(fine, i, p, x);
      memcpy(sq_multi_numbers(fine, p) + fine->cell[i] * fine->batch, site_at(coarse, x),
             (size_t)count * sizeof(double));
    }
    PetscCall(sq_multi_complete(fine, p));
  }
  PetscFunctionReturn(0);
}

/* Numbers that ranks have parts of, zero elsewhere, on all of them; then all positions are completed. */
static PetscErrorCode gather(const sq_lattice *lattice, bool parts, sq_multi_level *l)
{
  PetscFunctionBeginUser;
  if (parts)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, l->x, (int)(l->plan->sites * l->padded * l->batch), MPI_DOUBLE, MPI_SUM,
                               lattice->comm));
  for (int p = 0; p < l->plan->sites; p++) PetscCall(sq_multi_complete(l, p));
  PetscFunctionReturn(0);
}

static void clear(sq_multi_level *l)
{
  memset(l->x, 0, (size_t)(l->plan->sites * l->padded * l->batch) * sizeof *l->x);
}

PetscErrorCode sq_multi_coarsen(const sq_lattice *lattice, const sq_multi_level *fine, int count,
                                sq_multi_level *coarse)
{
  PetscFunctionBeginUser;
  const bool parts = fine->shared && !coarse->shared && lattice->size > 1;
  if (parts) clear(coarse);
  for (int k = 0; k < fine->plan->known; k++)
    for (int64_t i = 0; i < fine->interior; i++) {
      const int p = fine->plan->order[k];
      int64_t x[SQ_DIM];
      coarse_site(fine, i, p, x);
      memcpy(site_at(coarse, x), sq_multi_numbers(fine, p) + fine->cell[i] * fine->batch,
             (size_t)count * sizeof(double));
    }
  PetscCall(gather(lattice, parts, coarse));
  PetscFunctionReturn(0);
}

/* ---- to and from blocks: site i of the block of a lattice ---- */

static double *block_site(const sq_lattice *lattice, const sq_multi_level *l, int64_t i)
{
  int64_t x[SQ_DIM];
  for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
    x[mu] = lattice->start[mu] + i % lattice->local[mu];
    i /= lattice->local[mu];
  }
  return site_at(l, x);
}

PetscErrorCode sq_multi_from_blocks(const sq_lattice *lattice, int count, const double *blocks, sq_multi_level *l)
{
  PetscFunctionBeginUser;
  const bool parts = !l->shared && lattice->size > 1;
  const int64_t volume = lattice->local_volume;
  if (parts) clear(l);
  for (int64_t i = 0; i < volume; i++) {
    double *x = block_site(lattice, l, i);
    for (int b = 0; b < count; b++) x[b] = blocks[b * volume + i];
  }
  PetscCall(gather(lattice, parts, l));
  PetscFunctionReturn(0);
}

void sq_multi_to_blocks(const sq_lattice *lattice, const sq_multi_level *l, int count, double *blocks)
{
  const int64_t volume = lattice->local_volume;
  for (int64_t i = 0; i < volume; i++) {
    const double *x = block_site(lattice, l, i);
    for (int b = 0; b < count; b++) blocks[b * volume + i] = x[b];
  }
}
