/* SPDX-License-Identifier: BSD-3-Clause */
/* deck: input decks. Parameters are declared in tables; a YAML file and the command line fill them.
 *
 * A deck is a map of sections, each a map of keys: `hmc: {steps: 20}`; `-hmc_steps 20` on the command line overrides
 * it. Everything is validated in one pass against the declarations: unknown or duplicate key, wrong type, out of range,
 * nan, inf, overflow; each error names file:line:column, the value, what is allowed and the nearest valid key.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_DECK_H
#define SQUALL_DECK_H

#include "squall/comm.h"

SQ_C_BEGIN

typedef enum {
  SQ_PARAM_INT,
  SQ_PARAM_REAL,
  SQ_PARAM_BOOL, /* true, false, yes, no, on, off */
  SQ_PARAM_CHOICE,
  SQ_PARAM_STRING, /* UTF-8, one line */
  SQ_PARAM_INTS,   /* list of integers: [32, 32]; on the command line 32,32 too */
  SQ_PARAM_REALS,  /* list of numbers: [0.2, 0.1] */
  SQ_PARAM_WORDS   /* list of choices: [png, pdf]; one alone without brackets too */
} sq_param_type;

/* One declared parameter. Tables of them end with {0}. */
typedef struct sq_param {
  const char *section, *key; /* key NULL: the row stands for the tables that more gives */
  sq_param_type type;
  const char *fallback; /* default ("10", "[]", "", without quotes); NULL: must be given; "auto" (numbers and lists):
                           the program chooses, and the user may write auto too */
  double min,
    max; /* inclusive, for numbers and list entries; both 0: any finite value; -INFINITY, INFINITY: no bound */
  const char *choices; /* of CHOICE and WORDS: "hot ordered"; NULL if there are no others than names has */
  const char *unit;    /* "trajectories", "" */
  const char *help;    /* one line */
  sq_names names;      /* of CHOICE and WORDS: further choices, the rows of a table; NULL: none */
  bool options;        /* of SQ_PARAM_STRING: words as on a command line; in a file also sections of keys that they say,
                          {train: {steps: 9}}, or nothing */
  bool path;           /* of SQ_PARAM_STRING, a file or directory: ~ and ${NAME} are those of rank 0's environment */
  bool apart;          /* changes nothing that is made: fingerprints leave it out */
  bool later;          /* as if it were none of the first release: see sq_param_is_later */
  bool amount;         /* how much is made, or by whom: keys of random streams leave it out */
  /* Tables of parameters of one of several alternatives, 0, 1, ... up to NULL. Several may have the same key, with the
   * same type, range and default. A parameter of theirs without a default must be given if all of them have it; else it
   * has no value until it is given, and whether it must be is for its owner to say. */
  const struct sq_param *(*more)(int index);
} sq_param;

/* Whether there were decks and files without the key: it has a default and was none of the first release (founding.c),
 * or says so itself. Fingerprints and random streams leave it out where it is at its default, and it need not be given
 * where others of its kind must. Not collective. */
bool sq_param_is_later(const sq_param *param);

typedef struct sq_deck sq_deck;

/* Reads path on rank 0 of comm, broadcasts, parses on all. tables: NULL-terminated list of parameter tables that
 * together declare everything; the deck keeps pointers to them. overrides: count words of the command line after the
 * deck's name (-section_key value, --section_key value, -section_key=value, --set section.key=value); rank 0's count.
 * path may be NULL (defaults and overrides only). Errors: SQ_ERR_INPUT after all messages are printed on stderr, one
 * line each ("deck.yaml:3:5: hmc.steps: ..."). Collective. */
PetscErrorCode sq_deck_read(MPI_Comm comm, const char *path, const sq_param *const *tables, int count,
                            const char *const *overrides, sq_deck **deck);
/* The same from text in memory, the same on all ranks; name stands for the file in messages. Collective
 * over comm. */
PetscErrorCode sq_deck_parse(MPI_Comm comm, const char *name, const char *text, const sq_param *const *tables,
                             int count, const char *const *overrides, sq_deck **deck);
/* The text of one parameter of a deck (as sq_deck_read has it) before the others can be declared, because that depends
 * on it. NULL if it has none, or nothing can be read: what is wrong, sq_deck_read says. text is the caller's (sq_free).
 * Collective. */
PetscErrorCode sq_deck_peek(MPI_Comm comm, const char *path, int count, const char *const *overrides,
                            const sq_param *param, char **text);
PetscErrorCode sq_deck_destroy(sq_deck **deck);

/* Values; asking for an undeclared or differently typed parameter is a bug (aborts with a message). A value left to the
 * program (auto) is -1, -1.0 or an empty list. Pointers live until the deck is destroyed. Not collective. */
int64_t sq_deck_int(const sq_deck *deck, const char *section, const char *key);
double sq_deck_real(const sq_deck *deck, const char *section, const char *key);
bool sq_deck_bool(const sq_deck *deck, const char *section, const char *key);
const char *sq_deck_text(const sq_deck *deck, const char *section, const char *key); /* CHOICE or STRING */
int sq_deck_ints(const sq_deck *deck, const char *section, const char *key, const int64_t **values); /* the length */
int sq_deck_reals(const sq_deck *deck, const char *section, const char *key, const double **values);
/* Whether the word is in a list of WORDS. */
bool sq_deck_chosen(const sq_deck *deck, const char *section, const char *key, const char *word);
/* Whether the user gave it (file or command line, auto included). */
bool sq_deck_given(const sq_deck *deck, const char *section, const char *key);
/* Whether its value is that of a deck without it. */
bool sq_deck_usual(const sq_deck *deck, const char *section, const char *key);
/* Whether the deck has the section at all, even empty, in the file or by an override: a stage runs when its section is
 * there. */
