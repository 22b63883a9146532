/* SPDX-License-Identifier: BSD-3-Clause */
/* The type gan: a forger that makes fields of noise at once and has learned from a critic which ones to make. No
 * density of its fields is known. A file has the forger; the critic is in checkpoints. */
#include "src/model/gan.h"
#include "src/model/types.h"
#include <limits.h>
#include <math.h>
#include <string.h>

static const char *lacks(const sq_action *action)
{
  if (sq_output_kind_for(action)) return NULL;
  return sq_output_kinds[0]->lacks(action);
}

static PetscErrorCode check(const sq_deck *deck, const sq_action *action)
{
  PetscFunctionBeginUser;
  sq_adversary_shape shape;
  PetscCall(sq_gan_read(deck, action, &shape));
  PetscFunctionReturn(0);
}

static const sq_action *action_of(const void *self)
{
  return &((const sq_gan *)self)->shape.action;
}

static const double *weights(const void *self, int64_t *count)
{
  const sq_gan *g = self;
  *count = g->parameters;
  return g->weight;
}

static PetscErrorCode layout(const void *self, sq_layout *list)
{
  PetscFunctionBeginUser;
  const sq_gan *g = self;
  PetscCall(sq_forger_layout(&g->shape, list));
  PetscFunctionReturn(0);
}

/* ---- files ---- */

enum { SHAPE_NUMBERS = 7 };

static PetscErrorCode put(const void *self, sq_store *store)
{
  PetscFunctionBeginUser;
  const sq_gan *g = self;
  const sq_network_shape *s = &g->shape.forger;
  const int64_t numbers = SHAPE_NUMBERS, four = SQ_DIM,
                shape[SHAPE_NUMBERS] = {s->dim, s->channels, s->blocks,        s->levels,
                                        s->odd, s->inputs,   g->shape.gaussian};
  char text[256];
  sq_action_describe(&g->shape.action, text, sizeof text);
  PetscCall(sq_store_put_text(store, "action", text));
  PetscCall(sq_store_put_text(store, "outputs", g->shape.outputs->name));
  PetscCall(sq_store_put_ints(store, "shape", 1, &numbers, shape));
  PetscCall(sq_store_put_ints(store, "extents", 1, &four, g->extent));
  PetscCall(sq_store_put_reals(store, "scales", 1, (int64_t[]){2}, &g->shape.scales.width));
  if (g->shape.outputs->measure) {
    PetscCall(sq_store_put_reals(store, "mean_flux", 1, &four, g->shape.scales.mean));
    PetscCall(sq_store_put_reals(store, "spread_flux", 1, &four, g->shape.scales.spread));
  }
  if (g->shape.orbits.count)
    PetscCall(sq_store_put_reals(store, "propagator", 1, &g->shape.orbits.count, g->shape.propagator));
  PetscCall(sq_store_put_reals(store, "weights", 1, &g->parameters, g->weight));
  PetscFunctionReturn(0);
}

/* Numbers of the file, finite, and positive where that is wanted; the caller's. */
static PetscErrorCode get_numbers(MPI_Comm comm, const sq_store *store, const char *path, const char *name,
                                  int64_t count, bool positive, double **out)
{
  PetscFunctionBeginUser;
  const double *values;
  PetscCall(sq_store_reals(store, name, count, &values));
  for (int64_t i = 0; i < count; i++)
    SqCheck(isfinite(values[i]) && (values[i] > 0 || !positive), comm, SQ_ERR_DATA, "%s: %s[%lld] = %g is impossible",
            path, name, (long long)i, values[i]);
  PetscCall(sq_alloc(count, out));
  memcpy(*out, values, (size_t)count * sizeof **out);
  PetscFunctionReturn(0);
}

