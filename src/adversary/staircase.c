/* SPDX-License-Identifier: BSD-3-Clause */
/* Fluxes of whole numbers that the network is rounded to, by a layer of whole weights that learns their constraint.
 * Outputs u of a site and, averaged over the line through it, of each direction's lines become
 *
 *   h_c(x) = round(width u_c(x)),    m_mu(line) = round(width <u_mu>_line + r),
 *
 * r uniform in (-1/2, 1/2), a number of the line, so that the mean of m is its output as it is and the gradient which
 * is passed on as if nothing had been rounded is that of the mean. Then
 *
 *   k_nu(x) = sum_{c, t} K_{nu,c}(t) h_c(x - t) + sum_mu K_{nu,mu} m_mu(x),    t in {0, 1}^d.
 *
 * K is what a row p of weights, of each hidden number, is after division by its largest and rounding: -1, 0 or 1, as
 * in ternary networks (F. Li, B. Liu, arXiv:1605.04711), and never 0 throughout. Nothing in it knows of a divergence:
 * p begins with normal numbers and learns from the mean of (div k)^2 alone, k made with p before rounding. That is a
 * quadratic form of p over |p|^2, whose lowest value has no others beside it that hold up a descent. In two directions
 * its zero is the curl, times a number which the division takes out, and rounding changes nothing more: k is without
 * divergence for any h, exactly. In more directions there are zeros that rounding would spoil. The l are rounded
 * outputs. */
#include "src/adversary/integers.h"
#include "squall/rng.h"
#include <math.h>
#include <string.h>

/* How far weights of the layer go in a step, in units of those of the network. */
static const double pace = 30;

typedef struct {
  sq_integers *integers;
  int dim, sites, hidden, taps, batch; /* hidden numbers: of sites, then of the lines of each direction */
  int64_t volume;
  int64_t *neighbour;                   /* [taps][volume] x - t */
  double *smooth, *whole, *norm, *most; /* [hidden][dim][taps] p/most and K; [hidden] |p|^2 and the largest |p| */
  double *raw, *step;                   /* [hidden][batch][volume] before and after rounding */
  double *place;                        /* [dim][batch][volume] r */
  double *flux, *divergence, *slope;    /* [dim][volume], [volume], [volume] */
  double *own;                          /* [hidden][dim][taps] */
} staircase;

static const char *lacks(const sq_action *action)
{
  if (!action->type->flux) return "has no fluxes";
  return action->dim <= 2 ? NULL :
                            "has fluxes whose constraint a layer of whole weights learns in two directions at most";
}

/* One would do in two directions; in one there is nothing but lines. */
static int sites_of(const sq_action *action)
{
  return action->dim > 1 ? 2 : 0;
}

static sq_output_sizes sizes(const sq_action *action)
{
  const int d = action->dim;
  return (sq_output_sizes){
    .outputs = sites_of(action) + 2 * d, .features = 3 * d, .components = 1, .uniform = d, .lines = d};
}

/* ---- the layer's weights ---- */

static int64_t weights(const sq_action *action)
{
  return (int64_t)(sites_of(action) + action->dim) * action->dim << action->dim;
}

static void start(const sq_action *action, uint64_t seed, double *weight)
{
  const int64_t count = weights(action);
  sq_rng_normals(sq_stream_make(seed, SQ_RNG_WEIGHTS, 4000), 0, count, 0, 0, weight);
  for (int64_t i = 0; i < count; i++) weight[i] /= pace;
}

/* Numbers of lines are the same at all taps along them, and need one. */
static int taps_of(const staircase *s, int c)
{
  return c < s->sites ? s->taps : 1;
}

