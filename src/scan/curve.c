/* SPDX-License-Identifier: BSD-3-Clause */
/* The command curve: any row of measure.csv of many runs against the parameter of the action in which they differ,
 * beside the exact curve where one is known: the free energy against beta. */
#include "squall/known.h"
#include "src/scan/scan.h"
#include "src/verdict/verdict.h"
#include <math.h>
#include <string.h>

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
enum { GRID = 32, MOST_POINTS = 1024 };

/* One number of one ensemble of one run. */
typedef struct {
  char ensemble[SQ_IO_NAME], extents[64];
  int run;
  double value, error, exact; /* exact: NaN where it is not known */
  bool trusted;
} point;

typedef struct {
  sq_action action;
  int64_t extents[SQ_DIM];
} place;

typedef struct {
  MPI_Comm world;
  const char *observable;
  int runs, points, parameter; /* parameter: of the action, in which they differ */
  place *run;                  /* [runs] */
  point *point;                /* [MOST_POINTS] */
} scan;

/* ---- reading ---- */

static bool is_trusted(const sq_verdicts *v, const char *ensemble)
{
  char weights[SQ_IO_NAME + 16];
  snprintf(weights, sizeof weights, "weights of %.20s", ensemble);
  return sq_verdicts_trusted(v, ensemble) && sq_verdicts_trusted(v, weights);
}

/* Words of a file mean nothing in scripts. */
static void copy_plain(const char *from, size_t size, char *to)
{
  snprintf(to, size, "%s", from);
  for (; *(to += strspn(to, PLAIN " .+-()")); to++) *to = '_';
}

