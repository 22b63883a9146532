/* SPDX-License-Identifier: BSD-3-Clause */
/* ensemble: what a run made, as tables of numbers: the files read and analysed, and what is made of several. */
#ifndef SQUALL_ENSEMBLE_H
#define SQUALL_ENSEMBLE_H

#include "src/run/stage.h"
#include "src/run/table.h"

/* What weights say of log Z where the density of any field is known (partition.h). */
typedef struct sq_partition sq_partition;

/* ---- ensembles as tables of numbers (ensembles.c) ---- */
/* One group of a records file, its columns on every rank. */
typedef struct {
  char name[SQ_IO_NAME]; /* training, testing, generated, ode, corrected, reweighted (either may end in " (biased)"),
                            langevin-EPS, langevin (extrapolated) */
  char action[256];      /* sq_action_describe */
  int dim;
  int64_t extent[SQ_DIM], count;
  const sq_action_type *theory;
  char where[SQ_PATH]; /* the file it is in; empty: it was calculated */
  uint64_t seed;
  sq_streams streams;
  double *column[SQ_OBS_MOST]; /* [count]: those of the theory */
  double *chain, *log_weight;  /* [count]; NULL where the file has none, or the sampler had no path weights */
  sq_weights weights;          /* what they say together, where there are some */
  bool of_fields;              /* the weights are those of the fields themselves, not of the paths that made them */
  bool no_density;             /* neither fields nor what made them have one: no weights of any kind */
  sq_partition *partition;     /* of such fields of a run, and of a chain of them; or NULL */
  bool weighed;                /* these are averages with those weights: there are no fields of its own */
  const sq_weight_rule *rule;  /* that was applied to them; NULL: none */
  double acceptance;           /* of a corrected chain; NaN elsewhere */
  double proposals_k_hat, proposals_most_k; /* of an independence chain: the tail of its proposals' weights, and what it
                                               may be; NaN: not known, there is none */
  double burn_in; /* of a corrected chain: stored fields that would have been made while it forgot its start; NaN:
                     not known */
  double moves;   /* of a corrected chain of moves: from one stored field to the next; NaN: it is none */
  double thermalisation, tau_int, tau_int_error,
    disagreement; /* of HMC: trajectories thrown away; the slowest tau_int in trajectories; of hot and ordered
                     starts, in combined errors; NaN elsewhere */
  double eps, order,
    alpha; /* of a Langevin equation: its step size, 0 where it was extrapolated to that; the power of it that averages
              are wrong by (NaN: it is none); what is sampled is exp(-S/alpha), 1 elsewhere */
  double mass;                                              /* of Fourier acceleration, 0: none; NaN: not known */
  double exp_dH, exp_dH_error, exp_dH_k_hat, invalid_share; /* of trajectories with a decision: <exp(-dH)> and its tail;
                                                               the share whose dH was not a number. NaN elsewhere */
  double polishing;                                         /* trajectories of each field; NaN elsewhere */
  double never_moved, held_back, late_drift; /* of fields that were polished: how many no trajectory moved; finer steps
                                                alone move; the drift of the second half in errors. NaN elsewhere */
  double model_error; /* the largest of the model's own errors that are in those of the table, in statistical ones; NaN:
                         not known, none */
  double updates, core_seconds; /* trajectories, proposals, or moves from one stored field to the next; what one of them
                                   took, mean over the last session. NaN: not known */
  sq_obs_table table;           /* the analysis */
  sq_obs_table *weighted;       /* that with every field counted by its weight, where the deck asks for it; or NULL. Its
                                   errors are NaN where the weights are not trusted */
} sq_ensemble;

/* What a run makes of fields, in order, from the tables of stages and corrections; those there are go into tables and
 * figures. NULL past the last. Not collective. */
