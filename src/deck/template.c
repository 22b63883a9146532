/* SPDX-License-Identifier: BSD-3-Clause */
/* A deck to begin with: the keys that are set, and all others as comments. */
#include "internal.h"
#include <string.h>

static const char *value_set(const sq_deck_setting *set, const sq_param *param)
{
  for (; set->section; set++)
    if (!strcmp(set->section, param->section) && !strcmp(set->key, param->key)) return set->value;
  return NULL;
}

static void print_key(FILE *out, const sq_param *param, const char *value)
{
  enum { COLUMN = 34 };
  char allowed[SQ_DECK_PHRASE];
  const char *fallback = param->fallback && *param->fallback ? param->fallback : "\"\"",
             *unit = param->unit ? param->unit : "";
  int used = fprintf(out, "  %s%s: %s", value ? "" : "# ", param->key, value ? value : fallback);
  sq_param_allowed(param, allowed);
  fprintf(out, "%*s# %s (%s%s%s)\n", used < COLUMN - 2 ? COLUMN - used : 2, "", param->help, allowed, *unit ? "; " : "",
          unit);
}

void sq_params_template(FILE *out, const sq_param *const *tables, const char *const *sections,
                        const sq_deck_setting *set, bool (*suits)(const void *context, const sq_param *param),
                        const void *context)
{
  for (; *sections; sections++) {
    sq_param_walk walk = {.table = tables};
    fprintf(out, "\n%s:\n", *sections);
    for (const sq_param *param; (param = sq_param_next(&walk));) {
      if (strcmp(param->section, *sections) != 0 || !suits(context, param)) continue;
      print_key(out, param, value_set(set, param));
    }
  }
}
