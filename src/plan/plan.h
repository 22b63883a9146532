/* SPDX-License-Identifier: BSD-3-Clause */
/* plan: how the work of a stage is spread, and the memory it takes: known before it begins. */
#ifndef SQUALL_PLAN_PLAN_H
#define SQUALL_PLAN_PLAN_H

#include "src/run/stage.h"

typedef struct {
  const char *stage, *pieces; /* for messages: "sample", "batches" */
  const int64_t *extents;     /* [dim]; kept, not owned */
  int64_t independent, grain; /* pieces; see sq_run_grid */
  bool whole;                 /* no lattice may be cut */
  double bytes;               /* of the work on one piece: what the process grid is chosen by */
  double kept, each;          /* further bytes of a lattice: once, and for every piece that a replica has */
  double tables;              /* bytes that every rank has */
  int64_t reach;              /* sites that are exchanged at every cut of a lattice, if more than one */
} sq_plan;

/* Of a stage: seconds of one rank alone; pieces that it shares out, 0: none. */
typedef struct {
  double seconds;
  int64_t pieces;
} sq_budget_stage;
enum { SQ_BUDGET_STAGES = 32 };

/* What the stages of a deck would take, added up while their plans are shown. */
struct sq_budget {
  bool quiet;            /* nothing is shown: what these ranks cannot do fails (budget.c) */
  double network;        /* flop/s of a rank in the deck's network, measured; 0: not known */
  double updates;        /* site updates a second of a rank in molecular dynamics, measured; 0: not known */
  bool patient;          /* too little memory fails nothing */
  bool lacking;          /* this machine has not got the memory */
  double seconds, bytes; /* so far: of all ranks together; of all files */
  double need;           /* of a rank: the most that a plan has asked for, in bytes */
  double rank;           /* of a rank, in all, at most */
  int64_t pieces;        /* of the plan shown last */
  int stages;
  sq_budget_stage stage[SQ_BUDGET_STAGES];
  const struct sq_costs *costs; /* what stages have cost here (costs.h); NULL: that is not asked */
};

/* The process grid of the plan. Errors: as sq_run_grid, and SQ_ERR_INPUT where a rank has not got the memory.
 * Collective. */
PetscErrorCode sq_plan_grid(const sq_run *run, const sq_plan *plan, sq_grid **grid, sq_lattice **lattice);
/* Says who works on what, how much memory a rank needs, and warns if this machine has not got it. Errors as
 * sq_run_grid; quiet: as sq_plan_grid. Collective. */
PetscErrorCode sq_plan_show(const sq_run *run, const sq_plan *plan, sq_budget *budget);
/* The costs of this machine, for the run's deck: for everything that costs depend on, but amounts and the length of
 * training. Not collective. */
void sq_budget_costs(const sq_run *run, struct sq_costs *costs);
/* The work of a stage since the budget had so many seconds; of one whose plan has none: what it takes to go through the
 * files so far, nearly. Not collective. */
double sq_budget_work(const sq_budget *budget, double before);
/* What a stage takes by what it has cost here, in the place of what its plan says. Not collective. */
void sq_budget_settle(const sq_run *run, sq_budget *budget, const char *stage, double before);
/* Lines under the plan. Not collective. Work of all ranks in a network; site updates of molecular dynamics; a file of
 * so many records with a field of `volume` numbers (0: none) and so many other numbers each. */
void sq_budget_flops(const sq_run *run, sq_budget *budget, double flops, const char *what);
void sq_budget_updates(const sq_run *run, sq_budget *budget, double updates, const char *what);
void sq_budget_records(sq_budget *budget, const char *file, double records, double volume, double numbers);
/* "0:05:10", hours, minutes, seconds; "12.3 MB". */
enum { SQ_BUDGET_TEXT = 32 };
const char *sq_clock_text(double seconds, char text[SQ_BUDGET_TEXT]);
const char *sq_bytes_text(double bytes, char text[SQ_BUDGET_TEXT]);
/* One that works with a network on `batch` fields at once: its bytes, grain and tables, but for those of orbits. Not
 * collective. */
sq_plan sq_plan_network(const sq_network_shape *shape, const int64_t padded[SQ_DIM], int batch, bool training);
/* One of so many fields that are taken one by one: a few arrays for each. Not collective. */
sq_plan sq_plan_copies(const int64_t extents[], double volume, int64_t fields);
/* One of so many fields, in batches that a model needs. Not collective. */
sq_plan sq_plan_needs(const sq_generator_needs *needs, int64_t fields);

/* Fields and directions that go through a network together where likelihoods are wanted. Not collective. */
int sq_tangent_batch(int64_t volume);
/* Orbits of a lattice, nearly: every rank has tables of them. Not collective. */
double sq_plan_orbits(const int64_t padded[SQ_DIM]);

#endif
