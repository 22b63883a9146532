/* SPDX-License-Identifier: BSD-3-Clause */
/* quantum: a lattice of one dimension is the path integral of one particle; its transfer matrix knows everything about
 * it.
 *
 * With S = sum_t [ u(phi_t) - hop phi_t phi_{t+1} ] and x = sqrt(hop) phi,
 *   S = sum_t [ (x_{t+1} - x_t)^2/2 + V(x_t) ],    V(x) = u(x/sqrt(hop)) - x^2:
 * a particle of mass 1 in the potential V, in units of the lattice spacing, hbar = 1. The transfer matrix
 *   T(x, x') = (2 pi)^{-1/2} exp(-V(x)/2 - (x - x')^2/2 - V(x')/2)    has the eigenvalues t_n = exp(-E_n),
 * and Z = int d^L phi e^{-S} = (2 pi/hop)^{L/2} sum_n t_n^L. For phi4: hop = 2 kappa and V = c_2 x^2 + c_4 x^4 with
 * c_2 = (1 - 2 lambda)/(2 kappa) - 1, c_4 = lambda/(4 kappa^2). Energies are counted from the lowest point of V. The
 * theory `particle` states its mass m and its spacing a: then phi is the place, hop = m/a, and Z has the measure of the
 * path integral, prod dphi sqrt(m/(2 pi a)).
 *
 * Serial mathematics: nothing here is collective; every rank that passes the same numbers gets the same.
 */
#ifndef SQUALL_QUANTUM_H
#define SQUALL_QUANTUM_H

#include "squall/action.h"
#include "squall/stats.h"

SQ_C_BEGIN

/* ---- the particle ---- */
typedef struct {
  sq_action action;
  double hop;    /* x = sqrt(hop) phi */
  double mass;   /* that the theory states; 1 */
  double bottom; /* the lowest value of V */
  double reach;  /* outside |x| < reach, V > bottom + 40: T is lost in rounding */
} sq_particle;

/* Whether the action is that of a particle: one dimension, of the form above, hop > 0. */
bool sq_action_is_particle(const sq_action *action);
/* Error: SQ_ERR_INPUT where it is not. */
PetscErrorCode sq_particle_make(const sq_action *action, sq_particle *particle);
/* V(x) - bottom, and V'(x) in slope. */
double sq_particle_potential(const sq_particle *particle, double x, double *slope);
/* The averages of two energies over the n sites of phi, in units of 1/spacing:
 *   thermal = V + x V'/2             -d log Z/d beta = sum_n (d a E_n/d a) e^{-beta E_n}/Z, the virial theorem, exact
 * at any spacing; ground  = thermal + V'^2/12      E_0 of the transfer matrix up to the fourth order of the spacing
 * (large L): E_n = E_n(continuum) - a^2 <V'^2>/24 + O(a^4) for the symmetric splitting of H, so d(a E)/da - E = -a^2
 * <V'^2>/12. */
void sq_particle_energies(const sq_particle *particle, int64_t n, const double *phi, double *thermal, double *ground);

/* Numbers of a path: the energies above, phi^2 and phi^4 averaged over its sites. */
enum { SQ_PATH_GROUND, SQ_PATH_THERMAL, SQ_PATH_PHI2, SQ_PATH_PHI4, SQ_PATH_NUMBERS };
/* number[SQ_PATH_NUMBERS] of phi[sites]. */
void sq_path_measure(const sq_particle *particle, int64_t sites, const double *phi, double *number);

/* ---- the transfer matrix ---- */
typedef struct {
  sq_particle particle;
  int points;     /* of the grid: trapezoid rule, exponentially accurate for smooth functions that vanish at its ends */
  double *phi;    /* [points], equidistant */
  double *factor; /* [points] t_n/t_0 in falling order; 0 where lost in rounding */
  double *state;  /* [points][points] state n at n * points: psi_n at the points, sum of squares 1 */
  double ground;  /* E_0 */
} sq_transfer;

/* Diagonalises T on finer and finer grids until its largest eigenvalues stand still. Errors: SQ_ERR_INPUT as
 * sq_particle_make, or if the potential is too narrow or the spacing too small for a grid of 2048 points. */
PetscErrorCode sq_transfer_create(const sq_action *action, sq_transfer **transfer);
/* The same with *transfer = NULL instead of the second error. */
PetscErrorCode sq_transfer_try(const sq_action *action, sq_transfer **transfer);
PetscErrorCode sq_transfer_destroy(sq_transfer **transfer);
/* energy[count]: E_n of the particle in continuous time, in the same units: extrapolated from a half and a quarter of
 * the spacing, where the deviation is of second order; what is left is of fourth. NaN where that needs too many points.
 * Error: SQ_ERR_INPUT as sq_particle_make. */
