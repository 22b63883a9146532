/* SPDX-License-Identifier: BSD-3-Clause */
/* likelihood: densities of the probability flow and bounds on log Z, against closed forms of free fields and quadrature
 * on one site. */
#include "squall/likelihood.h"
#include "squall/metropolis.h"
#include "squall/obs.h"
#include "squall/score.h"
#include "tests/tap.h"
#include <string.h>

/* ---- free fields: score of propagator G, prior of another one ---- */

typedef struct {
  sq_lattice *lattice;
  sq_fft *fft;
  double *propagator, *believed; /* G; what the flow takes for G in its prior and coordinates */
  sq_score score;
} free_field;

static void begin(MPI_Comm comm, int dim, const int64_t extent[], double wrong, free_field *f)
{
  TAP_CALL(sq_lattice_create(comm, dim, extent, NULL, &f->lattice));
  TAP_CALL(sq_fft_create(f->lattice, &f->fft));
  TAP_CALL(sq_alloc(f->fft->orbits.count, &f->propagator));
  TAP_CALL(sq_alloc(f->fft->orbits.count, &f->believed));
  for (int64_t o = 0; o < f->fft->orbits.count; o++) {
    f->propagator[o] = 1 / (0.3 + f->fft->orbits.phat2[o]);
    f->believed[o] = f->propagator[o] * (1 + wrong * (o == 0 ? 1 : 0.4));
  }
  TAP_CALL(sq_gaussian_score_create(f->fft, 1, f->propagator, &f->score));
  f->score.propagator = f->believed;
}

static void end(free_field *f)
{
  TAP_CALL(sq_gaussian_score_destroy(&f->score));
  sq_free(&f->propagator);
  sq_free(&f->believed);
  TAP_CALL(sq_fft_destroy(&f->fft));
  TAP_CALL(sq_lattice_destroy(&f->lattice));
}

/* -log of the density N(0, C) of a block, C(p) given for every orbit. */
static double gaussian_action(free_field *f, const double *C, const double *block)
{
  double sum = 0, all, *filter, *white;
  TAP_CALL(sq_alloc(f->fft->orbits.count, &filter));
  TAP_CALL(sq_alloc(f->lattice->local_volume, &white));
  for (int64_t o = 0; o < f->fft->orbits.count; o++) filter[o] = 1 / sqrt(C[o]);
  TAP_CALL(sq_fft_filter(f->fft, filter, block, white));
  for (int64_t i = 0; i < f->lattice->local_volume; i++) sum += 0.5 * white[i] * white[i];
  (void)MPI_Allreduce(&sum, &all, 1, MPI_DOUBLE, MPI_SUM, f->lattice->comm);
  for (int64_t o = 0; o < f->fft->orbits.count; o++)
    all += 0.5 * (double)f->fft->orbits.multiplicity[o] * log(2 * M_PI * C[o]);
  sq_free(&filter);
  sq_free(&white);
  return all;
}

/* The density at level 1 in closed form: the exact flow of G scales modes by sqrt((G + s_1^2)/(G + s_n^2)). */
static void level_variance(free_field *f, double s_1, double s_n, double *C)
{
  for (int64_t o = 0; o < f->fft->orbits.count; o++) {
    double G = f->propagator[o];
    C[o] = (f->believed[o] + s_n * s_n) * (G + s_1 * s_1) / (G + s_n * s_n);
  }
}

