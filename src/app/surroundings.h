/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to app: what the program takes over from whoever started it. Nothing here is collective or needs MPI. */
#ifndef SQUALL_APP_SURROUNDINGS_H
#define SQUALL_APP_SURROUNDINGS_H

#include <stdbool.h>

/* First of all: standard files that are closed become /dev/null, so that no file of a run gets their numbers; and of
 * the environment only what was meant for squall is left: variables of PETSc and HDF5 could change results or load
 * code. */
void sq_surroundings_take(void);
/* Whether a launcher started this process as one of several; rank (may be NULL): which of them, as the launcher says.
 */
bool sq_surroundings_launched(int *rank);
/* Before MPI_Init. A single process asks nothing of Open MPI: neither its daemon nor its network nor its temporary
 * directory. launched: of several, only what bounds the names of files is turned off. */
void sq_surroundings_mpi(bool launched);
/* Signals. works: for a command that works on a run: neither a closed pipe nor a closed terminal ends it, and it can be
 * stopped with a checkpoint (sq_stop_install). Others end as any program does. */
void sq_surroundings_signals(bool works);
/* Flushes what was printed. The exit status: that given, or 74 with a message if the output could not be written; it
 * goes nowhere from then on. */
int sq_surroundings_printed(int status);

#endif
