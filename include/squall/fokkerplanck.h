/* SPDX-License-Identifier: BSD-3-Clause */
/* fokkerplanck: stochastic quantisation of one or two sites as a partial differential equation, and as walkers.
 *
 * The Langevin equation dphi/dtau = -dS/dphi + eta, <eta eta'> = 2 alpha delta, has the probability density
 *   dP/dtau = sum_x d/dphi_x ( alpha d/dphi_x + dS/dphi_x ) P,
 * with the equilibrium exp(-S/alpha)/Z and no flux through the edges of a box outside of which nothing is left. It is
 * solved by finite volumes with the fluxes of Scharfetter and Gummel (IEEE Trans. Electron Devices 16 (1969) 64; for
 * this equation Chang and Cooper, J. Comput. Phys. 6 (1970) 1), J = alpha/h ( B(w) P_i - B(-w) P_{i+1} ),  w = (S_{i+1}
 * - S_i)/alpha,  B(w) = w/(e^w - 1), which vanish exactly on P_i ~ exp(-S_i/alpha), and implicit Euler steps: I - dtau
 * L has columns that add up to 1 and no positive number off its diagonal, so mass stays and P stays positive whatever
 * the step. Second order in the spacing h, first in the step.
 *
 * Functions on a density are collective over its communicator, unless a comment says otherwise.
 */
#ifndef SQUALL_FOKKERPLANCK_H
#define SQUALL_FOKKERPLANCK_H

#include "squall/action.h"
#include "squall/stats.h"

SQ_C_BEGIN

enum { SQ_FP_SITES = 2, SQ_FP_MODES = 6 };

typedef struct {
  sq_action action;
  int64_t extent[SQ_DIM]; /* action.dim of them; one or two sites in all */
  double alpha;           /* strength of the noise, > 0 */
  double reach;           /* every phi_x in [-reach, reach] */
  int points;             /* cells in each direction */
} sq_fokker_planck_problem;

/* Sites of the lattice; cells of a grid with that many in each direction. Not collective. */
int64_t sq_fokker_planck_sites(const sq_fokker_planck_problem *problem);
int64_t sq_fokker_planck_cells(const sq_fokker_planck_problem *problem, int each);
/* The smallest box, nearly, on whose edges S/alpha is at least `height` above its minimum. Error: SQ_ERR_INPUT for more
 * than two sites. Not collective. */
PetscErrorCode sq_fokker_planck_reach(const sq_action *action, const int64_t extent[], double alpha, double height,
                                      double *reach);

/* ---- the density ---- */
typedef struct sq_fokker_planck sq_fokker_planck;

/* Cells shared out to the ranks of comm (own duplicate). Errors: SQ_ERR_INPUT. Collective, as all of these. */
PetscErrorCode sq_fokker_planck_create(MPI_Comm comm, const sq_fokker_planck_problem *problem, sq_fokker_planck **fp);
PetscErrorCode sq_fokker_planck_destroy(sq_fokker_planck **fp);
/* P = a Gaussian around centre[sites], the average over each cell; its tails beyond the box are left out (normalised).
 */
PetscErrorCode sq_fokker_planck_start(sq_fokker_planck *fp, const double centre[], double width);
/* Forward by time, in that many equal implicit steps. Rounding alone moves mass, about 1e-16 alpha/h^2 per unit of
 * time; it is put back by scaling P. */
PetscErrorCode sq_fokker_planck_advance(sq_fokker_planck *fp, double time, int64_t steps);

typedef struct {
  double mass, leak;       /* integral of P; what rounding had added to it since the start, before it was scaled back */
  double minimum;          /* the smallest P of a cell */
  double relative_entropy; /* int P log(P/P_eq), P_eq the equilibrium on this grid */
  double M, M2;            /* means of the average of phi over sites, and of its square */
} sq_fokker_planck_state;

/* The state now. */
PetscErrorCode sq_fokker_planck_measure(const sq_fokker_planck *fp, sq_fokker_planck_state *state);
/* density[points^sites] on every rank, row-major, the last site fastest: P, or with equilibrium exp(-S/alpha)/Z at the
 * centres of the cells. */
PetscErrorCode sq_fokker_planck_density(const sq_fokker_planck *fp, bool equilibrium, double *density);
/* share[bins^sites] on every rank: the probability of each bin, of P or of the equilibrium; points is a multiple of
 * bins.
 */
PetscErrorCode sq_fokker_planck_shares(const sq_fokker_planck *fp, bool equilibrium, int bins, double *share);
/* log of the integral of exp(-S/alpha) by the sum over cells. Not collective. */
double sq_fokker_planck_log_Z(const sq_fokker_planck *fp);
/* The lowest `count` decay rates, rate[0] = 0 of the equilibrium, and weight[n], the share of each in the equilibrium's
 * variance of M: the autocorrelation of M is sum_{n>0} weight[n] exp(-rate[n] tau), up to what is not counted.
 * Eigenvalues of the symmetrised operator, by inverse iteration of a subspace. Errors: SQ_ERR_INPUT for more modes than
 * there are cells to resolve them. */
