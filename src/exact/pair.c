/* SPDX-License-Identifier: BSD-3-Clause */
/* pair: transfer matrices of slices of one site, in its radii, and of two, in the eigenstates of single ones.
 *
 * The matrix of two sites is t^{1/2} S t^{1/2}: t of both sites without their link, S = e^{-link (phi_1 - phi_2)^2/2}
 * <= 1 the link. So a state of two sites matters only if its eigenvalue of t does, and these fall fast. Angular momenta
 * of both add up to K; the link moves j from one to the other. A moment of the radii stands beside S.
 */
#include "src/exact/pair.h"
#include <math.h>
#include <string.h>

enum { MOST = 1600 };
static const double cut = 27; /* -log of what is neglected, of the largest */

/* The eigenstates of one site of angular momentum l that matter beside its lowest. */
static PetscErrorCode add_states(sq_slices *s, int l)
{
  PetscFunctionBeginUser;
  const int n = s->radial.points;
  double *matrix = s->vectors + (size_t)l * (size_t)n * (size_t)n, *value;
  PetscCall(sq_alloc(n, &value));
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) matrix[i * n + j] = sq_radial_element(&s->radial, l, i, j);
  PetscCall(sq_exact_eigenstates(n, matrix, value));
  for (int a = n - 1; a >= 0 && value[a] > exp(-cut) * value[n - 1]; a--)
    s->state[s->states++] = (sq_radial_state){l, value[a], matrix + (size_t)a * (size_t)n};
  sq_free(&value);
  PetscFunctionReturn(0);
}

static PetscErrorCode make_pair(sq_slices *s)
{
  PetscFunctionBeginUser;
  const size_t n = (size_t)s->radial.points, momenta = (size_t)s->radial.momenta;
  PetscCall(sq_alloc(momenta * n * n, &s->harmonic));
  PetscCall(sq_alloc(momenta * n * n, &s->vectors));
  PetscCall(sq_alloc(momenta * n, &s->state));
  PetscCall(sq_radial_harmonics(&s->radial, s->link, s->harmonic));
  for (size_t l = 0, at = 0; l < momenta; l++)
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++, at++)
        s->harmonic[at] *= exp(-0.5 * s->link * pow(s->radial.r[i] - s->radial.r[j], 2));
  for (int l = 0; l < s->radial.momenta; l++) PetscCall(add_states(s, l));
  PetscCall(sq_alloc((size_t)s->states * (size_t)s->states, &s->half));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_slices_make(int components, int sites, double m2, double c4, double hop, double link, int points,
                              sq_slices *slices)
{
  PetscFunctionBeginUser;
  *slices = (sq_slices){.sites = sites, .link = link};
  PetscCall(sq_radial_make(components, m2, c4, hop, fmax(fabs(hop), link), points, &slices->radial));
  if (sites == 2) PetscCall(make_pair(slices));
  PetscFunctionReturn(0);
}

void sq_slices_clear(sq_slices *s)
{
  for (int a = 0; s->half && a < s->states * s->states; a++) sq_free(&s->half[a]);
  sq_free(&s->half);
  sq_free(&s->state);
  sq_free(&s->vectors);
  sq_free(&s->harmonic);
  sq_radial_clear(&s->radial);
}

/* ---- one site ---- */

static void fill_single(const sq_slices *s, int l, sq_jets *T)
{
  for (int i = 0; i < T->n; i++)
    for (int j = 0; j < T->n; j++) {
      double element = sq_radial_element(&s->radial, l, i, j), a = pow(s->radial.r[i], 2), b = pow(s->radial.r[j], 2);
      T->part[0][i * T->n + j] = element;
      T->part[1][i * T->n + j] = 0.5 * element * (a + b);
      T->part[2][i * T->n + j] = 0.5 * element * (a * a + b * b);
    }
}

/* ---- two sites ---- */

/* A state of both: signed angular momenta, and the states of single sites. */
typedef struct {
  int k[2], state[2];
} pair_state;

/* f(r') = sum_r a(r) S_j(r, r') b(r), the same with r^2 + r'^2, and with r^4 + r'^4: [3][points]. */
static PetscErrorCode find_half(sq_slices *s, int a, int b, int j, const double **half)
{
  PetscFunctionBeginUser;
  const size_t n = (size_t)s->radial.points;
  double **all = &s->half[(size_t)a * (size_t)s->states + (size_t)b];
  const double *S = s->harmonic + (size_t)j * n * n, *u = s->state[a].vector, *v = s->state[b].vector;
  if (!*all) {
    PetscCall(sq_alloc(6 * n, all));
    (*all)[0] = (*all)[3 * n] = NAN; /* not made yet */
  }
  double *f = *all + (j == s->state[a].l + s->state[b].l ? 0 : 3 * n);
  *half = f;
  if (!isnan(f[0])) PetscFunctionReturn(0);
  memset(f, 0, 3 * n * sizeof *f);
  for (size_t r = 0; r < n; r++) {
    double square = s->radial.r[r] * s->radial.r[r], one = u[r] * v[r], two = one * square, four = two * square;
    for (size_t to = 0; to < n; to++) {
      f[to] += one * S[r * n + to];
      f[n + to] += two * S[r * n + to];
      f[2 * n + to] += four * S[r * n + to];
    }
  }
  for (size_t to = 0; to < n; to++) {
    double square = s->radial.r[to] * s->radial.r[to];
    f[n + to] += f[to] * square;
    f[2 * n + to] += f[to] * square * square;
  }
  PetscFunctionReturn(0);
}

