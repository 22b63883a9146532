/* SPDX-License-Identifier: BSD-3-Clause */
/* Ising spins as a textbook has them: bytes, a table of neighbours, a table of probabilities, union-find, and a fast
 * generator of random numbers in sequence (G. Marsaglia, J. Stat. Softw. 8 (2003) 14, with a multiplier). */
#include "src/bench/plain.h"
#include <math.h>

static double uniform(uint64_t *state)
{
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return (double)((*state * UINT64_C(0x2545f4914f6cdd1d)) >> 11) * 0x1p-53;
}

PetscErrorCode sq_plain_create(int dim, const int64_t extent[], double beta, sq_plain_spins *s)
{
  PetscFunctionBeginUser;
  *s = (sq_plain_spins){.dim = dim, .sites = 1, .beta = beta, .state = 88172645463325252};
  for (int mu = 0; mu < dim; mu++) s->sites *= extent[mu];
  PetscCall(sq_alloc(2 * dim * s->sites, &s->next));
  PetscCall(sq_alloc(s->sites, &s->spin));
  PetscCall(sq_alloc(s->sites, &s->parent));
  for (int64_t x = 0; x < s->sites; x++) {
    int64_t below = 1;
    s->spin[x] = uniform(&s->state) < 0.5 ? 1 : -1;
    for (int mu = dim - 1; mu >= 0; below *= extent[mu--]) {
      const int64_t at = x / below % extent[mu];
      s->next[2 * dim * x + 2 * mu] = (int32_t)(x + ((at + 1) % extent[mu] - at) * below);
      s->next[2 * dim * x + 2 * mu + 1] = (int32_t)(x + ((at + extent[mu] - 1) % extent[mu] - at) * below);
    }
  }
  for (int sum = -2 * dim; sum <= 2 * dim; sum++) s->up[sum + 8] = 1 / (1 + exp(-2 * beta * sum));
  PetscFunctionReturn(0);
}

void sq_plain_destroy(sq_plain_spins *s)
{
  sq_free(&s->next);
  sq_free(&s->spin);
  sq_free(&s->parent);
}

void sq_plain_sweep(sq_plain_spins *s)
{
  const int links = 2 * s->dim;
  for (int64_t x = 0; x < s->sites; x++) {
    int sum = 0;
    for (int k = 0; k < links; k++) sum += s->spin[s->next[links * x + k]];
    s->spin[x] = uniform(&s->state) < s->up[sum + 8] ? 1 : -1;
  }
}

static int32_t root_of(int32_t *parent, int32_t x)
{
  while (parent[x] != x) {
    parent[x] = parent[parent[x]];
    x = parent[x];
  }
  return x;
}

void sq_plain_clusters(sq_plain_spins *s)
{
  const double open = 1 - exp(-2 * s->beta);
  for (int64_t x = 0; x < s->sites; x++) s->parent[x] = (int32_t)x;
  for (int64_t x = 0; x < s->sites; x++)
    for (int mu = 0; mu < s->dim; mu++) {
      const int32_t y = s->next[2 * (s->dim * x + mu)];
      if (s->spin[x] != s->spin[y] || uniform(&s->state) >= open) continue;
      const int32_t a = root_of(s->parent, (int32_t)x), b = root_of(s->parent, y);
      s->parent[a < b ? b : a] = a < b ? a : b;
    }
  for (int64_t x = 0; x < s->sites; x++) { /* the first site of a cluster comes first, and is its root */
    const int32_t root = root_of(s->parent, (int32_t)x);
    s->spin[x] = root < x ? s->spin[root] : uniform(&s->state) < 0.5 ? 1 : -1;
  }
}
