/* SPDX-License-Identifier: BSD-3-Clause */
/* generator: a sampler and a probability flow behind one interface. With the exact score of a free field every weight
 * is Z in closed form, a field has the bits of the direct call, alone as in a batch, and weights say that all is well;
 * a wrong score is noticed. */
#include "squall/correct.h"
#include "squall/likelihood.h"
#include "squall/score.h"
#include "tests/tap.h"
#include <string.h>

enum { BATCH = 3 };

typedef struct {
  sq_grid *grid;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_action action;
  double *propagator, *wrong; /* [orbits] */
  double log_Z;
  sq_noise_grid levels;
} world;

static void begin(int replicas, world *w)
{
  const double value[SQ_ACTION_PARAMETERS] = {0.2, 0};
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, replicas, &w->grid));
  TAP_CALL(sq_lattice_create(w->grid->domain, 2, (int64_t[]){8, 6}, NULL, &w->lattice));
  TAP_CALL(sq_fft_create(w->lattice, &w->fft));
  TAP_CALL(sq_action_make("phi4", 2, value, &w->action));
  TAP_CALL(sq_alloc(w->fft->orbits.count, &w->propagator));
  TAP_CALL(sq_alloc(w->fft->orbits.count, &w->wrong));
  TAP_CALL(sq_noise_grid_geometric(4, 0.05, 6, &w->levels));
  w->log_Z = 0;
  for (int64_t o = 0; o < w->fft->orbits.count; o++) {
    w->propagator[o] = w->action.type->free_propagator(&w->action, w->fft->orbits.phase_cos[o]);
    w->wrong[o] = (o ? 1.1 : 1.3) * w->propagator[o];
    w->log_Z += 0.5 * (double)w->fft->orbits.multiplicity[o] * log(2 * M_PI * w->propagator[o]);
  }
}

static void end(world *w)
{
  sq_noise_grid_destroy(&w->levels);
  sq_free(&w->propagator);
  sq_free(&w->wrong);
  TAP_CALL(sq_fft_destroy(&w->fft));
  TAP_CALL(sq_lattice_destroy(&w->lattice));
  TAP_CALL(sq_grid_destroy(&w->grid));
}

/* ---- the contract, for any generator ---- */

typedef struct {
  int calls, expected; /* the level that should come next */
  bool fell;           /* one by one, so far */
} falling;

static PetscErrorCode see(void *context, int level, const double *blocks)
{
  falling *f = context;
  f->fell = f->fell && level == f->expected-- && blocks;
  f->calls++;
  return 0;
}

/* Fields 5, 6, 7 together have the bits that 6 has alone; a watch sees every level and changes nothing. */
static void check_contract(const char *name, const world *w, const sq_generator *g)
{
  int64_t volume = w->lattice->local_volume;
  double *together, *alone, several[BATCH], one;
  falling f = {.expected = g->levels, .fell = true};
  TAP_CALL(sq_alloc(BATCH * volume, &together));
  TAP_CALL(sq_alloc(volume, &alone));
  TAP_CALL(sq_generator_generate(g, 9, 5, BATCH, together, several, see, &f));
  TAP_CALL(sq_generator_generate(g, 9, 6, 1, alone, &one, NULL, NULL));
  tap_check(!memcmp(together + volume, alone, (size_t)volume * sizeof *alone), "%s: a field is its number's", name);
  tap_check(!memcmp(&several[1], &one, sizeof one) || !g->has_density, "%s: so is its density", name);
  tap_check(f.fell && f.calls == g->levels + 1 && f.expected == -1, "%s: a watch sees every level once", name);
  tap_check(g->a[0] == 1 && g->s[0] == 0 && g->s[g->levels] > g->s[1], "%s: and knows their noise", name);
  sq_free(&together);
  sq_free(&alone);
}

/* The same on one replica of all ranks and on as many replicas as ranks. */
static void check_replicas(const char *name, double here, double other)
{
  tap_check(!memcmp(&here, &other, sizeof here), "%s: weights have the same bits on any number of replicas", name);
}

/* Weights of fields with the exact score: Z, all of them. */
static double check_weights(const char *name, const world *w, const sq_generator *g)
{
  enum { FIELDS = 10 };
  double log_weight[FIELDS], worst = 0;
  sq_weighed weighed;
  TAP_CALL(sq_generator_log_weights(g, w->grid, &w->action, 3, FIELDS, log_weight));
  for (int i = 0; i < FIELDS; i++) tap_worst(&worst, fabs(log_weight[i] - w->log_Z));
  tap_near(worst, 0, 1e-9 * fabs(w->log_Z), "with the exact score every weight is Z");
  TAP_CALL(sq_generator_weigh(g, w->grid, &w->action, 3, FIELDS, &weighed));
  tap_check(weighed.weights.n == FIELDS && fabs(weighed.weights.ess - 1) < 1e-9 &&
              fabs(weighed.acceptance - 1) < 1e-9 && weighed.spread < 1e-9,
            "%s: every field is worth one", name);
  return log_weight[FIELDS - 1];
}

/* ---- the sampler ---- */

