/* The figure of generated fields at some noise levels, from trajectories.h5.
 *
 * A picture is a plane of the field along its last two directions, thinned to at most PIXELS a side, so that no rank
 * holds more than that of a field. A field of one dimension is a row; its picture has one row for every level.
 */
#include "src/report/report.h"
#include "src/ensemble/load.h"
#include <math.h>
#include <string.h>

enum { PIXELS = 128, PANELS = 6, FIELDS = 4 };

typedef struct {
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  int64_t fields, levels;          /* in the file: records are [field][level], noisiest first */
  int64_t height, width, step[2];  /* pixels; sites between them */
  double *block, *picture, *level; /* [components][local_volume], the first is drawn; [height][width]; [records] */
} album;

static PetscErrorCode open_album(const sq_report *report, const char *path, album *a)
{
  PetscFunctionBeginUser;
  sq_records_info info;
  double *sample;
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
  PetscCall(sq_alloc(info.group[0].count, &a->level));
  PetscCall(sq_alloc(info.group[0].count, &sample));
  PetscCall(sq_records_column(a->records, 0, "s", a->level));
  PetscCall(sq_records_column(a->records, 0, "sample", sample));
  while (a->levels < info.group[0].count && sample[a->levels] == sample[0]) a->levels++;
  sq_free(&sample);
  a->fields = a->levels ? info.group[0].count / a->levels : 0;
  for (int i = 0; i < 2; i++) a->step[i] = (info.extent[2 + i] + PIXELS - 1) / PIXELS;
  a->height = (info.extent[2] + a->step[0] - 1) / a->step[0];
  a->width = (info.extent[3] + a->step[1] - 1) / a->step[1];
  PetscCall(sq_alloc(PetscMax(1, info.components) * a->lattice->local_volume, &a->block));
  PetscCall(sq_alloc(a->height * a->width, &a->picture));
  PetscFunctionReturn(0);
}

static PetscErrorCode close_album(album *a)
{
  PetscFunctionBeginUser;
  sq_free(&a->block);
  sq_free(&a->picture);
  sq_free(&a->level);
  PetscCall(sq_records_close(&a->records));
  PetscCall(sq_lattice_destroy(&a->lattice));
  PetscCall(sq_grid_destroy(&a->grid));
  PetscFunctionReturn(0);
}

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

/* The record as rows of pixels in units of its root mean square. */
static PetscErrorCode add_picture(album *a, int64_t record, sq_text *out)
{
  PetscFunctionBeginUser;
  double square = 0;
  PetscCall(sq_records_read(a->records, 0, record, a->block, NULL));
  take_pixels(a);
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, a->picture, (int)(a->height * a->width), MPI_DOUBLE, MPI_SUM, a->lattice->comm));
  for (int64_t i = 0; i < a->height * a->width; i++) square += a->picture[i] * a->picture[i];
  double unit = square > 0 ? sqrt(square / (double)(a->height * a->width)) : 1;
  for (int64_t y = 0; y < a->height; y++) {
    for (int64_t x = 0; x < a->width; x++) PetscCall(sq_text_add(out, "%.3g ", a->picture[y * a->width + x] / unit));
    PetscCall(sq_text_add(out, "\n"));
  }
  PetscFunctionReturn(0);
}

/* Blocks of one picture each; after a line that names it. */
static PetscErrorCode add_field(album *a, int64_t field, sq_text *out)
{
  PetscFunctionBeginUser;
  int64_t first = field * a->levels;
  if (a->lattice->dim == 1) {
    PetscCall(sq_text_add(out, "# field %lld, from noise (bottom) to configuration\n", (long long)field));
    for (int64_t k = 0; k < a->levels; k++) PetscCall(add_picture(a, first + k, out));
    PetscCall(sq_text_add(out, "\n\n"));
    PetscFunctionReturn(0);
  }
  for (int panel = 0; panel < PANELS; panel++) {
    int64_t record = first + (a->levels - 1) * panel / (PANELS - 1);
    PetscCall(sq_text_add(out, a->level[record] > 0 ? "# s = %.3g\n" : "# configuration\n", a->level[record]));
    PetscCall(add_picture(a, record, out));
    PetscCall(sq_text_add(out, "\n\n"));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode picture_data(const sq_report *report, sq_text *out)
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
    PetscCall(add_field(&a, field, out));
  PetscCall(close_album(&a));
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_trajectories = {
  "trajectories",
  "From noise to configurations",
  "Generated fields at falling noise levels s, each in units of its own root mean square. High momenta appear last.",
  1200,
  800,
  picture_data,
  "columns = blocks < 6 ? 1 : 6\nrows = (blocks + columns - 1)/columns\n"
  "set multiplot layout rows,columns margins 0.01,0.99,0.01,0.96 spacing 0.008,0.04\n"
  "unset border\nunset tics\nunset colorbox\nunset key\nunset grid\nset cbrange [-2.5:2.5]\n"
  "set palette defined (0 '#1f3b6f', 1 '#6f9fd0', 2 '#f7f5ef', 3 '#e39a6b', 4 '#8a2b1a')\nset autoscale xfix\nset "
  "autoscale yfix\n"
  "if (columns == 6) set size ratio -1\n"
  "do for [i=0:blocks-1] {\n  set title name[i+1] offset 0,-0.8\n"
  "  plot data index i matrix with image\n}\nunset multiplot\n"};
