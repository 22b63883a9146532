/* SPDX-License-Identifier: BSD-3-Clause */
/* families: several types of models, each trained and measured in a run of its own below that of the deck, on its
 * ensemble; and the table that has them side by side. */
#ifndef SQUALL_FAMILIES_H
#define SQUALL_FAMILIES_H

#include "src/ensemble/ensemble.h"
#include "src/run/run.h"
#include "src/stage/stage.h"

/* ---- the section families (settings.c) ---- */

enum { SQ_FAMILIES = 16 };

/* A type of model that takes part, and the options that its run has beside those of all. Not owned. */
typedef struct {
  const sq_model_type *type;
  const char *options, *where; /* options: words as on the command line; where: the deck says so */
} sq_family;

typedef struct {
  double minutes; /* of training, of each */
  int64_t configurations;
  int count;
  sq_family family[SQ_FAMILIES];
} sq_families_settings;

extern const sq_param sq_families_params[];
/* Not collective. */
void sq_families_settings_from_deck(const sq_deck *deck, sq_families_settings *set);
/* Whether the theory can have them, the deck has an ensemble for them, and they have no options but those of sections
 * that are a model's: SQ_ERR_INPUT if not. Not collective, the same on every rank. */
PetscErrorCode sq_families_check(const sq_run *run, const sq_families_settings *set);

/* ---- the run of a family (part.c) ---- */

/* In a directory of its type's name below that of the run, with the deck's ensemble and the family's model. The caller
 * destroys it; it keeps `run`. Errors: SQ_ERR_INPUT, naming the family. Collective. */
PetscErrorCode sq_family_run(const sq_run *run, const sq_families_settings *set, const sq_family *family,
                             sq_run **part);
/* Enters its directory (sq_run_enter), makes all its stages, and leaves: the log is the whole's again. Before that, see
 * is called, with the part. Errors: those of the stages. Collective. */
PetscErrorCode sq_family_make(sq_run *part, PetscErrorCode (*see)(void *context, sq_run *part), void *context);
/* Whether it has what it would be trained and generated with, and says what that takes (sq_stage.plan). Collective. */
PetscErrorCode sq_family_fits(const sq_run *part);
PetscErrorCode sq_family_plan(const sq_run *part, sq_budget *budget);

/* ---- what came out (outcome.c) ---- */

enum { SQ_FAMILY_NUMBERS = 4, SQ_FAMILY_ROWS = 2 * SQ_FAMILIES + 1 };
/* Of these names in measure.csv. */
extern const char *const sq_family_number[SQ_FAMILY_NUMBERS];

/* An ensemble of the table. What is not known is NaN. */
typedef struct {
  const char *family, *ensemble; /* "Monte Carlo" or the name of the type; that of the ensemble */
  bool exact;                    /* averages are those of the theory, whatever the model is */
  bool trusted;                  /* every check of it has passed */
  int64_t fields;
  sq_estimate number[SQ_FAMILY_NUMBERS];
  double pull[SQ_FAMILY_NUMBERS]; /* from Monte Carlo, in errors of both */
  sq_estimate ess, ess_forward, log_Z;
  double acceptance, evaluations; /* evaluations: of the network, for a field */
  double training, field;         /* core-seconds: of training; of a field as it is stored */
  double independent;             /* the same of as many fields as are worth an independent |M| */
} sq_family_row;

typedef struct {
  int count;
  sq_family_row row[SQ_FAMILY_ROWS]; /* the first: of Monte Carlo */
} sq_family_rows;

/* Adds the row of the run's own ensemble; those of a family's. Error: SQ_ERR_DATA where there is no ensemble.
 * Collective. */
PetscErrorCode sq_family_add_ensemble(const sq_run *run, sq_family_rows *rows);
PetscErrorCode sq_family_add(sq_family_rows *rows, const sq_run *part);

/* ---- files (rows.c) ---- */
/* families.csv, and families.md with the same table to be read. Collective over run->world. */
PetscErrorCode sq_family_write(const sq_run *run, const sq_family_rows *rows);

extern const sq_stage sq_families_stage;

#endif
