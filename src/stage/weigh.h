/* Private to app: what a model is worth. */
#ifndef SQUALL_APP_WEIGH_H
#define SQUALL_APP_WEIGH_H

#include "squall/correct.h"
#include "src/run/site.h"
#include "src/stage/stage.h"

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
