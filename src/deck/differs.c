/* SPDX-License-Identifier: BSD-3-Clause */
/* What tells decks apart: fingerprints, and the values in which a deck is not the one that a file keeps. */
#include "internal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- values ---- */

static bool same_value(const sq_param *param, const sq_deck_value *a, const sq_deck_value *b)
{
  if (!a->text || !b->text) return !a->text && !b->text;
  if (param->type == SQ_PARAM_REAL && !a->automatic && !b->automatic) return a->real == b->real;
  return !strcmp(a->text, b->text);
}

/* Whether a value is what a deck without the key would have. */
static bool is_default(const sq_deck_entry *entry)
{
  sq_deck_entry usual = {.param = entry->param};
  if (!entry->param->fallback || sq_deck_set_default(&usual)) return false;
  bool same = same_value(entry->param, &entry->value, &usual.value);
  (void)sq_deck_value_clear(&usual.value);
  return same;
}

bool sq_deck_usual(const sq_deck *deck, const char *section, const char *key)
{
  const sq_deck_entry *entry = sq_deck_find(deck, section, key);
  return !entry || !entry->value.text || is_default(entry);
}

static void name_of(const sq_param *param, char name[2 * SQ_DECK_NAME])
{
  snprintf(name, 2 * SQ_DECK_NAME, "%s.%s", param->section, param->key);
}

/* ---- fingerprint: FNV-1a (Fowler, Noll, Vo; draft-eastlake-fnv), 64 bits ---- */

static uint64_t hash_text(uint64_t hash, const char *text)
{
  for (; *text; text++) hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
  return hash;
}

/* One line per value: "action.kappa=0.20999999999999999". Equal numbers are equal lines, however they were written. */
static uint64_t hash_entry(uint64_t hash, const sq_deck_entry *entry, const char *name)
{
  char number[32];
  bool real = entry->param->type == SQ_PARAM_REAL && !entry->value.automatic;
  snprintf(number, sizeof number, "%.17g", entry->value.real);
  hash = hash_text(hash_text(hash, name), "=");
  return hash_text(hash_text(hash, real ? number : entry->value.text), "\n");
}

/* amounts: whether they count. */
static uint64_t hash_sections(const sq_deck *deck, const char *const *sections, bool amounts)
{
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  char name[2 * SQ_DECK_NAME];
  for (int i = 0; i < deck->entries; i++) {
    const sq_param *param = deck->entry[i].param;
    snprintf(name, sizeof name, "%s.%s", param->section, param->key);
    const char *text = deck->entry[i].value.text;
    bool silent = !text || param->apart || (param->amount && !amounts) ||
                  (sq_param_is_later(param) && is_default(&deck->entry[i]));
    if (silent || !sq_deck_listed(sections, param->section)) continue;
    hash = hash_entry(hash, &deck->entry[i], name);
  }
  return hash;
}

uint64_t sq_deck_fingerprint(const sq_deck *deck, const char *const *sections)
{
  return hash_sections(deck, sections, true);
}

uint64_t sq_deck_process(const sq_deck *deck, const char *const *sections)
{
  return hash_sections(deck, sections, false);
}

/* ---- another deck ---- */

/* A deck with the same keys, all at their defaults, that says nothing aloud. */
static PetscErrorCode create_like(const sq_deck *deck, sq_deck **other)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(1, other));
  sq_deck *o = *other;
  PetscCall(sq_deck_copy_text("the deck of a file", &o->name));
  PetscCall(sq_alloc(deck->entries, &o->entry));
  PetscCall(sq_alloc(deck->sections, &o->section));
  o->entries = deck->entries;
  o->sections = deck->sections;
  for (int i = 0; i < deck->sections; i++) o->section[i].name = deck->section[i].name;
  for (int i = 0; i < deck->entries; i++) {
    const sq_deck_entry *e = &deck->entry[i];
    o->entry[i] = (sq_deck_entry){.param = e->param, .alternatives = e->alternatives, .tables = e->tables};
    if (e->param->fallback) PetscCall(sq_deck_set_default(&o->entry[i]));
  }
  PetscFunctionReturn(0);
}

