/* SPDX-License-Identifier: BSD-3-Clause */
/* report: the figures of a run: what they are drawn from, and drawing them. */
#ifndef SQUALL_REPORT_H
#define SQUALL_REPORT_H

#include "src/bounds/results.h"
#include "src/learning/history.h"
#include "src/plot/plot.h"
#include "src/run/table.h"

/* Rows of numbers, the same on every rank. */
typedef struct {
  int64_t rows;
  int columns;
  double *value; /* [rows][columns], owned */
} sq_rows;

struct sq_report {
  sq_run *run;
  sq_canvas canvas;
  double began;                       /* sq_now */
  const char *where;                  /* how far a run is that goes on; NULL: it does not; not owned */
  const char *what;                   /* was run: theory, couplings, lattice, numbers of fields; not owned */
  sq_ensemble ensemble[SQ_ENSEMBLES]; /* training, testing, generated, corrected: those there are */
  int ensembles;
  sq_rows thermalisation, production; /* of ensemble.h5: chain, probe, then SQ_HISTORY_COLUMNS */
  sq_losses history;
  double log_Z; /* exact, of the run's lattice, where figures want it; NaN: not known */
  sq_likelihood likelihood;
};

/* A figure is a row, which stands beside its data: pictures.c, small.c, langevin.c, histograms.c, curves.c, quantum.c,
 * worth.c, likelihood.c, noise.c, chains.c. */
extern const sq_figure sq_figure_trajectories, sq_figure_forward, sq_figure_adversary, sq_figure_toy,
  sq_figure_fokker_planck, sq_figure_langevin, sq_figure_magnetisation, sq_figure_action, sq_figure_propagator,
  sq_figure_correlator, sq_figure_quantum_states, sq_figure_quantum, sq_figure_loss, sq_figure_weights, sq_figure_s_eff,
  sq_figure_bounds, sq_figure_prior, sq_figure_scales, sq_figure_zero_mode, sq_figure_history,
  sq_figure_autocorrelation, sq_figure_chains, sq_figure_training_worth, sq_figure_volume_worth;
extern const sq_figure sq_figure_learning, sq_figure_field_weights; /* divergence.c */
extern const sq_figure sq_figure_angles;                            /* angles.c */
extern const sq_figure sq_figure_spins;                             /* spins.c */
extern const sq_figure sq_figure_windings;                          /* windings.c */
extern const sq_figure sq_figure_squares;                           /* histograms.c */
extern const sq_figure sq_figure_kinks;                             /* kinks.c */
extern const sq_figure sq_figure_charge;                            /* charge.c */
extern const sq_figure sq_figure_families;                          /* families.c */
extern const sq_figure sq_figure_couplings;                         /* couplings.c */
extern const sq_figure *const sq_figures[]; /* NULL-terminated, in the order of the page (table.c) */

enum { SQ_FIGURES = 48 };              /* at most */
const char *sq_figure_name(int index); /* NULL past the last. Not collective (blocks.c). */

/* Reads ensembles, histories, losses and likelihoods of report->run, and log Z where figures want it (read.c).
 * Collective. */
PetscErrorCode sq_report_read(sq_report *report);
void sq_report_clear(sq_report *report);

/* ---- what figures are drawn from (blocks.c) ---- */

/* A table of the run, read on the speaking rank alone, as figures are drawn there; no file, no rows. cells is the
 * caller's. Not collective. */
PetscErrorCode sq_report_table(const sq_report *report, const char *file, sq_cells *cells);
/* Adds a block of the density of x[n] in equal bins from low to high; stretch: of the errors of independent numbers.
 * Not collective (histograms.c). */
PetscErrorCode sq_histogram_add_to(const char *name, int64_t n, const double *x, double low, double high,
                                   double stretch, sq_text *out);
/* Fills log_Z, which may take seconds. Not collective (divergence.c). */
PetscErrorCode sq_report_log_Z(sq_report *report);
/* One site has one momentum and one time: there is no curve to draw. Not collective. */
bool sq_report_one_site(const sq_report *report);
#endif
