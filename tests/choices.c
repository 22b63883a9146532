/* SPDX-License-Identifier: BSD-3-Clause */
/* choices: what a deck offers where a table has the rows, and what finds them: every choice has its row. */
#include "squall/action.h"
#include "squall/diffusion.h"
#include "squall/hmc.h"
#include "src/likelihood/flow.h"
#include "src/run/stage.h"
#include "tests/tap.h"
#include <string.h>

static bool has_action(const char *name)
{
  static const double value[][SQ_ACTION_PARAMETERS] = {{0.1, 1, 1, 0, 1}, {2, 0.1, 1}}; /* one of them, in */
  sq_action action;                             /* one of two dimensions, is accepted */
  bool found = !strcmp(name, SQ_ACTION_PLUGIN); /* what a library has, once it is loaded */
  for (int k = 0; k < 4 && !found; k++) {
    PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
    found = sq_action_make(name, 1 + k / 2, value[k % 2], &action) == 0 && !strcmp(action.type->name, name);
    PetscPopErrorHandler();
  }
  return found;
}

static bool has_integrator(const char *name)
{
  const sq_integrator *row = sq_integrator_find(name);
  return row && !strcmp(row->name, name);
}

static bool has_scheme(const char *name)
{
  const sq_langevin_scheme *row = sq_langevin_scheme_find(name);
  return row && !strcmp(row->name, name);
}

static bool has_schedule(const char *name)
{
  const sq_schedule_type *row = sq_schedule_find(name);
  return row && !strcmp(row->name, name);
}

static bool has_parametrisation(const char *name)
{
  const sq_parametrisation *row = sq_parametrisation_find(name);
  return row && !strcmp(row->name, name);
}

static bool has_sampler(const char *name)
{
  const sq_sampler_type *row = sq_sampler_find(name);
  return row && !strcmp(row->name, name);
}

static bool has_flow_integrator(const char *name)
{
  const sq_flow_integrator *row = sq_flow_integrator_find(name);
  return row && !strcmp(row->name, name);
}

static const struct {
  const char *section, *key;
  bool (*has)(const char *name);
} finders[] = {{"action", "type", has_action},
               {"hmc", "integrator", has_integrator},
               {"langevin", "scheme", has_scheme},
               {"train", "levels", has_schedule},
               {"train", "parametrisation", has_parametrisation},
               {"sample", "levels", has_schedule},
               {"sample", "sampler", has_sampler},
               {"likelihood", "integrator", has_flow_integrator}};

/* Whether a row begins with a name that a deck's file can hold, and no other row has. */
static bool is_name(const sq_param *p, int i)
{
  for (int j = 0; j < i; j++)
    if (!strcmp(p->names(i), p->names(j))) return false;
  return p->names(i)[0] && !p->names(i)[strcspn(p->names(i), " ,:")] && !strchr(p->names(i), ' ');
}

static void check_parameter(const sq_param *p)
{
  int rows = 0;
  for (; p->names(rows); rows++) {
    tap_check(is_name(p, rows), "%s.%s: %s is a name", p->section, p->key, p->names(rows));
    for (size_t f = 0; f < sizeof finders / sizeof *finders; f++)
      if (!strcmp(p->section, finders[f].section) && !strcmp(p->key, finders[f].key))
        tap_check(finders[f].has(p->names(rows)), "%s.%s: %s finds its row", p->section, p->key, p->names(rows));
  }
  tap_check(rows > 0 && sq_find_name(p->names, "no such row") == rows, "%s.%s: other names find none", p->section,
            p->key);
}

int main(int argc, char **argv)
{
  char names[SQ_SAMPLER_TEXT];
  const sq_param *tables[SQ_DECK_TABLES];
  tap_begin(&argc, &argv);
  sq_deck_tables(tables);
  for (int t = 0; tables[t]; t++)
    for (const sq_param *p = tables[t]; p->section; p++)
      if (p->names) check_parameter(p);
  tap_check(!strcmp(sq_sampler_weighted_names(names), "ancestral, ddpm or euler"), "samplers with path weights are "
                                                                                   "named as in a sentence");
  return tap_end();
}
