/* SPDX-License-Identifier: BSD-3-Clause */
/* The figure of spins: the last configuration of ensemble.h5, or of samples.h5 where there is none, and the clusters
 * that an update would turn.
 *
 * A picture is a plane of the lattice along its last two directions, thinned to at most PIXELS a side. Clusters are
 * those of the whole lattice; the largest in the picture are told apart.
 */
#include "src/report/report.h"
#include "src/ensemble/load.h"
#include "squall/cluster.h"
#include "squall/halo.h"
#include <stdlib.h>
#include <string.h>

enum { PIXELS = 128, LARGEST = 8 };

typedef struct {
  sq_lattice *lattice;
  int64_t height, width, step[2];
  double *block, *spin, *label; /* [local_volume]; pictures [height][width] */
  int64_t *labels;              /* [local_volume] */
} plate;

static PetscErrorCode plate_create(sq_lattice *lattice, plate *p)
{
  PetscFunctionBeginUser;
  *p = (plate){.lattice = lattice};
  for (int i = 0; i < 2; i++) p->step[i] = (lattice->extent[2 + i] + PIXELS - 1) / PIXELS;
  p->height = (lattice->extent[2] + p->step[0] - 1) / p->step[0];
  p->width = (lattice->extent[3] + p->step[1] - 1) / p->step[1];
  PetscCall(sq_alloc(lattice->local_volume, &p->block));
  PetscCall(sq_alloc(lattice->local_volume, &p->labels));
  PetscCall(sq_alloc(p->height * p->width, &p->spin));
  PetscCall(sq_alloc(p->height * p->width, &p->label));
  PetscFunctionReturn(0);
}

static void plate_clear(plate *p)
{
  sq_free(&p->block);
  sq_free(&p->labels);
  sq_free(&p->spin);
  sq_free(&p->label);
}

/* The clusters of the block's field, one draw of their links. */
static PetscErrorCode find_clusters(const sq_action *action, uint64_t seed, plate *p)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = p->lattice;
  const int64_t n = lattice->local[3];
  const double axis[SQ_COMPONENTS] = {1};
  sq_clusters *clusters;
  sq_field *phi;
  sq_halo *halo;
  double *strength;
  PetscCall(sq_field_create(lattice, 1, &phi));
  PetscCall(sq_halo_create_field(phi, SQ_HALO_FACES, &halo));
  PetscCall(sq_clusters_create(lattice, &clusters));
  PetscCall(sq_alloc(lattice->dim * n, &strength));
  sq_field_from_block(phi, p->block);
  PetscCall(sq_halo_exchange(halo, phi->data));
  for (int64_t row = 0; row < lattice->local_volume / n; row++) {
    action->type->bond->strength(action, phi, axis, sq_field_row(phi, row), n, strength);
    sq_clusters_open(clusters, sq_stream_make(seed, SQ_RNG_CLUSTER, INT64_MAX), 0, row, strength);
  }
  PetscCall(sq_clusters_join(clusters));
  sq_clusters_inspect(clusters, p->labels, NULL);
  sq_free(&strength);
  PetscCall(sq_clusters_destroy(&clusters));
  PetscCall(sq_halo_destroy(&halo));
  PetscCall(sq_field_destroy(&phi));
  PetscFunctionReturn(0);
}

/* The plane x_0 = x_1 = 0, on every rank. */
static PetscErrorCode take_pixels(plate *p)
{
  PetscFunctionBeginUser;
  const sq_lattice *l = p->lattice;
  for (int64_t y = 0; y < l->local[2] && !l->start[0] && !l->start[1]; y++)
    for (int64_t x = 0; x < l->local[3]; x++) {
      const int64_t row = l->start[2] + y, column = l->start[3] + x;
      if (row % p->step[0] || column % p->step[1]) continue;
      const int64_t at = row / p->step[0] * p->width + column / p->step[1];
      p->spin[at] = p->block[y * l->local[3] + x];
      p->label[at] = (double)p->labels[y * l->local[3] + x];
    }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, p->spin, (int)(p->height * p->width), MPI_DOUBLE, MPI_SUM, l->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, p->label, (int)(p->height * p->width), MPI_DOUBLE, MPI_SUM, l->comm));
  PetscFunctionReturn(0);
}

