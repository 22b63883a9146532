/* SPDX-License-Identifier: BSD-3-Clause */
/* catalogue: commands that tell what the tables of the program have: lists, decks to begin with, manual pages,
 * completion for shells. They need neither a deck nor MPI. */
#ifndef SQUALL_CATALOGUE_H
#define SQUALL_CATALOGUE_H

#include "src/run/stage.h"

extern const sq_command sq_list_command, sq_init_command, sq_manual_command, sq_completion_command;

/* What a deck made by `squall init` is for (tasks.c). */
typedef struct {
  const char *name, *summary;
  const char *const *sections; /* of the deck, in this order */
  const sq_stage *stage;       /* that the theory must have what it asks for; NULL: any theory */
  bool learns;                 /* has a model of a type that the theory must have what it asks for */
  bool several;                /* the same of several types */
  const sq_deck_setting *set;  /* what it sets, ended by {0} */
} sq_init_task;
extern const sq_init_task sq_init_tasks[]; /* ended by {0} */
/* Values that a theory's deck begins with. */
typedef struct {
  const char *theory, *extents;
  const sq_deck_setting *set; /* ended by {0} */
} sq_init_example;
extern const sq_init_example sq_init_examples[]; /* ended by {0} */

/* The names of all commands; NULL past the last. */
const char *sq_catalogue_command(int index);
/* The same of the sections of a deck. */
const char *sq_catalogue_section(int index);
/* The same of what else words on the command line may choose from. */
const char *sq_init_task_name(int index);

#endif
