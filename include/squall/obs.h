/* SPDX-License-Identifier: BSD-3-Clause */
/* obs: what is measured on a configuration, and what an ensemble's measurements say.
 *
 * Measuring is collective over a lattice and independent of how it is cut: the columns have the same bits on any number
 * of ranks. The analysis is serial, on series of columns. Direction 0 is the first used direction of the lattice, L_0
 * its extent.
 */
#ifndef SQUALL_OBS_H
#define SQUALL_OBS_H

#include "squall/action.h"
#include "squall/fft.h"
#include "squall/io.h"
#include "squall/stats.h"

SQ_C_BEGIN

/* ---- one configuration ---- */

/* A theory names the numbers of a configuration (sq_action_type.columns), its order parameter first; src/obs/table.c
 * knows how each is measured. The place of the order parameter, and the most columns a theory may have: */
enum { SQ_OBS_ORDER = 0, SQ_OBS_MOST = 24 };

/* How many columns a theory has. Not collective. */
int sq_obs_columns(const sq_action_type *theory);
/* The place of a column among them; -1: the theory has none of that name. Not collective. */
int sq_obs_column(const sq_action_type *theory, const char *name);
/* Names them in a group of records, from column `first` on, and sets their number. Not collective. */
void sq_obs_name_columns(const sq_action_type *theory, int first, sq_record_group *group);

/* What follows from a column record by record: M2 from abs_M. A theory has those whose column it has, or whose column
 * follows from one that it has; where it has a column of that name, that stands for it. */
typedef struct {
  const char *name, *from;
  double (*function)(double x);
} sq_obs_series_type;
extern const sq_obs_series_type sq_obs_series_types[]; /* ends with {0}; each stands behind what it follows from */

typedef struct sq_obs sq_obs;

/* lattice must outlive it; the action is copied. Error: SQ_ERR_INPUT where the theory names a column that nobody knows.
 * Collective over lattice->comm. */
PetscErrorCode sq_obs_create(const sq_lattice *lattice, const sq_action *action, sq_obs **obs);
PetscErrorCode sq_obs_destroy(sq_obs **obs);
/* The columns of the field in block, the same on every rank; NaN where the field is not finite. Collective. */
PetscErrorCode sq_obs_measure(sq_obs *obs, const double *block, double *columns);
/* S of a field with these columns; NaN where the action is not known. Not collective. */
double sq_obs_action(const sq_obs *obs, const double *columns);
/* The time-slice sums S_t of block, S_t = sum of phi_x over x_0 = t, the same bits on every rank; slice[L_0].
 * Collective. */
PetscErrorCode sq_obs_slices(const sq_lattice *lattice, const double *block, double *slice);
/* C(t) = (1/V) sum_u S_u S_{u+t}, t = 0 .. L_0 - 1: the zero-momentum correlator, with sum_t C(t) = V M^2. Not
 * collective. */
void sq_obs_correlator(const sq_lattice *lattice, const double *slice, double *correlator);

/* The column `kinks` of a periodic path: how often it goes from beyond a zone, where x > zone, to beyond -zone or back;
 * what happens between does not count. The zone is half of the way from the top to a well; 0 where there is one well,
 * and sign changes are counted. Not collective. */
double sq_obs_kink_zone(const sq_action *action);

/* ---- averages over an ensemble: G(p) and C(t) ---- */

typedef struct sq_spectra_sums sq_spectra_sums;

/* Filled by sq_spectra_finish. The errors are those of the Gamma method over bins, which never hold records of two
 * chains; NaN where they are not known (sq_estimate_known_error): there are too few bins, or they remember each other
 * for too long. */
typedef struct {
  sq_fft *fft;                           /* owned; fft->orbits are the momenta */
  double *power, *power_error;           /* [fft->orbits.count] G(p) = <|phi_p|^2>/V */
  double *correlator, *correlator_error; /* [L_0] <C(t)> */
  int64_t slices;                        /* L_0 */
  int components;                        /* of the fields: G and C are sums over them */
  sq_spectra_sums *sums;
} sq_spectra;

/* For fields of so many numbers a site, records 0 .. records - 1 of them in bins of consecutive ones of a chain, at
 * most so many and one of each chain at least; 0: as many as fit into some 24 MB, from 64 to 1024. chain[records]: the
 * chain number of each; NULL: they are independent, or one chain. Error: SQ_ERR_DATA as sq_chains_create. Collective
 * over lattice->comm. */
PetscErrorCode sq_spectra_create(const sq_lattice *lattice, int components, int64_t records, const double *chain,
                                 int bins, sq_spectra **spectra);
PetscErrorCode sq_spectra_destroy(sq_spectra **spectra);
/* Adds the field of one record, block[components][local_volume]. Collective over lattice->comm. */
PetscErrorCode sq_spectra_add(sq_spectra *spectra, int64_t record, const double *block);
/* The averages over everything added, on every rank, the same bits however ranks and records are shared out. across:
 * the ranks that hold the same part of the lattice in other replicas (sq_grid.across), or MPI_COMM_NULL. Once, after
 * the last record. Collective over lattice->comm and across. */
PetscErrorCode sq_spectra_finish(sq_spectra *spectra, MPI_Comm across);

