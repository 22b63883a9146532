/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to app: one process without MPI. */
#ifndef SQUALL_APP_ALONE_H
#define SQUALL_APP_ALONE_H

#include <stdbool.h>

/* From now on this process is the one rank there is: MPI and PETSc are not started, and calls of MPI in squall's own
 * objects answer as on one rank. False, and nothing changes: the linker could not arrange for that. Not collective. */
bool sq_alone_begin(void);
/* Around the start of MPI, which may end the process: then says what to do instead. Not collective. */
void sq_alone_watch(void);
void sq_alone_watch_end(void);

#endif
