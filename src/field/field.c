/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields with a halo, blocks without; noise, checksums and sums that do not depend on the decomposition. */
#include "squall/field.h"
#include <string.h>

static int64_t aligned(int64_t sites)
{
  const int64_t line = 64 / sizeof(double);
  return (sites + line - 1) / line * line;
}

PetscErrorCode sq_field_create(const sq_lattice *lattice, int halo, sq_field **field)
{
  PetscFunctionBeginUser;
  PetscCall(sq_field_create_components(lattice, halo, 1, field));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_field_create_components(const sq_lattice *lattice, int halo, int components, sq_field **field)
{
  PetscFunctionBeginUser;
  sq_field *f;
  PetscCall(sq_alloc(1, &f));
  f->lattice = lattice;
  f->halo = halo;
  f->components = components;
  f->sites = 1;
  for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
    int64_t rim = mu >= lattice->first_dir ? halo : 0;
    f->stride[mu] = f->sites;
    f->origin += rim * f->sites;
    f->sites *= lattice->local[mu] + 2 * rim;
    if (mu == SQ_DIM - 1) f->sites = aligned(f->sites);
  }
  f->sites += aligned(halo) - halo; /* the first row is moved there */
  f->origin += aligned(halo) - halo;
  if (components > 1) f->sites = aligned(f->sites); /* each begins as the first */
  PetscCall(sq_alloc(components * f->sites, &f->data));
  *field = f;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_field_destroy(sq_field **field)
{
  PetscFunctionBeginUser;
  if (!*field) PetscFunctionReturn(0);
  sq_free(&(*field)->data);
  sq_free(field);
  PetscFunctionReturn(0);
}

int64_t sq_field_row(const sq_field *field, int64_t row)
{
  int64_t index = field->origin;
  for (int mu = SQ_DIM - 2; mu >= 0; mu--) {
    int64_t n = field->lattice->local[mu];
    index += (row % n) * field->stride[mu];
    row /= n;
  }
  return index;
}

static int leading(const sq_field *field)
{
  return field->lattice->dim > 1 ? field->lattice->first_dir : 0;
}

int64_t sq_field_planes(const sq_field *field, int64_t *sites)
{
  int lead = leading(field);
  *sites = field->lattice->dim > 1 ? field->stride[lead] : field->sites;
  return field->lattice->local[lead];
}

/* A plane's own rim: of n1 x n2 rows; directions 2 and 1 are in it from d = 3 and 4 on. */
static void wrap_plane(const sq_field *field, int64_t n1, int64_t n2, double *plane)
{
  const int dim = field->lattice->dim;
  const int64_t *stride = field->stride, n3 = field->lattice->local[3];
  const size_t bytes = (size_t)n3 * sizeof(double);
  for (int64_t x1 = 0; x1 < n1; x1++)
    for (int64_t x2 = 0; x2 < n2; x2++) {
      double *row = plane + x1 * stride[1] + x2 * stride[2];
      row[-1] = row[n3 - 1];
      row[n3] = row[0];
    }
  for (int64_t x1 = 0; dim > 2 && x1 < n1; x1++) {
    double *row = plane + x1 * stride[1];
    memcpy(row + n2 * stride[2], row, bytes);
    memcpy(row - stride[2], row + (n2 - 1) * stride[2], bytes);
  }
  if (dim < 4) return;
  const size_t slab = (size_t)((n2 - 1) * stride[2] + n3) * sizeof(double); /* n2 rows and what is between them */
  memcpy(plane + n1 * stride[1], plane, slab);
  memcpy(plane - stride[1], plane + (n1 - 1) * stride[1], slab);
}

static void wrap_component(const sq_field *field, int64_t first, int64_t count, double *data)
{
  const int dim = field->lattice->dim, lead = leading(field);
  const int64_t *local = field->lattice->local, reach = local[lead] * field->stride[lead];
  if (dim == 1) {
    wrap_plane(field, 1, 1, data + field->origin);
    return;
  }
  for (int64_t x = first; x < first + count; x++) {
    wrap_plane(field, dim > 3 ? local[1] : 1, dim > 2 ? local[2] : 1, data + field->origin + x * field->stride[lead]);
    double *whole = data + aligned(1) - 1 + (x + 1) * field->stride[lead]; /* with its rim */
    size_t bytes = (size_t)field->stride[lead] * sizeof(double);
    if (x == 0) memcpy(whole + reach, whole, bytes);
    if (x == local[lead] - 1) memcpy(whole - reach, whole, bytes);
  }
}

void sq_field_wrap(sq_field *field, int64_t first, int64_t count)
{
  for (int c = 0; c < field->components; c++) wrap_component(field, first, count, field->data + c * field->sites);
}

void sq_field_from_block(sq_field *field, const double *block)
{
  int64_t length = field->lattice->local[3], rows = field->lattice->local_volume / length;
  for (int c = 0; c < field->components; c++)
    for (int64_t r = 0; r < rows; r++, block += length)
      memcpy(field->data + c * field->sites + sq_field_row(field, r), block, (size_t)length * sizeof(double));
}

void sq_field_to_block(const sq_field *field, double *block)
{
  int64_t length = field->lattice->local[3], rows = field->lattice->local_volume / length;
  for (int c = 0; c < field->components; c++)
    for (int64_t r = 0; r < rows; r++, block += length)
      memcpy(block, field->data + c * field->sites + sq_field_row(field, r), (size_t)length * sizeof(double));
}

void sq_field_copy(const sq_field *from, sq_field *to)
{
  memcpy(to->data, from->data, (size_t)(from->components * from->sites) * sizeof *from->data);
}

void sq_block_random(const sq_lattice *lattice, int components, sq_random make, sq_stream stream, uint64_t step,
                     uint16_t draw, double *block)
{
  int64_t length = lattice->local[3], rows = lattice->local_volume / length;
  for (int c = 0; c < components; c++, block += lattice->local_volume)
    for (int64_t r = 0, next; r < rows; r = next) { /* rows that follow each other in one call */
      int64_t site = sq_lattice_row_site(lattice, r), first = c * lattice->volume + site;
      for (next = r + 1; next < rows && sq_lattice_row_site(lattice, next) == site + (next - r) * length;) next++;
      make(stream, (uint64_t)first, (next - r) * length, step, draw, block + r * length);
    }
}

void sq_block_normals(const sq_lattice *lattice, sq_stream stream, uint64_t step, uint16_t draw, double *block)
{
  sq_block_random(lattice, 1, sq_rng_normals, stream, step, draw, block);
}

/* The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every input bit reaches every output bit. */
static inline uint64_t mix(uint64_t x)
{
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

uint64_t sq_site_hash(int64_t number, double value)
{
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return mix(bits + mix((uint64_t)(number + 1) * 0x9e3779b97f4a7c15u));
}

SQ_VECTORS uint64_t sq_run_hash(int64_t first, int64_t count, const double *value)
{
  enum { LANES = 8 };
  const uint64_t step = 0x9e3779b97f4a7c15u;
  uint64_t sum[LANES] = {0}, number[LANES], all = 0;
  int64_t i = 0;
  for (int l = 0; l < LANES; l++) number[l] = (uint64_t)(first + l + 1) * step;
  for (; i + LANES <= count; i += LANES)
    for (int l = 0; l < LANES; l++) {
      uint64_t bits;
      memcpy(&bits, &value[i + l], sizeof bits);
      sum[l] += mix(bits + mix(number[l]));
      number[l] += LANES * step;
    }
  for (; i < count; i++) all += sq_site_hash(first + i, value[i]);
  for (int l = 0; l < LANES; l++) all += sum[l];
  return all;
}

/* Without a branch: nearly always all of them are looked at. */
SQ_VECTORS bool sq_run_finite(int64_t count, const double *value)
{
  uint64_t wrong = 0;
  for (int64_t i = 0; i < count; i++) {
    uint64_t bits;
    memcpy(&bits, &value[i], sizeof bits);
    wrong |= (bits & (0x7ffull << 52)) + (1ull << 52); /* the sign's bit: of the largest exponent alone */
  }
  return !(wrong >> 63);
}

PetscErrorCode sq_block_checksum(const sq_lattice *lattice, int components, const double *block, uint64_t *checksum)
{
  PetscFunctionBeginUser;
  uint64_t here = 0;
  int64_t length = lattice->local[3], rows = lattice->local_volume / length;
  for (int c = 0; c < components; c++)
    for (int64_t r = 0; r < rows; r++, block += length)
      here += sq_run_hash(c * lattice->volume + sq_lattice_row_site(lattice, r), length, block);
  PetscCallMPI(MPI_Allreduce(&here, checksum, 1, MPI_UINT64_T, MPI_SUM, lattice->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_block_sum(const sq_lattice *lattice, const double *block, double *sum)
{
  PetscFunctionBeginUser;
  sq_sum total = {{0}};
  sq_sum_add_array(&total, lattice->local_volume, block);
  PetscCall(sq_sum_reduce(lattice->comm, 1, &total));
  *sum = sq_sum_value(&total);
  PetscFunctionReturn(0);
}
