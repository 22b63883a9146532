/* What ensembles of Markov chains take: how they are shared out, how large their files are. */
#include "src/stage/produce.h"
#include <math.h>

sq_plan sq_production_plan(const sq_run *run, const char *name, const sq_hmc_settings *set)
{
  double volume = sq_volume(run->padded);
  return (sq_plan){.stage = name,
                   .pieces = "chains",
                   .extents = run->extents,
                   .independent = set->chains,
                   .bytes = 64 * volume,
                   .each = 32 * volume};
}

double sq_production_history(const sq_hmc_settings *set, double trajectories)
{
  return SQ_PRODUCTION_WIDE * (double)set->chains * fmin(trajectories, SQ_HISTORY_ROWS);
}

double sq_production_numbers(const sq_run *run)
{
  return sq_volume(run->padded) * sq_action_components(&run->action);
}
