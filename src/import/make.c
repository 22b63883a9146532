/* SPDX-License-Identifier: BSD-3-Clause */
/* ensemble.h5 from an array: looked at, checked, written as records. */
#include "src/import/look.h"
#include <sys/stat.h>

enum { OWN = 2 }; /* columns beside those of the theory: the chain, the position in it */

static void describe(const sq_look *l, uint64_t fingerprint, uint64_t stream, char *deck, sq_records_info *info)
{
  static const char *const name[] = {"training", "testing"}, *const own[OWN] = {"chain", "trajectory"};
  const sq_import_source *s = &l->source;
  const sq_streams streams = {.own = stream};
  sq_describe_records(s->run, "ensemble", s->run->padded, fingerprint, &streams, deck, info);
  for (int g = 0; g < 2; g++)
    if (s->group[g]) sq_describe_group(name[g], s->group[g], OWN, own, true, info);
}

/* The key of the numbers: equal for equal fields, wherever they came from. */
static uint64_t stream_of(const sq_look *l)
{
  uint64_t key = 1;
  for (int64_t i = 0; i < l->count; i++) key = (key ^ l->print[i]) * 0x9e3779b97f4a7c15u;
  return key | 1;
}

/* Writes one configuration of this replica, or none: all replicas do it together. */
static PetscErrorCode write_one(const sq_look *l, sq_records *records, int64_t i, double *block, bool *same)
{
  PetscFunctionBeginUser;
  const sq_import_source *s = &l->source;
  double columns[OWN + SQ_OBS_MOST];
  int64_t r, q, index = -1, wrapped = 0;
  int group = 0;
  if (i < l->chunks.count && sq_chunks_which(&l->chunks, i, &r, &q)) {
    const int64_t number = r * s->used + q;
    sq_chunks_take(&l->chunks, i, block, &wrapped);
    *same = *same && sq_look_print(l->chunks.numbers, block) == l->print[number];
    group = sq_import_place(s, r, q, &index);
    columns[0] = (double)r;
    columns[1] = (double)(s->set.skip + q * s->set.every);
    for (int c = 0; c < l->columns; c++) columns[OWN + c] = l->number[c][number];
  }
  for (int g = 0; g < 2; g++)
    if (s->group[g]) PetscCall(sq_records_write(records, g, g == group ? index : -1, block, columns));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_all(sq_look *l, sq_records *records)
{
  PetscFunctionBeginUser;
  const int64_t rounds = (l->chunks.pieces + l->grid->replicas - 1) / l->grid->replicas;
  double *block;
  bool same = true, changed;
  PetscCall(sq_alloc(l->chunks.numbers, &block));
  for (int64_t round = 0; round < rounds; round++) {
    PetscCall(sq_chunks_read(&l->chunks, round * l->grid->replicas + l->grid->replica));
    for (int64_t i = 0; i < l->chunks.most; i++) PetscCall(write_one(l, records, i, block, &same));
  }
  sq_free(&block);
  PetscCall(sq_any_true(l->source.run->world, !same, &changed));
  SqCheck(!changed, l->source.run->world, SQ_ERR_DATA, "%s was changed while it was read: import it again",
          l->source.set.source.path);
  PetscFunctionReturn(0);
}

static PetscErrorCode write_file(sq_look *l, const char *path, uint64_t fingerprint)
{
  PetscFunctionBeginUser;
  const sq_run *run = l->source.run;
  sq_records_info info;
  sq_records *records;
  char *deck, origin[SQ_IMPORT_ORIGIN];
  sq_text text = {0};
  PetscCall(sq_run_accept(run));
  PetscCall(sq_deck_text_of(run->deck, NULL, false, &deck));
  PetscCall(sq_import_origin(run, l->source.set.source.path, origin));
  PetscCall(sq_text_add(&text, "%s%s%s", deck, origin, origin[0] ? "\n" : ""));
  describe(l, fingerprint, stream_of(l), text.text, &info);
  PetscCall(sq_space_check(run->world, path, (double)sq_records_bytes(&info), "the ensemble"));
  PetscCall(sq_records_create(l->grid, l->lattice, path, &info, &records));
  PetscCall(write_all(l, records));
  PetscCall(sq_records_publish(&records));
  sq_free(&deck);
  sq_text_clear(&text);
  PetscFunctionReturn(0);
}

/* "npy, float64, 5000 x 1 x 16 x 16, axes n 1 x y" */
static void tell_source(const sq_look *l)
{
  const sq_import_source *s = &l->source;
  const char *name = s->set.source.name;
  char about[SQ_ARRAY_TEXT], axes[SQ_ARRAY_TEXT];
  sq_array_describe(sq_array_about(s->array), about);
  sq_axes_text(&s->axes, s->wanted.dim, axes);
  sq_info("import: %s%s%s (%s, %s; axes %s): %lld configurations of %d chain%s, %lld for training, %lld held out",
          s->set.source.path, name[0] ? ":" : "", name, sq_array_format_of(s->array), about, axes, (long long)l->count,
          s->chains, s->chains > 1 ? "s" : "", (long long)s->group[SQ_TRAINING], (long long)s->group[SQ_TESTING]);
}

PetscErrorCode sq_import_make(const sq_run *run, const char *path, uint64_t fingerprint)
{
  PetscFunctionBeginUser;
  sq_look look;
  PetscCall(sq_look_begin(run, &look));
  tell_source(&look);
  PetscErrorCode code = sq_look_check(&look);
  if (!code) code = write_file(&look, path, fingerprint);
  PetscErrorCode end = sq_look_end(&look);
  PetscCall(code);
  PetscCall(end);
  PetscFunctionReturn(0);
}
