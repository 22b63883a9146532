/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of what ensembles say together: all numbers at all couplings, and where U_L of two lattices cross. */
#include "src/scan/joint.h"
#include <math.h>

static const char *const error_name[SQ_JOINT_NUMBERS] = {"log_Z_error", "abs_M_error", "chi2_error",
                                                         "U_L_error",   "phi2_error",  "action_density_error"};

static PetscErrorCode add_rows(const sq_joint *s, const sq_joint_lattice *l, sq_table *csv)
{
  PetscFunctionBeginUser;
  char extents[64];
  sq_extents_text(l->p.dim, l->p.extent + SQ_DIM - l->p.dim, extents, sizeof extents);
  for (int j = 0; j < s->targets; j++) {
    sq_cell row[SQ_ACTION_PARAMETERS + 2 * SQ_JOINT_NUMBERS + 4] = {{0}};
    int count = 0;
    row[count++] = SQ_CELL("extents", (const char *)extents);
    for (int a = 0; a < s->dims; a++)
      row[count++] = SQ_CELL(s->target[j].type->params[s->axes[a].parameter].key,
                             s->target[j].value[s->axes[a].parameter]);
    row[count++] = SQ_CELL("effective", l->at[j].effective);
    row[count++] = SQ_CELL("trusted", (double)(sq_joint_known(l, j) && l->p.pool.blocks >= SQ_INDEPENDENT_LEAST));
    for (int i = 0; i < SQ_JOINT_NUMBERS; i++) {
      const sq_estimate x = sq_joint_estimate(s, l, j, i);
      row[count++] = SQ_CELL(sq_joint_name[i], x.value);
      row[count++] = SQ_CELL(error_name[i], x.error);
    }
    PetscCall(sq_table_add(csv, row));
  }
  PetscFunctionReturn(0);
}

/* Where U_L of the larger lattice overtakes that of the smaller, with such sets; NaN: nowhere that both are known. */
static double crossing_of(const sq_joint *s, const sq_joint_lattice *a, int set_a, const sq_joint_lattice *b, int set_b)
{
  double before = NAN;
  for (int j = 0; j < s->targets; j++) {
    const bool known = sq_joint_known(a, j) && sq_joint_known(b, j);
    const double now = known ?
                         sq_joint_value(s, b, j, set_b, SQ_JOINT_U_L) - sq_joint_value(s, a, j, set_a, SQ_JOINT_U_L) :
                         NAN;
    const double *x = s->axes[0].value + j;
    if (before < 0 && now >= 0) return x[-1] + (x[0] - x[-1]) * before / (before - now);
    before = now;
  }
  return NAN;
}

static PetscErrorCode add_crossing(const sq_joint *s, const sq_joint_lattice *a, const sq_joint_lattice *b,
                                   sq_table *csv)
{
  PetscFunctionBeginUser;
  const char *key = s->target[0].type->params[s->axes[0].parameter].key;
  const int64_t small = a->p.extent[SQ_DIM - 1], large = b->p.extent[SQ_DIM - 1];
  double without[SQ_LATTICE_BLOCKS];
  sq_estimate x = {.value = crossing_of(s, a, 0, b, 0)};
  char text[64];
  if (isnan(x.value)) {
    sq_warn("reweight: U_L of L = %lld and %lld do not cross where both are known", (long long)small, (long long)large);
    PetscFunctionReturn(0);
  }
  for (int i = 0; i < a->p.pool.blocks; i++) without[i] = crossing_of(s, a, 1 + i, b, 0);
  x.error = sq_pool_error(a->p.pool.blocks, without);
  for (int i = 0; i < b->p.pool.blocks; i++) without[i] = crossing_of(s, a, 0, b, 1 + i);
  x.error = hypot(x.error, sq_pool_error(b->p.pool.blocks, without));
  sq_value_text(&x, text, sizeof text);
  sq_info("reweight: U_L of L = %lld and %lld cross at %s = %s", (long long)small, (long long)large, key, text);
  PetscCall(sq_table_add(csv, SQ_ROW(SQ_CELL("L", small), SQ_CELL("L_larger", large), SQ_CELL("crossing", x.value),
                                     SQ_CELL("error", x.error))));
  PetscFunctionReturn(0);
}

static bool is_cube(const sq_joint_lattice *l)
{
  for (int mu = SQ_DIM - l->p.dim; mu < SQ_DIM; mu++)
    if (l->p.extent[mu] != l->p.extent[SQ_DIM - 1]) return false;
  return true;
}

PetscErrorCode sq_joint_tables(const sq_joint *s)
{
  PetscFunctionBeginUser;
  static const sq_column crossings[] = {
    {"L", "%.0f"}, {"L_larger", "%.0f"}, {"crossing", "%.8g"}, {"error", "%.2g"}, {0}};
  sq_column columns[SQ_ACTION_PARAMETERS + 2 * SQ_JOINT_NUMBERS + 4] = {{"extents", "%s"}};
  sq_table csv, crossing;
  int count = 1;
  for (int a = 0; a < s->dims; a++)
    columns[count++] = (sq_column){s->target[0].type->params[s->axes[a].parameter].key, "%.10g"};
  columns[count++] = (sq_column){"effective", "%.6g"};
  columns[count++] = (sq_column){"trusted", "%.0f"};
  for (int i = 0; i < SQ_JOINT_NUMBERS; i++) {
    columns[count++] = (sq_column){sq_joint_name[i], "%.10g"};
    columns[count++] = (sq_column){error_name[i], "%.4g"};
  }
  PetscCall(sq_table_begin(columns, &csv));
  PetscCall(sq_table_begin(crossings, &crossing));
  for (int i = 0; i < s->lattices; i++) PetscCall(add_rows(s, &s->on[i], &csv));
  for (int i = 0; i + 1 < s->lattices && s->dims == 1; i++)
    if (is_cube(&s->on[i]) && is_cube(&s->on[i + 1])) PetscCall(add_crossing(s, &s->on[i], &s->on[i + 1], &crossing));
  PetscCall(sq_make_directory(s->world, "reweight"));
  PetscCall(sq_write_text(s->world, "reweight/reweight.csv", csv.text.text));
  PetscCall(sq_write_text(s->world, "reweight/crossing.csv", crossing.text.text));
  sq_text_clear(&csv.text);
  sq_text_clear(&crossing.text);
  PetscFunctionReturn(0);
}
