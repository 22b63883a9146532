/* SPDX-License-Identifier: BSD-3-Clause */
/* Scales: what noise levels do to momenta, along the trajectories of the sampler and along forward paths of held-out
 * fields.
 *
 * At level k the spectrum is G_t(p) = a^2 G(p) + s^2 on average. A mode counts as lost, or on the way back as there,
 * where both terms are equal: s^2/a^2 = G(p), high momenta first. Trajectories come from trajectories.h5, records
 * [field][level], noisiest first.
 */
#include "src/measure/measure.h"
#include "src/ensemble/load.h"
#include "squall/diffusion.h"
#include "src/run/table.h"
#include <math.h>
#include <string.h>

enum { BINS = 40 };

typedef struct {
  sq_run *run;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_records *records;
  sq_noise_grid levels;
  int components;
  int64_t fields;
  double *block;
} scales;

/* ---- set-up ---- */

static PetscErrorCode read_levels(scales *x)
{
  PetscFunctionBeginUser;
  int64_t rows, count = sq_records_about(x->records)->group[0].count;
  int columns;
  double *values;
  PetscCall(sq_records_get_series(x->records, "levels", &rows, &columns, &values));
  SqCheck(rows == 0 || (columns == 2 && rows > 1 && count % rows == 0), x->run->world, SQ_ERR_DATA,
          "trajectories.h5: %lld records for %lld levels", (long long)count, (long long)rows);
  x->levels.steps = (int)rows - 1;
  x->fields = rows ? count / rows : 0;
  PetscCall(sq_alloc(rows, &x->levels.a));
  PetscCall(sq_alloc(rows, &x->levels.s));
  for (int64_t k = 0; k < rows; k++) x->levels.a[k] = values[2 * k], x->levels.s[k] = values[2 * k + 1];
  sq_free(&values);
  PetscFunctionReturn(0);
}

