/* SPDX-License-Identifier: BSD-3-Clause */
/* text: text that grows. Not collective. */
#ifndef SQUALL_RUN_TEXT_H
#define SQUALL_RUN_TEXT_H

#include "squall/base.h"

/* Start from {0}; text is NULL until something is added and is freed by sq_text_clear. */
typedef struct {
  char *text;
  size_t used, size;
} sq_text;

/* Adds to the end, printf-like, any length. */
PetscErrorCode sq_text_add(sq_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Frees the text and begins anew. */
void sq_text_clear(sq_text *text);

#endif
