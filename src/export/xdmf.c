/* SPDX-License-Identifier: BSD-3-Clause */
/* The format xdmf: a description (.xmf) that lets ParaView and VTK read the fields in an HDF5 file of squall's where
 * they are; nothing is copied. A record is a hyperslab of the dataset /GROUP/field. In four dimensions a grid is a
 * slice of direction 0, at time record L_0 + t.
 */
#include "src/export/export.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  sq_out out;
  const char *file; /* as the description names it */
  const sq_records_info *info;
  int components;
} writer;

static void add_numbers(sq_out *out, int count, const int64_t *n)
{
  for (int i = 0; i < count; i++) sq_out_print(out, " %lld", (long long)n[i]);
}

/* Component c of record n of a group, slice t. */
static void add_slab(writer *w, int group, int64_t n, int c, int64_t t)
{
  const sq_records_info *info = w->info;
  const int64_t *extent = info->extent + SQ_DIM - info->dim;
  const bool vectors = w->components > 1;
  int64_t start[SQ_DIM + 2] = {n}, count[SQ_DIM + 2] = {1}, whole[SQ_DIM + 2] = {info->group[group].count};
  int rank = 1;
  if (vectors) start[rank] = c, count[rank] = 1, whole[rank++] = w->components;
  for (int mu = 0; mu < info->dim; mu++, rank++) {
    const bool cut = info->dim == SQ_DIM && mu == 0;
    start[rank] = cut ? t : 0, count[rank] = cut ? 1 : extent[mu], whole[rank] = extent[mu];
  }
  sq_out_print(&w->out, "<DataItem ItemType=\"HyperSlab\" Type=\"HyperSlab\" Dimensions=\"");
  add_numbers(&w->out, 3, info->extent + SQ_DIM - 3);
  sq_out_print(&w->out, "\"><DataItem Dimensions=\"3 %d\" Format=\"XML\">", rank);
  add_numbers(&w->out, rank, start);
  for (int i = 0; i < rank; i++) sq_out_print(&w->out, " 1");
  add_numbers(&w->out, rank, count);
  sq_out_print(&w->out, "</DataItem><DataItem Format=\"HDF\" NumberType=\"Float\" Precision=\"8\" Dimensions=\"");
  add_numbers(&w->out, rank, whole);
  sq_out_print(&w->out, "\">");
  sq_out_escaped(&w->out, SQ_OUT_XML, w->file);
  sq_out_print(&w->out, ":/%s/field</DataItem></DataItem>", info->group[group].name);
}

static void add_grid(writer *w, int group, int64_t n, int64_t t)
{
  const int64_t *extent = w->info->extent, time = n * extent[0] + t;
  sq_out_print(&w->out,
               "<Grid Name=\"%s-%lld\" GridType=\"Uniform\"><Time Value=\"%lld\"/><Topology "
               "TopologyType=\"3DCoRectMesh\" Dimensions=\"",
               w->info->group[group].name, (long long)time, (long long)time);
  add_numbers(&w->out, 3, extent + SQ_DIM - 3);
  sq_out_print(&w->out, "\"/><Geometry GeometryType=\"ORIGIN_DXDYDZ\"><DataItem Dimensions=\"3\" Format=\"XML\">0 0 0"
                        "</DataItem><DataItem Dimensions=\"3\" Format=\"XML\">1 1 1</DataItem></Geometry>\n");
  for (int c = 0; c < w->components; c++) {
    sq_out_print(&w->out, "<Attribute Name=\"field");
    if (w->components > 1) sq_out_print(&w->out, "_%d", c);
    sq_out_print(&w->out, "\" AttributeType=\"Scalar\" Center=\"Node\">");
    add_slab(w, group, n, c, t);
    sq_out_print(&w->out, "</Attribute>\n");
  }
  sq_out_print(&w->out, "</Grid>\n");
}

static PetscErrorCode write(const sq_export *e, writer *w)
{
  PetscFunctionBeginUser;
  int64_t first[SQ_IO_GROUPS], last[SQ_IO_GROUPS];
  PetscCall(sq_export_range(e, w->info, INT64_MAX, first, last));
  PetscCall(sq_out_open(e->to, false, &w->out));
  sq_out_print(&w->out, "<?xml version=\"1.0\"?>\n<Xdmf Version=\"2.0\">\n<Domain>\n");
  for (int g = 0; g < w->info->groups; g++) {
    if (last[g] < first[g]) continue;
    sq_out_print(&w->out, "<Grid Name=\"%s\" GridType=\"Collection\" CollectionType=\"Temporal\">\n",
                 w->info->group[g].name);
    for (int64_t n = first[g]; n <= last[g]; n++)
      for (int64_t t = 0; t < w->info->extent[0]; t++) add_grid(w, g, n, t);
    sq_out_print(&w->out, "</Grid>\n");
  }
  sq_out_print(&w->out, "</Domain>\n</Xdmf>\n");
  PetscCall(sq_out_close(&w->out, 0));
  PetscFunctionReturn(0);
}

/* The directory of a path, as the system knows it; the caller frees it. */
static char *directory_of(const char *path)
{
  char parent[SQ_PATH];
  snprintf(parent, sizeof parent, "%s", path);
  char *slash = strrchr(parent, '/');
  if (slash) slash[slash == parent] = 0;
  return realpath(slash ? parent : ".", NULL);
}

/* The file as it is called beside the description, or by its whole path. */
static PetscErrorCode name_file(const sq_export *e, char name[PATH_MAX])
{
  PetscFunctionBeginUser;
  char *from = directory_of(e->from), *to = directory_of(e->to);
  const char *last = strrchr(e->from, '/') ? strrchr(e->from, '/') + 1 : e->from;
  if (from && to && !strcmp(from, to)) snprintf(name, PATH_MAX, "%s", last);
  else snprintf(name, PATH_MAX, "%s/%s", from ? from : ".", last);
  free(from);
  free(to);
  PetscFunctionReturn(0);
}

static PetscErrorCode records(const sq_export *e)
{
  PetscFunctionBeginUser;
  sq_records_info info;
  char *deck, name[PATH_MAX];
  PetscCall(name_file(e, name));
  PetscCall(sq_file_about(MPI_COMM_SELF, e->from, &info, &deck));
  sq_free(&deck);
  writer w = {.file = name, .info = &info, .components = PetscMax(1, info.components)};
  PetscCall(write(e, &w));
  PetscFunctionReturn(0);
}

const sq_export_format sq_export_xdmf = {.name = "xdmf",
                                         .ending = ".xmf",
                                         .summary = "what lets ParaView and VTK read fields where they are",
                                         .records = records,
                                         .beside = true,
                                         .some = true};
