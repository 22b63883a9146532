/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys train.scan and sample.scan: lists of values of parameters of the action, {action: {kappa: [0.2, 0.25]}}, or
 * as on a command line, "-action_kappa 0.2,0.25". */
#include "src/couplings/couplings.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool sq_couplings_learned(const sq_run *run)
{
  return run->train.scan[0];
}

bool sq_couplings_sampled(const sq_run *run)
{
  return run->sample.scan[0];
}

/* ---- reading ---- */

/* What is read, for messages. */
typedef struct {
  const sq_run *run;
  const char *section, *where;
  sq_scan *scan;
} reader;

/* "kappa, lambda": those that can be scanned. */
static void list_parameters(const sq_action_type *type, char *text, size_t size)
{
  size_t used = 0;
  text[0] = '\0';
  for (const sq_param *p = type->params; p->key && used < size; p++)
    if (p->type == SQ_PARAM_REAL) used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", p->key);
}

/* The number of the parameter that a word "-action_KEY" of some length names. */
static PetscErrorCode find_parameter(const reader *r, const char *word, size_t length, int *parameter)
{
  PetscFunctionBeginUser;
  static const char before[] = "-action_";
  const sq_param *params = r->run->action.type->params;
  const size_t skip = sizeof before - 1;
  char possible[200];
  *parameter = -1;
  for (int i = 0; length > skip && !strncmp(word, before, skip) && params[i].key; i++)
    if (params[i].type == SQ_PARAM_REAL && strlen(params[i].key) == length - skip &&
        !strncmp(params[i].key, word + skip, length - skip))
      *parameter = i;
  list_parameters(r->run->action.type, possible, sizeof possible);
  SqCheck(*parameter >= 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: %s.scan: %.*s is no parameter of the action %s that can vary; it has %s: write {action: {%.*s: [0.2, "
          "0.25]}}",
          r->where, r->section, (int)length, word, r->run->action.type->name, possible, (int)strcspn(possible, ","),
          possible);
  PetscFunctionReturn(0);
}

static int compare_numbers(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The values of one axis, "0.2,0.25" of some length, in rising order. */
static PetscErrorCode read_values(const reader *r, int axis, const char *text, size_t length)
{
  PetscFunctionBeginUser;
  sq_scan *scan = r->scan;
  double *value = scan->value[axis];
  int *count = &scan->count[axis];
  const char *key = r->run->action.type->params[scan->parameter[axis]].key, *end = text + length;
  for (const char *at = text; at < end; at++) {
    char *next;
    SqCheck(*count < SQ_SCAN_VALUES, SQ_EVERY_RANK, SQ_ERR_INPUT, "%s: %s.scan: more than %d values of %s", r->where,
            r->section, SQ_SCAN_VALUES, key);
    value[*count] = strtod(at, &next) + 0.; /* not -0, which names another directory */
    SqCheck(next > at && next <= end && (next == end || *next == ',') && isfinite(value[*count]), SQ_EVERY_RANK,
            SQ_ERR_INPUT, "%s: %s.scan: %.*s: must be a list of numbers for action.%s", r->where, r->section,
            (int)length, text, key);
    ++*count;
    at = next;
  }
  qsort(value, (size_t)*count, sizeof *value, compare_numbers);
  for (int i = 1; i < *count; i++)
    SqCheck(value[i] - value[i - 1] > 1e-9 * fmax(fabs(value[i]), fabs(value[i - 1])), SQ_EVERY_RANK, SQ_ERR_INPUT,
            "%s: %s.scan: %s has the value %.10g twice", r->where, r->section, key, value[i]);
  PetscFunctionReturn(0);
}

/* The axis of a parameter, in the order of the action's. */
static PetscErrorCode add_axis(const reader *r, int parameter, int *axis)
{
  PetscFunctionBeginUser;
  sq_scan *scan = r->scan;
  int at = scan->axes;
  SqCheck(at < SQ_SCAN_AXES, SQ_EVERY_RANK, SQ_ERR_INPUT, "%s: %s.scan: more than %d parameters", r->where, r->section,
          SQ_SCAN_AXES);
  for (; at > 0 && scan->parameter[at - 1] > parameter; at--) {
    scan->parameter[at] = scan->parameter[at - 1];
    scan->count[at] = scan->count[at - 1];
    memcpy(scan->value[at], scan->value[at - 1], sizeof scan->value[at]);
  }
  SqCheck(at == 0 || scan->parameter[at - 1] != parameter, SQ_EVERY_RANK, SQ_ERR_INPUT, "%s: %s.scan: %s twice",
          r->where, r->section, r->run->action.type->params[parameter].key);
  scan->axes++;
  scan->parameter[at] = parameter;
  scan->count[at] = 0;
  *axis = at;
  PetscFunctionReturn(0);
}

static PetscErrorCode read_scan(const reader *r, const char *text)
{
  PetscFunctionBeginUser;
  for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
    const size_t name = strcspn(at, " =");
    int parameter, axis = 0;
    PetscCall(find_parameter(r, at, name, &parameter));
    PetscCall(add_axis(r, parameter, &axis));
    at += name;
    at += *at == '=' ? 1 : strspn(at, " ");
    const size_t length = strcspn(at, " ");
    PetscCall(read_values(r, axis, at, length));
    at += length;
  }
  PetscFunctionReturn(0);
}

/* ---- what was read ---- */

/* Places are few enough, and couplings that the theory can have. */
static PetscErrorCode check_places(const reader *r)
{
  PetscFunctionBeginUser;
  const sq_scan *scan = r->scan;
  const sq_action *base = &r->run->action;
  double places = 1;
  char reason[256] = "", text[256];
  for (int i = 0; i < scan->axes; i++) places *= scan->count[i];
  SqCheck(places <= SQ_SCAN_PLACES, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: %s.scan: %.0f combinations of couplings, at most %d are possible", r->where, r->section, places,
          SQ_SCAN_PLACES);
  for (int k = 0; k < sq_scan_places(scan); k++) {
    sq_action action;
    sq_scan_action(scan, base, k, &action);
    for (int i = 0; i < scan->axes; i++) {
      const sq_param *p = &base->type->params[scan->parameter[i]];
      const double x = action.value[scan->parameter[i]];
      SqCheck((p->min == 0 && p->max == 0) || (x >= p->min && x <= p->max), SQ_EVERY_RANK, SQ_ERR_INPUT,
              "%s: %s.scan: action.%s: %.10g, must be from %g to %g", r->where, r->section, p->key, x, p->min, p->max);
    }
    sq_action_describe(&action, text, sizeof text);
    SqCheck(!base->type->valid || base->type->valid(&action, reason, sizeof reason), SQ_EVERY_RANK, SQ_ERR_INPUT,
            "%s: %s.scan: %s is not possible: %s", r->where, r->section, text, reason);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode scan_of(const sq_run *run, const char *section, const char *text, sq_scan *scan)
{
  PetscFunctionBeginUser;
  const reader r = {run, section, sq_deck_where(run->deck, section, "scan"), scan};
  *scan = (sq_scan){0};
  if (!text[0]) PetscFunctionReturn(0);
  PetscCall(read_scan(&r, text));
  PetscCall(check_places(&r));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_couplings_to_learn(const sq_run *run, sq_scan *scan)
{
  PetscFunctionBeginUser;
  PetscCall(scan_of(run, "train", run->train.scan, scan));
  for (int i = 0; i < scan->axes; i++)
    SqCheck(scan->count[i] >= 2, SQ_EVERY_RANK, SQ_ERR_INPUT,
            "%s: train.scan: %s value of %s: a range has two or more; what does not vary stands in the section action",
            sq_deck_where(run->deck, "train", "scan"), scan->count[i] ? "one" : "no",
            run->action.type->params[scan->parameter[i]].key);
  const int axis = sq_scan_outside(scan, &run->action);
  if (axis < 0) PetscFunctionReturn(0);
  const int parameter = scan->parameter[axis];
  SqFail(SQ_EVERY_RANK, SQ_ERR_INPUT, "%s: action.%s: %.10g is out of the range of train.scan, %.10g to %.10g",
         sq_deck_where(run->deck, "action", run->action.type->params[parameter].key),
         run->action.type->params[parameter].key, run->action.value[parameter], scan->value[axis][0],
         scan->value[axis][scan->count[axis] - 1]);
}

/* Values that are told apart in numbers, but not in the names of directories (part.c). */
static PetscErrorCode check_names(const sq_run *run, const sq_scan *learned, const sq_scan *sampled)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < sampled->axes; i++)
    for (int j = 0; j < learned->axes; j++)
      for (int k = 0; learned->parameter[j] == sampled->parameter[i] && k < learned->count[j]; k++)
        for (int l = 0; l < sampled->count[i]; l++) {
          const double at = learned->value[j][k], x = sampled->value[i][l];
          SqCheck(at == x || fabs(x - at) > 1e-9 * fmax(fabs(x), fabs(at)), SQ_EVERY_RANK, SQ_ERR_INPUT,
                  "%s: sample.scan: %s: %.17g is too near to %.10g of train.scan: write it as there, or another value",
                  sq_deck_where(run->deck, "sample", "scan"), run->action.type->params[sampled->parameter[i]].key, x,
                  at);
        }
  PetscFunctionReturn(0);
}

/* Whether the couplings of sample.scan are in the range of train.scan. */
static PetscErrorCode check_range(const sq_run *run, const sq_scan *learned, const sq_scan *sampled)
{
  PetscFunctionBeginUser;
  for (int k = 0; k < sq_scan_places(sampled); k++) {
    sq_action action;
    sq_scan_action(sampled, &run->action, k, &action);
    const int axis = sq_scan_outside(learned, &action);
    if (axis < 0) continue;
    const int parameter = learned->parameter[axis];
    SqFail(SQ_EVERY_RANK, SQ_ERR_INPUT,
           "%s: sample.scan: action.%s: %.10g is out of the range of train.scan, %.10g to "
           "%.10g",
           sq_deck_where(run->deck, "sample", "scan"), run->action.type->params[parameter].key, action.value[parameter],
           learned->value[axis][0], learned->value[axis][learned->count[axis] - 1]);
  }
  for (int i = 0; i < sampled->axes; i++) {
    bool varies = false;
    for (int j = 0; j < learned->axes; j++) varies = varies || learned->parameter[j] == sampled->parameter[i];
    SqCheck(varies, SQ_EVERY_RANK, SQ_ERR_INPUT, "%s: sample.scan: the model learns at one value of %s (train.scan)",
            sq_deck_where(run->deck, "sample", "scan"), run->action.type->params[sampled->parameter[i]].key);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_couplings_to_sample(const sq_run *run, sq_scan *scan)
{
  PetscFunctionBeginUser;
  sq_scan learned;
  PetscCall(scan_of(run, "sample", run->sample.scan, scan));
  if (!scan->axes) PetscFunctionReturn(0);
  const char *where = sq_deck_where(run->deck, "sample", "scan");
  for (int i = 0; i < scan->axes; i++)
    SqCheck(scan->count[i], SQ_EVERY_RANK, SQ_ERR_INPUT, "%s: sample.scan: no value of %s: give one or more", where,
            run->action.type->params[scan->parameter[i]].key);
  SqCheck(sq_couplings_learned(run), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: sample.scan: generates with the model that this deck trains with train.scan, and there is none; with "
          "the model of another run give sample.model and one coupling, in the section action",
          where);
  SqCheck(!run->sample.model[0], SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: sample.scan generates with the model that this deck trains, not with %s: leave out sample.model, or "
          "sample.scan and train.scan",
          where, run->sample.model);
  PetscCall(sq_couplings_to_learn(run, &learned));
  PetscCall(check_range(run, &learned, scan));
  PetscCall(check_names(run, &learned, scan));
  PetscFunctionReturn(0);
}

bool sq_couplings_has(const sq_scan *scan, const sq_action *action)
{
  for (int k = 0; k < sq_scan_places(scan); k++) {
    sq_action at;
    sq_scan_action(scan, action, k, &at);
    if (sq_action_equal(&at, action)) return true;
  }
  return false;
}

/* ---- the rest of the deck ---- */

static const char *const made_by[] = {"hmc", "mc", NULL}; /* sections that make its ensembles */

const sq_stage *sq_coupling_ensemble(const sq_run *run)
{
  const char *section = sq_run_ensemble_section(run);
  for (const char *const *s = made_by; *s; s++)
    for (int i = 0; !strcmp(*s, section) && sq_deck_has_section(run->deck, *s) && sq_stages[i]; i++)
      if (sq_stages[i]->section && !strcmp(sq_stages[i]->section, section)) return sq_stages[i];
  return NULL;
}

PetscErrorCode sq_couplings_check(const sq_run *run)
{
  PetscFunctionBeginUser;
  sq_scan scan;
  const char *where = sq_deck_where(run->deck, "train", "scan");
  if (!sq_couplings_learned(run)) PetscFunctionReturn(0);
  PetscCall(sq_couplings_to_learn(run, &scan));
  SqCheck(sq_coupling_ensemble(run), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "%s: train.scan: ensembles at its couplings are made by this run: the deck needs a section hmc or mc", where);
  SqCheck(!run->train.halves, SQ_EVERY_RANK, SQ_ERR_INPUT, "%s: train.halves does not go with train.scan",
          sq_deck_where(run->deck, "train", "halves"));
  PetscFunctionReturn(0);
}
