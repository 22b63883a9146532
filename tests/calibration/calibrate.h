/* SPDX-License-Identifier: BSD-3-Clause */
/* calibrate: quoted errors and verdicts against simulated truth. A row of the study simulates one seed at a time: what
 * is claimed of it, and what is true. Serial. */
#ifndef SQUALL_TESTS_CALIBRATE_H
#define SQUALL_TESTS_CALIBRATE_H

#include "src/verdict/verdict.h"
#include "squall/rng.h"
#include <math.h>

/* One seed. */
typedef struct {
  double value, error, truth; /* of an interval; error NaN: it is said not to be known */
  bool trusted;               /* an interval that squall has no reserve about */
  bool alarm;                 /* of a verdict */
} trial;

typedef enum {
  INTERVAL,
  GOOD, /* nothing is wrong: an alarm is false */
  BAD   /* something is: no alarm is a miss */
} row_kind;

enum { PARAMETERS = 4 };

typedef struct {
  const char *what, *data; /* quantity or verdict; what is simulated */
  row_kind kind;
  int seeds;
  void (*simulate)(uint64_t seed, const double p[PARAMETERS], trial *t);
  double p[PARAMETERS];
} calibration_row;

/* NULL-terminated tables (what is NULL): chains.c, weights.c, fields.c, others.c */
extern const calibration_row rows_of_chains[], rows_of_ensembles[], rows_of_weights[], rows_of_fields[],
  rows_of_others[];

#define CALIBRATE(call)                                                                                                \
  do {                                                                                                                 \
    PetscErrorCode code_ = (call);                                                                                     \
    if (code_) {                                                                                                       \
      fprintf(stderr, "%s:%d: %s failed with %d\n", __FILE__, __LINE__, #call, code_);                                 \
      abort();                                                                                                         \
    }                                                                                                                  \
  } while (0)

/* x[n], normal; column: of one seed, each its own. */
void normals(uint64_t seed, int column, int64_t n, double *x);
/* x[chains * length]: AR(1) chains of variance 1 and this tau_int, in equilibrium. */
void autoregressive(uint64_t seed, int column, double tau, int chains, int64_t length, double *x);

#endif
