/* run: how the work of a stage is spread, and the memory it takes: known before it begins. */
#ifndef SQUALL_RUN_PLAN_H
#define SQUALL_RUN_PLAN_H

#include "src/run/run.h"

typedef struct {
  const char *stage, *pieces; /* for messages: "sample", "batches" */
  const int64_t *extents;     /* [dim]; kept, not owned */
  int64_t independent, grain; /* pieces; see sq_run_grid */
  double bytes;               /* of the work on one piece: what the process grid is chosen by */
  double kept, each;          /* further bytes of a lattice: once, and for every piece that a replica has */
  double tables;              /* bytes that every rank has */
} sq_plan;

/* The process grid of the plan. As sq_run_grid. Collective. */
PetscErrorCode sq_plan_grid(const sq_run *run, const sq_plan *plan, sq_grid **grid, sq_lattice **lattice);
/* Says who works on what, and how much memory a rank needs. Errors as sq_run_grid. Collective. */
PetscErrorCode sq_plan_show(const sq_run *run, const sq_plan *plan);
/* One that works with a network on `batch` fields at once: its bytes, grain and tables, but for those of orbits. Not
 * collective. */
sq_plan sq_plan_network(const sq_network_shape *shape, const int64_t padded[SQ_DIM], int batch, bool training);
/* One of so many fields that are taken one by one: a few arrays for each. Not collective. */
sq_plan sq_plan_copies(const int64_t extents[], double volume, int64_t fields);
/* One of so many fields, in batches that a model needs. Not collective. */
sq_plan sq_plan_needs(const sq_generator_needs *needs, int64_t fields);

/* Orbits of a lattice, nearly: every rank has tables of them. Not collective. */
double sq_plan_orbits(const int64_t padded[SQ_DIM]);
/* Flop/s of the network on a rank, measured (`squall bench`). Not collective. */
double sq_plan_rate(int dim, const int64_t padded[SQ_DIM]);
/* Says that something takes so many flops: a line under the plan. Not collective. */
void sq_plan_flops(const sq_run *run, double flops, double rate, const char *what);

#endif
