/* SPDX-License-Identifier: BSD-3-Clause */
/* model: a type is one row of a table. Here the table has one row more: white noise, whose density is known. Its model
 * goes to a file and back by its type, generates and is weighed like any other; files without a type are of the first;
 * what needs a diffusion model refuses it. */
#include "squall/correct.h"
#include "squall/model.h"
#include "src/model/types.h"
#include "tests/tap.h"
#include "tests/white.h"
#include <string.h>

/* ---- the further row: phi_x = width z_x ---- */

static PetscErrorCode check(const sq_deck *deck, const sq_action *action)
{
  (void)deck, (void)action;
  return 0;
}

static PetscErrorCode destroy(void **self)
{
  sq_free(self);
  return 0;
}

static PetscErrorCode put(const void *self, sq_store *store)
{
  return sq_store_put_real(store, "width", ((const white *)self)->width);
}

static PetscErrorCode get(MPI_Comm comm, const sq_store *store, const char *path, void **self)
{
  PetscFunctionBeginUser;
  white *w;
  (void)comm, (void)path;
  PetscCall(sq_alloc(1, &w));
  PetscCall(sq_store_real(store, "width", &w->width));
  *self = w;
  PetscFunctionReturn(0);
}

static const sq_action *action(const void *self)
{
  return &((const white *)self)->action;
}

static const double *weights(const void *self, int64_t *count)
{
  *count = 1;
  return &((const white *)self)->width;
}

static sq_generator_needs needs(const void *self, const int64_t extent[SQ_DIM])
{
  (void)self, (void)extent;
  return (sq_generator_needs){.batch = WHITE_BATCH};
}

static const sq_param no_params[] = {{0}};
static const sq_model_type type_white = {.name = "white",
                                         .summary = "noise",
                                         .params = no_params,
                                         .check = check,
                                         .destroy = destroy,
                                         .put = put,
                                         .get = get,
                                         .action = action,
                                         .weights = weights,
                                         .needs = needs,
                                         .generator = white_generator};

const sq_model_type *const sq_model_types[] = {&sq_model_type_diffusion, &type_white, NULL};

/* ---- tests ---- */

static void check_file(const char *text, PetscErrorCode expected, double width, const char *what)
{
  sq_store *store, *again;
  sq_model model;
  char path[128];
  snprintf(path, sizeof path, "%s/model.h5", tap_directory());
  TAP_CALL(sq_store_create("model", &store));
  if (text) TAP_CALL(sq_store_put_text(store, "type", text));
  TAP_CALL(sq_store_put_real(store, "width", width));
  TAP_CALL(sq_store_write(MPI_COMM_WORLD, store, path, false));
  TAP_CALL(sq_store_read(MPI_COMM_WORLD, path, "model", false, &again, NULL));
  PetscErrorCode code = sq_model_get(MPI_COMM_WORLD, again, path, &model);
  tap_check(code == expected && (code || ((white *)model.self)->width == width), "%s", what);
  if (!code) TAP_CALL(sq_model_destroy(&model));
  TAP_CALL(sq_store_destroy(&store));
  TAP_CALL(sq_store_destroy(&again));
}

static void check_row(void)
{
  white *self;
  sq_store *store;
  const char *name;
  const sq_diffusion_model *diffusion;
  TAP_CALL(sq_alloc(1, &self));
  self->width = 0.7;
  sq_model model = {&type_white, self};
  uint64_t before = sq_model_print(&model);
  tap_check(sq_model_find("white") == &type_white && !sq_model_find("black"), "types are found by name");
  TAP_CALL(sq_store_create("model", &store));
  TAP_CALL(sq_model_put(&model, store));
  TAP_CALL(sq_store_text(store, "type", &name));
  tap_check(!strcmp(name, "white") && !sq_store_has(store, "weights"), "a model is stored with its type");
  self->width = 0.8;
  tap_check(sq_model_print(&model) != before, "other weights have another number");
  tap_check(sq_model_diffusion(&model, "this test", &diffusion) == SQ_ERR_INPUT, "what needs a diffusion model refuses "
                                                                                 "it");
  TAP_CALL(sq_store_destroy(&store));
  TAP_CALL(sq_model_destroy(&model));
  tap_check(!model.self, "a model that is gone is empty");
  TAP_CALL(sq_model_destroy(&model));
}

/* kappa = lambda = 0: S = sum phi^2, white noise of width sqrt(1/2). */
static void check_generator(void)
{
  enum { FIELDS = 7 };
  const double none[SQ_ACTION_PARAMETERS] = {0};
  white self = {.width = sqrt(0.5)};
  const sq_model model = {&type_white, &self};
  sq_grid *grid;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_generator g;
  sq_weighed weighed;
  double log_weight[FIELDS], worst = 0;
  TAP_CALL(sq_action_make("phi4", 2, none, &self.action));
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, 2, (int64_t[]){6, 6}, NULL, &lattice));
  TAP_CALL(sq_fft_create(lattice, &fft));
  TAP_CALL(sq_model_generator(&model, NULL, fft, false, &g));
  tap_check(g.batch == sq_model_needs(&model, lattice->extent).batch, "a generator makes the batches it needs");
  TAP_CALL(sq_generator_log_weights(&g, grid, &self.action, 1, FIELDS, log_weight));
  for (int i = 0; i < FIELDS; i++) tap_worst(&worst, fabs(log_weight[i] - 18 * log(M_PI)));
  tap_near(worst, 0, 1e-10, "it is weighed like any other: every weight is Z = pi^(V/2)");
  TAP_CALL(sq_generator_weigh(&g, grid, &self.action, 1, FIELDS, &weighed));
  tap_near(weighed.weights.ess, 1, 1e-10, "and every field counts");
  TAP_CALL(sq_generator_destroy(&g));
  TAP_CALL(sq_fft_destroy(&fft));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_file("white", 0, 0.25, "a model comes back from its file by its type");
  check_file("black", SQ_ERR_DATA, 0.25, "an unknown type is refused");
  check_file(NULL, SQ_ERR_DATA, 0.25, "a file without a type is of the first, which this one is not");
  check_row();
  check_generator();
  return tap_end();
}
