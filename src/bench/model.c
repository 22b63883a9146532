/* SPDX-License-Identifier: BSD-3-Clause */
/* Benchmark of the deck's model where it has an exact density, untrained: fields drawn, densities of given fields, a
 * training step by the reverse divergence, which is drawing and the way back, on replicas as a training has them.
 */
#include "src/bench/bench.h"
#include "src/learning/learning.h"
#include "src/plan/site.h"
#include <math.h>

typedef struct {
  sq_site site;
  sq_model model;
  sq_model_data data;
  sq_train_settings set;
  sq_generator generator;
  sq_objective objective;
  sq_learner *learner;
  double *blocks, *minus_log_q; /* of a batch */
} setting;

static PetscErrorCode draw(void *context)
{
  setting *s = context;
  return sq_generator_generate(&s->generator, 1, 0, s->generator.batch, s->blocks, s->minus_log_q, NULL, NULL);
}

static PetscErrorCode density(void *context)
{
  setting *s = context;
  return s->generator.density(s->generator.self, s->generator.batch, s->blocks, s->minus_log_q);
}

static PetscErrorCode step(void *context)
{
  setting *s = context;
  sq_train_record record;
  return sq_learner_step(s->learner, &record);
}

static PetscErrorCode set_up(sq_run *run, setting *s)
{
  PetscFunctionBeginUser;
  sq_generator_needs needs;
  int64_t count;
  s->model.type = sq_run_model_type(run);
  s->set = run->train;
  s->set.forward = 0;
  s->set.options.learner.steps = 1000000;
  PetscCall(s->model.type->needed(run->deck, &run->action, run->padded, true, &needs));
  const sq_plan plan = sq_train_plan(run, &needs);
  PetscCall(sq_site_create(run, &plan, &s->site));
  s->data = (sq_model_data){
    .grid = s->site.grid, .fft = s->site.fft, .action = &run->action, .set = &s->set, .seed = 1, .where = ""};
  PetscCall(s->model.type->create(run->deck, &s->data, &s->model.self));
  PetscCall(sq_model_generator(&s->model, &run->sample, s->site.fft, true, &s->generator));
  PetscCall(s->model.type->objective(&s->data, s->model.self, &s->objective));
  PetscCall(sq_learner_create(s->site.grid, &s->set.options.learner, &s->objective,
                              s->model.type->weights(s->model.self, &count), &s->learner));
  PetscCall(sq_alloc(s->generator.batch * sq_generator_numbers(&s->generator), &s->blocks));
  PetscCall(sq_alloc(s->generator.batch, &s->minus_log_q));
  PetscFunctionReturn(0);
}

static PetscErrorCode clear(setting *s)
{
  PetscFunctionBeginUser;
  sq_free(&s->blocks);
  sq_free(&s->minus_log_q);
  PetscCall(sq_learner_destroy(&s->learner));
  PetscCall(s->model.type->objective_destroy(&s->objective));
  PetscCall(sq_generator_destroy(&s->generator));
  PetscCall(sq_model_destroy(&s->model));
  PetscCall(sq_site_destroy(&s->site));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_bench_model(sq_bench *bench)
{
  PetscFunctionBeginUser;
  sq_run *run = bench->run;
  const sq_model_type *type = sq_run_model_type(run);
  setting s = {.learner = NULL};
  char where[SQ_SITE_TEXT], what[SQ_SITE_TEXT + 64];
  if (!type->tractable || (type->lacks && type->lacks(&run->action))) PetscFunctionReturn(0);
  PetscCall(set_up(run, &s));
  const double flops = sq_model_needs(&s.model, run->padded).flops;
  const double drawn = (double)s.generator.batch * s.site.grid->replicas, batch = (double)s.set.options.learner.batch;
  const struct {
    const char *name;
    sq_bench_work work;
    double fields, passes; /* passes: as many times the work of drawing a field */
  } parts[] = {{"drawing", draw, drawn, 1}, {"densities", density, drawn, 1}, {"training step", step, batch, 3}};
  (void)sq_site_describe(&s.site, where);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    double seconds;
    PetscCall(sq_bench_time(bench, parts[i].work, &s, &seconds));

    snprintf(what, sizeof what, "%s of %.0f fields; %s", parts[i].name, parts[i].fields, where);
    sq_bench_roof(bench, what, seconds, parts[i].fields * parts[i].passes * flops / run->size, 0);
  }
  PetscCall(clear(&s));
  PetscFunctionReturn(0);
}