PetscErrorCode sq_transfer_continuum(const sq_action *action, int count, double *energy);
/* E_n; infinite where it is lost in rounding. */
double sq_transfer_energy(const sq_transfer *transfer, int n);
/* log Z = log int d^L phi e^{-S} of L sites. */
double sq_transfer_log_Z(const sq_transfer *transfer, int64_t sites);
/* -log Z/L as an energy, counted like E_0, which it is for large L: the E_0 that a measured log Z gives. */
double sq_transfer_free_energy(const sq_transfer *transfer, int64_t sites, double log_Z);
/* weight[points]: the probability of phi at a site of a lattice of L sites; <f> = sum_i weight[i] f(phi[i]). */
void sq_transfer_distribution(const sq_transfer *transfer, int64_t sites, double *weight);
/* Adds to visits[points] how often a site of phi[sites] is nearest to each point; those beyond the ends count nowhere.
 */
void sq_transfer_visit(const sq_transfer *transfer, int64_t sites, const double *phi, double *visits);
/* The position of a site as a particle of mass 1 has it, x[points] = sqrt(hop spacing) phi, where the theory states no
 * particle; phi where it does; and the density per x there, from weights of the points that add up to total. */
void sq_transfer_density(const sq_transfer *transfer, double spacing, double total, const double *weight, double *x,
                         double *density);
/* Averages over the lattice ensemble of L sites: <phi^2>, <phi^4>, and those of the energies of sq_particle_energies.
 */
typedef struct {
  double phi2, phi4, thermal, ground;
} sq_transfer_average;
/* Those of a periodic lattice of so many sites, and of the ground state. */
PetscErrorCode sq_transfer_averages(const sq_transfer *transfer, int64_t sites, sq_transfer_average *average);
/* C(t) = <phi_0 phi_t>, t = 0 .. sites - 1. */
PetscErrorCode sq_transfer_correlator(const sq_transfer *transfer, int64_t sites, double *correlator);
/* Its part sum_n <0|phi|n>^2 (t_n^t + t_n^{L - t}), in which no two excited states meet: all there is of a long path.
 */
PetscErrorCode sq_transfer_ground_correlator(const sq_transfer *transfer, int64_t sites, double *correlator);

/* probability[terms] of 0, 2, 4, ... kinks (squall/obs.h) of a periodic path of so many sites; of more than terms,
 * those of terms more are added: none are left out where terms = sites/2 + 1. Exact to 1e-10; NaN where the potential
 * needs too many points. Error: SQ_ERR_INPUT as sq_particle_make. */
PetscErrorCode sq_transfer_kinks(const sq_action *action, double zone, int64_t sites, int terms, double *probability);

/* ---- the gap from a correlator ---- */
/* m from near = C(t), far = C(t + 1) of L sites, C ~ cosh(m (L/2 - t)), 2 t + 1 < L; NaN where there is none. */
double sq_effective_mass(int64_t sites, int64_t t, double near, double far);

enum { SQ_GAP_POINTS = 12 };
/* A fit of A cosh(m (L/2 - t)) to C(t) in a window, with the inverse covariance of the data in it. */
typedef struct {
  int64_t sites;
  int points;
  int t[SQ_GAP_POINTS];
  double guess;                                 /* of m; the fit looks from a quarter of it to four times it */
  int64_t bins;                                 /* that the covariance is from */
  double error[SQ_GAP_POINTS];                  /* of C at these times, from them */
  bool correlated;                              /* false: too few bins for a covariance, only variances are used */
  double inverse[SQ_GAP_POINTS][SQ_GAP_POINTS]; /* of the covariance of the means */
  double chi2;                                  /* of the fit, for points - 2 degrees of freedom */
} sq_gap_fit;

/* m of the best fit to C at the fit's points; a function for sq_derived, with the fit as context. */
double sq_gap_fit_mass(const double *correlator, const void *fit);
/* The gap with the error of the Gamma method, which knows the autocorrelation of the records. NaN where the data allow
 * none. column[t] of the series is C(t) of the record, t = 0 .. sites/2. The window ends at three times the time in
 * which C falls by e, or at `last` if >= 0. It begins at `first` if >= 0, or else where the error of the gap together
 * with twice its shift by a second excitation, taken from a fit of two, is least, at that time at the latest. At most
 * SQ_GAP_POINTS points of it are used, weighed with their covariance from bins of at least eight times the tau_int of
 * C(0) and C(that time). */
PetscErrorCode sq_gap_estimate(const sq_series *series, int64_t sites, int64_t first, int64_t last, sq_gap_fit *fit,
                               sq_estimate *gap);
/* Effective masses mass[t] with errors of the Gamma method (NaN where not known), t = 0 .. (sites - 1)/2 - 1; NaN where
 * there is none. */
PetscErrorCode sq_effective_masses(const sq_series *series, int64_t sites, double *mass, double *error);

SQ_C_END

#endif