/* Largest error of -log q_1 over some fields, for a number of levels. */
static double worst_error(free_field *f, const sq_flow_settings *settings, int levels)
{
  enum { FIELDS = 3 };
  const double s_1 = 0.05, s_n = 3;
  sq_noise_grid grid;
  sq_flow *flow;
  double *block, *C, worst = 0, action;
  TAP_CALL(sq_alloc(f->lattice->local_volume, &block));
  TAP_CALL(sq_alloc(f->fft->orbits.count, &C));
  TAP_CALL(sq_noise_grid_geometric(levels, s_1, s_n, &grid));
  TAP_CALL(sq_flow_create(&f->score, &grid, settings, 1, &flow));
  level_variance(f, s_1, s_n, C);
  for (int i = 0; i < FIELDS; i++) {
    sq_block_normals(f->lattice, sq_stream_make(3, SQ_RNG_TEST, (uint64_t)i), 0, 0, block);
    TAP_CALL(sq_flow_level_action(flow, 5, i, block, &action));
    tap_worst(&worst, fabs(action - gaussian_action(f, C, block)));
  }
  TAP_CALL(sq_flow_destroy(&flow));
  sq_noise_grid_destroy(&grid);
  sq_free(&block);
  sq_free(&C);
  return worst;
}

static const sq_flow_settings exact_heun = {.integrator = "heun", .tolerance = 1e-6, .probes = 1};

static void check_density(int dim, const int64_t extent[])
{
  free_field f;
  char text[64];
  begin(MPI_COMM_WORLD, dim, extent, 0.5, &f);
  sq_extents_text(dim, extent, text, sizeof text);
  double coarse = worst_error(&f, &exact_heun, 17), fine = worst_error(&f, &exact_heun, 33),
         order = log2(coarse / fine);
  if (tap.rank == 0) printf("# %s: errors of Heun %.2e, %.2e: order %.2f\n", text, coarse, fine, order);
  tap_check(order > 1.8 && order < 2.5 && fine < 0.1,
            "the density of a free field on %s in closed form, to second order with Heun", text);
  for (double tolerance = 1e-4; tolerance > 1e-9; tolerance *= 1e-2) {
    sq_flow_settings adaptive = {.integrator = "dormand-prince", .tolerance = tolerance, .probes = 1};
    double error = worst_error(&f, &adaptive, 2);
    if (tap.rank == 0) printf("# tolerance %.0e: error %.2e\n", tolerance, error);
    tap_check(error < 100 * tolerance, "and to the tolerance of %.0e with Dormand-Prince", tolerance);
  }
  end(&f);
}

/* With the right propagator every weight is Z, whatever the levels, and the action of fields is that of the theory. */
static void check_exact(const char *integrator)
{
  enum { FIELDS = 4 };
  free_field f;
  sq_noise_grid grid;
  sq_flow *flow;
  sq_flow_settings settings = {.integrator = integrator, .tolerance = 1e-6, .dilution = 2, .probes = 2};
  double *blocks, action[FIELDS], worst = 0;
  begin(MPI_COMM_WORLD, 2, (int64_t[]){8, 6}, 0, &f);
  TAP_CALL(sq_alloc(FIELDS * f.lattice->local_volume, &blocks));
  TAP_CALL(sq_noise_grid_geometric(3, 0.4, 5, &grid));
  TAP_CALL(sq_flow_create(&f.score, &grid, &settings, FIELDS, &flow));
  TAP_CALL(sq_flow_generate(flow, 4, 10, FIELDS, blocks, action, NULL, NULL));
  for (int i = 0; i < FIELDS; i++)
    tap_worst(&worst, fabs(action[i] - gaussian_action(&f, f.propagator, blocks + i * f.lattice->local_volume)));
  tap_near(worst, 0, 1e-9, "with the exact score every generated field has its own density, in 3 levels");
  tap_check(sq_flow_error(flow, 1) < 1e-10, "and the signs leave no error");
  for (int i = 0; i < FIELDS; i++)
    sq_block_normals(f.lattice, sq_stream_make(3, SQ_RNG_TEST, (uint64_t)i), 0, 0,
                     blocks + i * f.lattice->local_volume);
  TAP_CALL(sq_flow_action(flow, 4, 10, FIELDS, blocks, action));
  worst = 0;
  for (int i = 0; i < FIELDS; i++)
    tap_worst(&worst, fabs(action[i] - gaussian_action(&f, f.propagator, blocks + i * f.lattice->local_volume)));
  tap_near(worst, 0, 1e-9, "and so has any other field");
  TAP_CALL(sq_flow_destroy(&flow));
  sq_noise_grid_destroy(&grid);
  sq_free(&blocks);
  end(&f);
}

