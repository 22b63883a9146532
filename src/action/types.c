/* SPDX-License-Identifier: BSD-3-Clause */
/* The theories that there are: those of the table, their forms, and the one that was loaded. */
#include "types.h"
#include <string.h>

static const sq_action_type *loaded;

const sq_action_type *sq_action_plugin(void)
{
  return loaded;
}

void sq_action_plug_in(const sq_action_type *type)
{
  loaded = type;
}

static int in_table(void)
{
  int types = 0;
  while (sq_action_types[types]) types++;
  return types;
}

const sq_action_type *sq_action_type_at(int index)
{
  const int types = in_table();
  if (index < types) return sq_action_types[index];
  return index == types ? loaded : NULL;
}

const char *sq_action_type_name(int index)
{
  const int types = in_table();
  if (index < types) return sq_action_types[index]->name;
  return index == types ? SQ_ACTION_PLUGIN : NULL;
}

/* The form of a theory that has that name, or NULL. */
static const sq_action_type *form_named(const sq_action_type *theory, const char *name)
{
  for (int k = 0; k < SQ_FORMS; k++)
    if (theory->form[k] && !strcmp(theory->form[k]->name, name)) return theory->form[k];
  return NULL;
}

const sq_action_type *sq_action_find_type(const char *name)
{
  const sq_action_type *found = NULL;
  for (int i = 0; sq_action_types[i] && !found; i++)
    found = strcmp(sq_action_types[i]->name, name) ? form_named(sq_action_types[i], name) : sq_action_types[i];
  if (!found && loaded && !strcmp(loaded->name, name)) found = loaded;
  return found;
}

const sq_action_type *sq_action_theory(const sq_action_type *type)
{
  for (int i = 0; sq_action_types[i]; i++)
    for (int k = 0; k < SQ_FORMS; k++)
      if (sq_action_types[i]->form[k] == type) return sq_action_types[i];
  return type;
}
