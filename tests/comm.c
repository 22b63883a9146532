/* SPDX-License-Identifier: BSD-3-Clause */
/* comm: shares, the grid's communicators, sums that do not depend on order or ranks. */
#include "squall/comm.h"
#include "squall/rng.h"
#include "tests/tap.h"

static void check_shares(void)
{
  bool whole = true;
  for (int replicas = 1; replicas < 9; replicas++) {
    int64_t next = 0, first, count;
    for (int r = 0; r < replicas; r++) {
      sq_share(13, replicas, r, &first, &count);
      whole = whole && first == next && count >= 13 / replicas && count <= 13 / replicas + 1;
      next = first + count;
    }
    whole = whole && next == 13;
  }
  tap_check(whole, "shares are even and cover everything once");
}

static void check_grid(void)
{
  for (int replicas = 1; replicas <= tap.size; replicas++) {
    sq_grid *grid = NULL;
    if (tap.size % replicas) {
      PetscErrorCode code = sq_grid_create(MPI_COMM_WORLD, replicas, &grid);
      tap_check(code == SQ_ERR_INPUT, "%d replicas are refused", replicas);
      continue;
    }
    TAP_CALL(sq_grid_create(MPI_COMM_WORLD, replicas, &grid));
    int domain, across, topology;
    (void)MPI_Comm_size(grid->domain, &domain);
    (void)MPI_Comm_size(grid->across, &across);
    (void)MPI_Topo_test(grid->domain, &topology);
    tap_check(domain * across == tap.size && across == replicas && topology == MPI_UNDEFINED, "grid of %d replicas",
              replicas);
    TAP_CALL(sq_grid_destroy(&grid));
  }
}

/* Terms of very different sizes with massive cancellation, dealt out to ranks in different ways. */
static void check_sum(void)
{
  enum { TERMS = 20000 };
  static double x[TERMS];
  sq_stream stream = sq_stream_make(1, SQ_RNG_TEST, 0);
  for (int i = 0; i < TERMS; i++)
    x[i] = ldexp(sq_rng_uniform(stream, (uint64_t)i, 0, 0) - 0.5,
                 (int)sq_rng_index(stream, (uint64_t)i, 0, 1, 40) - 10);
  sq_sum forward = {{0}}, backward = {{0}}, dealt = {{0}}, array = {{0}};
  for (int i = 0; i < TERMS; i++) sq_sum_add(&forward, x[i]);
  for (int i = TERMS - 1; i >= 0; i--) sq_sum_add(&backward, x[i]);
  for (int i = tap.rank; i < TERMS; i += tap.size) sq_sum_add(&dealt, x[i]);
  TAP_CALL(sq_sum_reduce(MPI_COMM_WORLD, 1, &dealt));
  sq_sum_add_array(&array, TERMS, x);
  long double exact = 0;
  for (int i = 0; i < TERMS; i++) exact += x[i];
  double value = sq_sum_value(&forward);
  tap_check(value == sq_sum_value(&backward), "same sum backwards");
  tap_check(value == sq_sum_value(&dealt), "same sum over ranks");
  tap_check(value == sq_sum_value(&array), "same sum in lanes");
  tap_near(value, (double)exact, 1e-13 * fabs((double)exact) + TERMS * 0x1p-60, "the sum is right");
  sq_sum some = {{0}}, rest = {{0}}, difference = forward, negative = {{0}};
  for (int i = 0; i < TERMS; i++) sq_sum_add(i % 3 ? &some : &rest, x[i]);
  for (int i = 0; i < TERMS; i++) sq_sum_add(&negative, i % 3 ? -x[i] : x[i]);
  sq_sum_subtract(&difference, &some);
  sq_sum_subtract(&rest, &some);
  tap_check(sq_sum_value(&rest) == sq_sum_value(&negative), "taking a sum away is adding the negatives of its terms");
  sq_sum_merge(&difference, &some);
  tap_check(!memcmp(&difference, &forward, sizeof forward), "and adding it again undoes that, to the last bit");
  sq_sum bad = {{0}};
  sq_sum_add(&bad, INFINITY);
  tap_check(isnan(sq_sum_value(&bad)), "an infinite term is not a number");
}

/* An array gives the bits of its terms one by one, whatever their sizes and number. */
static bool same_as_terms(int count, const double *x)
{
  sq_sum one = {{0}}, array = {{0}};
  for (int i = 0; i < count; i++) sq_sum_add(&one, x[i]);
  sq_sum_add_array(&array, count, x);
  if (isnan(sq_sum_value(&one))) return isnan(sq_sum_value(&array));
  return !memcmp(&one, &array, sizeof one);
}

static void check_arrays(void)
{
  enum { TERMS = 5003 };
  static double x[TERMS];
  sq_stream stream = sq_stream_make(2, SQ_RNG_TEST, 0);
  bool sizes = true, numbers = true, halves = true, large = true;
  for (int e = -75; e < 30; e++) {
    for (int i = 0; i < TERMS; i++) x[i] = ldexp(sq_rng_uniform(stream, (uint64_t)i, (uint64_t)(e + 75), 0) - 0.5, e);
    sizes = sizes && same_as_terms(TERMS, x);
    for (int n = 0; n < 70; n++) numbers = numbers && same_as_terms(n, x + n % 5);
  }
  for (int e = 0; e < 3; e++) { /* exactly between two points of a grid */
    for (int i = 0; i < TERMS; i++)
      x[i] = ldexp((double)sq_rng_index(stream, (uint64_t)i, 200, 0, 1000) - 500.5, -12 - 24 * e);
    halves = halves && same_as_terms(TERMS, x);
  }
  for (int i = 0; i < TERMS; i++) x[i] = i % 7;
  const double beyond[] = {0x1p38, -0x1p39, 0x1p39, 0x1.8p40, -0x1p41, 1e300, INFINITY, -INFINITY, NAN};
  for (size_t k = 0; k < sizeof beyond / sizeof *beyond; k++) {
    x[TERMS / 2] = beyond[k];
    large = large && same_as_terms(TERMS, x);
  }
  tap_check(sizes, "arrays of terms of any size: the bits of term by term");
  tap_check(numbers, "of any number");
  tap_check(halves, "halfway between two points of a grid");
  tap_check(large, "with one that is too large, or no number");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_shares();
  check_grid();
  check_sum();
  check_arrays();
  bool any;
  TAP_CALL(sq_any_true(MPI_COMM_WORLD, tap.rank == tap.size - 1, &any));
  tap_check(any, "one true is enough");
  return tap_end();
}
