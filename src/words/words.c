/* SPDX-License-Identifier: BSD-3-Clause */
/* The words behind the name of a command, sorted. A word is an option if it begins with a dash and a letter, so that
 * -0.5 is a value; behind a word -- there are no more options. */
#include "src/words/words.h"
#include "squall/deck.h"
#include <ctype.h>
#include <string.h>

const sq_option sq_words_common[] = {
  {"--help", NULL, "show this help; `squall help COMMAND` is the same"},
  {"--version", NULL, "show the version, the libraries and how squall was built"},
  {"--quiet", NULL, "print only warnings, errors and what was asked for; log.txt has everything"},
  {"--verbose", NULL, "print more"},
  {"--no-color", NULL, "print no colours; NO_COLOR in the environment does the same"},
  {0}};
const sq_option sq_words_set[] = {
  {"--set", "SECTION.KEY=VALUE", "a key of the deck, as -section_key VALUE; may be given many times"}, {0}};

/* The work: the words still to be read, and where they go. */
typedef struct {
  const char *command;
  bool deck;
  int left;
  const char *const *next;
  sq_words *words;
  size_t used, room; /* of words->text */
  char *why;
} reader;

static bool is_option(const char *word)
{
  return word[0] == '-' && (isalpha((unsigned char)word[1]) || (word[1] == '-' && word[2]));
}

__attribute__((format(printf, 2, 3))) static void complain(reader *r, const char *format, ...)
{
  va_list args;
  if (r->why[0]) return;
  va_start(args, format);
  vsnprintf(r->why, SQ_WORDS_TEXT, format, args);
  va_end(args);
}

/* Whether a word, up to its =, is the option of that name; one dash is as good as two. */
static bool is_called(const char *word, const char *name)
{
  const char *bare = word + strspn(word, "-"), *wanted = name + 2;
  size_t length = strcspn(bare, "=");
  return name[0] == '-' && word[0] == '-' && strlen(wanted) == length && !strncmp(bare, wanted, length);
}

static const sq_option *find(const sq_option *options, const char *word)
{
  for (; options && options->name; options++)
    if (is_called(word, options->name)) return options;
  return NULL;
}

/* ---- what a misspelt option may have meant ---- */

static void offer_all(sq_nearest *best, const sq_option *options)
{
  for (; options && options->name; options++)
    if (options->name[0] == '-') sq_nearest_offer(best, options->name);
}

static void add_names(const sq_option *options, char *text, size_t size)
{
  for (; options && options->name; options++)
    if (options->name[0] == '-')
      snprintf(text + strlen(text), size - strlen(text), "%s%s", text[0] ? ", " : "", options->name);
}

static void unknown(reader *r, const char *word)
{
  char bare[64], text[SQ_WORDS_TEXT / 2] = "";
  snprintf(bare, sizeof bare, "--%.*s", (int)PetscMin(strcspn(word + strspn(word, "-"), "="), 60),
           word + strspn(word, "-"));
  sq_nearest best = sq_nearest_begin(bare);
  offer_all(&best, r->words->options);
  offer_all(&best, sq_words_common);
  add_names(r->words->options, text, sizeof text);
  if (r->deck) add_names(sq_words_set, text, sizeof text);
  add_names(sq_words_common, text, sizeof text);
  const char *keys = r->deck ? "; a key of the deck is -section_key VALUE or --set section.key=VALUE" : "";
  if (best.name[0]) complain(r, "%s: unknown option %.60s, did you mean %s?%s", r->command, word, best.name, keys);
  else complain(r, "%s: unknown option %.60s; there are %s%s", r->command, word, text, keys);
}

/* ---- values ---- */

/* The word of a list "a b c", from 0; false: there are not so many. */
static bool nth_word(const char *list, int n, char word[64])
{
  for (list = list ? list : ""; *(list += strspn(list, " ")); list += strcspn(list, " "), n--)
    if (n == 0) return snprintf(word, 64, "%.*s", (int)strcspn(list, " "), list) > 0;
  return false;
}

static void check_choice(reader *r, const sq_option *option, const char *value)
{
  char word[64], text[SQ_WORDS_TEXT / 2] = "";
  const char *name;
  sq_nearest best = sq_nearest_begin(value);
  bool good = !option->choices && !option->names;
  for (int n = 0; nth_word(option->choices, n, word); n++) {
    good = good || !strcmp(word, value);
    sq_nearest_offer(&best, word);
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", text[0] ? ", " : "", word);
  }
  for (int n = 0; option->names && (name = option->names(n)); n++) {
    good = good || !strcmp(name, value);
    sq_nearest_offer(&best, name);
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", text[0] ? ", " : "", name);
  }
  if (good) return;
  if (best.name[0])
    complain(r, "%s: %s: %.60s is not known, did you mean %s? There are %s", r->command, option->name, value, best.name,
             text);
  else complain(r, "%s: %s: %.60s is not known; there are %s", r->command, option->name, value, text);
}

static void check_value(reader *r, const sq_option *option, const char *value)
{
  char one[64];
  if (!option->list) {
    check_choice(r, option, value);
    return;
  }
  for (const char *at = value; !r->why[0]; at++) {
    const size_t length = strcspn(at, ",");
    snprintf(one, sizeof one, "%.*s", (int)(length < sizeof one ? length : sizeof one - 1), at);
    check_choice(r, option, one);
    at += length;
    if (!*at) return;
  }
}

