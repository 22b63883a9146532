/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands that are not stages: run, and those on files. */
#include "src/app/commands.h"
#include "src/page/page.h"
#include <string.h>

/* ---- run ---- */

static PetscErrorCode run_all(sq_run *run)
{
  PetscFunctionBeginUser;
  char action[256], extents[64];
  sq_redraw redraw;
  sq_action_describe(&run->action, action, sizeof action);
  sq_extents_text(run->dim, run->extents, extents, sizeof extents);
  sq_info("%s", sq_version());
  sq_info("run %s: %s on %s sites, seed %llu, %d rank%s", run->directory, action, extents,
          (unsigned long long)run->seed, run->size, run->size > 1 ? "s" : "");
  PetscCall(sq_page_redraw_begin(run, &redraw));
  PetscCall(sq_stages_make(run, NULL));
  run->redraw = NULL;
  sq_run_status(run, "run", "finished", 1, 1, "");
  sq_info("run: done in %.1f s; see %s/report/index.html", sq_now() - run->began, run->directory);
  PetscFunctionReturn(0);
}

/* ---- files ---- */

/* All files are looked at; the error is that of the first that is not as it should be. */
static PetscErrorCode on_files(MPI_Comm world, const sq_words *words, const char *name,
                               PetscErrorCode (*look)(const sq_grid *, const char *, FILE *))
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  PetscErrorCode first = 0;
  SqCheck(words->operands >= 1, world, SQ_ERR_INPUT, "usage: squall %s FILE...", name);
  PetscCall(sq_grid_create(world, 1, &grid));
  for (int i = 0; i < words->operands; i++) {
    PetscErrorCode code = look(grid, words->operand[i], stdout);
    if (!first) first = code;
    if (sq_exit_status(code) == 70) break;
  }
  PetscCall(sq_grid_destroy(&grid));
  PetscCall(first);
  PetscFunctionReturn(0);
}

static PetscErrorCode info_alone(const sq_words *words, const char *path, FILE *out, char *message, size_t size)
{
  return (sq_words_value(words, "--deck") ? sq_file_deck_alone : sq_file_info_alone)(path, out, message, size);
}

static PetscErrorCode verify_alone(const sq_words *words, const char *path, FILE *out, char *message, size_t size)
{
  (void)words;
  return sq_file_verify_alone(path, out, message, size);
}

static PetscErrorCode show_deck(const sq_grid *grid, const char *path, FILE *out)
{
  PetscFunctionBeginUser;
  sq_records_info about;
  char *deck;
  PetscCall(sq_file_about(grid->world, path, &about, &deck));
  if (sq_log_speaks()) fprintf(out, "# of %s\n%s", path, deck);
  sq_free(&deck);
  PetscFunctionReturn(0);
}

static PetscErrorCode info(MPI_Comm world, const sq_words *words)
{
  PetscFunctionBeginUser;
  PetscCall(on_files(world, words, "info", sq_words_value(words, "--deck") ? show_deck : sq_file_info));
  PetscFunctionReturn(0);
}

static PetscErrorCode verify(MPI_Comm world, const sq_words *words)
{
  PetscFunctionBeginUser;
  PetscCall(on_files(world, words, "verify", sq_file_verify));
  PetscFunctionReturn(0);
}

enum { KEYS = 128 }; /* the most of a section */

/* The keys of a section, as a table. */
static void take_section(const sq_param *const *tables, const char *section, sq_param table[KEYS])
{
  const sq_param *param;
  int count = 0;
  for (sq_param_walk walk = {.table = tables}; (param = sq_param_next(&walk)) && count < KEYS - 1;)
    if (!strcmp(param->section, section)) table[count++] = *param;
  table[count] = (sq_param){0};
}

static PetscErrorCode keys(const sq_words *words, FILE *out, char *message, size_t size)
{
  const sq_param *tables[SQ_DECK_TABLES];
  const char *section = sq_words_value(words, "SECTION");
  sq_param some[KEYS];
  (void)message;
  (void)size;
  sq_deck_tables(tables);
  if (section) {
    take_section(tables, section, some);
    sq_params_markdown(out, (const sq_param *const[]){some, NULL});
    return 0;
  }
  fputs("# The deck\n\nA deck is a YAML file of sections with keys. `squall check DECK --deck` shows every value in "
        "force. "
        "On the command line, `-section_key value`\n"
        "takes precedence over the deck. `auto` stands for a value that squall chooses and writes into the run's "
        "`deck.yaml`.\n\n",
        out);
  sq_params_markdown(out, tables);
  return 0;
}

/* ---- rows ---- */

const sq_command sq_run_command = {.name = "run",
                                   .place = SQ_PLACE_FIRST,
                                   .usage = "DECK",
                                   .summary = "every stage the deck has, in order; what is finished is skipped, what "
                                              "was interrupted resumes",
                                   .fits = sq_deck_fits,
                                   .make = run_all};

const sq_command sq_info_command = {.name = "info",
                                    .place = SQ_PLACE_LAST,
                                    .usage = "FILE...",
                                    .summary = "what is in an ensemble or model file, or the deck it was made by",
                                    .options = SQ_OPTIONS({"--deck", NULL, "the deck that a file was made by"}),
                                    .files = info,
                                    .serial = true,
                                    .alone = info_alone};

const sq_command sq_verify_command = {.name = "verify",
                                      .place = SQ_PLACE_LAST,
                                      .usage = "FILE...",
                                      .summary = "read whole files and check every checksum; needs no MPI",
                                      .files = verify,
                                      .serial = true,
                                      .alone = verify_alone};

const sq_command sq_keys_command = {
  .name = "keys",
  .place = SQ_PLACE_LAST,
  .usage = "[SECTION]",
  .summary = "every deck parameter as Markdown, or those of a section",
  .options = SQ_OPTIONS({"SECTION", NULL, "of the deck; without it, all", .names = sq_catalogue_section}),
  .tells = keys};
