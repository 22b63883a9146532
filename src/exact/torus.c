/* SPDX-License-Identifier: BSD-3-Clause */
/* torus: the Ising model in two dimensions on a torus.
 *
 * Z = 1/2 sum of four products over momenta, those of free fermions that are periodic or antiperiodic in the two
 * directions; the product whose fermions close as the spins do has a minus. Fermions of momentum q around one direction
 * ("space") are moved along the other ("time"): the product over their frequencies is closed, of the form
 *   e^{A} prod_q (1 + r_q)   antiperiodic in time,   e^{A} prod_q (1 - r_q)   periodic,    r_q = e^{-L gamma_q},
 * so that their difference is known where it is exponentially small. Everything is scaled by exp(-2 K) of both
 * couplings: no coupling and no lattice overflows.
 *
 * Negative couplings: turning every other spin of a direction changes the sign of its coupling, and for an odd extent
 * its boundary condition.
 */
#include "src/exact/jet.h"
#include <math.h>

typedef struct {
  int64_t time, space; /* extents */
  sq_jet K;            /* sum of both couplings, which are not negative */
  sq_jet a, b;         /* exp(-2 K) of time, of space */
  bool twisted_time, twisted_space;
} torus;

/* e^{log} (rest) with rest neither large nor, unless it must be, small. */
typedef struct {
  sq_jet log, rest;
} sector;

/* log of what momentum q multiplies A with, and r_q. At q = 0 the energy may vanish and change its sign: so does
 * *sign, and r stays below 1. */
static void momentum(const torus *t, long double q, sq_jet *log, sq_jet *r, int *sign)
{
  const sq_jet one = sq_jet_constant(1);
  sq_jet up = sq_jet_add(one, t->b), down = sq_jet_subtract(one, t->b);
  sq_jet edge = sq_jet_subtract(sq_jet_times(t->a, up), down);
  sq_jet hop = sq_jet_times(sq_jet_scale(2, t->b), sq_jet_subtract(one, sq_jet_times(t->a, t->a)));
  sq_jet band = sq_jet_times(sq_jet_scale(4 * sinl(q / 2) * sinl(q / 2), t->a),
                             sq_jet_subtract(one, sq_jet_times(t->b, t->b)));
  sq_jet below = sq_jet_add(sq_jet_times(edge, edge), band), above = sq_jet_add(below, sq_jet_scale(2, hop)), root;
  *sign = q == 0 && edge.at < 0 ? -1 : 1;
  if (q == 0) root = sq_jet_scale(*sign, sq_jet_times(edge, sq_jet_sqrt(above)));
  else root = sq_jet_sqrt(sq_jet_times(below, above));
  sq_jet top = sq_jet_add(sq_jet_add(below, hop), root);
  *log = sq_jet_scale((long double)t->time / 2, sq_jet_log(sq_jet_scale(0.5L, top)));
  *r = sq_jet_power(sq_jet_divide(hop, top), t->time);
}

/* Both products of fermions that are antiperiodic in space or not: signs[0] (antiperiodic in time) + signs[1]
 * (periodic). */
static sector add_sector(const torus *t, bool antiperiodic, const int signs[2])
{
  const sq_jet one = sq_jet_constant(1);
  sq_jet log, r, plus = {0}, minus = {0}, zero = one;
  sector s = {.log = {0}};
  int sign, signed_by = 1;
  for (int64_t l = 0; l < t->space; l++) {
    momentum(t, (2 * l + antiperiodic) * acosl(-1) / (long double)t->space, &log, &r, &sign);
    s.log = sq_jet_add(s.log, log);
    plus = sq_jet_add(plus, sq_jet_log1p(r));
    if (l == 0 && !antiperiodic && r.at > 0.5L) zero = sq_jet_subtract(one, r);
    else minus = sq_jet_add(minus, sq_jet_log1p(sq_jet_scale(-1, r)));
    signed_by *= sign;
  }
  s.log = sq_jet_add(s.log, plus);
  minus = sq_jet_subtract(minus, plus);
  if (signs[0] == signs[1] * signed_by) s.rest = sq_jet_add(one, sq_jet_times(zero, sq_jet_exp(minus)));
  else if (zero.at < 1) s.rest = sq_jet_subtract(one, sq_jet_times(zero, sq_jet_exp(minus)));
  else s.rest = sq_jet_scale(-1, sq_jet_expm1(minus));
  s.rest = sq_jet_scale(signs[0], s.rest);
  return s;
}

/* |coupling|, and what its sign does to the boundary condition. */
static sq_jet ferromagnetic(double beta, double coupling, int64_t extent, bool *twisted)
{
  double sign = beta * coupling < 0 ? -1 : 1;
  if (sign < 0 && extent % 2) *twisted = !*twisted;
  return (sq_jet){sign * beta * coupling, sign * coupling, 0};
}

/* Time along one of the directions. */
static torus make(const int64_t extent[2], double beta, const double coupling[2], const bool twisted[2], int time)
{
  bool turned[2] = {twisted && twisted[0], twisted && twisted[1]};
  sq_jet K[2];
  for (int mu = 0; mu < 2; mu++) K[mu] = ferromagnetic(beta, coupling[mu], extent[mu], &turned[mu]);
  return (torus){.time = extent[time],
                 .space = extent[!time],
                 .K = sq_jet_add(K[0], K[1]),
                 .a = sq_jet_exp(sq_jet_scale(-2, K[time])),
                 .b = sq_jet_exp(sq_jet_scale(-2, K[!time])),
                 .twisted_time = turned[time],
                 .twisted_space = turned[!time]};
}

/* log Z, and what is left of the largest term: how much cancels depends on the direction of time, and nothing does
 * along one that is not twisted. */
static sq_jet log_Z(const torus *t, long double *left)
{
  sector s[2];
  for (int periodic = 0; periodic < 2; periodic++) {
    int signs[2] = {1, 1};
    if (t->twisted_space != periodic) signs[!t->twisted_time] = -1;
    s[periodic] = add_sector(t, !periodic, signs);
  }
  int larger = s[1].log.at > s[0].log.at;
  sq_jet apart = sq_jet_exp(sq_jet_subtract(s[!larger].log, s[larger].log));
  sq_jet sum = sq_jet_add(s[larger].rest, sq_jet_times(apart, s[!larger].rest));
  *left = sum.at / fmaxl(fabsl(s[larger].rest.at), fabsl(apart.at * s[!larger].rest.at));
  return sq_jet_add(sq_jet_scale((long double)t->time * (long double)t->space, t->K),
                    sq_jet_add(s[larger].log, sq_jet_log(sq_jet_scale(0.5L, sum))));
}

sq_exact_thermal sq_exact_ising_torus(const int64_t extent[2], double beta, const double coupling[2],
                                      const bool twisted[2])
{
  long double left[2];
  sq_jet log[2];
  for (int time = 0; time < 2; time++) {
    torus t = make(extent, beta, coupling, twisted, time);
    log[time] = log_Z(&t, &left[time]);
  }
  int better = !(left[0] >= left[1]);
  if (!(left[better] > 1e-8L)) return (sq_exact_thermal){NAN, NAN, NAN, NAN};
  return sq_jet_thermal(log[better], beta, (double)extent[0] * (double)extent[1]);
}
