/* SPDX-License-Identifier: BSD-3-Clause */
/* joint: what ensembles at many couplings say together: numbers at every coupling asked for, on every lattice. */
#ifndef SQUALL_SCAN_JOINT_H
#define SQUALL_SCAN_JOINT_H

#include "src/scan/pool.h"

enum { SQ_JOINT_LATTICES = 16, SQ_JOINT_VALUES = 2400, SQ_JOINT_TARGETS = 10000, SQ_JOINT_GENERATED = 1024 };
/* What is said. */
enum {
  SQ_JOINT_LOG_Z, /* less that of the first ensemble */
  SQ_JOINT_ABS_M,
  SQ_JOINT_CHI2,
  SQ_JOINT_U_L,
  SQ_JOINT_PHI2,
  SQ_JOINT_ACTION,
  SQ_JOINT_NUMBERS
};
extern const char *const sq_joint_name[SQ_JOINT_NUMBERS];

/* Values of a parameter that varies, ascending. */
typedef struct {
  int parameter, count;
  double value[SQ_JOINT_VALUES];
} sq_joint_axis;

typedef struct {
  sq_lattice_pool p;
  sq_pooled *at; /* [targets] */
  int group[SQ_REWEIGHT_STATES];
} sq_joint_lattice;

/* log Z of a model's fields at one coupling, from their weights. */
typedef struct {
  sq_action action;
  int64_t extent[SQ_DIM];
  sq_estimate log_Z;
  double ess, core_seconds; /* that generating them took; NaN: not known */
} sq_joint_generated;

/* Everything is owned. */
typedef struct {
  MPI_Comm world;
  sq_gathered all;
  sq_joint_axis axes[SQ_ACTION_PARAMETERS];
  int dims, targets, lattices; /* dims: axes */
  sq_action *target;           /* [targets]: the values of the first axis vary slowest */
  sq_joint_lattice on[SQ_JOINT_LATTICES];
  int generated;
  sq_joint_generated of_model[SQ_JOINT_GENERATED];
} sq_joint;

/* Fills on[0 .. lattices - 1] at the targets, the blocks that are left out shared out over the ranks. Errors:
 * SQ_ERR_INPUT for too many lattices or ensembles, SQ_ERR_DATA where equations do not settle. Collective. */
PetscErrorCode sq_joint_fill(sq_joint *s);
void sq_joint_clear(sq_joint *s);
/* A number of set `set` (sq_pooled) at target j. Not collective, as the next. */
double sq_joint_value(const sq_joint *s, const sq_joint_lattice *l, int j, int set, int what);
/* Whether enough records count there. */
bool sq_joint_known(const sq_joint_lattice *l, int j);
/* A number with its error, NaN where the number or the error is not known. */
sq_estimate sq_joint_estimate(const sq_joint *s, const sq_joint_lattice *l, int j, int what);

/* reweight.csv, and crossing.csv where lattices are hypercubes (joint_tables.c). Collective. */
PetscErrorCode sq_joint_tables(const sq_joint *s);
/* The figure, of one parameter that varies (joint_figure.c). Collective. */
PetscErrorCode sq_joint_figure(const sq_joint *s);
/* Takes log Z of fields of a model from samples.h5 of the directories and of their couplings, where there are any.
 * Collective (joint_generated.c). */
PetscErrorCode sq_joint_read_generated(sq_joint *s, int count, const char *const *directory);
/* generated.csv: it beside that of the ensembles, at the targets. Collective. */
PetscErrorCode sq_joint_compare_generated(const sq_joint *s);

#endif
