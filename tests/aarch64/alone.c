/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of kernels call of PETSc, MPI, HDF5, FFTW and BLAS, for one process: none of these libraries is needed
 * where the tests are compiled for another processor. */
#define OMPI_SKIP_MPICXX
#include <cblas.h>
#include <fftw3.h>
#include <hdf5.h>
#include <petscsys.h>
#undef MPI_Allreduce /* PETSc counts these */
#undef MPI_Bcast
#undef MPI_Barrier
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char fftw_version[] = "none";
PetscLogDouble petsc_allreduce_ct;

/* Open MPI's communicators and types are addresses, which are handed on and never looked into. */
#ifdef OPEN_MPI
#define HANDLE(name) __asm__(".data\n.globl " #name "\n" #name ": .skip 64\n.text\n")
HANDLE(ompi_mpi_comm_self);
HANDLE(ompi_mpi_comm_null);
HANDLE(ompi_mpi_comm_world);
HANDLE(ompi_mpi_int);
HANDLE(ompi_mpi_char);
HANDLE(ompi_mpi_op_min);
#endif

PetscErrorCode PetscInitialize(int *argc, char ***argv, const char file[], const char help[])
{
  (void)argc, (void)argv, (void)file, (void)help;
  return 0;
}
PetscErrorCode PetscFinalize(void)
{
  return 0;
}
PetscErrorCode PetscPushErrorHandler(PetscErrorCode (*handler)(MPI_Comm, int, const char *, const char *,
                                                               PetscErrorCode, PetscErrorType, const char *, void *),
                                     void *context)
{
  (void)handler, (void)context;
  return 0;
}
PetscErrorCode PetscPopErrorHandler(void)
{
  return 0;
}
PetscErrorCode PetscReturnErrorHandler(MPI_Comm comm, int line, const char *function, const char *file,
                                       PetscErrorCode code, PetscErrorType type, const char *message, void *context)
{
  (void)comm, (void)line, (void)function, (void)file, (void)type, (void)message, (void)context;
  return code;
}
PetscErrorCode PetscTraceBackErrorHandler(MPI_Comm comm, int line, const char *function, const char *file,
                                          PetscErrorCode code, PetscErrorType type, const char *message, void *context)
{
  (void)comm, (void)line, (void)function, (void)file, (void)type, (void)message, (void)context;
  return code;
}
PetscErrorCode PetscError(MPI_Comm comm, int line, const char *function, const char *file, PetscErrorCode code,
                          PetscErrorType type, const char *format, ...)
{
  (void)comm, (void)type;
  if (format) {
    va_list list;
    va_start(list, format);
    fprintf(stderr, "%s:%d %s: ", file, line, function);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
  }
  return code;
}
PetscErrorCode PetscGetVersion(char version[], size_t size)
{
  snprintf(version, size, "no PETSc");
  return 0;
}

int MPI_Comm_rank(MPI_Comm comm, int *rank)
{
  (void)comm;
  *rank = 0;
  return 0;
}
int MPI_Comm_size(MPI_Comm comm, int *size)
{
  (void)comm;
  *size = 1;
  return 0;
}
int MPI_Abort(MPI_Comm comm, int status)
{
  (void)comm;
  exit(status);
}
int MPI_Bcast(void *buffer, int count, MPI_Datatype type, int root, MPI_Comm comm)
{
  (void)buffer, (void)count, (void)type, (void)root, (void)comm;
  return 0;
}
int MPI_Barrier(MPI_Comm comm)
{
  (void)comm;
  return 0;
}
int MPI_Allreduce(const void *in, void *out, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm)
{
  (void)type, (void)op, (void)comm;
  if (in != MPI_IN_PLACE) memcpy(out, in, (size_t)count * sizeof(int)); /* tap.h reduces numbers of type int */
  return 0;
}
int MPI_Get_library_version(char *version, int *length)
{
  *length = snprintf(version, MPI_MAX_LIBRARY_VERSION_STRING, "no MPI");
  return 0;
}
herr_t H5get_libversion(unsigned *major, unsigned *minor, unsigned *release)
{
  *major = *minor = *release = 0;
  return 0;
}

/* Row-major, as squall calls them. */
static float at(const float *a, CBLAS_TRANSPOSE turned, int i, int k, int leading)
{
  return turned == CblasNoTrans ? a[i * leading + k] : a[k * leading + i];
}
void cblas_sgemm(CBLAS_ORDER order, CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, float alpha,
                 const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
  (void)order;
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      float sum = 0;
      for (int l = 0; l < k; l++) sum += at(a, ta, i, l, lda) * at(b, tb, l, j, ldb);
      c[i * ldc + j] = alpha * sum + (beta != 0 ? beta * c[i * ldc + j] : 0);
    }
}
void cblas_sgemv(CBLAS_ORDER order, CBLAS_TRANSPOSE turned, int m, int n, float alpha, const float *a, int lda,
                 const float *x, int incx, float beta, float *y, int incy)
{
  (void)order;
  int rows = turned == CblasNoTrans ? m : n, columns = turned == CblasNoTrans ? n : m;
  for (int i = 0; i < rows; i++) {
    float sum = 0;
    for (int l = 0; l < columns; l++) sum += at(a, turned, i, l, lda) * x[l * incx];
    y[i * incy] = alpha * sum + (beta != 0 ? beta * y[i * incy] : 0);
  }
}
void cblas_sger(CBLAS_ORDER order, int m, int n, float alpha, const float *x, int incx, const float *y, int incy,
                float *a, int lda)
{
  (void)order;
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) a[i * lda + j] += alpha * x[i * incx] * y[j * incy];
}
void cblas_saxpy(int n, float alpha, const float *x, int incx, float *y, int incy)
{
  for (int i = 0; i < n; i++) y[i * incy] += alpha * x[i * incx];
}
