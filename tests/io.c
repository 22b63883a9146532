/* SPDX-License-Identifier: BSD-3-Clause */
/* Records files: what is written on some ranks is read on others, resumed, published, refused; and plain files. */
#include "io.h"
#include <sys/resource.h>
#include <signal.h>

static char path[256];

static const char *in_directory(const char *name)
{
  snprintf(path, sizeof path, "%s/%s", tap_directory(), name);
  return path;
}

static const struct {
  int dim;
  int64_t extent[SQ_DIM];
  const char *name;
} shape[] = {
  {1, {16}, "16"}, {2, {10, 10}, "10x10"}, {2, {3, 7}, "3x7"}, {3, {5, 4, 3}, "5x4x3"}, {4, {3, 4, 2, 5}, "3x4x2x5"}};

/* Opens on a grid and counts wrong numbers, over all its ranks. */
static int64_t wrong_in(const sq_grid *grid, int dim, const int64_t extent[], const char *file)
{
  sq_lattice *lattice;
  sq_records *records;
  int64_t wrong, all;
  TAP_CALL(sq_lattice_create(grid->domain, dim, extent, NULL, &lattice));
  TAP_CALL(sq_records_open(grid, lattice, file, &records));
  TAP_CALL(io_read_all(grid, lattice, records, &wrong));
  TAP_CALL(sq_records_close(&records));
  TAP_CALL(sq_lattice_destroy(&lattice));
  MPI_Allreduce(&wrong, &all, 1, MPI_INT64_T, MPI_SUM, grid->world);
  return all;
}

/* The checksums of a group, as every rank sees them. */
static void checksums_of(const sq_grid *grid, const char *file, int group, uint64_t *sums)
{
  sq_records *records;
  TAP_CALL(sq_records_open(grid, NULL, file, &records));
  TAP_CALL(sq_records_checksums(records, group, sums));
  TAP_CALL(sq_records_close(&records));
}

/* Written with r replicas; read with every other number of replicas, on one rank less, and on one rank alone. */
static void test_round_trip(int s, int replicas)
{
  sq_grid *grid, *other, *single;
  uint64_t sums[5], alone[5];
  char file[256], file1[256];
  int ranks[SQ_DIM];
  if (!sq_lattice_can_share(shape[s].dim, shape[s].extent, tap.size / replicas, ranks)) return;
  snprintf(file, sizeof file, "%s/round-%d-%d.h5", tap_directory(), s, replicas);
  snprintf(file1, sizeof file1, "%s/single-%d-%d-%d.h5", tap_directory(), s, replicas, tap.rank);
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, replicas, &grid));
  TAP_CALL(io_make(grid, shape[s].dim, shape[s].extent, file));
  int64_t wrong = 0;
  for (int r = 1; r <= tap.size; r++) {
    if (tap.size % r || !sq_lattice_can_share(shape[s].dim, shape[s].extent, tap.size / r, ranks)) continue;
    TAP_CALL(sq_grid_create(MPI_COMM_WORLD, r, &other));
    wrong += wrong_in(other, shape[s].dim, shape[s].extent, file);
    TAP_CALL(sq_grid_destroy(&other));
  }
  tap_check(wrong == 0, "%s: %d replicas write, any number read", shape[s].name, replicas);
  MPI_Comm fewer;
  bool last = tap.rank == tap.size - 1 && tap.size > 1;
  MPI_Comm_split(MPI_COMM_WORLD, last, tap.rank, &fewer);
  TAP_CALL(sq_grid_create(fewer, 1, &other));
  tap_check(wrong_in(other, shape[s].dim, shape[s].extent, file) == 0, "%s: %d replicas write, one rank less reads",
            shape[s].name, replicas);
  TAP_CALL(sq_grid_destroy(&other));
  MPI_Comm_free(&fewer);
  TAP_CALL(sq_grid_create(MPI_COMM_SELF, 1, &single));
  TAP_CALL(io_make(single, shape[s].dim, shape[s].extent, file1));
  checksums_of(grid, file, 0, sums);
  checksums_of(single, file1, 0, alone);
  tap_check(!memcmp(sums, alone, sizeof sums) && sums[0] && sums[0] != sums[1],
            "%s: %d replicas: checksums as on one rank", shape[s].name, replicas);
  TAP_CALL(sq_grid_destroy(&single));
  TAP_CALL(sq_grid_destroy(&grid));
}

