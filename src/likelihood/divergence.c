/* SPDX-License-Identifier: BSD-3-Clause */
/* tr(J - W) by tangents along coloured random signs (dilution), or along every number of the field. Components have
 * colours of their own.
 *
 * J - W is what the network adds to the Wiener filter: its trace is small, and so are its elements between sites that
 * are far apart.
 */
#include "src/likelihood/flow.h"
#include <string.h>

enum { TOGETHER = 32 }; /* tangents asked for at a time: bounds the memory */

/* The colours of one component, the first of them given. */
static void colour_sites(const sq_lattice *lattice, const int64_t extent[SQ_DIM], int64_t first, int64_t *colour)
{
  const int64_t length = lattice->local[SQ_DIM - 1];
  for (int64_t i = 0; i < lattice->local_volume; i++) {
    int64_t site = sq_lattice_row_site(lattice, i / length) + i % length, stride = 1;
    colour[i] = first;
    for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
      colour[i] += stride * (site % lattice->extent[mu] % extent[mu]);
      stride *= extent[mu];
      site /= lattice->extent[mu];
    }
  }
}

PetscErrorCode sq_flow_create_divergence(sq_flow *f)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = f->score.fft->lattice;
  const int components = sq_score_components(&f->score);
  int64_t k = f->settings.dilution, extent[SQ_DIM];
  f->colours = 1;
  for (int mu = 0; mu < SQ_DIM; mu++)
    f->colours *= extent[mu] = k == 0 || k > lattice->extent[mu] ? lattice->extent[mu] : k;
  PetscCall(sq_alloc(f->numbers, &f->colour));
  PetscCall(sq_alloc(f->probes * f->numbers, &f->sign));
  PetscCall(sq_alloc(TOGETHER * f->numbers, &f->direction));
  PetscCall(sq_alloc(TOGETHER * f->numbers, &f->along));
  PetscCall(sq_alloc(f->numbers, &f->smooth));
  for (int c = 0; c < components; c++)
    colour_sites(lattice, extent, c * f->colours, f->colour + c * lattice->local_volume);
  f->colours *= components;
  PetscFunctionReturn(0);
}

void sq_flow_draw_signs(sq_flow *f, uint64_t seed, int64_t field)
{
  const sq_lattice *lattice = f->score.fft->lattice;
  sq_stream stream = sq_stream_make(seed, SQ_RNG_PROBE, (uint64_t)field);
  int64_t length = lattice->local[SQ_DIM - 1];
  for (int p = 0; p < f->probes; p++)
    for (int64_t i = 0; i < f->numbers; i++) {
      int64_t x = i % lattice->local_volume, site = sq_lattice_row_site(lattice, x / length) + x % length;
      uint64_t number = (uint64_t)(i / lattice->local_volume * lattice->volume + site);
      f->sign[p * f->numbers + i] = sq_rng_uniform(stream, number, (uint64_t)p, 0) < 0.5 ? -1 : 1;
    }
}

/* Tangent number n = probe * colours + colour. */
static void set_direction(const sq_flow *f, int64_t n, double *direction)
{
  const double *sign = f->sign + n / f->colours * f->numbers;
  for (int64_t i = 0; i < f->numbers; i++) direction[i] = f->colour[i] == n % f->colours ? sign[i] : 0;
}

PetscErrorCode sq_flow_divergence(sq_flow *f, double s, const double *phi, double *clean, double *rates)
{
  PetscFunctionBeginUser;
  sq_sum sum[f->probes];
  int64_t all = f->probes * f->colours;
  memset(sum, 0, sizeof sum);
  for (int64_t first = 0; first < all; first += TOGETHER) {
    int count = (int)(all - first < TOGETHER ? all - first : TOGETHER);
    for (int i = 0; i < count; i++) set_direction(f, first + i, f->direction + i * f->numbers);
    PetscCall(f->score.tangent(f->score.self, 1, s, phi, count, f->direction, clean, f->along));
    for (int i = 0; i < count; i++) {
      const double *v = f->direction + i * f->numbers, *along = f->along + i * f->numbers;
      PetscCall(sq_score_filter(&f->score, f->filter, 1, v, f->smooth));
      for (int64_t x = 0; x < f->numbers; x++)
        sq_sum_add(&sum[(first + i) / f->colours], v[x] * (along[x] - f->smooth[x]));
    }
  }
  PetscCall(sq_sum_reduce(f->score.fft->lattice->comm, f->probes, sum));
  for (int p = 0; p < f->probes; p++) rates[p] = sq_sum_value(&sum[p]);
  PetscFunctionReturn(0);
}
