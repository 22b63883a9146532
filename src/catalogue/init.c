/* SPDX-License-Identifier: BSD-3-Clause */
/* The command init: a deck to begin with, for a theory and a task: what must be given is given, and every other key
 * stands there as a comment with its default and its meaning. */
#include "squall/model.h"
#include "src/catalogue/catalogue.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 32, TEXT = 64 };

typedef struct {
  const char *name;
  const sq_action_type *theory;
  sq_action action;
  const sq_init_task *task;
  const sq_model_type *model; /* NULL: the task has none */
  sq_deck_setting set[MOST];
  int sets;
  char directory[2 * TEXT], invented[SQ_ACTION_PARAMETERS][TEXT]; /* what settings point to */
} draft;

static void set(draft *d, const char *section, const char *key, const char *value)
{
  if (d->sets < MOST - 1) d->set[d->sets++] = (sq_deck_setting){section, key, value};
}

static bool is_of(const sq_param *table, const sq_param *param)
{
  for (; table->key; table++)
    if (table == param) return true;
  return false;
}

/* Whether a key is worth a line: those of other theories and other types of models are not. */
static bool suits(const void *context, const sq_param *param)
{
  const draft *d = context;
  if (!strcmp(param->section, "action")) return param == sq_action_params || is_of(d->theory->params, param);
  if (!d->model) return true;
  if (!strcmp(param->section, "model")) return param == sq_model_params || is_of(d->model->params, param);
  return sq_model_takes(d->model, param->section, param->key);
}

/* ---- the theory ---- */

static const sq_init_example *example_of(const char *theory)
{
  const sq_init_example *e = sq_init_examples;
  while (e->theory && strcmp(e->theory, theory) != 0) e++;
  return e->theory ? e : NULL;
}

/* Of a theory without an example: its defaults, or 1, as far as that is allowed. */
static const char *invent(const sq_param *param, char text[TEXT])
{
  const bool free = param->min == 0 && param->max == 0;
  const double value = free ? 1 : PetscMin(PetscMax(1, param->min), param->max);
  if (param->fallback) return param->fallback;
  snprintf(text, TEXT, "%.10g", value);
  return text;
}

static const char *example_value(const sq_init_example *e, const char *key)
{
  for (const sq_deck_setting *s = e ? e->set : NULL; s && s->section; s++)
    if (!strcmp(s->key, key)) return s->value;
  return NULL;
}

static PetscErrorCode take_theory(draft *d)
{
  PetscFunctionBeginUser;
  const sq_init_example *e = example_of(d->theory->name);
  const char *extents = e ? e->extents : "[16, 16]";
  double number[SQ_ACTION_PARAMETERS] = {0};
  int dim = 1;
  for (const char *at = extents; *at; at++) dim += *at == ',';
  set(d, "lattice", "extents", extents);
  set(d, "action", "type", d->theory->name);
  for (int i = 0; d->theory->params[i].key; i++) {
    const sq_param *param = &d->theory->params[i];
    const char *given = example_value(e, param->key), *value = given ? given : invent(param, d->invented[i]);
    if (given || !param->fallback) set(d, "action", param->key, value);
    number[i] = strtod(value, NULL);
  }
  PetscCall(sq_action_make(d->theory->name, dim, number, &d->action));
  PetscFunctionReturn(0);
}

/* ---- the task ---- */

/* What the theory lacks for a stage, in the stage's form; NULL: nothing. */
static const char *stage_lacks(const draft *d, const sq_stage *stage, char *reason, size_t size)
{
  sq_action action;
  if (!stage || !stage->lacks) return NULL;
  if (!sq_action_has_form(&d->action, stage->form, &action, reason, size)) return reason;
  return stage->lacks(NULL, &action);
}

static const char *model_lacks(const draft *d, const sq_model_type *type)
{
  return type->lacks ? type->lacks(&d->action) : NULL;
}

static void take_settings(draft *d)
{
  set(d, "run", "dir", d->directory);
  set(d, "run", "seed", "1");
  for (const sq_deck_setting *s = d->task->set; s->section; s++) set(d, s->section, s->key, s->value);
  if (d->model) set(d, "model", "type", d->model->name);
  for (int i = 0; d->task->several && sq_model_types[i]; i++)
    if (!model_lacks(d, sq_model_types[i])) set(d, "families", sq_model_types[i]->name, "\"\"");
}

/* The first type of model that the theory can have, or the one wanted; NULL: none. */
static const sq_model_type *choose_model(const draft *d, const char *wanted)
{
  int i = 0;
  while (sq_model_types[i] &&
         (wanted ? strcmp(wanted, sq_model_types[i]->name) != 0 : model_lacks(d, sq_model_types[i]) != NULL))
    i++;
  return sq_model_types[i];
}

/* "; possible with it: diffusion, gan" */
static void list_possible(const draft *d, char *message, size_t size)
{
  const char *before = "; possible with it: ";
  for (int i = 0; sq_model_types[i]; i++) {
    if (model_lacks(d, sq_model_types[i])) continue;
    const size_t used = strlen(message);
    snprintf(message + used, size - used, "%s%s", before, sq_model_types[i]->name);
    before = ", ";
  }
}

