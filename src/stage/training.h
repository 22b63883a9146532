/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to the stage train: a model that is learned, and what is kept of how that went. */
#ifndef SQUALL_STAGE_TRAINING_H
#define SQUALL_STAGE_TRAINING_H

#include "src/learning/history.h"
#include "src/learning/weigh.h"
#include "src/stage/stage.h"

/* What it was worth on the way, in files as it stands here. */
typedef struct {
  double step, core_seconds; /* core_seconds: of training until then */
  sq_worth worth;
} sq_worth_row;

enum {
  SQ_TRAINING_ROWS = 200,
  SQ_TRAINING_WORTH_ROWS = 30,
  SQ_VALIDATION_FIELDS = 256,
  SQ_TRAINING_SUMS = 2,
  SQ_RIVAL_SUMS = 2,
  SQ_WEIGHING_SUMS = 4
};

/* What a stage train is at work on. */
typedef struct {
  sq_run *run;
  int half; /* of the configurations: 1, 2; 0: all */
  sq_site site;
  sq_model model;
  sq_scan scan; /* couplings that it learns at, {0}: that of the run */
  sq_model_data data;
  sq_objective objective, against; /* against: of what the model learns against, if that is so */
  sq_learner *learner, *rival;     /* rival: the learner of that, NULL if there is none */
  sq_learner_options set, rival_set;
  uint64_t fingerprint, stream; /* stream: of the training */
  char path[SQ_PATH], checkpoint[SQ_PATH], ensemble[SQ_PATH];
  double log_Z; /* where the objective weighs: NaN where it is not known */
  sq_history_row history[SQ_TRAINING_ROWS + 1];
  sq_weighing_row weighing[SQ_TRAINING_ROWS + 1];   /* as many, where the objective weighs */
  sq_rival_row rival_history[SQ_TRAINING_ROWS + 1]; /* as many, where there is a rival */
  sq_worth_row worth[SQ_TRAINING_WORTH_ROWS];
  int64_t rows, weighed;                 /* of both */
  double loss_sum[SQ_TRAINING_SUMS];     /* since the last row: of losses, and how many */
  double weighing_sum[SQ_WEIGHING_SUMS]; /* since then: of f, its variances, forward steps, and how many */
  double rival_sum[SQ_RIVAL_SUMS];       /* since then: of its losses, and how many steps of it */
  double seconds;                        /* of training so far, all sessions */
} sq_training;

/* Whether the step is by the forward divergence, and the factor of S, of an objective that weighs. Not collective. */
bool sq_training_is_forward(const sq_training *t, int64_t step);
double sq_training_scale(const sq_training *t, int64_t step);

/* ---- train_files.c ---- */
PetscErrorCode sq_training_write_checkpoint(sq_training *t);
PetscErrorCode sq_training_read_checkpoint(sq_training *t, bool *found);
PetscErrorCode sq_training_write_model(sq_training *t);

/* ---- train_history.c ---- */
/* Takes a step of the rival into the next row. Not collective. */
void sq_training_keep_rival(sq_training *t, const sq_train_record *record);
/* Keeps a row for every so many steps. Collective over run->world. */
PetscErrorCode sq_training_keep(sq_training *t, int64_t done, const sq_train_record *record);
/* What a progress line, and the last line, says. Not collective. */
enum { SQ_TRAINING_TEXT = 256 };
const char *sq_training_line(const sq_training *t, const sq_train_record *record, bool any_row,
                             char text[SQ_TRAINING_TEXT]);
/* The same as members of status.json, each after a comma; "" of one that learns alone and does not weigh. Not
 * collective. */
const char *sq_training_json(const sq_training *t, const sq_train_record *record, bool any_row,
                             char text[SQ_TRAINING_TEXT]);
const char *sq_training_end(const sq_training *t, char text[SQ_TRAINING_TEXT]);
/* Weighs fields of the model with the average of the weights as they are now where the deck wants that, after steps,
 * steps/2, steps/4, ... The training does not notice. Collective over run->world. */
PetscErrorCode sq_training_weigh(sq_training *t, int64_t done);
/* training_cost.csv, of a run that is a part of another one, which compares: steps and core-seconds of the training,
 * all sessions together as if they had had the ranks of the last. Collective over run->world. */
PetscErrorCode sq_training_write_cost(const sq_training *t);

#endif
