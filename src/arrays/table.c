/* SPDX-License-Identifier: BSD-3-Clause */
/* The formats of arrays, in the order in which a file is held against them. */
#include "src/arrays/internal.h"

const sq_array_format *const sq_array_formats[] = {&sq_array_npy, &sq_array_npz, &sq_array_hdf5, &sq_array_raw, NULL};
