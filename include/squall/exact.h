/* SPDX-License-Identifier: BSD-3-Clause */
/* exact: what is known of theories on finite lattices without a simulation: closed forms, sums, transfer matrices,
 * enumeration. Numbers in, numbers out: it knows no decks, no fields and no action, so that theories are tested by it.
 *
 * Lattices are tori of extents L_mu; direction 0 is time. Every site has a link in every positive direction, so a
 * direction of two sites has two links between the pair, and one of one site a link from the site to itself.
 * Derivatives are exact, not differences. What cannot be known to about 8 digits is NaN.
 *
 * Serial mathematics: nothing here is collective; every rank that passes the same numbers gets the same.
 */
#ifndef SQUALL_EXACT_H
#define SQUALL_EXACT_H

#include "squall/base.h"

SQ_C_BEGIN

enum { SQ_EXACT_DIM = 4 };

/* With S = beta H on V sites: energy = <H>/V, specific_heat = (<S^2> - <S>^2)/V, entropy = log Z/V + <S>/V. */
typedef struct {
  double log_Z, energy, specific_heat, entropy;
} sq_exact_thermal;

/* ---- Ising: S = -beta sum_mu coupling_mu sum_x s_x s_{x+mu}, Z counts the states ----
 * beta and couplings are of either sign or zero. twisted[mu]: antiperiodic, the links that close direction mu have the
 * other sign; NULL: none. */

/* In two dimensions, on any torus: B. Kaufman, Phys. Rev. 76 (1949) 1232, eq. 40, for two couplings (L. Onsager, Phys.
 * Rev. 65 (1944) 117) and the signs of the four products for the boundary conditions. A ring: extent {L, 1}, coupling
 * {1, 0}. NaN where the four cancel: with both directions twisted, far in the ordered phase. */
sq_exact_thermal sq_exact_ising_torus(const int64_t extent[2], double beta, const double coupling[2],
                                      const bool twisted[2]);

/* <|m|>, <m^2> and <m^4> of m = sum_x s_x/V; NaN where not known. */
typedef struct {
  double abs_M, M2, M4;
} sq_exact_moments;

enum { SQ_EXACT_BOX_MOST = 26, SQ_EXACT_STRIP_MOST = 10 };
/* By enumeration of a box of at most SQ_EXACT_BOX_MOST sites (SQ_ERR_INPUT), in up to four dimensions. */
PetscErrorCode sq_exact_ising_box(int dim, const int64_t extent[], double beta, const double coupling[],
                                  const bool twisted[], sq_exact_thermal *thermal, sq_exact_moments *moments);
/* By the transfer matrix along direction 0, of any length, between slices of at most SQ_EXACT_STRIP_MOST sites
 * (SQ_ERR_INPUT): log Z and its derivatives, and M2 (the other moments are NaN). */
PetscErrorCode sq_exact_ising_strip(int dim, const int64_t extent[], double beta, const double coupling[],
                                    const bool twisted[], sq_exact_thermal *thermal, sq_exact_moments *moments);

/* ---- Bessel functions ---- */

/* out[l] = e^{-|x|} f_l(x), l < count, of e^{x cos gamma} = sum_l d_l f_l(x) C_l(cos gamma) on the unit sphere of
 * N = components >= 1 dimensions, where C_l(1) = 1 and d_l is the number of harmonics of degree l: f_l = Gamma(N/2)
 * (2/x)^{N/2-1} I_{l+N/2-1}(x). N = 1: cosh, sinh; N = 2: I_l(x); N = 3: spherical Bessel functions. By J. C. P.
 * Miller's downward recurrence, which knows no cancellation: full precision at any x. */
void sq_exact_bessel(int components, double x, int count, long double *out);
/* d_l */
double sq_exact_harmonics(int components, int l);

/* ---- XY: S = -beta sum cos(theta_x - theta_{x+mu}), measure d theta/2 pi ---- */

/* helicity[mu] = (<sum_mu cos> - beta <(sum_mu sin)^2>)/V, sums over the links of direction mu. */
typedef struct {
  sq_exact_thermal thermal;
  double helicity[SQ_EXACT_DIM];
} sq_exact_angles;