/* HDF5 with Open MPI writes wrong data through communicators that have a Cartesian topology; so none may reach it. */
static void test_cartesian(int s)
{
  int dims[2] = {0, 0}, periods[2] = {1, 1};
  MPI_Comm cart;
  sq_grid *plain, grid;
  int64_t wrong = 0;
  MPI_Dims_create(tap.size, 2, dims);
  MPI_Cart_create(MPI_COMM_WORLD, 2, dims, periods, 0, &cart);
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &plain));
  grid = *plain;
  grid.world = cart;
  int failed = 0;
  for (int k = 0; k < 30; k++) {
    char file[256];
    snprintf(file, sizeof file, "%s/cart-%d.h5", tap_directory(), k);
    PetscErrorCode code = io_make(&grid, shape[s].dim, shape[s].extent, file);
    failed += code != 0;
    if (!code) wrong += wrong_in(plain, shape[s].dim, shape[s].extent, file);
  }
  tap_check(wrong == 0 && failed == 0, "%s: 30 files made through a Cartesian communicator are right", shape[s].name);
  TAP_CALL(sq_grid_destroy(&plain));
  MPI_Comm_free(&cart);
}

static void test_attributes(void)
{
  sq_grid *grid;
  sq_records *records;
  double acceptance, *values, dh[5];
  int64_t rows;
  int columns;
  const char *file = in_directory("attributes.h5");
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  TAP_CALL(io_make(grid, shape[1].dim, shape[1].extent, file));
  TAP_CALL(sq_records_open(grid, NULL, file, &records));
  sq_records_info wanted = io_info(shape[1].dim, shape[1].extent);
  const sq_records_info *info = sq_records_about(records);
  tap_check(!strcmp(info->kind, wanted.kind) && !strcmp(info->action, wanted.action) && info->seed == wanted.seed &&
              info->fingerprint == wanted.fingerprint && !memcmp(info->extent, wanted.extent, sizeof info->extent) &&
              info->dim == wanted.dim && info->groups == 2,
            "what the file is about comes back");
  tap_check(!memcmp(info->group, wanted.group, sizeof info->group), "groups and columns come back");
  tap_check(!strcmp(sq_records_deck(records), wanted.deck) && !info->deck, "the deck comes back");
  TAP_CALL(sq_records_get_real(records, "acceptance", &acceptance));
  TAP_CALL(sq_records_get_series(records, "history", &rows, &columns, &values));
  tap_check(acceptance == 0.8125 && rows == 3 && columns == 2 && values[0] == 1 && values[5] == 6, "real attributes "
                                                                                                   "and series come "
                                                                                                   "back");
  sq_free(&values);
  TAP_CALL(sq_records_get_series(records, "none", &rows, &columns, &values));
  tap_check(rows == 0, "a series that is not there has no rows");
  sq_free(&values);
  TAP_CALL(sq_records_column(records, 0, "dH", dh));
  tap_check(dh[0] == io_column(0, 0, 1) && dh[4] == io_column(0, 4, 1), "a column comes back whole");
  tap_check(sq_records_column(records, 1, "dH", dh) == SQ_ERR_DATA, "a column that is not there is refused");
  tap_check(sq_records_get_real(records, "none", &acceptance) == SQ_ERR_DATA, "a number that is not there is refused");
  TAP_CALL(sq_records_close(&records));
  TAP_CALL(sq_file_info(grid, file, stderr));
  TAP_CALL(sq_file_verify(grid, file, stderr));
  TAP_CALL(sq_grid_destroy(&grid));
}

