/* spectra: G(p) over the orbits of momenta and C(t), averaged over an ensemble, with errors from bins.
 *
 * Sums are exact (sq_sum), one per bin and orbit or slice: power[bins][orbits] holds this rank's modes until the end,
 * correlator[bins][L_0] is the same on every rank of the lattice. The result does not depend on the sharing out of
 * modes, ranks or records. Collective over the lattice; finish also over the replicas.
 */
#include "src/obs/spectra.h"
#include <math.h>

static PetscErrorCode create_sums(const sq_spectra *spectra, int64_t records, int bins, sq_spectra_sums **sums)
{
  PetscFunctionBeginUser;
  sq_spectra_sums *s;
  PetscCall(sq_alloc(1, &s));
  s->records = records;
  s->bins = (int)PetscMax(1, PetscMin(records, bins));
  PetscCall(sq_alloc(s->bins, &s->count));
  PetscCall(sq_alloc(s->bins * spectra->fft->orbits.count, &s->power));
  PetscCall(sq_alloc(s->bins * spectra->slices, &s->correlator));
  PetscCall(sq_alloc(2 * spectra->slices, &s->slice));
  s->one = s->slice + spectra->slices;
  *sums = s;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_spectra_create(const sq_lattice *lattice, int64_t records, int bins, sq_spectra **spectra)
{
  PetscFunctionBeginUser;
  sq_spectra *s;
  PetscCall(sq_alloc(1, &s));
  PetscCall(sq_fft_create(lattice, &s->fft));
  s->slices = lattice->extent[lattice->first_dir];
  PetscCall(sq_alloc(2 * s->fft->orbits.count, &s->power));
  PetscCall(sq_alloc(2 * s->slices, &s->correlator));
  s->power_error = s->power + s->fft->orbits.count;
  s->correlator_error = s->correlator + s->slices;
  PetscCall(create_sums(s, records, bins, &s->sums));
  *spectra = s;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_spectra_destroy(sq_spectra **spectra)
{
  PetscFunctionBeginUser;
  if (!*spectra) PetscFunctionReturn(0);
  sq_spectra_sums *sums = (*spectra)->sums;
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

PetscErrorCode sq_spectra_add(sq_spectra *spectra, int64_t record, const double *block)
{
  PetscFunctionBeginUser;
  sq_spectra_sums *s = spectra->sums;
  sq_fft *fft = spectra->fft;
  PetscCheck(record >= 0 && record < s->records, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "Record %lld of %lld",
             (long long)record, (long long)s->records);
  int64_t bin = record * s->bins / s->records;
  PetscCall(sq_fft_forward(fft, block, fft->work));
  sq_fft_add_power(fft, fft->work, s->power + bin * fft->orbits.count);
  PetscCall(sq_obs_slices(fft->lattice, block, s->slice));
  sq_obs_correlator(fft->lattice, s->slice, s->one);
  for (int64_t t = 0; t < spectra->slices; t++) sq_sum_add(&s->correlator[bin * spectra->slices + t], s->one[t]);
  s->count[bin]++;
  PetscFunctionReturn(0);
}

/* mean and error of entry k of width sums per bin. */
static void bin_average(const sq_spectra_sums *s, const sq_sum *sum, int64_t width, int64_t k, double *mean,
                        double *error)
{
  sq_sum total = {{0}};
  int64_t n = 0, used = 0;
  double square = 0;
  for (int b = 0; b < s->bins; b++) {
    sq_sum_merge(&total, &sum[b * width + k]);
    n += s->count[b];
    used += s->count[b] > 0;
  }
  *mean = n ? sq_sum_value(&total) / (double)n : NAN;
  for (int b = 0; b < s->bins; b++) {
    if (!s->count[b]) continue;
    double difference = sq_sum_value(&sum[b * width + k]) / (double)s->count[b] - *mean;
    square += (double)s->count[b] * difference * difference;
  }
  *error = used > 1 ? sqrt(square / (double)(n * (used - 1))) : NAN;
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
  PetscCall(reduce_bins(spectra->fft->lattice->comm, s->bins, orbits, s->power));
  PetscCall(reduce_bins(across, s->bins, orbits, s->power));
  PetscCall(reduce_bins(across, s->bins, spectra->slices, s->correlator));
  if (across != MPI_COMM_NULL)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->count, s->bins, MPI_INT64_T, MPI_SUM, across));
  for (int64_t k = 0; k < orbits; k++)
    bin_average(s, s->power, orbits, k, &spectra->power[k], &spectra->power_error[k]);
  for (int64_t t = 0; t < spectra->slices; t++)
    bin_average(s, s->correlator, spectra->slices, t, &spectra->correlator[t], &spectra->correlator_error[t]);
  PetscFunctionReturn(0);
}
