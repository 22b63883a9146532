/* SPDX-License-Identifier: BSD-3-Clause */
/* The deck as an object: made from the tables with every default in place, then filled, then asked for values. */
#include "internal.h"
#include <stdarg.h>
#include <string.h>

bool sq_deck_listed(const char *const *names, const char *name)
{
  if (!names) return true;
  for (; *names; names++) {
    if (!strcmp(*names, name)) return true;
  }
  return false;
}

sq_deck_entry *sq_deck_find(const sq_deck *deck, const char *section, const char *key)
{
  for (int i = 0; i < deck->entries; i++) {
    const sq_param *param = deck->entry[i].param;
    if (!strcmp(param->key, key) && !strcmp(param->section, section)) return &deck->entry[i];
  }
  return NULL;
}

sq_deck_section *sq_deck_find_section(const sq_deck *deck, const char *name)
{
  for (int i = 0; i < deck->sections; i++) {
    if (!strcmp(deck->section[i].name, name)) return &deck->section[i];
  }
  return NULL;
}

/* ---- messages ---- */

void sq_deck_complain(sq_deck *deck, sq_deck_place place, const char *section, const char *key, const char *format, ...)
{
  char message[2 * SQ_DECK_PHRASE], where[48] = "", names[2][80] = {"", ""};
  int shown = deck->file_errors + deck->option_errors;
  va_list args;
  if (place.option) deck->option_errors++;
  else deck->file_errors++;
  if (!deck->speaker || shown > SQ_DECK_SHOWN) return;
  sq_log_flush();
  if (shown == SQ_DECK_SHOWN) {
    fprintf(stderr, "%s: further errors are counted but not shown\n", deck->name);
    return;
  }
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  if (place.line && !place.option) snprintf(where, sizeof where, ":%d:%d", place.line, place.column);
  if (section) sq_deck_printable(section, names[0]);
  if (key) sq_deck_printable(key, names[1]);
  char option[80];
  fprintf(stderr, "%s%s: %s%s%s%s%s\n", place.option ? sq_deck_printable(place.option, option) : deck->name, where,
          names[0], key ? "." : "", names[1], section ? ": " : "", message);
}

/* ---- values ---- */

PetscErrorCode sq_deck_assign(sq_deck *deck, sq_deck_entry *entry, const sq_deck_raw *raw, const char *option)
{
  PetscFunctionBeginUser;
  const sq_param *param = entry->param;
  sq_deck_value value;
  char why[SQ_DECK_PHRASE], allowed[SQ_DECK_PHRASE];
  int bad;
  PetscCall(sq_deck_value_make(param, raw, &value, why, &bad));
  if (why[0]) {
    bool placed = bad < raw->count;
    sq_deck_place place = {option, placed ? raw->word[bad].line : entry->line,
                           placed ? raw->word[bad].column : entry->column};
    sq_param_allowed(param, allowed);
    sq_deck_complain(deck, place, param->section, param->key, "%s; it must be %s", why, allowed);
    PetscFunctionReturn(0);
  }
  PetscCall(sq_deck_value_clear(&entry->value));
  entry->value = value;
  PetscFunctionReturn(0);
}