/* Held-out fields are of the chains that training is of. */
static PetscErrorCode add_rows(scan *s, const sq_run *run, sq_cells *cells, const sq_verdicts *v)
{
  PetscFunctionBeginUser;
  for (int64_t i = 0; i < cells->rows; i++) {
    const char *ensemble = sq_cells_word(cells, i, "ensemble");
    if (strcmp(sq_cells_word(cells, i, "observable"), s->observable) || !strcmp(ensemble, "testing")) continue;
    SqCheck(s->points < MOST_POINTS, s->world, SQ_ERR_INPUT, "curve: more than %d points", MOST_POINTS);
    point *p = &s->point[s->points++];
    *p = (point){.run = s->runs,
                 .value = sq_cells_number(cells, i, "value"),
                 .error = sq_cells_number(cells, i, "error"),
                 .trusted = is_trusted(v, ensemble)};
    copy_plain(ensemble, sizeof p->ensemble, p->ensemble);
    sq_extents_text(run->dim, run->extents, p->extents, sizeof p->extents);
    if (!p->trusted) sq_warn("curve: %s: %s has failed a check (verdicts.csv)", run->directory, ensemble);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode add_run(scan *s, const sq_run *run)
{
  PetscFunctionBeginUser;
  sq_ensemble e[SQ_ENSEMBLES] = {0};
  sq_verdicts v = {0};
  sq_cells cells = {0};
  char path[SQ_PATH];
  int count, before = s->points;
  sq_run_path(run, "measure.csv", path);
  PetscCall(sq_cells_read(path, &cells));
  PetscCall(sq_ensembles_of_run(run, e, &count));
  PetscCall(sq_verdicts_judge(run, e, count, &v));
  PetscErrorCode code = add_rows(s, run, &cells, &v);
  sq_verdicts_clear(&v);
  sq_cells_clear(&cells);
  PetscCall(code);
  if (s->points == before)
    sq_warn("curve: %s has no row %s: it is left out (run `squall measure` first)", path, s->observable);
  s->run[s->runs].action = run->action;
  memcpy(s->run[s->runs++].extents, run->extents, sizeof run->extents);
  PetscFunctionReturn(0);
}

static PetscErrorCode read_run(scan *s, const char *directory)
{
  PetscFunctionBeginUser;
  sq_run *run;
  PetscCall(sq_run_of_directory(s->world, directory, &run));
  PetscCall(add_run(s, run));
  PetscCall(sq_run_destroy(&run));
  PetscFunctionReturn(0);
}

/* The parameter in which the runs differ. */
static PetscErrorCode find_parameter(scan *s)
{
  PetscFunctionBeginUser;
  const sq_action *first = &s->run[0].action;
  s->parameter = -1;
  for (int i = 1; i < s->runs; i++) {
    const sq_action *a = &s->run[i].action;
    SqCheck(a->type == first->type && a->dim == first->dim, s->world, SQ_ERR_INPUT,
            "curve: runs of the action %s in %d dimensions and of %s in %d: they may differ in one parameter and in "
            "their extents",
            first->type->name, first->dim, a->type->name, a->dim);
    for (int k = 0; a->type->params[k].key; k++) {
      if (a->value[k] == first->value[k]) continue;
      SqCheck(s->parameter < 0 || s->parameter == k, s->world, SQ_ERR_INPUT,
              "curve: the runs differ in %s and in %s: they may differ in one parameter of the action",
              a->type->params[PetscMax(s->parameter, 0)].key, a->type->params[k].key);
      s->parameter = k;
    }
  }
  SqCheck(s->parameter >= 0, s->world, SQ_ERR_INPUT,
          "curve: the runs have the same action: they must differ in one of its parameters");
  PetscFunctionReturn(0);
}

/* ---- the table ---- */

static PetscErrorCode exact_of(const scan *s, const place *at, double x, double *exact)
{
  PetscFunctionBeginUser;
  sq_action action = at->action;
  action.value[s->parameter] = x;
  PetscCall(sq_known_value(&action, at->extents, s->observable, exact));
  PetscFunctionReturn(0);
}

static const char *key_of(const scan *s)
{
  return s->run[0].action.type->params[s->parameter].key;
}

static double x_of(const scan *s, const point *p)
{
  return s->run[p->run].action.value[s->parameter];
}

/* Of every point; ensembles of one run have the same. */
static PetscErrorCode find_exact(scan *s)
{
  PetscFunctionBeginUser;
  for (point *p = s->point; p < s->point + s->points; p++) {
    if (p > s->point && p[-1].run == p->run) p->exact = p[-1].exact;
    else PetscCall(exact_of(s, &s->run[p->run], x_of(s, p), &p->exact));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode add_table(const scan *s, sq_table *csv)
{
  PetscFunctionBeginUser;
  for (const point *p = s->point; p < s->point + s->points; p++) {
    const sq_cell row[] = {SQ_CELL(key_of(s), x_of(s, p)),
                           SQ_CELL("extents", (const char *)p->extents),
                           SQ_CELL("ensemble", (const char *)p->ensemble),
                           SQ_CELL("value", p->value),
                           SQ_CELL("error", p->error),
                           SQ_CELL("exact", p->exact),
                           SQ_CELL("sigmas", p->error > 0 ? (p->value - p->exact) / p->error : NAN),
                           SQ_CELL("trusted", p->trusted),
                           {0}};
    PetscCall(sq_table_add(csv, row));
  }
  PetscFunctionReturn(0);
}

/* ---- the figure ---- */

static bool same_curve(const point *a, const point *b)
{
  return !strcmp(a->ensemble, b->ensemble) && !strcmp(a->extents, b->extents);
}

/* What is drawn: data in blocks, and what gnuplot does with each: above, and, where something is exact, the difference
 * from it below. */
typedef struct {
  sq_text data, above, below;
  int blocks, colours;
} drawing;

/* using: columns; style: what stands after them; difference: whether a point has one. */
static PetscErrorCode add_block(drawing *d, const char *name, const char *extents, const char *using, const char *style,
                                const char *title, bool difference)
{
  PetscFunctionBeginUser;
  PetscCall(sq_text_add(&d->data, "# %s, %s\n", name, extents));
  PetscCall(sq_text_add(&d->above, "%s data index %d using %s %s title '%s, %s%s'", d->blocks ? "," : "plot", d->blocks,
                        using, style, name, extents, title));
  if (difference)
    PetscCall(sq_text_add(&d->below, "%s data index %d using ($1 + aside(%d)):4:3 %s notitle",
                          d->below.text ? "," : "plot 0 lc rgb '#000000' notitle,", d->blocks, d->colours, style));
  d->blocks++;
  PetscFunctionReturn(0);
}

/* An ensemble on a lattice, those of its points that are trusted or are not. */
static PetscErrorCode add_points_of(const scan *s, const point *first, bool trusted, drawing *d)
{
  PetscFunctionBeginUser;
  char style[128], using[64];
  bool any = false;
  snprintf(using, sizeof using, "($1 + aside(%d)):2:3", d->colours);
  for (const point *p = first; p < s->point + s->points; p++) {
    if (!same_curve(p, first) || p->trusted != trusted || isnan(p->value)) continue;
    snprintf(style, sizeof style, "with yerrorbars pt %d ps 0.8 lc rgb colour[%d]", trusted ? 7 : 6,
             1 + d->colours % 5);
    if (!any)
      PetscCall(
        add_block(d, p->ensemble, p->extents, using, style, trusted ? "" : " (failed a check)", !isnan(p->exact)));
    PetscCall(sq_text_add(&d->data, "%.10g %.10g %.3g %.6g\n", x_of(s, p), p->value, isnan(p->error) ? 0 : p->error,
                          p->value - p->exact));
    any = true;
  }
  if (any) PetscCall(sq_text_add(&d->data, "\n\n"));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_points(const scan *s, drawing *d)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < s->points; i++) {
    int before = 0;
    while (before < i && !same_curve(&s->point[before], &s->point[i])) before++;
    if (before < i) continue;
    PetscCall(add_points_of(s, &s->point[i], true, d));
    PetscCall(add_points_of(s, &s->point[i], false, d));
    d->colours++;
  }
  PetscFunctionReturn(0);
}

/* The exact curve of one lattice, where one is known. */
static PetscErrorCode add_exact(const scan *s, const place *at, drawing *d)
{
  PetscFunctionBeginUser;
  double low = INFINITY, high = -INFINITY, exact;
  char extents[64];
  for (int i = 0; i < s->runs; i++) {
    low = fmin(low, s->run[i].action.value[s->parameter]);
    high = fmax(high, s->run[i].action.value[s->parameter]);
  }
  PetscCall(exact_of(s, at, low, &exact));
  if (isnan(exact)) PetscFunctionReturn(0);
  sq_extents_text(at->action.dim, at->extents, extents, sizeof extents);
  PetscCall(add_block(d, "exact", extents, "1:2", "with lines lc rgb '#000000'", "", false));
  for (int i = 0; i <= GRID; i++) {
    const double x = low + (high - low) * i / GRID;
    PetscCall(exact_of(s, at, x, &exact));
    if (!isnan(exact)) PetscCall(sq_text_add(&d->data, "%.10g %.10g\n", x, exact));
  }
  PetscCall(sq_text_add(&d->data, "\n\n"));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_all_exact(const scan *s, drawing *d)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < s->runs; i++) {
    int before = 0;
    while (before < i && memcmp(s->run[before].extents, s->run[i].extents, sizeof s->run[i].extents) != 0) before++;
    if (before == i) PetscCall(add_exact(s, &s->run[i], d));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode draw(const scan *s, const sq_canvas *canvas)
{
  PetscFunctionBeginUser;
  drawing d = {0};
  sq_text script = {0};
  int drawn;
  PetscCall(add_all_exact(s, &d));
  PetscCall(add_points(s, &d));
  PetscCall(sq_text_add(&script,
                        "set offsets graph 0.03, graph 0.03, graph 0.06, graph 0.06\nstats data using 1 name 'X' "
                        "nooutput\naside(k) = (X_max - X_min)*beside(k + 1, %d)\n",
                        d.colours));
  if (d.below.text) PetscCall(sq_text_add(&script, "set multiplot layout 2,1\n"));
  PetscCall(sq_text_add(&script, "set xlabel '"));
  PetscCall(sq_symbol_add(key_of(s), &script));
  PetscCall(sq_text_add(&script, "'\nset ylabel '"));
  PetscCall(sq_symbol_add(s->observable, &script));
  PetscCall(sq_text_add(&script, "'\n%s\n", d.above.text ? d.above.text : ""));
  if (d.below.text)
    PetscCall(sq_text_add(&script, "set ylabel 'difference from exact'\n%s\nunset multiplot\n", d.below.text));
  const sq_figure figure = {.name = s->observable,
                            .title = s->observable,
                            .width = 700,
                            .height = d.below.text ? 750 : 500,
                            .script = script.text};
  if (d.blocks) PetscCall(sq_figure_draw(canvas, &figure, d.data.text, &drawn));
  sq_text_clear(&d.data);
  sq_text_clear(&d.above);
  sq_text_clear(&d.below);
  sq_text_clear(&script);
  PetscFunctionReturn(0);
}

static PetscErrorCode write_all(const scan *s)
{
  PetscFunctionBeginUser;
  const sq_column columns[] = {{key_of(s), "%.10g"}, {"extents", "%s"},   {"ensemble", "%s"},
                               {"value", "%.10g"},   {"error", "%.4g"},   {"exact", "%.12g"},
                               {"sigmas", "%.3g"},   {"trusted", "%.0f"}, {0}};
  const sq_canvas canvas = {.world = s->world, .directory = "curve", .pictures = true};
  sq_table csv;
  char path[128];
  PetscCall(sq_table_begin(columns, &csv));
  PetscCall(add_table(s, &csv));
  PetscCall(sq_make_directory(s->world, canvas.directory));
  snprintf(path, sizeof path, "curve/%s.csv", s->observable);
  PetscCall(sq_write_text(s->world, path, csv.text.text));
  sq_text_clear(&csv.text);
  PetscCall(draw(s, &canvas));
  sq_info("curve: %d points of %s in %s; the figure is beside it", s->points, s->observable, path);
  PetscFunctionReturn(0);
}

/* ---- the command ---- */

static PetscErrorCode make(scan *s, int count, const char *const *directories)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < count; i++) PetscCall(read_run(s, directories[i]));
  PetscCall(find_parameter(s));
  SqCheck(s->points, s->world, SQ_ERR_INPUT,
          "curve: no run has a row %s in its measure.csv; the names are in doc/file-format.md", s->observable);
  PetscCall(find_exact(s));
  PetscCall(write_all(s));
  PetscFunctionReturn(0);
}

static PetscErrorCode curve(MPI_Comm world, const sq_words *words)
{
  PetscFunctionBeginUser;
  const int count = words->operands;
  const char *const *operand = words->operand;
  scan s = {.world = world};
  SqCheck(count >= 3 && strspn(operand[0], PLAIN) == strlen(operand[0]) && strlen(operand[0]) < 64, world, SQ_ERR_INPUT,
          "usage: squall curve ROW RUN_DIR RUN_DIR ...: a row of measure.csv, such as free_energy, and runs that "
          "differ in one parameter of the action");
  s.observable = operand[0];
  PetscCall(sq_alloc(count, &s.run));
  PetscCall(sq_alloc(MOST_POINTS, &s.point));
  PetscErrorCode code = make(&s, count - 1, operand + 1);
  sq_free(&s.run);
  sq_free(&s.point);
  PetscCall(code);
  PetscFunctionReturn(0);
}

const sq_command sq_curve_command = {.name = "curve",
                                     .place = SQ_PLACE_LAST,
                                     .usage = "ROW RUN_DIR...",
                                     .summary = "a row of measure.csv of many runs, such as free_energy, against the "
                                                "parameter in which they differ, with what is exact",
                                     .files = curve,
                                     .serial = true};