static double sampler_weights(int replicas)
{
  world w;
  sq_score score;
  sq_sampler *sampler;
  sq_generator g;
  double *block, *direct, log_q, log_path;
  begin(replicas, &w);
  TAP_CALL(sq_gaussian_score_create(w.fft, 1, w.propagator, &score));
  TAP_CALL(sq_sampler_create(&score, &w.levels, BATCH, &sampler));
  TAP_CALL(sq_alloc(w.lattice->local_volume, &block));
  TAP_CALL(sq_alloc(w.lattice->local_volume, &direct));
  sq_sampler_generator(sampler, &g);
  tap_check(g.has_density && g.cost(g.self) == 4 && sq_generator_sampler(&g) == sampler, "a sampler has a density");
  check_contract("sampler", &w, &g);
  TAP_CALL(sq_generator_generate(&g, 2, 7, 1, block, &log_q, NULL, NULL));
  TAP_CALL(sq_sampler_generate(sampler, 2, 7, 1, direct, &log_path, NULL, NULL));
  tap_check(!memcmp(block, direct, (size_t)w.lattice->local_volume * sizeof *block) && log_q == log_path,
            "it makes the field that the sampler makes");
  double last = check_weights("sampler", &w, &g);
  TAP_CALL(sq_sampler_set_type(sampler, sq_sampler_find("heun"), 0, 0));
  sq_sampler_generator(sampler, &g);
  TAP_CALL(sq_generator_generate(&g, 2, 7, 1, block, &log_q, NULL, NULL));
  tap_check(!g.has_density && isnan(log_q), "one without path weights says so");
  TAP_CALL(sq_generator_destroy(&g));
  tap_check(!g.generate, "a generator that is gone is empty");
  TAP_CALL(sq_generator_destroy(&g));
  sq_free(&block);
  sq_free(&direct);
  TAP_CALL(sq_sampler_destroy(&sampler));
  TAP_CALL(sq_gaussian_score_destroy(&score));
  end(&w);
  return last;
}

/* ---- the flow ---- */

static double flow_weights(int replicas, const char *integrator)
{
  const sq_flow_settings settings = {.integrator = integrator, .tolerance = 1e-8, .probes = 1};
  world w;
  sq_score score;
  sq_flow *flow;
  sq_generator g;
  double *block, *direct, log_q, action;
  begin(replicas, &w);
  TAP_CALL(sq_gaussian_score_create(w.fft, 1, w.propagator, &score));
  TAP_CALL(sq_flow_create(&score, &w.levels, &settings, BATCH, &flow));
  TAP_CALL(sq_alloc(w.lattice->local_volume, &block));
  TAP_CALL(sq_alloc(w.lattice->local_volume, &direct));
  sq_flow_generator(flow, &g);
  tap_check(g.has_density && isnan(g.cost(g.self)) && !sq_generator_sampler(&g), "a flow has a density");
  check_contract(integrator, &w, &g);
  TAP_CALL(sq_generator_generate(&g, 2, 7, 1, block, &log_q, NULL, NULL));
  TAP_CALL(sq_flow_generate(flow, 2, 7, 1, direct, &action, NULL, NULL));
  tap_check(!memcmp(block, direct, (size_t)w.lattice->local_volume * sizeof *block) && log_q == action,
            "it makes the field that the flow makes");
  if (!strcmp(integrator, "heun"))
    tap_near(g.cost(g.self), 1 + 3 * 2 * (1 + 48), 1e-9,
             "three steps of two evaluations with a tangent a site, and "
             "the last one");
  double last = check_weights(integrator, &w, &g);
  sq_free(&block);
  sq_free(&direct);
  TAP_CALL(sq_flow_destroy(&flow));
  TAP_CALL(sq_gaussian_score_destroy(&score));
  end(&w);
  return last;
}

/* ---- a wrong score ---- */

static void check_wrong_score(void)
{
  enum { FIELDS = 600 };
  world w;
  sq_score score;
  sq_sampler *sampler;
  sq_generator g;
  sq_weighed weighed;
  double *log_weight, sum = 0, square = 0, mean = 0, spread = 0;
  begin(tap.size, &w);
  TAP_CALL(sq_gaussian_score_create(w.fft, 1, w.wrong, &score));
  TAP_CALL(sq_sampler_create(&score, &w.levels, BATCH, &sampler));
  sq_sampler_generator(sampler, &g);
  TAP_CALL(sq_alloc(FIELDS, &log_weight));
  TAP_CALL(sq_generator_log_weights(&g, w.grid, &w.action, 3, FIELDS, log_weight));
  TAP_CALL(sq_generator_weigh(&g, w.grid, &w.action, 3, FIELDS, &weighed));
  for (int i = 0; i < FIELDS; i++) {
    double x = exp(log_weight[i] - w.log_Z);
    sum += x / FIELDS;
    square += x * x / FIELDS;
    mean += log_weight[i] / FIELDS;
  }
  for (int i = 0; i < FIELDS; i++) spread += pow(log_weight[i] - mean, 2) / (FIELDS - 1);
  tap_near(weighed.weights.ess, sum * sum / square, 1e-10, "a wrong score: the effective sample size of its weights");
  tap_near(weighed.spread, sqrt(spread), 1e-9, "and their spread");
  tap_check(weighed.weights.ess < 0.98 && weighed.acceptance < 0.95 && weighed.acceptance > weighed.weights.ess / 2,
            "which is noticed (%.3f, %.3f)", weighed.weights.ess, weighed.acceptance);
  tap_near(sum, 1, 4 * sqrt((square - sum * sum) / FIELDS), "the mean weight is Z all the same");
  sq_free(&log_weight);
  TAP_CALL(sq_sampler_destroy(&sampler));
  TAP_CALL(sq_gaussian_score_destroy(&score));
  end(&w);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_replicas("sampler", sampler_weights(1), sampler_weights(tap.size));
  check_replicas("heun", flow_weights(1, "heun"), flow_weights(tap.size, "heun"));
  check_replicas("dormand-prince", flow_weights(1, "dormand-prince"), flow_weights(tap.size, "dormand-prince"));
  check_wrong_score();
  return tap_end();
}
