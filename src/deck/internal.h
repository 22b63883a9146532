/* SPDX-License-Identifier: BSD-3-Clause */
/* deck: what its files share. A deck is one array of entries, one per declared parameter, in the order of the tables,
 * and one array of sections. Nothing here communicates except read.c. */
#ifndef SQUALL_DECK_INTERNAL_H
#define SQUALL_DECK_INTERNAL_H

#include "squall/deck.h"

enum {
  SQ_DECK_BYTES = 1 << 20,             /* the largest deck */
  SQ_DECK_NAME = SQ_PARAM_CHOICE_TEXT, /* the longest section or key + 1; longer ones are unknown anyway */
  SQ_DECK_PHRASE = SQ_PARAM_TEXT,      /* a part of a message */
  SQ_DECK_SHOWN = 200                  /* messages printed for one deck; all are counted */
};

/* A scalar as somebody wrote it. text is owned. */
typedef struct {
  char *text;
  size_t length; /* more than strlen(text) if it holds a NUL byte */
  bool quoted;
  int line, column; /* from 1; 0: not from a file */
} sq_deck_word;

/* The value of a key before it has a type: one word, or a list of them. */
typedef struct {
  bool list;
  int count, capacity;
  sq_deck_word *word;
} sq_deck_raw;

/* A typed value. text: how it is echoed (numbers as written); NULL as long as there is no value. */
typedef struct {
  char *text;
  bool automatic;
  int64_t integer; /* INT and BOOL */
  double real;
  int length;    /* of a list */
  int64_t *list; /* INTS; WORDS: the numbers of their choices */
  double *reals; /* REALS */
} sq_deck_value;

typedef struct {
  const sq_param *param;
  sq_deck_value value;
  int line, column; /* of the key; 0: not in the file */
  bool overridden;
  const sq_param *alternatives; /* the row whose sq_param.more it is of; NULL: every deck has it */
  int tables;                   /* of these, how many have it */
  char *where, *note;           /* note: what is said beside it in the echo; NULL: where it is from */
} sq_deck_entry;

typedef struct {
  const char *name;
  bool present;
  int line, column; /* 0: not in the file */
} sq_deck_section;

struct sq_deck {
  char *name;   /* of the file, for messages */
  bool speaker; /* this rank prints */
  bool broken;  /* its YAML could not be read to the end */
  int file_errors, option_errors;
  int sections, entries;
  sq_deck_section *section;
  sq_deck_entry *entry;
};

/* Where a message points: an option of the command line, or a position in the file (line 0: the file as a whole). */
typedef struct {
  const char *option;
  int line, column;
} sq_deck_place;

/* ---- deck.c: the object ---- */
PetscErrorCode sq_deck_create(const char *name, bool speaker, const sq_param *const *tables, sq_deck **deck);
PetscErrorCode sq_deck_copy_text(const char *text, char **copy);
sq_deck_entry *sq_deck_find(const sq_deck *deck, const char *section, const char *key); /* NULL if undeclared */
sq_deck_section *sq_deck_find_section(const sq_deck *deck, const char *name);           /* NULL if undeclared */
/* Prints "place: section.key: message" on the speaking rank and counts it. section and key may be NULL. */
void sq_deck_complain(sq_deck *deck, sq_deck_place place, const char *section, const char *key, const char *format, ...)
  __attribute__((format(printf, 5, 6)));
/* Types the raw value and gives it to the entry, or complains. */
PetscErrorCode sq_deck_assign(sq_deck *deck, sq_deck_entry *entry, const sq_deck_raw *raw, const char *option);
/* The default of a parameter that has one. */
PetscErrorCode sq_deck_set_default(sq_deck_entry *entry);
bool sq_deck_listed(const char *const *names, const char *name); /* names: NULL-terminated; NULL lists everything */

/* ---- yaml.c, override.c: the two sources ---- */
PetscErrorCode sq_deck_fill_from_yaml(sq_deck *deck, const char *text, size_t length);
PetscErrorCode sq_deck_fill_from_options(sq_deck *deck, int count, const char *const *words);

/* ---- set.c: a key that is set on the command line, "section.key=value" ---- */
/* Gives an entry the value of an option, NULL where it is missing, or complains. */
PetscErrorCode sq_deck_override(sq_deck *deck, sq_deck_entry *entry, const char *option, const char *value);
PetscErrorCode sq_deck_set(sq_deck *deck, const char *word);

/* ---- raw.c: lists of words ---- */
PetscErrorCode sq_deck_raw_add(sq_deck_raw *raw, const char *text, size_t length, bool quoted, int line, int column);
PetscErrorCode sq_deck_raw_clear(sq_deck_raw *raw);
/* Splits text that stands outside YAML ("20", "[32, 32]", "32,32") as the type of param asks. */
PetscErrorCode sq_deck_raw_split(const sq_param *param, const char *text, sq_deck_raw *raw);

/* Whether its values are lists. */
bool sq_deck_takes_list(const sq_param *param);

/* ---- value.c: words to values ---- */
/* why is "" if the value is good, else the reason ("\"3.5\" is not an integer"); bad is then the index of the word. */
PetscErrorCode sq_deck_value_make(const sq_param *param, const sq_deck_raw *raw, sq_deck_value *value,
                                  char why[SQ_DECK_PHRASE], int *bad);
PetscErrorCode sq_deck_value_clear(sq_deck_value *value);

/* ---- words.c ---- */
bool sq_deck_is_null(const sq_deck_word *word);
bool sq_deck_is_bool(const char *text, bool *value);
/* Appends, cut at SQ_DECK_PHRASE. */
void sq_deck_append(char text[SQ_DECK_PHRASE], const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- number.c ---- */
const char *sq_deck_read_int(const char *text, int64_t *value); /* NULL or what is wrong: "is not an integer" */
const char *sq_deck_read_real(const char *text, double *value);
/* Appends what to write instead of a word that is no number, where that can be told. */
void sq_deck_hint_number(const char *text, bool integer, char why[SQ_DECK_PHRASE]);

/* ---- text.c ---- */
bool sq_deck_is_text(const char *text); /* UTF-8 without control characters */
/* A copy that is safe to print, cut to about 60 bytes. */
const char *sq_deck_printable(const char *text, char copy[80]);
/* The first code point that is seen as a blank or not at all, and is no blank to a reader of YAML; 0: none. */
uint32_t sq_deck_first_hidden(const char *text, size_t length);
/* The first that ends a line to some readers of YAML and not to others, and where it is; 0: none. */
uint32_t sq_deck_first_doubtful_break(const char *text, const char **at);
uint32_t sq_deck_first_beyond_ascii(const char *text); /* 0: none */

/* ---- path.c ---- */
enum { SQ_DECK_PATH = 4096 };
/* With ~ and ${NAME} as they are in this process's environment; why: "" or what is wrong. */
void sq_deck_expand(const char *text, char expanded[SQ_DECK_PATH], char why[SQ_DECK_PHRASE]);

/* ---- nearest.c: what a misspelt name may have meant ---- */
void sq_deck_suggest_section(const sq_deck *deck, const char *name, char text[SQ_DECK_PHRASE]);
void sq_deck_suggest_key(const sq_deck *deck, const char *section, const char *name, char text[SQ_DECK_PHRASE]);
void sq_deck_suggest_option(const sq_deck *deck, const char *option, char text[SQ_DECK_PHRASE]);
void sq_deck_suggest_name(const sq_deck *deck, const char *name, char text[SQ_DECK_PHRASE]); /* of "section.key" */
void sq_deck_suggest_choice(const sq_param *param, const char *name, char text[SQ_DECK_PHRASE]);

#endif
