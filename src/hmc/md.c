/* Molecular dynamics: the buffers that the trajectories of all chains share, made once, and the integration of the equations of
 * motion.
 *
 * Data: the field of a chain is padded (rim 1) and its rim is filled before each force; momenta and forces are blocks. A
 * trajectory begins with the force at its first field at hand and ends with the force at its last one.
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
  PetscCall(sq_halo_create(lattice, 1, SQ_HALO_FACES, sizeof(double), 1, &m->halo));
  PetscCall(sq_alloc(m->rows, &m->row));
  PetscCall(sq_alloc(lattice->local_volume, &m->momentum));
  PetscCall(sq_alloc(lattice->local_volume, &m->old_phi));
  PetscCall(sq_alloc(lattice->local_volume, &m->old_force));
  sq_field *shape;
  PetscCall(sq_field_create(lattice, 1, &shape));
  for (int64_t r = 0; r < m->rows; r++) m->row[r] = sq_field_row(shape, r);
  PetscCall(sq_field_destroy(&shape));
  *md = m;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_md_destroy(sq_md **md)
{
  PetscFunctionBeginUser;
  if (!*md) PetscFunctionReturn(0);
  PetscCall(sq_halo_destroy(&(*md)->halo));
  sq_free(&(*md)->row);
  sq_free(&(*md)->momentum);
  sq_free(&(*md)->old_phi);
  sq_free(&(*md)->old_force);
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

PetscErrorCode sq_md_integrate(sq_md *md, sq_field *phi, double *force, double eps, int64_t steps)
{
  const sq_integrator *scheme = md->integrator;
  const double *c = scheme->coefficient, joined = c[scheme->count - 1] + c[0];
  const int64_t n = md->lattice->local_volume, length = md->lattice->local[3];
  PetscFunctionBeginUser;
  sq_md_add(n, eps * c[0], force, md->momentum);
  for (int64_t step = 1; step <= steps; step++) {
    for (int k = 1; k < scheme->count; k += 2) {
      /* The last momenta of a step and the first of the next one go together. */
      double kick = k + 2 == scheme->count && step < steps ? joined : c[k + 1];
      sq_md_add_rows(md->rows, length, md->row, eps * c[k], md->momentum, phi->data);
      PetscCall(sq_md_force(md, phi, force));
      sq_md_add(n, eps * kick, force, md->momentum);
    }
  }
  PetscFunctionReturn(0);
}

void sq_md_sums(sq_md *md, const sq_field *phi, const double *force, sq_sum sum[SQ_MD_SUMS])
{
  for (int i = 0; i < SQ_MD_SUMS; i++) sum[i] = (sq_sum){{0}};
  md->action.type->energy(&md->action, phi, &sum[SQ_MD_ACTION]);
  sq_md_sum_rows(md->rows, md->lattice->local[3], md->row, phi->data, force, &sum[SQ_MD_FIELD], &sum[SQ_MD_VIRIAL]);
}
