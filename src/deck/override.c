/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line: words "-section_key value", or "--section_key" and "-section_key=value" as other programs have it,
 * or "--set section.key=value" (set.c).
 * A word is an option if it starts with a dash and a letter, so that -0.5 is a value. */
#include "internal.h"
#include <ctype.h>
#include <string.h>

static bool is_option(const char *word)
{
  return word[0] == '-' && (isalpha((unsigned char)word[1]) || word[1] == '-');
}

/* "-hmc_steps", or "-hmc.steps", is the key steps of the section hmc: declared names decide where the section ends. */
static sq_deck_entry *find_option(const sq_deck *deck, const char *option)
{
  char name[2][2 * SQ_DECK_NAME];
  option += option[0] == '-' && option[1] == '-';
  for (int i = 0; i < deck->entries; i++) {
    const sq_param *param = deck->entry[i].param;
    snprintf(name[0], sizeof name[0], "-%s_%s", param->section, param->key);
    snprintf(name[1], sizeof name[1], "-%s.%s", param->section, param->key);
    if (!strcmp(name[0], option) || !strcmp(name[1], option)) return &deck->entry[i];
  }
  return NULL;
}

static PetscErrorCode override(sq_deck *deck, const char *option, const char *value)
{
  PetscFunctionBeginUser;
  sq_deck_entry *entry = find_option(deck, option);
  char hint[SQ_DECK_PHRASE] = "";
  if (entry) {
    PetscCall(sq_deck_override(deck, entry, option, value));
    PetscFunctionReturn(0);
  }
  sq_deck_suggest_option(deck, option, hint);
  sq_deck_complain(deck, (sq_deck_place){.option = option}, NULL, NULL, "unknown option%s", hint);
  PetscFunctionReturn(0);
}

/* A word "-section_key=value". */
static PetscErrorCode override_in_one(sq_deck *deck, const char *word)
{
  PetscFunctionBeginUser;
  char *option;
  PetscCall(sq_deck_copy_text(word, &option));
  char *equals = strchr(option, '=');
  *equals = '\0';
  PetscErrorCode status = override(deck, option, equals + 1);
  sq_free(&option);
  PetscCall(status);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_deck_fill_from_options(sq_deck *deck, int count, const char *const *words)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < count; i++) {
    if (!is_option(words[i])) {
      sq_deck_complain(deck, (sq_deck_place){.option = words[i]}, NULL, NULL,
                       "an option such as -section_key must come before a value");
      continue;
    }
    bool in_one = strchr(words[i], '=') != NULL, has_value = !in_one && i + 1 < count && !is_option(words[i + 1]);
    if (in_one) PetscCall(override_in_one(deck, words[i]));
    else if (!strcmp(words[i], "--set")) PetscCall(sq_deck_set(deck, has_value ? words[i + 1] : ""));
    else PetscCall(override(deck, words[i], has_value ? words[i + 1] : NULL));
    i += has_value;
  }
  PetscFunctionReturn(0);
}
