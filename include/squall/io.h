/* SPDX-License-Identifier: BSD-3-Clause */
/* io: parallel HDF5 files of records, in global site order, independent of the ranks that wrote them.
 *
 * A *records file* holds groups ("training", "testing", "generated") of records; a record is one field of real
 * numbers in global row-major order, component after component where it has several, plus named numbers (columns:
 * trajectory, dH, ...), plus a checksum over both. While being made it is path.part: laid out once at full size, so
 * that a kill leaves what was committed readable. Publishing reads everything back, verifies, and renames. Files are
 * untrusted: names, types, ranks and sizes are checked before anything is read.
 *
 * A *store* is a small file of named arrays and attributes that every rank holds in full (models, checkpoints); it is
 * written in one go to a temporary name, flushed, verified, renamed.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_IO_H
#define SQUALL_IO_H

#include "squall/field.h"

SQ_C_BEGIN

/* ---- records ---- */
enum { SQ_IO_GROUPS = 4, SQ_IO_COLUMNS = 40, SQ_IO_NAME = 32 };

typedef struct {
  char name[SQ_IO_NAME];
  int64_t count; /* records the group is made for */
  int columns;
  char column[SQ_IO_COLUMNS][SQ_IO_NAME];
} sq_record_group;

/* The number of the column of that name, -1: there is none. Not collective, as the next. */
int sq_group_column(const sq_record_group *group, const char *name);
/* Whether both have the same columns in the same order. */
bool sq_group_same_columns(const sq_record_group *a, const sq_record_group *b);

/* Keys of the random streams that the numbers of a file come from (sq_run_stream): its own; those of the fields that it
 * was made of; those of the ensemble that its model learned from. 0: none, or not known. */
typedef struct {
  uint64_t own, fields, training;
} sq_streams;

/* What a records file is about; strings go into attributes and are read back. */
typedef struct {
  char kind[SQ_IO_NAME]; /* "ensemble", "samples", "trajectories" */
  int dim;
  int64_t extent[SQ_DIM];     /* as in sq_lattice */
  int components;             /* numbers a site; 0 stands for 1 */
  char action[256];           /* sq_action_describe */
  uint64_t seed, fingerprint; /* of the deck sections that determine the content */
  sq_streams streams;
  char *deck; /* effective deck, owned by the caller; NULL when read with sq_records_open (see sq_records_deck) */
  int groups;
  sq_record_group group[SQ_IO_GROUPS];
} sq_records_info;

typedef struct sq_records sq_records;

/* Starts path.part, laid out at full size after checking the free disk space. Collective over grid->world. Error:
 * SQ_ERR_IO. */
PetscErrorCode sq_records_create(const sq_grid *grid, const sq_lattice *lattice, const char *path,
                                 const sq_records_info *info, sq_records **records);
/* Opens path.part again to go on; SQ_ERR_DATA if it is not the file info describes. It may lack some columns of info's:
 * then it goes on without them, and records are read and written in info's order all the same (what it lacks is left as
 * it is). Collective. */
PetscErrorCode sq_records_resume(const sq_grid *grid, const sq_lattice *lattice, const char *path,
                                 const sq_records_info *info, sq_records **records);
/* Opens a published file for reading. lattice NULL: columns and attributes only. Error: SQ_ERR_DATA with what is wrong.
 * Collective. */
PetscErrorCode sq_records_open(const sq_grid *grid, const sq_lattice *lattice, const char *path, sq_records **records);
/* Bytes of the file that sq_records_create makes. Not collective. */
int64_t sq_records_bytes(const sq_records_info *info);
const sq_records_info *sq_records_about(const sq_records *records);
/* Writes one record: this replica's block[components][local_volume] and columns, at index of the group; index -1: this
 * replica has none this time. Every rank of world calls it. A failure anywhere is SQ_ERR_IO everywhere. Collective over
 * world. */
PetscErrorCode sq_records_write(sq_records *records, int group, int64_t index, const double *block,
                                const double *columns);
