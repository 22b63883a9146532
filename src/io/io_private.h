/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of io share: failures that travel between ranks, HDF5 helpers, items, the layout of records files.
 *
 * Calling rule: functions returning bool are serial (run by one rank, or by each rank for itself), report into a
 * sq_io_status and never communicate. Collective functions return PetscErrorCode and end in sq_io_agree, so all ranks
 * leave together.
 */
#ifndef SQUALL_IO_PRIVATE_H
#define SQUALL_IO_PRIVATE_H

#include "squall/io.h"
#define H5_USE_110_API /* the calls of 1.10, whatever is installed */
#include <hdf5.h>

enum { SQ_IO_ITEM_NAME = 64, SQ_IO_PATH = 4096, SQ_IO_DECK_MAX = 1 << 20, SQ_IO_TEXT_MAX = 1 << 24 };

/* ---- failures ---- */
/* The first failure seen by this rank; code 0 while all is well. Start from {.path = ...}. */
typedef struct {
  const char *path; /* the file it is about: begins every message */
  PetscErrorCode code;
  char text[1024];
} sq_io_status;

/* Notes a failure unless there is one already; returns false. */
bool sq_io_fail(sq_io_status *status, PetscErrorCode code, const char *format, ...)
  __attribute__((format(printf, 3, 4)));
/* The same, ended by the deepest message of the HDF5 call that just failed. */
bool sq_io_fail_h5(sq_io_status *status, PetscErrorCode code, const char *format, ...)
  __attribute__((format(printf, 3, 4)));
/* The same, ended by the meaning of errno. */
bool sq_io_fail_errno(sq_io_status *status, PetscErrorCode code, const char *format, ...)
  __attribute__((format(printf, 3, 4)));
#define SQ_IO_H5(status, code, call, ...) ((call) >= 0 || sq_io_fail_h5(status, code, __VA_ARGS__))
/* Ends in the worst rank's failure on every rank; 0 if there is none. Collective. */
PetscErrorCode sq_io_agree(MPI_Comm comm, const sq_io_status *status);

/* ---- HDF5 files and datasets ---- */
/* A file opened by this rank alone; every object of the file is closed with it. write: for changing.
 * Negative on failure. */
hid_t sq_io_h5_open(const char *path, bool write, sq_io_status *status);
/* A new file of this rank alone. killable: readable after a kill once it has been flushed. HDF5 does not recover from a
 * write that fails (it may crash when the program ends), so the space is asked for with sq_io_reserve first. */
hid_t sq_io_h5_create(const char *path, bool killable, sq_io_status *status);
/* A new group whose members and attributes stand in its header, as those of sq_io_h5_create do: HDF5's other way of
 * keeping more than eight of them crashes in HDF5 1.10 when it is damaged. Negative on failure. */
hid_t sq_io_h5_new_group(hid_t loc, const char *name);
/* Closes if open, for which a failure counts. */
bool sq_io_h5_close(hid_t file, sq_io_status *status);
/* A file opened by all ranks of comm, which must have no topology. Collective. Negative on failure. */
hid_t sq_io_h5_open_shared(MPI_Comm comm, const char *path, bool write, sq_io_status *status);
/* Whether the group has exactly the members named, all of them by hard links. */
bool sq_io_h5_members(hid_t group, int count, const char *const *names, sq_io_status *status);
/* A group by name, which must be a hard link. Negative on failure. */
hid_t sq_io_h5_group(hid_t loc, const char *name, sq_io_status *status);
/* Whether name in loc is a hard link to an object of this type. */
bool sq_io_h5_is(hid_t loc, const char *name, H5O_type_t type, sq_io_status *status);

/* ---- items: the contents of a store ---- */
typedef enum { SQ_ITEM_TEXT, SQ_ITEM_INT, SQ_ITEM_REAL, SQ_ITEM_INTS, SQ_ITEM_REALS } sq_item_type;

typedef struct {
  char name[SQ_IO_ITEM_NAME];
  sq_item_type type;
  int rank; /* 0 but for arrays */
  int64_t shape[4];
  size_t bytes; /* of data; a text's ending 0 included */
  void *data;
} sq_item;

struct sq_store {
  char kind[SQ_IO_NAME];
  bool silent; /* another rank has the same store and reports what is missing */
  int items, room;
  sq_item *item;
};

/* Letters, digits and ._+- only, beginning with a letter, shorter than size. */
bool sq_io_name_ok(const char *name, size_t size);
/* Adds or replaces an item; its zeroed data are for the caller to fill. */
PetscErrorCode sq_io_item_add(sq_store *store, const char *name, sq_item_type type, int rank, const int64_t shape[],
                              size_t bytes, void **data);
