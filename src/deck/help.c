/* What the declared parameters say about themselves: --help and the deck reference. */
#include "internal.h"
#include <string.h>

/* The parameter after param (NULL: the first) over all tables; NULL at the end. table: where the walk is. */
static const sq_param *next_param(const sq_param *const **table, const sq_param *param)
{
  param = param ? param + 1 : **table;
  while (param && !param->section) {
    ++*table;
    param = **table;
  }
  return param;
}

#define FOR_EACH_PARAM(param, tables)                                                                                  \
  for (const sq_param *const *param##_table = (tables), *param = next_param(&param##_table, NULL); param;              \
       param = next_param(&param##_table, param))

static bool is_first_of_section(const sq_param *const *tables, const sq_param *which)
{
  FOR_EACH_PARAM(param, tables)
  {
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
  FOR_EACH_PARAM(param, tables)
  {
    size_t width = strlen(param->section) + strlen(param->key) + 2;
    if (sq_deck_listed(sections, param->section) && width > widest) widest = width;
  }
  return (int)widest;
}

static void help_param(FILE *out, const sq_param *param, int width)
{
  char option[2 * SQ_DECK_NAME + 2], allowed[SQ_DECK_PHRASE];
  snprintf(option, sizeof option, "-%s_%s", param->section, param->key);
  sq_deck_allowed_text(param, allowed);
  fprintf(out, "  %-*s  %s\n", width, option, param->help);
  fprintf(out, "  %-*s  %s", width, "", allowed);
  if (param->unit && *param->unit) fprintf(out, " [%s]", param->unit);
  fprintf(out, param->fallback ? "; default %s\n" : "; %s\n", fallback_text(param));
}

void sq_params_help(FILE *out, const sq_param *const *tables, const char *const *sections)
{
  int width = widest_option(tables, sections);
  FOR_EACH_PARAM(first, tables)
  {
    if (!sq_deck_listed(sections, first->section) || !is_first_of_section(tables, first)) continue;
    fprintf(out, "%s:\n", first->section);
    FOR_EACH_PARAM(param, tables)
    {
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
  sq_deck_allowed_text(param, allowed);
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
  FOR_EACH_PARAM(first, tables)
  {
    if (!is_first_of_section(tables, first)) continue;
    fprintf(out, "### %s\n\n| key | value | unit | default | meaning |\n|---|---|---|---|---|\n", first->section);
    FOR_EACH_PARAM(param, tables)
    {
      if (!strcmp(param->section, first->section)) markdown_param(out, param);
    }
    fputc('\n', out);
  }
}
