/* SPDX-License-Identifier: BSD-3-Clause */
/* The run of a family: a directory below that of the whole, with a link to its ensemble, a deck of its own, and all
 * that a run has. `squall run DIRECTORY/TYPE/deck.yaml` goes on with it alone. */
#include "src/trial/trial.h"
#include "src/course/course.h"
#include "src/families/families.h"
#include <string.h>

enum { WORDS = 128 };

/* Sections that the runs of all families have from the deck. */
static const char *const common[] = {"run", "lattice",  "action",  "parallel", "ensemble", "hmc",
                                     "mc",  "langevin", "quantum", "measure",  "report",   NULL};

/* ---- the deck ---- */

/* Those of them that the deck has. */
static PetscErrorCode add_common(const sq_run *run, sq_text *text)
{
  PetscFunctionBeginUser;
  const char *sections[sizeof common / sizeof *common] = {NULL};
  char *deck;
  int count = 0;
  for (const char *const *s = common; *s; s++)
    if (sq_deck_has_section(run->deck, *s)) sections[count++] = *s;
  PetscCall(sq_deck_text_of(run->deck, sections, false, &deck));
  PetscErrorCode code = sq_text_add(text, "%s", deck);
  sq_free(&deck);
  PetscCall(code);
  PetscFunctionReturn(0);
}

static bool has_option(const char *options, const char *option)
{
  const char *at = strstr(options, option);
  return at && strchr("= ", at[strlen(option)]);
}

/* What learns against a critic has no density to correct by. */
static PetscErrorCode add_own(const sq_families_settings *set, const sq_family *f, sq_text *text)
{
  PetscFunctionBeginUser;
  const bool timed = set->minutes > 0 && !has_option(f->options, "-train_steps");
  PetscCall(sq_text_add(text, "model: {type: %s}\n", f->type->name));
  if (timed) PetscCall(sq_text_add(text, "train: {minutes: %.17g}\n", set->minutes));
  else PetscCall(sq_text_add(text, "train:\n"));
  PetscCall(sq_text_add(text, "sample: {configurations: %lld}\n", (long long)set->configurations));
  if (!f->type->rival) PetscCall(sq_text_add(text, "correct: {method: metropolis}\n"));
  PetscFunctionReturn(0);
}

/* The words of its options, after two that say where it is; own: a copy of them, cut into words. */
static PetscErrorCode words_of(const sq_family *f, char *own, const char *word[WORDS], int *count)
{
  PetscFunctionBeginUser;
  for (char *at = strtok(own, " "); at; at = strtok(NULL, " ")) {
    SqCheck(*count < WORDS, SQ_EVERY_RANK, SQ_ERR_INPUT, "%s: families.%s: more than %d words", f->where, f->type->name,
            WORDS - 2);
    word[(*count)++] = at;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode open_part(const sq_run *run, const sq_family *f, const char *deck, sq_run **part)
{
  PetscFunctionBeginUser;
  char directory[SQ_PATH], name[128], *own;
  const char *word[WORDS] = {"-run_dir", directory};
  int count = 2;
  sq_run_path(run, f->type->name, directory);
  snprintf(name, sizeof name, "families.%s", f->type->name);
  PetscCall(sq_alloc(strlen(f->options) + 1, &own));
  strcpy(own, f->options);
  PetscErrorCode code = words_of(f, own, word, &count);
  if (!code) code = sq_run_of_text(run->world, name, deck, count, word, part);
  sq_free(&own);
  SqCheck(!code, run->world, code, "%s: families.%s: it cannot have these options: %s", f->where, f->type->name,
          f->options[0] ? f->options : "none");
  PetscFunctionReturn(0);
}

PetscErrorCode sq_family_run(const sq_run *run, const sq_families_settings *set, const sq_family *f, sq_run **part)
{
  PetscFunctionBeginUser;
  sq_text deck = {0};
  PetscErrorCode code = add_common(run, &deck);
  if (!code) code = add_own(set, f, &deck);
  if (!code) code = open_part(run, f, deck.text, part);
  sq_text_clear(&deck);
  PetscCall(code);
  (*part)->part_of = run;
  (*part)->deadline = run->deadline;
  (*part)->whole = true;
  PetscFunctionReturn(0);
}

/* ---- before it is made ---- */

PetscErrorCode sq_family_fits(const sq_run *part)
{
  PetscFunctionBeginUser;
  PetscCall(sq_stages_fit(part, &sq_train_stage));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_family_plan(const sq_run *part, sq_budget *budget)
{
  PetscFunctionBeginUser;
  const sq_model_type *type = sq_run_model_type(part);
  char model[160];
  if (!budget->quiet) {
    if (type->tell) PetscCall(type->tell(part->deck, &part->action, part->padded, model, sizeof model));
    sq_info("  families: %s, in %s", type->name, part->directory);
    if (type->tell) sq_info("  %s", model);
    PetscCall(sq_trial_rates(part, true, budget));
  }
  PetscCall(sq_stages_plan(part, &sq_train_stage, budget));
  PetscFunctionReturn(0);
}

/* ---- making it ---- */

/* The whole's ensemble, under its name in the part's directory: a relative link, so that both can be moved together.
 * What is there already is held against the deck by whoever reads it. */
static PetscErrorCode link_ensemble(const sq_run *part)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH], to[SQ_PATH];
  sq_run_ensemble(part, path);
  const char *name = strrchr(path, '/') + 1;
  snprintf(to, sizeof to, "../%.200s", name);
  PetscCall(sq_run_link(part, name, to));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_family_make(sq_run *part, PetscErrorCode (*see)(void *context, sq_run *part), void *context)
{
  PetscFunctionBeginUser;
  char log[SQ_PATH];
  PetscErrorCode worst;
  PetscCall(sq_run_enter(part, true));
  PetscCall(link_ensemble(part));
  PetscCall(sq_stages_make(part, &sq_train_stage));
  PetscCall(sq_run_accept(part));
  PetscCall(see(context, part));
  sq_run_path(part->part_of, "log.txt", log);
  PetscCall(sq_worst_status(part->world, sq_log_open(log), &worst));
  PetscCall(worst);
  PetscFunctionReturn(0);
}
