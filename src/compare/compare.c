/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of ensembles side by side, their differences from the first in combined errors, and a verdict in words. */
#include "src/compare/compare.h"
#include "src/verdict/verdict.h"
#include <math.h>
#include <string.h>

/* ---- what can be compared ---- */

/* Minus the logarithm of the weight of fluxes is another number than the action of fields. */
static bool of_fluxes(const sq_ensemble *e)
{
  const sq_action_type *type = sq_action_described(e->action);
  return type && type->flux;
}

/* Fluxes with a divergence have no finite action: how many there are is a row of its own. */
static bool violates(const sq_ensemble *e)
{
  const sq_estimate *x = sq_obs_find(&e->table, "violations");
  return x && x->value > 0;
}

static bool same_lattice(const sq_ensemble *e, const sq_ensemble *first)
{
  return e->dim == first->dim && !memcmp(e->extent, first->extent, sizeof e->extent);
}

bool sq_compare_can(const sq_ensemble *e, const sq_ensemble *first, const char *name)
{
  if (!same_lattice(e, first) && !sq_obs_is_local(name)) return false;
  if (!strcmp(name, "action_density") && (of_fluxes(e) != of_fluxes(first) || violates(e) || violates(first)))
    return false;
  return sq_obs_find(&e->table, name) && sq_obs_find(&first->table, name);
}

/* What was never seen: no record says how often it comes. */
static bool never_seen(const sq_estimate *x)
{
  return x->value == 0 && isnan(x->error);
}

static void differences(const sq_ensemble *e, const sq_ensemble *first, sq_obs_comparison *c)
{
  int kept = 0;
  sq_obs_compare(&e->table, &first->table, c);
  c->worst = 0;
  for (int r = 0; r < c->count; r++) {
    if (!sq_compare_can(e, first, c->row[r].name)) continue;
    if (never_seen(c->row[r].a) || never_seen(c->row[r].b)) continue;
    const double size = fabs(c->row[r].sigmas);
    if (isnan(size) || size > c->worst) c->worst = size; /* a NaN stays: nothing is larger */
    c->row[kept++] = c->row[r];
  }
  c->count = kept;
}

/* ---- the table ---- */

static PetscErrorCode header(const sq_ensemble *e, int count, sq_text *out)
{
  PetscFunctionBeginUser;
  char text[64];
  PetscCall(sq_text_add(out, "%-16s", ""));
  for (int i = 0; i < count; i++) {
    PetscCall(sq_text_add(out, "  %18s", e[i].name));
    if (i) PetscCall(sq_text_add(out, "  %6s", "diff."));
  }
  PetscCall(sq_text_add(out, "\n%-16s", "configurations"));
  for (int i = 0; i < count; i++) {
    sq_extents_text(e[i].dim, e[i].extent + SQ_DIM - e[i].dim, text, sizeof text);
    PetscCall(sq_text_add(out, "  %8lld %9s", (long long)e[i].count, text));
    if (i) PetscCall(sq_text_add(out, "  %6s", ""));
  }
  PetscCall(sq_text_add(out, "\n"));
  PetscFunctionReturn(0);
}

static PetscErrorCode row(const sq_ensemble *e, int count, const char *name, sq_text *out)
{
  PetscFunctionBeginUser;
  const sq_estimate *first = sq_obs_find(&e[0].table, name);
  PetscCall(sq_text_add(out, "%-16s", name));
  for (int i = 0; i < count; i++) {
    char text[64] = "-", sigmas[32] = "-";
    const sq_estimate *x = sq_obs_find(&e[i].table, name);
    if (x) sq_value_text(x, text, sizeof text);
    const bool can = sq_compare_can(&e[i], &e[0], name);
    const double apart = can ? sq_sigmas(x, first) : NAN;
    if (can) snprintf(sigmas, sizeof sigmas, isnan(apart) ? "?" : "%+.1f", apart);
    PetscCall(sq_text_add(out, "  %18s", text));
    if (i) PetscCall(sq_text_add(out, "  %6s", sigmas));
  }
  PetscCall(sq_text_add(out, "\n"));
  PetscFunctionReturn(0);
}

/* ---- the verdict ---- */

/* Whether its errors leave out the model's own. With it, errors of a difference from the training are rather too large:
 * both moved with the same configurations. */
static bool conditional(const sq_ensemble *e)
{
  return sq_ensemble_of_model(e) && isnan(e->model_error);
}