static PetscErrorCode get_lattice(MPI_Comm comm, const sq_store *store, const char *path, int dim, sq_gan *g)
{
  PetscFunctionBeginUser;
  const int64_t *extent;
  double volume = 1;
  bool sane = dim >= 1 && dim <= SQ_DIM;
  PetscCall(sq_store_ints(store, "extents", SQ_DIM, &extent));
  for (int mu = 0; mu < SQ_DIM; mu++) {
    sane = sane && extent[mu] >= 1 && (mu >= SQ_DIM - dim || extent[mu] == 1);
    volume *= (double)extent[mu];
  }
  SqCheck(sane && volume < 1e9, comm, SQ_ERR_DATA, "%s: impossible extents", path);
  memcpy(g->extent, extent, sizeof g->extent);
  PetscFunctionReturn(0);
}

static PetscErrorCode get_shape(MPI_Comm comm, const sq_store *store, const char *path, sq_gan *g)
{
  PetscFunctionBeginUser;
  const int64_t *shape;
  const char *text, *name;
  sq_adversary_shape *s = &g->shape;
  PetscCall(sq_store_text(store, "action", &text));
  PetscCall(sq_store_text(store, "outputs", &name));
  PetscCall(sq_store_ints(store, "shape", SHAPE_NUMBERS, &shape));
  bool sane = true;
  for (int i = 0; i < SHAPE_NUMBERS; i++) sane = sane && shape[i] >= 0 && shape[i] <= INT_MAX;
  PetscCall(get_lattice(comm, store, path, sane ? (int)shape[0] : 0, g));
  SqCheck(sq_action_read(text, (int)shape[0], &s->action), comm, SQ_ERR_DATA, "%s is of the action %s, which is none",
          path, text);
  s->outputs = sq_output_kind_find(name);
  SqCheck(s->outputs && !s->outputs->lacks(&s->action), comm, SQ_ERR_DATA,
          "%s: outputs of the kind %.60s are none of the action %s", path, name, text);
  const sq_output_sizes sizes = s->outputs->sizes(&s->action);
  s->gaussian = shape[6] != 0;
  s->forger = (sq_network_shape){.dim = (int)shape[0],
                                 .channels = (int)shape[1],
                                 .blocks = (int)shape[2],
                                 .width = 1,
                                 .levels = (int)shape[3],
                                 .odd = shape[4] != 0,
                                 .inputs = (int)shape[5],
                                 .outputs = sizes.outputs,
                                 .components = sizes.components > 1 ? sizes.components : 0};
  SqCheck(sq_network_valid(&s->forger) && s->forger.inputs <= SQ_FORGER_CHANNELS &&
            s->forger.inputs > sizes.uniform + sizes.lines,
          comm, SQ_ERR_DATA, "%s: its network is not one of squall's", path);
  PetscFunctionReturn(0);
}

/* What the row measured beside the two scales. */
static PetscErrorCode get_measured(MPI_Comm comm, const sq_store *store, const char *path, sq_output_scales *scales)
{
  PetscFunctionBeginUser;
  double *mean, *spread;
  bool sane = true;
  PetscCall(get_numbers(comm, store, path, "mean_flux", SQ_DIM, false, &mean));
  PetscCall(get_numbers(comm, store, path, "spread_flux", SQ_DIM, false, &spread));
  for (int nu = 0; nu < SQ_DIM; nu++) {
    scales->mean[nu] = mean[nu];
    scales->spread[nu] = spread[nu];
    sane = sane && fabs(mean[nu]) < SQ_FLUX_MOST && spread[nu] >= 0 && spread[nu] < SQ_FLUX_MOST;
  }
  sq_free(&mean);
  sq_free(&spread);
  SqCheck(sane, comm, SQ_ERR_DATA, "%s: impossible fluxes", path);
  PetscFunctionReturn(0);
}

