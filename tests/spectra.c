/* SPDX-License-Identifier: BSD-3-Clause */
/* obs: errors of G(p), C(t), chi2 and xi from chains that remember. Fields of a free theory whose modes are AR(1)
 * series have known errors: phi_n = a phi_{n-1} + sqrt(1 - a^2) noise has the memory a^2t in |phi_p|^2, tau_int = (1 +
 * a^2)/(1 - a^2)/2, and G(p) the error G sqrt(2/(m n)) sqrt(2 tau_int). */
#include "squall/obs.h"
#include "tap.h"

enum { CHAINS = 4, FIRST_SEED = 41, SEEDS = 12, ALL_COLUMNS = 7 };

typedef struct {
  sq_grid *grid;
  sq_lattice *lattice;
  sq_action action;
  sq_obs *obs;
  sq_fft *fft;
  double *filter, *block, *noise;
} setup;

static void setup_make(setup *s)
{
  TAP_CALL(sq_action_make("phi4", 2, (double[]){0.18, 0}, &s->action));
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &s->grid));
  TAP_CALL(sq_lattice_create(s->grid->domain, 2, (int64_t[]){8, 6}, NULL, &s->lattice));
  TAP_CALL(sq_obs_create(s->lattice, &s->action, &s->obs));
  TAP_CALL(sq_fft_create(s->lattice, &s->fft));
  TAP_CALL(sq_alloc(s->lattice->local_volume, &s->block));
  TAP_CALL(sq_alloc(s->lattice->local_volume, &s->noise));
  TAP_CALL(sq_alloc(s->fft->orbits.count, &s->filter));
  for (int64_t k = 0; k < s->fft->orbits.count; k++)
    s->filter[k] = sqrt(sq_action_free_propagator(&s->action, s->fft->orbits.phase_cos[k]));
}

static void setup_free(setup *s)
{
  sq_free(&s->filter);
  sq_free(&s->noise);
  sq_free(&s->block);
  TAP_CALL(sq_fft_destroy(&s->fft));
  TAP_CALL(sq_obs_destroy(&s->obs));
  TAP_CALL(sq_lattice_destroy(&s->lattice));
  TAP_CALL(sq_grid_destroy(&s->grid));
}

/* Field n of a chain, from the one before. */
static void advance(setup *s, uint64_t seed, int chain, int64_t n, double a)
{
  double fresh = n ? sqrt(1 - a * a) : 1, old = n ? a : 0;
  sq_block_normals(s->lattice, sq_stream_make(seed, SQ_RNG_TEST, (uint64_t)chain), (uint64_t)n, 0, s->noise);
  TAP_CALL(sq_fft_filter(s->fft, s->filter, s->noise, s->noise));
  for (int64_t i = 0; i < s->lattice->local_volume; i++) s->block[i] = old * s->block[i] + fresh * s->noise[i];
}

/* Chains one after the other; or, mixed, one record of each in turn. */
static int64_t record_of(int chain, int64_t n, int64_t length, bool mixed)
{
  return mixed ? n * CHAINS + chain : chain * length + n;
}

/* Spectra of CHAINS chains of `length` fields, chain c multiplied by factor[c]; M2: the error of <M^2> of the same. */
static void run(setup *s, uint64_t seed, int64_t length, double a, int bins, bool mixed, const double factor[CHAINS],
                sq_spectra **spectra, sq_estimate *M2)
{
  int64_t records = CHAINS * length;
  double *storage, *chain, here[ALL_COLUMNS];
  const double *column[ALL_COLUMNS];
  sq_obs_table table;
  TAP_CALL(sq_alloc(ALL_COLUMNS * records, &storage));
  TAP_CALL(sq_alloc(records, &chain));
  for (int c = 0; c < CHAINS; c++)
    for (int64_t n = 0; n < length; n++) chain[record_of(c, n, length, mixed)] = c;
  TAP_CALL(sq_spectra_create(s->lattice, 1, records, chain, bins, spectra));
  for (int c = 0; c < CHAINS; c++)
    for (int64_t n = 0; n < length; n++) {
      int64_t r = record_of(c, n, length, mixed);
      advance(s, seed, c, n, a);
      for (int64_t i = 0; i < s->lattice->local_volume; i++) s->noise[i] = factor[c] * s->block[i];
      TAP_CALL(sq_obs_measure(s->obs, s->noise, here));
      TAP_CALL(sq_spectra_add(*spectra, r, s->noise));
      for (int k = 0; k < ALL_COLUMNS; k++) storage[k * records + r] = here[k];
    }
  TAP_CALL(sq_spectra_finish(*spectra, MPI_COMM_NULL));
  for (int k = 0; k < ALL_COLUMNS; k++) column[k] = storage + k * records;
  TAP_CALL(sq_obs_analyse(s->action.type, 2, s->lattice->extent, records, column, chain, NULL, &table));
  *M2 = *sq_obs_find(&table, "M2");
  sq_free(&chain);
  sq_free(&storage);
}

