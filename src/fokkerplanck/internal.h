/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: the grid, its operators, and solving with them. */
#ifndef SQUALL_FOKKERPLANCK_INTERNAL_H
#define SQUALL_FOKKERPLANCK_INTERNAL_H

#include "squall/fokkerplanck.h"
#include <petscdmda.h>
#include <petscts.h>

struct sq_fokker_planck {
  sq_fokker_planck_problem problem;
  MPI_Comm comm; /* own duplicate */
  int sites;
  double spacing, cell; /* h; h^sites */
  sq_copies *copies;
  DM cells;              /* one direction for each site, the fastest for the last */
  PetscInt x, y, nx, ny; /* this rank's cells */
  int64_t count;         /* nx ny */
  double *action;        /* [count] S at the centres */
  double least, log_Z;   /* of all cells: the smallest S; of exp(-S/alpha), by the midpoint rule */
  Vec density;           /* P of each cell */
  double leak;           /* mass that rounding added since the start, and that was taken away again */
  Mat generator;         /* L: dP/dtau = L P */
  Mat implicit;          /* shift - L of the step in use */
  double shift;          /* 0: none yet */
  TS stepper;
};

/* B(w) = w/(e^w - 1), and sqrt(B(w) B(-w)). */
double sq_fp_bernoulli(double w);
double sq_fp_symmetric(double w);
/* phi of cell number `local` of this rank, and its natural number (row-major, the last site fastest). */
int64_t sq_fp_cell(const sq_fokker_planck *fp, int64_t local, double phi[SQ_FP_SITES]);
/* L, or minus its symmetric form P_eq^(-1/2) L P_eq^(1/2). Collective. */
PetscErrorCode sq_fp_assemble(const sq_fokker_planck *fp, bool symmetric, Mat *matrix);
/* Makes solver a direct one, on any number of ranks. Not collective. */
PetscErrorCode sq_fp_direct(MPI_Comm comm, Mat matrix, KSP solver);
/* log of the equilibrium of this rank's cell. */
double sq_fp_log_equilibrium(const sq_fokker_planck *fp, int64_t local);

#endif