/* By integer currents on the links without divergence, of weights I_k(beta) (R. Savit, Rev. Mod. Phys. 52 (1980) 453),
 * and their transfer matrix along the longest direction. At most two directions have more than one site; the shorter of
 * these has so few that the matrix is not too large (SQ_ERR_INPUT): four sites up to beta = 1.5 or so. beta < 0 on even
 * extents (and 1) only, not 0. */
PetscErrorCode sq_exact_xy(int dim, const int64_t extent[], double beta, sq_exact_angles *angles);

/* ---- U(1) gauge theory in two dimensions: S = -beta sum_P cos theta_P, measure d theta/2 pi a link ---- */

/* plaquette = <cos theta_P>; Q2 = <Q^2>, Q = sum theta_P/2 pi with theta_P in [-pi, pi); thermal is that of H = -sum
 * cos theta_P. */
typedef struct {
  sq_exact_thermal thermal;
  double plaquette, Q2;
} sq_exact_gauge;

/* On a torus, of any beta: Z = sum_n I_n(beta)^V (A. A. Migdal, Sov. Phys. JETP 42 (1975) 413). */
PetscErrorCode sq_exact_u1(const int64_t extent[2], double beta, sq_exact_gauge *gauge);
/* The mean of a Wilson loop around `area` plaquettes of the torus, a rectangle of R x T = area: of R <= L_1, T <= L_0.
 */
PetscErrorCode sq_exact_u1_wilson(const int64_t extent[2], double beta, int64_t area, double *loop);

/* ---- fields of N real components: S = sum_x [quadratic phi^2 + quartic phi^4 - hop sum_mu phi_x phi_{x+mu}] ----
 * phi^2 is the square of the length. Measure d^N phi. */

/* phi2 = <phi^2>, phi4 = <(phi^2)^2>. With x dS/dx these give the rest: <S>/V = N/2 - quartic phi4, and the sum of
 * <phi_x phi_{x+mu}> over directions is (quadratic phi2 + 2 quartic phi4 - N/2)/hop. */
typedef struct {
  double log_Z, phi2, phi4;
} sq_exact_field;

/* quartic = 0, any lattice of up to four dimensions: a sum over modes. Error: SQ_ERR_INPUT if a mode is not damped. */
PetscErrorCode sq_exact_field_free(int components, int dim, const int64_t extent[], double quadratic, double hop,
                                   sq_exact_field *field);
/* By transfer matrices of radii and angular momenta, where at most one direction has more than one site, or, for one
 * and two components and hop >= 0, one more that has two. Error: SQ_ERR_INPUT for other lattices, or if the integrals
 * diverge or do not settle. */
PetscErrorCode sq_exact_field_box(int components, int dim, const int64_t extent[], double quadratic, double quartic,
                                  double hop, sq_exact_field *field);

/* ---- the complex scalar: S = sum_x [eta |phi|^2 + lambda |phi|^4 - sum_mu (e^{mu delta_{mu,0}} phi*_x phi_{x+mu} +
 * e^{-mu delta_{mu,0}} phi*_{x+mu} phi_x)], measure r dr d theta/2 pi ---- */

enum { SQ_EXACT_WINDINGS = 128 };
/* density = <n>, phi2 = <phi* phi>, phi4 = <|phi|^4>; log_sector[K], K < sectors: log Z of winding K at mu = 0, which
 * is that of -K: Z(mu) = sum_K e^{mu K L_0} Z_K. */
typedef struct {
  double log_Z, density, phi2, phi4;
  int sectors;
  double log_sector[SQ_EXACT_WINDINGS];
} sq_exact_complex;

/* Time slices of one site or of two in one direction, any L_0. Error: SQ_ERR_INPUT as above, or if more windings
 * matter. The gap is (log_sector[0] - log_sector[1])/L_0 for large L_0. */
PetscErrorCode sq_exact_complex_box(int dim, const int64_t extent[], double eta, double lambda, double mu,
                                    sq_exact_complex *field);
/* lambda = 0, any lattice; sectors = 0. Error: SQ_ERR_INPUT if |mu| is not below the mass. */
PetscErrorCode sq_exact_complex_free(int dim, const int64_t extent[], double eta, double mu, sq_exact_complex *field);

/* Of a symmetric matrix[n][n]: value[n] ascending; the vectors replace the matrix, one a row. */
PetscErrorCode sq_exact_eigenstates(int n, double *matrix, double *value);

SQ_C_END

#endif
