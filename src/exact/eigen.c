/* SPDX-License-Identifier: BSD-3-Clause */
/* eigen: symmetric matrices by LAPACK. */
#include "squall/exact.h"
#include <petscblaslapack.h>

PetscErrorCode sq_exact_eigenstates(int n, double *matrix, double *value)
{
  PetscFunctionBeginUser;
  PetscBLASInt size = n, work_size = 34 * n, info;
  double *work;
  PetscCall(sq_alloc(work_size, &work));
  LAPACKsyev_("V", "U", &size, matrix, &size, value, work, &work_size, &info);
  sq_free(&work);
  PetscCheck(info == 0, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK's syev fails on a matrix of %d rows with %d", n,
             (int)info);
  PetscFunctionReturn(0);
}
