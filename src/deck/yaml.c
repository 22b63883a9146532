/* SPDX-License-Identifier: BSD-3-Clause */
/* From YAML to entries: the events of the file, node by node. */
#include "yaml.h"
#include <string.h>

/* ---- values ---- */

static PetscErrorCode add_word(sq_yaml *r, sq_deck_raw *raw)
{
  PetscFunctionBeginUser;
  sq_deck_place place = sq_yaml_here(r);
  PetscCall(sq_deck_raw_add(raw, (const char *)r->event.data.scalar.value, r->event.data.scalar.length,
                            r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE, place.line, place.column));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_list(sq_yaml *r, const sq_param *param, sq_deck_raw *raw, bool *good)
{
  PetscFunctionBeginUser;
  raw->list = true;
  for (sq_yaml_next(r); sq_yaml_inside(r, YAML_SEQUENCE_END_EVENT); sq_yaml_next(r)) {
    if (sq_yaml_refuse_references(r, param->section, param->key)) *good = false;
    else if (sq_yaml_at(r, YAML_SCALAR_EVENT)) PetscCall(add_word(r, raw));
    else {
      sq_deck_complain(r->deck, sq_yaml_here(r), param->section, param->key, "an entry of a list must be one value");
      *good = false;
    }
    sq_yaml_skip(r);
  }
  PetscFunctionReturn(0);
}

/* good: false after a message, or if the file broke off. */
static PetscErrorCode read_raw(sq_yaml *r, const sq_param *param, sq_deck_raw *raw, bool *good)
{
  PetscFunctionBeginUser;
  char allowed[SQ_DECK_PHRASE];
  *good = !sq_yaml_refuse_references(r, param->section, param->key);
  if (param->options && sq_yaml_at_null(r)) {
    PetscCall(sq_deck_raw_add(raw, "", 0, true, 0, 0));
  } else if (param->options && sq_yaml_at(r, YAML_MAPPING_START_EVENT)) {
    PetscCall(sq_yaml_read_options(r, param, raw, good));
  } else if (sq_yaml_at(r, YAML_SCALAR_EVENT)) {
    PetscCall(add_word(r, raw));
  } else if (sq_yaml_at(r, YAML_SEQUENCE_START_EVENT)) {
    PetscCall(read_list(r, param, raw, good));
  } else if (sq_yaml_at(r, YAML_MAPPING_START_EVENT)) {
    sq_param_allowed(param, allowed);
    if (*good)
      sq_deck_complain(r->deck, sq_yaml_here(r), param->section, param->key,
                       "a map stands where a value is due; it must be %s", allowed);
    *good = false;
    sq_yaml_skip(r);
  }
  *good = *good && !sq_yaml_at(r, YAML_NO_EVENT);
  PetscFunctionReturn(0);
}

static PetscErrorCode read_value(sq_yaml *r, sq_deck_entry *entry)
{
  PetscFunctionBeginUser;
  sq_deck_raw raw = {0};
  bool good;
  PetscCall(read_raw(r, entry->param, &raw, &good));
  if (good) PetscCall(sq_deck_assign(r->deck, entry, &raw, NULL));
  PetscCall(sq_deck_raw_clear(&raw));
  PetscFunctionReturn(0);
}

/* ---- sections ---- */

/* The entry that a key names, if it may be set now. */
static sq_deck_entry *claim_entry(sq_yaml *r, const char *section, const sq_yaml_name *key)
{
  char hint[SQ_DECK_PHRASE] = "";
  sq_deck_entry *entry = sq_deck_find(r->deck, section, key->text);
  if (!entry) {
    sq_deck_suggest_key(r->deck, section, key->text, hint);
    sq_deck_complain(r->deck, key->place, section, key->text, "unknown key%s", hint);
    return NULL;
  }
  if (entry->line) {
    sq_deck_complain(r->deck, key->place, section, key->text, "given twice, first at line %d", entry->line);
    return NULL;
  }
  entry->line = key->place.line;
  entry->column = key->place.column;
  return entry;
}

static PetscErrorCode read_key(sq_yaml *r, const char *section)
{
  PetscFunctionBeginUser;
  sq_yaml_name key;
  bool named = sq_yaml_read_name(r, section, &key);
  sq_deck_entry *entry = named ? claim_entry(r, section, &key) : NULL;
  sq_yaml_skip(r);
  sq_yaml_next(r);
  if (entry) PetscCall(read_value(r, entry));
  else sq_yaml_skip(r);
  PetscFunctionReturn(0);
}

static PetscErrorCode read_keys(sq_yaml *r, const char *section)
{
  PetscFunctionBeginUser;
  bool refused = sq_yaml_refuse_references(r, section, NULL);
  if (sq_yaml_at(r, YAML_MAPPING_START_EVENT)) {
    for (sq_yaml_next(r); sq_yaml_inside(r, YAML_MAPPING_END_EVENT); sq_yaml_next(r)) PetscCall(read_key(r, section));
  } else if (!refused && !sq_yaml_at_null(r) && !sq_yaml_at(r, YAML_NO_EVENT)) {
    sq_deck_complain(r->deck, sq_yaml_here(r), section, NULL,
                     "a section must be a map of keys, such as `%s: {key: value}`", section);
  }
  sq_yaml_skip(r);
  PetscFunctionReturn(0);
}

static sq_deck_section *claim_section(sq_yaml *r, const sq_yaml_name *n)
{
  char hint[SQ_DECK_PHRASE] = "";
  sq_deck_section *section = sq_deck_find_section(r->deck, n->text);
  if (!section) {
    sq_deck_suggest_section(r->deck, n->text, hint);
    sq_deck_complain(r->deck, n->place, n->text, NULL, "unknown section%s", hint);
    return NULL;
  }
  if (section->line)
    sq_deck_complain(r->deck, n->place, n->text, NULL, "the section is given twice, first at line %d", section->line);
  else section->line = n->place.line, section->column = n->place.column;
  section->present = true;
  return section;
}

static PetscErrorCode read_section(sq_yaml *r)
{
  PetscFunctionBeginUser;
  sq_yaml_name n;
  bool named = sq_yaml_read_name(r, NULL, &n);
  sq_deck_section *section = named ? claim_section(r, &n) : NULL;
  sq_yaml_skip(r);
  sq_yaml_next(r);
  if (section) PetscCall(read_keys(r, section->name));
  else sq_yaml_skip(r);
  PetscFunctionReturn(0);
}

/* ---- the document ---- */

static PetscErrorCode read_root(sq_yaml *r)
{
  PetscFunctionBeginUser;
  bool refused = sq_yaml_refuse_references(r, NULL, NULL);
  if (sq_yaml_at(r, YAML_MAPPING_START_EVENT)) {
    for (sq_yaml_next(r); sq_yaml_inside(r, YAML_MAPPING_END_EVENT); sq_yaml_next(r)) PetscCall(read_section(r));
  } else {
    if (!refused && !sq_yaml_at(r, YAML_NO_EVENT))
      sq_deck_complain(r->deck, sq_yaml_here(r), NULL, NULL,
                       "a deck must be a map of sections, such as `lattice: {extents: [32, 32]}`");
    r->deck->broken = true;
  }
  sq_yaml_skip(r);
  PetscFunctionReturn(0);
}

/* Line ends that libyaml takes and YAML 1.2 does not: what stands behind one would be a line of its own, or not. */
static bool refuse_doubtful_breaks(sq_yaml *r)
{
  const char *at;
  uint32_t point = sq_deck_first_doubtful_break(r->text, &at);
  if (point)
    sq_deck_complain(r->deck, sq_yaml_place_of_byte(r->text, (size_t)(at - r->text)), NULL, NULL,
                     "the character U+%04X ends a line to some readers of YAML and not to others: take it out", point);
  r->deck->broken = r->deck->broken || point;
  return point;
}

static PetscErrorCode read_stream(sq_yaml *r)
{
  PetscFunctionBeginUser;
  if (refuse_doubtful_breaks(r)) PetscFunctionReturn(0);
  sq_yaml_next(r); /* the start of the stream */
  sq_yaml_next(r);
  if (!sq_yaml_at(r, YAML_DOCUMENT_START_EVENT)) PetscFunctionReturn(0); /* nothing but comments */
  sq_yaml_next(r);
  PetscCall(read_root(r));
  sq_yaml_next(r); /* the end of the document */
  sq_yaml_next(r);
  if (sq_yaml_at(r, YAML_DOCUMENT_START_EVENT))
    sq_deck_complain(r->deck, sq_yaml_here(r), NULL, NULL, "a deck is one YAML document; a second one starts here");
  PetscFunctionReturn(0);
}

PetscErrorCode sq_deck_fill_from_yaml(sq_deck *deck, const char *text, size_t length)
{
  PetscFunctionBeginUser;
  static const char mark[] = "\xEF\xBB\xBF"; /* the byte-order mark of Windows editors: no part of the text */
  size_t skip = strncmp(text, mark, 3) ? 0 : 3;
  sq_yaml r = {.deck = deck, .text = text + skip};
  SqCheck(yaml_parser_initialize(&r.yaml), PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the YAML reader");
  yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&r.yaml, (const unsigned char *)text + skip, length - skip);
  PetscErrorCode status = read_stream(&r);
  yaml_event_delete(&r.event);
  yaml_parser_delete(&r.yaml);
  PetscCall(status);
  PetscFunctionReturn(0);
}