static PetscErrorCode trusted(const sq_run *run, const sq_ensemble *e, bool *trust)
{
  PetscFunctionBeginUser;
  sq_verdicts v = {0};
  PetscCall(sq_verdicts_judge(run, e, 1, &v));
  *trust = sq_verdicts_trusted(&v, e->name);
  sq_verdicts_clear(&v);
  PetscFunctionReturn(0);
}

/* The largest difference, and how many are too large. */
static PetscErrorCode add_differences(const sq_obs_comparison *c, int worst, int beyond, sq_text *out)
{
  PetscFunctionBeginUser;
  const sq_estimate *other = c->row[worst].b;
  double relative = c->row[worst].a->value / other->value - 1;
  PetscCall(sq_text_add(out, "the largest of %d differences is %+.1f combined errors, in %s", c->count,
                        c->row[worst].sigmas, c->row[worst].name));
  if (fabs(other->value) > 3 * other->error) PetscCall(sq_text_add(out, " (%+.3g %%)", 100 * relative));
  if (beyond > 1) PetscCall(sq_text_add(out, "; %d are beyond %.1f", beyond, sq_sigmas_agree));
  PetscFunctionReturn(0);
}

/* What is off, and by how much: of fields that nothing corrects. */
static PetscErrorCode add_off(const sq_obs_comparison *c, sq_text *out)
{
  PetscFunctionBeginUser;
  const char *between = ": off are ";
  for (int r = 0; r < c->count; r++) {
    const sq_estimate *a = c->row[r].a, *b = c->row[r].b;
    if (!(fabs(c->row[r].sigmas) > sq_sigmas_agree)) continue;
    PetscCall(sq_text_add(out, "%s%s", between, c->row[r].name));
    if (fabs(b->value) > 3 * b->error) PetscCall(sq_text_add(out, " by %+.2g %%", 100 * (a->value / b->value - 1)));
    between = ", ";
  }
  PetscFunctionReturn(0);
}

