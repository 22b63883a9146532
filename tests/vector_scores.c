/* SPDX-License-Identifier: BSD-3-Clause */
/* vector_scores: fields of several components through scores, samplers and likelihoods. Of independent Gaussian
 * components everything is exact: every path weight is Z, every mode has its propagator. The learned score turns with
 * the field. */
#include "squall/exact.h"
#include "squall/likelihood.h"
#include "squall/obs.h"
#include "squall/score.h"
#include "tests/tap.h"
#include <string.h>

enum { MOST = 4, BATCH = 3 };

/* Components of a free field each. */
typedef struct {
  sq_lattice *lattice;
  sq_fft *fft;
  int components;
  int64_t numbers;
  double *propagator, log_Z;
  sq_score score;
  sq_noise_grid levels;
} free_vector;

static void begin(MPI_Comm comm, int dim, const int64_t extent[], int components, int steps, free_vector *f)
{
  TAP_CALL(sq_lattice_create(comm, dim, extent, NULL, &f->lattice));
  TAP_CALL(sq_fft_create(f->lattice, &f->fft));
  TAP_CALL(sq_alloc(f->fft->orbits.count, &f->propagator));
  f->components = components;
  f->numbers = components * f->lattice->local_volume;
  f->log_Z = 0;
  for (int64_t o = 0; o < f->fft->orbits.count; o++) {
    f->propagator[o] = 1 / (2 - 0.8 / dim * f->fft->orbits.phase_cos[o]);
    f->log_Z += 0.5 * components * (double)f->fft->orbits.multiplicity[o] * log(2 * M_PI * f->propagator[o]);
  }
  TAP_CALL(sq_gaussian_score_create(f->fft, components, f->propagator, &f->score));
  TAP_CALL(sq_noise_grid_geometric(steps, 0.05, 6, &f->levels));
}

static void end(free_vector *f)
{
  TAP_CALL(sq_gaussian_score_destroy(&f->score));
  sq_noise_grid_destroy(&f->levels);
  sq_free(&f->propagator);
  TAP_CALL(sq_fft_destroy(&f->fft));
  TAP_CALL(sq_lattice_destroy(&f->lattice));
}

/* S = sum over components and p of |phi_p|^2/(2 V G). */
static double action(free_vector *f, const double *block)
{
  sq_sum *power, total = {{0}};
  TAP_CALL(sq_alloc(f->fft->orbits.count, &power));
  for (int c = 0; c < f->components; c++) {
    TAP_CALL(sq_fft_forward(f->fft, block + c * f->lattice->local_volume, f->fft->work));
    sq_fft_add_power(f->fft, f->fft->work, power);
  }
  TAP_CALL(sq_sum_reduce(f->lattice->comm, (int)f->fft->orbits.count, power));
  for (int64_t o = 0; o < f->fft->orbits.count; o++)
    sq_sum_add(&total, 0.5 * (double)f->fft->orbits.multiplicity[o] * sq_sum_value(&power[o]) / f->propagator[o]);
  sq_free(&power);
  return sq_sum_value(&total);
}

/* ---- samplers ---- */

static void check_weights(int dim, const int64_t extent[], int components, int steps)
{
  free_vector f, one;
  sq_sampler *sampler;
  sq_generator g;
  double *blocks, *single, log_path[BATCH], other[BATCH], worst = 0;
  uint64_t here, there;
  char text[64];
  begin(MPI_COMM_WORLD, dim, extent, components, steps, &f);
  TAP_CALL(sq_sampler_create(&f.score, &f.levels, BATCH, &sampler));
  TAP_CALL(sq_alloc(BATCH * f.numbers, &blocks));
  sq_sampler_generator(sampler, &g);
  TAP_CALL(sq_generator_generate(&g, 17, 5, BATCH, blocks, log_path, NULL, NULL));
  for (int b = 0; b < BATCH; b++) tap_worst(&worst, fabs(log_path[b] - action(&f, blocks + b * f.numbers) - f.log_Z));
  sq_extents_text(dim, extent, text, sizeof text);
  tap_check(g.components == components && sq_generator_numbers(&g) == f.numbers, "a generator knows its components");
  tap_check(worst < 1e-10 * fmax(1, fabs(f.log_Z)), "%d components on %s in %d steps: every path weight is Z (%.1e)",
            components, text, steps, worst);
  TAP_CALL(sq_sampler_destroy(&sampler));

  begin(MPI_COMM_SELF, dim, extent, components, steps, &one);
  TAP_CALL(sq_sampler_create(&one.score, &one.levels, 1, &sampler));
  TAP_CALL(sq_alloc(one.numbers, &single));
  TAP_CALL(sq_sampler_generate(sampler, 17, 6, 1, single, other, NULL, NULL));
  TAP_CALL(sq_block_checksum(f.lattice, components, blocks + f.numbers, &there));
  TAP_CALL(sq_block_checksum(one.lattice, components, single, &here));
  tap_check(here == there && other[0] == log_path[1], "with the bits of one rank");
  TAP_CALL(sq_sampler_destroy(&sampler));
  sq_free(&single);
  sq_free(&blocks);
  end(&one);
  end(&f);
}

