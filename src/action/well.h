/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: a number phi in a quartic potential and a field h, of density exp(h phi - quadratic phi^2 -
 * quartic phi^4)/z(h): what a site of a theory with hopping (hopping.h) is, given its neighbours. Wells may be single
 * or double, and without a quartic term.
 *
 * Not collective.
 */
#ifndef SQUALL_ACTION_WELL_H
#define SQUALL_ACTION_WELL_H

#include "squall/rng.h"
#include "squall/base.h"

/* Cells of |h| in an octave of 1 + |h|/unit, octaves; numbers of a node. */
enum { SQ_WELL_CELLS = 128, SQ_WELL_OCTAVES = 16, SQ_WELL_NODES = SQ_WELL_CELLS * SQ_WELL_OCTAVES + 1 };
enum { SQ_WELL_DRAWS = 256 }; /* of an address: all are refused once in 10^30 */

/* log z, its first two derivatives, and what draws are proposed by (well_draw.c), at a node. */
typedef struct {
  double log_z, mean, variance, proposal;
} sq_well_node;

/* Of doubles alone: a table of sq_action_given. */
typedef struct {
  double quadratic, quartic;
  double unit;                      /* of fields: 1/sqrt(<phi^2>) at h = 0 */
  double deep;                      /* 1: two wells, each of which has proposals of its own; 0 */
  sq_well_node node[SQ_WELL_NODES]; /* not used without a quartic term */
} sq_well;

/* quartic > 0, or quartic = 0 and quadratic > 0; made by quadrature, about 20 ms. */
void sq_well_make(double quadratic, double quartic, sq_well *well);
/* log_z[n] = log int dphi exp(h phi - quadratic phi^2 - quartic phi^4), to 1e-12 and 1e-14 of its size, and its
 * derivative mean[n] = <phi>, of h[n]; mean may be NULL. Even, and odd, in h to the last bit. */
void sq_well_log(const sq_well *well, int64_t n, const double *h, double *log_z, double *mean);
/* phi[n] given h[n], each by a stream of its own, at the address (site, step), draws 0 .. SQ_WELL_DRAWS - 1. */
void sq_well_draw(const sq_well *well, int64_t n, const double *h, const sq_stream *stream, uint64_t site,
                  uint64_t step, double *phi);

/* well_draw.c: whether wells are deep; a node's number for the proposals at a field h >= 0. */
bool sq_well_is_deep(double quadratic, double quartic);
double sq_well_proposal(const sq_well *well, double h);
/* The cell of a field, between its node and the next; SQ_WELL_NODES - 1 or more beyond the table. */
static inline int64_t sq_well_cell(const sq_well *well, double h, double *s)
{
  int64_t bits;
  *s = 1 + (h < 0 ? -h : h) / well->unit;
  memcpy(&bits, s, sizeof bits);
  return (bits >> (52 - 7)) - ((int64_t)1023 << 7);
}

#endif