const sq_item *sq_io_item_find(const sq_store *store, const char *name);
/* The number of entries of an array's shape. */
int64_t sq_io_item_count(const sq_item *item);
/* Sum of the crc32 of all items (name, type, shape, values); does not depend on their order. */
int64_t sq_io_items_crc(const sq_store *store);
/* The same of the items that are numbers. */
int64_t sq_io_numbers_crc(const sq_store *store);
/* An upper bound of the bytes they take in a file. */
int64_t sq_io_items_bytes(const sq_store *store);
bool sq_io_items_equal(const sq_store *a, const sq_store *b);
/* Writes the items into a group: scalars as attributes, arrays as chunked datasets with fletcher32, their crc as an
 * attribute. */
bool sq_io_items_write(hid_t group, const sq_store *store, sq_io_status *status);
/* Reads attributes and, if asked, datasets, refusing anything a store cannot hold and whatever does not match the crc.
 */
bool sq_io_items_read(hid_t group, bool arrays, sq_store *store, sq_io_status *status);
/* Values of items that were just read: failing is damage. */
bool sq_io_items_text(const sq_store *store, const char *name, size_t limit, const char **value, sq_io_status *status);
bool sq_io_items_int(const sq_store *store, const char *name, int64_t *value, sq_io_status *status);
/* The lines every squall file begins with: format, version, kind, code, libraries, date. */
PetscErrorCode sq_io_header_common(const char *format, const char *kind, sq_store *header);
/* Reads the attributes of the root and checks the format and its version; format NULL: any of ours. */
bool sq_io_header_read(hid_t file, const char *format, sq_store *header, sq_io_status *status);
/* Sends a store from rank 0 to all: *store is made on the others. Collective. */
PetscErrorCode sq_io_store_share(MPI_Comm comm, sq_store **store);
/* Reads a store file. kind NULL: any. The store is the caller's also after a failure. */
bool sq_io_store_load(const char *path, const char *kind, sq_store *header, sq_store *store, sq_io_status *status);

extern const char sq_io_records_format[], sq_io_store_format[], sq_io_extras_name[];

/* ---- records files ---- */
typedef struct {
  hid_t field, checksum, seal, column[SQ_IO_COLUMNS];
} sq_io_group_ids;

/* Records that follow each other, read at once (ahead.c): numbers of a group on the ranks that need them. */
typedef struct {
  int group, last_group;
  int64_t first, count, next; /* of a group; next: what would follow the record that was asked for last */
  double *block, *column;     /* [count][numbers of this rank], [columns][count] */
  uint64_t *checksum, *seal;  /* [count] */
} sq_io_ahead;

struct sq_records {
  MPI_Comm comm; /* all ranks of the grid, without topology: HDF5 writes wrong data through Cartesian ones */
  const sq_lattice *lattice;                    /* not owned; may be NULL */
  char path[SQ_IO_PATH], file_path[SQ_IO_PATH]; /* published name; the file itself */
  bool writing;
  sq_records_info info; /* info.deck is NULL */
  char *deck;
  sq_store *extras; /* series and real attributes, on rank 0 */
  hid_t file;
  sq_io_group_ids group[SQ_IO_GROUPS];
  sq_io_ahead ahead;
  uint64_t print;                         /* of the field read last */
  bool placed;                            /* it was begun by a version with fewer columns, or in another order: */
  int place[SQ_IO_GROUPS][SQ_IO_COLUMNS]; /* where its columns stand among the caller's */
};

/* This rank's part of some records in the dataset of a group's fields. */
void sq_io_select(const sq_records *records, int64_t index, int64_t count, hid_t space);
/* The place of a record among those read ahead, after reading it and what follows it where records are small and are
 * asked for one after the other. -1: there is none, and it has to be read by itself. Not collective. */
int64_t sq_io_ahead_find(sq_records *records, int group, int64_t index);
void sq_io_ahead_clear(sq_io_ahead *ahead);
/* Errors (a bug of the caller) for an info that cannot be stored. */
PetscErrorCode sq_io_info_check(const sq_records_info *info);
/* Whether a file can have these extents, counts and names. */
bool sq_io_info_sound(const sq_records_info *info);
int64_t sq_io_info_volume(const sq_records_info *info);
/* Numbers a site, at least 1. */
int sq_io_info_components(const sq_records_info *info);
/* The dataset of count fields: [count]([components])[L_0]..[L_{d-1}], components only where there are several. Returns
 * the rank; the extents are the last dim of it. */
enum { SQ_IO_RANK = SQ_DIM + 2 };
int sq_io_field_shape(const sq_records_info *info, int64_t count, hsize_t shape[SQ_IO_RANK]);
/* Bytes of a records file. */
int64_t sq_io_info_bytes(const sq_records_info *info);
/* Makes the file at path with all its datasets and header, nothing in them yet. */
bool sq_io_layout_write(const char *path, const sq_records_info *info, const char *ranks, sq_io_status *status);
/* Reads what a records file is about, and checks that it has exactly the groups and datasets it should have. extras may
 * be NULL. The deck is the caller's (sq_free). */
