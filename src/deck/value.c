/* SPDX-License-Identifier: BSD-3-Clause */
/* From words to typed values, and what is allowed in words. One reader per type, in a table. */
#include "internal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

PetscErrorCode sq_deck_copy_text(const char *text, char **copy)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(strlen(text) + 1, copy));
  strcpy(*copy, text);
  PetscFunctionReturn(0);
}

static const char *show(const sq_deck_word *word, char copy[80])
{
  return sq_deck_printable(word->text, copy);
}

static bool is_limited(const sq_param *param)
{
  return param->min != 0 || param->max != 0;
}

static bool in_range(const sq_param *param, double value)
{
  return !is_limited(param) || (value >= param->min && value <= param->max);
}

/* ---- what is allowed ---- */

/* A bound that no value can pass is none. */
static void append_range(const sq_param *param, char text[SQ_DECK_PHRASE])
{
  double widest = param->type == SQ_PARAM_REAL || param->type == SQ_PARAM_REALS ? 1e300 : 9.2e18;
  bool below = param->min > -widest, above = param->max < widest;
  if (!is_limited(param)) return;
  if (below && above) sq_deck_append(text, " from %.16g to %.16g", param->min, param->max);
  else if (below) sq_deck_append(text, " not below %.16g", param->min);
  else if (above) sq_deck_append(text, " not above %.16g", param->max);
}

static void append_choices(const sq_param *param, char text[SQ_DECK_PHRASE])
{
  char choice[SQ_PARAM_CHOICE_TEXT];
  for (int n = 0; sq_param_choice(param, n, choice); n++) sq_deck_append(text, n ? ", %s" : "%s", choice);
}

bool sq_deck_takes_list(const sq_param *param)
{
  return param->type == SQ_PARAM_INTS || param->type == SQ_PARAM_REALS || param->type == SQ_PARAM_WORDS;
}

static bool takes_auto(const sq_param *param)
{
  bool has_it = param->type == SQ_PARAM_INT || param->type == SQ_PARAM_REAL || sq_deck_takes_list(param);
  return has_it && param->fallback && !strcmp(param->fallback, "auto");
}

void sq_param_allowed(const sq_param *param, char text[SQ_DECK_PHRASE])
{
  static const char *const kind[] = {[SQ_PARAM_INT] = "an integer",
                                     [SQ_PARAM_REAL] = "a number",
                                     [SQ_PARAM_BOOL] = "true or false",
                                     [SQ_PARAM_CHOICE] = "one of ",
                                     [SQ_PARAM_STRING] = "text",
                                     [SQ_PARAM_INTS] = "a list of integers",
                                     [SQ_PARAM_REALS] = "a list of numbers",
                                     [SQ_PARAM_WORDS] = "a list of some of "};
  text[0] = '\0';
  sq_deck_append(text, "%s",
                 param->options ? "sections of keys, such as {train: {steps: 1000}}, or options as text" :
                                  kind[param->type]);
  append_range(param, text);
  if (param->type == SQ_PARAM_CHOICE || param->type == SQ_PARAM_WORDS) append_choices(param, text);
  if (takes_auto(param)) sq_deck_append(text, ", or auto");
}

/* ---- one reader per type: fills value except its text, or says why not ---- */

static bool is_number(const sq_deck_word *word, const char *wrong, bool within, char why[SQ_DECK_PHRASE])
{
  char copy[80];
  if (word->quoted) sq_deck_append(why, "\"%s\" is text because of its quotes", show(word, copy));
  else if (wrong) sq_deck_append(why, "\"%s\" %s", show(word, copy), wrong);
  else if (!within) sq_deck_append(why, "%s is out of range", show(word, copy));
  return !why[0];
}

/* Integers of 64 bits, some of which are no doubles. */
static bool int_in_range(const sq_param *param, int64_t value)
{
  bool below = param->max >= 0x1p63 || value <= (int64_t)param->max;
  bool above = param->min < -0x1p63 || value >= (int64_t)param->min;
  return !is_limited(param) || (below && above);
}

