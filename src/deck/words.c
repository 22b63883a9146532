/* The words of a deck: what is a number, a truth value, printable text. Plain C on strings, nothing is allocated. */
#include "internal.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void sq_deck_append(char text[SQ_DECK_PHRASE], const char *format, ...)
{
  size_t used = strlen(text);
  va_list args;
  va_start(args, format);
  vsnprintf(text + used, SQ_DECK_PHRASE - used, format, args);
  va_end(args);
}

/* Words first, then rows. */
bool sq_deck_nth_choice(const sq_param *param, int n, char choice[SQ_DECK_NAME])
{
  const char *list = param->choices ? param->choices : "";
  for (; *(list += strspn(list, " ")); n--) {
    int length = (int)strcspn(list, " ");
    if (n == 0) snprintf(choice, SQ_DECK_NAME, "%.*s", length, list);
    if (n == 0) return true;
    list += length;
  }
  const char *name = param->names ? param->names(n) : NULL;
  if (name) snprintf(choice, SQ_DECK_NAME, "%s", name);
  return name != NULL;
}

bool sq_deck_is_null(const sq_deck_word *word)
{
  const char *text = word->text;
  return !word->quoted &&
         (!*text || !strcmp(text, "~") || !strcmp(text, "null") || !strcmp(text, "Null") || !strcmp(text, "NULL"));
}

bool sq_deck_is_bool(const char *text, bool *value)
{
  static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
  for (int i = 0; i < 6; i++) {
    if (strcasecmp(text, words[i])) continue;
    *value = i % 2;
    return true;
  }
  return false;
}

/* ---- numbers: decimal only; hexadecimal, octal and 1_000 mean different things to different readers of YAML ---- */

static const char *skip_digits(const char *text, int *digits)
{
  for (; isdigit((unsigned char)*text); text++) ++*digits;
  return text;
}

static const char *skip_sign(const char *text)
{
  return *text == '+' || *text == '-' ? text + 1 : text;
}

const char *sq_deck_read_int(const char *text, int64_t *value)
{
  int digits = 0;
  const char *first = skip_sign(text);
  if (*skip_digits(first, &digits) || !digits) return "is not an integer";
  if (*first == '0' && digits > 1) return "is not an integer without leading zeros";
  errno = 0;
  long long read = strtoll(text, NULL, 10);
  if (errno == ERANGE) return "is too large";
  *value = read;
  return NULL;
}

static bool has_number_syntax(const char *text)
{
  int digits = 0, exponent = 0;
  text = skip_digits(skip_sign(text), &digits);
  if (*text == '.') text = skip_digits(text + 1, &digits);
  if (!digits) return false;
  if (*text != 'e' && *text != 'E') return !*text;
  text = skip_digits(skip_sign(text + 1), &exponent);
  return exponent && !*text;
}

static bool is_nan_or_inf(const char *text)
{
  const char *word = skip_sign(text);
  if (*word == '.') word++;
  return !strcasecmp(word, "nan") || !strcasecmp(word, "inf") || !strcasecmp(word, "infinity");
}

/* Whether the digits before the exponent are all 0. */
static bool has_zero_mantissa(const char *text)
{
  return strcspn(text, "123456789") >= strcspn(text, "eE");
}

const char *sq_deck_read_real(const char *text, double *value)
{
  if (is_nan_or_inf(text)) return "is not a finite number";
  if (!has_number_syntax(text)) return "is not a number";
  double read = strtod(text, NULL);
  if (!(read > -HUGE_VAL && read < HUGE_VAL)) return "is too large";
  if (read == 0 && !has_zero_mantissa(text)) return "is too close to 0";
  *value = read == 0 ? 0.0 : read; /* no -0: equal decks have equal fingerprints */
  return NULL;
}

/* ---- text ---- */

/* Reads one UTF-8 code point; NULL if there is none. */
static const char *read_code_point(const char *text, uint32_t *point)
{
  static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
  unsigned char head = (unsigned char)*text++;
  int more = head < 0x80 ? 0 : (head & 0xE0) == 0xC0 ? 1 : (head & 0xF0) == 0xE0 ? 2 : (head & 0xF8) == 0xF0 ? 3 : -1;
  if (more < 0) return NULL;
  *point = more ? head & (0x3Fu >> more) : head;
  for (int i = 0; i < more; i++, text++) {
    if (((unsigned char)*text & 0xC0) != 0x80) return NULL;
    *point = *point << 6 | ((unsigned char)*text & 0x3F);
  }
  return *point >= least[more] && *point <= 0x10FFFF ? text : NULL;
}

/* What a YAML file may contain as it is, in one line: so that every text can be echoed. */
static bool is_printable_point(uint32_t p)
{
  if (p < 0xA0) return p >= 0x20 && p < 0x7F;
  return !(p >= 0xD800 && p < 0xE000) && p != 0x2028 && p != 0x2029 && p != 0xFEFF && p != 0xFFFE && p != 0xFFFF;
}

bool sq_deck_is_text(const char *text)
{
  uint32_t point;
  while (*text) {
    text = read_code_point(text, &point);
    if (!text || !is_printable_point(point)) return false;
  }
  return true;
}

/* Decks are untrusted: what is not text does not reach the terminal. */
const char *sq_deck_printable(const char *text, char copy[80])
{
  uint32_t point;
  size_t used = 0;
  while (*text && used < 60) {
    const char *end = read_code_point(text, &point);
    if (!end || !is_printable_point(point)) {
      copy[used++] = '?';
      text = end ? end : text + 1;
    } else
      while (text < end) copy[used++] = *text++;
  }
  strcpy(copy + used, *text ? "..." : "");
  return copy;
}
