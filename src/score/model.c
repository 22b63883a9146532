/* SPDX-License-Identifier: BSD-3-Clause */
/* The model: spectra, scales and weights; its file. */
#include "src/score/places.h"
#include <limits.h>
#include <math.h>
#include <string.h>

/* The correction the network may need, relative to the Gaussian posterior, never less than this: keeps F of order one
 * sensible where the target is exact already (free fields). */
static const double least_correction = 1e-4;

/* physics: variances per site are means over modes; target variance around the Wiener solution is
 * G s^2/(a^2 G + s^2), less s^2/(a^2 + s^2 A) for the mixed target. */
sq_diffusion_model_scales sq_diffusion_model_scales_at(const sq_diffusion_model *model, double a, double s)
{
  const sq_orbits *orbits = &model->orbits;
  double volume = 0, power = 0, posterior = 0, filtered = 0, gained = 0, s2 = s * s, a2 = a * a;
  for (int64_t o = 0; o < orbits->count; o++) {
    double m = (double)orbits->multiplicity[o], G = model->propagator[o], A = model->force_power[o], q = a2 * G + s2;
    volume += m;
    power += m * G;
    posterior += m * G * s2 / q;
    filtered += m * a2 * G * G / q;
    if (model->mixed) gained += m * s2 / (a2 + s2 * A);
  }
  double correction = fmax(posterior - gained, least_correction * posterior);
  return (sq_diffusion_model_scales){.c_in = 1 / sqrt(a2 * power / volume + s2),
                                     .c_w = 1 / sqrt(filtered / volume),
                                     .c_out = sqrt(correction / volume),
                                     .level = log(s / (a * model->s_min)) / log(model->s_max / model->s_min)};
}

PetscErrorCode sq_diffusion_model_destroy(sq_diffusion_model **model)
{
  PetscFunctionBeginUser;
  if (!*model) PetscFunctionReturn(0);
  sq_diffusion_model_clear_places(*model);
  sq_orbits_destroy(&(*model)->orbits);
  sq_free(&(*model)->propagator);
  sq_free(&(*model)->force_power);
  sq_free(&(*model)->weight);
  sq_free(&(*model)->ratio);
  sq_free(&(*model)->curvature);
  sq_free(model);
  PetscFunctionReturn(0);
}

enum { SHAPE_NUMBERS = 7, LEAST_VALUES = 4 };

/* Numbers of action_values in files: of every theory as many as squall's first ones could have, or more. */
static int64_t values_of(const sq_action_type *type)
{
  int64_t count = 0;
  while (type && type->params[count].key) count++;
  return PetscMax(count, LEAST_VALUES);
}

enum { PARTS = 3 };
static const char *const parts[PARTS] = {"zero_mode_weight", "zero_mode_mean", "zero_mode_variance"};