static PetscErrorCode create(sq_run *run, const char *path, scales *x)
{
  PetscFunctionBeginUser;
  sq_records_info info;
  double volume = 1;
  x->run = run;
  PetscCall(sq_grid_create(run->world, 1, &x->grid));
  PetscCall(sq_records_open(x->grid, NULL, path, &x->records));
  info = *sq_records_about(x->records);
  x->components = PetscMax(1, info.components);
  PetscCall(read_levels(x));
  PetscCall(sq_records_close(&x->records));
  PetscCall(sq_grid_destroy(&x->grid));
  for (int mu = 0; mu < SQ_DIM; mu++) volume *= (double)info.extent[mu];
  PetscCall(
    sq_run_grid(run, info.extent + SQ_DIM - info.dim, PetscMax(1, x->fields), 64 * volume, 1, &x->grid, &x->lattice));
  PetscCall(sq_fft_create(x->lattice, &x->fft));
  PetscCall(sq_alloc(x->components * x->lattice->local_volume, &x->block));
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(scales *x)
{
  PetscFunctionBeginUser;
  sq_noise_grid_destroy(&x->levels);
  sq_free(&x->block);
  PetscCall(sq_fft_destroy(&x->fft));
  PetscCall(sq_lattice_destroy(&x->lattice));
  PetscCall(sq_grid_destroy(&x->grid));
  PetscFunctionReturn(0);
}

/* ---- gathering ---- */

static PetscErrorCode backward(scales *x, const char *path, sq_scales *f)
{
  PetscFunctionBeginUser;
  int n = x->levels.steps;
  int64_t first, mine, most = (x->fields + x->grid->replicas - 1) / x->grid->replicas;
  PetscCall(sq_records_open(x->grid, x->lattice, path, &x->records));
  sq_share(x->fields, x->grid->replicas, x->grid->replica, &first, &mine);
  for (int64_t i = 0; i < most; i++)
    for (int k = 0; k <= n; k++) {
      PetscCall(sq_records_read(x->records, 0, i < mine ? (first + i) * (n + 1) + n - k : -1, x->block, NULL));
      if (i < mine) PetscCall(sq_scales_add(f, k, first + i, x->block));
    }
  PetscCall(sq_records_close(&x->records));
  PetscCall(sq_scales_finish(f, x->grid->across));
  PetscFunctionReturn(0);
}

/* Paths from the fields in blocks, which every replica has. */
static PetscErrorCode forward(scales *x, const double *blocks, sq_scales *f)
{
  PetscFunctionBeginUser;
  static const char *const sections[] = {"lattice", "action", "schedule", "sample", NULL};
  int64_t first, mine, volume = x->components * x->lattice->local_volume;
  const uint64_t stream = sq_run_stream(x->run, "scales", sections);
  sq_share(f->fields, x->grid->replicas, x->grid->replica, &first, &mine);
  for (int64_t i = first; i < first + mine; i++) {
    memcpy(x->block, blocks + i * volume, (size_t)volume * sizeof *x->block);
    PetscCall(sq_scales_add_path(f, stream, i, x->block));
  }
  PetscCall(sq_scales_finish(f, x->grid->across));
  PetscFunctionReturn(0);
}

/* ---- tables ---- */

static const sq_column G_columns[] = {{"direction", "%s"}, {"level", "%.0f"}, {"a", "%.8g"},
                                      {"s", "%.8g"},       {"phat2", "%.8g"}, {"multiplicity", "%.0f"},
                                      {"G", "%.8g"},       {"error", "%.3g"}, {0}};
static const sq_column mode_columns[] = {{"direction", "%s"},
                                         {"phat2", "%.8g"},
                                         {"multiplicity", "%.0f"},
                                         {"s", "%.6g"},
                                         {"error", "%.3g"},
                                         {"expected", "%.6g"},
                                         {0}};
static const sq_column M_columns[] = {
  {"direction", "%s"}, {"level", "%.0f"}, {"s", "%.8g"}, {"M", "%.6g"}, {"density", "%.6g"}, {"error", "%.3g"}, {0}};

/* Of one direction: what has been gathered. */
static PetscErrorCode add_spectra(const sq_scales *f, const char *direction, sq_table *G)
{
  PetscFunctionBeginUser;
  const sq_orbits *orbits = &f->fft->orbits;
  for (int k = 0; k <= f->levels.steps; k++)
    for (int64_t o = 0; o < f->orbits; o++) {
      double error, value = sq_scales_power(f, k, o, &error);
      PetscCall(sq_table_add(
        G, SQ_ROW(SQ_CELL("direction", direction), SQ_CELL("level", k), SQ_CELL("a", f->levels.a[k]),
                  SQ_CELL("s", f->levels.s[k]), SQ_CELL("phat2", orbits->phat2[o]),
                  SQ_CELL("multiplicity", orbits->multiplicity[o]), SQ_CELL("G", value), SQ_CELL("error", error))));
    }
  PetscFunctionReturn(0);
}

/* expected: where G(p) of the fields at level 0 says. */
static PetscErrorCode add_modes(const sq_scales *f, const char *direction, const sq_scales *data, sq_table *modes)
{
  PetscFunctionBeginUser;
  const sq_orbits *orbits = &f->fft->orbits;
  for (int64_t o = 0; o < f->orbits; o++) {
    double error, unused, at = sq_scales_crossing(f, o, &error), expected = sqrt(sq_scales_power(data, 0, o, &unused));
    PetscCall(sq_table_add(modes, SQ_ROW(SQ_CELL("direction", direction), SQ_CELL("phat2", orbits->phat2[o]),
                                         SQ_CELL("multiplicity", orbits->multiplicity[o]), SQ_CELL("s", at),
                                         SQ_CELL("error", error), SQ_CELL("expected", expected))));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode add_magnetisations(const sq_scales *f, const char *direction, sq_table *M)
{
  PetscFunctionBeginUser;
  for (int k = 0; k <= f->levels.steps; k++) {
    sq_histogram h;
    double low = INFINITY, high = -INFINITY;
    sq_range_extend(f->fields, f->M + k * f->fields, &low, &high);
    PetscCall(sq_histogram_create(BINS, low, high, &h));
    sq_histogram_add(&h, f->fields, f->M + k * f->fields);
    for (int b = 0; b < h.bins; b++) {
      double error, density = sq_histogram_density(&h, b, &error);
      PetscCall(
        sq_table_add(M, SQ_ROW(SQ_CELL("direction", direction), SQ_CELL("level", k), SQ_CELL("s", f->levels.s[k]),
                               SQ_CELL("M", h.low + (b + 0.5) * (h.high - h.low) / h.bins), SQ_CELL("density", density),
                               SQ_CELL("error", error))));
    }
    sq_histogram_destroy(&h);
  }
  PetscFunctionReturn(0);
}

/* As many held-out fields as there are trajectories; none where the ensemble has another volume. */
static PetscErrorCode load_data(const scales *x, int64_t *count, double **blocks)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  bool exists, same = !memcmp(x->lattice->extent, x->run->padded, sizeof x->run->padded);
  *count = 0;
  *blocks = NULL;
  sq_run_ensemble(x->run, path);
  PetscCall(sq_file_exists(x->run->world, path, &exists));
  if (exists && same) PetscCall(sq_load_fields(x->grid, x->lattice, path, SQ_TESTING, x->fields, count, blocks));
  PetscFunctionReturn(0);
}

/* Both directions, forward first; data: the fields that the forward paths begin with, if there are any. */
static PetscErrorCode write_tables(const scales *x, const sq_scales *up, const sq_scales *back)
{
  PetscFunctionBeginUser;
  const sq_scales *data = up ? up : back;
  sq_table G, modes, M;
  PetscCall(sq_table_begin(G_columns, &G));
  PetscCall(sq_table_begin(mode_columns, &modes));
  PetscCall(sq_table_begin(M_columns, &M));
  for (int k = up ? 0 : 1; k < 2; k++) {
    const sq_scales *f = k ? back : up;
    const char *direction = k ? "backward" : "forward";
    PetscCall(add_spectra(f, direction, &G));
    PetscCall(add_modes(f, direction, data, &modes));
    PetscCall(add_magnetisations(f, direction, &M));
  }
  PetscCall(sq_run_write(x->run, "scales.csv", &G.text));
  PetscCall(sq_run_write(x->run, "scales_modes.csv", &modes.text));
  PetscCall(sq_run_write(x->run, "scales_magnetisation.csv", &M.text));
  PetscFunctionReturn(0);
}

static PetscErrorCode measure(scales *x, const char *path)
{
  PetscFunctionBeginUser;
  sq_scales back, up = {0};
  int64_t count;
  double *blocks;
  PetscCall(load_data(x, &count, &blocks));
  PetscCall(sq_scales_create(x->fft, x->components, &x->levels, x->fields, &back));
  PetscCall(backward(x, path, &back));
  if (count) PetscCall(sq_scales_create(x->fft, x->components, &x->levels, count, &up));
  if (count) PetscCall(forward(x, blocks, &up));
  PetscCall(write_tables(x, count ? &up : NULL, &back));
  sq_scales_destroy(&up);
  sq_scales_destroy(&back);
  sq_free(&blocks);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_scales_measure(sq_run *run)
{
  PetscFunctionBeginUser;
  scales x = {0};
  char path[SQ_PATH];
  bool exists;
  PetscCall(sq_find_trajectories(run, path, &exists));
  if (!exists) PetscFunctionReturn(0);
  PetscCall(create(run, path, &x));
  if (x.fields) PetscCall(measure(&x, path));
  PetscCall(destroy(&x));
  PetscFunctionReturn(0);
}
