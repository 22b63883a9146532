/* SPDX-License-Identifier: BSD-3-Clause */
/* The command density: the particle number of runs of the complex field as a function of mu, by whatever made it,
 * beside what is exact: the Silver Blaze figure. */
#include "src/scan/scan.h"
#include "src/verdict/verdict.h"
#include "squall/exact.h"
#include <math.h>
#include <string.h>

enum { MU = 2, GRID = 200 };

/* Who made a point: blocks of the figure. */
typedef enum { WORM, HYBRID, LANGEVIN, DOUBTFUL, EXACT, MAKERS } maker;
static const char *const maker_name[MAKERS] = {"worm", "hybrid Monte Carlo", "complex Langevin",
                                               "complex Langevin (failed a check)", "exact"};

typedef struct {
  MPI_Comm world;
  int runs;
  sq_action action; /* of the first run, */
  int dim;
  int64_t extents[SQ_DIM]; /* and its lattice */
  double low, high;        /* mu */
  sq_table csv;
  sq_text block[MAKERS];
} scan;

static PetscErrorCode add_point(scan *s, maker by, double mu, double density, double error)
{
  PetscFunctionBeginUser;
  PetscCall(sq_table_add(&s->csv, SQ_ROW(SQ_CELL("mu", mu), SQ_CELL("made_by", maker_name[by]),
                                         SQ_CELL("density", density), SQ_CELL("error", error))));
  PetscCall(sq_text_add(&s->block[by], "%.8g %.8g %.3g\n", mu, density, isnan(error) ? 0 : error));
  PetscFunctionReturn(0);
}

/* The density of an ensemble; that of a real field is imaginary, so 0, within the error of what it is. */
static PetscErrorCode add_ensemble(scan *s, const sq_ensemble *e, double mu, const sq_verdicts *v)
{
  PetscFunctionBeginUser;
  const bool made = e->theory, langevin = !isnan(e->order), trusted = sq_verdicts_trusted(v, e->name);
  const bool field = made && !e->theory->flux && !e->theory->complexified;
  const sq_estimate *x = sq_obs_find(&e->table, field ? "density_imag" : "density");
  const maker by = langevin ? (trusted ? LANGEVIN : DOUBTFUL) : field ? HYBRID : WORM;
  if (!x || !(x->error > 0 || x->value == 0)) PetscFunctionReturn(0); /* 0 in every field: no error is known */
  if (!trusted) sq_warn("density: mu = %g: %s has failed a check", mu, e->name);
  PetscCall(add_point(s, by, mu, x->value, x->error));
  PetscFunctionReturn(0);
}

/* What Langevin equations lead to, or the only one; of other chains what is for training. */
static bool counts(const sq_ensemble *e, const sq_ensemble *all, int count)
{
  bool extrapolated = false;
  for (int i = 0; i < count; i++) extrapolated = extrapolated || !strcmp(all[i].name, "langevin");
  if (!strcmp(e->name, "training") || !strcmp(e->name, "langevin")) return true;
  return !extrapolated && !isnan(e->order) && !strstr(e->name, "-test");
}

static PetscErrorCode add_run(scan *s, const sq_run *run)
{
  PetscFunctionBeginUser;
  sq_ensemble e[SQ_ENSEMBLES] = {0};
  sq_verdicts v = {0};
  int count;
  const double mu = run->action.value[MU];
  PetscCall(sq_ensembles_of_run(run, e, &count));
  PetscCall(sq_verdicts_judge(run, e, count, &v));
  for (int i = 0; i < count; i++)
    if (counts(&e[i], e, count)) PetscCall(add_ensemble(s, &e[i], mu, &v));
  s->low = fmin(s->low, mu);
  s->high = fmax(s->high, mu);
  sq_verdicts_clear(&v);
  PetscFunctionReturn(0);
}

/* All runs differ in mu alone. */
static PetscErrorCode check_alike(scan *s, const sq_run *run, const char *directory)
{
  PetscFunctionBeginUser;
  sq_action action = run->action;
  SqCheck(!strcmp(action.type->name, "complex"), s->world, SQ_ERR_INPUT,
          "%s: its action is %s; the command density is for the action complex", directory, action.type->name);
  if (!s->runs++) {
    s->action = action;
    s->dim = run->dim;
    memcpy(s->extents, run->extents, sizeof s->extents);
  }
  action.value[MU] = s->action.value[MU];
  SqCheck(sq_action_equal(&action, &s->action) && run->dim == s->dim &&
            !memcmp(run->extents, s->extents, (size_t)s->dim * sizeof *s->extents),
          s->world, SQ_ERR_INPUT, "%s: its eta, lambda or lattice is not that of the first run: only mu may differ",
          directory);
  PetscFunctionReturn(0);
}

static PetscErrorCode read_run(scan *s, const char *directory)
{
  PetscFunctionBeginUser;
  sq_run *run;
  PetscCall(sq_run_of_directory(s->world, directory, &run));
  PetscCall(check_alike(s, run, directory));
  PetscCall(add_run(s, run));
  PetscCall(sq_run_destroy(&run));
  PetscFunctionReturn(0);
}

