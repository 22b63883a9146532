/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that lie: right checksums, wrong content. */
#ifndef SQUALL_TESTS_FORGE_H
#define SQUALL_TESTS_FORGE_H

#include "src/io/io_private.h"
#include "tap.h"

/* Stops the test where forging itself fails. */
__attribute__((unused)) static void forge_need(bool fine, const sq_io_status *status)
{
  if (fine && !status->code) return;
  fprintf(stderr, "forging failed: %s\n", status->text);
  MPI_Abort(MPI_COMM_WORLD, 99);
}

/* Puts attributes in the place of those of a group ("/", "data"), with their right checksum. This process alone. */
__attribute__((unused)) static void forge_attributes(hid_t group, const sq_store *store, sq_io_status *status)
{
  for (int i = 0; i < store->items; i++)
    if (store->item[i].rank == 0) H5Adelete(group, store->item[i].name);
  H5Adelete(group, "items_crc");
  forge_need(sq_io_items_write(group, store, status), status);
}

/* Another text in the header of a file. This process alone. */
__attribute__((unused)) static void forge_header(const char *path, const char *name, const char *text)
{
  sq_io_status status = {.path = path};
  sq_store *store;
  hid_t file = sq_io_h5_open(path, true, &status);
  forge_need(file >= 0, &status);
  TAP_CALL(sq_store_create("header", &store));
  forge_need(sq_io_items_read(file, false, store, &status), &status);
  TAP_CALL(sq_store_put_text(store, name, text));
  forge_attributes(file, store, &status);
  forge_need(sq_io_h5_close(file, &status), &status);
  TAP_CALL(sq_store_destroy(&store));
}

/* A records file that says what info says, with nothing in it, published. This process alone. */
__attribute__((unused)) static void forge_empty(const char *path, const sq_records_info *info)
{
  sq_io_status status = {.path = path};
  sq_store *none;
  forge_need(sq_io_layout_write(path, info, "1", &status), &status);
  hid_t file = sq_io_h5_open(path, true, &status);
  hid_t series = sq_io_h5_new_group(file, sq_io_extras_name);
  TAP_CALL(sq_store_create("series", &none));
  forge_need(sq_io_items_write(series, none, &status) && sq_io_h5_close(file, &status), &status);
  TAP_CALL(sq_store_destroy(&none));
}

#endif
