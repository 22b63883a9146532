/* SPDX-License-Identifier: BSD-3-Clause */
/* A lattice of a run, with what makes and measures fields there. */
#include "src/plan/site.h"

PetscErrorCode sq_site_create(const sq_run *run, const sq_plan *plan, sq_site *site)
{
  PetscFunctionBeginUser;
  *site = (sq_site){.run = run};
  PetscCall(sq_plan_grid(run, plan, &site->grid, &site->lattice));
  PetscCall(sq_fft_create(site->lattice, &site->fft));
  PetscCall(sq_obs_create(site->lattice, &run->action, &site->obs));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_site_score(sq_site *site, const sq_diffusion_model *model, int batch)
{
  PetscFunctionBeginUser;
  PetscCall(sq_learned_score_create(site->fft, model, batch, false, &site->score));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_site_destroy(sq_site *site)
{
  PetscFunctionBeginUser;
  PetscCall(sq_generator_destroy(&site->generator));
  if (site->score.self) PetscCall(sq_learned_score_destroy(&site->score));
  PetscCall(sq_obs_destroy(&site->obs));
  PetscCall(sq_fft_destroy(&site->fft));
  PetscCall(sq_lattice_destroy(&site->lattice));
  PetscCall(sq_grid_destroy(&site->grid));
  *site = (sq_site){0};
  PetscFunctionReturn(0);
}

const char *sq_site_describe(const sq_site *site, char text[SQ_SITE_TEXT])
{
  char lattice[200];
  sq_lattice_describe(site->lattice, lattice, sizeof lattice);
  snprintf(text, SQ_SITE_TEXT, "%d replica%s, each %s", site->grid->replicas, site->grid->replicas > 1 ? "s" : "",
           lattice);
  return text;
}
