/* SPDX-License-Identifier: BSD-3-Clause */
/* update: what a step does with every weight: all sets of kernels give the bits of the formula, at any count; gradients
 * that do not fit; Adam finds a minimum, its first step is the rate of learning. */
#include "src/train/update.h"
#include "squall/rng.h"
#include "tests/tap.h"
#include <string.h>

enum { MOST = 77, ARRAYS = 4 };

/* Arrays of one set: weight, first, second, average. One number more, which nobody may touch. */
typedef struct {
  int64_t total[MOST + 1];
  double array[ARRAYS][MOST + 1];
  float copy[MOST + 1], gradient[MOST + 1];
} state;

static state random_state(void)
{
  state s = {{0}};
  double normal[MOST + 1];
  for (int a = 0; a <= ARRAYS; a++) {
    sq_rng_normals(sq_stream_make(7, SQ_RNG_TEST, (uint64_t)a), 0, MOST + 1, 0, 0, normal);
    for (int i = 0; i <= MOST; i++) {
      if (a == ARRAYS) s.gradient[i] = (float)(normal[i] * pow(10, i % 13 - 9));
      else s.array[a][i] = a == 2 ? normal[i] * normal[i] * pow(10, i % 7 - 6) : normal[i];
    }
  }
  s.gradient[3] = -0.f;
  return s;
}

/* Two gradients are added, then two steps: the formulas of the paper, one weight after the other. */
static void expect(const sq_update *u, int count, state *s)
{
  for (int i = 0; i < count; i++) {
    int64_t units = (int64_t)((double)s->gradient[i] * 0x1p40);
    s->total[i] = 2 * units;
    for (int step = 0; step < 2; step++) {
      double g = u->scale * ((double)s->total[i] * 0x1p-40), *x[ARRAYS];
      for (int a = 0; a < ARRAYS; a++) x[a] = &s->array[a][i];
      *x[1] = u->beta1 * *x[1] + (1 - u->beta1) * g;
      *x[2] = u->beta2 * *x[2] + (1 - u->beta2) * g * g;
      *x[0] -= u->rate * (*x[1] / u->bias1) / (sqrt(*x[2] / u->bias2) + u->epsilon);
      *x[3] = u->decay * *x[3] + (1 - u->decay) * *x[0];
      s->copy[i] = (float)*x[0];
    }
  }
}

static void check_bits(const sq_update_kernels *k)
{
  const sq_update u = {0.37, 0.9, 0.99, 0.271, 0.0297, 1e-3, 1e-9, 0.83};
  bool same = true, fits = true;
  for (int count = 0; count <= MOST; count++) {
    static state s, expected;
    s = expected = random_state();
    if (count) s.total[0] = INT64_MAX; /* what stood there before the first gradient does not matter */
    fits = k->add(count, 0x1p16f, true, s.gradient, s.total) && fits;
    fits = k->add(count, 0x1p16f, false, s.gradient, s.total) && fits;
    for (int step = 0; step < 2; step++)
      k->move(&u, count, s.total, s.array[0], s.array[1], s.array[2], s.array[3], s.copy);
    expect(&u, count, &expected);
    same = same && !memcmp(&s, &expected, sizeof s);
  }
  tap_check(same && fits, "%s: the bits of the formula, 0 to %d weights", k->name, MOST);
}

/* One bad number anywhere is noticed, counts as 0 and leaves the others alone. */
static void check_limit(const sq_update_kernels *k)
{
  const float bad[] = {NAN, INFINITY, -INFINITY, 4, -4, 1e30f};
  bool noticed = true, kept = true;
  for (size_t b = 0; b < sizeof bad / sizeof *bad; b++)
    for (int at = 0; at < MOST; at++) {
      float gradient[MOST];
      int64_t total[MOST] = {0};
      for (int i = 0; i < MOST; i++) gradient[i] = i == at ? bad[b] : 3.75f;
      noticed = !k->add(MOST, 4, b % 2, gradient, total) && noticed;
      for (int i = 0; i < MOST; i++) kept = kept && total[i] == (i == at ? 0 : (int64_t)15 << 38);
    }
  tap_check(noticed && kept, "%s: gradients that do not fit", k->name);
}

/* The minimum of 50 x^2 + 3/2 (y - 1/2)^2; the first step is the rate, whatever the scale of the gradient. */
static void check_minimum(const sq_update_kernels *k)
{
  double x[2] = {1, -2}, m[2] = {0}, v[2] = {0}, average[2] = {0};
  float copy[2], g[2] = {1e3f, 1e-3f};
  int64_t total[2];
  for (int step = 1; step < 3000; step++) {
    for (int i = 0; i < 2 && step > 1; i++) g[i] = (float)((i ? 3 : 100) * (x[i] - 0.5 * i));
    k->add(2, 0x1p16f, true, g, total);
    sq_update u = {1, 0.9, 0.999, 1 - pow(0.9, step), 1 - pow(0.999, step), 0.05 * (1 - step / 3000.), 1e-12, 0.5};
    if (step == 1) u.rate = 0.05;
    k->move(&u, 2, total, x, m, v, average, copy);
    if (step == 1) tap_check(fabs(x[0] - 0.95) < 1e-9 && fabs(x[1] + 2.05) < 1e-6, "%s: first Adam step", k->name);
  }
  tap_check(fabs(x[0]) < 1e-3 && fabs(x[1] - 0.5) < 1e-3, "%s: Adam finds the minimum", k->name);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (int i = 0; sq_update_all[i]; i++) {
    if (!sq_update_all[i]->supported()) continue;
    check_bits(sq_update_all[i]);
    check_limit(sq_update_all[i]);
    check_minimum(sq_update_all[i]);
  }
  return tap_end();
}