/* The first component has the numbers of a field of one; the others are like it. */
static void check_components(void)
{
  enum { FIELDS = 600, COMPONENTS = 3 };
  free_vector f, one;
  sq_sampler *sampler;
  double *block, *single, log_path, *variance, worst = 0, square[2] = {0};
  sq_sum sum[2] = {{{0}}};
  begin(MPI_COMM_WORLD, 2, (int64_t[]){6, 4}, COMPONENTS, 4, &f);
  begin(MPI_COMM_WORLD, 2, (int64_t[]){6, 4}, 1, 4, &one);
  const int64_t volume = f.lattice->local_volume;
  TAP_CALL(sq_alloc(f.numbers, &block));
  TAP_CALL(sq_alloc(volume, &single));
  TAP_CALL(sq_sampler_create(&one.score, &one.levels, 1, &sampler));
  TAP_CALL(sq_sampler_generate(sampler, 3, 0, 1, single, &log_path, NULL, NULL));
  TAP_CALL(sq_sampler_destroy(&sampler));
  TAP_CALL(sq_sampler_create(&f.score, &f.levels, 1, &sampler));
  TAP_CALL(sq_sampler_generate(sampler, 3, 0, 1, block, &log_path, NULL, NULL));
  tap_check(!memcmp(single, block, (size_t)volume * sizeof *block), "the first component is that of one");
  for (int i = 0; i < FIELDS; i++) { /* products of different components, and squares of the last */
    TAP_CALL(sq_sampler_generate(sampler, 3, i, 1, block, &log_path, NULL, NULL));
    for (int64_t x = 0; x < volume; x++) {
      sq_sum_add(&sum[0], block[x] * block[2 * volume + x]);
      sq_sum_add(&sum[1], block[2 * volume + x] * block[2 * volume + x]);
    }
  }
  TAP_CALL(sq_sum_reduce(f.lattice->comm, 2, sum));
  double G0 = 0, width = 0, terms = FIELDS * (double)f.lattice->volume;
  for (int64_t o = 0; o < f.fft->orbits.count; o++) {
    const double share = (double)f.fft->orbits.multiplicity[o] / (double)f.lattice->volume;
    G0 += share * f.propagator[o];
    width += share * f.propagator[o] * f.propagator[o]; /* V var(mean over sites of phi chi) of one field */
  }
  for (int i = 0; i < 2; i++) square[i] = sq_sum_value(&sum[i]) / terms;
  tap_near(square[0], 0, 4 * sqrt(width / terms), "components are independent");
  tap_near(square[1], G0, 4 * sqrt(2 * width / terms), "and of one size");
  TAP_CALL(sq_alloc((f.levels.steps + 1) * f.fft->orbits.count, &variance));
  TAP_CALL(sq_sampler_variance(sampler, variance));
  for (int64_t o = 0; o < f.fft->orbits.count; o++) tap_worst(&worst, fabs(variance[o] / f.propagator[o] - 1));
  tap_near(worst, 0, 1e-12, "every mode has its propagator, without statistics");
  TAP_CALL(sq_sampler_destroy(&sampler));
  sq_free(&variance);
  sq_free(&block);
  sq_free(&single);
  end(&one);
  end(&f);
}

