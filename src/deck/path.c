/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of files and directories: ~ and the environment, as a shell would have them. What they stand for goes into the
 * deck, so that its echo means the same everywhere. */
#include "internal.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Appends what a variable of the environment holds; what is wrong with it, or NULL. */
static const char *append_variable(const char *name, char text[SQ_DECK_PATH])
{
  const char *value = getenv(name);
  size_t used = strlen(text);
  if (!value || !*value) return "is not set in the environment";
  if (strchr(value, '$') || value[0] == '~') return "has a $ or ~ of its own";
  if (!sq_deck_is_text(value)) return "has control characters or is not UTF-8";
  if (used + strlen(value) >= SQ_DECK_PATH) return "makes the name too long";
  strcpy(text + used, value);
  return NULL;
}

/* The name of the variable that begins after a $, and what stands behind it; false: there is none. */
static bool read_variable(const char *at, char name[SQ_DECK_NAME], const char **end)
{
  bool braces = *at == '{';
  size_t length = 0;
  at += braces;
  if (!isalpha((unsigned char)*at) && *at != '_') return false;
  while ((isalnum((unsigned char)at[length]) || at[length] == '_') && length < SQ_DECK_NAME - 1) length++;
  memcpy(name, at, length);
  name[length] = '\0';
  *end = at + length + braces;
  return !braces || at[length] == '}';
}

void sq_deck_expand(const char *text, char expanded[SQ_DECK_PATH], char why[SQ_DECK_PHRASE])
{
  char name[SQ_DECK_NAME], copy[80];
  const char *wrong = NULL, *end;
  expanded[0] = why[0] = '\0';
  if (text[0] == '~' && text[1] && text[1] != '/') {
    sq_deck_append(why, "\"%s\": the directory of another user must be written out", sq_deck_printable(text, copy));
    return;
  }
  if (text[0] == '~') {
    strcpy(name, "HOME");
    wrong = append_variable(name, expanded);
    text++;
  }
  while (*text && !wrong) {
    size_t used = strlen(expanded);
    if (*text == '$' && read_variable(text + 1, name, &end)) {
      wrong = append_variable(name, expanded);
      text = end;
    } else if (used + 1 < SQ_DECK_PATH) expanded[used] = *text++, expanded[used + 1] = '\0';
    else strcpy(name, "all"), wrong = "makes the name too long";
  }
  if (wrong) sq_deck_append(why, "%s %s", name, wrong);
}
