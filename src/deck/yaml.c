/* From YAML to entries: libyaml's events, one after another. A reader of a node starts with the first event of the
 * node current and ends with its last; after a syntax error the current event stays YAML_NO_EVENT and all loops end. */
#include "internal.h"
#include <string.h>
#include <yaml.h>

enum { DEEPEST = 64 }; /* nothing in a deck is deeper than 3 */

typedef struct {
  sq_deck *deck;
  const char *text;
  yaml_parser_t yaml;
  yaml_event_t event;
  int depth;
  bool stopped;
} reader;

/* A name (section, key) with its place; cut if it is too long to be one. */
typedef struct {
  char text[SQ_DECK_NAME + 1];
  sq_deck_place place;
} name;

static sq_deck_place place_of(yaml_mark_t mark)
{
  return (sq_deck_place){.line = (int)mark.line + 1, .column = (int)mark.column + 1};
}

static sq_deck_place here(const reader *r)
{
  return place_of(r->event.start_mark);
}

/* ---- syntax errors ---- */

/* libyaml gives the place of a bad byte only as an offset. */
static sq_deck_place place_of_byte(const char *text, size_t offset)
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

static void report_syntax(reader *r)
{
  const yaml_parser_t *y = &r->yaml;
  const char *problem = y->problem ? y->problem : "out of memory";
  char context[SQ_DECK_PHRASE] = "";
  if (y->error == YAML_READER_ERROR) {
    sq_deck_complain(r->deck, place_of_byte(r->text, y->problem_offset), NULL, NULL, "not a text file: %s", problem);
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

static void stop(reader *r)
{
  yaml_event_delete(&r->event); /* leaves YAML_NO_EVENT */
  r->stopped = true;
  r->deck->broken = true;
}

static void next(reader *r)
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
    sq_deck_complain(r->deck, here(r), NULL, NULL, "nested too deeply");
    stop(r);
  }
}

static bool at(const reader *r, yaml_event_type_t type)
{
  return r->event.type == type;
}

/* Whether the current event still belongs to a collection that ends with end. */
static bool inside(const reader *r, yaml_event_type_t end)
{
  return !at(r, end) && !at(r, YAML_NO_EVENT);
}

static void skip_node(reader *r)
{
  int outside = r->depth - 1;
  if (!at(r, YAML_MAPPING_START_EVENT) && !at(r, YAML_SEQUENCE_START_EVENT)) return;
  while (r->depth > outside && !at(r, YAML_NO_EVENT)) next(r);
}

/* A no-break space and the like, as text copied from a page has them. In quotes they are meant. */
static bool refuse_hidden(reader *r, const char *section, const char *key)
{
  if (!at(r, YAML_SCALAR_EVENT) || r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE) return false;
  char copy[80];
  const char *text = (const char *)r->event.data.scalar.value;
  uint32_t hidden = sq_deck_first_hidden(text, r->event.data.scalar.length);
  if (hidden)
    sq_deck_complain(r->deck, here(r), section, key,
                     "\"%s\" has the character U+%04X, which looks like a blank or like nothing: type a plain blank, "
                     "or put text that is to have it in quotes",
                     sq_deck_printable(text, copy), hidden);
  return hidden;
}

/* Anchors, aliases and tags make a value depend on other places or on the reader: none are taken. */
static bool refuse_references(reader *r, const char *section, const char *key)
{
  const yaml_char_t *anchor = NULL, *tag = NULL;
  if (at(r, YAML_SCALAR_EVENT)) anchor = r->event.data.scalar.anchor, tag = r->event.data.scalar.tag;
  if (at(r, YAML_SEQUENCE_START_EVENT))
    anchor = r->event.data.sequence_start.anchor, tag = r->event.data.sequence_start.tag;
  if (at(r, YAML_MAPPING_START_EVENT))
    anchor = r->event.data.mapping_start.anchor, tag = r->event.data.mapping_start.tag;
  bool bound = anchor || at(r, YAML_ALIAS_EVENT);
  const char *problem = bound ? "anchors (&) and aliases (*) are not taken in decks; write the value out, or in "
                                "quotes" :
                                "tags (!) are not taken in decks; write the value alone, or in quotes";
  if (bound || tag) sq_deck_complain(r->deck, here(r), section, key, "%s", problem);
  return bound || tag || refuse_hidden(r, section, key);
}

