/* SPDX-License-Identifier: BSD-3-Clause */
/* export: what squall has made, in the formats of other programs. A format is one row of a table.
 *
 * Rank 0 does all of it, with MPI_COMM_SELF: files come out alike on any number of ranks. Files are read through the
 * library, which checks every number that it hands out; what is written goes to a temporary name, is flushed, renamed.
 */
#ifndef SQUALL_EXPORT_H
#define SQUALL_EXPORT_H

#include "src/run/stage.h"
#include "src/run/table.h"

extern const sq_command sq_export_command;

/* What to export. */
typedef struct {
  const char *from;    /* a file, or the directory of a run */
  const char *to;      /* the file to be made; of a directory: the directory that files are made in */
  int64_t first, last; /* records of each group; last < 0: what the format takes by itself */
} sq_export;

/* A format. What it is not for is NULL. */
typedef struct {
  const char *name, *ending; /* as in --to; of the names of its files */
  const char *summary;
  PetscErrorCode (*records)(const sq_export *e); /* of a file of fields; like the others on one rank alone */
  PetscErrorCode (*model)(const sq_export *e);   /* of a model */
  PetscErrorCode (*run)(const sq_export *e);     /* of a directory, besides what its files become */
  bool series;                                   /* of numbers of ensembles: not for other files of fields */
  bool some;                                     /* takes some of the records, where they are said */
  bool beside;                                   /* its files stay beside what they are made of, which they point to */
} sq_export_format;

extern const sq_export_format *const sq_export_formats[]; /* NULL-terminated (table.c) */
extern const sq_export_format sq_export_csv, sq_export_npz, sq_export_pyerrors, sq_export_dobs, sq_export_vtk,
  sq_export_xdmf, sq_export_safetensors;

/* ---- a file in the making (out.c), not collective ---- */

typedef struct {
  char path[SQ_PATH], temporary[SQ_PATH + 32];
  FILE *file;
  void *zip;   /* a gzFile, instead of a file */
  bool failed; /* a write has: the file will not be there */
} sq_out;

/* Begins path; zip: compressed by gzip. Error: SQ_ERR_IO. */
PetscErrorCode sq_out_open(const char *path, bool zip, sq_out *out);
/* Adds text, bytes; what fails is said by sq_out_close. */
void sq_out_print(sq_out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sq_out_bytes(sq_out *out, size_t bytes, const void *data);
/* Ends it, in place of what was there before; code: of the work that filled it: if that failed, the file does not come
 * to be, and code is the answer. Error: SQ_ERR_IO. */
PetscErrorCode sq_out_close(sq_out *out, PetscErrorCode code);
/* A text with what XML and JSON would read as something else written as they want it. */
enum { SQ_OUT_XML, SQ_OUT_JSON };
void sq_out_escaped(sq_out *out, int language, const char *text);

/* ---- the numbers of an ensemble, record by record (series.c) ---- */

enum { SQ_EXPORT_COLUMNS = SQ_IO_COLUMNS + 16 };

/* One group of a file: its columns, what follows from them, sorted by chain. */
typedef struct {
  char name[SQ_IO_NAME];
  int64_t count;
  int chains, columns;
  int64_t *length;     /* [chains] records of each */
  int *label;          /* [chains] the number that the file has for it */
  int64_t *trajectory; /* [count] ascending in a chain: that of the file, or the number of the record there, from 0 */
  const char *column[SQ_EXPORT_COLUMNS]; /* names, */
  double *value[SQ_EXPORT_COLUMNS];      /* [count] each */
  sq_record_group about;
} sq_export_series;

/* The mean of a column; false where one of its numbers is none. */
bool sq_export_mean(const sq_export_series *series, int column, double *mean);
/* A name for the ensemble of a group that no other one has: theory, extents, group, the key of its random numbers. */
enum { SQ_EXPORT_ID = 192 };
void sq_export_id(const sq_records_info *info, int group, char text[SQ_EXPORT_ID]);
/* Calls `each` with the series of every group in turn. observables: those that the theory has and what follows from
 * them, and exp of log_weight relative to the largest as `weight`; else every column but the counters of chains. Error:
 * SQ_ERR_DATA. */
typedef PetscErrorCode (*sq_export_with_series)(void *self, const sq_records_info *info, int group,
                                                const sq_export_series *series);
PetscErrorCode sq_export_each_series(const sq_export *e, bool observables, void *self, sq_export_with_series each);

/* ---- fields (fields.c) ---- */

/* Which records of each group are wanted, last < first: none; most: of a group, where the user has not said. Error:
 * SQ_ERR_INPUT where there are none at all. */
PetscErrorCode sq_export_range(const sq_export *e, const sq_records_info *info, int64_t most, int64_t first[],
                               int64_t last[]);
/* Opens the file for reading its fields, by this rank alone, and calls `work` with memory for one of them:
 * field[components][sites], in global order. Errors: SQ_ERR_DATA, those of work. */
typedef PetscErrorCode (*sq_export_work)(const sq_export *e, sq_records *records, double *field);
PetscErrorCode sq_export_with_fields(const sq_export *e, sq_export_work work);

/* ---- what numbers mean (units.c) ---- */

/* A row of measure.csv, or a column of a table; table: of that one alone, NULL: of any. */
typedef struct {
  const char *name, *unit, *meaning, *table;
} sq_export_unit;
/* NULL where nothing is known of that name in that table (without .csv). */
const sq_export_unit *sq_export_unit_of(const char *table, const char *name);

#endif
