/* Inside the module: kernels shared by the theories with nearest-neighbour hopping and a quartic potential,
 *   S = sum_x [ -hop sum_{mu>0} phi_x phi_{x+mu} + quadratic phi_x^2 + quartic phi_x^4 ].
 * They do what sq_action_type asks of energy, force and sweep, for an action of dimension dim.
 */
#ifndef SQUALL_ACTION_HOPPING_H
#define SQUALL_ACTION_HOPPING_H

#include "types.h"

typedef struct {
  double hop, quadratic, quartic;
} sq_hopping;

void sq_hopping_energy(const sq_hopping *hopping, int dim, const sq_field *phi, sq_sum *sum);
void sq_hopping_force(const sq_hopping *hopping, int dim, const sq_field *phi, double *force);
void sq_hopping_sweep(const sq_hopping *hopping, int dim, const sq_field *now, double ratio, double weight, int64_t first, int64_t count, const sq_field *previous, sq_field *next);
/* The uniform field of least action, >= 0. */
double sq_hopping_ordered_value(const sq_hopping *hopping, int dim);
/* Whether the values define a measure: a quartic term that lifts, or none and a quadratic form that is positive in every mode. */
bool sq_hopping_bounded(const sq_hopping *hopping, int dim);
/* G(p) of the free field, given sum_mu cos p_mu; -1 with a quartic term. */
double sq_hopping_free_propagator(const sq_hopping *hopping, double cos_sum);
/* The potential of a site, and its derivative in slope. */
double sq_hopping_site(const sq_hopping *hopping, double phi, double *slope);

#endif
