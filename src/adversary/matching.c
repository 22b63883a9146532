/* SPDX-License-Identifier: BSD-3-Clause */
/* Means over the field that forged fluxes are pulled to: see the header. */
#include "squall/adversary.h"
#include <math.h>
#include <string.h>

enum { MOST = 3 * SQ_DIM + 1 };

struct sq_matching {
  int dim, count; /* of the means: k, |k|, l of each direction, and f^2 */
  int64_t extent[SQ_DIM], volume;
  double mean[MOST], width[MOST];
  double *apart; /* [batch][count] (m - mu)/sigma of each field */
  double *flux;  /* [volume] f */
};

/* x less 1 in direction nu. */
static int64_t before(const sq_matching *m, int nu, int64_t x)
{
  int64_t below = 1;
  for (int mu = m->dim - 1; mu > nu; mu--) below *= m->extent[mu];
  return x + (x / below % m->extent[nu] ? -1 : m->extent[nu] - 1) * below;
}

/* f = sum over the ends of links at x of |k| + 2 l, of one field. */
static void add_ends(const sq_matching *m, const double *field)
{
  memset(m->flux, 0, (size_t)m->volume * sizeof *m->flux);
  for (int nu = 0; nu < m->dim; nu++) {
    const double *k = field + nu * m->volume, *l = field + (m->dim + nu) * m->volume;
    for (int64_t x = 0; x < m->volume; x++) {
      const int64_t y = before(m, nu, x);
      m->flux[x] += fabs(k[x]) + fabs(k[y]) + 2 * (l[x] + l[y]);
    }
  }
}

/* apart[count] of one field, with the means and widths that are known. */
static void measure(const sq_matching *m, const double *field, double *apart)
{
  double sum[MOST] = {0};
  add_ends(m, field);
  for (int nu = 0; nu < m->dim; nu++)
    for (int64_t x = 0; x < m->volume; x++) {
      sum[nu] += field[nu * m->volume + x];
      sum[m->dim + nu] += fabs(field[nu * m->volume + x]);
      sum[2 * m->dim + nu] += field[(m->dim + nu) * m->volume + x];
    }
  for (int64_t x = 0; x < m->volume; x++) sum[3 * m->dim] += m->flux[x] * m->flux[x];
  for (int j = 0; j < m->count; j++) apart[j] = (sum[j] / (double)m->volume - m->mean[j]) / m->width[j];
}

/* Means and widths of the fields that are learned from. A mean that never varies counts in units of V^(-1/2). */
static void learn(sq_matching *m, int64_t count, const double *blocks)
{
  const double unit = 1 / (double)m->volume;
  double sum[MOST] = {0}, square[MOST] = {0};
  for (int j = 0; j < m->count; j++) m->width[j] = 1;
  for (int64_t b = 0; b < count; b++) {
    measure(m, blocks + b * 2 * m->dim * m->volume, m->apart);
    for (int j = 0; j < m->count; j++) {
      sum[j] += m->apart[j] / (double)count;
      square[j] += m->apart[j] * m->apart[j] / (double)count;
    }
  }
  for (int j = 0; j < m->count; j++) {
    const double variance = square[j] - sum[j] * sum[j];
    m->mean[j] = sum[j];
    m->width[j] = sqrt(variance > 1e-6 * unit ? variance : unit);
  }
}

PetscErrorCode sq_matching_create(const sq_lattice *lattice, int dim, int64_t count, const double *blocks, int batch,
                                  sq_matching **matching)
{
  PetscFunctionBeginUser;
  sq_matching *m;
  PetscCall(sq_alloc(1, &m));
  *m = (sq_matching){.dim = dim, .count = 3 * dim + 1, .volume = lattice->volume};
  memcpy(m->extent, lattice->extent + SQ_DIM - dim, (size_t)dim * sizeof *m->extent);
  PetscCall(sq_alloc(batch * m->count, &m->apart));
  PetscCall(sq_alloc(m->volume, &m->flux));
  learn(m, count, blocks);
  *matching = m;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_matching_destroy(sq_matching **matching)
{
  PetscFunctionBeginUser;
  if (!*matching) PetscFunctionReturn(0);
  sq_free(&(*matching)->apart);
  sq_free(&(*matching)->flux);
  sq_free(matching);
  PetscFunctionReturn(0);
}

/* Adds the derivative of sum_j slope[j] m_j of one field. */
static void pull_field(const sq_matching *m, const double *field, const double *slope, double *cotangent)
{
  const int64_t V = m->volume;
  add_ends(m, field);
  for (int nu = 0; nu < m->dim; nu++)
    for (int64_t x = 0; x < V; x++) {
      const int64_t y = before(m, nu, x);
      const double ends = 2 * slope[3 * m->dim] * m->flux[x] / (double)V, *k = field + nu * V;
      double *dk = cotangent + nu * V, *dl = cotangent + (m->dim + nu) * V;
      dk[x] += slope[nu] / (double)V + (slope[m->dim + nu] / (double)V + ends) * ((k[x] > 0) - (k[x] < 0));
      dk[y] += ends * ((k[y] > 0) - (k[y] < 0));
      dl[x] += slope[2 * m->dim + nu] / (double)V + 2 * ends;
      dl[y] += 2 * ends;
    }
}

/* Of a pull: fields of a forger that has not learned yet are hundreds of widths off. */
static const double most = 10;
/* Fields of a half from which widths are known well enough to pull. */
static const int least = 4;

void sq_matching_pull(sq_matching *m, int fields, const double *blocks, double factor, double *cotangent)
{
  const int half = fields / 2;
  const int64_t step = 2 * m->dim * m->volume;
  double mean[2][MOST] = {{0}}, wide[2][MOST] = {{0}};
  for (int b = 0; b < 2 * half; b++) {
    double *apart = m->apart + b * m->count;
    measure(m, blocks + b * step, apart);
    for (int j = 0; j < m->count; j++) {
      mean[b >= half][j] += apart[j] / half;
      wide[b >= half][j] += half >= least ? (apart[j] * apart[j] - 1) / half : 0;
    }
  }
  for (int b = 0; b < 2 * half; b++) {
    double slope[MOST];
    for (int j = 0; j < m->count; j++) {
      const double pull = mean[b < half][j] + wide[b < half][j] * m->apart[b * m->count + j];
      slope[j] = factor * fields / half * fmax(-most, fmin(most, pull)) / m->width[j];
    }
    pull_field(m, blocks + b * step, slope, cotangent + b * step);
  }
}
