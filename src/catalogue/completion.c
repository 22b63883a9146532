/* SPDX-License-Identifier: BSD-3-Clause */
/* The command completion: what bash and zsh complete of squall's words, from the tables of commands, of their options
 * and of the deck's keys. */
#include "src/catalogue/catalogue.h"
#include <string.h>

static void print_names(FILE *out, sq_names names)
{
  const char *name;
  for (int i = 0; names && (name = names(i)); i++) fprintf(out, " %s", name);
}

static void print_option_names(FILE *out, const sq_option *o)
{
  for (; o && o->name; o++)
    if (o->name[0] == '-') fprintf(out, " %s", o->name);
}

static bool is_listed(const char *const *sections, const char *section)
{
  for (; sections && *sections; sections++)
    if (!strcmp(*sections, section)) return true;
  return !sections;
}

/* The keys of a command's sections: "-hmc_steps", or "hmc.steps=". */
static void print_keys(FILE *out, const char *const *sections, const char *before, char between, const char *after)
{
  const sq_param *tables[SQ_DECK_TABLES], *param;
  sq_deck_tables(tables);
  for (sq_param_walk walk = {.table = tables}; (param = sq_param_next(&walk));)
    if (is_listed(sections, param->section))
      fprintf(out, " %s%s%c%s%s", before, param->section, between, param->key, after);
}

/* ---- the tables, as functions of the shell: bash and zsh read the same ---- */

static void print_options_of(FILE *out)
{
  const sq_command *c;
  fputs("_squall_options() { # COMMAND: its options, and those of the keys of its deck\n  case $1 in\n", out);
  for (int i = 0; (c = sq_command_at(i)); i++) {
    const bool deck = c->make && !c->files;
    fprintf(out, "    %s) echo '", c->name);
    print_option_names(out, c->options);
    if (deck) print_option_names(out, sq_words_set);
    print_option_names(out, sq_words_common);
    if (deck) print_keys(out, c->sections, "-", '_', "");
    fputs("' ;;\n", out);
  }
  fputs("  esac\n}\n", out);
}

static void print_operands_of(FILE *out)
{
  const sq_command *c;
  fputs("_squall_operands() { # COMMAND: words that it works on; none: files\n  case $1 in\n    help) echo '", out);
  print_names(out, sq_catalogue_command);
  fputs("' ;;\n", out);
  for (int i = 0; (c = sq_command_at(i)); i++)
    for (const sq_option *o = c->options; o && o->name; o++) {
      if (o->name[0] == '-' || (!o->names && !o->choices)) continue;
      fprintf(out, "    %s) echo '%s", c->name, o->choices ? o->choices : "");
      print_names(out, o->names);
      fputs("' ;;\n", out);
      break;
    }
  fputs("  esac\n}\n", out);
}

static void print_choices(FILE *out, const sq_param *param)
{
  char choice[SQ_PARAM_CHOICE_TEXT];
  for (int n = 0; sq_param_choice(param, n, choice); n++) fprintf(out, " %s", choice);
  if (param->type == SQ_PARAM_BOOL) fputs(" true false", out);
}

static void print_values_of(FILE *out)
{
  const sq_param *tables[SQ_DECK_TABLES], *param;
  const sq_command *c;
  fputs("_squall_values() { # COMMAND OPTION: words that may follow; none: anything\n  case $1:$2 in\n", out);
  for (int i = 0; (c = sq_command_at(i)); i++)
    for (const sq_option *o = c->options; o && o->name; o++) {
      if (o->name[0] != '-' || (!o->names && !o->choices)) continue;
      fprintf(out, "    %s:%s) echo '%s", c->name, o->name, o->choices ? o->choices : "");
      print_names(out, o->names);
      fputs("' ;;\n", out);
    }
  fputs("    *:--set) echo '", out);
  print_keys(out, NULL, "", '.', "=");
  fputs("' ;;\n", out);
  sq_deck_tables(tables);
  for (sq_param_walk walk = {.table = tables}; (param = sq_param_next(&walk));) {
    if (param->type != SQ_PARAM_CHOICE && param->type != SQ_PARAM_BOOL && param->type != SQ_PARAM_WORDS) continue;
    fprintf(out, "    *:-%s_%s | *:%s.%s) echo '", param->section, param->key, param->section, param->key);
    print_choices(out, param);
    fputs("' ;;\n", out);
  }
  fputs("  esac\n}\n", out);
}

static void print_tables(FILE *out)
{
  fputs("_squall_commands='help", out);
  print_names(out, sq_catalogue_command);
  fputs("'\n_squall_common='", out);
  print_option_names(out, sq_words_common);
  fputs("'\n", out);
  print_options_of(out);
  print_operands_of(out);
  print_values_of(out);
}

