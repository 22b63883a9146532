/* SPDX-License-Identifier: BSD-3-Clause */
/* What the program says of its commands: from their table, that of their options and that of the deck's keys. */
#include "src/app/commands.h"
#include <string.h>

void sq_help_all(FILE *out)
{
  fprintf(out,
          "%s\nStochastic quantization on large lattices: ensembles, models that make fields, exact results.\n\n"
          "usage: squall COMMAND DECK.yaml [-section_key value ...]     the same under mpirun and srun\n\n",
          sq_version());
  const sq_command *c;
  for (int i = 0; (c = sq_command_at(i)); i++) fprintf(out, "  %-15s %-14s %s\n", c->name, c->usage, c->summary);
  fprintf(out, "\n  squall COMMAND --help shows the options and deck keys of a command; squall --version the version "
               "and "
               "libraries.\n"
               "  Exit status: 0 done, 64 bad input, 65 bad data, 70 internal error, 71 no memory, 74 input/output "
               "error, 75 stopped early and resumable.\n");
}

static void print_choices(FILE *out, const sq_option *o)
{
  const char *name, *list = o->choices ? o->choices : "";
  if (!o->choices && !o->names) return;
  fprintf(out, "  %-30s one of", "");
  for (; *(list += strspn(list, " ")); list += strcspn(list, " ")) fprintf(out, " %.*s", (int)strcspn(list, " "), list);
  for (int i = 0; o->names && (name = o->names(i)); i++) fprintf(out, " %s", name);
  fputc('\n', out);
}

static void print_options(FILE *out, const sq_option *o)
{
  for (; o && o->name; o++) {
    char both[64];
    snprintf(both, sizeof both, "%s%s%s", o->name, o->value && o->name[0] == '-' ? " " : "",
             o->value && o->name[0] == '-' ? o->value : "");
    fprintf(out, "  %-30s %s", both, o->help);
    if (o->key) fprintf(out, " (the deck's %s)", o->key);
    fputc('\n', out);
    print_choices(out, o);
  }
}

void sq_help_command(FILE *out, const sq_command *c)
{
  const sq_param *tables[SQ_DECK_TABLES];
  const bool deck = c->make && !c->files;
  sq_deck_tables(tables);
  fprintf(out, "usage: squall %s %s", c->name, c->usage);
  for (const sq_option *o = c->options; o && o->name; o++)
    if (o->name[0] == '-') fprintf(out, " [%s%s%s]", o->name, o->value ? " " : "", o->value ? o->value : "");
  fprintf(out, "%s\n\n%s\n\noptions:\n", deck ? " [-section_key value ...]" : "", c->summary);
  print_options(out, c->options);
  if (deck) print_options(out, sq_words_set);
  print_options(out, sq_words_common);
  if (deck) fputs("\nkeys of the deck:\n", out);
  if (deck) sq_params_help(out, tables, c->sections);
}

static const char *command_name(int index)
{
  const sq_command *c = sq_command_at(index);
  return c ? c->name : NULL;
}

const sq_command *sq_command_find(const char *name)
{
  return sq_command_at(sq_find_name(command_name, name));
}
