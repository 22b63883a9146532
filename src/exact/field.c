/* SPDX-License-Identifier: BSD-3-Clause */
/* field: boxes of fields of N components, and of the complex scalar with a chemical potential, from traces of all
 * angular momenta; the rule for radii is refined until nothing changes. */
#include "src/exact/pair.h"
#include <math.h>

enum { FEWEST = 24, MOST_POINTS = 400 };

/* A box: slices along `time`. */
typedef struct {
  int components, sites;
  int64_t length;
  double m2, c4, hop, link, mu;
  double V;
} box;

/* The potential is the action of a site with its links to itself, less what makes squares of the others. */
static PetscErrorCode lay_box(int components, int dim, const int64_t extent[], double quadratic, double quartic,
                              double hop, bool time_is_first, box *b)
{
  PetscFunctionBeginUser;
  int time = 0, pair = -1;
  *b = (box){.components = components, .sites = 1, .m2 = quadratic, .c4 = quartic, .hop = hop, .V = 1};
  for (int mu = 1; !time_is_first && mu < dim; mu++) time = extent[mu] > extent[time] ? mu : time;
  for (int mu = 0; mu < dim; mu++) {
    b->V *= (double)extent[mu];
    if (mu == time) continue;
    SqCheck(extent[mu] == 1 || (extent[mu] == 2 && pair < 0 && components <= 2 && hop >= 0), SQ_EVERY_RANK,
            SQ_ERR_INPUT,
            "exact fields are for lattices of one long direction and, for one or two components and hop >= 0, one more "
            "of two sites");
    if (extent[mu] == 2) pair = mu;
    else b->m2 -= hop;
  }
  if (pair >= 0) b->sites = 2;
  for (int mu = 0; pair >= 0 && mu < dim; mu++) b->link += mu == pair ? 2 * hop : 0;
  b->m2 -= fabs(hop) + 0.5 * b->link;
  b->length = extent[time];
  PetscFunctionReturn(0);
}

/* As e^log times: sums over K of Z_K, K Z_K, and of Z_K times moments of r. */
typedef struct {
  double log;
  long double Z, K, r2, r4;
  int sectors;
  double log_sector[SQ_EXACT_WINDINGS];
} sums;

/* Adds angular momentum K and, with a chemical potential, -K. */
static void add_sector(const box *b, int K, double log_Z, double r2, double r4, sums *s)
{
  for (int sign = 1; sign >= -1; sign -= 2) {
    double times = b->mu != 0 ? 1 : sq_exact_harmonics(b->components, K);
    if (sign < 0 && (K == 0 || b->mu == 0)) break;
    double log_here = log_Z + sign * b->mu * K * (double)b->length;
    if (!s->sectors || log_here > s->log) {
      long double scale = s->sectors || sign < 0 ? expl(s->log - log_here) : 0;
      s->log = log_here;
      s->Z *= scale, s->K *= scale, s->r2 *= scale, s->r4 *= scale;
    }
    double parity = b->hop < 0 && K % 2 && b->length % 2 ? -1 : 1;
    long double w = parity * times * expl(log_here - s->log);
    s->Z += w, s->K += sign * K * w, s->r2 += w * r2, s->r4 += w * r4;
  }
  s->log_sector[s->sectors++] = log_Z;
}

static PetscErrorCode add_sectors(const box *b, sq_slices *slices, sums *s)
{
  PetscFunctionBeginUser;
  double log_Z, r2, r4, before = -INFINITY;
  int most = b->components == 1 ? 2 : PetscMin(SQ_EXACT_WINDINGS, slices->radial.momenta);
  for (int K = 0; K < most; K++) {
    PetscCall(sq_slices_trace(slices, K, b->length, &log_Z, &r2, &r4));
    add_sector(b, K, log_Z, r2, r4, s);
    double here = log_Z + fabs(b->mu) * K * (double)b->length;
    if ((K > 0 && here < s->log - 36 && here < before) || b->components == 1) {
      if (K > 0) PetscFunctionReturn(0);
    }
    before = here;
  }
  SqFail(SQ_EVERY_RANK, SQ_ERR_INPUT, "more than %d angular momenta or windings matter: mu or hop is too large", most);
}

static PetscErrorCode solve_once(const box *b, int sites, int points, sums *s)
{
  PetscFunctionBeginUser;
  sq_slices slices;
  *s = (sums){.sectors = 0};
  PetscCall(sq_slices_make(b->components, sites, b->m2, b->c4, b->hop, b->link, points, &slices));
  PetscErrorCode code = add_sectors(b, &slices, s);
  sq_slices_clear(&slices);
  PetscCall(code);
  PetscFunctionReturn(0);
}

static double log_of(const sums *s)
{
  return s->log + (double)logl(s->Z);
}

/* As many radii as single sites need; two are solved once, with more. */
static PetscErrorCode solve(const box *b, sums *s)
{
  PetscFunctionBeginUser;
  sums before;
  double change = INFINITY;
  int points = FEWEST;
  PetscCall(solve_once(b, 1, points, s));
  while (!(change < 1e-11) && points <= MOST_POINTS) {
    before = *s;
    points += points / 2;
    PetscCall(solve_once(b, 1, points, s));
    change = fabs(log_of(s) - log_of(&before)) / (1 + fabs(log_of(s)));
    change = fmax(change, (double)fabsl(s->r4 / s->Z / (before.r4 / before.Z) - 1));
  }
  SqCheck(change < 1e-11, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "the integrals over a site need more than %d points: too narrow a potential", MOST_POINTS);
  if (b->sites == 2) PetscCall(solve_once(b, 2, points, s));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_exact_field_box(int components, int dim, const int64_t extent[], double quadratic, double quartic,
                                  double hop, sq_exact_field *field)
{
  PetscFunctionBeginUser;
  box b;
  sums s;
  PetscCall(lay_box(components, dim, extent, quadratic, quartic, hop, false, &b));
  PetscCall(solve(&b, &s));
  *field = (sq_exact_field){log_of(&s), (double)(s.r2 / s.Z) / b.sites, (double)(s.r4 / s.Z) / b.sites};
  PetscFunctionReturn(0);
}

PetscErrorCode sq_exact_complex_box(int dim, const int64_t extent[], double eta, double lambda, double mu,
                                    sq_exact_complex *field)
{
  PetscFunctionBeginUser;
  box b;
  sums s;
  PetscCall(lay_box(2, dim, extent, eta, lambda, 2, true, &b));
  b.mu = mu;
  PetscCall(solve(&b, &s));
  double measure = b.V * log(2 * acos(-1)); /* d^2 phi = r dr d theta */
  *field = (sq_exact_complex){.log_Z = log_of(&s) - measure,
                              .density = (double)(s.K / s.Z) / b.sites,
                              .phi2 = (double)(s.r2 / s.Z) / b.sites,
                              .phi4 = (double)(s.r4 / s.Z) / b.sites,
                              .sectors = s.sectors};
  for (int K = 0; K < s.sectors; K++) field->log_sector[K] = s.log_sector[K] - measure;
  PetscFunctionReturn(0);
}