static void show(const sq_deck_value *value, char text[SQ_DECK_SHORT])
{
  char copy[80];
  snprintf(text, SQ_DECK_SHORT, "%s", value->text && value->text[0] ? sq_deck_printable(value->text, copy) : "nothing");
}

/* Whether everything is there that every deck must give. */
static bool has_all(const sq_deck *deck)
{
  for (int i = 0; i < deck->entries; i++)
    if (!deck->entry[i].value.text && !deck->entry[i].alternatives) return false;
  return true;
}

/* Whether a key is among the given sections and keys ("run.seed"), and counts. */
static bool counts(const sq_param *param, const char *const *sections)
{
  char name[2 * SQ_DECK_NAME];
  name_of(param, name);
  return !param->apart && (sq_deck_listed(sections, param->section) || sq_deck_listed(sections, name));
}

/* The deck of a text, and the same keys of it and of ours one by one. */
typedef struct {
  const sq_deck *ours;
  sq_deck *theirs;
  bool whole; /* an effective deck: what it lacks is at its default */
  const char *const *sections;
} comparison;

static PetscErrorCode begin(const sq_deck *deck, const char *text, const char *const *sections, comparison *c)
{
  PetscFunctionBeginUser;
  *c = (comparison){.ours = deck, .sections = sections};
  PetscCall(create_like(deck, &c->theirs));
  PetscErrorCode code = sq_deck_fill_from_yaml(c->theirs, text, strlen(text));
  c->whole = has_all(c->theirs);
  if (code) PetscCall(sq_deck_destroy(&c->theirs));
  PetscCall(code);
  PetscFunctionReturn(0);
}

static bool differs(const comparison *c, int i)
{
  const sq_deck_entry *ours = &c->ours->entry[i], *theirs = &c->theirs->entry[i];
  if (c->theirs->broken || !counts(ours->param, c->sections) || !theirs->value.text) return false;
  return !same_value(ours->param, &ours->value, &theirs->value) && (c->whole || theirs->line);
}

static void tell(const comparison *c, int i, sq_deck_difference *difference)
{
  const sq_deck_entry *ours = &c->ours->entry[i];
  name_of(ours->param, difference->key);
  show(&c->theirs->entry[i].value, difference->theirs);
  show(&ours->value, difference->ours);
  difference->amount = ours->param->amount;
}

PetscErrorCode sq_deck_compare(const sq_deck *deck, const char *text, const char *const *sections,
                               sq_deck_difference *difference)
{
  PetscFunctionBeginUser;
  comparison c;
  *difference = (sq_deck_difference){0};
  PetscCall(begin(deck, text, sections, &c));
  for (int i = 0; i < deck->entries; i++) {
    if (!differs(&c, i)) continue;
    if (!difference->key[0] || (difference->amount && !deck->entry[i].param->amount)) tell(&c, i, difference);
  }
  PetscCall(sq_deck_destroy(&c.theirs));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_deck_differences(const sq_deck *deck, const char *text, const char *const *sections, const char *but,
                                   char *list, size_t size)
{
  PetscFunctionBeginUser;
  comparison c;
  sq_deck_difference d;
  size_t used = 0;
  list[0] = '\0';
  PetscCall(begin(deck, text, sections, &c));
  for (int i = 0; i < deck->entries && used < size; i++) {
    if (!differs(&c, i)) continue;
    tell(&c, i, &d);
    if (!d.amount && strcmp(d.key, but))
      used += (size_t)snprintf(list + used, size - used, "; %s: %s in the file, %s in the deck", d.key, d.theirs,
                               d.ours);
  }
  PetscCall(sq_deck_destroy(&c.theirs));
  PetscFunctionReturn(0);
}
