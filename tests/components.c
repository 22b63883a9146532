/* SPDX-License-Identifier: BSD-3-Clause */
/* components: fields of several numbers a site: halos, noise, checksums, files, transforms and observables, each the
 * same on any number of ranks, and of one number what they are without. */
#include "squall/fft.h"
#include "squall/io.h"
#include "squall/obs.h"
#include "tap.h"
#include <stdio.h>
#include <string.h>

static const struct {
  int dim;
  int64_t extent[SQ_DIM];
} shapes[] = {{1, {13}}, {2, {6, 5}}, {3, {4, 5, 3}}, {4, {4, 2, 3, 5}}};

static sq_stream stream(void)
{
  return sq_stream_make(8, SQ_RNG_TEST, 1);
}

/* Number c of every site, on every rank. */
static void global_numbers(int64_t volume, int c, double *global)
{
  sq_rng_normals(stream(), (uint64_t)(c * volume), volume, 4, 0, global);
}

static int64_t site_of(const sq_lattice *lattice, int64_t i)
{
  return sq_lattice_row_site(lattice, i / lattice->local[3]) + i % lattice->local[3];
}

static int64_t neighbour(const sq_lattice *lattice, int64_t site, int mu, int step)
{
  int64_t below = 1;
  for (int nu = SQ_DIM - 1; nu > mu; nu--) below *= lattice->extent[nu];
  int64_t L = lattice->extent[mu], x = site / below % L;
  return site + ((x + step + L) % L - x) * below;
}

/* How many numbers of the field, or next to its sites, are not those of the lattice. */
static int64_t wrong_numbers(const sq_field *field)
{
  const sq_lattice *lattice = field->lattice;
  double *global;
  int64_t wrong = 0, length = lattice->local[3];
  TAP_CALL(sq_alloc(lattice->volume, &global));
  for (int c = 0; c < field->components; c++) {
    const double *data = field->data + c * field->sites;
    global_numbers(lattice->volume, c, global);
    for (int64_t i = 0; i < lattice->local_volume; i++) {
      const double *here = data + sq_field_row(field, i / length) + i % length;
      wrong += *here != global[site_of(lattice, i)];
      for (int mu = lattice->first_dir; mu < SQ_DIM; mu++)
        for (int step = -1; step <= 1; step += 2)
          wrong += here[step * field->stride[mu]] != global[neighbour(lattice, site_of(lattice, i), mu, step)];
    }
  }
  sq_free(&global);
  return wrong;
}

/* Noise into a field, its halo, and back into a block; checksum: of that. */
static void check_field(MPI_Comm comm, int shape, int components, uint64_t *checksum, const char *name)
{
  sq_lattice *lattice;
  sq_field *field;
  sq_halo *halo;
  double *block, *back;
  TAP_CALL(sq_lattice_create(comm, shapes[shape].dim, shapes[shape].extent, NULL, &lattice));
  int64_t numbers = components * lattice->local_volume;
  TAP_CALL(sq_alloc(numbers, &block));
  TAP_CALL(sq_alloc(numbers, &back));
  TAP_CALL(sq_field_create_components(lattice, 1, components, &field));
  TAP_CALL(sq_halo_create_field(field, SQ_HALO_FACES, &halo));
  sq_block_random(lattice, components, sq_rng_normals, stream(), 4, 0, block);
  sq_field_from_block(field, block);
  TAP_CALL(sq_halo_exchange(halo, field->data));
  tap_check(wrong_numbers(field) == 0, "%s: every number and its neighbours are where they belong", name);
  if (lattice->size == 1) {
    int64_t sites;
    memset(field->data, 0, (size_t)(components * field->sites) * sizeof *field->data);
    sq_field_from_block(field, block);
    sq_field_wrap(field, 0, sq_field_planes(field, &sites));
    tap_check(wrong_numbers(field) == 0, "%s: and by wrapping", name);
  }
  sq_field_to_block(field, back);
  tap_check(!memcmp(block, back, (size_t)numbers * sizeof *block), "%s: back into a block", name);
  TAP_CALL(sq_block_checksum(lattice, components, back, checksum));
  TAP_CALL(sq_halo_destroy(&halo));
  TAP_CALL(sq_field_destroy(&field));
  sq_free(&block);
  sq_free(&back);
  TAP_CALL(sq_lattice_destroy(&lattice));
}

/* One component is what it always was. */
static void check_one(int shape)
{
  sq_lattice *lattice;
  double *block, *other;
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, shapes[shape].dim, shapes[shape].extent, NULL, &lattice));
  TAP_CALL(sq_alloc(lattice->local_volume, &block));
  TAP_CALL(sq_alloc(lattice->local_volume, &other));
  sq_block_normals(lattice, stream(), 4, 0, block);
  sq_block_random(lattice, 1, sq_rng_normals, stream(), 4, 0, other);
  tap_check(!memcmp(block, other, (size_t)lattice->local_volume * sizeof *block), "one component: the same noise");
  sq_free(&block);
  sq_free(&other);
  TAP_CALL(sq_lattice_destroy(&lattice));
}

