/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of formats. */
#include "src/export/export.h"

const sq_export_format *const sq_export_formats[] = {
  &sq_export_npz, &sq_export_csv,  &sq_export_pyerrors,    &sq_export_dobs,
  &sq_export_vtk, &sq_export_xdmf, &sq_export_safetensors, NULL};