/* Half of the records, closed, continued with another number of replicas. */
static void test_resume(void)
{
  sq_grid *grid, *other;
  sq_lattice *lattice, *mine;
  sq_records *records;
  uint64_t sums[5];
  char file[256], part[300];
  bool exists;
  snprintf(file, sizeof file, "%s/resume.h5", tap_directory());
  snprintf(part, sizeof part, "%s.part", file);
  sq_records_info info = io_info(2, shape[1].extent);
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, tap.size, &other));
  TAP_CALL(sq_lattice_create(grid->domain, 2, shape[1].extent, NULL, &lattice));
  TAP_CALL(sq_lattice_create(other->domain, 2, shape[1].extent, NULL, &mine));
  TAP_CALL(sq_records_create(grid, lattice, file, &info, &records));
  TAP_CALL(io_write_range(grid, lattice, records, 0, 0, 3));
  TAP_CALL(sq_records_close(&records));
  sq_records_info differs = info;
  differs.fingerprint++;
  tap_check(sq_records_resume(grid, lattice, file, &differs, &records) == SQ_ERR_DATA && !records, "another "
                                                                                                   "fingerprint is not "
                                                                                                   "continued");
  differs = info;
  differs.group[1].count++;
  tap_check(sq_records_resume(grid, lattice, file, &differs, &records) == SQ_ERR_DATA, "another count is not "
                                                                                       "continued");
  TAP_CALL(sq_records_resume(other, mine, file, &info, &records));
  TAP_CALL(sq_records_checksums(records, 0, sums));
  tap_check(sums[0] && sums[1] && sums[2] && !sums[3] && !sums[4], "after closing, what was written is known");
  TAP_CALL(sq_records_checksums(records, 1, sums));
  tap_check(!sums[0] && !sums[1], "and what was not");
  tap_check(sq_records_publish(&records) == SQ_ERR_IO && !records, "a file with missing records is not published");
  TAP_CALL(sq_file_exists(MPI_COMM_WORLD, file, &exists));
  tap_check(!exists, "and does not appear");
  tap_check(sq_file_verify(grid, part, stderr) == SQ_ERR_DATA, "verify reports missing records");
  TAP_CALL(sq_records_resume(other, mine, file, &info, &records));
  TAP_CALL(io_write_range(other, mine, records, 0, 2, 5));
  TAP_CALL(io_write_range(other, mine, records, 1, 0, 2));
  TAP_CALL(sq_records_flush(records));
  TAP_CALL(sq_records_publish(&records));
  tap_check(wrong_in(grid, 2, shape[1].extent, file) == 0, "continued with other replicas, published, right");
  TAP_CALL(sq_file_exists(MPI_COMM_WORLD, part, &exists));
  tap_check(!exists, "the .part file is gone");
  tap_check(sq_records_resume(grid, lattice, file, &info, &records) == SQ_ERR_INPUT, "nothing to resume is said to be "
                                                                                     "so");
  TAP_CALL(sq_lattice_destroy(&mine));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&other));
  TAP_CALL(sq_grid_destroy(&grid));
}

/* Changes one byte of a number of the file, which is known; rank 0. */
static void damage_value(const char *name, double value)
{
  static char text[1 << 20];
  FILE *file = fopen(name, "r+b");
  size_t size = fread(text, 1, sizeof text, file), at = 0;
  while (at + sizeof value <= size && memcmp(text + at, &value, sizeof value)) at++;
  tap_check(at + sizeof value <= size, "the value is in the file");
  fseek(file, (long)at, SEEK_SET);
  fputc(text[at] ^ 1, file);
  fclose(file);
}

/* A disk that loses a bit while the file is in the making. */
static void test_damage_in_the_making(void)
{
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  char file[256], part[300];
  bool exists;
  snprintf(file, sizeof file, "%s/lost.h5", tap_directory());
  snprintf(part, sizeof part, "%s.part", file);
  sq_records_info info = io_info(2, shape[1].extent);
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 2, shape[1].extent, NULL, &lattice));
  TAP_CALL(sq_records_create(grid, lattice, file, &info, &records));
  for (int g = 0; g < info.groups; g++) TAP_CALL(io_write_range(grid, lattice, records, g, 0, info.group[g].count));
  TAP_CALL(sq_records_close(&records));
  if (tap.rank == 0) damage_value(part, io_value(0, 2, 1));
  else tap_check(true, "the value is in the file");
  MPI_Barrier(MPI_COMM_WORLD);
  TAP_CALL(sq_records_resume(grid, lattice, file, &info, &records));
  tap_check(sq_records_publish(&records) == SQ_ERR_DATA, "a file that lost a bit in the making is bad data");
  TAP_CALL(sq_file_exists(MPI_COMM_WORLD, file, &exists));
  tap_check(!exists, "and is not published");
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
}

