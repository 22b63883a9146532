/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of a deck, for the modules that declared them. Asking for what was not declared is a bug and ends the program.
 */
#include "internal.h"
#include <string.h>

static void stop(const char *section, const char *key, const char *problem)
{
  (void)PetscError(PETSC_COMM_SELF, __LINE__, "sq_deck", __FILE__, PETSC_ERR_PLIB, PETSC_ERROR_INITIAL,
                   "deck: %s.%s %s", section, key, problem);
  MPI_Abort(PETSC_COMM_SELF, sq_exit_status(PETSC_ERR_PLIB));
}

static const sq_deck_entry *declared(const sq_deck *deck, const char *section, const char *key)
{
  const sq_deck_entry *entry = sq_deck_find(deck, section, key);
  if (!entry) stop(section, key, "is not declared");
  return entry;
}

static const sq_deck_value *typed(const sq_deck *deck, const char *section, const char *key, sq_param_type type)
{
  const sq_deck_entry *entry = declared(deck, section, key);
  if (entry->param->type != type) stop(section, key, "is declared with another type");
  return &entry->value;
}

int64_t sq_deck_int(const sq_deck *deck, const char *section, const char *key)
{
  const sq_deck_value *value = typed(deck, section, key, SQ_PARAM_INT);
  return value->automatic ? -1 : value->integer;
}

double sq_deck_real(const sq_deck *deck, const char *section, const char *key)
{
  const sq_deck_value *value = typed(deck, section, key, SQ_PARAM_REAL);
  return value->automatic ? -1.0 : value->real;
}

bool sq_deck_bool(const sq_deck *deck, const char *section, const char *key)
{
  return typed(deck, section, key, SQ_PARAM_BOOL)->integer;
}

const char *sq_deck_text(const sq_deck *deck, const char *section, const char *key)
{
  const sq_deck_entry *entry = declared(deck, section, key);
  if (entry->param->type != SQ_PARAM_CHOICE && entry->param->type != SQ_PARAM_STRING)
    stop(section, key, "is declared with another type");
  return entry->value.text;
}

int sq_deck_ints(const sq_deck *deck, const char *section, const char *key, const int64_t **values)
{
  const sq_deck_value *value = typed(deck, section, key, SQ_PARAM_INTS);
  *values = value->list;
  return value->length;
}

int sq_deck_reals(const sq_deck *deck, const char *section, const char *key, const double **values)
{
  const sq_deck_value *value = typed(deck, section, key, SQ_PARAM_REALS);
  *values = value->reals;
  return value->length;
}

bool sq_deck_chosen(const sq_deck *deck, const char *section, const char *key, const char *word)
{
  const sq_deck_value *value = typed(deck, section, key, SQ_PARAM_WORDS);
  char choice[SQ_PARAM_CHOICE_TEXT];
  for (int i = 0; i < value->length; i++)
    if (sq_param_choice(declared(deck, section, key)->param, (int)value->list[i], choice) && !strcmp(choice, word))
      return true;
  return false;
}

bool sq_deck_given(const sq_deck *deck, const char *section, const char *key)
{
  const sq_deck_entry *entry = declared(deck, section, key);
  return entry->line > 0 || entry->overridden;
}

bool sq_deck_has_section(const sq_deck *deck, const char *section)
{
  const sq_deck_section *found = sq_deck_find_section(deck, section);
  if (!found) stop(section, "*", "is not declared");
  return found->present;
}

const char *sq_deck_where(const sq_deck *deck, const char *section, const char *key)
{
  const sq_deck_entry *entry = declared(deck, section, key);
  return entry->where ? entry->where : "default";
}
