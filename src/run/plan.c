/* Plans of stages: the process grid they ask for, and what `squall check` says of it. */
#include "src/run/plan.h"
#include <unistd.h>

/* Measured: a rank with nothing to do, alone and with neighbours. */
static const double program_megabytes = 52, neighbour_megabytes = 5;

PetscErrorCode sq_plan_grid(const sq_run *run, const sq_plan *plan, sq_grid **grid, sq_lattice **lattice)
{
  PetscFunctionBeginUser;
  PetscCall(sq_run_grid(run, plan->extents, plan->independent, plan->bytes, plan->grain, grid, lattice));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_plan_show(const sq_run *run, const sq_plan *plan)
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  sq_lattice *lattice;
  char text[200];
  PetscCall(sq_plan_grid(run, plan, &grid, &lattice));
  double each = plan->each * (double)((plan->independent + grid->replicas - 1) / grid->replicas);
  double megabytes = program_megabytes + (run->size > 1 ? neighbour_megabytes : 0) +
                     ((plan->bytes + plan->kept + each) / lattice->size + plan->tables) / 1e6,
         machine = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / 1e6;
  sq_lattice_describe(lattice, text, sizeof text);
  sq_info("  %-7s %lld %s on %d replica%s, each %s; %.0f MB a rank", plan->stage, (long long)plan->independent,
          plan->pieces, grid->replicas, grid->replicas > 1 ? "s" : "", text, megabytes);
  if (megabytes > machine)
    sq_warn("%s needs %.0f MB a rank; this machine has %.0f MB in all", plan->stage, megabytes, machine);
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

/* With Winograd's convolutions and without. */
double sq_plan_rate(int dim, const int64_t padded[SQ_DIM])
{
  sq_nn_block block;
  sq_nn_block_make(dim, padded, &block);
  return sq_nn_winograd_fits(&block) ? 160e9 : 90e9;
}

void sq_plan_flops(const sq_run *run, double flops, double rate, const char *what)
{
  sq_info("          %.3g Tflop%s (at %.0f Gflop/s a rank: %.1f minutes)", flops / 1e12, what, rate / 1e9,
          flops / rate / 60 / run->size);
}
