/* SPDX-License-Identifier: BSD-3-Clause */
/* fft on any rank count: the transform against the definition and its theorems, and the same bits as on one rank. */
#include "squall/fft.h"
#include "tap.h"
#include <string.h>

typedef struct {
  int dim;
  int64_t extent[SQ_DIM];
} shape;

static const shape tiny[] = {{2, {3, 7}},       {1, {5}},      {1, {8}},       {3, {2, 3, 4}}, {4, {2, 3, 2, 5}},
                             {4, {3, 3, 2, 4}}, {2, {1, 6}},   {2, {6, 1}},    {3, {4, 1, 5}}, {3, {1, 7, 1}},
                             {1, {1}},          {2, {10, 10}}, {3, {3, 5, 3}}, {2, {2, 9}}};
static const shape usual[] = {{2, {16, 16}},  {2, {32, 32}},   {2, {2, 32}},      {2, {30, 2}},     {2, {256, 256}},
                              {2, {25, 12}},  {2, {3, 20}},    {1, {64}},         {1, {1000}},      {3, {8, 8, 8}},
                              {3, {5, 6, 7}}, {3, {12, 4, 9}}, {4, {4, 4, 4, 4}}, {4, {3, 6, 4, 5}}};
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* One lattice over all ranks, and the whole of it on each rank by itself. */
typedef struct {
  sq_lattice *lattice, *own;
  sq_fft *fft, *whole;
  double *block, *other, *field;   /* [local volume], [local volume], [volume] */
  double complex *mode, *expected; /* [modes here], [modes of the lattice] */
  char name[64];
} pair;

static bool pair_create(const shape *s, pair *p)
{
  int ranks[SQ_DIM];
  if (!sq_lattice_can_share(s->dim, s->extent, tap.size, ranks)) return false;
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, s->dim, s->extent, NULL, &p->lattice));
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, s->dim, s->extent, NULL, &p->own));
  TAP_CALL(sq_fft_create(p->lattice, &p->fft));
  TAP_CALL(sq_fft_create(p->own, &p->whole));
  TAP_CALL(sq_alloc(p->lattice->local_volume, &p->block));
  TAP_CALL(sq_alloc(p->lattice->local_volume, &p->other));
  TAP_CALL(sq_alloc(p->own->volume, &p->field));
  TAP_CALL(sq_alloc(p->fft->modes, &p->mode));
  TAP_CALL(sq_alloc(p->whole->modes, &p->expected));
  sq_extents_text(s->dim, s->extent, p->name, sizeof p->name);
  const sq_stream stream = sq_stream_make(7, SQ_RNG_TEST, 1);
  sq_block_normals(p->lattice, stream, 3, 0, p->block);
  sq_block_normals(p->own, stream, 3, 0, p->field);
  return true;
}

static void pair_destroy(pair *p)
{
  sq_free(&p->block);
  sq_free(&p->other);
  sq_free(&p->field);
  sq_free(&p->mode);
  sq_free(&p->expected);
  TAP_CALL(sq_fft_destroy(&p->fft));
  TAP_CALL(sq_fft_destroy(&p->whole));
  TAP_CALL(sq_lattice_destroy(&p->lattice));
  TAP_CALL(sq_lattice_destroy(&p->own));
}

static void coordinates(const int64_t extent[SQ_DIM], int64_t index, int64_t x[SQ_DIM])
{
  for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
    x[mu] = index % extent[mu];
    index /= extent[mu];
  }
}

/* p x for the momentum and site with these row-major indices. */
static double phase(const sq_lattice *lattice, int64_t frequency, int64_t site)
{
  int64_t n[SQ_DIM], x[SQ_DIM];
  double turns = 0;
  coordinates(lattice->extent, frequency, n);
  coordinates(lattice->extent, site, x);
  for (int mu = 0; mu < SQ_DIM; mu++)
    turns += (double)(n[mu] * x[mu] % lattice->extent[mu]) / (double)lattice->extent[mu];
  return 2 * M_PI * turns;
}

/* Global site of entry k of this rank's block. */
static int64_t site_of(const sq_lattice *lattice, int64_t k)
{
  return sq_lattice_row_site(lattice, k / lattice->local[SQ_DIM - 1]) + k % lattice->local[SQ_DIM - 1];
}