/* Traces by diluted signs: errors are as large as stated. */
static void check_signs(int dilution)
{
  enum { FIELDS = 80 };
  free_field f;
  sq_noise_grid grid;
  sq_flow *exact, *diluted;
  sq_flow_settings settings = {.integrator = "heun", .tolerance = 1, .dilution = dilution, .probes = 16};
  double *block, known, action, square = 0, size = 0;
  begin(MPI_COMM_WORLD, 2, (int64_t[]){8, 6}, 0.5, &f);
  TAP_CALL(sq_alloc(f.lattice->local_volume, &block));
  TAP_CALL(sq_noise_grid_geometric(6, 0.1, 3, &grid));
  TAP_CALL(sq_flow_create(&f.score, &grid, &exact_heun, 1, &exact));
  TAP_CALL(sq_flow_create(&f.score, &grid, &settings, 1, &diluted));
  for (int i = 0; i < FIELDS; i++) {
    sq_block_normals(f.lattice, sq_stream_make(3, SQ_RNG_TEST, (uint64_t)i), 0, 0, block);
    TAP_CALL(sq_flow_action(exact, 6, i, 1, block, &known));
    TAP_CALL(sq_flow_action(diluted, 6, i, 1, block, &action));
    square += pow(action - known, 2) / FIELDS;
    size += pow(sq_flow_error(diluted, 0), 2) / FIELDS;
  }
  tap_check(sq_flow_tangents(diluted) == 16 * dilution * dilution, "dilution %d takes %d tangents", dilution,
            16 * dilution * dilution);
  tap_check(size > 1e-6 && square > 0.4 * size && square < 2.2 * size, "and errors are as stated: %.4f, found %.4f",
            sqrt(size), sqrt(square));
  TAP_CALL(sq_flow_destroy(&exact));
  TAP_CALL(sq_flow_destroy(&diluted));
  sq_noise_grid_destroy(&grid);
  sq_free(&block);
  end(&f);
}

/* Fields, actions and path terms of one rank and of all. */
static void check_split(const char *integrator)
{
  enum { FIELDS = 2, STEPS = 4, NUMBERS = FIELDS * (STEPS + 3) };
  sq_flow_settings settings = {.integrator = integrator, .tolerance = 1e-5, .dilution = 3, .probes = 2};
  double number[2][NUMBERS], worst = 0;
  for (int k = 0; k < 2; k++) {
    free_field f;
    sq_noise_grid grid;
    sq_flow *flow;
    sq_paths *paths;
    double *blocks;
    begin(k ? MPI_COMM_WORLD : MPI_COMM_SELF, 2, (int64_t[]){7, 8}, 0.5, &f);
    TAP_CALL(sq_alloc(FIELDS * f.lattice->local_volume, &blocks));
    TAP_CALL(sq_noise_grid_geometric(STEPS, 0.1, 3, &grid));
    TAP_CALL(sq_flow_create(&f.score, &grid, &settings, FIELDS, &flow));
    TAP_CALL(sq_paths_create(&f.score, &grid, FIELDS, &paths));
    TAP_CALL(sq_flow_generate(flow, 6, 3, FIELDS, blocks, number[k], NULL, NULL));
    TAP_CALL(sq_flow_action(flow, 6, 3, FIELDS, blocks, number[k] + FIELDS));
    TAP_CALL(sq_paths_forward(paths, 6, 3, FIELDS, blocks, number[k] + 2 * FIELDS));
    TAP_CALL(sq_flow_destroy(&flow));
    TAP_CALL(sq_paths_destroy(&paths));
    sq_noise_grid_destroy(&grid);
    sq_free(&blocks);
    end(&f);
  }
  for (int i = 0; i < NUMBERS; i++) tap_worst(&worst, fabs(number[0][i] - number[1][i]) / (1 + fabs(number[0][i])));
  tap_near(worst, 0, 1e-12, "one rank and all agree to rounding");
}

/* ---- bounds ---- */

