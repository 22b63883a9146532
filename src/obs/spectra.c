/* SPDX-License-Identifier: BSD-3-Clause */
/* spectra: G(p) over the orbits of momenta and C(t), averaged over an ensemble, with errors from bins of its chains.
 *
 * Sums are exact (sq_sum), one per bin and orbit or slice: power[bins][orbits] holds this rank's modes until the end,
 * correlator[bins][L_0] is the same on every rank of the lattice. The result does not depend on the sharing out of
 * modes, ranks or records. Collective over the lattice; finish also over the replicas.
 */
#include "src/obs/spectra.h"
#include <math.h>

/* As many bins as this room allows, but neither fewer nor more than these: the more, the better the errors. */
enum { ROOM = 1 << 20, FEW = 64, MANY = 1024 };

static int64_t bins_within(int64_t cells)
{
  return PetscMin(MANY, PetscMax(FEW, ROOM / cells));
}

/* Cuts every chain into bins of about as many records; none has records of two. */
static PetscErrorCode cut(const sq_chains *chains, int64_t bin_length, sq_spectra_sums *s)
{
  PetscFunctionBeginUser;
  int64_t first = 0;
  PetscCall(sq_alloc(s->records, &s->bin));
  PetscCall(sq_alloc(chains->chains, &s->length));
  s->chains = chains->chains;
  for (int c = 0; c < chains->chains; c++) {
    int64_t length = chains->length[c], here = s->length[c] = PetscMax(1, length / bin_length);
    for (int64_t i = 0; i < length; i++) s->bin[chains->order[first + i]] = s->bins + (int)(i * here / length);
    s->bins += (int)here;
    first += length;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode create_sums(const sq_spectra *spectra, int64_t records, const double *chain, int bins,
                                  sq_spectra_sums **sums)
{
  PetscFunctionBeginUser;
  sq_spectra_sums *s;
  sq_chains chains;
  int64_t orbits = spectra->fft->orbits.count, most = bins > 0 ? bins : bins_within(orbits + spectra->slices);
  PetscCall(sq_alloc(1, &s));
  s->records = records;
  s->independent = !chain;
  PetscCall(sq_chains_create(records, chain, &chains));
  PetscCall(cut(&chains, PetscMax(1, (records + most - 1) / most), s));
  sq_chains_destroy(&chains);
  PetscCall(sq_alloc(s->bins, &s->count));
  PetscCall(sq_alloc(s->bins * orbits, &s->power));
  PetscCall(sq_alloc(s->bins * spectra->slices, &s->correlator));
  PetscCall(sq_alloc(2 * spectra->slices, &s->slice));
  s->one = s->slice + spectra->slices;
  *sums = s;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_spectra_create(const sq_lattice *lattice, int components, int64_t records, const double *chain,
                                 int bins, sq_spectra **spectra)
{
  PetscFunctionBeginUser;
  sq_spectra *s;
  PetscCall(sq_alloc(1, &s));
  PetscCall(sq_fft_create(lattice, &s->fft));
  s->slices = lattice->extent[lattice->first_dir];
  s->components = components;
  PetscCall(sq_alloc(2 * s->fft->orbits.count, &s->power));
  PetscCall(sq_alloc(2 * s->slices, &s->correlator));
  s->power_error = s->power + s->fft->orbits.count;
  s->correlator_error = s->correlator + s->slices;
  PetscCall(create_sums(s, records, chain, bins, &s->sums));
  *spectra = s;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_spectra_destroy(sq_spectra **spectra)
{
  PetscFunctionBeginUser;
  if (!*spectra) PetscFunctionReturn(0);
  sq_spectra_sums *sums = (*spectra)->sums;
  sq_free(&sums->bin);
  sq_free(&sums->length);
  sq_free(&sums->count);
  sq_free(&sums->power);
  sq_free(&sums->correlator);
  sq_free(&sums->slice);
  sq_free(&(*spectra)->sums);
  sq_free(&(*spectra)->power);
  sq_free(&(*spectra)->correlator);
  PetscCall(sq_fft_destroy(&(*spectra)->fft));
  sq_free(spectra);
  PetscFunctionReturn(0);
}

/* One component of a field, into a bin. */
static PetscErrorCode add_component(sq_spectra *spectra, int64_t bin, const double *block)
{
  PetscFunctionBeginUser;
  sq_spectra_sums *s = spectra->sums;
  sq_fft *fft = spectra->fft;
  PetscCall(sq_fft_forward(fft, block, fft->work));
  sq_fft_add_power(fft, fft->work, s->power + bin * fft->orbits.count);
  PetscCall(sq_obs_slices(fft->lattice, block, s->slice));
  sq_obs_correlator(fft->lattice, s->slice, s->one);
  for (int64_t t = 0; t < spectra->slices; t++) sq_sum_add(&s->correlator[bin * spectra->slices + t], s->one[t]);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_spectra_add(sq_spectra *spectra, int64_t record, const double *block)
{
  PetscFunctionBeginUser;
  sq_spectra_sums *s = spectra->sums;
  PetscCheck(record >= 0 && record < s->records, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "Record %lld of %lld",
             (long long)record, (long long)s->records);
  for (int c = 0; c < spectra->components; c++)
    PetscCall(add_component(spectra, s->bin[record], block + c * spectra->fft->lattice->local_volume));
  s->count[s->bin[record]]++;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_spectra_error(const sq_spectra_sums *s, const double *x, double *error)
{
  PetscFunctionBeginUser;
  sq_estimate e;
  const sq_series series = {.n = s->bins,
                            .column = &x,
                            .weight = s->count,
                            .chains = s->chains,
                            .length = s->length,
                            .constant_is_known = s->independent};
  PetscCall(sq_gamma(&series, NULL, &e));
  *error = sq_estimate_known_error(&e);
  PetscFunctionReturn(0);
}

/* mean[width] and error[width] of sums per bin; x[bins] is scratch. */
static PetscErrorCode bin_averages(const sq_spectra_sums *s, const sq_sum *sum, int64_t width, double *x, double *mean,
                                   double *error)
{
  PetscFunctionBeginUser;
  double n = 0;
  for (int b = 0; b < s->bins; b++) n += s->count[b];
  for (int64_t k = 0; k < width; k++) {
    sq_sum total = {{0}};
    for (int b = 0; b < s->bins; b++) {
      sq_sum_merge(&total, &sum[b * width + k]);
      x[b] = s->count[b] > 0 ? sq_sum_value(&sum[b * width + k]) / s->count[b] : 0;
    }
    mean[k] = n > 0 ? sq_sum_value(&total) / n : NAN;
    PetscCall(sq_spectra_error(s, x, &error[k]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode reduce_bins(MPI_Comm comm, int bins, int64_t width, sq_sum *sum)
{
  PetscFunctionBeginUser;
  for (int b = 0; b < bins && comm != MPI_COMM_NULL; b++) PetscCall(sq_sum_reduce(comm, (int)width, sum + b * width));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_spectra_finish(sq_spectra *spectra, MPI_Comm across)
{
  PetscFunctionBeginUser;
  sq_spectra_sums *s = spectra->sums;
  int64_t orbits = spectra->fft->orbits.count;
  double *x;
  PetscCall(reduce_bins(spectra->fft->lattice->comm, s->bins, orbits, s->power));
  PetscCall(reduce_bins(across, s->bins, orbits, s->power));
  PetscCall(reduce_bins(across, s->bins, spectra->slices, s->correlator));
  if (across != MPI_COMM_NULL)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->count, s->bins, MPI_DOUBLE, MPI_SUM, across));
  PetscCall(sq_alloc(s->bins, &x));
  PetscCall(bin_averages(s, s->power, orbits, x, spectra->power, spectra->power_error));
  PetscCall(bin_averages(s, s->correlator, spectra->slices, x, spectra->correlator, spectra->correlator_error));
  sq_free(&x);
  PetscFunctionReturn(0);
}
