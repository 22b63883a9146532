/* SPDX-License-Identifier: BSD-3-Clause */
/* look: an array of configurations, looked at as a whole before anything is made of it. */
#ifndef SQUALL_IMPORT_LOOK_H
#define SQUALL_IMPORT_LOOK_H

#include "src/import/identity.h"
#include "src/import/import.h"

enum { SQ_LOOK_IDENTITIES = 2 }; /* of the action of the deck; of a more general one */

/* Configuration q of chain r has number r used + q, everywhere. */
typedef struct {
  sq_import_source source;
  sq_chunks chunks;
  sq_grid *grid;
  sq_lattice *lattice; /* every rank has whole ones */
  sq_obs *obs;
  sq_identity identity[SQ_LOOK_IDENTITIES];
  int64_t count;                      /* of all configurations */
  int columns, width;                 /* of the theory; with the numbers of the identities behind them */
  double **number;                    /* [width][count] */
  uint64_t *print;                    /* [count] hashes of the fields */
  int64_t infinite, strange, wrapped; /* the first that is not finite, and none of the theory; count: none. Angles */
  double worst;                       /* a number of that one */
} sq_look;

/* Opens the array and takes the numbers of all configurations, on every rank. Collective over run->world. */
PetscErrorCode sq_look_begin(const sq_run *run, sq_look *look);
PetscErrorCode sq_look_end(sq_look *look);
/* Takes the numbers of the first identity once more, whose action has changed. Collective over run->world. */
PetscErrorCode sq_look_again(sq_look *look);
/* The hash of a field's numbers; never 0. Not collective, as the next. */
uint64_t sq_look_print(int64_t n, const double *block);
/* "configuration 7 of chain 2" as the file counts them, from 0. */
void sq_look_name(const sq_look *look, int64_t i, char text[SQ_ARRAY_TEXT]);

/* Says what was found, line by line. Error: SQ_ERR_DATA with what the fields cannot be, or must not be unless the deck
 * is lenient (checks.c). Collective over run->world. */
PetscErrorCode sq_look_check(sq_look *look);
/* The same of the Schwinger-Dyson equations (couplings.c). */
PetscErrorCode sq_look_couplings(sq_look *look, const sq_series *series);
/* What is wrong: an error, or a warning where the deck is lenient (refuse.c). */
PetscErrorCode sq_look_refuse(const sq_look *look, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
