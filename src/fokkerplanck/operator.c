/* SPDX-License-Identifier: BSD-3-Clause */
/* The grid in field space and the operators on it. */
#include "src/fokkerplanck/internal.h"
#include <math.h>

/* ---- kernels ---- */

double sq_fp_bernoulli(double w)
{
  return fabs(w) < 1e-8 ? 1 - 0.5 * w : w / expm1(w);
}

double sq_fp_symmetric(double w)
{
  return fabs(w) < 1e-4 ? 1 - w * w / 24 : 0.5 * w / sinh(0.5 * w);
}

static double centre(const sq_fokker_planck *fp, PetscInt i)
{
  return -fp->problem.reach + ((double)i + 0.5) * fp->spacing;
}

int64_t sq_fp_cell(const sq_fokker_planck *fp, int64_t local, double phi[SQ_FP_SITES])
{
  PetscInt i = fp->x + (PetscInt)(local % fp->nx), j = fp->y + (PetscInt)(local / fp->nx);
  phi[0] = centre(fp, fp->sites == 1 ? i : j);
  phi[1] = centre(fp, i);
  return (int64_t)j * fp->problem.points + i;
}

double sq_fp_log_equilibrium(const sq_fokker_planck *fp, int64_t local)
{
  return -fp->action[local] / fp->problem.alpha - fp->log_Z;
}

double sq_fokker_planck_log_Z(const sq_fokker_planck *fp)
{
  return fp->log_Z;
}

/* ---- the grid ---- */

PetscErrorCode sq_fokker_planck_reach(const sq_action *action, const int64_t extent[], double alpha, double height,
                                      double *reach)
{
  PetscFunctionBeginUser;
  enum { POINTS = 128 };
  sq_copies *copies;
  double least = INFINITY, edge = -INFINITY;
  PetscCall(sq_copies_create(action, extent, 1, &copies));
  SqCheck(copies->sites <= SQ_FP_SITES, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "the Fokker-Planck equation is solved for one or two sites, not %lld", (long long)copies->sites);
  for (*reach = 0.25; !(edge >= least + alpha * height); *reach *= 1.05) {
    const double r = *reach * 1.05;
    edge = INFINITY;
    for (int i = -POINTS; i <= POINTS; i++)
      for (int side = 0; side < 4; side++) { /* each face of the box; on the way out they sweep its inside too */
        double end = side % 2 ? r : -r, along = copies->sites == 1 ? 0 : r * i / POINTS;
        double phi[SQ_FP_SITES] = {side / 2 && copies->sites > 1 ? along : end,
                                   side / 2 && copies->sites > 1 ? end : along};
        double S = sq_copies_action(copies, phi);
        edge = fmin(edge, S);
        least = fmin(least, S);
      }
  }
  PetscCall(sq_copies_destroy(&copies));
  PetscFunctionReturn(0);
}

static PetscErrorCode fill_action(sq_fokker_planck *fp)
{
  PetscFunctionBeginUser;
  double phi[SQ_FP_SITES], least = INFINITY;
  sq_sum sum = {{0}};
  PetscCall(sq_alloc(fp->count, &fp->action));
  for (int64_t c = 0; c < fp->count; c++) {
    (void)sq_fp_cell(fp, c, phi);
    fp->action[c] = sq_copies_action(fp->copies, phi);
    least = fmin(least, fp->action[c]);
  }
  PetscCallMPI(MPI_Allreduce(&least, &fp->least, 1, MPI_DOUBLE, MPI_MIN, fp->comm));
  for (int64_t c = 0; c < fp->count; c++) sq_sum_add(&sum, exp((fp->least - fp->action[c]) / fp->problem.alpha));
  PetscCall(sq_sum_reduce(fp->comm, 1, &sum));
  fp->log_Z = log(sq_sum_value(&sum) * fp->cell) - fp->least / fp->problem.alpha;
  PetscFunctionReturn(0);
}

static PetscErrorCode create_cells(sq_fokker_planck *fp)
{
  PetscFunctionBeginUser;
  PetscInt points = fp->problem.points;
  if (fp->sites == 1) PetscCall(DMDACreate1d(fp->comm, DM_BOUNDARY_NONE, points, 1, 1, NULL, &fp->cells));
  else
    PetscCall(DMDACreate2d(fp->comm, DM_BOUNDARY_NONE, DM_BOUNDARY_NONE, DMDA_STENCIL_STAR, points, points,
                           PETSC_DECIDE, PETSC_DECIDE, 1, 1, NULL, NULL, &fp->cells));
  PetscCall(DMSetUp(fp->cells));
  PetscCall(DMDAGetCorners(fp->cells, &fp->x, &fp->y, NULL, &fp->nx, &fp->ny, NULL));
  if (fp->sites == 1) fp->y = 0, fp->ny = 1;
  fp->count = (int64_t)fp->nx * fp->ny;
  PetscCall(DMCreateGlobalVector(fp->cells, &fp->density));
  PetscFunctionReturn(0);
}

