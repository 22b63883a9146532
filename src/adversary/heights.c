/* SPDX-License-Identifier: BSD-3-Clause */
/* Fluxes without divergence by construction, in two directions: k is made of integer heights h on plaquettes and two
 * windings w (sq_flux_heights). The outputs are g at every site, l_0, l_1, and two numbers whose averages over the
 * sites are of the whole field:
 *
 *   w_nu = round(m_nu + s_nu (z_nu + tanh(average)/10)),
 *   h(t, s) = round(width g + w_0 (s/N_1 - u_1) - w_1 (t/N_0 - u_0)),
 *
 * with m_nu, s_nu such that round(m_nu + s_nu z_nu) has the mean and the variance of the fields that are learned from,
 * z_nu normal and u_nu uniform numbers of the field. So the numbers of particles have their own mean and variance, and
 * the network, which sees the z_nu at every site, shapes their distribution a little: a forger that learns faster than
 * its critic would carry the mean away. Particles run where width g plus a slope crosses half integers; u puts these
 * lines anywhere, so that all translations of a field are as likely as it is. */
#include "src/adversary/integers.h"
#include <math.h>
#include <string.h>

enum { GROUND, LINKS, HEADS = 3, OUTPUTS = 5, DIM = 2 };

static const char *lacks(const sq_action *action)
{
  if (!action->type->flux) return "has no fluxes";
  return action->dim == DIM ? NULL : "has fluxes that are made of heights in two directions alone";
}

static sq_output_sizes sizes(const sq_action *action)
{
  return (sq_output_sizes){.outputs = OUTPUTS, .features = 3 * action->dim, .components = 1, .uniform = 2 * DIM};
}

static const int64_t *extents_of(const sq_integers *n)
{
  return n->lattice->extent + SQ_DIM - DIM;
}

static PetscErrorCode create(const sq_lattice *lattice, const sq_action *action, const sq_output_scales *scales,
                             int batch, void **self)
{
  PetscFunctionBeginUser;
  sq_integers *n;
  PetscCall(sq_integers_create(lattice, action, scales, batch, OUTPUTS, &n));
  for (int nu = 0; nu < DIM; nu++) {
    const double length = (double)extents_of(n)[nu], volume = (double)lattice->volume,
                 sigma = scales->spread[nu] * sqrt(volume) / length;
    sq_rounded_normal(scales->mean[nu] * volume / length, sigma * sigma, &n->middle[nu], &n->width[nu]);
  }
  *self = n;
  PetscFunctionReturn(0);
}

static void take(void *self, int count, const double *uniform, double *const line[])
{
  (void)line;
  memcpy(((sq_integers *)self)->uniform, uniform, (size_t)(count * 2 * DIM) * sizeof *uniform);
}

/* How far the network moves a winding, in units of the width. */
static const double reach = 0.03;

static double move_of(const sq_integers *n, int b, const double *head)
{
  const int64_t volume = n->lattice->volume;
  double average = 0;
  for (int64_t x = 0; x < volume; x++) average += head[b * volume + x] / (double)volume;
  return reach * tanh(average);
}

static double winding(const sq_integers *n, int nu, int b, double moved)
{
  return floor(n->middle[nu] + n->width[nu] * (n->uniform[b * 2 * DIM + nu] + moved) + 0.5);
}

/* Uniform in (0, 1) of a normal number. */
static double place(double z)
{
  return 0.5 * erfc(-z / sqrt(2));
}

static void lay(const sq_integers *n, int b, const double *ground, const double w[DIM])
{
  const int64_t *extent = extents_of(n);
  const double *z = n->uniform + b * 2 * DIM + DIM, u[DIM] = {place(z[0]), place(z[1])};
  for (int64_t t = 0; t < extent[0]; t++)
    for (int64_t s = 0; s < extent[1]; s++) {
      const double slope = w[0] * ((double)s / (double)extent[1] - u[1]) -
                           w[1] * ((double)t / (double)extent[0] - u[0]);
      const int64_t x = t * extent[1] + s;
      n->height[x] = floor(n->scales->width * ground[x] + slope + 0.5);
    }
}

static PetscErrorCode make(void *self, int count, double *const out[], double *blocks)
{
  PetscFunctionBeginUser;
  sq_integers *n = self;
  const int64_t volume = n->lattice->volume;
  for (int b = 0; b < count; b++) {
    double *moved = n->uniform + (n->batch * 2 + b) * DIM, w[DIM];
    for (int nu = 0; nu < DIM; nu++) {
      moved[nu] = move_of(n, b, out[HEADS + nu]);
      w[nu] = winding(n, nu, b, moved[nu]);
    }
    lay(n, b, out[GROUND] + b * volume, w);
    sq_flux_heights.fluxes(DIM, extents_of(n), n->height, w, blocks + b * 2 * DIM * volume);
  }
  sq_integers_round(n, count, DIM, LINKS, out, blocks);
  PetscFunctionReturn(0);
}

/* Rounding is passed on as if there were none: k_nu rises with w_nu by L_nu/V everywhere. */
static PetscErrorCode make_back(void *self, int count, const double *cotangent, double *const dout[])
{
  PetscFunctionBeginUser;
  sq_integers *n = self;
  const int64_t volume = n->lattice->volume;
  for (int b = 0; b < count; b++) {
    const double *dk = cotangent + b * 2 * DIM * volume;
    double line[DIM] = {0};
    memset(n->dheight, 0, (size_t)volume * sizeof *n->dheight);
    sq_flux_heights.backward(DIM, extents_of(n), dk, n->dheight, line);
    for (int64_t x = 0; x < volume; x++) dout[GROUND][b * volume + x] = n->scales->width * n->dheight[x];
    for (int nu = 0; nu < DIM; nu++) {
      double sum = 0;
      for (int64_t x = 0; x < volume; x++) sum += dk[nu * volume + x];
      const double moved = n->uniform[(n->batch * 2 + b) * DIM + nu] / reach, bent = reach * (1 - moved * moved),
                   slope = sum * (double)extents_of(n)[nu] / (double)volume * n->width[nu] * bent / (double)volume;
      for (int64_t x = 0; x < volume; x++) dout[HEADS + nu][b * volume + x] = slope;
    }
  }
  sq_integers_round_back(n, count, DIM, LINKS, cotangent, dout);
  PetscFunctionReturn(0);
}

const sq_output_kind sq_output_heights = {.name = "heights",
                                          .summary = "heights and windings, whose fluxes have no divergence",
                                          .whole = true,
                                          .lacks = lacks,
                                          .sizes = sizes,
                                          .measure = sq_integers_measure,
                                          .create = create,
                                          .destroy = sq_integers_destroy,
                                          .take = take,
                                          .make = make,
                                          .make_back = make_back,
                                          .see = sq_integers_see,
                                          .see_back = sq_integers_see_back};
