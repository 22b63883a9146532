/* SPDX-License-Identifier: BSD-3-Clause */
/* A run: the deck, its files, the process grids of its stages. */
#include "src/run/run.h"
#include <math.h>
#include <string.h>

/* That of a library, if the deck names one: it declares parameters of the deck. */
static PetscErrorCode load_theory(MPI_Comm world, const char *deck, int count, const char *const *overrides)
{
  PetscFunctionBeginUser;
  char *library;
  PetscCall(sq_action_library_of(world, deck, count, overrides, &library));
  if (!library) PetscFunctionReturn(0);
  PetscErrorCode code = sq_action_load(world, library);
  sq_free(&library);
  PetscCall(code);
  PetscFunctionReturn(0);
}

/* One that has no deck yet. */
static PetscErrorCode begin(MPI_Comm world, sq_run **run)
{
  PetscFunctionBeginUser;
  sq_run *r;
  PetscCall(sq_alloc(1, &r));
  PetscCall(sq_alloc(1, &r->kept));
  PetscCall(sq_alloc(1, &r->answers));
  PetscCall(sq_door_create(&r->door));
  r->world = world;
  r->began = sq_now();
  PetscCallMPI(MPI_Comm_size(world, &r->size));
  *run = r;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_create(MPI_Comm world, const char *deck, int count, const char *const *overrides, sq_run **run)
{
  PetscFunctionBeginUser;
  const sq_param *tables[SQ_DECK_TABLES];
  PetscCall(begin(world, run));
  PetscCall(load_theory(world, deck, count, overrides));
  sq_deck_tables(tables);
  PetscCall(sq_deck_read(world, deck, tables, count, overrides, &(*run)->deck));
  PetscCall(sq_run_from_deck(*run));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_of_text(MPI_Comm world, const char *name, const char *text, int count,
                              const char *const *overrides, sq_run **run)
{
  PetscFunctionBeginUser;
  const sq_param *tables[SQ_DECK_TABLES];
  PetscCall(begin(world, run));
  sq_deck_tables(tables);
  PetscCall(sq_deck_parse(world, name, text, tables, count, overrides, &(*run)->deck));
  PetscCall(sq_run_from_deck(*run));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_of_directory(MPI_Comm world, const char *directory, sq_run **run)
{
  PetscFunctionBeginUser;
  char deck[SQ_PATH], place[SQ_PATH];
  const char *const overrides[] = {"-run_dir", place};
  snprintf(place, sizeof place, "%.900s", directory);
  snprintf(deck, sizeof deck, "%.900s/deck.yaml", directory);
  PetscCall(sq_run_create(world, deck, 2, overrides, run));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_destroy(sq_run **run)
{
  PetscFunctionBeginUser;
  if (!*run) PetscFunctionReturn(0);
  PetscCall(sq_deck_destroy(&(*run)->deck));
  sq_door_destroy(&(*run)->door);
  if ((*run)->kept->destroy) (*run)->kept->destroy(&(*run)->kept->object);
  sq_free(&(*run)->kept);
  sq_run_forget_answers(*run);
  sq_free(run);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_as(const sq_run *run, sq_form form, sq_run *view)
{
  PetscFunctionBeginUser;
  *view = *run;
  PetscCall(sq_action_as(&run->action, form, &view->action));
  PetscFunctionReturn(0);
}

void sq_run_action_of(const sq_run *run, const char *description, sq_action *action)
{
  const sq_action_type *type = sq_action_described(description);
  *action = run->action;
  if (type && sq_action_theory(type) == sq_action_theory(run->action.type)) action->type = type;
}

PetscErrorCode sq_run_write(const sq_run *run, const char *name, sq_text *text)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  PetscCall(sq_run_accept(run));
  sq_run_path(run, name, path);
  PetscCall(sq_write_text(run->world, path, text->text));
  sq_text_clear(text);
  PetscFunctionReturn(0);
}

uint64_t sq_run_fingerprint(const sq_run *run, const char *const *sections)
{
  return sq_fingerprint_join(sq_deck_fingerprint(run->deck, sections), run->seed + 1, SQ_PART_SEED);
}

uint64_t sq_run_fingerprint_step(const sq_run *run, const char *const *sections, double eps)
{
  uint64_t bits;
  memcpy(&bits, &eps, sizeof bits);
  return sq_fingerprint_join(sq_run_fingerprint(run, sections), bits, SQ_PART_SEED);
}

/* Fails, naming the numbers of ranks that can share it. */
static PetscErrorCode cannot_share(const sq_run *run, const sq_sharing *sharing, const char *extents)
{
  PetscFunctionBeginUser;
  int replicas, listed = 0;
  int64_t step;
  char counts[256] = "none";
  size_t used = 0;
  for (int n = run->size - 1; n >= 1 && listed < 12; n--)
    if (sq_sharing_choose(sharing, n, &replicas, &step))
      used += (size_t)snprintf(counts + used, sizeof counts - used, "%s%d", listed++ ? ", " : "", n);
  SqFail(run->world, SQ_ERR_INPUT,
         "%d ranks cannot be used for %lld independent lattice%s of %s sites%s%s; these numbers of ranks can: %s",
         run->size, (long long)sharing->independent, sharing->independent > 1 ? "s" : "", extents,
         sharing->whole ? " that may not be cut" : "",
         sq_deck_given(run->deck, "parallel", "replicas") ? " with parallel.replicas as given" : "", counts);
}

PetscErrorCode sq_run_grid(const sq_run *run, const int64_t extents[], int64_t independent, double bytes, int64_t grain,
                           sq_grid **grid, sq_lattice **lattice)
{
  PetscFunctionBeginUser;
  PetscCall(sq_run_grid_whole(run, extents, independent, bytes, grain, false, grid, lattice));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_grid_whole(const sq_run *run, const int64_t extents[], int64_t independent, double bytes,
                                 int64_t grain, bool whole, sq_grid **grid, sq_lattice **lattice)
{
  PetscFunctionBeginUser;
  const sq_sharing sharing = {.dim = run->dim,
                              .extent = extents,
                              .independent = independent,
                              .bytes = bytes,
                              .grain = grain,
                              .tile = SQ_NN_TILE * grain,
                              .replicas = run->replicas,
                              .whole = whole};
  int replicas;
  char text[64];
  int64_t step = PetscMax(grain, 1);
  sq_extents_text(run->dim, extents, text, sizeof text);
  for (int i = 0; i < run->dim; i++)
    SqCheck(extents[i] % step == 0, run->world, SQ_ERR_INPUT,
            "%s sites: the model works on cells of %lld sites a side, so every extent must be a multiple of %lld "
            "(model.levels: n makes cells of 2^(n-1) sites; a coupling flow that was made for even extents has cells "
            "of 2)",
            text, (long long)step, (long long)step);
  if (!sq_sharing_choose(&sharing, run->size, &replicas, &step)) PetscCall(cannot_share(run, &sharing, text));
  PetscCall(sq_grid_create(run->world, replicas, grid));
  PetscCall(sq_lattice_create_aligned((*grid)->domain, run->dim, extents, step, NULL, lattice));
  PetscFunctionReturn(0);
}
