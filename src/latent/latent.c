/* SPDX-License-Identifier: BSD-3-Clause */
/* The model on a lattice: ways from two normal fields to a field and its hidden numbers, and back, as an sq_tractable.
 *
 * place[j] is f_j of the header. Both directions leave all of them, and what the networks made, for the derivatives.
 */
#include "src/latent/internal.h"
#include <math.h>
#include <string.h>

enum { DRAW_FIELD = 0, DRAW_HIDDEN = SQ_COMPONENTS, DRAW_GIVEN = 2 * SQ_COMPONENTS };
enum { MOST_STEPS = 2 * SQ_LATENT_ROUNDS, MOST_PLACES = MOST_STEPS + 2 };

typedef struct {
  sq_latent_shape shape;
  sq_latent_work work;
  sq_latent_gaussian start[2], end; /* of the places 0 and 1; of the last */
  int steps, count;                 /* count: fields of the last call */
  sq_latent_step step[MOST_STEPS];
  double *place[MOST_PLACES], *slope[MOST_PLACES]; /* [batch][numbers]; slope: derivatives, for backward */
  double *white;                                   /* [numbers] */
  sq_sum *sum;                                     /* [batch] */
} latent;

/* ---- ways ---- */

static void begin(latent *m, int count)
{
  m->count = count;
  memset(m->sum, 0, (size_t)count * sizeof *m->sum);
}

static void add_squares(const latent *m, double sign, sq_sum *sum)
{
  for (int64_t i = 0; i < m->work.numbers; i++) sq_sum_add(sum, sign * 0.5 * m->white[i] * m->white[i]);
}

/* A field of normal numbers with that propagator; log of its density, with that sign, without what all have. */
static PetscErrorCode draw_place(latent *m, const sq_latent_gaussian *g, sq_stream stream, int draw, double sign,
                                 sq_sum *sum, double *x)
{
  PetscFunctionBeginUser;
  for (int c = 0; c < m->work.components; c++)
    sq_block_normals(m->work.lattice, stream, 0, (uint16_t)(draw + c), m->white + c * m->work.sites);
  add_squares(m, -sign, sum);
  PetscCall(sq_latent_filter(&m->work, g->root, 1, m->white, x));
  PetscFunctionReturn(0);
}

/* The density of a given one. */
static PetscErrorCode weigh_place(latent *m, const sq_latent_gaussian *g, double sign, sq_sum *sum, const double *x)
{
  PetscFunctionBeginUser;
  PetscCall(sq_latent_filter(&m->work, g->inverse_root, 1, x, m->white));
  add_squares(m, -sign, sum);
  PetscFunctionReturn(0);
}

/* log q of the ways: what was added, what stretching adds, and what all have. */
static PetscErrorCode end(latent *m, double *log_q)
{
  PetscFunctionBeginUser;
  const sq_latent_work *w = &m->work;
  const double log_2pi = log(2 * PETSC_PI), numbers = w->components * (double)w->lattice->volume,
               same = -0.5 * (w->components *
                                (m->start[0].log_determinant + m->start[1].log_determinant - m->end.log_determinant) +
                              numbers * log_2pi);
  for (int j = 0; j < m->steps; j++)
    for (int64_t i = 0; i < m->count * w->sites; i++)
      sq_sum_add(&m->sum[i / w->sites], -w->components * m->step[j].a[i]);
  PetscCall(sq_sum_reduce(w->lattice->comm, m->count, m->sum));
  for (int b = 0; b < m->count; b++) log_q[b] = same + sq_sum_value(&m->sum[b]);
  PetscFunctionReturn(0);
}

