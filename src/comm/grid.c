/* SPDX-License-Identifier: BSD-3-Clause */
/* The process grid and collective decisions. */
#include "squall/comm.h"

PetscErrorCode sq_grid_create(MPI_Comm world, int replicas, sq_grid **grid)
{
  PetscFunctionBeginUser;
  int size, rank;
  PetscCallMPI(MPI_Comm_size(world, &size));
  PetscCallMPI(MPI_Comm_rank(world, &rank));
  SqCheck(replicas >= 1 && size % replicas == 0, world, SQ_ERR_INPUT,
          "parallel.replicas: %d does not divide the %d ranks of this job", replicas, size);
  sq_grid *g;
  PetscCall(sq_alloc(1, &g));
  int domain_size = size / replicas;
  g->replicas = replicas;
  g->replica = rank / domain_size;
  /* Split, not dup: a duplicate keeps a Cartesian topology, and HDF5 then writes wrong data silently (ompi#12718). */
  PetscCallMPI(MPI_Comm_split(world, 0, rank, &g->world));
  PetscCallMPI(MPI_Comm_split(world, g->replica, rank, &g->domain));
  PetscCallMPI(MPI_Comm_split(world, rank % domain_size, rank, &g->across));
  *grid = g;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_grid_destroy(sq_grid **grid)
{
  PetscFunctionBeginUser;
  if (!*grid) PetscFunctionReturn(0);
  PetscCallMPI(MPI_Comm_free(&(*grid)->across));
  PetscCallMPI(MPI_Comm_free(&(*grid)->domain));
  PetscCallMPI(MPI_Comm_free(&(*grid)->world));
  sq_free(grid);
  PetscFunctionReturn(0);
}

void sq_share(int64_t total, int replicas, int replica, int64_t *first, int64_t *count)
{
  *first = total * replica / replicas;
  *count = total * (replica + 1) / replicas - *first;
}

PetscErrorCode sq_largest(MPI_Comm comm, double *value)
{
  PetscFunctionBeginUser;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, value, 1, MPI_DOUBLE, MPI_MAX, comm));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_any_true(MPI_Comm comm, bool here, bool *anywhere)
{
  PetscFunctionBeginUser;
  int mine = here, any;
  PetscCallMPI(MPI_Allreduce(&mine, &any, 1, MPI_INT, MPI_MAX, comm));
  *anywhere = any;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_worst_status(MPI_Comm comm, PetscErrorCode here, PetscErrorCode *worst)
{
  PetscFunctionBeginUser;
  int mine = (int)here, all;
  PetscCallMPI(MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MAX, comm));
  *worst = all;
  PetscFunctionReturn(0);
}