/* Reads one record into block (and columns, may be NULL) and verifies its checksum: SQ_ERR_DATA. index -1: nothing for
 * this replica. Collective over world. */
PetscErrorCode sq_records_read(sq_records *records, int group, int64_t index, double *block, double *columns);
/* The hash of the field that this replica read last, equal for equal fields wherever they stand. Not collective. */
uint64_t sq_records_print(const sq_records *records);
/* All values of one column of a group, on every rank; values[count]. Error: SQ_ERR_DATA if there is no such column.
 * Collective. */
PetscErrorCode sq_records_column(sq_records *records, int group, const char *column, double *values);
/* The same in a new array, the caller's (sq_free); NULL if the group has none of that name. Collective. */
PetscErrorCode sq_records_find_column(sq_records *records, int group, const char *column, double **values);
/* The stored checksum of each record of a group; checksums[count]. Collective. */
PetscErrorCode sq_records_checksums(sq_records *records, int group, uint64_t *checksums);
/* A named series beside the records (histories per trajectory): rows x columns, row-major, meaningful on rank 0.
 * Collective. Before publishing. */
PetscErrorCode sq_records_put_series(sq_records *records, const char *name, int64_t rows, int columns,
                                     const char *const *names, const double *values);
/* Reads it back on every rank; values are owned by the caller (sq_free); rows = 0 if there is none. Collective. */
PetscErrorCode sq_records_get_series(sq_records *records, const char *name, int64_t *rows, int *columns,
                                     double **values);
/* A named real attribute. Collective; get: SQ_ERR_DATA if missing. */
PetscErrorCode sq_records_put_real(sq_records *records, const char *name, double value);
PetscErrorCode sq_records_get_real(sq_records *records, const char *name, double *value);
/* The same, but NaN if it is missing. Collective. */
PetscErrorCode sq_records_find_real(sq_records *records, const char *name, double *value);
/* Makes what was written so far durable (flush and fsync). Collective. */
PetscErrorCode sq_records_flush(sq_records *records);
/* Verifies everything by reading it back, closes, renames path.part to path. Errors: SQ_ERR_IO for records that are
 * missing, SQ_ERR_DATA for those that are damaged. Collective. */
PetscErrorCode sq_records_publish(sq_records **records);
/* Closes without publishing; the .part file stays. Collective. */
PetscErrorCode sq_records_close(sq_records **records);
/* The deck text stored in the file; owned by the records. */
const char *sq_records_deck(const sq_records *records);

/* ---- stores ---- */
typedef struct sq_store sq_store;

/* An empty store in memory. Not collective; put on every rank, rank 0's values are written. */
PetscErrorCode sq_store_create(const char *kind, sq_store **store);
PetscErrorCode sq_store_destroy(sq_store **store);
PetscErrorCode sq_store_put_text(sq_store *store, const char *name, const char *value);
PetscErrorCode sq_store_put_int(sq_store *store, const char *name, int64_t value);
PetscErrorCode sq_store_put_real(sq_store *store, const char *name, double value);
/* An array of any rank up to 4; copied. */
PetscErrorCode sq_store_put_reals(sq_store *store, const char *name, int rank, const int64_t shape[],
                                  const double *values);
PetscErrorCode sq_store_put_ints(sq_store *store, const char *name, int rank, const int64_t shape[],
                                 const int64_t *values);
/* Writes it to path: temporary name, flush, fsync, read back, rename, fsync of the directory. keep_previous: the old
 * file stays as path.1, the second generation of a checkpoint. Rank 0 of comm writes; collective. Error: SQ_ERR_IO, the
 * old file untouched. */
PetscErrorCode sq_store_write(MPI_Comm comm, const sq_store *store, const char *path, bool keep_previous);
/* Reads a store of this kind; falls back to path.1 (with a warning) if allowed and path is missing or damaged. Errors:
 * SQ_ERR_DATA. found NULL: a missing file is an error. Collective. */
PetscErrorCode sq_store_read(MPI_Comm comm, const char *path, const char *kind, bool allow_previous, sq_store **store,
                             bool *found);
