/* SPDX-License-Identifier: BSD-3-Clause */
/* The words of a deck: what is nothing, a truth value, a choice. Plain C on strings, nothing is allocated. */
#include "internal.h"
#include <stdarg.h>
#include <string.h>
#include <strings.h>

void sq_deck_append(char text[SQ_DECK_PHRASE], const char *format, ...)
{
  size_t used = strlen(text);
  va_list args;
  va_start(args, format);
  vsnprintf(text + used, SQ_DECK_PHRASE - used, format, args);
  va_end(args);
}

/* Words first, then rows. */
bool sq_param_choice(const sq_param *param, int n, char choice[SQ_DECK_NAME])
{
  const char *list = param->choices ? param->choices : "";
  for (; *(list += strspn(list, " ")); n--) {
    int length = (int)strcspn(list, " ");
    if (n == 0) snprintf(choice, SQ_DECK_NAME, "%.*s", length, list);
    if (n == 0) return true;
    list += length;
  }
  const char *name = param->names ? param->names(n) : NULL;
  if (name) snprintf(choice, SQ_DECK_NAME, "%s", name);
  return name != NULL;
}

bool sq_deck_is_null(const sq_deck_word *word)
{
  const char *text = word->text;
  return !word->quoted &&
         (!*text || !strcmp(text, "~") || !strcmp(text, "null") || !strcmp(text, "Null") || !strcmp(text, "NULL"));
}

bool sq_deck_is_bool(const char *text, bool *value)
{
  static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
  for (int i = 0; i < 6; i++) {
    if (strcasecmp(text, words[i])) continue;
    *value = i % 2;
    return true;
  }
  return false;
}
