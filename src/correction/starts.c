/* SPDX-License-Identifier: BSD-3-Clause */
/* What chains of moves begin with: generated fields, or stored ones of the run's Monte Carlo (correct.start). */
#include "src/import/import.h"
#include "src/correction/starts.h"
#include <string.h>

/* The stored fields that chains begin with: the held-out ones, which no model has seen, or, where they are fewer than
 * chains, all. */
static int64_t stored_fields(const sq_records *source, int chains, int *group)
{
  const sq_records_info *info = sq_records_about(source);
  const int64_t held_out = info->groups > SQ_TESTING ? info->group[SQ_TESTING].count : 0;
  *group = held_out >= chains ? SQ_TESTING : SQ_TRAINING;
  return *group == SQ_TESTING ? held_out : info->group[SQ_TRAINING].count + held_out;
}

static PetscErrorCode read_stored(const sq_chain_records *c, sq_records *source, sq_move_chain *chain)
{
  PetscFunctionBeginUser;
  int from;
  const int64_t fields = stored_fields(source, c->chains, &from);
  const sq_records_info *info = sq_records_about(source);
  for (int64_t i = 0; i < c->most; i++) {
    int group = from;
    int64_t at = -1, first, count;
    sq_share(fields, c->chains, (int)(c->first + i), &first, &count);
    if (i < c->count) at = first + count - 1;
    if (at >= info->group[group].count) at -= info->group[group++].count;
    PetscCall(sq_records_read(source, group, at, i < c->count ? chain[i].block : c->block, NULL));
    if (i < c->count) chain[i].moves = 0;
  }
  PetscFunctionReturn(0);
}

/* Chain n begins with the field that the independence chain of its share of the samples ends at. */
static PetscErrorCode read_generated(const sq_chain_records *c, sq_records *source, const sq_ensemble *e,
                                     uint64_t stream, sq_move_chain *chain)
{
  PetscFunctionBeginUser;
  for (int64_t i = 0; i < c->most; i++) {
    int64_t at = -1, first, count;
    sq_metropolis counts = {0};
    sq_share(e->count, c->chains, (int)(c->first + i), &first, &count);
    if (i < c->count)
      at = sq_independence_chain(stream, 1 + (uint64_t)(c->first + i), e->log_weight, first, count, NULL, &counts);
    PetscCall(sq_records_read(source, 0, at, i < c->count ? chain[i].block : c->block, NULL));
    if (i < c->count) chain[i].moves = 0;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_starts_read(const sq_chain_records *c, sq_records *source, const sq_ensemble *e, uint64_t stream,
                              sq_move_chain *chain)
{
  PetscFunctionBeginUser;
  if (c->run->from_ensemble) PetscCall(read_stored(c, source, chain));
  else PetscCall(read_generated(c, source, e, stream, chain));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_starts_check(const sq_run *run, int chains, const char *path)
{
  PetscFunctionBeginUser;
  sq_records_info about = {0};
  char ours[256];
  int64_t fields = 0;
  PetscCall(sq_run_about(run, path, &about));
  sq_action_describe(&run->action, ours, sizeof ours);
  SqCheck(!strcmp(about.action, ours), run->world, SQ_ERR_INPUT,
          "%s: correct.start: ensemble: %s has fields of %s, and chains move those of %s",
          sq_deck_where(run->deck, "correct", "start"), path, about.action, ours);
  for (int g = 0; g < about.groups; g++) fields += about.group[g].count;
  SqCheck(fields >= chains, run->world, SQ_ERR_INPUT,
          "%s: %d chains need a field each to begin with (correct.start: ensemble); %s has %lld",
          sq_deck_where(run->deck, "correct", "chains"), chains, path, (long long)fields);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_starts_expected(const sq_run *run, int64_t *fields)
{
  PetscFunctionBeginUser;
  int64_t training, testing;
  *fields = run->sample.configurations;
  if (!run->from_ensemble) PetscFunctionReturn(0);
  *fields = INT64_MAX; /* a file, which says itself */
  if (!sq_deck_has_section(run->deck, sq_run_ensemble_section(run))) PetscFunctionReturn(0);
  PetscCall(sq_import_planned(run, &training, &testing));
  *fields = training + testing;
  PetscFunctionReturn(0);
}
