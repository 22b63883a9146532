/* SPDX-License-Identifier: BSD-3-Clause */
/* The effective deck as YAML: what was used, in a form that reads back to the same values. */
#include "internal.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Words that every reader of YAML takes for text: they start with a letter or /, and mean nothing else. */
static bool is_plain(const char *text)
{
  sq_deck_word word = {.text = (char *)text};
  bool truth;
  if (!isalpha((unsigned char)text[0]) && text[0] != '/') return false;
  if (text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+")]) return false;
  return !sq_deck_is_null(&word) && !sq_deck_is_bool(text, &truth) && strcmp(text, "y") && strcmp(text, "n");
}

/* Values of text hold no control characters (sq_deck_is_text). */
static void print_text(FILE *out, const char *text)
{
  if (is_plain(text)) {
    fputs(text, out);
    return;
  }
  fputc('"', out);
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') fputc('\\', out);
    fputc(*text, out);
  }
  fputc('"', out);
}

static const char *origin_of(const sq_deck_entry *entry)
{
  if (entry->note) return entry->note;
  if (entry->overridden) return "command line";
  return entry->line ? "" : "default";
}

static void print_entry(FILE *out, const sq_deck_entry *entry, const char *prefix, bool comments)
{
  const sq_param *param = entry->param;
  bool text = param->type == SQ_PARAM_STRING || param->type == SQ_PARAM_CHOICE;
  const char *origin = origin_of(entry);
  const char *unit = param->unit ? param->unit : "";
  fprintf(out, "%s  %s: ", prefix, param->key);
  if (text) print_text(out, entry->value.text);
  else fputs(entry->value.text, out);
  if (comments && (*unit || *origin)) fprintf(out, "  # %s%s%s", unit, *unit && *origin ? ", " : "", origin);
  fputc('\n', out);
}

/* Parameters of some alternatives that have a default are told where they are given. */
static bool is_told(const sq_deck_entry *entry)
{
  return entry->value.text && (!entry->alternatives || !entry->param->fallback || entry->line || entry->overridden);
}

/* prefix: "" or "# " for a section that is not to be there when the text is read. */
static void print_section(FILE *out, const sq_deck *deck, const char *section, const char *prefix, bool comments)
{
  fprintf(out, "%s%s:\n", prefix, section);
  for (int i = 0; i < deck->entries; i++) {
    if (is_told(&deck->entry[i]) && !strcmp(deck->entry[i].param->section, section))
      print_entry(out, &deck->entry[i], prefix, comments);
  }
}

PetscErrorCode sq_deck_text_of(const sq_deck *deck, const char *const *sections, bool comments, char **text)
{
  PetscFunctionBeginUser;
  char *buffer = NULL;
  size_t size;
  FILE *out = open_memstream(&buffer, &size);
  SqCheck(out, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the text of a deck");
  for (int i = 0; i < deck->sections; i++) {
    const char *name = deck->section[i].name;
    bool absent = !sections && !deck->section[i].present;
    if (!sq_deck_listed(sections, name) || (absent && !comments)) continue;
    print_section(out, deck, name, absent ? "# " : "", comments);
  }
  bool written = !ferror(out);
  written = !fclose(out) && written;
  PetscErrorCode status = written ? sq_deck_copy_text(buffer, text) : PETSC_ERR_MEM;
  free(buffer);
  PetscCall(status);
  PetscFunctionReturn(0);
}
