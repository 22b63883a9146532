/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays in files of other programs: what is written is read back, parts of arrays in either order of the axes and of
 * the bytes, types, and every way in which a header can be wrong. */
#include "squall/arrays.h"
#include "tap.h"
#include <hdf5.h>
#include <string.h>

static char path[256];

static const char *in_directory(const char *name)
{
  snprintf(path, sizeof path, "%s/%s", tap_directory(), name);
  return path;
}

/* A file of these bytes, made by rank 0. */
static const char *put(const char *name, const void *bytes, size_t size)
{
  (void)in_directory(name);
  if (tap.rank == 0) {
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(bytes, 1, size, out) != size || fclose(out)) MPI_Abort(MPI_COMM_WORLD, 99);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  return path;
}

/* An npy with that header and data. */
static const char *put_npy(const char *name, int version, const char *dictionary, const void *data, size_t size)
{
  static unsigned char bytes[1 << 16];
  const size_t n = strlen(dictionary), begin = version == 1 ? 10 : 12;
  memcpy(bytes, "\x93NUMPY", 6);
  bytes[6] = (unsigned char)version, bytes[7] = 0;
  memset(bytes + 8, 0, 4);
  bytes[8] = (unsigned char)(n & 255), bytes[9] = (unsigned char)(n >> 8);
  memcpy(bytes + begin, dictionary, n);
  if (size) memcpy(bytes + begin + n, data, size);
  return put(name, bytes, begin + n + size);
}

static PetscErrorCode opens(const sq_array_source *source, sq_array **array)
{
  *array = NULL;
  return sq_array_open(MPI_COMM_WORLD, source, array);
}

/* Reads a part of an array of rank 3 whose number at (i, j, k) is 100 i + 10 j + k; every rank another part. */
static bool part_is_right(sq_array *array, const int64_t first[3], const int64_t count[3])
{
  double value[4 * 3 * 5];
  bool right = !sq_array_read(array, first, count, value);
  for (int64_t i = 0, n = 0; i < count[0]; i++)
    for (int64_t j = 0; j < count[1]; j++)
      for (int64_t k = 0; k < count[2]; k++, n++)
        right = right && value[n] == (double)(100 * (first[0] + i) + 10 * (first[1] + j) + first[2] + k);
  return right;
}

static void test_parts(const sq_array_source *source, const char *what)
{
  sq_array *array;
  bool right = !opens(source, &array);
  const sq_array_shape *shape = right ? sq_array_about(array) : NULL;
  right = right && shape->rank == 3 && shape->extent[0] == 4 && shape->extent[1] == 3 && shape->extent[2] == 5;
  for (int64_t i = 0; right && i < 4; i++)
    for (int64_t j = 0; j < 3; j++)
      for (int64_t k = 0; k < 5; k++) {
        const int64_t shift = tap.rank, first[3] = {i, (j + shift) % 3, (k + shift) % 5};
        const int64_t count[3] = {4 - i, (3 - first[1]), 1 + (5 - first[2] - 1) / (1 + k % 2)};
        right = part_is_right(array, first, count) && right;
      }
  const int64_t all[3] = {4, 3, 5}, none[3] = {0};
  right = right && part_is_right(array, none, tap.rank ? none : all);
  if (array) sq_array_close(&array);
  tap_check(right, "%s: every part has its numbers", what);
}

static void fill(double value[60])
{
  for (int i = 0; i < 60; i++) value[i] = 100 * (i / 15) + 10 * (i / 5 % 3) + i % 5;
}

