/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzz target: the readers of files, both kinds: as `squall info` and `squall verify` read them, as a store, and as
 * records with fields. HDF5's MPI driver is left out: MPI-IO is not what is tested, and costs most of the time. */
#include "squall/io.h"
#include "tests/fuzz/fuzz.h"
#include <hdf5.h>
#include <string.h>
#include <unistd.h>

/* Of HDF5, whose metadata carry this checksum; and of libFuzzer. */
uint32_t H5_checksum_metadata(const void *data, size_t size, uint32_t start);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);

static char path[64];
static FILE *nowhere;
static sq_grid *grid;

/* In place of the library's: files are opened by HDF5's usual driver. */
herr_t H5Pset_fapl_mpio(hid_t list, MPI_Comm comm, MPI_Info info)
{
  (void)list, (void)comm, (void)info;
  return 0;
}

static void remove_file(void)
{
  unlink(path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void)argc, (void)argv;
  fuzz_begin();
  snprintf(path, sizeof path, "/dev/shm/squall-fuzz-%ld.h5", (long)getpid());
  nowhere = fopen("/dev/null", "w");
  if (!nowhere || sq_grid_create(PETSC_COMM_WORLD, 1, &grid)) abort();
  atexit(remove_file);
  return 0;
}

static void put(const uint8_t *data, size_t size)
{
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(data, 1, size, file) != size || fclose(file)) abort();
}

static void as_any(void)
{
  char message[1024];
  PetscErrorCode info = sq_file_info_alone(path, nowhere, message, sizeof message),
                 verify = sq_file_verify_alone(path, nowhere, message, sizeof message);
  FUZZ_REQUIRE(info == 0 || info == SQ_ERR_DATA);
  FUZZ_REQUIRE(verify == 0 || verify == SQ_ERR_DATA);
  FUZZ_REQUIRE(!info || verify);
}

static void as_store(void)
{
  sq_store *store = NULL;
  PetscErrorCode code = sq_store_read(PETSC_COMM_SELF, path, "model", false, &store, NULL);
  FUZZ_REQUIRE(code == 0 || code == SQ_ERR_DATA);
  if (!code) sq_store_destroy(&store);
}

/* All fields of a group that claims few enough. */
static void fields(sq_records *records, int group, double *block)
{
  int64_t count = sq_records_about(records)->group[group].count;
  double columns[SQ_IO_COLUMNS];
  for (int64_t i = 0; i < count && i < 8; i++) {
    PetscErrorCode code = sq_records_read(records, group, i, block, columns);
    FUZZ_REQUIRE(code == 0 || code == SQ_ERR_DATA);
  }
}

static void as_records(size_t size)
{
  sq_records *records = NULL;
  sq_lattice *lattice = NULL;
  double *block;
  PetscErrorCode code = sq_records_open(grid, NULL, path, &records);
  FUZZ_REQUIRE(code == 0 || code == SQ_ERR_DATA);
  if (code) return;
  sq_records_info about = *sq_records_about(records);
  for (int g = 0; g < about.groups; g++) {
    double *values;
    if (about.group[g].columns && !sq_records_find_column(records, g, about.group[g].column[0], &values))
      sq_free(&values);
  }
  FUZZ_REQUIRE(!sq_records_close(&records));
  int64_t volume = 1;
  for (int i = 0; i < SQ_DIM; i++)
    if (__builtin_mul_overflow(volume, about.extent[i], &volume)) return;
  if (volume * 8 > (int64_t)size ||
      sq_lattice_create(grid->domain, about.dim, about.extent + SQ_DIM - about.dim, NULL, &lattice))
    return;
  FUZZ_REQUIRE(!sq_alloc(volume * (about.components > 1 ? about.components : 1), &block));
  code = sq_records_open(grid, lattice, path, &records);
  FUZZ_REQUIRE(code == 0 || code == SQ_ERR_DATA);
  for (int g = 0; !code && g < about.groups; g++) fields(records, g, block);
  if (!code) FUZZ_REQUIRE(!sq_records_close(&records));
  sq_free(&block);
  FUZZ_REQUIRE(!sq_lattice_destroy(&lattice));
}

/* Puts the right checksum behind a piece of metadata. */
static void reseal(uint8_t *data, size_t size, size_t at, size_t length)
{
  if (length + 4 > size - at) return;
  uint32_t sum = H5_checksum_metadata(data + at, length, 0);
  for (int i = 0; i < 4; i++) data[at + length + (size_t)i] = (uint8_t)(sum >> 8 * i);
}

/* The length of an object header (version 2) up to its checksum, as it says itself. */
static size_t header_length(const uint8_t *header, size_t room)
{
  uint64_t chunk = 0;
  size_t at = 6;
  if (room < 64) return room;
  uint8_t flags = header[5];
  at += (flags & 32 ? 16 : 0) + (flags & 16 ? 4 : 0);
  for (int i = 0; i < 1 << (flags & 3); i++) chunk |= (uint64_t)header[at++] << 8 * i;
  return chunk < room ? at + (size_t)chunk : room;
}

/* As a forger would: all checksums of the superblock and of object headers are made anew. */
static void forge(uint8_t *data, size_t size)
{
  if (size > 48 && !memcmp(data, "\211HDF", 4)) reseal(data, size, 0, 44);
  for (size_t i = 0; i + 64 < size; i++)
    if (!memcmp(data + i, "OHDR", 4)) reseal(data, size, i, header_length(data + i, size - i));
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
  size = LLVMFuzzerMutate(data, size, room);
  if (seed % 4) forge(data, size);
  return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  put(data, size);
  fuzz_input_begin(size);
  as_any();
  as_store();
  as_records(size);
  fuzz_input_end();
  return 0;
}