/* ---- files ---- */

enum { RECORDS = 3 };

static void write_records(const char *path, int shape, int components)
{
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  double *block;
  sq_records_info info = {.kind = "ensemble", .dim = shapes[shape].dim, .components = components, .groups = 1};
  snprintf(info.action, sizeof info.action, "none");
  info.group[0] = (sq_record_group){.name = "training", .count = RECORDS, .columns = 1, .column = {"number"}};
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, 1, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, shapes[shape].dim, shapes[shape].extent, NULL, &lattice));
  memcpy(info.extent, lattice->extent, sizeof info.extent);
  TAP_CALL(sq_alloc(components * lattice->local_volume, &block));
  TAP_CALL(sq_records_create(grid, lattice, path, &info, &records));
  for (int64_t n = 0; n < RECORDS; n++) {
    sq_block_random(lattice, components, sq_rng_normals, stream(), (uint64_t)n, 1, block);
    TAP_CALL(sq_records_write(records, 0, n, block, (double[]){(double)n}));
  }
  TAP_CALL(sq_records_publish(&records));
  sq_free(&block);
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
}

/* On the ranks of comm. */
static bool read_records(MPI_Comm comm, const char *path, int shape, int components)
{
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  double *block, *expected;
  bool same = true;
  TAP_CALL(sq_grid_create(comm, 1, &grid));
  TAP_CALL(sq_lattice_create(grid->domain, shapes[shape].dim, shapes[shape].extent, NULL, &lattice));
  int64_t numbers = components * lattice->local_volume;
  TAP_CALL(sq_alloc(numbers, &block));
  TAP_CALL(sq_alloc(numbers, &expected));
  TAP_CALL(sq_records_open(grid, lattice, path, &records));
  same = sq_records_about(records)->components == components;
  for (int64_t n = 0; n < RECORDS; n++) {
    TAP_CALL(sq_records_read(records, 0, n, block, NULL));
    sq_block_random(lattice, components, sq_rng_normals, stream(), (uint64_t)n, 1, expected);
    same = same && !memcmp(block, expected, (size_t)numbers * sizeof *block);
  }
  TAP_CALL(sq_records_close(&records));
  sq_free(&block);
  sq_free(&expected);
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
  return same;
}

/* Written on all ranks, read on one less. */
static void check_file(int shape, int components, const char *name)
{
  char path[64]; /* of its own: tests on other ranks may run beside it */
  MPI_Comm fewer;
  bool reading = tap.rank < PetscMax(1, tap.size - 1), same = true;
  snprintf(path, sizeof path, "components-n%d.h5", tap.size);
  write_records(path, shape, components);
  (void)MPI_Comm_split(MPI_COMM_WORLD, reading, tap.rank, &fewer);
  if (reading) same = read_records(fewer, path, shape, components);
  (void)MPI_Comm_free(&fewer);
  TAP_CALL(sq_file_remove(MPI_COMM_WORLD, path));
  tap_check(same, "%s: files do not depend on the ranks", name);
}

/* ---- transforms ---- */

/* There and back again, component by component. */
static void check_fft(int shape, int components, const char *name)
{
  sq_lattice *lattice;
  sq_fft *fft;
  double *block, *back, *one, worst = 0;
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, shapes[shape].dim, shapes[shape].extent, NULL, &lattice));
  TAP_CALL(sq_fft_create(lattice, &fft));
  int64_t volume = lattice->local_volume;
  TAP_CALL(sq_alloc(components * volume, &block));
  TAP_CALL(sq_alloc(components * volume, &back));
  TAP_CALL(sq_alloc(fft->orbits.count, &one));
  for (int64_t o = 0; o < fft->orbits.count; o++) one[o] = 1;
  sq_block_random(lattice, components, sq_rng_normals, stream(), 4, 0, block);
  for (int c = 0; c < components; c++) TAP_CALL(sq_fft_filter(fft, one, block + c * volume, back + c * volume));
  for (int64_t i = 0; i < components * volume; i++) tap_worst(&worst, fabs(back[i] - block[i]));
  tap_check(worst < 1e-13, "%s: a transform a component", name);
  sq_free(&block);
  sq_free(&back);
  sq_free(&one);
  TAP_CALL(sq_fft_destroy(&fft));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

/* ---- observables ---- */

static const double kappa = 0.1;

static int components_of(const sq_action *action)
{
  return (int)action->value[0];
}

