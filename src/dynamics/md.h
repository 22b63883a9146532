/* Inside the module: the parts of a trajectory. */
#ifndef SQUALL_DYNAMICS_MD_H
#define SQUALL_DYNAMICS_MD_H

#include "squall/dynamics.h"

enum { SQ_MD_ACTION, SQ_MD_FIELD, SQ_MD_VIRIAL, SQ_MD_SUMS }; /* S, sum phi, sum phi F */

/* Fills the rim and computes force[block]. Collective over the domain. */
PetscErrorCode sq_md_force(sq_md *md, sq_field *phi, double *force);
/* From phi, with the force there, and md->momentum by steps steps of eps to md->end, md->end_force and md->momentum;
 * phi and force stay. Collective over the domain. */
PetscErrorCode sq_md_integrate(sq_md *md, const sq_field *phi, const double *force, double eps, int64_t steps);
/* The same with Fourier acceleration. */
PetscErrorCode sq_md_integrate_fourier(sq_md *md, const sq_field *phi, const double *force, double eps, int64_t steps);
/* Drift k of a trajectory, counted from 0, and the kick after it, which is not the last, in units of eps. */
double sq_md_drift_at(const sq_integrator *scheme, int64_t k);
double sq_md_kick_after(const sq_integrator *scheme, int64_t k);
/* Frees what Fourier acceleration made. */
PetscErrorCode sq_md_forget_fourier(sq_md *md);
/* Exchanges phi and force with those at the end of the trajectory. Not collective. */
void sq_md_take(sq_md *md, sq_field **phi, double **force);
/* Force and observables at a field that was just put into a chain. Collective over the domain. */
PetscErrorCode sq_chain_settle(sq_chain *chain);
/* Takes the chain's observables from reduced sums. Not collective. */
void sq_chain_observe(sq_chain *chain, const sq_sum sum[SQ_MD_SUMS]);
/* This rank's part of the sums at phi, whose rim is filled. Not collective. */
void sq_md_sums(sq_md *md, const sq_field *phi, const double *force, sq_sum sum[SQ_MD_SUMS]);

#endif
