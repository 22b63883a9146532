/* SPDX-License-Identifier: BSD-3-Clause */
/* What the declared parameters say about themselves: --help and the deck reference. */
#include "internal.h"
#include <string.h>

static bool is_first_of_section(const sq_param *const *tables, const sq_param *which)
{
  sq_param_walk walk = {.table = tables};
  for (const sq_param *param; (param = sq_param_next(&walk));) {
    if (!strcmp(param->section, which->section)) return param == which;
  }
  return false;
}

static const char *fallback_text(const sq_param *param)
{
  if (!param->fallback) return "must be given";
  return *param->fallback ? param->fallback : "\"\"";
}

/* ---- --help ---- */

static int widest_option(const sq_param *const *tables, const char *const *sections)
{
  size_t widest = 0;
  sq_param_walk walk = {.table = tables};
  for (const sq_param *param; (param = sq_param_next(&walk));) {
    size_t width = strlen(param->section) + strlen(param->key) + 2;
    if (sq_deck_listed(sections, param->section) && width > widest) widest = width;
  }
  return (int)widest;
}

static void help_param(FILE *out, const sq_param *param, int width)
{
  char option[2 * SQ_DECK_NAME + 2], allowed[SQ_DECK_PHRASE];
  snprintf(option, sizeof option, "-%s_%s", param->section, param->key);
  sq_param_allowed(param, allowed);
  fprintf(out, "  %-*s  %s\n", width, option, param->help);
  fprintf(out, "  %-*s  %s", width, "", allowed);
  if (param->unit && *param->unit) fprintf(out, " [%s]", param->unit);
  fprintf(out, param->fallback ? "; default %s\n" : "; %s\n", fallback_text(param));
}

void sq_params_help(FILE *out, const sq_param *const *tables, const char *const *sections)
{
  int width = widest_option(tables, sections);
  sq_param_walk outer = {.table = tables};
  for (const sq_param *first; (first = sq_param_next(&outer));) {
    if (!sq_deck_listed(sections, first->section) || !is_first_of_section(tables, first)) continue;
    fprintf(out, "%s:\n", first->section);
    sq_param_walk walk = {.table = tables};
    for (const sq_param *param; (param = sq_param_next(&walk));) {
      if (!strcmp(param->section, first->section)) help_param(out, param, width);
    }
  }
}

/* ---- the reference ---- */

/* A bar would end the cell. */
static void print_cell(FILE *out, const char *text)
{
  fputs(" ", out);
  for (; text && *text; text++) fprintf(out, *text == '|' ? "\\%c" : "%c", *text);
  fputs(" |", out);
}

static void markdown_param(FILE *out, const sq_param *param)
{
  char allowed[SQ_DECK_PHRASE], fallback[SQ_DECK_PHRASE] = "";
  sq_param_allowed(param, allowed);
  sq_deck_append(fallback, param->fallback ? "`%s`" : "%s", fallback_text(param));
  fprintf(out, "| `%s` |", param->key);
  print_cell(out, allowed);
  print_cell(out, param->unit);
  print_cell(out, fallback);
  print_cell(out, param->help);
  fputc('\n', out);
}

void sq_params_markdown(FILE *out, const sq_param *const *tables)
{
  sq_param_walk outer = {.table = tables};
  for (const sq_param *first; (first = sq_param_next(&outer));) {
    if (!is_first_of_section(tables, first)) continue;
    fprintf(out, "### %s\n\n| key | value | unit | default | meaning |\n|---|---|---|---|---|\n", first->section);
    sq_param_walk walk = {.table = tables};
    for (const sq_param *param; (param = sq_param_next(&walk));) {
      if (!strcmp(param->section, first->section)) markdown_param(out, param);
    }
    fputc('\n', out);
  }
}