bool sq_deck_has_section(const sq_deck *deck, const char *section);
/* Where the parameter was given, "deck.yaml:12:3", or "-hmc_steps" or "default": for errors found later. */
const char *sq_deck_where(const sq_deck *deck, const char *section, const char *key);
/* Says in the comments of the echo what was chosen for a value, which stays as it was given: the echo is of the same
 * run, with the same fingerprint. Not collective. */
PetscErrorCode sq_deck_note(sq_deck *deck, const char *section, const char *key, const char *chosen);
/* Takes over what an earlier echo (sq_deck_text_of) says was chosen, in sections that agree with it in all but amounts,
 * as do the sections and keys `always` (NULL-terminated, at most 6). Not collective. */
PetscErrorCode sq_deck_recall(sq_deck *deck, const char *echo, const char *const *always);

/* The effective deck as YAML, every parameter with its value, one line each, unit and "default" as a comment; reads
 * back to the same values and fingerprint. Only the sections given (NULL-terminated). NULL: all, but a section that the
 * deck does not have is commented out, or left out without comments, so that the echo runs the same stages. The text is
 * owned by the caller (sq_free). Not collective. */
PetscErrorCode sq_deck_text_of(const sq_deck *deck, const char *const *sections, bool comments, char **text);
/* A 64-bit fingerprint of the values in the given sections (NULL-terminated; NULL: all), to tell whether a file was
 * made by the same deck: equal values, however written or given, are equal. What stands apart does not count, nor what
 * came later where it is at its default, so that files of before stay those of their deck. Not collective. */
uint64_t sq_deck_fingerprint(const sq_deck *deck, const char *const *sections);
/* The same of what determines a random process and not how much is made of it: parameters that are amounts do not count
 * either. Not collective. */
uint64_t sq_deck_process(const sq_deck *deck, const char *const *sections);
/* The fingerprint of what depends on other things besides: with theirs, or any number that stands for them. part: an
 * odd number for each kind of thing. Not collective. */
static inline uint64_t sq_fingerprint_join(uint64_t fingerprint, uint64_t other, uint64_t part)
{
  return fingerprint ^ other * part;
}
enum { SQ_DECK_KEY = 128, SQ_DECK_SHORT = 64 };
/* A value in which two decks differ; key "": they do not. */
typedef struct {
  char key[SQ_DECK_KEY]; /* "action.kappa" */
  char theirs[SQ_DECK_SHORT], ours[SQ_DECK_SHORT];
  bool amount; /* an amount; all others are equal */
} sq_deck_difference;
/* The first difference of a deck from the text of another (sq_deck_text_of, as files keep it), in the given sections
 * and keys ("run.seed"), NULL-terminated; what stands apart is left out, amounts come last. Of an effective deck, what
 * the text lacks is at its default; of other text only the keys that it has are compared, and of text that is no deck
 * nothing. Not collective. */
PetscErrorCode sq_deck_compare(const sq_deck *deck, const char *text, const char *const *sections,
                               sq_deck_difference *difference);
/* All others, as "; KEY: A in the file, B in the deck" one after the other, cut at size: but that of the key `but`, and
 * amounts. "": there are none. Not collective. */
PetscErrorCode sq_deck_differences(const sq_deck *deck, const char *text, const char *const *sections, const char *but,
                                   char *list, size_t size);
/* What a misspelt word may have meant: the name at the smallest edit distance of those offered; "" if none is near.
 * word is not copied. Not collective. */
typedef struct {
  const char *word;
  char name[SQ_DECK_KEY];
  int distance;
} sq_nearest;
/* Begins with no name; offers one more. Not collective. */
sq_nearest sq_nearest_begin(const char *word);
void sq_nearest_offer(sq_nearest *best, const char *name);

/* ---- what the declared parameters say of themselves ---- */

/* A walk over all of them, those of sq_param.more in their place; begins with {.table = tables}. */
typedef struct {
  const sq_param *const *table;
  const sq_param *row, *inner; /* where it is: a row of the table, and of the tables that it stands for */
  int index;
} sq_param_walk;
/* The next one, NULL at the end; walk.inner: whether it is an alternative. Not collective. */
const sq_param *sq_param_next(sq_param_walk *walk);
enum { SQ_PARAM_TEXT = 512, SQ_PARAM_CHOICE_TEXT = 64 };
/* What it may be: "an integer from 1 to 1000, or auto". Not collective. */
void sq_param_allowed(const sq_param *param, char text[SQ_PARAM_TEXT]);
/* Whether it has an n-th choice (from 0); copies it. Not collective. */
bool sq_param_choice(const sq_param *param, int n, char choice[SQ_PARAM_CHOICE_TEXT]);
/* A key of a deck to begin with, and its value as it stands in YAML. */
typedef struct {
  const char *section, *key, *value;
} sq_deck_setting;
/* Prints a deck to begin with: of the sections (NULL-terminated) the keys that are set (ended by {0}), and as comments
 * all others that suit, with default, meaning and what is allowed. Not collective. */
void sq_params_template(FILE *out, const sq_param *const *tables, const char *const *sections,
                        const sq_deck_setting *set, bool (*suits)(const void *context, const sq_param *param),
                        const void *context);
/* The help of the declared parameters: --help text of the given sections (NULL: all), and the reference as Markdown. */
void sq_params_help(FILE *out, const sq_param *const *tables, const char *const *sections);
void sq_params_markdown(FILE *out, const sq_param *const *tables);

SQ_C_END

#endif
