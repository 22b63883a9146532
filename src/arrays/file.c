/* SPDX-License-Identifier: BSD-3-Clause */
/* A file of bytes that this rank reads. */
#include "src/arrays/internal.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool sq_array_file_open(const char *path, sq_array_file *file, sq_array_failure *failure)
{
  struct stat about;
  file->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file->descriptor < 0) return sq_array_fail(failure, SQ_ERR_INPUT, "cannot be opened: %s", strerror(errno));
  if (!fstat(file->descriptor, &about) && S_ISREG(about.st_mode)) {
    file->bytes = about.st_size;
    return true;
  }
  sq_array_file_close(file);
  return sq_array_fail(failure, SQ_ERR_INPUT, "is not a regular file");
}

bool sq_array_file_get(void *self, int64_t at, int64_t n, unsigned char *bytes, sq_array_failure *failure)
{
  const sq_array_file *file = self;
  while (n > 0) {
    const ssize_t got = pread(file->descriptor, bytes, (size_t)n, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return sq_array_fail(failure, SQ_ERR_IO, "cannot be read: %s", strerror(errno));
    if (got == 0) return sq_array_fail(failure, SQ_ERR_DATA, "has become shorter while it was read");
    bytes += got, at += got, n -= got;
  }
  return true;
}

void sq_array_file_close(sq_array_file *file)
{
  if (file->descriptor >= 0) close(file->descriptor);
  file->descriptor = -1;
}
