/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage train: its history, what its lines say, and what the model is worth so far. */
#include "src/ensemble/correction.h"
#include "src/stage/training.h"
#include <math.h>

/* ---- the history ---- */

bool sq_training_is_forward(const sq_training *t, int64_t step)
{
  const sq_divergence_options options = {.forward = t->run->train.forward};
  return sq_divergence_is_forward(&options, step, t->set.steps);
}

double sq_training_scale(const sq_training *t, int64_t step)
{
  const sq_divergence_options options = {.anneal = t->run->train.anneal};
  return sq_divergence_scale(&options, step, t->set.steps);
}

/* A record of step done - 1. */
static void add_weighing(sq_training *t, int64_t done, const sq_train_record *record)
{
  t->weighing_sum[0] += record->f;
  t->weighing_sum[1] += record->spread * record->spread;
  t->weighing_sum[2] += sq_training_is_forward(t, done - 1);
  t->weighing_sum[3]++;
}

static sq_weighing_row weighing_row(const sq_training *t, int64_t done)
{
  const double n = t->weighing_sum[3];
  return (sq_weighing_row){t->weighing_sum[0] / n, sqrt(t->weighing_sum[1] / n), t->weighing_sum[2] / n,
                           sq_training_scale(t, done - 1)};
}

/* The last rate and gradient stand in the row that is to come. */
void sq_training_keep_rival(sq_training *t, const sq_train_record *record)
{
  sq_rival_row *row = &t->rival_history[t->rows];
  t->rival_sum[0] += record->loss;
  t->rival_sum[1]++;
  *row = (sq_rival_row){t->rival_sum[0] / t->rival_sum[1], record->learning_rate, record->gradient_norm};
}

PetscErrorCode sq_training_keep(sq_training *t, int64_t done, const sq_train_record *record)
{
  PetscFunctionBeginUser;
  const int64_t every = (t->set.steps + SQ_TRAINING_ROWS - 1) / SQ_TRAINING_ROWS;
  t->loss_sum[0] += record->loss;
  t->loss_sum[1]++;
  if (t->objective.weighs) add_weighing(t, done, record);
  if (done % every && done != t->set.steps) PetscFunctionReturn(0);
  if (t->objective.weighs) t->weighing[t->rows] = weighing_row(t, done);
  sq_history_row *row = &t->history[t->rows++];
  *row = (sq_history_row){.step = (double)done,
                          .loss = t->loss_sum[0] / t->loss_sum[1],
                          .held_out = -1,
                          .learning_rate = record->learning_rate,
                          .gradient_norm = record->gradient_norm};
  if (t->objective.held_out && (t->rows % 10 == 0 || done == t->set.steps))
    PetscCall(sq_learner_validate(t->learner, SQ_VALIDATION_FIELDS, &row->held_out));
  for (int i = 0; i < SQ_TRAINING_SUMS; i++) t->loss_sum[i] = 0;
  for (int i = 0; i < SQ_WEIGHING_SUMS; i++) t->weighing_sum[i] = 0;
  for (int i = 0; i < SQ_RIVAL_SUMS; i++) t->rival_sum[i] = 0;
  PetscFunctionReturn(0);
}

/* ---- lines ---- */

/* Of the last row. */
static double row_steps(const sq_training *t)
{
  return t->history[t->rows - 1].step - (t->rows > 1 ? t->history[t->rows - 2].step : 0);
}

/* What log weights of such a spread, over so many steps, are worth if they are normal: an ESS of exp(-spread^2). And
 * the divergence with its error, where the partition function is known: <f> + log Z, reverse, or the same with the
 * other sign. */
static const char *weighing_text(const sq_training *t, const sq_weighing_row *row, double steps,
                                 char text[SQ_TRAINING_TEXT])
{
  const bool whole = row->scale == 1 && (row->forward == 0 || row->forward == 1);
  const double ess = exp(-row->spread * row->spread), KL = (row->f + t->log_Z) * (row->forward == 1 ? -1 : 1);
  const double error = row->spread / sqrt(steps * (double)t->set.batch);
  int used = snprintf(text, SQ_TRAINING_TEXT, "f %.3f  spread %.3f", row->f, row->spread);
  if (row->scale < 1) used += snprintf(text + used, (size_t)(SQ_TRAINING_TEXT - used), "  of %.2f S", row->scale);
  if (whole) used += snprintf(text + used, (size_t)(SQ_TRAINING_TEXT - used), "  ESS about %.3g", ess);
  if (whole && !isnan(t->log_Z))
    snprintf(text + used, (size_t)(SQ_TRAINING_TEXT - used), "  KL %.4f(%.4f) nats", KL, error);
  return text;
}

/* Of the last row, or of the last step as long as there is none. */
static sq_weighing_row present(const sq_training *t, const sq_train_record *record, bool any_row)
{
  const int64_t step = sq_learner_steps(t->learner) - 1;
  if (any_row) return t->weighing[t->rows - 1];
  return (sq_weighing_row){record->f, record->spread, sq_training_is_forward(t, step), sq_training_scale(t, step)};
}

const char *sq_training_json(const sq_training *t, const sq_train_record *record, bool any_row,
                             char text[SQ_TRAINING_TEXT])
{
  const sq_weighing_row now = present(t, record, any_row);
  text[0] = '\0';
  if (t->objective.weighs)
    snprintf(text, SQ_TRAINING_TEXT, ", \"f\": %.9g, \"spread\": %.6g, \"forward\": %.3g, \"scale\": %.3g", now.f,
             now.spread, now.forward, now.scale);
  else if (t->rival)
    snprintf(text, SQ_TRAINING_TEXT, ", \"rival_loss\": %.9g", t->rival_history[any_row ? t->rows - 1 : t->rows].loss);
  return text;
}

