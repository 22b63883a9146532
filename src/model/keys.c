/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys of the sections model, train and sample that are not for every type of model: a deck that gives one which its
 * type has no use for is refused, so that nobody believes it did something. */
#include "squall/model.h"
#include <string.h>

/* Keys of some models, and why others have no use for them. */
typedef enum { LEVELS, EXACT, AGAINST } family; /* down levels of noise; an exact density; against a critic */
typedef struct {
  const char *section;
  unsigned families; /* bits of those that have them */
  const char *const *keys;
  const char *why;
} group;

static family family_of(const sq_model_type *type)
{
  return type->tractable ? EXACT : type->rival ? AGAINST : LEVELS;
}

static const group groups[] = {
  {"train", 1 << LEVELS,
   (const char *const[]){"target", "levels", "parametrisation", "focus", "calibrate", "reflections", "s_min", "s_max",
                         "scan", NULL},
   "it learns without levels of noise"},
  {"train", 1 << LEVELS | 1 << AGAINST, (const char *const[]){"halves", NULL},
   "its fields have exact weights, which leave no error of the model to be found"},
  {"sample", 1 << LEVELS,
   (const char *const[]){"steps", "levels", "sampler", "prior", "corrections", "snr", "bound", "s_min", "exchange",
                         "trajectories", "scan", NULL},
   "it draws fields at once, without levels of noise"},
  {"train", 1 << EXACT, (const char *const[]){"loss", "forward", "refresh", "anneal", NULL},
   "it has no exact density; models that have one are"},
  {"train", 1 << AGAINST, (const char *const[]){"critic_rate", "critic_steps", NULL},
   "it does not learn against a critic; models that do are"},
  {"train", 1 << LEVELS | 1 << EXACT, (const char *const[]){"weigh", NULL},
   "its fields have no density, and cannot be weighed"},
  {"sample", 1 << LEVELS | 1 << EXACT, (const char *const[]){"weigh", "weighed", NULL},
   "its fields have no density, and cannot be weighed"},
};

static bool has_key(const sq_model_type *type, const char *key)
{
  const sq_param *p = type->params;
  while (p->key && strcmp(p->key, key)) p++;
  return p->key != NULL;
}

static bool says_more(const sq_deck *deck, const char *section, const char *key)
{
  return sq_deck_given(deck, section, key) && !sq_deck_usual(deck, section, key);
}

/* "pixelcnn, multilevel": the types that have a key, or, without one, are of the families. */
static void list_types(unsigned families, const char *key, char *text, size_t size)
{
  size_t used = 0;
  text[0] = '\0';
  for (int i = 0; sq_model_types[i] && used < size; i++) {
    const sq_model_type *type = sq_model_types[i];
    if (key ? has_key(type, key) : families >> family_of(type) & 1)
      used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", type->name);
  }
}

static void list_keys(const sq_model_type *type, char *text, size_t size)
{
  size_t used = (size_t)snprintf(text, size, "type");
  for (const sq_param *p = type->params; p->key && used < size; p++)
    used += (size_t)snprintf(text + used, size - used, ", %s", p->key);
}

static PetscErrorCode check_model(const sq_deck *deck, const sq_model_type *type)
{
  PetscFunctionBeginUser;
  char types[256], keys[400];
  for (int i = 0; sq_model_types[i]; i++)
    for (const sq_param *p = sq_model_types[i]->params; p->key; p++) {
      if (has_key(type, p->key) || !says_more(deck, "model", p->key)) continue;
      list_types(0, p->key, types, sizeof types);
      list_keys(type, keys, sizeof keys);
      SqFail(SQ_EVERY_RANK, SQ_ERR_INPUT, "%s: model.%s is for models of type %s; the type %s has %s",
             sq_deck_where(deck, "model", p->key), p->key, types, type->name, keys);
    }
  PetscFunctionReturn(0);
}

/* The types that have such keys are named where most have none. */
static PetscErrorCode check_group(const sq_deck *deck, const sq_model_type *type, const group *g)
{
  PetscFunctionBeginUser;
  char types[256] = "";
  const bool has = g->families >> family_of(type) & 1, named = !(g->families >> LEVELS & 1);
  if (named) list_types(g->families, NULL, types, sizeof types);
  for (const char *const *key = g->keys; *key && !has; key++)
    SqCheck(!says_more(deck, g->section, *key), SQ_EVERY_RANK, SQ_ERR_INPUT,
            "%s: %s.%s is not for a model of type %s: %s%s%s", sq_deck_where(deck, g->section, *key), g->section, *key,
            type->name, g->why, named ? " " : "", named && !types[0] ? "none yet" : types);
  PetscFunctionReturn(0);
}

bool sq_model_takes(const sq_model_type *type, const char *section, const char *key)
{
  for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
    const group *g = &groups[i];
    if (strcmp(g->section, section) != 0 || g->families >> family_of(type) & 1) continue;
    for (const char *const *k = g->keys; *k; k++)
      if (!strcmp(*k, key)) return false;
  }
  return true;
}

PetscErrorCode sq_model_keys_check(const sq_deck *deck)
{
  PetscFunctionBeginUser;
  const sq_model_type *type = sq_model_type_of(deck);
  PetscCall(check_model(deck, type));
  for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) PetscCall(check_group(deck, type, &groups[i]));
  PetscFunctionReturn(0);
}
