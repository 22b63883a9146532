/* SPDX-License-Identifier: BSD-3-Clause */
/* Looking at all configurations: replicas take pieces of the file in turn; what is taken of a configuration is a
 * function of it alone, so that it has the same bits on any ranks. */
#include "src/import/look.h"
#include "src/import/conventions.h"
#include <math.h>
#include <string.h>

uint64_t sq_look_print(int64_t n, const double *block)
{
  uint64_t hash = 0x9e3779b97f4a7c15u;
  for (int64_t k = 0; k < n; k++) {
    uint64_t bits;
    memcpy(&bits, &block[k], sizeof bits);
    hash = (hash ^ bits) * 0xff51afd7ed558ccdu;
    hash ^= hash >> 32;
  }
  return hash | 1;
}

void sq_look_name(const sq_look *look, int64_t i, char text[SQ_ARRAY_TEXT])
{
  const sq_import_source *s = &look->source;
  const int64_t r = i / s->used, position = s->set.skip + i % s->used * s->set.every;
  if (s->chains == 1) snprintf(text, SQ_ARRAY_TEXT, "configuration %lld", (long long)position);
  else snprintf(text, SQ_ARRAY_TEXT, "configuration %lld of chain %lld", (long long)position, (long long)r);
}

/* ---- one configuration ---- */

static PetscErrorCode take(sq_look *l, int64_t i, const double *block)
{
  PetscFunctionBeginUser;
  double number[SQ_OBS_MOST + SQ_LOOK_IDENTITIES * SQ_IDENTITY_NUMBERS] = {0};
  const sq_space *space = l->source.action.type->space;
  const int64_t n = l->chunks.numbers;
  int width = l->columns;
  double bad = 0;
  bool finite = true;
  for (int64_t k = 0; k < n; k++) finite = finite && isfinite(block[k]);
  if (!finite) l->infinite = PetscMin(l->infinite, i);
  if (finite && !sq_space_holds(space, n, block) && i < l->strange) {
    l->strange = i;
    for (int64_t k = 0; k < n; k++)
      if (!sq_space_holds(space, 1, &block[k])) bad = block[k];
    l->worst = bad;
  }
  if (!finite) PetscFunctionReturn(0);
  PetscCall(sq_obs_measure(l->obs, block, number));
  for (int c = 0; c < l->columns; c++)
    if (!isfinite(number[c]) && i < l->strange) l->strange = i, l->worst = NAN;
  l->print[i] = sq_look_print(n, block);
  const bool fine = l->strange > i; /* else it is refused anyway */
  for (int d = 0; d < SQ_LOOK_IDENTITIES; d++) {
    if (l->identity[d].numbers && fine)
      PetscCall(sq_identity_measure(&l->identity[d], block, l->print[i], number + width));
    width += l->identity[d].numbers;
  }
  for (int w = 0; w < width; w++) l->number[w][i] = number[w];
  PetscFunctionReturn(0);
}

/* The numbers of the first identity alone. */
static PetscErrorCode take_again(sq_look *l, int64_t i, const double *block)
{
  PetscFunctionBeginUser;
  double number[SQ_IDENTITY_NUMBERS];
  PetscCall(sq_identity_measure(&l->identity[0], block, l->print[i], number));
  for (int w = 0; w < l->identity[0].numbers; w++) l->number[l->columns + w][i] = number[w];
  PetscFunctionReturn(0);
}

/* ---- all of them ---- */

/* Numbers first .. last - 1 of all configurations; those of other replicas are 0 here. */
static PetscErrorCode gather_numbers(sq_look *l, int first, int last)
{
  PetscFunctionBeginUser;
  for (int64_t at = 0, n; at < l->count; at += n) {
    n = PetscMin(l->count - at, 1 << 24);
    for (int w = first; w < last; w++)
      PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, l->number[w] + at, (int)n, MPI_DOUBLE, MPI_SUM, l->source.run->world));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode gather(sq_look *l)
{
  PetscFunctionBeginUser;
  MPI_Comm world = l->source.run->world;
  struct {
    double value;
    int rank;
  } worst = {(double)l->strange, 0};
  PetscCallMPI(MPI_Comm_rank(world, &worst.rank));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_DOUBLE_INT, MPI_MINLOC, world));
  PetscCallMPI(MPI_Bcast(&l->worst, 1, MPI_DOUBLE, worst.rank, world));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &l->strange, 1, MPI_INT64_T, MPI_MIN, world));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &l->infinite, 1, MPI_INT64_T, MPI_MIN, world));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &l->wrapped, 1, MPI_INT64_T, MPI_SUM, world));
  for (int64_t at = 0, n; at < l->count; at += n) { /* all others have 0 there */
    n = PetscMin(l->count - at, 1 << 24);
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, l->print + at, (int)n, MPI_UINT64_T, MPI_MAX, world));
  }
  PetscCall(gather_numbers(l, 0, l->width));
  PetscFunctionReturn(0);
}

