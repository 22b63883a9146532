/* SPDX-License-Identifier: BSD-3-Clause */
/* files: existence, directories, and replacing a file so that a kill leaves either the old one or the new one. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* fallocate */
#endif
#include "io_private.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

bool sq_io_path(const char *path, const char *suffix, char *result, sq_io_status *status)
{
  int length = snprintf(result, SQ_IO_PATH, "%s%s", path, suffix);
  return (length > 0 && length < SQ_IO_PATH) ||
         sq_io_fail(status, SQ_ERR_INPUT, "the path is longer than %d bytes", SQ_IO_PATH - 1);
}

void sq_io_parent(const char *path, char *result)
{
  snprintf(result, SQ_IO_PATH, "%s", path);
  char *slash = strrchr(result, '/');
  if (!slash) snprintf(result, SQ_IO_PATH, ".");
  else slash[slash == result] = 0;
}

bool sq_io_sync(const char *path, sq_io_status *status)
{
  int file = open(path, O_RDONLY | O_CLOEXEC);
  bool fine = file >= 0 && fsync(file) == 0;
  if (!fine) sq_io_fail_errno(status, SQ_ERR_IO, "fsync of %s", path);
  if (file >= 0) close(file);
  return fine;
}

bool sq_io_rename(const char *from, const char *path, sq_io_status *status)
{
  char parent[SQ_IO_PATH];
  if (rename(from, path)) return sq_io_fail_errno(status, SQ_ERR_IO, "renaming %s", from);
  sq_io_parent(path, parent);
  return sq_io_sync(parent, status);
}

bool sq_io_remove(const char *path, sq_io_status *status)
{
  return unlink(path) == 0 || errno == ENOENT || sq_io_fail_errno(status, SQ_ERR_IO, "removing %s", path);
}

bool sq_io_size(const char *path, int64_t *bytes, sq_io_status *status)
{
  struct stat about;
  if (stat(path, &about)) return sq_io_fail_errno(status, SQ_ERR_INPUT, "cannot be opened");
  if (!S_ISREG(about.st_mode)) return sq_io_fail(status, SQ_ERR_INPUT, "is not a regular file");
  if (bytes) *bytes = about.st_size;
  return true;
}

bool sq_io_space(const char *path, double bytes, const char *what, sq_io_status *status)
{
  char parent[SQ_IO_PATH];
  struct statvfs about;
  sq_io_parent(path, parent);
  if (statvfs(parent, &about)) return sq_io_fail_errno(status, SQ_ERR_IO, "the free space of %s is not known", parent);
  double available = (double)about.f_bavail * (double)about.f_frsize;
  return available >= bytes ||
         sq_io_fail(status, SQ_ERR_IO, "needs %.3f MB%s, %.3f MB free in %s: make room, the same command then goes on",
                    bytes * 1e-6, what, available * 1e-6, parent);
}

PetscErrorCode sq_space_check(MPI_Comm comm, const char *path, double bytes, const char *what)
{
  PetscFunctionBeginUser;
  int rank;
  char purpose[200];
  sq_io_status status = {.path = path};

  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  snprintf(purpose, sizeof purpose, " (%s)", what);
  if (rank == 0) sq_io_space(path, bytes, purpose, &status);
  PetscCall(sq_io_agree(comm, &status));
  PetscFunctionReturn(0);
}

bool sq_io_reserve(const char *path, int64_t bytes, sq_io_status *status)
{
  struct stat about;
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0 || fstat(file, &about)) {
    sq_io_fail_errno(status, SQ_ERR_IO, "cannot be opened for writing");
    if (file >= 0) close(file);
    return false;
  }
  errno = 0;
  bool full = fallocate(file, 0, 0, about.st_size + (off_t)bytes) &&
              (errno == ENOSPC || errno == EDQUOT || errno == EFBIG || errno == EIO);
  if (full && sq_io_space(path, (double)bytes, "", status))
    sq_io_fail_errno(status, SQ_ERR_IO, "there is no room for %.3f MB", (double)(about.st_size + bytes) * 1e-6);
  close(file);
  return !full;
}

