/* SPDX-License-Identifier: BSD-3-Clause */
/* xy: the XY model by its dual currents, on a ring of sites ("slice") that moves along a longer direction ("time").
 *
 * A link has the integer current k and the weight I_k(beta); currents have no divergence. The currents through a slice
 * along time add up to the same K everywhere: the matrix has blocks. Given those before and after, the currents around
 * the ring are c + p_i with the partial sums p_i of their differences: one sum over c is left. K and what flows around
 * the ring are the windings, whose squares are the helicity moduli: 1/V sum over links of the direction, twisted by
 * phi/L each, has d^2 log Z/d phi^2 = -<W^2>, and helicity = L^2 <W^2>/(beta V).
 */
#include "src/exact/bessel.h"
#include "src/exact/matrix.h"
#include "src/exact/ring.h"
#include <math.h>

enum { MOST_STATES = 1500, MOST_FLOWS = 600, NUMBERS = 5 };

/* Of all currents around the ring, given their differences: 1, two derivatives by beta, two by what makes a factor of
 * e^{epsilon j} for every current j. */
typedef struct {
  bool known;
  double number[NUMBERS];
} around;

typedef struct {
  int sites; /* of the slice */
  int64_t time;
  double beta;
  int orders;     /* currents below this; I_k of others is nothing */
  sq_jet *weight; /* [orders] e^{-beta} I_k(beta) */
  double *cost;   /* [orders] -log(I_k/I_0) */
  bool by_flow;   /* derivatives by epsilon, not by beta */
  sq_ring ring;   /* currents along time that add up to K, and the ways that they turn */
  sq_jet *root;   /* [states] of the weight of the currents along time */
  int (*partial)[SQ_RING_SITES];
  int reach[SQ_RING_SITES]; /* partial sums of two states differ by at most that */
  around *table;            /* by these differences */
} slice;

/* ---- the matrix ---- */

static void free_block(slice *s)
{
  sq_ring_clear(&s->ring);
  sq_free(&s->root);
  sq_free(&s->partial);
  sq_free(&s->table);
}

static PetscErrorCode make_block(slice *s, int K, double most)
{
  PetscFunctionBeginUser;
  size_t entries = 1;
  PetscCall(sq_ring_make(s->sites, K, s->cost, s->orders, most, !s->by_flow, &s->ring));
  PetscCall(sq_alloc(s->ring.states, &s->partial));
  PetscCall(sq_alloc(s->ring.states, &s->root));
  for (int a = 0; a < s->ring.states; a++) {
    sq_jet product = sq_jet_constant(1);
    for (int x = 0; x < s->sites; x++) product = sq_jet_times(product, s->weight[abs(s->ring.at[a][x])]);
    s->root[a] = sq_jet_sqrt(product);
  }
  for (int i = 0; i < s->sites - 1; i++) {
    int low = INT32_MAX, high = INT32_MIN;
    for (int a = 0; a < s->ring.states; a++) {
      int sum = s->partial[a][i] = s->ring.at[a][i] + (i ? s->partial[a][i - 1] : 0);
      low = sum < low ? sum : low;
      high = sum > high ? sum : high;
    }
    s->reach[i] = high - low;
    entries *= 2 * (size_t)s->reach[i] + 1;
  }
  PetscCall(sq_alloc(entries, &s->table));
  PetscFunctionReturn(0);
}

/* The sum over c of the weights of c, c + p_0, ... */
static void add_around(const slice *s, const int *p, double *number)
{
  int low = 0, high = 0;
  number[0] = s->sites == 1;
  if (s->sites == 1) return; /* no ring */
  for (int i = 0; i < s->sites - 1; i++) {
    low = p[i] < low ? p[i] : low;
    high = p[i] > high ? p[i] : high;
  }
  for (int c = 1 - s->orders - low; c < s->orders - high; c++) {
    sq_jet weight = s->weight[abs(c)];
    double flow = c;
    for (int i = 0; i < s->sites - 1; i++) {
      weight = sq_jet_times(weight, s->weight[abs(c + p[i])]);
      flow += c + p[i];
    }
    number[0] += (double)weight.at;
    number[1] += (double)weight.first;
    number[2] += (double)weight.second;
    number[3] += (double)weight.at * flow;
    number[4] += (double)weight.at * flow * flow;
  }
}

/* The element of the transfer matrix between two states. */
static sq_jet element(slice *s, int a, int b)
{
  int p[SQ_RING_SITES];
  size_t at = 0;
  for (int i = 0; i < s->sites - 1; i++) {
    p[i] = s->partial[a][i] - s->partial[b][i];
    at = at * (2 * (size_t)s->reach[i] + 1) + (size_t)(p[i] + s->reach[i]);
  }
  around *found = &s->table[at];
  if (!found->known) add_around(s, p, found->number);
  found->known = true;
  const double *n = found->number;
  if (s->by_flow) return sq_jet_scale(s->root[a].at * s->root[b].at, (sq_jet){n[0], n[3], n[4]});
  return sq_jet_times(sq_jet_times(s->root[a], s->root[b]), (sq_jet){n[0], n[1], n[2]});
}

