/* SPDX-License-Identifier: BSD-3-Clause */
/* Sections of the page: the ensembles side by side, the verdicts on them, likelihoods. */
#include "src/compare/compare.h"
#include "src/page/page.h"
#include "src/verdict/verdict.h"
#include <math.h>
#include <string.h>

/* ---- the table ---- */

static PetscErrorCode add_table_row(const sq_report *r, const char *name, sq_text *page)
{
  PetscFunctionBeginUser;
  const sq_estimate *first = sq_obs_find(&r->ensemble[0].table, name);
  PetscCall(sq_text_add(page, "<tr><td>%s</td>", name));
  for (int i = 0; i < r->ensembles; i++) {
    const sq_estimate *x = sq_obs_find(&r->ensemble[i].table, name);
    char text[64] = "&ndash;";
    if (x) sq_value_text(x, text, sizeof text);
    PetscCall(sq_text_add(page, "<td>%s</td>", text));
    if (!i) continue;
    double sigmas = sq_compare_can(&r->ensemble[i], &r->ensemble[0], name) ? sq_sigmas(x, first) : NAN;
    PetscCall(sq_text_add(page, isnan(sigmas) ? "<td>&ndash;</td>" : "<td%s>%+.1f</td>",
                          fabs(sigmas) > sq_sigmas_agree ? " class=\"far\"" : "", sigmas));
  }
  PetscCall(sq_text_add(page, "</tr>\n"));
  PetscFunctionReturn(0);
}

/* A row of measure.csv that the tables of observables have not: of every ensemble that has one. */
static PetscErrorCode add_measured_row(const sq_report *r, sq_cells *t, const char *name, sq_text *page)
{
  PetscFunctionBeginUser;
  bool any = false;
  sq_text row = {0};
  for (int i = 0; i < r->ensembles; i++) {
    sq_estimate x;
    char text[64] = "&ndash;";
    if (sq_page_measured(t, r->ensemble[i].name, name, &x)) any = true, sq_value_text(&x, text, sizeof text);
    PetscCall(sq_text_add(&row, "<td>%s</td>%s", text, i ? "<td>&ndash;</td>" : ""));
  }
  if (any) PetscCall(sq_text_add(page, "<tr><td>%s</td>%s</tr>\n", name, row.text));
  sq_text_clear(&row);
  PetscFunctionReturn(0);
}

const char *const sq_page_measured_rows[] = {"chi2_fit", "xi_fit", "ess", "log_Z", "acceptance", NULL};

bool sq_page_measured(sq_cells *t, const char *ensemble, const char *name, sq_estimate *x)
{
  for (int64_t i = 0; i < t->rows; i++) {
    if (strcmp(sq_cells_word(t, i, "ensemble"), ensemble) || strcmp(sq_cells_word(t, i, "observable"), name)) continue;
    *x = (sq_estimate){.value = sq_cells_number(t, i, "value"),
                       .error = sq_cells_number(t, i, "error"),
                       .error_of_error = NAN,
                       .tau_int = NAN,
                       .tau_int_error = NAN};
    return true;
  }
  return false;
}

static PetscErrorCode add_table(const sq_report *r, sq_text *page)
{
  PetscFunctionBeginUser;
  sq_cells measured;
  PetscCall(sq_text_add(page, "<table id=\"ensembles\">\n<tr><th></th>"));
  for (int i = 0; i < r->ensembles; i++)
    PetscCall(sq_text_add(page, "<th>%s</th>%s", r->ensemble[i].name, i ? "<th>difference</th>" : ""));
  PetscCall(sq_text_add(page, "</tr>\n<tr><td>configurations</td>"));
  for (int i = 0; i < r->ensembles; i++)
    PetscCall(sq_text_add(page, "<td>%lld</td>%s", (long long)r->ensemble[i].count, i ? "<td></td>" : ""));
  PetscCall(sq_text_add(page, "</tr>\n"));
  for (int row = 0; row < r->ensemble[0].table.count; row++)
    PetscCall(add_table_row(r, r->ensemble[0].table.row[row].name, page));
  PetscCall(sq_report_table(r, "measure.csv", &measured));
  for (const char *const *name = sq_page_measured_rows; *name; name++)
    PetscCall(add_measured_row(r, &measured, *name, page));
  sq_cells_clear(&measured);
  PetscCall(sq_text_add(page,
                        "</table>\n<p>Differences are from %s, in combined errors; errors are one standard "
                        "deviation. For LaTeX: <a href=\"table.tex\">table.tex</a>.</p>\n",
                        r->ensemble[0].name));
  PetscFunctionReturn(0);
}