bool sq_io_layout_read(const char *path, sq_records_info *info, char **deck, sq_store *header, sq_store *extras,
                       sq_io_status *status);
/* Whether the name is that of a file in the making. */
bool sq_io_in_the_making(const char *path);
/* Opens all datasets of a group. */
bool sq_io_group_open(hid_t file, const sq_record_group *group, sq_io_group_ids *ids, sq_io_status *status);
/* Reads or writes one number of a 1-D dataset; type is that in memory. */
bool sq_io_number_get(hid_t dataset, hid_t type, int64_t index, void *value, sq_io_status *status);
bool sq_io_number_put(hid_t dataset, hid_t type, int64_t index, const void *value, sq_io_status *status);

/* The checksum of a record (never 0) from that of its field; and the seal over the checksum itself. */
uint64_t sq_io_record_checksum(uint64_t field_sum, int64_t index, int columns, const double *column);
uint64_t sq_io_record_seal(uint64_t checksum, int64_t index, int columns, const double *column);

/* What is wrong with one record. */
typedef enum {
  SQ_FAULT_NONE,
  SQ_FAULT_UNWRITTEN,
  SQ_FAULT_CHECKSUM,
  SQ_FAULT_NOT_FINITE,
  SQ_FAULT_UNREADABLE
} sq_io_fault_kind;
typedef struct {
  int64_t group, index, kind;
} sq_io_fault;
const char *sq_io_fault_text(sq_io_fault_kind kind);

/* Reads every record of a file, each rank its share, and checks it. faults[count], in order, on rank 0 (sq_free); count
 * everywhere. Collective. */
PetscErrorCode sq_io_check_records(MPI_Comm comm, const char *path, const sq_records_info *info, int64_t *count,
                                   sq_io_fault **faults);
/* The same by this process alone, without MPI. */
bool sq_io_check_alone(const char *path, const sq_records_info *info, int64_t *count, sq_io_fault **faults,
                       sq_io_status *status);

/* What a file turned out to be. */
typedef struct {
  bool is_records;
  sq_records_info info;
  char *deck;
  sq_store *header, *contents; /* contents: of a store, or the extras of a records file */
} sq_io_inspected;
/* Whether HDF5 can read the file's structure without a crash, within the time and memory that its size justifies: a
 * child process tries it. SQ_ERR_DATA if not. */
bool sq_io_probe(const char *path, sq_io_status *status);
/* Reads all of a file but its records, after such a trial; the numbers beside records only if asked. The result is to
 * be freed also after a failure. */
bool sq_io_inspect(const char *path, bool beside, sq_io_inspected *file, sq_io_status *status);
void sq_io_inspected_free(sq_io_inspected *file);

/* Saves what adding the extras may overwrite in a records file, so that a failure or a kill cannot cost the records. */
bool sq_io_undo_save(const char *path, const sq_records_info *info, sq_io_status *status);
/* Puts it back if there is a complete journal; removes the journal. */
bool sq_io_undo_restore(const char *path, sq_io_status *status);
bool sq_io_undo_remove(const char *path, sq_io_status *status);

/* ---- files in general ---- */
/* path followed by suffix; result has SQ_IO_PATH bytes. */
bool sq_io_path(const char *path, const char *suffix, char *result, sq_io_status *status);
/* The directory of path. */
void sq_io_parent(const char *path, char *result);
bool sq_io_sync(const char *path, sq_io_status *status);
/* Renames over path and makes the directory entry durable. */
bool sq_io_rename(const char *from, const char *path, sq_io_status *status);
/* Removes a file if it is there. */
bool sq_io_remove(const char *path, sq_io_status *status);
/* SQ_ERR_INPUT if there is no regular file. bytes may be NULL. */
bool sq_io_size(const char *path, int64_t *bytes, sq_io_status *status);
/* Whether that many bytes are free where path is; what they are for, in brackets after a blank, or "". */
bool sq_io_space(const char *path, double bytes, const char *what, sq_io_status *status);
/* Extends a file by this many bytes with blocks of its own, so that writing into it cannot fail for lack of space;
 * makes the file if need be. File systems that cannot do this are left to fail later. */
bool sq_io_reserve(const char *path, int64_t bytes, sq_io_status *status);
/* Writes a new file and flushes it to the disk; no file is left after a failure. */
bool sq_io_write_new(const char *path, size_t bytes, const void *data, sq_io_status *status);
/* Writes all, at an offset of an open file. */
bool sq_io_write_at(int file, int64_t offset, size_t bytes, const void *data, sq_io_status *status);
bool sq_io_read_at(int file, int64_t offset, size_t bytes, void *data, sq_io_status *status);

#endif
