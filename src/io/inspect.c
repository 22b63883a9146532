/* SPDX-License-Identifier: BSD-3-Clause */
/* inspect: says what a file is, both kinds of file. */
#include "io_private.h"
#include <string.h>

static void print_text(const sq_store *header, const char *name, FILE *out)
{
  const sq_item *item = sq_io_item_find(header, name);
  if (item && item->type == SQ_ITEM_TEXT) fprintf(out, "%-12s %s\n", name, (const char *)item->data);
}

static void print_item(const sq_item *item, FILE *out)
{
  fprintf(out, "  %-24s ", item->name);
  if (item->type == SQ_ITEM_TEXT) {
    const char *text = item->data;
    fprintf(out, "%.100s%s\n", text, strlen(text) > 100 ? "..." : "");
  } else if (item->type == SQ_ITEM_INT) fprintf(out, "%lld\n", (long long)*(const int64_t *)item->data);
  else if (item->type == SQ_ITEM_REAL) fprintf(out, "%.17g\n", *(const double *)item->data);
  else {
    char text[96];
    sq_extents_text(item->rank, item->shape, text, sizeof text);
    fprintf(out, "%s %s\n", text, item->type == SQ_ITEM_REALS ? "numbers" : "integers");
  }
}

static void print_group(const sq_record_group *group, FILE *out)
{
  fprintf(out, "  %-12s %lld records; columns:", group->name, (long long)group->count);
  for (int c = 0; c < group->columns; c++) fprintf(out, " %s", group->column[c]);
  fprintf(out, "%s\n", group->columns ? "" : " none");
}

static void print_records(const sq_io_inspected *file, FILE *out)
{
  static const char *const line[] = {"kind",   "extents", "action",    "seed",  "fingerprint",
                                     "stream", "code",    "libraries", "ranks", "date"};
  for (size_t i = 0; i < sizeof line / sizeof *line; i++) print_text(file->header, line[i], out);
  if (file->info.components > 1) fprintf(out, "%-12s %d\n", "components", file->info.components);
  fprintf(out, "groups\n");
  for (int g = 0; g < file->info.groups; g++) print_group(&file->info.group[g], out);
}

static void print_store(const sq_io_inspected *file, FILE *out)
{
  static const char *const line[] = {"kind", "code", "libraries", "date"};
  for (size_t i = 0; i < sizeof line / sizeof *line; i++) print_text(file->header, line[i], out);
}

static bool print_file(const char *path, FILE *out, sq_io_status *status)
{
  sq_io_inspected file;
  bool fine = sq_io_inspect(path, true, &file, status);
  if (fine) {
    fprintf(out, "%-12s %s\n%-12s %s\n", "file", path, "format",
            file.is_records ? sq_io_records_format : sq_io_store_format);
    (file.is_records ? print_records : print_store)(&file, out);
    if (file.contents->items) fprintf(out, "%s\n", file.is_records ? "beside them" : "values");
    for (int i = 0; i < file.contents->items; i++) print_item(&file.contents->item[i], out);
  }
  sq_io_inspected_free(&file);
  return fine;
}

PetscErrorCode sq_file_info(const sq_grid *grid, const char *path, FILE *out)
{
  PetscFunctionBeginUser;
  int rank;
  sq_io_status status = {.path = path};

  PetscCallMPI(MPI_Comm_rank(grid->world, &rank));
  if (rank == 0) print_file(path, out, &status);
  PetscCall(sq_io_agree(grid->world, &status));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_file_info_alone(const char *path, FILE *out, char *message, size_t size)
{
  sq_io_status status = {.path = path};
  print_file(path, out, &status);
  snprintf(message, size, "%s", status.text);
  return status.code;
}

/* ---- what a file says of itself ---- */

static const char *text_in(const sq_store *store, const char *name)
{
  const sq_item *item = sq_io_item_find(store, name);
  return item && item->type == SQ_ITEM_TEXT ? item->data : "";
}

/* A store as records without groups. */
static void about_store(const sq_io_inspected *file, sq_records_info *info)
{
  const sq_item *print = sq_io_item_find(file->contents, "fingerprint");
  *info = (sq_records_info){0};
  snprintf(info->kind, sizeof info->kind, "%s", file->contents->kind);
  snprintf(info->action, sizeof info->action, "%s", text_in(file->contents, "action"));
  if (print && print->type == SQ_ITEM_INT) memcpy(&info->fingerprint, print->data, sizeof info->fingerprint);
}

/* A file in the making may have been left by a kill while it was completed: it is put back to before. */
static bool before_publishing(const char *path, sq_io_status *status)
{
  return !sq_io_in_the_making(path) || sq_io_undo_restore(path, status);
}

/* The deck is the caller's. The numbers beside records are not read. */
static bool about(const char *path, sq_records_info *info, char **deck, sq_io_status *status)
{
  sq_io_inspected file;
  bool fine = sq_io_inspect(path, false, &file, status);
  *deck = NULL;
  if (fine && file.is_records) {
    *info = file.info;
    *deck = file.deck;
    file.deck = NULL;
  } else if (fine) {
    const char *text = text_in(file.contents, "deck");
    about_store(&file, info);
    if (sq_alloc(strlen(text) + 1, deck)) fine = sq_io_fail(status, PETSC_ERR_MEM, "no memory");
    else memcpy(*deck, text, strlen(text) + 1);
  }
  sq_io_inspected_free(&file);
  return fine;
}

PetscErrorCode sq_file_about(MPI_Comm comm, const char *path, sq_records_info *info, char **deck)
{
  PetscFunctionBeginUser;
  int rank, length = 0;
  sq_io_status status = {.path = path};

  *deck = NULL;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0 && before_publishing(path, &status) && about(path, info, deck, &status))
    length = (int)strlen(*deck) + 1;
  PetscCall(sq_io_agree(comm, &status));
  PetscCallMPI(MPI_Bcast(info, (int)sizeof *info, MPI_BYTE, 0, comm));
  info->deck = NULL;
  PetscCallMPI(MPI_Bcast(&length, 1, MPI_INT, 0, comm));
  if (rank) PetscCall(sq_alloc(length, deck));
  PetscCallMPI(MPI_Bcast(*deck, length, MPI_CHAR, 0, comm));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_file_deck_alone(const char *path, FILE *out, char *message, size_t size)
{
  sq_io_status status = {.path = path};
  sq_records_info info;
  char *deck = NULL;
  if (about(path, &info, &deck, &status) && !deck[0]) sq_io_fail(&status, SQ_ERR_DATA, "keeps no deck");
  if (!status.code) fprintf(out, "# of %s\n%s", path, deck);
  sq_free(&deck);
  snprintf(message, size, "%s", status.text);
  return status.code;
}
