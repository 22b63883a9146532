/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of ensembles for LaTeX: report/table.tex, a tabular of values with errors in their last digits. */
#include "src/page/page.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Text with what LaTeX asks for before its special characters. */
static PetscErrorCode add_plain(sq_text *out, const char *text)
{
  PetscFunctionBeginUser;
  for (; *text; text++) PetscCall(sq_text_add(out, strchr("_%&#$", *text) ? "\\%c" : "%c", *text));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_name(sq_text *out, const char *name)
{
  PetscFunctionBeginUser;
  const sq_symbol *symbol = sq_symbol_find(name);
  if (symbol) PetscCall(sq_text_add(out, "%s", symbol->latex));
  else PetscCall(add_plain(out, name));
  PetscFunctionReturn(0);
}

/* A cell; the estimate may be NULL, and is left out where its value is not known. An exponent becomes a power of ten.
 */
static PetscErrorCode add_cell(sq_text *out, const sq_estimate *x)
{
  PetscFunctionBeginUser;
  char text[64], *rest;
  if (!x || isnan(x->value)) {
    PetscCall(sq_text_add(out, " & --"));
    PetscFunctionReturn(0);
  }
  sq_value_text(x, text, sizeof text);
  const size_t mantissa = strcspn(text, "e");
  if (!text[mantissa]) {
    PetscCall(sq_text_add(out, " & $%s$", text));
  } else {
    const long power = strtol(text + mantissa + 1, &rest, 10);
    PetscCall(sq_text_add(out, " & $%.*s%s\\times10^{%ld}$", (int)mantissa, text, rest, power));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode add_measured(const sq_report *r, sq_cells *t, const char *name, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_estimate x[SQ_ENSEMBLES];
  bool has[SQ_ENSEMBLES], any = false;
  for (int i = 0; i < r->ensembles; i++) any = (has[i] = sq_page_measured(t, r->ensemble[i].name, name, &x[i])) || any;
  if (!any) PetscFunctionReturn(0);
  PetscCall(add_name(out, name));
  for (int i = 0; i < r->ensembles; i++) PetscCall(add_cell(out, has[i] ? &x[i] : NULL));
  PetscCall(sq_text_add(out, " \\\\\n"));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_head(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  PetscCall(sq_text_add(out, "%% %s\n\\begin{tabular}{l", r->what));
  for (int i = 0; i < r->ensembles; i++) PetscCall(sq_text_add(out, "r"));
  PetscCall(sq_text_add(out, "}\n\\hline\n"));
  for (int i = 0; i < r->ensembles; i++) {
    PetscCall(sq_text_add(out, " & "));
    PetscCall(add_plain(out, r->ensemble[i].name));
  }
  PetscCall(sq_text_add(out, " \\\\\n\\hline\nfields"));
  for (int i = 0; i < r->ensembles; i++) PetscCall(sq_text_add(out, " & $%lld$", (long long)r->ensemble[i].count));
  PetscCall(sq_text_add(out, " \\\\\n"));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_page_latex(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_cells measured;
  if (!r->ensembles) PetscFunctionReturn(0);
  PetscCall(add_head(r, out));
  for (int row = 0; row < r->ensemble[0].table.count; row++) {
    const char *name = r->ensemble[0].table.row[row].name;
    PetscCall(add_name(out, name));
    for (int i = 0; i < r->ensembles; i++) PetscCall(add_cell(out, sq_obs_find(&r->ensemble[i].table, name)));
    PetscCall(sq_text_add(out, " \\\\\n"));
  }
  PetscCall(sq_report_table(r, "measure.csv", &measured));
  for (const char *const *name = sq_page_measured_rows; *name; name++)
    PetscCall(add_measured(r, &measured, *name, out));
  sq_cells_clear(&measured);
  PetscCall(sq_text_add(out, "\\hline\n\\end{tabular}\n"));
  PetscFunctionReturn(0);
}