/* ---- verdicts ---- */

/* The list of verdicts; what failed is marked. */
static PetscErrorCode add_verdict_table(const sq_report *r, sq_text *page)
{
  PetscFunctionBeginUser;
  sq_verdicts v = {0};
  PetscCall(sq_verdicts_judge(r->run, r->ensemble, r->ensembles, &v));
  if (v.count)
    PetscCall(sq_text_add(page, "<h2>Verdicts</h2>\n<table class=\"words\">\n<tr><th>ensemble</th><th>check</th>"
                                "<th>verdict</th><th>in words</th></tr>\n"));
  for (const sq_verdict *row = v.row; row < v.row + v.count; row++) {
    PetscCall(sq_text_add(page, "<tr%s><td>%s</td><td>%s</td><td>%s</td><td>", row->passed ? "" : " class=\"far\"",
                          row->ensemble, row->check, sq_verdict_word(row)));
    PetscCall(sq_page_escape(page, row->sentence));
    PetscCall(sq_text_add(page, "</td></tr>\n"));
  }
  if (v.count)
    PetscCall(sq_text_add(page, "</table>\n<p>FAILED: the numbers of this ensemble are not to be trusted as they are. "
                                "Limits, and what to do: doc/guide.md, The verdicts. p: how often good chains differ "
                                "as "
                                "much; (?): the error is not known.</p>\n"));
  sq_verdicts_clear(&v);
  PetscFunctionReturn(0);
}

/* What is said of each ensemble: against the first, as a correction. */
static PetscErrorCode add_verdicts(const sq_report *r, sq_text *page)
{
  PetscFunctionBeginUser;
  for (int i = 1; i < r->ensembles; i++) {
    PetscCall(sq_text_add(page, "<p>"));
    PetscCall(sq_compare_verdict(r->run, &r->ensemble[i], &r->ensemble[0], page));
    PetscCall(sq_text_add(page, "</p>\n"));
  }
  for (int i = 0; i < r->ensembles; i++) {
    if (sq_ensemble_is_corrected(&r->ensemble[i])) {
      PetscCall(sq_text_add(page, "<p>"));
      PetscCall(sq_correct_verdict(r->run, &r->ensemble[i], page));
      PetscCall(sq_text_add(page, ".</p>\n"));
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_section_ensembles(const sq_report *r, sq_text *page)
{
  PetscFunctionBeginUser;
  if (!r->ensembles) PetscFunctionReturn(0);
  PetscCall(add_table(r, page));
  PetscCall(add_verdict_table(r, page));
  PetscCall(add_verdicts(r, page));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_section_likelihood(const sq_report *r, sq_text *page)
{
  PetscFunctionBeginUser;
  sq_text words = {0};
  if (!r->likelihood.jobs) PetscFunctionReturn(0);
  PetscCall(sq_likelihood_words(&r->likelihood, &words));
  PetscCall(sq_text_add(page, "<p>"));
  for (const char *c = words.text; *c; c++) PetscCall(sq_text_add(page, *c == '\n' ? "<br>%c" : "%c", *c));
  PetscCall(sq_text_add(page, "</p>\n"));
  sq_text_clear(&words);
  PetscFunctionReturn(0);
}
