/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields against what their file says of them. See the header. */
#include "src/ensemble/witness.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What was seen of a group, by this replica; 0 where another has read the record. */
typedef struct {
  int64_t count;
  uint64_t *print; /* hashes of the fields */
  uint64_t *size;  /* hashes of their numbers without signs: a flip does not change them */
  double *chain;   /* number of the chain and 1; 1 everywhere where there are no chains */
  bool chains;
} seen;

struct sq_witness {
  MPI_Comm world;
  const sq_action_type *theory; /* in the form of the file */
  sq_obs *obs;
  int64_t numbers; /* of a field on this rank */
  char name[SQ_IO_GROUPS][SQ_IO_NAME];
  seen group[SQ_IO_GROUPS];
  int64_t wrong;  /* place of the first record whose numbers are not those of its field */
  int64_t unlike; /* and of the first whose field is none of the theory */
};

/* One number for a place in the file, in order. */
static int64_t place(int group, int64_t index)
{
  return ((int64_t)group << 40) + index;
}

PetscErrorCode sq_witness_of(MPI_Comm world, const sq_action *action, const sq_lattice *lattice, sq_witness **witness)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(1, witness));
  (*witness)->world = world;
  (*witness)->theory = action->type;
  (*witness)->wrong = (*witness)->unlike = INT64_MAX;
  (*witness)->numbers = sq_action_components(action) * lattice->local_volume;
  PetscCall(sq_obs_create(lattice, action, &(*witness)->obs));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_witness_begin(const sq_run *run, const char *description, const sq_lattice *lattice,
                                sq_witness **witness)
{
  PetscFunctionBeginUser;
  sq_action action;
  sq_run_action_of(run, description, &action);
  PetscCall(sq_witness_of(run->world, &action, lattice, witness));
  PetscFunctionReturn(0);
}

/* Equal but for rounding on other machines. */
static bool alike(double a, double b)
{
  return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-8 * (fabs(a) + fabs(b)) + 1e-10;
}

/* Fluxes that a model generated may have a divergence: then their action is infinite, and all else is known. What is
 * generated has a column of weights. */
static bool may_be_infinite(const sq_record_group *about, const char *name)
{
  return sq_group_column(about, "log_weight") >= 0 && sq_group_column(about, "violations") >= 0 &&
         !strcmp(name, "action_density");
}

/* Whether the field is one of the theory; numbers of none, such as fluxes with a divergence, have no finite action.
 * Whether the columns that the theory has are those of the field. */
static PetscErrorCode measure(const sq_witness *w, const sq_record_group *about, const double *block,
                              const double *columns, bool *like, bool *right)
{
  PetscFunctionBeginUser;
  const char *const *name = w->theory->columns;
  double again[SQ_IO_COLUMNS];
  PetscCall(sq_obs_measure(w->obs, block, again));
  *right = true;
  *like = sq_space_holds(w->theory->space, w->numbers, block);
  for (int c = 0; name[c]; c++) {
    int at = sq_group_column(about, name[c]);
    *like = *like && (isfinite(again[c]) || may_be_infinite(about, name[c]));
    *right = *right && (at < 0 || alike(columns[at], again[c]));
  }
  PetscFunctionReturn(0);
}

/* Of the numbers of the theory, whatever their signs; never 0. */
static uint64_t hash_of_sizes(const sq_witness *w, const sq_record_group *about, const double *columns)
{
  const char *const *name = w->theory->columns;
  uint64_t hash = 1;
  for (int c = 0; name[c]; c++) {
    int at = sq_group_column(about, name[c]);
    double size = at < 0 ? 0 : fabs(columns[at]);
    uint64_t bits;
    memcpy(&bits, &size, sizeof bits);
    hash = (hash ^ bits) * 0x100000001b3U;
    hash ^= hash >> 32;
  }
  return hash | 1;
}

PetscErrorCode sq_witness_add(sq_witness *w, const sq_records *records, int group, int64_t index, const double *block,
                              const double *columns)
{
  PetscFunctionBeginUser;
  const sq_record_group *about = &sq_records_about(records)->group[group];
  seen *s = &w->group[group];
  if (!s->count) {
    s->count = about->count;
    PetscCall(sq_alloc(s->count, &s->print));
    PetscCall(sq_alloc(s->count, &s->size));
    PetscCall(sq_alloc(s->count, &s->chain));
    snprintf(w->name[group], SQ_IO_NAME, "%s", about->name);
    s->chains = sq_group_column(about, "chain") >= 0;
  }
  s->print[index] = sq_records_print(records);
  s->size[index] = hash_of_sizes(w, about, columns);
  s->chain[index] = 1 + (s->chains ? columns[sq_group_column(about, "chain")] : 0);
  double chain = s->chain[index] - 1;
  if (!(chain >= 0 && chain < 1e9 && chain == floor(chain))) w->wrong = PetscMin(w->wrong, place(group, index));
  bool like = true, right = true;
  PetscCall(measure(w, about, block, columns, &like, &right));
  if (!like) w->unlike = PetscMin(w->unlike, place(group, index));
  if (!right) w->wrong = PetscMin(w->wrong, place(group, index));
  PetscFunctionReturn(0);
}

/* ---- fields that are there twice ---- */

typedef struct {
  uint64_t print, size;
  int64_t place, stay; /* stay: where the chain stood, counted from its first record; -1: there are no chains */
  double chain;
} mark;

static int by_chain(const void *a, const void *b)
{
  const mark *x = a, *y = b;
  if (x->chain != y->chain) return x->chain < y->chain ? -1 : 1;
  return x->place < y->place ? -1 : x->place > y->place;
}