const char *sq_ensemble_file_name(int index);
extern const char sq_corrected_file[]; /* what corrections make */
enum { SQ_ENSEMBLES = 24 };            /* groups in all of them, at most, and two that are calculated */
/* The path of file i of these, and whether it is there and of the method that the deck corrects by. Collective. */
PetscErrorCode sq_ensemble_file(const sq_run *run, int i, char path[SQ_PATH], bool *there);
/* The name of the ensemble that the path weights of ensemble `name` make, where the deck's correction reweights it;
 * NULL elsewhere. Not collective. */
const char *sq_reweighted_name(const sq_run *run, const char *name);
/* Whether the ensemble is what the run's correction is for. Not collective. */
bool sq_ensemble_is_corrected(const sq_ensemble *e);
/* The ensembles of a file of the run, ensembles[SQ_IO_GROUPS]; count says how many. A file is read and analysed once,
 * and again only when it is no longer the same: what they point to is the run's. Collective (readings.c). */
PetscErrorCode sq_run_reading(const sq_run *run, const char *path, sq_ensemble *ensembles, int *count);
/* All ensembles of a run's directory so, ensembles[SQ_ENSEMBLES], and the reweighted one where the deck asks for it.
 * Error: SQ_ERR_DATA where the files have more groups than that. Collective. */
PetscErrorCode sq_ensembles_of_run(const sq_run *run, sq_ensemble *ensembles, int *count);
/* Adds what the ensembles of a Langevin equation with several step sizes lead to at step size 0: a table without
 * fields, named langevin. Nothing where there are fewer than two (extrapolate.c). Not collective. */
PetscErrorCode sq_langevin_extrapolate(const sq_run *run, sq_ensemble *ensembles, int *count);
/* langevin.csv: every observable at every step size, the fit through them, and how good it is; aloud: with a table of
 * them in the log. Nothing where nothing was extrapolated. Collective (extrapolate.c). */
PetscErrorCode sq_langevin_report(const sq_run *run, const sq_ensemble *ensembles, int count, bool aloud);
/* Reads the columns of every group of any file and analyses them. ensembles[SQ_IO_GROUPS], the caller's; count says how
 * many. Collective. */
PetscErrorCode sq_ensembles_read(MPI_Comm world, const char *path, sq_ensemble *ensembles, int *count);
/* Whether it is of fields that a model generated, as they are: not reweighted, not corrected. Not collective. */
bool sq_ensemble_of_model(const sq_ensemble *e);
/* The model's own error of every observable, by name. */
typedef struct {
  int count;
  const char *name[SQ_OBS_ROWS];
  double value[SQ_OBS_ROWS];
} sq_model_errors;
/* From fields that models of half the configurations each made of the same noise (model_error.c). Not collective. */
PetscErrorCode sq_model_errors_find(const sq_ensemble *first, const sq_ensemble *second, sq_model_errors *errors);
/* Into a file that is yet to be published; out of a file into the errors of the analysis of its fields, which then
 * contain it, where there is any. Collective. */
PetscErrorCode sq_model_errors_put(const sq_model_errors *errors, sq_records *records);
PetscErrorCode sq_model_errors_get(sq_records *records, sq_ensemble *e);
/* Frees what sq_ensembles_read made. Not collective. */
void sq_ensemble_free(sq_ensemble *ensemble);
/* The column log_weight of a group in a new array, the caller's; NULL where there is none, or nothing but NaN: samplers
 * without path weights store that. Collective. */
PetscErrorCode sq_path_weights(sq_records *records, int group, double **log_weight);

/* What the corrected ensemble of the run is worth, in words (worth.c): one line, no end. Collective. */
PetscErrorCode sq_correct_verdict(const sq_run *run, const sq_ensemble *corrected, sq_text *out);
/* Independent configurations as a share of those stored, 1/(2 tau_int) of the slowest of |M|, M^2, S; NaN where it
 * cannot be said. Not collective. */
sq_estimate sq_correct_independent(const sq_ensemble *e);

#endif
