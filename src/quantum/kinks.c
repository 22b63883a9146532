/* SPDX-License-Identifier: BSD-3-Clause */
/* kinks: the exact distribution of the number of kinks of periodic paths. Serial.
 *
 * A path is followed together with the well that it was in last, x beyond zone or -zone. Reflected whenever that is the
 * left one, it is a path y > -zone, whose step is
 *   M(y, y') = T(y, y') [y' > -zone] + u T(y, -y') [y' > zone],
 * the second where the well changes: u counts kinks. With T = sum_n t_n psi_n psi_n,
 *   Tr M^L = Tr K^L,   K_nm = t_n int dy psi_m(y) (psi_n(y) [y > -zone] + u psi_n(-y) [y > zone]),
 * a small matrix. Closed paths have even numbers of kinks, and two wells to begin in; those that never leave the middle
 * have none, and were counted for both. The numbers of a polynomial in u^2 follow from its values at roots of unity.
 * Integrals are Gauss-Legendre rules between the places where the step jumps.
 */
#include "squall/exact.h"
#include "squall/quantum.h"
#include <cblas.h>
#include <complex.h>
#include <math.h>
#include <string.h>

enum { MOST_POINTS = 800, PER_UNIT = 5, LEAST = 16 };

/* The eigenvectors on a symmetric grid of which the points `middle` are those with |x| < zone. */
typedef struct {
  int points, right, middle; /* right: of each side */
  int states;                /* those that count */
  double *x, *root;          /* [points], square roots of the weights of the rule */
  double *state, *factor;    /* [points][points] state n at n * points; t_n/t_0 */
  double *stay, *turn;       /* [states][states] K = stay + u turn */
} solution;

static void clear(solution *s)
{
  double **array[] = {&s->x, &s->root, &s->state, &s->factor, &s->stay, &s->turn};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
}

/* ---- the grid ---- */

/* The rule of n points on [low, high] (Newton's method on Legendre polynomials). */
static void legendre(int n, double low, double high, double *x, double *root)
{
  for (int i = 0; i < n; i++) {
    double at = cos(PETSC_PI * (i + 0.75) / (n + 0.5)), slope = 1;
    for (int k = 0; k < 100; k++) {
      double p = 1, before = 0;
      for (int j = 1; j <= n; j++) {
        const double next = ((2 * j - 1) * at * p - (j - 1) * before) / j;
        before = p;
        p = next;
      }
      slope = n * (at * p - before) / (at * at - 1);
      at -= p / slope;
      if (fabs(p / slope) < 1e-15) break;
    }
    x[n - 1 - i] = 0.5 * (low + high) + 0.5 * (high - low) * at;
    root[n - 1 - i] = sqrt((high - low) / ((1 - at * at) * slope * slope));
  }
}

static PetscErrorCode lay_grid(const sq_particle *p, double zone, solution *s)
{
  PetscFunctionBeginUser;
  const double inner = fmin(zone, 0.999 * p->reach);
  s->right = LEAST + (int)ceil(PER_UNIT * (p->reach - inner));
  s->middle = inner > 0 ? LEAST + (int)ceil(PER_UNIT * 2 * inner) : 0;
  s->points = 2 * s->right + s->middle;
  if (s->points > MOST_POINTS) PetscFunctionReturn(0);
  PetscCall(sq_alloc(s->points, &s->x));
  PetscCall(sq_alloc(s->points, &s->root));
  if (s->middle) legendre(s->middle, -inner, inner, s->x + s->right, s->root + s->right);
  legendre(s->right, inner, p->reach, s->x + s->right + s->middle, s->root + s->right + s->middle);
  for (int i = 0; i < s->right; i++) {
    s->x[i] = -s->x[s->points - 1 - i];
    s->root[i] = s->root[s->points - 1 - i];
  }
  PetscFunctionReturn(0);
}

/* ---- the matrices ---- */

static double element(const sq_particle *p, const solution *s, int i, int k)
{
  double slope;
  const double V = sq_particle_potential(p, s->x[i], &slope), W = sq_particle_potential(p, s->x[k], &slope),
               apart = s->x[i] - s->x[k];
  return s->root[i] * s->root[k] / sqrt(2 * PETSC_PI) * exp(-0.5 * (V + W + apart * apart));
}

static PetscErrorCode diagonalise(const sq_particle *p, solution *s)
{
  PetscFunctionBeginUser;
  const double nothing = 1e-14;
  const int n = s->points;
  PetscCall(sq_alloc((size_t)n * (size_t)n, &s->state));
  PetscCall(sq_alloc(n, &s->factor));
  for (int i = 0; i < n; i++)
    for (int k = 0; k <= i; k++) s->state[i * n + k] = s->state[k * n + i] = -element(p, s, i, k);
  PetscCall(sq_exact_eigenstates(n, s->state, s->factor));
  const double largest = s->factor[0];
  for (int i = 0; i < n; i++) s->factor[i] /= largest;
  while (s->states < n && s->factor[s->states] > nothing) s->states++;
  PetscFunctionReturn(0);
}

