/* Noise levels. */
#include "squall/sde.h"
#include <math.h>

PetscErrorCode sq_noise_grid_geometric(int steps, double s_min, double s_max, sq_noise_grid *grid)
{
  PetscFunctionBeginUser;
  SqCheck(steps >= 1 && s_min > 0 && s_max > s_min && isfinite(s_max), PETSC_COMM_SELF, SQ_ERR_INPUT,
          "noise levels from %g to %g in %d steps: need 0 < s_min < s_max and at least one step", s_min, s_max, steps);
  grid->steps = steps;
  PetscCall(sq_alloc(steps + 1, &grid->a));
  PetscCall(sq_alloc(steps + 1, &grid->s));
  grid->a[0] = 1;
  for (int k = 1; k <= steps; k++) {
    grid->a[k] = 1;
    grid->s[k] = s_max * pow(s_min / s_max, steps == 1 ? 0 : (double)(steps - k) / (steps - 1));
  }
  PetscFunctionReturn(0);
}

void sq_noise_grid_destroy(sq_noise_grid *grid)
{
  sq_free(&grid->a);
  sq_free(&grid->s);
}
