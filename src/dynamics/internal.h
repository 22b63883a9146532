/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: what the trajectories of all chains share, their parts, and the arithmetic. */
#ifndef SQUALL_DYNAMICS_INTERNAL_H
#define SQUALL_DYNAMICS_INTERNAL_H

#include "squall/dynamics.h"

struct sq_md {
  const sq_lattice *lattice; /* not owned */
  sq_action action;
  const sq_integrator *integrator;
  int components;                       /* of fields, [components][padded sites], and blocks, [components][sites] */
  int64_t numbers;                      /* of a block: components times sites of this rank */
  sq_halo *halo, *halo_cut;             /* the rim; without the last direction where that is not cut */
  int64_t rows, *row;                   /* index of the first site of each interior row in a field of halo 1, */
  int64_t all_rows;                     /* row[all_rows]: of every component, one after the other */
  int orders, sums;                     /* sums that make the order parameter; all sums (enum below) */
  double *momentum;                     /* block, at the beginning and the end of a trajectory */
  sq_field *end, *before;               /* of a trajectory: its last field, rim filled; the one before it */
  double *end_force;                    /* block: the force at its last field */
  int64_t planes, front;                /* of a block; steps that go through it in one wavefront, 1: sweep by sweep */
  bool torus;                           /* fields in between have no rims (torus.c); then: */
  int64_t together, parts;              /* planes that the front takes at once; parts of the second direction */
  int64_t *dense_row;                   /* [rows] index of the first site of a row without rims */
  int64_t slab, follow;                 /* planes that ends.c takes at once; rows whose sites follow each other */
  sq_clusters *clusters;                /* made when first used */
  sq_fluxes *fluxes;                    /* as these */
  double mass;                          /* of Fourier acceleration; 0: none */
  sq_fft *fft;                          /* made when first used, with what follows */
  double *kernel, *root, *inverse_root; /* [orbits] of the velocities' covariance */
  double *velocity, *pull;              /* blocks: kernel * momenta, kernel * force */
};

/* Rows of the tables. */
extern const sq_integrator sq_integrator_omelyan, sq_integrator_leapfrog, sq_integrator_omf4;
extern const sq_langevin_scheme sq_langevin_euler, sq_langevin_second, sq_langevin_adjusted;

/* Sums over sites, md->sums of them: S; sum phi F; the kinetic energy at the beginning and the end of a trajectory; for
 * each component the one or two of which the order parameter is made. */
enum {
  SQ_MD_ACTION,
  SQ_MD_VIRIAL,
  SQ_MD_KINETIC,
  SQ_MD_KINETIC_END,
  SQ_MD_ORDER,
  SQ_MD_SUMS = SQ_MD_ORDER + 2 * SQ_COMPONENTS
};

/* Normal numbers in a block; imaginary parts (sq_action_complexified) are 0. Not collective. */
void sq_md_normals(const sq_md *md, sq_stream stream, uint64_t step, uint16_t draw, double *block);
/* Fills the rim and computes force[block]. Collective over the domain. */
PetscErrorCode sq_md_force(sq_md *md, sq_field *phi, double *force);
/* From phi, with the force there, and md->momentum by steps steps of eps to md->end, md->end_force and md->momentum;
 * phi and force stay. Collective over the domain. */
PetscErrorCode sq_md_integrate(sq_md *md, const sq_field *phi, const double *force, double eps, int64_t steps);
/* The drifts after the first, whose field is in md->end without its rim: md->end becomes the last field, md->before the
 * one before it. phi: the field at the beginning. */
PetscErrorCode sq_md_drifts(sq_md *md, const sq_field *phi, double eps, int64_t drifts);
/* A field by its rows: row r is data[row[r]] and the sites after it. */
typedef struct {
  double *data; /* not owned, as row */
  const int64_t *row;
} sq_md_rows;

/* Where the first drift of so many puts its field; the field before the last one, after the drifts. Not collective. */
sq_md_rows sq_md_first_rows(const sq_md *md, int64_t drifts);
sq_md_rows sq_md_rows_before(const sq_md *md, const sq_field *phi, int64_t drifts);
/* torus.c: whether fields in between need no rims, and how the front goes through them; sq_md_drifts there. Not
 * collective. */
