/* SPDX-License-Identifier: BSD-3-Clause */
/* quantum: one-dimensional lattices as quantum mechanics (squall/quantum.h): ensembles against the transfer matrix. */
#ifndef SQUALL_MEASURE_QUANTUM_H
#define SQUALL_MEASURE_QUANTUM_H

#include "squall/quantum.h"
#include "src/measure/gather.h"

/* A row of quantum.csv: a number of an ensemble beside what the transfer matrix has for it. */
typedef struct {
  char ensemble[SQ_IO_NAME], observable[SQ_IO_NAME];
  sq_estimate measured;
  double exact;
} sq_quantum_row;

/* Deviations from the transfer matrix up to this share of it are called agreement. */
extern const double sq_quantum_agreement;

/* The records of one group as a series: the correlator of each, and the numbers of its path. */
typedef struct {
  sq_group group;
  char name[SQ_IO_NAME];
  int64_t n, sites, times; /* times = L/2 + 1 */
  double *storage;         /* [times + SQ_PATH_NUMBERS][n], sorted by chains at the end */
  double *visits;          /* [points of the transfer matrix] how often a site is nearest to each */
  double *path, *scratch;  /* [sites] */
  double *log_weight;      /* [n] or NULL */
  sq_weights weights;      /* what they say together */
  sq_chains chains;
} sq_quantum_sample;

/* Begins with a group; add for every record of this replica; end brings all of them to every rank. Collective over all
 * replicas, add over the lattice's ranks (quantum_sample.c). */
PetscErrorCode sq_quantum_sample_begin(const sq_group *group, const sq_transfer *transfer, sq_quantum_sample *sample);
PetscErrorCode sq_quantum_sample_add(sq_quantum_sample *sample, const sq_transfer *transfer, int64_t record,
                                     const double *block);
PetscErrorCode sq_quantum_sample_end(sq_quantum_sample *sample, const sq_transfer *transfer);
void sq_quantum_sample_free(sq_quantum_sample *sample);
/* What a finite time, T = L steps, does to E_0 and E_1 - E_0 of an ensemble. What is measured there are averages over
 * all states; the transfer matrix says by how much these miss the ground state and the first excitation. Where that is
 * more than the error of an estimate, its error is not known (quantum_length.c). Not collective. */
typedef struct {
  int64_t sites;
  bool takes;                     /* E_0 is freed of the first excitation: of theories that state their particle */
  double *correlator, *of_ground; /* [sites + 1]: exact, and without pairs of excited states */
  double energy, free;            /* what all excitations add to the energy and to -log Z/L */
  sq_estimate gap;                /* that was measured last, 1/a */
  double usual;                   /* what its fit makes of the exact correlator */
  bool short_gap, short_energy;   /* the last ones cannot be told */
} sq_quantum_length;
PetscErrorCode sq_quantum_length_make(const sq_transfer *transfer, int64_t sites, sq_quantum_length *length);
void sq_quantum_length_free(sq_quantum_length *length);
/* Takes note of a gap, and judges it. */
void sq_quantum_length_fit(sq_quantum_length *length, const sq_gap_fit *fit, sq_estimate *gap);
/* Take from a measured energy, or from -log Z/L, what the first excitation adds, and judge what is left. */
void sq_quantum_take_energy(sq_quantum_length *length, sq_estimate *energy);
void sq_quantum_take_free(const sq_quantum_length *length, sq_estimate *energy);
/* Says it where something cannot be told. */
void sq_quantum_tell_length(const sq_quantum_length *length, const char *name);
/* One line on energy_0 and gap of an ensemble among the rows, without a line end. Not collective (quantum_verdict.c).
 */
PetscErrorCode sq_quantum_verdict(const sq_quantum_row *rows, int count, const char *ensemble, sq_text *out);

#endif