/* Of a score that takes the propagator to be another, weights average to Z. 4 errors: one false alarm in 16000. */
static void check_average(int components)
{
  enum { FIELDS = 3000 };
  free_vector f;
  sq_score score;
  sq_sampler *sampler;
  double *block, *believed, log_path, mean = 0, square = 0;
  begin(MPI_COMM_WORLD, 1, (int64_t[]){5}, components, 4, &f);
  TAP_CALL(sq_alloc(f.numbers, &block));
  TAP_CALL(sq_alloc(f.fft->orbits.count, &believed));
  for (int64_t o = 0; o < f.fft->orbits.count; o++) believed[o] = (o ? 1.15 : 1.3) * f.propagator[o];
  TAP_CALL(sq_gaussian_score_create(f.fft, components, believed, &score));
  TAP_CALL(sq_sampler_create(&score, &f.levels, 1, &sampler));
  for (int i = 0; i < FIELDS; i++) {
    TAP_CALL(sq_sampler_generate(sampler, 4, i, 1, block, &log_path, NULL, NULL));
    double w = exp(log_path - action(&f, block) - f.log_Z);
    mean += w / FIELDS;
    square += w * w / FIELDS;
  }
  double error = sqrt((square - mean * mean) / FIELDS);
  tap_check(fabs(mean - 1) < 4 * error && error > 1e-3 && error < 0.1,
            "%d components, a wrong score: weights average to Z: %.4f(%.4f)", components, mean, error);
  TAP_CALL(sq_sampler_destroy(&sampler));
  TAP_CALL(sq_gaussian_score_destroy(&score));
  sq_free(&believed);
  sq_free(&block);
  end(&f);
}

/* Exact fields of the theory. */
static void draw(const free_vector *f, int64_t number, double *block)
{
  double *root;
  TAP_CALL(sq_alloc(f->fft->orbits.count, &root));
  for (int64_t o = 0; o < f->fft->orbits.count; o++) root[o] = sqrt(f->propagator[o]);
  sq_score_normals(&f->score, sq_stream_make(9, SQ_RNG_TEST, (uint64_t)number), 0, 0, block);
  TAP_CALL(sq_score_filter(&f->score, root, 1, block, block));
  sq_free(&root);
}

/* The bound, the posterior and the terms of forward paths on such fields. */
static void check_data(int components)
{
  enum { FIELDS = 40, STEPS = 5, LEVELS = 3 };
  const double s[LEVELS] = {0.2, 1, 4};
  free_vector f;
  sq_grid *grid;
  sq_sampler *sampler;
  sq_paths *paths;
  double *blocks, curvature[LEVELS], term[FIELDS * (STEPS + 1)], error[STEPS + 1], total[2], each[FIELDS], *ratio,
    worst = 0, mean = 0, square = 0;
  begin(MPI_COMM_WORLD, 2, (int64_t[]){4, 6}, components, STEPS, &f);
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  TAP_CALL(sq_alloc(FIELDS * f.numbers, &blocks));
  TAP_CALL(sq_alloc(LEVELS * f.fft->orbits.count, &ratio));
  for (int i = 0; i < FIELDS; i++) draw(&f, i, blocks + i * f.numbers);
  TAP_CALL(sq_sampler_create(&f.score, &f.levels, 1, &sampler));
  TAP_CALL(sq_sampler_bound(sampler, grid, 5, 0, FIELDS, blocks, term, error, total, each));
  for (int i = 0; i < FIELDS; i++) {
    double x = each[i] - action(&f, blocks + i * f.numbers) - f.log_Z;
    mean += x / FIELDS, square += x * x / FIELDS;
  }
  tap_check(fabs(mean) < 4 * sqrt(square / FIELDS), "%d components: the bound is tight: %.3f(%.3f)", components, mean,
            sqrt(square / FIELDS));
  TAP_CALL(sq_sampler_destroy(&sampler));
  TAP_CALL(sq_posterior_measure(&f.score, grid, 6, 0, FIELDS, blocks, 7, LEVELS, s, ratio, curvature));
  for (int64_t i = 0; i < LEVELS * f.fft->orbits.count; i++) tap_worst(&worst, fabs(ratio[i] - 1));
  tap_near(worst, 0, 1e-9, "what is left open is that of a Gaussian");
  TAP_CALL(sq_paths_create(&f.score, &f.levels, FIELDS, &paths));
  TAP_CALL(sq_paths_forward(paths, 7, 0, FIELDS, blocks, term));
  worst = 0;
  for (int i = 0; i < FIELDS; i++) {
    tap_worst(&worst, fabs(term[i * (STEPS + 1)] - action(&f, blocks + i * f.numbers) - f.log_Z));
    for (int k = 1; k <= STEPS; k++) tap_worst(&worst, fabs(term[i * (STEPS + 1) + k]));
  }
  tap_near(worst, 0, 1e-9, "forward paths cost nothing, step by step");
  TAP_CALL(sq_paths_destroy(&paths));
  TAP_CALL(sq_grid_destroy(&grid));
  sq_free(&ratio);
  sq_free(&blocks);
  end(&f);
}

