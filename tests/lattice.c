/* SPDX-License-Identifier: BSD-3-Clause */
/* lattice: every site belongs to exactly one rank, whatever the dimension, extents and rank grid. */
#include "squall/lattice.h"
#include "tests/tap.h"

static void check_cover(int dim, const int64_t extent[], const int ranks[])
{
  char text[200];
  sq_lattice *lattice;
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, dim, extent, ranks, &lattice));
  int *owners;
  TAP_CALL(sq_alloc(lattice->volume, &owners));
  int64_t rows = lattice->local_volume / lattice->local[3];
  for (int64_t r = 0; r < rows; r++)
    for (int64_t i = 0; i < lattice->local[3]; i++) owners[sq_lattice_row_site(lattice, r) + i]++;
  (void)MPI_Allreduce(MPI_IN_PLACE, owners, (int)lattice->volume, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  bool once = true;
  for (int64_t s = 0; s < lattice->volume; s++) once = once && owners[s] == 1;
  sq_lattice_describe(lattice, text, sizeof text);
  if (tap.rank) text[0] = 0;
  (void)MPI_Bcast(text, sizeof text, MPI_CHAR, 0, MPI_COMM_WORLD);
  tap_check(once && sq_lattice_rank_at(lattice, lattice->coord) == lattice->rank, "%s", text);
  sq_free(&owners);
  TAP_CALL(sq_lattice_destroy(&lattice));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_cover(1, (int64_t[]){7}, NULL);
  check_cover(2, (int64_t[]){3, 7}, NULL);
  check_cover(2, (int64_t[]){10, 10}, NULL);
  check_cover(3, (int64_t[]){4, 3, 5}, NULL);
  check_cover(4, (int64_t[]){2, 3, 2, 5}, NULL);
  check_cover(2, (int64_t[]){5, 9}, (int[]){1, tap.size});
  check_cover(2, (int64_t[]){5, 9}, (int[]){tap.size, 1});
  sq_lattice *lattice;
  tap_check(sq_lattice_create(MPI_COMM_WORLD, 5, (int64_t[]){2, 2, 2, 2, 2}, NULL, &lattice) == SQ_ERR_INPUT,
            "five directions are refused");
  tap_check(sq_lattice_create(MPI_COMM_WORLD, 2, (int64_t[]){2, 0}, NULL, &lattice) == SQ_ERR_INPUT, "an empty "
                                                                                                     "direction is "
                                                                                                     "refused");
  if (tap.size > 1)
    tap_check(sq_lattice_create(MPI_COMM_WORLD, 1, (int64_t[]){1}, NULL, &lattice) == SQ_ERR_INPUT, "too many ranks "
                                                                                                    "are refused");
  int ranks[SQ_DIM];
  tap_check(sq_lattice_can_share(2, (int64_t[]){64, 64}, 16, ranks) && ranks[2] == 4 && ranks[3] == 4, "16 ranks share "
                                                                                                       "a square as "
                                                                                                       "4x4");
  tap_check(!sq_lattice_can_share(2, (int64_t[]){4, 4}, 7, ranks), "7 ranks cannot share 4x4");
  return tap_end();
}
