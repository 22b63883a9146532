/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: theories of the form
 *   S = sum_x [ -hop sum_{mu>0} phi_x phi_{x+mu} + quadratic phi_x^2 + quartic phi_x^4 + constant ],
 * phi a number, or a vector of several: then products are scalar ones. A row of the table says how its values make
 * these coefficients (sq_action_type.own), and takes the rest from here.
 */
#ifndef SQUALL_ACTION_HOPPING_H
#define SQUALL_ACTION_HOPPING_H

#include "types.h"

typedef struct {
  double hop, quadratic, quartic;
  double constant; /* not in sq_hopping_energy: a theory that has one adds it there */
} sq_hopping;

typedef struct {
  sq_hopping (*coefficients)(const sq_action *action);
} sq_hopping_form;

extern const char *const sq_hopping_columns[], *const sq_hopping_vector_columns[];
extern const sq_action_smooth sq_hopping_smooth;
extern const sq_action_bond sq_hopping_bond, sq_hopping_vector_bond; /* the latter for any number of components */
extern const sq_action_transfer sq_hopping_transfer;
extern const sq_action_given sq_hopping_given; /* of one component */
/* Functions of a sq_action_transfer. */
double sq_hopping_hop(const sq_action *action);
double sq_hopping_site(const sq_action *action, double phi, double *slope);
void sq_hopping_energy(const sq_action *action, const sq_field *phi, sq_sum *sum);
/* sq_action_type.both where sq_hopping_energy is the energy. */
void sq_hopping_both(const sq_action *action, const sq_field *phi, int64_t first, int64_t count, double *force,
                     sq_sum *sum);
double sq_hopping_ordered_value(const sq_action *action);
double sq_hopping_free_propagator(const sq_action *action, double cos_sum);
/* Whether the values define a measure: a quartic term that lifts, or none and a quadratic form that is positive in
 * every mode. */
bool sq_hopping_bounded(const sq_action *action);
/* sq_action_type.valid of phi^4, of one component or several, with these couplings. */
bool sq_hopping_valid(const sq_action *action, double kappa, double lambda, char *reason, size_t size);

/* ---- kernels ---- */

typedef struct {
  double hop, quadratic, quartic;
  int64_t stride[SQ_DIM]; /* of directions 3, 2, 1, 0 */
} sq_hopping_kernel;

/* coefficients.c: the coefficients of an action; with the strides of a field. */
sq_hopping sq_hopping_of(const sq_action *action);
sq_hopping_kernel sq_hopping_kernel_of(const sq_action *action, const sq_field *phi);
/* torus.c: sq_action_smooth.torus, of one component. */
void sq_hopping_torus(const sq_action *action, const sq_torus *torus, int64_t plane, int64_t planes, int64_t first,
                      int64_t count);
/* vector.c: of phi->components > 1; otherwise as the functions of sq_action_type, sq_action_smooth. */
void sq_vector_energy(const sq_action *action, const sq_field *phi, sq_sum *sum);
void sq_vector_force(const sq_action *action, const sq_field *phi, double *force);
void sq_vector_sweep(const sq_action *action, const sq_field *now, double ratio, double weight, int64_t first,
                     int64_t count, const sq_field *previous, sq_field *next);

#endif
