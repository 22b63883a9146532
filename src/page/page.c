/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage report: everything the run has so far -> report/index.html with figures. Anything missing is left out. */
#include "src/page/page.h"
#include <string.h>

/* What is made of the page before its head is known. */
typedef struct {
  sq_text links, body, absent; /* absent: a line for each figure that has too few data */
  bool any;                    /* figure */
} sheet;

static PetscErrorCode add_formats(const sq_figure *f, int drawn, sq_text *out)
{
  PetscFunctionBeginUser;
  const char *ending;
  PetscCall(sq_text_add(out, " <a href=\"%s.dat\">Data</a>, <a href=\"%s.gp\">script</a>", f->name, f->name));
  for (int i = 0; (ending = sq_format_name(i)); i++)
    if (drawn & 1 << i) PetscCall(sq_text_add(out, ", <a href=\"%s.%s\">%s</a>", f->name, ending, ending));
  PetscCall(sq_text_add(out, ".</figcaption>\n</figure>\n"));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_drawn(const sq_report *r, const sq_figure *f, const char *data, sheet *s)
{
  PetscFunctionBeginUser;
  int drawn;
  PetscCall(sq_figure_draw(&r->canvas, f, data, &drawn));
  s->any = true;
  PetscCall(sq_text_add(&s->links, "<a href=\"#%s\">%s</a>\n", f->name, f->title));
  PetscCall(sq_text_add(&s->body, "<figure id=\"%s\">\n<h2>%s</h2>\n", f->name, f->title));
  const char *shown = drawn & SQ_FORMAT_PNG ? "png" : drawn & SQ_FORMAT_SVG ? "svg" : NULL;
  if (shown) PetscCall(sq_text_add(&s->body, "<img src=\"%s.%s\" alt=\"%s\">\n", f->name, shown, f->title));
  PetscCall(sq_text_add(&s->body, "<figcaption>"));
  PetscCall(sq_page_escape(&s->body, f->caption));
  PetscCall(sq_text_add(&s->body, " "));
  PetscCall(sq_page_escape(&s->body, r->what));
  PetscCall(add_formats(f, drawn, &s->body));
  PetscFunctionReturn(0);
}

/* Asks the figure for its data: on every rank the same of what is to be done. */
static PetscErrorCode ask(const sq_report *r, const sq_figure *f, sq_text *data, sq_figure_state *state)
{
  PetscFunctionBeginUser;
  int is;
  PetscCall(f->data(r, data));
  is = !data->used ? SQ_FIGURE_NONE : !strncmp(data->text, SQ_FIGURE_TOO_FEW, 2) ? SQ_FIGURE_FEW : SQ_FIGURE_THERE;
  PetscCallMPI(MPI_Bcast(&is, 1, MPI_INT, 0, r->run->world));
  *state = (sq_figure_state)is;
  PetscFunctionReturn(0);
}

static PetscErrorCode add_figure(const sq_report *r, const sq_figure *f, sheet *s)
{
  PetscFunctionBeginUser;
  sq_text data = {0};
  sq_figure_state state;
  PetscCall(ask(r, f, &data, &state));
  if (state == SQ_FIGURE_THERE) PetscCall(add_drawn(r, f, data.text, s));
  if (state == SQ_FIGURE_FEW && data.used) {
    PetscCall(sq_text_add(&s->absent, "<li>%s: ", f->title));
    PetscCall(sq_page_escape(&s->absent, data.text + 2));
    PetscCall(sq_text_add(&s->absent, "</li>\n"));
  }
  sq_text_clear(&data);
  PetscFunctionReturn(0);
}

/* ---- the stage ---- */

static const sq_option options[] = {
  {"--figure", "NAME", "draw this figure alone; several: s_eff,correlator", NULL, sq_figure_name, "report.figure",
   .list = true},
  {"--format", "LIST", "formats of the figures: png,pdf,svg", NULL, NULL, "report.format"},
  {"--style", "STYLE", "web, or paper: 8.6 cm wide, a serif font, thin lines", NULL, sq_style_name, "report.style"},
  {0}};

static PetscErrorCode is_anything(const sq_report *r, bool *anything)
{
  PetscFunctionBeginUser;
  *anything = r->ensembles || r->history.losses || r->likelihood.jobs;
  for (const sq_figure *const *f = sq_figures; *f && !*anything; f++) {
    sq_text data = {0};
    sq_figure_state state;
    PetscCall(ask(r, *f, &data, &state));
    *anything = state != SQ_FIGURE_NONE;
    sq_text_clear(&data);
  }
  PetscFunctionReturn(0);
}

/* "phi4 ... on 32 x 32; fields: training 5120, generated 10240." */
static PetscErrorCode say_what(const sq_report *r, sq_text *what)
{
  PetscFunctionBeginUser;
  char action[256], extents[64];
  sq_action_describe(&r->run->action, action, sizeof action);
  sq_extents_text(r->run->dim, r->run->extents, extents, sizeof extents);
  PetscCall(sq_text_add(what, "%s on %s", action, extents));
  for (int i = 0; i < r->ensembles; i++)
    PetscCall(
      sq_text_add(what, "%s%s %lld", i ? ", " : "; fields: ", r->ensemble[i].name, (long long)r->ensemble[i].count));
  PetscCall(sq_text_add(what, "."));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_page(const sq_report *r, const sheet *s, sq_text *path_of_page)
{
  PetscFunctionBeginUser;
  sq_text page = {0}, table = {0};
  char path[SQ_PATH];
  PetscCall(sq_page_head(r, s->links.text ? s->links.text : "", &page));
  for (sq_section *const *section = sq_sections; *section; section++) PetscCall((*section)(r, &page));
  if (s->body.used) PetscCall(sq_text_add(&page, "%s", s->body.text));
  if (s->absent.used) PetscCall(sq_text_add(&page, "<h2>Not drawn</h2>\n<ul>\n%s</ul>\n", s->absent.text));
  PetscCall(sq_page_foot(r, &page));
  sq_run_path(r->run, "report/index.html", path);
  PetscCall(sq_write_text(r->run->world, path, page.text));
  PetscCall(sq_text_add(path_of_page, "%s", path));
  PetscCall(sq_page_latex(r, &table));
  sq_run_path(r->run, "report/table.tex", path);
  if (r->ensembles) PetscCall(sq_write_text(r->run->world, path, table.text));
  sq_text_clear(&table);
  sq_text_clear(&page);
  PetscFunctionReturn(0);
}

/* Figures of the deck's choice, without the page; an error where one has nothing to show. */
static PetscErrorCode draw_chosen(const sq_report *r, const sq_page_settings *set)
{
  PetscFunctionBeginUser;
  for (int i = 0; sq_figures[i]; i++) {
    sq_text data = {0};
    sq_figure_state state;
    int drawn;
    if (!set->chosen[i]) continue;
    PetscCall(ask(r, sq_figures[i], &data, &state));
    SqCheck(state == SQ_FIGURE_THERE, r->run->world, SQ_ERR_INPUT, "report.figure: %s: %s", sq_figures[i]->name,
            state == SQ_FIGURE_FEW && data.used ? data.text + 2 :
                                                  "the run has nothing for it: it lacks the stage that it shows");
    PetscCall(sq_figure_draw(&r->canvas, sq_figures[i], data.text, &drawn));
    for (int k = 0; sq_format_name(k); k++)
      if (drawn & 1 << k) sq_info("report: %s/%s.%s", r->canvas.directory, sq_figures[i]->name, sq_format_name(k));
    sq_text_clear(&data);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode make_page(const sq_report *r)
{
  PetscFunctionBeginUser;
  sheet s = {0};
  sq_text path = {0};
  for (const sq_figure *const *f = sq_figures; *f; f++) PetscCall(add_figure(r, *f, &s));
  PetscCall(write_page(r, &s, &path));
  if (!r->where) sq_info("report: %s in %.1f s", path.text, sq_now() - r->began);
  sq_text_clear(&path);
  sq_text_clear(&s.links);
  sq_text_clear(&s.body);
  sq_text_clear(&s.absent);
  PetscFunctionReturn(0);
}

/* The page, or the figures that the deck names; what is drawn while the run goes on, by redraw, is quiet where there is
 * nothing yet. */
static PetscErrorCode draw(sq_run *run, sq_redraw *redraw, const char *where)
{
  PetscFunctionBeginUser;
  sq_page_settings set;
  sq_text what = {0};
  bool anything;
  sq_page_settings_from_deck(run->deck, &set);
  sq_report r = {.run = run,
                 .began = sq_now(),
                 .where = where,
                 .canvas = {.world = run->world,
                            .pictures = redraw ? redraw->pictures : run->figures,
                            .formats = set.formats,
                            .style = set.style}};
  sq_run_path(run, "report", r.canvas.directory);
  PetscCall(sq_report_read(&r));
  PetscCall(say_what(&r, &what));
  r.what = what.text;
  PetscCall(is_anything(&r, &anything));
  SqCheck(anything || redraw, run->world, SQ_ERR_INPUT, "there is nothing to report in %s: run `squall run` first",
          run->directory);
  if (anything) {
    PetscCall(sq_make_directory(run->world, r.canvas.directory));
    PetscCall(sq_canvas_check(&r.canvas));
    PetscCall(set.some ? draw_chosen(&r, &set) : make_page(&r));
  }
  if (redraw) redraw->pictures = r.canvas.pictures;
  sq_text_clear(&what);
  sq_report_clear(&r);
  PetscFunctionReturn(0);
}

static PetscErrorCode report(sq_run *run)
{
  return draw(run, NULL, NULL);
}

static PetscErrorCode draw_again(sq_redraw *redraw, const char *where)
{
  return draw(redraw->run, redraw, where);
}

PetscErrorCode sq_page_redraw_begin(sq_run *run, sq_redraw *redraw)
{
  PetscFunctionBeginUser;
  const double pictures = 3, text = 0.01; /* seconds of the first drawing, about */
  sq_page_settings set;
  sq_page_settings_from_deck(run->deck, &set);
  *redraw = (sq_redraw){
    .run = run, .draw = draw_again, .last = sq_now(), .cost = run->figures ? pictures : text, .pictures = run->figures};
  if (set.refresh && !set.some) run->redraw = redraw;
  PetscFunctionReturn(0);
}

const sq_stage sq_report_stage = {.command = {.name = "report",
                                              .place = SQ_PLACE_REPORT,
                                              .usage = "DECK",
                                              .summary = "draw figures and write report/index.html",
                                              .sections = SQ_DECK("run", "quantum", "report"),
                                              .params = SQ_TABLES(sq_report_params, sq_quantum_params, sq_page_params),
                                              .make = report,
                                              .options = options,
                                              .reads = true,
                                              .serial = true}};
