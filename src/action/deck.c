/* SPDX-License-Identifier: BSD-3-Clause */
/* The action of a deck: the parameters that theories declare, and the value made of them. The same on all ranks, no
 * communication. */
#include "types.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const sq_param library[] = {{.section = "action",
                                    .key = "library",
                                    .type = SQ_PARAM_STRING,
                                    .unit = "",
                                    .help = "plugin: the shared library that has the theory and says what its "
                                            "parameters are",
                                    .path = true},
                                   {0}};

static const sq_param *params_of(int index)
{
  const sq_action_type *type = index ? sq_action_type_at(index - 1) : NULL;
  return index == 0 ? library : type ? type->params : NULL;
}

const sq_param sq_action_params[] = {
  {"action", "type", SQ_PARAM_CHOICE, "phi4", 0, 0, NULL, "", "the theory, whose parameters must be given",
   .names = sq_action_type_name},
  {.section = "action", .more = params_of},
  {0},
};

static bool has(const sq_action_type *type, const char *key)
{
  for (const sq_param *p = type->params; p->key; p++)
    if (!strcmp(p->key, key)) return true;
  return false;
}

static double number(const sq_deck *deck, const sq_param *p)
{
  return p->type == SQ_PARAM_INT ? (double)sq_deck_int(deck, "action", p->key) : sq_deck_real(deck, "action", p->key);
}

/* "kappa, action.lambda": what the type has and the deck has not. */
static void list_missing(const sq_deck *deck, const sq_action_type *type, char *text, size_t size)
{
  size_t used = 0;
  text[0] = '\0';
  for (const sq_param *p = type->params; p->key && used < size; p++)
    if (!sq_param_is_later(p) && !sq_deck_given(deck, "action", p->key))
      used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", action." : "", p->key);
}

/* What the type has must be given, and what it does not have must keep its default: neither is ever a slip of the pen.
 */
static PetscErrorCode check_given(const sq_deck *deck, const sq_action_type *type)
{
  PetscFunctionBeginUser;
  char missing[200];
  const bool said = sq_deck_given(deck, "action", "type");
  list_missing(deck, type, missing, sizeof missing);
  SqCheck(!missing[0], SQ_EVERY_RANK, SQ_ERR_INPUT, "%s%saction.%s: must be given for the action %s",
          said ? sq_deck_where(deck, "action", "type") : "", said ? ": " : "", missing, type->name);
  for (int i = 0; sq_action_type_at(i); i++)
    for (const sq_param *p = sq_action_type_at(i)->params; p->key; p++)
      SqCheck(has(type, p->key) || !sq_deck_given(deck, "action", p->key) ||
                (p->fallback && number(deck, p) == strtod(p->fallback, NULL)),
              SQ_EVERY_RANK, SQ_ERR_INPUT, "%s: action.%s: the action %s has no such parameter",
              sq_deck_where(deck, "action", p->key), p->key, type->name);
  PetscFunctionReturn(0);
}

static PetscErrorCode type_of(const sq_deck *deck, const sq_action_type **type)
{
  PetscFunctionBeginUser;
  const char *name = sq_deck_text(deck, "action", "type"),
             *from = sq_deck_given(deck, "action", "library") ? sq_deck_text(deck, "action", "library") : "";
  const bool plugin = !strcmp(name, SQ_ACTION_PLUGIN);
  SqCheck(plugin || !from[0], SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: action.library: only the action %s is from a library, and this is %s",
          sq_deck_where(deck, "action", "library"), SQ_ACTION_PLUGIN, name);
  SqCheck(!plugin || (from[0] && sq_action_plugin() && !strcmp(from, sq_action_plugin_library())), SQ_EVERY_RANK,
          SQ_ERR_INPUT, "%s: the action %s needs action.library: the shared library that has the theory",
          sq_deck_where(deck, "action", "type"), SQ_ACTION_PLUGIN);
  *type = plugin ? sq_action_plugin() : sq_action_find_type(name);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_action_library_of(MPI_Comm comm, const char *deck, int count, const char *const *overrides,
                                    char **path)
{
  PetscFunctionBeginUser;
  PetscCall(sq_deck_peek(comm, deck, count, overrides, library, path));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_action_from_deck(const sq_deck *deck, int dim, sq_action *action)
{
  PetscFunctionBeginUser;
  const sq_action_type *type = NULL;
  double value[SQ_ACTION_PARAMETERS] = {0};
  PetscCall(type_of(deck, &type));
  PetscCheck(type, PETSC_COMM_SELF, PETSC_ERR_PLIB, "the choices of action.type are not those of the table");
  PetscCall(check_given(deck, type));
  for (int i = 0; type->params[i].key; i++) value[i] = number(deck, &type->params[i]);
  PetscCall(sq_action_make_at(type->name, dim, value, sq_deck_where(deck, "action", type->params[0].key), action));
  if (type == sq_action_plugin()) PetscCall(sq_action_examine(action));
  PetscFunctionReturn(0);
}
