/* The stage report: everything the run has so far -> report/index.html with figures. Anything missing is left out. */
#include "src/compare/compare.h"
#include "src/report/report.h"
#include "src/run/input.h"
#include "src/verdict/verdict.h"
#include <math.h>
#include <string.h>

/* ---- reading ---- */

static PetscErrorCode read_histories(sq_report *r)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  bool exists;
  sq_grid *grid;
  sq_records *records;
  sq_run_ensemble(r->run, path);
  PetscCall(sq_file_exists(r->run->world, path, &exists));
  if (!exists) PetscFunctionReturn(0);
  PetscCall(sq_input_check(r->run, path));
  PetscCall(sq_grid_create(r->run->world, 1, &grid));
  PetscCall(sq_records_open(grid, NULL, path, &records));
  PetscCall(sq_records_get_series(records, "thermalisation", &r->thermalisation.rows, &r->thermalisation.columns,
                                  &r->thermalisation.value));
  PetscCall(
    sq_records_get_series(records, "production", &r->production.rows, &r->production.columns, &r->production.value));
  PetscCall(sq_records_close(&records));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_weighing(const sq_store *store, sq_report *r)
{
  PetscFunctionBeginUser;
  const int64_t columns = sizeof(sq_weighing_row) / sizeof(double);
  const double *values;
  if (!r->losses || sq_store_length(store, "history_weighing") != columns * r->losses) PetscFunctionReturn(0);
  PetscCall(sq_store_reals(store, "history_weighing", columns * r->losses, &values));
  r->weighings = r->losses;
  PetscCall(sq_alloc(r->weighings, &r->weighing));
  memcpy(r->weighing, values, (size_t)r->weighings * sizeof *r->weighing);
  PetscFunctionReturn(0);
}

static PetscErrorCode read_loss(sq_report *r)
{
  PetscFunctionBeginUser;
  enum { COLUMNS = sizeof(sq_history_row) / sizeof(double) };
  char path[SQ_PATH];
  bool found;
  sq_store *store;
  const double *values;
  sq_run_path(r->run, "model.h5", path);
  PetscCall(sq_store_read(r->run->world, path, "model", false, &store, &found));
  if (!found) PetscFunctionReturn(0);
  PetscCall(sq_input_check(r->run, path));
  int64_t count = sq_store_length(store, "history");
  if (count > 0) {
    PetscCall(sq_store_reals(store, "history", count, &values));
    r->losses = count / COLUMNS;
    PetscCall(sq_alloc(r->losses, &r->loss));
    memcpy(r->loss, values, (size_t)r->losses * sizeof *r->loss);
  }
  PetscCall(read_weighing(store, r));
  PetscCall(sq_store_destroy(&store));
  PetscFunctionReturn(0);
}

static void clear(sq_report *r)
{
  sq_free(&r->thermalisation.value);
  sq_free(&r->production.value);
  sq_free(&r->loss);
  sq_free(&r->weighing);
  sq_likelihood_clear(&r->likelihood);
}

/* ---- the page ---- */