static int by_print(const void *a, const void *b)
{
  const mark *x = a, *y = b;
  if (x->print != y->print) return x->print < y->print ? -1 : 1;
  return by_chain(a, b);
}

/* A chain that rejects stands still, but for its sign where fields are flipped: then its field is there more than once
 * in records that follow each other. */
static bool stood_still(const mark *before, const mark *next)
{
  return next->stay >= 0 && before->chain == next->chain && next->stay == before->stay;
}

/* Of marks in the order of chains. */
static void count_stays(int64_t count, mark *m)
{
  for (int64_t i = 0; i < count; i++) {
    if (m[i].stay < 0) continue;
    bool follows = i && m[i - 1].chain == m[i].chain;
    m[i].stay = follows ? m[i - 1].stay + (m[i - 1].size != m[i].size) : 0;
  }
}

/* The first record whose field another one has, and that one; false: there is none. */
static bool find_twice(int64_t count, mark *m, int64_t *first, int64_t *again)
{
  *again = INT64_MAX;
  qsort(m, (size_t)count, sizeof *m, by_chain);
  count_stays(count, m);
  qsort(m, (size_t)count, sizeof *m, by_print);
  for (int64_t i = 1; i < count; i++) {
    if (m[i].print != m[i - 1].print || stood_still(&m[i - 1], &m[i])) continue;
    int64_t later = PetscMax(m[i].place, m[i - 1].place);
    if (later > *again) continue;
    *again = later;
    *first = PetscMin(m[i].place, m[i - 1].place);
  }
  return *again < INT64_MAX;
}

/* All replicas' records as marks. */
static PetscErrorCode collect(sq_witness *w, int64_t *count, mark **marks)
{
  PetscFunctionBeginUser;
  int64_t room = 0;
  for (int g = 0; g < SQ_IO_GROUPS; g++) {
    seen *s = &w->group[g];
    room += s->count;
    for (int64_t at = 0; at < s->count; at += 1 << 24) {
      int some = (int)PetscMin(s->count - at, 1 << 24);
      PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->print + at, some, MPI_UINT64_T, MPI_MAX, w->world));
      PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->size + at, some, MPI_UINT64_T, MPI_MAX, w->world));
      PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->chain + at, some, MPI_DOUBLE, MPI_MAX, w->world));
    }
  }
  PetscCall(sq_alloc(room, marks));
  *count = 0;
  for (int g = 0; g < SQ_IO_GROUPS; g++)
    for (int64_t i = 0; i < w->group[g].count; i++)
      if (w->group[g].chain[i] > 0)
        (*marks)[(*count)++] = (mark){w->group[g].print[i], w->group[g].size[i], place(g, i),
                                      w->group[g].chains ? 0 : -1, w->group[g].chain[i]};
  PetscFunctionReturn(0);
}

/* A replica may have had no record of a group. */
static PetscErrorCode share_groups(sq_witness *w)
{
  PetscFunctionBeginUser;
  for (int g = 0; g < SQ_IO_GROUPS; g++) {
    seen *s = &w->group[g];
    int64_t here[2] = {s->count, s->chains}, all[2];
    PetscCallMPI(MPI_Allreduce(here, all, 2, MPI_INT64_T, MPI_MAX, w->world));
    if (!s->count) PetscCall(sq_alloc(all[0], &s->print));
    if (!s->count) PetscCall(sq_alloc(all[0], &s->size));
    if (!s->count) PetscCall(sq_alloc(all[0], &s->chain));
    s->count = all[0];
    s->chains = all[1];
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, w->name[g], SQ_IO_NAME, MPI_SIGNED_CHAR, MPI_MAX, w->world));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode judge(sq_witness *w, const char *path)
{
  PetscFunctionBeginUser;
  int64_t place[2] = {w->unlike, w->wrong}, count = 0, first = 0, again;
  mark *marks = NULL;
  MPI_Comm world = w->world;
  const int64_t mask = ((int64_t)1 << 40) - 1;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, place, 2, MPI_INT64_T, MPI_MIN, world));
  PetscCall(share_groups(w));
  const int64_t unlike = place[0], wrong = place[1];
  SqCheck(unlike == INT64_MAX, world, SQ_ERR_DATA,
          "%s: the numbers of the field %s[%lld] are none that the action %s can have: they were changed after "
          "they were made",
          path, w->name[unlike >> 40], (long long)(unlike & mask), sq_action_theory(w->theory)->name);
  SqCheck(wrong == INT64_MAX, world, SQ_ERR_DATA,
          "%s: the numbers of %s[%lld] are not those of its field: fields, numbers or the action that it names were "
          "changed after it was made",
          path, w->name[wrong >> 40], (long long)(wrong & mask));
  if (sq_action_repeats(w->theory)) PetscFunctionReturn(0); /* few states: they come again */
  PetscCall(collect(w, &count, &marks));
  bool twice = find_twice(count, marks, &first, &again);
  sq_free(&marks);
  SqCheck(!twice, world, SQ_ERR_DATA,
          "%s: %s[%lld] is the field of %s[%lld] once more: it was changed after it was made", path,
          w->name[again >> 40], (long long)(again & mask), w->name[first >> 40], (long long)(first & mask));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_witness_end(sq_witness **witness, const char *path)
{
  PetscFunctionBeginUser;
  sq_witness *w = *witness;
  PetscErrorCode code = judge(w, path);
  for (int g = 0; g < SQ_IO_GROUPS; g++) {
    sq_free(&w->group[g].print);
    sq_free(&w->group[g].size);
    sq_free(&w->group[g].chain);
  }
  PetscCall(sq_obs_destroy(&w->obs));
  sq_free(witness);
  PetscCall(code);
  PetscFunctionReturn(0);
}
