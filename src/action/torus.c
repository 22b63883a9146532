/* SPDX-License-Identifier: BSD-3-Clause */
/* Sweeps on a lattice that is not cut, without rims: fields then take as few lines of the cache as they can, and
 * nothing is copied between steps. */
#include "hopping.h"
#include "torus.h"
#include <string.h>

static const struct {
  const char *name;
  sq_torus_kernel *kernel;
} sets[] = {
#ifdef __x86_64__
  {"avx512", sq_torus_avx512},
  {"avx2", sq_torus_avx2},
#endif
  {"generic", sq_torus_generic},
};
enum { SETS = sizeof sets / sizeof *sets };

static bool supported(int set)
{
#ifdef __x86_64__
  if (set == 0)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
  if (set == 1) return __builtin_cpu_supports("avx2");
#endif
  return set < SETS;
}

static sq_torus_kernel *chosen;

static sq_torus_kernel *best(void)
{
  for (int set = 0; !chosen; set++)
    if (supported(set)) chosen = sets[set].kernel;
  return chosen;
}

bool sq_torus_choose(const char *name)
{
  for (int set = 0; set < SETS; set++)
    if (!strcmp(name, sets[set].name) && supported(set)) {
      chosen = sets[set].kernel;
      return true;
    }
  return false;
}

/* From a site at x of n to its neighbours in a direction of that stride. */
static void neighbours(int64_t x, int64_t n, int64_t stride, int64_t shift[2])
{
  shift[0] = x > 0 ? -stride : (n - 1) * stride;
  shift[1] = x < n - 1 ? stride : (1 - n) * stride;
}

/* The sheet at x1 in direction 1 and x0 in direction 0, of a sheet that has all but places and neighbours. */
static sq_torus_sheet sheet_at(const sq_torus_sheet *any, const sq_torus *t, int64_t x0, int64_t x1)
{
  const int64_t *n = t->lattice->extent;
  sq_torus_sheet s = *any;
  neighbours(x1, n[1], t->now.stride[1], s.shift);
  neighbours(x0, n[0], t->now.stride[0], s.shift + 2);
  s.now = t->now.data + x0 * t->now.stride[0] + x1 * t->now.stride[1];
  s.previous = t->previous.data + x0 * t->previous.stride[0] + x1 * t->previous.stride[1];
  s.next = t->next.data + x0 * t->next.stride[0] + x1 * t->next.stride[1];
  return s;
}

static sq_torus_sheet any_sheet(const sq_action *action, const sq_torus *t)
{
  const sq_hopping h = sq_hopping_of(action);
  return (sq_torus_sheet){.hop = t->weight * h.hop,
                          .linear = 1 + t->ratio - 2 * t->weight * h.quadratic,
                          .cubic = 4 * t->weight * h.quartic,
                          .ratio = t->ratio,
                          .length = t->lattice->extent[3],
                          .rows = t->lattice->extent[2],
                          .pitch = {t->now.stride[2], t->previous.stride[2], t->next.stride[2]}};
}

void sq_hopping_torus(const sq_action *action, const sq_torus *torus, int64_t plane, int64_t planes, int64_t first,
                      int64_t count)
{
  const sq_torus_sheet any = any_sheet(action, torus);
  const int64_t *n = torus->lattice->extent;
  sq_torus_kernel *kernel = best();
  if (action->dim == 2) {
    const sq_torus_sheet sheet = sheet_at(&any, torus, 0, 0);
    kernel(2, &sheet, plane, planes);
  }
  for (int64_t x0 = plane; action->dim == 4 && x0 < plane + planes; x0++)
    for (int64_t x1 = first; x1 < first + count; x1++) {
      const sq_torus_sheet sheet = sheet_at(&any, torus, x0, x1 % n[1]);
      kernel(4, &sheet, 0, n[2]);
    }
  const int64_t from = first % n[2], some = PetscMin(count, n[2] - from);
  for (int64_t x1 = plane; action->dim == 3 && x1 < plane + planes; x1++) {
    const sq_torus_sheet sheet = sheet_at(&any, torus, 0, x1);
    kernel(3, &sheet, from, some);
    kernel(3, &sheet, 0, count - some); /* past the end */
  }
}
