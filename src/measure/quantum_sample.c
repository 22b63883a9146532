/* SPDX-License-Identifier: BSD-3-Clause */
/* The records of a group of one-dimensional fields as a series: gathered over replicas, in the order of their chains.
 * Fields of one dimension are short, so every rank of a domain sees the whole of each.
 */
#include "src/measure/quantum.h"
#include <string.h>

PetscErrorCode sq_quantum_sample_begin(const sq_group *group, const sq_transfer *transfer, sq_quantum_sample *s)
{
  PetscFunctionBeginUser;
  int64_t sites = group->lattice->volume;
  *s = (sq_quantum_sample){.group = *group, .n = group->about->count, .sites = sites, .times = sites / 2 + 1};
  snprintf(s->name, sizeof s->name, "%s", group->about->name);
  PetscCall(sq_alloc((s->times + SQ_PATH_NUMBERS) * s->n, &s->storage));
  PetscCall(sq_alloc(transfer->points, &s->visits));
  PetscCall(sq_alloc(sites, &s->path));
  PetscCall(sq_alloc(sites, &s->scratch));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_quantum_sample_add(sq_quantum_sample *s, const sq_transfer *transfer, int64_t record,
                                     const double *block)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = s->group.lattice;
  double number[SQ_PATH_NUMBERS];
  PetscCall(sq_obs_slices(lattice, block, s->path)); /* of one dimension: the field itself */
  sq_obs_correlator(lattice, s->path, s->scratch);
  sq_path_measure(&transfer->particle, s->sites, s->path, number);
  for (int64_t t = 0; t < s->times; t++) s->storage[t * s->n + record] = s->scratch[t];
  for (int k = 0; k < SQ_PATH_NUMBERS; k++) s->storage[(s->times + k) * s->n + record] = number[k];
  sq_transfer_visit(transfer, s->sites, s->path, s->visits);
  PetscFunctionReturn(0);
}

/* Brings the columns into the order of the chains. */
static PetscErrorCode sort_by_chains(sq_quantum_sample *s)
{
  PetscFunctionBeginUser;
  double *chain = NULL, *sorted;
  PetscCall(sq_records_find_column(s->group.records, s->group.index, "chain", &chain));
  PetscCall(sq_chains_create(s->n, chain, &s->chains));
  PetscCall(sq_alloc(s->n, &sorted));
  for (int64_t k = 0; k < s->times + SQ_PATH_NUMBERS; k++) {
    sq_chains_gather(&s->chains, s->storage + k * s->n, sorted);
    memcpy(s->storage + k * s->n, sorted, (size_t)s->n * sizeof *sorted);
  }
  sq_free(&sorted);
  sq_free(&chain);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_quantum_sample_end(sq_quantum_sample *s, const sq_transfer *transfer)
{
  PetscFunctionBeginUser;
  MPI_Comm across = s->group.grid->across;
  for (int64_t k = 0; k < s->times + SQ_PATH_NUMBERS && across != MPI_COMM_NULL; k++)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->storage + k * s->n, (PetscMPIInt)s->n, MPI_DOUBLE, MPI_SUM, across));
  if (across != MPI_COMM_NULL)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->visits, transfer->points, MPI_DOUBLE, MPI_SUM, across));
  PetscCall(sort_by_chains(s));
  PetscCall(sq_path_weights(s->group.records, s->group.index, &s->log_weight));
  if (s->log_weight) PetscCall(sq_weights_summary(s->n, s->log_weight, &s->weights));
  PetscFunctionReturn(0);
}

void sq_quantum_sample_free(sq_quantum_sample *s)
{
  double **array[] = {&s->storage, &s->visits, &s->path, &s->scratch, &s->log_weight};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
  sq_chains_destroy(&s->chains);
}
