/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: the rows of its tables (table.c), and the object that measures. */
#ifndef SQUALL_OBS_TABLE_H
#define SQUALL_OBS_TABLE_H

#include "squall/halo.h"
#include "squall/obs.h"

/* ---- columns: numbers of one configuration ---- */

typedef struct {
  const char *name;
  const sq_space *space; /* for theories with these numbers alone; NULL: any that no other column of this name is for */
  /* Adds this rank's part of a sum over sites; obs->phi has its rim filled. NULL: none. */
  void (*add)(sq_obs *obs, sq_sum *sum);
  /* The number, from that sum over all ranks and the time slices. NULL: the sum per site. */
  double (*value)(const sq_obs *obs, const sq_sum *sum);
  int more;     /* sums beyond the first */
  bool corners; /* add reads neighbours of neighbours too */
  bool loops;   /* add takes it from obs->loops */
  /* Instead: the largest over all sites, from this rank's. */
  double (*largest)(sq_obs *obs);
} sq_obs_column_type;

/* Wilson loops of R x T plaquettes, R and T from 1 to SQ_LOOPS (loops.c). */
enum { SQ_LOOPS = 4 };
typedef struct sq_obs_loops sq_obs_loops;
/* Collective over the lattice, as the next two. */
PetscErrorCode sq_obs_loops_create(const sq_lattice *lattice, sq_obs_loops **loops);
PetscErrorCode sq_obs_loops_destroy(sq_obs_loops **loops);
/* Adds up this rank's part of all of them; phi has its rim filled. */
PetscErrorCode sq_obs_loops_measure(sq_obs_loops *loops, const sq_field *phi);

struct sq_obs {
  const sq_lattice *lattice;
  sq_action action;
  int columns;
  const sq_obs_column_type *column[SQ_OBS_MOST];
  int components, orders;
  const double *block; /* the configuration, */
  sq_field *phi;       /* a padded copy of it */
  sq_halo *halo;
  int64_t slices;
  double *term;        /* [2][components][local_volume] scratch */
  double *vector;      /* [orders][local_volume] of the order parameter, where that is not the block */
  int sums;            /* of the columns */
  sq_sum *sum;         /* [sums + orders L_0] of the columns, then of the slices of the order parameter's vector */
  double *slice;       /* [orders][L_0] */
  sq_obs_loops *loops; /* where a column is of one; else NULL */
};

extern const sq_obs_column_type *const sq_obs_column_types[]; /* NULL-terminated */
extern const sq_obs_column_type sq_column_M, sq_column_phi2, sq_column_phi4, sq_column_link, sq_column_action_density,
  sq_column_energy, sq_column_M_staggered, sq_column_schwinger_dyson, sq_column_G_pmin, sq_column_abs_M,
  sq_column_helicity_0, sq_column_helicity_1, sq_column_helicity_2, sq_column_helicity_3, sq_column_vortices;
extern const sq_obs_column_type sq_column_Q, sq_column_plaquette, sq_column_wilson_1x1, sq_column_wilson_1x2,
  sq_column_wilson_1x3, sq_column_wilson_1x4, sq_column_wilson_2x1, sq_column_wilson_2x2, sq_column_wilson_2x3,
  sq_column_wilson_2x4, sq_column_wilson_3x1, sq_column_wilson_3x2, sq_column_wilson_3x3, sq_column_wilson_3x4,
  sq_column_wilson_4x1, sq_column_wilson_4x2, sq_column_wilson_4x3, sq_column_wilson_4x4;
extern const sq_obs_column_type sq_column_density_flux, sq_column_phi2_flux, sq_column_winding, sq_column_violations,
  sq_column_kinks;
extern const sq_obs_column_type sq_column_density_complex, sq_column_density_imag, sq_column_current,
  sq_column_density2_complex, sq_column_phi2_complex, sq_column_phi2_imag, sq_column_schwinger_dyson_complex,
  sq_column_drift;

/* Kinks of a path x[sites] (kinks.c): an even number. */
int64_t sq_obs_kinks(int64_t sites, const double *x, double zone);

/* ---- series (squall/obs.h): functions of theirs ---- */

double sq_obs_square(double x);
double sq_obs_fourth(double x);

/* ---- rows: what the means of columns and series say ---- */

typedef struct {
  int dim;
  double volume, two_sin; /* V, 2 sin(pi/L_0) */
  int64_t extent[SQ_DIM]; /* [dim], direction 0 first */
} sq_obs_geometry;

enum { SQ_OBS_ROW_COLUMNS = 4 };

typedef struct {
  const char *name, *about;               /* about: what it is, in words */
  const char *column[SQ_OBS_ROW_COLUMNS]; /* that it needs; none: the one of its name */
  bool needs_momentum, optional;          /* left out for L_0 = 1; where it is NaN */
  bool local; /* a mean over sites of what stands at one place: the volume enters by terms of order exp(-L/xi) alone */
  int least_dim;                                                /* left out in fewer dimensions */
  double (*function)(const double *mean, const void *geometry); /* NULL: the mean */
  void (*gradient)(const double *mean, const void *geometry, double *gradient);
  /* Whether all fields on this lattice have the same of it, whatever they are: its error is 0. NULL: never. */
  bool (*fixed)(const char *name, const sq_obs_geometry *g);
} sq_obs_row_type;

extern const sq_obs_row_type sq_obs_row_types[]; /* ends with {0} */
double sq_obs_susceptibility(const double *mean, const void *geometry);
void sq_obs_susceptibility_gradient(const double *mean, const void *geometry, double *gradient);
double sq_obs_specific_heat(const double *mean, const void *geometry);
void sq_obs_specific_heat_gradient(const double *mean, const void *geometry, double *gradient);
double sq_obs_binder(const double *mean, const void *geometry);
void sq_obs_binder_gradient(const double *mean, const void *geometry, double *gradient);
double sq_obs_correlation_length(const double *mean, const void *geometry);
void sq_obs_correlation_length_gradient(const double *mean, const void *geometry, double *gradient);
double sq_obs_topological(const double *mean, const void *geometry);
void sq_obs_topological_gradient(const double *mean, const void *geometry, double *gradient);
double sq_obs_helicity(const double *mean, const void *geometry);
void sq_obs_helicity_gradient(const double *mean, const void *geometry, double *gradient);
bool sq_obs_fixed_helicity(const char *name, const sq_obs_geometry *g);
bool sq_obs_fixed_loop(const char *name, const sq_obs_geometry *g);

#endif
