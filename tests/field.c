/* SPDX-License-Identifier: BSD-3-Clause */
/* field: noise, checksums and sums are the same on any rank count and any rank grid. */
#include "squall/field.h"
#include "tests/tap.h"

static void numbers(MPI_Comm comm, int dim, const int64_t extent[], const int ranks[], uint64_t *checksum, double *sum)
{
  sq_lattice *lattice;
  sq_field *field;
  double *block, *back;
  TAP_CALL(sq_lattice_create(comm, dim, extent, ranks, &lattice));
  TAP_CALL(sq_alloc(lattice->local_volume, &block));
  TAP_CALL(sq_alloc(lattice->local_volume, &back));
  TAP_CALL(sq_field_create(lattice, 2, &field));
  sq_block_normals(lattice, sq_stream_make(11, SQ_RNG_TEST, 5), 3, 0, block);
  sq_field_from_block(field, block);
  sq_field_to_block(field, back);
  TAP_CALL(sq_block_checksum(lattice, 1, back, checksum));
  TAP_CALL(sq_block_sum(lattice, back, sum));
  TAP_CALL(sq_field_destroy(&field));
  sq_free(&block);
  sq_free(&back);
  TAP_CALL(sq_lattice_destroy(&lattice));
}

static void check(int dim, const int64_t extent[], const int ranks[])
{
  uint64_t one, all;
  double sum_one, sum_all;
  char text[64];
  sq_extents_text(dim, extent, text, sizeof text);
  numbers(MPI_COMM_SELF, dim, extent, NULL, &one, &sum_one);
  numbers(MPI_COMM_WORLD, dim, extent, ranks, &all, &sum_all);
  tap_check(one == all, "checksum of %s is that of one rank", text);
  tap_check(sum_one == sum_all, "sum over %s is that of one rank", text);
}

/* Runs of numbers: as their numbers one by one. */
static void check_runs(void)
{
  enum { COUNT = 61 };
  double value[COUNT];
  bool same = true, finite = true;
  sq_rng_normals(sq_stream_make(12, SQ_RNG_TEST, 0), 0, COUNT, 0, 0, value);
  value[3] = -0.0;
  value[4] = 0x1p-1070;
  value[5] = -0x1.fffffffffffffp1023;
  for (int n = 0; n < COUNT; n++) {
    uint64_t sum = 0;
    for (int i = 0; i < n; i++) sum += sq_site_hash(1000003 + i, value[i]);
    same = same && sq_run_hash(1000003, n, value) == sum;
    finite = finite && sq_run_finite(n, value);
  }
  for (int i = 0; i < COUNT; i++) {
    const double kept = value[i], wrong[] = {NAN, -NAN, INFINITY, -INFINITY};
    value[i] = wrong[i % 4];
    finite = finite && !sq_run_finite(COUNT, value) && sq_run_finite(i, value);
    value[i] = kept;
  }
  tap_check(same, "the hash of a run is the sum of its sites'");
  tap_check(finite, "a run with one number that is not finite is noticed");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check(1, (int64_t[]){13}, NULL);
  check(2, (int64_t[]){3, 7}, NULL);
  check(2, (int64_t[]){10, 10}, (int[]){1, tap.size});
  check(3, (int64_t[]){4, 5, 3}, NULL);
  check(4, (int64_t[]){4, 2, 3, 5}, NULL);
  check_runs();
  tap_check(sq_site_hash(0, 1.0) != sq_site_hash(1, 1.0) &&
              sq_site_hash(0, 1.0) != sq_site_hash(0, nextafter(1.0, 2.0)),
            "the hash sees site and value");
  return tap_end();
}
