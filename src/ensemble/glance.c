/* SPDX-License-Identifier: BSD-3-Clause */
/* A glance at the fields of a file that belongs to no run: a few of them against what the file says of them. */
#include "src/ensemble/witness.h"

enum { GLANCED = 32 }; /* records of a group that are read */

PetscErrorCode sq_open_fields_of(MPI_Comm world, const char *path, sq_grid **grid, sq_lattice **lattice,
                                 sq_records **records)
{
  PetscFunctionBeginUser;
  int size, replicas = 1, ranks[SQ_DIM];
  PetscCall(sq_grid_create(world, 1, grid));
  PetscCall(sq_records_open(*grid, NULL, path, records)); /* first to learn the extents, then with a lattice */
  const sq_records_info info = *sq_records_about(*records);
  const int64_t *extents = info.extent + SQ_DIM - info.dim;
  PetscCall(sq_records_close(records));
  PetscCall(sq_grid_destroy(grid));
  PetscCallMPI(MPI_Comm_size(world, &size));
  while (size % replicas || !sq_lattice_can_share(info.dim, extents, size / replicas, ranks)) replicas++;
  PetscCall(sq_grid_create(world, replicas, grid));
  PetscCall(sq_lattice_create((*grid)->domain, info.dim, extents, NULL, lattice));
  PetscCall(sq_records_open(*grid, *lattice, path, records));
  PetscFunctionReturn(0);
}

/* One record of each of GLANCED parts of a group, shared out over replicas: that is a function of the part and of the
 * file's key. */
static PetscErrorCode show_some(const sq_grid *grid, sq_records *records, int group, double *block, sq_witness *witness)
{
  PetscFunctionBeginUser;
  const sq_records_info *info = sq_records_about(records);
  double columns[SQ_IO_COLUMNS];
  int64_t count = info->group[group].count, parts = PetscMin(count, GLANCED), first, length;
  for (int64_t k = 0; k < parts; k += grid->replicas) {
    int64_t mine = k + grid->replica, at = -1;
    if (mine < parts) {
      sq_share(count, (int)parts, (int)mine, &first, &length);
      at = first + (int64_t)(sq_site_hash(mine, (double)info->fingerprint) % (uint64_t)length);
    }
    PetscCall(sq_records_read(records, group, at, block, columns));
    if (at >= 0) PetscCall(sq_witness_add(witness, records, group, at, block, columns));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_glance_at_fields(MPI_Comm world, const char *path)
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  sq_witness *witness;
  sq_action action;
  double *block;
  PetscCall(sq_open_fields_of(world, path, &grid, &lattice, &records));
  const sq_records_info *info = sq_records_about(records);
  SqCheck(sq_action_read(info->action, info->dim, &action), world, SQ_ERR_DATA, "%s is of the action %s, which is none",
          path, info->action);
  SqCheck(sq_action_components(&action) == PetscMax(1, info->components), world, SQ_ERR_DATA,
          "%s has fields of %d numbers a site, its action %s has %d", path, PetscMax(1, info->components), info->action,
          sq_action_components(&action));
  PetscCall(sq_witness_of(world, &action, lattice, &witness));
  PetscCall(sq_alloc(PetscMax(1, info->components) * lattice->local_volume, &block));
  for (int g = 0; g < info->groups; g++) PetscCall(show_some(grid, records, g, block, witness));
  sq_free(&block);
  PetscErrorCode code = sq_witness_end(&witness, path);
  PetscCall(sq_records_close(&records));
  PetscCall(sq_lattice_destroy(&lattice));
  PetscCall(sq_grid_destroy(&grid));
  PetscCall(code);
  PetscFunctionReturn(0);
}
