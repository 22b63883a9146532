/* SPDX-License-Identifier: BSD-3-Clause */
/* A theory from a file of a user's own: a shared library with a row sq_action_type, which becomes the last of the
 * table. At most one, for the life of the program. */
#include "types.h"
#include <dlfcn.h>
#include <string.h>

static char loaded_from[SQ_ACTION_LIBRARY];

const char *sq_action_plugin_library(void)
{
  return loaded_from;
}

/* Whether a word can stand in a deck and in a description: files keep "name key=value key=value". */
static bool is_word(const char *text)
{
  enum { LONGEST = 24 };
  const size_t length = strlen(text);
  return length > 0 && length <= LONGEST && strcspn(text, " =\t\n") == length;
}

static const char *fault_of_parameters(const sq_param *param)
{
  static char text[160];
  int count = 0;
  for (const sq_param *p = param; p->key; p++, count++) {
    const char *fault = NULL;
    if (!is_word(p->key)) fault = "its key must be one word of at most 24 bytes";
    else if (!p->section || strcmp(p->section, "action")) fault = "its section must be action";
    else if (!strcmp(p->key, "type") || !strcmp(p->key, "library")) fault = "every theory has a key of that name";
    else if (p->type != SQ_PARAM_REAL && p->type != SQ_PARAM_INT) fault = "it must be SQ_PARAM_REAL or SQ_PARAM_INT";
    else if (!p->unit || !p->help) fault = "it lacks unit or help";
    if (!fault) continue;
    snprintf(text, sizeof text, "its parameter %.40s: %s", p->key, fault);
    return text;
  }
  return count > SQ_ACTION_PARAMETERS ? "its row has too many parameters" : NULL;
}

/* A capability is there as a whole, but for what is optional in it. */
static const char *fault_of_abilities(const sq_action_type *t)
{
  if (t->smooth && (!t->smooth->force || !t->smooth->sweep)) return "its smooth lacks force or sweep";
  if (t->bond && !t->bond->strength) return "its bond lacks strength";
  if (t->local && !t->local->draw) return "its local lacks draw";
  if (t->flux && !t->flux->coupling) return "its flux lacks coupling";
  if (t->jump && (!t->jump->unit || !t->jump->move)) return "its jump lacks unit or move";
  if (t->transfer && (!t->transfer->hop || !t->transfer->site)) return "its transfer lacks hop or site";
  if (t->complexified && (!t->complexified->usual_drift || !t->complexified->particles))
    return "its complexified lacks usual_drift or particles";
  return NULL;
}

/* NULL: the row can stand in the table; else what is wrong with it. */
static const char *fault_of(const sq_action_type *type, const size_t *layout)
{
  static const size_t mine[] = SQ_ACTION_LAYOUT;
  if (!type || !layout) return "it has no theory: its source must end with SQ_THEORY = {...}";
  if (memcmp(layout, mine, sizeof mine))
    return "it was compiled for another version of squall/action.h: compile it again";
  if (!type->name || !type->summary || !type->params || !type->space || !type->columns || !type->columns[0] ||
      !type->valid || !type->energy)
    return "its row lacks one of name, summary, params, space, columns, valid, energy";
  if (!strcmp(type->name, SQ_ACTION_PLUGIN) || !is_word(type->name))
    return "its name cannot be that of a theory: one word of at most 24 bytes, not \"" SQ_ACTION_PLUGIN "\"";
  if (sq_action_find_type(type->name)) return "a theory of its name is there already";
  const char *fault = fault_of_parameters(type->params);
  return fault ? fault : fault_of_abilities(type);
}

/* Whether a parameter can share its key with that of another theory: type, range and default must be the same. */
static const char *clash_of(const sq_param *mine)
{
  static char text[160];
  for (const sq_action_type *const *type = sq_action_types; *type; type++)
    for (const sq_param *p = (*type)->params; p->key; p++) {
      const bool fallback = p->fallback && mine->fallback ? !strcmp(p->fallback, mine->fallback) :
                                                            p->fallback == mine->fallback;
      if (strcmp(p->key, mine->key) ||
          (p->type == mine->type && p->min == mine->min && p->max == mine->max && fallback))
        continue;
      snprintf(text, sizeof text,
               "its parameter %.40s is one of %s too, with another type, range or default: rename it", p->key,
               (*type)->name);
      return text;
    }
  return NULL;
}

/* The system's words, without the name with which they may begin. */
static const char *without_name(const char *words, const char *name)
{
  const size_t length = strlen(name);
  const bool begins = words && !strncmp(words, name, length) && !strncmp(words + length, ": ", 2);
  return begins ? words + length + 2 : words ? words : "it cannot be opened";
}

static const char *open_library(const char *path, const sq_action_type **type)
{
  char name[SQ_ACTION_LIBRARY + 2];
  const char *fault = NULL;
  snprintf(name, sizeof name, "%s%s", strchr(path, '/') ? "" : "./", path); /* never one of the system's */
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) return without_name(dlerror(), name);
  *type = dlsym(library, "squall_theory");
  fault = fault_of(*type, dlsym(library, "squall_theory_layout"));
  for (const sq_param *p = fault ? NULL : (*type)->params; p && p->key && !fault; p++) fault = clash_of(p);
  return fault;
}

PetscErrorCode sq_action_load(MPI_Comm comm, const char *path)
{
  PetscFunctionBeginUser;
  const sq_action_type *type = NULL;
  bool failed;
  if (sq_action_plugin() && !strcmp(path, loaded_from)) PetscFunctionReturn(0);
  SqCheck(!sq_action_plugin(), comm, SQ_ERR_INPUT, "action.library: %s: there is a theory from %s already", path,
          loaded_from);
  SqCheck(strlen(path) < SQ_ACTION_LIBRARY, comm, SQ_ERR_INPUT, "action.library: the name is longer than %d bytes",
          SQ_ACTION_LIBRARY - 1);
  const char *fault = open_library(path, &type);
  PetscCall(sq_any_true(comm, fault != NULL, &failed));
  SqCheck(!failed, comm, SQ_ERR_INPUT, "action.library: %s: %s", path, fault ? fault : "it cannot be opened elsewhere");
  sq_action_plug_in(type);
  snprintf(loaded_from, sizeof loaded_from, "%s", path);
  PetscFunctionReturn(0);
}
