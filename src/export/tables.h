/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to export: the tables of a run in one. */
#ifndef SQUALL_EXPORT_TABLES_H
#define SQUALL_EXPORT_TABLES_H

#include "src/export/export.h"

/* Of the tables (*.csv) in the directory e->from, into the directory e->to: tables.csv, a line for every cell;
 * columns.csv, the unit and meaning of every column; measure.csv with the unit and meaning of every row. Nothing where
 * there is no table. Errors: SQ_ERR_DATA for what is no table; SQ_ERR_IO. */
PetscErrorCode sq_export_tables(const sq_export *e);

#endif
