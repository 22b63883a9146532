/* SPDX-License-Identifier: BSD-3-Clause */
/* check: reads every record of a file and compares it with its checksums, whatever the number of ranks.
 *
 * Each rank opens the file for itself and takes every size-th record, in pieces of about 8 MiB, so nothing depends on
 * how a lattice would be cut. What is read comes from the file, not from the buffers it was written from.
 */
#include "io_private.h"
#include <stdlib.h>
#include <string.h>

enum { PIECE = 1 << 20 }; /* sites read at a time, at most */

static uint64_t mix(uint64_t h, uint64_t word)
{
  h = (h ^ word) * 0x9e3779b97f4a7c15u;
  h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93u;
  return h ^ (h >> 32);
}

static uint64_t mix_numbers(uint64_t first, int64_t index, int columns, const double *column)
{
  uint64_t h = mix(mix(0x5371, first), (uint64_t)index);
  for (int c = 0; c < columns; c++) {
    uint64_t bits;
    memcpy(&bits, &column[c], sizeof bits);
    h = mix(h, bits);
  }
  return h;
}

uint64_t sq_io_record_checksum(uint64_t field_sum, int64_t index, int columns, const double *column)
{
  uint64_t h = mix_numbers(field_sum, index, columns, column);
  return h ? h : 1;
}

uint64_t sq_io_record_seal(uint64_t checksum, int64_t index, int columns, const double *column)
{
  return mix_numbers(~checksum, index, columns, column);
}

const char *sq_io_fault_text(sq_io_fault_kind kind)
{
  static const char *const text[] = {"sound", "was never written", "damaged: it does not match its checksum",
                                     "holds numbers that are not finite", "cannot be read"};
  return text[kind];
}

bool sq_io_number_get(hid_t dataset, hid_t type, int64_t index, void *value, sq_io_status *status)
{
  hsize_t at = (hsize_t)index, one = 1;
  hid_t space = H5Dget_space(dataset), memory = H5Screate_simple(1, &one, NULL);
  bool fine = SQ_IO_H5(status, SQ_ERR_DATA, H5Sselect_hyperslab(space, H5S_SELECT_SET, &at, NULL, &one, NULL),
                       "record %lld", (long long)index) &&
              SQ_IO_H5(status, SQ_ERR_DATA, H5Dread(dataset, type, memory, space, H5P_DEFAULT, value), "record %lld",
                       (long long)index);
  H5Sclose(memory);
  H5Sclose(space);
  return fine;
}

bool sq_io_number_put(hid_t dataset, hid_t type, int64_t index, const void *value, sq_io_status *status)
{
  hsize_t at = (hsize_t)index, one = 1;
  hid_t space = H5Dget_space(dataset), memory = H5Screate_simple(1, &one, NULL);
  bool fine = SQ_IO_H5(status, SQ_ERR_IO, H5Sselect_hyperslab(space, H5S_SELECT_SET, &at, NULL, &one, NULL),
                       "record %lld", (long long)index) &&
              SQ_IO_H5(status, SQ_ERR_IO, H5Dwrite(dataset, type, memory, space, H5P_DEFAULT, value), "record %lld",
                       (long long)index);
  H5Sclose(memory);
  H5Sclose(space);
  return fine;
}

bool sq_io_group_open(hid_t file, const sq_record_group *group, sq_io_group_ids *ids, sq_io_status *status)
{
  hid_t loc = sq_io_h5_group(file, group->name, status);
  if (loc < 0) return false;
  ids->field = H5Dopen2(loc, "field", H5P_DEFAULT);
  ids->checksum = H5Dopen2(loc, "checksum", H5P_DEFAULT);
  ids->seal = H5Dopen2(loc, "seal", H5P_DEFAULT);
  bool fine = ids->field >= 0 && ids->checksum >= 0 && ids->seal >= 0;
  for (int c = 0; c < group->columns; c++) {
    ids->column[c] = H5Dopen2(loc, group->column[c], H5P_DEFAULT);
    fine = fine && ids->column[c] >= 0;
  }
  H5Gclose(loc);
  return fine || sq_io_fail(status, SQ_ERR_DATA, "the datasets of group '%s' cannot be opened", group->name);
}

