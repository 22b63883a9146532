/* Inside the module: what theories of the form sq_hopping share, as sq_action_type asks for it; the coefficients come
 * from action->type->coefficients. */
#ifndef SQUALL_ACTION_HOPPING_H
#define SQUALL_ACTION_HOPPING_H

#include "types.h"

void sq_hopping_energy(const sq_action *action, const sq_field *phi, sq_sum *sum);
void sq_hopping_force(const sq_action *action, const sq_field *phi, double *force);
void sq_hopping_sweep(const sq_action *action, const sq_field *now, double ratio, double weight, int64_t first,
                      int64_t count, const sq_field *previous, sq_field *next);
void sq_hopping_bond(const sq_action *action, const sq_field *phi, int64_t at, int64_t n, double *strength);
double sq_hopping_ordered_value(const sq_action *action);
double sq_hopping_free_propagator(const sq_action *action, double cos_sum);
double sq_hopping_hop(const sq_action *action);
double sq_hopping_site(const sq_action *action, double phi, double *slope);
/* Whether the values define a measure: a quartic term that lifts, or none and a quadratic form that is positive in
 * every mode. */
bool sq_hopping_bounded(const sq_action *action);

#endif
