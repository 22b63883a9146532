/* inspect: what a file is, and whether all of it is sound, for any number of ranks and both kinds of file. */
#include "io_private.h"
#include <string.h>

/* What rank 0 found in a file. */
typedef struct {
  bool            is_records;
  sq_records_info info;
  char           *deck;
  sq_store       *header, *contents; /* contents: of a store, or the extras of a records file */
} inspected;

static PetscErrorCode new_stores(inspected *file)
{
  PetscFunctionBeginUser;
  PetscCall(sq_store_create("header", &file->header));
  PetscCall(sq_store_create("contents", &file->contents));
  PetscFunctionReturn(0);
}

static PetscErrorCode free_inspected(inspected *file)
{
  PetscFunctionBeginUser;
  sq_free(&file->deck);
  PetscCall(sq_store_destroy(&file->header));
  PetscCall(sq_store_destroy(&file->contents));
  PetscFunctionReturn(0);
}

/* Which of the two formats it is. */
static bool find_format(const char *path, bool *is_records, sq_io_status *status)
{
  const char *format = "";
  sq_store   *header = NULL;
  hid_t       file = sq_io_h5_open(path, false, status);
  if (file < 0) return false;
  bool fine = !sq_store_create("header", &header) && sq_io_header_read(file, NULL, header, status) &&
              sq_io_items_text(header, "format", SQ_IO_NAME, &format, status);
  *is_records = !strcmp(format, sq_io_records_format);
  sq_store_destroy(&header);
  return sq_io_h5_close(file, status) && fine;
}

static bool inspect(const char *path, inspected *file, sq_io_status *status)
{
  if (!find_format(path, &file->is_records, status)) return false;
  return file->is_records ? sq_io_layout_read(path, &file->info, &file->deck, file->header, file->contents, status)
                          : sq_io_store_load(path, NULL, file->header, file->contents, status);
}

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

static void print_records(const inspected *file, FILE *out)
{
  static const char *const line[] = {"kind", "extents", "action", "seed", "fingerprint", "code", "libraries", "ranks", "date"};
  for (size_t i = 0; i < sizeof line / sizeof *line; i++) print_text(file->header, line[i], out);
  fprintf(out, "groups\n");
  for (int g = 0; g < file->info.groups; g++) print_group(&file->info.group[g], out);
}

static void print_store(const inspected *file, FILE *out)
{
  static const char *const line[] = {"kind", "code", "libraries", "date"};
  for (size_t i = 0; i < sizeof line / sizeof *line; i++) print_text(file->header, line[i], out);
}

PetscErrorCode sq_file_info(const sq_grid *grid, const char *path, FILE *out)
{
  int          rank;
  inspected    file = {0};
  sq_io_status status = {.path = path};

  PetscFunctionBeginUser;
  PetscCallMPI(MPI_Comm_rank(grid->world, &rank));
  if (rank == 0) {
    PetscCall(new_stores(&file));
    if (inspect(path, &file, &status)) {
      fprintf(out, "%-12s %s\n%-12s %s\n", "file", path, "format", file.is_records ? sq_io_records_format : sq_io_store_format);
      (file.is_records ? print_records : print_store)(&file, out);
      if (file.contents->items) fprintf(out, "%s\n", file.is_records ? "beside them" : "values");
      for (int i = 0; i < file.contents->items; i++) print_item(&file.contents->item[i], out);
    }
    PetscCall(free_inspected(&file));
  }
  PetscCall(sq_io_agree(grid->world, &status));
  PetscFunctionReturn(0);
}

/* Reports on rank 0 and fails everywhere if anything is wrong. */
static PetscErrorCode report(MPI_Comm comm, const char *path, const sq_records_info *info, int64_t count, const sq_io_fault *faults, FILE *out)
{
  int          rank;
  int64_t      total = 0;
  sq_io_status status = {.path = path};

  PetscFunctionBeginUser;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  for (int g = 0; g < info->groups; g++) total += info->group[g].count;
  if (rank == 0) {
    for (int64_t i = 0; i < count; i++)
      fprintf(out, "%s[%lld] %s\n", info->group[faults[i].group].name, (long long)faults[i].index, sq_io_fault_text((sq_io_fault_kind)faults[i].kind));
    if (count == 0) fprintf(out, "%s: all %lld records are sound", path, (long long)total);
  }
  if (count > 0) sq_io_fail(&status, SQ_ERR_DATA, "%lld of %lld records are damaged or missing", (long long)count, (long long)total);
  PetscCall(sq_io_agree(comm, &status));
  PetscFunctionReturn(0);
}

/* One number for all records: equal for files with the same groups, fields and columns, whoever made them. */
static PetscErrorCode content(const sq_grid *grid, const char *path, uint64_t *sum)
{
  PetscFunctionBeginUser;
  sq_records *records;
  PetscCall(sq_records_open(grid, NULL, path, &records));
  *sum = 0;
  for (int g = 0; g < records->info.groups; g++) {
    int64_t   count = records->info.group[g].count;
    uint64_t *each;
    PetscCall(sq_alloc(count, &each));
    PetscCall(sq_records_checksums(records, g, each));
    for (int64_t i = 0; i < count; i++) *sum = (*sum ^ each[i]) * 0x9e3779b97f4a7c15u, *sum ^= *sum >> 32;
    sq_free(&each);
  }
  PetscCall(sq_records_close(&records));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_file_verify(const sq_grid *grid, const char *path, FILE *out)
{
  int          rank;
  int64_t      count;
  inspected    file = {0};
  sq_io_fault *faults;
  sq_io_status status = {.path = path};

  PetscFunctionBeginUser;
  PetscCallMPI(MPI_Comm_rank(grid->world, &rank));
  if (rank == 0) {
    PetscCall(new_stores(&file));
    inspect(path, &file, &status);
    PetscCall(free_inspected(&file));
  }
  PetscCall(sq_io_agree(grid->world, &status));
  PetscCallMPI(MPI_Bcast(&file.is_records, 1, MPI_C_BOOL, 0, grid->world));
  if (!file.is_records) {
    if (rank == 0) fprintf(out, "%s: all values are sound\n", path);
    PetscFunctionReturn(0);
  }
  PetscCallMPI(MPI_Bcast(&file.info, (int)sizeof file.info, MPI_BYTE, 0, grid->world));
  PetscCall(sq_io_check_records(grid->world, path, &file.info, &count, &faults));
  PetscErrorCode code = report(grid->world, path, &file.info, count, faults, out);
  uint64_t sum = 0;
  sq_free(&faults);
  PetscCall(code);
  PetscCall(content(grid, path, &sum));
  if (rank == 0) fprintf(out, "; content %016llx\n", (unsigned long long)sum);
  PetscFunctionReturn(0);
}
