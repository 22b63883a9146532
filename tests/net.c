/* SPDX-License-Identifier: BSD-3-Clause */
/* net: gradients of weights and inputs, tangents, symmetries; causal networks. */
#include "net.h"

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
  int64_t count = BATCH * t.numbers;
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

/* The tangent along a random direction against central differences; the field's own value beside it has its bits. */
static void check_tangent(const int64_t extent[], sq_network_shape shape)
{
  static const double level[BATCH] = {0.3, 0};
  static const int base[BATCH] = {0, 0};
  const double c_in[BATCH] = {0.7, 0.7}, c_w[BATCH] = {0.9, 0.9}, h = 3e-3;
  set_up t;
  char text[128];
  double *tangent, *moved[2], worst = 0, largest = 0;
  shape.blocks = 1;
  begin(MPI_COMM_WORLD, shape.dim, extent, &shape, &t);
  int64_t volume = t.numbers;
  const double *in[] = {t.in[0], t.in[1]}, *scale[] = {c_in, c_w};
  TAP_CALL(sq_alloc(BATCH * volume, &tangent));
  TAP_CALL(sq_network_tangent(t.network, BATCH, base, in, scale, level, &tangent));
  TAP_CALL(sq_network_forward(t.network, 1, in, scale, level, t.out));
  describe(&shape, extent, text);
  tap_check(!memcmp(tangent, t.out[0], (size_t)volume * sizeof *tangent), "a tangent leaves the value its bits, %s",
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
  tap_check(both[0] <= 1e-3 * both[1], "its tangent is the derivative");
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
  TAP_CALL(sq_network_turn(&shape, map, false, t.weight, weight));
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

/* The first and the last component turned by an angle, and the last reflected: F turns with them. Exchanged, it
 * exchanges them. */
static void check_rotations(const int64_t extent[], sq_network_shape shape)
{
  const double cosine = 0.6, sine = 0.8;
  set_up t;
  double *was, worst = 0, largest = 0;
  char text[128];
  begin(MPI_COMM_WORLD, shape.dim, extent, &shape, &t);
  const int64_t volume = t.lattice->local_volume, last = t.numbers - volume;
  TAP_CALL(sq_alloc(BATCH * t.numbers, &was));
  forward(&t);
  memcpy(was, t.out[0], (size_t)(BATCH * t.numbers) * sizeof *was);
  double *all[] = {t.in[0], t.in[1], was};
  for (int k = 0; k < 3; k++)
    for (int64_t b = 0; b < BATCH; b++)
      for (int64_t i = b * t.numbers; i < b * t.numbers + volume; i++) {
        double x = all[k][i], y = all[k][i + last];
        all[k][i] = cosine * x - sine * y, all[k][i + last] = -sine * x - cosine * y;
      }
  forward(&t);
  for (int64_t i = 0; i < BATCH * t.numbers; i++) {
    tap_worst(&worst, fabs(t.out[0][i] - was[i]));
    tap_worst(&largest, fabs(was[i]));
  }
  describe(&shape, extent, text);
  tap_check(largest > 0 && worst <= 2e-5 * largest, "rotations commute with the network %s (%.1e)", text,
            worst / largest);
  for (int swap = 0; swap < 2; swap++) {
    for (int64_t b = 0; b < BATCH; b++)
      for (int64_t i = b * t.numbers; i < b * t.numbers + volume; i++)
        for (int k = 0; k < 2; k++) {
          double x = t.in[k][i];
          t.in[k][i] = t.in[k][i + last], t.in[k][i + last] = x;
        }
    forward(&t);
    if (swap == 0) memcpy(was, t.out[0], (size_t)(BATCH * t.numbers) * sizeof *was);
  }
  bool same = true;
  for (int64_t b = 0; b < BATCH; b++)
    for (int64_t i = b * t.numbers; i < b * t.numbers + volume; i++)
      same = same && fabs(was[i] - t.out[0][i + last]) <= 1e-5 * largest;
  tap_check(same, "and exchanges of components");
  sq_free(&was);
  end(&t);
}

/* Vectors have no constant beside them, no order, and as many weights as numbers have. */
static void check_vector_shape(void)
{
  sq_network_shape one = plain(2, true, 1), two = vectors(2, 2, 1), general = two, causal = two, many = two;
  general.odd = false;
  causal.causal = true;
  many.components = 17;
  tap_check(sq_network_valid(&two) && sq_network_parameters(&one) == sq_network_parameters(&two) &&
              sq_network_flops(&two) == 2 * sq_network_flops(&one),
            "two components: the weights of one, twice the work");
  tap_check(!sq_network_valid(&general) && !sq_network_valid(&causal) && !sq_network_valid(&many),
            "vectors need an odd network that is not causal, and 16 components at most");
}

/* Whatever is done to the inputs of sites from `from` on, outputs up to there keep their bits; those after do not. */
static void check_causal(const int64_t extent[], sq_network_shape shape)
{
  set_up t;
  bool kept = true;
  double moved = 0;
  char text[128];
  shape.causal = true;
  begin(MPI_COMM_WORLD, shape.dim, extent, &shape, &t);
  int64_t volume = t.lattice->local_volume, length = t.lattice->local[3];
  double *was, *noise;
  TAP_CALL(sq_alloc(BATCH * volume, &was));
  for (int64_t from = 0; from < t.lattice->volume; from += 1 + t.lattice->volume / 7) {
    forward(&t);
    memcpy(was, t.out[0], (size_t)(BATCH * volume) * sizeof *was);
    fill(&t, 300 + (int)from, &noise);
    for (int64_t i = 0; i < BATCH * volume; i++)
      if (sq_lattice_row_site(t.lattice, i % volume / length) + i % length >= from)
        for (int k = 0; k < shape.inputs; k++) t.in[k][i] = 3 * noise[i];
    forward(&t);
    for (int64_t i = 0; i < BATCH * volume; i++) {
      bool after = sq_lattice_row_site(t.lattice, i % volume / length) + i % length > from;
      kept = kept && (after || !memcmp(&was[i], &t.out[0][i], sizeof *was));
      moved += fabs(was[i] - t.out[0][i]);
    }
    sq_free(&noise);
  }
  (void)MPI_Allreduce(MPI_IN_PLACE, &moved, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  describe(&shape, extent, text);
  tap_check(kept, "a site does not see itself, nor those after it, %s", text);
  tap_check(moved > 0.1, "but those before it");
  sq_free(&was);
  end(&t);
  check_gradient(extent, shape);
  check_inputs(extent, shape);
}

/* Half the stencil has half the weights; such a network can neither be turned nor have levels. */
static void check_causal_shape(void)
{
  sq_network_shape whole = plain(2, false, 1), shape = whole;
  set_up t;
  int map[SQ_NN_TAPS] = {0};
  shape.causal = true;
  int64_t fewer = 9 * 16 * (4 * 16 + 1) + 9 * 16 * 3 - 5 * 16 * (4 * 16 + 1) - 4 * 16 * 3;
  tap_check(sq_network_parameters(&whole) - sq_network_parameters(&shape) == fewer, "masked taps have no weights");
  begin(MPI_COMM_SELF, 2, (int64_t[]){4, 4}, &shape, &t);
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  PetscErrorCode code = sq_network_turn(&shape, map, false, t.weight, t.gradient);
  PetscPopErrorHandler();
  tap_check(code == PETSC_ERR_SUP, "a causal network cannot be turned");
  shape.levels = 2;
  tap_check(!sq_network_valid(&shape), "nor have levels");
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
  check_tangent((int64_t[]){10}, plain(1, true, 1));
  check_tangent((int64_t[]){16}, plain(1, false, 2));
  check_tangent((int64_t[]){5, 6}, plain(2, true, 1));
  check_tangent((int64_t[]){8, 12}, plain(2, true, 2));
  check_tangent((int64_t[]){8, 8}, plain(2, false, 2));
  check_tangent((int64_t[]){4, 6, 4}, plain(3, true, 2));
  check_tangent((int64_t[]){2, 4, 3, 2}, plain(4, true, 1));
  check_tangent((int64_t[]){4, 4, 6, 2}, plain(4, true, 2));
  check_gradient((int64_t[]){9}, vectors(1, 2, 1));
  check_gradient((int64_t[]){8, 12}, vectors(2, 3, 1));
  check_gradient((int64_t[]){8, 8}, vectors(2, 2, 2));
  check_inputs((int64_t[]){8, 12}, vectors(2, 2, 1));
  check_tangent((int64_t[]){8, 12}, vectors(2, 3, 1));
  check_tangent((int64_t[]){4, 6, 4}, vectors(3, 2, 2));
  check_rotations((int64_t[]){16, 8}, vectors(2, 2, 1));
  check_rotations((int64_t[]){4, 6, 4}, vectors(3, 4, 2));
  check_vector_shape();
  check_symmetries(1);
  check_symmetries(2);
  check_causal((int64_t[]){11}, other(1, 1, 1, 1));
  check_causal((int64_t[]){8, 12}, other(2, 1, 2, 1));
  check_causal((int64_t[]){7, 5}, plain(2, true, 1));
  check_causal((int64_t[]){4, 3, 4}, other(3, 2, 1, 1));
  check_causal((int64_t[]){2, 4, 3, 2}, other(4, 1, 1, 1));
  check_causal_shape();
  return tap_end();
}
