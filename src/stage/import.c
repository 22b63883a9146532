/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage import: configurations of another program -> ensemble.h5 (groups training, testing). */
#include "src/import/import.h"
#include "src/plan/plan.h"
#include "src/stage/stage.h"
#include "src/verdict/verdict.h"

static const char *const sections[] = {"lattice", "action", "ensemble", NULL};

static PetscErrorCode make(sq_run *run)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  bool finished;
  const uint64_t fingerprint = sq_run_fingerprint(run, sections);
  sq_run_path(run, "ensemble.h5", path);
  PetscCall(sq_run_finished(run, path, "import", fingerprint, &finished));
  if (finished) PetscCall(sq_import_compare(run, path));
  if (finished) PetscFunctionReturn(0);
  PetscCall(sq_import_make(run, path, fingerprint));
  PetscCall(sq_verdict_table(run, path));
  PetscFunctionReturn(0);
}

/* Whether the array is there, and has the shape. */
static PetscErrorCode fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  bool made;
  int64_t training, testing;
  sq_run_path(run, "ensemble.h5", path);
  PetscCall(sq_file_exists(run->world, path, &made)); /* then the array may be gone */
  if (!made) PetscCall(sq_import_count(run, &training, &testing));
  PetscFunctionReturn(0);
}

static PetscErrorCode plan(const sq_run *run, sq_budget *budget)
{
  PetscFunctionBeginUser;
  int64_t training, testing;
  const double numbers = sq_volume(run->padded) * sq_action_components(&run->action);
  PetscCall(sq_import_count(run, &training, &testing));
  if (!budget->quiet)
    sq_info("  import  %lld configurations for training, %lld held out", (long long)training, (long long)testing);
  sq_budget_records(budget, "ensemble.h5", (double)(training + testing), numbers, 2 + sq_obs_columns(run->action.type));
  PetscFunctionReturn(0);
}

static const sq_option words[] = {
  {"FILE", NULL, "the array: FILE, or FILE:NAME of an HDF5 dataset or group, or of a member of an npz",
   .key = "ensemble.file"},
  {"--axes", "WORDS", "what its axes are, such as \"n x y\"", .key = "ensemble.axes"},
  {"--chains", "N", "independent Markov chains of equal length", .key = "ensemble.chains"},
  {"--test", "N", "configurations held out, the last of the chains", .key = "ensemble.test"},
  {"--skip", "N", "configurations left out at the beginning of every chain", .key = "ensemble.skip"},
  {0}};

const sq_stage sq_import_stage = {.command = {.name = "import",
                                              .usage = "DECK [FILE[:NAME]]",
                                              .options = words,
                                              .summary = "make an ensemble of configurations of another program: npy, "
                                                         "npz, HDF5, raw binary",
                                              .sections = SQ_DECK("run", "lattice", "action", "parallel", "ensemble"),
                                              .params = SQ_TABLES(sq_import_params),
                                              .make = make},
                                  .section = "ensemble",
                                  .fits = fits,
                                  .done_file = "ensemble.h5",
                                  .products = SQ_PRODUCTS({"ensemble.h5", "ensemble", sections}),
                                  .plan = plan};
