/* SPDX-License-Identifier: BSD-3-Clause */
/* How the flow is integrated: Heun's method, one step from level to level, and PETSc's adaptive Dormand-Prince pair. */
#include "src/likelihood/flow.h"
#include <string.h>

/* ---- Heun: the trapezoidal rule with an Euler step for what is not known yet, of order 2 ---- */

static PetscErrorCode create_heun(sq_flow *f)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < 2; i++) PetscCall(sq_alloc(f->size, &f->rate[i]));
  PetscFunctionReturn(0);
}

static PetscErrorCode heun(sq_flow *f, double from, double to, double *state)
{
  PetscFunctionBeginUser;
  double h = to - from;
  PetscCall(sq_flow_rate(f, from, state, f->rate[0]));
  for (int64_t i = 0; i < f->size; i++) state[i] += h * f->rate[0][i];
  PetscCall(sq_flow_rate(f, to, state, f->rate[1]));
  for (int64_t i = 0; i < f->size; i++) state[i] += 0.5 * h * (f->rate[1][i] - f->rate[0][i]);
  PetscFunctionReturn(0);
}

/* ---- Dormand-Prince. PETSc's step control wants a clock that runs forward ---- */

/* Every rank holds the logarithms: with the maximum norm steps do not depend on the ranks. */
static PetscErrorCode rate_of_vector(TS ts, PetscReal time, Vec state, Vec rate, void *context)
{
  PetscFunctionBeginUser;
  sq_flow *f = context;
  const double *in;
  double *out;
  (void)ts;
  PetscCall(VecGetArrayRead(state, &in));
  PetscCall(VecGetArray(rate, &out));
  PetscCall(sq_flow_rate(f, f->from + f->sense * time, in, out));
  for (int64_t i = 0; i < f->size; i++) out[i] *= f->sense;
  PetscCall(VecRestoreArray(rate, &out));
  PetscCall(VecRestoreArrayRead(state, &in));
  PetscFunctionReturn(0);
}

/* There is no function for it, and the program's options are not ours to change: the solver gets its own. */
static PetscErrorCode use_maximum_norm(TS ts)
{
  PetscFunctionBeginUser;
  PetscOptions options;
  PetscCall(PetscOptionsCreate(&options));
  PetscCall(PetscOptionsSetValue(options, "-ts_adapt_wnormtype", "INFINITY"));
  PetscCall(PetscObjectSetOptions((PetscObject)ts, options));
  PetscCall(TSSetFromOptions(ts));
  PetscCall(PetscObjectSetOptions((PetscObject)ts, NULL));
  PetscCall(PetscOptionsDestroy(&options));
  PetscFunctionReturn(0);
}

static PetscErrorCode create_dormand_prince(sq_flow *f)
{
  PetscFunctionBeginUser;
  MPI_Comm comm = f->score.fft->lattice->comm;
  TSAdapt adapt;
  PetscCall(VecCreateMPI(comm, (PetscInt)f->size, PETSC_DETERMINE, &f->solution));
  PetscCall(TSCreate(comm, &f->ts));
  PetscCall(TSSetProblemType(f->ts, TS_NONLINEAR));
  PetscCall(TSSetType(f->ts, TSRK));
  PetscCall(TSRKSetType(f->ts, TSRK5DP));
  PetscCall(TSSetRHSFunction(f->ts, NULL, rate_of_vector, f));
  PetscCall(TSSetExactFinalTime(f->ts, TS_EXACTFINALTIME_MATCHSTEP));
  PetscCall(TSSetTolerances(f->ts, f->settings.tolerance, NULL, f->settings.tolerance, NULL));
  PetscCall(TSSetErrorIfStepFails(f->ts, PETSC_FALSE));
  PetscCall(TSGetAdapt(f->ts, &adapt));
  PetscCall(TSAdaptSetType(adapt, TSADAPTBASIC));
  PetscCall(use_maximum_norm(f->ts));
  PetscFunctionReturn(0);
}

static PetscErrorCode dormand_prince(sq_flow *f, double from, double to, double *state)
{
  PetscFunctionBeginUser;
  const double first_step = 0.25, most_steps = 100000; /* a quarter of an e-folding of s */
  double *values;
  TSConvergedReason reason;
  f->from = from;
  f->sense = to > from ? 1 : -1;
  double length = fabs(to - from);
  PetscCall(VecGetArray(f->solution, &values));
  memcpy(values, state, (size_t)f->size * sizeof *state);
  PetscCall(VecRestoreArray(f->solution, &values));
  PetscCall(TSSetTime(f->ts, 0));
  PetscCall(TSSetStepNumber(f->ts, 0));
  PetscCall(TSSetMaxSteps(f->ts, (PetscInt)most_steps));
  PetscCall(TSSetMaxTime(f->ts, length));
  PetscCall(TSSetTimeStep(f->ts, PetscMin(length, first_step)));
  PetscCall(TSSolve(f->ts, f->solution));
  PetscCall(TSGetConvergedReason(f->ts, &reason));
  SqCheck(reason == TS_CONVERGED_TIME, f->score.fft->lattice->comm, SQ_ERR_DATA,
          "the flow cannot be integrated to a tolerance of %g (%s): is the score finite?", f->settings.tolerance,
          TSConvergedReasons[reason]);
  PetscCall(VecGetArray(f->solution, &values));
  memcpy(state, values, (size_t)f->size * sizeof *state);
  PetscCall(VecRestoreArray(f->solution, &values));
  PetscFunctionReturn(0);
}

/* ---- by name ---- */

const char *sq_flow_integrator_name(int index)
{
  return sq_flow_integrators[index] ? sq_flow_integrators[index]->name : NULL;
}

const sq_flow_integrator *sq_flow_integrator_find(const char *name)
{
  return sq_flow_integrators[sq_find_name(sq_flow_integrator_name, name)];
}

const sq_flow_integrator sq_flow_heun = {"heun", false, create_heun, heun},
                         sq_flow_dormand_prince = {"dormand-prince", true, create_dormand_prince, dormand_prince};
