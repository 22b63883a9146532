/* net: the network's gradient, its tangents and symmetries, and its independence of the decomposition. */
#include "squall/net.h"
#include "tests/tap.h"
#include <string.h>

enum { BATCH = 2, CHANNELS = 3 };

typedef struct {
  sq_network_shape shape;
  sq_lattice *lattice;
  sq_network *network;
  int64_t parameters;
  float *weight, *gradient;
  double *in[CHANNELS], *dout[CHANNELS], *out[CHANNELS]; /* [BATCH][local_volume] each */
} set_up;

/* Block boundaries between whole tiles where the ranks can share the lattice so. */
static int64_t grain_of(MPI_Comm comm, int dim, const int64_t extent[], const sq_network_shape *shape)
{
  int64_t grain = sq_network_grain(shape), units[SQ_DIM];
  int size, ranks[SQ_DIM];
  (void)MPI_Comm_size(comm, &size);
  for (int i = 0; i < dim; i++) {
    units[i] = extent[i] / (SQ_NN_TILE * grain);
    if (extent[i] % (SQ_NN_TILE * grain)) return grain;
  }
  return sq_lattice_can_share(dim, units, size, ranks) ? SQ_NN_TILE * grain : grain;
}

/* The network that a denoiser has; and one with other channels. */
static sq_network_shape plain(int dim, bool odd, int levels)
{
  return (sq_network_shape){.dim = dim,
                            .channels = 16,
                            .blocks = dim < 4 && levels == 1 ? 2 : 1,
                            .width = 8,
                            .odd = odd,
                            .levels = levels,
                            .inputs = 2,
                            .outputs = 1};
}

static sq_network_shape other(int dim, int inputs, int outputs, int levels)
{
  sq_network_shape shape = plain(dim, false, levels);
  shape.inputs = inputs;
  shape.outputs = outputs;
  return shape;
}

static void describe(const sq_network_shape *shape, const int64_t extent[], char text[128])
{
  char extents[64];
  sq_extents_text(shape->dim, extent, extents, sizeof extents);
  snprintf(text, 128, "on %s, %s, levels: %d, channels: %d to %d", extents, shape->odd ? "odd" : "general",
           shape->levels, shape->inputs, shape->outputs);
}

static void fill(const set_up *t, int which, double **array)
{
  int64_t volume = t->lattice->local_volume;
  TAP_CALL(sq_alloc(BATCH * volume, array));
  for (int b = 0; b < BATCH; b++)
    sq_block_normals(t->lattice, sq_stream_make(9, SQ_RNG_TEST, (uint64_t)(10 * which + b)), 0, 0, *array + b * volume);
}

/* A network with random weights in every layer, on comm. */
static void begin(MPI_Comm comm, int dim, const int64_t extent[], const sq_network_shape *shape, set_up *t)
{
  TAP_CALL(sq_lattice_create_aligned(comm, dim, extent, grain_of(comm, dim, extent, shape), NULL, &t->lattice));
  TAP_CALL(sq_network_create(t->lattice, shape, BATCH, true, &t->network));
  t->shape = *shape;
  t->parameters = sq_network_parameters(shape);
  double *weight, *extra;
  TAP_CALL(sq_alloc(t->parameters, &t->weight));
  TAP_CALL(sq_alloc(t->parameters, &t->gradient));
  TAP_CALL(sq_alloc(t->parameters, &weight));
  TAP_CALL(sq_alloc(t->parameters, &extra));
  TAP_CALL(sq_network_init(shape, 3, weight));
  sq_rng_normals(sq_stream_make(4, SQ_RNG_TEST, 0), 0, t->parameters, 0, 0, extra);
  for (int64_t i = 0; i < t->parameters; i++) t->weight[i] = (float)(weight[i] + 0.05 * extra[i]);
  sq_free(&weight);
  sq_free(&extra);
  for (int i = 0; i < CHANNELS; i++) {
    fill(t, i, &t->in[i]);
    fill(t, 100 + i, &t->dout[i]);
    fill(t, 200 + i, &t->out[i]);
  }
  sq_network_load(t->network, t->weight);
}

static void end(set_up *t)
{
  sq_free(&t->weight);
  sq_free(&t->gradient);
  for (int i = 0; i < CHANNELS; i++) {
    sq_free(&t->in[i]);
    sq_free(&t->dout[i]);
    sq_free(&t->out[i]);
  }
  TAP_CALL(sq_network_destroy(&t->network));
  TAP_CALL(sq_lattice_destroy(&t->lattice));
}