/* Forward paths from fields of a free theory, and generated ones, under the kernel of a score for another propagator.
 */
static void check_bounds(double wrong)
{
  enum { FIELDS = 400, BATCH = 8, STEPS = 5 };
  free_field f;
  sq_noise_grid grid;
  sq_sampler *sampler;
  sq_paths *paths;
  double *blocks, *root, term[BATCH * (STEPS + 1)], log_path[BATCH], mean[2] = {0, 0}, square[2] = {0, 0}, log_Z = 0,
                                                                     off = 0, spread = 0;
  begin(MPI_COMM_WORLD, 2, (int64_t[]){6, 4}, 0, &f);
  int64_t volume = f.lattice->local_volume, orbits = f.fft->orbits.count;
  TAP_CALL(sq_alloc(BATCH * volume, &blocks));
  TAP_CALL(sq_alloc(orbits, &root));
  sq_score believed;
  for (int64_t o = 0; o < orbits; o++) {
    root[o] = sqrt(f.propagator[o]);
    log_Z += 0.5 * (double)f.fft->orbits.multiplicity[o] * log(2 * M_PI * f.propagator[o]);
    f.believed[o] = f.propagator[o] * (1 + wrong * (o == 0 ? 1 : 0.4));
  }
  TAP_CALL(sq_gaussian_score_create(f.fft, 1, f.believed, &believed));
  TAP_CALL(sq_noise_grid_geometric(STEPS, 0.1, 5, &grid));
  TAP_CALL(sq_sampler_create(&believed, &grid, BATCH, &sampler));
  TAP_CALL(sq_paths_create(&believed, &grid, BATCH, &paths));
  for (int i = 0; i < FIELDS; i += BATCH)
    for (int generated = 0; generated < 2; generated++) {
      if (generated) {
        sq_paths_expect(paths, BATCH, term);
        TAP_CALL(sq_sampler_generate(sampler, 8, i, BATCH, blocks, log_path, sq_paths_watch, paths));
      } else {
        for (int b = 0; b < BATCH; b++) {
          sq_block_normals(f.lattice, sq_stream_make(3, SQ_RNG_TEST, (uint64_t)(i + b)), 0, 0, blocks + b * volume);
          TAP_CALL(sq_fft_filter(f.fft, root, blocks + b * volume, blocks + b * volume));
        }
        TAP_CALL(sq_paths_forward(paths, 8, i, BATCH, blocks, term));
      }
      for (int b = 0; b < BATCH; b++) {
        double S = gaussian_action(&f, f.propagator, blocks + b * volume) - log_Z, log_w = -S;
        for (int k = 0; k <= STEPS; k++) log_w += term[b * (STEPS + 1) + k];
        if (generated) tap_worst(&off, fabs(log_w - (log_path[b] - S)));
        mean[generated] += log_w / FIELDS;
        square[generated] += log_w * log_w / FIELDS;
        tap_worst(&spread, fabs(log_w - log_Z));
      }
    }
  double error[2];
  for (int g = 0; g < 2; g++) error[g] = sqrt(fmax(0, square[g] - mean[g] * mean[g]) / FIELDS);
  tap_near(off, 0, 1e-9, "the terms of a path add up to its weight");
  if (wrong == 0) tap_near(spread, 0, 1e-9, "with the exact score both bounds are log Z on every path");
  else
    tap_check(mean[1] + 3 * error[1] < log_Z && log_Z < mean[0] - 3 * error[0],
              "with a wrong one they bracket it: %.3f(%.3f) < %.3f < %.3f(%.3f)", mean[1], error[1], log_Z, mean[0],
              error[0]);
  TAP_CALL(sq_paths_destroy(&paths));
  TAP_CALL(sq_sampler_destroy(&sampler));
  sq_noise_grid_destroy(&grid);
  TAP_CALL(sq_gaussian_score_destroy(&believed));
  sq_free(&blocks);
  sq_free(&root);
  end(&f);
}

/* The mean link sum per site of free fields at kappa that the exact flow makes, its error, and log Z of their weights,
 * all through the measured observables. */