/* ---- bash ---- */

static const char bash[] = "_squall() {\n"
                           "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command='' words='' "
                           "before='' i\n"
                           "  COMPREPLY=()\n"
                           "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
                           "    case ${COMP_WORDS[i]} in -*) ;; *) command=${COMP_WORDS[i]}; break ;; esac\n"
                           "  done\n"
                           "  if [[ $cur == = ]]; then cur=''\n"
                           "  elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}\n"
                           "  fi\n"
                           "  if [[ -z $command ]]; then\n"
                           "    words=\"$_squall_commands\"\n"
                           "    if [[ $cur == -* ]]; then words=$_squall_common; fi\n"
                           "  elif words=$(_squall_values \"$command\" \"$prev\") && [[ -n $words ]]; then\n"
                           "    if [[ $prev == --set ]]; then compopt -o nospace 2>/dev/null; fi\n"
                           "  elif [[ $cur == -* ]]; then words=$(_squall_options \"$command\")\n"
                           "  else words=$(_squall_operands \"$command\")\n"
                           "  fi\n"
                           "  if [[ -n $words ]]; then\n"
                           "    if [[ $cur == *,* ]]; then before=${cur%,*},; fi\n" /* one more of a list */
                           "    mapfile -t COMPREPLY < <(compgen -P \"$before\" -W \"$words\" -- \"${cur##*,}\")\n"
                           "  else\n"
                           "    compopt -o filenames 2>/dev/null\n"
                           "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
                           "  fi\n"
                           "}\n"
                           "complete -F _squall squall\n";

/* ---- zsh ---- */

static const char zsh[] = "_squall() {\n"
                          "  local command='' previous=${words[CURRENT-1]} found i\n"
                          "  for ((i = 2; i < CURRENT; i++)); do\n"
                          "    if [[ ${words[i]} != -* ]]; then command=${words[i]}; break; fi\n"
                          "  done\n"
                          "  if [[ -z $command && $PREFIX == -* ]]; then compadd -- ${=_squall_common}; return; fi\n"
                          "  if [[ -z $command ]]; then _describe command _squall_described; return; fi\n"
                          "  if [[ $PREFIX == *=* ]]; then previous=${${PREFIX%=*}##*=}; compset -P '*='; fi\n"
                          "  found=$(_squall_values $command $previous)\n"
                          "  if [[ -n $found && $PREFIX == *,* ]]; then compset -P '*,'; fi\n" /* one more of a list */
                          "  if [[ -z $found && $PREFIX == -* ]]; then found=$(_squall_options $command); fi\n"
                          "  if [[ -z $found ]]; then found=$(_squall_operands $command); fi\n"
                          "  if [[ -z $found ]]; then _files; return; fi\n"
                          "  if [[ $previous == --set ]]; then compadd -S '' -- ${=found}; else compadd -- ${=found}; "
                          "fi\n"
                          "}\n"
                          "_squall \"$@\"\n";

/* 'train:learn a model': what stands in single quotes has none. */
static void print_described(FILE *out)
{
  const sq_command *c;
  fputs("typeset -ga _squall_described=(\n  'help:the options and keys of a command'\n", out);
  for (int i = 0; (c = sq_command_at(i)); i++) {
    fprintf(out, "  '%s:", c->name);
    for (const char *at = c->summary; *at; at++) {
      if (*at == '\'') fputs("'\\''", out);
      else fputc(*at, out);
    }
    fputs("'\n", out);
  }
  fputs(")\n", out);
}

static PetscErrorCode completion(const sq_words *words, FILE *out, char *message, size_t size)
{
  const char *shell = sq_words_value(words, "SHELL");
  if (!shell) {
    snprintf(message, size, "usage: squall completion bash|zsh");
    return SQ_ERR_INPUT;
  }
  const bool is_bash = !strcmp(shell, "bash");
  fputs(is_bash ? "# bash completion of squall: . <(squall completion bash)\n" : "#compdef squall\n", out);
  print_tables(out);
  if (!is_bash) print_described(out);
  fputs(is_bash ? bash : zsh, out);
  return 0;
}

const sq_command sq_completion_command = {.name = "completion",
                                          .place = SQ_PLACE_LAST,
                                          .usage = "bash|zsh",
                                          .summary = "what a shell completes of squall's words: . <(squall completion "
                                                     "bash)",
                                          .options = SQ_OPTIONS({"SHELL", NULL, "which shell", .choices = "bash zsh"}),
                                          .tells = completion};
