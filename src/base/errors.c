/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors: the printer that tells a user's mistake from a bug. */
#include "squall/base.h"

static bool user_can_mend(PetscErrorCode code)
{
  return code == SQ_ERR_INPUT || code == SQ_ERR_DATA || code == SQ_ERR_IO || code == SQ_ERR_STOPPED;
}

static bool prints(MPI_Comm comm)
{
  int rank = 0;
  if (comm == SQ_EVERY_RANK || comm == PETSC_COMM_SELF)
    return sq_log_speaks(); /* PETSc makes the second of the first */
  MPI_Comm_rank(comm, &rank);
  return rank == 0;
}

/* Names of files stand in messages: what a terminal would obey does not. C1 controls are two bytes of UTF-8. */
static void disarm(char *text)
{
  for (; *text; text++) {
    unsigned char c = (unsigned char)text[0], next = (unsigned char)text[1];
    if ((c < 0x20 && c != '\n') || c == 0x7F) *text = '?';
    if (c == 0xC2 && next >= 0x80 && next < 0xA0) text[0] = text[1] = '?';
  }
}

static PetscErrorCode print_error(MPI_Comm comm, int line, const char *function, const char *file, PetscErrorCode code,
                                  PetscErrorType type, const char *message, void *context)
{
  if (code == PETSC_ERR_MEM) { /* of this rank alone, perhaps */
    if (type == PETSC_ERROR_INITIAL)
      fprintf(stderr, "squall: the machine refuses memory (%s): more ranks or nodes, or a smaller lattice or batch\n",
              message ? message : "");
    return code;
  }
  if (!user_can_mend(code)) return PetscTraceBackErrorHandler(comm, line, function, file, code, type, message, context);
  if (type == PETSC_ERROR_INITIAL && message && prints(comm)) {
    char text[4096];
    snprintf(text, sizeof text, "%s", message);
    disarm(text);
    sq_log_flush();
    sq_log_line(stderr, "squall: ", text);
    sq_log_to_file("squall: %s", text);
  }
  return code;
}

PetscErrorCode sq_errors_install(void)
{
  PetscFunctionBeginUser;
  PetscCall(PetscPushErrorHandler(print_error, NULL));
  PetscFunctionReturn(0);
}

int sq_exit_status(PetscErrorCode code)
{
  if (!code) return 0;
  if (code == PETSC_ERR_MEM) return 71;
  return user_can_mend(code) ? (int)code - 1000 : 70;
}