/* From the windings' partition functions, n = sum_K K L_0 e^{mu K L_0} Z_K / (V Z). */
static double density_of(const sq_exact_complex *z, double mu, double length, double volume)
{
  double sum = 0, all = 0, top = -INFINITY;
  for (int k = 0; k < z->sectors; k++) top = fmax(top, z->log_sector[k] + fabs(mu) * k * length);
  for (int k = 1 - z->sectors; k < z->sectors; k++) {
    const double weight = exp(z->log_sector[k < 0 ? -k : k] + mu * k * length - top);
    all += weight;
    sum += k * length * weight;
  }
  return sum / all / volume;
}

/* Boxes whose time slices have one site, or two in a row. */
static bool is_box(const scan *s)
{
  int more = 0;
  for (int nu = 1; nu < s->dim; nu++) more += s->extents[nu] == 2 ? 1 : s->extents[nu] > 1 ? 2 : 0;
  return more <= 1 && s->action.value[1] > 0;
}

static PetscErrorCode add_exact(scan *s)
{
  PetscFunctionBeginUser;
  sq_exact_complex z;
  double volume = 1;
  const double length = (double)s->extents[0];
  if (!is_box(s)) PetscFunctionReturn(0);
  for (int nu = 0; nu < s->dim; nu++) volume *= (double)s->extents[nu];
  const double most = fmax(fabs(s->low), fabs(s->high));
  PetscCall(sq_exact_complex_box(s->dim, s->extents, s->action.value[0], s->action.value[1], most, &z));
  for (int i = 0; i <= GRID; i++) {
    const double mu = s->low + (s->high - s->low) * i / GRID;
    PetscCall(sq_text_add(&s->block[EXACT], "%.8g %.8g\n", mu, density_of(&z, mu, length, volume)));
  }
  if (z.sectors > 1)
    sq_info("density: of this lattice, (log Z_0 - log Z_1)/L_0 = %.5f: below it the density goes to 0 as L_0 grows",
            (z.log_sector[0] - z.log_sector[1]) / length);
  PetscFunctionReturn(0);
}

static const char script[] = "set xlabel 'μ'\nset ylabel 'n = ⟨N⟩/V'\n"
                             "set key inside top left vertical maxcols 1\nset tmargin 1\n"
                             "stats data using 1 name 'X' nooutput\nwide = X_max - X_min\n"
                             "set offsets graph 0.03, graph 0.03, 0, 0\n"
                             "known = name[blocks] eq 'exact' ? 1 : 0\n"
                             "plot for [i=1:known] data index blocks-1 using 1:2 lc rgb '#000000' title label[blocks], "
                             "for [i=1:blocks-known] data index i-1 using ($1 + wide*beside(i, blocks-known)):2:3 "
                             "with yerrorbars pt (name[i] eq 'complex Langevin (failed a check)' ? 6 : 7) ps 0.8 "
                             "lc rgb colour[(i-1)%5+1] title label[i]\n";

static PetscErrorCode write_all(scan *s)
{
  PetscFunctionBeginUser;
  static const sq_figure figure = {
    .name = "density", .title = "Particle number", .caption = "", .width = 700, .height = 500, .script = script};
  const sq_canvas canvas = {.world = s->world, .directory = "density", .pictures = true};
  sq_text data = {0};
  int drawn;
  for (int by = 0; by < MAKERS; by++) {
    if (s->block[by].text) PetscCall(sq_text_add(&data, "# %s\n%s\n\n", maker_name[by], s->block[by].text));
    sq_text_clear(&s->block[by]);
  }
  PetscCall(sq_make_directory(s->world, canvas.directory));
  PetscCall(sq_write_text(s->world, "density/density.csv", s->csv.text.text));
  PetscCall(sq_figure_draw(&canvas, &figure, data.text, &drawn));
  sq_info("density: table and figure are in density/");
  sq_text_clear(&s->csv.text);
  sq_text_clear(&data);
  PetscFunctionReturn(0);
}

static PetscErrorCode density(MPI_Comm world, const sq_words *words)
{
  PetscFunctionBeginUser;
  const int count = words->operands;
  const char *const *directories = words->operand;
  static const sq_column columns[] = {{"mu", "%.8g"}, {"made_by", "%s"}, {"density", "%.8g"}, {"error", "%.3g"}, {0}};
  scan s = {.world = world, .low = INFINITY, .high = -INFINITY};
  SqCheck(count >= 2, world, SQ_ERR_INPUT,
          "usage: squall density RUN_DIR RUN_DIR ...: runs of the action complex at two or more values of mu");
  PetscCall(sq_table_begin(columns, &s.csv));
  for (int i = 0; i < count; i++) PetscCall(read_run(&s, directories[i]));
  PetscCall(add_exact(&s));
  PetscCall(write_all(&s));
  PetscFunctionReturn(0);
}

const sq_command sq_density_command = {.name = "density",
                                       .place = SQ_PLACE_LAST,
                                       .usage = "RUN_DIR...",
                                       .summary = "the particle number of runs of the action complex as a function of "
                                                  "mu, with what is exact",
                                       .files = density,
                                       .serial = true};
