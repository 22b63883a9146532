/* SPDX-License-Identifier: BSD-3-Clause */
/* The results of the stage likelihood as tables of numbers, and their file. */
#include "src/bounds/results.h"
#include "src/run/input.h"
#include <math.h>
#include <string.h>

enum { FLOW_NUMBERS = 3, JOB_NUMBERS = 4 };

bool sq_likelihood_of_data(sq_likelihood_kind kind)
{
  return kind == SQ_FLOW_TESTING || kind == SQ_PATHS_TESTING;
}

bool sq_likelihood_of_flow(sq_likelihood_kind kind)
{
  return kind == SQ_FLOW_TESTING || kind == SQ_FLOW_GENERATED;
}

PetscErrorCode sq_likelihood_add(sq_likelihood *l, sq_likelihood_kind kind, int steps, int64_t count)
{
  PetscFunctionBeginUser;
  const int64_t width = sq_likelihood_of_flow(kind) ? FLOW_NUMBERS : steps + 2;
  sq_likelihood_job *job = &l->job[l->jobs++];
  *job = (sq_likelihood_job){.kind = kind, .steps = steps, .count = count, .width = width};
  PetscCall(sq_alloc(job->count * job->width, &job->value));
  PetscCall(sq_alloc(job->count, &job->done));
  PetscCall(sq_alloc(steps + 1, &job->s));
  PetscCall(sq_alloc(steps + 1, &job->loss));
  PetscFunctionReturn(0);
}

void sq_likelihood_clear(sq_likelihood *l)
{
  for (int i = 0; i < l->jobs; i++) {
    sq_free(&l->job[i].value);
    sq_free(&l->job[i].done);
    sq_free(&l->job[i].s);
    sq_free(&l->job[i].loss);
  }
  l->jobs = 0;
}

PetscErrorCode sq_likelihood_put(const sq_likelihood *l, sq_store *store)
{
  PetscFunctionBeginUser;
  char name[SQ_IO_NAME];
  int64_t jobs[SQ_LIKELIHOOD_JOBS * JOB_NUMBERS];
  for (int i = 0; i < l->jobs; i++) {
    const sq_likelihood_job *job = &l->job[i];
    memcpy(jobs + i * JOB_NUMBERS, (int64_t[]){job->kind, job->steps, job->count, job->width},
           JOB_NUMBERS * sizeof *jobs);
    snprintf(name, sizeof name, "values_%d", i);
    PetscCall(sq_store_put_reals(store, name, 2, (int64_t[]){job->count, job->width}, job->value));
    snprintf(name, sizeof name, "levels_%d", i);
    PetscCall(sq_store_put_reals(store, name, 1, (int64_t[]){job->steps + 1}, job->s));
    snprintf(name, sizeof name, "losses_%d", i);
    PetscCall(sq_store_put_reals(store, name, 1, (int64_t[]){job->steps + 1}, job->loss));
  }
  PetscCall(sq_store_put_ints(store, "jobs", 2, (int64_t[]){l->jobs, JOB_NUMBERS}, jobs));
  PetscCall(sq_store_put_int(store, "exact", l->exact));
  PetscCall(sq_store_put_int(store, "tangents", l->tangents));
  for (int i = 0; i < l->jobs; i++) {
    snprintf(name, sizeof name, "done_%d", i);
    PetscCall(sq_store_put_ints(store, name, 1, &l->job[i].count, l->job[i].done));
  }
  PetscFunctionReturn(0);
}

/* The array WHAT_index of a job. */
static PetscErrorCode get_reals(const sq_store *store, const char *what, int index, int64_t count, double *to)
{
  PetscFunctionBeginUser;
  char name[SQ_IO_NAME];
  const double *values;
  snprintf(name, sizeof name, "%s_%d", what, index);
  PetscCall(sq_store_reals(store, name, count, &values));
  memcpy(to, values, (size_t)count * sizeof *values);
  PetscFunctionReturn(0);
}

/* The next job, described by these numbers. */
static PetscErrorCode get_job(MPI_Comm comm, const sq_store *store, const char *path, const int64_t job[JOB_NUMBERS],
                              sq_likelihood *l)
{
  PetscFunctionBeginUser;
  const int64_t most = 1000000000, *done;
  const int i = l->jobs;
  char name[SQ_IO_NAME];
  SqCheck(job[0] >= 0 && job[0] <= SQ_PATHS_GENERATED && job[1] >= 1 && job[1] <= 100000 && job[2] >= 1 &&
            job[2] <= most && job[3] == (sq_likelihood_of_flow((sq_likelihood_kind)job[0]) ? FLOW_NUMBERS : job[1] + 2),
          comm, SQ_ERR_DATA, "%s: impossible likelihoods", path);
  PetscCall(sq_likelihood_add(l, (sq_likelihood_kind)job[0], (int)job[1], job[2]));
  PetscCall(get_reals(store, "values", i, job[2] * job[3], l->job[i].value));
  PetscCall(get_reals(store, "levels", i, job[1] + 1, l->job[i].s));
  PetscCall(get_reals(store, "losses", i, job[1] + 1, l->job[i].loss));
  snprintf(name, sizeof name, "done_%d", i);
  PetscCall(sq_store_ints(store, name, job[2], &done));
  for (int64_t n = 0; n < job[2]; n++) l->job[i].done[n] = done[n] != 0;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_likelihood_get(MPI_Comm comm, const sq_store *store, const char *path, sq_likelihood *l)
{
  PetscFunctionBeginUser;
  const int64_t *jobs = NULL;
  int64_t length = sq_store_length(store, "jobs"), exact;
  *l = (sq_likelihood){0};
  SqCheck(length >= 0 && length % JOB_NUMBERS == 0 && length <= SQ_LIKELIHOOD_JOBS * JOB_NUMBERS, comm, SQ_ERR_DATA,
          "%s: %lld numbers do not describe likelihoods", path, (long long)length);
  if (length) PetscCall(sq_store_ints(store, "jobs", length, &jobs));
  for (int i = 0; i < length / JOB_NUMBERS; i++) PetscCall(get_job(comm, store, path, jobs + i * JOB_NUMBERS, l));
  PetscCall(sq_store_int(store, "exact", &exact));
  PetscCall(sq_store_int(store, "tangents", &l->tangents));
  l->exact = exact != 0;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_likelihood_read(const sq_run *run, sq_likelihood *l, bool *found)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  sq_store *store;
  sq_run_path(run, "likelihood.h5", path);
  *l = (sq_likelihood){0};
  PetscCall(sq_store_read(run->world, path, "likelihood", false, &store, found));
  if (!*found) PetscFunctionReturn(0);
  PetscCall(sq_input_check(run, path));
  PetscCall(sq_likelihood_get(run->world, store, path, l));
  PetscCall(sq_store_destroy(&store));
  PetscFunctionReturn(0);
}
