/* SPDX-License-Identifier: BSD-3-Clause */
/* yaml: a deck's file as libyaml's events, one after another. A reader of a node starts with the first event of the
 * node current and ends with its last; after a syntax error the current event stays YAML_NO_EVENT and all loops end.
 * Not collective. */
#ifndef SQUALL_DECK_YAML_H
#define SQUALL_DECK_YAML_H

#include "internal.h"
#include <yaml.h>

typedef struct {
  sq_deck *deck;
  const char *text;
  yaml_parser_t yaml;
  yaml_event_t event; /* the current one */
  int depth;
  bool stopped;
} sq_yaml;

/* A name (section, key) with its place; cut if it is too long to be one. */
typedef struct {
  char text[SQ_DECK_NAME + 1];
  sq_deck_place place;
} sq_yaml_name;

void sq_yaml_next(sq_yaml *r);
bool sq_yaml_at(const sq_yaml *r, yaml_event_type_t type);
/* Whether the current event still belongs to a collection that ends with end. */
bool sq_yaml_inside(const sq_yaml *r, yaml_event_type_t end);
bool sq_yaml_at_null(const sq_yaml *r); /* a value that is none */
void sq_yaml_skip(sq_yaml *r);          /* goes to the last event of the current node */
sq_deck_place sq_yaml_here(const sq_yaml *r);
/* Where a byte of the file is. */
sq_deck_place sq_yaml_place_of_byte(const char *text, size_t offset);
/* Anchors, aliases, tags, and blanks that are none: true after a message. */
bool sq_yaml_refuse_references(sq_yaml *r, const char *section, const char *key);
/* Reads the current node as the name of a section or key; false after a message. */
bool sq_yaml_read_name(sq_yaml *r, const char *section, sq_yaml_name *n);
/* The words of a map of sections of keys, as they stand on a command line: "-model_channels 16 -train_steps 40"; good:
 * false after a message (nested.c). */
PetscErrorCode sq_yaml_read_options(sq_yaml *r, const sq_param *param, sq_deck_raw *raw, bool *good);

#endif