static PetscErrorCode get_all(MPI_Comm comm, const sq_store *store, const char *path, sq_gan *g)
{
  PetscFunctionBeginUser;
  sq_adversary_shape *s = &g->shape;
  double *scales;
  PetscCall(get_shape(comm, store, path, g));
  PetscCall(get_numbers(comm, store, path, "scales", 2, true, &scales));
  s->scales = (sq_output_scales){.width = scales[0], .zero = scales[1]};
  sq_free(&scales);
  if (s->outputs->measure) PetscCall(get_measured(comm, store, path, &s->scales));
  if (s->gaussian) {
    SqCheck(sq_orbits_count(g->extent) == (double)sq_store_length(store, "propagator"), comm, SQ_ERR_DATA,
            "%s: its propagator is not of its lattice", path);
    PetscCall(sq_orbits_create(s->forger.dim, g->extent, &s->orbits));
    PetscCall(get_numbers(comm, store, path, "propagator", s->orbits.count, true, &s->propagator));
  }
  g->parameters = sq_forger_parameters(s);
  PetscCall(get_numbers(comm, store, path, "weights", g->parameters, false, &g->weight));
  PetscFunctionReturn(0);
}

static PetscErrorCode get(MPI_Comm comm, const sq_store *store, const char *path, void **self)
{
  PetscFunctionBeginUser;
  sq_gan *g;
  PetscCall(sq_alloc(1, &g));
  PetscErrorCode code = get_all(comm, store, path, g);
  *self = g;
  if (code) PetscCall(sq_gan_destroy(self));
  PetscCall(code);
  PetscFunctionReturn(0);
}

/* ---- the generator ---- */

/* Arrays of so many fields, beside the networks. */
static double bytes_of(const sq_adversary_shape *s, const int64_t extent[SQ_DIM], int batch, bool learning)
{
  const sq_output_sizes sizes = s->outputs->sizes(&s->action);
  const double arrays = s->forger.inputs + sizes.outputs + 2 + (learning ? sizes.features + s->critic.outputs + 2 : 0);
  const double networks = sq_network_bytes(&s->forger, extent, batch, learning) +
                          (learning ? sq_network_bytes(&s->critic, extent, batch, true) : 0);
  return networks + 8 * arrays * batch * sq_volume(extent) * sq_action_components(&s->action);
}

static sq_generator_needs needs_of(const sq_adversary_shape *s, const int64_t extent[SQ_DIM])
{
  const int batch = sq_network_batch(&s->forger, (int64_t)sq_volume(extent));
  return (sq_generator_needs){.batch = batch,
                              .bytes = bytes_of(s, extent, batch, false),
                              .grain = sq_network_grain(&s->forger),
                              .whole = s->outputs->whole,
                              .tables = sq_network_weight_bytes(&s->forger, false),
                              .flops = sq_network_flops(&s->forger) * sq_volume(extent),
                              .weights = (double)sq_forger_parameters(s)};
}

static sq_generator_needs needs(const void *self, const int64_t extent[SQ_DIM])
{
  return needs_of(&((const sq_gan *)self)->shape, extent);
}

/* A step takes a field of the forger forward twice and back once, and, for each step of the critic, two more fields
 * through this and one more of the forger: as many evaluations as three of flops are. */
static double flops_of_learning(const sq_adversary_shape *s, int critic_steps)
{
  const double forger = sq_network_flops(&s->forger), critic = sq_network_flops(&s->critic), steps = critic_steps;
  return ((3 + steps) * forger + (3 + 6 * steps) * critic) / 3;
}

static PetscErrorCode needed(const sq_deck *deck, const sq_action *action, const int64_t extent[SQ_DIM], bool learning,
                             sq_generator_needs *needs)
{
  PetscFunctionBeginUser;
  sq_adversary_shape shape;
  sq_train_settings set;
  PetscCall(sq_gan_read(deck, action, &shape));
  *needs = needs_of(&shape, extent);
  if (!learning) PetscFunctionReturn(0);
  PetscCall(sq_train_settings_from_deck(deck, &set));
  needs->batch = sq_gan_micro(&shape, extent, set.options.learner.batch);
  needs->bytes = bytes_of(&shape, extent, needs->batch, true);
  needs->grain = PetscMax(needs->grain, sq_network_grain(&shape.critic));
  needs->tables = sq_network_weight_bytes(&shape.forger, true) + sq_network_weight_bytes(&shape.critic, true);
  needs->flops = flops_of_learning(&shape, set.critic_steps) * sq_volume(extent);
  needs->weights += (double)sq_critic_parameters(&shape);
  PetscFunctionReturn(0);
}

