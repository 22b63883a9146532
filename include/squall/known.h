/* SPDX-License-Identifier: BSD-3-Clause */
/* known: what is exactly known of a theory on a lattice, under the names of measure.csv. A row of the table for every
 * way to know something; the numbers come from squall/exact.h and squall/quantum.h. Extents are those of a deck,
 * action->dim of them, direction 0 first.
 *
 * Serial mathematics, not collective: every rank finds the same. A question takes seconds at most.
 */
#ifndef SQUALL_KNOWN_H
#define SQUALL_KNOWN_H

#include "squall/action.h"

SQ_C_BEGIN

enum { SQ_FACTS = 192 };

/* What is asked about, and what is known of it so far. */
typedef struct {
  sq_action action;
  int dim;
  int64_t extent[SQ_DIM]; /* direction 0 first */
  double sites;
  int count;
  struct {
    char name[40]; /* as in measure.csv */
    double value;
  } fact[SQ_FACTS];
} sq_facts;

/* A way to know: of theories by their names, on some of their lattices. */
typedef struct {
  const char *how;             /* "all states" */
  const char *gives;           /* the names of what it gives */
  const char *where;           /* on which lattices: "boxes of at most 24 spins" */
  const char *const *theories; /* names of types of actions, NULL-terminated; NULL: any */
  bool (*applies)(const sq_facts *facts);
  PetscErrorCode (*add)(sq_facts *facts); /* error: SQ_ERR_INPUT, what is too large */
} sq_oracle;

extern const sq_oracle *const sq_oracles[]; /* NULL-terminated */
extern const sq_oracle sq_ising_torus_oracle, sq_ising_box_oracle, sq_ising_strip_oracle, sq_xy_oracle, sq_u1_oracle,
  sq_complex_free_oracle, sq_complex_box_oracle, sq_transfer_oracle, sq_field_free_oracle, sq_field_box_oracle;
#define SQ_THEORIES(...) ((const char *const[]){__VA_ARGS__, NULL}) /* for a row */

/* ---- asking (ask.c) ---- */

/* The question; nothing is known yet. */
sq_facts sq_facts_of(const sq_action *action, const int64_t extents[]);
/* Whether a row is for the theory of the question; it may not apply to its lattice. */
bool sq_oracle_is_for(const sq_oracle *oracle, const sq_facts *facts);
/* Adds what a row gives that applies, and what follows from log_Z and action_density: free_energy = -log Z/V, entropy =
 * (log Z + <S>)/V. Error: SQ_ERR_INPUT, what is too large for it. */
PetscErrorCode sq_facts_ask(const sq_oracle *oracle, sq_facts *facts);
/* One number by its name, from the first row that gives it; NaN where nobody does. */
PetscErrorCode sq_known_value(const sq_action *action, const int64_t extents[], const char *name, double *value);
/* log Z in the measure of the theory: spins are counted, angles have d theta/2 pi, real numbers d phi; NaN where it is
 * not known. */
PetscErrorCode sq_known_log_Z(const sq_action *action, const int64_t extents[], double *log_Z);

/* ---- for the rows (facts.c) ---- */

/* Adds what is not known yet; a NaN is not known. */
void sq_facts_add(sq_facts *facts, const char *name, double value);
/* What is known by that name; NaN: nothing. */
double sq_facts_find(const sq_facts *facts, const char *name);
/* A value of the action by its key in the deck; `otherwise` where the theory has no such key. */
double sq_facts_value(const sq_facts *facts, const char *key, double otherwise);
/* Adds the moments of the order parameter (NaN: not known), whose mean vanishes, and what follows. */
void sq_facts_add_order(sq_facts *facts, double abs_M, double M2, double M4);
/* Adds G at p = 0 and at the least momentum of direction 0, and the correlation length. */
void sq_facts_add_propagator(sq_facts *facts, double G_0, double G_pmin);
/* Directions of more than one site. */
int sq_facts_wide(const sq_facts *facts);
/* Sites of a slice at right angles to the longest direction; that direction. */
double sq_facts_slice(const sq_facts *facts, int *longest);

SQ_C_END

#endif