static const double alike[CHAINS] = {1, 1, 1, 1};

/* Quoted errors against true ones, as averages over seeds and orbits; that of G(0) against V times that of M^2. */
static void check_errors(setup *s, double a, int64_t length, int bins, const char *name)
{
  double volume = (double)s->lattice->volume, tau = 0.5 * (1 + a * a) / (1 - a * a), ratio = 0, pull = 0, low = 9,
         high = 0;
  double chi2 = 1 / (2 - 8 * 0.18), fit_pull = 0;
  int count = 0;
  for (uint64_t seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    sq_spectra *spectra;
    sq_estimate M2;
    sq_propagator fit;
    run(s, seed, length, a, bins, seed % 2, alike, &spectra, &M2);
    const sq_orbits *orbits = &s->fft->orbits;
    for (int64_t k = 0; k < orbits->count; k++, count++) {
      double G = s->filter[k] * s->filter[k],
             error = G * sqrt(4 * tau / ((double)orbits->multiplicity[k] * CHAINS * (double)length));
      ratio += spectra->power_error[k] / error;
      pull += pow((spectra->power[k] - G) / spectra->power_error[k], 2);
    }
    TAP_CALL(sq_spectra_fit(spectra, &fit));
    fit_pull += pow((fit.chi2.value - chi2) / fit.chi2.error, 2) / SEEDS;
    low = fmin(low, spectra->power_error[0] / (volume * M2.error));
    high = fmax(high, spectra->power_error[0] / (volume * M2.error));
    TAP_CALL(sq_spectra_destroy(&spectra));
  }
  if (tap.rank == 0)
    printf("# %s: quoted/true %.3f, mean square of pulls %.3f, of chi2_fit %.2f, error of G(0) over V error of M2 %.3f "
           "to %.3f\n",
           name, ratio / count, pull / count, fit_pull, low, high);
  tap_check(fabs(ratio / count - 1) < 0.1 && fabs(pull / count - 1) < 0.35, "%s: errors of G(p)", name);
  tap_check(fit_pull < 3, "%s: error of chi2_fit", name); /* chi-square of 12 degrees: 1 in 4000 */
  if (bins == 0) tap_check(low > 0.85 && high < 1.2, "%s: the error of G(0) is V times that of M2", name);
}

/* Chains that lie apart: no bin may hold records of two, or it would not see it. */
static void check_chains(setup *s)
{
  sq_spectra *apart, *mixed;
  sq_estimate M2;
  const double factor[CHAINS] = {1, 2, 1, 2};
  run(s, 1, 64, 0, 64, false, factor, &apart, &M2);
  run(s, 1, 64, 0, 64, true, factor, &mixed, &M2);
  bool same = true;
  for (int64_t k = 0; k < s->fft->orbits.count; k++)
    same = same && (apart->power_error[k] == mixed->power_error[k] ||
                    (isnan(apart->power_error[k]) && isnan(mixed->power_error[k])));
  tap_check(same, "bins are of chains, in whatever order their records stand");
  TAP_CALL(sq_spectra_destroy(&apart));
  TAP_CALL(sq_spectra_destroy(&mixed));
}

/* 4 chains of 20 fields with tau_int 9.5: 8 tau_int in all. */
static void check_unknown(setup *s)
{
  sq_spectra *spectra;
  sq_estimate M2;
  int unknown = 0;
  for (uint64_t seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    run(s, seed, 20, sqrt(0.9), 0, false, alike, &spectra, &M2);
    for (int64_t k = 0; k < s->fft->orbits.count; k++) unknown += isnan(spectra->power_error[k]);
    for (int64_t t = 0; t < spectra->slices; t++) unknown += isnan(spectra->correlator_error[t]);
    TAP_CALL(sq_spectra_destroy(&spectra));
  }
  int all = SEEDS * (int)(s->fft->orbits.count + s->lattice->extent[s->lattice->first_dir]);
  if (tap.rank == 0) printf("# 8 tau_int: %d of %d errors are not known\n", unknown, all);
  tap_check(unknown > 0.9 * all, "chains that are too short have no errors");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  setup s;
  setup_make(&s);
  check_errors(&s, 0, 500, 0, "independent");
  check_errors(&s, sqrt(0.5), 800, 0, "tau_int 1.5");
  check_errors(&s, sqrt(0.9), 2000, 0, "tau_int 9.5");
  check_errors(&s, sqrt(0.9), 2000, 128, "tau_int 9.5, 128 bins");
  check_chains(&s);
  check_unknown(&s);
  setup_free(&s);
  return tap_end();
}