/* S = sum [ -2 kappa sum_mu phi phi' + phi^2 ], component by component. */
static void energy(const sq_action *action, const sq_field *phi, sq_sum *sum)
{
  const int64_t n = phi->lattice->local[3];
  for (int c = 0; c < phi->components; c++)
    for (int64_t i = 0; i < phi->lattice->local_volume; i++) {
      const double *x = phi->data + c * phi->sites + sq_field_row(phi, i / n) + i % n;
      double forward = 0;
      for (int mu = SQ_DIM - action->dim; mu < SQ_DIM; mu++) forward += x[phi->stride[mu]];
      sq_sum_add(sum, *x * *x - 2 * kappa * *x * forward);
    }
}

static void force(const sq_action *action, const sq_field *phi, double *out)
{
  const int64_t n = phi->lattice->local[3];
  for (int c = 0; c < phi->components; c++)
    for (int64_t i = 0; i < phi->lattice->local_volume; i++) {
      const double *x = phi->data + c * phi->sites + sq_field_row(phi, i / n) + i % n;
      double around = 0;
      for (int mu = SQ_DIM - action->dim; mu < SQ_DIM; mu++) around += x[phi->stride[mu]] + x[-phi->stride[mu]];
      *out++ = 2 * kappa * around - 2 * *x;
    }
}

enum { M, PHI2, PHI4, LINK, ACTION, SCHWINGER_DYSON, G_PMIN, COLUMNS };
static const char *const columns[] = {"M", "phi2", "phi4", "link", "action_density", "schwinger_dyson", "G_pmin", NULL};

static const sq_action_type vector = {
  .name = "vector",
  .space = &sq_space_real,
  .components = components_of,
  .columns = columns,
  .energy = energy,
  .smooth = &(const sq_action_smooth){.force = force},
};

/* <|phi|^4> of the lattice, from numbers that every rank knows. */
static double fourth_power(int64_t volume, int components)
{
  double *square, *x, sum = 0;
  TAP_CALL(sq_alloc(volume, &square));
  TAP_CALL(sq_alloc(volume, &x));
  for (int c = 0; c < components; c++) {
    global_numbers(volume, c, x);
    for (int64_t i = 0; i < volume; i++) square[i] += x[i] * x[i];
  }
  for (int64_t i = 0; i < volume; i++) sum += square[i] * square[i];
  sq_free(&square);
  sq_free(&x);
  return sum / (double)volume;
}

/* Columns are sums of those of the free phi^4 fields of the components. */
static void check_obs(MPI_Comm comm, int shape, int components, double measured[COLUMNS], const char *name)
{
  sq_lattice *lattice;
  sq_obs *whole, *single;
  double *block, expected[COLUMNS] = {0}, one[SQ_OBS_MOST], worst = 0;
  const sq_action action = {.type = &vector, .dim = shapes[shape].dim, .value = {components}};
  sq_action free_field;
  TAP_CALL(sq_action_make("phi4", action.dim, (double[]){kappa, 0}, &free_field));
  TAP_CALL(sq_lattice_create(comm, shapes[shape].dim, shapes[shape].extent, NULL, &lattice));
  TAP_CALL(sq_alloc(components * lattice->local_volume, &block));
  TAP_CALL(sq_obs_create(lattice, &action, &whole));
  TAP_CALL(sq_obs_create(lattice, &free_field, &single));
  sq_block_random(lattice, components, sq_rng_normals, stream(), 4, 0, block);
  TAP_CALL(sq_obs_measure(whole, block, measured));
  for (int c = 0; c < components; c++) {
    TAP_CALL(sq_obs_measure(single, block + c * lattice->local_volume, one));
    for (int k = 0; k < COLUMNS; k++) expected[k] += k == M && c ? 0 : one[k];
  }
  expected[PHI4] = fourth_power(lattice->volume, components);
  for (int k = 0; k < COLUMNS; k++) tap_worst(&worst, fabs(measured[k] - expected[k]) / (1 + fabs(expected[k])));
  tap_check(worst < 1e-13, "%s: observables are sums over components", name);
  sq_free(&block);
  TAP_CALL(sq_obs_destroy(&whole));
  TAP_CALL(sq_obs_destroy(&single));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (int shape = 0; shape < 4; shape++) {
    check_one(shape);
    for (int components = 1; components <= 3; components++) {
      char name[64];
      uint64_t here, there;
      double cut[COLUMNS], whole[COLUMNS];
      snprintf(name, sizeof name, "d = %d, %d components", shapes[shape].dim, components);
      check_field(MPI_COMM_WORLD, shape, components, &here, name);
      check_field(MPI_COMM_SELF, shape, components, &there, name);
      tap_check(here == there, "%s: the checksum does not depend on the ranks", name);
      check_file(shape, components, name);
      check_fft(shape, components, name);
      check_obs(MPI_COMM_WORLD, shape, components, cut, name);
      check_obs(MPI_COMM_SELF, shape, components, whole, name);
      tap_check(!memcmp(cut, whole, sizeof cut), "%s: observables do not depend on the ranks", name);
    }
  }
  return tap_end();
}
