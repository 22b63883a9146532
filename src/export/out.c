/* SPDX-License-Identifier: BSD-3-Clause */
/* A file in the making: plain or compressed, under a temporary name until it is whole. */
#include "src/export/export.h"
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include <zlib.h>

PetscErrorCode sq_out_open(const char *path, bool zip, sq_out *out)
{
  PetscFunctionBeginUser;
  *out = (sq_out){0};
  SqCheck(snprintf(out->path, sizeof out->path, "%s", path) < (int)sizeof out->path, MPI_COMM_SELF, SQ_ERR_INPUT,
          "export: the path is longer than %d bytes: %.80s...", SQ_PATH - 1, path);
  snprintf(out->temporary, sizeof out->temporary, "%s.%ld.tmp", path, (long)getpid());
  int file = sq_open_new(out->temporary);
  if (file >= 0) (void)flock(file, LOCK_EX | LOCK_NB); /* squall clean sees that it is in the making */
  SqCheck(file >= 0, MPI_COMM_SELF, SQ_ERR_IO, "%s cannot be created: %s", out->temporary, strerror(errno));
  if (zip) out->zip = gzdopen(file, "wb6");
  else out->file = fdopen(file, "wb");
  SqCheck(out->zip || out->file, MPI_COMM_SELF, PETSC_ERR_MEM, "no memory for %s", path);
  PetscFunctionReturn(0);
}

void sq_out_bytes(sq_out *out, size_t bytes, const void *data)
{
  const size_t most = 1 << 30; /* zlib counts in int */
  for (size_t at = 0; at < bytes && !out->failed; at += most) {
    const size_t now = PetscMin(most, bytes - at);
    const char *from = (const char *)data + at;
    out->failed = out->zip ? gzwrite(out->zip, from, (unsigned)now) != (int)now :
                             fwrite(from, 1, now, out->file) != now;
  }
}

void sq_out_print(sq_out *out, const char *format, ...)
{
  char line[1024], *text = line;
  va_list args;
  va_start(args, format);
  int length = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  if (length >= (int)sizeof line) {
    if (sq_alloc(length + 1, &text)) {
      out->failed = true;
      return;
    }
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
  }
  sq_out_bytes(out, (size_t)length, text);
  if (text != line) sq_free(&text);
}

void sq_out_escaped(sq_out *out, int language, const char *text)
{
  for (; *text; text++) {
    const unsigned char c = (unsigned char)*text;
    if (language == SQ_OUT_JSON && (c < 0x20 || c == '"' || c == '\\')) sq_out_print(out, "\\u%04x", c);
    else if (language == SQ_OUT_XML && (c < 0x20 || strchr("<>&\"'", c))) sq_out_print(out, "&#%d;", c < 0x20 ? 32 : c);
    else sq_out_bytes(out, 1, text);
  }
}

PetscErrorCode sq_out_close(sq_out *out, PetscErrorCode code)
{
  PetscFunctionBeginUser;
  if (!out->zip && !out->file) PetscFunctionReturn(code);
  if (out->zip) out->failed = gzclose(out->zip) != Z_OK || out->failed;
  else {
    out->failed = fflush(out->file) || fsync(fileno(out->file)) || out->failed;
    out->failed = fclose(out->file) || out->failed;
  }
  const bool fine = !code && !out->failed && !rename(out->temporary, out->path);
  const int reason = errno;
  if (!fine) unlink(out->temporary);
  out->zip = out->file = NULL;
  PetscCall(code);
  SqCheck(fine, MPI_COMM_SELF, SQ_ERR_IO, "%s cannot be written: %s", out->path, strerror(reason));
  PetscFunctionReturn(0);
}
