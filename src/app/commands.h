/* Private to app: the commands that are not stages. */
#ifndef SQUALL_APP_COMMANDS_H
#define SQUALL_APP_COMMANDS_H

#include "src/bench/bench.h"
#include "src/correction/correction.h"
#include "src/report/report.h"
#include "src/stage/stage.h"

extern const sq_command sq_check_command, sq_run_command, sq_samplers_command, sq_transfer_matrix_command,
  sq_crossing_command, sq_info_command, sq_verify_command, sq_reference_command;

/* Whether the parts of the deck fit each other (check.c): SQ_ERR_INPUT for what would fail or mislead later, after long
 * work. Collective over run->world. */
PetscErrorCode sq_deck_fits(const sq_run *run);

#endif
