/* SPDX-License-Identifier: BSD-3-Clause */
/* The command crossing: the Binder cumulants U_L of many runs as functions of a coupling, and where those of different
 * L cross: the transition. From Monte Carlo ensembles, fields of a model with their weights, or corrected ones. */
#include "src/compare/compare.h"
#include "src/scan/binder.h"
#include "src/scan/scan.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SIZES = 16, RESAMPLES = 1000 };

/* U_L of one lattice as a function of the coupling. */
typedef struct {
  int64_t L;
  int count;
  double coupling[SQ_CURVE_POINTS], value[SQ_CURVE_POINTS], error[SQ_CURVE_POINTS];
  double fields[SQ_CURVE_POINTS], ess[SQ_CURVE_POINTS]; /* that they are of; NaN: without weights */
  char from[SQ_CURVE_POINTS][SQ_IO_NAME];               /* training, generated, corrected */
} binder;

typedef struct {
  int sizes;
  binder of[MOST_SIZES];
  const char *name; /* of the coupling */
  char theory[256]; /* the action without it */
} scan;

/* Fields that a run has, and their file. */
typedef struct {
  const char *name, *file, *kind; /* kind NULL: of any */
} source;
static const source sources[] = {{"ensemble", "ensemble.h5", "ensemble"},
                                 {"samples", "samples.h5", "samples"},
                                 {"corrected", "corrected.h5", NULL},
                                 {0}};

/* What is scanned: the first of these that an action has. */
static const char *const couplings[] = {"kappa", "beta", NULL};

/* Takes " NAME=VALUE" out of the description of an action; name: NULL where it has no coupling. */
static void take_coupling(char *action, const char **name, double *value)
{
  char key[16];
  *name = NULL;
  for (int i = 0; couplings[i] && !*name; i++) {
    snprintf(key, sizeof key, " %s=", couplings[i]);
    char *at = strstr(action, key), *end;
    if (!at) continue;
    *name = couplings[i];
    *value = strtod(at + strlen(key), &end);
    memmove(at, end, strlen(end) + 1);
  }
}

static binder *of_size(scan *s, int64_t L)
{
  int at = 0;
  while (at < s->sizes && s->of[at].L < L) at++;
  if (at < s->sizes && s->of[at].L == L) return &s->of[at];
  if (s->sizes == MOST_SIZES) return NULL;
  memmove(&s->of[at + 1], &s->of[at], (size_t)(s->sizes++ - at) * sizeof *s->of);
  s->of[at] = (binder){.L = L};
  return &s->of[at];
}

/* Puts a point where it belongs among those of its lattice. */
static void insert(binder *b, double coupling, const sq_binder *U, const sq_ensemble *e)
{
  int at = b->count++;
  for (; at > 0 && b->coupling[at - 1] > coupling; at--) {
    b->coupling[at] = b->coupling[at - 1], b->value[at] = b->value[at - 1], b->error[at] = b->error[at - 1];
    b->fields[at] = b->fields[at - 1], b->ess[at] = b->ess[at - 1];
    memcpy(b->from[at], b->from[at - 1], sizeof *b->from);
  }
  b->coupling[at] = coupling;
  b->value[at] = U->value;
  b->error[at] = U->error;
  b->fields[at] = (double)e->count;
  b->ess[at] = U->ess;
  snprintf(b->from[at], sizeof *b->from, "%s", e->name);
}

/* known: false where the weights of the fields are not trusted; they are left out. */
static PetscErrorCode binder_of(MPI_Comm world, const sq_ensemble *e, sq_binder *U, bool *known)
{
  PetscFunctionBeginUser;
  PetscCall(sq_binder_of(e, U));
  *known = U->error > 0;
  SqCheck(*known || !isnan(U->ess), world, SQ_ERR_DATA, "%s: its U_L is not known", e->where);
  if (!*known)
    sq_warn("crossing: %s is left out: its weights are not trusted (effective sample size %.3g)", e->where, U->ess);
  if (U->of_model)
    sq_warn("crossing: %s: fields of a model without weights: their U_L is the model's, not that of exp(-S)", e->where);
  PetscFunctionReturn(0);
}