static PetscErrorCode tell(const sq_deck *deck, const sq_action *action, const int64_t extent[SQ_DIM], char *text,
                           size_t size)
{
  PetscFunctionBeginUser;
  sq_adversary_shape s;
  PetscCall(sq_gan_read(deck, action, &s));
  snprintf(text, size,
           "forger of %lld weights, %s, %.4g Mflop a field; critic of %lld weights, %.4g Mflop; no density: not exact",
           (long long)sq_forger_parameters(&s), s.forger.odd ? "odd in phi" : "general",
           sq_network_flops(&s.forger) * sq_volume(extent) / 1e6, (long long)sq_critic_parameters(&s),
           sq_network_flops(&s.critic) * sq_volume(extent) / 1e6);
  PetscFunctionReturn(0);
}

static PetscErrorCode generate(void *self, uint64_t seed, int64_t first, int count, double *blocks, double *minus_log_q,
                               sq_generator_watch watch, void *context)
{
  PetscFunctionBeginUser;
  (void)watch, (void)context;
  PetscCall(sq_forger_draw(self, seed, first, count, blocks));
  for (int b = 0; b < count; b++) minus_log_q[b] = NAN;
  PetscFunctionReturn(0);
}

static double one_evaluation(const void *self)
{
  (void)self;
  return 1;
}

static PetscErrorCode destroy_forger(void *owner)
{
  PetscFunctionBeginUser;
  sq_forger *forger = owner;
  PetscCall(sq_forger_destroy(&forger));
  PetscFunctionReturn(0);
}

static PetscErrorCode generator(const void *self, const sq_sample_settings *set, sq_fft *fft, bool plain,
                                sq_generator *out)
{
  PetscFunctionBeginUser;
  const sq_gan *g = self;
  const int batch = needs(g, fft->lattice->extent).batch;
  sq_forger *forger;
  float *weight;
  (void)set, (void)plain;
  PetscCall(sq_forger_create(fft, &g->shape, batch, false, &forger));
  PetscCall(sq_alloc(g->parameters, &weight));
  for (int64_t i = 0; i < g->parameters; i++) weight[i] = (float)g->weight[i];
  sq_forger_load(forger, weight);
  sq_free(&weight);
  *out = (sq_generator){.self = forger,
                        .owner = forger,
                        .lattice = fft->lattice,
                        .components = sq_action_components(&g->shape.action),
                        .batch = batch,
                        .generate = generate,
                        .cost = one_evaluation,
                        .destroy = destroy_forger};
  PetscFunctionReturn(0);
}

static void describe(const void *self, char *text, size_t size)
{
  const sq_gan *g = self;
  snprintf(text, size, "forger against critic, %s",
           g->shape.gaussian ? "from a Gaussian field on" : "from white noise");
}

static double numbers(const void *self)
{
  return (double)((const sq_gan *)self)->shape.orbits.count + 2;
}

const sq_model_type sq_model_type_gan = {.name = "gan",
                                         .summary = "a forger against a critic: fields at once, without a density",
                                         .params = sq_gan_params,
                                         .rival = &sq_gan_critic,
                                         .lacks = lacks,
                                         .check = check,
                                         .destroy = sq_gan_destroy,
                                         .put = put,
                                         .get = get,
                                         .action = action_of,
                                         .weights = weights,
                                         .layout = layout,
                                         .needs = needs,
                                         .generator = generator,
                                         .needed = needed,
                                         .tell = tell,
                                         .create = sq_gan_create,
                                         .update = sq_gan_update,
                                         .describe = describe,
                                         .numbers = numbers};
