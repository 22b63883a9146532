/* SPDX-License-Identifier: BSD-3-Clause */
/* Files with right checksums and wrong content: what they claim is held against what they hold before memory or time is
 * taken; what was taken out of them is missed. */
#include "forge.h"
#include "io.h"
#include "squall/score.h"

static char file[128];

static const char *named(const char *name)
{
  snprintf(file, sizeof file, "%s/%s", tap_directory(), name);
  return file;
}

/* Without MPI, as the program does it. */
static PetscErrorCode verified(const char *path, const char *says)
{
  char message[1024];
  PetscErrorCode code = sq_file_verify_alone(path, stderr, message, sizeof message);
  if (code && !strstr(message, says)) printf("# %s\n", message);
  return strstr(message, says) ? code : -1;
}

/* Ranks that only look wait for the one that forges. */
static void forged_by_one(const char *path, void (*forge)(const char *path))
{
  MPI_Barrier(MPI_COMM_WORLD);
  if (tap.rank == 0) forge(path);
  MPI_Barrier(MPI_COMM_WORLD);
}

/* ---- records ---- */

static void without_records(const char *path)
{
  sq_records_info info = io_info(2, (int64_t[]){1, 200000000});
  info.groups = 1;
  info.group[0].count = 0;
  forge_empty(path, &info);
}

static void without_series(const char *path)
{
  sq_io_status status = {.path = path};
  hid_t opened = sq_io_h5_open(path, true, &status);
  forge_need(opened >= 0 && H5Ldelete(opened, sq_io_extras_name, H5P_DEFAULT) >= 0, &status);
  forge_need(sq_io_h5_close(opened, &status), &status);
}

static void other_extents(const char *path)
{
  forge_header(path, "extents", "4000000000x4000000000");
}

static void check_claims(const sq_grid *grid)
{
  sq_records *records;
  const char *path = named("empty.h5");
  forged_by_one(path, without_records);
  tap_check(verified(path, "make no sense") == SQ_ERR_DATA &&
              sq_records_open(grid, NULL, path, &records) == SQ_ERR_DATA,
            "no records, of any size, are no file");
  TAP_CALL(io_make(grid, 2, (int64_t[]){10, 10}, named("claims.h5")));
  forged_by_one(file, other_extents);
  tap_check(verified(file, "make no sense") == SQ_ERR_DATA, "extents beyond all numbers are refused");
  TAP_CALL(io_make(grid, 2, (int64_t[]){10, 10}, named("series.h5")));
  forged_by_one(file, without_series);
  tap_check(verified(file, "no group 'series'") == SQ_ERR_DATA &&
              sq_records_open(grid, NULL, file, &records) == SQ_ERR_DATA,
            "the group series is missed where it was taken out");
}

/* Long rows and slices are read in pieces. */
static void check_pieces(const sq_grid *grid)
{
  static const struct {
    int dim;
    int64_t extent[3];
  } shape[] = {{2, {2, 1500000}}, {3, {2, 3, 400000}}, {1, {2500000}}};
  for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
    sq_records_info info = io_info(shape[i].dim, shape[i].extent);
    sq_lattice *lattice;
    sq_records *records;
    info.groups = 1;
    info.group[0].count = 1;
    TAP_CALL(sq_lattice_create(grid->domain, shape[i].dim, shape[i].extent, NULL, &lattice));
    TAP_CALL(sq_records_create(grid, lattice, named("pieces.h5"), &info, &records));
    TAP_CALL(io_write_range(grid, lattice, records, 0, 0, 1));
    tap_check(sq_records_publish(&records) == 0, "a field of %lld sites and more in a row is read in pieces",
              (long long)shape[i].extent[shape[i].dim - 1]);
    TAP_CALL(sq_lattice_destroy(&lattice));
  }
}

/* ---- links in their header ---- */

/* Whether a group keeps its members and attributes in its header. */
static bool compact(hid_t loc, const char *name)
{
  hid_t group = H5Gopen2(loc, name, H5P_DEFAULT);
  H5G_info_t info;
  bool fine = group >= 0 && H5Gget_info(group, &info) >= 0 && info.storage_type == H5G_STORAGE_TYPE_COMPACT;
  if (group >= 0) H5Gclose(group);
  return fine;
}