/* Values by name; SQ_ERR_DATA if missing, of another type, or (arrays) not of count numbers. Arrays: pointers into the
 * store. */
PetscErrorCode sq_store_text(const sq_store *store, const char *name, const char **value);
PetscErrorCode sq_store_int(const sq_store *store, const char *name, int64_t *value);
PetscErrorCode sq_store_real(const sq_store *store, const char *name, double *value);
PetscErrorCode sq_store_reals(const sq_store *store, const char *name, int64_t count, const double **values);
PetscErrorCode sq_store_ints(const sq_store *store, const char *name, int64_t count, const int64_t **values);
/* Whether there is a value of that name. Not collective. */
bool sq_store_has(const sq_store *store, const char *name);
/* The length of an array, -1 if there is none of that name. */
int64_t sq_store_length(const sq_store *store, const char *name);
/* A value as it stands in a store: a text, or numbers, of which there is one where rank is 0. Points into the store. */
typedef struct {
  const char *name, *text; /* text: NULL for numbers */
  int rank;
  int64_t shape[4], count;
  const double *reals; /* either these or those, NULL for a text */
  const int64_t *ints;
} sq_store_value;
/* Value number index, in no certain order; false past the last. Not collective. */
bool sq_store_at(const sq_store *store, int index, sq_store_value *value);

/* ---- files in general ---- */
/* Whether path exists as a regular file, as seen by rank 0. Collective. */
PetscErrorCode sq_file_exists(MPI_Comm comm, const char *path, bool *exists);
PetscErrorCode sq_file_remove(MPI_Comm comm, const char *path);
/* Before long work: whether the file system of path has that many bytes free for what is to come. Error: SQ_ERR_IO with
 * both numbers. Collective. */
PetscErrorCode sq_space_check(MPI_Comm comm, const char *path, double bytes, const char *what);
/* Creates a directory and its parents. Error: SQ_ERR_IO. Collective. */
PetscErrorCode sq_make_directory(MPI_Comm comm, const char *path);
/* A new file of that name, open for writing: what is there goes first, and no link is followed. -1, and errno, on
 * failure. Not collective. */
int sq_open_new(const char *path);
/* Replaces a text file atomically (temporary, fsync, rename). Error: SQ_ERR_IO. Collective; rank 0's text. */
PetscErrorCode sq_write_text(MPI_Comm comm, const char *path, const char *text);
/* Prints what a file is: kind, lattice, action, groups, provenance (`squall info`). Rank 0 prints to out. Collective.
 * Error: SQ_ERR_DATA. */
PetscErrorCode sq_file_info(const sq_grid *grid, const char *path, FILE *out);
/* What a file of either kind says of itself: a store has no groups, and of the rest its kind, and its action, seed and
 * fingerprint where it has them. deck: the text, "" where there is none; the caller's (sq_free). Errors: SQ_ERR_DATA,
 * SQ_ERR_INPUT. Collective. */
PetscErrorCode sq_file_about(MPI_Comm comm, const char *path, sq_records_info *info, char **deck);
/* Reads everything in a file and checks every checksum (`squall verify`), reporting each damaged record; for sound
 * files also a number for the content, equal for equal records (or equal numbers of a store) on any number of ranks.
 * Error: SQ_ERR_DATA. Collective. */
PetscErrorCode sq_file_verify(const sq_grid *grid, const char *path, FILE *out);
/* The same by this process alone, without MPI or PETSc, which need not have been started. The error is returned, not
 * printed: 0, SQ_ERR_DATA or SQ_ERR_INPUT (there is no such file); its message is put into message[size]. */
PetscErrorCode sq_file_info_alone(const char *path, FILE *out, char *message, size_t size);
/* The same for the deck that a file keeps: prints that alone. */
PetscErrorCode sq_file_deck_alone(const char *path, FILE *out, char *message, size_t size);
PetscErrorCode sq_file_verify_alone(const char *path, FILE *out, char *message, size_t size);

SQ_C_END

#endif
