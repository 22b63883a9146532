/* SPDX-License-Identifier: BSD-3-Clause */
/* The command reweight: ensembles at several couplings as one. log Z, |M|, chi2, U_L, phi2 and the action density as
 * functions of the couplings between them, and where U_L of two lattices cross. */
#include "src/scan/joint.h"
#include "src/scan/scan.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 41, PLANE = 11 };

/* ---- where ---- */

static int ascending(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void add_value(double x, sq_joint_axis *a)
{
  for (int k = 0; k < a->count; k++)
    if (a->value[k] == x) return;
  a->value[a->count++] = x;
}

/* Values of the ensembles, those between them where a model generated, and so many at equal distances, without those
 * beside one of these. */
static void fill_axis(const sq_joint *s, int points, sq_joint_axis *a)
{
  double low = INFINITY, high = -INFINITY;
  a->count = 0;
  for (int i = 0; i < s->all.count; i++) {
    const double x = s->all.action[i].value[a->parameter];
    add_value(x, a);
    low = fmin(low, x), high = fmax(high, x);
  }
  for (int i = 0; i < s->generated; i++) {
    const double x = s->of_model[i].action.value[a->parameter];
    if (x >= low && x <= high) add_value(x, a);
  }
  const int own = a->count;
  for (int j = 0; j < points; j++) {
    const double x = low + (high - low) * j / (points - 1);
    bool beside = false;
    for (int k = 0; k < own; k++) beside = beside || fabs(a->value[k] - x) < 1e-6 * (high - low);
    if (!beside) a->value[a->count++] = x;
  }
  qsort(a->value, (size_t)a->count, sizeof *a->value, ascending);
}

static PetscErrorCode find_targets(sq_joint *s, const sq_words *words)
{
  PetscFunctionBeginUser;
  const char *given = sq_words_value(words, "--points");
  const sq_action first = s->all.action[0];
  char *end = NULL;
  for (int k = 0; first.type->params[k].key; k++) {
    bool varies = false;
    for (int i = 0; i < s->all.count; i++) varies = varies || s->all.action[i].value[k] != first.value[k];
    if (varies) s->axes[s->dims++].parameter = k;
  }
  SqCheck(s->dims, s->world, SQ_ERR_INPUT,
          "reweight: all ensembles are at one coupling, %s: there is nothing between them", s->all.e[0].action);
  const long points = given ? strtol(given, &end, 10) : s->dims > 1 ? PLANE : LINE;
  SqCheck(!given || (end > given && !*end && points >= 2 && points <= 900), s->world, SQ_ERR_INPUT,
          "reweight: --points %s: must be an integer from 2 to 900", given);
  s->targets = 1;
  for (int a = 0; a < s->dims; a++) {
    fill_axis(s, (int)points, &s->axes[a]);
    s->targets = PetscMin(s->targets * s->axes[a].count, SQ_JOINT_TARGETS + 1);
  }
  SqCheck(s->targets <= SQ_JOINT_TARGETS, s->world, SQ_ERR_INPUT,
          "reweight: more than %d couplings: choose fewer --points", SQ_JOINT_TARGETS);
  PetscCall(sq_alloc(s->targets, &s->target));
  for (int j = 0; j < s->targets; j++) {
    s->target[j] = first;
    for (int a = s->dims - 1, left = j; a >= 0; left /= s->axes[a--].count)
      s->target[j].value[s->axes[a].parameter] = s->axes[a].value[left % s->axes[a].count];
  }
  PetscFunctionReturn(0);
}

/* ---- words ---- */

/* What is said of a lattice, in the log. */
static void say(const sq_joint *s, const sq_joint_lattice *l)
{
  char extents[64], from[256], to[256], Z[80];
  const int states = l->p.pool.states;
  int hidden = 0, groups = 0, last = s->targets - 1;
  sq_extents_text(l->p.dim, l->p.extent + SQ_DIM - l->p.dim, extents, sizeof extents);
  for (int j = 0; j < s->targets; j++) hidden += !sq_joint_known(l, j);
  for (int k = 0; k < states; k++) groups += l->group[k] == k;
  for (int k = 1; k < states && groups > 1; k++) {
    if (!l->group[k]) continue;
    sq_action_describe(&l->p.action[k], to, sizeof to);
    sq_warn("reweight: %s: the ensembles fall into %d groups that share no configurations; that of %s is not joined "
            "with the first: log Z is not known there, and averages are of one group each; ensembles between the "
            "groups help",
            extents, groups, to);
    break;
  }
  if (hidden)
    sq_warn("reweight: %s: at %d of %d couplings fewer than %d records count: no errors are given there (trusted: 0)",
            extents, hidden, s->targets, (int)SQ_WEIGHTS_ENOUGH);
  const sq_estimate x = sq_joint_estimate(s, l, last, SQ_JOINT_LOG_Z);
  sq_action_describe(&l->p.action[0], from, sizeof from);
  sq_action_describe(&s->target[last], to, sizeof to);
  if (isnan(x.value)) snprintf(Z, sizeof Z, "is not known");
  else {
    Z[0] = '=', Z[1] = ' ';
    sq_value_text(&x, Z + 2, sizeof Z - 2);
  }
  sq_info("reweight: %s: %d ensembles, %lld configurations: log Z (%s) - log Z (%s) %s", extents, states,
          (long long)l->p.pool.n, to, from, Z);
}

/* Its own cost beside that of what it is made of. */
static void say_cost(const sq_joint *s, double started)
{
  int ranks = 1;
  char silent[80] = "";
  MPI_Comm_size(s->world, &ranks);
  if (s->all.silent) snprintf(silent, sizeof silent, " (%d of %d ensembles do not say)", s->all.silent, s->all.count);
  sq_info("reweight: %.2f core-seconds, beside %.2f that the ensembles took%s", (sq_now() - started) * ranks,
          s->all.core_seconds, silent);
}

/* ---- the command ---- */

static PetscErrorCode make(sq_joint *s, const sq_words *words)
{
  PetscFunctionBeginUser;
  PetscCall(sq_joint_read_generated(s, words->operands, words->operand));
  PetscCall(find_targets(s, words));
  PetscCall(sq_joint_fill(s));
  for (int i = 0; i < s->lattices; i++) say(s, &s->on[i]);
  PetscCall(sq_make_directory(s->world, "reweight"));
  PetscCall(sq_joint_tables(s));
  PetscCall(sq_joint_compare_generated(s));
  PetscCall(sq_joint_figure(s));
  sq_info("reweight: %d couplings on %d lattices, in reweight/reweight.csv", s->targets, s->lattices);
  PetscFunctionReturn(0);
}

static PetscErrorCode reweight(MPI_Comm world, const sq_words *words)
{
  PetscFunctionBeginUser;
  const double started = sq_now();
  sq_joint *s;
  SqCheck(words->operands >= 1, world, SQ_ERR_INPUT,
          "usage: squall reweight RUN_DIR|FILE ...: ensembles at two or more couplings, or a run with train.scan");
  PetscCall(sq_alloc(1, &s));
  s->world = world;
  PetscErrorCode code = sq_gather(world, words->operands, words->operand, &s->all);
  if (!code) {
    code = make(s, words);
    if (!code) say_cost(s, started);
    sq_joint_clear(s);
  }
  sq_free(&s);
  PetscCall(code);
  PetscFunctionReturn(0);
}

const sq_command sq_reweight_command = {.name = "reweight",
                                        .place = SQ_PLACE_LAST,
                                        .usage = "RUN_DIR|FILE...",
                                        .summary = "log Z and observables as functions of the couplings, from "
                                                   "ensembles at several of them",
                                        .options = SQ_OPTIONS({.name = "--points",
                                                               .value = "N",
                                                               .help = "couplings in each direction, besides those of "
                                                                       "the ensembles (41; of two, 11)"}),
                                        .files = reweight,
                                        .serial = true};
