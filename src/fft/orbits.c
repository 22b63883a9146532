/* SPDX-License-Identifier: BSD-3-Clause */
/* orbits: symmetry classes of the momenta of one lattice.
 *
 * Two momenta are in one orbit when reflections n_mu -> -n_mu and exchanges of directions with equal extents carry one
 * into the other. Each orbit has one representative, the *canonical* momentum: 0 <= n_mu <= L_mu/2, and n ascending
 * along directions of equal extent. Orbits are sorted by (p_hat^2, representative), so one is found by bisection;
 * p_hat^2 is always made by canonical_phat2() from one table, hence bit for bit the same when it is looked for as when
 * it was sorted. Serial: no function here communicates, and all ranks get equal tables.
 */
#include "squall/fft.h"
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  double phat2;
  int32_t mode[SQ_DIM];
} orbit_key;

/* The nearest earlier direction with the same extent, or -1. */
static int earlier_twin(const int64_t extent[SQ_DIM], int mu)
{
  for (int nu = mu - 1; nu >= 0; nu--)
    if (extent[nu] == extent[mu]) return nu;
  return -1;
}

/* orbits->sine: 4 sin^2(pi n/L), n = 0..L/2, one direction after the other. */
static PetscErrorCode make_sines(sq_orbits *orbits)
{
  PetscFunctionBeginUser;
  int64_t entries = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) entries += orbits->extent[mu] / 2 + 1;
  PetscCall(sq_alloc(entries, &orbits->sine));
  double *next = orbits->sine;
  for (int mu = 0; mu < SQ_DIM; mu++)
    for (int64_t n = 0; n <= orbits->extent[mu] / 2; n++) {
      double s = sin(M_PI * (double)n / (double)orbits->extent[mu]);
      *next++ = 4 * s * s;
    }
  PetscFunctionReturn(0);
}

static double canonical_phat2(const sq_orbits *orbits, const int32_t mode[SQ_DIM])
{
  const double *sine = orbits->sine;
  double sum = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    sum += sine[mode[mu]];
    sine += orbits->extent[mu] / 2 + 1;
  }
  return sum;
}

static int compare_keys(const void *a, const void *b)
{
  const orbit_key *x = a, *y = b;
  if (x->phat2 != y->phat2) return x->phat2 < y->phat2 ? -1 : 1;
  for (int mu = 0; mu < SQ_DIM; mu++)
    if (x->mode[mu] != y->mode[mu]) return x->mode[mu] < y->mode[mu] ? -1 : 1;
  return 0;
}

/* Steps mode to the next canonical momentum in lexicographic order; false after the last. */
static bool next_canonical(const int64_t extent[SQ_DIM], int32_t mode[SQ_DIM])
{
  int mu = SQ_DIM - 1;
  while (mu >= 0 && mode[mu] == extent[mu] / 2) mu--;
  if (mu < 0) return false;
  mode[mu]++;
  for (int nu = mu + 1; nu < SQ_DIM; nu++) {
    int twin = earlier_twin(extent, nu);
    mode[nu] = twin < 0 ? 0 : mode[twin];
  }
  return true;
}

static PetscErrorCode make_keys(const sq_orbits *orbits, int64_t *count, orbit_key **keys)
{
  PetscFunctionBeginUser;
  int32_t mode[SQ_DIM] = {0};
  *count = 0;
  do ++*count;
  while (next_canonical(orbits->extent, mode));
  SqCheck(*count <= INT32_MAX, PETSC_COMM_SELF, SQ_ERR_INPUT,
          "lattice extents: %lld classes of momenta are more than the 2^31 - 1 supported; use a smaller lattice",
          (long long)*count);
  PetscCall(sq_alloc(*count, keys));
  memset(mode, 0, sizeof mode);
  orbit_key *key = *keys;
  do {
    memcpy(key->mode, mode, sizeof mode);
    key->phat2 = canonical_phat2(orbits, mode);
    key++;
  } while (next_canonical(orbits->extent, mode));
  qsort(*keys, (size_t)*count, sizeof **keys, compare_keys);
  PetscFunctionReturn(0);
}

/* Images under reflections times distinct arrangements over each set of equal extents: g! / prod (repeats)!, built up
 * one direction at a time as (place in the set) / (how often this value has come). */
static int64_t orbit_size(const int64_t extent[SQ_DIM], const int32_t mode[SQ_DIM])
{
  int64_t images = 1, arrangements = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    int64_t place = 1, repeats = 1;
    for (int nu = 0; nu < mu; nu++) {
      place += extent[nu] == extent[mu];
      repeats += extent[nu] == extent[mu] && mode[nu] == mode[mu];
    }
    arrangements = arrangements * place / repeats; /* exact: a multinomial coefficient after each direction */
    if (mode[mu] != 0 && 2 * (int64_t)mode[mu] != extent[mu]) images *= 2;
  }
  return images * arrangements;
}

static void fill_tables(sq_orbits *orbits, const orbit_key *keys)
{
  for (int64_t k = 0; k < orbits->count; k++) {
    orbits->phat2[k] = keys[k].phat2;
    orbits->multiplicity[k] = orbit_size(orbits->extent, keys[k].mode);
    memcpy(orbits->mode + SQ_DIM * k, keys[k].mode, sizeof keys[k].mode);
    orbits->phase_cos[k] = orbits->dim - keys[k].phat2 / 2; /* cos p = 1 - 2 sin^2(p/2) */
  }
}

double sq_orbits_count(const int64_t extent[SQ_DIM])
{
  double count = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    int place = 0; /* k equal directions with n values each: n (n + 1) ... (n + k - 1)/k! multisets */
    for (int nu = 0; nu < mu; nu++) place += extent[nu] == extent[mu];
    count = count * (double)(extent[mu] / 2 + 1 + place) / (1 + place);
  }
  return count;
}