/* Reads sites of a field that follow each other, a box of the dataset. */
static bool read_box(hid_t dataset, hid_t space, const hsize_t start[], const hsize_t count[], int64_t sites,
                     double *piece)
{
  hsize_t numbers = (hsize_t)sites;
  hid_t memory = H5Screate_simple(1, &numbers, NULL);
  bool fine = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
              H5Dread(dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, piece) >= 0;
  H5Sclose(memory);
  return fine;
}

/* The direction that pieces are cut along: what one step of it holds is no more than a piece. run: its sites. */
static int cut_direction(const sq_records_info *info, int64_t *run)
{
  int cut = SQ_DIM - 1;
  for (*run = 1; cut > SQ_DIM - info->dim && *run * info->extent[cut] <= PIECE; cut--) *run *= info->extent[cut];
  return cut;
}

/* Sums the hash of a component of a field, no more than a piece at a time: no extent that a file claims takes memory.
 */
static sq_io_fault_kind hash_component(hid_t dataset, const sq_records_info *info, int64_t index, int component,
                                       double *piece, uint64_t *sum)
{
  int64_t run, volume = sq_io_info_volume(info), sites;
  hsize_t start[SQ_IO_RANK] = {(hsize_t)index, (hsize_t)component}, count[SQ_IO_RANK];
  sq_io_fault_kind fault = SQ_FAULT_NONE;
  int cut = cut_direction(info, &run), first = sq_io_field_shape(info, 1, count) - info->dim;
  int64_t most = PIECE / run, row = info->extent[cut];
  if (first == 2) count[1] = 1;
  for (int mu = SQ_DIM - info->dim; mu < cut; mu++) count[first + mu - (SQ_DIM - info->dim)] = 1;
  hid_t space = H5Dget_space(dataset);
  for (int64_t at = 0; at < volume && fault != SQ_FAULT_UNREADABLE; at += sites) {
    int64_t x = at / run % row, rest = at / run / row;
    sites = run * (row - x < most ? row - x : most);
    for (int mu = cut - 1; mu >= SQ_DIM - info->dim; rest /= info->extent[mu--])
      start[first + mu - (SQ_DIM - info->dim)] = (hsize_t)(rest % info->extent[mu]);
    start[first + cut - (SQ_DIM - info->dim)] = (hsize_t)x;
    count[first + cut - (SQ_DIM - info->dim)] = (hsize_t)(sites / run);
    if (!read_box(dataset, space, start, count, sites, piece)) fault = SQ_FAULT_UNREADABLE;
    else {
      *sum += sq_run_hash(component * volume + at, sites, piece);
      if (!sq_run_finite(sites, piece)) fault = SQ_FAULT_NOT_FINITE;
    }
  }
  H5Sclose(space);
  return fault;
}

static sq_io_fault_kind hash_field(hid_t dataset, const sq_records_info *info, int64_t index, double *piece,
                                   uint64_t *sum)
{
  sq_io_fault_kind fault = SQ_FAULT_NONE;
  for (int c = 0; c < sq_io_info_components(info) && fault != SQ_FAULT_UNREADABLE; c++) {
    sq_io_fault_kind here = hash_component(dataset, info, index, c, piece, sum);
    if (here != SQ_FAULT_NONE) fault = here;
  }
  return fault;
}

static sq_io_fault_kind check_record(const sq_io_group_ids *ids, const sq_records_info *info, int columns,
                                     int64_t index, double *piece)
{
  double column[SQ_IO_COLUMNS];
  uint64_t checksum, seal, sum = 0;
  sq_io_status status = {.path = ""};
  bool fine = sq_io_number_get(ids->checksum, H5T_NATIVE_UINT64, index, &checksum, &status) &&
              sq_io_number_get(ids->seal, H5T_NATIVE_UINT64, index, &seal, &status);
  for (int c = 0; c < columns && fine; c++)
    fine = sq_io_number_get(ids->column[c], H5T_NATIVE_DOUBLE, index, &column[c], &status);
  if (!fine) return SQ_FAULT_UNREADABLE;
  if (!checksum) return SQ_FAULT_UNWRITTEN;
  sq_io_fault_kind fault = hash_field(ids->field, info, index, piece, &sum);
  if (fault == SQ_FAULT_UNREADABLE) return fault;
  if (checksum != sq_io_record_checksum(sum, index, columns, column) ||
      seal != sq_io_record_seal(checksum, index, columns, column))
    return SQ_FAULT_CHECKSUM;
  return fault;
}

