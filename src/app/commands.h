/* Private to app: the commands that are not stages. Collective over their communicator. */
#ifndef SQUALL_COMMANDS_H
#define SQUALL_COMMANDS_H

#include "src/bench/bench.h"
#include "src/correction/correction.h"
#include "src/report/report.h"
#include "src/stage/stage.h"

PetscErrorCode sq_command_check(sq_run *run);
/* Whether the parts of the deck fit each other (check.c): SQ_ERR_INPUT for what would fail or mislead later, after long
 * work. */
PetscErrorCode sq_deck_fits(const sq_run *run);
PetscErrorCode sq_command_run(sq_run *run);
PetscErrorCode sq_command_samplers(sq_run *run);
/* `squall transfer-matrix`: prints what the transfer matrix of a deck knows (transfer_matrix.c). Collective. */
PetscErrorCode sq_command_transfer_matrix(sq_run *run);
PetscErrorCode sq_command_crossing(MPI_Comm world, int count, const char *const *directories);
PetscErrorCode sq_command_info(MPI_Comm world, int count, const char *const *paths);
PetscErrorCode sq_command_verify(MPI_Comm world, int count, const char *const *paths);
PetscErrorCode sq_command_reference(MPI_Comm world, int count, const char *const *paths);

#endif
