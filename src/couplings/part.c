/* SPDX-License-Identifier: BSD-3-Clause */
/* The run of one coupling: a directory below that of the whole, with a deck of its own, and all that a run has.
 * `squall STAGE DIRECTORY/deck.yaml` works on it alone. */
#include "src/couplings/couplings.h"
#include <string.h>

/* Sections that the runs of all couplings have from the deck; of those where a model learns; of those where it
 * generates. */
static const char *const common[] = {"run", "lattice", "action", "parallel", "quantum", "measure", "report", NULL};
static const char *const makes[] = {"hmc", "mc", NULL};
static const char *const generates[] = {"schedule", "sample", "correct", NULL};

enum { SECTIONS = 16, WORDS = 2 * SQ_ACTION_PARAMETERS + 10, WORD = 64 };

static void add(const sq_run *run, const char *const *sections, const char *list[SECTIONS], int *count)
{
  for (; *sections; sections++)
    if (sq_deck_has_section(run->deck, *sections)) list[(*count)++] = *sections;
}

/* "couplings/kappa-0.25_lambda-0.022": what varies. */
static void name_of(const sq_scan *scan, const sq_action *action, char *text, size_t size)
{
  size_t used = (size_t)snprintf(text, size, "couplings/");
  for (int i = 0; i < scan->axes && used < size; i++)
    used += (size_t)snprintf(text + used, size - used, "%s%s-%.10g", i ? "_" : "",
                             action->type->params[scan->parameter[i]].key, action->value[scan->parameter[i]]);
}

/* Noise of its own, from that of the whole and its name: with common noise the errors of neighbouring couplings add up
 * in differences of log Z and in curves. (FNV-1a, of the bits that a deck can write.) */
static uint64_t seed_of(uint64_t seed, const char *name)
{
  const uint64_t most = (UINT64_C(1) << 53) - 1;
  uint64_t hash = UINT64_C(14695981039346656037) ^ seed;
  for (; *name; name++) hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
  return (hash ^ hash >> 53) & most;
}

/* What of its deck is not that of the whole. */
typedef struct {
  char directory[SQ_PATH], model[SQ_PATH], seed[WORD], key[SQ_SCAN_AXES][WORD], value[SQ_SCAN_AXES][WORD];
  const char *word[WORDS];
  int words;
} options;

static void add_words(options *o, const char *key, const char *value)
{
  o->word[o->words++] = key;
  if (value) o->word[o->words++] = value;
}

static void set_options(const sq_run *run, const sq_scan *scan, const sq_action *action, bool sampled, options *o)
{
  char name[256];
  name_of(scan, action, name, sizeof name);
  sq_run_path(run, name, o->directory);
  sq_run_path(run, "model.h5", o->model);
  snprintf(o->seed, WORD, "%llu", (unsigned long long)seed_of(run->seed, name));
  add_words(o, "-run_dir", o->directory);
  add_words(o, "-run_seed", o->seed);
  for (int i = 0; i < scan->axes; i++) {
    snprintf(o->key[i], WORD, "-action_%s", action->type->params[scan->parameter[i]].key);
    snprintf(o->value[i], WORD, "%.17g", action->value[scan->parameter[i]]);
    add_words(o, o->key[i], o->value[i]);
  }
  add_words(o, "-report_figures", "false");
  if (!sampled) return;
  add_words(o, "-sample_scan=", NULL);
  add_words(o, "-sample_model", o->model);
}

static PetscErrorCode open_part(const sq_run *run, const char *const *sections, const options *o, sq_run **part)
{
  PetscFunctionBeginUser;
  char *deck;
  PetscCall(sq_deck_text_of(run->deck, sections, false, &deck));
  PetscErrorCode code = sq_run_of_text(run->world, "train.scan", deck, o->words, o->word, part);
  sq_free(&deck);
  SqCheck(!code, run->world, code, "%s: there can be no run of this coupling", o->directory);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_coupling_run(const sq_run *run, const sq_action *action, sq_run **part)
{
  PetscFunctionBeginUser;
  const char *sections[SECTIONS] = {NULL};
  sq_scan learned, sampled;
  options *o;
  int count = 0;
  PetscCall(sq_couplings_to_learn(run, &learned));
  PetscCall(sq_couplings_to_sample(run, &sampled));
  const bool generating = sq_couplings_has(&sampled, action);
  add(run, common, sections, &count);
  if (sq_couplings_has(&learned, action)) add(run, makes, sections, &count);
  if (generating) add(run, generates, sections, &count);
  PetscCall(sq_alloc(1, &o));
  set_options(run, &learned, action, generating, o);
  PetscErrorCode code = open_part(run, sections, o, part);
  sq_free(&o);
  PetscCall(code);
  (*part)->part_of = run;
  (*part)->deadline = run->deadline;
  PetscFunctionReturn(0);
}