/* Files that cannot be used, each refused on every rank with the same code. */
static void test_refusals(void)
{
  sq_grid *grid;
  sq_lattice *wrong;
  sq_records *records;
  sq_store *store;
  char text[256], good[256], model[256];
  snprintf(text, sizeof text, "%s/text.h5", tap_directory());
  snprintf(good, sizeof good, "%s/good.h5", tap_directory());
  snprintf(model, sizeof model, "%s/model.h5", tap_directory());
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 2, (int64_t[]){10, 11}, NULL, &wrong));
  TAP_CALL(sq_write_text(MPI_COMM_WORLD, text, "this is not HDF5\n"));
  tap_check(sq_records_open(grid, NULL, text, &records) == SQ_ERR_DATA && !records, "a text file is refused");
  tap_check(sq_records_open(grid, NULL, "no/such/file.h5", &records) == SQ_ERR_INPUT, "a missing file is refused");
  tap_check(sq_file_verify(grid, text, stderr) == SQ_ERR_DATA && sq_file_info(grid, text, stderr) == SQ_ERR_DATA,
            "info and verify refuse a text file");
  TAP_CALL(io_make(grid, 2, shape[1].extent, good));
  tap_check(sq_records_open(grid, wrong, good, &records) == SQ_ERR_DATA, "other extents are refused");
  TAP_CALL(sq_store_create("model", &store));
  TAP_CALL(sq_store_put_int(store, "width", 3));
  TAP_CALL(sq_store_write(MPI_COMM_WORLD, store, model, false));
  TAP_CALL(sq_store_destroy(&store));
  tap_check(sq_records_open(grid, NULL, model, &records) == SQ_ERR_DATA, "a store is not a records file");
  tap_check(sq_store_read(MPI_COMM_WORLD, good, "model", false, &store, NULL) == SQ_ERR_DATA && !store, "a records "
                                                                                                        "file is not a "
                                                                                                        "store");
  if (tap.rank == 0 && truncate(good, 5000)) MPI_Abort(MPI_COMM_WORLD, 99);
  MPI_Barrier(MPI_COMM_WORLD);
  tap_check(sq_records_open(grid, NULL, good, &records) == SQ_ERR_DATA, "a truncated file is refused");
  TAP_CALL(sq_lattice_destroy(&wrong));
  TAP_CALL(sq_grid_destroy(&grid));
}

/* The file size limit stands for a full disk: it is met while creating, while writing on one rank only, and while
 * publishing. */
static void limit_file_size(rlim_t bytes)
{
  struct rlimit limit;
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes;
  setrlimit(RLIMIT_FSIZE, &limit);
}

static void test_full_disk(void)
{
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  char file[256];
  const int64_t extent[] = {40, 40};
  snprintf(file, sizeof file, "%s/full.h5", tap_directory());
  signal(SIGXFSZ, SIG_IGN);
  sq_records_info info = io_info(2, extent), huge = info;
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 2, extent, NULL, &lattice));
  TAP_CALL(io_make(grid, 2, extent, file));
  huge.group[0].count = INT32_MAX;
  huge.group[1].count = INT32_MAX;
  tap_check(sq_records_create(grid, lattice, file, &huge, &records) == SQ_ERR_IO, "more than the disk has is refused "
                                                                                  "at once");
  limit_file_size(30000);
  tap_check(sq_records_create(grid, lattice, file, &info, &records) == SQ_ERR_IO, "a limit met while creating is an "
                                                                                  "error");
  limit_file_size(RLIM_INFINITY);
  TAP_CALL(sq_records_create(grid, lattice, file, &info, &records));
  limit_file_size(4096);
  tap_check(io_write_range(grid, lattice, records, 0, 0, 5) == SQ_ERR_IO, "a write that fails is an error on all "
                                                                          "ranks");
  limit_file_size(RLIM_INFINITY);
  if (tap.rank == tap.size - 1) limit_file_size(4096);
  PetscErrorCode code = io_write_range(grid, lattice, records, 0, 0, 5);
  limit_file_size(RLIM_INFINITY);
  tap_check(code == 0 || code == SQ_ERR_IO, "when it fails on one rank, all agree");
  for (int g = 0; g < 2; g++) TAP_CALL(io_write_range(grid, lattice, records, g, 0, info.group[g].count));
  /* room to rewrite what is there but none for the series */
  static double many[200000];
  TAP_CALL(sq_records_put_series(records, "history", 100000, 2, (const char *const[]){"dH", "accepted"}, many));
  limit_file_size(200000);
  tap_check(sq_records_publish(&records) == SQ_ERR_IO, "a failure while publishing is an error");
  limit_file_size(RLIM_INFINITY);
  tap_check(wrong_in(grid, 2, extent, file) == 0, "the published file is still the old one");
  TAP_CALL(sq_records_resume(grid, lattice, file, &info, &records));
  TAP_CALL(sq_records_put_series(records, "history", 100000, 2, (const char *const[]){"dH", "accepted"}, many));
  TAP_CALL(sq_records_publish(&records));
  tap_check(wrong_in(grid, 2, extent, file) == 0, "and the new one can be published once there is room");
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
}

