/* tr(J - W) by tangents along coloured random signs (dilution), or along every site.
 *
 * J - W is what the network adds to the Wiener filter: its trace is small, and so are its elements between sites that
 * are far apart.
 */
#include "src/likelihood/flow.h"
#include <string.h>

enum { TOGETHER = 32 }; /* tangents asked for at a time: bounds the memory */

PetscErrorCode sq_flow_create_divergence(sq_flow *f)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = f->score.fft->lattice;
  int64_t i = 0, k = f->settings.dilution, extent[SQ_DIM];
  f->colours = 1;
  for (int mu = 0; mu < SQ_DIM; mu++)
    f->colours *= extent[mu] = k == 0 || k > lattice->extent[mu] ? lattice->extent[mu] : k;
  PetscCall(sq_alloc(f->volume, &f->colour));
  PetscCall(sq_alloc(f->probes * f->volume, &f->sign));
  PetscCall(sq_alloc(TOGETHER * f->volume, &f->direction));
  PetscCall(sq_alloc(TOGETHER * f->volume, &f->along));
  PetscCall(sq_alloc(f->volume, &f->smooth));
  for (int64_t row = 0; i < f->volume; row++)
    for (int64_t x = 0; x < lattice->local[SQ_DIM - 1]; x++, i++) {
      int64_t site = sq_lattice_row_site(lattice, row) + x, stride = 1;
      for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
        f->colour[i] += stride * (site % lattice->extent[mu] % extent[mu]);
        stride *= extent[mu];
        site /= lattice->extent[mu];
      }
    }
  PetscFunctionReturn(0);
}

void sq_flow_draw_signs(sq_flow *f, uint64_t seed, int64_t number)
{
  const sq_lattice *lattice = f->score.fft->lattice;
  sq_stream stream = sq_stream_make(seed, SQ_RNG_PROBE, (uint64_t)number);
  int64_t length = lattice->local[SQ_DIM - 1];
  for (int p = 0; p < f->probes; p++)
    for (int64_t i = 0; i < f->volume; i++) {
      uint64_t site = (uint64_t)(sq_lattice_row_site(lattice, i / length) + i % length);
      f->sign[p * f->volume + i] = sq_rng_uniform(stream, site, (uint64_t)p, 0) < 0.5 ? -1 : 1;
    }
}

/* Tangent number n = probe * colours + colour. */
static void set_direction(const sq_flow *f, int64_t n, double *direction)
{
  const double *sign = f->sign + n / f->colours * f->volume;
  for (int64_t i = 0; i < f->volume; i++) direction[i] = f->colour[i] == n % f->colours ? sign[i] : 0;
}

PetscErrorCode sq_flow_divergence(sq_flow *f, double s, const double *phi, double *clean, double *rates)
{
  PetscFunctionBeginUser;
  sq_sum sum[f->probes];
  int64_t all = f->probes * f->colours;
  memset(sum, 0, sizeof sum);
  for (int64_t first = 0; first < all; first += TOGETHER) {
    int count = (int)(all - first < TOGETHER ? all - first : TOGETHER);
    for (int i = 0; i < count; i++) set_direction(f, first + i, f->direction + i * f->volume);
    PetscCall(f->score.tangent(f->score.self, 1, s, phi, count, f->direction, clean, f->along));
    for (int i = 0; i < count; i++) {
      const double *v = f->direction + i * f->volume, *along = f->along + i * f->volume;
      PetscCall(sq_fft_filter(f->score.fft, f->filter, v, f->smooth));
      for (int64_t x = 0; x < f->volume; x++)
        sq_sum_add(&sum[(first + i) / f->colours], v[x] * (along[x] - f->smooth[x]));
    }
  }
  PetscCall(sq_sum_reduce(f->score.fft->lattice->comm, f->probes, sum));
  for (int p = 0; p < f->probes; p++) rates[p] = sq_sum_value(&sum[p]);
  PetscFunctionReturn(0);
}
