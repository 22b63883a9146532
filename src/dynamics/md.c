/* SPDX-License-Identifier: BSD-3-Clause */
/* Molecular dynamics: the buffers that the trajectories of all chains share, made once, and the integration of the
 * equations of motion.
 *
 * Data: fields are padded (rim 1), momenta and forces are blocks. A trajectory begins with the force at its first field
 * at hand and ends with the force at its last one. In between there are no momenta: with p = (phi_k - phi_{k-1})/(eps
 * d_k), d_k the k-th drift, the next field is phi_{k+1} = phi_k + (d_{k+1}/d_k) (phi_k - phi_{k-1}) + eps^2 d_{k+1} c_k
 * F(phi_k), c_k the kick between (for leapfrog the Stoermer-Verlet form): 24 bytes a site go to and from memory instead
 * of 72.
 */
#include "internal.h"
#include <string.h>

/* Beyond the second-level cache a lattice that is not cut is swept in a wavefront: step s follows s planes behind the
 * first, so a plane comes from memory once for `front` steps. */
static void choose_front(sq_md *md)
{
  const int64_t cache = 1 << 20, shared = 8 << 20; /* bytes; measured, see doc/performance.md */
  int64_t plane, bytes;
  md->planes = sq_field_planes(md->end, &plane);
  md->front = 1;
  bytes = 2 * md->components * plane * (int64_t)sizeof(double);
  if (md->lattice->size > 1 || md->action.type->corners || md->planes * bytes <= cache + cache / 2) return;
  int64_t steps = 3 * cache / 4 / bytes - 2;
  if (steps < 4) steps = shared / bytes - 2;
  md->front = PetscMax(1, PetscMin(steps, md->planes / 2));
}

/* The sites at the ends of a trajectory go through what is done with them by some planes at a time, which stay in the
 * first-level cache. */
static void choose_slab(sq_md *md)
{
  const int64_t cache = 1 << 13; /* bytes of each of the arrays */
  const int64_t plane = md->lattice->local_volume / md->planes * (int64_t)sizeof(double);
  const bool whole = md->components > 1 || !md->action.type->both;
  md->slab = whole ? md->planes : PetscMax(1, PetscMin(cache / plane, md->planes));
  md->follow = 1;
  for (int mu = SQ_DIM - 1; mu > 0 && md->lattice->local[mu] == md->lattice->extent[mu]; mu--)
    md->follow *= md->lattice->local[mu - 1];
}

