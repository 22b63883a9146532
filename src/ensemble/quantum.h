/* One-dimensional lattices as quantum mechanics (squall/quantum.h): ensembles against the transfer
 * matrix. */
#ifndef SQUALL_APP_QUANTUM_H
#define SQUALL_APP_QUANTUM_H

#include "squall/quantum.h"
#include "src/ensemble/ensemble.h"

/* A row of quantum.csv: a number of an ensemble beside what the transfer matrix has for it. */
typedef struct {
  char ensemble[SQ_IO_NAME], observable[SQ_IO_NAME];
  double value, error, exact;
} sq_quantum_row;

/* Deviations from the transfer matrix up to this share of it are called agreement. */
extern const double sq_quantum_agreement;

/* Adds energy_0 and gap of every ensemble to the table of measure.csv; writes quantum.csv and quantum_correlator.csv;
 * logs a verdict. Does nothing unless the action is that of a particle (sq_action_is_particle). Collective (quantum.c).
 */
PetscErrorCode sq_measure_quantum(sq_run *run, sq_table *table);
/* One line on energy_0 and gap of an ensemble among the rows, without a line end. Not collective (quantum_verdict.c).
 */
PetscErrorCode sq_quantum_verdict(const sq_quantum_row *rows, int count, const char *ensemble, sq_text *out);

#endif
