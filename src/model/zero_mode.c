/* SPDX-License-Identifier: BSD-3-Clause */
/* The distribution of the zero mode, which near a transition is not normal: a mixture, fitted to the training fields
 * and chosen by the held-out ones. */
#include "src/model/types.h"
#include <math.h>
#include <string.h>

/* The zero modes of training and held-out fields: how many are in each of so many intervals of [-most, most]. */
typedef struct {
  int bins;
  double most, *at, *training, *testing; /* [bins]: the middles, counts */
} histograms;

static PetscErrorCode count_zero_modes(const sq_lattice *lattice, const sq_dataset *set, const histograms *h,
                                       double *count)
{
  PetscFunctionBeginUser;
  enum { AT_ONCE = 256 };
  const double root = sqrt((double)lattice->volume);
  sq_sum sum[AT_ONCE];
  for (int64_t first = 0; first < set->count; first += AT_ONCE) {
    int fields = (int)PetscMin(set->count - first, AT_ONCE);
    memset(sum, 0, sizeof sum);
    for (int i = 0; i < fields; i++) {
      const double *block = set->blocks + (first + i) * lattice->local_volume;
      for (int64_t x = 0; x < lattice->local_volume; x++) sq_sum_add(&sum[i], block[x] / root);
    }
    PetscCall(sq_sum_reduce(lattice->comm, fields, sum));
    for (int i = 0; i < fields; i++) {
      double at = (sq_sum_value(&sum[i]) / h->most + 1) * h->bins / 2;
      if (at > 0 && at < h->bins) count[(int)at]++;
    }
  }
  PetscFunctionReturn(0);
}

/* The mixture that held-out fields like best; none where one normal distribution does as well. */
static void fit_counts(const histograms *h, bool even, double power, sq_mixture *best)
{
  enum { MOST_PARTS = 3 };
  const double worth = 3; /* nats of all held-out fields that another part must gain */
  const double least = pow(2 * h->most / h->bins, 2);
  sq_mixture normal = {.count = 1, .weight = {1}, .variance = {power}}, fit;
  best->count = 0;
  if (!even) sq_mixture_fit(h->bins, h->at, h->training, false, 1, least, &normal);
  double most = sq_mixture_log_likelihood(&normal, h->bins, h->at, h->testing);
  for (int parts = even ? 1 : 2; parts <= MOST_PARTS; parts++) {
    sq_mixture_fit(h->bins, h->at, h->training, even, parts, least, &fit);
    double here = sq_mixture_log_likelihood(&fit, h->bins, h->at, h->testing);
    if (!(here > most + worth)) continue;
    most = here;
    *best = fit;
  }
}

static PetscErrorCode fit_on_bins(const sq_lattice *lattice, const sq_dataset *training, const sq_dataset *testing,
                                  const sq_diffusion_model *m, int bins, sq_mixture *best)
{
  PetscFunctionBeginUser;
  const double sigmas = 8;
  histograms h = {.bins = bins, .most = sigmas * sqrt(m->propagator[0])};
  PetscCall(sq_alloc(bins, &h.at));
  PetscCall(sq_alloc(bins, &h.training));
  PetscCall(sq_alloc(bins, &h.testing));
  for (int i = 0; i < bins; i++) h.at[i] = ((i + 0.5) * 2 / bins - 1) * h.most;
  PetscCall(count_zero_modes(lattice, training, &h, h.training));
  PetscCall(count_zero_modes(lattice, testing, &h, h.testing));
  fit_counts(&h, m->shape.odd, m->propagator[0], best);
  sq_free(&h.at);
  sq_free(&h.training);
  sq_free(&h.testing);
  PetscFunctionReturn(0);
}

/* Deviation of the narrowest part that counts, in intervals. */
static double narrowest(const sq_mixture *fit, double interval)
{
  double least = INFINITY;
  for (int i = 0; i < fit->count; i++)
    if (fit->weight[i] > 0.01) least = fmin(least, sqrt(fit->variance[i]) / interval);
  return least;
}

PetscErrorCode sq_diffusion_fit_zero_mode(const sq_lattice *lattice, const sq_dataset *training,
                                          const sq_dataset *testing, const sq_diffusion_model *model, sq_mixture *best)
{
  PetscFunctionBeginUser;
  enum { FEWEST = 512, SHORTER = 4, MOST = FEWEST << 10, ENOUGH = 4 };
  best->count = 0;
  if (sq_network_components(&model->shape) > 1) PetscFunctionReturn(0);
  for (int bins = FEWEST; bins <= MOST; bins *= SHORTER) {
    PetscCall(fit_on_bins(lattice, training, testing, model, bins, best));
    if (narrowest(best, 16 * sqrt(model->propagator[0]) / bins) >= ENOUGH) break;
  }
  PetscFunctionReturn(0);
}
