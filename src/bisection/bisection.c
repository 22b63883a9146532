/* SPDX-License-Identifier: BSD-3-Clause */
/* bisection: the model with an exact density. All that is drawn together, the midpoints of intervals of one length at
 * one depth in all fields of a batch, are entries of runs; an entry reads its two ends, so the order is that of depths.
 *
 * The lattice is not cut: every rank has all of it. */
#include "src/bisection/shape.h"
#include <math.h>
#include <string.h>

enum { DRAW_NORMAL = 0, DRAW_PART = 8 };

typedef struct {
  const sq_lattice *lattice;
  sq_bisection_shape shape;
  sq_bisection_plan plan;
  sq_bisection_path path;
  sq_bisection_net net;
  const sq_action_given *given;
  double *table; /* of given */
  double scale;  /* of what networks see */
  int64_t size;  /* weights of a network */
  float *weight; /* [parameters] */
  double *x;     /* [batch][sites] the fields at hand */
  sq_stream *stream;
  double *h, *log_z, *V, *value;            /* [batch] */
  float *in, *before, *after, *out, *slope; /* [2][RUNS] runs */
  float *work;
  bool draws; /* x is being drawn; else it is given */
} bisection;

/* A run of entries of a group. */
typedef struct {
  const sq_bisection_group *group;
  int64_t first; /* entry */
  int count, fields;
  double x[RUN], log_q[RUN], factor[RUN];
  sq_bisection_law law;
} run_of;

static void where(const bisection *m, const run_of *r, int i, int *field, const sq_bisection_node **node)
{
  const int64_t entry = r->first + PetscMin(i, r->count - 1); /* what is over repeats the last */
  *field = (int)(entry % r->fields);
  *node = &m->plan.node[r->group->first + entry / r->fields];
}

/* ---- networks ---- */

static const float *weights_of(const bisection *m, const sq_bisection_group *g)
{
  return m->weight + m->net.outputs + g->network * m->size;
}

/* The ends as networks see them, and the Gaussian path between them. */
static void look(const bisection *m, run_of *r, float *in[2])
{
  const int64_t n = r->group->length;
  const sq_bisection_bridge bridge = sq_bisection_bridge_of(&m->path, n / 2, n - n / 2);
  for (int i = 0; i < RUN; i++) {
    const sq_bisection_node *node;
    int field;
    where(m, r, i, &field, &node);
    const double *x = m->x + field * m->plan.sites, left = x[node->left], right = x[node->right];
    r->law.mean[i] = bridge.left * left + bridge.right * right;
    r->law.width[i] = bridge.width;
    for (int side = 0; side < 2; side++) {
      const double sign = (side ? -0.5 : 0.5) / m->scale;
      in[side][i] = (float)(sign * (left + right));
      in[side][RUN + i] = (float)(sign * (left - right));
    }
  }
}

/* The law of run number k of those that are kept. */
static void evaluate(bisection *m, int k, run_of *r)
{
  const int64_t all = m->net.hidden * m->net.channels * RUN;
  float *in[2];
  for (int side = 0; side < 2; side++) in[side] = m->in + (side * RUNS + k) * INPUTS * RUN;
  look(m, r, in);
  r->law.mixture = m->shape.mixture;
  for (int side = 0; side < 2; side++) {
    const int64_t at = side * RUNS + k;
    float *out = m->out + at * m->net.outputs * RUN;
    sq_bisection_net_forward(&m->net, weights_of(m, r->group), in[side], m->before + at * all, m->after + at * all,
                             out);
    r->law.out[side] = out;
  }
}

/* ---- x_0 ---- */

static const sq_bisection_group first_group = {.network = -1};

/* The law of x_0, its outputs in the place of run 0. */
static void evaluate_first(bisection *m, run_of *r)
{
  for (int o = 0; o < m->net.outputs; o++)
    for (int i = 0; i < RUN; i++) m->out[o * RUN + i] = m->weight[o];
  r->law = (sq_bisection_law){.mixture = m->shape.mixture, .out = {m->out, m->out}};
  for (int i = 0; i < RUN; i++) r->law.width[i] = sq_bisection_ring(&m->path, m->plan.sites);
}

/* ---- draws and densities ---- */

static void random_numbers(const bisection *m, const run_of *r, double *u, double *normal)
{
  for (int i = 0; i < RUN; i++) {
    const sq_bisection_node *node;
    int field = (int)(r->first + PetscMin(i, r->count - 1));
    uint64_t site = 0;
    if (r->group->network >= 0) {
      where(m, r, i, &field, &node);
      site = (uint64_t)node->middle;
    }
    u[i] = sq_rng_uniform(m->stream[field], site, 0, DRAW_PART);
    sq_rng_normals(m->stream[field], site, 1, 0, DRAW_NORMAL, &normal[i]);
  }
}

/* The place of entry i. */
static double *place(bisection *m, const run_of *r, int i, int *field)
{
  const sq_bisection_node *node;
  *field = (int)(r->first + PetscMin(i, r->count - 1));
  if (r->group->network < 0) return m->x + *field * m->plan.sites;
  where(m, r, i, field, &node);
  return m->x + *field * m->plan.sites + node->middle;
}

