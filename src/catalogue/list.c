/* SPDX-License-Identifier: BSD-3-Clause */
/* The command list: what the tables have, one line each: its name and what it is. */
#include "squall/mc.h"
#include "squall/model.h"
#include "squall/obs.h"
#include "src/catalogue/catalogue.h"
#include "src/correction/correction.h"
#include "src/report/report.h"
#include <string.h>

typedef struct {
  const char *name, *about; /* about NULL: its name says it */
} item;

/* Row number index of a table; {0} past the last. */
static item theory(int index)
{
  const sq_action_type *type = sq_action_types[index];
  return type ? (item){type->name, type->summary} : (item){0};
}

static item model(int index)
{
  const sq_model_type *type = sq_model_types[index];
  return type ? (item){type->name, type->summary} : (item){0};
}

static item sampler(int index)
{
  const sq_sampler_type *type = sq_sampler_types[index];
  return type ? (item){type->name, type->summary} : (item){0};
}

static item algorithm(int index)
{
  const sq_mc_algorithm *row = sq_mc_algorithms[index];
  return row ? (item){row->name, row->summary} : (item){0};
}

static item correction(int index)
{
  const sq_correction *row = sq_corrections[index];
  return row ? (item){row->name, row->summary} : (item){0};
}

static item observable(int index)
{
  const char *name = sq_obs_row_name(index);
  return name ? (item){name, sq_obs_row_about(index)} : (item){0};
}

static item stage(int index)
{
  const sq_stage *row = sq_stages[index];
  return row ? (item){row->command.name, row->command.summary} : (item){0};
}

static item command(int index)
{
  const sq_command *row = sq_command_at(index);
  return row ? (item){row->name, row->summary} : (item){0};
}

static item figure(int index)
{
  const sq_figure *row = sq_figures[index];
  return row ? (item){row->name, row->title} : (item){0};
}

static item task(int index)
{
  return (item){sq_init_tasks[index].name, sq_init_tasks[index].summary};
}

/* A section is as far along as its first key. */
const char *sq_catalogue_section(int index)
{
  const sq_param *tables[SQ_DECK_TABLES], *param, *first;
  sq_deck_tables(tables);
  for (sq_param_walk walk = {.table = tables}; (param = sq_param_next(&walk));) {
    sq_param_walk again = {.table = tables};
    while ((first = sq_param_next(&again)) && strcmp(first->section, param->section) != 0) continue;
    if (first == param && index-- == 0) return param->section;
  }
  return NULL;
}

static item section(int index)
{
  return (item){sq_catalogue_section(index), NULL};
}

static const struct {
  const char *name, *what;
  item (*row)(int index);
} kinds[] = {
  {"theories", "action: {type: ...}", theory},
  {"algorithms", "mc: {algorithm: ...}", algorithm},
  {"models", "model: {type: ...}", model},
  {"samplers", "sample: {sampler: ...}, of diffusion models", sampler},
  {"corrections", "correct: {method: ...}", correction},
  {"observables", "rows of measure.csv", observable},
  {"figures", "of the report", figure},
  {"stages", "of `squall run`, in their order", stage},
  {"commands", "of squall", command},
  {"sections", "of a deck; `squall keys` has their keys", section},
  {"tasks", "of `squall init`", task},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const char *kind_name(int index)
{
  return index < KINDS ? kinds[index].name : NULL;
}

static PetscErrorCode list(const sq_words *words, FILE *out, char *message, size_t size)
{
  const char *name = sq_words_value(words, "KIND");
  const bool names = sq_words_value(words, "--names") != NULL;
  int kind = 0;
  (void)message;
  (void)size;
  for (int k = 0; k < KINDS && !name; k++)
    if (names) fprintf(out, "%s\n", kinds[k].name);
    else fprintf(out, "%-14s %s\n", kinds[k].name, kinds[k].what);
  if (!name) return 0;
  while (strcmp(kinds[kind].name, name) != 0) kind++;
  for (int i = 0; kinds[kind].row(i).name; i++) {
    const item x = kinds[kind].row(i);
    if (names || !x.about) fprintf(out, "%s\n", x.name);
    else fprintf(out, "%-20s %s\n", x.name, x.about);
  }
  return 0;
}

const sq_command sq_list_command = {
  .name = "list",
  .place = SQ_PLACE_FIRST,
  .usage = "[KIND]",
  .summary = "what there is: theories, models, samplers, observables, ...",
  .options = SQ_OPTIONS({"KIND", NULL, "what to list; without it, what can be listed", .names = kind_name},
                        {"--names", NULL, "names alone"}),
  .tells = list};
