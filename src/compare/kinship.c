/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether two ensembles are independent: by the keys of the random streams that they come from, and by their content.
 */
#include "src/compare/compare.h"
#include <string.h>

/* The first records are the same to the last bit: a copy, or a run and a longer one. Of theories with finitely many
 * values of an observable that says nothing. */
static bool same_records(const sq_ensemble *a, const sq_ensemble *b)
{
  enum { RECORDS = 8 };
  const int64_t count = PetscMin(PetscMin(a->count, b->count), (int64_t)RECORDS);
  if (!a->theory || a->theory != b->theory || sq_action_repeats(a->theory) || count < 2) return false;
  if (a->dim != b->dim || memcmp(a->extent, b->extent, sizeof a->extent)) return false;
  for (int c = 0; a->theory->columns[c]; c++) {
    if (!a->column[c] || !b->column[c]) return false;
    if (memcmp(a->column[c], b->column[c], (size_t)count * sizeof(double))) return false;
  }
  return true;
}

static bool equal(uint64_t a, uint64_t b)
{
  return a && a == b;
}

sq_kinship sq_ensembles_kinship(const sq_ensemble *a, const sq_ensemble *b)
{
  const sq_streams *x = &a->streams, *y = &b->streams;
  bool one_file = !strcmp(a->where, b->where), same_group = !strcmp(a->name, b->name);
  if (!a->column[0] || !b->column[0]) return SQ_KIN_NONE; /* calculated, not made */
  if (same_records(a, b)) return SQ_KIN_COPY;
  if (equal(x->own, y->own)) return one_file && !same_group ? SQ_KIN_NONE : SQ_KIN_STREAM; /* one after the other */
  if (equal(x->fields, y->own) || equal(y->fields, x->own) || equal(x->fields, y->fields)) return SQ_KIN_FIELDS;
  if (!x->own && !y->own && a->seed == b->seed && same_group && !one_file) return SQ_KIN_SEED;
  return SQ_KIN_NONE;
}

const char *sq_kinship_words(sq_kinship kinship)
{
  static const char *const words[] = {[SQ_KIN_NONE] = "are independent",
                                      [SQ_KIN_COPY] = "begin with the same records to the last bit: one is a copy or "
                                                      "the beginning of the other",
                                      [SQ_KIN_STREAM] = "were made with the same random numbers (the same key "
                                                        "`stream`)",
                                      [SQ_KIN_FIELDS] = "come from the same fields (the same key `stream`)",
                                      [SQ_KIN_SEED] = "were made with the same run.seed by a squall that shared random "
                                                      "numbers between couplings and algorithms"};
  return words[kinship];
}
