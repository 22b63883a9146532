/* SPDX-License-Identifier: BSD-3-Clause */
/* box: the Ising model by enumeration, in the order of the Gray code: one spin turns from state to state. One spin is
 * held: the others are taken twice. */
#include "src/exact/jet.h"
#include <math.h>

typedef struct {
  int sites, dim;
  int ahead[SQ_EXACT_BOX_MOST][SQ_EXACT_DIM], behind[SQ_EXACT_BOX_MOST][SQ_EXACT_DIM];
  int sign[SQ_EXACT_BOX_MOST][SQ_EXACT_DIM]; /* of the link ahead */
  int spin[SQ_EXACT_BOX_MOST];
  int links[SQ_EXACT_DIM]; /* sum of sign s s' */
  int sum;                 /* of the spins */
} box;

static void lay_links(box *b, const int64_t extent[], const bool twisted[])
{
  for (int x = 0; x < b->sites; x++)
    for (int mu = b->dim - 1, step = 1; mu >= 0; step *= (int)extent[mu--]) {
      int at = x / step % (int)extent[mu], last = at == extent[mu] - 1;
      int y = x + (last ? -at : 1) * step;
      b->ahead[x][mu] = y;
      b->behind[y][mu] = x;
      b->sign[x][mu] = last && twisted && twisted[mu] ? -1 : 1;
    }
  for (int x = 0; x < b->sites; x++) {
    b->spin[x] = 1;
    for (int mu = 0; mu < b->dim; mu++) b->links[mu] += b->sign[x][mu];
  }
  b->sum = b->sites;
}

static void turn(box *b, int x)
{
  for (int mu = 0; mu < b->dim; mu++) {
    int up = b->ahead[x][mu], down = b->behind[x][mu];
    if (up == x) continue; /* a link to itself stays what it is */
    b->links[mu] -= 2 * b->spin[x] * (b->sign[x][mu] * b->spin[up] + b->sign[down][mu] * b->spin[down]);
  }
  b->sum -= 2 * b->spin[x];
  b->spin[x] = -b->spin[x];
}

/* Sums over states of exp(-S) times 1, H, H^2; |m|, m^2, m^4; S is counted from a lower bound. */
typedef struct {
  long double one, H, H2, m, m2, m4;
} sums;

static void add_state(const box *b, double beta, const double coupling[], double least, sums *s)
{
  double H = 0, m = fabs((double)b->sum / b->sites);
  for (int mu = 0; mu < b->dim; mu++) H -= coupling[mu] * b->links[mu];
  long double w = exp(least - beta * H);
  s->one += w;
  s->H += w * H;
  s->H2 += w * H * H;
  s->m += w * m;
  s->m2 += w * m * m;
  s->m4 += w * m * m * m * m;
}

PetscErrorCode sq_exact_ising_box(int dim, const int64_t extent[], double beta, const double coupling[],
                                  const bool twisted[], sq_exact_thermal *thermal, sq_exact_moments *moments)
{
  PetscFunctionBeginUser;
  double sites = 1, least = 0;
  box b = {.dim = dim};
  sums s = {0};
  for (int mu = 0; mu < dim; mu++) sites *= (double)extent[mu];
  SqCheck(sites <= SQ_EXACT_BOX_MOST, SQ_EVERY_RANK, SQ_ERR_INPUT, "a box of %.0f spins: at most %d can be enumerated",
          sites, SQ_EXACT_BOX_MOST);
  b.sites = (int)sites;
  lay_links(&b, extent, twisted);
  for (int mu = 0; mu < dim; mu++) least -= fabs(beta * coupling[mu]) * sites;
  add_state(&b, beta, coupling, least, &s);
  for (int64_t n = 1; n < INT64_C(1) << (b.sites - 1); n++) {
    turn(&b, __builtin_ctzll((unsigned long long)n));
    add_state(&b, beta, coupling, least, &s);
  }
  long double H = s.H / s.one, H2 = s.H2 / s.one;
  *thermal = sq_jet_thermal((sq_jet){logl(2 * s.one) - least, -H, H2 - H * H}, beta, sites);
  *moments = (sq_exact_moments){(double)(s.m / s.one), (double)(s.m2 / s.one), (double)(s.m4 / s.one)};
  PetscFunctionReturn(0);
}
