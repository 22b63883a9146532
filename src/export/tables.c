/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of a run with units: cell by cell in one file, the meaning of columns in another. Cells stay as they are
 * written, those in quotes too; every line must have as many as the first. */
#include "src/export/tables.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS = 64 };

/* One table of the run on its way into the files. */
typedef struct {
  const char *name;          /* without .csv */
  char *text;                /* owned */
  const char *column[CELLS]; /* in the text, like cells */
  int columns;
  sq_out *cells, *meanings, *measure; /* measure: NULL for all but that table */
} table;

static PetscErrorCode read_text(const char *path, char **text)
{
  PetscFunctionBeginUser;
  FILE *in = fopen(path, "rb");
  SqCheck(in, MPI_COMM_SELF, SQ_ERR_DATA, "%s cannot be read", path);
  long size = fseek(in, 0, SEEK_END) ? -1 : ftell(in);
  rewind(in);
  PetscErrorCode code = sq_alloc(PetscMax(size, 0) + 1, text);
  bool whole = !code && size >= 0 && fread(*text, 1, (size_t)size, in) == (size_t)size;
  fclose(in);
  PetscCall(code);
  if (whole && strlen(*text) == (size_t)size) PetscFunctionReturn(0);
  sq_free(text);
  SqFail(MPI_COMM_SELF, SQ_ERR_DATA, "%s cannot be read, or is no text", path);
}

/* Cuts a line at commas that are not in quotes; how many cells it has, of which CELLS are kept. */
static int cut(char *line, const char *cell[CELLS])
{
  int n = 1;
  bool quoted = false;
  cell[0] = line;
  for (; *line; line++) {
    if (*line == '"') quoted = !quoted;
    if (*line != ',' || quoted) continue;
    *line = 0;
    if (n < CELLS) cell[n] = line + 1;
    n++;
  }
  return n;
}

static void add_meaning(sq_out *out, const char *of, const char *name)
{
  const sq_export_unit *u = sq_export_unit_of(of, name);
  sq_out_print(out, ",%s,\"%s\"", u ? u->unit : "", u ? u->meaning : "");
}

static void add_head(table *t)
{
  for (int c = 0; c < t->columns; c++) {
    sq_out_print(t->meanings, "%s,%s", t->name, t->column[c]);
    add_meaning(t->meanings, t->name, t->column[c]);
    sq_out_print(t->meanings, "\n");
    if (t->measure) sq_out_print(t->measure, "%s,", t->column[c]);
  }
  if (t->measure) sq_out_print(t->measure, "unit,meaning\n");
}

static void add_row(table *t, long long row, const char *const cell[])
{
  const char *observable = "";
  for (int c = 0; c < t->columns; c++) {
    const sq_export_unit *u = sq_export_unit_of(t->name, t->column[c]);
    sq_out_print(t->cells, "%s,%lld,%s,%s,%s\n", t->name, row, t->column[c], cell[c], u ? u->unit : "");
    if (t->measure) sq_out_print(t->measure, "%s%s", c ? "," : "", cell[c]);
    if (!strcmp(t->column[c], "observable")) observable = cell[c];
  }
  if (!t->measure) return;
  add_meaning(t->measure, t->name, observable);
  sq_out_print(t->measure, "\n");
}

static PetscErrorCode convert(table *t, const char *path)
{
  PetscFunctionBeginUser;
  const char *cell[CELLS];
  char *next;
  long long row = -1;
  for (char *line = t->text; *line; line = next, row++) {
    char *end = strchr(line, '\n');
    next = end ? end + 1 : strchr(line, 0);
    if (end) *end = 0;
    const int cells = cut(line, row < 0 ? t->column : cell);
    if (row < 0) t->columns = cells;
    SqCheck(cells == t->columns && cells <= CELLS, MPI_COMM_SELF, SQ_ERR_DATA,
            "%s is no table: its line %lld has %d cells, its first one has %d names (%d at most)", path, row + 2, cells,
            t->columns, CELLS);
    if (row < 0) add_head(t);
    else add_row(t, row, cell);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode add_table(const char *directory, const char *file, sq_out *cells, sq_out *meanings,
                                sq_out *measure)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH], name[SQ_PATH];
  snprintf(path, sizeof path, "%.800s/%.200s", directory, file);
  snprintf(name, sizeof name, "%.*s", (int)(strlen(file) - strlen(".csv")), file);
  table t = {
    .name = name, .cells = cells, .meanings = meanings, .measure = strcmp(file, "measure.csv") ? NULL : measure};
  PetscCall(read_text(path, &t.text));
  PetscErrorCode code = convert(&t, path);
  sq_free(&t.text);
  PetscCall(code);
  PetscFunctionReturn(0);
}

static int is_table(const struct dirent *entry)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  const size_t length = strlen(entry->d_name);
  return length > 4 && length < 100 && strspn(entry->d_name, plain) == length &&
         !strcmp(entry->d_name + length - 4, ".csv");
}

static PetscErrorCode open_in(const char *directory, const char *name, const char *head, sq_out *out)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  snprintf(path, sizeof path, "%.900s/%s", directory, name);
  PetscCall(sq_out_open(path, false, out));
  sq_out_print(out, "%s", head);
  PetscFunctionReturn(0);
}

static PetscErrorCode write(const sq_export *e, int count, struct dirent **entry)
{
  PetscFunctionBeginUser;
  sq_out out[3] = {{{0}}};
  bool measured = false;
  PetscErrorCode code = open_in(e->to, "tables.csv", "table,row,column,value,unit\n", &out[0]);
  if (!code) code = open_in(e->to, "columns.csv", "table,column,unit,meaning\n", &out[1]);
  for (int i = 0; i < count; i++) measured = measured || !strcmp(entry[i]->d_name, "measure.csv");
  if (!code && measured) code = open_in(e->to, "measure.csv", "", &out[2]);
  for (int i = 0; i < count && !code; i++) code = add_table(e->from, entry[i]->d_name, &out[0], &out[1], &out[2]);
  for (int i = 0; i < 3; i++) {
    PetscErrorCode closing = sq_out_close(&out[i], code);
    if (!code) code = closing;
  }
  PetscCall(code);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_export_tables(const sq_export *e)
{
  PetscFunctionBeginUser;
  struct dirent **entry = NULL;
  const int count = scandir(e->from, &entry, is_table, alphasort);
  PetscErrorCode code = count > 0 ? write(e, count, entry) : 0;
  for (int i = 0; i < count; i++) free(entry[i]);
  free(entry);
  PetscCall(code);
  PetscFunctionReturn(0);
}
