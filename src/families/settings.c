/* SPDX-License-Identifier: BSD-3-Clause */
/* The section families of a deck: which types of models, how long each learns, and what each has of its own. */
#include "src/families/families.h"
#include <string.h>

/* The keys of the types are those of the table of types: a type more is a key more. */
static const sq_param *key_of(int index)
{
  static sq_param keys[SQ_FAMILIES][2];
  const sq_model_type *type = index < SQ_FAMILIES ? sq_model_types[index] : NULL;
  if (!type) return NULL;
  keys[index][0] = (sq_param){.section = "families",
                              .key = type->name,
                              .type = SQ_PARAM_STRING,
                              .fallback = "",
                              .unit = "",
                              .help = "this type takes part, with keys of its own for the sections model, schedule, "
                                      "train, sample and correct: {model: {channels: 32}, train: {batch: 128}}, or as "
                                      "on the command line: \"-model_channels 32 -train_batch 128\"; or nothing",
                              .options = true,
                              .later = true};
  return keys[index];
}

const sq_param sq_families_params[] = {{"families", "minutes", SQ_PARAM_REAL, "2", 0, 1e6, NULL, "minutes",
                                        "training of each type, as train.minutes; a type whose options have "
                                        "train_steps takes these; 0: train.steps",
                                        .later = true},
                                       {"families", "configurations", SQ_PARAM_INT, "4096", 1, 1e9, NULL, "",
                                        "fields that each type generates", .later = true, .amount = true},
                                       {.section = "families", .more = key_of},
                                       {0}};

void sq_families_settings_from_deck(const sq_deck *deck, sq_families_settings *set)
{
  *set = (sq_families_settings){.minutes = sq_deck_real(deck, "families", "minutes"),
                                .configurations = sq_deck_int(deck, "families", "configurations")};
  for (int i = 0; key_of(i); i++) {
    const char *name = sq_model_types[i]->name;
    if (!sq_deck_given(deck, "families", name)) continue;
    set->family[set->count++] = (sq_family){.type = sq_model_types[i],
                                            .options = sq_deck_text(deck, "families", name),
                                            .where = sq_deck_where(deck, "families", name)};
  }
}

/* "diffusion, multilevel": the types that the theory can have. */
static void list_possible(const sq_action *action, char *text, size_t size)
{
  size_t used = 0;
  text[0] = '\0';
  for (int i = 0; sq_model_types[i] && used < size; i++)
    if (!sq_model_types[i]->lacks || !sq_model_types[i]->lacks(action))
      used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", sq_model_types[i]->name);
}

static PetscErrorCode check_types(const sq_run *run, const sq_families_settings *set)
{
  PetscFunctionBeginUser;
  char possible[256];
  PetscCall(sq_action_need_known(&run->action, sq_deck_where(run->deck, "action", "type"),
                                 "families, which weighs and corrects,"));
  list_possible(&run->action, possible, sizeof possible);
  SqCheck(set->count, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "families: no type of model takes part: give some as keys, such as `families: {%s: \"\"}`; possible with %s: "
          "%s",
          sq_model_types[0]->name, run->action.type->name, possible);
  for (const sq_family *f = set->family; f < set->family + set->count; f++) {
    const char *lack = f->type->lacks ? f->type->lacks(&run->action) : NULL;
    SqCheck(!lack, SQ_EVERY_RANK, SQ_ERR_INPUT, "%s: families.%s: the action %s %s; possible with it: %s", f->where,
            f->type->name, run->action.type->name, lack, possible);
  }
  PetscFunctionReturn(0);
}

/* Sections that make a model's own run, which a deck of several does not have. */
static const char *const of_a_model[] = {"model", "schedule", "train", "sample", "correct", "likelihood", NULL};

/* Options that would make fields of different types no longer comparable, or have another place. */
static const char *const refused[] = {"-model_type", "-sample_extents", "-sample_model", NULL};

static bool is_of_a_model(const char *word)
{
  for (const char *const *s = of_a_model; *s; s++) {
    const size_t n = strlen(*s);
    if (!strncmp(word + 1, *s, n) && word[1 + n] == '_') return true;
  }
  return false;
}

static PetscErrorCode check_options(const sq_family *f)
{
  PetscFunctionBeginUser;
  for (const char *word = f->options + strspn(f->options, " "); *word; word += strspn(word, " ")) {
    const size_t length = strcspn(word, " ");
    bool taken = word[0] != '-' || strchr("0123456789.", word[1]) || is_of_a_model(word);
    for (const char *const *r = refused; *r; r++)
      taken = taken && (strncmp(word, *r, strlen(*r)) != 0 || !strchr("= ", word[strlen(*r)]));
    SqCheck(taken, SQ_EVERY_RANK, SQ_ERR_INPUT,
            "%s: families.%s: %.*s is not an option of a family: it has those of the sections model, schedule, train, "
            "sample, correct and likelihood, but for model_type, sample_extents and sample_model",
            f->where, f->type->name, (int)length, word);
    word += length;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_families_check(const sq_run *run, const sq_families_settings *set)
{
  PetscFunctionBeginUser;
  for (const char *const *s = of_a_model; *s; s++)
    SqCheck(!sq_deck_has_section(run->deck, *s), SQ_EVERY_RANK, SQ_ERR_INPUT,
            "the deck has the sections families and %s: each family has its model, training and samples in a run of "
            "its own: give what one has of its own as its options, `families: {%s: \"-%s_KEY VALUE\"}`",
            *s, sq_model_types[0]->name, *s);
  const char *section = sq_run_ensemble_section(run);
  SqCheck(sq_deck_has_section(run->deck, section), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "the deck has a section families and none that makes the ensemble which they learn from and are held "
          "against: give a section %s",
          section);
  PetscCall(check_types(run, set));
  for (const sq_family *f = set->family; f < set->family + set->count; f++) PetscCall(check_options(f));
  PetscFunctionReturn(0);
}
