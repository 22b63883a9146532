/* SPDX-License-Identifier: BSD-3-Clause */
/* h5util: opening HDF5 files safely, and checking the shape of what they hold.
 *
 * HDF5 prints its error stack unless told not to; every way into a file here turns that off, because the deepest
 * message is carried by our own. Objects are only opened through hard links: files are untrusted.
 */
#include "io_private.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Metadata of format 1.8 and later carry checksums. Format 1.10 also marks files open for writing, so that one left by
 * a kill is refused: not for files that must survive one; but it is the only one that checksums the index of chunks. */
static hid_t access_list(H5F_libver_t low)
{
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  hid_t list = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fclose_degree(list, H5F_CLOSE_STRONG);
  H5Pset_libver_bounds(list, low, H5F_LIBVER_LATEST);
  return list;
}

/* What the system refuses, as a file that may not be read, is no damage; and whether the file system has locks. */
static bool may_open(const char *path, bool write, bool *locks, sq_io_status *status)
{
  int file = open(path, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  if (file < 0) return sq_io_fail_errno(status, SQ_ERR_IO, "cannot be opened");
  *locks = flock(file, LOCK_SH | LOCK_NB) == 0 || errno == EWOULDBLOCK;
  close(file);
  return true;
}

/* HDF5 locks what it opens, and fails where the file system has no locks. The variable of the user, if set, goes first:
 * HDF5 sees to that. */
static void set_locking(hid_t list, bool locks)
{
#if H5_VERSION_GE(1, 10, 7) && !(H5_VERS_MAJOR == 1 && H5_VERS_MINOR == 12 && H5_VERS_RELEASE == 0)
  if (!locks) H5Pset_file_locking(list, false, true);
#else
  if (!locks) setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
#endif
}

hid_t sq_io_h5_open(const char *path, bool write, sq_io_status *status)
{
  bool locks = true;
  if (!sq_io_size(path, NULL, status) || !may_open(path, write, &locks, status)) return H5I_INVALID_HID;
  hid_t list = access_list(H5F_LIBVER_V110);
  set_locking(list, locks);
  hid_t file = H5Fopen(path, write ? H5F_ACC_RDWR : H5F_ACC_RDONLY, list);
  if (file < 0) sq_io_fail_h5(status, write ? SQ_ERR_IO : SQ_ERR_DATA, "not a readable HDF5 file");
  H5Pclose(list);
  return file;
}

/* Members and attributes in the header of their group, however many; attributes of 64 KiB and more cannot be there. */
static hid_t creation_list(hid_t class)
{
  enum { MOST = 4096 };
  hid_t list = H5Pcreate(class);
  H5Pset_link_phase_change(list, MOST, 0);
  H5Pset_attr_phase_change(list, MOST, 0);
  return list;
}

hid_t sq_io_h5_create(const char *path, bool killable, sq_io_status *status)
{
  bool locks = true;
  int fresh = sq_open_new(path);
  if (fresh >= 0) close(fresh);
  if (fresh < 0 || !may_open(path, true, &locks, status)) {
    sq_io_fail_errno(status, SQ_ERR_IO, "cannot be created");
    return H5I_INVALID_HID;
  }
  hid_t list = access_list(killable ? H5F_LIBVER_V18 : H5F_LIBVER_V110), creation = creation_list(H5P_FILE_CREATE);
  set_locking(list, locks);
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, creation, list);
  if (file < 0) sq_io_fail_h5(status, SQ_ERR_IO, "cannot be created");
  H5Pclose(creation);
  H5Pclose(list);
  return file;
}

hid_t sq_io_h5_new_group(hid_t loc, const char *name)
{
  hid_t creation = creation_list(H5P_GROUP_CREATE);
  hid_t group = H5Gcreate2(loc, name, H5P_DEFAULT, creation, H5P_DEFAULT);
  H5Pclose(creation);
  return group;
}

bool sq_io_h5_close(hid_t file, sq_io_status *status)
{
  return file < 0 || SQ_IO_H5(status, SQ_ERR_IO, H5Fclose(file), "closing failed");
}

hid_t sq_io_h5_open_shared(MPI_Comm comm, const char *path, bool write, sq_io_status *status)
{
  hid_t list = access_list(H5F_LIBVER_V18);
  int mpi = 0;
  bool locks = true;
  if (!MPI_Initialized(&mpi) && mpi) H5Pset_fapl_mpio(list, comm, MPI_INFO_NULL);
  else { /* one process without it */
    if (!may_open(path, write, &locks, status)) return H5I_INVALID_HID;
    set_locking(list, locks);
  }
  hid_t file = H5Fopen(path, write ? H5F_ACC_RDWR : H5F_ACC_RDONLY, list);
  if (file < 0) sq_io_fail_h5(status, SQ_ERR_IO, "cannot be opened on all ranks");
  H5Pclose(list);
  return file;
}

bool sq_io_h5_is(hid_t loc, const char *name, H5O_type_t type, sq_io_status *status)
{
  H5L_info_t link;
  H5O_info_t object;
  if (H5Lget_info(loc, name, &link, H5P_DEFAULT) < 0) return sq_io_fail(status, SQ_ERR_DATA, "'%s' is missing", name);
  if (link.type != H5L_TYPE_HARD)
    return sq_io_fail(status, SQ_ERR_DATA, "'%s' is a soft or external link: refused", name);
  if (H5Oget_info_by_name(loc, name, &object, H5P_DEFAULT) < 0) return sq_io_fail_h5(status, SQ_ERR_DATA, "'%s'", name);
  return object.type == type ||
         sq_io_fail(status, SQ_ERR_DATA, "'%s' is not a %s", name, type == H5O_TYPE_GROUP ? "group" : "dataset");
}

bool sq_io_h5_members(hid_t group, int count, const char *const *names, sq_io_status *status)
{
  H5G_info_t info;
  if (!SQ_IO_H5(status, SQ_ERR_DATA, H5Gget_info(group, &info), "a group cannot be read")) return false;
  for (int i = 0; i < count; i++) {
    H5L_info_t link;
    if (H5Lget_info(group, names[i], &link, H5P_DEFAULT) < 0)
      return sq_io_fail(status, SQ_ERR_DATA, "'%s' is missing", names[i]);
    if (link.type != H5L_TYPE_HARD)
      return sq_io_fail(status, SQ_ERR_DATA, "'%s' is a soft or external link: refused", names[i]);
  }
  return info.nlinks == (hsize_t)count ||
         sq_io_fail(status, SQ_ERR_DATA, "holds %lld objects where a squall file has %d", (long long)info.nlinks,
                    count);
}

hid_t sq_io_h5_group(hid_t loc, const char *name, sq_io_status *status)
{
  if (!sq_io_h5_is(loc, name, H5O_TYPE_GROUP, status)) return H5I_INVALID_HID;
  hid_t group = H5Gopen2(loc, name, H5P_DEFAULT);
  if (group < 0) sq_io_fail_h5(status, SQ_ERR_DATA, "group '%s'", name);
  return group;
}
