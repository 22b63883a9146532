/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading of single ensembles for commands on many: the first group of a file, what its verdicts say, and
 * the files of the couplings of a run. */
#include "src/scan/scan.h"
#include "src/verdict/verdict.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static PetscErrorCode check_kind(MPI_Comm world, const char *path, const char *kind)
{
  PetscFunctionBeginUser;
  sq_records_info about;
  char *deck;
  PetscCall(sq_file_about(world, path, &about, &deck));
  sq_free(&deck);
  SqCheck(!kind || !strcmp(about.kind, kind), world, SQ_ERR_DATA,
          "%s is a file of kind %s, and must be one of kind %s: it does not belong here", path, about.kind, kind);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_scan_read(MPI_Comm world, const char *path, const char *kind, sq_ensemble *ensemble, int64_t *fields)
{
  PetscFunctionBeginUser;
  sq_ensemble e[SQ_IO_GROUPS] = {0};
  int groups;
  PetscCall(check_kind(world, path, kind));
  PetscCall(sq_ensembles_read(world, path, e, &groups));
  *ensemble = e[0];
  if (fields) *fields = e[0].count;
  for (int g = 1; g < groups; g++) {
    if (fields) *fields += e[g].count;
    sq_ensemble_free(&e[g]);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_scan_warn(const sq_ensemble *e, const char *command)
{
  PetscFunctionBeginUser;
  sq_verdicts v = {0};
  PetscCall(sq_verdicts_judge(NULL, e, 1, &v));
  for (int i = 0; i < v.count; i++)
    if (!v.row[i].passed) sq_warn("%s: %s: %s", command, e->where, v.row[i].sentence);
  sq_verdicts_clear(&v);
  PetscFunctionReturn(0);
}

/* ---- the couplings of a run ---- */

static int is_place(const struct dirent *entry)
{
  return entry->d_name[0] != '.';
}

/* Adds those of a directory that have the file, as long as there is room; count: of all. */
static void look(const char *couplings, const char *name, sq_places *places)
{
  struct dirent **entry = NULL;
  const int count = scandir(couplings, &entry, is_place, alphasort);
  for (int i = 0; i < count; i++) {
    char path[SQ_PATH];
    const int length = snprintf(path, sizeof path, "%s/%s/%s", couplings, entry[i]->d_name, name);
    if (length < SQ_PATH && access(path, F_OK) == 0 && places->count++ < SQ_PLACES_MOST)
      memcpy(places->path[places->count - 1], path, sizeof path);
    free(entry[i]);
  }
  free(entry);
}

PetscErrorCode sq_places_find(MPI_Comm world, const char *directory, const char *name, sq_places *places)
{
  PetscFunctionBeginUser;
  char couplings[SQ_PATH];
  int rank;
  *places = (sq_places){0};
  PetscCallMPI(MPI_Comm_rank(world, &rank));
  PetscCall(sq_alloc(SQ_PLACES_MOST, &places->path));
  snprintf(couplings, sizeof couplings, "%.700s/couplings", directory);
  if (rank == 0) look(couplings, name, places);
  PetscCallMPI(MPI_Bcast(&places->count, 1, MPI_INT, 0, world));
  const bool many = places->count > SQ_PLACES_MOST;
  if (many) sq_places_clear(places);
  SqCheck(!many, world, SQ_ERR_INPUT, "%s has more than %d couplings", couplings, SQ_PLACES_MOST);
  PetscCallMPI(MPI_Bcast(places->path, places->count * SQ_PATH, MPI_CHAR, 0, world));
  PetscFunctionReturn(0);
}

void sq_places_clear(sq_places *places)
{
  sq_free(&places->path);
  places->count = 0;
}
