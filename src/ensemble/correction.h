/* SPDX-License-Identifier: BSD-3-Clause */
/* ensemble: what a method of correction is, as a row of a table. The rows are in the room correction. */
#ifndef SQUALL_ENSEMBLE_CORRECTION_H
#define SQUALL_ENSEMBLE_CORRECTION_H

#include "squall/correct.h"
#include "src/ensemble/ensemble.h"

typedef struct sq_correction sq_correction;

/* The section correct of a deck; negative: auto. */
typedef struct {
  const sq_correction *method;
  const sq_weight_rule *weights;
  int64_t configurations;
  int chains;
  int64_t steps, depth, block, rim, separation, thermalisation; /* block 0: the whole field */
  int64_t trajectories, md_steps, ode_sites;
  double tolerance, step_size;
} sq_correct_settings;

extern const sq_param sq_correct_params[];
/* generated: how many fields were, or will be, where the deck leaves their number open. Not collective. */
void sq_correct_settings_from_deck(const sq_deck *deck, int64_t generated, sq_correct_settings *set);

/* What is corrected: fields as the section sample generates them, and the network they come from. */
typedef struct {
  sq_network_shape shape;
  sq_correct_settings set;
  int64_t extents[SQ_DIM], padded[SQ_DIM];
  double volume, numbers, flops; /* numbers of a field; flops of an evaluation of one */
} sq_correct_work;

/* A method of the section correct. */
struct sq_correction {
  const char *name, *summary;
  bool moves;       /* its chains move fields of exp(-S): they can begin with those of the ensemble */
  bool weighted;    /* decides by path weights: its own where it makes the fields first, else the sampler's */
  bool learned;     /* is made of the model as well */
  const char *from; /* the file of the fields that it begins with */
  /* Makes that file; NULL: it is the stage sample's. */
  PetscErrorCode (*first)(sq_run *run, const char *path);
  /* Makes the file `to`; e: the columns of the file `from`. NULL: there is none, averages are corrected. */
  PetscErrorCode (*make)(sq_run *run, const char *from, const char *to, const sq_ensemble *e, uint64_t fingerprint);
  /* Tells the deck what it was left to choose, from a file made before. May be NULL. */
  PetscErrorCode (*again)(sq_run *run, const char *path);
  const char *weighs, *gives, *gives_biased; /* the ensemble that is averaged with its weights, what that is called, and
                                                with changed weights; may be NULL */
  /* Says what the corrected ensemble is worth, from its file and columns: one line, no end. mark: the column by which
   * its files are known; NULL where there is no file. */
  const char *mark;
  PetscErrorCode (*verdict)(sq_records *records, const sq_ensemble *e, sq_text *out);
  /* As in sq_stage; fits may be NULL. */
  PetscErrorCode (*fits)(const sq_run *run, const sq_correct_work *work);
  PetscErrorCode (*plan)(const sq_run *run, const sq_correct_work *work, sq_budget *budget);
}; /* all collective over run->world */

extern const sq_correction *const sq_corrections[]; /* src/correction/table.c; NULL-terminated */
/* The one that the run's deck asks for; NULL if it has no section correct. Not collective. */
const sq_correction *sq_correction_of(const sq_run *run);

/* What the run's deck does to weights. Not collective. */
const sq_weight_rule *sq_weight_rule_of(const sq_run *run);
/* weight[count]: those of its fields for the averages that the run's deck asks for. Not collective. */
PetscErrorCode sq_correct_weights(const sq_run *run, int64_t count, const double *log_weight, double *weight);

/* The slowest of the observables that are means of one configuration's numbers; NULL where none is known. Not
 * collective. */
const sq_estimate *sq_correct_slowest(const sq_ensemble *e, const char **name);
/* Says what weighed fields are worth, and warns where their weights are not trusted; format: what was weighed, in fewer
 * than 128 bytes. Not collective. */
void sq_weighed_say(const sq_weighed *weighed, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds the acceptance of a chain, and how many independent fields it is worth. Not collective. */
PetscErrorCode sq_correct_worth(const sq_ensemble *e, sq_text *out);

#endif
