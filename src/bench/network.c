/* SPDX-License-Identifier: BSD-3-Clause */
/* Benchmarks of the network on the deck's lattice: one evaluation of the score, a training step, generated fields;
 * flops of its convolutions against the peak. */
#include "squall/diffusion.h"
#include "squall/train.h"
#include "src/bench/scaling.h"
#include <math.h>
#include <string.h>

typedef struct {
  sq_bench *bench;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_diffusion_model model;
  sq_network *network;
  sq_score score;
  sq_objective objective;
  sq_learner *learner;
  sq_sampler *sampler;
  sq_noise_grid levels;
  sq_dataset data;
  int64_t fields;                /* of a call of all replicas, wanted */
  int steps;                     /* of generating */
  bool cut;                      /* one replica */
  int batch, per_rank;           /* fields at once in the network; fields of a call of this replica */
  int64_t numbers;               /* of a field on this rank */
  double *blocks, *clean;        /* [per_rank][numbers] */
  double *one, *zero, *log_path; /* [batch] */
  float *gradient;
} setting;

static PetscErrorCode evaluate(void *context)
{
  setting *s = context;
  return s->score.denoise(s->score.self, 1, 1, s->per_rank, s->blocks, s->clean);
}

static PetscErrorCode forward_at(setting *s, const double *blocks, double *out)
{
  PetscFunctionBeginUser;
  PetscCall(sq_network_forward(s->network, s->batch, (const double *[]){blocks, blocks},
                               (const double *[]){s->one, s->one}, s->zero, &out));
  PetscFunctionReturn(0);
}

static PetscErrorCode forward(void *context)
{
  setting *s = context;
  PetscFunctionBeginUser;
  for (int i = 0; i + s->batch <= s->per_rank; i += s->batch)
    PetscCall(forward_at(s, s->blocks + i * s->numbers, s->clean + i * s->numbers));
  PetscFunctionReturn(0);
}