static PetscErrorCode put_zero_mode(const sq_mixture *m, sq_store *store)
{
  PetscFunctionBeginUser;
  const double *part[PARTS] = {m->weight, m->mean, m->variance};
  int64_t count = m->count;
  if (!count) PetscFunctionReturn(0);
  for (int i = 0; i < PARTS; i++) PetscCall(sq_store_put_reals(store, parts[i], 1, &count, part[i]));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_diffusion_model_put(const sq_diffusion_model *model, sq_store *store)
{
  PetscFunctionBeginUser;
  const sq_network_shape *s = &model->shape;
  int64_t shape[SHAPE_NUMBERS] = {s->dim, s->channels, s->blocks, s->width, s->odd, model->mixed, s->levels},
          one = SHAPE_NUMBERS, four = SQ_DIM;
  int64_t orbits = model->orbits.count, values = values_of(model->action.type);
  char text[256];
  sq_action_describe(&model->action, text, sizeof text);
  PetscCall(sq_store_put_text(store, "action", text));
  PetscCall(sq_store_put_text(store, "action_type", model->action.type->name));
  PetscCall(sq_store_put_reals(store, "action_values", 1, &values, model->action.value));
  PetscCall(sq_store_put_ints(store, "shape", 1, &one, shape));
  if (sq_network_components(s) > 1) PetscCall(sq_store_put_int(store, "components", s->components));
  PetscCall(sq_store_put_ints(store, "extents", 1, &four, model->orbits.extent));
  PetscCall(sq_store_put_reals(store, "phat2", 1, &orbits, model->orbits.phat2));
  PetscCall(sq_store_put_reals(store, "propagator", 1, &orbits, model->propagator));
  PetscCall(sq_store_put_reals(store, "force_power", 1, &orbits, model->force_power));
  PetscCall(sq_store_put_real(store, "s_min", model->s_min));
  PetscCall(sq_store_put_real(store, "s_max", model->s_max));
  PetscCall(sq_store_put_reals(store, "weights", 1, &model->parameters, model->weight));
  if (model->levels)
    PetscCall(sq_store_put_reals(store, "posterior_ratio", 2, (int64_t[]){model->levels, orbits}, model->ratio));
  if (model->curvature)
    PetscCall(sq_store_put_reals(store, "curvature", 1, (int64_t[]){model->levels}, model->curvature));
  PetscCall(put_zero_mode(&model->zero_mode, store));
  if (model->place) PetscCall(sq_diffusion_model_put_places(model, store));
  PetscFunctionReturn(0);
}

/* Files of one number a site do not say so. */
static PetscErrorCode get_components(MPI_Comm comm, const sq_store *store, const char *path, sq_diffusion_model *model)
{
  PetscFunctionBeginUser;
  int64_t components = 1;
  const int wanted = sq_action_components(&model->action);
  if (sq_store_has(store, "components")) PetscCall(sq_store_int(store, "components", &components));
  SqCheck(components == wanted, comm, SQ_ERR_DATA,
          "%s: a model of fields with %lld numbers a site, but those of its action %s have %d", path,
          (long long)components, model->action.type->name, wanted);
  if (wanted > 1) model->shape.components = wanted;
  SqCheck(sq_network_valid(&model->shape), comm, SQ_ERR_DATA,
          "%s: a network of %lld components that is not odd is not one of squall's", path, (long long)components);
  PetscFunctionReturn(0);
}

static PetscErrorCode get_shape(MPI_Comm comm, const sq_store *store, const char *path, sq_diffusion_model *model)
{
  PetscFunctionBeginUser;
  const int64_t *shape, *extents;
  const char *action;
  PetscCall(sq_store_ints(store, "shape", SHAPE_NUMBERS, &shape));
  PetscCall(sq_store_ints(store, "extents", SQ_DIM, &extents));
  PetscCall(sq_store_text(store, "action", &action));
  bool sane = true;
  for (int i = 0; i < SHAPE_NUMBERS; i++) sane = sane && shape[i] >= 0 && shape[i] <= INT_MAX;
  model->shape = (sq_network_shape){.dim = (int)shape[0],
                                    .channels = (int)shape[1],
                                    .blocks = (int)shape[2],
                                    .width = (int)shape[3],
                                    .odd = shape[4] != 0,
                                    .levels = (int)shape[6],
                                    .inputs = 2,
                                    .outputs = 1};
  SqCheck(sane && sq_network_valid(&model->shape), comm, SQ_ERR_DATA,
          "%s: a network of %lld channels and %lld blocks in %lld dimensions is not one of squall's", path,
          (long long)shape[1], (long long)shape[2], (long long)shape[0]);
  model->mixed = shape[5] != 0;
  double volume = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    bool used = mu >= SQ_DIM - (int)shape[0];
    SqCheck(extents[mu] >= 1 && (used || extents[mu] == 1), comm, SQ_ERR_DATA, "%s: impossible extents", path);
    volume *= (double)extents[mu];
  }
  SqCheck(volume < 1e9 && sq_orbits_count(extents) == (double)sq_store_length(store, "propagator"), comm, SQ_ERR_DATA,
          "%s: a training lattice of %g sites has not the %lld classes of momenta that are in the file", path, volume,
          (long long)sq_store_length(store, "propagator"));
  SqCheck(sq_action_read(action, model->shape.dim, &model->action), comm, SQ_ERR_DATA,
          "%s is of the action %s, which is none", path, action);
  PetscCall(get_components(comm, store, path, model));
  PetscCall(sq_diffusion_model_get_scan(comm, store, path, model));
  PetscCall(sq_orbits_create(model->shape.dim, extents, &model->orbits));
  PetscFunctionReturn(0);
}

