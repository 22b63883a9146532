/* SPDX-License-Identifier: BSD-3-Clause */
/* Which file an ensemble was made of: its size, and a hash of pieces all over it, stand in the last line of the deck
 * that ensemble.h5 keeps. Cheap to look at again, however large the file is; a change between the pieces is not
 * noticed. */
#include "src/import/import.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char head[] = "# made of a file of ";

/* "N bytes, sample HASH"; "" where the file cannot be read. */
static void look_at(const char *path, char text[SQ_IMPORT_ORIGIN])
{
  enum { PIECES = 64, PIECE = 4096 };
  unsigned char piece[PIECE];
  struct stat about;
  uint64_t hash = 0x9e3779b97f4a7c15u;
  text[0] = 0;
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return;
  bool fine = !fstat(file, &about) && S_ISREG(about.st_mode);
  for (int i = 0; i < PIECES && fine; i++) {
    const int64_t last = PetscMax(0, (int64_t)about.st_size - PIECE), at = last / (PIECES - 1) * i;
    const ssize_t got = pread(file, piece, PIECE, i == PIECES - 1 ? last : at);
    fine = got >= 0;
    for (ssize_t k = 0; k < got; k++) hash = (hash ^ piece[k]) * 0x100000001b3u;
  }
  close(file);
  if (fine)
    snprintf(text, SQ_IMPORT_ORIGIN, "%s%lld bytes, sample %016llx", head, (long long)about.st_size,
             (unsigned long long)hash);
}

PetscErrorCode sq_import_origin(const sq_run *run, const char *path, char text[SQ_IMPORT_ORIGIN])
{
  PetscFunctionBeginUser;
  int rank;
  PetscCallMPI(MPI_Comm_rank(run->world, &rank));
  if (rank == 0) look_at(path, text);
  PetscCallMPI(MPI_Bcast(text, SQ_IMPORT_ORIGIN, MPI_CHAR, 0, run->world));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_import_compare(const sq_run *run, const char *path)
{
  PetscFunctionBeginUser;
  sq_import_settings set;
  sq_records_info info;
  char *deck, now[SQ_IMPORT_ORIGIN];
  PetscCall(sq_import_settings_from_deck(run->deck, &set));
  PetscCall(sq_import_origin(run, set.source.path, now));
  PetscCall(sq_file_about(run->world, path, &info, &deck));
  const char *then = strstr(deck, head);
  if (now[0] && then && strncmp(then, now, strlen(now)) != 0)
    sq_warn("import: %s has CHANGED since %s was made of it, which stays as it was: remove it and what was learned "
            "from "
            "it, or import into another run.dir",
            set.source.path, path);
  sq_free(&deck);
  PetscFunctionReturn(0);
}
