/* SPDX-License-Identifier: BSD-3-Clause */
/* Values as somebody wrote them: a word or a list of words, before they have a type. */
#include "internal.h"
#include <string.h>

static PetscErrorCode grow(sq_deck_raw *raw)
{
  PetscFunctionBeginUser;
  sq_deck_word *word;
  int capacity = raw->capacity ? 2 * raw->capacity : 4;
  PetscCall(sq_alloc(capacity, &word));
  if (raw->count) memcpy(word, raw->word, (size_t)raw->count * sizeof *word);
  sq_free(&raw->word);
  raw->word = word;
  raw->capacity = capacity;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_deck_raw_add(sq_deck_raw *raw, const char *text, size_t length, bool quoted, int line, int column)
{
  PetscFunctionBeginUser;
  if (raw->count == raw->capacity) PetscCall(grow(raw));
  sq_deck_word *word = &raw->word[raw->count];
  PetscCall(sq_alloc(length + 1, &word->text));
  memcpy(word->text, text, length);
  word->length = length;
  word->quoted = quoted;
  word->line = line;
  word->column = column;
  raw->count++;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_deck_raw_clear(sq_deck_raw *raw)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < raw->count; i++) sq_free(&raw->word[i].text);
  sq_free(&raw->word);
  *raw = (sq_deck_raw){0};
  PetscFunctionReturn(0);
}

static PetscErrorCode add_trimmed(sq_deck_raw *raw, const char *text, size_t length)
{
  PetscFunctionBeginUser;
  for (; length && *text == ' '; text++) length--;
  for (; length && text[length - 1] == ' ';) length--;
  PetscCall(sq_deck_raw_add(raw, text, length, false, 0, 0));
  PetscFunctionReturn(0);
}

static PetscErrorCode split_list(const char *text, sq_deck_raw *raw)
{
  PetscFunctionBeginUser;
  size_t length = strlen(text);
  for (; *text == ' '; text++) length--;
  for (; length && text[length - 1] == ' ';) length--;
  if (length >= 2 && text[0] == '[' && text[length - 1] == ']') text++, length -= 2;
  if (strspn(text, " ") >= length) PetscFunctionReturn(0); /* [] */
  for (;;) {
    size_t here = strcspn(text, ",") < length ? strcspn(text, ",") : length;
    PetscCall(add_trimmed(raw, text, here));
    if (here == length) break;
    text += here + 1, length -= here + 1;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_deck_raw_split(const sq_param *param, const char *text, sq_deck_raw *raw)
{
  PetscFunctionBeginUser;
  *raw = (sq_deck_raw){0};
  raw->list = sq_deck_takes_list(param) && strcmp(text, "auto") && *text;
  if (raw->list) PetscCall(split_list(text, raw));
  else PetscCall(sq_deck_raw_add(raw, text, strlen(text), param->options, 0, 0)); /* options may be none */
  PetscFunctionReturn(0);
}
