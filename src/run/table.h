/* SPDX-License-Identifier: BSD-3-Clause */
/* table: CSV tables, written and read back by the names of their columns. Not collective: each rank for itself. */
#ifndef SQUALL_RUN_TABLE_H
#define SQUALL_RUN_TABLE_H

#include "src/run/text.h"

/* ---- writing ---- */

/* A column: its name, and how a cell of it is printed: "%s" for words, the format of a double for numbers. */
typedef struct {
  const char *name, *format;
} sq_column;

/* A cell of a row: the name of its column, and the number in it, or a word instead. */
typedef struct {
  const char *column;
  double number;
  const char *word;
} sq_cell;

/* A table that is being written: its text so far. */
typedef struct {
  const sq_column *column; /* ends with {0}; not owned */
  sq_text text;            /* owned */
} sq_table;

/* Begins a table with the line of names. columns must outlive it. */
PetscErrorCode sq_table_begin(const sq_column *columns, sq_table *table);
/* Adds a row: a cell for every column, in any order. Error: PETSC_ERR_PLIB where a column has no cell, or a cell no
 * column. */
PetscErrorCode sq_table_add(sq_table *table, const sq_cell *row);
/* The cells of a row: numbers of any type, or strings. */
#define SQ_ROW(...)      ((const sq_cell[]){__VA_ARGS__, {0}})
#define SQ_CELL(name, x) ((sq_cell){name, SQ_NUMBER(x), SQ_WORD(x)})
#define SQ_NUMBER(x)     _Generic((x), char * : 0, const char * : 0, default : (x))
#define SQ_WORD(x)       _Generic((x), char * : (x), const char * : (x), default : NULL)

/* ---- reading ---- */

/* A table read from a file. Start from {0}; sq_cells_clear frees it. */
typedef struct {
  char file[64], *text; /* for messages; what the cells point into */
  int columns;
  int64_t rows;
  const char **cell; /* [1 + rows][columns], the names first */
  bool warned;       /* of a column that is missing */
} sq_cells;

/* Reads a table; no file, no rows. Lines with another number of cells than there are names are left out. */
PetscErrorCode sq_cells_read(const char *path, sq_cells *cells);
void sq_cells_clear(sq_cells *cells);
/* The word or number of a row in the column of that name. Where there is no such column, or no number: "" and NaN; a
 * column that is missing is warned of, once. */
const char *sq_cells_word(sq_cells *cells, int64_t row, const char *column);
double sq_cells_number(sq_cells *cells, int64_t row, const char *column);
bool sq_cells_has(const sq_cells *cells, const char *column);
/* The row after the last of those that follow `row` with the same words in each of the columns named, a NULL-terminated
 * list. */
int64_t sq_cells_block_end(sq_cells *cells, int64_t row, const char *const *columns);

#endif
