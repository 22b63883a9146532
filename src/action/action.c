/* SPDX-License-Identifier: BSD-3-Clause */
/* An action as a value: type, dimension, parameters. The same on all ranks; nothing here
 * communicates, the communicator of an error only says that one rank prints it. */
#include "types.h"
#include <stdlib.h>
#include <string.h>

bool sq_action_has_form(const sq_action *action, sq_form form, sq_action *as, char *reason, size_t size)
{
  static const char *const section[SQ_FORMS] = {"mc", "hmc", "langevin"};
  char invalid[256];
  const sq_action_type *theory = sq_action_theory(action->type);
  *as = *action;
  as->type = theory->form[form] ? theory->form[form] : theory;
  if (as->type->valid(as, invalid, sizeof invalid)) return true;
  snprintf(reason, size, "for %s: %s", section[form], invalid);
  return false;
}

PetscErrorCode sq_action_as(const sq_action *action, sq_form form, sq_action *as)
{
  PetscFunctionBeginUser;
  char reason[300];
  const bool has = sq_action_has_form(action, form, as, reason, sizeof reason);
  SqCheck(has, SQ_EVERY_RANK, SQ_ERR_INPUT, "action %s, %s", sq_action_theory(action->type)->name, reason);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_action_make_at(const char *name, int dim, const double value[], const char *where, sq_action *action)
{
  char reason[256];
  PetscFunctionBeginUser;
  *action = (sq_action){.type = sq_action_find_type(name), .dim = dim};
  SqCheck(action->type, SQ_EVERY_RANK, SQ_ERR_INPUT, "there is no action of type %s; `squall --help` lists them", name);
  SqCheck(dim >= 1 && dim <= SQ_DIM, SQ_EVERY_RANK, SQ_ERR_INPUT, "action %s: dimension %d, must be 1 to %d", name, dim,
          SQ_DIM);
  for (int i = 0; action->type->params[i].key; i++) action->value[i] = value[i];
  SqCheck(action->type->valid(action, reason, sizeof reason), SQ_EVERY_RANK, SQ_ERR_INPUT, "%s%saction %s: %s",
          where ? where : "", where ? ": " : "", name, reason);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_action_make(const char *type, int dim, const double value[], sq_action *action)
{
  PetscFunctionBeginUser;
  PetscCall(sq_action_make_at(type, dim, value, NULL, action));
  PetscFunctionReturn(0);
}

/* The shortest of 15, 16 or 17 digits that gives the same value back. */
static void print_exactly(double value, char *text, size_t size)
{
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, size, "%.*g", digits, value);
    if (strtod(text, NULL) == value) break;
  }
}

/* Whether a description says the value: what came later is left out at its default, so that descriptions of before are
 * those of the same theory; but for those that the files of 0.1.0 say. */
static bool is_told(const sq_param *param, double value)
{
  static const char *const always[] = {"ratio", "f2", "omega2", "mass", NULL};
  for (int i = 0; always[i]; i++)
    if (!strcmp(param->key, always[i])) return true;
  return !sq_param_is_later(param) || !param->fallback || value != strtod(param->fallback, NULL);
}

void sq_action_describe(const sq_action *action, char *text, size_t size)
{
  size_t used = (size_t)snprintf(text, size, "%s", action->type->name);
  for (int i = 0; action->type->params[i].key; i++) {
    char value[32];
    if (!is_told(&action->type->params[i], action->value[i])) continue;
    print_exactly(action->value[i], value, sizeof value);
    if (used < size) used += (size_t)snprintf(text + used, size - used, " %s=%s", action->type->params[i].key, value);
  }
}

const sq_action_type *sq_action_described(const char *text)
{
  char name[32];
  snprintf(name, sizeof name, "%.*s", (int)strcspn(text, " "), text);
  return sq_action_find_type(name);
}

bool sq_action_read(const char *text, int dim, sq_action *action)
{
  char reason[256];
  *action = (sq_action){.type = sq_action_described(text), .dim = dim};
  if (!action->type) return false;
  for (int i = 0; action->type->params[i].key; i++) {
    const sq_param *p = &action->type->params[i];
    size_t length = strlen(p->key);
    const char *at = strchr(text, ' ');
    while (at && (strncmp(at + 1, p->key, length) || at[1 + length] != '=')) at = strchr(at + 1, ' ');
    if (!at && !p->fallback) return false;
    action->value[i] = strtod(at ? at + length + 2 : p->fallback, NULL);
  }
  return action->type->valid(action, reason, sizeof reason);
}

bool sq_action_equal(const sq_action *a, const sq_action *b)
{
  if (a->type != b->type || a->dim != b->dim) return false;
  for (int i = 0; a->type->params[i].key; i++)
    if (a->value[i] != b->value[i]) return false;
  return true;
}

double sq_action_ordered_value(const sq_action *action)
{
  return action->type->ordered_value ? action->type->ordered_value(action) : 0;
}

double sq_action_free_propagator(const sq_action *action, double cos_sum)
{
  return action->type->free_propagator ? action->type->free_propagator(action, cos_sum) : -1;
}

int sq_action_components(const sq_action *action)
{
  return action->type->components ? action->type->components(action) : 1;
}

int sq_action_orders(const sq_action *action)
{
  if (action->type->order) return 0;
  return action->type->space->order[0] ? 2 : sq_action_components(action);
}

const double *sq_action_order(const sq_action *action, int64_t sites, const double *block, double *room)
{
  if (action->type->order || !action->type->space->order[0]) return block;
  for (int k = 0; k < 2; k++) action->type->space->order[k](sites, block, room + k * sites);
  return room;
}

int sq_action_real_parts(const sq_action *action)
{
  return sq_action_components(action) / (action->type->complexified ? 2 : 1);
}

sq_symmetry sq_action_symmetry(const sq_action *action, double u)
{
  return action->type->symmetric ? action->type->space->symmetry(u) : (sq_symmetry){.factor = 1};
}

bool sq_action_rotates(const sq_action *action)
{
  return action->type->symmetric && action->type->space == &sq_space_real && sq_action_components(action) > 1;
}

sq_halo_reach sq_action_reach(const sq_action *action)
{
  return action->type->corners ? SQ_HALO_FULL : SQ_HALO_FACES;
}
