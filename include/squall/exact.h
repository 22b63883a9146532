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

#endif
