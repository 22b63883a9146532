/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to app: the commands that are not stages. */
#ifndef SQUALL_APP_COMMANDS_H
#define SQUALL_APP_COMMANDS_H

#include "src/bench/bench.h"
#include "src/trial/trial.h"
#include "src/bounds/bounds.h"
#include "src/catalogue/catalogue.h"
#include "src/compare/compare.h"
#include "src/correction/correction.h"
#include "src/course/course.h"
#include "src/export/export.h"
#include "src/families/families.h"
#include "src/sweep/sweep.h"
#include "src/measure/measure.h"
#include "src/page/page.h"
#include "src/reference/reference.h"
#include "src/scan/scan.h"
#include "src/small/small.h"
#include "src/stage/stage.h"
#include "src/upkeep/upkeep.h"

extern const sq_command sq_check_command, sq_run_command, sq_info_command, sq_verify_command, sq_keys_command;

/* help.c. Not collective. */
void sq_help_all(FILE *out);
void sq_help_command(FILE *out, const sq_command *command);
void sq_help_version(FILE *out);                     /* version.c: version, libraries, licence, how to cite */
const sq_command *sq_command_find(const char *name); /* NULL: there is none */

/* check.c: SQ_ERR_INPUT for what would fail or mislead later, after long work. Collective over run->world. */
/* Of a whole run: the parts of the deck do not fit each other, something to begin with is missing, these ranks cannot
 * share a lattice or have not got the memory for what is not done yet. */
PetscErrorCode sq_deck_fits(sq_run *run);
/* node.c: says how many ranks of a node pay, by what the stages take: of the cores and the memory that --cores and
 * --memory say, or of this machine. Error: SQ_ERR_INPUT for what is no number. Collective over run->world. */
PetscErrorCode sq_node_tell(const sq_run *run, const sq_budget *budget);
/* Of one command, which is about to be called. */
PetscErrorCode sq_command_fits(sq_run *run, const sq_command *command);

#endif