static PetscErrorCode backward(set_up *t, double *const din[])
{
  return sq_network_backward(t->network, (const double *const *)t->dout, din, t->gradient);
}

static void forward(set_up *t)
{
  static const double one[BATCH] = {0.7, 1.1}, other[BATCH] = {0.9, 0.8}, level[BATCH] = {0.2, 0.9};
  const double *scale[CHANNELS] = {one, other, other};
  TAP_CALL(sq_network_forward(t->network, BATCH, (const double *const *)t->in, scale, level, t->out));
}

/* sum over the lattice of dout F, on every rank. */
static double pairing(set_up *t)
{
  double sum = 0, all;
  forward(t);
  for (int o = 0; o < t->shape.outputs; o++)
    for (int64_t i = 0; i < BATCH * t->lattice->local_volume; i++) sum += t->dout[o][i] * t->out[o][i];
  (void)MPI_Allreduce(&sum, &all, 1, MPI_DOUBLE, MPI_SUM, t->lattice->comm);
  return all;
}

/* The gradient along some single parameters of every layer and along a random direction, against central differences.
 */
static void check_gradient(const int64_t extent[], sq_network_shape shape)
{
  set_up t;
  char text[128];
  begin(MPI_COMM_WORLD, shape.dim, extent, &shape, &t);
  forward(&t);
  TAP_CALL(backward(&t, NULL));
  (void)MPI_Allreduce(MPI_IN_PLACE, t.gradient, (int)t.parameters, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
  float *was, *direction;
  TAP_CALL(sq_alloc(t.parameters, &was));
  TAP_CALL(sq_alloc(t.parameters, &direction));
  memcpy(was, t.weight, (size_t)t.parameters * sizeof *was);
  double worst = 0, largest = 0;
  for (int trial = 0; trial < 40; trial++) {
    double predicted = 0, h = trial ? 1e-2 : 1e-3;
    for (int64_t i = 0; i < t.parameters; i++) {
      direction[i] = trial ? i == (t.parameters - 1) * trial / 39 :
                             (float)(sq_rng_uniform(sq_stream_make(1, SQ_RNG_TEST, 2), (uint64_t)i, 0, 0) - 0.5);
      predicted += (double)direction[i] * t.gradient[i];
    }
    double value[2];
    for (int side = 0; side < 2; side++) {
      for (int64_t i = 0; i < t.parameters; i++) t.weight[i] = was[i] + (float)(side ? -h : h) * direction[i];
      sq_network_load(t.network, t.weight);
      value[side] = pairing(&t);
    }
    tap_worst(&worst, fabs((value[0] - value[1]) / (2 * h) - predicted));
    tap_worst(&largest, fabs(predicted));
  }
  describe(&shape, extent, text);
  if (worst > 2e-3 * largest) printf("# worst %g of %g\n", worst, largest);
  tap_check(worst <= 2e-3 * largest, "gradient of the network %s", text);
  sq_free(&was);
  sq_free(&direction);
  end(&t);
}

/* The gradient of single inputs along random directions against central differences; weights get the same gradient
 * with it as without. */
static void check_inputs(const int64_t extent[], sq_network_shape shape)
{
  const double h = 3e-3;
  set_up t;
  char text[128];
  double *din[CHANNELS] = {NULL}, *direction, worst = 0, largest = 0;
  float *without;
  begin(MPI_COMM_WORLD, shape.dim, extent, &shape, &t);
  int64_t count = BATCH * t.lattice->local_volume;
  TAP_CALL(sq_alloc(t.parameters, &without));
  for (int i = 0; i < shape.inputs; i++) TAP_CALL(sq_alloc(count, &din[i]));
  forward(&t);
  TAP_CALL(backward(&t, NULL));
  memcpy(without, t.gradient, (size_t)t.parameters * sizeof *without);
  memset(t.gradient, 0, (size_t)t.parameters * sizeof *without);
  TAP_CALL(backward(&t, din));
  describe(&shape, extent, text);
  tap_check(!memcmp(without, t.gradient, (size_t)t.parameters * sizeof *without),
            "weights have one gradient, with inputs' and without, %s", text);
  for (int trial = 0; trial < 4 * shape.inputs; trial++) {
    double *in = t.in[trial % shape.inputs], *d = din[trial % shape.inputs], both[2] = {0}, value[2];
    fill(&t, 300 + trial, &direction);
    for (int64_t i = 0; i < count; i++) both[0] += direction[i] * d[i];
    (void)MPI_Allreduce(both, both + 1, 1, MPI_DOUBLE, MPI_SUM, t.lattice->comm);
    for (int side = 0; side < 2; side++) {
      for (int64_t i = 0; i < count; i++) in[i] += (side ? -2 * h : h) * direction[i];
      value[side] = pairing(&t);
    }
    for (int64_t i = 0; i < count; i++) in[i] += h * direction[i];
    tap_worst(&worst, fabs((value[0] - value[1]) / (2 * h) - both[1]));
    tap_worst(&largest, fabs(both[1]));
    sq_free(&direction);
  }
  if (worst > 2e-3 * largest) printf("# worst %g of %g\n", worst, largest);
  tap_check(worst <= 2e-3 * largest, "and inputs theirs");
  for (int i = 0; i < shape.inputs; i++) sq_free(&din[i]);
  sq_free(&without);
  end(&t);
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
static void check_wide(int dim, const int64_t extent[], int levels)
{
  sq_network_shape shape = {.dim = dim,
                            .channels = 32,
                            .blocks = 1,
                            .width = 8,
                            .odd = levels > 1,
                            .levels = levels,
                            .inputs = 2,
                            .outputs = 1};
  set_up all;
  sq_network *wide;
  const int base[BATCH] = {0};
  const double one[] = {1, 1, 1}, level[] = {0.2, 0.5, 0.9};
  double *other, worst = 0, largest = 0;
  char text[64];
  begin(MPI_COMM_WORLD, dim, extent, &shape, &all);
  TAP_CALL(sq_network_create_wide(all.lattice, &shape, BATCH, &wide));
  sq_network_load(wide, all.weight);
  int64_t count = BATCH * all.lattice->local_volume;
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
  tap_check(largest > 0 && worst <= 1e-5 * largest, "one exchange for all layers on %s, levels %d (%.1e)", text, levels,
            worst / largest);
  sq_free(&other);
  TAP_CALL(sq_network_destroy(&wide));
  end(&all);
}

/* Forward: the same bits on one rank. Weight gradient: the same to rounding. */
static void check_split(int dim, const int64_t extent[], int levels)
{
  sq_network_shape shape = {
    .dim = dim, .channels = 32, .blocks = 1, .width = 8, .odd = true, .levels = levels, .inputs = 2, .outputs = 1};
  set_up one, all;
  char text[64];
  begin(MPI_COMM_SELF, dim, extent, &shape, &one);
  begin(MPI_COMM_WORLD, dim, extent, &shape, &all);
  forward(&one);
  forward(&all);
  uint64_t a, b;
  TAP_CALL(sq_block_checksum(one.lattice, one.out[0], &a));
  TAP_CALL(sq_block_checksum(all.lattice, all.out[0], &b));
  sq_extents_text(dim, extent, text, sizeof text);
  tap_check(a == b, "network on %s gives the bits of one rank, levels: %d", text, levels);
  sq_network *lean;
  TAP_CALL(sq_network_create(all.lattice, &shape, BATCH, false, &lean));
  sq_network_load(lean, all.weight);
  sq_network *full = all.network;
  all.network = lean;
  forward(&all);
  all.network = full;
  TAP_CALL(sq_block_checksum(all.lattice, all.out[0], &b));
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

/* The tangent along a random direction against central differences; the field's own value beside it has its bits. */
static void check_tangent(int dim, const int64_t extent[], bool odd, int levels)
{
  static const double level[BATCH] = {0.3, 0};
  static const int base[BATCH] = {0, 0};
  const double c_in[BATCH] = {0.7, 0.7}, c_w[BATCH] = {0.9, 0.9}, h = 3e-3;
  sq_network_shape shape = {
    .dim = dim, .channels = 16, .blocks = 1, .width = 8, .odd = odd, .levels = levels, .inputs = 2, .outputs = 1};
  set_up t;
  char text[64];
  double *tangent, *moved[2], worst = 0, largest = 0;
  begin(MPI_COMM_WORLD, dim, extent, &shape, &t);
  int64_t volume = t.lattice->local_volume;
  const double *in[] = {t.in[0], t.in[1]}, *scale[] = {c_in, c_w};
  TAP_CALL(sq_alloc(BATCH * volume, &tangent));
  TAP_CALL(sq_network_tangent(t.network, BATCH, base, in, scale, level, &tangent));
  TAP_CALL(sq_network_forward(t.network, 1, in, scale, level, t.out));
  sq_extents_text(dim, extent, text, sizeof text);
  tap_check(!memcmp(tangent, t.out[0], (size_t)volume * sizeof *tangent), "a tangent leaves the value on %s its bits",
            text);
  for (int side = 0; side < 2; side++) {
    double *array[2] = {t.in[0], t.in[1]};
    TAP_CALL(sq_alloc(volume, &moved[side]));
    for (int k = 0; k < 2; k++)
      for (int64_t i = 0; i < volume; i++) array[k][i] += (side ? -2 * h : h) * array[k][volume + i];
    TAP_CALL(sq_network_forward(t.network, 1, in, scale, level, &moved[side]));
  }
  for (int64_t i = 0; i < volume; i++) {
    tap_worst(&worst, fabs((moved[0][i] - moved[1][i]) / (2 * h) - tangent[volume + i]));
    tap_worst(&largest, fabs(tangent[volume + i]));
  }
  double both[2] = {worst, largest};
  (void)MPI_Allreduce(MPI_IN_PLACE, both, 2, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  if (both[0] > 1e-3 * both[1]) printf("# worst %g of %g\n", both[0], both[1]);
  tap_check(both[0] <= 1e-3 * both[1], "its tangent is the derivative, %s, levels: %d", odd ? "odd" : "general",
            levels);
  sq_free(&tangent);
  for (int side = 0; side < 2; side++) sq_free(&moved[side]);
  end(&t);
}

/* Serial: rotated fields through the turned network are the rotated result; minus the field gives minus the result. */
static void check_symmetries(int levels)
{
  enum { L = 16 };
  sq_network_shape shape = {
    .dim = 2, .channels = 16, .blocks = 1, .width = 8, .odd = true, .levels = levels, .inputs = 2, .outputs = 1};
  int mirror = levels > 1 ? L - 1 : L; /* cells go to cells */
  set_up t;
  begin(MPI_COMM_SELF, 2, (int64_t[]){L, L}, &shape, &t);
  forward(&t);
  double straight[BATCH * L * L], in[2][BATCH * L * L];
  memcpy(straight, t.out[0], sizeof straight);
  memcpy(in[0], t.in[0], sizeof in[0]);
  memcpy(in[1], t.in[1], sizeof in[1]);
  for (int i = 0; i < BATCH * L * L; i++) t.in[0][i] = -t.in[0][i], t.in[1][i] = -t.in[1][i];
  forward(&t);
  bool odd = true, turned = true;
  for (int i = 0; i < BATCH * L * L; i++) odd = odd && t.out[0][i] == -straight[i];
  tap_check(odd, "the odd network is odd to the bit");

  int axis[4] = {0, 1, 3, 2}, sign[4] = {1, 1, -1, 1}, map[SQ_NN_TAPS]; /* y' = -x, x' = y */
  float *weight;
  sq_nn_tap_map(2, axis, sign, map);
  TAP_CALL(sq_alloc(t.parameters, &weight));
  sq_network_turn(&shape, map, false, t.weight, weight);
  sq_network_load(t.network, weight);
  for (int b = 0; b < BATCH; b++)
    for (int y = 0; y < L; y++)
      for (int x = 0; x < L; x++) {
        int to = (b * L + (mirror - x) % L) * L + y, from = (b * L + y) * L + x;
        t.in[0][to] = in[0][from], t.in[1][to] = in[1][from];
      }
  forward(&t);
  for (int b = 0; b < BATCH; b++)
    for (int y = 0; y < L; y++)
      for (int x = 0; x < L; x++)
        turned = turned && fabs(t.out[0][(b * L + (mirror - x) % L) * L + y] - straight[(b * L + y) * L + x]) < 1e-4;
  tap_check(turned, "turning the network is turning the field");

  sq_network_load(t.network, t.weight);
  for (int whole = 0; whole < 2;
       whole++) { /* tiles go to tiles, or only cells to cells: then sums are rounded elsewhere */
    int shift = whole ? SQ_NN_TILE * levels : 2 * levels;
    double worst = 0;
    for (int b = 0; b < BATCH; b++)
      for (int s = 0; s < L * L; s++) {
        int to = b * L * L + ((s / L + shift) % L) * L + (s % L + 2 * shift) % L;
        t.in[0][to] = in[0][b * L * L + s], t.in[1][to] = in[1][b * L * L + s];
      }
    forward(&t);
    for (int b = 0; b < BATCH; b++)
      for (int s = 0; s < L * L; s++)
        tap_worst(&worst, fabs(t.out[0][b * L * L + ((s / L + shift) % L) * L + (s % L + 2 * shift) % L] -
                               straight[b * L * L + s]));
    tap_check(worst <= (whole ? 0 : 3e-5), "translations commute with the network%s",
              whole ? ", by whole tiles to the bit" : "");
  }
  sq_free(&weight);
  end(&t);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_gradient((int64_t[]){9}, plain(1, true, 1));
  check_gradient((int64_t[]){5, 6}, plain(2, false, 1));
  check_gradient((int64_t[]){5, 6}, plain(2, true, 1));
  check_gradient((int64_t[]){4, 3, 4}, plain(3, true, 1));
  check_gradient((int64_t[]){16}, plain(1, true, 3));
  check_gradient((int64_t[]){12, 8}, plain(2, false, 2));
  check_gradient((int64_t[]){8, 16}, plain(2, true, 3));
  check_gradient((int64_t[]){4, 6, 4}, plain(3, true, 2));
  check_gradient((int64_t[]){8, 12}, plain(2, true, 1));
  check_gradient((int64_t[]){2, 1, 4, 8}, plain(4, false, 1));
  check_gradient((int64_t[]){12}, other(1, 1, 2, 1));
  check_gradient((int64_t[]){8, 12}, other(2, 3, 3, 2));
  check_gradient((int64_t[]){4, 3, 4}, other(3, 1, 3, 1));
  check_inputs((int64_t[]){9}, other(1, 3, 2, 1));
  check_inputs((int64_t[]){8, 12}, plain(2, true, 1));
  check_inputs((int64_t[]){8, 12}, plain(2, false, 2));
  check_inputs((int64_t[]){4, 3, 4}, other(3, 1, 3, 1));
  check_inputs((int64_t[]){2, 4, 3, 2}, plain(4, true, 1));
  check_inputs_split((int64_t[]){20}, plain(1, true, 2));
  check_inputs_split((int64_t[]){16, 24}, plain(2, true, 1));
  check_inputs_split((int64_t[]){7, 10}, other(2, 3, 2, 1));
  check_inputs_split((int64_t[]){4, 4, 6, 2}, other(4, 1, 2, 2));
  check_split(2, (int64_t[]){7, 10}, 1);
  check_split(3, (int64_t[]){4, 5, 3}, 1);
  check_split(4, (int64_t[]){2, 4, 3, 2}, 1);
  check_split(2, (int64_t[]){12, 20}, 3);
  check_split(2, (int64_t[]){16, 24}, 1);
  check_split(3, (int64_t[]){4, 8, 24}, 1);
  check_split(2, (int64_t[]){24, 16}, 2);
  check_split(4, (int64_t[]){4, 2, 6, 4}, 2);
  check_uneven(3, (int64_t[]){4, 8, 8});
  check_wide(1, (int64_t[]){20}, 1);
  check_wide(2, (int64_t[]){16, 24}, 1);
  check_wide(2, (int64_t[]){17, 14}, 1);
  check_wide(2, (int64_t[]){64, 4}, 2);
  check_wide(3, (int64_t[]){16, 3, 5}, 1);
  check_wide(3, (int64_t[]){3, 16, 16}, 1);
  check_wide(4, (int64_t[]){1, 2, 8, 16}, 1);
  check_tangent(1, (int64_t[]){10}, true, 1);
  check_tangent(1, (int64_t[]){16}, false, 2);
  check_tangent(2, (int64_t[]){5, 6}, true, 1);
  check_tangent(2, (int64_t[]){8, 12}, true, 2);
  check_tangent(2, (int64_t[]){8, 8}, false, 2);
  check_tangent(3, (int64_t[]){4, 6, 4}, true, 2);
  check_tangent(4, (int64_t[]){2, 4, 3, 2}, true, 1);
  check_tangent(4, (int64_t[]){4, 4, 6, 2}, true, 2);
  check_symmetries(1);
  check_symmetries(2);
  return tap_end();
}