static double free_energy(double kappa, double *link, double *error)
{
  enum { FIELDS = 2000, BATCH = 50 };
  free_field f;
  sq_noise_grid grid;
  sq_flow *flow;
  sq_action action;
  sq_obs *obs;
  sq_running links = {0}, weights = {0};
  double *blocks, path[BATCH], column[SQ_OBS_MOST];
  begin(MPI_COMM_WORLD, 2, (int64_t[]){6, 4}, 0, &f);
  for (int64_t o = 0; o < f.fft->orbits.count; o++)
    f.propagator[o] = f.believed[o] = 1 / (2 - 4 * kappa * f.fft->orbits.phase_cos[o]);
  TAP_CALL(sq_action_make("phi4", 2, (double[]){kappa, 0, 0, 0}, &action));
  TAP_CALL(sq_obs_create(f.lattice, &action, &obs));
  TAP_CALL(sq_alloc(BATCH * f.lattice->local_volume, &blocks));
  TAP_CALL(sq_noise_grid_geometric(2, 0.1, 5, &grid));
  TAP_CALL(sq_flow_create(&f.score, &grid, &exact_heun, BATCH, &flow));
  for (int i = 0; i < FIELDS; i += BATCH) {
    TAP_CALL(sq_flow_generate(flow, (uint64_t)(1e4 * kappa), i, BATCH, blocks, i ? NULL : path, NULL, NULL));
    for (int b = 0; b < BATCH; b++) {
      TAP_CALL(sq_obs_measure(obs, blocks + b * f.lattice->local_volume, column));
      sq_running_add(&links, column[sq_obs_column(action.type, "link")]);
      if (i == 0) sq_running_add(&weights, path[b] - sq_obs_action(obs, column));
    }
  }
  *link = links.mean;
  *error = sq_running_error(&links);
  tap_check(sq_running_error(&weights) < 1e-9, "free field at kappa = %g: every weight is Z", kappa);
  TAP_CALL(sq_flow_destroy(&flow));
  TAP_CALL(sq_obs_destroy(&obs));
  sq_noise_grid_destroy(&grid);
  sq_free(&blocks);
  end(&f);
  return weights.mean;
}

/* d log Z/d kappa = 2 V <link>, integrated by Simpson's rule. */
static void check_free_energy(void)
{
  const double kappa[3] = {0.16, 0.18, 0.2}, weight[3] = {1, 4, 1};
  double log_Z[3], link, error, integral = 0, square = 0;
  for (int i = 0; i < 3; i++) {
    log_Z[i] = free_energy(kappa[i], &link, &error);
    integral += 2 * 24 * 0.02 / 3 * weight[i] * link;
    square += pow(2 * 24 * 0.02 / 3 * weight[i] * error, 2);
  }
  tap_check(fabs(log_Z[2] - log_Z[0] - integral) < 3 * sqrt(square) + 1e-3 && sqrt(square) < 0.05 * integral,
            "log Z grows by the integral of the links: %.4f, %.4f(%.4f)", log_Z[2] - log_Z[0], integral, sqrt(square));
}

/* ---- nonlinear scores ---- */

/* One site whose field is a sum of two Gaussians of width 1/2 at +-1: E[phi_0|phi] and its slope. */
static double two_peaks(double s, double phi, double *slope)
{
  const double w = 0.25, m = 1;
  double q = w + s * s, t = tanh(m * phi / q);
  *slope = w / q + (1 - t * t) * m * m * s * s / (q * q);
  return (w * phi + s * s * m * t) / q;
}

static PetscErrorCode two_peaks_denoise(void *self, double a, double s, int count, const double *noisy, double *clean)
{
  double slope;
  (void)a;
  for (int64_t i = 0; i < count * *(int64_t *)self; i++) clean[i] = two_peaks(s, noisy[i], &slope);
  return 0;
}

