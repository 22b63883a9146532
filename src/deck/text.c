/* SPDX-License-Identifier: BSD-3-Clause */
/* Text of decks: UTF-8, what of it may be printed, and what looks like a blank and is none. Plain C on strings, nothing
 * is allocated. */
#include "internal.h"
#include <string.h>

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

/* Some are drawn from right to left, and turn what stands beside them around. */
static bool turns_around(uint32_t p)
{
  return p == 0x61C || p == 0x200E || p == 0x200F || (p >= 0x202A && p <= 0x202E) || (p >= 0x2066 && p <= 0x2069);
}

/* What a YAML file may contain as it is, in one line: so that every text can be echoed, and shown in a terminal. */
static bool is_printable_point(uint32_t p)
{
  if (p < 0xA0) return p >= 0x20 && p < 0x7F;
  return !(p >= 0xD800 && p < 0xE000) && p != 0x2028 && p != 0x2029 && p != 0xFEFF && p != 0xFFFE && p != 0xFFFF &&
         !turns_around(p);
}

/* What is seen as a blank or not at all, and is no blank to a reader of YAML. */
static bool is_hidden_point(uint32_t p)
{
  return p == 0xA0 || p == 0xAD || p == 0x34F || p == 0x1680 || p == 0x180E || (p >= 0x2000 && p <= 0x200F) ||
         p == 0x202F || (p >= 0x205F && p <= 0x2064) || p == 0x3000 || p == 0xFEFF || turns_around(p);
}

/* Line ends to some readers of YAML and characters like others to the rest. */
static bool is_doubtful_break(uint32_t p)
{
  return p == 0x85 || p == 0x2028 || p == 0x2029;
}

/* The first code point of a kind; 0: none. end (may be NULL): where to stop at the latest; at: where it is. */
static uint32_t first_of(const char *text, const char *end, bool (*kind)(uint32_t), const char **at)
{
  uint32_t point;
  while (*text && (!end || text < end)) {
    const char *next = read_code_point(text, &point);
    if (next && kind(point)) {
      *at = text;
      return point;
    }
    text = next ? next : text + 1;
  }
  return 0;
}

uint32_t sq_deck_first_hidden(const char *text, size_t length)
{
  const char *at;
  return first_of(text, text + length, is_hidden_point, &at);
}

uint32_t sq_deck_first_doubtful_break(const char *text, const char **at)
{
  return first_of(text, NULL, is_doubtful_break, at);
}

static bool is_beyond_ascii(uint32_t p)
{
  return p >= 0x80;
}

uint32_t sq_deck_first_beyond_ascii(const char *text)
{
  const char *at;
  return first_of(text, NULL, is_beyond_ascii, &at);
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
