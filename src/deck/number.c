/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers of a deck. What is taken means the same to every reader of YAML, 1.1 or 1.2; the rest is refused, with what
 * to write: hexadecimal, octal and binary numbers, 1_000, 1:30 and leading zeros have different values to different
 * readers, and 1e3 is no integer. Plain C on strings, nothing is allocated. */
#include "internal.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *skip_digits(const char *text, int *digits)
{
  for (; isdigit((unsigned char)*text); text++) ++*digits;
  return text;
}

static const char *skip_sign(const char *text)
{
  return *text == '+' || *text == '-' ? text + 1 : text;
}

static bool has_leading_zeros(const char *text)
{
  text = skip_sign(text);
  return *text == '0' && isdigit((unsigned char)text[1]);
}

const char *sq_deck_read_int(const char *text, int64_t *value)
{
  int digits = 0;
  if (*skip_digits(skip_sign(text), &digits) || !digits) return "is not an integer";
  if (has_leading_zeros(text)) return "is not an integer without leading zeros";
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
  if (has_leading_zeros(text)) return "is not a number without leading zeros";
  double read = strtod(text, NULL);
  if (!(read > -HUGE_VAL && read < HUGE_VAL)) return "is too large";
  if (read == 0 && !has_zero_mantissa(text)) return "is too close to 0";
  *value = read == 0 ? 0.0 : read; /* no -0: equal decks have equal fingerprints */
  return NULL;
}

/* ---- what to write instead ---- */

enum { LONGEST = 48 }; /* of a number that a hint is given for */

/* With every `from` as `to` ('\0': left out); whether there was one. */
static bool exchanged(const char *text, char from, char to, char copy[LONGEST])
{
  bool found = false;
  for (; *text; text++) {
    found = found || *text == from;
    if (*text != from) *copy++ = *text;
    else if (to) *copy++ = to;
  }
  *copy = '\0';
  return found;
}

/* 0x1F, 0o17, 0b101; -1: something else. */
static long long of_other_base(const char *digits)
{
  static const char letters[] = "xob";
  static const int bases[] = {16, 8, 2};
  const char *letter = digits[0] == '0' && digits[1] ? strchr(letters, tolower((unsigned char)digits[1])) : NULL;
  char *end;
  if (!letter || !isxdigit((unsigned char)digits[2])) return -1;
  errno = 0;
  long long read = strtoll(digits + 2, &end, bases[letter - letters]);
  return *end || errno ? -1 : read;
}

/* 1:30, 90 to YAML 1.1; -1: something else. */
static long long of_base_60(const char *digits)
{
  long long value = 0;
  if (!strchr(digits, ':')) return -1;
  for (;; digits++) {
    int count = 0;
    const char *end = skip_digits(digits, &count);
    if (!count || count > 4 || (*end && *end != ':') || value > 1000000) return -1;
    value = 60 * value + strtoll(digits, NULL, 10);
    digits = end;
    if (!*end) return value;
  }
}

static void hint_zeros(const char *sign, const char *digits, char why[SQ_DECK_PHRASE])
{
  const char *decimal = digits + strspn(digits, "0");
  if (!isdigit((unsigned char)*decimal)) decimal--;
  sq_deck_append(why, ": write %s%s", sign, decimal);
  if (!digits[strspn(digits, "01234567")])
    sq_deck_append(why, ", or %s%lld if it is octal", sign, strtoll(digits, NULL, 8));
}

/* Whether a word is good for a number of this kind. */
static bool reads(const char *text, bool integer)
{
  int64_t whole;
  double real;
  return !(integer ? sq_deck_read_int(text, &whole) : sq_deck_read_real(text, &real));
}

void sq_deck_hint_number(const char *text, bool integer, char why[SQ_DECK_PHRASE])
{
  const char *digits = skip_sign(text), *sign = *text == '-' ? "-" : "";
  char copy[LONGEST];
  double real;
  uint32_t point = sq_deck_first_beyond_ascii(text);
  if (point) sq_deck_append(why, ": it has the character U+%04X; write plain digits, signs and points", point);
  if (point || strlen(text) >= LONGEST) return;
  long long other = of_other_base(digits), sixty = of_base_60(digits);
  if (other >= 0 || sixty >= 0) sq_deck_append(why, ": write %s%lld", sign, other >= 0 ? other : sixty);
  else if (has_leading_zeros(text) && has_number_syntax(text)) hint_zeros(sign, digits, why);
  else if (strchr(text, '#')) sq_deck_append(why, ": a comment begins with a blank before the #");
  else if (exchanged(text, '_', '\0', copy) && reads(copy, integer)) sq_deck_append(why, ": write %s", copy);
  else if (integer && !sq_deck_read_real(text, &real) && real == rint(real) && fabs(real) < 0x1p53)
    sq_deck_append(why, ": write %.0f", real);
  else if (exchanged(text, ',', '.', copy) && reads(copy, false))
    sq_deck_append(why, integer ? ": write whole numbers without commas" : ": write %s", copy);
  else if ((exchanged(text, 'd', 'e', copy) || exchanged(text, 'D', 'e', copy)) && reads(copy, false))
    sq_deck_append(why, ": write %s", copy);
}