/* ---- an interacting theory whose Z is known ---- */

/* O(N) phi^4 on a small torus, a Gaussian score that is not its: weights average to Z, and with them <phi^2> is right.
 * 4 errors, two numbers: one false alarm in 8000. */
static void check_interacting(int components, int dim, const int64_t extent[], double kappa, double lambda)
{
  enum { FIELDS = 6000, MANY = 60 };
  const double stiffness = 1.6 * (1 - 2 * lambda) + 4 * lambda; /* near 1/G without hopping */
  free_vector f;
  sq_score score;
  sq_sampler *sampler;
  sq_action action_on;
  sq_obs *obs;
  sq_exact_field exact;
  double *blocks, *believed, log_path[MANY], columns[SQ_OBS_MOST], mean = 0, square = 0, phi2[3] = {0};
  begin(MPI_COMM_WORLD, dim, extent, components, 10, &f);
  TAP_CALL(sq_action_make("on", dim, (double[]){components, kappa, lambda}, &action_on));
  TAP_CALL(sq_exact_field_box(components, dim, extent, 1 - 2 * lambda, lambda, 2 * kappa, &exact));
  TAP_CALL(sq_obs_create(f.lattice, &action_on, &obs));
  TAP_CALL(sq_alloc(MANY * f.numbers, &blocks));
  TAP_CALL(sq_alloc(f.fft->orbits.count, &believed));
  for (int64_t o = 0; o < f.fft->orbits.count; o++)
    believed[o] = 1 / (stiffness + 4 * kappa * (dim - f.fft->orbits.phase_cos[o]) - 2 * kappa * dim);
  TAP_CALL(sq_gaussian_score_create(f.fft, components, believed, &score));
  TAP_CALL(sq_sampler_create(&score, &f.levels, MANY, &sampler));
  for (int i = 0; i < FIELDS; i += MANY) {
    TAP_CALL(sq_sampler_generate(sampler, 4, i, MANY, blocks, log_path, NULL, NULL));
    for (int b = 0; b < MANY; b++) {
      TAP_CALL(sq_obs_measure(obs, blocks + b * f.numbers, columns));
      double w = exp(log_path[b] - sq_obs_action(obs, columns) - exact.log_Z),
             x = columns[sq_obs_column(action_on.type, "phi2")] - exact.phi2;
      mean += w / FIELDS, square += w * w / FIELDS;
      phi2[0] += w * x / FIELDS, phi2[1] += w * w * x * x / FIELDS;
    }
  }
  double error = sqrt((square - mean * mean) / FIELDS), spread = sqrt(phi2[1] / FIELDS) / mean;
  tap_check(fabs(mean - 1) < 4 * error && error > 1e-3 && error < 0.05,
            "O(%d) in %d dimensions: weights average to Z: %.4f(%.4f)", components, dim, mean, error);
  tap_check(fabs(phi2[0] / mean) < 4 * spread && spread < 0.05 * exact.phi2, "and give <phi^2>: %.4f(%.4f) too much",
            phi2[0] / mean, spread);
  TAP_CALL(sq_sampler_destroy(&sampler));
  TAP_CALL(sq_gaussian_score_destroy(&score));
  TAP_CALL(sq_obs_destroy(&obs));
  sq_free(&believed);
  sq_free(&blocks);
  end(&f);
}

/* ---- the flow ---- */

static void check_flow(const char *integrator, int dilution)
{
  enum { COMPONENTS = 3 };
  const sq_flow_settings settings = {
    .integrator = integrator, .tolerance = 1e-8, .dilution = dilution, .probes = dilution ? 2 : 1};
  free_vector f;
  sq_flow *flow;
  double *blocks, log_path[2], given[2], worst = 0;
  begin(MPI_COMM_WORLD, 2, (int64_t[]){4, 3}, COMPONENTS, 2, &f);
  TAP_CALL(sq_alloc(2 * f.numbers, &blocks));
  TAP_CALL(sq_flow_create(&f.score, &f.levels, &settings, 2, &flow));
  tap_check(sq_flow_tangents(flow) == (dilution ? 2 * COMPONENTS * 4 : COMPONENTS * 12), "a tangent for every number, "
                                                                                         "or colour");
  TAP_CALL(sq_flow_generate(flow, 8, 0, 2, blocks, log_path, NULL, NULL));
  TAP_CALL(sq_flow_action(flow, 8, 0, 2, blocks, given));
  for (int b = 0; b < 2; b++) {
    double exact = action(&f, blocks + b * f.numbers) + f.log_Z;
    tap_worst(&worst, fabs(log_path[b] - exact));
    tap_worst(&worst, fabs(given[b] - exact));
  }
  tap_near(worst, 0, 1e-7, "the flow knows its density, generated and given");
  TAP_CALL(sq_flow_destroy(&flow));
  sq_free(&blocks);
  end(&f);
}