/* The words "-section_key" and value, for an option that stands for a key. */
static void take_key(reader *r, const sq_option *option, const char *value)
{
  sq_words *w = r->words;
  char *word = w->text + r->used;
  const char *dot = strchr(option->key, '.');
  int length = snprintf(word, r->room - r->used, "-%.*s_%s=%s", (int)(dot - option->key), option->key, dot + 1, value);
  r->used += (size_t)length + 1;
  w->key[w->keys++] = word;
}

static void take_value(reader *r, const sq_option *option, const char *value)
{
  const char **place = &r->words->value[option - r->words->options];
  if (*place) complain(r, "%s: %s is given twice", r->command, option->name);
  *place = value;
  if (!r->why[0]) check_value(r, option, value);
  if (!r->why[0] && option->key) take_key(r, option, value);
}

/* What the word in hand says behind its =, or the word after it; NULL, and a complaint: neither. */
static const char *value_of(reader *r, const sq_option *option, const char *word)
{
  const char *equals = strchr(word, '=');
  if (!option->value && equals) complain(r, "%s: %s takes no value", r->command, option->name);
  if (!option->value) return "";
  if (equals) return equals + 1;
  if (r->left && !is_option(*r->next)) return r->left--, *r->next++;
  complain(r, "%s: %s: the value is missing: %s %s", r->command, option->name, option->name, option->value);
  return NULL;
}

/* ---- the words one by one ---- */

static void take_common(sq_words *w, const sq_option *option)
{
  bool *flag[] = {&w->help, &w->version, &w->quiet, &w->verbose, &w->plain};
  *flag[option - sq_words_common] = true;
}

static void take_set(reader *r, const char *word)
{
  const char *value = value_of(r, sq_words_set, word);
  if (!value) return;
  r->words->key[r->words->keys++] = "--set";
  r->words->key[r->words->keys++] = value;
}

/* A key of the deck: -section_key, and its value unless that is behind =. */
static void take_deck_key(reader *r, const char *word)
{
  r->words->key[r->words->keys++] = word;
  if (strchr(word, '=') || !r->left || is_option(*r->next)) return;
  r->words->key[r->words->keys++] = *r->next++;
  r->left--;
}

static void take_option(reader *r, const char *word)
{
  const size_t length = strcspn(word, "=");
  const sq_option *own = find(r->words->options, word), *common = find(sq_words_common, word);
  const char *value;
  if (own && (value = value_of(r, own, word))) take_value(r, own, value);
  else if (own) return;
  else if (!strcmp(word, "-h")) r->words->help = true;
  else if (common && value_of(r, common, word)) take_common(r->words, common);
  else if (r->deck && find(sq_words_set, word)) take_set(r, word);
  else if (r->deck && strcspn(word, "_.") < length) take_deck_key(r, word);
  else unknown(r, word);
}

static bool has_operands(const sq_option *o)
{
  while (o && o->name && o->name[0] == '-') o++;
  return o && o->name;
}

/* What stands behind the deck, or without a deck all there is, is that of the options without dashes, in their order. A
 * command on files has none of them, and any number of files. */
static void take_operands(reader *r)
{
  sq_words *w = r->words;
  const sq_option *o = w->options;
  if (!r->deck && !has_operands(o)) return;
  for (int i = r->deck ? 1 : 0; i < w->operands; i++, o++) {
    while (o && o->name && o->name[0] == '-') o++;
    if ((!o || !o->name) && !r->deck) {
      complain(r, "%s: there is no place for %.60s", r->command, w->operand[i]);
      return;
    }
    if (!o || !o->name) {
      complain(r, "%.60s: an option such as -section_key must come before a value: squall %s works on one deck",
               w->operand[i], r->command);
      return;
    }
    take_value(r, o, w->operand[i]);
  }
}

/* Bytes for the words of keys that options stand for. */
static size_t room_for(const sq_option *options, int count, const char *const *given)
{
  size_t room = 1;
  for (; options && options->name; options++)
    if (options->key) room += strlen(options->key) + 4;
  for (int i = 0; i < count; i++) room += strlen(given[i]);
  return room;
}

PetscErrorCode sq_words_read(const char *command, const sq_option *options, bool deck, int count,
                             const char *const *given, sq_words *words, char why[SQ_WORDS_TEXT])
{
  PetscFunctionBeginUser;
  bool more = true;
  *words = (sq_words){.options = options};
  reader r = {command, deck, count, given, words, 0, room_for(options, count, given), why};
  why[0] = 0;
  PetscCall(sq_alloc(count + 1, &words->operand));
  PetscCall(sq_alloc(2 * count + 2, &words->key));
  PetscCall(sq_alloc(r.room, &words->text));
  while (r.left) {
    const char *word = *r.next++;
    r.left--;
    if (more && !strcmp(word, "--")) more = false;
    else if (more && is_option(word)) take_option(&r, word);
    else words->operand[words->operands++] = word;
  }
  take_operands(&r);
  PetscFunctionReturn(0);
}

void sq_words_clear(sq_words *words)
{
  sq_free(&words->operand);
  sq_free(&words->key);
  sq_free(&words->text);
}

const char *sq_words_value(const sq_words *words, const char *name)
{
  for (int i = 0; words && words->options && words->options[i].name; i++)
    if (!strcmp(words->options[i].name, name)) return words->value[i];
  return NULL;
}