static PetscErrorCode two_peaks_tangent(void *self, double a, double s, const double *noisy, int count,
                                        const double *direction, double *clean, double *along)
{
  int64_t volume = *(int64_t *)self;
  (void)a;
  for (int64_t i = 0; i < volume; i++) {
    double slope;
    clean[i] = two_peaks(s, noisy[i], &slope);
    for (int c = 0; c < count; c++) along[c * volume + i] = slope * direction[c * volume + i];
  }
  return 0;
}

static void two_peaks_posterior(const void *self, double a, double s, double *variance)
{
  (void)self;
  (void)a;
  variance[0] = 0.25 * s * s / (0.25 + s * s); /* of one peak: narrow noise does not see both */
}

/* The density of a site that the flow makes: its integral is 1 for any levels, and with fine ones it is that of the two
 * peaks. */
static void check_site(void)
{
  const double s_1 = 0.02, s_n = 6, h = 0.05;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_noise_grid coarse, fine;
  sq_flow *flow[2];
  double G = 1.25, integral[2] = {0, 0}, worst = 0, last = 0;
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, 1, (int64_t[]){1}, NULL, &lattice));
  TAP_CALL(sq_fft_create(lattice, &fft));
  sq_score score = {.self = &lattice->local_volume,
                    .denoise = two_peaks_denoise,
                    .tangent = two_peaks_tangent,
                    .posterior = two_peaks_posterior,
                    .fft = fft,
                    .propagator = &G};
  sq_flow_settings adaptive = {.integrator = "dormand-prince", .tolerance = 1e-8, .probes = 1};
  TAP_CALL(sq_noise_grid_geometric(40, s_1, s_n, &coarse));
  TAP_CALL(sq_noise_grid_geometric(2, s_1, s_n, &fine));
  TAP_CALL(sq_flow_create(&score, &coarse, &exact_heun, 1, &flow[0]));
  TAP_CALL(sq_flow_create(&score, &fine, &adaptive, 1, &flow[1]));
  for (int i = -100; i <= 100; i++) {
    double phi = i * h, q = 0.25 + s_1 * s_1, action;
    double density = (exp(-0.5 * (phi - 1) * (phi - 1) / q) + exp(-0.5 * (phi + 1) * (phi + 1) / q)) /
                     (2 * sqrt(2 * M_PI * q));
    for (int k = 0; k < 2; k++) {
      TAP_CALL(sq_flow_level_action(flow[k], 1, i + 100, &phi, &action));
      integral[k] += h * exp(-action);
    }
    tap_worst(&worst, fabs(exp(-action) - density));
    TAP_CALL(sq_flow_action(flow[1], 1, i + 100, 1, &phi, &action));
    if (fabs(phi) > 2.5) continue; /* beyond, the prior's tails show */
    tap_worst(&last, fabs(action + log((exp(-2 * (phi - 1) * (phi - 1)) + exp(-2 * (phi + 1) * (phi + 1))) /
                                       (2 * sqrt(2 * M_PI * 0.25)))));
  }
  tap_near(integral[0], 1, 2e-3, "one site: the density of 40 Heun steps integrates to 1");
  tap_near(integral[1], 1, 1e-6, "that of the adaptive flow too");
  if (tap.rank == 0) printf("# density off by %.1e, action by %.1e\n", worst, last);
  tap_near(worst, 0, 5e-4, "and is that of the two peaks, but for the prior");
  tap_near(last, 0, 5e-2, "the last step closes it down to s = 0");
  for (int k = 0; k < 2; k++) TAP_CALL(sq_flow_destroy(&flow[k]));
  sq_noise_grid_destroy(&coarse);
  sq_noise_grid_destroy(&fine);
  TAP_CALL(sq_fft_destroy(&fft));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

/* A double well, phi^4/8 - phi^2/2, sampled with the score of the two peaks: E w = Z, by quadrature, for paths and for
 * the flow. */