PetscErrorCode sq_orbits_create(int dim, const int64_t extent[SQ_DIM], sq_orbits *orbits)
{
  PetscFunctionBeginUser;
  memset(orbits, 0, sizeof *orbits);
  orbits->dim = dim;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    SqCheck(extent[mu] >= 1 && extent[mu] <= INT32_MAX, PETSC_COMM_SELF, SQ_ERR_INPUT,
            "lattice extent %lld: allowed are 1 to 2^31 - 1", (long long)extent[mu]);
    orbits->extent[mu] = extent[mu];
  }
  PetscCall(make_sines(orbits));
  orbit_key *keys;
  PetscCall(make_keys(orbits, &orbits->count, &keys));
  PetscCall(sq_alloc(orbits->count, &orbits->phat2));
  PetscCall(sq_alloc(orbits->count, &orbits->multiplicity));
  PetscCall(sq_alloc(orbits->count * SQ_DIM, &orbits->mode));
  PetscCall(sq_alloc(orbits->count, &orbits->phase_cos));
  fill_tables(orbits, keys);
  sq_free(&keys);
  PetscFunctionReturn(0);
}

void sq_orbits_destroy(sq_orbits *orbits)
{
  sq_free(&orbits->phat2);
  sq_free(&orbits->multiplicity);
  sq_free(&orbits->mode);
  sq_free(&orbits->phase_cos);
  sq_free(&orbits->sine);
  memset(orbits, 0, sizeof *orbits);
}

/* Folds n into 0..L/2, then puts equal extents in ascending order (insertion along the chain of twins). */
static void make_canonical(const int64_t extent[SQ_DIM], const int64_t n[SQ_DIM], int32_t mode[SQ_DIM])
{
  for (int mu = 0; mu < SQ_DIM; mu++) {
    int64_t folded = n[mu] % extent[mu];
    if (folded < 0) folded += extent[mu];
    if (2 * folded > extent[mu]) folded = extent[mu] - folded;
    int32_t value = (int32_t)folded;
    int place = mu;
    for (int twin = earlier_twin(extent, mu); twin >= 0 && mode[twin] > value; twin = earlier_twin(extent, twin)) {
      mode[place] = mode[twin];
      place = twin;
    }
    mode[place] = value;
  }
}

int64_t sq_orbits_find(const sq_orbits *orbits, const int64_t n[SQ_DIM])
{
  orbit_key key, probe;
  make_canonical(orbits->extent, n, key.mode);
  key.phat2 = canonical_phat2(orbits, key.mode);
  int64_t low = 0, high = orbits->count - 1;
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    probe.phat2 = orbits->phat2[middle];
    memcpy(probe.mode, orbits->mode + SQ_DIM * middle, sizeof probe.mode);
    if (compare_keys(&probe, &key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* A stretch of neighbouring orbits whose p_hat^2 agree within rounding, as one point of the interpolation. */
typedef struct {
  int64_t end;  /* one past its last orbit */
  double phat2; /* of its first orbit */
  double log_f; /* mean over its momenta */
} knot;

static knot knot_at(const sq_orbits *orbits, const double *f, int64_t first)
{
  const double rounding = 1e-12; /* p_hat^2 <= 16; distinct values of real lattices lie further apart or matter not */
  knot point = {.end = first, .phat2 = orbits->phat2[first]};
  double sum = 0, momenta = 0;
  for (; point.end < orbits->count && orbits->phat2[point.end] - point.phat2 <= rounding; point.end++) {
    double many = (double)orbits->multiplicity[point.end];
    sum += many * log(f[point.end]);
    momenta += many;
  }
  point.log_f = sum / momenta;
  return point;
}

double sq_orbits_limit(const sq_orbits *orbits, const double *f)
{
  if (orbits->count == 1) return f[0];
  knot first = knot_at(orbits, f, 1);
  if (first.end == orbits->count) return exp(first.log_f);
  knot second = knot_at(orbits, f, first.end);
  double one = exp(first.log_f), two = exp(second.log_f), share = first.phat2 / (second.phat2 - first.phat2);
  double limit = one > two ? 1 / (1 / one + share * (1 / one - 1 / two)) : one + share * (one - two);
  return limit > 0 && isfinite(limit) ? limit : f[0];
}

bool sq_orbits_zero_mode_apart(const sq_orbits *orbits, const double *f)
{
  double ratio = f[0] / sq_orbits_limit(orbits, f);
  return ratio > 2 || ratio < 0.5;
}

void sq_orbits_interpolate(const sq_orbits *from, const double *f, const sq_orbits *to, double *out)
{
  out[0] = f[0];
  if (from->dim == to->dim && !memcmp(from->extent, to->extent, sizeof from->extent)) {
    memcpy(out, f, (size_t)to->count * sizeof *out);
    return;
  }
  if (from->count == 1) { /* one mode only: nothing else is known */
    for (int64_t k = 1; k < to->count; k++) out[k] = f[0];
    return;
  }
  knot left = {.log_f = log(sq_orbits_zero_mode_apart(from, f) ? sq_orbits_limit(from, f) : f[0])},
       right = knot_at(from, f, 1);
  for (int64_t k = 1; k < to->count; k++) {
    double p = to->phat2[k];
    while (right.phat2 < p && right.end < from->count) {
      left = right;
      right = knot_at(from, f, right.end);
    }
    double width = right.phat2 - left.phat2;
    double share = width > 0 ? fmin((p - left.phat2) / width, 1) : 1;
    out[k] = exp(left.log_f + share * (right.log_f - left.log_f));
  }
}
