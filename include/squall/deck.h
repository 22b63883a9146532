/* deck: input decks. Parameters are declared in tables; a YAML file and the command line fill them.
 *
 * A deck is a map of sections, each a map of keys: `hmc: {steps: 20}`; `-hmc_steps 20` on the command line overrides it.
 * Everything is validated in one pass against the declarations: unknown or duplicate key, wrong type, out of range, nan,
 * inf, overflow; each error names file:line:column, the value, what is allowed and the nearest valid key.
 */
#ifndef SQUALL_DECK_H
#define SQUALL_DECK_H

#include "squall/comm.h"

typedef enum { SQ_PARAM_INT, SQ_PARAM_REAL, SQ_PARAM_BOOL, SQ_PARAM_CHOICE, SQ_PARAM_STRING, SQ_PARAM_INTS /* list of integers */ } sq_param_type;

/* One declared parameter. Tables of them end with {0}. */
typedef struct {
  const char   *section, *key;
  sq_param_type type;
  const char   *fallback; /* default as written in YAML ("10", "[]", "auto"); NULL: must be given */
  double        min, max; /* inclusive, for numbers and list entries; both 0: any finite value */
  const char   *choices;  /* "leapfrog omelyan" for SQ_PARAM_CHOICE */
  const char   *unit;     /* "trajectories", "" */
  const char   *help;     /* one line */
} sq_param;

typedef struct sq_deck sq_deck;

/* Reads path on rank 0 of comm, broadcasts, parses on all. tables: NULL-terminated list of parameter tables that together
 * declare everything. overrides: count words of the command line after the deck's name (-section_key value). path may be NULL (defaults
 * and overrides only). Errors: SQ_ERR_INPUT after all messages are printed. Collective. */
PetscErrorCode sq_deck_read(MPI_Comm comm, const char *path, const sq_param *const *tables, int count, const char *const *overrides, sq_deck **deck);
/* The same from text in memory; name stands for the file in messages. */
PetscErrorCode sq_deck_parse(MPI_Comm comm, const char *name, const char *text, const sq_param *const *tables, int count, const char *const *overrides, sq_deck **deck);
PetscErrorCode sq_deck_destroy(sq_deck **deck);

/* Values; asking for an undeclared or differently typed parameter is a bug (aborts with a message). Not collective. */
int64_t     sq_deck_int(const sq_deck *deck, const char *section, const char *key);
double      sq_deck_real(const sq_deck *deck, const char *section, const char *key);
bool        sq_deck_bool(const sq_deck *deck, const char *section, const char *key);
const char *sq_deck_text(const sq_deck *deck, const char *section, const char *key); /* CHOICE or STRING */
int         sq_deck_ints(const sq_deck *deck, const char *section, const char *key, const int64_t **values); /* returns the length */
/* Whether the user gave it (file or command line). */
bool sq_deck_given(const sq_deck *deck, const char *section, const char *key);
/* Whether the deck has the section at all, even empty, in the file or by an override: a stage runs when its section is there. */
bool sq_deck_has_section(const sq_deck *deck, const char *section);
/* Where the parameter was given, "deck.yaml:12:3", or "-hmc_steps" or "default": for errors found later. */
const char *sq_deck_where(const sq_deck *deck, const char *section, const char *key);
/* Replaces a value that was left to the program by what it chose, so that the echo says so ("auto" -> "40"). */
PetscErrorCode sq_deck_resolve(sq_deck *deck, const char *section, const char *key, const char *value);

/* The effective deck as YAML, every parameter with its value, one line each, unit and "default" as a comment; readable by sq_deck_read.
 * Only the sections given (NULL-terminated), or all if NULL. The text is owned by the caller (sq_free). */
PetscErrorCode sq_deck_text_of(const sq_deck *deck, const char *const *sections, bool comments, char **text);
/* A 64-bit fingerprint of the values in the given sections (NULL-terminated), to tell whether a file was made by the same deck;
 * keys listed in except ("section.key", NULL-terminated, may be NULL) do not count. */
uint64_t sq_deck_fingerprint(const sq_deck *deck, const char *const *sections, const char *const *except);
/* The help of the declared parameters: --help text of the given sections (NULL: all), and the reference as Markdown. */
void sq_params_help(FILE *out, const sq_param *const *tables, const char *const *sections);
void sq_params_markdown(FILE *out, const sq_param *const *tables);

#endif
