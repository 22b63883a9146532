/* SPDX-License-Identifier: BSD-3-Clause */
/* What earlier starts left: whether a stage's file is there and whole, and its checkpoint. */
#include "src/run/input.h"
#include <string.h>

/* What an interrupted stage left of the file: refused here, before anything else is written, if it is of another deck.
 */
static PetscErrorCode check_part(const sq_run *run, const char *path)
{
  PetscFunctionBeginUser;
  char part[SQ_PATH + 8];
  bool there;
  snprintf(part, sizeof part, "%s.part", path);
  PetscCall(sq_file_exists(run->world, part, &there));
  if (there) PetscCall(sq_input_check_own(run, part));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_finished_or_shorter(const sq_run *run, const char *path, const char *stage, uint64_t fingerprint,
                                          uint64_t stream, int64_t count, bool *finished, bool *shorter)
{
  PetscFunctionBeginUser;
  sq_records_info about = {0};
  int64_t has = 0;
  *shorter = false;
  PetscCall(sq_file_exists(run->world, path, finished));
  if (!*finished) PetscCall(check_part(run, path));
  if (!*finished) PetscFunctionReturn(0);
  PetscCall(sq_run_about(run, path, &about));
  for (int g = 0; g < about.groups; g++) has += about.group[g].count;
  *shorter = about.fingerprint != fingerprint && about.streams.own == stream && has < count;
  *finished = !*shorter;
  if (*shorter) {
    PetscCall(check_part(run, path));
    sq_info("%s: %s has %lld of %lld and is extended; it stays as it is until the longer one is whole", stage, path,
            (long long)has, (long long)count);
  } else PetscCall(sq_run_finished(run, path, stage, fingerprint, finished));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_finished(const sq_run *run, const char *path, const char *stage, uint64_t fingerprint,
                               bool *finished)
{
  PetscFunctionBeginUser;
  uint64_t theirs;
  PetscCall(sq_file_exists(run->world, path, finished));
  if (!*finished) PetscCall(check_part(run, path));
  if (!*finished) PetscFunctionReturn(0);
  PetscCall(sq_run_fingerprint_of(run, path, &theirs));
  PetscCall(sq_run_same_deck(run, path, theirs == fingerprint));
  sq_info("%s: finished before, %s is kept", stage, path);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_same_deck(const sq_run *run, const char *path, bool same)
{
  PetscFunctionBeginUser;
  bool there = false; /* only the one before it may be left of a checkpoint */
  if (!same) PetscCall(sq_file_exists(run->world, path, &there));
  if (there) PetscCall(sq_input_check_own(run, path)); /* names the key */
  SqCheck(same, run->world, SQ_ERR_INPUT,
          "%s was made of other files than those that are here now, or by another version's rules: choose another "
          "run.dir, or move it away to make it anew",
          path);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_checkpoint_create(const sq_run *run, uint64_t fingerprint, sq_store **store)
{
  PetscFunctionBeginUser;
  char *deck;
  PetscCall(sq_store_create("checkpoint", store));
  PetscCall(sq_store_put_int(*store, "fingerprint", (int64_t)fingerprint));
  PetscCall(sq_deck_text_of(run->deck, NULL, false, &deck));
  PetscCall(sq_store_put_text(*store, "deck", deck));
  sq_free(&deck);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_read_checkpoint(const sq_run *run, const char *path, const char *kind, bool previous,
                                      uint64_t fingerprint, sq_store **store, bool *found)
{
  PetscFunctionBeginUser;
  int64_t theirs;
  PetscCall(sq_store_read(run->world, path, kind, previous, store, found));
  if (!*found) PetscFunctionReturn(0);
  PetscCall(sq_store_int(*store, "fingerprint", &theirs));
  PetscCall(sq_run_same_deck(run, path, (uint64_t)theirs == fingerprint));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_remove_checkpoint(const sq_run *run, const char *path)
{
  PetscFunctionBeginUser;
  char previous[SQ_PATH];
  snprintf(previous, sizeof previous, "%.1000s.1", path);
  PetscCall(sq_file_remove(run->world, path));
  PetscCall(sq_file_remove(run->world, previous));
  PetscFunctionReturn(0);
}
