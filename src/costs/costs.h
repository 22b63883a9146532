/* SPDX-License-Identifier: BSD-3-Clause */
/* costs: what stages have cost on this machine, learned by `squall bench --save DECK` and used by `squall check`.
 *
 * The work of a stage is what its plan says, in seconds at two rates (sq_budget: network, updates). A trial of the
 * deck's own stages, at two lengths, says what that comes to: seconds = start + factor * work. They stand in a text
 * file, a row a stage:
 *
 *   squall-costs 1
 *   "CPU" KEY STAGE KIND NETWORK UPDATES START FACTOR EXTRA
 *
 * CPU: the processor, as /proc/cpuinfo has it; KEY (hexadecimal): of the deck, but for amounts and lengths; KIND: the
 * type of its model and its theory, for decks like it; NETWORK, UPDATES: the rates; EXTRA: bytes of a rank beside those
 * of the plan, in the row `memory`. Not collective: every rank reads the file.
 */
#ifndef SQUALL_COSTS_COSTS_H
#define SQUALL_COSTS_COSTS_H

#include "squall/io.h"

enum { SQ_COSTS_MOST = 512, SQ_COSTS_WORD = 48, SQ_COSTS_PATH = 1024 };
typedef struct {
  uint64_t key;
  char stage[SQ_COSTS_WORD], kind[SQ_COSTS_WORD];
  double network, updates, start, factor, extra;
} sq_cost;

struct sq_costs {
  int count;
  uint64_t key; /* of the deck that is looked at, and its kind */
  char kind[SQ_COSTS_WORD];
  sq_cost row[SQ_COSTS_MOST];
};

/* $XDG_CONFIG_HOME/squall/costs, or ~/.config/squall/costs; false: there is neither variable, nor HOME. */
bool sq_costs_path(char path[SQ_COSTS_PATH]);
/* The rows of this machine, to look for a deck of that key and kind in; none where there is no file, or another's.
 * Lines that are none are passed over. */
void sq_costs_read(uint64_t key, const char *kind, struct sq_costs *costs);
/* The row of the deck, or else one that stands for decks of its kind (the mean of theirs); false: there is
 * neither. exact: the former. */
bool sq_costs_find(const struct sq_costs *costs, const char *stage, sq_cost *cost, bool *exact);
/* Adds the rows, of one deck, to the file, in the place of those of the same deck; path: of the file. Rank 0 writes;
 * rows of other machines stay. Error: SQ_ERR_IO. Collective over comm. */
PetscErrorCode sq_costs_save(MPI_Comm comm, int count, const sq_cost *row, char path[SQ_COSTS_PATH]);

#endif