static PetscErrorCode add_run(MPI_Comm world, scan *s, const sq_ensemble *e)
{
  PetscFunctionBeginUser;
  char theory[256];
  double coupling = 0;
  const char *name;
  sq_binder U;
  bool known = false;
  snprintf(theory, sizeof theory, "%s", e->action);
  take_coupling(theory, &name, &coupling);
  SqCheck(name, world, SQ_ERR_INPUT, "%s: the action %s has neither kappa nor beta to scan", e->where, e->action);
  if (!s->sizes) memcpy(s->theory, theory, sizeof theory);
  if (!s->sizes) s->name = name;
  SqCheck(!strcmp(theory, s->theory), world, SQ_ERR_INPUT,
          "%s: its action is %s, that of the first run %s: only %s may differ", e->where, theory, s->theory, s->name);
  for (int mu = SQ_DIM - e->dim; mu < SQ_DIM; mu++)
    SqCheck(e->extent[mu] == e->extent[3], world, SQ_ERR_INPUT, "%s: its lattice is not a hypercube", e->where);
  binder *b = of_size(s, e->extent[3]);
  SqCheck(b && b->count < SQ_CURVE_POINTS, world, SQ_ERR_INPUT, "%s: more than %d sizes or %d values of %s", e->where,
          MOST_SIZES, SQ_CURVE_POINTS, s->name);
  PetscCall(binder_of(world, e, &U, &known));
  if (known) insert(b, coupling, &U, e);
  PetscFunctionReturn(0);
}

/* What each curve is of. */
static void say_sizes(const scan *s)
{
  for (const binder *b = s->of; b < s->of + s->sizes; b++) {
    double fields = 0, low = INFINITY, high = -INFINITY;
    char weights[80] = "";
    for (int k = 0; k < b->count; k++) {
      fields += b->fields[k];
      if (isnan(b->ess[k])) continue;
      low = fmin(low, b->ess[k]), high = fmax(high, b->ess[k]);
    }
    if (high > 0) snprintf(weights, sizeof weights, " by their weights, effective sample size %.3f to %.3f", low, high);
    sq_info("crossing: L = %lld: %d values of %s, %.0f fields (%s)%s", (long long)b->L, b->count, s->name, fields,
            b->count ? b->from[0] : "none", weights);
  }
}

/* ---- crossings ---- */

static sq_curve curve_of(const binder *b)
{
  return (sq_curve){.points = b->count, .x = b->coupling, .y = b->value, .error = b->error};
}

