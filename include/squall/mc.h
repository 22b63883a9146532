/* SPDX-License-Identifier: BSD-3-Clause */
/* mc: the section `mc` of a deck: chains of any theory, moved by an algorithm of a table. What an algorithm does is a
 * dynamics of a chain (squall/dynamics.h) and cluster updates between; chains, thermalisation and files are those of
 * the section `hmc` (squall/hmc.h).
 *
 * To add an algorithm: its dynamics, a row here, a line in src/mc/table.c, its keys in src/mc/settings.c.
 *
 * Not collective, the same on all ranks.
 */
#ifndef SQUALL_MC_H
#define SQUALL_MC_H

#include "squall/hmc.h"

SQ_C_BEGIN

typedef struct {
  const char *name, *summary; /* as in the deck: mc: {algorithm: local} */
  const char *needs;          /* what a theory must have, in words */
  bool (*possible)(const sq_action *action);
  const char *const *keys; /* of the section, NULL-terminated: those that not all algorithms have */
  /* What moves the chains. Of the deck, steps (the key sweeps or worms; 0: auto) and cluster are filled in already;
   * cluster is 0 where a theory has no bonds. */
  void (*fill)(sq_hmc_settings *settings);
} sq_mc_algorithm;

extern const sq_mc_algorithm *const sq_mc_algorithms[]; /* NULL-terminated */
/* What `auto` stands for: the one that the theory names, or the first that is possible; NULL if none is. */
const sq_mc_algorithm *sq_mc_default(const sq_action *action);

/* The names of those that are possible for a theory: "hmc, cluster". */
void sq_mc_possible(const sq_action *action, char *text, size_t size);

/* The declared deck parameters of the section `mc`. */
extern const sq_param sq_mc_params[];
/* The settings of a deck for a theory. Errors: SQ_ERR_INPUT, naming what is possible. */
PetscErrorCode sq_mc_settings_from_deck(const sq_deck *deck, const sq_action *action, sq_hmc_settings *settings);
/* Notes in the deck what was chosen, as sq_hmc_resolve does. */
PetscErrorCode sq_mc_resolve(const sq_hmc_settings *settings, const sq_hmc_tuning *tuning, sq_deck *deck);

SQ_C_END

#endif
