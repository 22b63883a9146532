/* SPDX-License-Identifier: BSD-3-Clause */
/* verdict: whether the numbers of an ensemble can be trusted: one list of checks for the log, verdicts.csv and the
 * report, and for whoever compares. A check is a function in a table (table.c), so a new one is a row there. */
#ifndef SQUALL_VERDICT_H
#define SQUALL_VERDICT_H

#include "src/ensemble/ensemble.h"

/* What one check says of one ensemble. */
typedef struct {
  char ensemble[SQ_IO_NAME], check[32];
  double value, limit; /* what was found, and where it begins to be wrong; NaN: not a number, or not known */
  bool passed;
  bool note;      /* only to be known: passed, whatever it says */
  char *sentence; /* in words, without the name of the ensemble; owned */
} sq_verdict;

/* Start from {0}; sq_verdicts_clear frees it. */
typedef struct {
  int count, room;
  sq_verdict *row; /* [count] */
} sq_verdicts;

/* Adds a row; format, ...: the sentence, printf-like. Not collective. */
PetscErrorCode sq_verdict_add(sq_verdicts *v, const char *ensemble, const char *check, double value, double limit,
                              bool passed, const char *format, ...) __attribute__((format(printf, 7, 8)));
/* The same for what is to be known of an ensemble and is no reason not to trust it. Not collective. */
PetscErrorCode sq_verdict_note(sq_verdicts *v, const char *ensemble, const char *check, double value, double limit,
                               const char *format, ...) __attribute__((format(printf, 6, 7)));
/* The verdict of a row in one word. Not collective. */
const char *sq_verdict_word(const sq_verdict *row);
/* Adds rows on an ensemble, or none where the check says nothing of its kind. run: NULL for files that belong to no
 * run. Serial mathematics on columns that every rank has: the same rows on all of them. */
typedef PetscErrorCode sq_verdict_check(const sq_run *run, const sq_ensemble *e, sq_verdicts *v);
extern sq_verdict_check *const sq_verdict_checks[]; /* NULL-terminated (table.c) */
/* agreement.c, chains.c, exact.c, model.c and polished.c, width.c */
sq_verdict_check sq_check_moves, sq_check_agreement, sq_check_symmetry;
sq_verdict_check sq_check_length, sq_check_thermalised, sq_check_burn_in, sq_check_proposals, sq_check_step_sizes;
sq_verdict_check sq_check_weights, sq_check_schwinger_dyson, sq_check_trajectories;
sq_verdict_check sq_check_modes;                     /* modes.c */
sq_verdict_check sq_check_constraint;                /* fluxes.c */
sq_verdict_check sq_check_kinks;                     /* kinks.c */
sq_verdict_check sq_check_drift, sq_check_imaginary; /* complex.c */
sq_verdict_check sq_check_model, sq_check_polished, sq_check_width;

/* Whether an ensemble is said to be exact: chains and weighted averages, corrected fields, what step sizes lead to; not
 * fields as a model makes them, nor those of a Langevin step that is not 0 (exact.c). Not collective. */
bool sq_claims_to_be_exact(const sq_ensemble *e);
/* What the errors of fields of a model leave out (model.c). Not collective. */
const char *sq_conditional_words(const sq_ensemble *e);

/* Adds what every check says of count ensembles. Not collective. */
PetscErrorCode sq_verdicts_judge(const sq_run *run, const sq_ensemble *ensembles, int count, sq_verdicts *v);
/* Whether every check of the ensemble passed; true where there was none. Not collective. */
bool sq_verdicts_trusted(const sq_verdicts *v, const char *ensemble);
/* Logs the rows from number `first` on, each after `prefix`: INFO, or WARN where the check failed. Not collective. */
void sq_verdicts_log(const sq_verdicts *v, int first, const char *prefix);
/* The rows as verdicts.csv in the run's directory. Collective over run->world. */
PetscErrorCode sq_verdicts_write(const sq_run *run, const sq_verdicts *v);
void sq_verdicts_clear(sq_verdicts *v);
/* Logs what is in an ensemble file: observables with tau_int, and the verdicts on each group. Collective. */
PetscErrorCode sq_verdict_table(const sq_run *run, const char *path);

#endif
