/* SPDX-License-Identifier: BSD-3-Clause */
/* The orbits of momenta against brute force, and interpolation between lattices. Serial. */
#include "squall/fft.h"
#include "tap.h"
#include <string.h>

/* All images of a momentum: reflections by the bits of `signs`, then exchanges of equal extents. */
static bool related(const int64_t extent[SQ_DIM], const int64_t a[SQ_DIM], const int64_t b[SQ_DIM])
{
  for (int code = 0; code < 256; code++) {
    int to[SQ_DIM] = {code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6}, seen = 0;
    for (int mu = 0; mu < SQ_DIM; mu++) seen |= 1 << to[mu];
    bool same = seen == 15;
    for (int mu = 0; mu < SQ_DIM && same; mu++) {
      const int64_t n = b[to[mu]], length = extent[mu];
      same = extent[to[mu]] == length && ((a[mu] - n) % length == 0 || (a[mu] + n) % length == 0);
    }
    if (same) return true;
  }
  return false;
}

static void momentum(const int64_t extent[SQ_DIM], int64_t index, int64_t n[SQ_DIM])
{
  for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
    n[mu] = index % extent[mu];
    index /= extent[mu];
  }
}

/* Two momenta are in one orbit exactly when a symmetry relates them; counts and order agree. */
static void check_classes(int dim, int64_t a, int64_t b, int64_t c, int64_t d)
{
  const int64_t extent[SQ_DIM] = {a, b, c, d}, volume = a * b * c * d;
  sq_orbits orbits;
  TAP_CALL(sq_orbits_create(dim, extent, &orbits));
  int64_t *members;
  TAP_CALL(sq_alloc(orbits.count, &members));
  bool classes = true, counts = sq_orbits_count(extent) == (double)orbits.count, order = orbits.phat2[0] == 0,
       cosines = true;
  for (int64_t i = 0; i < volume; i++) {
    int64_t n[SQ_DIM], other[SQ_DIM], negative[SQ_DIM];
    double cosine = 0;
    momentum(extent, i, n);
    const int64_t k = sq_orbits_find(&orbits, n);
    members[k]++;
    for (int64_t j = 0; j < i; j++) {
      momentum(extent, j, other);
      classes = classes && related(extent, n, other) == (sq_orbits_find(&orbits, other) == k);
    }
    for (int mu = 0; mu < SQ_DIM; mu++) negative[mu] = 3 * extent[mu] * (mu - 1) - n[mu];
    classes = classes && sq_orbits_find(&orbits, negative) == k;
    for (int mu = SQ_DIM - dim; mu < SQ_DIM; mu++) cosine += cos(2 * M_PI * (double)n[mu] / (double)extent[mu]);
    cosines = cosines && fabs(cosine - orbits.phase_cos[k]) < 1e-14;
  }
  for (int64_t k = 0; k < orbits.count; k++) {
    counts = counts && members[k] == orbits.multiplicity[k];
    order = order && (k == 0 || orbits.phat2[k] >= orbits.phat2[k - 1]);
    for (int mu = 0; mu < SQ_DIM; mu++) {
      const int32_t n = orbits.mode[SQ_DIM * k + mu];
      order = order && n >= 0 && 2 * n <= extent[mu];
    }
  }
  char text[64];
  sq_extents_text(SQ_DIM, extent, text, sizeof text);
  tap_check(classes, "%s: orbits are the classes under reflections and exchanges", text);
  tap_check(counts, "%s: multiplicities", text);
  tap_check(order, "%s: ascending, orbit 0 is p = 0, representatives in range", text);
  tap_check(cosines, "%s: cosines, d = %d", text, dim);
  sq_free(&members);
  sq_orbits_destroy(&orbits);
}

/* Each representative of a large lattice is found again: the count also shows that making them is not quadratic. */
static void check_large(int dim, int64_t a, int64_t b, int64_t c, int64_t d, int64_t count)
{
  const int64_t extent[SQ_DIM] = {a, b, c, d};
  sq_orbits orbits;
  TAP_CALL(sq_orbits_create(dim, extent, &orbits));
  bool found = true;
  int64_t momenta = 0;
  for (int64_t k = 0; k < orbits.count; k++) {
    int64_t n[SQ_DIM];
    for (int mu = 0; mu < SQ_DIM; mu++) n[mu] = -orbits.mode[SQ_DIM * k + mu];
    found = found && sq_orbits_find(&orbits, n) == k;
    momenta += orbits.multiplicity[k];
  }
  char text[64];
  sq_extents_text(SQ_DIM, extent, text, sizeof text);
  tap_check(orbits.count == count, "%s: %lld orbits", text, (long long)count);
  tap_check(found && momenta == a * b * c * d, "%s: each orbit is found, multiplicities add up", text);
  sq_orbits_destroy(&orbits);
}

static void propagator(const sq_orbits *orbits, double mass2, double *f)
{
  for (int64_t k = 0; k < orbits->count; k++) f[k] = 1 / (orbits->phat2[k] + mass2);
}

static void check_same_lattice(void)
{
  const int64_t extent[SQ_DIM] = {1, 6, 4, 6};
  sq_orbits orbits;
  double f[256], out[256];
  TAP_CALL(sq_orbits_create(3, extent, &orbits));
  for (int64_t k = 0; k < orbits.count; k++) f[k] = 1 + (double)(k * 7 % 11);
  sq_orbits_interpolate(&orbits, f, &orbits, out);
  tap_check(!memcmp(f, out, (size_t)orbits.count * sizeof *f), "interpolation on the same lattice is exact");
  sq_orbits_destroy(&orbits);
}

