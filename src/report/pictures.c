/* SPDX-License-Identifier: BSD-3-Clause */
/* Pictures of fields at some noise levels: as they are generated, from trajectories.h5, and as noise is added to
 * held-out ones.
 *
 * A picture is a plane of the field along its last two directions, thinned to at most PIXELS a side, so that no rank
 * holds more than that of a field. A field of one dimension is a row; its picture has one row for every level. All
 * pictures of a figure have one scale, in units of the root mean square of the configurations among them.
 */
#include "src/report/report.h"
#include "src/ensemble/load.h"
#include "squall/diffusion.h"
#include <math.h>
#include <string.h>

enum { PIXELS = 128, PANELS = 6, FIELDS = 4, NOISED = 2 };

typedef struct {
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  int components;
  int64_t fields;                 /* in the file: records are [field][level], noisiest first */
  sq_noise_grid levels;           /* the configuration first */
  int64_t height, width, step[2]; /* pixels; sites between them */
  double *block, *picture;        /* [components][local_volume], the first is drawn; [height][width] */
  double square, pixels, largest; /* of the configurations: sum of squares, how many; of all pictures */
} album;

static PetscErrorCode open_levels(album *a)
{
  PetscFunctionBeginUser;
  const int64_t count = sq_records_about(a->records)->group[0].count;
  int64_t rows;
  int columns;
  double *values;
  PetscCall(sq_records_get_series(a->records, "levels", &rows, &columns, &values));
  const bool good = columns == 2 && rows > 1 && count % rows == 0;
  a->levels.steps = good ? (int)rows - 1 : 0;
  a->fields = good ? count / rows : 0;
  PetscCall(sq_alloc(good ? rows : 0, &a->levels.a));
  PetscCall(sq_alloc(good ? rows : 0, &a->levels.s));
  for (int64_t k = 0; good && k < rows; k++) a->levels.a[k] = values[2 * k], a->levels.s[k] = values[2 * k + 1];
  sq_free(&values);
  PetscFunctionReturn(0);
}

static PetscErrorCode open_album(const sq_report *report, const char *path, album *a)
{
  PetscFunctionBeginUser;
  sq_records_info info;
  int most = 1, ranks[SQ_DIM];
  PetscCall(sq_grid_create(report->run->world, 1, &a->grid));
  PetscCall(sq_records_open(a->grid, NULL, path, &a->records));
  info = *sq_records_about(a->records);
  PetscCall(sq_records_close(&a->records));
  PetscCall(sq_grid_destroy(&a->grid));
  for (int n = 1; n <= report->run->size; n++)
    if (report->run->size % n == 0 && sq_lattice_can_share(info.dim, info.extent + SQ_DIM - info.dim, n, ranks))
      most = n;
  PetscCall(sq_grid_create(report->run->world, report->run->size / most, &a->grid));
  PetscCall(sq_lattice_create(a->grid->domain, info.dim, info.extent + SQ_DIM - info.dim, NULL, &a->lattice));
  PetscCall(sq_records_open(a->grid, a->lattice, path, &a->records));
  PetscCall(open_levels(a));
  a->components = PetscMax(1, info.components);
  for (int i = 0; i < 2; i++) a->step[i] = (info.extent[2 + i] + PIXELS - 1) / PIXELS;
  a->height = (info.extent[2] + a->step[0] - 1) / a->step[0];
  a->width = (info.extent[3] + a->step[1] - 1) / a->step[1];
  PetscCall(sq_alloc(a->components * a->lattice->local_volume, &a->block));
  PetscCall(sq_alloc(a->height * a->width, &a->picture));
  PetscFunctionReturn(0);
}

static PetscErrorCode close_album(album *a)
{
  PetscFunctionBeginUser;
  sq_free(&a->block);
  sq_free(&a->picture);
  sq_noise_grid_destroy(&a->levels);
  PetscCall(sq_records_close(&a->records));
  PetscCall(sq_lattice_destroy(&a->lattice));
  PetscCall(sq_grid_destroy(&a->grid));
  PetscFunctionReturn(0);
}

/* ---- pictures ---- */

/* Takes this rank's pixels of the plane x_0 = x_1 = 0 out of its block. */
static void take_pixels(album *a)
{
  const sq_lattice *l = a->lattice;
  memset(a->picture, 0, (size_t)(a->height * a->width) * sizeof *a->picture);
  if (l->start[0] || l->start[1]) return;
  for (int64_t y = 0; y < l->local[2]; y++)
    for (int64_t x = 0; x < l->local[3]; x++) {
      int64_t row = l->start[2] + y, column = l->start[3] + x;
      if (row % a->step[0] || column % a->step[1]) continue;
      a->picture[row / a->step[0] * a->width + column / a->step[1]] = a->block[y * l->local[3] + x];
    }
}

