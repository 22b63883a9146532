/* SPDX-License-Identifier: BSD-3-Clause */
/* Model files with wrong content: every setting of every type with an exact density, extents, dimension and theory as
 * no deck would have them, weights too few, too many or no numbers. Each is refused before memory is taken by what it
 * claims; a right one is read. */
#include "src/model/tractable_row.h"
#include "src/model/types.h"
#include "tap.h"
#include <string.h>

typedef struct {
  const char *type, *action;
  double value[SQ_ACTION_PARAMETERS];
  int dim;
  int64_t side;
  double setting[SQ_TRACTABLE_SETTINGS]; /* a small model, in the order of its row */
} model_file;

static const model_file good[] = {
  {"coupling-flow", "phi4", {0.2, 0.02}, 2, 4, {2, 16, 1, 2}},
  {"latent", "phi4", {0.2, 0.02}, 2, 4, {16, 1, 1}},
  {"multilevel", "phi4", {0.2, 0.02}, 2, 4, {16, 1, 1, 4}},
  {"fourier-flow", "phi4", {0.2, 0.02}, 1, 8, {2, 16, 1, 1, 4, 1, 0}},
  {"bisection", "phi4", {0.2, 0.02}, 1, 8, {16, 1, 2}},
  {"heights", "complex", {4.5, 1, 0.5}, 2, 4, {16, 1, 0, 3, 1}},
};
enum { FILES = sizeof good / sizeof *good };

static const sq_tractable_kind *kind_of(const model_file *f)
{
  return sq_model_find(f->type)->tractable;
}

static int64_t count_of(const model_file *f)
{
  sq_tractable_shape shape = {.extent = {1, 1, 1, 1}};
  TAP_CALL(sq_action_make(f->action, f->dim, f->value, &shape.action));
  for (int mu = SQ_DIM - f->dim; mu < SQ_DIM; mu++) shape.extent[mu] = f->side;
  memcpy(shape.setting, f->setting, sizeof shape.setting);
  return kind_of(f)->parameters(&shape);
}

/* The store of a model with so many weights, the last of which is given. */
static sq_store *store_of(const model_file *f, int64_t count, double last)
{
  sq_store *store;
  sq_action action;
  char text[256], name[64];
  int64_t extent[SQ_DIM] = {1, 1, 1, 1};
  const int64_t four = SQ_DIM;
  double *weight;
  TAP_CALL(sq_action_make(f->action, f->dim, f->value, &action));
  sq_action_describe(&action, text, sizeof text);
  for (int mu = SQ_DIM - f->dim; mu < SQ_DIM; mu++) extent[mu] = f->side;
  TAP_CALL(sq_alloc(count, &weight));
  weight[count - 1] = last;
  TAP_CALL(sq_store_create("model", &store));
  TAP_CALL(sq_store_put_text(store, "type", f->type));
  TAP_CALL(sq_store_put_text(store, "action", text));
  TAP_CALL(sq_store_put_int(store, "dim", f->dim));
  TAP_CALL(sq_store_put_ints(store, "extents", 1, &four, extent));
  for (int i = 0; kind_of(f)->setting[i]; i++) {
    snprintf(name, sizeof name, "setting_%s", kind_of(f)->setting[i]);
    TAP_CALL(sq_store_put_real(store, name, f->setting[i]));
  }
  TAP_CALL(sq_store_put_reals(store, "weights", 1, &count, weight));
  sq_free(&weight);
  return store;
}

/* Whether it is read; the store is gone then. */
static bool is_read(sq_store *store)
{
  sq_model model;
  const PetscErrorCode code = sq_model_get(MPI_COMM_WORLD, store, "forged", &model);
  if (!code) TAP_CALL(sq_model_destroy(&model));
  TAP_CALL(sq_store_destroy(&store));
  if (code && code != SQ_ERR_DATA && code != SQ_ERR_INPUT) printf("# status %d\n", (int)code);
  return !code || (code != SQ_ERR_DATA && code != SQ_ERR_INPUT);
}

static void check_weights(const model_file *f)
{
  const int64_t count = count_of(f);
  tap_check(count > 1 && is_read(store_of(f, count, 0.5)), "%s: a right file is read", f->type);
  tap_check(!is_read(store_of(f, count, NAN)) && !is_read(store_of(f, count, INFINITY)), "weights that are no numbers");
  tap_check(!is_read(store_of(f, count - 1, 0)) && !is_read(store_of(f, count + 1, 0)), "one weight less, one more");
}

/* With a weight alone nothing is right: a shape that could be has more of them. */
static void check_shapes(const model_file *f)
{
  static const double wrong[] = {-1, 0.5, -1e300, 1e300, 1e9, 0x1p31, 0x1p62, NAN, INFINITY};
  bool refused = true;
  for (int i = 0; kind_of(f)->setting[i]; i++)
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
      model_file other = *f;
      other.setting[i] = wrong[k];
      refused = refused && !is_read(store_of(&other, 1, 0));
    }
  tap_check(refused, "settings that no deck can have");
  refused = true;
  static const int64_t side[] = {-1, 0, 1, 1 << 16, 1 << 20, 1LL << 31, 1LL << 40, 1LL << 62};
  for (size_t k = 0; k < sizeof side / sizeof *side; k++) {
    model_file other = *f;
    other.side = side[k];
    refused = refused && !is_read(store_of(&other, 1, 0));
  }
  tap_check(refused, "extents of any size");
}

static void check_theories(const model_file *f)
{
  static const struct {
    const char *name;
    int dim;
    double value[SQ_ACTION_PARAMETERS];
  } other[] = {
    {"ising", 2, {0.4}}, {"xy", 2, {0.4}}, {"complex", 3, {7, 1, 0.1}}, {"u1", 2, {2}}, {"phi4", 4, {0.1, 0}}};
  bool refused = true;
  for (size_t k = 0; k < sizeof other / sizeof *other; k++) {
    model_file wrong = *f;
    wrong.action = other[k].name;
    wrong.dim = other[k].dim;
    memcpy(wrong.value, other[k].value, sizeof wrong.value);
    refused = refused && !is_read(store_of(&wrong, 1, 0));
  }
  tap_check(refused, "theories and dimensions that it is not for");
  refused = true;
  for (int k = 0; k < 4; k++) {
    sq_store *store = store_of(f, count_of(f), 0);
    if (k < 2) TAP_CALL(sq_store_put_int(store, "dim", k ? 5 : 0));
    else TAP_CALL(sq_store_put_text(store, "action", k == 2 ? "none" : "phi4 kappa=nan lambda=1"));
    refused = refused && !is_read(store);
  }
  tap_check(refused, "a dimension and a theory that are none");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (int i = 0; i < FILES; i++) {
    check_weights(&good[i]);
    check_shapes(&good[i]);
    check_theories(&good[i]);
  }
  return tap_end();
}