/* From 16x16 to 64x64. The error of a chord of log 1/(p + m) over a gap h is at most h^2/(8 (p + m)^2), down to the
 * zero mode; one that stands apart is taken as it is, and momenta near it follow the line through the lowest others. */
static void check_propagator(double mass2, bool apart)
{
  const int64_t coarse[SQ_DIM] = {1, 1, 16, 16}, fine[SQ_DIM] = {1, 1, 64, 64};
  sq_orbits from, to;
  double *f, *out, *exact;
  TAP_CALL(sq_orbits_create(2, coarse, &from));
  TAP_CALL(sq_orbits_create(2, fine, &to));
  TAP_CALL(sq_alloc(from.count, &f));
  TAP_CALL(sq_alloc(to.count, &out));
  TAP_CALL(sq_alloc(to.count, &exact));
  propagator(&from, mass2, f);
  propagator(&to, mass2, exact);
  tap_near(mass2 * sq_orbits_limit(&from, f), 1, 1e-9, "the limit of a free propagator");
  if (apart) f[0] = 1e6;
  double limit = sq_orbits_limit(&from, f), slope = log(f[1] / limit) / from.phat2[1];
  sq_orbits_interpolate(&from, f, &to, out);
  bool chords = true, held = true, nodes = true;
  int64_t below = apart;
  for (int64_t k = 1; k < to.count; k++) {
    const double p = to.phat2[k];
    while (below + 1 < from.count && from.phat2[below + 1] < p) below++;
    const double left = from.phat2[below], gap = from.phat2[below + 1 < from.count ? below + 1 : below] - left;
    if (apart && p < from.phat2[1]) held = held && fabs(log(out[k] / limit) - slope * p) < 1e-12;
    else chords = chords && fabs(log(out[k] / exact[k])) < gap * gap / (8 * pow(left + mass2, 2)) + 1e-11;
  }
  for (int64_t k = 1; k < from.count; k++) {
    int64_t n[SQ_DIM];
    for (int mu = 0; mu < SQ_DIM; mu++) n[mu] = 4 * from.mode[SQ_DIM * k + mu];
    nodes = nodes && fabs(out[sq_orbits_find(&to, n)] / f[k] - 1) < 1e-10;
  }
  tap_check(sq_orbits_zero_mode_apart(&from, f) == apart && out[0] == f[0] && held, "m2 = %g: the zero mode %s", mass2,
            apart ? "stands apart" : "belongs to the others");
  tap_check(chords, "m2 = %g: between momenta within the error of a chord", mass2);
  tap_check(nodes, "m2 = %g: exact at common momenta", mass2);
  sq_free(&f);
  sq_free(&out);
  sq_free(&exact);
  sq_orbits_destroy(&from);
  sq_orbits_destroy(&to);
}

/* log f at p_hat^2 = 4, carried from the lattice a x b where log f = 10 n_2 + n_3 (representatives: n_2 <= n_3 if a =
 * b). */
static double log_at_four(int64_t a, int64_t b)
{
  const int64_t coarse[SQ_DIM] = {1, 1, a, b}, fine[SQ_DIM] = {1, 1, 1, 2};
  sq_orbits from, to;
  double f[64], out[2];
  TAP_CALL(sq_orbits_create(2, coarse, &from));
  TAP_CALL(sq_orbits_create(2, fine, &to));
  for (int64_t k = 0; k < from.count; k++) f[k] = exp(10 * from.mode[SQ_DIM * k + 2] + from.mode[SQ_DIM * k + 3]);
  sq_orbits_interpolate(&from, f, &to, out);
  sq_orbits_destroy(&from);
  sq_orbits_destroy(&to);
  return log(out[1]);
}

/* p_hat^2 = 4 belongs on 6x6 to (0,3), 2 momenta, and, but for rounding, to (1,2), 8 momenta; on 2x4 to (1,0) and
 * (0,2). On 3x3 it is a third of the way from 3, (0,1), to 6, (1,1); on 1x5 the largest is 3.6, (0,2). */
static void check_degenerate(void)
{
  tap_near(log_at_four(6, 6), (2 * 3 + 8 * 12) / 10.0, 1e-12,
           "orbits whose p_hat^2 agree within rounding are averaged");
  tap_near(log_at_four(2, 4), (10 + 2) / 2.0, 1e-12, "so are orbits of equal p_hat^2");
  tap_near(log_at_four(3, 3), 1 + 10 / 3.0, 1e-12, "linear in log f");
  tap_near(log_at_four(1, 5), 2, 1e-12, "held above the largest momentum");
  tap_near(log_at_four(1, 1), 0, 1e-12, "one site knows one number");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_classes(1, 1, 1, 1, 1);
  check_classes(1, 1, 1, 1, 8);
  check_classes(2, 1, 1, 5, 5);
  check_classes(2, 1, 1, 6, 9);
  check_classes(2, 1, 1, 1, 6);
  check_classes(3, 1, 4, 3, 4);
  check_classes(3, 1, 4, 4, 4);
  check_classes(4, 3, 3, 3, 3);
  check_classes(4, 4, 3, 4, 3);
  check_classes(4, 2, 3, 2, 5);
  check_large(2, 1, 1, 1024, 1024, 513 * 514 / 2);
  check_large(2, 1, 1, 512, 768, 257 * 385);
  check_large(4, 24, 24, 24, 24, 13 * 14 * 15 * 16 / 24);
  check_same_lattice();
  check_propagator(1, true);
  check_propagator(1, false);
  check_propagator(0.05, true);
  check_propagator(0.05, false);
  check_degenerate();
  return tap_end();
}
