/* SPDX-License-Identifier: BSD-3-Clause */
/* What reverse kernels know of a theory beyond their variance: how it depends on the field, and the distribution of the
 * zero mode; the formulae are in the header. */
#include "squall/diffusion.h"
#include <math.h>
#include <string.h>

struct sq_shape {
  sq_score score; /* not owned */
  int64_t numbers, sites;
  sq_reverse_step step;   /* of the step that it is set to */
  double precision;       /* a^2/s^2 there */
  double deviation;       /* of the Gaussian kernel's zero mode */
  double curvature;       /* c there; 0: not known */
  double square;          /* <D^2> of a field's site there, all components */
  double zero_reach;      /* g(0) */
  double *reach, *reach2; /* [orbits] g(p) and its square; no zero mode where that is drawn by itself */
  double *coloured;       /* [orbits] g(p) times the kernel's standard deviation */
  double *filter;         /* [orbits] multipliers of g(x)^2 */
  double *excess, *own;   /* [sites] of a field: v = D^2 - <D^2>; b/c */
  double *local, *volume; /* [sites] what its noise is multiplied by; its part of the logarithm of volumes */
  double strength;        /* of its turn */
  int terms;
  double *sum, *term, *work; /* [sites] each */
};

bool sq_shape_is_known(const sq_score *score)
{
  return score->curvature || score->zero_mode;
}

PetscErrorCode sq_shape_create(const sq_score *score, sq_shape **shape)
{
  PetscFunctionBeginUser;
  sq_shape *h;
  PetscCall(sq_alloc(1, &h));
  h->score = *score;
  h->numbers = sq_score_numbers(score);
  h->sites = score->fft->lattice->local_volume;
  PetscCall(sq_alloc(score->fft->orbits.count, &h->filter));
  PetscCall(sq_alloc(score->fft->orbits.count, &h->reach));
  PetscCall(sq_alloc(score->fft->orbits.count, &h->reach2));
  PetscCall(sq_alloc(score->fft->orbits.count, &h->coloured));
  double **array[] = {&h->excess, &h->own, &h->local, &h->volume, &h->sum, &h->term, &h->work};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) PetscCall(sq_alloc(h->sites, array[i]));
  *shape = h;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_shape_destroy(sq_shape **shape)
{
  PetscFunctionBeginUser;
  sq_shape *h = *shape;
  if (!h) PetscFunctionReturn(0);
  double **array[] = {&h->reach, &h->reach2, &h->coloured, &h->filter, &h->excess, &h->own,
                      &h->local, &h->volume, &h->sum,      &h->term,   &h->work};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
  sq_free(shape);
  PetscFunctionReturn(0);
}

/* ---- the variance, site by site ---- */

PetscErrorCode sq_filter_squared(sq_fft *fft, const double *filter, double *squared)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = fft->lattice;
  int64_t orbits = fft->orbits.count;
  bool here = true;
  double *kernel;
  sq_sum *sum;
  PetscCall(sq_alloc(lattice->local_volume, &kernel));
  PetscCall(sq_alloc(orbits, &sum));
  for (int mu = 0; mu < SQ_DIM; mu++) here = here && lattice->start[mu] == 0;
  if (here) kernel[0] = 1; /* the origin */
  PetscCall(sq_fft_filter(fft, filter, kernel, kernel));
  for (int64_t i = 0; i < lattice->local_volume; i++) kernel[i] *= kernel[i];
  PetscCall(sq_fft_forward(fft, kernel, fft->work));
  for (int64_t k = 0; k < fft->modes; k++)
    sq_sum_add(&sum[fft->orbit[k]],
               fft->weight[k] * creal(fft->work[k]) / (double)fft->orbits.multiplicity[fft->orbit[k]]);
  PetscCall(sq_sum_reduce(lattice->comm, (int)orbits, sum));
  for (int64_t o = 0; o < orbits; o++) squared[o] = sq_sum_value(&sum[o]);
  sq_free(&kernel);
  sq_free(&sum);
  PetscFunctionReturn(0);
}

double sq_mean_square(const sq_score *score, const double *posterior)
{
  const sq_orbits *orbits = &score->fft->orbits;
  double sum = 0;
  for (int64_t o = 0; o < orbits->count; o++)
    sum += (double)orbits->multiplicity[o] * (score->propagator[o] - posterior[o]);
  return sum / (double)score->fft->lattice->volume * sq_score_components(score);
}

