/* SPDX-License-Identifier: BSD-3-Clause */
/* Fluxes of a whole lattice on every rank that shares it. All ranks draw the same random numbers, so they stay alike.
 *
 * Sites are numbered as in the lattice. A load is one sum over the ranks, each of which gives its block and zeros.
 */
#include "kernels.h"
#include <math.h>
#include <string.h>

enum { TABLE_BEGINS = 64 };

struct sq_fluxes {
  const sq_lattice *lattice; /* not owned */
  sq_flux_state state;
  int32_t *next;
  sq_flux_coupling coupling;
  double insertion;
  int64_t steps;
};

/* ---- the table ---- */

static PetscErrorCode check_size(const sq_fluxes *f, int64_t count)
{
  PetscFunctionBeginUser;
  const double size = f->state.ratio[f->state.count - 1];
  SqCheck(count <= SQ_FLUX_MOST && size < SQ_FLUX_MOST, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "eta = %g, lambda = %g, mu = %g: the fluxes at a site are beyond n = %d of W(n); choose a larger lambda, a "
          "larger eta or a mu nearer to 0",
          f->coupling.eta, f->coupling.lambda, f->coupling.mu, 2 * SQ_FLUX_MOST);
  PetscFunctionReturn(0);
}

static PetscErrorCode grow(sq_fluxes *f, int64_t count)
{
  PetscFunctionBeginUser;
  sq_flux_state *s = &f->state;
  double *ratio;
  if (s->count) PetscCall(check_size(f, count));
  PetscCall(sq_alloc(count, &ratio));
  if (s->count) memcpy(ratio, s->ratio, (size_t)s->count * sizeof *ratio);
  for (int64_t m = s->count; m < count; m++) ratio[m] = sq_flux_ratio(f->coupling.eta, f->coupling.lambda, m);
  sq_free(&s->ratio);
  s->ratio = ratio;
  s->count = count;
  PetscFunctionReturn(0);
}

/* Room beyond the largest m. */
static PetscErrorCode grow_to_fit(sq_fluxes *f)
{
  PetscFunctionBeginUser;
  int64_t most = 0;
  for (int64_t x = 0; x < f->state.volume; x++) most = PetscMax(most, (int64_t)f->state.m[x]);
  if (most + 2 > f->state.count) PetscCall(grow(f, PetscMin(2 * most + 2, PetscMax(most + 2, (int64_t)SQ_FLUX_MOST))));
  PetscFunctionReturn(0);
}

/* ---- the lattice ---- */

/* The site one step from x along used direction nu. */
static int64_t neighbour(const sq_lattice *lattice, int64_t x, int nu, int64_t by)
{
  int64_t below = 1;
  for (int mu = SQ_DIM - 1; mu > lattice->first_dir + nu; mu--) below *= lattice->extent[mu];
  const int64_t extent = lattice->extent[lattice->first_dir + nu], at = x / below % extent;
  return x + ((at + by + extent) % extent - at) * below;
}

