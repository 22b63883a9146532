/* SPDX-License-Identifier: BSD-3-Clause */
/* How ranks share independent pieces of work: most replicas first. Plain integers; nothing communicates. */
#include "squall/lattice.h"

/* The lattice in units of step sites, if they go into it. */
static bool units_of(const sq_sharing *s, int64_t step, int64_t units[SQ_DIM])
{
  for (int i = 0; i < s->dim; i++) {
    if (step < 1 || s->extent[i] % step) return false;
    units[i] = s->extent[i] / step;
  }
  return true;
}

static bool choose(const sq_sharing *s, const int64_t units[SQ_DIM], int size, int *replicas)
{
  const double plenty = 2e9; /* bytes a rank */
  int ranks[SQ_DIM];
  for (int pass = 0; pass < 2; pass++) /* within plenty of memory; else whatever can share */
    for (int domain = 1; domain <= (s->whole ? 1 : size); domain++) {
      int n = size / domain;
      if (size % domain || (s->replicas && n != s->replicas) || (n > s->independent && !s->whole)) continue;
      if (pass == 0 && s->bytes / domain > plenty) continue;
      if (!sq_lattice_can_share(s->dim, units, domain, ranks)) continue;
      *replicas = n;
      return true;
    }
  return false;
}

bool sq_sharing_choose(const sq_sharing *s, int size, int *replicas, int64_t *step)
{
  int64_t units[SQ_DIM];
  *step = s->tile;
  if (units_of(s, s->tile, units) && choose(s, units, size, replicas)) return true;
  *step = PetscMax(s->grain, 1);
  return units_of(s, *step, units) && choose(s, units, size, replicas);
}
