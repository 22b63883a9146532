/* SPDX-License-Identifier: BSD-3-Clause */
/* Named arrays as a file of the format safetensors (huggingface.co/docs/safetensors). */
#include "src/export/tensors.h"
#include <stdarg.h>
#include <string.h>

static const struct {
  const char *name;
  size_t bytes;
} type_of[] = {[SQ_F32] = {"F32", 4}, [SQ_F64] = {"F64", 8}, [SQ_I64] = {"I64", 8}};

PetscErrorCode sq_tensors_add(sq_tensors *all, const char *name, sq_tensor_type type, int rank, const int64_t shape[],
                              const void *data)
{
  PetscFunctionBeginUser;
  if (all->count == all->room) {
    sq_tensor *more;
    PetscCall(sq_alloc(2 * all->room + 64, &more));
    if (all->count) memcpy(more, all->tensor, (size_t)all->count * sizeof *more);
    sq_free(&all->tensor);
    all->tensor = more;
    all->room = 2 * all->room + 64;
  }
  sq_tensor *t = &all->tensor[all->count++];
  *t = (sq_tensor){.type = type, .rank = rank, .data = data};
  snprintf(t->name, sizeof t->name, "%s", name);
  memcpy(t->shape, shape, (size_t)rank * sizeof *shape);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_tensors_say(sq_tensors *all, const char *name, const char *format, ...)
{
  PetscFunctionBeginUser;
  char *value;
  va_list args;
  va_start(args, format);
  const int length = vsnprintf(NULL, 0, format, args);
  va_end(args);
  PetscCall(sq_alloc(length + 1, &value));
  va_start(args, format);
  vsnprintf(value, (size_t)length + 1, format, args);
  va_end(args);
  PetscCall(sq_text_add(&all->said, "%s\"%s\":\"", all->said.text ? "," : "", name));
  for (const char *c = value; *c; c++)
    PetscCall((unsigned char)*c < 0x20 || *c == '"' || *c == '\\' ? sq_text_add(&all->said, "\\u%04x", *c) :
                                                                    sq_text_add(&all->said, "%c", *c));
  PetscCall(sq_text_add(&all->said, "\""));
  sq_free(&value);
  PetscFunctionReturn(0);
}

void sq_tensors_clear(sq_tensors *all)
{
  sq_free(&all->tensor);
  sq_text_clear(&all->said);
  *all = (sq_tensors){0};
}

static uint64_t bytes_of(const sq_tensor *t)
{
  uint64_t bytes = type_of[t->type].bytes;
  for (int i = 0; i < t->rank; i++) bytes *= (uint64_t)t->shape[i];
  return bytes;
}

static PetscErrorCode add_header(const sq_tensors *all, sq_text *header)
{
  PetscFunctionBeginUser;
  uint64_t at = 0;
  PetscCall(sq_text_add(header, "{\"__metadata__\":{%s}", all->said.text ? all->said.text : ""));
  for (const sq_tensor *t = all->tensor; t < all->tensor + all->count; t++) {
    PetscCall(sq_text_add(header, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[", t->name, type_of[t->type].name));
    for (int i = 0; i < t->rank; i++) PetscCall(sq_text_add(header, "%s%lld", i ? "," : "", (long long)t->shape[i]));
    PetscCall(sq_text_add(header, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)at,
                          (unsigned long long)(at + bytes_of(t))));
    at += bytes_of(t);
  }
  PetscCall(sq_text_add(header, "}"));
  while (header->used % 8) PetscCall(sq_text_add(header, " "));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_tensors_write(const sq_tensors *all, const char *path)
{
  PetscFunctionBeginUser;
  sq_out out;
  sq_text header = {0};
  PetscCall(add_header(all, &header));
  const uint64_t length = strlen(header.text);
  PetscErrorCode code = sq_out_open(path, false, &out);
  if (!code) {
    sq_out_bytes(&out, sizeof length, &length);
    sq_out_bytes(&out, length, header.text);
    for (const sq_tensor *t = all->tensor; t < all->tensor + all->count; t++) sq_out_bytes(&out, bytes_of(t), t->data);
    code = sq_out_close(&out, 0);
  }
  sq_text_clear(&header);
  PetscCall(code);
  PetscFunctionReturn(0);
}
