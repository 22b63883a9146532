/* The command line: words "-section_key value", or "--section_key" and "-section_key=value" as other programs have it.
 * A word is an option if it starts with a dash and a letter, so that -0.5 is a value. */
#include "internal.h"
#include <ctype.h>
#include <string.h>

static bool is_option(const char *word)
{
  return word[0] == '-' && (isalpha((unsigned char)word[1]) || word[1] == '-');
}

int sq_deck_operand(int count, const char *const *words)
{
  for (int i = 0; i < count; i++) {
    if (!is_option(words[i])) return i;
    i += !strchr(words[i], '=') && i + 1 < count && !is_option(words[i + 1]);
  }
  return -1;
}

/* "-hmc_steps" is the key steps of the section hmc: declared names decide where the section ends. */
static sq_deck_entry *find_option(const sq_deck *deck, const char *option)
{
  char name[2 * SQ_DECK_NAME];
  option += option[0] == '-' && option[1] == '-';
  for (int i = 0; i < deck->entries; i++) {
    snprintf(name, sizeof name, "-%s_%s", deck->entry[i].param->section, deck->entry[i].param->key);
    if (!strcmp(name, option)) return &deck->entry[i];
  }
  return NULL;
}

static PetscErrorCode override(sq_deck *deck, const char *option, const char *value)
{
  PetscFunctionBeginUser;
  sq_deck_place place = {.option = option};
  sq_deck_entry *entry = find_option(deck, option);
  sq_deck_raw raw;
  char hint[SQ_DECK_PHRASE] = "";
  if (!entry) {
    sq_deck_suggest_option(deck, option, hint);
    sq_deck_complain(deck, place, NULL, NULL, "unknown option%s", hint);
    PetscFunctionReturn(0);
  }
  const sq_param *param = entry->param;
  bool twice = entry->overridden;
  entry->overridden = true;
  sq_deck_find_section(deck, param->section)->present = true;
  if (twice) sq_deck_complain(deck, place, param->section, param->key, "given twice on the command line");
  if (!value) {
    sq_deck_allowed_text(param, hint);
    sq_deck_complain(deck, place, param->section, param->key, "the value is missing; it must be %s", hint);
  }
  if (twice || !value) PetscFunctionReturn(0);
  PetscCall(sq_deck_raw_split(param, value, &raw));
  PetscCall(sq_deck_assign(deck, entry, &raw, option));
  PetscCall(sq_deck_raw_clear(&raw));
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
    if (strchr(words[i], '=')) {
      PetscCall(override_in_one(deck, words[i]));
      continue;
    }
    bool has_value = i + 1 < count && !is_option(words[i + 1]);
    PetscCall(override(deck, words[i], has_value ? words[i + 1] : NULL));
    i += has_value;
  }
  PetscFunctionReturn(0);
}