/* Of each size and the next. */
static PetscErrorCode add_crossings(const scan *s, sq_table *csv, sq_text *marks)
{
  PetscFunctionBeginUser;
  char error[32];
  const sq_column columns[] = {{"L", "%.0f"},
                               {"L_larger", "%.0f"},
                               {s->name, "%.8g"},
                               {error, "%.2g"},
                               {"U_L", "%.6g"},
                               {"U_L_error", "%.2g"},
                               {"resamples_that_cross", "%.3f"},
                               {0}};
  const double sure = 0.9;
  snprintf(error, sizeof error, "%s_error", s->name);
  PetscCall(sq_table_begin(columns, csv));
  PetscCall(sq_text_add(marks, "# crossing\n"));
  for (int i = 0; i + 1 < s->sizes; i++) {
    const binder *a = &s->of[i], *b = &s->of[i + 1];
    const sq_curve first = curve_of(a), second = curve_of(b);
    sq_crossing c;
    PetscCall(sq_obs_crossing(&first, &second, (uint64_t)i, RESAMPLES, &c));
    if (!c.found) {
      sq_warn("crossing: U_L of L = %lld and %lld do not cross where both are known", (long long)a->L, (long long)b->L);
      continue;
    }
    PetscCall(sq_table_add(csv, SQ_ROW(SQ_CELL("L", a->L), SQ_CELL("L_larger", b->L), SQ_CELL(s->name, c.x),
                                       SQ_CELL(error, c.x_error), SQ_CELL("U_L", c.y), SQ_CELL("U_L_error", c.y_error),
                                       SQ_CELL("resamples_that_cross", (double)c.crossed / RESAMPLES))));
    PetscCall(sq_text_add(marks, "%.8g %.6g %.3g\n", c.x, c.y, c.x_error));
    double share = (double)c.crossed / RESAMPLES;
    sq_info("crossing: L = %lld and %lld at %s = %.6f +- %.6f, U_L = %.4f +- %.4f; %.1f %% of the resamples cross "
            "there%s",
            (long long)a->L, (long long)b->L, s->name, c.x, c.x_error, c.y, c.y_error, 100 * share,
            share < sure ? " (not sure: within errors they may not)" : "");
  }
  PetscCall(sq_text_add(marks, "\n\n"));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_points(const scan *s, sq_table *csv, sq_text *data)
{
  PetscFunctionBeginUser;
  const sq_column columns[] = {{"L", "%.0f"},  {s->name, "%.8g"},  {"U_L", "%.8g"}, {"error", "%.3g"},
                               {"from", "%s"}, {"fields", "%.0f"}, {"ess", "%.4g"}, {0}};
  PetscCall(sq_table_begin(columns, csv));
  for (int i = 0; i < s->sizes; i++) {
    const binder *b = &s->of[i];
    PetscCall(sq_text_add(data, "# L = %lld\n", (long long)b->L));
    for (int k = 0; k < b->count; k++) {
      PetscCall(
        sq_table_add(csv, SQ_ROW(SQ_CELL("L", b->L), SQ_CELL(s->name, b->coupling[k]), SQ_CELL("U_L", b->value[k]),
                                 SQ_CELL("error", b->error[k]), SQ_CELL("from", (const char *)b->from[k]),
                                 SQ_CELL("fields", b->fields[k]), SQ_CELL("ess", b->ess[k]))));
      PetscCall(sq_text_add(data, "%.8g %.6g %.3g\n", b->coupling[k], b->value[k], b->error[k]));
    }
    PetscCall(sq_text_add(data, "\n\n"));
  }
  PetscFunctionReturn(0);
}

static const char plot[] = "set ylabel 'U_L' noenhanced\nset key bottom right\n"
                           "plot for [i=1:blocks-1] data index i using 1:2:3 with yerrorlines pt 7 ps 0.6 lc rgb "
                           "colour[(i-1)%5+1] "
                           "title name[i+1], data index 0 using 1:2:3 with xerrorbars pt 6 ps 1.5 lc rgb '#000000' "
                           "title name[1]\n";

static PetscErrorCode write_all(MPI_Comm world, const scan *s)
{
  PetscFunctionBeginUser;
  const sq_canvas canvas = {.world = world, .directory = "crossing", .pictures = true};
  sq_table points, crossings;
  sq_text data = {0};
  int drawn;
  char script[512];
  snprintf(script, sizeof script, "set xlabel '%s'\n%s", s->name, plot);
  const sq_figure figure = {
    .name = "crossing", .title = "Binder cumulants", .caption = "", .width = 700, .height = 500, .script = script};
  PetscCall(sq_make_directory(world, canvas.directory));
  PetscCall(add_crossings(s, &crossings, &data));
  PetscCall(add_points(s, &points, &data));
  PetscCall(sq_write_text(world, "crossing/crossing.csv", crossings.text.text));
  PetscCall(sq_write_text(world, "crossing/points.csv", points.text.text));
  PetscCall(sq_figure_draw(&canvas, &figure, data.text, &drawn));
  sq_info("crossing: tables and figure are in crossing/");
  sq_text_clear(&points.text);
  sq_text_clear(&crossings.text);
  sq_text_clear(&data);
  PetscFunctionReturn(0);
}

/* ---- runs that are not what they seem ---- */

/* Compares run n with those before it. counts: false where it is a run that counts already. */
static PetscErrorCode look_for_kin(int n, const sq_ensemble *runs, int *seeds, bool *counts)
{
  PetscFunctionBeginUser;
  *counts = true;
  for (int i = 0; i < n && *counts; i++) {
    const sq_kinship kinship = sq_ensembles_kinship(&runs[i], &runs[n]);
    if (kinship == SQ_KIN_SEED) ++*seeds;
    if (kinship == SQ_KIN_NONE || kinship == SQ_KIN_SEED) continue;
    *counts = strcmp(runs[i].action, runs[n].action) || memcmp(runs[i].extent, runs[n].extent, sizeof runs[n].extent);
    sq_warn("crossing: %s and %s %s: %s", runs[i].where, runs[n].where, sq_kinship_words(kinship),
            *counts ? "they are not independent, and errors of crossings are not to be trusted" :
                      "the second is left out");
  }
  PetscFunctionReturn(0);
}

/* kind: of the files; a file that was named itself may be of any. */
static PetscErrorCode add_runs(MPI_Comm world, const sq_places *files, const source *from, sq_ensemble *runs, scan *s)
{
  PetscFunctionBeginUser;
  int seeds = 0;
  bool counts;
  for (int i = 0; i < files->count; i++) {
    const char *path = files->path[i], *file = strrchr(path, '/');
    const bool ours = !strcmp(file ? file + 1 : path, from->file);
    PetscCall(sq_scan_read(world, path, ours ? from->kind : NULL, &runs[i], NULL));
    PetscCall(look_for_kin(i, runs, &seeds, &counts));
    if (!counts) continue;
    PetscCall(sq_scan_warn(&runs[i], "crossing"));
    PetscCall(add_run(world, s, &runs[i]));
  }
  if (seeds)
    sq_warn("crossing: %d pairs of runs %s: if they share noise, the errors of crossings are too small", seeds,
            sq_kinship_words(SQ_KIN_SEED));
  PetscFunctionReturn(0);
}

/* What --from says. */
static PetscErrorCode source_of(MPI_Comm world, const sq_words *words, const source **from)
{
  PetscFunctionBeginUser;
  const char *given = sq_words_value(words, "--from");
  *from = sources;
  while ((*from)->name && given && strcmp((*from)->name, given)) ++*from;
  SqCheck((*from)->name, world, SQ_ERR_INPUT, "crossing: --from %s: must be ensemble, samples or corrected", given);
  PetscFunctionReturn(0);
}

static PetscErrorCode make(MPI_Comm world, const sq_places *files, const source *from)
{
  PetscFunctionBeginUser;
  scan *s;
  sq_ensemble *runs;
  SqCheck(files->count >= 4, world, SQ_ERR_INPUT,
          "usage: squall crossing RUN_DIR|FILE ...: runs at two or more values of kappa (or beta) on each of two "
          "or more lattices");
  PetscCall(sq_alloc(1, &s));
  PetscCall(sq_alloc(files->count, &runs));
  PetscErrorCode code = add_runs(world, files, from, runs, s);
  if (!code) say_sizes(s);
  if (!code) code = write_all(world, s);
  for (int i = 0; i < files->count; i++) sq_ensemble_free(&runs[i]);
  sq_free(&runs);
  sq_free(&s);
  PetscCall(code);
  PetscFunctionReturn(0);
}

static PetscErrorCode crossings(MPI_Comm world, const sq_words *words)
{
  PetscFunctionBeginUser;
  const source *from;
  sq_places files;
  PetscCall(source_of(world, words, &from));
  PetscCall(sq_binder_files(world, words->operands, words->operand, from->file, &files));
  PetscErrorCode code = make(world, &files, from);
  sq_places_clear(&files);
  PetscCall(code);
  PetscFunctionReturn(0);
}

const sq_command sq_crossing_command = {.name = "crossing",
                                        .place = SQ_PLACE_LAST,
                                        .usage = "RUN_DIR|FILE...",
                                        .summary = "where the Binder cumulants of runs at several kappa (or beta) and "
                                                   "L cross: the transition",
                                        .options = SQ_OPTIONS({.name = "--from",
                                                               .value = "FIELDS",
                                                               .help = "ensemble (the default), samples (by their "
                                                                       "weights, where they have some) or "
                                                                       "corrected: what of each run, or of the "
                                                                       "couplings of a run of many"}),
                                        .files = crossings,
                                        .serial = true};
