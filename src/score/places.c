/* SPDX-License-Identifier: BSD-3-Clause */
/* A model of many couplings: what it knows at the places where it learned, between them, and in a file. */
#include "src/score/places.h"
#include <math.h>
#include <string.h>

/* ---- places ---- */

PetscErrorCode sq_diffusion_model_make_places(sq_diffusion_model *model)
{
  PetscFunctionBeginUser;
  const int places = sq_scan_places(&model->scan);
  PetscCall(sq_alloc(places, &model->place));
  for (int k = 0; k < places; k++) {
    sq_diffusion_model *at = &model->place[k];
    *at = (sq_diffusion_model){.shape = model->shape, .orbits = model->orbits, .mixed = model->mixed};
    sq_scan_action(&model->scan, &model->action, k, &at->action);
    PetscCall(sq_alloc(model->orbits.count, &at->propagator));
    PetscCall(sq_alloc(model->orbits.count, &at->force_power));
  }
  PetscFunctionReturn(0);
}

/* Orbits are the model's. */
void sq_diffusion_model_clear_places(sq_diffusion_model *model)
{
  for (int k = 0; model->place && k < sq_scan_places(&model->scan); k++) {
    sq_free(&model->place[k].propagator);
    sq_free(&model->place[k].force_power);
    sq_free(&model->place[k].ratio);
    sq_free(&model->place[k].curvature);
  }
  sq_free(&model->place);
}

/* ---- between them ---- */

static double *propagator_of(sq_diffusion_model *m)
{
  return m->propagator;
}

static double *force_power_of(sq_diffusion_model *m)
{
  return m->force_power;
}

static double *ratio_of(sq_diffusion_model *m)
{
  return m->ratio;
}

static double *curvature_of(sq_diffusion_model *m)
{
  return m->curvature;
}

static double *lowest_of(sq_diffusion_model *m)
{
  return &m->s_min;
}

static double *highest_of(sq_diffusion_model *m)
{
  return &m->s_max;
}

/* out = exp(sum of weight log x) for count numbers of the places; at a place it is what is there, to the bit. */
static void interpolate(const sq_diffusion_model *model, const double *weight, double *(*part)(sq_diffusion_model *m),
                        int64_t count, double *out)
{
  const int places = sq_scan_places(&model->scan);
  for (int64_t i = 0; i < count; i++) {
    double sum = 0, hit = 0;
    for (int k = 0; k < places; k++) {
      if (weight[k] == 1) hit = part(&model->place[k])[i];
      if (weight[k] != 0) sum += weight[k] * log(part(&model->place[k])[i]);
    }
    out[i] = hit > 0 ? hit : exp(sum);
  }
}

/* The curvature at every level, which has either sign: the sum of weight x; none where a place has none. */
static PetscErrorCode mean_curvature(const sq_diffusion_model *model, const double *weight, sq_diffusion_model *to)
{
  PetscFunctionBeginUser;
  const int places = sq_scan_places(&model->scan);
  sq_free(&to->curvature);
  for (int k = 0; k < places; k++)
    if (!model->place[k].curvature) PetscFunctionReturn(0);
  PetscCall(sq_alloc(to->levels, &to->curvature));
  for (int i = 0; i < to->levels; i++)
    for (int k = 0; k < places; k++) to->curvature[i] += weight[k] * model->place[k].curvature[i];
  PetscFunctionReturn(0);
}

/* Where a normal distribution does as well, a place says nothing. */
static sq_mixture zero_mode_of(const sq_diffusion_model *place)
{
  if (place->zero_mode.count) return place->zero_mode;
  return (sq_mixture){.count = 1, .weight = {1}, .variance = {place->propagator[0]}};
}

static void mean_zero_mode(const sq_diffusion_model *model, const double *weight, sq_diffusion_model *to)
{
  const int places = sq_scan_places(&model->scan);
  sq_mixture near[SQ_SCAN_PLACES];
  double share[SQ_SCAN_PLACES];
  int count = 0, known = 0;
  for (int k = 0; k < places; k++) {
    if (weight[k] == 0) continue;
    share[count] = weight[k];
    near[count++] = zero_mode_of(&model->place[k]);
    known += model->place[k].zero_mode.count > 0;
  }
  to->zero_mode = (sq_mixture){0};
  if (known && count == 1) to->zero_mode = near[0];
  else if (known) sq_mixture_between(count, near, share, model->shape.odd, &to->zero_mode);
}

