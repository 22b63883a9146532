/* SPDX-License-Identifier: BSD-3-Clause */
/* The command manual: the manual page of a command, squall-COMMAND.1, from the tables of commands, of their options and
 * of the deck's keys. doc/squall.1 is the page of the whole program. */
#include "src/catalogue/catalogue.h"
#include <ctype.h>
#include <string.h>

const char *sq_catalogue_command(int index)
{
  const sq_command *c = sq_command_at(index);
  return c ? c->name : NULL;
}

/* Text of a page: no character of it is an order. */
static void print_text(FILE *out, const char *text)
{
  if (*text == '.' || *text == '\'') fputs("\\&", out);
  for (; text && *text; text++) {
    if (*text == '-') fputs("\\-", out);
    else if (*text == '\\') fputs("\\e", out);
    else fputc(*text, out);
  }
}

static void print_capital(FILE *out, const char *text)
{
  for (; *text; text++) fputc(toupper((unsigned char)*text), out);
}

/* A sentence of a summary that is none. */
static void print_sentence(FILE *out, const char *text)
{
  char first[2] = {(char)toupper((unsigned char)*text), 0};
  print_text(out, first);
  if (*text) print_text(out, text + 1);
  fputs(".\n", out);
}

static void print_options(FILE *out, const sq_option *o)
{
  const char *name;
  for (; o && o->name; o++) {
    fputs(".TP\n.BR ", out);
    print_text(out, o->name);
    if (o->value) fprintf(out, " \" \\fI%s\\fP\"", o->value);
    fputc('\n', out);
    print_text(out, o->help);
    if (o->key) fprintf(out, " (the deck's %s)", o->key);
    if (o->choices || o->names) fputs(": one of", out);
    if (o->choices) fputc(' ', out), print_text(out, o->choices);
    for (int i = 0; o->names && (name = o->names(i)); i++) fputc(' ', out), print_text(out, name);
    fputs(".\n", out);
  }
}

static void print_key(FILE *out, const sq_param *param)
{
  char allowed[SQ_PARAM_TEXT];
  sq_param_allowed(param, allowed);
  fputs(".TP\n.B \\-", out);
  print_text(out, param->section);
  fputc('_', out);
  print_text(out, param->key);
  fputc('\n', out);
  print_text(out, param->help);
  fputs("; ", out);
  print_text(out, allowed);
  if (param->unit && *param->unit) fputs(", ", out), print_text(out, param->unit);
  fputs(param->fallback ? "; default " : "; must be given", out);
  if (param->fallback) print_text(out, *param->fallback ? param->fallback : "empty");
  fputs(".\n", out);
}

static void print_keys(FILE *out, const sq_command *c)
{
  const sq_param *tables[SQ_DECK_TABLES], *param;
  fputs(".SH KEYS OF THE DECK\n", out);
  if (!c->sections) {
    fputs("All of them:\n.B squall keys\nlists them.\n", out);
    return;
  }
  sq_deck_tables(tables);
  for (const char *const *s = c->sections; *s; s++) {
    fputs(".SS ", out);
    print_text(out, *s);
    fputc('\n', out);
    for (sq_param_walk walk = {.table = tables}; (param = sq_param_next(&walk));)
      if (!strcmp(param->section, *s)) print_key(out, param);
  }
}

static void print_synopsis(FILE *out, const sq_command *c, bool deck)
{
  fprintf(out, ".SH SYNOPSIS\n.B squall ");
  print_text(out, c->name);
  fputs("\n", out);
  if (c->usage[0]) fputs(".I ", out), print_text(out, c->usage), fputc('\n', out);
  for (const sq_option *o = c->options; o && o->name; o++) {
    if (o->name[0] != '-') continue;
    fputs(".RB [ ", out);
    print_text(out, o->name);
    if (o->value) fprintf(out, " \" \\fI%s\\fP\"", o->value);
    fputs(" ]\n", out);
  }
  if (deck) fputs(".RI [ \\-section_key \" value\" ]...\n", out);
}

static void print_page(FILE *out, const sq_command *c)
{
  const bool deck = c->make && !c->files;
  fputs(".TH SQUALL\\-", out);
  print_capital(out, c->name);
  fprintf(out, " 1 2026-11-30 \"%.*s\" \"User Commands\"\n.SH NAME\nsquall\\-", (int)strcspn(sq_version(), "(") - 1,
          sq_version());
  print_text(out, c->name);
  fputs(" \\- ", out);
  print_text(out, c->summary);
  fputc('\n', out);
  print_synopsis(out, c, deck);
  fputs(".SH DESCRIPTION\n", out);
  print_sentence(out, c->summary);
  fputs(".SH OPTIONS\n", out);
  print_options(out, c->options);
  if (deck) print_options(out, sq_words_set);
  print_options(out, sq_words_common);
  if (deck) print_keys(out, c);
  fputs(".SH EXIT STATUS\nAs of\n.BR squall (1).\n.SH SEE ALSO\n.BR squall (1)\n", out);
}

static PetscErrorCode manual(const sq_words *words, FILE *out, char *message, size_t size)
{
  const char *name = sq_words_value(words, "COMMAND");
  if (!name) {
    snprintf(message, size, "usage: squall manual COMMAND; `squall list commands` has the commands");
    return SQ_ERR_INPUT;
  }
  print_page(out, sq_command_at(sq_find_name(sq_catalogue_command, name)));
  return 0;
}

const sq_command sq_manual_command = {
  .name = "manual",
  .place = SQ_PLACE_LAST,
  .usage = "COMMAND",
  .summary = "the manual page of a command, for man: squall manual train | man -l -",
  .options = SQ_OPTIONS({"COMMAND", NULL, "which command", .names = sq_catalogue_command}),
  .tells = manual};
