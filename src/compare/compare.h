/* SPDX-License-Identifier: BSD-3-Clause */
/* compare: ensembles side by side: their differences in combined errors, whether they are independent, a verdict. */
#ifndef SQUALL_COMPARE_H
#define SQUALL_COMPARE_H

#include "src/ensemble/ensemble.h"
#include "src/run/stage.h"
#include "src/run/table.h"

/* Whether two ensembles are independent (kinship.c). */
typedef enum {
  SQ_KIN_NONE,
  SQ_KIN_COPY,   /* the same records */
  SQ_KIN_STREAM, /* the same random numbers */
  SQ_KIN_FIELDS, /* one was made of the other, or both of the same */
  SQ_KIN_SEED    /* files without keys, of one seed: perhaps */
} sq_kinship;
/* Training and held-out configurations of one file, one after the other in the same chains, count as independent. Not
 * collective. */
sq_kinship sq_ensembles_kinship(const sq_ensemble *a, const sq_ensemble *b);
const char *sq_kinship_words(sq_kinship kinship); /* "were made with ..." */
/* Whether both have that number and mean the same by it: the action of fluxes is another one than that of fields. Not
 * collective. */
bool sq_compare_can(const sq_ensemble *ensemble, const sq_ensemble *first, const char *name);
/* Adds the verdict line on one ensemble against the first: that it agrees or differs is said only of independent
 * ensembles that pass the checks of verdict.h. run: NULL for files of no run. Not collective. */
PetscErrorCode sq_compare_verdict(const sq_run *run, const sq_ensemble *ensemble, const sq_ensemble *first,
                                  sq_text *out);

/* ---- the table of families (families.c) ---- */

/* How it is set: what stands around it, its lines and its cells, and around what is to be noticed. */
typedef struct {
  const char *begin, *before, *between, *after, *end, *strong, *weak;
} sq_families_style;
extern const sq_families_style sq_families_markdown, sq_families_html;
/* Adds the rows of families.csv to be read, without columns that nothing is known of. Not collective. */
PetscErrorCode sq_families_text(sq_cells *cells, const sq_families_style *style, sq_text *out);

extern const sq_stage sq_compare_stage;

#endif
