/* SPDX-License-Identifier: BSD-3-Clause */
/* log Z of fields that a model generated at many couplings, from their weights, beside what the ensembles say. */
#include "src/scan/joint.h"
#include "src/scan/scan.h"
#include <math.h>
#include <string.h>

/* ---- reading ---- */

/* Adds what the weights of a file say, if it is of fields of a model between the ensembles. */
static PetscErrorCode add_file(sq_joint *s, const char *path)
{
  PetscFunctionBeginUser;
  sq_ensemble e[SQ_IO_GROUPS] = {0};
  sq_action action;
  int groups;
  PetscCall(sq_ensembles_read(s->world, path, e, &groups));
  const bool fits = e[0].log_weight && !e[0].chain && sq_action_read(e[0].action, e[0].dim, &action) &&
                    action.type == s->all.action[0].type && e[0].dim == s->all.e[0].dim &&
                    s->generated < SQ_JOINT_GENERATED;
  if (fits) {
    sq_joint_generated *g = &s->of_model[s->generated++];
    *g = (sq_joint_generated){.action = action,
                              .log_Z = sq_weights_log_Z(&e[0].weights),
                              .ess = e[0].weights.ess,
                              .core_seconds = e[0].core_seconds * (double)e[0].count};
    memcpy(g->extent, e[0].extent, sizeof g->extent);
  }
  for (int g = 0; g < groups; g++) sq_ensemble_free(&e[g]);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_joint_read_generated(sq_joint *s, int count, const char *const *directory)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < count; i++) {
    char path[SQ_PATH];
    sq_places places;
    bool there;
    PetscErrorCode code = 0;
    if (strlen(directory[i]) > 3 && !strcmp(directory[i] + strlen(directory[i]) - 3, ".h5")) continue;
    PetscCall(sq_places_find(s->world, directory[i], "samples.h5", &places));
    for (int k = 0; k < places.count && !code; k++) code = add_file(s, places.path[k]);
    sq_places_clear(&places);
    PetscCall(code);
    snprintf(path, sizeof path, "%.700s/samples.h5", directory[i]);
    PetscCall(sq_file_exists(s->world, path, &there));
    if (there) PetscCall(add_file(s, path));
  }
  PetscFunctionReturn(0);
}

/* ---- comparison ---- */

/* The target at which a model's fields are; -1: none. */
static int target_of(const sq_joint *s, const sq_joint_generated *g)
{
  for (int j = 0; j < s->targets; j++)
    if (!memcmp(s->target[j].value, g->action.value, sizeof g->action.value)) return j;
  return -1;
}

/* What the ensembles say where such fields are; NaN: nothing. */
static sq_estimate together(const sq_joint *s, const sq_joint_lattice *l, const sq_joint_generated *g)
{
  const int j = memcmp(l->p.extent, g->extent, sizeof g->extent) ? -1 : target_of(s, g);
  return j < 0 ? (sq_estimate){.value = NAN, .error = NAN} : sq_joint_estimate(s, l, j, SQ_JOINT_LOG_Z);
}

/* log Z of the first ensemble, which only a model knows: the mean of all differences, by their errors. Returns of how
 * many. */
static int find_constant(const sq_joint *s, const sq_joint_lattice *l, double *constant)
{
  double sum = 0, weights = 0;
  int count = 0;
  for (const sq_joint_generated *g = s->of_model; g < s->of_model + s->generated; g++) {
    const sq_estimate x = together(s, l, g);
    const double error = hypot(x.error, g->log_Z.error), weight = 1 / (error * error);
    if (!isfinite(weight) || !isfinite(x.value - g->log_Z.value)) continue;
    sum += weight * (g->log_Z.value - x.value);
    weights += weight;
    count++;
  }
  *constant = sum / weights;
  return count;
}

static PetscErrorCode compare(const sq_joint *s, const sq_joint_lattice *l, sq_table *csv)
{
  PetscFunctionBeginUser;
  double constant, worst = 0, largest = 0, cost = 0;
  char extents[64];
  const int count = find_constant(s, l, &constant);
  if (count < 2) PetscFunctionReturn(0);
  sq_extents_text(l->p.dim, l->p.extent + SQ_DIM - l->p.dim, extents, sizeof extents);
  for (const sq_joint_generated *g = s->of_model; g < s->of_model + s->generated; g++) {
    sq_cell row[SQ_ACTION_PARAMETERS + 10] = {{0}};
    sq_estimate x = together(s, l, g);
    int n = 0;
    if (isnan(x.value)) continue;
    x.value += constant;
    const double difference = g->log_Z.value - x.value, sigmas = difference / hypot(g->log_Z.error, x.error);
    row[n++] = SQ_CELL("extents", (const char *)extents);
    for (int a = 0; a < s->dims; a++)
      row[n++] = SQ_CELL(g->action.type->params[s->axes[a].parameter].key, g->action.value[s->axes[a].parameter]);
    row[n++] = SQ_CELL("ess", g->ess);
    row[n++] = SQ_CELL("log_Z", g->log_Z.value);
    row[n++] = SQ_CELL("log_Z_error", g->log_Z.error);
    row[n++] = SQ_CELL("reweighted", x.value);
    row[n++] = SQ_CELL("reweighted_error", x.error);
    row[n++] = SQ_CELL("difference", difference);
    row[n++] = SQ_CELL("sigmas", sigmas);
    PetscCall(sq_table_add(csv, row));
    largest = fmax(largest, fabs(difference));
    worst = fmax(worst, fabs(sigmas));
    cost += isnan(g->core_seconds) ? 0 : g->core_seconds;
  }
  sq_info("reweight: %s: log Z of a model's fields at %d couplings: from that of the ensembles by at most %.3g, %.2g "
          "errors; generating them took %.2f core-seconds",
          extents, count, largest, worst, cost);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_joint_compare_generated(const sq_joint *s)
{
  PetscFunctionBeginUser;
  sq_column columns[SQ_ACTION_PARAMETERS + 10] = {{"extents", "%s"}};
  sq_table csv;
  int count = 1;
  if (!s->generated) PetscFunctionReturn(0);
  for (int a = 0; a < s->dims; a++)
    columns[count++] = (sq_column){s->target[0].type->params[s->axes[a].parameter].key, "%.10g"};
  const sq_column rest[] = {{"ess", "%.6g"},         {"log_Z", "%.10g"},           {"log_Z_error", "%.4g"},
                            {"reweighted", "%.10g"}, {"reweighted_error", "%.4g"}, {"difference", "%.6g"},
                            {"sigmas", "%.3g"}};
  memcpy(columns + count, rest, sizeof rest);
  PetscCall(sq_table_begin(columns, &csv));
  for (int i = 0; i < s->lattices; i++) PetscCall(compare(s, &s->on[i], &csv));
  PetscCall(sq_write_text(s->world, "reweight/generated.csv", csv.text.text));
  sq_text_clear(&csv.text);
  PetscFunctionReturn(0);
}