static void load(void *self, const float *weight)
{
  staircase *s = self;
  const int row = s->dim * s->taps;
  for (int c = 0; c < s->hidden; c++) {
    double *p = s->smooth + c * row;
    s->norm[c] = s->most[c] = 0;
    for (int i = 0; i < row; i++) {
      p[i] = i % s->taps < taps_of(s, c) ? weight[c * row + i] : 0;
      s->norm[c] += p[i] * p[i];
      s->most[c] = fmax(s->most[c], fabs(p[i]));
    }
    for (int i = 0; i < row; i++) {
      if (s->most[c] > 0) p[i] /= s->most[c];
      s->whole[c * row + i] = round(p[i]);
    }
  }
}

/* ---- make ---- */

/* Site x with coordinate mu less 1 for each bit mu of t. */
static int64_t before(const staircase *s, int t, int64_t x)
{
  const int64_t *extent = s->integers->lattice->extent + SQ_DIM - s->dim;
  int64_t below = 1, y = x;
  for (int mu = s->dim - 1; mu >= 0; mu--) {
    if (t >> mu & 1) y += (x / below % extent[mu] ? -1 : extent[mu] - 1) * below;
    below *= extent[mu];
  }
  return y;
}

static PetscErrorCode allocate(staircase *s)
{
  PetscFunctionBeginUser;
  const int64_t kernel = (int64_t)s->hidden * s->dim * s->taps, numbers = s->hidden * s->batch * s->volume;
  double **kernels[] = {&s->smooth, &s->whole, &s->own}, **rows[] = {&s->norm, &s->most};
  for (int i = 0; i < 3; i++) PetscCall(sq_alloc(kernel, kernels[i]));
  for (int i = 0; i < 2; i++) PetscCall(sq_alloc(s->hidden, rows[i]));
  PetscCall(sq_alloc(numbers, &s->raw));
  PetscCall(sq_alloc(numbers, &s->step));
  PetscCall(sq_alloc(s->dim * s->batch * s->volume, &s->place));
  PetscCall(sq_alloc(s->dim * s->volume, &s->flux));
  PetscCall(sq_alloc(s->volume, &s->divergence));
  PetscCall(sq_alloc(s->volume, &s->slope));
  PetscCall(sq_alloc(s->taps * s->volume, &s->neighbour));
  PetscFunctionReturn(0);
}

static PetscErrorCode create(const sq_lattice *lattice, const sq_action *action, const sq_output_scales *scales,
                             int batch, void **self)
{
  PetscFunctionBeginUser;
  staircase *s;
  PetscCall(sq_alloc(1, &s));
  *s = (staircase){.dim = action->dim,
                   .sites = sites_of(action),
                   .hidden = sites_of(action) + action->dim,
                   .taps = 1 << action->dim,
                   .batch = batch,
                   .volume = lattice->volume};
  PetscCall(allocate(s));
  PetscCall(sq_integers_create(lattice, action, scales, batch, s->hidden + s->dim, &s->integers));
  for (int t = 0; t < s->taps; t++)
    for (int64_t x = 0; x < s->volume; x++) s->neighbour[t * s->volume + x] = before(s, t, x);
  *self = s;
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **self)
{
  PetscFunctionBeginUser;
  staircase *s = *self;
  if (!s) PetscFunctionReturn(0);
  void *integers = s->integers;
  PetscCall(sq_integers_destroy(&integers));
  double **doubles[] = {&s->smooth, &s->whole, &s->norm, &s->most,       &s->raw,  &s->step,
                        &s->place,  &s->flux,  &s->own,  &s->divergence, &s->slope};
  for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) sq_free(doubles[i]);
  sq_free(&s->neighbour);
  sq_free(self);
  PetscFunctionReturn(0);
}

/* ---- fluxes ---- */

/* r of normal numbers; those of whole fields are for the network alone. */
static void take(void *self, int count, const double *uniform, double *const line[])
{
  staircase *s = self;
  (void)uniform;
  for (int mu = 0; mu < s->dim; mu++)
    for (int64_t i = 0; i < count * s->volume; i++)
      s->place[mu * s->batch * s->volume + i] = 0.5 * erfc(-line[mu][i] / sqrt(2)) - 0.5;
}

