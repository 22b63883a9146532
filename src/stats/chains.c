/* SPDX-License-Identifier: BSD-3-Clause */
/* chains: brings records that carry a chain number into the order of sq_series, one chain after the other. Serial. */
#include "squall/stats.h"
#include <math.h>
#include <stdlib.h>

typedef struct {
  double chain;
  int64_t record;
} tagged_record;

static int compare_records(const void *left, const void *right)
{
  const tagged_record *a = left, *b = right;
  if (a->chain != b->chain) return a->chain < b->chain ? -1 : 1;
  return a->record < b->record ? -1 : a->record > b->record;
}

static void count_chains(int64_t n, const tagged_record *tag, sq_chains *chains)
{
  for (int64_t i = 0; i < n; i++) {
    if (i == 0 || tag[i].chain != tag[i - 1].chain) chains->length[chains->chains++] = 0;
    chains->length[chains->chains - 1]++;
    chains->order[i] = tag[i].record;
  }
}

PetscErrorCode sq_chains_create(int64_t n, const double *chain, sq_chains *chains)
{
  PetscFunctionBeginUser;
  tagged_record *tag;
  for (int64_t i = 0; chain && i < n; i++)
    SqCheck(isfinite(chain[i]), PETSC_COMM_SELF, SQ_ERR_DATA, "Record %lld has no valid chain number (%g)",
            (long long)i, chain[i]);
  *chains = (sq_chains){.n = n};
  PetscCall(sq_alloc(n, &chains->length));
  PetscCall(sq_alloc(n, &chains->order));
  PetscCall(sq_alloc(n, &tag));
  for (int64_t i = 0; i < n; i++) tag[i] = (tagged_record){chain ? chain[i] : 0.0, i};
  if (n) qsort(tag, (size_t)n, sizeof *tag, compare_records);
  count_chains(n, tag, chains);
  sq_free(&tag);
  PetscFunctionReturn(0);
}

void sq_chains_destroy(sq_chains *chains)
{
  sq_free(&chains->length);
  sq_free(&chains->order);
}

void sq_chains_gather(const sq_chains *chains, const double *in, double *out)
{
  for (int64_t i = 0; i < chains->n; i++) out[i] = in[chains->order[i]];
}
