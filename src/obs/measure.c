/* SPDX-License-Identifier: BSD-3-Clause */
/* measure: the columns of one configuration, on a lattice shared by several ranks.
 *
 * Every average is an sq_sum of terms that depend on the field alone, so the columns have the same bits on any rank
 * grid. All sums of a configuration, the time slices among them, are reduced in one call. Collective over the lattice.
 */
#include "table.h"
#include <math.h>
#include <string.h>

static int64_t slices_of(const sq_lattice *lattice)
{
  return lattice->extent[lattice->first_dir];
}

/* ---- which columns ---- */

int sq_obs_columns(const sq_action_type *theory)
{
  int count = 0;
  while (theory->columns[count]) count++;
  return count;
}

int sq_obs_column(const sq_action_type *theory, const char *name)
{
  for (int c = 0; theory->columns[c]; c++)
    if (!strcmp(theory->columns[c], name)) return c;
  return -1;
}

void sq_obs_name_columns(const sq_action_type *theory, int first, sq_record_group *group)
{
  group->columns = first + sq_obs_columns(theory);
  for (int c = 0; theory->columns[c]; c++) snprintf(group->column[first + c], SQ_IO_NAME, "%s", theory->columns[c]);
}

/* The column of that name for these numbers, or for any; NULL if there is none. */
static const sq_obs_column_type *find_column(const char *name, const sq_space *space)
{
  const sq_obs_column_type *any = NULL;
  for (const sq_obs_column_type *const *type = sq_obs_column_types; *type; type++) {
    if (strcmp((*type)->name, name)) continue;
    if ((*type)->space == space) return *type;
    if (!(*type)->space) any = *type;
  }
  return any;
}

static PetscErrorCode find_columns(sq_obs *obs)
{
  const sq_action_type *theory = obs->action.type;
  PetscFunctionBeginUser;
  obs->columns = sq_obs_columns(theory);
  SqCheck(obs->columns <= SQ_OBS_MOST, SQ_EVERY_RANK, SQ_ERR_INPUT, "the action %s has %d columns; at most %d",
          theory->name, obs->columns, SQ_OBS_MOST);
  for (int c = 0; c < obs->columns; c++) {
    obs->column[c] = find_column(theory->columns[c], theory->space);
    SqCheck(obs->column[c], SQ_EVERY_RANK, SQ_ERR_INPUT, "nobody knows how to measure %s of the action %s",
            theory->columns[c], theory->name);
    obs->sums += 1 + obs->column[c]->more;
  }
  PetscFunctionReturn(0);
}

/* ---- the object ---- */

static sq_halo_reach reach_of(const sq_obs *obs)
{
  bool corners = false;
  for (int c = 0; c < obs->columns; c++) corners = corners || obs->column[c]->corners;
  return corners ? SQ_HALO_FULL : sq_action_reach(&obs->action);
}

static bool needs_loops(const sq_obs *obs)
{
  bool loops = false;
  for (int c = 0; c < obs->columns; c++) loops = loops || obs->column[c]->loops;
  return loops;
}

