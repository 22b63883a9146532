/* SPDX-License-Identifier: BSD-3-Clause */
/* What a misspelt name may have meant: the declared name at the smallest edit distance, if that is small. */
#include "internal.h"
#include <ctype.h>
#include <string.h>

static int smallest(int a, int b, int c)
{
  int m = a < b ? a : b;
  return m < c ? m : c;
}

/* Insertions, deletions, changes and swaps of neighbours, each 1; case does not count. Rows of the usual table. */
static int edit_distance(const char *a, const char *b)
{
  int rows[3][SQ_DECK_NAME], *before = rows[0], *last = rows[1], *row = rows[2];
  int n = (int)strlen(a), m = (int)strlen(b);
  if (n >= SQ_DECK_NAME || m >= SQ_DECK_NAME) return SQ_DECK_NAME;
  for (int j = 0; j <= m; j++) last[j] = j;
  for (int i = 1; i <= n; i++) {
    row[0] = i;
    for (int j = 1; j <= m; j++) {
      char x = (char)tolower((unsigned char)a[i - 1]), y = (char)tolower((unsigned char)b[j - 1]);
      row[j] = smallest(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y));
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped && before[j - 2] + 1 < row[j]) row[j] = before[j - 2] + 1;
    }
    int *free_row = before;
    before = last, last = row, row = free_row;
  }
  return last[m];
}

sq_nearest sq_nearest_begin(const char *word)
{
  return (sq_nearest){.word = word, .distance = 2 + (int)strlen(word) / 3};
}

void sq_nearest_offer(sq_nearest *best, const char *name)
{
  int distance = edit_distance(best->word, name);
  if (distance >= best->distance) return;
  best->distance = distance;
  snprintf(best->name, sizeof best->name, "%.*s", SQ_DECK_KEY - 1, name);
}

void sq_deck_suggest_choice(const sq_param *param, const char *name, char text[SQ_DECK_PHRASE])
{
  sq_nearest best = sq_nearest_begin(name);
  char choice[SQ_DECK_NAME];
  for (int n = 0; sq_param_choice(param, n, choice); n++) sq_nearest_offer(&best, choice);
  if (best.name[0]) sq_deck_append(text, " (did you mean \"%s\"?)", best.name);
}

/* Says so if the name is a key of other sections. */
static bool append_owners(const sq_deck *deck, const char *name, char text[SQ_DECK_PHRASE])
{
  bool found = false;
  for (int i = 0; i < deck->entries; i++) {
    if (strcmp(deck->entry[i].param->key, name)) continue;
    sq_deck_append(text, found ? ", %s" : " (it is a key of %s", deck->entry[i].param->section);
    found = true;
  }
  if (found) sq_deck_append(text, ")");
  return found;
}

void sq_deck_suggest_section(const sq_deck *deck, const char *name, char text[SQ_DECK_PHRASE])
{
  sq_nearest best = sq_nearest_begin(name);
  for (int i = 0; i < deck->sections; i++) sq_nearest_offer(&best, deck->section[i].name);
  if (best.name[0]) sq_deck_append(text, ", did you mean \"%s\"?", best.name);
  if (append_owners(deck, name, text) || best.name[0]) return;
  for (int i = 0; i < deck->sections; i++)
    sq_deck_append(text, i ? ", %s" : "; sections are %s", deck->section[i].name);
}

void sq_deck_suggest_key(const sq_deck *deck, const char *section, const char *name, char text[SQ_DECK_PHRASE])
{
  sq_nearest best = sq_nearest_begin(name);
  if (!name[strspn(name, "0123456789")]) { /* {kappa: 0,21} */
    sq_deck_append(text, "; a comma separates keys, numbers are written with a point");
    return;
  }
  for (int i = 0; i < deck->entries; i++) {
    if (!strcmp(deck->entry[i].param->section, section)) sq_nearest_offer(&best, deck->entry[i].param->key);
  }
  if (best.name[0]) sq_deck_append(text, ", did you mean \"%s\"?", best.name);
  if (append_owners(deck, name, text) || best.name[0]) return;
  for (int i = 0, n = 0; i < deck->entries; i++) {
    if (strcmp(deck->entry[i].param->section, section)) continue;
    sq_deck_append(text, n++ ? ", %s" : "; its keys are %s", deck->entry[i].param->key);
  }
}

/* Of all keys, printed by a format of section and key; example: the last of them. */
static void suggest(const sq_deck *deck, const char *word, const char *before, char between, const char *example,
                    char text[SQ_DECK_PHRASE])
{
  sq_nearest best = sq_nearest_begin(word);
  char name[2 * SQ_DECK_NAME + 4];
  for (int i = 0; i < deck->entries; i++) {
    const sq_param *param = deck->entry[i].param;
    snprintf(name, sizeof name, "%s%s%c%s", before, param->section, between, param->key);
    sq_nearest_offer(&best, name);
  }
  if (best.name[0]) sq_deck_append(text, ", did you mean %s?", best.name);
  else sq_deck_append(text, "%s %s", example, name);
}

void sq_deck_suggest_option(const sq_deck *deck, const char *option, char text[SQ_DECK_PHRASE])
{
  suggest(deck, option, "-", '_', "; options are -section_key, such as", text);
}

void sq_deck_suggest_name(const sq_deck *deck, const char *name, char text[SQ_DECK_PHRASE])
{
  suggest(deck, name, "", '.', "; keys are section.key, such as", text);
}
