/* SPDX-License-Identifier: BSD-3-Clause */
/* small: the stages for lattices of one or two sites, where everything can be known. */
#ifndef SQUALL_SMALL_H
#define SQUALL_SMALL_H

#include "src/ensemble/ensemble.h"

extern const sq_stage sq_toy_stage, sq_fokker_planck_stage;

/* SQ_ERR_INPUT for lattices of more sites than a stage is for (toy.c). Collective. */
PetscErrorCode sq_stage_sites(const sq_run *run, const char *name, double most);

#endif
