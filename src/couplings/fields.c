/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields of all couplings that a model learns at, one coupling after the other. */
#include "src/couplings/couplings.h"
#include "src/ensemble/load.h"
#include <string.h>

static PetscErrorCode need_ensemble(const sq_run *run, const char *path)
{
  PetscFunctionBeginUser;
  bool there;
  PetscCall(sq_file_exists(run->world, path, &there));
  SqCheck(there, run->world, SQ_ERR_INPUT, "there is no %s to learn from: run `squall scan` first", path);
  PetscFunctionReturn(0);
}

/* Puts the fields of a place behind those of the places before it; the first place says how many each has. */
static PetscErrorCode keep(int place, int places, int64_t numbers, int64_t count, const double *blocks, sq_dataset *all)
{
  PetscFunctionBeginUser;
  if (place == 0) {
    all->count = count * places;
    PetscCall(sq_alloc(all->count * numbers, &all->blocks));
  }
  PetscCheck(count * places == all->count, PETSC_COMM_SELF, PETSC_ERR_PLIB, "ensembles of one deck differ in length");
  if (count) memcpy(all->blocks + place * count * numbers, blocks, (size_t)(count * numbers) * sizeof *blocks);
  PetscFunctionReturn(0);
}

static PetscErrorCode load_place(const sq_run *part, const sq_grid *grid, const sq_lattice *lattice, int64_t most,
                                 int64_t count[2], double *blocks[2])
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  sq_run_ensemble(part, path);
  PetscCall(need_ensemble(part, path));
  PetscCall(sq_load_ensemble(part, grid, lattice, path, most, count, blocks));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_couplings_load(const sq_run *run, const sq_scan *scan, const sq_grid *grid, const sq_lattice *lattice,
                                 int64_t most, sq_dataset *training, sq_dataset *testing)
{
  PetscFunctionBeginUser;
  const int places = sq_scan_places(scan);
  const int64_t numbers = sq_action_components(&run->action) * lattice->local_volume;
  for (int k = 0; k < places; k++) {
    int64_t count[2];
    double *blocks[2];
    sq_action action;
    sq_run *part;
    sq_scan_action(scan, &run->action, k, &action);
    PetscCall(sq_coupling_run(run, &action, &part));
    PetscCall(load_place(part, grid, lattice, most, count, blocks));
    PetscCall(sq_run_destroy(&part));
    PetscCall(keep(k, places, numbers, count[SQ_TRAINING], blocks[SQ_TRAINING], training));
    PetscCall(keep(k, places, numbers, count[SQ_TESTING], blocks[SQ_TESTING], testing));
    for (int i = 0; i < 2; i++) sq_free(&blocks[i]);
  }
  PetscFunctionReturn(0);
}