static void test_types(void)
{
  static const char *const type[] = {"<f4", ">f4", "<f8", ">f8", "<i2", ">i2", "<i4", ">i8", "<u2", ">u4", "float64"};
  double value[60];
  char reason[SQ_ARRAY_TEXT];
  fill(value);
  for (size_t t = 0; t < sizeof type / sizeof *type; t++) {
    char name[64], what[64];
    sq_array_item item = {.name = "phi", .shape = {.rank = 3, .extent = {4, 3, 5}}, .values = value};
    tap_check(sq_number_read(type[t], &item.shape.number, reason), "%s is a type", type[t]);
    for (int format = 0; format < 2; format++) {
      snprintf(name, sizeof name, "t%zu.%s", t, sq_array_format_name(format));
      if (tap.rank == 0) TAP_CALL(sq_array_write(sq_array_format_name(format), in_directory(name), 1, &item));
      MPI_Barrier(MPI_COMM_WORLD);
      snprintf(what, sizeof what, "%s %s", sq_array_format_name(format), type[t]);
      test_parts(&(sq_array_source){.path = in_directory(name)}, what);
    }
  }
}

/* One number by its bytes. */
static void test_number(const char *type, const void *bytes, size_t size, double expected)
{
  const sq_array_source source = {
    .path = put("number.bin", bytes, size), .type = type, .rank = 1, .extent = (int64_t[]){1}};
  const int64_t first = 0, one = 1;
  double value = 0;
  sq_array *array;
  bool right = !opens(&source, &array) && !sq_array_read(array, &first, &one, &value);
  if (array) sq_array_close(&array);
  tap_check(right && (value == expected || (isnan(value) && isnan(expected))), "raw %s: %g", type, expected);
}

static void test_numbers(void)
{
  test_number("f2", (unsigned char[]){0x00, 0x3c}, 2, 1);
  test_number(">f2", (unsigned char[]){0xc0, 0x00}, 2, -2);
  test_number("<f2", (unsigned char[]){0x01, 0x00}, 2, 0x1p-24);
  test_number("f2", (unsigned char[]){0x00, 0x7c}, 2, INFINITY);
  test_number("f2", (unsigned char[]){0x01, 0x7c}, 2, NAN);
  test_number("i1", (unsigned char[]){0xff}, 1, -1);
  test_number("uint8", (unsigned char[]){0xff}, 1, 255);
  test_number("?", (unsigned char[]){7}, 1, 1);
  test_number(">i2", (unsigned char[]){0xff, 0xfe}, 2, -2);
  test_number("i8", (unsigned char[]){0, 0, 0, 0, 0, 0, 0, 0x80}, 8, -0x1p63);
}

static void test_fortran(void)
{
  double value[60], turned[60];
  fill(value);
  for (int i = 0; i < 60; i++) turned[i / 15 + 4 * (i / 5 % 3) + 12 * (i % 5)] = value[i];
  test_parts(&(sq_array_source){.path = put_npy("fortran.npy", 1,
                                                "{'descr': '<f8', 'fortran_order': True, 'shape': "
                                                "(4, 3, 5), }\n",
                                                turned, sizeof turned)},
             "npy in Fortran's order");
  test_parts(&(sq_array_source){.path = put_npy("two.npy", 2,
                                                "{\"shape\":(4L,3L,5L),\"fortran_order\":False,"
                                                "\"descr\":\"<f8\"}",
                                                value, sizeof value)},
             "npy of version 2, its keys in another order");
  char shifted[7 + sizeof value];
  memcpy(shifted + 7, value, sizeof value);
  test_parts(&(sq_array_source){.path = put("raw.bin", shifted, sizeof shifted),
                                .type = "f8",
                                .rank = 3,
                                .extent = (int64_t[]){4, 3, 5},
                                .offset = 7},
             "raw behind seven bytes");
}

static void refused(PetscErrorCode code, const sq_array_source *source, const char *what)
{
  sq_array *array;
  const PetscErrorCode got = opens(source, &array);
  if (array) sq_array_close(&array);
  tap_check(got == code, "refused: %s", what);
}

