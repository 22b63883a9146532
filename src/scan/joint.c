/* SPDX-License-Identifier: BSD-3-Clause */
/* Ensembles at many couplings as one: what they say at every coupling that is asked for, with errors. */
#include "src/scan/joint.h"
#include <math.h>
#include <string.h>

const char *const sq_joint_name[SQ_JOINT_NUMBERS] = {"log_Z", "abs_M", "chi2", "U_L", "phi2", "action_density"};

double sq_joint_value(const sq_joint *s, const sq_joint_lattice *l, int j, int set, int what)
{
  const double *mean = l->at[j].mean + set * SQ_MEANS;
  double c[SQ_SCAN_TERMS] = {0}, sum = 0;
  switch (what) {
  case SQ_JOINT_LOG_Z: return l->at[j].log_Z[set];
  case SQ_JOINT_ABS_M: return mean[SQ_MEAN_ABS];
  case SQ_JOINT_CHI2: return l->p.volume * (mean[SQ_MEAN_2] - mean[SQ_MEAN_M] * mean[SQ_MEAN_M]);
  case SQ_JOINT_U_L: return 1 - mean[SQ_MEAN_4] / (3 * mean[SQ_MEAN_2] * mean[SQ_MEAN_2]);
  case SQ_JOINT_PHI2: return mean[SQ_MEAN_PHI2];
  default: l->p.theory->coupling(&s->target[j], c);
  }
  for (int t = 0; t < l->p.pool.terms; t++) sum -= c[t] * mean[SQ_MEAN_TERMS + t] / l->p.volume;
  return sum;
}

bool sq_joint_known(const sq_joint_lattice *l, int j)
{
  return l->at[j].effective >= SQ_WEIGHTS_ENOUGH;
}

/* log Z is known where the records that say it are joined with the first ensemble, from which it is counted. */
sq_estimate sq_joint_estimate(const sq_joint *s, const sq_joint_lattice *l, int j, int what)
{
  const int blocks = l->p.pool.blocks;
  double without[SQ_LATTICE_BLOCKS];
  sq_estimate x = {.value = sq_joint_value(s, l, j, 0, what), .error = NAN};
  if (what == SQ_JOINT_LOG_Z && l->at[j].group) x.value = NAN;
  for (int b = 0; b < blocks; b++) without[b] = sq_joint_value(s, l, j, 1 + b, what);
  if (sq_joint_known(l, j) && !isnan(x.value)) x.error = sq_pool_error(blocks, without);
  return x;
}

/* ---- one lattice ---- */

static int64_t memory_of(const sq_joint *s, const sq_joint_lattice *l)
{
  return (int64_t)s->targets * (1 + l->p.pool.blocks) * (1 + SQ_MEANS);
}

static PetscErrorCode allocate(const sq_joint *s, sq_joint_lattice *l)
{
  PetscFunctionBeginUser;
  const int sets = 1 + l->p.pool.blocks;
  double *memory;
  PetscCall(sq_alloc(s->targets, &l->at));
  PetscCall(sq_alloc(memory_of(s, l), &memory));
  for (int j = 0; j < s->targets; j++) {
    l->at[j].log_Z = memory + (int64_t)j * sets * (1 + SQ_MEANS);
    l->at[j].mean = l->at[j].log_Z + sets;
  }
  PetscFunctionReturn(0);
}

static void clear(sq_joint_lattice *l)
{
  if (l->at) sq_free(&l->at[0].log_Z);
  sq_free(&l->at);
  sq_lattice_pool_clear(&l->p);
}

/* The parts of all ranks, added up; all have set 0, and one counts. */
static PetscErrorCode gather(const sq_joint *s, sq_joint_lattice *l, int rank)
{
  PetscFunctionBeginUser;
  for (int j = 0; j < s->targets && rank; j++) {
    l->at[j].log_Z[0] = 0;
    memset(l->at[j].mean, 0, SQ_MEANS * sizeof *l->at[j].mean);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, l->at[0].log_Z, (int)memory_of(s, l), MPI_DOUBLE, MPI_SUM, s->world));
  PetscFunctionReturn(0);
}

/* What this rank knows. */
static PetscErrorCode ask(const sq_joint *s, sq_joint_lattice *l, int rank, int ranks, bool *solved)
{
  PetscFunctionBeginUser;
  double *coupling;
  const int terms = l->p.pool.terms;
  PetscCall(sq_alloc(s->targets * terms, &coupling));
  for (int j = 0; j < s->targets; j++) {
    double c[SQ_SCAN_TERMS];
    l->p.theory->coupling(&s->target[j], c);
    memcpy(coupling + j * terms, c, (size_t)terms * sizeof *c);
  }
  const sq_pool_question question = {.columns = SQ_MEANS,
                                     .targets = s->targets,
                                     .column = (const double *const *)l->p.column,
                                     .coupling = coupling,
                                     .part = rank,
                                     .parts = ranks};
  PetscErrorCode code = sq_pool_estimate(&l->p.pool, &question, l->at, l->group, solved);
  sq_free(&coupling);
  PetscCall(code);
  PetscFunctionReturn(0);
}

static PetscErrorCode fill(const sq_joint *s, sq_joint_lattice *l)
{
  PetscFunctionBeginUser;
  int rank, ranks;
  bool solved = false, unsolved;
  PetscErrorCode code;
  PetscCallMPI(MPI_Comm_rank(s->world, &rank));
  PetscCallMPI(MPI_Comm_size(s->world, &ranks));
  PetscCall(sq_worst_status(s->world, allocate(s, l), &code));
  PetscCall(code);
  PetscCall(sq_worst_status(s->world, ask(s, l, rank, ranks, &solved), &code));
  PetscCall(code);
  PetscCall(sq_any_true(s->world, !solved, &unsolved));
  SqCheck(!unsolved, s->world, SQ_ERR_DATA,
          "reweight: the equations for log Z do not settle: ensembles share too few configurations; take couplings "
          "closer together, or more configurations");
  PetscCall(gather(s, l, rank));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_joint_fill(sq_joint *s)
{
  PetscFunctionBeginUser;
  for (bool there = true; there;) {
    sq_lattice_pool p;
    PetscCall(sq_lattice_pool_make(s->world, &s->all, s->lattices, &p, &there));
    if (!there) break;
    const bool room = s->lattices < SQ_JOINT_LATTICES;
    if (!room) sq_lattice_pool_clear(&p);
    SqCheck(room, s->world, SQ_ERR_INPUT, "reweight: more than %d lattices", SQ_JOINT_LATTICES);
    s->on[s->lattices].p = p;
    PetscCall(fill(s, &s->on[s->lattices++]));
  }
  PetscFunctionReturn(0);
}

void sq_joint_clear(sq_joint *s)
{
  for (int i = 0; i < s->lattices; i++) clear(&s->on[i]);
  sq_free(&s->target);
  sq_gathered_clear(&s->all);
}
