/* SPDX-License-Identifier: BSD-3-Clause */
/* The words "--set section.key=value": a key by its name as documents write it. Of a value that is sections of keys
 * itself, section.key.section.key=value sets one key and leaves the others as they are. */
#include "internal.h"
#include <string.h>

PetscErrorCode sq_deck_override(sq_deck *deck, sq_deck_entry *entry, const char *option, const char *value)
{
  PetscFunctionBeginUser;
  sq_deck_place place = {.option = option};
  sq_deck_raw raw;
  char hint[SQ_DECK_PHRASE] = "";
  const sq_param *param = entry->param;
  bool twice = entry->overridden;
  entry->overridden = true;
  sq_deck_find_section(deck, param->section)->present = true;
  if (twice) sq_deck_complain(deck, place, param->section, param->key, "given twice on the command line");
  if (!value) {
    sq_param_allowed(param, hint);
    sq_deck_complain(deck, place, param->section, param->key, "the value is missing; it must be %s", hint);
  }
  if (twice || !value) PetscFunctionReturn(0);
  PetscCall(sq_deck_raw_split(param, value, &raw));
  PetscCall(sq_deck_assign(deck, entry, &raw, option));
  PetscCall(sq_deck_raw_clear(&raw));
  PetscFunctionReturn(0);
}

/* The entry that a name stands for, or begins with, if that one takes sections of keys: rest is what follows then, else
 * empty. NULL: there is none. */
static sq_deck_entry *find(const sq_deck *deck, const char *name, const char **rest)
{
  char own[2 * SQ_DECK_NAME];
  for (int i = 0; i < deck->entries; i++) {
    const sq_param *param = deck->entry[i].param;
    size_t length = (size_t)snprintf(own, sizeof own, "%s.%s", param->section, param->key);
    if (strncmp(own, name, length) != 0 || (name[length] && !(name[length] == '.' && param->options))) continue;
    *rest = name + length + (name[length] == '.');
    return &deck->entry[i];
  }
  return NULL;
}

/* The words of a value without those that set an option, and then these: "-train_steps 9". */
static PetscErrorCode join(const char *before, const char *option, const char *value, char **text)
{
  PetscFunctionBeginUser;
  const size_t length = strlen(option), size = strlen(before) + length + strlen(value) + 4;
  bool dropped = false;
  PetscCall(sq_alloc(size, text));
  for (const char *at = before + strspn(before, " "); *at; at += strspn(at, " ")) {
    const size_t n = strcspn(at, " ");
    const bool is_option = at[0] == '-' && at[1] && !strchr("0123456789.", at[1]);
    if (is_option) dropped = !strncmp(at, option, length) && (n == length || at[length] == '=');
    if (!dropped) strncat(*text, at, n), strcat(*text, " ");
    at += n;
  }
  snprintf(*text + strlen(*text), size - strlen(*text), "%s %s", option, value);
  PetscFunctionReturn(0);
}

/* rest: "train.steps" */
static PetscErrorCode set_nested(sq_deck *deck, sq_deck_entry *entry, const char *option, const char *rest,
                                 const char *value)
{
  PetscFunctionBeginUser;
  const char *dot = strchr(rest, '.');
  char inner[2 * SQ_DECK_NAME], *text;
  if (!dot || dot == rest || !dot[1] || strchr(dot + 1, '.') || !*value || strpbrk(value, " \t\n")) {
    sq_deck_complain(deck, (sq_deck_place){.option = option}, NULL, NULL,
                     "after %s.%s come a section, a key and one word or number, as in --set %s.%s.train.steps=1000",
                     entry->param->section, entry->param->key, entry->param->section, entry->param->key);
    PetscFunctionReturn(0);
  }
  snprintf(inner, sizeof inner, "-%.*s_%s", (int)PetscMin(dot - rest, SQ_DECK_NAME), rest, dot + 1);
  PetscCall(join(entry->value.text ? entry->value.text : "", inner, value, &text));
  entry->overridden = false; /* each --set sets another key of it */
  PetscErrorCode code = sq_deck_override(deck, entry, option, text);
  sq_free(&text);
  PetscCall(code);
  PetscFunctionReturn(0);
}

/* option: "--set section.key", for messages. */
static PetscErrorCode set(sq_deck *deck, const char *option, const char *name, const char *value)
{
  PetscFunctionBeginUser;
  const char *rest;
  char hint[SQ_DECK_PHRASE] = "";
  sq_deck_entry *entry = find(deck, name, &rest);
  if (!entry) sq_deck_suggest_name(deck, name, hint);
  if (!entry) sq_deck_complain(deck, (sq_deck_place){.option = option}, NULL, NULL, "there is no such key%s", hint);
  else if (*rest) PetscCall(set_nested(deck, entry, option, rest, value));
  else PetscCall(sq_deck_override(deck, entry, option, value));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_deck_set(sq_deck *deck, const char *word)
{
  PetscFunctionBeginUser;
  static const char before[] = "--set ";
  char *option;
  const char *equals = strchr(word, '=');
  if (!equals || equals == word) {
    sq_deck_complain(deck, (sq_deck_place){.option = "--set"}, NULL, NULL,
                     "write --set section.key=value, such as --set hmc.chains=8");
    PetscFunctionReturn(0);
  }
  PetscCall(sq_alloc(sizeof before + (size_t)(equals - word), &option));
  strcpy(option, before);
  strncat(option, word, (size_t)(equals - word));
  PetscErrorCode code = set(deck, option, option + sizeof before - 1, equals + 1);
  sq_free(&option);
  PetscCall(code);
  PetscFunctionReturn(0);
}