/* What is known at an action, into `to`, whose arrays are made where they are missing. */
static PetscErrorCode know(const sq_diffusion_model *model, const sq_action *action, sq_diffusion_model *to)
{
  PetscFunctionBeginUser;
  const int64_t orbits = model->orbits.count;
  double weight[SQ_SCAN_PLACES];
  sq_scan_weights(&model->scan, action, weight);
  if (!to->propagator) PetscCall(sq_alloc(orbits, &to->propagator));
  if (!to->force_power) PetscCall(sq_alloc(orbits, &to->force_power));
  interpolate(model, weight, propagator_of, orbits, to->propagator);
  interpolate(model, weight, force_power_of, orbits, to->force_power);
  interpolate(model, weight, lowest_of, 1, &to->s_min);
  interpolate(model, weight, highest_of, 1, &to->s_max);
  mean_zero_mode(model, weight, to);
  sq_free(&to->ratio);
  to->levels = model->place[0].levels;
  if (!to->levels) PetscFunctionReturn(0);
  PetscCall(sq_alloc(to->levels * orbits, &to->ratio));
  interpolate(model, weight, ratio_of, to->levels * orbits, to->ratio);
  PetscCall(mean_curvature(model, weight, to));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_diffusion_model_settle(sq_diffusion_model *model)
{
  PetscFunctionBeginUser;
  PetscCall(know(model, &model->action, model));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_diffusion_model_at(const sq_diffusion_model *model, const sq_action *action, sq_diffusion_model **one)
{
  PetscFunctionBeginUser;
  sq_diffusion_model *m;
  double position[SQ_SCAN_AXES];
  PetscCheck(model->place && sq_scan_outside(&model->scan, action) < 0, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "couplings outside of the range of the model");
  PetscCall(sq_alloc(1, &m));
  *m = (sq_diffusion_model){.shape = model->shape, .action = *action, .mixed = model->mixed};
  m->shape.conditions = 0;
  m->parameters = sq_network_parameters(&m->shape);
  PetscCall(sq_orbits_create(model->shape.dim, model->orbits.extent, &m->orbits));
  PetscCall(know(model, action, m));
  PetscCall(sq_alloc(m->parameters, &m->weight));
  sq_scan_position(&model->scan, action, position);
  sq_network_fix(&model->shape, position, model->weight, m->weight);
  *one = m;
  PetscFunctionReturn(0);
}

/* ---- in a file ---- */

enum { PARTS = 3 };
static const char *const parts[PARTS] = {"scan_zero_mode_weight", "scan_zero_mode_mean", "scan_zero_mode_variance"};

static double *part_of(sq_mixture *m, int part)
{
  return part == 0 ? m->weight : part == 1 ? m->mean : m->variance;
}

/* How many normal distributions at each place, and room for the most. */
static PetscErrorCode put_zero_modes(const sq_diffusion_model *model, sq_store *store)
{
  PetscFunctionBeginUser;
  const int64_t places = sq_scan_places(&model->scan);
  int64_t count[SQ_SCAN_PLACES], most = 0;
  double *all;
  for (int64_t k = 0; k < places; k++) most = PetscMax(most, count[k] = model->place[k].zero_mode.count);
  if (!most) PetscFunctionReturn(0);
  PetscCall(sq_store_put_ints(store, "scan_zero_mode_counts", 1, &places, count));
  for (int i = 0; i < PARTS; i++) {
    PetscCall(sq_alloc(places * most, &all));
    for (int64_t k = 0; k < places; k++)
      memcpy(all + k * most, part_of(&model->place[k].zero_mode, i), (size_t)count[k] * sizeof *all);
    PetscErrorCode code = sq_store_put_reals(store, parts[i], 2, (int64_t[]){places, most}, all);
    sq_free(&all);
    PetscCall(code);
  }
  PetscFunctionReturn(0);
}

/* Numbers of all places, one after the other. */
static PetscErrorCode put(const sq_diffusion_model *model, const char *name, double *(*part)(sq_diffusion_model *m),
                          int64_t count, sq_store *store)
{
  PetscFunctionBeginUser;
  const int64_t places = sq_scan_places(&model->scan);
  double *all;
  PetscCall(sq_alloc(places * count, &all));
  for (int64_t k = 0; k < places; k++) memcpy(all + k * count, part(&model->place[k]), (size_t)count * sizeof *all);
  PetscErrorCode code = sq_store_put_reals(store, name, 2, (int64_t[]){places, count}, all);
  sq_free(&all);
  PetscCall(code);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_diffusion_model_put_places(const sq_diffusion_model *model, sq_store *store)
{
  PetscFunctionBeginUser;
  const sq_scan *scan = &model->scan;
  const int64_t orbits = model->orbits.count, axes = scan->axes;
  int64_t parameter[SQ_SCAN_AXES], count[SQ_SCAN_AXES], values = 0;
  double value[SQ_SCAN_AXES * SQ_SCAN_VALUES];
  for (int i = 0; i < axes; i++) {
    parameter[i] = scan->parameter[i];
    count[i] = scan->count[i];
    memcpy(value + values, scan->value[i], (size_t)count[i] * sizeof *value);
    values += count[i];
  }
  PetscCall(sq_store_put_ints(store, "scan_parameters", 1, &axes, parameter));
  PetscCall(sq_store_put_ints(store, "scan_counts", 1, &axes, count));
  PetscCall(sq_store_put_reals(store, "scan_values", 1, &values, value));
  PetscCall(put(model, "scan_propagator", propagator_of, orbits, store));
  PetscCall(put(model, "scan_force_power", force_power_of, orbits, store));
  PetscCall(put(model, "scan_s_min", lowest_of, 1, store));
  PetscCall(put(model, "scan_s_max", highest_of, 1, store));
  if (model->place[0].levels)
    PetscCall(put(model, "scan_posterior_ratio", ratio_of, model->place[0].levels * orbits, store));
  if (model->place[0].curvature) PetscCall(put(model, "scan_curvature", curvature_of, model->place[0].levels, store));
  PetscCall(put_zero_modes(model, store));
  PetscFunctionReturn(0);
}

static int parameters_of(const sq_action_type *type)
{
  int count = 0;
  while (type->params[count].key) count++;
  return count;
}

/* Axis i of a scan; its values begin at `from`. */
static bool axis_is_good(const sq_scan *scan, int i, int parameters)
{
  bool good = scan->parameter[i] >= 0 && scan->parameter[i] < parameters &&
              (i == 0 || scan->parameter[i] > scan->parameter[i - 1]);
  for (int k = 0; k < scan->count[i]; k++)
    good = good && isfinite(scan->value[i][k]) && (k == 0 || scan->value[i][k] > scan->value[i][k - 1]);
  return good;
}

static bool counts_are_good(int64_t axes, const int64_t *parameter, const int64_t *count, int64_t values)
{
  int64_t sum = 0, places = 1;
  for (int i = 0; i < axes; i++) {
    if (count[i] < 2 || count[i] > SQ_SCAN_VALUES || parameter[i] < 0 || parameter[i] >= SQ_ACTION_PARAMETERS)
      return false;
    sum += count[i];
    places *= count[i];
    if (places > SQ_SCAN_PLACES) return false;
  }
  return sum == values;
}

PetscErrorCode sq_diffusion_model_get_scan(MPI_Comm comm, const sq_store *store, const char *path,
                                           sq_diffusion_model *model)
{
  PetscFunctionBeginUser;
  sq_scan *scan = &model->scan;
  const int64_t axes = sq_store_length(store, "scan_parameters"), values = sq_store_length(store, "scan_values");
  const int64_t *parameter, *count;
  const double *value;
  if (axes <= 0) PetscFunctionReturn(0);
  SqCheck(axes <= SQ_SCAN_AXES, comm, SQ_ERR_DATA, "%s: a model of %lld couplings, at most %d are possible", path,
          (long long)axes, SQ_SCAN_AXES);
  PetscCall(sq_store_ints(store, "scan_parameters", axes, &parameter));
  PetscCall(sq_store_ints(store, "scan_counts", axes, &count));
  bool good = counts_are_good(axes, parameter, count, values);
  if (good) PetscCall(sq_store_reals(store, "scan_values", values, &value));
  for (int i = 0; good && i < axes; i++) {
    scan->parameter[i] = (int)parameter[i];
    scan->count[i] = (int)count[i];
    memcpy(scan->value[i], value, (size_t)count[i] * sizeof *value);
    value += count[i];
    good = axis_is_good(scan, i, parameters_of(model->action.type));
  }
  scan->axes = (int)axes;
  good = good && sq_scan_outside(scan, &model->action) < 0;
  if (!good) *scan = (sq_scan){0};
  SqCheck(good, comm, SQ_ERR_DATA, "%s: its couplings (scan_values) are none of the action %s", path,
          model->action.type->name);
  model->shape.conditions = scan->axes;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_model_get_positive(MPI_Comm comm, const sq_store *store, const char *path, const char *name,
                                     int64_t count, double **out)
{
  PetscFunctionBeginUser;
  const double *values;
  PetscCall(sq_store_reals(store, name, count, &values));
  for (int64_t i = 0; i < count; i++)
    SqCheck(values[i] > 0 && isfinite(values[i]), comm, SQ_ERR_DATA, "%s: %s[%lld] = %g is not a positive number", path,
            name, (long long)i, values[i]);
  PetscCall(sq_alloc(count, out));
  memcpy(*out, values, (size_t)count * sizeof **out);
  PetscFunctionReturn(0);
}

/* Count numbers of each place, to where `part` says. */
static PetscErrorCode get(MPI_Comm comm, const sq_store *store, const char *path, const char *name,
                          double *(*part)(sq_diffusion_model *m), int64_t count, sq_diffusion_model *model)
{
  PetscFunctionBeginUser;
  const int places = sq_scan_places(&model->scan);
  double *all;
  PetscCall(sq_model_get_positive(comm, store, path, name, places * count, &all));
  for (int k = 0; k < places; k++) memcpy(part(&model->place[k]), all + k * count, (size_t)count * sizeof *all);
  sq_free(&all);
  PetscFunctionReturn(0);
}

static PetscErrorCode get_curvatures(MPI_Comm comm, const sq_store *store, const char *path, sq_diffusion_model *model)
{
  PetscFunctionBeginUser;
  const char *name = "scan_curvature";
  const int64_t levels = model->levels, count = sq_scan_places(&model->scan) * levels;
  const double *values;
  if (!levels || !sq_store_has(store, name)) PetscFunctionReturn(0);
  PetscCall(sq_store_reals(store, name, count, &values));
  for (int64_t i = 0; i < count; i++)
    SqCheck(isfinite(values[i]), comm, SQ_ERR_DATA, "%s: %s[%lld] is not a number", path, name, (long long)i);
  for (int k = 0; k < sq_scan_places(&model->scan); k++) {
    PetscCall(sq_alloc(levels, &model->place[k].curvature));
    memcpy(model->place[k].curvature, values + k * levels, (size_t)levels * sizeof *values);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode get_zero_modes(MPI_Comm comm, const sq_store *store, const char *path, sq_diffusion_model *model)
{
  PetscFunctionBeginUser;
  const int64_t places = sq_scan_places(&model->scan), *count;
  int64_t most = 0;
  const double *all;
  if (!sq_store_has(store, "scan_zero_mode_counts")) PetscFunctionReturn(0);
  PetscCall(sq_store_ints(store, "scan_zero_mode_counts", places, &count));
  for (int64_t k = 0; k < places; k++) {
    SqCheck(count[k] >= 0 && count[k] <= SQ_MIXTURE, comm, SQ_ERR_DATA, "%s: a zero mode of %lld normal distributions",
            path, (long long)count[k]);
    model->place[k].zero_mode.count = (int)count[k];
    most = PetscMax(most, count[k]);
  }
  for (int i = 0; i < PARTS; i++) {
    PetscCall(sq_store_reals(store, parts[i], places * most, &all));
    for (int64_t k = 0; k < places; k++)
      memcpy(part_of(&model->place[k].zero_mode, i), all + k * most, (size_t)count[k] * sizeof *all);
  }
  for (int64_t k = 0; k < places; k++)
    SqCheck(!count[k] || sq_mixture_valid(&model->place[k].zero_mode), comm, SQ_ERR_DATA,
            "%s: the distribution of its zero mode at coupling %lld is none", path, (long long)k);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_diffusion_model_get_places(MPI_Comm comm, const sq_store *store, const char *path,
                                             sq_diffusion_model *model)
{
  PetscFunctionBeginUser;
  const int64_t orbits = model->orbits.count;
  PetscCall(sq_diffusion_model_make_places(model));
  PetscCall(get(comm, store, path, "scan_propagator", propagator_of, orbits, model));
  PetscCall(get(comm, store, path, "scan_force_power", force_power_of, orbits, model));
  PetscCall(get(comm, store, path, "scan_s_min", lowest_of, 1, model));
  PetscCall(get(comm, store, path, "scan_s_max", highest_of, 1, model));
  for (int k = 0; k < sq_scan_places(&model->scan); k++) {
    sq_diffusion_model *at = &model->place[k];
    SqCheck(at->s_max > at->s_min, comm, SQ_ERR_DATA, "%s: noise levels from %g to %g", path, at->s_min, at->s_max);
    at->levels = model->levels;
    PetscCall(sq_alloc(at->levels * orbits, &at->ratio));
  }
  if (model->levels) PetscCall(get(comm, store, path, "scan_posterior_ratio", ratio_of, model->levels * orbits, model));
  PetscCall(get_curvatures(comm, store, path, model));
  PetscCall(get_zero_modes(comm, store, path, model));
  PetscFunctionReturn(0);
}