static PetscErrorCode draw(void *self, uint64_t seed, int64_t first, int count, double *blocks, double *log_q)
{
  PetscFunctionBeginUser;
  latent *m = self;
  const sq_latent_work *w = &m->work;
  begin(m, count);
  for (int b = 0; b < count; b++) {
    const sq_stream stream = sq_stream_make(seed, SQ_RNG_LATENT, (uint64_t)(first + b));
    const int64_t at = b * w->numbers;
    PetscCall(draw_place(m, &m->start[0], stream, DRAW_FIELD, 1, &m->sum[b], m->place[0] + at));
    PetscCall(draw_place(m, &m->start[1], stream, DRAW_HIDDEN, 1, &m->sum[b], m->place[1] + at));
  }
  for (int j = 0; j < m->steps; j++) {
    PetscCall(sq_latent_step_look(w, &m->step[j], count, m->place[j + 1]));
    sq_latent_step_apply(w, &m->step[j], count, m->place[j], m->place[j + 2]);
  }
  for (int b = 0; b < count; b++)
    PetscCall(weigh_place(m, &m->end, -1, &m->sum[b], m->place[m->steps + 1] + b * w->numbers));
  memcpy(blocks, m->place[m->steps], (size_t)(count * w->numbers) * sizeof *blocks);
  PetscCall(end(m, log_q));
  PetscFunctionReturn(0);
}

static PetscErrorCode density(void *self, int count, const double *blocks, double *log_q)
{
  PetscFunctionBeginUser;
  latent *m = self;
  const sq_latent_work *w = &m->work;
  begin(m, count);
  memcpy(m->place[m->steps], blocks, (size_t)(count * w->numbers) * sizeof *blocks);
  for (int b = 0; b < count; b++) {
    const int64_t at = b * w->numbers;
    uint64_t bits;
    PetscCall(sq_block_checksum(w->lattice, w->components, blocks + at, &bits));
    const sq_stream stream = sq_stream_make(0, SQ_RNG_LATENT, bits);
    PetscCall(draw_place(m, &m->end, stream, DRAW_GIVEN, -1, &m->sum[b], m->place[m->steps + 1] + at));
  }
  for (int j = m->steps - 1; j >= 0; j--) {
    PetscCall(sq_latent_step_look(w, &m->step[j], count, m->place[j + 1]));
    sq_latent_step_invert(w, &m->step[j], count, m->place[j + 2], m->place[j]);
  }
  for (int b = 0; b < count; b++)
    for (int k = 0; k < 2; k++) PetscCall(weigh_place(m, &m->start[k], 1, &m->sum[b], m->place[k] + b * w->numbers));
  PetscCall(end(m, log_q));
  PetscFunctionReturn(0);
}

/* ---- derivatives ---- */

static void clear_slopes(latent *m)
{
  for (int j = 0; j < m->steps + 2; j++)
    memset(m->slope[j], 0, (size_t)(m->count * m->work.numbers) * sizeof *m->slope[j]);
}

/* slope = factor[b] sign 1/G x: of minus the logarithm of a density. */
static PetscErrorCode slope_of_place(latent *m, const sq_latent_gaussian *g, const double *factor, double sign,
                                     const double *x, double *slope)
{
  PetscFunctionBeginUser;
  PetscCall(sq_latent_filter(&m->work, g->inverse, m->count, x, slope));
  for (int64_t i = 0; i < m->count * m->work.numbers; i++) slope[i] *= sign * factor[i / m->work.numbers];
  PetscFunctionReturn(0);
}

/* The weights of the normal fields at the start: total[i], and what the first rank alone counts, each factor times
 * -1/2 sum_p d log G/d weight. */
static void add_turns(const latent *m, const double *factor, double total[2][SQ_LATENT_TURNS], float *gradient)
{
  double all = 0;
  for (int b = 0; b < m->count; b++) all += factor[b];
  for (int k = 0; k < 2; k++)
    for (int i = 0; i < SQ_LATENT_TURNS; i++) {
      const double same = m->work.components * sq_latent_gaussian_slope(&m->work, &m->start[k], i);
      gradient[k * SQ_LATENT_TURNS + i] += (float)(total[k][i] - (m->work.lattice->rank ? 0 : 0.5 * all * same));
    }
}

