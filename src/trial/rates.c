/* SPDX-License-Identifier: BSD-3-Clause */
/* The rates of this machine for what a deck does, in a fifth of a second: what `squall check` turns work into time by.
 * Every rank works on a small lattice of its own, all at once, as in a run. */
#include "squall/mc.h"
#include "src/trial/trial.h"
#include "src/ensemble/load.h"
#include "src/learning/learning.h"
#include <cblas.h>
#include <math.h>
#include <time.h>

static const double long_enough = 0.08; /* seconds */

/* Seconds of the processor: a machine that others use, too, is no slower for it. */
static double processor_seconds(void)
{
  struct timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

/* Calls of work a second, after one to warm up, the slowest rank's. */
static PetscErrorCode time_calls(MPI_Comm world, PetscErrorCode (*work)(void *), void *context, double *rate)
{
  PetscFunctionBeginUser;
  int calls = 0;
  PetscCall(work(context));
  double began = processor_seconds(), seconds = 0;
  for (; seconds < long_enough; calls++, seconds = processor_seconds() - began) PetscCall(work(context));
  *rate = calls / seconds;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, rate, 1, MPI_DOUBLE, MPI_MIN, world));
  PetscFunctionReturn(0);
}

/* A part of the run's lattice, or all of it: at most `side` sites a side, in multiples of the grain. */
static PetscErrorCode part(const sq_run *run, int64_t side, int64_t grain, sq_lattice **lattice)
{
  PetscFunctionBeginUser;
  int64_t extents[SQ_DIM];
  for (int i = 0; i < run->dim; i++) extents[i] = PetscMax(grain, PetscMin(run->extents[i], side) / grain * grain);
  PetscCall(sq_lattice_create_aligned(MPI_COMM_SELF, run->dim, extents, grain, NULL, lattice));
  PetscFunctionReturn(0);
}

/* ---- the network ---- */

typedef struct {
  sq_network *network;
  int count;
  double *in, *out, *one, *level;
} evaluating;

static PetscErrorCode evaluate(void *context)
{
  PetscFunctionBeginUser;
  evaluating *e = context;
  PetscCall(sq_network_forward(e->network, e->count, (const double *[]){e->in, e->in},
                               (const double *[]){e->one, e->one}, e->level, &e->out));
  PetscFunctionReturn(0);
}

static PetscErrorCode rate_of_network(const sq_run *run, const sq_network_shape *shape, double *rate)
{
  PetscFunctionBeginUser;
  static const int64_t side[SQ_DIM + 1] = {0, 4096, 64, 16, 8};
  const double most = 4e9; /* flops of a call: a deep network gets fewer fields */
  sq_lattice *lattice;
  evaluating e = {0};
  float *weight;
  PetscCall(part(run, side[run->dim], sq_network_grain(shape), &lattice));
  int batch = sq_network_batch(shape, lattice->volume);
  double each = sq_network_flops(shape) * (double)lattice->volume;
  e.count = (int)fmax(1, fmin(batch, most / each));
  PetscCall(sq_network_create(lattice, shape, batch, false, &e.network));
  PetscCall(sq_alloc(sq_network_parameters(shape), &weight));
  sq_network_load(e.network, weight);
  PetscCall(sq_alloc(batch * sq_network_components(shape) * lattice->volume, &e.in));
  PetscCall(sq_alloc(batch * sq_network_components(shape) * lattice->volume, &e.out));
  PetscCall(sq_alloc(batch, &e.one));
  PetscCall(sq_alloc(batch, &e.level));
  PetscCall(time_calls(run->world, evaluate, &e, rate));
  *rate *= e.count * each;
  double **array[] = {&e.in, &e.out, &e.one, &e.level};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
  sq_free(&weight);
  PetscCall(sq_network_destroy(&e.network));
  PetscCall(sq_lattice_destroy(&lattice));
  PetscFunctionReturn(0);
}

/* ---- models with an exact density, untrained, on the run's lattice ---- */

enum { FEW = 16 }; /* fields together pay */

typedef struct {
  sq_generator generator;
  int count;
  double *blocks, *minus_log_q;
} drawing;

static PetscErrorCode draw(void *context)
{
  const drawing *d = context;
  return sq_generator_generate(&d->generator, 1, 0, d->count, d->blocks, d->minus_log_q, NULL, NULL);
}

static PetscErrorCode time_drawing(const sq_run *run, const sq_model *model, sq_fft *fft, double flops, double *rate)
{
  PetscFunctionBeginUser;
  const double most = 4e9;
  drawing d = {0};
  PetscCall(sq_model_generator(model, &run->sample, fft, true, &d.generator));
  d.count = (int)fmin(d.generator.batch, fmax(FEW, most / flops));
  PetscCall(sq_alloc(d.count * sq_generator_numbers(&d.generator), &d.blocks));
  PetscCall(sq_alloc(d.count, &d.minus_log_q));
  PetscCall(time_calls(run->world, draw, &d, rate));
  *rate *= d.count * flops;
  sq_free(&d.blocks);
  sq_free(&d.minus_log_q);
  PetscCall(sq_generator_destroy(&d.generator));
  PetscFunctionReturn(0);
}

