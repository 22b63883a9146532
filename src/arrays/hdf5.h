/* SPDX-License-Identifier: BSD-3-Clause */
/* What the format hdf5 asks of a file: opened as nobody's who may harm, its datasets found, their shapes. */
#ifndef SQUALL_ARRAYS_HDF5_H
#define SQUALL_ARRAYS_HDF5_H

#include "src/arrays/internal.h"
#define H5_USE_110_API /* the calls of 1.10, whatever is installed */
#include <hdf5.h>

/* SQ_ERR_DATA with the deepest reason that HDF5 gives; returns false. */
bool sq_hdf5_fail(sq_array_failure *failure, const char *what);
/* Whether HDF5 survives the file: a child process walks through it first. */
bool sq_hdf5_probe(const char *path, sq_array_failure *failure);
/* To be read by this rank alone; what is open of it is closed with it. Negative on failure. */
hid_t sq_hdf5_file(const char *path, sq_array_failure *failure);
/* What is meant: the path of a dataset or (group) a group in found; name "": of the only dataset there is. Fails with a
 * list of those there are. */
bool sq_hdf5_find(hid_t file, const char *name, char found[SQ_ARRAY_TEXT], bool *group, sq_array_failure *failure);
/* An open dataset; negative on failure. */
hid_t sq_hdf5_dataset(hid_t loc, const char *name, sq_array_failure *failure);
/* Its shape, if it is of numbers and can be read: types, filters, sizes. */
bool sq_hdf5_shape(hid_t dataset, const char *name, sq_array_shape *shape, sq_array_failure *failure);
/* Whether all that a virtual dataset is made of is there; list: by which it was created. */
bool sq_hdf5_parts(hid_t dataset, hid_t list, const char *name, const sq_array_shape *shape, sq_array_failure *failure);

#endif