/* The noise of the start is held: from the end to the start. */
static PetscErrorCode pull(void *self, int count, const double *cotangent, const double *factor, float *gradient)
{
  PetscFunctionBeginUser;
  latent *m = self;
  sq_latent_work *w = &m->work;
  double total[2][SQ_LATENT_TURNS] = {{0}};
  PetscCheck(count == m->count, w->lattice->comm, PETSC_ERR_ARG_WRONG, "pull is of the last fields");
  clear_slopes(m);
  memcpy(m->slope[m->steps], cotangent, (size_t)(count * w->numbers) * sizeof *cotangent);
  PetscCall(slope_of_place(m, &m->end, factor, 1, m->place[m->steps + 1], m->slope[m->steps + 1]));
  for (int j = m->steps - 1; j >= 0; j--)
    PetscCall(sq_latent_step_pull(w, &m->step[j], count, factor, m->place[j], m->slope[j + 2], m->slope[j],
                                  m->slope[j + 1], gradient));
  for (int k = 0; k < 2; k++)
    PetscCall(sq_latent_gaussian_slopes(w, &m->start[k], count, NULL, m->slope[k], m->place[k], total[k]));
  add_turns(m, factor, total, gradient);
  PetscFunctionReturn(0);
}

/* The end is held: from the start to the end. */
static PetscErrorCode backward(void *self, int count, const double *factor, float *gradient)
{
  PetscFunctionBeginUser;
  latent *m = self;
  sq_latent_work *w = &m->work;
  double total[2][SQ_LATENT_TURNS] = {{0}};
  PetscCheck(count == m->count, w->lattice->comm, PETSC_ERR_ARG_WRONG, "backward is of the last fields");
  clear_slopes(m);
  for (int k = 0; k < 2; k++) {
    PetscCall(slope_of_place(m, &m->start[k], factor, -1, m->place[k], m->slope[k]));
    PetscCall(sq_latent_gaussian_slopes(w, &m->start[k], count, NULL, m->slope[k], m->place[k], total[k]));
    for (int i = 0; i < SQ_LATENT_TURNS; i++) total[k][i] *= -1; /* d(-x^2/2G) = (x^2/2G) d log G */
  }
  for (int j = 0; j < m->steps; j++)
    PetscCall(sq_latent_step_push(w, &m->step[j], count, factor, m->place[j], m->slope[j], m->slope[j + 2],
                                  m->slope[j + 1], gradient));
  add_turns(m, factor, total, gradient);
  PetscFunctionReturn(0);
}

/* ---- set-up ---- */

static void load(void *self, const float *weight)
{
  latent *m = self;
  for (int k = 0; k < 2; k++) {
    double turn[SQ_LATENT_TURNS];
    for (int i = 0; i < SQ_LATENT_TURNS; i++) turn[i] = weight[k * SQ_LATENT_TURNS + i];
    sq_latent_gaussian_load(&m->work, turn, &m->start[k]);
  }
  for (int j = 0; j < m->steps; j++) sq_network_load(m->step[j].network, weight + m->step[j].at);
}

static PetscErrorCode destroy(void *self)
{
  PetscFunctionBeginUser;
  latent *m = self;
  sq_latent_work *w = &m->work;
  for (int j = 0; j < m->steps; j++) PetscCall(sq_latent_step_destroy(&m->step[j]));
  for (int j = 0; j < m->steps + 2; j++) {
    sq_free(&m->place[j]);
    sq_free(&m->slope[j]);
  }
  for (int k = 0; k < 2; k++) sq_latent_gaussian_destroy(&m->start[k]);
  sq_latent_gaussian_destroy(&m->end);
  sq_free(&m->white);
  sq_free(&m->sum);
  sq_free(&w->filter);
  sq_free(&w->da);
  for (int i = 0; i < 4; i++) sq_free(&w->dout[i]);
  for (int i = 0; i < 2; i++) sq_free(&w->din[i]);
  PetscCall(sq_fft_destroy(&w->fft));
  sq_free(&m);
  PetscFunctionReturn(0);
}

