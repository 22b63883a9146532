/* SPDX-License-Identifier: BSD-3-Clause */
/* Trajectories on a lattice that is not cut, of theories that can do without rims (sq_action_smooth.torus). In four
 * dimensions rims are half of a field; without them twice as many sites stay in a cache, and no step copies any.
 *
 * Data: field 0 is the caller's, the last one md->end, both with rims. The fields in between are dense and take turns
 * in two arrays that are free until the end: the one before the last in md->before, the other one in md->end_force.
 *
 * Several steps go through the lattice in one wavefront: each follows one plane behind the step before it, so a plane
 * comes from memory once for all of them. Where such a front does not fit into the second-level cache, the second
 * direction is cut into parts: first each part is stepped without its borders, one row less at either end in every
 * step, then the gaps, one row more in every step. What a site needs is there whenever its turn comes, so the order of
 * sites changes no bits.
 */
#include "internal.h"
#include <unistd.h>

enum { FRONT = 64 }; /* steps at most */

static int64_t second_level_cache(void)
{
  int64_t bytes = 0;
#ifdef _SC_LEVEL2_CACHE_SIZE
  bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
  return bytes <= 0 ? 1 << 20 : PetscMax(1 << 18, PetscMin(bytes, 1 << 22));
}

/* Rows of the second direction, where there is one beside rows of sites. */
static int64_t second_extent(const sq_md *md)
{
  return md->lattice->dim > 2 ? md->lattice->extent[md->lattice->first_dir + 1] : 1;
}

/* Steps of a front of parts; bytes: of a plane of both fields. */
static int64_t steps_within(int64_t cache, int64_t bytes, int64_t parts)
{
  return parts * (3 * cache / 4) / bytes - 2;
}

static void choose_front(sq_md *md)
{
  const int64_t cache = second_level_cache(), shared = 8 << 20, first = 1 << 13; /* bytes; doc/performance.md */
  const int64_t bytes = 2 * md->lattice->volume / md->planes * (int64_t)sizeof(double);
  int64_t steps = steps_within(cache, bytes, 1), most = 4;
  md->parts = 1;
  md->together = PetscMax(1, PetscMin(8, 2 * first / bytes));
  if (md->planes * bytes > cache + cache / 2) {
    most = FRONT;
    while (steps < 8 && second_extent(md) / (2 * md->parts) >= 64) steps = steps_within(cache, bytes, md->parts *= 2);
    if (steps < 8 || second_extent(md) / md->parts < 2 * steps) {
      md->parts = 1;
      steps = steps_within(shared, bytes, 1);
    }
  } else steps = most;
  md->front = PetscMax(1, PetscMin(PetscMin(steps, most), md->planes / 4));
}

PetscErrorCode sq_md_choose_torus(sq_md *md)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = md->lattice;
  md->torus = md->action.type->smooth && md->action.type->smooth->torus && lattice->size == 1 && md->components == 1 &&
              lattice->dim > 1 && md->action.dim == lattice->dim && lattice->extent[3] >= SQ_TORUS_ROW;
  if (!md->torus) PetscFunctionReturn(0);
  PetscCall(sq_alloc(md->rows, &md->dense_row));
  for (int64_t r = 0; r < md->rows; r++) md->dense_row[r] = r * lattice->extent[3];
  choose_front(md);
  PetscFunctionReturn(0);
}

/* ---- fields ---- */

static sq_sites with_rims(const sq_field *field)
{
  sq_sites s = {.data = field->data + field->origin};
  for (int mu = 0; mu < SQ_DIM; mu++) s.stride[mu] = field->stride[mu];
  return s;
}

static sq_sites dense(const sq_lattice *lattice, double *data)
{
  sq_sites s = {.data = data, .stride = {[SQ_DIM - 1] = 1}};
  for (int mu = SQ_DIM - 1; mu > 0; mu--) s.stride[mu - 1] = s.stride[mu] * lattice->extent[mu];
  return s;
}

sq_sites sq_md_torus_field(const sq_md *md, const sq_field *phi, int64_t drifts, int64_t k)
{
  if (k == 0) return with_rims(phi);
  if (k == drifts) return with_rims(md->end);
  return dense(md->lattice, (drifts - k) % 2 ? md->before->data : md->end_force);
}

/* ---- steps ---- */

/* Some drifts in one front: drift number s makes field s + 2 of these from fields s + 1 and s. */
typedef struct {
  const sq_md *md;
  int64_t steps;
  sq_torus drift[FRONT];
} group;

/* Rows low - s grow .. high + s grow - 1 of the second direction in step s. */
typedef struct {
  int64_t low, high, grow;
} band;

static void gather(const sq_md *md, const sq_field *phi, double eps, int64_t drifts, int64_t k, group *g)
{
  g->md = md;
  g->steps = PetscMin(md->front, drifts - k);
  for (int64_t s = 0; s < g->steps; s++, k++) {
    const double d = sq_md_drift_at(md->integrator, k);
    g->drift[s] = (sq_torus){.lattice = md->lattice,
                             .ratio = d / sq_md_drift_at(md->integrator, k - 1),
                             .weight = eps * eps * d * sq_md_kick_after(md->integrator, k - 1),
                             .now = sq_md_torus_field(md, phi, drifts, k),
                             .previous = sq_md_torus_field(md, phi, drifts, k - 1),
                             .next = sq_md_torus_field(md, phi, drifts, k + 1)};
  }
}

/* Step s on planes from .. to - 1, if any. */
static void move(const group *g, band b, int64_t s, int64_t from, int64_t to)
{
  const sq_md *md = g->md;
  const int64_t low = b.low - s * b.grow, high = b.high + s * b.grow, extent = second_extent(md);
  if (from >= to || low >= high) return;
  md->action.type->smooth->torus(&md->action, &g->drift[s], from, to - from, low < 0 ? low + extent : low, high - low);
}

/* All steps on a band. The lattice is periodic, so a front cannot reach some planes near the ends: they are done when
 * it is through. Needs 2 steps <= planes. */
static void wavefront(const group *g, band b)
{
  const int64_t planes = g->md->planes, some = g->md->together;
  for (int64_t at = 0; at < planes; at += some)
    for (int64_t s = 0; s < g->steps; s++) move(g, b, s, PetscMax(s, at - s), PetscMin(at - s + some, planes - s));
  for (int64_t s = 1; s < g->steps; s++) {
    move(g, b, s, planes - s, planes);
    move(g, b, s, 0, s);
  }
}

/* Needs 2 steps <= the rows of a part. */
static void in_parts(const group *g)
{
  const int64_t extent = second_extent(g->md), parts = g->md->parts;
  for (int64_t p = 0; p < parts; p++) wavefront(g, (band){p * extent / parts, (p + 1) * extent / parts, -1});
  for (int64_t p = 0; p < parts; p++) wavefront(g, (band){p * extent / parts, p * extent / parts, 1});
}

void sq_md_torus_drifts(sq_md *md, const sq_field *phi, double eps, int64_t drifts)
{
  for (int64_t k = 1; k < drifts; k += md->front) {
    group g;
    gather(md, phi, eps, drifts, k, &g);
    if (md->parts > 1 && g.steps > 1) in_parts(&g);
    else wavefront(&g, (band){0, second_extent(md), 0});
  }
  sq_field_wrap(md->end, 0, md->planes);
}