/* Between all members of two orbits. */
static void elements(slice *s, const sq_orbit *a, const sq_orbit *b, sq_jet out[SQ_RING_IMAGES][SQ_RING_IMAGES])
{
  for (int i = 0; i < a->images; i++)
    for (int j = 0; j < b->images; j++) out[i][j] = element(s, a->member[i], b->member[j]);
}

static void put(const slice *s, int way, int row, int column, sq_jet between[SQ_RING_IMAGES][SQ_RING_IMAGES],
                sq_jets *T)
{
  const sq_ring_vector *v = &s->ring.vector[way][row], *w = &s->ring.vector[way][column];
  const size_t at = (size_t)row * (size_t)T->n + (size_t)column;
  for (int i = 0; i < s->ring.orbit[v->orbit].images; i++)
    for (int j = 0; j < s->ring.orbit[w->orbit].images; j++) {
      double both = v->coefficient[i] * w->coefficient[j];
      T->part[0][at] += both * (double)between[i][j].at;
      T->part[1][at] += both * (double)between[i][j].first;
      T->part[2][at] += both * (double)between[i][j].second;
    }
}

/* T[way], the matrix among the vectors of each way. */
static PetscErrorCode fill(slice *s, sq_jets *T)
{
  PetscFunctionBeginUser;
  sq_jet between[SQ_RING_IMAGES][SQ_RING_IMAGES];
  const sq_ring *r = &s->ring;
  int row[SQ_RING_WAYS] = {0};
  for (int way = 0; way < r->ways; way++) PetscCall(sq_jets_make(r->vectors[way], &T[way]));
  for (int a = 0; a < r->orbits; a++) {
    int column[SQ_RING_WAYS] = {0};
    for (int b = 0; b < r->orbits; b++) {
      elements(s, &r->orbit[a], &r->orbit[b], between);
      for (int way = 0; way < r->ways; way++) {
        int first = column[way];
        for (int v = row[way]; v < r->vectors[way] && r->vector[way][v].orbit == a; v++)
          for (column[way] = first; column[way] < r->vectors[way] && r->vector[way][column[way]].orbit == b;
               column[way]++)
            put(s, way, v, column[way], between, &T[way]);
        while (column[way] < r->vectors[way] && r->vector[way][column[way]].orbit <= b) column[way]++;
      }
    }
    for (int way = 0; way < r->ways; way++)
      while (row[way] < r->vectors[way] && r->vector[way][row[way]].orbit == a) row[way]++;
  }
  PetscFunctionReturn(0);
}

/* ---- sums over blocks ---- */

/* As e^log times: Z with its derivatives, and the sum of K^2 Z. */
typedef struct {
  bool begun;
  double log;
  sq_jet Z;
  long double K2;
} sums;

/* Adds the states of one K; share: what they have of Z. */
static PetscErrorCode add_block(slice *s, int K, double most, sums *sum, long double *share)
{
  PetscFunctionBeginUser;
  sq_jets T[SQ_RING_WAYS];
  sq_jet Z, all = {0};
  double log;
  PetscCall(make_block(s, K, most));
  PetscCall(fill(s, T));
  for (int way = 0; way < s->ring.ways; way++) {
    if (!T[way].n) continue;
    PetscCall(sq_jets_trace(&T[way], s->time, NULL, &log, &Z));
    if (!sum->begun) sum->log = log;
    sum->begun = true;
    all = sq_jet_add(all, sq_jet_scale(s->ring.dimension[way] * expl(log - sum->log), Z));
  }
  for (int way = 0; way < s->ring.ways; way++) sq_jets_clear(&T[way]);
  free_block(s);
  sum->Z = sq_jet_add(sum->Z, sq_jet_scale(K ? 2 : 1, all));
  sum->K2 += (K ? 2 : 1) * all.at * K * K;
  *share = all.at / sum->Z.at;
  PetscFunctionReturn(0);
}

/* The finest states of which a block is not too large; -1: there are none that are fine enough. */
static double finest(const slice *s, double least, int most_states)
{
  double most = 36;
  while (most >= least && sq_ring_count(s->sites, 0, s->cost, s->orders, most, most_states) > most_states) most -= 3;
  return most >= least ? most : -1;
}

static PetscErrorCode solve(slice *s, bool by_flow, sums *sum)
{
  PetscFunctionBeginUser;
  double most = finest(s, by_flow ? 14 : 23, by_flow ? MOST_FLOWS : MOST_STATES);
  long double share = 1;
  SqCheck(most > 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "XY on a ring of %d sites at beta = %g: the transfer matrix is too large; narrower rings or smaller beta are "
          "possible",
          s->sites, s->beta);
  s->by_flow = by_flow;
  for (int K = 0; share > 1e-15L; K++) {
    if (!sq_ring_count(s->sites, K, s->cost, s->orders, most, 0)) break;
    PetscCall(add_block(s, K, most, sum, &share));
  }
  PetscFunctionReturn(0);
}