/* The block as rows of pixels. */
static PetscErrorCode add_picture(album *a, bool configuration, sq_text *out)
{
  PetscFunctionBeginUser;
  take_pixels(a);
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, a->picture, (int)(a->height * a->width), MPI_DOUBLE, MPI_SUM, a->lattice->comm));
  for (int64_t i = 0; i < a->height * a->width; i++) {
    a->largest = fmax(a->largest, fabs(a->picture[i]));
    if (configuration) a->square += a->picture[i] * a->picture[i], a->pixels++;
  }
  for (int64_t y = 0; y < a->height; y++) {
    for (int64_t x = 0; x < a->width; x++) PetscCall(sq_text_add(out, "%.3g ", a->picture[y * a->width + x]));
    PetscCall(sq_text_add(out, "\n"));
  }
  PetscFunctionReturn(0);
}

/* Which of PANELS levels is next in a figure of two dimensions, panel 0 being the noisiest. */
static bool is_shown(const album *a, int level)
{
  for (int panel = 0; panel < PANELS; panel++)
    if (a->levels.steps - level == a->levels.steps * panel / (PANELS - 1)) return true;
  return false;
}

/* Adds the block at a level: as a picture after a line that names it, or, of one dimension, as a row. */
static PetscErrorCode add_level(album *a, int level, sq_text *out)
{
  PetscFunctionBeginUser;
  const bool plane = a->lattice->dim > 1;
  if (plane && !is_shown(a, level)) PetscFunctionReturn(0);
  if (plane) PetscCall(sq_text_add(out, level ? "# s = %.3g\n" : "# configuration\n", a->levels.s[level]));
  PetscCall(add_picture(a, !level, out));
  if (plane) PetscCall(sq_text_add(out, "\n\n"));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_generated(album *a, int64_t field, sq_text *out)
{
  PetscFunctionBeginUser;
  if (a->lattice->dim == 1)
    PetscCall(sq_text_add(out, "# field %lld, from noise (bottom) to configuration\n", (long long)field));
  for (int k = a->levels.steps; k >= 0; k--) {
    PetscCall(sq_records_read(a->records, 0, field * (a->levels.steps + 1) + a->levels.steps - k, a->block, NULL));
    PetscCall(add_level(a, k, out));
  }
  if (a->lattice->dim == 1) PetscCall(sq_text_add(out, "\n\n"));
  PetscFunctionReturn(0);
}

/* The forward path that begins with the block; the noise is that of the stage measure (scales). */
static PetscErrorCode add_noised(album *a, uint64_t stream, int64_t field, sq_text *out)
{
  PetscFunctionBeginUser;
  const int64_t numbers = a->components * a->lattice->local_volume;
  double *noise;
  PetscCall(sq_alloc(numbers, &noise));
  if (a->lattice->dim == 1)
    PetscCall(sq_text_add(out, "# field %lld, from configuration (bottom) to noise\n", (long long)field));
  for (int k = 0; k <= a->levels.steps; k++) {
    if (k) {
      const sq_reverse_step step = sq_reverse_step_at(&a->levels, k);
      sq_block_random(a->lattice, a->components, sq_rng_normals,
                      sq_stream_make(stream, SQ_RNG_FORWARD, (uint64_t)field), (uint64_t)k, 0, noise);
      sq_forward_step(&step, numbers, a->block, noise, a->block);
    }
    PetscCall(add_level(a, k, out));
  }
  if (a->lattice->dim == 1) PetscCall(sq_text_add(out, "\n\n"));
  sq_free(&noise);
  PetscFunctionReturn(0);
}

/* The last block: the root mean square of the configurations, and the largest number of all in units of it. */
static PetscErrorCode add_unit(const album *a, sq_text *out)
{
  PetscFunctionBeginUser;
  const double unit = a->square > 0 ? sqrt(a->square / a->pixels) : 1;
  PetscCall(sq_text_add(out, "# rms\n%.6g %.6g\n\n\n", unit, a->largest / unit));
  PetscFunctionReturn(0);
}

/* ---- the figures ---- */

static PetscErrorCode trajectories_data(const sq_report *report, sq_text *out)
{
  PetscFunctionBeginUser;
  album a = {0};
  char path[SQ_PATH];
  bool exists;
  PetscCall(sq_find_trajectories(report->run, path, &exists));
  if (!exists) PetscFunctionReturn(0);
  PetscCall(open_album(report, path, &a));
  for (int64_t field = 0; field < PetscMin(a.fields, FIELDS) && a.lattice->volume > 1;
       field++) /* one site is no picture */
    PetscCall(add_generated(&a, field, out));
  if (out->used) PetscCall(add_unit(&a, out));
  PetscCall(close_album(&a));
  PetscFunctionReturn(0);
}

/* Of held-out fields, on the levels of the trajectories; none where these have another lattice. */
static PetscErrorCode forward_data(const sq_report *report, sq_text *out)
{
  PetscFunctionBeginUser;
  static const char *const sections[] = {"lattice", "action", "schedule", "sample", NULL};
  album a = {0};
  char path[SQ_PATH], ensemble[SQ_PATH];
  bool exists, there;
  int64_t count = 0;
  double *blocks = NULL;
  PetscCall(sq_find_trajectories(report->run, path, &exists));
  sq_run_ensemble(report->run, ensemble);
  PetscCall(sq_file_exists(report->run->world, ensemble, &there));
  if (!exists || !there) PetscFunctionReturn(0);
  PetscCall(open_album(report, path, &a));
  if (!memcmp(a.lattice->extent, report->run->padded, sizeof report->run->padded) && a.levels.steps &&
      a.lattice->volume > 1)
    PetscCall(sq_load_fields(a.grid, a.lattice, ensemble, SQ_TESTING, NOISED, &count, &blocks));
  for (int64_t field = 0; field < count; field++) {
    const int64_t numbers = a.components * a.lattice->local_volume;
    memcpy(a.block, blocks + field * numbers, (size_t)numbers * sizeof *blocks);
    PetscCall(add_noised(&a, sq_run_stream(report->run, "scales", sections), field, out));
  }
  if (out->used) PetscCall(add_unit(&a, out));
  sq_free(&blocks);
  PetscCall(close_album(&a));
  PetscFunctionReturn(0);
}

/* Colours are of asinh(2 phi/rms): linear for what is in configurations, logarithmic for noise that is larger. */
static const char script[] = "stats data index blocks-1 using 1 name 'U' nooutput\nstats data index blocks-1 using 2 "
                             "name 'F' nooutput\n"
                             "shade(x) = asinh(2*x)\npictures = blocks - 1\nplane = pictures >= 6\n"
                             "columns = plane ? 6 : 1\nrows = (pictures + columns - 1)/columns\n"
                             "set multiplot layout rows,columns margins 0.01,(paper ? 0.85 : 0.9),0.02,0.95 spacing "
                             "0.008,0.05\n"
                             "unset border\nunset tics\nunset key\nunset grid\nset cbrange "
                             "[-shade(F_max):shade(F_max)]\n"
                             "set palette defined (0 '#1f3b6f', 1 '#6f9fd0', 2 '#f7f5ef', 3 '#e39a6b', 4 '#8a2b1a')\n"
                             "set cbtics scale 0.3 ('0' 0)\ndo for [x in '1 3 10 30 100 300'] {\n"
                             "  if (x + 0 <= F_max) { set cbtics add (x shade(x + 0), '−'.x shade(-x)) }\n}\n"
                             "set autoscale xfix\nset autoscale yfix\nif (plane) set size ratio -1\n"
                             "do for [i=1:pictures] {\n  if (i <= columns || !plane) { set title (label[i] eq "
                             "'configuration' && paper ? 's = 0' : label[i]) font (paper ? 'Times,6' : 'sans,11') "
                             "offset 0,-0.8 } else { unset title }\n"
                             "  if (i == pictures) { set colorbox user origin screen (paper ? 0.865 : 0.915),0.1 size "
                             "screen 0.015,0.78; "
                             "set cblabel 'φ / φ_{rms}' "
                             "offset (paper ? -0.5 : 0),0 } "
                             "else { unset colorbox }\n"
                             "  plot data index i-1 matrix using 1:2:(shade($3/U_max)) with image\n}\nunset "
                             "multiplot\n";

const sq_figure sq_figure_trajectories = {"trajectories",
                                          "From noise to configurations",
                                          "Generated fields at falling noise levels s, all on one scale, in units of "
                                          "the root mean square of the "
                                          "configurations; colours are logarithmic beyond it. High momenta appear "
                                          "last.",
                                          1200,
                                          800,
                                          trajectories_data,
                                          script,
                                          0};

const sq_figure sq_figure_forward = {"forward",
                                     "From configurations to noise",
                                     "Held-out fields as the forward process adds noise of level s, all on one scale, "
                                     "in units of the root mean square of "
                                     "the configurations; colours are logarithmic beyond it. High momenta are lost "
                                     "first.",
                                     1200,
                                     430,
                                     forward_data,
                                     script,
                                     0};