/* ---- the learned score ---- */

static void begin_model(const sq_orbits *orbits, int components, const double *propagator, sq_diffusion_model *model)
{
  *model = (sq_diffusion_model){.shape = {.dim = 2,
                                          .channels = 16,
                                          .blocks = 1,
                                          .width = 8,
                                          .odd = true,
                                          .levels = 1,
                                          .inputs = 2,
                                          .outputs = 1,
                                          .components = components},
                                .s_min = 0.05,
                                .s_max = 6,
                                .mixed = true};
  TAP_CALL(sq_orbits_create(2, orbits->extent, &model->orbits));
  model->parameters = sq_network_parameters(&model->shape);
  TAP_CALL(sq_alloc(orbits->count, &model->propagator));
  TAP_CALL(sq_alloc(orbits->count, &model->force_power));
  TAP_CALL(sq_alloc(model->parameters, &model->weight));
  sq_rng_normals(sq_stream_make(3, SQ_RNG_TEST, 1), 0, model->parameters, 0, 0, model->weight);
  for (int64_t i = 0; i < model->parameters; i++) model->weight[i] *= 0.1;
  for (int64_t o = 0; o < orbits->count; o++) {
    model->propagator[o] = propagator[o];
    model->force_power[o] = 2 / propagator[o];
  }
}

static void end_model(sq_diffusion_model *model)
{
  sq_orbits_destroy(&model->orbits);
  sq_free(&model->propagator);
  sq_free(&model->force_power);
  sq_free(&model->weight);
}

