/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to export: named arrays on their way into a file of weights. */
#ifndef SQUALL_EXPORT_TENSORS_H
#define SQUALL_EXPORT_TENSORS_H

#include "src/export/export.h"

enum { SQ_TENSORS_RANK = 8 };
typedef enum { SQ_F32, SQ_F64, SQ_I64 } sq_tensor_type;

typedef struct {
  char name[SQ_TENSOR_NAME];
  sq_tensor_type type;
  int rank;
  int64_t shape[SQ_TENSORS_RANK];
  const void *data; /* kept, not owned */
} sq_tensor;

/* Arrays, and what is said of them. Start from {0}. */
typedef struct {
  int count, room;
  sq_tensor *tensor;
  sq_text said; /* of __metadata__: "name": "value", ... in JSON */
} sq_tensors;

/* Adds one; data must stay. Not collective, as all of these. */
PetscErrorCode sq_tensors_add(sq_tensors *all, const char *name, sq_tensor_type type, int rank, const int64_t shape[],
                              const void *data);
/* Adds a line of metadata. */
PetscErrorCode sq_tensors_say(sq_tensors *all, const char *name, const char *format, ...)
  __attribute__((format(printf, 3, 4)));
void sq_tensors_clear(sq_tensors *all);
/* Writes them as safetensors: the length of the header (8 bytes, little-endian), the header in JSON, filled up with
 * blanks to a multiple of 8, then the arrays in their order. Error: SQ_ERR_IO. */
PetscErrorCode sq_tensors_write(const sq_tensors *all, const char *path);

#endif