/* Begins the sentence: what may be said of this pair. */
static PetscErrorCode add_relation(const sq_run *run, const sq_ensemble *e, const sq_ensemble *first, bool beyond,
                                   sq_text *out)
{
  PetscFunctionBeginUser;
  const sq_ensemble *pair[2] = {e, first};
  sq_kinship kinship = sq_ensembles_kinship(e, first);
  bool trust[2];
  for (int i = 0; i < 2; i++) PetscCall(trusted(run, pair[i], &trust[i]));
  if (kinship != SQ_KIN_NONE && kinship != SQ_KIN_SEED)
    PetscCall(sq_text_add(out, "%s against %s: proves nothing, for they %s; ", e->name, first->name,
                          sq_kinship_words(kinship)));
  else if (!trust[0] || !trust[1])
    PetscCall(sq_text_add(out, "%s against %s: not judged, for the errors of %s%s%s are not to be trusted; ", e->name,
                          first->name, trust[0] ? first->name : e->name, trust[0] || trust[1] ? "" : " and ",
                          trust[0] || trust[1] ? "" : first->name));
  else if (beyond && e->no_density)
    PetscCall(sq_text_add(out, "%s is NOT EXACT and differs from %s; ", e->name, first->name));
  else if (beyond && (conditional(e) || conditional(first)))
    PetscCall(sq_text_add(out, "%s against %s: beyond their errors, which are conditional on the model: not judged; ",
                          e->name, first->name));
  else PetscCall(sq_text_add(out, "%s %s %s: ", e->name, beyond ? "differs from" : "agrees with", first->name));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_compare_verdict(const sq_run *run, const sq_ensemble *e, const sq_ensemble *first, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_obs_comparison c;
  int worst = 0, beyond = 0;
  differences(e, first, &c);
  if (!c.count || isnan(c.worst)) {
    PetscCall(sq_text_add(out, "%s against %s: cannot be judged, a number or an error is missing or not known", e->name,
                          first->name));
    PetscFunctionReturn(0);
  }
  for (int r = 0; r < c.count; r++) {
    if (fabs(c.row[r].sigmas) > fabs(c.row[worst].sigmas)) worst = r;
    beyond += fabs(c.row[r].sigmas) > sq_sigmas_agree;
  }
  PetscCall(add_relation(run, e, first, beyond > 0, out));
  PetscCall(add_differences(&c, worst, beyond, out));
  if (e->no_density) PetscCall(add_off(&c, out));
  PetscFunctionReturn(0);
}

/* The same theory at the same values, in whatever form. */
static bool same_theory(const sq_ensemble *e, const sq_ensemble *first)
{
  sq_action a, b;
  if (!strcmp(e->action, first->action)) return true;
  if (!sq_action_read(e->action, e->dim, &a) || !sq_action_read(first->action, first->dim, &b)) return false;
  return sq_action_theory(a.type) == sq_action_theory(b.type) && !memcmp(a.value, b.value, sizeof a.value);
}

/* What makes a comparison unfair. */
static PetscErrorCode cautions(const sq_ensemble *e, const sq_ensemble *first, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_kinship kinship = sq_ensembles_kinship(e, first);
  if (!same_theory(e, first))
    PetscCall(sq_text_add(out, "caution: %s is of %s, %s of %s\n", e->name, e->action, first->name, first->action));
  if (!same_lattice(e, first))
    PetscCall(sq_text_add(out,
                          "caution: %s and %s have different volumes: only means of what stands at one place are "
                          "compared; where xi is not small against the lattice they depend on it, too\n",
                          e->name, first->name));
  if (kinship == SQ_KIN_NONE) PetscFunctionReturn(0);
  PetscCall(sq_text_add(out, "caution: %s (%s) and %s (%s) %s\n", e->name, e->where, first->name, first->where,
                        sq_kinship_words(kinship)));
  sq_warn("compare: %s (%s) and %s (%s) are not independent: they %s", e->name, e->where, first->name, first->where,
          sq_kinship_words(kinship));
  PetscFunctionReturn(0);
}

/* Adds the table of count ensembles, differences from the first, cautions, and a verdict on each. */
static PetscErrorCode compare(const sq_run *run, const sq_ensemble *e, int count, sq_text *out)
{
  PetscFunctionBeginUser;
  PetscCall(header(e, count, out));
  for (int r = 0; r < e[0].table.count; r++) PetscCall(row(e, count, e[0].table.row[r].name, out));
  if (count > 1)
    PetscCall(sq_text_add(out,
                          "diff.: from %s, in combined errors (one standard deviation); -: no such number, or of its "
                          "volume; ?: not "
                          "known\n",
                          e[0].name));
  for (int i = 1; i < count; i++) PetscCall(cautions(&e[i], &e[0], out));
  for (int i = 0; i < count; i++)
    if (conditional(&e[i])) PetscCall(sq_text_add(out, "note: %s: %s\n", e[i].name, sq_conditional_words(&e[i])));
  for (int i = 1; i < count; i++) {
    PetscCall(sq_text_add(out, "verdict: "));
    PetscCall(sq_compare_verdict(run, &e[i], &e[0], out));
    PetscCall(sq_text_add(out, "\n"));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode compare_files(MPI_Comm world, const sq_words *words)
{
  PetscFunctionBeginUser;
  const int files = words->operands;
  const char *const *paths = words->operand;
  sq_ensemble ensembles[2 * SQ_IO_GROUPS] = {0};
  int count = 0, more;
  sq_text out = {0};
  SqCheck(files == 1 || files == 2, world, SQ_ERR_INPUT, "usage: squall compare A.h5 [B.h5]");
  for (int f = 0; f < files; f++, count += more)
    PetscCall(sq_ensembles_read(world, paths[f], ensembles + count, &more));
  PetscCall(compare(NULL, ensembles, count, &out));
  for (int i = 0; i < count; i++) sq_ensemble_free(&ensembles[i]);
  if (sq_log_speaks()) fputs(out.text, stdout);
  sq_text_clear(&out);
  PetscFunctionReturn(0);
}

static PetscErrorCode compare_run(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_ensemble ensembles[SQ_ENSEMBLES] = {0};
  int count;
  char to[SQ_PATH];
  sq_text out = {0};
  PetscCall(sq_ensembles_of_run(run, ensembles, &count));
  SqCheck(count, run->world, SQ_ERR_INPUT, "there is nothing to compare in %s: run `squall %s` first", run->directory,
          sq_run_ensemble_command(run));
  PetscCall(compare(run, ensembles, count, &out));
  sq_run_path(run, "compare.txt", to);
  PetscCall(sq_write_text(run->world, to, out.text));
  sq_info("compare:\n%s", out.text);
  sq_text_clear(&out);
  PetscFunctionReturn(0);
}

const sq_stage sq_compare_stage = {.command = {.name = "compare",
                                               .usage = "A.h5 [B.h5]",
                                               .summary = "the table of two ensembles, with differences and a verdict",
                                               .make = compare_run,
                                               .files = compare_files,
                                               .serial = true},
                                   .of_fields = true};