static void check_double_well(void)
{
  enum { FIELDS = 4000, BATCH = 100 };
  sq_lattice *lattice;
  sq_fft *fft;
  sq_noise_grid grid;
  sq_flow *flow;
  sq_sampler *sampler;
  double G = 4, Z = 0, blocks[BATCH], log_path[BATCH], mean[2] = {0, 0}, square[2] = {0, 0};
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, 1, (int64_t[]){1}, NULL, &lattice));
  TAP_CALL(sq_fft_create(lattice, &fft));
  sq_score score = {.self = &lattice->local_volume,
                    .denoise = two_peaks_denoise,
                    .tangent = two_peaks_tangent,
                    .posterior = two_peaks_posterior,
                    .fft = fft,
                    .propagator = &G};
  TAP_CALL(sq_noise_grid_geometric(60, 0.05, 4, &grid));
  TAP_CALL(sq_flow_create(&score, &grid, &exact_heun, BATCH, &flow));
  TAP_CALL(sq_sampler_create(&score, &grid, BATCH, &sampler));
  for (int i = -4000; i <= 4000; i++) Z += 2e-3 * exp(0.5 * pow(2e-3 * i, 2) - pow(2e-3 * i, 4) / 8);
  for (int i = 0; i < FIELDS; i += BATCH)
    for (int k = 0; k < 2; k++) {
      if (k) TAP_CALL(sq_flow_generate(flow, 2, i, BATCH, blocks, log_path, NULL, NULL));
      else TAP_CALL(sq_sampler_generate(sampler, 2, i, BATCH, blocks, log_path, NULL, NULL));
      for (int b = 0; b < BATCH; b++) {
        double w = exp(log_path[b] + 0.5 * pow(blocks[b], 2) - pow(blocks[b], 4) / 8) / Z;
        mean[k] += w / FIELDS;
        square[k] += w * w / FIELDS;
      }
    }
  for (int k = 0; k < 2; k++) {
    double error = sqrt((square[k] - mean[k] * mean[k]) / FIELDS);
    if (tap.rank == 0) printf("# Z over the exact one: %.4f(%.4f)\n", mean[k], error);
    tap_check(error > 1e-3 && error < 0.05 && fabs(mean[k] - 1) < 3 * error + 1e-3,
              "double well, a poor score: the mean weight of %s is Z", k ? "flows" : "paths");
  }
  TAP_CALL(sq_flow_destroy(&flow));
  TAP_CALL(sq_sampler_destroy(&sampler));
  sq_noise_grid_destroy(&grid);
  TAP_CALL(sq_fft_destroy(&fft));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

/* ---- chains on the weights of the flow ---- */

/* Free fields, a score of their own propagator: all weights are the Z of the closed form, to the tolerance, so that
 * every proposal is accepted. */
static void check_free_chain(double tolerance)
{
  enum { FIELDS = 40 };
  free_field f;
  sq_noise_grid grid;
  sq_flow *flow;
  sq_flow_settings settings = {.integrator = "dormand-prince", .tolerance = tolerance, .probes = 1};
  double *blocks, path[FIELDS], log_Z = 0, worst = 0;
  begin(MPI_COMM_WORLD, 2, (int64_t[]){6, 4}, 0, &f);
  TAP_CALL(sq_alloc(FIELDS * f.lattice->local_volume, &blocks));
  for (int64_t o = 0; o < f.fft->orbits.count; o++)
    log_Z += 0.5 * (double)f.fft->orbits.multiplicity[o] * log(2 * M_PI * f.propagator[o]);
  TAP_CALL(sq_noise_grid_geometric(2, 0.1, 5, &grid));
  TAP_CALL(sq_flow_create(&f.score, &grid, &settings, FIELDS, &flow));
  TAP_CALL(sq_flow_generate(flow, 12, 0, FIELDS, blocks, path, NULL, NULL));
  for (int i = 0; i < FIELDS; i++)
    tap_worst(&worst, fabs(path[i] - (gaussian_action(&f, f.propagator, blocks + i * f.lattice->local_volume) - log_Z) -
                           log_Z));
  tap_near(worst, 0, 100 * tolerance,
           "free field: every weight of the adaptive flow is Z in closed form, to its tolerance");
  TAP_CALL(sq_flow_destroy(&flow));
  sq_noise_grid_destroy(&grid);
  sq_free(&blocks);
  end(&f);
}

