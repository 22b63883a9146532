/* SPDX-License-Identifier: BSD-3-Clause */
/* One reading and one analysis of a run's files, kept by the run for whatever asks for them: verdicts, measure,
 * compare, report, toy. A file is known by its path, inode, size and time of change, as rank 0 sees them.
 */
#include "src/ensemble/correction.h"
#include "src/ensemble/partition.h"
#include <string.h>
#include <sys/stat.h>

typedef struct {
  int64_t inode, size, seconds, nanoseconds;
} identity;

typedef struct reading reading;
struct reading {
  char path[SQ_PATH];
  identity of;
  int count;
  sq_ensemble ensemble[SQ_IO_GROUPS];
  reading *next;
};

static PetscErrorCode identify(MPI_Comm world, const char *path, identity *of)
{
  PetscFunctionBeginUser;
  int rank;
  struct stat s;
  *of = (identity){0};
  PetscCallMPI(MPI_Comm_rank(world, &rank));
  if (rank == 0 && !stat(path, &s))
    *of = (identity){(int64_t)s.st_ino, (int64_t)s.st_size, (int64_t)s.st_mtim.tv_sec, (int64_t)s.st_mtim.tv_nsec};
  PetscCallMPI(MPI_Bcast(of, sizeof *of, MPI_BYTE, 0, world));
  PetscFunctionReturn(0);
}

static void forget(reading *r)
{
  for (int g = 0; g < r->count; g++) sq_ensemble_free(&r->ensemble[g]);
  r->count = 0;
}

static void destroy(void **first)
{
  for (reading *r = *first, *next; r; r = next) {
    next = r->next;
    forget(r);
    sq_free(&r);
  }
}

/* The analysis by weights of those that the deck's correction reweights. */
static PetscErrorCode weigh(const sq_run *run, sq_ensemble *e)
{
  PetscFunctionBeginUser;
  double *weight;
  if (!e->log_weight || !sq_reweighted_name(run, e->name)) PetscFunctionReturn(0);
  PetscCall(sq_alloc(e->count, &weight));
  PetscCall(sq_alloc(1, &e->weighted));
  PetscCall(sq_correct_weights(run, e->count, e->log_weight, weight));
  PetscCall(sq_obs_analyse(e->theory, e->dim, e->extent, e->count, (const double *const *)e->column, NULL, weight,
                           e->weighted));
  for (int i = 0; i < e->weighted->count; i++)
    if (e->weights.verdict != SQ_WEIGHTS_TRUSTED) sq_estimate_unknown_error(&e->weighted->row[i].estimate);
  sq_free(&weight);
  PetscFunctionReturn(0);
}

static PetscErrorCode find(const sq_run *run, const char *path, reading **found)
{
  PetscFunctionBeginUser;
  sq_kept *kept = run->kept;
  for (reading *r = kept->object; r; r = r->next)
    if (!strcmp(r->path, path)) {
      *found = r;
      PetscFunctionReturn(0);
    }
  PetscCall(sq_alloc(1, found));
  snprintf((*found)->path, sizeof(*found)->path, "%s", path);
  (*found)->next = kept->object;
  *kept = (sq_kept){*found, destroy};
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_reading(const sq_run *run, const char *path, sq_ensemble *ensembles, int *count)
{
  PetscFunctionBeginUser;
  reading *r;
  identity now;
  PetscCall(find(run, path, &r));
  PetscCall(identify(run->world, path, &now));
  if (!r->count || memcmp(&now, &r->of, sizeof now)) {
    forget(r);
    PetscCall(sq_ensembles_read(run->world, path, r->ensemble, &r->count));
    for (int g = 0; g < r->count; g++) {
      PetscCall(weigh(run, &r->ensemble[g]));
      if (r->ensemble[g].of_fields) PetscCall(sq_partition_find(run, &r->ensemble[g]));
    }
    r->of = now;
  }
  *count = r->count;
  memcpy(ensembles, r->ensemble, (size_t)r->count * sizeof *ensembles);
  PetscFunctionReturn(0);
}
