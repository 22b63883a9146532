/* Scales: what noise levels do to momenta, along the trajectories of the sampler and along forward paths of held-out
 * fields.
 *
 * At level k the spectrum is G_t(p) = a^2 G(p) + s^2 on average. A mode counts as lost, or on the way back as there,
 * where both terms are equal: s^2/a^2 = G(p), high momenta first. Trajectories come from trajectories.h5, records
 * [field][level], noisiest first.
 */
#include "squall/diffusion.h"
#include "src/ensemble/ensemble.h"
#include <math.h>
#include <string.h>

enum { BINS = 40 };

/* One direction: what is gathered at every level. */
typedef struct {
  const char *name;
  int levels; /* how many, data included */
  int64_t fields, orbits;
  double *a, *s; /* [levels], level 0 the data; not owned */
  sq_sum *sum;   /* [2][levels][orbits] powers and their squares over fields; after `finish` on every rank */
  double *M;     /* [levels][fields] */
} flow;

typedef struct {
  sq_run *run;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_records *records;
  int levels;
  int64_t fields;
  double *a, *s, *block;
  sq_sum *power; /* [orbits] of one field */
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
  x->levels = (int)rows;
  x->fields = rows ? count / rows : 0;
  PetscCall(sq_alloc(rows, &x->a));
  PetscCall(sq_alloc(rows, &x->s));
  for (int64_t k = 0; k < rows; k++) x->a[k] = values[2 * k], x->s[k] = values[2 * k + 1];
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
  PetscCall(read_levels(x));
  PetscCall(sq_records_close(&x->records));
  PetscCall(sq_grid_destroy(&x->grid));
  for (int mu = 0; mu < SQ_DIM; mu++) volume *= (double)info.extent[mu];
  PetscCall(
    sq_run_grid(run, info.extent + SQ_DIM - info.dim, PetscMax(1, x->fields), 64 * volume, 1, &x->grid, &x->lattice));
  PetscCall(sq_fft_create(x->lattice, &x->fft));
  PetscCall(sq_alloc(x->lattice->local_volume, &x->block));
  PetscCall(sq_alloc(x->fft->orbits.count, &x->power));
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(scales *x)
{
  PetscFunctionBeginUser;
  double **array[] = {&x->a, &x->s, &x->block};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) sq_free(array[i]);
  sq_free(&x->power);
  PetscCall(sq_fft_destroy(&x->fft));
  PetscCall(sq_lattice_destroy(&x->lattice));
  PetscCall(sq_grid_destroy(&x->grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode begin(const scales *x, const char *name, int64_t fields, flow *f)
{
  PetscFunctionBeginUser;
  *f = (flow){
    .name = name, .levels = x->levels, .fields = fields, .orbits = x->fft->orbits.count, .a = x->a, .s = x->s};
  PetscCall(sq_alloc(2 * f->levels * f->orbits, &f->sum));
  PetscCall(sq_alloc(f->levels * fields, &f->M));
  PetscFunctionReturn(0);
}

static void end(flow *f)
{
  sq_free(&f->sum);
  sq_free(&f->M);
}

/* ---- gathering ---- */

/* Adds one field of this replica. */
static PetscErrorCode add(scales *x, flow *f, int level, int64_t field, const double *block)
{
  PetscFunctionBeginUser;
  double M;
  memset(x->power, 0, (size_t)f->orbits * sizeof *x->power);
  PetscCall(sq_fft_forward(x->fft, block, x->fft->work));
  sq_fft_add_power(x->fft, x->fft->work, x->power);
  PetscCall(sq_sum_reduce(x->lattice->comm, (int)f->orbits, x->power));
  PetscCall(sq_block_sum(x->lattice, block, &M));
  f->M[level * f->fields + field] = M / (double)x->lattice->volume;
  for (int64_t o = 0; o < f->orbits; o++) {
    double power = sq_sum_value(&x->power[o]);
    sq_sum_add(&f->sum[level * f->orbits + o], power);
    sq_sum_add(&f->sum[(f->levels + level) * f->orbits + o], power * power);
  }
  PetscFunctionReturn(0);
}

/* Everything to every rank. */
static PetscErrorCode finish(const scales *x, flow *f)
{
  PetscFunctionBeginUser;
  PetscCall(sq_sum_reduce(x->grid->across, (int)(2 * f->levels * f->orbits), f->sum));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, f->M, (int)(f->levels * f->fields), MPI_DOUBLE, MPI_SUM,
                             x->grid->across)); /* each number is one replica's */
  PetscFunctionReturn(0);
}

static PetscErrorCode backward(scales *x, const char *path, flow *f)
{
  PetscFunctionBeginUser;
  int64_t first, mine, most = (x->fields + x->grid->replicas - 1) / x->grid->replicas;
  PetscCall(sq_records_open(x->grid, x->lattice, path, &x->records));
  sq_share(x->fields, x->grid->replicas, x->grid->replica, &first, &mine);
  for (int64_t i = 0; i < most; i++)
    for (int k = 0; k < x->levels; k++) {
      PetscCall(
        sq_records_read(x->records, 0, i < mine ? (first + i) * x->levels + x->levels - 1 - k : -1, x->block, NULL));
      if (i < mine) PetscCall(add(x, f, k, first + i, x->block));
    }
  PetscCall(sq_records_close(&x->records));
  PetscCall(finish(x, f));
  PetscFunctionReturn(0);
}

/* Paths phi_k = r phi_{k-1} + sqrt(v) z from the fields in blocks, which every replica has. */
static PetscErrorCode forward(scales *x, const double *blocks, flow *f)
{
  PetscFunctionBeginUser;
  const sq_noise_grid levels = {.steps = x->levels - 1, .a = x->a, .s = x->s};
  int64_t first, mine, volume = x->lattice->local_volume;
  double *noise;
  PetscCall(sq_alloc(volume, &noise));
  sq_share(f->fields, x->grid->replicas, x->grid->replica, &first, &mine);
  for (int64_t i = first; i < first + mine; i++) {
    memcpy(x->block, blocks + i * volume, (size_t)volume * sizeof *x->block);
    PetscCall(add(x, f, 0, i, x->block));
    for (int k = 1; k < x->levels; k++) {
      const sq_reverse_step step = sq_reverse_step_at(&levels, k);
      sq_block_normals(x->lattice, sq_stream_make(x->run->seed, SQ_RNG_FORWARD, (uint64_t)i), (uint64_t)k, 0, noise);
      sq_forward_step(&step, volume, x->block, noise, x->block);
      PetscCall(add(x, f, k, i, x->block));
    }
  }
  sq_free(&noise);
  PetscCall(finish(x, f));
  PetscFunctionReturn(0);
}

/* ---- tables ---- */

/* G_t of an orbit at a level, with the error of independent fields. */
static double spectrum(const flow *f, int level, int64_t orbit, double *error)
{
  double n = (double)f->fields, mean = sq_sum_value(&f->sum[level * f->orbits + orbit]) / n,
         square = sq_sum_value(&f->sum[(f->levels + level) * f->orbits + orbit]) / n;
  *error = n > 1 ? sqrt(fmax(0, square - mean * mean) / (n - 1)) : NAN;
  return mean;
}

/* s/a where an orbit has as much noise as field, a^2 G = s^2, between levels on a line of logarithms; NaN if it is not
 * between any. */
static double crossing(const flow *f, int64_t orbit, double *error)
{
  double below = NAN, relative = NAN;
  for (int k = 1; k < f->levels; k++) {
    double s2 = f->s[k] * f->s[k], G = spectrum(f, k, orbit, error), share = G / s2 - 1;
    if (share >= 1 && k < f->levels - 1) {
      below = share, relative = *error / (G - s2);
      continue;
    }
    if (isnan(below) || !(share > 0)) break;
    double slope = log(share / below) / log(f->s[k] / f->a[k] * f->a[k - 1] / f->s[k - 1]);
    *error = share < 1 ? fmax(relative, *error / (G - s2)) / fabs(slope) : NAN;
    if (share < 1) {
      double at = f->s[k - 1] / f->a[k - 1] * exp(-log(below) / slope);
      *error *= at;
      return at;
    }
  }
  *error = NAN;
  return NAN;
}

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

/* expected: where G(p) of the fields at level 0 says. */
static PetscErrorCode add_tables(const scales *x, const flow *f, const flow *data, sq_table *G, sq_table *modes,
                                 sq_table *M)
{
  PetscFunctionBeginUser;
  const sq_orbits *orbits = &x->fft->orbits;
  double error;
  for (int k = 0; k < f->levels; k++)
    for (int64_t o = 0; o < f->orbits; o++) {
      double value = spectrum(f, k, o, &error);
      PetscCall(sq_table_add(G, SQ_ROW(SQ_CELL("direction", f->name), SQ_CELL("level", k), SQ_CELL("a", f->a[k]),
                                       SQ_CELL("s", f->s[k]), SQ_CELL("phat2", orbits->phat2[o]),
                                       SQ_CELL("multiplicity", orbits->multiplicity[o]), SQ_CELL("G", value),
                                       SQ_CELL("error", error))));
    }
  for (int64_t o = 0; o < f->orbits; o++) {
    double unused, at = crossing(f, o, &error), expected = sqrt(spectrum(data, 0, o, &unused));
    PetscCall(sq_table_add(modes, SQ_ROW(SQ_CELL("direction", f->name), SQ_CELL("phat2", orbits->phat2[o]),
                                         SQ_CELL("multiplicity", orbits->multiplicity[o]), SQ_CELL("s", at),
                                         SQ_CELL("error", error), SQ_CELL("expected", expected))));
  }
  for (int k = 0; k < f->levels; k++) {
    sq_histogram h;
    double low = INFINITY, high = -INFINITY;
    sq_range_extend(f->fields, f->M + k * f->fields, &low, &high);
    PetscCall(sq_histogram_create(BINS, low, high, &h));
    sq_histogram_add(&h, f->fields, f->M + k * f->fields);
    for (int b = 0; b < h.bins; b++) {
      double density = sq_histogram_density(&h, b, &error);
      PetscCall(sq_table_add(M, SQ_ROW(SQ_CELL("direction", f->name), SQ_CELL("level", k), SQ_CELL("s", f->s[k]),
                                       SQ_CELL("M", h.low + (b + 0.5) * (h.high - h.low) / h.bins),
                                       SQ_CELL("density", density), SQ_CELL("error", error))));
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

static PetscErrorCode measure(scales *x, const char *path)
{
  PetscFunctionBeginUser;
  flow back, up;
  sq_table G, modes, M;
  int64_t count;
  double *blocks;
  PetscCall(sq_table_begin(G_columns, &G));
  PetscCall(sq_table_begin(mode_columns, &modes));
  PetscCall(sq_table_begin(M_columns, &M));
  PetscCall(load_data(x, &count, &blocks));
  PetscCall(begin(x, "backward", x->fields, &back));
  PetscCall(backward(x, path, &back));
  if (count) {
    PetscCall(begin(x, "forward", count, &up));
    PetscCall(forward(x, blocks, &up));
    PetscCall(add_tables(x, &up, &up, &G, &modes, &M));
  }
  PetscCall(add_tables(x, &back, count ? &up : &back, &G, &modes, &M));
  PetscCall(sq_run_write(x->run, "scales.csv", &G.text));
  PetscCall(sq_run_write(x->run, "scales_modes.csv", &modes.text));
  PetscCall(sq_run_write(x->run, "scales_magnetisation.csv", &M.text));
  if (count) end(&up);
  end(&back);
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
