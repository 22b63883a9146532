/* identity: Schwinger-Dyson equations of an action, and the couplings that fields of exp(-S) have by them.
 *
 * For S that is linear in couplings g_a, F = -dS/dphi and F_a = dF/dg_a, partial integration with the vector field F_a
 * gives, for fields of exp(-S),
 *   t_a = < sum_x [ dF_a,x/dphi_x + F_a,x F_x ] > = 0.
 * Fields of other couplings g + delta have t_a = -sum_b A_ab delta_b, A_ab = < sum_x F_a,x F_b,x >: a small linear
 * system. Real numbers have one more equation, that of a change of scale: < sum_x [ 1 + phi_x F_x ] > = 0. The system
 * is score matching: A. Hyvaerinen, J. Mach. Learn. Res. 6 (2005) 695. Any theory with a force has it.
 */
#ifndef SQUALL_IMPORT_IDENTITY_H
#define SQUALL_IMPORT_IDENTITY_H

#include "squall/action.h"
#include "squall/stats.h"

enum {
  SQ_IDENTITY_MOST = SQ_ACTION_PARAMETERS,
  SQ_IDENTITY_NUMBERS = SQ_IDENTITY_MOST + SQ_IDENTITY_MOST * (SQ_IDENTITY_MOST + 1) / 2 + 1
};

typedef struct {
  sq_action action;
  int couplings, parameter[SQ_IDENTITY_MOST]; /* those in which the force is linear; which of the action's they are */
  int numbers;   /* of a field: t_a, then A_ab, b <= a, then what of the scale; 0: no force */
  sq_field *phi; /* owned, as the rest */
  sq_halo *halo;
  double *force[2][SQ_IDENTITY_MOST + 1], *moved, *sign;
} sq_identity;

/* Of a lattice that this rank has whole. Collective over lattice->comm, as are all of these but the last. */
PetscErrorCode sq_identity_create(const sq_lattice *lattice, const sq_action *action, sq_identity *identity);
PetscErrorCode sq_identity_destroy(sq_identity *identity);
/* number[identity->numbers] of a field; print: any number of its own, by which signs are chosen. */
PetscErrorCode sq_identity_measure(sq_identity *identity, const double *block, uint64_t print, double *number);

/* What all fields say. */
typedef struct {
  int couplings, parameter[SQ_IDENTITY_MOST];
  double sigmas[SQ_IDENTITY_MOST + 1];    /* of t_a; then of the scale, NaN where it has no meaning */
  double p;                               /* of all of them together; NaN: too few fields to tell */
  sq_estimate coupling[SQ_IDENTITY_MOST]; /* g + delta; NaN where the fields do not tell */
} sq_identity_result;

/* From number k of field i at column[k][i]; chains of equal length, one after the other. Not collective. */
PetscErrorCode sq_identity_judge(const sq_identity *identity, const sq_series *series, sq_identity_result *result);

#endif
