/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands around the sections of the page: its head with the numbers that matter most, links, the deck. */
#include "src/page/page.h"
#include "src/verdict/verdict.h"
#include <math.h>
#include <string.h>
#include <time.h>

PetscErrorCode sq_page_escape(sq_text *page, const char *text)
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

static const char style[] =
  "body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #222; }\n"
  "table { border-collapse: collapse; font-size: 14px; } td, th { padding: 2px 10px; text-align: right; "
  "border-bottom: 1px solid #ddd; }\n"
  "td:first-child, th:first-child, .words td, .words th { text-align: left; } .far { color: #b3401a; font-weight: "
  "bold; }\n"
  "figure { margin: 2em 0; } img { display: block; max-width: 100%; } figcaption { color: #555; margin-top: 0.5em; }\n"
  "nav { font-size: 14px; line-height: 1.8; } nav a { margin-right: 1em; } .numbers td { font-size: 18px; "
  "border: none; padding-right: 2em; } .numbers small { display: block; color: #555; font-size: 13px; }\n"
  "summary { cursor: pointer; } pre { overflow-x: auto; background: #f6f6f4; padding: 1em; font-size: 13px; }\n";

/* ---- the numbers that matter most ---- */

static PetscErrorCode add_number(sq_text *page, const sq_estimate *x, const char *name, const char *ensemble)
{
  PetscFunctionBeginUser;
  char text[64];
  sq_value_text(x, text, sizeof text);
  PetscCall(sq_text_add(page, "<td>%s<small>%s, %s</small></td>\n", text, name, ensemble));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_verdicts(const sq_report *r, sq_text *page)
{
  PetscFunctionBeginUser;
  sq_verdicts v = {0};
  int failed = 0;
  PetscCall(sq_verdicts_judge(r->run, r->ensemble, r->ensembles, &v));
  for (int i = 0; i < v.count; i++) failed += !v.row[i].passed;
  if (v.count)
    PetscCall(sq_text_add(page, "<td%s>%d of %d<small>verdicts passed</small></td>\n", failed ? " class=\"far\"" : "",
                          v.count - failed, v.count));
  sq_verdicts_clear(&v);
  PetscFunctionReturn(0);
}

/* Effective sample size, log Z, acceptance, verdicts. */
static PetscErrorCode add_numbers(const sq_report *r, sq_text *page)
{
  PetscFunctionBeginUser;
  if (!r->ensembles) PetscFunctionReturn(0);
  PetscCall(sq_text_add(page, "<table class=\"numbers\"><tr>\n"));
  for (int i = 0; i < r->ensembles; i++) {
    const sq_ensemble *e = &r->ensemble[i];
    if (e->log_weight) {
      const sq_estimate ess = sq_weights_ess(&e->weights), log_Z = sq_weights_log_Z(&e->weights);
      PetscCall(add_number(page, &ess, "effective sample size", e->name));
      PetscCall(add_number(page, &log_Z, "log Z", e->name));
    }
    if (!isnan(e->acceptance))
      PetscCall(sq_text_add(page, "<td>%.3f<small>acceptance, %s</small></td>\n", e->acceptance, e->name));
  }
  PetscCall(add_verdicts(r, page));
  PetscCall(sq_text_add(page, "</tr></table>\n"));
  PetscFunctionReturn(0);
}

/* ---- head and foot ---- */

static PetscErrorCode add_where(const sq_report *r, sq_text *page)
{
  PetscFunctionBeginUser;
  char now[32];
  time_t clock = time(NULL);
  strftime(now, sizeof now, "%Y-%m-%d %H:%M UTC", gmtime(&clock));
  PetscCall(sq_text_add(page,
                        "<p id=\"goes_on\">The run goes on: %s, at %s. The page shows what is there so far. It is "
                        "drawn "
                        "again while the run goes on, and this window loads it once a minute.</p>\n",
                        r->where, now));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_page_head(const sq_report *r, const char *links, sq_text *page)
{
  PetscFunctionBeginUser;
  char action[256], extents[64];
  sq_action_describe(&r->run->action, action, sizeof action);
  sq_extents_text(r->run->dim, r->run->extents, extents, sizeof extents);
  PetscCall(sq_text_add(page,
                        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n%s<title>squall: "
                        "%s, %s</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>%s on %s</h1>\n<p>Seed %llu. ",
                        r->where ? "<meta http-equiv=\"refresh\" content=\"60\">\n" : "", action, extents, style,
                        action, extents, (unsigned long long)r->run->seed));
  PetscCall(sq_page_escape(page, sq_version()));
  PetscCall(sq_text_add(page, ".</p>\n"));
  if (r->where) PetscCall(add_where(r, page));
  PetscCall(sq_text_add(page, "<nav>%s</nav>\n", links));
  PetscCall(add_numbers(r, page));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_page_foot(const sq_report *r, sq_text *page)
{
  PetscFunctionBeginUser;
  char *deck;
  PetscCall(sq_deck_text_of(r->run->deck, NULL, true, &deck));
  PetscCall(sq_text_add(page, "<details id=\"deck\"><summary>The deck</summary>\n<pre>"));
  PetscCall(sq_page_escape(page, deck));
  PetscCall(sq_text_add(page, "</pre>\n</details>\n</body>\n</html>\n"));
  sq_free(&deck);
  PetscFunctionReturn(0);
}