static void read_int(const sq_param *param, const sq_deck_word *word, sq_deck_value *value, char why[SQ_DECK_PHRASE])
{
  const char *wrong = sq_deck_read_int(word->text, &value->integer);
  if (!is_number(word, wrong, int_in_range(param, value->integer), why) && wrong && !word->quoted)
    sq_deck_hint_number(word->text, true, why);
}

static void read_real(const sq_param *param, const sq_deck_word *word, sq_deck_value *value, char why[SQ_DECK_PHRASE])
{
  const char *wrong = sq_deck_read_real(word->text, &value->real);
  if (!is_number(word, wrong, in_range(param, value->real), why) && wrong && !word->quoted)
    sq_deck_hint_number(word->text, false, why);
}

static void read_bool(const sq_param *param, const sq_deck_word *word, sq_deck_value *value, char why[SQ_DECK_PHRASE])
{
  bool truth = false;
  (void)param;
  is_number(word, sq_deck_is_bool(word->text, &truth) ? NULL : "is neither true nor false", true, why);
  value->integer = truth;
}

static void read_choice(const sq_param *param, const sq_deck_word *word, sq_deck_value *value, char why[SQ_DECK_PHRASE])
{
  char choice[SQ_PARAM_CHOICE_TEXT], copy[80];
  (void)value;
  for (int n = 0; sq_param_choice(param, n, choice); n++) {
    if (!strcmp(choice, word->text)) return;
  }
  sq_deck_append(why, "\"%s\" is not known", show(word, copy));
  sq_deck_suggest_choice(param, word->text, why);
}

/* Appends the number of the choice; the list was allocated for all. */
static void read_word_entry(const sq_param *param, const sq_deck_word *word, sq_deck_value *value,
                            char why[SQ_DECK_PHRASE])
{
  char choice[SQ_PARAM_CHOICE_TEXT];
  read_choice(param, word, value, why);
  for (int n = 0; !why[0] && sq_param_choice(param, n, choice); n++)
    if (!strcmp(choice, word->text)) value->list[value->length++] = n;
}

static void read_string(const sq_param *param, const sq_deck_word *word, sq_deck_value *value, char why[SQ_DECK_PHRASE])
{
  char copy[80];
  (void)param, (void)value;
  if (!sq_deck_is_text(word->text))
    sq_deck_append(why, "\"%s\" has control characters or is not UTF-8", show(word, copy));
}

/* Appends one entry; the list was allocated for all. */
static void read_list_entry(const sq_param *param, const sq_deck_word *word, sq_deck_value *value,
                            char why[SQ_DECK_PHRASE])
{
  sq_deck_value entry = {0};
  read_int(param, word, &entry, why);
  value->list[value->length++] = entry.integer;
}

static void read_real_entry(const sq_param *param, const sq_deck_word *word, sq_deck_value *value,
                            char why[SQ_DECK_PHRASE])
{
  sq_deck_value entry = {0};
  read_real(param, word, &entry, why);
  value->reals[value->length++] = entry.real;
}

typedef void (*word_reader)(const sq_param *param, const sq_deck_word *word, sq_deck_value *value,
                            char why[SQ_DECK_PHRASE]);
static const word_reader readers[] = {
  [SQ_PARAM_INT] = read_int,          [SQ_PARAM_REAL] = read_real,       [SQ_PARAM_BOOL] = read_bool,
  [SQ_PARAM_CHOICE] = read_choice,    [SQ_PARAM_STRING] = read_string,   [SQ_PARAM_INTS] = read_list_entry,
  [SQ_PARAM_REALS] = read_real_entry, [SQ_PARAM_WORDS] = read_word_entry};

/* ---- text of a value ---- */

/* With as few digits as give the same number back. */
static int print_real(char *text, size_t size, double x)
{
  int length = snprintf(text, size, "%.15g", x);
  return strtod(text, NULL) == x ? length : snprintf(text, size, "%.17g", x);
}