typedef PetscErrorCode (*of_one)(sq_look *l, int64_t i, const double *block);

static PetscErrorCode go_through(sq_look *l, of_one each, int64_t *wrapped)
{
  PetscFunctionBeginUser;
  const sq_grid *grid = l->grid;
  const int64_t rounds = (l->chunks.pieces + grid->replicas - 1) / grid->replicas;
  double *block;
  sq_progress progress;
  PetscErrorCode code = 0;
  PetscCall(sq_alloc(l->chunks.numbers, &block));
  sq_progress_begin(&progress, "import: looking", 0, l->chunks.pieces);
  for (int64_t round = 0; round < rounds; round++) {
    PetscCall(sq_run_obey(l->source.run, "import", l->chunks.pieces));
    PetscCall(sq_chunks_read(&l->chunks, round * grid->replicas + grid->replica));
    for (int64_t i = 0, r, q; !code && i < l->chunks.count; i++) {
      if (!sq_chunks_which(&l->chunks, i, &r, &q)) continue;
      sq_chunks_take(&l->chunks, i, block, wrapped);
      code = each(l, r * l->source.used + q, block);
    }
    PetscErrorCode worst;
    PetscCall(sq_worst_status(l->source.run->world, code, &worst));
    PetscCall(worst);
    if (sq_progress_due(&progress)) sq_progress_show(&progress, (round + 1) * grid->replicas, " ");
  }
  sq_free(&block);
  PetscFunctionReturn(0);
}

static PetscErrorCode set_up(sq_look *l)
{
  PetscFunctionBeginUser;
  const sq_import_source *s = &l->source;
  sq_action general;
  PetscCall(sq_chunks_create(s, &l->chunks));
  PetscCall(sq_run_grid_whole(s->run, s->run->extents, l->chunks.pieces, 128 * (double)l->chunks.numbers, 0, true,
                              &l->grid, &l->lattice));
  PetscCall(sq_obs_create(l->lattice, &s->action, &l->obs));
  PetscCall(sq_identity_create(l->lattice, &s->action, &l->identity[0]));
  if (sq_convention_general(&s->action, &general)) PetscCall(sq_identity_create(l->lattice, &general, &l->identity[1]));
  l->count = s->used * s->chains;
  l->infinite = l->strange = l->count;
  l->columns = sq_obs_columns(s->action.type);
  l->width = l->columns;
  for (int d = 0; d < SQ_LOOK_IDENTITIES; d++) l->width += l->identity[d].numbers;
  PetscCall(sq_alloc(l->width, &l->number));
  for (int w = 0; w < l->width; w++) PetscCall(sq_alloc(l->count, &l->number[w]));
  PetscCall(sq_alloc(l->count, &l->print));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_look_begin(const sq_run *run, sq_look *l)
{
  PetscFunctionBeginUser;
  *l = (sq_look){0};
  PetscCall(sq_import_open(run, &l->source));
  PetscCall(set_up(l));
  PetscCall(go_through(l, take, &l->wrapped));
  PetscCall(gather(l));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_look_again(sq_look *l)
{
  PetscFunctionBeginUser;
  const int first = l->columns, last = first + l->identity[0].numbers;
  int64_t wrapped = 0;
  for (int w = first; w < last; w++)
    for (int64_t i = 0; i < l->count; i++) l->number[w][i] = 0;
  PetscCall(go_through(l, take_again, &wrapped));
  PetscCall(gather_numbers(l, first, last));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_look_end(sq_look *l)
{
  PetscFunctionBeginUser;
  for (int w = 0; w < l->width; w++) sq_free(&l->number[w]);
  sq_free(&l->number);
  sq_free(&l->print);
  for (int d = 0; d < SQ_LOOK_IDENTITIES; d++) PetscCall(sq_identity_destroy(&l->identity[d]));
  PetscCall(sq_obs_destroy(&l->obs));
  sq_chunks_destroy(&l->chunks);
  PetscCall(sq_lattice_destroy(&l->lattice));
  PetscCall(sq_grid_destroy(&l->grid));
  sq_import_close(&l->source);
  PetscFunctionReturn(0);
}
