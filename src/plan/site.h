/* SPDX-License-Identifier: BSD-3-Clause */
/* site: a lattice of a run, shared out over its ranks, with what makes and measures fields there. */
#ifndef SQUALL_PLAN_SITE_H
#define SQUALL_PLAN_SITE_H

#include "src/plan/plan.h"

typedef struct {
  const sq_run *run;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_obs *obs;
  sq_score score;         /* sq_site_score; {0}: none */
  sq_generator generator; /* {0}: none; destroyed with the site, before the score */
} sq_site;

/* The lattice of a plan, on its process grid. Errors: see sq_run_grid. Collective over run->world. */
PetscErrorCode sq_site_create(const sq_run *run, const sq_plan *plan, sq_site *site);
/* The learned score of a model there: see sq_learned_score_create. Collective over run->world. */
PetscErrorCode sq_site_score(sq_site *site, const sq_diffusion_model *model, int batch);
/* Takes everything down; {0} is left alone. Collective over run->world. */
PetscErrorCode sq_site_destroy(sq_site *site);
/* "4 replicas, each ..." Not collective. */
enum { SQ_SITE_TEXT = 256 };
const char *sq_site_describe(const sq_site *site, char text[SQ_SITE_TEXT]);

#endif