/* Both losses, of the last row or of the last step. */
static const char *rival_text(const sq_training *t, const sq_train_record *record, bool any_row,
                              char text[SQ_TRAINING_TEXT])
{
  const sq_rival_row *other = &t->rival_history[any_row ? t->rows - 1 : t->rows];
  snprintf(text, SQ_TRAINING_TEXT, "loss %.4f  %s %.4f  rates %.2g %.2g  gradients %.2g %.2g",
           any_row ? t->history[t->rows - 1].loss : record->loss, t->model.type->rival->name, other->loss,
           record->learning_rate, other->learning_rate, record->gradient_norm, other->gradient_norm);
  return text;
}

const char *sq_training_line(const sq_training *t, const sq_train_record *record, bool any_row,
                             char text[SQ_TRAINING_TEXT])
{
  const double steps = any_row ? row_steps(t) : 1;
  const sq_weighing_row now = present(t, record, any_row);
  char words[SQ_TRAINING_TEXT];
  if (t->objective.weighs)
    snprintf(text, SQ_TRAINING_TEXT, "%s %.160s  rate %.2g  gradient %.2g", now.forward > 0 ? "forward" : "reverse",
             weighing_text(t, &now, steps, words), record->learning_rate, record->gradient_norm);
  else if (t->rival) rival_text(t, record, any_row, text);
  else
    snprintf(text, SQ_TRAINING_TEXT, "loss %.4f  rate %.2g  gradient %.2g",
             any_row ? t->history[t->rows - 1].loss : record->loss, record->learning_rate, record->gradient_norm);
  return text;
}

const char *sq_training_end(const sq_training *t, char text[SQ_TRAINING_TEXT])
{
  const sq_history_row *last = &t->history[t->rows - 1];
  const char *const unit = t->objective.weighs ? "" : " (1: the Gaussian part alone)";
  char words[SQ_TRAINING_TEXT];
  if (t->objective.weighs)
    snprintf(text, SQ_TRAINING_TEXT, "%s (f = log q + S of a field, ESS of normal log weights)",
             weighing_text(t, &t->weighing[t->rows - 1], row_steps(t), words));
  else if (t->rival)
    snprintf(text, SQ_TRAINING_TEXT, "loss %.4f, of the %s %.4f (2: it cannot tell the fields apart)", last->loss,
             t->model.type->rival->name, t->rival_history[t->rows - 1].loss);
  else if (last->held_out < 0) snprintf(text, SQ_TRAINING_TEXT, "loss %.4f, held-out not measured%s", last->loss, unit);
  else snprintf(text, SQ_TRAINING_TEXT, "loss %.4f, held-out %.4f%s", last->loss, last->held_out, unit);
  return text;
}

/* ---- what the model is worth so far ---- */

static const sq_column worth_columns[] = {{"step", "%.0f"}, {"core_seconds", "%.6g"}, SQ_WORTH_COLUMNS, {0}};

static PetscErrorCode write_worth(const sq_training *t)
{
  PetscFunctionBeginUser;
  sq_table out;
  PetscCall(sq_table_begin(worth_columns, &out));
  for (const sq_worth_row *x = t->worth; x < t->worth + t->weighed; x++)
    PetscCall(sq_table_add(
      &out, SQ_ROW(SQ_CELL("step", x->step), SQ_CELL("core_seconds", x->core_seconds), SQ_WORTH_CELLS(x->worth))));
  PetscCall(sq_run_write(t->run, "training_worth.csv", &out.text));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_training_write_cost(const sq_training *t)
{
  PetscFunctionBeginUser;
  static const sq_column columns[] = {{"steps", "%.0f"}, {"ranks", "%.0f"}, {"core_seconds", "%.6g"}, {0}};
  sq_table out;
  PetscCall(sq_table_begin(columns, &out));
  PetscCall(sq_table_add(&out, SQ_ROW(SQ_CELL("steps", sq_learner_steps(t->learner)), SQ_CELL("ranks", t->run->size),
                                      SQ_CELL("core_seconds", t->seconds * t->run->size))));
  PetscCall(sq_run_write(t->run, "training_cost.csv", &out.text));
  PetscFunctionReturn(0);
}

static bool time_to_weigh(const sq_training *t, int64_t done)
{
  int64_t last = t->weighed ? (int64_t)t->worth[t->weighed - 1].step : 0;
  bool now = false;
  for (int i = 0; i < t->run->train.weigh && !now && !t->half; i++)
    now = done > last && t->set.steps >> i > 0 && done == t->set.steps >> i;
  return now;
}

PetscErrorCode sq_training_weigh(sq_training *t, int64_t done)
{
  PetscFunctionBeginUser;
  enum { CALIBRATION_FIELDS = 256 };
  sq_weighed w;
  if (!time_to_weigh(t, done)) PetscFunctionReturn(0);
  PetscCall(t->model.type->update(t->model.self, &t->data, sq_learner_average(t->learner), CALIBRATION_FIELDS));
  const uint64_t stream = sq_sample_stream(t->run, t->fingerprint, t->run->extents);
  PetscCall(sq_weigh(&t->site, &t->model, stream, t->run->sample.weighed, &w));
  const sq_worth_row row = {
    .step = (double)sq_learner_steps(t->learner), .core_seconds = t->seconds * t->run->size, .worth = sq_worth_of(&w)};
  t->worth[t->weighed++] = row;
  sq_weighed_say(&w, "train: after %.0f steps, %.3g core-seconds", row.step, row.core_seconds);
  PetscCall(write_worth(t));
  PetscFunctionReturn(0);
}
