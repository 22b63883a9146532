/* SPDX-License-Identifier: BSD-3-Clause */
/* CSV tables. A table that is written is text that grows, checked against the names of its columns. One that is read
 * is its text, cut into cells where it stands. */
#include "src/run/table.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

PetscErrorCode sq_table_begin(const sq_column *columns, sq_table *t)
{
  PetscFunctionBeginUser;
  *t = (sq_table){.column = columns};
  for (const sq_column *c = columns; c->name; c++)
    PetscCall(sq_text_add(&t->text, "%s%s", c == columns ? "" : ",", c->name));
  PetscCall(sq_text_add(&t->text, "\n"));
  PetscFunctionReturn(0);
}

static const sq_cell *find_cell(const sq_cell *row, const char *name)
{
  while (row->column && strcmp(row->column, name)) row++;
  return row->column ? row : NULL;
}

PetscErrorCode sq_table_add(sq_table *t, const sq_cell *row)
{
  PetscFunctionBeginUser;
  int cells = 0, columns = 0;
  for (const sq_column *c = t->column; c->name; c++, columns++) {
    const sq_cell *cell = find_cell(row, c->name);
    PetscCheck(cell && (cell->word || strcmp(c->format, "%s")), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "no cell of its kind for column %s", c->name);
    if (columns) PetscCall(sq_text_add(&t->text, ","));
    if (cell->word) PetscCall(sq_text_add(&t->text, "%s", cell->word));
    else PetscCall(sq_text_add(&t->text, c->format, isnan(cell->number) ? NAN : cell->number)); /* never -nan */
  }
  while (row[cells].column) cells++;
  PetscCheck(cells == columns, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%d cells for %d columns", cells, columns);
  PetscCall(sq_text_add(&t->text, "\n"));
  PetscFunctionReturn(0);
}

/* ---- reading ---- */

static PetscErrorCode read_text(FILE *in, char **text)
{
  PetscFunctionBeginUser;
  fseek(in, 0, SEEK_END);
  long size = ftell(in);
  rewind(in);
  PetscCall(sq_alloc(PetscMax(size, 0) + 1, text)); /* ends with 0 */
  (*text)[fread(*text, 1, (size_t)PetscMax(size, 0), in)] = 0;
  PetscFunctionReturn(0);
}

static int64_t count(const char *text, char what)
{
  int64_t n = 0;
  for (; *text; text++) n += *text == what;
  return n;
}

/* Cuts a line into cells; returns how many it has, of which no more than room are kept. */
static int cut(char *line, int room, const char **cell)
{
  for (int n = 0;; n++) {
    char *comma = strchr(line, ',');
    if (n < room) cell[n] = line;
    if (!comma) return n + 1;
    *comma = 0;
    line = comma + 1;
  }
}

PetscErrorCode sq_cells_read(const char *path, sq_cells *t)
{
  PetscFunctionBeginUser;
  FILE *in = fopen(path, "r");
  *t = (sq_cells){0};
  snprintf(t->file, sizeof t->file, "%s", strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
  if (!in) PetscFunctionReturn(0);
  PetscErrorCode code = read_text(in, &t->text);
  fclose(in);
  PetscCall(code);
  int64_t lines = count(t->text, '\n');
  char *end = strchr(t->text, '\n'), *next;
  if (!end) PetscFunctionReturn(0);
  *end = 0;
  t->columns = (int)count(t->text, ',') + 1;
  PetscCall(sq_alloc(lines * t->columns, &t->cell));
  cut(t->text, t->columns, t->cell);
  for (char *line = end + 1; (end = strchr(line, '\n')); line = next) {
    *end = 0;
    next = end + 1;
    t->rows += cut(line, t->columns, t->cell + (1 + t->rows) * t->columns) == t->columns;
  }
  PetscFunctionReturn(0);
}

void sq_cells_clear(sq_cells *t)
{
  sq_free(&t->text);
  sq_free(&t->cell);
  *t = (sq_cells){0};
}

/* -1: there is none. */
static int find_column(const sq_cells *t, const char *name)
{
  for (int c = 0; c < t->columns; c++)
    if (!strcmp(t->cell[c], name)) return c;
  return -1;
}

bool sq_cells_has(const sq_cells *t, const char *column)
{
  return find_column(t, column) >= 0;
}

const char *sq_cells_word(sq_cells *t, int64_t row, const char *column)
{
  int c = find_column(t, column);
  if (c >= 0) return t->cell[(1 + row) * t->columns + c];
  if (!t->warned) sq_warn("%s has no column %s: what is drawn from it is left out", t->file, column);
  t->warned = true;
  return "";
}

double sq_cells_number(sq_cells *t, int64_t row, const char *column)
{
  const char *word = sq_cells_word(t, row, column);
  char *end;
  double number = strtod(word, &end);
  return end > word && !*end ? number : NAN;
}

int64_t sq_cells_block_end(sq_cells *t, int64_t row, const char *const *columns)
{
  for (int64_t end = row + 1; end < t->rows; end++)
    for (const char *const *c = columns; *c; c++)
      if (strcmp(sq_cells_word(t, end, *c), sq_cells_word(t, row, *c))) return end;
  return t->rows;
}
