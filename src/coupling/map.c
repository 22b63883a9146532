/* SPDX-License-Identifier: BSD-3-Clause */
/* Monotone maps of single numbers and their derivatives; see the header. */
#include "src/coupling/map.h"
#include <math.h>

void sq_coupling_bend(double rho, double b, double u, sq_bend *bend)
{
  const double w = b * u * u, q = 1 / (1 + w), rest = 1 - rho, turn = q * q * q * (w - 3);
  bend->value = u * (rho + rest * q);
  bend->slope = rho + rest * (1 - w) * q * q;
  bend->curve = rest * turn * 2 * b * u / bend->slope;
  bend->by_rho = rho * u * w * q;
  bend->slope_by_rho = rho * (1 - (1 - w) * q * q) / bend->slope;
  bend->by_b = -rest * u * w * q * q;
  bend->slope_by_b = rest * turn * w / bend->slope;
}

/* Newton's steps between bounds: N(u)/u lies between 1 and rho. */
double sq_coupling_unbend(double rho, double b, double y)
{
  enum { STEPS = 100 };
  const double size = fabs(y);
  double low = size / fmax(1, rho), high = size / fmin(1, rho), u = size;
  if (!(size > 0) || rho == 1) return y;
  for (int i = 0; i < STEPS; i++) {
    sq_bend bend;
    sq_coupling_bend(rho, b, u, &bend);
    const double excess = bend.value - size, next = u - excess / bend.slope;
    if (excess > 0) high = u;
    else low = u;
    const double to = next >= low && next <= high ? next : 0.5 * (low + high);
    if (fabs(to - u) <= 4e-16 * u) break;
    u = to;
  }
  return copysign(u, y);
}

double sq_coupling_cap(double y, double *slope)
{
  const double shrink = 1 / sqrt(1 + 0.25 * y * y);
  *slope = shrink * shrink * shrink;
  return y * shrink;
}

/* What the map of a site goes by. */
typedef struct {
  double g, scale, s_slope, rho, rho_slope, b;
} site;

static site site_of(const sq_map *m, int64_t i)
{
  site at = {.g = m->out[SQ_MAP_O_G][i] + m->u[i] / m->width, .b = exp(m->shared[SQ_MAP_B])};
  at.scale = exp(sq_coupling_cap(m->shared[SQ_MAP_S] + m->out[SQ_MAP_O_S][i] * at.g, &at.s_slope));
  at.rho = exp(sq_coupling_cap(m->shared[SQ_MAP_RHO] + m->out[SQ_MAP_O_RHO][i] * at.g, &at.rho_slope));
  return at;
}

/* v of x. */
static double enter(const sq_map *m, int64_t i)
{
  return (m->x[i] - m->shared[SQ_MAP_W_IN] * m->u[i]) / m->unit + m->out[SQ_MAP_T_IN][i];
}

void sq_coupling_map(const sq_map *m, double *y, double *log_slope)
{
  for (int64_t i = 0; i < m->n; i++) {
    const site at = site_of(m, i);
    sq_bend bend;
    sq_coupling_bend(at.rho, at.b, enter(m, i), &bend);
    y[i] = m->shared[SQ_MAP_W_OUT] * m->u[i] + m->unit * (m->out[SQ_MAP_T_OUT][i] + at.scale * bend.value);
    log_slope[i] = log(at.scale * bend.slope);
  }
}

void sq_coupling_unmap(const sq_map *m, const double *y, double *log_slope)
{
  for (int64_t i = 0; i < m->n; i++) {
    const site at = site_of(m, i);
    const double left = (y[i] - m->shared[SQ_MAP_W_OUT] * m->u[i]) / m->unit - m->out[SQ_MAP_T_OUT][i];
    const double v = sq_coupling_unbend(at.rho, at.b, left / at.scale);
    sq_bend bend;
    sq_coupling_bend(at.rho, at.b, v, &bend);
    m->x[i] = m->shared[SQ_MAP_W_IN] * m->u[i] + m->unit * (v - m->out[SQ_MAP_T_IN][i]);
    log_slope[i] = log(at.scale * bend.slope);
  }
}

static void clear(int64_t i, double *du, double *const *dout)
{
  du[i] = 0;
  for (int k = 0; k < SQ_MAP_OUTPUTS; k++) dout[k][i] = 0;
}

/* Where y stays, x moves by -dy/dw over the slope: all derivatives are those of a c of y with the other sign. */
void sq_coupling_map_back(const sq_map *m, bool along, double factor, double *c, double *du, double *const *dout,
                          double *dshared)
{
  const double w_in = m->shared[SQ_MAP_W_IN], w_out = m->shared[SQ_MAP_W_OUT];
  for (int64_t i = 0; i < m->n; i++) {
    if (m->site[i] < 0) {
      clear(i, du, dout);
      continue;
    }
    const site at = site_of(m, i);
    sq_bend bend;
    sq_coupling_bend(at.rho, at.b, enter(m, i), &bend);
    const double bent = factor * bend.curve;
    const double cy = along ? c[i] : -(c[i] * m->unit - bent) / (at.scale * bend.slope * m->unit);
    const double e = cy * m->unit * at.scale, dv = e * bend.slope - bent;
    const double ds = (e * bend.value - factor) * at.s_slope;
    const double drho = (e * bend.by_rho - factor * bend.slope_by_rho) * at.rho_slope;
    const double dg = ds * m->out[SQ_MAP_O_S][i] + drho * m->out[SQ_MAP_O_RHO][i];
    dout[SQ_MAP_T_IN][i] = dv;
    dout[SQ_MAP_T_OUT][i] = cy * m->unit;
    dout[SQ_MAP_O_S][i] = ds * at.g;
    dout[SQ_MAP_O_RHO][i] = drho * at.g;
    dout[SQ_MAP_O_G][i] = dg;
    du[i] = dg / m->width - dv * w_in / m->unit + cy * w_out;
    dshared[SQ_MAP_W_IN] -= dv * m->u[i] / m->unit;
    dshared[SQ_MAP_W_OUT] += cy * m->u[i];
    dshared[SQ_MAP_S] += ds;
    dshared[SQ_MAP_RHO] += drho;
    dshared[SQ_MAP_B] += e * bend.by_b - factor * bend.slope_by_b;
    c[i] = along ? dv / m->unit : -cy;
  }
}
