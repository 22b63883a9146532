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

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_shares();
  check_grid();
  check_sum();
  bool any;
  TAP_CALL(sq_any_true(MPI_COMM_WORLD, tap.rank == tap.size - 1, &any));
  tap_check(any, "one true is enough");
  return tap_end();
}