bool sq_io_write_at(int file, int64_t offset, size_t bytes, const void *data, sq_io_status *status)
{
  for (size_t done = 0; done < bytes;) {
    ssize_t now = pwrite(file, (const char *)data + done, bytes - done, (off_t)(offset + (int64_t)done));
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0) return sq_io_fail_errno(status, SQ_ERR_IO, "writing failed");
    done += (size_t)now;
  }
  return true;
}

bool sq_io_read_at(int file, int64_t offset, size_t bytes, void *data, sq_io_status *status)
{
  for (size_t done = 0; done < bytes;) {
    ssize_t now = pread(file, (char *)data + done, bytes - done, (off_t)(offset + (int64_t)done));
    if (now < 0 && errno == EINTR) continue;
    if (now < 0) return sq_io_fail_errno(status, SQ_ERR_DATA, "reading failed");
    if (now == 0) return sq_io_fail(status, SQ_ERR_DATA, "ends too early");
    done += (size_t)now;
  }
  return true;
}

int sq_open_new(const char *path)
{
  if (unlink(path) && errno != ENOENT) return -1;
  return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
}

bool sq_io_write_new(const char *path, size_t bytes, const void *data, sq_io_status *status)
{
  int file = sq_open_new(path);
  if (file < 0) return sq_io_fail_errno(status, SQ_ERR_IO, "%s cannot be created", path);
  bool fine = sq_io_write_at(file, 0, bytes, data, status) &&
              (fsync(file) == 0 || sq_io_fail_errno(status, SQ_ERR_IO, "fsync of %s", path));
  if (close(file)) fine = sq_io_fail_errno(status, SQ_ERR_IO, "closing %s", path);
  if (!fine) unlink(path);
  return fine;
}

PetscErrorCode sq_file_exists(MPI_Comm comm, const char *path, bool *exists)
{
  PetscFunctionBeginUser;
  int rank, there = 0;

  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) {
    struct stat about;
    there = stat(path, &about) == 0 && S_ISREG(about.st_mode);
  }
  PetscCallMPI(MPI_Bcast(&there, 1, MPI_INT, 0, comm));
  *exists = there;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_file_remove(MPI_Comm comm, const char *path)
{
  PetscFunctionBeginUser;
  int rank;
  sq_io_status status = {.path = path};

  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) sq_io_remove(path, &status);
  PetscCall(sq_io_agree(comm, &status));
  PetscFunctionReturn(0);
}

static bool make_one(const char *directory, sq_io_status *status)
{
  struct stat about;
  if (mkdir(directory, 0777) == 0) return true;
  if (errno != EEXIST) return sq_io_fail_errno(status, SQ_ERR_IO, "the directory %s cannot be made", directory);
  if (stat(directory, &about) == 0 && S_ISDIR(about.st_mode)) return true;
  return sq_io_fail(status, SQ_ERR_IO, "%s is there but is not a directory", directory);
}

static bool make_directory(const char *path, sq_io_status *status)
{
  char partial[SQ_IO_PATH];
  if (!sq_io_path(path, "", partial, status)) return false;
  for (char *at = partial + 1; *at; at++) {
    if (*at != '/') continue;
    *at = 0;
    if (!make_one(partial, status)) return false;
    *at = '/';
  }
  return make_one(partial, status);
}

PetscErrorCode sq_make_directory(MPI_Comm comm, const char *path)
{
  PetscFunctionBeginUser;
  int rank;
  sq_io_status status = {.path = path};

  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) make_directory(path, &status);
  PetscCall(sq_io_agree(comm, &status));
  PetscFunctionReturn(0);
}

/* The temporary name is this process's own: two programs may write the same table. */
static bool write_text(const char *path, const char *text, sq_io_status *status)
{
  char temporary[SQ_IO_PATH], ending[32];
  snprintf(ending, sizeof ending, ".%ld.tmp", (long)getpid());
  if (!sq_io_path(path, ending, temporary, status) || !sq_io_write_new(temporary, strlen(text), text, status))
    return false;
  if (sq_io_rename(temporary, path, status)) return true;
  unlink(temporary);
  return false;
}

PetscErrorCode sq_write_text(MPI_Comm comm, const char *path, const char *text)
{
  PetscFunctionBeginUser;
  int rank;
  sq_io_status status = {.path = path};

  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) write_text(path, text, &status);
  PetscCall(sq_io_agree(comm, &status));
  PetscFunctionReturn(0);
}
