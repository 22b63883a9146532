/* SPDX-License-Identifier: BSD-3-Clause */
/* What a model is worth. */
#ifndef SQUALL_LEARNING_WEIGH_H
#define SQUALL_LEARNING_WEIGH_H

#include "squall/correct.h"
#include "src/plan/site.h"
#include "src/run/table.h"
#include "src/learning/learning.h"

/* What weighed fields are worth, as plain numbers; trusted: 1 or 0. */
typedef struct {
  double fields, ess, ess_error, acceptance, spread, n_ess, k_hat, largest_share, trusted;
} sq_worth;
sq_worth sq_worth_of(const sq_weighed *weighed);
/* Its columns in a table, and their cells. */
#define SQ_WORTH_COLUMNS                                                                                               \
  {"fields", "%.0f"}, {"ess", "%.6g"}, {"ess_error", "%.4g"}, {"acceptance", "%.6g"}, {"spread", "%.6g"},              \
    {"n_ess", "%.6g"}, {"k_hat", "%.4g"}, {"largest_share", "%.4g"},                                                   \
  {                                                                                                                    \
    "trusted", "%.0f"                                                                                                  \
  }
#define SQ_WORTH_CELLS(x)                                                                                              \
  SQ_CELL("fields", (x).fields), SQ_CELL("ess", (x).ess), SQ_CELL("ess_error", (x).ess_error),                         \
    SQ_CELL("acceptance", (x).acceptance), SQ_CELL("spread", (x).spread), SQ_CELL("n_ess", (x).n_ess),                 \
    SQ_CELL("k_hat", (x).k_hat), SQ_CELL("largest_share", (x).largest_share), SQ_CELL("trusted", (x).trusted)

/* What fields 0 .. fields - 1 are worth, as the stage sample would make them on this lattice, with the
 * stream of that (sq_sample_stream). The same on any number of ranks. Collective over run->world. */
PetscErrorCode sq_weigh(const sq_site *site, const sq_model *model, uint64_t stream, int64_t fields,
                        sq_weighed *weighed);
/* volume_worth.csv: on every lattice of sample.weigh; nothing if there is none. made: the model's fingerprint; before:
 * whether the samples of this model were made before, and with them such a file. Collective. */
PetscErrorCode sq_weigh_volumes(const sq_run *run, const sq_model *model, uint64_t made, bool before);
/* SQ_ERR_INPUT where the deck wants fields weighed that have no weights. Collective. */
PetscErrorCode sq_weigh_check(const sq_run *run);

#endif
