/* Molecular dynamics: the buffers that the trajectories of all chains share, made once, and the integration of the equations of
 * motion.
 *
 * Data: fields are padded (rim 1), momenta and forces are blocks. A trajectory begins with the force at its first field at hand and ends with the
 * force at its last one. In between there are no momenta: with p = (phi_k - phi_{k-1})/(eps d_k), d_k the k-th drift, the next field is
 *   phi_{k+1} = phi_k + (d_{k+1}/d_k) (phi_k - phi_{k-1}) + eps^2 d_{k+1} c_k F(phi_k),
 * c_k the kick between (for leapfrog the Stoermer-Verlet form): 24 bytes a site go to and from memory instead of 72.
 */
#include "md.h"
#include "kernels.h"
#include <string.h>

PetscErrorCode sq_md_create(const sq_lattice *lattice, const sq_action *action, const sq_integrator *integrator, sq_md **md)
{
  sq_md *m;
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(1, &m));
  m->lattice    = lattice;
  m->action     = *action;
  m->integrator = integrator;
  m->rows       = lattice->local_volume / lattice->local[3];
  PetscCall(sq_alloc(m->rows, &m->row));
  PetscCall(sq_alloc(lattice->local_volume, &m->momentum));
  PetscCall(sq_alloc(lattice->local_volume, &m->end_force));
  PetscCall(sq_field_create(lattice, 1, &m->end));
  PetscCall(sq_field_create(lattice, 1, &m->before));
  PetscCall(sq_halo_create_field(m->end, SQ_HALO_FACES, &m->halo));
  PetscCall(sq_halo_create_field(m->end, SQ_HALO_CUT, &m->halo_cut));
  for (int64_t r = 0; r < m->rows; r++) m->row[r] = sq_field_row(m->end, r);
  *md = m;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_md_destroy(sq_md **md)
{
  PetscFunctionBeginUser;
  if (!*md) PetscFunctionReturn(0);
  PetscCall(sq_halo_destroy(&(*md)->halo));
  sq_free(&(*md)->row);
  PetscCall(sq_halo_destroy(&(*md)->halo_cut));
  PetscCall(sq_field_destroy(&(*md)->end));
  PetscCall(sq_field_destroy(&(*md)->before));
  sq_free(&(*md)->momentum);
  sq_free(&(*md)->end_force);
  sq_free(md);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_md_force(sq_md *md, sq_field *phi, double *force)
{
  PetscFunctionBeginUser;
  PetscCall(sq_halo_exchange(md->halo, phi->data));
  md->action.type->force(&md->action, phi, force);
  PetscFunctionReturn(0);
}

/* Coefficients of a trajectory: count of a step, the last kick of one joined with the first of the next. */
static double drift_at(const sq_integrator *scheme, int64_t k)
{
  int drifts = scheme->count / 2;
  return scheme->coefficient[2 * (k % drifts) + 1];
}

/* The kick after drift k, not the last. */
static double kick_after(const sq_integrator *scheme, int64_t k)
{
  int           drifts = scheme->count / 2;
  const double *c      = scheme->coefficient;
  return k % drifts == drifts - 1 ? c[scheme->count - 1] + c[0] : c[2 * (k % drifts) + 2];
}

PetscErrorCode sq_md_integrate(sq_md *md, const sq_field *phi, const double *force, double eps, int64_t steps)
{
  const sq_integrator *scheme = md->integrator;
  const int64_t length = md->lattice->local[3], drifts = steps * (scheme->count / 2);
  const bool wrap = md->lattice->ranks[3] == 1;
  const sq_field *previous = phi;
  PetscFunctionBeginUser;
  sq_md_first(md->rows, length, md->row, eps * drift_at(scheme, 0), eps * scheme->coefficient[0], md->momentum, force, phi->data, md->end->data);
  PetscCall(sq_halo_exchange(md->halo, md->end->data));
  for (int64_t k = 1; k < drifts; k++) {
    double    d = drift_at(scheme, k);
    sq_field *next = md->before;
    md->action.type->sweep(&md->action, md->end, d / drift_at(scheme, k - 1), eps * eps * d * kick_after(scheme, k - 1), wrap, previous, next);
    PetscCall(sq_halo_exchange(md->halo_cut, next->data));
    previous = md->before = md->end;
    md->end  = next;
  }
  md->action.type->force(&md->action, md->end, md->end_force);
  sq_md_last(md->rows, length, md->row, 1 / (eps * drift_at(scheme, drifts - 1)), eps * scheme->coefficient[scheme->count - 1], md->end_force, previous->data, md->end->data,
             md->momentum);
  PetscFunctionReturn(0);
}

void sq_md_take(sq_md *md, sq_field **phi, double **force)
{
  sq_field *field = *phi;
  double   *block = *force;
  *phi            = md->end;
  *force          = md->end_force;
  md->end         = field;
  md->end_force   = block;
}

void sq_md_sums(sq_md *md, const sq_field *phi, const double *force, sq_sum sum[SQ_MD_SUMS])
{
  for (int i = 0; i < SQ_MD_SUMS; i++) sum[i] = (sq_sum){{0}};
  md->action.type->energy(&md->action, phi, &sum[SQ_MD_ACTION]);
  sq_md_sum_rows(md->rows, md->lattice->local[3], md->row, phi->data, force, &sum[SQ_MD_FIELD], &sum[SQ_MD_VIRIAL]);
}
