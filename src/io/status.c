/* SPDX-License-Identifier: BSD-3-Clause */
/* status: a failure on one rank becomes the same failure, with its message, on all.
 *
 * HDF5 and the file system fail on single ranks (on a full disk rank 0 alone sees it), so each rank notes its first
 * failure in a sq_io_status and every collective function ends in sq_io_agree.
 */
#include "io_private.h"
#include <errno.h>
#include <stdarg.h>
#include <string.h>

static bool note(sq_io_status *status, PetscErrorCode code, const char *reason, const char *format, va_list args)
{
  if (status->code) return false;
  int used = snprintf(status->text, sizeof status->text, "%s: ", status->path);
  size_t at = used < 0 ? 0 : (size_t)used;
  if (at < sizeof status->text) at += (size_t)vsnprintf(status->text + at, sizeof status->text - at, format, args);
  if (reason && at < sizeof status->text) snprintf(status->text + at, sizeof status->text - at, ": %s", reason);
  status->code = code;
  return false;
}

bool sq_io_fail(sq_io_status *status, PetscErrorCode code, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  note(status, code, NULL, format, args);
  va_end(args);
  return false;
}

bool sq_io_fail_errno(sq_io_status *status, PetscErrorCode code, const char *format, ...)
{
  const char *reason = strerror(errno);
  va_list args;
  va_start(args, format);
  note(status, code, reason, format, args);
  va_end(args);
  return false;
}

/* Keeps the description of the first entry walked, which upward is the deepest. */
static herr_t deepest(unsigned n, const H5E_error2_t *entry, void *text)
{
  if (n == 0 && entry->desc) snprintf(text, 400, "%s", entry->desc);
  return 0;
}

bool sq_io_fail_h5(sq_io_status *status, PetscErrorCode code, const char *format, ...)
{
  char reason[400] = "HDF5 gave no reason";
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, deepest, reason);
  va_list args;
  va_start(args, format);
  note(status, code, reason, format, args);
  va_end(args);
  return false;
}

PetscErrorCode sq_io_agree(MPI_Comm comm, const sq_io_status *status)
{
  PetscFunctionBeginUser;
  int here[2] = {status->code, 0}, worst[2];
  char text[sizeof status->text];

  PetscCallMPI(MPI_Comm_rank(comm, &here[1]));
  PetscCallMPI(MPI_Allreduce(here, worst, 1, MPI_2INT, MPI_MAXLOC, comm));
  if (!worst[0]) PetscFunctionReturn(0);
  memcpy(text, status->text, sizeof text);
  PetscCallMPI(MPI_Bcast(text, (int)sizeof text, MPI_CHAR, worst[1], comm));
  SqFail(comm, worst[0], "%s", text);
}