/* Reads the current node as the name of a section or key; false after a message. */
static bool read_name(reader *r, const char *section, name *n)
{
  n->place = here(r);
  n->text[0] = '\0';
  if (refuse_references(r, section, NULL)) return false;
  if (!at(r, YAML_SCALAR_EVENT)) {
    if (!at(r, YAML_NO_EVENT))
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

/* ---- values ---- */

static PetscErrorCode add_word(reader *r, sq_deck_raw *raw)
{
  PetscFunctionBeginUser;
  sq_deck_place place = here(r);
  PetscCall(sq_deck_raw_add(raw, (const char *)r->event.data.scalar.value, r->event.data.scalar.length,
                            r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE, place.line, place.column));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_list(reader *r, const sq_param *param, sq_deck_raw *raw, bool *good)
{
  PetscFunctionBeginUser;
  raw->list = true;
  for (next(r); inside(r, YAML_SEQUENCE_END_EVENT); next(r)) {
    if (refuse_references(r, param->section, param->key)) *good = false;
    else if (at(r, YAML_SCALAR_EVENT)) PetscCall(add_word(r, raw));
    else {
      sq_deck_complain(r->deck, here(r), param->section, param->key, "an entry of a list must be one value");
      *good = false;
    }
    skip_node(r);
  }
  PetscFunctionReturn(0);
}

/* good: false after a message, or if the file broke off. */
static PetscErrorCode read_raw(reader *r, const sq_param *param, sq_deck_raw *raw, bool *good)
{
  PetscFunctionBeginUser;
  char allowed[SQ_DECK_PHRASE];
  *good = !refuse_references(r, param->section, param->key);
  if (at(r, YAML_SCALAR_EVENT)) {
    PetscCall(add_word(r, raw));
  } else if (at(r, YAML_SEQUENCE_START_EVENT)) {
    PetscCall(read_list(r, param, raw, good));
  } else if (at(r, YAML_MAPPING_START_EVENT)) {
    sq_deck_allowed_text(param, allowed);
    if (*good)
      sq_deck_complain(r->deck, here(r), param->section, param->key, "a map stands where a value is due; it must be %s",
                       allowed);
    *good = false;
    skip_node(r);
  }
  *good = *good && !at(r, YAML_NO_EVENT);
  PetscFunctionReturn(0);
}

static PetscErrorCode read_value(reader *r, sq_deck_entry *entry)
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
static sq_deck_entry *claim_entry(reader *r, const char *section, const name *key)
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

static PetscErrorCode read_key(reader *r, const char *section)
{
  PetscFunctionBeginUser;
  name key;
  bool named = read_name(r, section, &key);
  sq_deck_entry *entry = named ? claim_entry(r, section, &key) : NULL;
  skip_node(r);
  next(r);
  if (entry) PetscCall(read_value(r, entry));
  else skip_node(r);
  PetscFunctionReturn(0);
}

static bool is_null_event(const reader *r)
{
  if (!at(r, YAML_SCALAR_EVENT)) return false;
  sq_deck_word word = {.text = (char *)r->event.data.scalar.value,
                       .quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE};
  return sq_deck_is_null(&word);
}

static PetscErrorCode read_keys(reader *r, const char *section)
{
  PetscFunctionBeginUser;
  bool refused = refuse_references(r, section, NULL);
  if (at(r, YAML_MAPPING_START_EVENT)) {
    for (next(r); inside(r, YAML_MAPPING_END_EVENT); next(r)) PetscCall(read_key(r, section));
  } else if (!refused && !is_null_event(r) && !at(r, YAML_NO_EVENT)) {
    sq_deck_complain(r->deck, here(r), section, NULL, "a section must be a map of keys, such as `%s: {key: value}`",
                     section);
  }
  skip_node(r);
  PetscFunctionReturn(0);
}

static sq_deck_section *claim_section(reader *r, const name *n)
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

static PetscErrorCode read_section(reader *r)
{
  PetscFunctionBeginUser;
  name n;
  bool named = read_name(r, NULL, &n);
  sq_deck_section *section = named ? claim_section(r, &n) : NULL;
  skip_node(r);
  next(r);
  if (section) PetscCall(read_keys(r, section->name));
  else skip_node(r);
  PetscFunctionReturn(0);
}

/* ---- the document ---- */

static PetscErrorCode read_root(reader *r)
{
  PetscFunctionBeginUser;
  bool refused = refuse_references(r, NULL, NULL);
  if (at(r, YAML_MAPPING_START_EVENT)) {
    for (next(r); inside(r, YAML_MAPPING_END_EVENT); next(r)) PetscCall(read_section(r));
  } else {
    if (!refused && !at(r, YAML_NO_EVENT))
      sq_deck_complain(r->deck, here(r), NULL, NULL,
                       "a deck must be a map of sections, such as `lattice: {extents: [32, 32]}`");
    r->deck->broken = true;
  }
  skip_node(r);
  PetscFunctionReturn(0);
}

/* Line ends that libyaml takes and YAML 1.2 does not: what stands behind one would be a line of its own, or not. */
static bool refuse_doubtful_breaks(reader *r)
{
  const char *at;
  uint32_t point = sq_deck_first_doubtful_break(r->text, &at);
  if (point)
    sq_deck_complain(r->deck, place_of_byte(r->text, (size_t)(at - r->text)), NULL, NULL,
                     "the character U+%04X ends a line to some readers of YAML and not to others: take it out", point);
  r->deck->broken = r->deck->broken || point;
  return point;
}

static PetscErrorCode read_stream(reader *r)
{
  PetscFunctionBeginUser;
  if (refuse_doubtful_breaks(r)) PetscFunctionReturn(0);
  next(r); /* the start of the stream */
  next(r);
  if (!at(r, YAML_DOCUMENT_START_EVENT)) PetscFunctionReturn(0); /* nothing but comments */
  next(r);
  PetscCall(read_root(r));
  next(r); /* the end of the document */
  next(r);
  if (at(r, YAML_DOCUMENT_START_EVENT))
    sq_deck_complain(r->deck, here(r), NULL, NULL, "a deck is one YAML document; a second one starts here");
  PetscFunctionReturn(0);
}

PetscErrorCode sq_deck_fill_from_yaml(sq_deck *deck, const char *text, size_t length)
{
  PetscFunctionBeginUser;
  static const char mark[] = "\xEF\xBB\xBF"; /* the byte-order mark of Windows editors: no part of the text */
  size_t skip = strncmp(text, mark, 3) ? 0 : 3;
  reader r = {.deck = deck, .text = text + skip};
  SqCheck(yaml_parser_initialize(&r.yaml), PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the YAML reader");
  yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&r.yaml, (const unsigned char *)text + skip, length - skip);
  PetscErrorCode status = read_stream(&r);
  yaml_event_delete(&r.event);
  yaml_parser_delete(&r.yaml);
  PetscCall(status);
  PetscFunctionReturn(0);
}