static PetscErrorCode copy_list_text(const sq_param *param, sq_deck_value *value)
{
  PetscFunctionBeginUser;
  char choice[SQ_PARAM_CHOICE_TEXT];
  size_t size = 3 + (28 + SQ_PARAM_CHOICE_TEXT) * (size_t)value->length, used = 1;
  PetscCall(sq_alloc(size, &value->text));
  value->text[0] = '[';
  for (int i = 0; i < value->length; i++) {
    if (i) used += (size_t)snprintf(value->text + used, size - used, ", ");
    if (value->reals) used += (size_t)print_real(value->text + used, size - used, value->reals[i]);
    else if (param->type == SQ_PARAM_WORDS && sq_param_choice(param, (int)value->list[i], choice))
      used += (size_t)snprintf(value->text + used, size - used, "%s", choice);
    else used += (size_t)snprintf(value->text + used, size - used, "%lld", (long long)value->list[i]);
  }
  value->text[used] = ']';
  PetscFunctionReturn(0);
}

/* Integers, truth values and lists in their plain form, which every reader of YAML understands alike; reals as written.
 */
static PetscErrorCode copy_text(const sq_param *param, const sq_deck_raw *raw, sq_deck_value *value)
{
  PetscFunctionBeginUser;
  char text[32];
  if (value->automatic) {
    PetscCall(sq_deck_copy_text("auto", &value->text));
  } else if (sq_deck_takes_list(param)) {
    PetscCall(copy_list_text(param, value));
  } else if (param->type == SQ_PARAM_INT) {
    snprintf(text, sizeof text, "%lld", (long long)value->integer);
    PetscCall(sq_deck_copy_text(text, &value->text));
  } else if (param->type == SQ_PARAM_BOOL) {
    PetscCall(sq_deck_copy_text(value->integer ? "true" : "false", &value->text));
  } else {
    PetscCall(sq_deck_copy_text(raw->word[0].text, &value->text));
  }
  PetscFunctionReturn(0);
}

/* ---- the whole ---- */

static void check_word(const sq_param *param, const sq_deck_word *word, sq_deck_value *value, char why[SQ_DECK_PHRASE])
{
  if (sq_deck_is_null(word)) sq_deck_append(why, "there is no value");
  else if (strlen(word->text) != word->length) sq_deck_append(why, "there is a NUL byte in the value");
  else readers[param->type](param, word, value, why);
}

PetscErrorCode sq_deck_value_make(const sq_param *param, const sq_deck_raw *raw, sq_deck_value *value,
                                  char why[SQ_DECK_PHRASE], int *bad)
{
  PetscFunctionBeginUser;
  bool list = sq_deck_takes_list(param);
  char copy[80];
  *value = (sq_deck_value){0};
  why[0] = '\0';
  *bad = 0;
  value->automatic = takes_auto(param) && !raw->list && !strcmp(raw->word[0].text, "auto");
  if (list && param->type != SQ_PARAM_REALS) PetscCall(sq_alloc(raw->count, &value->list));
  if (param->type == SQ_PARAM_REALS) PetscCall(sq_alloc(raw->count, &value->reals));
  if (!value->automatic) {
    if (raw->list && !list) sq_deck_append(why, "a list stands where one value is due");
    else if (list && !raw->list && sq_deck_is_null(&raw->word[0])) sq_deck_append(why, "there is no value");
    else if (list && !raw->list && param->type != SQ_PARAM_WORDS)
      sq_deck_append(why, "\"%s\" is not a list such as %s", show(&raw->word[0], copy),
                     param->type == SQ_PARAM_INTS ? "[32, 32]" : "[0.2, 0.1]");
    for (int i = 0; i < raw->count && !why[0]; i++) {
      check_word(param, &raw->word[i], value, why);
      *bad = i;
    }
  }
  if (!why[0]) PetscCall(copy_text(param, raw, value));
  else PetscCall(sq_deck_value_clear(value));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_deck_value_clear(sq_deck_value *value)
{
  PetscFunctionBeginUser;
  sq_free(&value->text);
  sq_free(&value->list);
  sq_free(&value->reals);
  *value = (sq_deck_value){0};
  PetscFunctionReturn(0);
}