/* Adds sign times the three elements between two states, the sites of the second in the order first, 1 - first. */
static PetscErrorCode add_element(sq_slices *s, const pair_state *p, const pair_state *q, int first, double sign,
                                  double *element)
{
  PetscFunctionBeginUser;
  const int n = s->radial.points, j = abs(p->k[0] - q->k[first]);
  if (j >= s->radial.momenta) PetscFunctionReturn(0);
  const double *half = NULL, *u = s->state[p->state[1]].vector, *v = s->state[q->state[!first]].vector;
  PetscCall(find_half(s, p->state[0], q->state[first], j, &half));
  for (int r = 0; r < n; r++) {
    double both = sign * u[r] * v[r];
    for (int k = 0; k < 3; k++) element[k] += half[k * n + r] * both;
  }
  PetscFunctionReturn(0);
}

static bool alike(const pair_state *p)
{
  return p->k[0] == p->k[1] && p->state[0] == p->state[1];
}

/* Among combinations of a pair and its exchange, with the sign. */
static PetscErrorCode fill_pair(sq_slices *s, const pair_state *p, double sign, sq_jets *T)
{
  PetscFunctionBeginUser;
  for (int a = 0; a < T->n; a++)
    for (int b = a; b < T->n; b++) {
      double element[3] = {0, 0, 0};
      double root = sqrt(s->state[p[a].state[0]].value * s->state[p[a].state[1]].value * s->state[p[b].state[0]].value *
                         s->state[p[b].state[1]].value);
      root *= (alike(&p[a]) ? sqrt(0.5) : 1) * (alike(&p[b]) ? sqrt(0.5) : 1);
      PetscCall(add_element(s, &p[a], &p[b], 0, 1, element));
      PetscCall(add_element(s, &p[a], &p[b], 1, sign, element));
      for (int k = 0; k < 3; k++) T->part[k][a * T->n + b] = T->part[k][b * T->n + a] = root * element[k];
    }
  PetscFunctionReturn(0);
}

/* Whether angular momenta k of a state of a single site and K - k of another are there. One component: parities. */
static bool fits(const sq_slices *s, int K, int k, int a, int b)
{
  int rest = s->radial.components == 1 ? abs(K - k) % 2 : abs(K - k);
  return abs(k) == s->state[a].l && rest == s->state[b].l;
}

/* All pairs of angular momentum K beside whose largest they matter, one of every two that are exchanges of each other,
 * those that are their own first or, odd, not at all; p NULL: they are counted. */
static int list_pairs(const sq_slices *s, int K, double least, bool odd, pair_state *p)
{
  int count = 0;
  for (int a = 0; a < s->states; a++)
    for (int b = 0; b <= a; b++)
      for (int sign = 1; sign >= -1; sign -= 2) {
        int k = sign * s->state[a].l;
        pair_state now = {{k, s->radial.components == 1 ? s->state[b].l : K - k}, {a, b}};
        if ((sign < 0 && (k == 0 || s->radial.components == 1)) || !fits(s, K, k, a, b)) continue;
        if (s->state[a].value * s->state[b].value < least || (odd && alike(&now))) continue;
        if (a == b && now.k[0] < now.k[1]) continue;
        if (p) p[count] = now;
        count++;
      }
  return count;
}

static double largest_pair(const sq_slices *s, int K)
{
  double largest = 0;
  for (int a = 0; a < s->states; a++)
    for (int b = 0; b < s->states; b++)
      if (fits(s, K, s->state[a].l, a, b) || fits(s, K, -s->state[a].l, a, b))
        largest = fmax(largest, s->state[a].value * s->state[b].value);
  return largest;
}

static PetscErrorCode make_pairs(sq_slices *s, int K, bool odd, sq_jets *T)
{
  PetscFunctionBeginUser;
  pair_state *p;
  double least = exp(-cut) * largest_pair(s, K);
  int count = list_pairs(s, K, least, odd, NULL);
  SqCheck(count <= MOST, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "the transfer matrix of two sites has more than %d states that matter: too flat a potential", MOST);
  PetscCall(sq_alloc(count, &p));
  list_pairs(s, K, least, odd, p);
  PetscCall(sq_jets_make(count, T));
  PetscCall(fill_pair(s, p, odd ? -1 : 1, T));
  sq_free(&p);
  PetscFunctionReturn(0);
}

/* ---- traces ---- */

static PetscErrorCode trace(sq_jets *T, int64_t length, double *log, sq_jet *rest)
{
  PetscFunctionBeginUser;
  T->two = true;
  PetscCall(sq_jets_trace(T, length, NULL, log, rest));
  sq_jets_clear(T);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_slices_trace(sq_slices *slices, int K, int64_t length, double *log_Z, double *r2, double *r4)
{
  PetscFunctionBeginUser;
  sq_jets T;
  sq_jet all, odd;
  double log_odd;
  if (slices->sites == 1) {
    PetscCall(sq_jets_make(slices->radial.points, &T));
    fill_single(slices, K, &T);
    PetscCall(trace(&T, length, log_Z, &all));
  } else {
    PetscCall(make_pairs(slices, K, false, &T));
    PetscCall(trace(&T, length, log_Z, &all));
    PetscCall(make_pairs(slices, K, true, &T));
    PetscCall(trace(&T, length, &log_odd, &odd));
    if (T.n) all = sq_jet_add(all, sq_jet_scale(expl(log_odd - *log_Z), odd));
  }
  *log_Z += (double)logl(fabsl(all.at)) - slices->sites * (double)length * slices->radial.lowest;
  bool none = all.at == 0; /* no hop: states of no other momentum than 0 */
  *r2 = none ? 0 : (double)(all.first / all.at) / (double)length;
  *r4 = none ? 0 : (double)(all.second / all.at) / (double)length;
  PetscFunctionReturn(0);
}
