/* SPDX-License-Identifier: BSD-3-Clause */
/* Schwinger-Dyson equations of dual fluxes (squall/flux.h). The number l of a link, given all others, has the weights
 *   w_{l+1}/w_l = R(m_x) R(m_y)/((|k|+l+1) (l+1)),    R(m) = W(2m + 2)/W(2m),
 * x, y the ends of the link and m_x, m_y their numbers at l. With -d log W(2m)/d eta = R(m) and -d log W(2m)/d lambda =
 * R(m) R(m + 1), T_eta = -R(m_x) - R(m_y), T_lambda likewise. The chemical potential multiplies the weight of a field
 * by a function of its windings alone, which no such number changes: it is not told. See identity.h.
 */
#include "src/import/identity.h"
#include <math.h>
#include <string.h>

enum { ETA, LAMBDA, COUPLINGS, TABLE = 4096 };

/* R(m), computed when it is first needed, for the couplings in front of it. */
static double ratio(double *table, double eta, double lambda, int64_t m)
{
  if (m >= TABLE) return sq_flux_ratio(eta, lambda, m);
  if (table[0] != eta || table[1] != lambda) {
    table[0] = eta, table[1] = lambda;
    for (int i = 0; i < TABLE; i++) table[2 + i] = NAN;
  }
  if (isnan(table[2 + m])) table[2 + m] = sq_flux_ratio(eta, lambda, m);
  return table[2 + m];
}

static bool suits(const sq_action *action)
{
  return action->type->flux;
}

static PetscErrorCode create(sq_identity *d)
{
  PetscFunctionBeginUser;
  static const char *const key[COUPLINGS] = {"eta", "lambda"};
  const sq_param *params = d->action.type->params;
  PetscCall(sq_identity_neighbours(d->lattice, &d->next));
  PetscCall(sq_alloc(d->lattice->volume, &d->moved));
  PetscCall(sq_alloc(TABLE + 2, &d->table));
  d->table[0] = NAN;
  for (int i = 0; params[i].key && d->couplings < COUPLINGS; i++)
    if (!strcmp(params[i].key, key[d->couplings])) d->parameter[d->couplings++] = i;
  if (d->couplings < COUPLINGS) d->couplings = 0; /* fluxes of another theory: nothing is known */
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(sq_identity *d)
{
  PetscFunctionBeginUser;
  sq_free(&d->next);
  sq_free(&d->moved);
  sq_free(&d->table);
  PetscFunctionReturn(0);
}

/* m of every site. */
static void find_sites(const sq_identity *d, const double *block, double *m)
{
  const int64_t V = d->lattice->volume, links = d->lattice->dim * V;
  for (int64_t x = 0; x < V; x++) m[x] = 0;
  for (int64_t link = 0; link < links; link++) {
    const double half = fabs(block[link]) / 2 + block[links + link];
    m[link % V] += half;
    m[d->next[link]] += half;
  }
}

/* Sums over l of weights that end in it: of 1, T_a, T_a T_b. */
typedef struct {
  double one, T[COUPLINGS], TT[COUPLINGS][COUPLINGS];
} moments;

static void scale_all(moments *sum, double factor)
{
  double *number = (double *)sum;
  for (size_t i = 0; i < sizeof *sum / sizeof *number; i++) number[i] *= factor;
}

/* T of a link whose ends have the numbers m; own: both are the same site. */
static void values_at(double *table, double eta, double lambda, const int64_t m[2], bool own, double T[COUPLINGS])
{
  T[ETA] = T[LAMBDA] = 0;
  for (int end = 0; end < (own ? 1 : 2); end++) {
    const double R = ratio(table, eta, lambda, m[end]);
    T[ETA] -= R;
    T[LAMBDA] -= R * ratio(table, eta, lambda, m[end] + 1);
  }
}

/* One link: |k| and the numbers of its ends at l = 0. */
typedef struct {
  double k;
  int64_t m[2];
  bool own;
} link_ends;

static void sum_over_values(const sq_identity *d, const link_ends *at, moments *sum)
{
  const double eta = d->action.value[d->parameter[ETA]], lambda = d->action.value[d->parameter[LAMBDA]];
  double weight = 1, last = 0, T[COUPLINGS];
  *sum = (moments){0};
  for (int64_t l = 0; l < SQ_FLUX_MOST; l++) {
    const int64_t step = at->own ? 2 * l : l, m[2] = {at->m[0] + step, at->m[1] + step};
    values_at(d->table, eta, lambda, m, at->own, T);
    sum->one += weight;
    for (int a = 0; a < COUPLINGS; a++) {
      sum->T[a] += weight * T[a];
      for (int b = 0; b <= a; b++) sum->TT[a][b] += weight * T[a] * T[b];
    }
    if (weight < 1e-17 * sum->one && weight < last) break;
    last = weight;
    weight *= ratio(d->table, eta, lambda, m[0]) * ratio(d->table, eta, lambda, at->own ? m[0] + 1 : m[1]) /
              ((at->k + (double)l + 1) * ((double)l + 1));
    if (weight > 1e200) {
      scale_all(sum, 1e-200);
      weight *= 1e-200;
      last = 0;
    }
  }
  scale_all(sum, 1 / sum->one);
}

static PetscErrorCode measure(sq_identity *d, const double *block, uint64_t print, double *number)
{
  PetscFunctionBeginUser;
  (void)print;
  if (!d->couplings) PetscFunctionReturn(0);
  const double eta = d->action.value[d->parameter[ETA]], lambda = d->action.value[d->parameter[LAMBDA]];
  const int64_t V = d->lattice->volume, links = d->lattice->dim * V;
  double T[COUPLINGS];
  moments sum;
  find_sites(d, block, d->moved);
  for (int64_t link = 0; link < links; link++) {
    const int64_t x = link % V, y = d->next[link], l = (int64_t)block[links + link];
    const int64_t m[2] = {(int64_t)d->moved[x], (int64_t)d->moved[y]}, step = x == y ? 2 * l : l;
    const link_ends at = {fabs(block[link]), {m[0] - step, m[1] - step}, x == y};
    double *A = number + COUPLINGS;
    sum_over_values(d, &at, &sum);
    values_at(d->table, eta, lambda, m, at.own, T);
    for (int a = 0; a < COUPLINGS; a++) {
      number[a] += sum.T[a] - T[a];
      for (int b = 0; b <= a; b++) *A++ += sum.TT[a][b] - sum.T[a] * sum.T[b];
    }
  }
  PetscFunctionReturn(0);
}

const sq_identity_kind sq_identity_fluxes = {.suits = suits, .create = create, .destroy = destroy, .measure = measure};