/* The value of text that comes from the program itself: an error is a bug. */
static PetscErrorCode assign_internal(sq_deck_entry *entry, const char *text)
{
  PetscFunctionBeginUser;
  const sq_param *param = entry->param;
  sq_deck_raw raw;
  sq_deck_value value;
  char why[SQ_DECK_PHRASE];
  int bad;
  PetscCall(sq_deck_raw_split(param, text, &raw));
  if (param->type == SQ_PARAM_STRING) raw.word[0].quoted = true; /* may be empty */
  PetscCall(sq_deck_value_make(param, &raw, &value, why, &bad));
  PetscCall(sq_deck_raw_clear(&raw));
  SqCheck(!why[0], PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s.%s: \"%s\" set by the program: %s", param->section, param->key,
          text, why);
  PetscCall(sq_deck_value_clear(&entry->value));
  entry->value = value;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_deck_set_default(sq_deck_entry *entry)
{
  PetscFunctionBeginUser;
  PetscCall(assign_internal(entry, entry->param->fallback));
  PetscFunctionReturn(0);
}

/* ---- making it ---- */

static PetscErrorCode check_declared(const sq_deck *deck, const sq_param *param)
{
  PetscFunctionBeginUser;
  char option[2 * SQ_DECK_NAME], other[2 * SQ_DECK_NAME];
  SqCheck(strlen(param->section) < SQ_DECK_NAME && strlen(param->key) < SQ_DECK_NAME, PETSC_COMM_SELF, PETSC_ERR_PLIB,
          "%s.%s: the name is too long", param->section, param->key);
  SqCheck((param->type != SQ_PARAM_CHOICE && param->type != SQ_PARAM_WORDS) || param->choices || param->names,
          PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s.%s has no choices", param->section, param->key);
  snprintf(option, sizeof option, "%s_%s", param->section, param->key);
  for (int i = 0; i < deck->entries; i++) {
    snprintf(other, sizeof other, "%s_%s", deck->entry[i].param->section, deck->entry[i].param->key);
    SqCheck(strcmp(option, other), PETSC_COMM_SELF, PETSC_ERR_PLIB, "-%s is declared twice", option);
  }
  PetscFunctionReturn(0);
}

const sq_param *sq_param_next(sq_param_walk *walk)
{
  if (walk->inner) walk->inner++;
  else walk->row = walk->row ? walk->row + 1 : *walk->table;
  while (walk->row) {
    if (walk->inner && walk->inner->section) return walk->inner;
    if (!walk->inner && walk->row->key) return walk->row;
    if (!walk->row->section) walk->row = *++walk->table;
    else {
      walk->inner = walk->row->more(walk->inner ? ++walk->index : (walk->index = 0));
      if (!walk->inner) walk->row++;
    }
  }
  return NULL;
}

/* A key that alternatives share. */
static PetscErrorCode check_alike(const sq_param *a, const sq_param *b)
{
  PetscFunctionBeginUser;
  bool alike = a->type == b->type && a->min == b->min && a->max == b->max && !a->fallback == !b->fallback &&
               (!a->fallback || !strcmp(a->fallback, b->fallback));
  SqCheck(alike, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s.%s is declared with two types, ranges or defaults", a->section,
          a->key);
  PetscFunctionReturn(0);
}

static PetscErrorCode add_entry(sq_deck *deck, const sq_param *param, const sq_param *alternatives)
{
  PetscFunctionBeginUser;
  sq_deck_entry *known = sq_deck_find(deck, param->section, param->key);
  if (alternatives && known && known->alternatives) {
    PetscCall(check_alike(param, known->param));
    known->tables++;
    PetscFunctionReturn(0);
  }
  PetscCall(check_declared(deck, param));
  sq_deck_entry *entry = &deck->entry[deck->entries];
  entry->param = param;
  entry->alternatives = alternatives;
  entry->tables = 1;
  deck->entries++;
  if (!sq_deck_find_section(deck, param->section)) deck->section[deck->sections++].name = param->section;
  if (param->fallback) PetscCall(sq_deck_set_default(entry));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_deck_create(const char *name, bool speaker, const sq_param *const *tables, sq_deck **deck)
{
  PetscFunctionBeginUser;
  int count = 0;
  PetscCall(sq_alloc(1, deck));
  (*deck)->speaker = speaker;
  PetscCall(sq_deck_copy_text(name, &(*deck)->name));
  for (sq_param_walk walk = {.table = tables}; sq_param_next(&walk);) count++;
  PetscCall(sq_alloc(count, &(*deck)->entry));
  PetscCall(sq_alloc(count, &(*deck)->section));
  sq_param_walk walk = {.table = tables};
  for (const sq_param *param; (param = sq_param_next(&walk));)
    PetscCall(add_entry(*deck, param, walk.inner ? walk.row : NULL));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_deck_destroy(sq_deck **deck)
{
  PetscFunctionBeginUser;
  if (!*deck) PetscFunctionReturn(0);
  for (int i = 0; i < (*deck)->entries; i++) {
    PetscCall(sq_deck_value_clear(&(*deck)->entry[i].value));
    sq_free(&(*deck)->entry[i].where);
    sq_free(&(*deck)->entry[i].note);
  }
  sq_free(&(*deck)->entry);
  sq_free(&(*deck)->section);
  sq_free(&(*deck)->name);
  sq_free(deck);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_deck_note(sq_deck *deck, const char *section, const char *key, const char *chosen)
{
  PetscFunctionBeginUser;
  sq_deck_entry *entry = sq_deck_find(deck, section, key);
  char text[96];
  SqCheck(entry, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s.%s is not declared", section, key);
  snprintf(text, sizeof text, "chosen by squall: %.64s", chosen);
  sq_free(&entry->note);
  PetscCall(sq_deck_copy_text(text, &entry->note));
  PetscFunctionReturn(0);
}
