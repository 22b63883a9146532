/* SPDX-License-Identifier: BSD-3-Clause */
/* A value that is sections of keys itself, kept as the words of a command line that say the same. */
#include "yaml.h"
#include <string.h>

enum { LONGEST = 4096 };

typedef struct {
  sq_yaml *r;
  const sq_param *param; /* that it is the value of */
  char text[LONGEST];
  size_t used;
  sq_deck_place place;
  bool good;
} writer;

static void add(writer *w, const char *before, const char *text, size_t length)
{
  if (w->used + strlen(before) + length >= sizeof w->text) {
    if (w->good) sq_deck_complain(w->r->deck, w->place, w->param->section, w->param->key, "too long");
    w->good = false;
    return;
  }
  w->used += (size_t)snprintf(w->text + w->used, sizeof w->text - w->used, "%s%.*s", before, (int)length, text);
}

static void complain(writer *w, const char *what)
{
  if (w->good && !sq_yaml_at(w->r, YAML_NO_EVENT))
    sq_deck_complain(w->r->deck, sq_yaml_here(w->r), w->param->section, w->param->key, "%s", what);
  w->good = false;
}

/* One that would be no single word there. */
static bool is_word(const sq_yaml *r)
{
  const char *text = (const char *)r->event.data.scalar.value;
  return *text && strlen(text) == r->event.data.scalar.length && !strpbrk(text, " \t\"\n") &&
         !(text[0] == '-' && !strchr("0123456789.", text[1]));
}

static void add_scalar(writer *w, const char *before)
{
  sq_yaml *r = w->r;
  if (sq_yaml_refuse_references(r, w->param->section, w->param->key)) w->good = false;
  else if (!sq_yaml_at(r, YAML_SCALAR_EVENT) || sq_yaml_at_null(r) || !is_word(r))
    complain(w, "a key of a section has one word, one number or a list of them as its value");
  else add(w, before, (const char *)r->event.data.scalar.value, r->event.data.scalar.length);
}

static void add_value(writer *w)
{
  sq_yaml *r = w->r;
  const char *before = " ";
  if (!sq_yaml_at(r, YAML_SEQUENCE_START_EVENT)) {
    add_scalar(w, before);
    sq_yaml_skip(r);
    return;
  }
  for (sq_yaml_next(r); sq_yaml_inside(r, YAML_SEQUENCE_END_EVENT); sq_yaml_next(r), before = ",") {
    add_scalar(w, before);
    sq_yaml_skip(r);
  }
}

/* " -section_key VALUE" of every key of a section. */
static void add_section(writer *w, const char *section)
{
  sq_yaml *r = w->r;
  sq_yaml_name key;
  char option[2 * SQ_DECK_NAME + 4];
  if (!sq_yaml_at(r, YAML_MAPPING_START_EVENT)) {
    complain(w, "a section must be a map of keys, such as `{train: {steps: 1000}}`");
    sq_yaml_skip(r);
    return;
  }
  for (sq_yaml_next(r); sq_yaml_inside(r, YAML_MAPPING_END_EVENT); sq_yaml_next(r)) {
    const bool named = sq_yaml_read_name(r, w->param->section, &key);
    w->good = w->good && named;
    snprintf(option, sizeof option, "%s-%s_%s", w->used ? " " : "", section, key.text);
    if (named) add(w, option, "", 0);
    sq_yaml_skip(r);
    sq_yaml_next(r);
    add_value(w);
  }
}

PetscErrorCode sq_yaml_read_options(sq_yaml *r, const sq_param *param, sq_deck_raw *raw, bool *good)
{
  PetscFunctionBeginUser;
  writer w = {.r = r, .param = param, .place = sq_yaml_here(r), .good = *good};
  sq_yaml_name section;
  for (sq_yaml_next(r); sq_yaml_inside(r, YAML_MAPPING_END_EVENT); sq_yaml_next(r)) {
    const bool named = sq_yaml_read_name(r, param->section, &section);
    w.good = w.good && named;
    sq_yaml_skip(r);
    sq_yaml_next(r);
    add_section(&w, section.text);
  }
  *good = w.good && !sq_yaml_at(r, YAML_NO_EVENT);
  PetscCall(sq_deck_raw_add(raw, w.text, w.used, true, w.place.line, w.place.column));
  PetscFunctionReturn(0);
}
