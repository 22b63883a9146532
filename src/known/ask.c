/* SPDX-License-Identifier: BSD-3-Clause */
/* Asking what is known: rows of the table, one after the other. */
#include "squall/known.h"
#include <math.h>
#include <string.h>

sq_facts sq_facts_of(const sq_action *action, const int64_t extents[])
{
  sq_facts f = {.action = *action, .dim = action->dim, .sites = 1};
  for (int mu = 0; mu < action->dim; mu++) {
    f.extent[mu] = extents[mu];
    f.sites *= (double)extents[mu];
  }
  return f;
}

bool sq_oracle_is_for(const sq_oracle *o, const sq_facts *f)
{
  if (!o->theories) return o->applies(f);
  for (int i = 0; o->theories[i]; i++)
    if (!strcmp(o->theories[i], f->action.type->name)) return true;
  return false;
}

PetscErrorCode sq_facts_ask(const sq_oracle *o, sq_facts *f)
{
  PetscFunctionBeginUser;
  if (!sq_oracle_is_for(o, f) || !o->applies(f)) PetscFunctionReturn(0);
  PetscCall(o->add(f));
  const double log_Z = sq_facts_find(f, "log_Z");
  sq_facts_add(f, "free_energy", -log_Z / f->sites);
  sq_facts_add(f, "entropy", log_Z / f->sites + sq_facts_find(f, "action_density"));
  PetscFunctionReturn(0);
}

/* Rows that find a lattice too large say nothing here. */
static PetscErrorCode ask_quietly(const sq_oracle *o, sq_facts *f)
{
  PetscFunctionBeginUser;
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  PetscErrorCode code = sq_facts_ask(o, f);
  PetscCall(PetscPopErrorHandler());
  if (code != SQ_ERR_INPUT) PetscCall(code);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_known_value(const sq_action *action, const int64_t extents[], const char *name, double *value)
{
  PetscFunctionBeginUser;
  sq_facts *f;
  PetscCall(sq_alloc(1, &f));
  *f = sq_facts_of(action, extents);
  *value = NAN;
  for (int i = 0; sq_oracles[i] && isnan(*value); i++) {
    PetscCall(ask_quietly(sq_oracles[i], f));
    *value = sq_facts_find(f, name);
  }
  sq_free(&f);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_known_log_Z(const sq_action *action, const int64_t extents[], double *log_Z)
{
  PetscFunctionBeginUser;
  PetscCall(sq_known_value(action, extents, "log_Z", log_Z));
  PetscFunctionReturn(0);
}
