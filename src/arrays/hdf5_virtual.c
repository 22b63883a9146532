/* SPDX-License-Identifier: BSD-3-Clause */
/* Virtual datasets: parts of other files. HDF5 reads a part whose file is not there, or that no file was named for, as
 * zeros; here that is an error. */
#include "src/arrays/hdf5.h"
#include <string.h>
#include <unistd.h>

enum { NAME = 1024 };

/* The file of a part: HDF5 looks for it beside the file that names it, then where the program runs. false: it is in
 * neither place. */
static bool find_file(hid_t dataset, const char *named, char path[NAME])
{
  char own[NAME] = "";
  H5Fget_name(dataset, own, sizeof own);
  const char *slash = strrchr(own, '/');
  snprintf(path, NAME, "%s", strcmp(named, ".") ? named : own);
  if (!strcmp(named, ".")) return true;
  if (named[0] != '/' && slash && snprintf(path, NAME, "%.*s/%s", (int)(slash - own), own, named) < NAME &&
      !access(path, F_OK))
    return true;
  snprintf(path, NAME, "%s", named);
  return !access(path, F_OK);
}

/* Whether the dataset of a part has all that is taken of it. */
static bool has_part(hid_t source, hid_t selection, const char *name, sq_array_failure *failure)
{
  hsize_t first[H5S_MAX_RANK], last[H5S_MAX_RANK], extent[H5S_MAX_RANK];
  hid_t space = H5Dget_space(source), list = H5Dget_create_plist(source);
  const int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
  bool fine = rank >= 0 && list >= 0 && H5Sget_simple_extent_dims(space, extent, NULL) >= 0;
  const bool bounded = fine && H5Sget_simple_extent_ndims(selection) == rank &&
                       H5Sget_select_bounds(selection, first, last) >= 0;
  for (int i = 0; bounded && i < rank; i++) fine = fine && last[i] < extent[i];
  if (fine && H5Pget_layout(list) != H5D_VIRTUAL && H5Pget_external_count(list) == 0)
    fine = H5Dget_storage_size(source) > 0;
  if (space >= 0) H5Sclose(space);
  if (list >= 0) H5Pclose(list);
  return fine ||
         sq_array_fail(failure, SQ_ERR_DATA, "%s was written in part only, and is a part of a virtual dataset", name);
}

/* Part i of a virtual dataset: its file, its dataset there. */
static bool part_is_there(hid_t dataset, hid_t list, size_t i, const char *name, sq_array_failure *failure)
{
  char named[NAME] = "", inner[NAME] = "", path[NAME];
  H5Pget_virtual_filename(list, i, named, sizeof named);
  H5Pget_virtual_dsetname(list, i, inner, sizeof inner);
  if (strchr(named, '%') || strchr(inner, '%')) return true; /* as many as there are: its extent follows them */
  if (!find_file(dataset, named, path))
    return sq_array_fail(failure, SQ_ERR_DATA,
                         "%s is a virtual dataset, and the file %s of its part %zu is not there: HDF5 would read "
                         "zeros; "
                         "put it beside the file that names it",
                         name, named, i);
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), selection = H5Pget_virtual_srcspace(list, i);
  hid_t source = file < 0 || H5Lexists(file, inner, H5P_DEFAULT) <= 0 ? -1 : H5Dopen2(file, inner, H5P_DEFAULT);
  bool fine = (source >= 0 && selection >= 0) || sq_array_fail(failure, SQ_ERR_DATA,
                                                               "%s is a virtual dataset, and %s has no dataset %s, its "
                                                               "part %zu: HDF5 would read zeros",
                                                               name, path, inner, i);
  fine = fine && has_part(source, selection, inner, failure);
  if (source >= 0) H5Dclose(source);
  if (selection >= 0) H5Sclose(selection);
  if (file >= 0) H5Fclose(file);
  return fine;
}

bool sq_hdf5_parts(hid_t dataset, hid_t list, const char *name, const sq_array_shape *shape, sq_array_failure *failure)
{
  size_t parts = 0;
  double all = 1, named = 0;
  bool unlimited = false;
  if (H5Pget_virtual_count(list, &parts) < 0)
    return sq_array_fail(failure, SQ_ERR_DATA, "%s is a virtual dataset of no parts", name);
  for (int i = 0; i < shape->rank; i++) all *= (double)shape->extent[i];
  for (size_t i = 0; i < parts; i++) {
    if (!part_is_there(dataset, list, i, name, failure)) return false;
    hid_t space = H5Pget_virtual_vspace(list, i);
    const hssize_t points = space < 0 ? -1 : H5Sget_select_npoints(space);
    unlimited = unlimited || points < 0;
    named += (double)points;
    if (space >= 0) H5Sclose(space);
  }
  return unlimited || named >= all ||
         sq_array_fail(failure, SQ_ERR_DATA,
                       "%s is a virtual dataset of %.0f numbers, and its parts have %.0f of them: HDF5 would read "
                       "zeros",
                       name, all, named);
}