/* D(R phi) = R D(phi) and J(R phi) R v = R J(phi) v for a rotation of two components; the tangent is the derivative. */
static void check_learned(int components)
{
  const double s = 0.7, h = 0.02, cosine = 0.8, sine = 0.6;
  free_vector f;
  sq_diffusion_model model;
  sq_score score;
  double *in, *clean[2], *along[2], *moved[2], worst[4] = {0};
  begin(MPI_COMM_WORLD, 2, (int64_t[]){6, 8}, components, 2, &f);
  begin_model(&f.fft->orbits, components, f.propagator, &model);
  TAP_CALL(sq_learned_score_create(f.fft, &model, 3, false, &score));
  const int64_t n = f.numbers, volume = f.lattice->local_volume, last = n - volume;
  TAP_CALL(sq_alloc(2 * n, &in));
  for (int k = 0; k < 2; k++) {
    TAP_CALL(sq_alloc(n, &clean[k]));
    TAP_CALL(sq_alloc(n, &along[k]));
    TAP_CALL(sq_alloc(n, &moved[k]));
  }
  sq_score_normals(&score, sq_stream_make(1, SQ_RNG_TEST, 0), 0, 0, in);
  sq_score_normals(&score, sq_stream_make(1, SQ_RNG_TEST, 1), 0, 0, in + n);
  TAP_CALL(score.tangent(score.self, 1, s, in, 1, in + n, clean[0], along[0]));
  for (int side = 0; side < 2; side++) {
    for (int64_t i = 0; i < n; i++) clean[1][i] = in[i] + (side ? -h : h) * in[n + i];
    TAP_CALL(score.denoise(score.self, 1, s, 1, clean[1], moved[side]));
  }
  for (int64_t i = 0; i < n; i++) tap_worst(&worst[0], fabs((moved[0][i] - moved[1][i]) / (2 * h) - along[0][i]));
  double *turned[] = {in, in + n, clean[0], along[0]};
  for (int k = 0; k < 4; k++)
    for (int64_t i = 0; i < volume; i++) {
      double x = turned[k][i], y = turned[k][last + i];
      turned[k][i] = cosine * x + sine * y, turned[k][last + i] = sine * x - cosine * y;
    }
  TAP_CALL(score.tangent(score.self, 1, s, in, 1, in + n, clean[1], along[1]));
  for (int64_t i = 0; i < n; i++) {
    tap_worst(&worst[1], fabs(clean[1][i] - clean[0][i]));
    tap_worst(&worst[2], fabs(along[1][i] - along[0][i]));
    tap_worst(&worst[3], fabs(along[0][i]));
  }
  (void)MPI_Allreduce(MPI_IN_PLACE, worst, 4, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  tap_near(worst[0], 0, 1e-3 * worst[3], "the tangents of a learned score are its derivatives");
  tap_check(worst[1] < 2e-5 && worst[2] < 2e-5 * worst[3], "%d components: rotations commute with it (%.1e, %.1e)",
            components, worst[1], worst[2]);
  for (int k = 0; k < 2; k++) {
    sq_free(&clean[k]);
    sq_free(&along[k]);
    sq_free(&moved[k]);
  }
  sq_free(&in);
  TAP_CALL(sq_learned_score_destroy(&score));
  end_model(&model);
  end(&f);
}

/* The weights of paths of a network that knows nothing average to Z all the same; the same bits on one rank. */
static void check_learned_paths(void)
{
  enum { FIELDS = 1600, MANY = 16 };
  free_vector f, one;
  sq_diffusion_model model;
  sq_score score;
  sq_sampler *sampler;
  double *blocks, log_path[MANY], *single, mean = 0, square = 0;
  uint64_t here, there;
  begin(MPI_COMM_WORLD, 2, (int64_t[]){4, 6}, 2, 6, &f);
  begin_model(&f.fft->orbits, 2, f.propagator, &model);
  for (int64_t i = 0; i < model.parameters; i++) model.weight[i] *= 1.5;
  TAP_CALL(sq_learned_score_create(f.fft, &model, MANY, false, &score));
  TAP_CALL(sq_sampler_create(&score, &f.levels, MANY, &sampler));
  TAP_CALL(sq_alloc(MANY * f.numbers, &blocks));
  for (int i = 0; i < FIELDS; i += MANY) {
    TAP_CALL(sq_sampler_generate(sampler, 4, i, MANY, blocks, log_path, NULL, NULL));
    for (int b = 0; b < MANY; b++) {
      double w = exp(log_path[b] - action(&f, blocks + b * f.numbers) - f.log_Z);
      mean += w / FIELDS;
      square += w * w / FIELDS;
    }
  }
  double error = sqrt((square - mean * mean) / FIELDS);
  tap_check(fabs(mean - 1) < 4 * error && error > 1e-3 && error < 0.1,
            "a network that knows nothing: weights average to Z: %.4f(%.4f)", mean, error);
  TAP_CALL(sq_sampler_generate(sampler, 4, 0, 2, blocks, log_path, NULL, NULL));
  TAP_CALL(sq_block_checksum(f.lattice, 2, blocks + f.numbers, &there));
  TAP_CALL(sq_sampler_destroy(&sampler));
  TAP_CALL(sq_learned_score_destroy(&score));
  begin(MPI_COMM_SELF, 2, (int64_t[]){4, 6}, 2, 6, &one);
  TAP_CALL(sq_learned_score_create(one.fft, &model, 1, false, &score));
  TAP_CALL(sq_sampler_create(&score, &one.levels, 1, &sampler));
  TAP_CALL(sq_alloc(one.numbers, &single));
  TAP_CALL(sq_sampler_generate(sampler, 4, 1, 1, single, log_path, NULL, NULL));
  TAP_CALL(sq_block_checksum(one.lattice, 2, single, &here));
  tap_check(here == there, "and fields have the bits of one rank"); /* no block is made of whole tiles */
  TAP_CALL(sq_sampler_destroy(&sampler));
  TAP_CALL(sq_learned_score_destroy(&score));
  sq_free(&blocks);
  sq_free(&single);
  end_model(&model);
  end(&one);
  end(&f);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (int components = 1; components <= MOST; components++) {
    check_weights(2, (int64_t[]){6, 5}, components, 4);
    check_weights(1, (int64_t[]){7}, components, 1);
  }
  check_weights(3, (int64_t[]){2, 4, 3}, 2, 3);
  check_weights(4, (int64_t[]){2, 3, 2, 4}, 3, 2);
  check_components();
  check_average(2);
  check_average(3);
  check_interacting(2, 1, (int64_t[]){5}, 0.25, 0.1);
  check_interacting(3, 1, (int64_t[]){4}, 0.2, 0.3);
  check_interacting(2, 2, (int64_t[]){2, 3}, 0.1, 0.1);
  check_data(1);
  check_data(3);
  check_flow("dormand-prince", 0);
  check_flow("heun", 2);
  check_learned(2);
  check_learned(4);
  check_learned_paths();
  return tap_end();
}
