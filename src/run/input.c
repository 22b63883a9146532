/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of the run as inputs: held against the deck, key by key. See the header. */
#include "src/run/input.h"
#include "src/run/stage.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const sq_model_sections[] = {"ensemble", "hmc", "mc", "langevin", "model", "schedule", "train", NULL};

/* ---- which file it is ---- */

static const char *base_name(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* Whether a name is the pattern, in which * stands for digits; also of a file in the making. */
static bool is_named(const char *name, const char *pattern)
{
  for (; *pattern; pattern++) {
    if (*pattern != '*') {
      if (*name++ != *pattern) return false;
      continue;
    }
    size_t digits = strspn(name, "0123456789");
    if (!digits) return false;
    name += digits;
  }
  return !*name || !strcmp(name, ".part");
}

/* The product of a stage by that name; NULL: none. */
static const sq_product *product_in(const sq_stage *stage, const char *path)
{
  for (const sq_product *p = stage->products; p && p->name; p++)
    if (is_named(base_name(path), p->name)) return p;
  return NULL;
}

/* The product of that name, and the stage that makes it: one that the deck wants, or the first; NULL: nobody claims it.
 */
static const sq_product *product_of(const sq_run *run, const char *path, int *stage)
{
  int first = -1;
  for (*stage = 0; sq_stages[*stage]; ++*stage) {
    const sq_product *p = product_in(sq_stages[*stage], path);
    if (p && sq_stage_wanted(sq_stages[*stage], run)) return p;
    if (p && first < 0) first = *stage;
  }
  if (first >= 0) *stage = first;
  return first >= 0 ? product_in(sq_stages[first], path) : NULL;
}

/* ---- what of the deck a file is held against ---- */

bool sq_train_has_fields(const sq_run *run)
{
  return !sq_run_model_type(run)->tractable || run->train.forward > 0;
}

static bool makes_ensemble(const char *section)
{
  return !strcmp(section, "hmc") || !strcmp(section, "mc") || !strcmp(section, "langevin") ||
         !strcmp(section, "ensemble");
}

/* Those of the sections that this deck has something to say about: a run without a section makes no claim, nor does an
 * ensemble that a model has not learned from. */
static int claimed(const sq_run *run, const char *const *sections, const char **out)
{
  int count = 0;
  for (; sections && *sections; sections++) {
    bool other_ensemble = !strcmp(*sections, "langevin") && !sq_run_ensemble_is_langevin(run);
    const bool unused = makes_ensemble(*sections) && !sq_train_has_fields(run);
    if (sq_deck_has_section(run->deck, *sections) && !other_ensemble && !unused) out[count++] = *sections;
  }
  return count;
}

enum { SECTIONS = 32 };

static void sections_of(const sq_run *run, const sq_product *p, const char *sections[SECTIONS])
{
  int count = 0;
  sections[count++] = "run.seed";
  for (const char *const *s = p->sections; *s; s++) /* a langevin file is of the section langevin, whatever is beside */
    if (sq_deck_has_section(run->deck, *s)) sections[count++] = *s;
  if (!run->sample.model[0]) count += claimed(run, p->before, sections + count);
  if (run->from_ensemble && !strcmp(p->name ? p->name : "", "corrected.h5"))
    sections[count++] = sq_run_ensemble_section(run);
  sections[count] = NULL;
}

/* ---- refusing ---- */

/* Adds a file's name to a list of words. */
static void list(const char *name, char *text, size_t size)
{
  size_t used = strlen(text);
  if (!strstr(text, name)) snprintf(text + used, size - used, "%s%s", used ? ", " : "", name);
}

/* The files that are made of this one, and it: those there are, that stages from this one on make. */
static PetscErrorCode made_anew(const sq_run *run, const char *path, int stage, char *text, size_t size)
{
  PetscFunctionBeginUser;
  text[0] = 0;
  list(base_name(path), text, size);
  for (int k = stage; sq_stages[k]; k++)
    for (const sq_product *p = sq_stages[k]->products; p && p->name; p++) {
      char other[SQ_PATH];
      bool there = false;
      sq_run_path(run, p->name, other);
      if (k > stage || p->before) PetscCall(sq_file_exists(run->world, other, &there));
      if (there) list(p->name, text, size);
    }
  PetscFunctionReturn(0);
}

/* Fails: the key has another value in the file than in the deck. Names the other keys that have, too. */
static PetscErrorCode refuse(const sq_run *run, const char *path, const char *key, const char *theirs, const char *ours)
{
  PetscFunctionBeginUser;
  const char *sections[SECTIONS] = {NULL};
  char files[256], others[512], *deck;
  int stage;
  sq_records_info info;
  const sq_product *p = product_of(run, path, &stage);
  PetscCall(made_anew(run, path, stage, files, sizeof files));
  PetscCall(sq_file_about(run->world, path, &info, &deck));
  if (p) sections_of(run, p, sections);
  PetscCall(sq_deck_differences(run->deck, deck, sections, key, others, sizeof others));
  sq_free(&deck);
  SqFail(run->world, SQ_ERR_INPUT,
         "%s: %s: %s in the file, %s in the deck%s (`squall info --deck FILE` prints the deck of a file): choose "
         "another "
         "run.dir, or move away what is of the other deck, to make it anew: %s",
         path, key, theirs, ours, others, files);
}

/* ---- theory, lattice ---- */

static PetscErrorCode check_theory(const sq_run *run, const char *path, const char *description)
{
  PetscFunctionBeginUser;
  const sq_action *action = &run->action;
  sq_action other;
  char type[64], key[96], theirs[64], ours[64];
  if (!description[0]) PetscFunctionReturn(0);
  snprintf(type, sizeof type, "%.*s", (int)PetscMin(strcspn(description, " "), sizeof type - 1), description);
  const sq_action_type *theirs_is = sq_action_described(description), *ours_is = sq_action_theory(action->type);
  if (theirs_is) theirs_is = sq_action_theory(theirs_is);
  if (theirs_is != ours_is)
    PetscCall(refuse(run, path, "action.type", theirs_is ? theirs_is->name : type, ours_is->name));
  SqCheck(sq_action_read(description, run->dim, &other), run->world, SQ_ERR_DATA,
          "%s is of the action %s, which is none", path, description);
  for (int i = 0; action->type->params[i].key; i++) {
    if (other.value[i] == action->value[i]) continue;
    snprintf(key, sizeof key, "action.%s", action->type->params[i].key);
    snprintf(theirs, sizeof theirs, "%.15g", other.value[i]);
    snprintf(ours, sizeof ours, "%.15g", action->value[i]);
    PetscCall(refuse(run, path, key, theirs, ours));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode check_lattice(const sq_run *run, const char *path, const sq_records_info *info, bool sampled)
{
  PetscFunctionBeginUser;
  int64_t padded[SQ_DIM];
  char theirs[96], ours[96];
  const int64_t *extents = sampled ? run->sample.extents : run->extents;
  (void)sq_extents_pad(run->dim, extents, padded);
  if (info->dim == run->dim && !memcmp(info->extent, padded, sizeof padded)) PetscFunctionReturn(0);
  sq_extents_text(info->dim, info->extent + SQ_DIM - info->dim, theirs, sizeof theirs);
  sq_extents_text(run->dim, extents, ours, sizeof ours);
  bool own = sampled && sq_deck_given(run->deck, "sample", "extents");
  PetscCall(refuse(run, path, own ? "sample.extents" : "lattice.extents", theirs, ours));
  PetscFunctionReturn(0);
}

/* ---- deck ---- */

/* Whether the text of a deck has a section. */
static bool has_section(const char *text, const char *section)
{
  const size_t n = strlen(section);
  for (const char *line = text; line; line = strchr(line, '\n')) {
    line += *line == '\n';
    if (!strncmp(line, section, n) && line[n] == ':') return true;
  }
  return false;
}

/* Of the file that hmc, mc and import make: whether it is of the deck's section. */
static PetscErrorCode check_maker(const sq_run *run, const char *path, const char *text)
{
  PetscFunctionBeginUser;
  static const char *const name[] = {"ensemble", "mc", "hmc"};
  const char *ours = NULL, *theirs = name[2]; /* what has none of them is of hmc */
  if (strcmp(base_name(path), "ensemble.h5")) PetscFunctionReturn(0);
  for (int i = 2; i >= 0; i--) {
    if (sq_deck_has_section(run->deck, name[i])) ours = name[i];
    if (has_section(text, name[i])) theirs = name[i];
  }
  if (ours && strcmp(ours, theirs)) PetscCall(refuse(run, path, "its section", theirs, ours));
  PetscFunctionReturn(0);
}

/* amounts: whether they count. */
static PetscErrorCode check_deck(const sq_run *run, const char *path, const char *text, const sq_product *p,
                                 bool amounts)
{
  PetscFunctionBeginUser;
  const char *sections[SECTIONS];
  sq_deck_difference d;
  sections_of(run, p, sections);
  PetscCall(sq_deck_compare(run->deck, text, sections, &d));
  if (d.key[0] && (amounts || !d.amount)) PetscCall(refuse(run, path, d.key, d.theirs, d.ours));
  PetscFunctionReturn(0);
}

/* Of a Langevin equation: whether the file of this number has the step size of this number. In the making it does not
 * say yet. */
static PetscErrorCode check_step(const sq_run *run, const char *path)
{
  PetscFunctionBeginUser;
  const char *name = base_name(path);
  char theirs[32], ours[64];
  double eps;
  if (!is_named(name, "langevin-*.h5") || strstr(name, ".part") || !sq_deck_has_section(run->deck, "langevin"))
    PetscFunctionReturn(0);
  int number = atoi(name + strcspn(name, "0123456789"));
  PetscCall(sq_run_read_reals(run, path, 1, (const char *const[]){"eps"}, &eps));
  bool there = number >= 1 && number <= run->langevin.count;
  if (there && fabs(run->langevin.eps[number - 1] / eps - 1) < 1e-9) PetscFunctionReturn(0);
  snprintf(theirs, sizeof theirs, "%.10g", eps);
  if (there) snprintf(ours, sizeof ours, "%.15g", run->langevin.eps[number - 1]);
  else snprintf(ours, sizeof ours, "no step size %d", number);
  PetscCall(refuse(run, path, "langevin.eps", theirs, ours));
  PetscFunctionReturn(0);
}

/* ---- all of it ---- */

static PetscErrorCode check(const sq_run *run, const char *path, const sq_records_info *info, const char *deck,
                            bool amounts)
{
  PetscFunctionBeginUser;
  static const char *const nothing[] = {NULL};
  int stage;
  const sq_product *p = product_of(run, path, &stage), unclaimed = {.sections = nothing};
  char theirs[32], ours[32];
  sq_action action;
  SqCheck(!p || !strcmp(info->kind, p->kind), run->world, SQ_ERR_DATA,
          "%s is a file of kind %s, and must be one of kind %s: it does not belong here", path, info->kind, p->kind);
  PetscCall(check_theory(run, path, info->action));
  sq_run_action_of(run, info->action, &action);
  const int numbers = PetscMax(1, info->components), wanted = sq_action_components(&action);
  SqCheck(!info->groups || numbers == wanted, run->world, SQ_ERR_DATA,
          "%s has fields of %d numbers a site, and the action %s has %d: it does not belong here", path, numbers,
          action.type->name, wanted);
  if (info->groups) PetscCall(check_lattice(run, path, info, p && p->sampled));
  if (info->groups && info->seed != run->seed) {
    snprintf(theirs, sizeof theirs, "%llu", (unsigned long long)info->seed);
    snprintf(ours, sizeof ours, "%llu", (unsigned long long)run->seed);
    PetscCall(refuse(run, path, "run.seed", theirs, ours));
  }
  PetscCall(check_maker(run, path, deck));
  PetscCall(check_deck(run, path, deck, p ? p : &unclaimed, amounts));
  PetscCall(check_step(run, path));
  PetscFunctionReturn(0);
}

static PetscErrorCode look(const sq_run *run, const char *path, bool amounts)
{
  PetscFunctionBeginUser;
  sq_records_info info;
  char *deck;
  PetscCall(sq_file_about(run->world, path, &info, &deck));
  PetscErrorCode code = check(run, path, &info, deck, amounts);
  sq_free(&deck);
  PetscCall(code);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_input_check(const sq_run *run, const char *path)
{
  PetscFunctionBeginUser;
  PetscCall(look(run, path, false));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_input_check_own(const sq_run *run, const char *path)
{
  PetscFunctionBeginUser;
  PetscCall(look(run, path, true));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_input_check_origin(const sq_run *run, const char *path)
{
  PetscFunctionBeginUser;
  const char *sections[SECTIONS] = {NULL};
  sq_records_info info;
  sq_deck_difference own, origin;
  char *deck;
  int stage;
  bool there;
  const sq_product *p = product_of(run, path, &stage);
  PetscCall(sq_file_exists(run->world, path, &there));
  if (!there || !p || !p->before || run->sample.model[0]) PetscFunctionReturn(0);
  PetscCall(sq_file_about(run->world, path, &info, &deck));
  sections[claimed(run, p->before, sections)] = NULL;
  PetscCall(sq_deck_compare(run->deck, deck, p->sections, &own));
  PetscCall(sq_deck_compare(run->deck, deck, sections, &origin));
  sq_free(&deck);
  if (!own.key[0] && origin.key[0]) PetscCall(refuse(run, path, origin.key, origin.theirs, origin.ours));
  PetscFunctionReturn(0);
}