PetscErrorCode sq_fluxes_create(const sq_lattice *lattice, const sq_flux_coupling *coupling, sq_fluxes **fluxes)
{
  PetscFunctionBeginUser;
  sq_fluxes *f;
  const int d = lattice->dim;
  SqCheck(lattice->volume < 1 << 27, lattice->comm, SQ_ERR_INPUT,
          "every rank holds all fluxes: %lld sites are too many; at most %d", (long long)lattice->volume, 1 << 27);
  PetscCall(sq_alloc(1, &f));
  f->lattice = lattice;
  f->coupling = *coupling;
  f->state = (sq_flux_state){
    .dim = d, .volume = lattice->volume, .forth = exp(coupling->mu), .back = exp(-coupling->mu)};
  PetscCall(sq_alloc(2 * d * lattice->volume, &f->next));
  PetscCall(sq_alloc(d * lattice->volume, &f->state.link));
  PetscCall(sq_alloc(lattice->volume, &f->state.m));
  for (int64_t x = 0; x < lattice->volume; x++)
    for (int way = 0; way < 2 * d; way++)
      f->next[x * 2 * d + way] = (int32_t)neighbour(lattice, x, way / 2, way % 2 ? -1 : 1);
  f->state.next = f->next;
  PetscCall(grow(f, TABLE_BEGINS));
  f->insertion = 1 / PetscMax(f->state.ratio[0], sq_flux_condensate(d, coupling)); /* so that R is about 1 */
  *fluxes = f;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_fluxes_destroy(sq_fluxes **fluxes)
{
  PetscFunctionBeginUser;
  if (!*fluxes) PetscFunctionReturn(0);
  sq_free(&(*fluxes)->next);
  sq_free(&(*fluxes)->state.link);
  sq_free(&(*fluxes)->state.m);
  sq_free(&(*fluxes)->state.ratio);
  sq_free(fluxes);
  PetscFunctionReturn(0);
}

/* ---- blocks ---- */

/* The global index of site i of the block. */
static int64_t site_of(const sq_lattice *lattice, int64_t i)
{
  return sq_lattice_row_site(lattice, i / lattice->local[3]) + i % lattice->local[3];
}

/* A number of a file as a flux; *sound: it is one. */
static int32_t flux_of(double x, bool *sound)
{
  const bool is = fabs(x) < 2 * SQ_FLUX_MOST && x == floor(x);
  *sound = *sound && is;
  return is ? (int32_t)x : 0;
}

PetscErrorCode sq_fluxes_load(sq_fluxes *f, const double *block)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = f->lattice;
  const int d = f->state.dim;
  const int64_t here = lattice->local_volume;
  bool sound = true;
  memset(f->state.link, 0, (size_t)(d * lattice->volume) * sizeof *f->state.link);
  for (int64_t i = 0; i < here; i++)
    for (int nu = 0; nu < d; nu++)
      f->state.link[site_of(lattice, i) * d + nu] = (sq_flux_link){.k = flux_of(block[nu * here + i], &sound),
                                                                   .l = flux_of(block[(d + nu) * here + i], &sound)};
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, f->state.link, (int)(2 * d * lattice->volume), MPI_INT32_T, MPI_SUM, lattice->comm));
  PetscCall(sq_any_true(lattice->comm, !sound, &sound));
  SqCheck(!sound, lattice->comm, SQ_ERR_DATA, "fluxes are integers of less than %d", 2 * SQ_FLUX_MOST);
  const int64_t faults = sq_flux_faults(&f->state);
  SqCheck(!faults, lattice->comm, SQ_ERR_DATA,
          "these are no fluxes: at %lld places k has a divergence or l is negative", (long long)faults);
  sq_flux_count(&f->state);
  PetscCall(grow_to_fit(f));
  PetscFunctionReturn(0);
}

void sq_fluxes_store(const sq_fluxes *f, double *block)
{
  const int d = f->state.dim;
  const int64_t here = f->lattice->local_volume;
  for (int64_t i = 0; i < here; i++)
    for (int nu = 0; nu < d; nu++) {
      const sq_flux_link link = f->state.link[site_of(f->lattice, i) * d + nu];
      block[nu * here + i] = link.k;
      block[(d + nu) * here + i] = link.l;
    }
}

/* ---- moves ---- */

PetscErrorCode sq_fluxes_move(sq_fluxes *f, uint64_t seed, uint64_t id, uint64_t unit, int64_t worms)
{
  PetscFunctionBeginUser;
  const sq_stream stream = sq_stream_make(seed, SQ_RNG_WORM, id);
  sq_flux_worm worm = {.left = worms, .insertion = f->insertion};
  const int64_t links = f->state.dim * f->state.volume;
  for (int64_t at = 0; (at = sq_flux_draw(&f->state, stream, unit, at)) < links;)
    PetscCall(grow(f, 2 * f->state.count));
  while (!sq_flux_crawl(&f->state, stream, unit, &worm)) PetscCall(grow(f, 2 * f->state.count));
  f->steps += (int64_t)worm.counter;
  PetscFunctionReturn(0);
}

/* ---- how many worms ---- */

PetscErrorCode sq_fluxes_choose_worms(sq_fluxes *f, uint64_t seed, uint64_t id, int64_t *worms)
{
  PetscFunctionBeginUser;
  enum { UNITS = 32, LEAST = 1024 };        /* of them the second half counts; steps of a unit */
  const uint64_t first = (uint64_t)1 << 62; /* a number that no chain comes to */
  const int64_t ends = PetscMax(2 * f->state.dim * f->state.volume, LEAST);
  int64_t made = 0, steps = 0;
  memset(f->state.link, 0, (size_t)(f->state.dim * f->state.volume) * sizeof *f->state.link);
  sq_flux_count(&f->state);
  *worms = 1;
  for (uint64_t unit = 0; unit < UNITS; unit++) {
    const int64_t before = f->steps;
    PetscCall(sq_fluxes_move(f, seed, id, first + unit, *worms));
    if (unit >= UNITS / 2) {
      made += *worms;
      steps += f->steps - before;
    } else *worms = PetscMax(1, (int64_t)((double)*worms * fmin(4, (double)ends / (double)(f->steps - before))));
  }
  *worms = (int64_t)PetscMin(PetscMax(1, (double)ends * (double)made / (double)steps), (double)ends);
  PetscFunctionReturn(0);
}