PetscErrorCode sq_md_choose_torus(sq_md *md);
void sq_md_torus_drifts(sq_md *md, const sq_field *phi, double eps, int64_t drifts);
/* Their field number k, from 0 to drifts. */
sq_sites sq_md_torus_field(const sq_md *md, const sq_field *phi, int64_t drifts, int64_t k);
/* The same with Fourier acceleration. */
PetscErrorCode sq_md_integrate_fourier(sq_md *md, const sq_field *phi, const double *force, double eps, int64_t steps);
/* Drift k of a trajectory, counted from 0, and the kick after it, which is not the last, in units of eps. */
double sq_md_drift_at(const sq_integrator *scheme, int64_t k);
double sq_md_kick_after(const sq_integrator *scheme, int64_t k);
/* out = the block filtered, each component by itself; out may be block. Collective over the domain. */
PetscErrorCode sq_md_filter(const sq_md *md, const double *multiplier, const double *block, double *out);
/* Frees what Fourier acceleration made. */
PetscErrorCode sq_md_forget_fourier(sq_md *md);
/* Exchanges phi and force with those at the end of the trajectory. Not collective. */
void sq_md_take(sq_md *md, sq_field **phi, double **force);
/* Force and observables at a field that was just put into a chain. Collective over the domain. */
PetscErrorCode sq_chain_settle(sq_chain *chain);
/* Counts a unit without a decision. Not collective. */
void sq_chain_moved(sq_chain *chain);
/* The same where the numbers were turned or wrapped since: a chain goes on from its field alone. Collective over the
 * domain. */
PetscErrorCode sq_chain_ready(sq_chain *chain);
/* Angles go back to their interval. Not collective. */
void sq_chain_wrap(sq_chain *chain);
/* Takes the chain's observables from reduced sums. Not collective. */
void sq_chain_observe(sq_chain *chain, const sq_sum sum[SQ_MD_SUMS]);
/* This rank's part of the sums at phi, whose rim is filled; kinetic energies are 0. Not collective. */
void sq_md_sums(const sq_md *md, const sq_field *phi, const double *force, sq_sum sum[SQ_MD_SUMS]);
/* The same, after its rim is filled and the force made. Collective over the domain. */
PetscErrorCode sq_md_settle(sq_md *md, sq_field *phi, double *force, sq_sum sum[SQ_MD_SUMS]);
/* A trajectory from phi and the force there, with momenta from these addresses, to md->end and md->end_force; this
 * rank's part of the sums there and of the kinetic energies of both ends. md->momentum is for anyone's use. Collective
 * over the domain. */
PetscErrorCode sq_md_trajectory(sq_md *md, const sq_field *phi, const double *force, double eps, int64_t steps,
                                sq_stream stream, uint64_t step, sq_sum sum[SQ_MD_SUMS]);

/* ---- kernels: plain arrays; row[rows] are the indices of runs of length contiguous sites of a padded field ---- */

/* next = field + drift (momentum + kick force), the first of a trajectory; momentum and force are blocks, next has rows
 * of its own. */
void sq_md_first(int64_t rows, int64_t length, const int64_t *row, double drift, double kick, const double *momentum,
                 const double *force, const double *field, const int64_t *next_row, double *next);
/* momentum = inverse_drift (field - previous) + kick force, the last; previous has rows of its own. */
void sq_md_last(int64_t rows, int64_t length, const int64_t *row, double inverse_drift, double kick,
                const double *force, const int64_t *previous_row, const double *previous, const double *field,
                double *momentum);
/* momentum += kick force, n numbers. */
void sq_md_kick(int64_t n, double kick, const double *force, double *momentum);
/* field += drift momentum, which is a block. */
void sq_md_drift(int64_t rows, int64_t length, const int64_t *row, double drift, const double *momentum, double *field);
/* field = the move of it */
void sq_md_move_rows(int64_t rows, int64_t length, const int64_t *row, sq_symmetry move, double *field);
/* Adds x[n]^2/2 to sum. */
void sq_md_sum_half_squares(int64_t n, const double *x, sq_sum *sum);
/* The largest sum of squares of number components of a site, block[components][sites]; infinite where one is not a
 * number. */
double sq_md_largest_square(int components, int64_t sites, const double *block);
/* out[n] = sign x y. */
void sq_md_products(int64_t n, double sign, const double *x, const double *y, double *out);
/* out[n] = half the squares of the last momenta (sq_md_last). */
void sq_md_last_squares(int64_t n, double inverse_drift, double kick, const double *force, const double *previous,
                        const double *field, double *out);

#endif
