/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors of G(p), C(t), chi2_fit from bins of chains: free fields on 8 x 6 sites whose modes are AR(1) series. p: a^2,
 * the memory of |phi_p|^2, whose tau_int is (1 + a^2)/(1 - a^2)/2; fields a chain; momentum orbit, or -1: C(1), -2:
 * chi2_fit.
 */
#include "tests/calibration/calibrate.h"

enum { CHAINS = 4 };
static const double kappa = 0.18;

typedef struct {
  sq_grid *grid;
  sq_lattice *lattice;
  sq_action action;
  sq_spectra *spectra;
  double *filter, *block, *noise;
} setup;

static void setup_make(int64_t records, setup *s)
{
  double *chain;
  CALIBRATE(sq_action_make("phi4", 2, (double[]){kappa, 0}, &s->action));
  CALIBRATE(sq_grid_create(MPI_COMM_SELF, 1, &s->grid));
  CALIBRATE(sq_lattice_create(s->grid->domain, 2, (int64_t[]){8, 6}, NULL, &s->lattice));
  CALIBRATE(sq_alloc(records, &chain));
  for (int64_t i = 0; i < records; i++) chain[i] = (double)(i * CHAINS / records);
  CALIBRATE(sq_spectra_create(s->lattice, 1, records, chain, 0, &s->spectra));
  sq_free(&chain);
  CALIBRATE(sq_alloc(s->lattice->local_volume, &s->block));
  CALIBRATE(sq_alloc(s->lattice->local_volume, &s->noise));
  CALIBRATE(sq_alloc(s->spectra->fft->orbits.count, &s->filter));
  for (int64_t k = 0; k < s->spectra->fft->orbits.count; k++)
    s->filter[k] = sqrt(sq_action_free_propagator(&s->action, s->spectra->fft->orbits.phase_cos[k]));
}

static void setup_free(setup *s)
{
  sq_free(&s->filter);
  sq_free(&s->noise);
  sq_free(&s->block);
  CALIBRATE(sq_spectra_destroy(&s->spectra));
  CALIBRATE(sq_lattice_destroy(&s->lattice));
  CALIBRATE(sq_grid_destroy(&s->grid));
}

static double C_of_1(void)
{
  double sum = 0;
  for (int n = 0; n < 8; n++) {
    double p = 2 * M_PI * n / 8;
    sum += cos(p) / (2 - 4 * kappa * (1 + cos(p))) / 8;
  }
  return sum;
}

static void read(const setup *s, int which, trial *t)
{
  sq_propagator fit;
  if (which >= 0)
    *t = (trial){
      .value = s->spectra->power[which], .error = s->spectra->power_error[which], .truth = pow(s->filter[which], 2)};
  else if (which == -1)
    *t = (trial){.value = s->spectra->correlator[1], .error = s->spectra->correlator_error[1], .truth = C_of_1()};
  else {
    CALIBRATE(sq_spectra_fit(s->spectra, &fit));
    *t = (trial){.value = fit.chi2.value, .error = fit.chi2.error, .truth = 1 / (2 - 8 * kappa)};
  }
  t->trusted = true;
}

static void spectra(uint64_t seed, const double *p, trial *t)
{
  setup s;
  int64_t length = (int64_t)p[1];
  double a = sqrt(p[0]);
  setup_make(CHAINS * length, &s);
  for (int c = 0; c < CHAINS; c++)
    for (int64_t n = 0; n < length; n++) {
      double fresh = n ? sqrt(1 - a * a) : 1, old = n ? a : 0;
      sq_block_normals(s.lattice, sq_stream_make(seed, SQ_RNG_TEST, (uint64_t)c), (uint64_t)n, 0, s.noise);
      CALIBRATE(sq_fft_filter(s.spectra->fft, s.filter, s.noise, s.noise));
      for (int64_t i = 0; i < s.lattice->local_volume; i++) s.block[i] = old * s.block[i] + fresh * s.noise[i];
      CALIBRATE(sq_spectra_add(s.spectra, c * length + n, s.block));
    }
  CALIBRATE(sq_spectra_finish(s.spectra, MPI_COMM_NULL));
  read(&s, (int)p[2], t);
  setup_free(&s);
}

/* With 4 chains the fields are 4 p[1]/tau_int long. */
#define MEMORY(which, text)                                                                                            \
  {text, "independent, 400 fields", INTERVAL, 400, spectra, {0, 100, which}},                                          \
    {text, "tau_int 1.5, 200 tau_int", INTERVAL, 400, spectra, {0.5, 75, which}},                                      \
    {text, "tau_int 9.5, 50 tau_int", INTERVAL, 400, spectra, {0.9, 119, which}},                                      \
  {                                                                                                                    \
    text, "tau_int 9.5, 200 tau_int", INTERVAL, 400, spectra,                                                          \
    {                                                                                                                  \
      0.9, 475, which                                                                                                  \
    }                                                                                                                  \
  }

const calibration_row rows_of_fields[] = {
  MEMORY(0, "G(0)"), MEMORY(3, "G(p)"), MEMORY(-1, "C(1)"), MEMORY(-2, "chi2_fit"), {0}};