void sq_site_squares(const sq_score *score, const double *clean, double mean, double *square)
{
  const int64_t sites = score->fft->lattice->local_volume;
  for (int64_t x = 0; x < sites; x++) square[x] = -mean;
  for (int64_t c = 0; c < sq_score_components(score); c++)
    for (int64_t x = 0; x < sites; x++) square[x] += clean[c * sites + x] * clean[c * sites + x];
}

PetscErrorCode sq_shape_set(sq_shape *h, double a, double s, const sq_reverse_step *step, const double *posterior,
                            const double *deviation)
{
  PetscFunctionBeginUser;
  const sq_score *score = &h->score;
  h->step = *step;
  h->precision = a * a / (s * s);
  h->deviation = deviation[0];
  h->curvature = score->curvature ? score->curvature(score->self, a, s) : 0;
  if (h->curvature == 0) PetscFunctionReturn(0);
  h->square = sq_mean_square(score, posterior);
  for (int64_t o = 0; o < score->fft->orbits.count; o++) h->reach[o] = step->take * posterior[o] / deviation[o];
  h->zero_reach = h->reach[0];
  if (score->zero_mode) h->reach[0] = 0;
  for (int64_t o = 0; o < score->fft->orbits.count; o++)
    h->coloured[o] = h->reach[o] * deviation[o], h->reach2[o] = h->reach[o] * h->reach[o];
  PetscCall(sq_filter_squared(score->fft, h->reach, h->filter));
  PetscFunctionReturn(0);
}

/* How many terms of the series of the turn matter. Its norm is at most that of c/2 g^2 v; it is weaker where that were
 * large: the change is a small one. Every rank finds the same. */
static PetscErrorCode choose_turn(sq_shape *h)
{
  PetscFunctionBeginUser;
  const double largest = 3, negligible = 1e-12;
  double excess = 0, reach = 0, size = 1;
  for (int64_t x = 0; x < h->sites; x++) excess = fmax(excess, fabs(h->excess[x]));
  PetscCall(sq_largest(h->score.fft->lattice->comm, &excess));
  for (int64_t o = 0; o < h->score.fft->orbits.count; o++) reach = fmax(reach, h->reach2[o]);
  const double norm = 0.5 * fabs(h->curvature) * excess * reach, bound = fmin(norm, largest);
  h->strength = -0.5 * h->curvature * (norm > largest ? largest / norm : 1);
  for (h->terms = 0; size > negligible; h->terms++) size *= bound / (h->terms + 1);
  PetscFunctionReturn(0);
}

/* What the kernel needs of a denoised field: excess, own, local; strength and terms of the turn. */
static PetscErrorCode look(sq_shape *h, const double *clean)
{
  PetscFunctionBeginUser;
  const double least = -0.9; /* of the change in precision: it is a small one */
  sq_site_squares(&h->score, clean, h->square, h->excess);
  PetscCall(choose_turn(h));
  PetscCall(sq_fft_filter(h->score.fft, h->filter, h->excess, h->own));
  for (int64_t x = 0; x < h->sites; x++) {
    h->volume[x] = -0.5 * log1p(fmax(least, h->curvature * h->own[x]));
    h->local[x] = exp(h->volume[x] - h->strength * h->own[x]);
  }
  PetscFunctionReturn(0);
}