/* The mean over the line of direction mu through each site. */
static void average_lines(const staircase *s, int mu, const double *in, double *out)
{
  const int64_t *extent = s->integers->lattice->extent + SQ_DIM - s->dim;
  int64_t below = 1;
  for (int nu = s->dim - 1; nu > mu; nu--) below *= extent[nu];
  for (int64_t x = 0; x < s->volume; x++) {
    if (x / below % extent[mu]) continue;
    double sum = 0;
    for (int64_t t = 0; t < extent[mu]; t++) sum += in[x + t * below];
    for (int64_t t = 0; t < extent[mu]; t++) out[x + t * below] = sum / (double)extent[mu];
  }
}

/* A forger that loses does not run away: as sq_integers_round. */
static const double most = 4;

/* Hidden number c of field b. */
static void climb(staircase *s, int c, int b, const double *out)
{
  const double width = s->integers->scales->width;
  double *raw = s->raw + (c * s->batch + b) * s->volume, *step = s->step + (c * s->batch + b) * s->volume;
  const double *place = c < s->sites ? NULL : s->place + ((c - s->sites) * s->batch + b) * s->volume;
  if (c < s->sites) memcpy(raw, out, (size_t)s->volume * sizeof *raw);
  else average_lines(s, c - s->sites, out, raw);
  for (int64_t x = 0; x < s->volume; x++)
    step[x] = floor(width * most * tanh(raw[x] / most) + (place ? place[x] : 0) + 0.5);
}

/* k of field b by a kernel: [dim][volume]. */
static void convolve(const staircase *s, int b, const double *kernel, double *k)
{
  memset(k, 0, (size_t)(s->dim * s->volume) * sizeof *k);
  for (int c = 0; c < s->hidden; c++)
    for (int i = 0; i < s->dim * s->taps; i++) {
      const double factor = kernel[c * s->dim * s->taps + i], *step = s->step + (c * s->batch + b) * s->volume;
      const int64_t *y = s->neighbour + i % s->taps * s->volume;
      double *to = k + i / s->taps * s->volume;
      for (int64_t x = 0; x < s->volume && factor != 0; x++) to[x] += factor * step[y[x]];
    }
}

static PetscErrorCode make(void *self, int count, double *const out[], double *blocks)
{
  PetscFunctionBeginUser;
  staircase *s = self;
  for (int b = 0; b < count; b++) {
    for (int c = 0; c < s->hidden; c++) climb(s, c, b, out[c] + b * s->volume);
    convolve(s, b, s->whole, blocks + b * 2 * s->dim * s->volume);
  }
  sq_integers_round(s->integers, count, s->dim, s->hidden, out, blocks);
  PetscFunctionReturn(0);
}

/* Of hidden number c of field b, by the layer as it is. */
static void descend(staircase *s, int c, int b, const double *dk, double *dout)
{
  const double width = s->integers->scales->width, *raw = s->raw + (c * s->batch + b) * s->volume;
  memset(s->slope, 0, (size_t)s->volume * sizeof *s->slope);
  for (int i = 0; i < s->dim * s->taps; i++) {
    const double factor = s->whole[c * s->dim * s->taps + i], *from = dk + i / s->taps * s->volume;
    const int64_t *y = s->neighbour + i % s->taps * s->volume;
    for (int64_t x = 0; x < s->volume && factor != 0; x++) s->slope[y[x]] += factor * from[x];
  }
  for (int64_t x = 0; x < s->volume; x++) s->slope[x] *= width * (1 - pow(tanh(raw[x] / most), 2));
  if (c < s->sites) memcpy(dout, s->slope, (size_t)s->volume * sizeof *dout);
  else average_lines(s, c - s->sites, s->slope, dout);
}

