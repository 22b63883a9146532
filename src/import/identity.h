/* SPDX-License-Identifier: BSD-3-Clause */
/* identity: Schwinger-Dyson equations of an action, and the couplings that fields of exp(-S) have by them. A kind of
 * theory has a kind of equations.
 *
 * With a force (forces.c). For S that is linear in couplings g_a, F = -dS/dphi and F_a = dF/dg_a, partial integration
 * with the vector field F_a gives, for fields of exp(-S),
 *   t_a = < sum_x [ dF_a,x/dphi_x + F_a,x F_x ] > = 0.
 * Fields of other couplings g + delta have t_a = -sum_b A_ab delta_b, A_ab = < sum_x F_a,x F_b,x >: a small linear
 * system. Real numbers have one more equation, that of a change of scale: < sum_x [ 1 + phi_x F_x ] > = 0. The system
 * is score matching: A. Hyvaerinen, J. Mach. Learn. Res. 6 (2005) 695.
 *
 * Without one (spins.c, fluxes.c). A number that takes few values is drawn from exp(-S) given all others, so with
 * T_a = -dS/dg_a, and E_x, cov_x the mean and covariance over the values of number x given all others,
 *   t_a = < sum_x [ E_x(T_a) - T_a ] > = 0,    A_ab = < sum_x cov_x(T_a, T_b) >
 * (H. B. Callen, Phys. Lett. 4 (1963) 161). Fields of other couplings solve t_a = 0 there, and -A^-1 t is a step of
 * Newton's method towards them: the maximum of the pseudo-likelihood (J. Besag, J. R. Stat. Soc. B 36 (1974) 192).
 */
#ifndef SQUALL_IMPORT_IDENTITY_H
#define SQUALL_IMPORT_IDENTITY_H

#include "squall/action.h"
#include "squall/stats.h"

enum {
  SQ_IDENTITY_MOST = SQ_ACTION_PARAMETERS,
  SQ_IDENTITY_EXTRAS = 2,
  SQ_IDENTITY_EQUATIONS = SQ_IDENTITY_MOST + SQ_IDENTITY_EXTRAS,
  SQ_IDENTITY_NUMBERS = SQ_IDENTITY_EQUATIONS + SQ_IDENTITY_MOST * (SQ_IDENTITY_MOST + 1) / 2
};

typedef struct sq_identity_kind sq_identity_kind;

typedef struct {
  const sq_identity_kind *kind; /* NULL: no equations are known, and nothing else is set */
  const sq_lattice *lattice;    /* kept, not owned */
  sq_action action;
  int couplings, parameter[SQ_IDENTITY_MOST]; /* those that equations tell; which of the action's they are */
  int extras;                                 /* equations that belong to none of them, */
  const char *extra[SQ_IDENTITY_EXTRAS];      /* and their names */
  int numbers;                                /* of a field: t_a, then A_ab, b <= a, then the extra ones */
  sq_field *phi;                              /* owned, as the rest, each by the kind that needs it */
  sq_halo *halo;
  double *force[2][SQ_IDENTITY_MOST + 1], *moved, *sign;
  double *table; /* what fluxes.c knows of weights */
  int64_t *next; /* [d][volume] the neighbour in each positive direction */
} sq_identity;

/* A row. */
struct sq_identity_kind {
  bool (*suits)(const sq_action *action);
  PetscErrorCode (*create)(sq_identity *identity); /* couplings, extra equations, memory */
  PetscErrorCode (*destroy)(sq_identity *identity);
  /* Adds the numbers of a field. */
  PetscErrorCode (*measure)(sq_identity *identity, const double *block, uint64_t print, double *number);
  bool linear; /* couplings follow from one look, however far they are */
};
extern const sq_identity_kind *const sq_identity_kinds[]; /* NULL-terminated (table.c) */
extern const sq_identity_kind sq_identity_forces, sq_identity_spins, sq_identity_fluxes;

/* Of a lattice that this rank has whole. Collective over lattice->comm, as are all of these but the last two. */
PetscErrorCode sq_identity_create(const sq_lattice *lattice, const sq_action *action, sq_identity *identity);
PetscErrorCode sq_identity_destroy(sq_identity *identity);
/* number[identity->numbers] of a field; print: any number of its own, by which signs are chosen. */
PetscErrorCode sq_identity_measure(sq_identity *identity, const double *block, uint64_t print, double *number);

/* The neighbour of every site in each positive direction, next[d][volume]; the caller's. Not collective. */
PetscErrorCode sq_identity_neighbours(const sq_lattice *lattice, int64_t **next);

/* What all fields say. */
typedef struct {
  int couplings, parameter[SQ_IDENTITY_MOST];
  double sigmas[SQ_IDENTITY_EQUATIONS];   /* of t_a; then of the extra equations */
  double p;                               /* of all of them together; NaN: too few fields to tell */
  sq_estimate coupling[SQ_IDENTITY_MOST]; /* g + delta; NaN where the fields do not tell */
} sq_identity_result;

/* From number k of field i at column[k][i]; chains of equal length, one after the other. Not collective. */
PetscErrorCode sq_identity_judge(const sq_identity *identity, const sq_series *series, sq_identity_result *result);

#endif
