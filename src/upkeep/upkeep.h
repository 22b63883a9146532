/* upkeep: commands on directories of runs: how far they are, what differs between two, what can go. */
#ifndef SQUALL_UPKEEP_H
#define SQUALL_UPKEEP_H

#include "src/run/stage.h"

extern const sq_command sq_diff_command, sq_clean_command, sq_watch_command;

/* Whether a directory is that of a run (its deck.yaml, as sq_run_write_deck writes it); whether a squall is at work in
 * it, as far as this machine can tell. Not collective. */
bool sq_upkeep_is_run(const char *directory);
bool sq_upkeep_is_busy(const char *directory);

#endif