static int by_value(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The labels of the largest clusters of the picture, largest first, -1 beyond the last. */
static PetscErrorCode find_largest(const plate *p, double largest[LARGEST])
{
  PetscFunctionBeginUser;
  const int64_t n = p->height * p->width;
  int64_t size[LARGEST] = {0};
  double *sorted;
  PetscCall(sq_alloc(n, &sorted));
  memcpy(sorted, p->label, (size_t)n * sizeof *sorted);
  qsort(sorted, (size_t)n, sizeof *sorted, by_value);
  for (int k = 0; k < LARGEST; k++) largest[k] = -1;
  for (int64_t i = 0, next; i < n; i = next) {
    for (next = i; next < n && by_value(&sorted[next], &sorted[i]) == 0;) next++;
    int k = LARGEST;
    for (; k > 0 && size[k - 1] < next - i; k--)
      if (k < LARGEST) size[k] = size[k - 1], largest[k] = largest[k - 1];
    if (k < LARGEST) size[k] = next - i, largest[k] = sorted[i];
  }
  sq_free(&sorted);
  PetscFunctionReturn(0);
}

/* 1, 2, ... for the largest, 0 for all others. */
static int rank_of(double label, const double largest[LARGEST])
{
  for (int k = 0; k < LARGEST; k++)
    if (by_value(&label, &largest[k]) == 0) return k + 1;
  return 0;
}

static PetscErrorCode write_pictures(const plate *p, sq_text *out)
{
  PetscFunctionBeginUser;
  double largest[LARGEST];
  PetscCall(find_largest(p, largest));
  for (int picture = 0; picture < 2; picture++) {
    PetscCall(sq_text_add(out, picture ? "# the largest clusters\n" : "# spins\n"));
    for (int64_t i = 0; i < p->height * p->width; i++)
      PetscCall(sq_text_add(out, "%d%s", picture ? rank_of(p->label[i], largest) : (int)p->spin[i],
                            (i + 1) % p->width ? " " : "\n"));
    PetscCall(sq_text_add(out, "\n\n"));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode spins_data(const sq_report *report, sq_text *out)
{
  PetscFunctionBeginUser;
  const sq_run *run = report->run;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_records *records;
  plate p;
  char path[SQ_PATH];
  bool there;
  sq_run_path(run, "ensemble.h5", path);
  PetscCall(sq_file_exists(run->world, path, &there));
  if (!there) {
    sq_run_path(run, "samples.h5", path);
    PetscCall(sq_file_exists(run->world, path, &there));
  }
  if (!there || run->action.type->space != &sq_space_sign || !run->action.type->bond || run->dim < 2)
    PetscFunctionReturn(0);
  PetscCall(sq_open_fields(run, path, &grid, &lattice, &records));
  PetscCall(plate_create(lattice, &p));
  PetscCall(sq_records_read(records, 0, sq_records_about(records)->group[0].count - 1, p.block, NULL));
  PetscCall(find_clusters(&run->action, run->seed, &p));
  PetscCall(take_pixels(&p));
  PetscCall(write_pictures(&p, out));
  plate_clear(&p);
  PetscCall(sq_records_close(&records));
  PetscCall(sq_lattice_destroy(&lattice));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_spins = {"spins",
                                   "Spins and clusters",
                                   "The last configuration, and clusters that a Swendsen-Wang update may turn: the "
                                   "eight largest of the picture in colours, all others grey.",
                                   1000,
                                   520,
                                   spins_data,
                                   "set multiplot layout 1,2 margins 0.01,0.99,0.01,0.94 spacing 0.01,0.04\n"
                                   "unset border\n"
                                   "unset tics\n"
                                   "unset colorbox\n"
                                   "unset key\n"
                                   "unset grid\n"
                                   "set autoscale xfix\n"
                                   "set autoscale yfix\n"
                                   "set size ratio -1\n"
                                   "set cbrange [-1:1]\n"
                                   "set palette defined (-1 '#1f3b6f', 1 '#f7f5ef')\n"
                                   "set title label[1] offset 0,-0.8\n"
                                   "plot data index 0 matrix with image\n"
                                   "set cbrange [0:8]\n"
                                   "set palette maxcolors 9\n"
                                   "set palette defined (0 '#e8e6e0', 1 '#0072B2', 2 '#D55E00', 3 '#009E73', 4 "
                                   "'#CC79A7', 5 '#E69F00', 6 '#56B4E9', 7 '#8a2b1a', 8 '#333333')\n"
                                   "set title label[2] offset 0,-0.8\n"
                                   "plot data index 1 matrix with image\n"
                                   "unset multiplot\n",
                                   0};