static PetscErrorCode add_escaped(sq_text *page, const char *text)
{
  PetscFunctionBeginUser;
  for (; *text; text++) {
    if (*text == '<') PetscCall(sq_text_add(page, "&lt;"));
    else if (*text == '>') PetscCall(sq_text_add(page, "&gt;"));
    else if (*text == '"') PetscCall(sq_text_add(page, "&quot;"));
    else if (*text == '&') PetscCall(sq_text_add(page, "&amp;"));
    else PetscCall(sq_text_add(page, "%c", *text));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode add_head(const sq_report *r, sq_text *page)
{
  PetscFunctionBeginUser;
  char action[256], extents[64];
  sq_action_describe(&r->run->action, action, sizeof action);
  sq_extents_text(r->run->dim, r->run->extents, extents, sizeof extents);
  PetscCall(sq_text_add(page,
                        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>squall: %s, "
                        "%s</title>\n<style>\n"
                        "body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: "
                        "#222; }\n"
                        "table { border-collapse: collapse; font-size: 14px; } td, th { padding: 2px 10px; text-align: "
                        "right; border-bottom: 1px solid #ddd; }\n"
                        "td:first-child, th:first-child, .words td, .words th { text-align: left; } .far { color: "
                        "#b3401a; font-weight: "
                        "bold; }\n"
                        "figure { margin: 2em 0; } img { max-width: 100%%; } figcaption { color: #555; } pre { "
                        "overflow-x: auto; background: #f6f6f4; padding: 1em; font-size: 13px; }\n"
                        "</style>\n</head>\n<body>\n<h1>%s on %s</h1>\n<p>Seed %llu. ",
                        action, extents, action, extents, (unsigned long long)r->run->seed));
  PetscCall(add_escaped(page, sq_version()));
  PetscCall(sq_text_add(page, ".</p>\n"));
  PetscFunctionReturn(0);
}

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
    PetscCall(add_escaped(page, row->sentence));
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
  PetscCall(sq_text_add(page, "<table>\n<tr><th></th>"));
  for (int i = 0; i < r->ensembles; i++)
    PetscCall(sq_text_add(page, "<th>%s</th>%s", r->ensemble[i].name, i ? "<th>difference</th>" : ""));
  PetscCall(sq_text_add(page, "</tr>\n<tr><td>configurations</td>"));
  for (int i = 0; i < r->ensembles; i++)
    PetscCall(sq_text_add(page, "<td>%lld</td>%s", (long long)r->ensemble[i].count, i ? "<td></td>" : ""));
  PetscCall(sq_text_add(page, "</tr>\n"));
  for (int row = 0; row < r->ensemble[0].table.count; row++)
    PetscCall(add_table_row(r, r->ensemble[0].table.row[row].name, page));
  PetscCall(sq_text_add(page,
                        "</table>\n<p>Differences are from %s, in combined errors; errors are one standard "
                        "deviation.</p>\n",
                        r->ensemble[0].name));
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

static PetscErrorCode add_figure(const sq_report *r, const sq_figure *f, sq_text *page)
{
  PetscFunctionBeginUser;
  sq_text data = {0};
  bool drawn;
  int something;
  PetscCall(f->data(r, &data));
  something = data.used > 0;
  PetscCallMPI(MPI_Bcast(&something, 1, MPI_INT, 0, r->run->world));
  if (!something) PetscFunctionReturn(0);
  PetscCall(sq_figure_draw(&r->canvas, f, data.text, &drawn));
  PetscCall(sq_text_add(page, "<figure>\n<h2>%s</h2>\n", f->title));
  if (drawn) PetscCall(sq_text_add(page, "<img src=\"%s.png\" alt=\"%s\">\n", f->name, f->title));
  PetscCall(add_escaped(page, f->caption));
  PetscCall(
    sq_text_add(page, " <a href=\"%s.dat\">Data</a>, <a href=\"%s.gp\">script</a>.\n</figure>\n", f->name, f->name));
  sq_text_clear(&data);
  PetscFunctionReturn(0);
}

static PetscErrorCode add_deck(const sq_report *r, sq_text *page)
{
  PetscFunctionBeginUser;
  char *deck;
  PetscCall(sq_deck_text_of(r->run->deck, NULL, true, &deck));
  PetscCall(sq_text_add(page, "<h2>The deck</h2>\n<pre>"));
  PetscCall(add_escaped(page, deck));
  PetscCall(sq_text_add(page, "</pre>\n</body>\n</html>\n"));
  sq_free(&deck);
  PetscFunctionReturn(0);
}

/* ---- the stage ---- */

/* Whether there is anything to show. */
static PetscErrorCode check_something(const sq_report *r)
{
  PetscFunctionBeginUser;
  int something = r->ensembles || r->losses || r->likelihood.jobs;
  for (const sq_figure *const *f = sq_figures; *f && !something; f++) {
    sq_text data = {0};
    PetscCall((*f)->data(r, &data));
    something = data.used > 0;
    PetscCallMPI(MPI_Bcast(&something, 1, MPI_INT, 0, r->run->world));
    sq_text_clear(&data);
  }
  SqCheck(something, r->run->world, SQ_ERR_INPUT, "there is nothing to report in %s: run `squall run` first",
          r->run->directory);
  PetscFunctionReturn(0);
}

static PetscErrorCode report(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_report r = {.run = run, .canvas = {.world = run->world, .pictures = run->figures}};
  sq_text page = {0};
  double began = sq_now();
  char path[SQ_PATH];
  bool found;
  sq_run_path(run, "report", r.canvas.directory);
  PetscCall(sq_ensembles_of_run(run, r.ensemble, &r.ensembles));
  PetscCall(read_histories(&r));
  PetscCall(read_loss(&r));
  PetscCall(sq_likelihood_read(run, &r.likelihood, &found));
  PetscCall(sq_report_log_Z(&r));
  PetscCall(check_something(&r));
  PetscCall(sq_make_directory(run->world, r.canvas.directory));
  PetscCall(add_head(&r, &page));
  for (sq_section *const *s = sq_sections; *s; s++) PetscCall((*s)(&r, &page));
  for (const sq_figure *const *f = sq_figures; *f; f++) PetscCall(add_figure(&r, *f, &page));
  PetscCall(add_deck(&r, &page));
  sq_run_path(run, "report/index.html", path);
  PetscCall(sq_write_text(run->world, path, page.text));
  sq_text_clear(&page);
  clear(&r);
  sq_info("report: %s in %.1f s", path, sq_now() - began);
  PetscFunctionReturn(0);
}

const sq_stage sq_report_stage = {.command = {.name = "report",
                                              .place = SQ_PLACE_REPORT,
                                              .usage = "DECK",
                                              .summary = "draw figures and write report/index.html",
                                              .sections = SQ_DECK("run", "quantum", "report"),
                                              .params = SQ_TABLES(sq_report_params, sq_quantum_params),
                                              .make = report,
                                              .reads = true}};