/* ---- operators ---- */

/* The row of one cell. The rate from cell j to its neighbour i is alpha/h^2 B((S_i - S_j)/alpha). */
static PetscErrorCode set_row(const sq_fokker_planck *fp, bool symmetric, int64_t local, Mat matrix)
{
  PetscFunctionBeginUser;
  const double alpha = fp->problem.alpha, unit = alpha / (fp->spacing * fp->spacing);
  double phi[SQ_FP_SITES], value[1 + 2 * SQ_FP_SITES] = {0};
  MatStencil row = {.i = fp->x + (PetscInt)(local % fp->nx), .j = fp->y + (PetscInt)(local / fp->nx)},
             column[1 + 2 * SQ_FP_SITES] = {row};
  PetscInt entries = 1;
  (void)sq_fp_cell(fp, local, phi);
  for (int site = 0; site < fp->sites; site++)
    for (int side = -1; side <= 1; side += 2) {
      MatStencil neighbour = row;
      PetscInt *moved = site == fp->sites - 1 ? &neighbour.i : &neighbour.j;
      *moved += side;
      if (*moved < 0 || *moved >= fp->problem.points) continue; /* no flux through an edge */
      double there[SQ_FP_SITES] = {phi[0], phi[1]};
      there[site] = centre(fp, *moved);
      double w = (sq_copies_action(fp->copies, there) - fp->action[local]) / alpha;
      value[0] -= unit * sq_fp_bernoulli(w);
      value[entries] = unit * (symmetric ? sq_fp_symmetric(w) : sq_fp_bernoulli(-w));
      column[entries++] = neighbour;
    }
  for (PetscInt e = 0; symmetric && e < entries; e++) value[e] = -value[e];
  PetscCall(MatSetValuesStencil(matrix, 1, &row, entries, column, value, INSERT_VALUES));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_fp_assemble(const sq_fokker_planck *fp, bool symmetric, Mat *matrix)
{
  PetscFunctionBeginUser;
  PetscCall(DMCreateMatrix(fp->cells, matrix));
  for (int64_t c = 0; c < fp->count; c++) PetscCall(set_row(fp, symmetric, c, *matrix));
  PetscCall(MatAssemblyBegin(*matrix, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*matrix, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(0);
}

/* Factors of shift - L have no positive number off their diagonals, so they keep positive densities positive in
 * floating point too; iterative solvers would not. Every rank makes the whole factorisation: it takes less time than
 * the messages of a parallel one, until it becomes large. */
PetscErrorCode sq_fp_direct(MPI_Comm comm, Mat matrix, KSP solver)
{
  PetscFunctionBeginUser;
  const PetscInt large = 200000; /* cells */
  PC pc;
  PetscInt cells;
  PetscMPIInt size;
  PetscBool parallel = PETSC_FALSE;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(KSPSetType(solver, KSPPREONLY));
  PetscCall(KSPGetPC(solver, &pc));
  PetscCall(MatGetSize(matrix, &cells, NULL));
  if (size > 1 && cells > large) PetscCall(MatGetFactorAvailable(matrix, MATSOLVERMUMPS, MAT_FACTOR_LU, &parallel));
  PetscCall(PCSetType(pc, size > 1 && !parallel ? PCREDUNDANT : PCLU));
  if (parallel) PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERMUMPS));
  PetscFunctionReturn(0);
}

/* ---- the object ---- */

static PetscErrorCode check(const sq_fokker_planck_problem *p)
{
  PetscFunctionBeginUser;
  int64_t sites = 1;
  for (int mu = 0; mu < p->action.dim; mu++) sites *= p->extent[mu];
  SqCheck(sites <= SQ_FP_SITES, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "the Fokker-Planck equation is solved for one or two sites, not %lld", (long long)sites);
  SqCheck(p->alpha > 0 && p->reach > 0 && isfinite(p->alpha) && isfinite(p->reach), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "alpha = %g, reach = %g: both must be positive", p->alpha, p->reach);
  SqCheck(p->points >= 8 && pow(p->points, (double)sites) < 1e8, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%d cells in each of %lld directions: at least 8, and less than 1e8 in all", p->points, (long long)sites);
  PetscFunctionReturn(0);
}

/* ---- the stepper ---- */

/* residual = dP/dtau - L P. */
static PetscErrorCode residual_of(TS stepper, PetscReal time, Vec density, Vec slope, Vec residual, void *context)
{
  PetscFunctionBeginUser;
  sq_fokker_planck *fp = context;
  (void)stepper, (void)time;
  PetscCall(MatMult(fp->generator, density, residual));
  PetscCall(VecAYPX(residual, -1, slope));
  PetscFunctionReturn(0);
}

/* shift - L, made anew (and factorised) when the step changes only. */
static PetscErrorCode implicit_operator(TS stepper, PetscReal time, Vec density, Vec slope, PetscReal shift, Mat matrix,
                                        Mat preconditioner, void *context)
{
  PetscFunctionBeginUser;
  sq_fokker_planck *fp = context;
  (void)stepper, (void)time, (void)density, (void)slope, (void)matrix;
  if (shift == fp->shift) PetscFunctionReturn(0);
  PetscCall(MatCopy(fp->generator, preconditioner, SAME_NONZERO_PATTERN));
  PetscCall(MatScale(preconditioner, -1));
  PetscCall(MatShift(preconditioner, shift));
  fp->shift = shift;
  PetscFunctionReturn(0);
}

static PetscErrorCode create_stepper(sq_fokker_planck *fp)
{
  PetscFunctionBeginUser;
  SNES snes;
  KSP solver;
  TSAdapt adapt;
  PetscCall(TSCreate(fp->comm, &fp->stepper));
  PetscCall(TSSetDM(fp->stepper, fp->cells));
  PetscCall(TSSetProblemType(fp->stepper, TS_LINEAR));
  PetscCall(TSSetType(fp->stepper, TSBEULER));
  PetscCall(TSSetIFunction(fp->stepper, NULL, residual_of, fp));
  PetscCall(TSSetIJacobian(fp->stepper, fp->implicit, fp->implicit, implicit_operator, fp));
  PetscCall(TSSetExactFinalTime(fp->stepper, TS_EXACTFINALTIME_STEPOVER));
  PetscCall(TSGetAdapt(fp->stepper, &adapt));
  PetscCall(TSAdaptSetType(adapt, TSADAPTNONE));
  PetscCall(TSGetSNES(fp->stepper, &snes));
  PetscCall(SNESSetType(snes, SNESKSPONLY));
  PetscCall(SNESGetKSP(snes, &solver));
  PetscCall(sq_fp_direct(fp->comm, fp->implicit, solver));
  PetscFunctionReturn(0);
}

/* ---- the whole ---- */

PetscErrorCode sq_fokker_planck_create(MPI_Comm comm, const sq_fokker_planck_problem *problem, sq_fokker_planck **fp)
{
  PetscFunctionBeginUser;
  sq_fokker_planck *f;
  PetscCall(check(problem));
  PetscCall(sq_alloc(1, &f));
  f->problem = *problem;
  PetscCall(sq_copies_create(&problem->action, problem->extent, 1, &f->copies));
  PetscCallMPI(MPI_Comm_dup(comm, &f->comm));
  f->sites = (int)f->copies->sites;
  f->spacing = 2 * problem->reach / problem->points;
  f->cell = pow(f->spacing, f->sites);
  PetscCall(create_cells(f));
  PetscCall(fill_action(f));
  PetscCall(sq_fp_assemble(f, false, &f->generator));
  PetscCall(MatDuplicate(f->generator, MAT_COPY_VALUES, &f->implicit));
  PetscCall(create_stepper(f));
  *fp = f;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_fokker_planck_destroy(sq_fokker_planck **fp)
{
  PetscFunctionBeginUser;
  sq_fokker_planck *f = *fp;
  if (!f) PetscFunctionReturn(0);
  PetscCall(TSDestroy(&f->stepper));
  PetscCall(MatDestroy(&f->implicit));
  PetscCall(MatDestroy(&f->generator));
  PetscCall(VecDestroy(&f->density));
  PetscCall(DMDestroy(&f->cells));
  PetscCall(sq_copies_destroy(&f->copies));
  sq_free(&f->action);
  PetscCallMPI(MPI_Comm_free(&f->comm));
  sq_free(fp);
  PetscFunctionReturn(0);
}
