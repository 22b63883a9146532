/* SPDX-License-Identifier: BSD-3-Clause */
/* verify: whether all of a file is sound, for any number of ranks, or by one process without MPI, and both kinds of
 * file. */
#include "io_private.h"
#include <string.h>

/* One number for all records: equal for files with the same groups, fields and columns, whoever made them. */
static bool content_of_records(const char *path, const sq_records_info *info, uint64_t *sum, sq_io_status *status)
{
  hid_t file = sq_io_h5_open(path, false, status);
  if (file < 0) return false;
  *sum = 0;
  for (int g = 0; g < info->groups && !status->code; g++) {
    sq_io_group_ids ids;
    int64_t count = info->group[g].count;
    uint64_t *each = NULL;
    if (!sq_io_group_open(file, &info->group[g], &ids, status)) break;
    if (sq_alloc(count, &each)) sq_io_fail(status, PETSC_ERR_MEM, "no memory");
    else
      (void)SQ_IO_H5(status, SQ_ERR_DATA, H5Dread(ids.checksum, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, each),
                     "checksums of '%s'", info->group[g].name);
    for (int64_t i = 0; i < count && !status->code; i++) {
      *sum = (*sum ^ each[i]) * 0x9e3779b97f4a7c15u;
      *sum ^= *sum >> 32;
    }
    sq_free(&each);
  }
  return sq_io_h5_close(file, status) && !status->code;
}

/* Says what the records are worth. */
static void report(const char *path, const sq_records_info *info, int64_t count, const sq_io_fault *faults, FILE *out,
                   sq_io_status *status)
{
  int64_t total = 0;
  uint64_t content;
  for (int g = 0; g < info->groups; g++) total += info->group[g].count;
  for (int64_t i = 0; i < count; i++)
    fprintf(out, "%s: %s[%lld] %s\n", path, info->group[faults[i].group].name, (long long)faults[i].index,
            sq_io_fault_text((sq_io_fault_kind)faults[i].kind));
  if (count > 0)
    sq_io_fail(status, SQ_ERR_DATA, "%lld of %lld records are damaged or missing", (long long)count, (long long)total);
  else if (content_of_records(path, info, &content, status))
    fprintf(out, "%s: all %lld records are sound; content %016llx\n", path, (long long)total,
            (unsigned long long)content);
}

PetscErrorCode sq_file_verify(const sq_grid *grid, const char *path, FILE *out)
{
  PetscFunctionBeginUser;
  int rank;
  int64_t count;
  sq_io_inspected file = {0};
  sq_io_fault *faults;
  sq_io_status status = {.path = path};

  PetscCallMPI(MPI_Comm_rank(grid->world, &rank));
  if (rank == 0) {
    if (sq_io_inspect(path, true, &file, &status) && !file.is_records)
      fprintf(out, "%s: all values are sound; content %016llx\n", path,
              (unsigned long long)sq_io_numbers_crc(file.contents));
    sq_io_inspected_free(&file);
  }
  PetscCall(sq_io_agree(grid->world, &status));
  PetscCallMPI(MPI_Bcast(&file.is_records, 1, MPI_C_BOOL, 0, grid->world));
  if (!file.is_records) PetscFunctionReturn(0);
  PetscCallMPI(MPI_Bcast(&file.info, (int)sizeof file.info, MPI_BYTE, 0, grid->world));
  PetscCall(sq_io_check_records(grid->world, path, &file.info, &count, &faults));
  if (rank == 0) report(path, &file.info, count, faults, out, &status);
  sq_free(&faults);
  PetscCall(sq_io_agree(grid->world, &status));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_file_verify_alone(const char *path, FILE *out, char *message, size_t size)
{
  int64_t count = 0;
  sq_io_inspected file = {0};
  sq_io_fault *faults = NULL;
  sq_io_status status = {.path = path};
  bool fine = sq_io_inspect(path, true, &file, &status);
  if (fine && !file.is_records)
    fprintf(out, "%s: all values are sound; content %016llx\n", path,
            (unsigned long long)sq_io_numbers_crc(file.contents));
  if (fine && file.is_records && sq_io_check_alone(path, &file.info, &count, &faults, &status))
    report(path, &file.info, count, faults, out, &status);
  sq_free(&faults);
  sq_io_inspected_free(&file);
  snprintf(message, size, "%s", status.text);
  return status.code;
}
