/* Private to app: the report of a run: what its figures are drawn from, and the figures. */
#ifndef SQUALL_APP_REPORT_H
#define SQUALL_APP_REPORT_H

#include "src/ensemble/likelihood.h"

/* Rows of numbers, the same on every rank. */
typedef struct {
  int64_t rows;
  int columns;
  double *value; /* [rows][columns], owned */
} sq_rows;

typedef struct {
  sq_run *run;
  char directory[SQ_PATH];
  sq_ensemble ensemble[SQ_ENSEMBLES]; /* training, testing, generated, corrected: those there are */
  int ensembles;
  sq_rows thermalisation, production; /* of ensemble.h5: chain, probe, then SQ_HISTORY_COLUMNS */
  sq_rows loss; /* of model.h5: step, loss, held-out loss (negative: none), learning rate, gradient */
  sq_likelihood likelihood;
} sq_report;

/* A figure: what is drawn and how. */
typedef struct {
  const char *name, *title, *caption;
  int width, height;
  /* Adds the figure's data to out; nothing when the run has nothing to show. Collective. */
  PetscErrorCode (*data)(const sq_report *report, sq_text *out);
  const char *script; /* gnuplot, drawing from the file named by the variable `data` */
} sq_figure;

extern const sq_figure sq_figures[]; /* ends with {0} (figures.c) */

/* The data of pictures of fields on their way from noise (pictures.c). Collective. */
PetscErrorCode sq_picture_data(const sq_report *report, sq_text *out);

/* The data of the figures of one and two sites (figures_small.c). Collective. */
PetscErrorCode sq_toy_data(const sq_report *report, sq_text *out);
PetscErrorCode sq_fokker_planck_data(const sq_report *report, sq_text *out);
/* The data of the figure of a Langevin equation's step sizes (figures_langevin.c). Not collective: the speaking rank's.
 */
PetscErrorCode sq_langevin_data(const sq_report *report, sq_text *out);
/* The data of the effective action against the true one, and of the bounds on log Z (figures_likelihood.c). Not
 * collective. */
PetscErrorCode sq_effective_action_data(const sq_report *report, sq_text *out);
PetscErrorCode sq_bounds_data(const sq_report *report, sq_text *out);
/* The data of autocorrelations of Monte Carlo, of the corrected chain beside it, and of the worth of models
 * (figures_chains.c). Not collective, the last two the speaking rank's. */
PetscErrorCode sq_autocorrelation_data(const sq_report *report, sq_text *out);
PetscErrorCode sq_chains_data(const sq_report *report, sq_text *out);
PetscErrorCode sq_training_worth_data(const sq_report *report, sq_text *out);
PetscErrorCode sq_volume_worth_data(const sq_report *report, sq_text *out);
/* The data of figures about noise levels (figures_scales.c). Not collective: the speaking rank's. */
PetscErrorCode sq_prior_data(const sq_report *report, sq_text *out);
PetscErrorCode sq_scale_data(const sq_report *report, sq_text *out);
PetscErrorCode sq_zero_mode_data(const sq_report *report, sq_text *out);
/* A one-dimensional run against the transfer matrix: the section of the page, and the data of its figures; nothing when
 * there is no quantum.csv (quantum_report.c). Not collective. */
PetscErrorCode sq_quantum_section(const sq_report *report, sq_text *page);
PetscErrorCode sq_quantum_figure_data(const sq_report *report, sq_text *out);
PetscErrorCode sq_quantum_states_data(const sq_report *report, sq_text *out);

/* Calls line for every line of a CSV file of the run but the first, on the speaking rank alone, as figures are drawn
 * there; no file, no lines. Not collective. */
PetscErrorCode sq_report_lines(const sq_report *report, const char *file,
                               PetscErrorCode (*line)(const char *text, void *context), void *context);
/* One site has one momentum and one time: there is no curve to draw. Not collective. */
bool sq_report_one_site(const sq_report *report);
/* Writes report/NAME.dat and NAME.gp, and draws NAME.png if gnuplot is there; drawn: whether the picture is. Collective
 * (draw.c). */
PetscErrorCode sq_figure_draw(const sq_report *report, const sq_figure *figure, const char *data, bool *drawn);

/* The stage. Collective. */
PetscErrorCode sq_stage_report(sq_run *run);

#endif
