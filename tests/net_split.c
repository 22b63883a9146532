/* SPDX-License-Identifier: BSD-3-Clause */
/* net: the same bits, or the same to rounding, however a lattice is split over ranks. */
#include "net.h"

/* Where ranks cannot share a lattice between whole tiles, some may have Winograd's convolutions and others not: the
 * same to rounding. */
static void check_uneven(int dim, const int64_t extent[])
{
  sq_network_shape shape = {
    .dim = dim, .channels = 32, .blocks = 1, .width = 8, .odd = true, .levels = 1, .inputs = 2, .outputs = 1};
  set_up one, all;
  double worst = 0, largest = 0;
  begin(MPI_COMM_SELF, dim, extent, &shape, &one);
  begin(MPI_COMM_WORLD, dim, extent, &shape, &all);
  forward(&one);
  forward(&all);
  for (int64_t site = 0; site < all.lattice->local_volume; site++) {
    int64_t whole = sq_lattice_row_site(all.lattice, site / all.lattice->local[3]) + site % all.lattice->local[3];
    tap_worst(&worst, fabs(all.out[0][site] - one.out[0][whole]));
    tap_worst(&largest, fabs(one.out[0][whole]));
  }
  tap_check(worst <= 3e-5 * largest && largest > 0, "blocks that are not whole tiles give the same to rounding (%.1e)",
            worst / largest);
  end(&one);
  end(&all);
}

/* One wide exchange gives what layer by layer gives, fields and tangents, to rounding. */
static void check_wide(int dim, const int64_t extent[], int levels, int components)
{
  sq_network_shape shape = {.dim = dim,
                            .channels = 32,
                            .blocks = 1,
                            .width = 8,
                            .odd = levels > 1 || components > 1,
                            .levels = levels,
                            .inputs = 2,
                            .outputs = 1,
                            .components = components};
  set_up all;
  sq_network *wide;
  const int base[BATCH] = {0};
  const double one[] = {1, 1, 1}, level[] = {0.2, 0.5, 0.9};
  double *other, worst = 0, largest = 0;
  char text[64];
  begin(MPI_COMM_WORLD, dim, extent, &shape, &all);
  TAP_CALL(sq_network_create_wide(all.lattice, &shape, BATCH, &wide));
  sq_network_load(wide, all.weight);
  int64_t count = BATCH * all.numbers;
  const double *in[] = {all.in[0], all.in[1]}, *ones[] = {one, one};
  TAP_CALL(sq_alloc(count, &other));
  for (int tangent = 0; tangent < 2; tangent++) {
    const int *at = tangent ? base : NULL;
    if (at) {
      TAP_CALL(sq_network_tangent(all.network, BATCH, at, in, ones, level, all.out));
      TAP_CALL(sq_network_tangent(wide, BATCH, at, in, ones, level, &other));
    } else {
      TAP_CALL(sq_network_forward(all.network, BATCH, in, ones, level, all.out));
      TAP_CALL(sq_network_forward(wide, BATCH, in, ones, level, &other));
    }
    for (int64_t i = 0; i < count; i++) {
      tap_worst(&worst, fabs(all.out[0][i] - other[i]));
      tap_worst(&largest, fabs(all.out[0][i]));
    }
  }
  sq_extents_text(dim, extent, text, sizeof text);
  tap_check(largest > 0 && worst <= 1e-5 * largest,
            "one exchange for all layers on %s, levels %d, components %d (%.1e)", text, levels, components,
            worst / largest);
  sq_free(&other);
  TAP_CALL(sq_network_destroy(&wide));
  end(&all);
}