static PetscErrorCode make_back(void *self, int count, const double *cotangent, double *const dout[])
{
  PetscFunctionBeginUser;
  staircase *s = self;
  for (int c = 0; c < s->hidden; c++)
    for (int b = 0; b < count; b++) descend(s, c, b, cotangent + b * 2 * s->dim * s->volume, dout[c] + b * s->volume);
  sq_integers_round_back(s->integers, count, s->dim, s->hidden, cotangent, dout);
  PetscFunctionReturn(0);
}

/* ---- the constraint ---- */

/* own += d/d(p/most) of the mean of (div k)^2 of field b. */
static void add_slope(staircase *s, int b)
{
  const int row = s->dim * s->taps;
  convolve(s, b, s->smooth, s->flux);
  memset(s->divergence, 0, (size_t)s->volume * sizeof *s->divergence);
  for (int nu = 0; nu < s->dim; nu++)
    for (int64_t x = 0; x < s->volume; x++)
      s->divergence[x] += s->flux[nu * s->volume + x] - s->flux[nu * s->volume + s->neighbour[(s->volume << nu) + x]];
  for (int nu = 0; nu < s->dim; nu++) {
    memset(s->slope, 0, (size_t)s->volume * sizeof *s->slope);
    for (int64_t x = 0; x < s->volume; x++) {
      const double slope = 2 * s->divergence[x] / (double)s->volume;
      s->slope[x] += slope;
      s->slope[s->neighbour[(s->volume << nu) + x]] -= slope;
    }
    for (int c = 0; c < s->hidden; c++)
      for (int t = 0; t < taps_of(s, c); t++) {
        const double *step = s->step + (c * s->batch + b) * s->volume;
        const int64_t *y = s->neighbour + t * s->volume;
        double sum = 0;
        for (int64_t x = 0; x < s->volume; x++) sum += s->slope[x] * step[y[x]];
        s->own[c * row + nu * s->taps + t] += sum;
      }
  }
}

/* The form over |p|^2 does not change along p: that part of the gradient is left out, or p would shrink. */
static void learn(void *self, int count, double share, float *gradient)
{
  staircase *s = self;
  const int row = s->dim * s->taps;
  memset(s->own, 0, (size_t)(s->hidden * row) * sizeof *s->own);
  for (int b = 0; b < count; b++) add_slope(s, b);
  for (int c = 0; c < s->hidden; c++) {
    const double *p = s->smooth + c * row, *own = s->own + c * row;
    double along = 0;
    for (int i = 0; i < row; i++) along += own[i] * p[i];
    along *= s->most[c] * s->most[c] / (s->norm[c] > 0 ? s->norm[c] : 1);
    for (int i = 0; i < row && s->most[c] > 0; i++)
      gradient[c * row + i] += (float)(share * (own[i] - along * p[i]) / s->most[c]);
  }
}

/* ---- what a critic sees ---- */

static PetscErrorCode see(void *self, int count, const double *blocks, double *const feature[])
{
  PetscFunctionBeginUser;
  PetscCall(sq_integers_see(((staircase *)self)->integers, count, blocks, feature));
  PetscFunctionReturn(0);
}

static PetscErrorCode see_back(void *self, int count, const double *blocks, double *const dfeature[], double *cotangent)
{
  PetscFunctionBeginUser;
  PetscCall(sq_integers_see_back(((staircase *)self)->integers, count, blocks, dfeature, cotangent));
  PetscFunctionReturn(0);
}

const sq_output_kind sq_output_staircase = {.name = "staircase",
                                            .summary = "fluxes of whole numbers, by a layer that learns that they have "
                                                       "no divergence",
                                            .whole = true,
                                            .lacks = lacks,
                                            .sizes = sizes,
                                            .weights = weights,
                                            .start = start,
                                            .load = load,
                                            .learn = learn,
                                            .measure = sq_integers_measure,
                                            .create = create,
                                            .destroy = destroy,
                                            .take = take,
                                            .make = make,
                                            .make_back = make_back,
                                            .see = see,
                                            .see_back = see_back};