static void check_storage(const sq_grid *grid)
{
  enum { MANY = 40 };
  sq_store *store, *back;
  sq_records_info info = io_info(2, (int64_t[]){4, 4});
  sq_io_status status = {0};
  TAP_CALL(sq_store_create("model", &store));
  for (int i = 0; i < MANY; i++) {
    char name[32];
    snprintf(name, sizeof name, "array-%d", i);
    TAP_CALL(sq_store_put_reals(store, name, 1, (int64_t[]){1}, (double[]){i}));
  }
  TAP_CALL(sq_store_write(MPI_COMM_WORLD, store, named("many.h5"), false));
  TAP_CALL(sq_store_read(MPI_COMM_WORLD, file, "model", false, &back, NULL));
  hid_t opened = sq_io_h5_open(file, false, &status);
  tap_check(sq_io_items_equal(store, back) && compact(opened, "data") && compact(opened, "/"),
            "a store keeps its %d arrays in the header of their group", MANY);
  sq_io_h5_close(opened, &status);
  TAP_CALL(sq_store_destroy(&store));
  TAP_CALL(sq_store_destroy(&back));
  info.group[0].columns = 20;
  for (int c = 0; c < 20; c++) snprintf(info.group[0].column[c], SQ_IO_NAME, "column-%d", c);
  if (tap.rank == 0) forge_empty(named("columns.h5"), &info);
  MPI_Barrier(grid->world);
  opened = sq_io_h5_open(named("columns.h5"), false, &status);
  tap_check(compact(opened, "training") && compact(opened, "series") && compact(opened, "/"), "so does a file of "
                                                                                              "records");
  sq_io_h5_close(opened, &status);
}

/* ---- models ---- */

static const double kappa_lambda[4] = {0.2, 0.02};

/* A model of a network of one layer, that says that it learned on extents. */
static void model_of(const int64_t extents[SQ_DIM], int64_t orbits, sq_store **store)
{
  const sq_network_shape shape = {
    .dim = 2, .channels = 16, .blocks = 0, .width = 8, .odd = true, .levels = 1, .inputs = 2, .outputs = 1};
  int64_t weights = sq_network_parameters(&shape);
  double *numbers;
  TAP_CALL(sq_alloc(PetscMax(weights, orbits), &numbers));
  for (int64_t i = 0; i < PetscMax(weights, orbits); i++) numbers[i] = 0.5;
  TAP_CALL(sq_store_create("model", store));
  TAP_CALL(sq_store_put_text(*store, "action", "phi4 kappa=0.2 lambda=0.02"));
  TAP_CALL(sq_store_put_text(*store, "action_type", "phi4"));
  TAP_CALL(sq_store_put_reals(*store, "action_values", 1, (int64_t[]){4}, kappa_lambda));
  TAP_CALL(sq_store_put_ints(*store, "shape", 1, (int64_t[]){7}, (int64_t[]){2, 16, 0, 8, 1, 0, 1}));
  TAP_CALL(sq_store_put_ints(*store, "extents", 1, (int64_t[]){SQ_DIM}, extents));
  TAP_CALL(sq_store_put_reals(*store, "propagator", 1, &orbits, numbers));
  TAP_CALL(sq_store_put_reals(*store, "force_power", 1, &orbits, numbers));
  TAP_CALL(sq_store_put_real(*store, "s_min", 0.1));
  TAP_CALL(sq_store_put_real(*store, "s_max", 10));
  TAP_CALL(sq_store_put_reals(*store, "weights", 1, &weights, numbers));
  sq_free(&numbers);
}

static void check_models(void)
{
  static const int64_t extents[][SQ_DIM] = {{1, 1, 4, 4}, {1, 1, 30000, 30000}, {1, 1, 999999999, 1}, {1, 1, 4, 6}};
  for (int i = 0; i < 4; i++) {
    sq_store *store;
    sq_diffusion_model *model = NULL;
    model_of(extents[i], 6, &store);
    PetscErrorCode code = sq_diffusion_model_get(MPI_COMM_WORLD, store, "model.h5", &model);
    tap_check(code == (i == 0 ? 0 : SQ_ERR_DATA),
              i ? "a model of %lld x %lld sites with 6 classes of momenta is refused" :
                  "a model of %lld x %lld sites has 6 classes of momenta",
              (long long)extents[i][2], (long long)extents[i][3]);
    if (model) TAP_CALL(sq_diffusion_model_destroy(&model));
    TAP_CALL(sq_store_destroy(&store));
  }
}

int main(int argc, char **argv)
{
  sq_grid *grid;
  tap_begin(&argc, &argv);
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  (void)PetscPushErrorHandler(io_silent, NULL);
  check_claims(grid);
  check_pieces(grid);
  check_storage(grid);
  check_models();
  (void)PetscPopErrorHandler();
  TAP_CALL(sq_grid_destroy(&grid));
  return tap_end();
}