PetscErrorCode sq_obs_create(const sq_lattice *lattice, const sq_action *action, sq_obs **obs)
{
  PetscFunctionBeginUser;
  sq_obs *o;
  PetscCall(sq_alloc(1, &o));
  o->lattice = lattice;
  o->action = *action;
  o->components = sq_action_components(action);
  o->orders = sq_action_orders(action);
  o->slices = slices_of(lattice);
  PetscErrorCode unknown = find_columns(o);
  if (unknown) sq_free(&o);
  PetscCall(unknown);
  PetscCall(sq_field_create_components(lattice, 1, o->components, &o->phi));
  PetscCall(sq_halo_create_field(o->phi, reach_of(o), &o->halo));
  if (needs_loops(o)) PetscCall(sq_obs_loops_create(lattice, &o->loops));
  PetscCall(sq_alloc(2 * o->components * lattice->local_volume, &o->term));
  PetscCall(sq_alloc(o->orders * lattice->local_volume, &o->vector));
  PetscCall(sq_alloc(o->sums + o->orders * o->slices, &o->sum));
  PetscCall(sq_alloc(o->orders * o->slices, &o->slice));
  *obs = o;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_obs_destroy(sq_obs **obs)
{
  PetscFunctionBeginUser;
  if (!*obs) PetscFunctionReturn(0);
  PetscCall(sq_halo_destroy(&(*obs)->halo));
  PetscCall(sq_obs_loops_destroy(&(*obs)->loops));
  PetscCall(sq_field_destroy(&(*obs)->phi));
  sq_free(&(*obs)->term);
  sq_free(&(*obs)->vector);
  sq_free(&(*obs)->sum);
  sq_free(&(*obs)->slice);
  sq_free(obs);
  PetscFunctionReturn(0);
}

/* ---- time slices ---- */

/* Adds this rank's sites to sum[L_0]. Direction 0 is the slowest of a block, so a slice is one run of it. */
static void add_slices(const sq_lattice *lattice, const double *block, sq_sum *sum)
{
  int64_t here = lattice->local[lattice->first_dir], run = lattice->local_volume / here;
  for (int64_t t = 0; t < here; t++)
    sq_sum_add_array(&sum[lattice->start[lattice->first_dir] + t], run, block + t * run);
}

PetscErrorCode sq_obs_slices(const sq_lattice *lattice, const double *block, double *slice)
{
  PetscFunctionBeginUser;
  sq_sum *sum;
  int64_t slices = slices_of(lattice);
  PetscCall(sq_alloc(slices, &sum));
  add_slices(lattice, block, sum);
  PetscCall(sq_sum_reduce(lattice->comm, (int)slices, sum));
  for (int64_t t = 0; t < slices; t++) slice[t] = sq_sum_value(&sum[t]);
  sq_free(&sum);
  PetscFunctionReturn(0);
}

void sq_obs_correlator(const sq_lattice *lattice, const double *slice, double *correlator)
{
  int64_t slices = slices_of(lattice);
  for (int64_t t = 0; t < slices; t++) {
    double sum = 0;
    for (int64_t u = 0; u < slices - t; u++) sum += slice[u] * slice[u + t];
    for (int64_t u = slices - t; u < slices; u++) sum += slice[u] * slice[u + t - slices];
    correlator[t] = sum / (double)lattice->volume;
  }
}

/* ---- all columns ---- */

/* The columns that are the largest of all sites. */
static PetscErrorCode find_largest(sq_obs *obs, double *columns)
{
  PetscFunctionBeginUser;
  for (int c = 0; c < obs->columns; c++) {
    if (!obs->column[c]->largest) continue;
    columns[c] = obs->column[c]->largest(obs);
    PetscCall(sq_largest(obs->lattice->comm, &columns[c]));
    if (isinf(columns[c])) columns[c] = NAN; /* as means of such a field are */
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_obs_measure(sq_obs *obs, const double *block, double *columns)
{
  PetscFunctionBeginUser;
  const int64_t volume = obs->lattice->local_volume, slices = obs->orders * obs->slices;
  const double *vector = sq_action_order(&obs->action, volume, block, obs->vector);
  sq_sum *slice = obs->sum + obs->sums, *sum = obs->sum;
  memset(obs->sum, 0, (size_t)(obs->sums + slices) * sizeof *obs->sum);
  obs->block = block;
  sq_field_from_block(obs->phi, block);
  PetscCall(sq_halo_exchange(obs->halo, obs->phi->data));
  if (obs->loops) PetscCall(sq_obs_loops_measure(obs->loops, obs->phi));
  for (int c = 0; c < obs->columns; sum += 1 + obs->column[c++]->more)
    if (obs->column[c]->add) obs->column[c]->add(obs, sum);
  for (int k = 0; k < obs->orders; k++) add_slices(obs->lattice, vector + k * volume, slice + k * obs->slices);
  PetscCall(sq_sum_reduce(obs->lattice->comm, (int)(obs->sums + slices), obs->sum));
  for (int64_t t = 0; t < slices; t++) obs->slice[t] = sq_sum_value(&slice[t]);
  sum = obs->sum;
  for (int c = 0; c < obs->columns; sum += 1 + obs->column[c++]->more)
    columns[c] = obs->column[c]->value ? obs->column[c]->value(obs, sum) :
                                         sq_sum_value(sum) / (double)obs->lattice->volume;
  PetscCall(find_largest(obs, columns));
  PetscFunctionReturn(0);
}

double sq_obs_action(const sq_obs *obs, const double *columns)
{
  const int S = sq_obs_column(obs->action.type, "action_density");
  return S < 0 ? NAN : columns[S] * (double)obs->lattice->volume;
}
