/* SPDX-License-Identifier: BSD-3-Clause */
/* strip: the Ising model between slices of a few spins by its transfer matrix, element by element exp(-H) of two
 * slices: the links along time between them, and half of those inside each. */
#include "src/exact/matrix.h"
#include <math.h>

enum { MOST = SQ_EXACT_STRIP_MOST };

typedef struct {
  int dim, sites, states;
  const int64_t *extent;
  const double *coupling;
  const bool *twisted;
  int *flipped;        /* [states] the state of all other signs */
  double *links, *sum; /* [states] sum coupling s s' inside, sum s */
} strip;

static int spin(int state, int x)
{
  return state >> x & 1 ? 1 : -1;
}

/* sum coupling s s' inside a slice. */
static double inside(const strip *s, int state)
{
  double sum = 0;
  for (int x = 0; x < s->sites; x++)
    for (int mu = s->dim - 1, step = 1; mu > 0; step *= (int)s->extent[mu--]) {
      int at = x / step % (int)s->extent[mu], last = at == s->extent[mu] - 1;
      double link = s->coupling[mu] * spin(state, x) * spin(state, x + (last ? -at : 1) * step);
      sum += last && s->twisted && s->twisted[mu] ? -link : link;
    }
  return sum;
}

/* T by beta, or by a field h in e^{h sum s} at h = 0. */
static void fill(const strip *s, double beta, bool by_field, sq_jets *T)
{
  double least = 0;
  for (int mu = 0; mu < s->dim; mu++) least += fabs(beta * s->coupling[mu]) * s->sites;
  T->log = least;
  for (int i = 0; i < s->states; i++)
    for (int j = 0; j < s->states; j++) {
      size_t at = (size_t)i * (size_t)s->states + (size_t)j;
      double along = s->coupling[0] * (s->sites - 2 * __builtin_popcount((unsigned)(i ^ j)));
      double links = along + 0.5 * (s->links[i] + s->links[j]);
      double by = by_field ? 0.5 * (s->sum[i] + s->sum[j]) : links;
      T->part[0][at] = exp(beta * links - least);
      T->part[1][at] = by * T->part[0][at];
      T->part[2][at] = by * T->part[1][at];
    }
}

static PetscErrorCode make_states(strip *s)
{
  PetscFunctionBeginUser;
  s->states = 1 << s->sites;
  PetscCall(sq_alloc(s->states, &s->flipped));
  PetscCall(sq_alloc(s->states, &s->links));
  PetscCall(sq_alloc(s->states, &s->sum));
  for (int i = 0; i < s->states; i++) {
    s->flipped[i] = s->states - 1 - i;
    s->links[i] = inside(s, i);
    s->sum[i] = 2 * __builtin_popcount((unsigned)i) - s->sites;
  }
  PetscFunctionReturn(0);
}

/* log Z with two derivatives. */
static PetscErrorCode solve(const strip *s, double beta, bool by_field, sq_jet *log_Z)
{
  PetscFunctionBeginUser;
  sq_jets T;
  double scale;
  PetscCall(sq_jets_make(s->states, &T));
  fill(s, beta, by_field, &T);
  PetscCall(sq_jets_trace(&T, s->extent[0], s->twisted && s->twisted[0] ? s->flipped : NULL, &scale, log_Z));
  *log_Z = sq_jet_log(*log_Z);
  log_Z->at += scale;
  sq_jets_clear(&T);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_exact_ising_strip(int dim, const int64_t extent[], double beta, const double coupling[],
                                    const bool twisted[], sq_exact_thermal *thermal, sq_exact_moments *moments)
{
  PetscFunctionBeginUser;
  double slice = 1;
  strip s = {.dim = dim, .extent = extent, .coupling = coupling, .twisted = twisted};
  sq_jet by_beta, by_field;
  for (int mu = 1; mu < dim; mu++) slice *= (double)extent[mu];
  SqCheck(slice <= MOST, SQ_EVERY_RANK, SQ_ERR_INPUT, "slices of %.0f spins: transfer matrices are for at most %d",
          slice, MOST);
  s.sites = (int)slice;
  PetscCall(make_states(&s));
  PetscCall(solve(&s, beta, false, &by_beta));
  PetscCall(solve(&s, beta, true, &by_field));
  sq_free(&s.flipped);
  sq_free(&s.links);
  sq_free(&s.sum);
  double sites = slice * (double)extent[0];
  *thermal = sq_jet_thermal(by_beta, beta, sites);
  bool known = !(twisted && twisted[0]); /* what a field does to the slice where time closes with a minus is not M */
  *moments = (sq_exact_moments){NAN, known ? (double)by_field.second / (sites * sites) : NAN, NAN};
  PetscFunctionReturn(0);
}