/* What all modes of low momentum say together. */
typedef struct {
  sq_estimate chi2, xi; /* G(0) and the correlation length; all NaN where the fit is not determined or the lattice too
                           small for it; no tau_int. Errors as those of the spectra */
  int64_t orbits;       /* that were fitted, */
  double phat2;         /* up to that p_hat^2 */
  double width;         /* the shortest side of the lattice over the xi of the fit; NaN: there is no fit */
} sq_propagator;
/* The least width at which chi2 and xi of the fit are given: below it they are those of the box. */
enum { SQ_XI_WIDTH = 4 };

/* After sq_spectra_finish: the fit 1/G(p) = 1/chi2 (1 + xi^2 p_hat^2) + c p_hat^4 over the orbits with p_hat^2 xi^2 <=
 * 8, at least six. The zero mode is left out, so that these are the connected ones in a broken phase too, and several
 * times less noisy than chi2 and xi of sq_obs_analyse. Given where every side is SQ_XI_WIDTH xi long or more. At least
 * seven orbits. Not collective, the same on every rank. */
PetscErrorCode sq_spectra_fit(const sq_spectra *spectra, sq_propagator *result);
/* After sq_spectra_finish: the effective mass of C(t), cosh m = (C(t-1) + C(t+1))/2C(t), at t = 1 .. L_0/2, and its
 * error; mass[L_0], error[L_0]: NaN elsewhere, and where they are not known. Not collective, the same on every rank. */
PetscErrorCode sq_spectra_masses(const sq_spectra *spectra, double *mass, double *error);

/* ---- analysis of the columns of an ensemble: serial ---- */

/* The name of row number index of such a table, for whatever theory; NULL past the last. Not collective. */
const char *sq_obs_row_name(int index);
const char *sq_obs_row_about(int index); /* what it is, in words */
enum { SQ_OBS_ROWS = 40 };               /* at most */

/* Rows in the order of src/obs/table.c, those whose columns the theory has; for phi4 M abs_M M2 phi2 phi4 link
 * action_density chi2 chi_abs U_L G_pmin xi schwinger_dyson:
 *   abs_M = <|M|>, M2 = <|M|^2>, chi2 = V(<|M|^2> - <M>^2), chi_abs = V(<|M|^2> - <|M|>^2),
 *   U_L = 1 - <|M|^4>/(3 <|M|^2>^2),
 *   xi = sqrt(V <|M|^2>/G_pmin - 1)/(2 sin(pi/L_0)), the others means of columns.
 * Where the order parameter is a vector (several real numbers a site; e^{i theta} of angles), M is its first number and
 * |M| its length, measured in a column abs_M. Of angles besides: helicity_mu of each direction, helicity, their mean,
 * and vortices. G_pmin and xi are left out for L_0 = 1, xi also where V <|M|^2> <= G_pmin. */
typedef struct {
  int count;
  struct {
    const char *name;
    sq_estimate estimate;
    sq_agreement agreement; /* of the chains */
  } row[SQ_OBS_ROWS];
} sq_obs_table;

/* From the columns of a theory, column[sq_obs_columns(theory)][n], on a d-dimensional lattice with extent[SQ_DIM] as in
 * sq_lattice. chain[n]: the chain number of each record; NULL: one chain (independent records too). weight[n]:
 * importance weights >= 0; NULL: none. Errors by sq_gamma, not known (NaN) where chains contradict each other; an
 * estimate with a NaN among its records is NaN. Error: SQ_ERR_DATA as sq_chains_create. */
PetscErrorCode sq_obs_analyse(const sq_action_type *theory, int dim, const int64_t extent[SQ_DIM], int64_t n,
                              const double *const *column, const double *chain, const double *weight,
                              sq_obs_table *table);
/* The p of the chains' agreement, of all rows together (sq_p_of_many); second: of the second opinion, R-hat, and twice
 * as large for being the second. NaN where no row can tell. */
double sq_obs_agreement(const sq_obs_table *table, bool second);
/* Whether the row of that name is a mean over sites of what stands at one place: then it depends on the volume by terms
 * of order exp(-L/xi) alone, and ensembles of different volumes can be compared in it. Not collective. */
bool sq_obs_is_local(const char *name);
/* The estimate of that name, or NULL. */
const sq_estimate *sq_obs_find(const sq_obs_table *table, const char *name);

/* Two tables, row by row. */
typedef struct {
  int count;
  double worst; /* largest |sigmas|; NaN if one is NaN or there is nothing to compare */
  struct {
    const char *name;
    const sq_estimate *a, *b;
    double sigmas;
  } row[SQ_OBS_ROWS]; /* sigmas: sq_sigmas(a, b) */
} sq_obs_comparison;

/* The rows that both tables have; the tables must outlive it. */
void sq_obs_compare(const sq_obs_table *a, const sq_obs_table *b, sq_obs_comparison *comparison);

/* Where the curves of two lattices cross. */
typedef struct {
  bool found;
  double x, x_error, y, y_error;
  int crossed; /* resamples that cross where both curves are known */
} sq_crossing;

/* Where the second curve overtakes the first, by parabolas (lines through two points): with Binder cumulants, that of
 * the larger lattice does so once, from below. Errors by resampling: every y moves by a normal number times its error,
 * addressed by `pair`; they are half the width of the middle 68 % of the resampled crossings, those outside the range
 * where both are known included. x ascends. Not collective. */
PetscErrorCode sq_obs_crossing(const sq_curve *a, const sq_curve *b, uint64_t pair, int resamples,
                               sq_crossing *crossing);

SQ_C_END

#endif