static void test_headers(void)
{
  static const struct {
    const char *dictionary, *what;
    size_t size;
  } wrong[] = {{"{'descr': '<c16', 'fortran_order': False, 'shape': (2,), }", "complex numbers", 32},
               {"{'descr': '<f16', 'fortran_order': False, 'shape': (2,), }", "long double", 32},
               {"{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", "objects", 16},
               {"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,), }", "records", 16},
               {"{'descr': '<f8', 'fortran_order': False, 'shape': (4,), }", "a cut file", 16},
               {"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", "bytes behind the array", 16},
               {"{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296, 1), }", "2^64 numbers", 16},
               {"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }", "a large number", 16},
               {"{'descr': '<f8', 'fortran_order': False, 'shape': (-2,), }", "a negative extent", 16},
               {"{'descr': '<f8', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,2,), }", "nine axes", 16},
               {"{'descr': '<f8', 'fortran_order': False, }", "no shape", 16},
               {"{'descr': '<f8', 'fortran_order': 0, 'shape': (2,), }", "no truth value", 16},
               {"{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", "a key twice", 16},
               {"{'descr': '<f8'", "no end", 16},
               {"", "no dictionary", 16}};
  const char zeros[32] = {0};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    refused(SQ_ERR_DATA, &(sq_array_source){.path = put_npy("w.npy", 1, wrong[i].dictionary, zeros, wrong[i].size)},
            wrong[i].what);
  refused(SQ_ERR_DATA, &(sq_array_source){.path = put("w.npy", "\x93NUMPY\1\0\xff\xff", 10)}, "a header that is cut");
  refused(SQ_ERR_DATA, &(sq_array_source){.path = put("w.npz", "PK\3\4 and so on", 14)}, "no archive");
  refused(SQ_ERR_DATA, &(sq_array_source){.path = put("w.h5", "\x89HDF\r\n\x1a\n and so on", 18), .format = "hdf5"},
          "no HDF5");
}

static void test_requests(void)
{
  refused(SQ_ERR_INPUT, &(sq_array_source){.path = in_directory("missing.npy")}, "a file that is not there");
  refused(SQ_ERR_INPUT, &(sq_array_source){.path = tap_directory()}, "a directory");
  refused(SQ_ERR_INPUT, &(sq_array_source){.path = put("x.bin", "12345678", 8)}, "raw without a shape");
  refused(SQ_ERR_INPUT, &(sq_array_source){.path = path, .type = "f8", .rank = 1, .extent = (int64_t[]){2}},
          "raw of another size");
  refused(SQ_ERR_INPUT, &(sq_array_source){.path = path, .type = "c8", .rank = 1, .extent = (int64_t[]){1}},
          "raw of complex numbers");
  refused(SQ_ERR_INPUT,
          &(sq_array_source){
            .path = path, .type = "f8", .rank = 3, .extent = (int64_t[]){(int64_t)1 << 40, (int64_t)1 << 40, 1}},
          "raw of 2^80 numbers");
}

/* Members by name; the sum of what is written by pieces. */
static PetscErrorCode count_up(void *context, int64_t first, int64_t count, double *values)
{
  (void)context;
  for (int64_t i = 0; i < count; i++) values[i] = (double)(first + i);
  return 0;
}

static void test_members(void)
{
  const int64_t large = 100003, zero = 0;
  const sq_array_item item[] = {
    {.name = "index", .shape = {.rank = 1, .extent = {large}, .number = {'i', 4, true}}, .fill = count_up},
    {.name = "kappa", .shape = {.rank = 0, .number = {'f', 8, false}}, .values = (double[]){0.21}},
    {.name = "none", .shape = {.rank = 2, .extent = {0, 3}, .number = {'f', 4, false}}, .values = (double[]){0}}};
  double *value, kappa = 0;
  sq_array *array;
  (void)in_directory("many.npz");
  if (tap.rank == 0) TAP_CALL(sq_array_write("npz", path, 3, item));
  MPI_Barrier(MPI_COMM_WORLD);
  TAP_CALL(sq_alloc(large, &value));
  bool right = !opens(&(sq_array_source){.path = path, .name = "index"}, &array) &&
               !sq_array_read(array, &zero, &large, value);
  for (int64_t i = 0; right && i < large; i++) right = value[i] == (double)i;
  sq_array_close(&array);
  sq_free(&value);
  tap_check(right, "a member that is written by pieces");
  right = !opens(&(sq_array_source){.path = path, .name = "kappa.npy"}, &array) &&
          !sq_array_read(array, &zero, &zero, &kappa) && kappa == 0.21;
  sq_array_close(&array);
  tap_check(right, "a member that is one number");
  refused(SQ_ERR_INPUT, &(sq_array_source){.path = path}, "several members, and none named");
  refused(SQ_ERR_INPUT, &(sq_array_source){.path = path, .name = "kapa"}, "a member that is not there");
}

