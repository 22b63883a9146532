/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans of stages: the process grid they ask for, and what `squall check` says of it. */
#include "src/costs/costs.h"
#include "src/plan/plan.h"
#include <math.h>

/* Measured: a rank with nothing to do, alone and with neighbours. */
static const double program_megabytes = 52, neighbour_megabytes = 5;

/* Bytes of a rank, beside those of the program. */
static double bytes_of(const sq_plan *plan, const sq_grid *grid, const sq_lattice *lattice)
{
  double each = plan->each * (double)((plan->independent + grid->replicas - 1) / grid->replicas);
  return (plan->bytes + plan->kept + each) / lattice->size + plan->tables;
}

/* Of a rank, beside its plan: as a trial on this machine has found, or the constants above. */
static double program_bytes(const sq_run *run, const sq_budget *budget)
{
  sq_cost cost;
  bool exact;
  const bool known = budget->costs && sq_costs_find(budget->costs, "memory", &cost, &exact);
  if (known && exact && cost.extra > 0) return cost.extra;
  return 1e6 * (program_megabytes + (run->size > 1 ? neighbour_megabytes : 0));
}

static const char lacks[] = "%s: %s of memory are needed on every rank, and there are %s (of this machine, its batch "
                            "system or ulimit): use more ranks on more machines, or a smaller lattice";

static PetscErrorCode check_memory(const sq_run *run, const sq_plan *plan, double need)
{
  PetscFunctionBeginUser;
  double room;
  char texts[2][SQ_BUDGET_TEXT];
  PetscCall(sq_memory_room(run->world, &room));
  SqCheck(need <= room, run->world, SQ_ERR_INPUT, lacks, plan->stage ? plan->stage : "squall",
          sq_bytes_text(need, texts[0]), sq_bytes_text(fmax(room, 0), texts[1]));
  PetscFunctionReturn(0);
}

static PetscErrorCode warn_of_memory(const sq_run *run, const sq_plan *plan, double need, sq_budget *budget)
{
  PetscFunctionBeginUser;
  double room;
  char texts[2][SQ_BUDGET_TEXT];
  PetscCall(sq_memory_room(run->world, &room));
  budget->lacking = budget->lacking || need > room;
  if (need > room) sq_warn(lacks, plan->stage, sq_bytes_text(need, texts[0]), sq_bytes_text(fmax(room, 0), texts[1]));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_blocks(const sq_plan *plan, const sq_lattice *lattice)
{
  PetscFunctionBeginUser;
  int64_t rim[SQ_DIM];
  for (int mu = 0; mu < SQ_DIM; mu++) rim[mu] = lattice->ranks[mu] > 1 ? plan->reach : 0;
  PetscCall(sq_halo_check(lattice, rim));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_plan_grid(const sq_run *run, const sq_plan *plan, sq_grid **grid, sq_lattice **lattice)
{
  PetscFunctionBeginUser;
  PetscCall(
    sq_run_grid_whole(run, plan->extents, plan->independent, plan->bytes, plan->grain, plan->whole, grid, lattice));
  PetscCall(check_blocks(plan, *lattice));
  PetscCall(check_memory(run, plan, bytes_of(plan, *grid, *lattice)));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_plan_show(const sq_run *run, const sq_plan *plan, sq_budget *budget)
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  sq_lattice *lattice;
  char text[200], memory[SQ_BUDGET_TEXT];
  PetscCall(
    sq_run_grid_whole(run, plan->extents, plan->independent, plan->bytes, plan->grain, plan->whole, &grid, &lattice));
  double need = bytes_of(plan, grid, lattice);
  PetscCall(check_blocks(plan, lattice));
  if (budget->quiet && !budget->patient) PetscCall(check_memory(run, plan, need));
  if (!budget->quiet) {
    double all = need + program_bytes(run, budget);
    budget->need = fmax(budget->need, need);
    budget->rank = fmax(budget->rank, all);
    budget->pieces = plan->independent;
    sq_lattice_describe(lattice, text, sizeof text);
    sq_info("  %-7s %lld %s on %d replica%s, each %s; %s a rank", plan->stage, (long long)plan->independent,
            plan->pieces, grid->replicas, grid->replicas > 1 ? "s" : "", text, sq_bytes_text(all, memory));
    PetscCall(warn_of_memory(run, plan, need, budget));
  }
  PetscCall(sq_lattice_destroy(&lattice));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

sq_plan sq_plan_network(const sq_network_shape *shape, const int64_t padded[SQ_DIM], int batch, bool training)
{
  return (sq_plan){.grain = sq_network_grain(shape),
                   .bytes = sq_network_bytes(shape, padded, batch, training),
                   .tables = sq_network_weight_bytes(shape, training)};
}

sq_plan sq_plan_copies(const int64_t extents[], double volume, int64_t fields)
{
  return (sq_plan){.pieces = "fields", .extents = extents, .independent = fields, .bytes = 64 * volume};
}

sq_plan sq_plan_needs(const sq_generator_needs *needs, int64_t fields)
{
  return (sq_plan){.pieces = "batches",
                   .independent = (fields + needs->batch - 1) / needs->batch,
                   .grain = needs->grain,
                   .whole = needs->whole,
                   .bytes = needs->bytes,
                   .tables = needs->tables};
}

double sq_plan_orbits(const int64_t padded[SQ_DIM])
{
  double orbits = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    int equal = 1;
    for (int nu = 0; nu < mu; nu++) equal += padded[nu] == padded[mu] && padded[mu] > 1;
    orbits *= (double)(padded[mu] / 2 + 1) / equal;
  }
  return orbits;
}

/* ---- what every plan is made of ---- */

int sq_tangent_batch(int64_t volume)
{
  enum { SITES = 8192, MOST = 8 };
  return 1 + (int)PetscMin(MOST, PetscMax(1, SITES / volume));
}
