/* SPDX-License-Identifier: BSD-3-Clause */
/* sharing: which process grid is chosen for independent pieces of work. */
#include "squall/lattice.h"
#include "tests/tap.h"

static const struct {
  const char *what;
  int dim;
  int64_t extent[SQ_DIM], independent;
  double bytes;
  int64_t grain, tile;
  int wanted, size, replicas; /* replicas 0: cannot be shared */
  int64_t step;
  bool whole;
} cases[] = {{"one rank has all", 2, {16, 16}, 8, 1e6, 0, 0, 0, 1, 1, 1},
             {"pieces go to ranks of their own", 2, {16, 16}, 8, 1e6, 0, 0, 0, 4, 4, 1},
             {"as many as there are", 2, {16, 16}, 2, 1e6, 0, 0, 0, 4, 2, 1},
             {"a number that divides the ranks", 2, {16, 16}, 3, 1e6, 0, 0, 0, 4, 2, 1},
             {"one piece is cut", 2, {16, 16}, 1, 1e6, 0, 0, 0, 4, 1, 1},
             {"what has no room on a rank is cut", 2, {8192, 8192}, 2, 64. * 8192 * 8192, 0, 0, 0, 4, 1, 1},
             {"what has room on two is cut in two", 2, {5800, 5800}, 8, 64. * 5800 * 5800, 0, 0, 0, 4, 2, 1},
             {"what has room nowhere is cut all the same, as little as that", 1, {8}, 8, 1e12, 0, 0, 0, 4, 4, 1},
             {"the user's replicas", 2, {16, 16}, 8, 1e6, 0, 0, 2, 4, 2, 1},
             {"more replicas than pieces", 2, {16, 16}, 2, 1e6, 0, 0, 4, 4, 0, 0},
             {"more ranks than sites", 1, {2}, 1, 1e3, 0, 0, 0, 3, 0, 0},
             {"boundaries between tiles", 2, {32, 32}, 1, 1e6, 1, 4, 0, 4, 1, 4},
             {"between sites where tiles are too few", 1, {8}, 1, 1e6, 1, 4, 0, 4, 1, 1},
             {"between cells of the network", 1, {12}, 1, 1e6, 2, 8, 0, 3, 1, 2},
             {"which must go into the lattice", 1, {9}, 1, 1e6, 2, 8, 0, 1, 0, 0},
             {"lattices that may not be cut, more ranks than pieces", 2, {4, 4}, 2, 1e12, 0, 0, 0, 3, 3, 1, true},
             {"which the user's replicas would cut", 2, {4, 4}, 8, 1e6, 0, 0, 2, 4, 0, 0, true}};

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const sq_sharing sharing = {.dim = cases[i].dim,
                                .extent = cases[i].extent,
                                .independent = cases[i].independent,
                                .bytes = cases[i].bytes,
                                .grain = cases[i].grain,
                                .tile = cases[i].tile,
                                .replicas = cases[i].wanted,
                                .whole = cases[i].whole};
    int replicas = 0;
    int64_t step = 0;
    bool can = sq_sharing_choose(&sharing, cases[i].size, &replicas, &step);
    tap_check(can == (cases[i].replicas > 0) && (!can || (replicas == cases[i].replicas && step == cases[i].step)),
              "%s: %d replicas of %d ranks, in steps of %lld", cases[i].what, replicas, cases[i].size, (long long)step);
  }
  return tap_end();
}