static PetscErrorCode get_calibration(MPI_Comm comm, const sq_store *store, const char *path, sq_diffusion_model *m)
{
  PetscFunctionBeginUser;
  enum { MOST_LEVELS = 4096 };
  int64_t count = sq_store_length(store, "posterior_ratio");
  if (count <= 0) PetscFunctionReturn(0);
  SqCheck(count % m->orbits.count == 0 && count / m->orbits.count >= 2 && count / m->orbits.count <= MOST_LEVELS, comm,
          SQ_ERR_DATA, "%s: a calibration of %lld numbers for %lld orbits", path, (long long)count,
          (long long)m->orbits.count);
  m->levels = (int)(count / m->orbits.count);
  PetscCall(sq_model_get_positive(comm, store, path, "posterior_ratio", count, &m->ratio));
  PetscFunctionReturn(0);
}

static PetscErrorCode get_curvature(MPI_Comm comm, const sq_store *store, const char *path, sq_diffusion_model *m)
{
  PetscFunctionBeginUser;
  const double *values;
  if (!sq_store_has(store, "curvature")) PetscFunctionReturn(0);
  PetscCall(sq_store_reals(store, "curvature", m->levels, &values));
  for (int k = 0; k < m->levels; k++)
    SqCheck(isfinite(values[k]), comm, SQ_ERR_DATA, "%s: curvature %d is not a number", path, k);
  PetscCall(sq_alloc(m->levels, &m->curvature));
  memcpy(m->curvature, values, (size_t)m->levels * sizeof *values);
  PetscFunctionReturn(0);
}

static PetscErrorCode get_zero_mode(MPI_Comm comm, const sq_store *store, const char *path, sq_diffusion_model *m)
{
  PetscFunctionBeginUser;
  if (!sq_store_has(store, parts[0])) PetscFunctionReturn(0);
  const int64_t count = sq_store_length(store, parts[0]);
  double *part[PARTS] = {m->zero_mode.weight, m->zero_mode.mean, m->zero_mode.variance};
  const double *values;
  SqCheck(count >= 1 && count <= SQ_MIXTURE, comm, SQ_ERR_DATA, "%s: a zero mode of %lld normal distributions", path,
          (long long)count);
  m->zero_mode.count = (int)count;
  for (int i = 0; i < PARTS; i++) {
    PetscCall(sq_store_reals(store, parts[i], count, &values));
    memcpy(part[i], values, (size_t)count * sizeof *values);
  }
  SqCheck(sq_mixture_valid(&m->zero_mode), comm, SQ_ERR_DATA, "%s: the distribution of its zero mode is none", path);
  PetscFunctionReturn(0);
}

static PetscErrorCode get_all(MPI_Comm comm, const sq_store *store, const char *path, sq_diffusion_model *m)
{
  PetscFunctionBeginUser;
  PetscCall(get_shape(comm, store, path, m));
  PetscCall(sq_model_get_positive(comm, store, path, "propagator", m->orbits.count, &m->propagator));
  PetscCall(sq_model_get_positive(comm, store, path, "force_power", m->orbits.count, &m->force_power));
  PetscCall(sq_store_real(store, "s_min", &m->s_min));
  PetscCall(sq_store_real(store, "s_max", &m->s_max));
  SqCheck(m->s_min > 0 && m->s_max > m->s_min && isfinite(m->s_max), comm, SQ_ERR_DATA,
          "%s: noise levels from %g to %g", path, m->s_min, m->s_max);
  const double *weight;
  m->parameters = sq_network_parameters(&m->shape);
  PetscCall(sq_store_reals(store, "weights", m->parameters, &weight));
  PetscCall(sq_alloc(m->parameters, &m->weight));
  for (int64_t i = 0; i < m->parameters; i++) {
    SqCheck(isfinite(weight[i]), comm, SQ_ERR_DATA, "%s: weight %lld is not a number", path, (long long)i);
    m->weight[i] = weight[i];
  }
  PetscCall(get_calibration(comm, store, path, m));
  PetscCall(get_curvature(comm, store, path, m));
  PetscCall(get_zero_mode(comm, store, path, m));
  if (m->scan.axes) PetscCall(sq_diffusion_model_get_places(comm, store, path, m));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_diffusion_model_get(MPI_Comm comm, const sq_store *store, const char *path,
                                      sq_diffusion_model **model)
{
  PetscFunctionBeginUser;
  sq_diffusion_model *m;
  PetscCall(sq_alloc(1, &m));
  PetscErrorCode code = get_all(comm, store, path, m);
  if (code) PetscCall(sq_diffusion_model_destroy(&m));
  PetscCall(code);
  *model = m;
  PetscFunctionReturn(0);
}
