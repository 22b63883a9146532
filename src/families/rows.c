/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of families: families.csv, and the same to be read in families.md and in the log. */
#include "src/families/families.h"
#include "src/compare/compare.h"
#include <math.h>
#include <string.h>

static const sq_column columns[] = {{"family", "%s"},
                                    {"ensemble", "%s"},
                                    {"exact", "%.0f"},
                                    {"trusted", "%.0f"},
                                    {"fields", "%.0f"},
                                    {"chi2", "%.10g"},
                                    {"chi2_error", "%.4g"},
                                    {"chi2_pull", "%.3g"},
                                    {"U_L", "%.10g"},
                                    {"U_L_error", "%.4g"},
                                    {"U_L_pull", "%.3g"},
                                    {"phi2", "%.10g"},
                                    {"phi2_error", "%.4g"},
                                    {"phi2_pull", "%.3g"},
                                    {"action_density", "%.10g"},
                                    {"action_density_error", "%.4g"},
                                    {"action_density_pull", "%.3g"},
                                    {"ess", "%.6g"},
                                    {"ess_error", "%.3g"},
                                    {"ess_forward", "%.6g"},
                                    {"ess_forward_error", "%.3g"},
                                    {"acceptance", "%.6g"},
                                    {"log_Z", "%.10g"},
                                    {"log_Z_error", "%.4g"},
                                    {"evaluations", "%.6g"},
                                    {"training_core_seconds", "%.6g"},
                                    {"core_seconds_a_field", "%.4g"},
                                    {"core_seconds_an_independent", "%.4g"},
                                    {"core_seconds_for_10000", "%.6g"},
                                    {0}};

/* Of so many independent |M|, with the training that they need first. */
static double for_many(const sq_family_row *row, double number)
{
  return (isnan(row->training) ? 0 : row->training) + number * row->independent;
}

static PetscErrorCode add_row(const sq_family_row *x, sq_table *csv)
{
  PetscFunctionBeginUser;
  enum { CHI2, U_L, PHI2, ACTION };
  const sq_estimate *n = x->number;
  PetscCall(sq_table_add(
    csv, SQ_ROW(SQ_CELL("family", x->family), SQ_CELL("ensemble", x->ensemble), SQ_CELL("exact", x->exact),
                SQ_CELL("trusted", x->trusted), SQ_CELL("fields", x->fields), SQ_CELL("chi2", n[CHI2].value),
                SQ_CELL("chi2_error", n[CHI2].error), SQ_CELL("chi2_pull", x->pull[CHI2]), SQ_CELL("U_L", n[U_L].value),
                SQ_CELL("U_L_error", n[U_L].error), SQ_CELL("U_L_pull", x->pull[U_L]), SQ_CELL("phi2", n[PHI2].value),
                SQ_CELL("phi2_error", n[PHI2].error), SQ_CELL("phi2_pull", x->pull[PHI2]),
                SQ_CELL("action_density", n[ACTION].value), SQ_CELL("action_density_error", n[ACTION].error),
                SQ_CELL("action_density_pull", x->pull[ACTION]), SQ_CELL("ess", x->ess.value),
                SQ_CELL("ess_error", x->ess.error), SQ_CELL("ess_forward", x->ess_forward.value),
                SQ_CELL("ess_forward_error", x->ess_forward.error), SQ_CELL("acceptance", x->acceptance),
                SQ_CELL("log_Z", x->log_Z.value), SQ_CELL("log_Z_error", x->log_Z.error),
                SQ_CELL("evaluations", x->evaluations), SQ_CELL("training_core_seconds", x->training),
                SQ_CELL("core_seconds_a_field", x->field), SQ_CELL("core_seconds_an_independent", x->independent),
                SQ_CELL("core_seconds_for_10000", for_many(x, 1e4)))));
  PetscFunctionReturn(0);
}

/* The lines of a text, one by one. */
static void say(const char *text)
{
  for (size_t n; *text; text += n + (text[n] == '\n')) {
    n = strcspn(text, "\n");
    sq_info("%.*s", (int)n, text);
  }
}

PetscErrorCode sq_family_write(const sq_run *run, const sq_family_rows *rows)
{
  PetscFunctionBeginUser;
  sq_table csv;
  sq_text words = {0};
  sq_cells cells = {0};
  char path[SQ_PATH];
  PetscCall(sq_table_begin(columns, &csv));
  for (int i = 0; i < rows->count; i++) PetscCall(add_row(&rows->row[i], &csv));
  PetscCall(sq_run_write(run, "families.csv", &csv.text));
  sq_run_path(run, "families.csv", path);
  PetscCall(sq_cells_read(path, &cells));
  PetscCall(sq_families_text(&cells, &sq_families_markdown, &words));
  sq_cells_clear(&cells);
  say(words.text);
  PetscCall(sq_run_write(run, "families.md", &words));
  PetscFunctionReturn(0);
}