/* A member whose bytes were changed is found out by its checksum. */
static void test_damage(void)
{
  double value[60];
  sq_array *array;
  const int64_t first[3] = {0}, all[3] = {4, 3, 5};
  const sq_array_item item = {
    .name = "phi", .shape = {.rank = 3, .extent = {4, 3, 5}, .number = {'f', 8, false}}, .values = value};
  fill(value);
  (void)in_directory("damaged.npz");
  if (tap.rank == 0) {
    TAP_CALL(sq_array_write("npz", path, 1, &item));
    FILE *file = fopen(path, "r+b");
    if (!file || fseek(file, 400, SEEK_SET) || fputc(77, file) == EOF || fclose(file)) MPI_Abort(MPI_COMM_WORLD, 99);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  PetscErrorCode code = opens(&(sq_array_source){.path = path}, &array);
  if (!code) code = sq_array_read(array, first, all, value);
  if (array) sq_array_close(&array);
  tap_check(code == SQ_ERR_DATA, "a member of an npz whose bytes were changed");
}

/* An HDF5 file with the dataset phi of extent [large, 4], which has numbers or is only declared. */
static void make_hdf5(hid_t type, hsize_t large, bool written)
{
  const hsize_t extent[2] = {large, 4}, chunk[2] = {1, 4};
  const double numbers[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  if (tap.rank == 0) {
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), list = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(2, extent, NULL);
    H5Pset_chunk(list, 2, chunk);
    hid_t dataset = H5Dcreate2(file, "phi", type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    if (written) H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers);
    H5Dclose(dataset), H5Sclose(space), H5Pclose(list), H5Fclose(file);
  }
  MPI_Barrier(MPI_COMM_WORLD);
}

static void test_hdf5(void)
{
  double value[8] = {0};
  sq_array *array;
  const int64_t first[2] = {0}, all[2] = {2, 4};
  (void)in_directory("a.h5");
  make_hdf5(H5T_IEEE_F32BE, 2, true);
  bool right = !opens(&(sq_array_source){.path = path}, &array) && !sq_array_read(array, first, all, value);
  sq_array_close(&array);
  tap_check(right && value[0] == 1 && value[7] == 8, "the only dataset of an HDF5 file");
  MPI_Barrier(MPI_COMM_WORLD);
  make_hdf5(H5T_IEEE_F64LE, (hsize_t)1 << 40, false);
  refused(SQ_ERR_DATA, &(sq_array_source){.path = path}, "a dataset of 2^42 numbers that were never written");
  MPI_Barrier(MPI_COMM_WORLD);
  hid_t flag = H5Tenum_create(H5T_STD_I8LE);
  H5Tenum_insert(flag, "TRUE", (signed char[]){1});
  make_hdf5(flag, 2, false);
  H5Tclose(flag);
  refused(SQ_ERR_DATA, &(sq_array_source){.path = path}, "truth values of h5py: the reason, not that there is none");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_types();
  test_numbers();
  test_fortran();
  test_headers();
  test_requests();
  test_members();
  test_damage();
  test_hdf5();
  return tap_end();
}
