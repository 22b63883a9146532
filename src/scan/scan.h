/* SPDX-License-Identifier: BSD-3-Clause */
/* scan: commands on the directories of many runs, a point of a figure each. */
#ifndef SQUALL_SCAN_H
#define SQUALL_SCAN_H

#include "src/report/report.h"

extern const sq_command sq_crossing_command, sq_curve_command, sq_density_command, sq_reweight_command;

/* The first group of a file of that kind (NULL: of any), the caller's (sq_ensemble_free); fields (may be NULL): how
 * many all its groups have. Error: SQ_ERR_DATA for another kind. Collective (read.c). */
PetscErrorCode sq_scan_read(MPI_Comm world, const char *path, const char *kind, sq_ensemble *ensemble, int64_t *fields);
/* Files of one name in the places couplings/... of a run's directory, in alphabetic order. */
enum { SQ_PLACES_MOST = 1024 };
typedef struct {
  int count; /* <= SQ_PLACES_MOST */
  char (*path)[SQ_PATH];
} sq_places;
/* What rank 0 finds, on every rank; none where there is no such directory. Error: SQ_ERR_INPUT for more than that.
 * Collective (read.c). */
PetscErrorCode sq_places_find(MPI_Comm world, const char *directory, const char *name, sq_places *places);
void sq_places_clear(sq_places *places);
/* Warns of every check that it has failed, in the name of a command. Not collective. */
PetscErrorCode sq_scan_warn(const sq_ensemble *e, const char *command);

#endif
