/* SPDX-License-Identifier: BSD-3-Clause */
/* The deck: all tables of parameters, in their order; the commands in theirs. */
#include "src/run/stage.h"

static void add(const sq_param *tables[SQ_DECK_TABLES], const sq_param *const *more)
{
  int count = 0;
  while (tables[count]) count++;
  for (; more && *more; more++) {
    int i = 0;
    while (i < count && tables[i] != *more) i++;
    if (i == count && count < SQ_DECK_TABLES - 1) tables[count++] = *more;
  }
}

/* The stages' commands, then the others. */
static const sq_command *command_row(int index)
{
  int stages = 0;
  while (sq_stages[stages]) stages++;
  return index < stages ? &sq_stages[index]->command : sq_commands[index - stages];
}

const sq_command *sq_command_at(int index)
{
  for (int place = SQ_PLACE_FIRST; place <= SQ_PLACE_LAST; place++)
    for (int i = 0; command_row(i); i++)
      if (command_row(i)->place == place && index-- == 0) return command_row(i);
  return NULL;
}

bool sq_stage_wanted(const sq_stage *stage, const sq_run *run)
{
  const bool there = !stage->section || sq_deck_has_section(run->deck, stage->section);
  return there && (!stage->wanted || stage->wanted(run));
}

void sq_deck_tables(const sq_param *tables[SQ_DECK_TABLES])
{
  for (int i = 0; i < SQ_DECK_TABLES; i++) tables[i] = NULL;
  add(tables, SQ_TABLES(sq_run_params, sq_action_params));
  for (int i = 0; sq_stages[i]; i++) add(tables, sq_stages[i]->command.params);
  for (int i = 0; sq_commands[i]; i++) add(tables, sq_commands[i]->params);
}