/* Draws, or reads, the entries of a run whose law is known. */
static void settle(bisection *m, run_of *r)
{
  double u[RUN], normal[RUN];
  int field;
  if (m->draws) {
    random_numbers(m, r, u, normal);
    sq_bisection_law_draw(&r->law, u, normal, r->x);
    for (int i = 0; i < r->count; i++) *place(m, r, i, &field) = r->x[i];
  } else
    for (int i = 0; i < RUN; i++) r->x[i] = *place(m, r, i, &field);
}

static void add_run(bisection *m, run_of *r, double *log_q)
{
  int field;
  settle(m, r);
  sq_bisection_law_density(&r->law, r->x, r->log_q);
  for (int i = 0; i < r->count; i++) {
    (void)place(m, r, i, &field);
    log_q[field] += r->log_q[i];
  }
}

static void take_first(bisection *m, int fields, double *log_q)
{
  for (int first = 0; first < fields; first += RUN) {
    run_of r = {&first_group, first, PetscMin(RUN, fields - first), fields};
    evaluate_first(m, &r);
    add_run(m, &r, log_q);
  }
}

static void take_group(bisection *m, const sq_bisection_group *g, int fields, double *log_q)
{
  for (int64_t first = 0; first < g->count * fields; first += RUN) {
    run_of r = {g, first, (int)PetscMin(RUN, g->count * fields - first), fields};
    evaluate(m, 0, &r);
    add_run(m, &r, log_q);
  }
}

/* A site between two that are known, or, of a lattice of one site, alone: its link to itself is in the table. */
static void take_exact(bisection *m, const sq_bisection_node *node, int fields, double *log_q)
{
  const sq_action *action = &m->shape.action;
  const int64_t n = m->plan.sites;
  const double hop = m->given->hop(action, SQ_DIM - 1), own = n == 1 ? hop : 0;
  for (int b = 0; b < fields; b++) m->h[b] = n == 1 ? 0 : hop * (m->x[b * n + node->left] + m->x[b * n + node->right]);
  if (m->draws) m->given->draw(action, m->table, fields, m->h, m->stream, (uint64_t)node->middle, 0, m->value);
  for (int b = 0; b < fields; b++)
    if (m->draws) m->x[b * n + node->middle] = m->value[b];
    else m->value[b] = m->x[b * n + node->middle];
  m->given->log_z(action, m->table, fields, m->h, m->log_z, NULL);
  m->given->potential(action, fields, m->value, m->V);
  for (int b = 0; b < fields; b++)
    log_q[b] += m->h[b] * m->value[b] - (m->V[b] - own * m->value[b] * m->value[b]) - m->log_z[b];
}

static void take(bisection *m, int fields, double *log_q)
{
  memset(log_q, 0, (size_t)fields * sizeof *log_q);
  if (m->plan.sites == 1) take_exact(m, &(const sq_bisection_node){0, 0, 0}, fields, log_q);
  else take_first(m, fields, log_q);
  for (int g = 0; g < m->plan.groups; g++) take_group(m, &m->plan.group[g], fields, log_q);
  for (int64_t k = 0; k < m->plan.exact; k++) take_exact(m, &m->plan.node[m->plan.nodes + k], fields, log_q);
}

static PetscErrorCode draw(void *self, uint64_t seed, int64_t first, int count, double *blocks, double *log_q)
{
  bisection *m = self;
  m->draws = true;
  for (int b = 0; b < count; b++) m->stream[b] = sq_stream_make(seed, SQ_RNG_MULTILEVEL, (uint64_t)(first + b));
  take(m, count, log_q);
  memcpy(blocks, m->x, (size_t)(count * m->plan.sites) * sizeof *blocks);
  return 0;
}

static PetscErrorCode density(void *self, int count, const double *blocks, double *log_q)
{
  bisection *m = self;
  m->draws = false;
  memcpy(m->x, blocks, (size_t)(count * m->plan.sites) * sizeof *blocks);
  take(m, count, log_q);
  return 0;
}

/* ---- gradients ---- */

/* The slopes of run number k of those that are kept. */
static void differentiate(bisection *m, int k, run_of *r, const double *factor)
{
  const int64_t size = m->net.outputs * RUN;
  float *slope[2] = {m->slope + k * size, m->slope + (RUNS + k) * size};
  int field;
  for (int i = 0; i < RUN; i++) {
    r->x[i] = *place(m, r, i, &field);
    r->factor[i] = i < r->count ? factor[field] : 0;
  }
  sq_bisection_law_gradient(&r->law, r->x, r->factor, slope);
}

static void learn_first(bisection *m, int fields, const double *factor, float *gradient)
{
  const int64_t size = m->net.outputs * RUN;
  for (int first = 0; first < fields; first += RUN) {
    run_of r = {&first_group, first, PetscMin(RUN, fields - first), fields};
    evaluate_first(m, &r);
    differentiate(m, 0, &r, factor);
    for (int64_t o = 0; o < m->net.outputs; o++)
      for (int i = 0; i < RUN; i++) gradient[o] += m->slope[o * RUN + i] + m->slope[RUNS * size + o * RUN + i];
  }
}