static PetscErrorCode forward_backward(void *context)
{
  setting *s = context;
  PetscFunctionBeginUser;
  for (int i = 0; i + s->batch <= s->per_rank; i += s->batch) {
    const double *blocks = s->blocks + i * s->numbers;
    PetscCall(forward_at(s, blocks, s->clean + i * s->numbers));
    PetscCall(sq_network_backward(s->network, &blocks, NULL, s->gradient));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode step(void *context)
{
  setting *s = context;
  sq_train_record record;
  return sq_learner_step(s->learner, &record);
}

static PetscErrorCode generate(void *context)
{
  setting *s = context;
  PetscFunctionBeginUser;
  for (int i = 0; i + s->batch <= s->per_rank; i += s->batch)
    PetscCall(sq_sampler_generate(s->sampler, 1, i, s->batch, s->blocks, s->log_path, NULL, NULL));
  PetscFunctionReturn(0);
}

/* A model that nobody trained: a free field's spectra, the initial weights. */
static PetscErrorCode invent_model(setting *s)
{
  PetscFunctionBeginUser;
  sq_run *run = s->bench->run;
  sq_diffusion_model *m = &s->model;
  PetscCall(sq_diffusion_shape(run->deck, &run->action, &m->shape));
  m->action = run->action;
  m->mixed = run->action.type->smooth != NULL;
  m->parameters = sq_network_parameters(&m->shape);
  m->s_min = 0.01;
  m->s_max = 10;
  PetscCall(sq_orbits_create(run->dim, run->padded, &m->orbits));
  PetscCall(sq_alloc(m->orbits.count, &m->propagator));
  PetscCall(sq_alloc(m->orbits.count, &m->force_power));
  PetscCall(sq_alloc(m->parameters, &m->weight));
  for (int64_t o = 0; o < m->orbits.count; o++) {
    m->propagator[o] = 1 / (m->orbits.phat2[o] + 0.5);
    m->force_power[o] = 1 / m->propagator[o];
  }
  PetscCall(sq_network_init(&m->shape, 1, m->weight));
  PetscFunctionReturn(0);
}

static PetscErrorCode set_up(setting *s)
{
  PetscFunctionBeginUser;
  sq_run *run = s->bench->run;
  double volume = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) volume *= (double)run->padded[mu];
  PetscCall(invent_model(s));
  s->batch = sq_network_batch(&s->model.shape, (int64_t)volume);
  PetscCall(sq_run_grid(run, run->extents, s->cut ? 1 : PetscMax(1, s->fields / s->batch),
                        sq_network_bytes(&s->model.shape, run->padded, s->batch, true),
                        sq_network_grain(&s->model.shape), &s->grid, &s->lattice));
  s->per_rank = (int)PetscMax(1, s->fields / s->grid->replicas / s->batch) * s->batch;
  const int components = sq_network_components(&s->model.shape);
  int64_t block = s->numbers = components * s->lattice->local_volume;
  sq_train_options options = {.seed = 1,
                              .learner = {.steps = 1000000,
                                          .batch = s->per_rank * s->grid->replicas,
                                          .adam = {1e-5, 0.9, 0.99, 1e-9, 1},
                                          .final_rate = 0.1,
                                          .average = 100}};
  PetscCall(sq_fft_create(s->lattice, &s->fft));
  PetscCall(sq_alloc(s->per_rank * block, &s->blocks));
  PetscCall(sq_alloc(s->per_rank * block, &s->clean));
  PetscCall(sq_alloc(s->per_rank * block, &s->data.blocks));
  PetscCall(sq_alloc(s->batch, &s->one));
  PetscCall(sq_alloc(s->batch, &s->zero));
  PetscCall(sq_alloc(s->batch, &s->log_path));
  PetscCall(sq_alloc(s->model.parameters, &s->gradient));
  for (int i = 0; i < s->batch; i++) s->one[i] = 1;
  for (int i = 0; i < s->per_rank; i++)
    sq_block_random(s->lattice, components, sq_rng_normals, sq_stream_make(1, SQ_RNG_NOISE, (uint64_t)i), 0, 0,
                    s->blocks + i * block);
  memcpy(s->data.blocks, s->blocks, (size_t)(s->per_rank * block) * sizeof(double));
  s->data.count = s->per_rank;
  PetscCall(sq_network_create(s->lattice, &s->model.shape, s->batch, true, &s->network));
  PetscCall(sq_learned_score_create(s->fft, &s->model, s->batch, false, &s->score));
  PetscCall(sq_noise_grid_geometric(s->steps, s->model.s_min, s->model.s_max, &s->levels));
  PetscCall(sq_sampler_create(&s->score, &s->levels, s->batch, &s->sampler));
  PetscCall(sq_score_matching_create(s->fft, &options, &s->data, &s->data, &s->model, &s->objective));
  PetscCall(sq_learner_create(s->grid, &options.learner, &s->objective, s->model.weight, &s->learner));
  PetscFunctionReturn(0);
}

static PetscErrorCode clear(setting *s)
{
  PetscFunctionBeginUser;
  double **array[] = {&s->blocks,      &s->clean,    &s->data.blocks,      &s->one,
                      &s->zero,        &s->log_path, &s->model.propagator, &s->model.force_power,
                      &s->model.weight};
  PetscCall(sq_learner_destroy(&s->learner));
  PetscCall(sq_score_matching_destroy(&s->objective));
  PetscCall(sq_sampler_destroy(&s->sampler));
  sq_noise_grid_destroy(&s->levels);
  PetscCall(sq_learned_score_destroy(&s->score));
  PetscCall(sq_network_destroy(&s->network));
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
  sq_free(&s->gradient);
  sq_orbits_destroy(&s->model.orbits);
  PetscCall(sq_fft_destroy(&s->fft));
  PetscCall(sq_lattice_destroy(&s->lattice));
  PetscCall(sq_grid_destroy(&s->grid));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_bench_network(sq_bench *bench)
{
  PetscFunctionBeginUser;
  setting s = {.bench = bench, .fields = bench->run->train.options.learner.batch, .steps = bench->run->sample.steps};
  if (sq_action_lacks(&bench->run->action, SQ_ABLE_FIELDS)) PetscFunctionReturn(0); /* no model is learned of it */
  PetscCall(set_up(&s));
  const struct {
    const char *name;
    sq_bench_work work;
    double evaluations; /* in units of a forward pass over the fields of a call */
  } parts[] = {{"forward", forward, 1},
               {"forward and backward", forward_backward, 3},
               {"evaluation", evaluate, 1},
               {"training step", step, 3},
               {"sampling", generate, s.levels.steps}};
  double fields = (double)s.per_rank * s.grid->replicas,
         once = fields * (double)s.lattice->volume * sq_network_flops(&s.model.shape) / bench->run->size;
  char text[160], what[320];
  sq_lattice_describe(s.lattice, text, sizeof text);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    double seconds;
    PetscCall(sq_bench_time(bench, parts[i].work, &s, &seconds));
    snprintf(what, sizeof what, "%s of %.0f fields; replicas: %d; each %s", parts[i].name, fields, s.grid->replicas,
             text);
    sq_bench_roof(bench, what, seconds, once * parts[i].evaluations, 0);
  }
  PetscCall(clear(&s));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_bench_learning(sq_bench *bench, int64_t fields, int steps, bool cut, double *training,
                                 double *sampling, int *replicas, int64_t *done)
{
  PetscFunctionBeginUser;
  setting s = {.bench = bench, .fields = fields, .steps = steps, .cut = cut};
  PetscCall(set_up(&s));
  PetscCall(sq_bench_time(bench, step, &s, training));
  PetscCall(sq_bench_time(bench, generate, &s, sampling));
  *replicas = s.grid->replicas;
  *done = (int64_t)s.per_rank * s.grid->replicas;
  PetscCall(clear(&s));
  PetscFunctionReturn(0);
}