/* Whether the theory has what the task and the model ask for; message: if not, why. */
static bool take_task(draft *d, const char *wanted, char *message, size_t size)
{
  char reason[256];
  const char *lack = stage_lacks(d, d->task->stage, reason, sizeof reason), *task = d->task->name,
             *theory = d->theory->name;
  if (lack) snprintf(message, size, "init: the task %s is not for the theory %s, which %s", task, theory, lack);
  else if (wanted && !d->task->learns) snprintf(message, size, "init: --model: the task %s has no model", task);
  else if (d->task->learns || d->task->several) {
    const sq_model_type *model = choose_model(d, wanted);
    if (!model)
      snprintf(message, size, "init: the task %s is not for the theory %s, which no type of model is for", task,
               theory);
    else if ((lack = model_lacks(d, model))) {
      snprintf(message, size, "init: a model of type %s is not for the theory %s, which %s", model->name, theory, lack);
      list_possible(d, message, size);
    }
    if (d->task->learns) d->model = model;
  }
  return !message[0];
}

/* ---- writing it ---- */

static void print_deck(FILE *out, const draft *d)
{
  const sq_param *tables[SQ_DECK_TABLES];
  const char *sections[16];
  int count = 0;
  for (const char *const *s = d->task->sections; *s && count < 15; s++)
    if (strcmp(*s, "correct") != 0 || !d->model || !d->model->rival) sections[count++] = *s;
  sections[count] = NULL;
  sq_deck_tables(tables);
  fprintf(out,
          "# %s: %s.\n# Theory: %s, %s.\n#\n"
          "# Made by squall init. A line that begins with # shows a key with its default; take the # away to change "
          "it.\n"
          "#   squall check DECK    says what the deck would do, how long that takes and what it needs\n"
          "#   squall run DECK      does it\n"
          "#   squall keys          lists all sections and keys\n",
          d->name, d->task->summary, d->theory->name, d->theory->summary);
  sq_params_template(out, tables, sections, d->set, suits, d);
}

/* Into a new file; "-": to the standard output. */
static PetscErrorCode write_deck(const draft *d, const char *output, FILE *out, char *message, size_t size)
{
  FILE *file = strcmp(output, "-") != 0 ? fopen(output, "wx") : out;
  if (!file) {
    snprintf(message, size, "init: %s cannot be written: %s%s", output, strerror(errno),
             errno == EEXIST ? "; choose another name, or --output FILE" : "");
    return errno == EEXIST ? SQ_ERR_INPUT : SQ_ERR_IO;
  }
  print_deck(file, d);
  bool good = !ferror(file);
  if (file != out) good = !fclose(file) && good;
  if (!good) snprintf(message, size, "init: %s cannot be written: %s", output, strerror(errno));
  else if (file != out)
    fprintf(out, "%s is written: edit it, then `squall check %s`, then `squall run %s`\n", output, output, output);
  return good ? 0 : SQ_ERR_IO;
}

static const char *theory_name(int index)
{
  return sq_action_types[index] ? sq_action_types[index]->name : NULL;
}

static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

static PetscErrorCode init(const sq_words *words, FILE *out, char *message, size_t size)
{
  const char *name = sq_words_value(words, "NAME"), *theory = sq_words_value(words, "--theory"),
             *task = sq_words_value(words, "--task"), *output = sq_words_value(words, "--output");
  char file[2 * TEXT];
  draft d = {
    .name = name, .theory = sq_action_types[theory ? sq_find_name(theory_name, theory) : 0], .task = sq_init_tasks};
  if (!name || strlen(name) >= TEXT || strspn(name, plain) != strlen(name) || !name[0] || strchr(".-", name[0])) {
    snprintf(message, size,
             "usage: squall init NAME [--theory THEORY] [--task TASK]: NAME of letters, digits, - _ and "
             "., for the file NAME.yaml and the directory runs/NAME");
    return SQ_ERR_INPUT;
  }
  while (task && strcmp(d.task->name, task) != 0) d.task++;
  snprintf(d.directory, sizeof d.directory, "runs/%s", name);
  snprintf(file, sizeof file, "%s.yaml", name);
  if (take_theory(&d)) return PETSC_ERR_PLIB;
  message[0] = 0;
  if (!take_task(&d, sq_words_value(words, "--model"), message, size)) return SQ_ERR_INPUT;
  take_settings(&d);
  return write_deck(&d, output ? output : file, out, message, size);
}

const sq_command sq_init_command = {
  .name = "init",
  .place = SQ_PLACE_FIRST,
  .usage = "NAME",
  .summary = "write a commented deck to begin with, NAME.yaml, for a theory and a task",
  .options = SQ_OPTIONS({"NAME", NULL, "of the file NAME.yaml and of the run's directory, runs/NAME"},
                        {"--theory", "THEORY", "which theory; default the first, phi4", .names = theory_name},
                        {"--task", "TASK", "what the deck is for; default ensemble", .names = sq_init_task_name},
                        {"--model", "TYPE", "of the task model: which type of model", .names = sq_model_name},
                        {"--output", "FILE", "where to write it instead; -: to the terminal"}),
  .tells = init};