PetscErrorCode sq_fokker_planck_spectrum(sq_fokker_planck *fp, int count, double *rate, double *weight);

/* ---- walkers: the same process, path by path ---- */
/* Independent paths, shared out to the ranks; walker n is a function of (seed, member, n). Steps are Heun's, of second
 * weak order for additive noise (Kloeden and Platen, Numerical Solution of SDE (1992), 15.1):  x' = x + eps F(x) + eta,
 * x += eps/2 (F(x) + F(x')) + eta,  eta ~ N(0, 2 alpha eps). */
typedef struct {
  MPI_Comm comm; /* not owned */
  sq_copies *copies;
  double alpha, eps;
  uint64_t seed, member;
  int64_t total, first, count;   /* of all ranks; this rank's */
  int64_t steps;                 /* done since the start */
  double *phi;                   /* [count][sites] */
  double *force, *trial, *noise; /* scratch, one batch */
} sq_walkers;

/* Not collective. */
PetscErrorCode sq_walkers_create(MPI_Comm comm, const sq_action *action, const int64_t extent[], double alpha,
                                 double eps, int64_t total, uint64_t seed, uint64_t member, sq_walkers **walkers);
PetscErrorCode sq_walkers_destroy(sq_walkers **walkers);
/* From a Gaussian around centre[sites]; from a density[points^sites] on cells of the box. Not collective. */
void sq_walkers_start(sq_walkers *walkers, const double centre[], double width);
PetscErrorCode sq_walkers_start_density(sq_walkers *walkers, int points, double reach, const double *density);
/* From the equilibrium of an object on the same communicator. Collective over comm. */
PetscErrorCode sq_walkers_start_equilibrium(sq_walkers *walkers, const sq_fokker_planck *fp);
void sq_walkers_advance(sq_walkers *walkers, int64_t steps);
/* M[count], the average over sites of each walker of this rank. Not collective. */
void sq_walkers_average(const sq_walkers *walkers, double *M);
/* count[bins^sites] of all walkers, in equal bins over the box, row-major; those outside count in the outermost.
 * Collective over comm. */
PetscErrorCode sq_walkers_histogram(const sq_walkers *walkers, int bins, double reach, int64_t *count);

/* ---- rates ---- */
/* The slowest of count modes that M sees: with a share of at least 1e-3 in its variance, weight[] of the spectrum. Not
 * collective. */
int sq_fokker_planck_slowest(int count, const double *weight);
/* rate[mode], mode < SQ_FP_MODES, and log Z on a grid of that many points instead of the problem's. Collective over
 * comm.
 */
PetscErrorCode sq_fokker_planck_coarse(MPI_Comm comm, const sq_fokker_planck_problem *problem, int points, int mode,
                                       double *rate, double *log_Z);
/* The rate at which <M> decays, from an implicit step (it divides a mode by 1 + step rate), six relaxation times of
 * `rate` from now, when faster modes are gone. Moves the density on to there. */
PetscErrorCode sq_fokker_planck_decay(sq_fokker_planck *fp, double rate, double *decay);
/* How far the density is from exp(-S/alpha)/Z: the largest difference over the largest value. */
PetscErrorCode sq_fokker_planck_off(const sq_fokker_planck *fp, double *off);
/* The time from which the modes faster than `mode` are gone from the autocorrelation of M, all but a share of about
 * 1e-3, if that is soon enough: between 0.1 and 0.5 of its relaxation time. Not collective. */
double sq_walkers_wait(int count, const double *rate, const double *weight, int mode);
/* product[total] = first M of all walkers on every rank, first[count] the M of this rank's some time ago; product is
 * the caller's (sq_free). Collective over comm. */
PetscErrorCode sq_walkers_correlate(const sq_walkers *walkers, const double *first, double **product);
/* The rate from such products[n] of n walkers at two times, `window` apart: the slope of the autocorrelation's
 * logarithm. Not collective. */
PetscErrorCode sq_walkers_rate(int64_t n, const double *early, const double *late, double window, sq_estimate *rate);

/* ---- a deck's section `fokker-planck` ---- */
/* The declared parameters, and what they say. */
extern const sq_param sq_fokker_planck_params[];
typedef struct {
  sq_fokker_planck_problem problem; /* at the smallest alpha; its reach is left open */
  int doublings;                    /* of alpha */
  int bins;                         /* in each direction, of tables and histograms; problem.points is a multiple */
  int frames;
  int64_t steps, walkers; /* implicit steps between frames; paths */
  double time;            /* of the last frame; 0: auto */
  double start, width;    /* of the density at time 0 */
  double eps;             /* step of a walker */
} sq_fokker_planck_settings;
/* For the action on a lattice of extent[]. Not collective, the same on all ranks. */
void sq_fokker_planck_settings_from_deck(const sq_deck *deck, const sq_action *action, const int64_t extent[],
                                         sq_fokker_planck_settings *settings);

SQ_C_END

#endif