/* noise = exp(A) noise, A = strength g v g, by its series: g (1 + (A' + A'^2/2! ...)) with A' = strength v g^2. */
static PetscErrorCode turn(sq_shape *h, double sign, double *noise)
{
  PetscFunctionBeginUser;
  for (int64_t c = 0; c < h->numbers; c += h->sites) {
    PetscCall(sq_fft_filter(h->score.fft, h->reach, noise + c, h->work));
    memset(h->sum, 0, (size_t)h->sites * sizeof *h->sum);
    for (int n = 1; n <= h->terms; n++) {
      for (int64_t x = 0; x < h->sites; x++) {
        h->term[x] = sign * h->strength / n * h->excess[x] * h->work[x];
        h->sum[x] += h->term[x];
      }
      if (n < h->terms) PetscCall(sq_fft_filter(h->score.fft, h->reach2, h->term, h->work));
    }
    PetscCall(sq_fft_filter(h->score.fft, h->reach, h->sum, h->sum));
    for (int64_t x = 0; x < h->sites; x++) noise[c + x] += h->sum[x];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_shape_bend(sq_shape *h, const double *clean, double *noise, sq_sum *sum)
{
  PetscFunctionBeginUser;
  if (h->curvature == 0) PetscFunctionReturn(0);
  PetscCall(look(h, clean));
  for (int64_t c = 0; c < h->numbers; c += h->sites) sq_sum_add_array(sum, h->sites, h->volume);
  for (int64_t c = 0; c < h->numbers; c += h->sites)
    for (int64_t x = 0; x < h->sites; x++) noise[c + x] *= h->local[x];
  PetscCall(turn(h, 1, noise));
  PetscFunctionReturn(0);
}

/* The way back; subtracts the logarithms. */
static PetscErrorCode unbend(sq_shape *h, const double *clean, double *white, sq_sum *sum)
{
  PetscFunctionBeginUser;
  PetscCall(look(h, clean));
  PetscCall(turn(h, -1, white));
  for (int64_t i = 0; i < h->numbers; i++) {
    white[i] /= h->local[i % h->sites];
    sq_sum_add(sum, -h->volume[i % h->sites]);
  }
  PetscFunctionReturn(0);
}

/* ---- the zero mode ---- */

/* total[count] += sum_x block_x of this rank's sites, to be reduced. */
static void add_sites(const sq_shape *h, int count, const double *blocks, sq_sum *total)
{
  for (int b = 0; b < count; b++) sq_sum_add_array(&total[b], h->sites, blocks + b * h->numbers);
}

/* X = sum_x block_x/sqrt(V). */
static double amplitude(const sq_shape *h, const sq_sum *total)
{
  return sq_sum_value(total) / sqrt((double)h->score.fft->lattice->volume);
}

/* block_x += change/sqrt(V). */
static void add_zero_mode(const sq_shape *h, double change, double *block)
{
  const double each = change / sqrt((double)h->score.fft->lattice->volume);
  for (int64_t x = 0; x < h->sites; x++) block[x] += each;
}

/* The zero mode below, given that of phi and of D. */
static void mixture_below(const sq_shape *h, double phi, double clean, sq_mixture *below)
{
  sq_mixture_condition(h->score.zero_mode, h->precision, clean, below);
  for (int i = 0; i < below->count; i++) {
    below->mean[i] = h->step.keep * phi + h->step.take * below->mean[i];
    below->variance[i] = h->step.rest + h->step.take * h->step.take * below->variance[i];
  }
}

/* block += weight times what the noise z of the zero mode tells the others, -c g(p) (v g(0) z/sqrt(V))(p),
 * filter[orbits] in place of g. */
static PetscErrorCode tell_others(sq_shape *h, const double *clean, double weight, double z, const double *filter,
                                  double *block)
{
  PetscFunctionBeginUser;
  const double each = weight * h->curvature * h->zero_reach * z / sqrt((double)h->score.fft->lattice->volume);
  if (h->curvature == 0) PetscFunctionReturn(0);
  sq_site_squares(&h->score, clean, h->square, h->work);
  PetscCall(sq_fft_filter(h->score.fft, filter, h->work, h->work));
  for (int64_t x = 0; x < h->sites; x++) block[x] -= each * h->work[x];
  PetscFunctionReturn(0);
}

/* log of a normal density. */
static double log_normal(double z)
{
  return -0.5 * (z * z + log(2 * M_PI));
}

PetscErrorCode sq_shape_draw_zero(sq_shape *h, int count, const double *phi, const double *clean, const double *noise,
                                  double *coloured, double *log_path)
{
  PetscFunctionBeginUser;
  if (!h->score.zero_mode) PetscFunctionReturn(0);
  sq_sum sum[3 * count];
  memset(sum, 0, sizeof sum);
  add_sites(h, count, phi, sum);
  add_sites(h, count, clean, sum + count);
  add_sites(h, count, noise, sum + 2 * count);
  PetscCall(sq_sum_reduce(h->score.fft->lattice->comm, 3 * count, sum));
  for (int b = 0; b < count; b++) {
    double above = amplitude(h, &sum[b]), guess = amplitude(h, &sum[count + b]), z = amplitude(h, &sum[2 * count + b]);
    sq_mixture m;
    mixture_below(h, above, guess, &m);
    double below = sq_mixture_quantile(&m, z);
    PetscCall(tell_others(h, clean + b * h->numbers, 1, z, h->coloured, coloured + b * h->numbers));
    add_zero_mode(h, below - h->step.keep * above - h->step.take * guess - h->deviation * z, coloured + b * h->numbers);
    log_path[b] += log_normal(z) - log(h->deviation) - sq_mixture_log_density(&m, below);
  }
  PetscFunctionReturn(0);
}

/* The zero mode of the highest level. */
static void mixture_above(const sq_shape *h, double a, double s, sq_mixture *above)
{
  *above = *h->score.zero_mode;
  for (int i = 0; i < above->count; i++) {
    above->mean[i] *= a;
    above->variance[i] = a * a * above->variance[i] + s * s;
  }
}

PetscErrorCode sq_shape_draw_prior(sq_shape *h, double a, double s, double deviation, const double *noise, double *phi,
                                   double *log_path)
{
  PetscFunctionBeginUser;
  if (!h->score.zero_mode) PetscFunctionReturn(0);
  sq_sum sum = {{0}};
  sq_mixture m;
  add_sites(h, 1, noise, &sum);
  PetscCall(sq_sum_reduce(h->score.fft->lattice->comm, 1, &sum));
  mixture_above(h, a, s, &m);
  double z = amplitude(h, &sum), at = sq_mixture_quantile(&m, z);
  add_zero_mode(h, at - deviation * z, phi);
  *log_path += log_normal(z) - log(deviation) - sq_mixture_log_density(&m, at);
  PetscFunctionReturn(0);
}

/* ---- what given fields gain ---- */

PetscErrorCode sq_shape_prior_gain(sq_shape *h, double a, double s, double deviation, const double *phi, double *gain)
{
  PetscFunctionBeginUser;
  *gain = 0;
  if (!h->score.zero_mode) PetscFunctionReturn(0);
  sq_sum sum = {{0}};
  sq_mixture m;
  add_sites(h, 1, phi, &sum);
  PetscCall(sq_sum_reduce(h->score.fft->lattice->comm, 1, &sum));
  mixture_above(h, a, s, &m);
  double at = amplitude(h, &sum);
  *gain = sq_mixture_log_density(&m, at) - log_normal(at / deviation) + log(deviation);
  PetscFunctionReturn(0);
}

/* Replaces the zero mode of the whitened distance by the mixture's own normal number, and takes from the others what it
 * told them. */
static PetscErrorCode whiten_zero(sq_shape *h, const double *phi, const double *clean, const double *below,
                                  double *white, double *gain)
{
  PetscFunctionBeginUser;
  enum { PHI, CLEAN, BELOW, WHITE, FIELDS };
  const double *block[FIELDS] = {phi, clean, below, white};
  double zero[FIELDS];
  sq_sum sum[FIELDS] = {{{0}}};
  for (int i = 0; i < FIELDS; i++) add_sites(h, 1, block[i], &sum[i]);
  PetscCall(sq_sum_reduce(h->score.fft->lattice->comm, FIELDS, sum));
  for (int i = 0; i < FIELDS; i++) zero[i] = amplitude(h, &sum[i]);
  sq_mixture m;
  mixture_below(h, zero[PHI], zero[CLEAN], &m);
  double z = sq_mixture_score(&m, zero[BELOW]);
  add_zero_mode(h, z - zero[WHITE], white);
  PetscCall(tell_others(h, clean, -1, z, h->reach, white));
  *gain += sq_mixture_log_density(&m, zero[BELOW]) - log_normal(z) + log(h->deviation);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_shape_gain(sq_shape *h, const double *phi, const double *clean, const double *below, double *white,
                             double *gain)
{
  PetscFunctionBeginUser;
  sq_sum sum = {{0}};
  *gain = 0;
  for (int64_t i = 0; i < h->numbers; i++) sq_sum_add(&sum, 0.5 * white[i] * white[i]);
  if (h->score.zero_mode) PetscCall(whiten_zero(h, phi, clean, below, white, gain));
  if (h->curvature != 0) PetscCall(unbend(h, clean, white, &sum));
  for (int64_t i = 0; i < h->numbers; i++) sq_sum_add(&sum, -0.5 * white[i] * white[i]);
  PetscCall(sq_sum_reduce(h->score.fft->lattice->comm, 1, &sum));
  *gain += sq_sum_value(&sum);
  PetscFunctionReturn(0);
}