typedef struct {
  int64_t count, room;
  sq_io_fault *fault;
} fault_list;

static bool append(fault_list *list, sq_io_fault fault, sq_io_status *status)
{
  if (list->count == list->room) {
    sq_io_fault *larger;
    int64_t room = 2 * list->room + 64;
    if (sq_alloc(room, &larger)) return sq_io_fail(status, PETSC_ERR_MEM, "no memory");
    if (list->count) memcpy(larger, list->fault, (size_t)list->count * sizeof *larger);
    sq_free(&list->fault);
    list->fault = larger;
    list->room = room;
  }
  list->fault[list->count++] = fault;
  return true;
}

/* The records first, first + step, ... of all groups. */
static bool check_share(const char *path, const sq_records_info *info, int first, int step, fault_list *list,
                        sq_io_status *status)
{
  double *piece = NULL;
  int64_t volume = sq_io_info_volume(info);
  hid_t file = sq_io_h5_open(path, false, status);
  if (file >= 0 && sq_alloc(volume < PIECE ? volume : PIECE, &piece)) sq_io_fail(status, PETSC_ERR_MEM, "no memory");
  for (int g = 0; g < info->groups && !status->code; g++) {
    sq_io_group_ids ids;
    if (!sq_io_group_open(file, &info->group[g], &ids, status)) break;
    for (int64_t index = first; index < info->group[g].count && !status->code; index += step) {
      sq_io_fault_kind kind = check_record(&ids, info, info->group[g].columns, index, piece);
      if (kind != SQ_FAULT_NONE) append(list, (sq_io_fault){g, index, kind}, status);
    }
  }
  sq_free(&piece);
  return sq_io_h5_close(file, status) && !status->code;
}

static int by_place(const void *a, const void *b)
{
  const sq_io_fault *x = a, *y = b;
  if (x->group != y->group) return x->group < y->group ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;
}

/* All ranks' faults to rank 0, in order. */
static PetscErrorCode gather(MPI_Comm comm, const fault_list *mine, int64_t *count, sq_io_fault **faults)
{
  PetscFunctionBeginUser;
  int rank, size, words = (int)mine->count * 3, *each = NULL, *at = NULL, total = 0;

  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(sq_alloc(size, &each));
  PetscCall(sq_alloc(size, &at));
  PetscCallMPI(MPI_Allgather(&words, 1, MPI_INT, each, 1, MPI_INT, comm));
  for (int r = 0; r < size; r++) {
    at[r] = total;
    total += each[r];
  }
  PetscCall(sq_alloc(rank == 0 ? total / 3 : 0, faults));
  PetscCallMPI(MPI_Gatherv(mine->fault, words, MPI_INT64_T, *faults, each, at, MPI_INT64_T, 0, comm));
  *count = total / 3;
  if (rank == 0) qsort(*faults, (size_t)*count, sizeof **faults, by_place);
  sq_free(&each);
  sq_free(&at);
  PetscFunctionReturn(0);
}

bool sq_io_check_alone(const char *path, const sq_records_info *info, int64_t *count, sq_io_fault **faults,
                       sq_io_status *status)
{
  fault_list list = {0};
  bool fine = check_share(path, info, 0, 1, &list, status);
  *count = list.count;
  *faults = list.fault;
  return fine;
}

PetscErrorCode sq_io_check_records(MPI_Comm comm, const char *path, const sq_records_info *info, int64_t *count,
                                   sq_io_fault **faults)
{
  PetscFunctionBeginUser;
  int rank, size;
  fault_list mine = {0};
  sq_io_status status = {.path = path};

  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  check_share(path, info, rank, size, &mine, &status);
  PetscCall(sq_io_agree(comm, &status));
  PetscCall(gather(comm, &mine, count, faults));
  sq_free(&mine.fault);
  PetscFunctionReturn(0);
}