/* Runs of a group from entry `first` on. */
static void learn_runs(bisection *m, const sq_bisection_group *g, int64_t first, int fields, const double *factor,
                       float *gradient)
{
  const int64_t entries = g->count * fields, all = m->net.hidden * m->net.channels * RUN;
  int runs = 0;
  for (; runs < RUNS && first < entries; runs++, first += RUN) {
    run_of r = {g, first, (int)PetscMin(RUN, entries - first), fields};
    evaluate(m, runs, &r);
    differentiate(m, runs, &r, factor);
  }
  for (int side = 0; side < 2; side++) {
    const int64_t at = side * RUNS;
    sq_bisection_net_backward(&m->net, weights_of(m, g), runs, m->in + at * INPUTS * RUN, m->before + at * all,
                              m->after + at * all, m->slope + at * m->net.outputs * RUN, m->work,
                              gradient + m->net.outputs + g->network * m->size);
  }
}

static PetscErrorCode backward(void *self, int count, const double *factor, float *gradient)
{
  bisection *m = self;
  if (m->plan.sites > 1) learn_first(m, count, factor, gradient);
  for (int k = 0; k < m->plan.groups; k++) {
    const sq_bisection_group *g = &m->plan.group[k];
    for (int64_t first = 0; first < g->count * count; first += RUNS * RUN)
      learn_runs(m, g, first, count, factor, gradient);
  }
  return 0;
}

/* ---- the model ---- */

static void load(void *self, const float *weight)
{
  bisection *m = self;
  memcpy(m->weight, weight, (size_t)sq_bisection_parameters(&m->shape) * sizeof *weight);
}

static PetscErrorCode destroy(void *self)
{
  bisection *m = self;
  sq_bisection_plan_clear(&m->plan);
  double **number[] = {&m->table, &m->x, &m->h, &m->log_z, &m->V, &m->value};
  for (size_t i = 0; i < sizeof number / sizeof *number; i++) sq_free(number[i]);
  float **part[] = {&m->weight, &m->in, &m->before, &m->after, &m->out, &m->slope, &m->work};
  for (size_t i = 0; i < sizeof part / sizeof *part; i++) sq_free(part[i]);
  sq_free(&m->stream);
  sq_free(&m);
  return 0;
}

static PetscErrorCode allocate(bisection *m, int batch)
{
  PetscFunctionBeginUser;
  const int64_t kept = 2 * RUNS * RUN, all = kept * m->net.hidden * m->net.channels;
  double **number[] = {&m->h, &m->log_z, &m->V, &m->value};
  for (size_t i = 0; i < sizeof number / sizeof *number; i++) PetscCall(sq_alloc(batch, number[i]));
  PetscCall(sq_alloc(batch * m->plan.sites, &m->x));
  PetscCall(sq_alloc(batch, &m->stream));
  PetscCall(sq_alloc(sq_bisection_parameters(&m->shape), &m->weight));
  PetscCall(sq_alloc(kept * INPUTS, &m->in));
  PetscCall(sq_alloc(all, &m->before));
  PetscCall(sq_alloc(all, &m->after));
  PetscCall(sq_alloc(kept * m->net.outputs, &m->out));
  PetscCall(sq_alloc(kept * m->net.outputs, &m->slope));
  PetscCall(sq_alloc(kept * m->net.channels, &m->work));
  if (m->given->prepare) PetscCall(m->given->prepare(&m->shape.action, m->plan.sites == 1, &m->table));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_bisection_create(const sq_lattice *lattice, const sq_bisection_shape *shape, int batch,
                                   sq_tractable *model)
{
  PetscFunctionBeginUser;
  bisection *m;
  SqCheck(lattice->dim == 1 && lattice->volume == shape->sites && lattice->local_volume == lattice->volume,
          SQ_EVERY_RANK, SQ_ERR_INPUT, "bisection is for paths of %lld sites that are not cut",
          (long long)shape->sites);
  PetscCall(sq_alloc(1, &m));
  *m = (bisection){.lattice = lattice, .shape = *shape, .given = shape->action.type->given};
  m->net = sq_bisection_net_of(shape);
  m->size = sq_bisection_net_parameters(&m->net);
  m->path = sq_bisection_path_of(&shape->action);
  m->scale = sq_bisection_ring(&m->path, shape->sites);
  PetscCall(sq_bisection_plan_make(shape->sites, &m->plan));
  PetscCall(allocate(m, batch));
  *model = (sq_tractable){.self = m,
                          .lattice = lattice,
                          .components = 1,
                          .batch = batch,
                          .parameters = sq_bisection_parameters(shape),
                          .cost = 1,
                          .load = load,
                          .draw = draw,
                          .density = density,
                          .backward = backward,
                          .destroy = destroy};
  PetscFunctionReturn(0);
}