/* The double well again: the independence chain on weights of the flow, and averages with them, against quadrature. */
static void check_chain(void)
{
  enum { FIELDS = 20000, BATCH = 100, BINS = 50 };
  sq_lattice *lattice;
  sq_fft *fft;
  sq_noise_grid grid;
  sq_flow *flow;
  sq_flow_settings settings = {.integrator = "dormand-prince", .tolerance = 1e-5, .probes = 1};
  sq_metropolis counts = {0};
  sq_running bins = {0};
  double G = 4, Z = 0, exact = 0, blocks[BATCH], log_path[BATCH], at = 0, w_at = -INFINITY, bin = 0, sum[3] = {0};
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, 1, (int64_t[]){1}, NULL, &lattice));
  TAP_CALL(sq_fft_create(lattice, &fft));
  sq_score score = {.self = &lattice->local_volume,
                    .denoise = two_peaks_denoise,
                    .tangent = two_peaks_tangent,
                    .posterior = two_peaks_posterior,
                    .fft = fft,
                    .propagator = &G};
  TAP_CALL(sq_noise_grid_geometric(2, 0.05, 4, &grid));
  TAP_CALL(sq_flow_create(&score, &grid, &settings, BATCH, &flow));
  for (int i = -4000; i <= 4000; i++) {
    double phi = 2e-3 * i, density = exp(0.5 * phi * phi - pow(phi, 4) / 8);
    Z += density;
    exact += phi * phi * density;
  }
  exact /= Z;
  for (int i = 0; i < FIELDS; i += BATCH) {
    TAP_CALL(sq_flow_generate(flow, 14, i, BATCH, blocks, log_path, NULL, NULL));
    for (int b = 0; b < BATCH; b++) {
      double log_w = log_path[b] + 0.5 * pow(blocks[b], 2) - pow(blocks[b], 4) / 8, w = exp(log_w);
      if (sq_metropolis_decide(&counts, log_w - w_at,
                               sq_rng_uniform(sq_stream_make(14, SQ_RNG_TEST, 0), 0, (uint64_t)(i + b), 0)))
        at = blocks[b], w_at = log_w;
      sum[0] += w;
      sum[1] += w * blocks[b] * blocks[b];
      sum[2] += w * w * pow(blocks[b] * blocks[b] - exact, 2);
      bin += at * at * BINS / FIELDS;
      if ((i + b + 1) % (FIELDS / BINS) == 0) sq_running_add(&bins, bin), bin = 0;
    }
  }
  double error = sq_running_error(&bins), weighted = sum[1] / sum[0], weighted_error = sqrt(sum[2]) / sum[0];
  if (tap.rank == 0)
    printf("# <phi^2>: exact %.4f, chain %.4f(%.4f), acceptance %.3f, weighted %.4f(%.4f)\n", exact, bins.mean, error,
           sq_metropolis_acceptance(&counts), weighted, weighted_error);
  tap_check(error < 0.05 * exact && fabs(bins.mean - exact) < 3.5 * error, "double well: the chain on weights of the "
                                                                           "flow has the exact <phi^2>");
  tap_check(weighted_error < 0.05 * exact && fabs(weighted - exact) < 3.5 * weighted_error, "and so have averages with "
                                                                                            "them");
  TAP_CALL(sq_flow_destroy(&flow));
  sq_noise_grid_destroy(&grid);
  TAP_CALL(sq_fft_destroy(&fft));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_density(2, (int64_t[]){6, 4});
  check_density(1, (int64_t[]){9});
  check_exact("heun");
  check_exact("dormand-prince");
  check_signs(1);
  check_signs(2);
  check_split("heun");
  check_split("dormand-prince");
  check_bounds(0);
  check_bounds(0.5);
  check_free_energy();
  check_site();
  check_double_well();
  check_free_chain(1e-4);
  check_free_chain(1e-8);
  check_chain();
  return tap_end();
}
