/* SPDX-License-Identifier: BSD-3-Clause */
/* chain_records: an ensemble that Markov chains make, a record of every chain at a time. Each chain fills its share of
 * the first group, then its share of the next. A chain's state is its last record, so the file being made is a
 * checkpoint of the chains, on any number of ranks.
 *
 * A record has the columns: number of the chain, the chain's own numbers, the observables of the field.
 */
#ifndef SQUALL_CHAIN_RECORDS_H
#define SQUALL_CHAIN_RECORDS_H

#include "src/making/work.h"

/* What has the chains. All functions are collective over the ranks of the world but save and restore, which are over
 * those of the lattice; i counts the chains of this replica, the first of which is number `first` below. */
typedef struct {
  int numbers; /* that belong to a chain's state beside its field */
  const char *const *number_name;
  /* Takes all chains to their next record, which is number n of theirs. */
  PetscErrorCode (*advance)(void *self, int64_t n);
  /* A chain's field and numbers, and back. */
  PetscErrorCode (*save)(void *self, int64_t i, double *block, double *number);
  PetscErrorCode (*restore)(void *self, int64_t i, const double *block, const double *number);
  /* Shows the line of the moment (sq_work_show), or the last one (sq_work_end). */
  PetscErrorCode (*show)(void *self, sq_work *work, bool end);
  /* Keeps what belongs to no record, where n records of every chain have become durable. */
  PetscErrorCode (*checkpoint)(void *self, int64_t n);
} sq_chain_maker;

typedef struct {
  /* given; nothing is owned */
  const sq_run *run;
  const char *stage, *path; /* for messages; of the file that is to be */
  const sq_grid *grid;
  const sq_lattice *lattice;
  const sq_chain_maker *maker;
  void *self;
  int chains;
  /* made */
  sq_obs *obs;
  sq_records *records;
  int groups;
  int64_t size[SQ_IO_GROUPS]; /* records of each group */
  int64_t first, count, most; /* this replica's chains are first .. first + count - 1; the most that one has */
  double *block;              /* of one record */
} sq_chain_records;

/* ---- who fills what; these need only chains, groups and size. Not collective. ---- */
/* Records that a chain stores in all; the last chain has most. */
int64_t sq_chain_share(const sq_chain_records *c, int64_t chain);
/* Where record n of a chain goes; false: it has no such record. */
bool sq_chain_place(const sq_chain_records *c, int64_t chain, int64_t n, int *group, int64_t *index);
/* Records of all chains, when each has n, or as many as it will have. */
int64_t sq_chain_total(const sq_chain_records *c, int64_t n);

/* ---- the file ---- */
/* Adds a group to what the file is about. Not collective. */
void sq_chain_group(const sq_chain_maker *maker, const char *name, int64_t count, sq_records_info *info);
/* Shares the chains out. Collective over grid->world, as are all of these. */
PetscErrorCode sq_chain_records_begin(sq_chain_records *c, const sq_records_info *info);
/* Opens what an interrupted run left, if it did. Error: SQ_ERR_DATA if that is of another deck. */
PetscErrorCode sq_chain_records_resume(sq_chain_records *c, const sq_records_info *info, bool *begun);
/* Records that every chain has in the file; chains that are through count as having most. */
PetscErrorCode sq_chain_records_complete(sq_chain_records *c, int64_t *complete);
/* Puts the chains back to where they had n records each; n = 0: closes the file, there is nothing to go on from. */
PetscErrorCode sq_chain_records_restore(sq_chain_records *c, int64_t n);
/* Begins the file, in place of what was resumed, and makes the first checkpoint. */
PetscErrorCode sq_chain_records_create(sq_chain_records *c, const sq_records_info *info);
/* Begins the file with the records of the finished one in its place: those that every chain has there. even: no chain
 * has more. Error: SQ_ERR_INPUT if that one has other columns. */
PetscErrorCode sq_chain_records_extend(sq_chain_records *c, const sq_records_info *info, int64_t *complete, bool *even);
/* Makes all records after the first `done` of every chain, obeying wishes; then says what an update cost, of which
 * there are `separation` from one record to the next: the attributes core_seconds_an_update, updates_a_field. Error:
 * SQ_ERR_STOPPED, or of a callback. */
PetscErrorCode sq_chain_records_make(sq_chain_records *c, int64_t done, int64_t separation);
/* Frees what is owned; the records, unless published, stay in the .part file. */
PetscErrorCode sq_chain_records_end(sq_chain_records *c);

#endif
