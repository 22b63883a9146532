/* SPDX-License-Identifier: BSD-3-Clause */
/* Langevin paths of a system of one or two sites, many at once: a batch of them is a stack of copies of the lattice,
 * advanced through many steps while it is in the cache. */
#include "squall/fokkerplanck.h"
#include <math.h>
#include <string.h>

enum { BATCH = 128 };
enum { STEP_NOISE, START_NOISE, START_CELL, START_PLACE }; /* draws; START_PLACE + site */

PetscErrorCode sq_walkers_create(MPI_Comm comm, const sq_action *action, const int64_t extent[], double alpha,
                                 double eps, int64_t total, uint64_t seed, uint64_t member, sq_walkers **walkers)
{
  PetscFunctionBeginUser;
  sq_walkers *w;
  int size, rank;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(sq_alloc(1, &w));
  w->comm = comm;
  w->alpha = alpha;
  w->eps = eps;
  w->total = total;
  w->seed = seed;
  w->member = member;
  PetscCall(sq_copies_create(action, extent, BATCH, &w->copies));
  sq_share(total, size, rank, &w->first, &w->count);
  PetscCall(sq_alloc((w->count + BATCH) * w->copies->sites, &w->phi)); /* room for a whole last batch */
  PetscCall(sq_alloc(BATCH * w->copies->sites, &w->force));
  PetscCall(sq_alloc(BATCH * w->copies->sites, &w->trial));
  PetscCall(sq_alloc(BATCH * w->copies->sites, &w->noise));
  *walkers = w;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_walkers_destroy(sq_walkers **walkers)
{
  PetscFunctionBeginUser;
  sq_walkers *w = *walkers;
  if (!w) PetscFunctionReturn(0);
  PetscCall(sq_copies_destroy(&w->copies));
  double **array[] = {&w->phi, &w->force, &w->trial, &w->noise};
  for (int i = 0; i < 4; i++) sq_free(array[i]);
  sq_free(walkers);
  PetscFunctionReturn(0);
}

/* ---- starts ---- */

static sq_stream stream_of(const sq_walkers *w)
{
  return sq_stream_make(w->seed, SQ_RNG_WALKERS, w->member);
}

void sq_walkers_start(sq_walkers *w, const double centre[], double width)
{
  int64_t sites = w->copies->sites;
  sq_rng_normals(stream_of(w), (uint64_t)(w->first * sites), w->count * sites, 0, START_NOISE, w->phi);
  for (int64_t i = 0; i < w->count * sites; i++) w->phi[i] = centre[i % sites] + width * w->phi[i];
  w->steps = 0;
}

/* The first cell whose cumulated share exceeds u. */
static int64_t find_cell(int64_t cells, const double *cumulated, double u)
{
  int64_t low = 0, high = cells - 1;
  while (low < high) {
    int64_t middle = (low + high) / 2;
    if (cumulated[middle] > u) high = middle;
    else low = middle + 1;
  }
  return low;
}

PetscErrorCode sq_walkers_start_density(sq_walkers *w, int points, double reach, const double *density)
{
  PetscFunctionBeginUser;
  double *cumulated, sum = 0, h = 2 * reach / points;
  int64_t sites = w->copies->sites, cells = sites == 1 ? points : (int64_t)points * points;
  sq_stream stream = stream_of(w);
  PetscCall(sq_alloc(cells, &cumulated));
  for (int64_t c = 0; c < cells; c++) cumulated[c] = sum += density[c];
  for (int64_t i = 0; i < w->count; i++) {
    uint64_t walker = (uint64_t)(w->first + i);
    int64_t cell = find_cell(cells, cumulated, sum * sq_rng_uniform(stream, walker, 0, START_CELL));
    for (int64_t site = sites - 1; site >= 0; site--, cell /= points)
      w->phi[i * sites + site] = -reach + h * ((double)(cell % points) +
                                               sq_rng_uniform(stream, walker, 0, (uint16_t)(START_PLACE + site)));
  }
  w->steps = 0;
  sq_free(&cumulated);
  PetscFunctionReturn(0);
}

/* ---- steps ---- */

/* One step of a batch; n numbers of it are walkers. */
static void step(sq_walkers *w, sq_stream stream, uint64_t site, int64_t n, uint64_t number, double *phi)
{
  const double eps = w->eps, kick = sqrt(2 * w->alpha * eps);
  sq_rng_normals(stream, site, n, number, STEP_NOISE, w->noise);
  sq_copies_force(w->copies, phi, w->force);
  for (int64_t i = 0; i < n; i++) {
    w->noise[i] *= kick;
    w->trial[i] = phi[i] + eps * w->force[i] + w->noise[i];
    phi[i] += 0.5 * eps * w->force[i] + w->noise[i];
  }
  sq_copies_force(w->copies, w->trial, w->force);
  for (int64_t i = 0; i < n; i++) phi[i] += 0.5 * eps * w->force[i];
}

void sq_walkers_advance(sq_walkers *w, int64_t steps)
{
  int64_t sites = w->copies->sites;
  sq_stream stream = stream_of(w);
  for (int64_t at = 0; at < w->count; at += BATCH) {
    int64_t n = PetscMin((int64_t)BATCH, w->count - at) * sites;
    for (int64_t k = 0; k < steps; k++)
      step(w, stream, (uint64_t)((w->first + at) * sites), n, (uint64_t)(w->steps + k), w->phi + at * sites);
  }
  w->steps += steps;
}

/* ---- measuring ---- */

void sq_walkers_average(const sq_walkers *w, double *M)
{
  int64_t sites = w->copies->sites;
  for (int64_t i = 0; i < w->count; i++) {
    M[i] = 0;
    for (int64_t site = 0; site < sites; site++) M[i] += w->phi[i * sites + site] / (double)sites;
  }
}

PetscErrorCode sq_walkers_histogram(const sq_walkers *w, int bins, double reach, int64_t *count)
{
  PetscFunctionBeginUser;
  int64_t sites = w->copies->sites, cells = sites == 1 ? bins : (int64_t)bins * bins;
  memset(count, 0, (size_t)cells * sizeof *count);
  for (int64_t i = 0; i < w->count; i++) {
    int64_t cell = 0;
    for (int64_t site = 0; site < sites; site++) {
      double bin = floor((w->phi[i * sites + site] + reach) * bins / (2 * reach));
      cell = cell * bins + (int64_t)fmin(fmax(bin, 0), bins - 1);
    }
    count[cell]++;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, count, (int)cells, MPI_INT64_T, MPI_SUM, w->comm));
  PetscFunctionReturn(0);
}
