/* The results of the stage likelihood as tables of numbers, and their file. */
#include "src/ensemble/likelihood.h"
#include <math.h>
#include <string.h>

enum { FLOW_NUMBERS = 3, JOB_NUMBERS = 4 };

bool sq_likelihood_of_data(sq_likelihood_kind kind)
{
  return kind == SQ_FLOW_TESTING || kind == SQ_PATHS_TESTING;
}

PetscErrorCode sq_likelihood_add(sq_likelihood *l, sq_likelihood_kind kind, int steps, int64_t count)
{
  PetscFunctionBeginUser;
  bool flow = kind == SQ_FLOW_TESTING || kind == SQ_FLOW_GENERATED;
  sq_likelihood_job *job = &l->job[l->jobs++];
  *job = (sq_likelihood_job){.kind = kind, .steps = steps, .count = count, .width = flow ? FLOW_NUMBERS : steps + 2};
  PetscCall(sq_alloc(job->count * job->width, &job->value));
  PetscCall(sq_alloc(steps + 1, &job->s));
  PetscCall(sq_alloc(steps + 1, &job->loss));
  PetscFunctionReturn(0);
}

void sq_likelihood_clear(sq_likelihood *l)
{
  for (int i = 0; i < l->jobs; i++) {
    sq_free(&l->job[i].value);
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
  PetscFunctionReturn(0);
}

PetscErrorCode sq_likelihood_get(MPI_Comm comm, const sq_store *store, const char *path, sq_likelihood *l)
{
  PetscFunctionBeginUser;
  const int64_t most = 1000000000;
  char name[SQ_IO_NAME];
  const int64_t *jobs = NULL;
  const double *values;
  int64_t length = sq_store_length(store, "jobs"), exact;
  *l = (sq_likelihood){0};
  SqCheck(length >= 0 && length % JOB_NUMBERS == 0 && length <= SQ_LIKELIHOOD_JOBS * JOB_NUMBERS, comm, SQ_ERR_DATA,
          "%s: %lld numbers do not describe likelihoods", path, (long long)length);
  if (length) PetscCall(sq_store_ints(store, "jobs", length, &jobs));
  for (int i = 0; i < length / JOB_NUMBERS; i++) {
    const int64_t *job = jobs + i * JOB_NUMBERS;
    bool flow = job[0] == SQ_FLOW_TESTING || job[0] == SQ_FLOW_GENERATED;
    SqCheck(job[0] >= 0 && job[0] <= SQ_PATHS_GENERATED && job[1] >= 1 && job[1] <= 100000 && job[2] >= 1 &&
              job[2] <= most && job[3] == (flow ? FLOW_NUMBERS : job[1] + 2),
            comm, SQ_ERR_DATA, "%s: impossible likelihoods", path);
    PetscCall(sq_likelihood_add(l, (sq_likelihood_kind)job[0], (int)job[1], job[2]));
    snprintf(name, sizeof name, "values_%d", i);
    PetscCall(sq_store_reals(store, name, job[2] * job[3], &values));
    memcpy(l->job[i].value, values, (size_t)(job[2] * job[3]) * sizeof *values);
    snprintf(name, sizeof name, "levels_%d", i);
    PetscCall(sq_store_reals(store, name, job[1] + 1, &values));
    memcpy(l->job[i].s, values, (size_t)(job[1] + 1) * sizeof *values);
    snprintf(name, sizeof name, "losses_%d", i);
    PetscCall(sq_store_reals(store, name, job[1] + 1, &values));
    memcpy(l->job[i].loss, values, (size_t)(job[1] + 1) * sizeof *values);
  }
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
  PetscCall(sq_likelihood_get(run->world, store, path, l));
  PetscCall(sq_store_destroy(&store));
  PetscFunctionReturn(0);
}