/* Larger models are not tried: in flops of a call, and in bytes, in all and of weights, float and double. */
static bool is_small(const sq_generator_needs *needs)
{
  const double work = 4e10, room = 1e9, a_weight = 24;
  return FEW * needs->flops <= work && needs->bytes + needs->tables + a_weight * needs->weights <= room;
}

enum { PRODUCT = 512 };

static PetscErrorCode multiply(void *context)
{
  float *const *m = context;
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, PRODUCT, PRODUCT, PRODUCT, 1, m[0], PRODUCT, m[1], PRODUCT, 0,
              m[2], PRODUCT);
  return 0;
}

/* What stands for a model that is not tried: large networks run at about half the rate of matrix products. */
static PetscErrorCode rate_of_products(const sq_run *run, double *rate)
{
  PetscFunctionBeginUser;
  float *m[3];
  for (int i = 0; i < 3; i++) PetscCall(sq_alloc(PRODUCT * PRODUCT, &m[i]));
  for (int i = 0; i < PRODUCT * PRODUCT; i++) m[0][i] = m[1][i] = 1;
  PetscCall(time_calls(run->world, multiply, m, rate));
  *rate *= 0.5 * 2 * PRODUCT * PRODUCT * PRODUCT;
  for (int i = 0; i < 3; i++) sq_free(&m[i]);
  PetscFunctionReturn(0);
}

static PetscErrorCode rate_of_drawing(const sq_run *run, const sq_model_type *type, double *rate)
{
  PetscFunctionBeginUser;
  sq_generator_needs needs;
  sq_lattice *lattice;
  int64_t padded[SQ_DIM];
  sq_model model = {.type = type};
  sq_model_data data = {.action = &run->action, .set = &run->train, .seed = 1};
  const int64_t *extents = sq_run_model_is_given(run) ? run->sample.extents : run->extents;
  (void)sq_extents_pad(run->dim, extents, padded);
  PetscCall(sq_sample_needed(run, padded, &needs));
  if (needs.flops > 0 && !is_small(&needs)) PetscCall(rate_of_products(run, rate));
  if (!(needs.flops > 0) || !is_small(&needs)) PetscFunctionReturn(0);
  PetscCall(sq_lattice_create(MPI_COMM_SELF, run->dim, extents, NULL, &lattice));
  PetscCall(sq_fft_create(lattice, &data.fft));
  if (sq_run_model_is_given(run)) PetscCall(sq_load_chosen_model(run, &model, NULL));
  else PetscCall(type->create(run->deck, &data, &model.self));
  PetscCall(time_drawing(run, &model, data.fft, needs.flops, rate));
  PetscCall(sq_model_destroy(&model));
  PetscCall(sq_fft_destroy(&data.fft));
  PetscCall(sq_lattice_destroy(&lattice));
  PetscFunctionReturn(0);
}

/* ---- chains, by what moves the theory unless a deck says otherwise ---- */

typedef struct {
  sq_chain *chain;
  const sq_dynamics *dynamics;
} moving;

static const sq_pace pace = {.eps = 0.02, .steps = 8};

static PetscErrorCode move(void *context)
{
  const moving *m = context;
  return m->dynamics->move(m->chain, &pace, 1);
}

static PetscErrorCode rate_of_updates(const sq_run *run, double *rate)
{
  PetscFunctionBeginUser;
  static const int64_t side[SQ_DIM + 1] = {0, 65536, 256, 40, 16};
  sq_hmc_settings set = {.integrator = sq_integrators[0]};
  sq_lattice *lattice;
  sq_md *md;
  moving m;
  PetscCall(part(run, side[run->dim], 1, &lattice));
  PetscCall(sq_md_create(lattice, &run->action, set.integrator, &md));
  PetscCall(sq_chain_create(md, 1, 0, &m.chain));
  PetscCall(sq_chain_start(m.chain, SQ_START_HOT));
  sq_mc_default(&run->action)->fill(&set);
  m.dynamics = set.dynamics;
  PetscCall(time_calls(run->world, move, &m, rate));
  *rate *= (double)lattice->volume * sq_hmc_updates(&set, run->dim, (double)pace.steps);
  PetscCall(sq_chain_destroy(&m.chain));
  PetscCall(sq_md_destroy(&md));
  PetscCall(sq_lattice_destroy(&lattice));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_trial_rates(const sq_run *run, bool learned, sq_budget *budget)
{
  PetscFunctionBeginUser;
  const sq_model_type *type = sq_run_model_type(run);
  sq_network_shape shape;
  if (learned && (type == &sq_model_type_diffusion || type->rival)) { /* of the same keys */
    PetscCall(sq_diffusion_shape(run->deck, &run->action, &shape));
    if (!shape.odd) shape.components = 1; /* fluxes are several numbers, but no vector */
    PetscCall(rate_of_network(run, &shape, &budget->network));
  }
  if (learned && type->tractable) PetscCall(rate_of_drawing(run, type, &budget->network));
  if (sq_mc_default(&run->action)) PetscCall(rate_of_updates(run, &budget->updates));
  PetscFunctionReturn(0);
}
