/* SPDX-License-Identifier: BSD-3-Clause */
/* Kinks of a periodic path: how often it goes from one well to the other. */
#include "table.h"

double sq_obs_kink_zone(const sq_action *action)
{
  return 0.5 * sq_action_ordered_value(action);
}

int64_t sq_obs_kinks(int64_t sites, const double *x, double zone)
{
  int64_t kinks = 0;
  int first = 0, last = 0;
  for (int64_t t = 0; t < sites; t++) {
    const int well = (x[t] > zone) - (x[t] < -zone);
    if (!well) continue;
    if (!last) first = well;
    kinks += last && well != last;
    last = well;
  }
  return kinks + (last != first);
}

/* The slices of one dimension are the path. */
static double count(const sq_obs *obs, const sq_sum *sum)
{
  (void)sum;
  return (double)sq_obs_kinks(obs->slices, obs->slice, sq_obs_kink_zone(&obs->action));
}

const sq_obs_column_type sq_column_kinks = {.name = "kinks", .value = count};
