/* SPDX-License-Identifier: BSD-3-Clause */
/* The events of a deck's file, and what is said of those that are wrong. */
#include "yaml.h"
#include <string.h>

enum { DEEPEST = 64 }; /* nothing in a deck is deeper than 4 */

static sq_deck_place place_of(yaml_mark_t mark)
{
  return (sq_deck_place){.line = (int)mark.line + 1, .column = (int)mark.column + 1};
}

sq_deck_place sq_yaml_here(const sq_yaml *r)
{
  return place_of(r->event.start_mark);
}

/* ---- syntax errors ---- */

/* libyaml gives the place of a bad byte only as an offset. */
sq_deck_place sq_yaml_place_of_byte(const char *text, size_t offset)
{
  sq_deck_place place = {.line = 1, .column = 1};
  for (size_t i = 0; i < offset && text[i]; i++) {
    bool ends = text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n');
    if (ends) place.line++;
    place.column = ends ? 1 : place.column + ((text[i] & 0xC0) != 0x80);
  }
  return place;
}

/* The start of a line; a line ends with LF, CR or both. NULL: there is none. */
static const char *line_of(const char *text, int line)
{
  while (--line > 0) {
    text += strcspn(text, "\r\n");
    if (!*text) return NULL;
    text += text[0] == '\r' && text[1] == '\n' ? 2 : 1;
  }
  return text;
}

/* What the eye does not see there. */
static void append_unseen(const char *text, int line, char context[SQ_DECK_PHRASE])
{
  text = line_of(text, line);
  if (!text) return;
  uint32_t hidden = sq_deck_first_hidden(text, strcspn(text, "\r\n"));
  if (text[strspn(text, " ")] == '\t') sq_deck_append(context, "; indent with blanks, not with tabs");
  if (hidden) sq_deck_append(context, "; line %d has U+%04X, which is no plain blank", line, hidden);
}

static void report_syntax(sq_yaml *r)
{
  const yaml_parser_t *y = &r->yaml;
  const char *problem = y->problem ? y->problem : "out of memory";
  char context[SQ_DECK_PHRASE] = "";
  if (y->error == YAML_READER_ERROR) {
    sq_deck_complain(r->deck, sq_yaml_place_of_byte(r->text, y->problem_offset), NULL, NULL, "not a text file: %s",
                     problem);
    return;
  }
  sq_deck_place place = place_of(y->problem_mark);
  if (y->context) sq_deck_append(context, " (%s that starts at line %d)", y->context, place_of(y->context_mark).line);
  append_unseen(r->text, place.line, context);
  if (y->context && place_of(y->context_mark).line < place.line)
    append_unseen(r->text, place_of(y->context_mark).line, context);
  sq_deck_complain(r->deck, place, NULL, NULL, "YAML syntax: %s%s", problem, context);
}

/* ---- events ---- */

static void stop(sq_yaml *r)
{
  yaml_event_delete(&r->event); /* leaves YAML_NO_EVENT */
  r->stopped = true;
  r->deck->broken = true;
}

void sq_yaml_next(sq_yaml *r)
{
  yaml_event_delete(&r->event);
  if (r->stopped) return;
  if (!yaml_parser_parse(&r->yaml, &r->event)) {
    report_syntax(r);
    stop(r);
    return;
  }
  yaml_event_type_t type = r->event.type;
  if (type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT) r->depth++;
  if (type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT) r->depth--;
  if (r->depth > DEEPEST) {
    sq_deck_complain(r->deck, sq_yaml_here(r), NULL, NULL, "nested too deeply");
    stop(r);
  }
}

bool sq_yaml_at(const sq_yaml *r, yaml_event_type_t type)
{
  return r->event.type == type;
}

bool sq_yaml_inside(const sq_yaml *r, yaml_event_type_t end)
{
  return !sq_yaml_at(r, end) && !sq_yaml_at(r, YAML_NO_EVENT);
}

void sq_yaml_skip(sq_yaml *r)
{
  int outside = r->depth - 1;
  if (!sq_yaml_at(r, YAML_MAPPING_START_EVENT) && !sq_yaml_at(r, YAML_SEQUENCE_START_EVENT)) return;
  while (r->depth > outside && !sq_yaml_at(r, YAML_NO_EVENT)) sq_yaml_next(r);
}

/* A no-break space and the like, as text copied from a page has them. In quotes they are meant. */
static bool refuse_hidden(sq_yaml *r, const char *section, const char *key)
{
  if (!sq_yaml_at(r, YAML_SCALAR_EVENT) || r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE) return false;
  char copy[80];
  const char *text = (const char *)r->event.data.scalar.value;
  uint32_t hidden = sq_deck_first_hidden(text, r->event.data.scalar.length);
  if (hidden)
    sq_deck_complain(r->deck, sq_yaml_here(r), section, key,
                     "\"%s\" has the character U+%04X, which looks like a blank or like nothing: type a plain blank, "
                     "or put text that is to have it in quotes",
                     sq_deck_printable(text, copy), hidden);
  return hidden;
}

/* Anchors, aliases and tags make a value depend on other places or on the reader: none are taken. */
bool sq_yaml_refuse_references(sq_yaml *r, const char *section, const char *key)
{
  const yaml_char_t *anchor = NULL, *tag = NULL;
  if (sq_yaml_at(r, YAML_SCALAR_EVENT)) anchor = r->event.data.scalar.anchor, tag = r->event.data.scalar.tag;
  if (sq_yaml_at(r, YAML_SEQUENCE_START_EVENT))
    anchor = r->event.data.sequence_start.anchor, tag = r->event.data.sequence_start.tag;
  if (sq_yaml_at(r, YAML_MAPPING_START_EVENT))
    anchor = r->event.data.mapping_start.anchor, tag = r->event.data.mapping_start.tag;
  bool bound = anchor || sq_yaml_at(r, YAML_ALIAS_EVENT);
  const char *problem = bound ? "anchors (&) and aliases (*) are not taken in decks; write the value out, or in "
                                "quotes" :
                                "tags (!) are not taken in decks; write the value alone, or in quotes";
  if (bound || tag) sq_deck_complain(r->deck, sq_yaml_here(r), section, key, "%s", problem);
  return bound || tag || refuse_hidden(r, section, key);
}

bool sq_yaml_read_name(sq_yaml *r, const char *section, sq_yaml_name *n)
{
  n->place = sq_yaml_here(r);
  n->text[0] = '\0';
  if (sq_yaml_refuse_references(r, section, NULL)) return false;
  if (!sq_yaml_at(r, YAML_SCALAR_EVENT)) {
    if (!sq_yaml_at(r, YAML_NO_EVENT))
      sq_deck_complain(r->deck, n->place, section, NULL, "a name must be one word, not a list or a map");
    return false;
  }
  size_t length = r->event.data.scalar.length < SQ_DECK_NAME ? r->event.data.scalar.length : SQ_DECK_NAME;
  for (size_t i = 0; i < length; i++) {
    char c = (char)r->event.data.scalar.value[i];
    n->text[i] = c ? c : '?';
  }
  n->text[length] = '\0';
  return true;
}

bool sq_yaml_at_null(const sq_yaml *r)
{
  if (!sq_yaml_at(r, YAML_SCALAR_EVENT)) return false;
  sq_deck_word word = {.text = (char *)r->event.data.scalar.value,
                       .quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE};
  return sq_deck_is_null(&word);
}
