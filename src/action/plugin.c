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

/* NULL: the row can stand in the table; else what is wrong with it. */
static const char *fault_of(const sq_action_type *type, const size_t *layout)
{
  static const size_t mine[] = SQ_ACTION_LAYOUT;
  int parameters = 0;
  if (!type || !layout) return "it has no theory: its source must end with SQ_THEORY = {...}";
  if (memcmp(layout, mine, sizeof mine))
    return "it was compiled for another version of squall/action.h: compile it again";
  if (!type->name || !type->summary || !type->params || !type->space || !type->columns || !type->valid || !type->energy)
    return "its row lacks one of name, summary, params, space, columns, valid, energy";
  while (type->params[parameters].key) parameters++;
  if (parameters > SQ_ACTION_PARAMETERS) return "its row has too many parameters";
  if (!strcmp(type->name, SQ_ACTION_PLUGIN) || strcspn(type->name, " =\n") != strlen(type->name) || !type->name[0])
    return "its name cannot be that of a theory";
  return sq_action_find_type(type->name) ? "a theory of its name is there already" : NULL;
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

static const char *open_library(const char *path, const sq_action_type **type)
{
  char name[SQ_ACTION_LIBRARY + 2];
  const char *fault = NULL;
  snprintf(name, sizeof name, "%s%s", strchr(path, '/') ? "" : "./", path); /* never one of the system's */
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) return dlerror();
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