/* The free field that the networks' units are of. */
static PetscErrorCode create_units(latent *m)
{
  PetscFunctionBeginUser;
  sq_latent_work *w = &m->work;
  const sq_orbits *orbits = &w->fft->orbits;
  double square = 0, far = 0;
  PetscCall(sq_latent_like(&m->shape.action, w->lattice->extent, &w->like));
  PetscCall(sq_alloc(orbits->count, &w->filter));
  for (int64_t o = 0; o < orbits->count; o++) {
    const double G = 1 / (w->like.mass + w->like.stiffness * sq_latent_bend(&w->like, orbits, o)),
                 share = (double)orbits->multiplicity[o] * G / (double)w->lattice->volume;
    w->filter[o] = w->like.mass * G;
    square += share;
    far += share * w->filter[o] * w->filter[o];
  }
  w->width = sqrt(square);
  w->far_width = sqrt(far);
  PetscFunctionReturn(0);
}

static PetscErrorCode create_scratch(latent *m, bool with_backward)
{
  PetscFunctionBeginUser;
  sq_latent_work *w = &m->work;
  PetscCall(sq_alloc(w->numbers, &m->white));
  PetscCall(sq_alloc(w->batch, &m->sum));
  for (int j = 0; j < m->steps + 2; j++) {
    PetscCall(sq_alloc(w->batch * w->numbers, &m->place[j]));
    if (with_backward) PetscCall(sq_alloc(w->batch * w->numbers, &m->slope[j]));
  }
  if (!with_backward) PetscFunctionReturn(0);
  PetscCall(sq_alloc(w->batch * w->sites, &w->da));
  for (int i = 0; i < 4; i++) PetscCall(sq_alloc(w->batch * w->numbers, &w->dout[i]));
  for (int i = 0; i < 2; i++) PetscCall(sq_alloc(w->batch * w->numbers, &w->din[i]));
  PetscFunctionReturn(0);
}

static PetscErrorCode create_steps(latent *m, bool with_backward)
{
  PetscFunctionBeginUser;
  int64_t at = 2 * SQ_LATENT_TURNS;
  for (int j = 0; j < m->steps; j++) {
    sq_latent_step *s = &m->step[j];
    s->alpha = j % 2 ? sqrt(2) : sqrt(0.5);
    s->beta = j % 2 ? -1 : sqrt(0.5);
    s->at = at;
    PetscCall(sq_latent_step_create(&m->work, &m->shape, with_backward, s));
    at += s->parameters;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_latent_create(const sq_lattice *lattice, const sq_latent_shape *shape, int batch, bool with_backward,
                                sq_tractable *model)
{
  PetscFunctionBeginUser;
  latent *m;
  const int components = sq_action_components(&shape->action);
  PetscCall(sq_alloc(1, &m));
  m->shape = *shape;
  m->steps = 2 * shape->rounds;
  m->work = (sq_latent_work){.lattice = lattice,
                             .components = components,
                             .batch = batch,
                             .sites = lattice->local_volume,
                             .numbers = components * lattice->local_volume};
  PetscCall(sq_fft_create(lattice, &m->work.fft));
  PetscCall(create_units(m));
  for (int k = 0; k < 2; k++) PetscCall(sq_latent_gaussian_create(&m->work, &m->start[k]));
  PetscCall(sq_latent_gaussian_create(&m->work, &m->end));
  PetscCall(create_scratch(m, with_backward));
  PetscCall(create_steps(m, with_backward));
  *model = (sq_tractable){.self = m,
                          .lattice = lattice,
                          .components = components,
                          .batch = batch,
                          .parameters = sq_latent_parameters(shape),
                          .cost = m->steps,
                          .load = load,
                          .draw = draw,
                          .density = density,
                          .backward = with_backward ? backward : NULL,
                          .pull = with_backward ? pull : NULL,
                          .destroy = destroy};
  PetscFunctionReturn(0);
}
