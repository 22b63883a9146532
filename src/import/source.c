/* SPDX-License-Identifier: BSD-3-Clause */
/* The array that a deck names: opened, its axes known, its configurations shared out to chains and groups. */
#include "src/import/import.h"
#include <string.h>

/* Of chains that stand in an axis of their own, or follow each other or take turns in the axis of configurations. */
static PetscErrorCode find_chains(sq_import_source *s)
{
  PetscFunctionBeginUser;
  const sq_array_shape *shape = sq_array_about(s->array);
  const int sample = sq_axis_of(&s->axes, SQ_AXIS_SAMPLE), chain = sq_axis_of(&s->axes, SQ_AXIS_CHAIN);
  const sq_import_settings *set = &s->set;
  const sq_deck *deck = s->run->deck;
  s->samples = s->length = shape->extent[sample];
  s->chains = set->chains;
  if (chain >= 0) {
    SqCheck(set->chains == 1 || set->chains == shape->extent[chain], SQ_EVERY_RANK, SQ_ERR_INPUT,
            "%s: ensemble.chains: %d, but the axis chain of %s has %lld entries",
            sq_deck_where(deck, "ensemble", "chains"), set->chains, set->source.path, (long long)shape->extent[chain]);
    SqCheck(shape->extent[chain] >= 1 && shape->extent[chain] <= INT_MAX, SQ_EVERY_RANK, SQ_ERR_INPUT,
            "%s: its axis chain has %lld entries", set->source.path, (long long)shape->extent[chain]);
    s->chains = (int)shape->extent[chain];
    PetscFunctionReturn(0);
  }
  SqCheck(s->samples % s->chains == 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: ensemble.chains: %d chains of equal length do not have the %lld configurations of %s",
          sq_deck_where(deck, "ensemble", "chains"), s->chains, (long long)s->samples, set->source.path);
  s->length = s->samples / s->chains;
  PetscFunctionReturn(0);
}

static PetscErrorCode find_groups(sq_import_source *s)
{
  PetscFunctionBeginUser;
  const sq_import_settings *set = &s->set;
  const int64_t left = s->length - set->skip;
  s->used = left > 0 ? (left + set->every - 1) / set->every : 0;
  const int64_t all = s->used * s->chains, test = set->test < 0 ? all / 6 : set->test;
  SqCheck(all > 0, SQ_EVERY_RANK, SQ_ERR_INPUT, "%s has no configurations%s: chains of %lld, ensemble.skip %lld",
          set->source.path, s->samples ? " left" : "", (long long)s->length, (long long)set->skip);
  SqCheck(test < all, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: ensemble.test: %lld configurations are to be held out, of %lld: nothing is left to learn from",
          sq_deck_where(s->run->deck, "ensemble", "test"), (long long)test, (long long)all);
  s->group[SQ_TRAINING] = all - test;
  s->group[SQ_TESTING] = test;
  PetscFunctionReturn(0);
}

static PetscErrorCode find_all(sq_import_source *s)
{
  PetscFunctionBeginUser;
  s->wanted = (sq_wanted_fields){
    .dim = s->run->dim, .extents = s->run->extents, .components = sq_action_components(&s->action)};
  PetscCall(
    sq_axes_find(s->set.axes_where, s->set.axes, s->set.source.path, sq_array_about(s->array), &s->wanted, &s->axes));
  PetscCall(find_chains(s));
  PetscCall(find_groups(s));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_import_open(const sq_run *run, sq_import_source *s)
{
  PetscFunctionBeginUser;
  *s = (sq_import_source){.run = run, .action = run->action};
  PetscCall(sq_import_settings_from_deck(run->deck, &s->set));
  PetscCall(sq_array_open(run->world, &s->set.source, &s->array));
  PetscErrorCode code = find_all(s);
  if (code) sq_import_close(s);
  PetscCall(code);
  PetscFunctionReturn(0);
}

void sq_import_close(sq_import_source *s)
{
  sq_array_close(&s->array);
}

PetscErrorCode sq_import_count(const sq_run *run, int64_t *training, int64_t *testing)
{
  PetscFunctionBeginUser;
  sq_import_source s;
  PetscCall(sq_import_open(run, &s));
  *training = s.group[SQ_TRAINING];
  *testing = s.group[SQ_TESTING];
  sq_import_close(&s);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_import_planned(const sq_run *run, int64_t *training, int64_t *testing)
{
  PetscFunctionBeginUser;
  sq_hmc_settings set = {0};
  if (!strcmp(sq_run_ensemble_section(run), "ensemble")) {
    PetscCall(sq_import_count(run, training, testing));
    PetscFunctionReturn(0);
  }
  PetscCall(sq_run_ensemble_settings(run, &set));
  *training = set.configurations;
  *testing = set.test;
  PetscFunctionReturn(0);
}

/* The last of every chain are held out; records stand chain after chain. */
int sq_import_place(const sq_import_source *s, int64_t r, int64_t q, int64_t *index)
{
  int64_t first, count;
  sq_share(s->group[SQ_TESTING], s->chains, (int)r, &first, &count);
  const int64_t training = s->used - count;
  *index = q < training ? r * s->used - first + q : first + q - training;
  return q < training ? SQ_TRAINING : SQ_TESTING;
}
