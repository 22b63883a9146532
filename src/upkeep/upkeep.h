/* SPDX-License-Identifier: BSD-3-Clause */
/* upkeep: commands on directories of runs: how far they are, what differs between two, what can go. */
#ifndef SQUALL_UPKEEP_H
#define SQUALL_UPKEEP_H

#include "src/run/stage.h"

extern const sq_command sq_diff_command, sq_clean_command, sq_watch_command;

/* Whether a directory is that of a run (its deck.yaml, as sq_run_write_deck writes it); whether a squall is at work in
 * it, as far as this machine can tell. Not collective. */
bool sq_upkeep_is_run(const char *directory);
bool sq_upkeep_is_busy(const char *directory);
/* Whether a file is one in the making, NAME.PROCESS.tmp, of a process that is no longer there, and that nobody holds: a
 * process of another machine is not known here, but holds its file. Not collective. */
bool sq_upkeep_is_left_over(const char *path);
/* Keeps every other squall out of a directory until *lock is closed, -1: the file system has no place for a lock.
 * false: another one is at work there. Not collective. */
bool sq_upkeep_hold(const char *directory, int *lock);

#endif
