/* SPDX-License-Identifier: BSD-3-Clause */
/* families.csv to be read: as Markdown, and as a part of a page. */
#include "src/compare/compare.h"
#include <math.h>
#include <string.h>

const sq_families_style sq_families_markdown = {"", "| ", " | ", " |\n", "", "**", "**"};
const sq_families_style sq_families_html = {"<table>\n",  "<tr><td>", "</td><td>", "</td></tr>\n",
                                            "</table>\n", "<b>",      "</b>"};

typedef struct {
  sq_cells *cells;
  const sq_families_style *style;
  int64_t row;
  char text[96];
} writer;

static double number(const writer *w, const char *column)
{
  return sq_cells_number(w->cells, w->row, column);
}

/* A value with its error, and how many errors of both it is away from Monte Carlo's. */
static const char *measured(writer *w, const char *column)
{
  char error[48], pull[48], text[64];
  snprintf(error, sizeof error, "%.30s_error", column);
  snprintf(pull, sizeof pull, "%.30s_pull", column);
  const sq_estimate x = {.value = number(w, column), .error = number(w, error)};
  const double pulls = sq_cells_has(w->cells, pull) ? number(w, pull) : NAN;
  if (isnan(x.value)) return "";
  sq_value_text(&x, text, sizeof text);
  const bool far = fabs(pulls) > sq_sigmas_agree;
  if (isnan(pulls)) snprintf(w->text, sizeof w->text, "%s", text);
  else
    snprintf(w->text, sizeof w->text, "%s, %s%+.1f%s", text, far ? w->style->strong : "", pulls,
             far ? w->style->weak : "");
  return w->text;
}

static const char *plain(writer *w, const char *column)
{
  const double x = number(w, column);
  snprintf(w->text, sizeof w->text, "%.3g", x);
  return isnan(x) ? "" : w->text;
}

static const char *name(writer *w, const char *column)
{
  (void)column;
  const bool exact = number(w, "exact") == 1, trusted = number(w, "trusted") == 1;
  const char *family = sq_cells_word(w->cells, w->row, "family");
  const bool monte_carlo = !strcmp(sq_cells_word(w->cells, w->row, "ensemble"), "training");
  snprintf(w->text, sizeof w->text, "%.40s%s%s", family,
           !exact      ? ", not exact" :
           monte_carlo ? "" :
                         ", made exact",
           trusted || !exact ? "" : " (a check failed)");
  return w->text;
}

/* A column: its head, the column of families.csv that it shows, and how. */
typedef struct {
  const char *head, *column;
  const char *(*cell)(writer *w, const char *column);
} head;

static const head heads[] = {{"", "family", name},
                             {"chi2", "chi2", measured},
                             {"U_L", "U_L", measured},
                             {"phi^2", "phi2", measured},
                             {"S/V", "action_density", measured},
                             {"ESS", "ess", measured},
                             {"forward ESS", "ess_forward", measured},
                             {"acceptance", "acceptance", plain},
                             {"log Z", "log_Z", measured},
                             {"evaluations a field", "evaluations", plain},
                             {"training, core-s", "training_core_seconds", plain},
                             {"a field, core-s", "core_seconds_a_field", plain},
                             {"an independent abs(M), core-s", "core_seconds_an_independent", plain},
                             {"10000 of them with training, core-s", "core_seconds_for_10000", plain}};
enum { HEADS = sizeof heads / sizeof *heads };

static bool is_shown(sq_cells *cells, const head *h)
{
  if (h->cell == name) return true;
  for (int64_t i = 0; i < cells->rows; i++)
    if (!isnan(sq_cells_number(cells, i, h->column))) return true;
  return false;
}

static PetscErrorCode add_line(writer *w, sq_text *out)
{
  PetscFunctionBeginUser;
  for (int k = 0; k < HEADS; k++) {
    if (!is_shown(w->cells, &heads[k])) continue;
    const char *cell = w->row < 0 ? heads[k].head : heads[k].cell(w, heads[k].column);
    PetscCall(sq_text_add(out, "%s%s", k ? w->style->between : w->style->before, cell));
  }
  PetscCall(sq_text_add(out, "%s", w->style->after));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_families_text(sq_cells *cells, const sq_families_style *style, sq_text *out)
{
  PetscFunctionBeginUser;
  writer w = {.cells = cells, .style = style, .row = -1};
  PetscCall(sq_text_add(out, "%s", style->begin));
  PetscCall(add_line(&w, out));
  if (style == &sq_families_markdown) {
    for (int k = 0; k < HEADS; k++)
      if (is_shown(cells, &heads[k])) PetscCall(sq_text_add(out, "|---"));
    PetscCall(sq_text_add(out, "|\n"));
  }
  for (w.row = 0; w.row < cells->rows; w.row++) PetscCall(add_line(&w, out));
  PetscCall(sq_text_add(out, "%s", style->end));
  PetscFunctionReturn(0);
}