static double total(double here)
{
  double sum;
  MPI_Allreduce(&here, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return sum;
}

static double squares(int64_t count, const double *x)
{
  double sum = 0;
  for (int64_t k = 0; k < count; k++) sum += x[k] * x[k];
  return sum;
}

static void check_definition(pair *p)
{
  double worst = 0;
  TAP_CALL(sq_fft_forward(p->fft, p->block, p->mode));
  for (int64_t k = 0; k < p->fft->modes; k++) {
    double complex sum = 0;
    for (int64_t x = 0; x < p->own->volume; x++) sum += p->field[x] * cexp(-I * phase(p->own, p->fft->frequency[k], x));
    tap_worst(&worst, cabs(sum - p->mode[k]));
  }
  tap_check(worst < 1e-12 * (double)p->own->volume, "%s: equal to the sum that defines it", p->name);
}

static void check_parseval(pair *p)
{
  const double volume = (double)p->own->volume;
  double power = 0, weights = 0;
  TAP_CALL(sq_fft_forward(p->fft, p->block, p->mode));
  for (int64_t k = 0; k < p->fft->modes; k++) {
    power += p->fft->weight[k] * creal(p->mode[k] * conj(p->mode[k]));
    weights += p->fft->weight[k];
  }
  const double norm = squares(p->own->volume, p->field);
  tap_check(fabs(total(power) / volume - norm) < 1e-12 * norm, "%s: Parseval", p->name);
  tap_check(total(weights) == volume, "%s: weights add up to the volume", p->name);
}

static void check_round_trip(pair *p)
{
  double worst = 0;
  TAP_CALL(sq_fft_forward(p->fft, p->block, p->mode));
  TAP_CALL(sq_fft_inverse(p->fft, p->mode, p->other));
  for (int64_t k = 0; k < p->lattice->local_volume; k++) tap_worst(&worst, fabs(p->other[k] - p->block[k]));
  tap_check(worst < 1e-13, "%s: forward and inverse give the field back", p->name);
}

/* An impulse at a site: e^{-ipx}, constant for site 0. */
static void check_impulse(pair *p, int64_t site)
{
  double worst = 0;
  for (int64_t k = 0; k < p->lattice->local_volume; k++) p->other[k] = site_of(p->lattice, k) == site;
  TAP_CALL(sq_fft_forward(p->fft, p->other, p->mode));
  for (int64_t k = 0; k < p->fft->modes; k++)
    tap_worst(&worst, cabs(p->mode[k] - cexp(-I * phase(p->lattice, p->fft->frequency[k], site))));
  tap_check(worst < 1e-13, "%s: impulse at site %lld", p->name, (long long)site);
}

/* phi(x - a) has the modes e^{-ipa} phi_p. */
static void check_shift(pair *p)
{
  const int64_t by = p->own->volume * 2 / 3, *extent = p->own->extent;
  int64_t a[SQ_DIM], x[SQ_DIM];
  double worst = 0;
  double complex *shifted;
  TAP_CALL(sq_alloc(p->fft->modes, &shifted));
  coordinates(extent, by, a);
  for (int64_t k = 0; k < p->lattice->local_volume; k++) {
    int64_t from = 0;
    coordinates(extent, site_of(p->lattice, k), x);
    for (int mu = 0; mu < SQ_DIM; mu++) from = from * extent[mu] + (x[mu] - a[mu] + extent[mu]) % extent[mu];
    p->other[k] = p->field[from];
  }
  TAP_CALL(sq_fft_forward(p->fft, p->block, p->mode));
  TAP_CALL(sq_fft_forward(p->fft, p->other, shifted));
  for (int64_t k = 0; k < p->fft->modes; k++)
    tap_worst(&worst, cabs(shifted[k] - p->mode[k] * cexp(-I * phase(p->lattice, p->fft->frequency[k], by))));
  tap_check(worst < 1e-13 * (double)p->own->volume, "%s: shift theorem", p->name);
  sq_free(&shifted);
}

/* cos(px) sits in the modes p and -p alone. */
static void check_plane_wave(pair *p, int64_t wave)
{
  const int64_t *extent = p->own->extent;
  int64_t n[SQ_DIM], opposite = 0;
  double worst = 0;
  coordinates(extent, wave, n);
  for (int mu = 0; mu < SQ_DIM; mu++) opposite = opposite * extent[mu] + (extent[mu] - n[mu]) % extent[mu];
  for (int64_t k = 0; k < p->lattice->local_volume; k++)
    p->other[k] = cos(phase(p->lattice, wave, site_of(p->lattice, k)));
  TAP_CALL(sq_fft_forward(p->fft, p->other, p->mode));
  for (int64_t k = 0; k < p->fft->modes; k++) {
    const int64_t f = p->fft->frequency[k];
    const double expected = 0.5 * (double)p->own->volume * ((f == wave) + (f == opposite));
    tap_worst(&worst, cabs(p->mode[k] - expected));
  }
  tap_check(worst < 1e-13 * (double)p->own->volume, "%s: plane wave %lld is one mode", p->name, (long long)wave);
}

static void check_orbits(pair *p)
{
  const sq_orbits *orbits = &p->fft->orbits;
  double *members, phat2 = 0, worst = 0;
  int64_t sum = 0;
  TAP_CALL(sq_alloc(orbits->count, &members));
  for (int64_t k = 0; k < p->fft->modes; k++) {
    int64_t n[SQ_DIM];
    coordinates(p->own->extent, p->fft->frequency[k], n);
    phat2 = 0;
    for (int mu = 0; mu < SQ_DIM; mu++) phat2 += 4 * pow(sin(M_PI * (double)n[mu] / (double)p->own->extent[mu]), 2);
    tap_worst(&worst, fabs(phat2 - orbits->phat2[p->fft->orbit[k]]));
    members[p->fft->orbit[k]] += p->fft->weight[k];
  }
  MPI_Allreduce(MPI_IN_PLACE, members, (int)orbits->count, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  bool right = true;
  for (int64_t k = 0; k < orbits->count; k++) {
    right = right && members[k] == (double)orbits->multiplicity[k];
    sum += orbits->multiplicity[k];
  }
  tap_check(worst < 1e-13, "%s: every mode has the p_hat^2 of its orbit", p->name);
  tap_check(right, "%s: every orbit has as many modes as it says", p->name);
  tap_check(sum == p->own->volume, "%s: multiplicities add up to the volume", p->name);
  sq_free(&members);
}

/* ---- the same bits on any number of ranks ---- */

static uint64_t hash_modes(const sq_fft *fft, const double complex *mode, MPI_Comm comm)
{
  uint64_t sum = 0;
  for (int64_t k = 0; k < fft->modes; k++)
    sum += sq_site_hash(2 * fft->frequency[k], creal(mode[k])) +
           sq_site_hash(2 * fft->frequency[k] + 1, cimag(mode[k]));
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_UINT64_T, MPI_SUM, comm);
  return sum;
}

/* own_block is the whole field at some alignment. */
static void check_bits(pair *p, double *own_block, const char *how)
{
  uint64_t here, there;
  TAP_CALL(sq_fft_forward(p->fft, p->block, p->mode));
  TAP_CALL(sq_fft_forward(p->whole, own_block, p->expected));
  here = hash_modes(p->fft, p->mode, MPI_COMM_WORLD);
  there = hash_modes(p->whole, p->expected, MPI_COMM_SELF);
  tap_check(here == there, "%s: modes have the bits of one rank%s", p->name, how);
  TAP_CALL(sq_fft_inverse(p->fft, p->mode, p->other));
  TAP_CALL(sq_fft_inverse(p->whole, p->expected, own_block));
  TAP_CALL(sq_block_checksum(p->lattice, 1, p->other, &here));
  TAP_CALL(sq_block_checksum(p->own, 1, own_block, &there));
  tap_check(here == there, "%s: fields have the bits of one rank%s", p->name, how);
}

static void check_misaligned_bits(pair *p)
{
  double *room;
  TAP_CALL(sq_alloc(p->own->volume + 1, &room));
  memcpy(room + 1, p->field, (size_t)p->own->volume * sizeof *room);
  check_bits(p, room + 1, ", misaligned");
  sq_free(&room);
}

/* ---- spectra and filters ---- */

/* The filter with a propagator is the convolution with what it makes of an impulse; in place too. */
static void check_filter(pair *p)
{
  const sq_orbits *orbits = &p->fft->orbits;
  const int64_t volume = p->own->volume, *extent = p->own->extent;
  double *multiplier, *kernel, worst = 0;
  TAP_CALL(sq_alloc(orbits->count, &multiplier));
  TAP_CALL(sq_alloc(volume, &kernel));
  for (int64_t k = 0; k < orbits->count; k++) multiplier[k] = 1 / (0.7 + orbits->phat2[k]);
  for (int64_t x = 0; x < volume; x++)
    for (int64_t f = 0; f < volume; f++) {
      int64_t n[SQ_DIM];
      coordinates(extent, f, n);
      kernel[x] += cos(phase(p->own, f, x)) * multiplier[sq_orbits_find(orbits, n)] / (double)volume;
    }
  memcpy(p->other, p->block, (size_t)p->lattice->local_volume * sizeof *p->other);
  TAP_CALL(sq_fft_filter(p->fft, multiplier, p->other, p->other));
  for (int64_t k = 0; k < p->lattice->local_volume; k++) {
    int64_t x[SQ_DIM], y[SQ_DIM];
    double sum = 0;
    coordinates(extent, site_of(p->lattice, k), x);
    for (int64_t s = 0; s < volume; s++) {
      int64_t distance = 0;
      coordinates(extent, s, y);
      for (int mu = 0; mu < SQ_DIM; mu++) distance = distance * extent[mu] + (x[mu] - y[mu] + extent[mu]) % extent[mu];
      sum += kernel[distance] * p->field[s];
    }
    tap_worst(&worst, fabs(sum - p->other[k]));
  }
  tap_check(worst < 1e-12, "%s: filter with a propagator equals the convolution", p->name);
  sq_free(&multiplier);
  sq_free(&kernel);
}

/* White noise: <|phi_p|^2>/V = 1 in every orbit. The mean over N fields and the m momenta of an orbit has variance 2/(N
 * m): a real mode 2, a pair p and -p 1. 5 sigma, fixed seed. */
static void check_power(pair *p)
{
  enum { FIELDS = 400 };
  const sq_orbits *orbits = &p->fft->orbits;
  sq_sum *sums;
  double *power, worst = 0, norm = 0, sum = 0;
  TAP_CALL(sq_alloc(orbits->count, &power));
  TAP_CALL(sq_alloc(orbits->count, &sums));
  for (int i = 0; i < FIELDS; i++) {
    sq_block_normals(p->lattice, sq_stream_make(11, SQ_RNG_TEST, (uint64_t)i), 0, 0, p->other);
    norm += squares(p->lattice->local_volume, p->other);
    TAP_CALL(sq_fft_forward(p->fft, p->other, p->fft->work));
    sq_fft_add_power(p->fft, p->fft->work, sums);
  }
  TAP_CALL(sq_sum_reduce(MPI_COMM_WORLD, (int)orbits->count, sums));
  for (int64_t k = 0; k < orbits->count; k++) power[k] = sq_sum_value(&sums[k]);
  for (int64_t k = 0; k < orbits->count; k++) {
    tap_worst(&worst, fabs(power[k] / FIELDS - 1) / sqrt(2.0 / (FIELDS * (double)orbits->multiplicity[k])));
    sum += power[k] * (double)orbits->multiplicity[k];
  }
  norm = total(norm);
  tap_check(worst < 5, "%s: power of white noise is 1 in every orbit", p->name);
  tap_check(fabs(sum - norm) < 1e-12 * norm, "%s: power adds up to the square of the field", p->name);
  sq_free(&power);
  sq_free(&sums);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  pair p;
  for (size_t k = 0; k < COUNT(tiny); k++) {
    if (!pair_create(tiny + k, &p)) continue;
    check_definition(&p);
    check_filter(&p);
    for (int64_t site = 0; site < p.own->volume; site += 1 + p.own->volume / 3) {
      check_impulse(&p, site);
      check_plane_wave(&p, site);
    }
    pair_destroy(&p);
  }
  for (size_t k = 0; k < COUNT(tiny) + COUNT(usual); k++) {
    if (!pair_create(k < COUNT(tiny) ? tiny + k : usual + k - COUNT(tiny), &p)) continue;
    check_parseval(&p);
    check_round_trip(&p);
    check_shift(&p);
    check_orbits(&p);
    check_misaligned_bits(&p);
    check_bits(&p, p.field, "");
    pair_destroy(&p);
  }
  for (size_t k = 0; k < 2; k++) {
    if (!pair_create(usual + k, &p)) continue;
    check_power(&p);
    pair_destroy(&p);
  }
  return tap_end();
}