/* Forward: the same bits on one rank. Weight gradient: the same to rounding. */
static void check_split(int dim, const int64_t extent[], int levels, int components)
{
  sq_network_shape shape = vectors(dim, components, levels);
  shape.channels = 32;
  shape.blocks = 1;
  set_up one, all;
  char text[64];
  begin(MPI_COMM_SELF, dim, extent, &shape, &one);
  begin(MPI_COMM_WORLD, dim, extent, &shape, &all);
  forward(&one);
  forward(&all);
  uint64_t a, b;
  TAP_CALL(sq_block_checksum(one.lattice, components, one.out[0], &a));
  TAP_CALL(sq_block_checksum(all.lattice, components, all.out[0], &b));
  sq_extents_text(dim, extent, text, sizeof text);
  tap_check(a == b, "network on %s gives the bits of one rank, levels: %d, components: %d", text, levels, components);
  sq_network *lean;
  TAP_CALL(sq_network_create(all.lattice, &shape, BATCH, false, &lean));
  sq_network_load(lean, all.weight);
  sq_network *full = all.network;
  all.network = lean;
  forward(&all);
  all.network = full;
  TAP_CALL(sq_block_checksum(all.lattice, components, all.out[0], &b));
  tap_check(a == b, "and so does one that cannot go backward");
  TAP_CALL(sq_network_destroy(&lean));
  TAP_CALL(backward(&one, NULL));
  TAP_CALL(backward(&all, NULL));
  (void)MPI_Allreduce(MPI_IN_PLACE, all.gradient, (int)all.parameters, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
  double worst = 0, largest = 0;
  for (int64_t i = 0; i < one.parameters; i++) {
    tap_worst(&worst, fabs((double)one.gradient[i] - all.gradient[i]));
    tap_worst(&largest, fabs((double)one.gradient[i]));
  }
  tap_check(worst <= 1e-5 * largest, "its gradient agrees with one rank");
  end(&one);
  end(&all);
}

/* Of one input alone, without weights': the same bits; split over ranks: the same to rounding. */
static void check_inputs_split(const int64_t extent[], sq_network_shape shape)
{
  set_up one, all;
  double *din[CHANNELS] = {NULL}, *alone[CHANNELS] = {NULL}, *whole[CHANNELS] = {NULL}, worst = 0, largest = 0;
  begin(MPI_COMM_SELF, shape.dim, extent, &shape, &one);
  begin(MPI_COMM_WORLD, shape.dim, extent, &shape, &all);
  int64_t volume = all.lattice->local_volume, last = shape.inputs - 1;
  for (int i = 0; i < shape.inputs; i++) {
    TAP_CALL(sq_alloc(BATCH * one.lattice->local_volume, &whole[i]));
    TAP_CALL(sq_alloc(BATCH * volume, &din[i]));
  }
  TAP_CALL(sq_alloc(BATCH * volume, &alone[last]));
  forward(&one);
  forward(&all);
  TAP_CALL(backward(&one, whole));
  TAP_CALL(backward(&all, din));
  forward(&all);
  TAP_CALL(sq_network_backward(all.network, (const double *const *)all.dout, alone, NULL));
  tap_check(!memcmp(alone[last], din[last], (size_t)(BATCH * volume) * sizeof(double)), "an input's gradient needs no "
                                                                                        "other's");
  for (int i = 0; i < shape.inputs; i++)
    for (int64_t site = 0; site < volume; site++) {
      int64_t at = sq_lattice_row_site(all.lattice, site / all.lattice->local[3]) + site % all.lattice->local[3];
      tap_worst(&worst, fabs(din[i][site] - whole[i][at]));
      tap_worst(&largest, fabs(whole[i][at]));
    }
  tap_check(worst <= 3e-5 * largest && largest > 0, "and is that of one rank (%d inputs)", shape.inputs);
  for (int i = 0; i < shape.inputs; i++) {
    sq_free(&din[i]);
    sq_free(&whole[i]);
  }
  sq_free(&alone[last]);
  end(&one);
  end(&all);
}

/* Causal networks too, and a wide one is like any other. */
static void check_causal_split(const int64_t extent[], sq_network_shape shape)
{
  set_up one, all;
  uint64_t a, b;
  shape.causal = true;
  begin(MPI_COMM_SELF, shape.dim, extent, &shape, &one);
  begin(MPI_COMM_WORLD, shape.dim, extent, &shape, &all);
  forward(&one);
  TAP_CALL(sq_network_destroy(&all.network));
  TAP_CALL(sq_network_create_wide(all.lattice, &shape, BATCH, &all.network));
  sq_network_load(all.network, all.weight);
  forward(&all);
  TAP_CALL(sq_block_checksum(one.lattice, 1, one.out[0], &a));
  TAP_CALL(sq_block_checksum(all.lattice, 1, all.out[0], &b));
  tap_check(a == b, "a causal network in %d dimensions gives the bits of one rank", shape.dim);
  end(&one);
  end(&all);
  check_inputs_split(extent, shape);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_inputs_split((int64_t[]){20}, plain(1, true, 2));
  check_inputs_split((int64_t[]){16, 24}, plain(2, true, 1));
  check_inputs_split((int64_t[]){7, 10}, other(2, 3, 2, 1));
  check_inputs_split((int64_t[]){4, 4, 6, 2}, other(4, 1, 2, 2));
  check_split(2, (int64_t[]){7, 10}, 1, 1);
  check_split(3, (int64_t[]){4, 5, 3}, 1, 1);
  check_split(4, (int64_t[]){2, 4, 3, 2}, 1, 1);
  check_split(2, (int64_t[]){12, 20}, 3, 1);
  check_split(2, (int64_t[]){16, 24}, 1, 1);
  check_split(3, (int64_t[]){4, 8, 24}, 1, 1);
  check_split(2, (int64_t[]){24, 16}, 2, 1);
  check_split(4, (int64_t[]){4, 2, 6, 4}, 2, 1);
  check_split(2, (int64_t[]){16, 24}, 1, 2);
  check_split(3, (int64_t[]){4, 6, 4}, 2, 3);
  check_wide(2, (int64_t[]){17, 14}, 1, 2);
  check_uneven(3, (int64_t[]){4, 8, 8});
  check_wide(1, (int64_t[]){20}, 1, 1);
  check_wide(2, (int64_t[]){16, 24}, 1, 1);
  check_wide(2, (int64_t[]){17, 14}, 1, 1);
  check_wide(2, (int64_t[]){64, 4}, 2, 1);
  check_wide(3, (int64_t[]){16, 3, 5}, 1, 1);
  check_wide(3, (int64_t[]){3, 16, 16}, 1, 1);
  check_wide(4, (int64_t[]){1, 2, 8, 16}, 1, 1);
  check_causal_split((int64_t[]){20}, other(1, 1, 2, 1));
  check_causal_split((int64_t[]){8, 24}, other(2, 2, 1, 1));
  check_causal_split((int64_t[]){4, 5, 3}, other(3, 1, 1, 1));
  return tap_end();
}
