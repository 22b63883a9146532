/* measure: the columns of one configuration, on a lattice shared by several ranks.
 *
 * Every average is an sq_sum of terms that depend on the field alone, so the columns have the same bits on any rank
 * grid. All sums of a configuration, the time slices among them, are reduced in one call. Collective over the lattice.
 */
#include "squall/halo.h"
#include "squall/obs.h"
#include "terms.h"
#include <math.h>
#include <string.h>

const char *const sq_obs_columns[SQ_OBS_COLUMNS] = {
  [SQ_OBS_M] = "M",
  [SQ_OBS_PHI2] = "phi2",
  [SQ_OBS_PHI4] = "phi4",
  [SQ_OBS_LINK] = "link",
  [SQ_OBS_ACTION] = "action_density",
  [SQ_OBS_SCHWINGER_DYSON] = "schwinger_dyson",
  [SQ_OBS_G_PMIN] = "G_pmin",
};

/* The sums of one configuration; the slices follow. */
enum { SUM_PHI2, SUM_PHI4, SUM_LINK, SUM_ACTION, SUM_SCHWINGER_DYSON, SUM_SLICES };

struct sq_obs {
  const sq_lattice *lattice;
  sq_action action;
  sq_field *phi; /* padded copy of the configuration */
  sq_halo *halo;
  double *term;  /* [2][local_volume] */
  sq_sum *sum;   /* [SUM_SLICES + L_0] */
  double *slice; /* [L_0] */
};

static int64_t slices_of(const sq_lattice *lattice)
{
  return lattice->extent[lattice->first_dir];
}

PetscErrorCode sq_obs_create(const sq_lattice *lattice, const sq_action *action, sq_obs **obs)
{
  PetscFunctionBeginUser;
  sq_obs *o;
  PetscCall(sq_alloc(1, &o));
  o->lattice = lattice;
  o->action = *action;
  PetscCall(sq_field_create(lattice, 1, &o->phi));
  PetscCall(sq_halo_create_field(o->phi, SQ_HALO_FACES, &o->halo));
  PetscCall(sq_alloc(2 * lattice->local_volume, &o->term));
  PetscCall(sq_alloc(SUM_SLICES + slices_of(lattice), &o->sum));
  PetscCall(sq_alloc(slices_of(lattice), &o->slice));
  *obs = o;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_obs_destroy(sq_obs **obs)
{
  PetscFunctionBeginUser;
  if (!*obs) PetscFunctionReturn(0);
  PetscCall(sq_halo_destroy(&(*obs)->halo));
  PetscCall(sq_field_destroy(&(*obs)->phi));
  sq_free(&(*obs)->term);
  sq_free(&(*obs)->sum);
  sq_free(&(*obs)->slice);
  sq_free(obs);
  PetscFunctionReturn(0);
}

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
    for (int64_t u = 0; u < slices; u++) sum += slice[u] * slice[(u + t) % slices];
    correlator[t] = sum / (double)lattice->volume;
  }
}

/* |sum_t e^{-ipt} S_t|^2 / V at p = 2 pi / L_0. */
static double lowest_mode_power(int64_t slices, const double *slice, double volume)
{
  double re = 0, im = 0;
  for (int64_t t = 0; t < slices; t++) {
    double angle = 2 * PETSC_PI * (double)t / (double)slices;
    re += cos(angle) * slice[t];
    im += sin(angle) * slice[t];
  }
  return (re * re + im * im) / volume;
}

static void add_links(sq_obs *obs)
{
  const sq_lattice *lattice = obs->lattice;
  int64_t length = lattice->local[3];
  for (int64_t row = 0; row < lattice->local_volume / length; row++) {
    sq_obs_links(length, obs->phi->data + sq_field_row(obs->phi, row), lattice->dim,
                 obs->phi->stride + lattice->first_dir, obs->term);
    sq_sum_add_array(&obs->sum[SUM_LINK], length, obs->term);
  }
}

/* This rank's part of every sum. */
static void add_terms(sq_obs *obs, const double *block)
{
  int64_t n = obs->lattice->local_volume;
  double *first = obs->term, *second = obs->term + n;
  sq_obs_powers(n, block, first, second);
  sq_sum_add_array(&obs->sum[SUM_PHI2], n, first);
  sq_sum_add_array(&obs->sum[SUM_PHI4], n, second);
  add_links(obs);
  obs->action.type->energy(&obs->action, obs->phi, &obs->sum[SUM_ACTION]);
  obs->action.type->smooth->force(&obs->action, obs->phi, first);
  sq_obs_minus_products(n, block, first, second);
  sq_sum_add_array(&obs->sum[SUM_SCHWINGER_DYSON], n, second);
  add_slices(obs->lattice, block, obs->sum + SUM_SLICES);
}

static void fill_columns(sq_obs *obs, double *columns)
{
  double volume = (double)obs->lattice->volume;
  int64_t slices = slices_of(obs->lattice);
  sq_sum total = {{0}};
  for (int64_t t = 0; t < slices; t++) {
    obs->slice[t] = sq_sum_value(&obs->sum[SUM_SLICES + t]);
    sq_sum_merge(&total, &obs->sum[SUM_SLICES + t]);
  }
  columns[SQ_OBS_M] = sq_sum_value(&total) / volume;
  columns[SQ_OBS_PHI2] = sq_sum_value(&obs->sum[SUM_PHI2]) / volume;
  columns[SQ_OBS_PHI4] = sq_sum_value(&obs->sum[SUM_PHI4]) / volume;
  columns[SQ_OBS_LINK] = sq_sum_value(&obs->sum[SUM_LINK]) / volume;
  columns[SQ_OBS_ACTION] = sq_sum_value(&obs->sum[SUM_ACTION]) / volume;
  columns[SQ_OBS_SCHWINGER_DYSON] = sq_sum_value(&obs->sum[SUM_SCHWINGER_DYSON]) / volume;
  columns[SQ_OBS_G_PMIN] = lowest_mode_power(slices, obs->slice, volume);
}

PetscErrorCode sq_obs_measure(sq_obs *obs, const double *block, double *columns)
{
  PetscFunctionBeginUser;
  int64_t sums = SUM_SLICES + slices_of(obs->lattice);
  memset(obs->sum, 0, (size_t)sums * sizeof *obs->sum);
  sq_field_from_block(obs->phi, block);
  PetscCall(sq_halo_exchange(obs->halo, obs->phi->data));
  add_terms(obs, block);
  PetscCall(sq_sum_reduce(obs->lattice->comm, (int)sums, obs->sum));
  fill_columns(obs, columns);
  PetscFunctionReturn(0);
}