static void test_not_finite(void)
{
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  double *block, columns[2] = {NAN, INFINITY};
  uint64_t sums[5];
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 2, shape[1].extent, NULL, &lattice));
  sq_records_info info = io_info(2, shape[1].extent);
  TAP_CALL(sq_records_create(grid, lattice, in_directory("nan.h5"), &info, &records));
  TAP_CALL(sq_alloc(lattice->local_volume, &block));
  TAP_CALL(sq_records_write(records, 0, 1, block, columns));
  TAP_CALL(sq_records_read(records, 0, 1, block, columns));
  tap_check(isnan(columns[0]) && isinf(columns[1]), "columns may hold anything");
  if (tap.rank == tap.size - 1) block[0] = NAN;
  tap_check(sq_records_write(records, 0, 0, block, columns) == SQ_ERR_DATA, "a field that is not finite is refused");
  TAP_CALL(sq_records_checksums(records, 0, sums));
  tap_check(!sums[0] && sums[1], "and not committed");
  sq_free(&block);
  TAP_CALL(sq_records_close(&records));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
}

static void test_files(void)
{
  bool exists;
  char directory[256], file[256];
  snprintf(directory, sizeof directory, "%s/a/b/c", tap_directory());
  snprintf(file, sizeof file, "%s/a/b/c/text", tap_directory());
  TAP_CALL(sq_make_directory(MPI_COMM_WORLD, directory));
  TAP_CALL(sq_make_directory(MPI_COMM_WORLD, directory));
  TAP_CALL(sq_write_text(MPI_COMM_WORLD, file, "one"));
  TAP_CALL(sq_write_text(MPI_COMM_WORLD, file, "two two"));
  TAP_CALL(sq_file_exists(MPI_COMM_WORLD, file, &exists));
  char text[16] = "";
  FILE *in = fopen(file, "r");
  bool read = in && fgets(text, sizeof text, in);
  if (in) fclose(in);
  tap_check(exists && read && !strcmp(text, "two two"), "a text file is replaced");
  tap_check(sq_make_directory(MPI_COMM_WORLD, file) == SQ_ERR_IO, "a directory in the place of a file is an error");
  TAP_CALL(sq_file_exists(MPI_COMM_WORLD, directory, &exists));
  tap_check(!exists, "a directory is not a file");
  TAP_CALL(sq_file_remove(MPI_COMM_WORLD, file));
  TAP_CALL(sq_file_remove(MPI_COMM_WORLD, file));
  TAP_CALL(sq_file_exists(MPI_COMM_WORLD, file, &exists));
  tap_check(!exists, "a file is removed");
}

/* More small records than are read ahead at a time: one after the other, in two groups in turn, backwards. */
static void test_many(void)
{
  enum { MANY = 1100 };
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  sq_records_info info = io_info(2, (int64_t[]){8, 8});
  const char *file = in_directory("many.h5");
  double block[64], column[SQ_IO_COLUMNS];
  int64_t wrong;
  info.group[0].count = MANY;
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 2, (int64_t[]){8, 8}, NULL, &lattice));
  TAP_CALL(sq_records_create(grid, lattice, file, &info, &records));
  TAP_CALL(io_write_range(grid, lattice, records, 0, 0, MANY));
  TAP_CALL(io_write_range(grid, lattice, records, 1, 0, info.group[1].count));
  TAP_CALL(sq_records_publish(&records));
  TAP_CALL(sq_records_open(grid, lattice, file, &records));
  TAP_CALL(io_read_all(grid, lattice, records, &wrong));
  tap_check(wrong == 0, "%d records one after the other", MANY);
  wrong = 0;
  for (int64_t i = 0; i < 60; i++) {
    const int group = i % 3 == 2;
    const int64_t index = group ? i % 2 : i < 30 ? i : MANY - i;
    TAP_CALL(sq_records_read(records, group, index, block, column));
    wrong += io_wrong(lattice, group, index, block);
    for (int c = 0; c < info.group[group].columns; c++) wrong += column[c] != io_column(group, index, c);
  }
  tap_check(wrong == 0, "and in any order");
  TAP_CALL(sq_records_close(&records));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (int s = 0; s < (int)(sizeof shape / sizeof *shape); s++) {
    for (int r = 1; r <= tap.size; r++) {
      if (tap.size % r == 0) test_round_trip(s, r);
    }
  }
  test_cartesian(1);
  test_cartesian(2);
  test_attributes();
  test_resume();
  test_damage_in_the_making();
  test_refusals();
  test_full_disk();
  test_not_finite();
  test_files();
  test_many();
  return tap_end();
}