/* sum over the points from `first` on of psi_m(x) psi_n(x), or psi_n(-x). */
static double overlap(const solution *s, int n, int m, int first, int beyond, bool mirrored)
{
  const double *a = s->state + (size_t)n * (size_t)s->points, *b = s->state + (size_t)m * (size_t)s->points;
  double sum = 0;
  for (int i = first; i < beyond; i++) sum += a[mirrored ? s->points - 1 - i : i] * b[i];
  return sum;
}

static PetscErrorCode fill(solution *s)
{
  PetscFunctionBeginUser;
  const int r = s->states, outside = s->right + s->middle;
  PetscCall(sq_alloc((size_t)r * (size_t)r, &s->stay));
  PetscCall(sq_alloc((size_t)r * (size_t)r, &s->turn));
  for (int n = 0; n < r; n++)
    for (int m = 0; m < r; m++) {
      s->stay[n * r + m] = s->factor[n] * overlap(s, n, m, s->right, s->points, false);
      s->turn[n * r + m] = s->factor[n] * overlap(s, n, m, outside, s->points, true);
    }
  PetscFunctionReturn(0);
}

/* ---- traces of powers ---- */

typedef double complex number;

static void multiply(int r, const number *a, const number *b, number *out)
{
  const number one = 1, none = 0;
  cblas_zgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, r, r, r, &one, a, r, b, r, &none, out, r);
}

/* Tr K^L; room[4][r][r], K in the first. Elements of K are of the order of 1 and its powers fall. */
static number trace_of_power(int r, int64_t L, number *room)
{
  const size_t all = (size_t)r * (size_t)r;
  number *power = room, *result = room + all, *next = room + 2 * all, *swap, sum = 0;
  bool begun = false;
  for (; L > 0; L /= 2) {
    if (L % 2 && begun) {
      multiply(r, result, power, next);
      swap = result, result = next, next = swap;
    } else if (L % 2) memcpy(result, power, all * sizeof *result);
    begun = begun || L % 2;
    if (L > 1) {
      multiply(r, power, power, next);
      swap = power, power = next, next = swap;
    }
  }
  for (int i = 0; i < r; i++) sum += result[(size_t)i * (size_t)r + (size_t)i];
  return sum;
}

static number trace_at(const solution *s, int64_t L, number u, number *room)
{
  for (int i = 0; i < s->states * s->states; i++) room[i] = s->stay[i] + u * s->turn[i];
  return trace_of_power(s->states, L, room);
}

/* Of paths that never leave the middle. */
static double trace_middle(const solution *s, int64_t L, number *room)
{
  const int r = s->states;
  for (int n = 0; n < r; n++)
    for (int m = 0; m < r; m++)
      room[n * r + m] = s->factor[n] * overlap(s, n, m, s->right, s->right + s->middle, false);
  return s->middle ? creal(trace_of_power(r, L, room)) : 0;
}

/* probability[k] of 2 k kinks, terms of them; beyond the last they come back at the first. */
static PetscErrorCode traces(const solution *s, int64_t L, int terms, double *probability)
{
  PetscFunctionBeginUser;
  number *room, *value;
  double total = 0;
  PetscCall(sq_alloc(3 * (size_t)s->states * (size_t)s->states, &room));
  PetscCall(sq_alloc(terms, &value));
  for (int j = 0; 2 * j <= terms; j++) {
    const number u = cexp(I * PETSC_PI * j / terms);
    value[j] = trace_at(s, L, u, room) + trace_at(s, L, -u, room);
    value[(terms - j) % terms] = conj(value[j]);
  }
  for (int k = 0; k < terms; k++) {
    number sum = 0;
    for (int j = 0; j < terms; j++)
      sum += value[j] * cexp(-2 * I * PETSC_PI * (double)((int64_t)j * k % terms) / terms);
    probability[k] = creal(sum) / terms - (k ? 0 : trace_middle(s, L, room));
    total += probability[k];
  }
  for (int k = 0; k < terms; k++) probability[k] = fmax(0, probability[k] / total);
  sq_free(&room);
  sq_free(&value);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_transfer_kinks(const sq_action *action, double zone, int64_t sites, int terms, double *probability)
{
  PetscFunctionBeginUser;
  solution s = {.points = 0};
  sq_particle particle;
  PetscCall(sq_particle_make(action, &particle));
  PetscCall(lay_grid(&particle, zone * sqrt(particle.hop), &s));
  for (int k = 0; k < terms; k++) probability[k] = NAN;
  if (s.points <= MOST_POINTS) {
    PetscCall(diagonalise(&particle, &s));
    PetscCall(fill(&s));
    PetscCall(traces(&s, sites, terms, probability));
  }
  clear(&s);
  PetscFunctionReturn(0);
}
