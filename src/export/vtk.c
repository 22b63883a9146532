/* SPDX-License-Identifier: BSD-3-Clause */
/* The format vtk: a file of image data (.vti, numbers appended as they are) for every field, and one (.pvd) that has
 * them in order. VTK's x is the last direction of the lattice, which runs fastest in both. Fields in four dimensions
 * are given slice by slice of direction 0, the time of a slice being record L_0 + t.
 */
#include "src/export/export.h"
#include <string.h>

enum { RECORDS = 10 }; /* of a group, if nothing is said: files are many */

typedef struct {
  sq_out list;             /* the .pvd */
  char directory[SQ_PATH]; /* of the .vti, */
  const char *name;        /* whose last part this is */
  int64_t files;
} writer;

/* One image of sites numbers, [components][sites of a field] apart. */
static PetscErrorCode add_image(writer *w, const sq_records_info *info, const char *file, const double *x,
                                int64_t apart, const int64_t n[3])
{
  PetscFunctionBeginUser;
  sq_out out;
  char path[SQ_PATH];
  const int components = PetscMax(1, info->components);
  const uint64_t bytes = (uint64_t)(n[0] * n[1] * n[2]) * sizeof *x;
  snprintf(path, sizeof path, "%.*s/%s", SQ_PATH - 100, w->directory, file);
  PetscCall(sq_out_open(path, false, &out));
  sq_out_print(&out,
               "<?xml version=\"1.0\"?>\n<VTKFile type=\"ImageData\" version=\"1.0\" byte_order=\"LittleEndian\" "
               "header_type=\"UInt64\">\n<ImageData WholeExtent=\"0 %lld 0 %lld 0 %lld\" Origin=\"0 0 0\" "
               "Spacing=\"1 1 1\">\n<Piece Extent=\"0 %lld 0 %lld 0 %lld\">\n<PointData Scalars=\"field\">\n",
               (long long)n[2] - 1, (long long)n[1] - 1, (long long)n[0] - 1, (long long)n[2] - 1, (long long)n[1] - 1,
               (long long)n[0] - 1);
  for (int c = 0; c < components; c++) {
    sq_out_print(&out, "<DataArray type=\"Float64\" Name=\"field");
    if (components > 1) sq_out_print(&out, "_%d", c);
    sq_out_print(&out, "\" format=\"appended\" offset=\"%llu\"/>\n", (unsigned long long)c * (bytes + sizeof bytes));
  }
  sq_out_print(&out, "</PointData>\n</Piece>\n</ImageData>\n<AppendedData encoding=\"raw\">\n_");
  for (int c = 0; c < components; c++) {
    sq_out_bytes(&out, sizeof bytes, &bytes);
    sq_out_bytes(&out, bytes, x + c * apart);
  }
  sq_out_print(&out, "\n</AppendedData>\n</VTKFile>\n");
  PetscCall(sq_out_close(&out, 0));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_field(writer *w, const sq_records_info *info, int group, int64_t record, const double *field)
{
  PetscFunctionBeginUser;
  const int64_t *extent = info->extent, *n = extent + SQ_DIM - 3; /* as in sq_lattice: unused directions are 1 */
  const int64_t sites = n[0] * n[1] * n[2], slices = extent[0];
  char file[96], slice[32] = "";
  for (int64_t t = 0; t < slices; t++) {
    if (slices > 1) snprintf(slice, sizeof slice, "-t%lld", (long long)t);
    snprintf(file, sizeof file, "%s-%lld%s.vti", info->group[group].name, (long long)record, slice);
    PetscCall(add_image(w, info, file, field + t * sites, sites * slices, n));
    sq_out_print(&w->list, "<DataSet timestep=\"%lld\" part=\"%d\" name=\"%s\" file=\"",
                 (long long)(record * slices + t), group, info->group[group].name);
    sq_out_escaped(&w->list, SQ_OUT_XML, w->name);
    sq_out_print(&w->list, "/%s\"/>\n", file);
    w->files++;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode add_all(const sq_export *e, sq_records *records, double *field, writer *w)
{
  PetscFunctionBeginUser;
  const sq_records_info *info = sq_records_about(records);
  int64_t first[SQ_IO_GROUPS], last[SQ_IO_GROUPS];
  PetscCall(sq_export_range(e, info, RECORDS, first, last));
  for (int g = 0; g < info->groups; g++)
    for (int64_t n = first[g]; n <= last[g]; n++) {
      PetscCall(sq_records_read(records, g, n, field, NULL));
      PetscCall(add_field(w, info, g, n, field));
    }
  PetscFunctionReturn(0);
}

static PetscErrorCode write(const sq_export *e, sq_records *records, double *field)
{
  PetscFunctionBeginUser;
  writer w = {0};
  const size_t stem = strlen(e->to) - strlen(sq_export_vtk.ending);
  snprintf(w.directory, sizeof w.directory, "%.*s", (int)stem, e->to);
  w.name = strrchr(w.directory, '/') ? strrchr(w.directory, '/') + 1 : w.directory;
  PetscCall(sq_make_directory(MPI_COMM_SELF, w.directory));
  PetscCall(sq_out_open(e->to, false, &w.list));
  sq_out_print(&w.list, "<?xml version=\"1.0\"?>\n<VTKFile type=\"Collection\" version=\"1.0\" "
                        "byte_order=\"LittleEndian\" header_type=\"UInt64\">\n<Collection>\n");
  PetscErrorCode code = add_all(e, records, field, &w);
  sq_out_print(&w.list, "</Collection>\n</VTKFile>\n");
  PetscCall(sq_out_close(&w.list, code));
  if (e->last < 0) sq_info("export: the first %d records of every group; --records FIRST:LAST takes others", RECORDS);
  PetscFunctionReturn(0);
}

static PetscErrorCode records(const sq_export *e)
{
  PetscFunctionBeginUser;
  const size_t length = strlen(e->to), ending = strlen(sq_export_vtk.ending);
  SqCheck(length > ending && !strcmp(e->to + length - ending, sq_export_vtk.ending), MPI_COMM_SELF, SQ_ERR_INPUT,
          "export: --output of the format vtk is a file *.pvd, not %s", e->to);
  PetscCall(sq_export_with_fields(e, write));
  PetscFunctionReturn(0);
}

const sq_export_format sq_export_vtk = {.name = "vtk",
                                        .ending = ".pvd",
                                        .summary = "fields as image data of VTK (ParaView), a file each",
                                        .records = records,
                                        .some = true};
