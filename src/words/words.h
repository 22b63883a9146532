/* SPDX-License-Identifier: BSD-3-Clause */
/* words: what stands on the command line behind the name of a command: what it works on, options of its own, keys of
 * the deck. Every process reads the words that it was started with; nothing here is collective or needs MPI. */
#ifndef SQUALL_WORDS_WORDS_H
#define SQUALL_WORDS_WORDS_H

#include "squall/base.h"

/* An option of a command, beside the keys of the deck: --name VALUE or --name=VALUE, anywhere behind the command. */
typedef struct {
  const char *name;    /* "--to"; without dashes: what stands behind the deck, such as "FILE", in this order */
  const char *value;   /* what it takes, for help: "FORMAT"; NULL: nothing */
  const char *help;    /* one line */
  const char *choices; /* "npz csv"; NULL: none but those of names */
  sq_names names;      /* rows of a table as choices; NULL: none. Without any choices all values are good */
  const char *key;     /* the key of the deck that it stands for, "ensemble.chains", which then has its value; NULL: the
                          command asks for it (sq_words_value) */
  bool list;           /* several of the choices, between commas */
} sq_option;
#define SQ_OPTIONS(...) ((const sq_option[]){__VA_ARGS__, {0}}) /* for a row */

enum { SQ_WORDS_OPTIONS = 16, SQ_WORDS_TEXT = 512 }; /* the most options of a command; the longest message */

/* What the words of a command come to. */
typedef struct {
  const sq_option *options; /* of the command */
  int operands, keys;
  const char **operand;                /* what it works on: a deck first, or files */
  const char **key;                    /* words about keys of the deck, as sq_deck_read takes them */
  const char *value[SQ_WORDS_OPTIONS]; /* of its options, in their order; NULL: not given */
  bool quiet, verbose, plain, help, version;
  char *text; /* owned: what the words above point into, where they are not those given */
} sq_words;

/* The options of every command. */
extern const sq_option sq_words_common[], sq_words_set[]; /* sq_words_set: of commands on a deck */

/* Reads them. options: of the command, may be NULL; deck: whether it works on a deck, and takes keys of it. why: "", or
 * what is wrong, for the user. Free with sq_words_clear. Error: PETSC_ERR_MEM. */
PetscErrorCode sq_words_read(const char *command, const sq_option *options, bool deck, int count,
                             const char *const *given, sq_words *words, char why[SQ_WORDS_TEXT]);
void sq_words_clear(sq_words *words);
/* The value of an option of the command, "" for one that takes none; NULL: it was not given, or there are no words
 * (NULL). */
const char *sq_words_value(const sq_words *words, const char *name);

#endif
