/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading of ensembles at many couplings. */
#include "src/compare/compare.h"
#include "src/scan/pool.h"
#include "src/scan/scan.h"
#include <math.h>
#include <string.h>

/* ---- files ---- */

/* Parameters in which the action is not linear are those of the first. */
static PetscErrorCode check_parameters(MPI_Comm world, const sq_gathered *all, const char *path)
{
  PetscFunctionBeginUser;
  const sq_action *action = &all->action[all->count], *first = &all->action[0];
  for (int k = 0; action->type->params[k].key; k++)
    SqCheck(sq_linear_varies(all->theory, action->type, k) || action->value[k] == first->value[k], world, SQ_ERR_INPUT,
            "%s: its %s is %g, that of the first ensemble %g: reweight needs the same in all", path,
            action->type->params[k].key, action->value[k], first->value[k]);
  PetscFunctionReturn(0);
}

static PetscErrorCode check(MPI_Comm world, sq_gathered *all, const char *path)
{
  PetscFunctionBeginUser;
  const sq_ensemble *e = &all->e[all->count];
  sq_action *action = &all->action[all->count];
  SqCheck(!strcmp(e->name, "training"), world, SQ_ERR_INPUT,
          "%s: its fields are %s, and are not of exp(-S) alone: reweight needs those of hmc, mc or import", path,
          e->name);
  SqCheck(sq_action_read(e->action, e->dim, action) && (all->theory = sq_linear_theory_of(action->type)), world,
          SQ_ERR_INPUT,
          "%s: reweight knows actions that are linear in measured columns, phi4, on, complex (hmc), ising and xy, not "
          "%s",
          path, e->action);
  SqCheck(action->type == all->action[0].type && e->dim == all->e[0].dim, world, SQ_ERR_INPUT,
          "%s: its action is %s in %d dimensions, that of the first %s in %d: only couplings and extents may differ",
          path, e->action, e->dim, all->e[0].action, all->e[0].dim);
  PetscCall(check_parameters(world, all, path));
  SqCheck(e->count > 1, world, SQ_ERR_DATA,
          "%s: one configuration says nothing of the couplings beside its own: reweight needs more", path);
  SqCheck(sq_linear_difference(all->theory, action, e) < 1e-8, world, SQ_ERR_DATA,
          "%s: its columns do not add up to the action of %s: it is damaged or of another action", path, e->action);
  for (int i = 0; i < all->count; i++) {
    const sq_kinship kinship = sq_ensembles_kinship(&all->e[i], e);
    SqCheck(kinship == SQ_KIN_NONE || kinship == SQ_KIN_SEED, world, SQ_ERR_INPUT,
            "%s and %s %s: reweight takes independent ensembles, each once", all->e[i].where, path,
            sq_kinship_words(kinship));
  }
  PetscFunctionReturn(0);
}

/* Core-seconds of all fields of a file, and of what its chains threw away; NaN: it does not say. */
static double cost_of(const sq_ensemble *e, int64_t fields)
{
  double chains = 1;
  for (int64_t i = 0; e->chain && i < e->count; i++) chains = fmax(chains, e->chain[i] + 1);
  const double thrown_away = isnan(e->thermalisation) ? 0 : chains * e->thermalisation;
  return e->core_seconds * (e->updates * (double)fields + thrown_away);
}

static PetscErrorCode add_file(MPI_Comm world, sq_gathered *all, const char *path)
{
  PetscFunctionBeginUser;
  int64_t fields;
  SqCheck(all->count < SQ_SCAN_MOST, world, SQ_ERR_INPUT, "reweight: more than %d ensembles", SQ_SCAN_MOST);
  PetscCall(sq_scan_read(world, path, "ensemble", &all->e[all->count], &fields));
  PetscErrorCode code = check(world, all, path);
  const double cost = cost_of(&all->e[all->count++], fields); /* counted: it is cleared with the others */
  PetscCall(code);
  if (isnan(cost)) all->silent++;
  else all->core_seconds += cost;
  PetscCall(sq_scan_warn(&all->e[all->count - 1], "reweight"));
  PetscFunctionReturn(0);
}

/* Every ensemble below couplings/; there: whether there is one. */
static PetscErrorCode add_couplings(MPI_Comm world, sq_gathered *all, const char *directory, bool *there)
{
  PetscFunctionBeginUser;
  sq_places places;
  PetscCall(sq_places_find(world, directory, "ensemble.h5", &places));
  PetscErrorCode code = 0;
  *there = places.count > 0;
  for (int i = 0; i < places.count && !code; i++) code = add_file(world, all, places.path[i]);
  sq_places_clear(&places);
  PetscCall(code);
  PetscFunctionReturn(0);
}

static PetscErrorCode add_word(MPI_Comm world, sq_gathered *all, const char *word)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  bool there;
  const size_t length = strlen(word);
  SqCheck(length < 700, world, SQ_ERR_INPUT, "reweight: paths of at most 700 bytes, please");
  if (length > 3 && !strcmp(word + length - 3, ".h5")) {
    PetscCall(add_file(world, all, word));
    PetscFunctionReturn(0);
  }
  PetscCall(add_couplings(world, all, word, &there));
  if (there) PetscFunctionReturn(0);
  snprintf(path, sizeof path, "%s/ensemble.h5", word);
  PetscCall(add_file(world, all, path));
  PetscFunctionReturn(0);
}

/* ---- their order ---- */

static bool before(const sq_action *a, const sq_action *b)
{
  for (int k = 0; a->type->params[k].key; k++)
    if (a->value[k] != b->value[k]) return a->value[k] < b->value[k];
  return false;
}

static void sort(sq_gathered *all)
{
  for (int i = 1; i < all->count; i++)
    for (int j = i; j > 0 && before(&all->action[j], &all->action[j - 1]); j--) {
      const sq_ensemble e = all->e[j];
      const sq_action action = all->action[j];
      all->e[j] = all->e[j - 1], all->action[j] = all->action[j - 1];
      all->e[j - 1] = e, all->action[j - 1] = action;
    }
}

PetscErrorCode sq_gather(MPI_Comm world, int words, const char *const *word, sq_gathered *all)
{
  PetscFunctionBeginUser;
  *all = (sq_gathered){0};
  PetscCall(sq_alloc(SQ_SCAN_MOST, &all->e));
  PetscCall(sq_alloc(SQ_SCAN_MOST, &all->action));
  PetscErrorCode code = 0;
  for (int i = 0; i < words && !code; i++) code = add_word(world, all, word[i]);
  if (code) sq_gathered_clear(all);
  PetscCall(code);
  sort(all);
  PetscFunctionReturn(0);
}

void sq_gathered_clear(sq_gathered *all)
{
  for (int i = 0; i < all->count; i++) sq_ensemble_free(&all->e[i]);
  sq_free(&all->e);
  sq_free(&all->action);
  all->count = 0;
}
