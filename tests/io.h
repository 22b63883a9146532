/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of io share: small files whose every number is known from its place. */
#ifndef SQUALL_TESTS_IO_H
#define SQUALL_TESTS_IO_H

#include "squall/io.h"
#include "tap.h"
#include <string.h>

/* The value at a site of record number `index` of a group, in (-1/2, 1/2). */
__attribute__((unused)) static double io_value(int group, int64_t index, int64_t site)
{
  return (double)(sq_site_hash(site, (double)(1 + index + 1000 * group)) >> 11) * 0x1p-53 - 0.5;
}

__attribute__((unused)) static double io_column(int group, int64_t index, int column)
{
  return 100 * group + (double)index + 0.25 * column - 3;
}

__attribute__((unused)) static void io_fill(const sq_lattice *lattice, int group, int64_t index, double *block)
{
  int64_t length = lattice->local[SQ_DIM - 1];
  for (int64_t i = 0; i < lattice->local_volume; i++)
    block[i] = io_value(group, index, sq_lattice_row_site(lattice, i / length) + i % length);
}

/* How many sites of the block are not as written. */
__attribute__((unused)) static int64_t io_wrong(const sq_lattice *lattice, int group, int64_t index,
                                                const double *block)
{
  int64_t length = lattice->local[SQ_DIM - 1], wrong = 0;
  for (int64_t i = 0; i < lattice->local_volume; i++)
    wrong += block[i] != io_value(group, index, sq_lattice_row_site(lattice, i / length) + i % length);
  return wrong;
}

/* "training" and "testing" with 5 and 2 records. */
__attribute__((unused)) static sq_records_info io_info(int dim, const int64_t extent[])
{
  sq_records_info info = {.kind = "ensemble",
                          .dim = dim,
                          .action = "phi4 kappa=0.21 lambda=0.022",
                          .seed = 18446744073709551615u,
                          .fingerprint = 0x1234abcd};
  for (int i = 0; i < SQ_DIM; i++) info.extent[i] = i < SQ_DIM - dim ? 1 : extent[i - (SQ_DIM - dim)];
  info.deck = (char *)"lattice: {extents: [4, 4]}\n";
  info.groups = 2;
  info.group[0] = (sq_record_group){.name = "training", .count = 5, .columns = 2, .column = {"trajectory", "dH"}};
  info.group[1] = (sq_record_group){.name = "testing", .count = 2, .columns = 1, .column = {"trajectory"}};
  return info;
}

/* The record of this replica in a round, -1 if there are no more. */
__attribute__((unused)) static int64_t io_turn(const sq_grid *grid, int64_t first, int64_t count)
{
  int64_t index = first + grid->replica;
  return index < count ? index : -1;
}

/* Writes records first .. last-1 of a group, the replicas in turn. */
__attribute__((unused)) static PetscErrorCode io_write_range(const sq_grid *grid, const sq_lattice *lattice,
                                                             sq_records *records, int group, int64_t first,
                                                             int64_t last)
{
  double *block, columns[SQ_IO_COLUMNS];
  PetscErrorCode code = 0;

  PetscFunctionBeginUser;
  PetscCall(sq_alloc(lattice->local_volume, &block));
  for (int64_t i = first; !code && i < last; i += grid->replicas) {
    int64_t index = io_turn(grid, i, last);
    io_fill(lattice, group, index, block);
    for (int c = 0; c < SQ_IO_COLUMNS; c++) columns[c] = io_column(group, index, c);
    code = sq_records_write(records, group, index, block, columns);
  }
  sq_free(&block);
  PetscFunctionReturn(code);
}

/* Counts what is wrong in all records of a file, on this rank. */
__attribute__((unused)) static PetscErrorCode io_read_all(const sq_grid *grid, const sq_lattice *lattice,
                                                          sq_records *records, int64_t *wrong)
{
  double *block, columns[SQ_IO_COLUMNS];

  PetscFunctionBeginUser;
  const sq_records_info *info = sq_records_about(records);
  *wrong = 0;
  PetscCall(sq_alloc(lattice->local_volume, &block));
  for (int g = 0; g < info->groups; g++) {
    for (int64_t i = 0; i < info->group[g].count; i += grid->replicas) {
      int64_t index = io_turn(grid, i, info->group[g].count);
      PetscCall(sq_records_read(records, g, index, block, columns));
      if (index < 0) continue;
      *wrong += io_wrong(lattice, g, index, block);
      for (int c = 0; c < info->group[g].columns; c++) *wrong += columns[c] != io_column(g, index, c);
    }
  }
  sq_free(&block);
  PetscFunctionReturn(0);
}

/* A whole published file. */
__attribute__((unused)) static PetscErrorCode io_make(const sq_grid *grid, int dim, const int64_t extent[],
                                                      const char *path)
{
  sq_lattice *lattice;
  sq_records *records;
  sq_records_info info = io_info(dim, extent);

  PetscFunctionBeginUser;
  PetscCall(sq_lattice_create(grid->domain, dim, extent, NULL, &lattice));
  PetscCall(sq_records_create(grid, lattice, path, &info, &records));
  for (int g = 0; g < info.groups; g++) PetscCall(io_write_range(grid, lattice, records, g, 0, info.group[g].count));
  PetscCall(sq_records_put_real(records, "acceptance", 0.8125));
  PetscCall(sq_records_put_series(records, "history", 3, 2, (const char *const[]){"dH", "accepted"},
                                  (double[]){1, 2, 3, 4, 5, 6}));
  PetscCall(sq_records_publish(&records));
  PetscCall(sq_lattice_destroy(&lattice));
  PetscFunctionReturn(0);
}

/* Prints nothing: for errors that a test provokes. */
__attribute__((unused)) static PetscErrorCode io_silent(MPI_Comm comm, int line, const char *function, const char *file,
                                                        PetscErrorCode code, PetscErrorType type, const char *message,
                                                        void *context)
{
  (void)comm, (void)line, (void)function, (void)file, (void)type, (void)message, (void)context;
  return code;
}

#endif