/* flow: of second derivatives by epsilon, where it is asked for. */
static PetscErrorCode solve_both(slice *s, sums *sum, sums *flow)
{
  PetscFunctionBeginUser;
  s->orders = sq_bessel_orders(s->beta);
  PetscCall(sq_bessel_jets(s->beta, s->orders, &s->weight));
  PetscCall(sq_alloc(s->orders, &s->cost));
  for (int k = 0; k < s->orders; k++) s->cost[k] = (double)logl(s->weight[0].at / s->weight[k].at);
  while (s->orders > 1 && s->cost[s->orders - 1] > 40) s->orders--;
  PetscErrorCode code = solve(s, false, sum);
  if (!code && flow) code = solve(s, true, flow);
  sq_free(&s->weight);
  sq_free(&s->cost);
  PetscCall(code);
  PetscFunctionReturn(0);
}

/* Turning every other angle by pi changes the sign of beta, where that closes. */
static PetscErrorCode check_sign(int dim, const int64_t extent[], double beta, int time)
{
  PetscFunctionBeginUser;
  bool even = extent[time] > 1;
  for (int mu = 0; mu < dim; mu++) even = even && (extent[mu] == 1 || extent[mu] % 2 == 0);
  SqCheck(beta > 0 || (beta < 0 && even), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "XY at beta = %g: exact for beta > 0, and for beta < 0 where no direction has an odd number of sites but 1",
          beta);
  PetscFunctionReturn(0);
}

/* The directions of more than one site: that of time, and that of the ring or -1. Error: there are more. */
static PetscErrorCode choose_directions(int dim, const int64_t extent[], int *time, int *ring)
{
  PetscFunctionBeginUser;
  *time = *ring = -1;
  for (int mu = 0; mu < dim; mu++) {
    if (extent[mu] == 1) continue;
    SqCheck(*ring < 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
            "XY in three dimensions or more: exact where at most two directions have more than one site");
    if (*time >= 0) *ring = mu;
    else *time = mu;
  }
  if (*time < 0) *time = 0;
  if (*ring >= 0 && extent[*ring] > extent[*time]) {
    int longer = *ring;
    *ring = *time;
    *time = longer;
  }
  PetscFunctionReturn(0);
}

/* Currents are as large as sqrt(beta), and the work grows with a power of that. */
static PetscErrorCode check_size(double beta, int ring)
{
  PetscFunctionBeginUser;
  const double most = ring < 0 ? 1e6 : 200;
  SqCheck(fabs(beta) <= most, SQ_EVERY_RANK, SQ_ERR_INPUT, "XY at beta = %g: currents are too many above %g here", beta,
          most);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_exact_xy(int dim, const int64_t extent[], double beta, sq_exact_angles *angles)
{
  PetscFunctionBeginUser;
  int time, ring;
  double V = 1, alone = 0;
  sums sum = {0}, flow = {0};
  PetscCall(choose_directions(dim, extent, &time, &ring));
  PetscCall(check_sign(dim, extent, beta, time));
  for (int mu = 0; mu < dim; mu++) V *= (double)extent[mu];
  PetscCall(check_size(beta, ring));
  slice s = {
    .sites = ring < 0 ? 1 : (int)PetscMin(extent[ring], SQ_RING_SITES + 1), .time = extent[time], .beta = fabs(beta)};
  SqCheck(s.sites <= SQ_RING_SITES, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "XY on %lld x %lld sites: too large for a transfer matrix", (long long)extent[time], (long long)extent[ring]);
  for (int mu = 0; mu < dim; mu++) {
    angles->helicity[mu] = 1;
    alone += extent[mu] == 1 && mu != time ? V : 0; /* links of a site to itself */
  }
  bool square = ring < 0 || extent[ring] == extent[time];
  PetscCall(solve_both(&s, &sum, square ? NULL : &flow));
  sq_jet log_Z = sq_jet_log(sum.Z), links = {fabs(beta) * (V * dim - alone) + beta * alone, alone, 0};
  log_Z.at += sum.log;
  if (beta < 0) log_Z.first = -log_Z.first;
  angles->thermal = sq_jet_thermal(sq_jet_add(log_Z, links), beta, V);
  double length = (double)extent[time];
  angles->helicity[time] = length * length * (double)(sum.K2 / sum.Z.at) / (beta * V);
  if (ring >= 0)
    angles->helicity[ring] = square ? angles->helicity[time] : (double)(flow.Z.second / flow.Z.at) / (beta * V);
  PetscFunctionReturn(0);
}