/* Fields, and what lists their rows. */
static PetscErrorCode create_fields(sq_md *m)
{
  PetscFunctionBeginUser;
  PetscCall(sq_field_create_components(m->lattice, 1, m->components, &m->end));
  PetscCall(sq_field_create_components(m->lattice, 1, m->components, &m->before));
  PetscCall(sq_halo_create_field(m->end, sq_action_reach(&m->action), &m->halo));
  PetscCall(sq_halo_create_field(m->end, SQ_HALO_CUT, &m->halo_cut));
  m->rows = m->lattice->local_volume / m->lattice->local[3];
  m->all_rows = m->components * m->rows;
  PetscCall(sq_alloc(m->all_rows, &m->row));
  for (int64_t r = 0; r < m->all_rows; r++) m->row[r] = r / m->rows * m->end->sites + sq_field_row(m->end, r % m->rows);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_md_create(const sq_lattice *lattice, const sq_action *action, const sq_integrator *integrator,
                            sq_md **md)
{
  PetscFunctionBeginUser;
  sq_md *m;
  PetscCall(sq_alloc(1, &m));
  m->lattice = lattice;
  m->action = *action;
  m->integrator = integrator;
  m->components = sq_action_components(action);
  m->numbers = m->components * lattice->local_volume;
  m->orders = action->type->order ? 1 : m->components * (action->type->space->order[1] ? 2 : 1);
  m->sums = SQ_MD_ORDER + m->orders;
  PetscCall(create_fields(m));
  PetscCall(sq_alloc(m->numbers, &m->momentum));
  PetscCall(sq_alloc(m->numbers, &m->end_force));
  choose_front(m);
  choose_slab(m);
  PetscCall(sq_md_choose_torus(m));
  *md = m;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_md_destroy(sq_md **md)
{
  PetscFunctionBeginUser;
  if (!*md) PetscFunctionReturn(0);
  PetscCall(sq_halo_destroy(&(*md)->halo));
  sq_free(&(*md)->row);
  sq_free(&(*md)->dense_row);
  PetscCall(sq_halo_destroy(&(*md)->halo_cut));
  PetscCall(sq_clusters_destroy(&(*md)->clusters));
  PetscCall(sq_fluxes_destroy(&(*md)->fluxes));
  PetscCall(sq_md_forget_fourier(*md));
  PetscCall(sq_field_destroy(&(*md)->end));
  PetscCall(sq_field_destroy(&(*md)->before));
  sq_free(&(*md)->momentum);
  sq_free(&(*md)->end_force);
  sq_free(md);
  PetscFunctionReturn(0);
}

double *sq_md_scratch(sq_md *md)
{
  return md->end_force;
}

/* Whether rims are filled plane by plane: where the lattice is not cut, and they need no corners. */
static bool wraps(const sq_md *md)
{
  return md->lattice->size == 1 && !md->action.type->corners;
}

/* Drift k of a trajectory (counted from 0, not the first) on some planes: field k + 1 from fields k and k - 1. fields[k
 * % 2] is where field k + 1 goes. */
static void advance_planes(sq_md *md, double eps, int64_t k, const sq_field *start, sq_field *const fields[2],
                           int64_t first, int64_t count)
{
  const sq_integrator *scheme = md->integrator;
  double d = sq_md_drift_at(scheme, k);
  sq_field *next = fields[k % 2];
  const sq_field *previous = k == 1 ? start : next;
  md->action.type->smooth->sweep(&md->action, fields[(k + 1) % 2], d / sq_md_drift_at(scheme, k - 1),
                                 eps * eps * d * sq_md_kick_after(scheme, k - 1), first, count, previous, next);
  if (wraps(md)) sq_field_wrap(next, first, count);
}

/* The rim of a field that was swept, all at once. */
static PetscErrorCode exchange(sq_md *md, sq_field *field)
{
  PetscFunctionBeginUser;
  const int64_t n = md->lattice->local[3];
  if (md->action.type->corners) {
    PetscCall(sq_halo_exchange(md->halo, field->data));
    PetscFunctionReturn(0);
  }
  PetscCall(sq_halo_begin(md->halo_cut, field->data));
  if (md->lattice->ranks[3] == 1)
    for (int64_t r = 0; r < md->all_rows; r++) {
      double *row = field->data + md->row[r];
      row[-1] = row[n - 1];
      row[n] = row[0];
    }
  PetscCall(sq_halo_end(md->halo_cut, field->data));
  PetscFunctionReturn(0);
}

/* Drifts k .. k + steps - 1. The front moves up through the planes, each step one plane behind the step before it; what
 * it cannot reach near the ends, because the lattice is periodic, is done when it is through. Needs 2 steps <= planes.
 */
static void wavefront(sq_md *md, double eps, int64_t k, int64_t steps, const sq_field *start, sq_field *const fields[2])
{
  const int64_t planes = md->planes;
  for (int64_t at = 0; at < planes + steps - 1; at++)
    for (int64_t s = PetscMax(0, at - planes + 1); s < steps && s <= at; s++)
      if (at - s >= s && at - s <= planes - 1 - s) advance_planes(md, eps, k + s, start, fields, at - s, 1);
  for (int64_t s = 1; s < steps; s++) {
    advance_planes(md, eps, k + s, start, fields, planes - s, s);
    advance_planes(md, eps, k + s, start, fields, 0, s);
  }
}

PetscErrorCode sq_md_drifts(sq_md *md, const sq_field *phi, double eps, int64_t drifts)
{
  PetscFunctionBeginUser;
  if (md->torus) {
    sq_md_torus_drifts(md, phi, eps, drifts);
    PetscFunctionReturn(0);
  }
  sq_field *const fields[2] = {md->end, md->before}; /* of odd and of even number */
  if (wraps(md)) sq_field_wrap(fields[0], 0, md->planes);
  else PetscCall(sq_halo_exchange(md->halo, fields[0]->data));
  for (int64_t k = 1, count; k < drifts; k += count) {
    count = PetscMin(md->front, drifts - k);
    if (count > 1) wavefront(md, eps, k, count, phi, fields);
    else {
      advance_planes(md, eps, k, phi, fields, 0, md->planes);
      if (!wraps(md)) PetscCall(exchange(md, fields[k % 2]));
    }
  }
  md->end = fields[(drifts + 1) % 2];
  md->before = fields[drifts % 2];
  PetscFunctionReturn(0);
}

sq_md_rows sq_md_first_rows(const sq_md *md, int64_t drifts)
{
  if (!md->torus || drifts == 1) return (sq_md_rows){md->end->data, md->row};
  return (sq_md_rows){sq_md_torus_field(md, NULL, drifts, 1).data, md->dense_row};
}

sq_md_rows sq_md_rows_before(const sq_md *md, const sq_field *phi, int64_t drifts)
{
  return (sq_md_rows){drifts > 1 ? md->before->data : phi->data, md->torus && drifts > 1 ? md->dense_row : md->row};
}

PetscErrorCode sq_md_integrate(sq_md *md, const sq_field *phi, const double *force, double eps, int64_t steps)
{
  PetscFunctionBeginUser;
  const sq_integrator *scheme = md->integrator;
  const int64_t length = md->lattice->local[3], drifts = steps * (scheme->count / 2);
  if (md->mass > 0) {
    PetscCall(sq_md_integrate_fourier(md, phi, force, eps, steps));
    PetscFunctionReturn(0);
  }
  const sq_md_rows first = sq_md_first_rows(md, drifts);
  sq_md_first(md->all_rows, length, md->row, eps * sq_md_drift_at(scheme, 0), eps * scheme->coefficient[0],
              md->momentum, force, phi->data, first.row, first.data);
  PetscCall(sq_md_drifts(md, phi, eps, drifts));
  const sq_md_rows before = sq_md_rows_before(md, phi, drifts);
  md->action.type->smooth->force(&md->action, md->end, md->end_force);
  sq_md_last(md->all_rows, length, md->row, 1 / (eps * sq_md_drift_at(scheme, drifts - 1)),
             eps * scheme->coefficient[scheme->count - 1], md->end_force, before.row, before.data, md->end->data,
             md->momentum);
  PetscFunctionReturn(0);
}

void sq_md_take(sq_md *md, sq_field **phi, double **force)
{
  sq_field *field = *phi;
  double *block = *force;
  *phi = md->end;
  *force = md->end_force;
  md->end = field;
  md->end_force = block;
}

void sq_md_normals(const sq_md *md, sq_stream stream, uint64_t step, uint16_t draw, double *block)
{
  const int parts = sq_action_real_parts(&md->action);
  const int64_t real = parts * md->lattice->local_volume;
  sq_block_random(md->lattice, parts, sq_rng_normals, stream, step, draw, block);
  memset(block + real, 0, (size_t)(md->numbers - real) * sizeof *block);
}
