/* The figures of the report: for each, the data it is drawn from and the gnuplot commands that draw it. A figure is one
 * row of the table at the end. Data are blocks of rows, two blank lines apart, each after a line "# NAME". */
#include "src/report/report.h"
#include "squall/hmc.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BINS = 60, SHOWN_CHAINS = 4, SHOWN_ROWS = 1000, CHAIN = 0, PROBE = 1, FIRST = 2 };

/* ---- histograms ---- */

static PetscErrorCode add_histogram(const char *name, int64_t n, const double *x, double low, double high, sq_text *out)
{
  PetscFunctionBeginUser;
  sq_histogram h;
  PetscCall(sq_histogram_create(BINS, low, high, &h));
  sq_histogram_add(&h, n, x);
  PetscCall(sq_text_add(out, "# %s\n", name));
  for (int b = 0; b < h.bins; b++) {
    double error, density = sq_histogram_density(&h, b, &error);
    PetscCall(sq_text_add(out, "%.6g %.6g %.3g\n", h.low + (b + 0.5) * (h.high - h.low) / h.bins, density, error));
  }
  PetscCall(sq_text_add(out, "\n\n"));
  sq_histogram_destroy(&h);
  PetscFunctionReturn(0);
}

static PetscErrorCode column_histograms(const sq_report *r, int column, sq_text *out)
{
  PetscFunctionBeginUser;
  double low = INFINITY, high = -INFINITY;
  for (int i = 0; i < r->ensembles; i++)
    if (r->ensemble[i].column[column])
      sq_range_extend(r->ensemble[i].count, r->ensemble[i].column[column], &low, &high);
  if (!(low <= high)) PetscFunctionReturn(0);
  for (int i = 0; i < r->ensembles; i++)
    if (r->ensemble[i].column[column])
      PetscCall(
        add_histogram(r->ensemble[i].name, r->ensemble[i].count, r->ensemble[i].column[column], low, high, out));
  PetscFunctionReturn(0);
}

static PetscErrorCode magnetisation_data(const sq_report *r, sq_text *out)
{
  return column_histograms(r, SQ_OBS_M, out);
}

static PetscErrorCode action_data(const sq_report *r, sq_text *out)
{
  return column_histograms(r, SQ_OBS_ACTION, out);
}

static PetscErrorCode weight_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < r->ensembles; i++) {
    const sq_ensemble *e = &r->ensemble[i];
    double *x, low = INFINITY, high = -INFINITY;
    if (!e->log_weight) continue;
    double log_Z = sq_weights_summary(e->count, e->log_weight).log_mean;
    PetscCall(sq_alloc(e->count, &x));
    for (int64_t n = 0; n < e->count; n++) x[n] = e->log_weight[n] - log_Z;
    sq_range_extend(e->count, x, &low, &high);
    if (low <= high) PetscCall(add_histogram(e->name, e->count, x, low, high, out));
    sq_free(&x);
  }
  PetscFunctionReturn(0);
}

/* ---- G(p) and C(t): from the files of the stage measure ---- */

/* One line of a CSV file of measure: a name and numbers. */
typedef struct {
  char name[SQ_IO_NAME];
  double x, y, error;
} measured;

static bool parse(const char *line, bool multiplicity, measured *m)
{
  return sscanf(line, multiplicity ? "%31[^,],%lf,%*[^,],%lf,%lf" : "%31[^,],%lf,%lf,%lf", m->name, &m->x, &m->y,
                &m->error) == 4;
}

/* Where lines go, and the first ensemble to compare with. */
typedef struct {
  sq_text *out;
  bool multiplicity;
  char name[SQ_IO_NAME], first[SQ_IO_NAME];
  int64_t known, room, row;
  measured *reference;
} comparison;

static PetscErrorCode remember(comparison *c, const measured *m)
{
  PetscFunctionBeginUser;
  if (c->known == c->room) {
    measured *more = realloc(c->reference, (size_t)(c->room = 2 * c->room + 1024) * sizeof *more);
    PetscCheck(more, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory");
    c->reference = more;
  }
  c->reference[c->known++] = *m;
  PetscFunctionReturn(0);
}

/* Blocks of x, y, error, y over that of the first ensemble, its error; the last two where the first has the same x. */
static PetscErrorCode add_measured(const char *line, void *context)
{
  PetscFunctionBeginUser;
  comparison *c = context;
  measured m;
  if (!parse(line, c->multiplicity, &m)) PetscFunctionReturn(0);
  if (!c->first[0]) memcpy(c->first, m.name, sizeof c->first);
  if (strcmp(c->name, m.name)) {
    PetscCall(sq_text_add(c->out, "%s# %s\n", c->name[0] ? "\n\n" : "", m.name));
    memcpy(c->name, m.name, sizeof c->name);
    c->row = 0;
  }
  if (!strcmp(c->name, c->first)) PetscCall(remember(c, &m));
  bool same = c->row < c->known && fabs(c->reference[c->row].x - m.x) <= 1e-9 * (1 + fabs(m.x));
  double ratio = same ? m.y / c->reference[c->row].y : NAN;
  PetscCall(
    sq_text_add(c->out, "%.8g %.8g %.3g %.6g %.3g\n", m.x, m.y, m.error, ratio, fabs(ratio) * fabs(m.error / m.y)));
  c->row++;
  PetscFunctionReturn(0);
}

static PetscErrorCode measured_data(const sq_report *r, const char *file, bool multiplicity, sq_text *out)
{
  PetscFunctionBeginUser;
  comparison c = {.out = out, .multiplicity = multiplicity};
  if (sq_report_one_site(r)) PetscFunctionReturn(0);
  PetscCall(sq_report_lines(r, file, add_measured, &c));
  if (c.name[0]) PetscCall(sq_text_add(out, "\n\n"));
  free(c.reference);
  PetscFunctionReturn(0);
}

static PetscErrorCode propagator_data(const sq_report *r, sq_text *out)
{
  return measured_data(r, "measure_spectra.csv", true, out);
}

static PetscErrorCode correlator_data(const sq_report *r, sq_text *out)
{
  return measured_data(r, "measure_correlator.csv", false, out);
}

/* ---- training ---- */

static PetscErrorCode loss_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  for (int64_t i = 0; i < r->loss.rows; i++) {
    const double *row = r->loss.value + i * r->loss.columns;
    PetscCall(sq_text_add(out, "%.0f %.6g %.6g\n", row[0], row[1], row[2] < 0 ? NAN : row[2]));
  }
  PetscFunctionReturn(0);
}

/* ---- Monte Carlo ---- */

/* A chain's rows, thinned: trajectory, M, S/V, dH. */
static PetscErrorCode add_chain(const sq_rows *series, int64_t first, int64_t rows, sq_text *out)
{
  PetscFunctionBeginUser;
  int64_t step = rows / SHOWN_ROWS + 1;
  for (int64_t i = 0; i < rows; i += step) {
    const double *row = series->value + (first + i) * series->columns + FIRST;
    PetscCall(sq_text_add(out, "%.0f %.5g %.6g %.4g\n", row[SQ_HISTORY_TRAJECTORY], row[SQ_HISTORY_M],
                          row[SQ_HISTORY_ACTION], row[SQ_HISTORY_DH]));
  }
  PetscCall(sq_text_add(out, "\n\n"));
  PetscFunctionReturn(0);
}

static bool same_chain(const sq_rows *series, int64_t a, int64_t b)
{
  const double *x = series->value + a * series->columns, *y = series->value + b * series->columns;
  return x[CHAIN] == y[CHAIN] && x[PROBE] == y[PROBE];
}

/* The first few chains of a series, as blocks named by kind. */
static PetscErrorCode add_chains(const sq_rows *series, bool probes, const char *kind, sq_text *out)
{
  PetscFunctionBeginUser;
  int shown = 0;
  for (int64_t i = 0, end; i < series->rows && shown < SHOWN_CHAINS; i = end) {
    for (end = i + 1; end < series->rows && same_chain(series, i, end);) end++;
    if ((series->value[i * series->columns + PROBE] != 0) != probes) continue;
    PetscCall(sq_text_add(out, "# %s\n", shown++ ? "-" : kind));
    PetscCall(add_chain(series, i, end - i, out));
  }
  for (; shown < SHOWN_CHAINS; shown++)
    PetscCall(sq_text_add(out, "# -\n0 NaN NaN NaN\n\n\n")); /* the script counts on their number */
  PetscFunctionReturn(0);
}

static PetscErrorCode history_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  if (!r->production.rows) PetscFunctionReturn(0);
  PetscCall(add_chains(&r->thermalisation, false, "chains", out));
  PetscCall(add_chains(&r->thermalisation, true, "from the other start", out));
  PetscCall(add_chains(&r->production, false, "production", out));
  PetscFunctionReturn(0);
}

/* ---- the table ---- */

#define HISTOGRAMS(axis)                                                                                               \
  "set xlabel '" axis "'\nset ylabel 'density'\nset style fill solid 0.25 noborder\nset yrange [0:]\n"                 \
  "plot data index 0 using 1:2 with boxes lc rgb colour[1] title name[1], "                                            \
  "for [i=1:blocks-1] data index i using 1:2:3 with yerrorbars pt 7 ps 0.5 lc rgb colour[i+1] title name[i+1]\n"

#define CURVES                                                                                                         \
  "for [i=0:blocks-1] data index i using 1:2:3 with yerrorbars pt 7 ps 0.4 lc rgb colour[i+1] title name[i+1]\n"
#define RATIOS                                                                                                         \
  "set ylabel 'over that of training'\nset yrange [*:*]\nunset logscale y\nset format y '%g'\n"                        \
  "plot 1 lc rgb '#555555' notitle, for [i=1:blocks-1] data index i using 1:4:5 with yerrorbars pt 7 ps 0.4 lc rgb "   \
  "colour[i+1] notitle\n"

const sq_figure sq_figures[] = {
  {"trajectories", "From noise to configurations",
   "Generated fields at falling noise levels s, each in units of its own root mean square. High momenta appear last.",
   1200, 800, sq_picture_data,
   "columns = blocks < 6 ? 1 : 6\nrows = (blocks + columns - 1)/columns\n"
   "set multiplot layout rows,columns margins 0.01,0.99,0.01,0.96 spacing 0.008,0.04\n"
   "unset border\nunset tics\nunset colorbox\nunset key\nunset grid\nset cbrange [-2.5:2.5]\n"
   "set palette defined (0 '#1f3b6f', 1 '#6f9fd0', 2 '#f7f5ef', 3 '#e39a6b', 4 '#8a2b1a')\nset autoscale xfix\nset "
   "autoscale yfix\n"
   "if (columns == 6) set size ratio -1\n"
   "do for [i=0:blocks-1] {\n  set title name[i+1] offset 0,-0.8\n"
   "  plot data index i matrix with image\n}\nunset multiplot\n"},
  {"toy", "The flow of the effective action",
   "One site with noise s: effective action and drift, exact by quadrature (lines) and learned (points), phi in units "
   "of its root mean square; ensembles against exp(-S)/Z (line).",
   1350, 420, sq_toy_data,
   "set multiplot layout 1,3\nset xrange [-3:3]\nset xlabel 'phi / rms'\nset ylabel 'S_{eff} - min'\nset yrange "
   "[0:5]\nset key top center\nlevels = blocks - 2\n"
   "plot for [i=0:levels-1] data index i using 1:2 lc rgb colour[i+1] title name[i+1], for [i=1:levels-1] data index i "
   "using 1:4 every 12 with points pt 6 ps 0.6 lc rgb colour[i+1] notitle\n"
   "set ylabel 'drift * rms'\nset yrange [-6:6]\n"
   "plot for [i=0:levels-1] data index i using 1:3 lc rgb colour[i+1] notitle, for [i=1:levels-1] data index i using "
   "1:5 every 12 with points pt 6 ps 0.6 lc rgb colour[i+1] notitle\n"
   "set xlabel 'phi'\nset ylabel 'density'\nset xrange [*:*]\nset yrange [0:*]\n"
   "plot data index levels using 1:2 lc rgb colour[6] title 'exp(-S)/Z', for [i=levels:levels+1] data index i using "
   "1:3:4 with yerrorbars pt 7 ps 0.4 lc rgb colour[i-levels+3] title name[i+1]\nunset multiplot\n"},
  {"fokker_planck", "The Fokker-Planck equation",
   "The density of phi in Langevin time by the Fokker-Planck equation (lines), beside walkers (points); dashed: "
   "exp(-S/alpha)/Z. Right: relative entropy to the equilibrium.",
   1000, 420, sq_fokker_planck_data,
   "set multiplot layout 1,2\nframes = 5\nset key top left\nset xlabel 'phi'\nset ylabel 'density'\nset yrange [0:*]\n"
   "plot for [i=0:frames-1] data index i using 1:2 lc rgb colour[i+1] title name[i+1], for [i=0:frames-1] data index i "
   "using 1:4:5 with yerrorbars pt 7 ps 0.4 lc rgb colour[i+1] notitle, "
   "data index 0 using 1:3 dt 2 lc rgb '#000000' title 'equilibrium'\n"
   "set key bottom left\nset xlabel 'time'\nset ylabel 'relative entropy'\nset yrange [*:*]\nset logscale xy\nset "
   "format '10^{%T}'\n"
   "plot for [i=frames:blocks-1] data index i using 1:2 with linespoints pt 7 ps 0.5 lc rgb colour[i-frames+1] title "
   "name[i+1]\nunset multiplot\n"},
  {"langevin", "The step size of the Langevin equation",
   "Averages at the step sizes of the run (points), and the fit (line) that leads to step size 0 (the leftmost point).",
   1000, 700, sq_langevin_data,
   "set multiplot layout 2,2\nset xlabel 'eps'\nset xrange [0:*]\nset offsets graph 0.05,graph 0.05,graph 0.1,graph "
   "0.1\nunset key\n"
   "do for [i=0:blocks-1] {\n  set title name[i+1] noenhanced\n"
   "  plot data index i using 1:4 smooth csplines lc rgb colour[3], data index i using 1:2:3 with yerrorbars pt 7 ps "
   "0.7 lc rgb colour[1]\n}\nunset multiplot\n"},
  {"magnetisation", "The magnetisation",
   "Distribution of M, the average of phi over the lattice. Errors are those of independent configurations.", 700, 450,
   magnetisation_data, HISTOGRAMS("M")},
  {"action", "The action", "Distribution of the action density S/V.", 700, 450, action_data, HISTOGRAMS("S/V")},
  {"propagator", "The propagator",
   "G(p) = <|phi_p|^2>/V of every momentum orbit, and its ratio to that of the training ensemble.", 900, 450,
   propagator_data,
   "set multiplot layout 1,2\nset xlabel 'p^2 (lattice momentum, squared)'\nset ylabel 'G(p)'\nset logscale y\nset "
   "format y '10^{%T}'\nplot " CURVES RATIOS "unset multiplot\n"},
  {"correlator", "The correlator",
   "C(t), the zero-momentum correlator of time slices, and its ratio to that of the training ensemble.", 900, 450,
   correlator_data,
   "set multiplot layout 1,2\nset xlabel 't'\nset ylabel 'C(t)'\nplot " CURVES RATIOS "unset multiplot\n"},
  {"quantum_states", "Potential, levels and position",
   "Left: the potential and the levels of the transfer matrix. Right: the density of x at a site, of the ensembles "
   "(points) and of the transfer matrix (line).",
   900, 420, sq_quantum_states_data,
   "set multiplot layout 1,2\nstats data index 0 using 1 name 'X' nooutput\nstats data index 2 every ::0::3 using 2 "
   "name 'E' nooutput\nset xrange [X_min:X_max]\nset xlabel 'x'\nset ylabel 'V(x), E_n'\n"
   "set yrange [0:1.15*E_max]\nset key off\nplot data index 1 using 1:2 lc rgb '#555555', data index 2 using "
   "(X_min):2:(X_max - X_min):(0) with vectors nohead lc rgb colour[1]\n"
   "set ylabel 'density of x'\nset yrange [0:*]\nset key bottom center\nplot data index 0 using 1:2 lc rgb '#555555' "
   "title 'transfer matrix', "
   "for [i=3:blocks-1] data index i using 1:2 every 2 with points pt 6 ps 0.5 lc rgb colour[i-2] title "
   "name[i+1]\nunset multiplot\n"},
  {"quantum", "Quantum mechanics",
   "C(t) and the effective mass of the cosh; lines: the transfer matrix. Masses with errors of more than a tenth are "
   "left out.",
   900, 450, sq_quantum_figure_data,
   "set multiplot layout 1,2\nset xlabel 't'\nset ylabel 'C(t)'\nset logscale y\nset format y '10^{%T}'\nplot data "
   "index 0 using 1:2 lc rgb '#555555' title 'transfer matrix', "
   "for [i=1:blocks-1] data index i using 1:($2 > 2*$3 ? $2 : NaN):3 with yerrorbars pt 7 ps 0.4 lc rgb colour[i] "
   "title name[i+1]\n"
   "set ylabel 'effective mass'\nunset logscale y\nset format y '%g'\nset key off\nset yrange [*:*]\nplot data index 0 "
   "using 1:4 lc rgb '#555555', "
   "for [i=1:blocks-1] data index i using 1:($5 < 0.1*$4 ? $4 : NaN):5 with yerrorbars pt 7 ps 0.4 lc rgb "
   "colour[i]\nunset multiplot\n"},
  {"loss", "Training", "The loss: 1 is the Gaussian part alone. Points: averaged weights on held-out fields.", 700, 450,
   loss_data,
   "set xlabel 'step'\nset ylabel 'loss'\nstats data using 2 nooutput\nif (STATS_min > 1e-9) set logscale y\nplot data "
   "using 1:2 lc rgb colour[1] title 'training', data using 1:3 with points pt 7 ps 0.7 lc rgb colour[3] "
   "title 'held-out'\n"},
  {"weights", "Path weights", "Distribution of log w - log Z of the generated fields: a line at 0 for a perfect model.",
   700, 450, weight_data,
   "set xlabel 'log w - log Z'\nset ylabel 'density'\nset style fill solid 0.25 noborder\nset yrange [0:]\n"
   "plot for [i=0:blocks-1] data index i using 1:2 with boxes lc rgb colour[i+3] title name[i+1]\n"},
  {"effective_action", "The effective action",
   "S_eff = -log q of the probability flow against the action, for held-out and for generated fields, and their "
   "difference less its mean; a perfect model has none.",
   900, 450, sq_effective_action_data,
   "set multiplot layout 1,2\nset xlabel 'S'\nset ylabel 'S_{eff}'\nset key top left\nstats data using ($2 - $1) name "
   "'D' nooutput\n"
   "plot x + D_mean lc rgb '#555555' title 'S + log Z', for [i=0:blocks-1] data index i using 1:2 with points pt 7 ps "
   "0.5 lc rgb colour[2*i+1] title name[i+1]\n"
   "set ylabel 'S_{eff} - S, less its mean'\nplot 0 lc rgb '#555555' notitle, for [i=0:blocks-1] data index i using "
   "1:3:4 with yerrorbars pt 7 ps 0.5 lc rgb colour[2*i+1] notitle\n"
   "unset multiplot\n"},
  {"bounds", "What each step costs",
   "The gap between the bounds on log Z from paths, split over the steps (points), and what a Gaussian step loses of a "
   "perfect denoiser (lines).",
   700, 450, sq_bounds_data,
   "set xlabel 'noise level s'\nset ylabel 'nats'\nset logscale x\nplot for [i=0:blocks-1] data index i using 1:2:3 "
   "with yerrorbars pt 7 ps 0.5 lc rgb colour[i+1] title name[i+1], "
   "for [i=0:blocks-1] data index i using 1:4 lc rgb colour[i+1] notitle\n"},
  {"prior", "The prior",
   "Variance of the sampler's first level over that of the field there, mode by mode, and the relative error of G(p) "
   "that the difference causes on the Gaussian part.",
   900, 400, sq_prior_data,
   "set multiplot layout 1,2\nset xlabel 'p^2 (lattice momentum, squared)'\nset ylabel 'prior over a^2 G + s^2'\nset "
   "yrange [0:1.1]\nplot 1 lc rgb '#555555' notitle, data using 1:2 with points pt 7 ps 0.5 lc rgb colour[3] notitle\n"
   "set ylabel 'relative error of G(p)'\nset yrange [*<-0.001:0.001<*]\nplot 0 lc rgb '#555555' notitle, data using "
   "1:3 with points pt 7 ps 0.5 lc rgb colour[3] notitle\nunset multiplot\n"},
  {"scales", "Noise level and momentum",
   "Where a mode has as much noise as field, along forward paths of held-out fields and along the sampler's "
   "trajectories: high momenta are lost first and come back last. Line: s^2/a^2 = G(p).",
   700, 450, sq_scale_data,
   "set xlabel 'p^2 (lattice momentum, squared)'\nset ylabel 's/a'\nset logscale y\nplot data index 0 using 1:4 lc rgb "
   "'#555555' title 'G(p)^{1/2}', "
   "for [i=0:blocks-1] data index i using 1:2:3 with yerrorbars pt 7 ps 0.5 lc rgb colour[2*i+1] title name[i+1]\n"},
  {"zero_mode", "The flow of the zero mode",
   "-log of the density of M at falling noise levels of the sampler's trajectories: the effective action of the zero "
   "mode.",
   700, 450, sq_zero_mode_data,
   "set xlabel 'M'\nset ylabel 'S_{eff}'\nplot for [i=0:blocks-1] data index i using 1:2:3 with yerrorlines pt 7 ps "
   "0.4 lc rgb colour[i+1] title name[i+1]\n"},
  {"history", "Monte Carlo history",
   "Left: thermalisation of some chains, and of probes that began from the other start. Middle and right: production.",
   1350, 400, history_data,
   "set multiplot layout 1,3\nset xtics nomirror rotate by -30\nset xlabel 'trajectory'\nset key top right\nset ylabel "
   "'M'\n"
   "plot for [i=0:3] data index i using 1:2 lc rgb colour[1] title i ? '' : name[1], for [i=4:7] data index i using "
   "1:2 lc rgb colour[3] title i > 4 ? '' : name[5]\n"
   "set ylabel 'S/V'\nplot for [i=8:11] data index i using 1:3 lc rgb colour[i-7] notitle\n"
   "set ylabel 'dH'\n# where all dH are 0, there still is a range\n"
   "plot for [i=8:11] data index i using 1:4 with points pt 7 ps 0.15 lc rgb colour[i-7] notitle, data index 8 every "
   "::0::0 using 1:(0.01) with points ps 0 notitle\nunset multiplot\n"},
  {"autocorrelation", "Autocorrelation", "Normalised autocorrelation of the production chains, and its integral.", 700,
   450, sq_autocorrelation_data,
   "set xlabel 'trajectories'\nset ylabel 'rho'\n"
   "plot 0 lc rgb '#555555' notitle, for [i=0:blocks-1] data index i using 1:2:3 with yerrorlines pt 7 ps 0.4 lc rgb "
   "colour[i*2+1] title name[i+1]\n"},
  {"chains", "Chains against each other",
   "Autocorrelation of M and |M| along the chains of hybrid Monte Carlo, of the Langevin equation with its smallest "
   "step, and of corrections: after so many trajectories, intervals, proposals or moves (left), and after so much work "
   "(right). The time is that of this run, its ranks and its machine.",
   1300, 450, sq_chains_data,
   "set multiplot layout 1,2\nset xlabel 'trajectories, intervals, proposals, moves'\nset ylabel 'rho'\nset yrange "
   "[-0.2:1]\nset key font ',8'\nshades = 6\n"
   "plot 0 lc rgb '#555555' notitle, for [i=0:blocks-1] data index i using 1:2:3 with yerrorlines pt 7 ps 0.4 lc rgb "
   "colour[i%shades+1] title name[i+1]\n"
   "set xlabel 'core-seconds'\nset logscale x\nset format x '10^{%T}'\nset key off\n"
   "plot 0 lc rgb '#555555', for [i=0:blocks-1] data index i using ($4 > 0 ? $4 : NaN):2:3 with yerrorlines pt 7 ps "
   "0.4 lc rgb colour[i%shades+1]\nunset multiplot\n"},
  {"training_worth", "What training buys",
   "Effective sample size and acceptance of fields generated with the averaged network during training, against the "
   "work of training so far (train.weigh).",
   700, 450, sq_training_worth_data,
   "set xlabel 'training, core-seconds'\nset ylabel 'share'\nset logscale x\nset yrange [0:1]\nset key bottom right\n"
   "plot data using 2:3 with linespoints pt 7 ps 0.7 lc rgb colour[1] title 'effective sample size', data using 2:4 "
   "with linespoints pt 7 ps 0.7 lc rgb colour[3] title 'acceptance'\n"},
  {"volume_worth", "What a volume costs",
   "Effective sample size, acceptance and spread of log w of fields generated on other volumes by the same network; "
   "line: spread growing as the root of the volume (sample.weigh).",
   900, 450, sq_volume_worth_data,
   "set multiplot layout 1,2\nset xlabel 'V'\nset ylabel 'share'\nset logscale xy\nset yrange [*:1]\nset key bottom "
   "left\n"
   "plot data using 1:2 with linespoints pt 7 ps 0.7 lc rgb colour[1] title 'effective sample size', data using 1:3 "
   "with linespoints pt 7 ps 0.7 lc rgb colour[3] title 'acceptance'\n"
   "set ylabel 'spread of log w'\nset yrange [*:*]\nset key top left\nplot data using 1:4 with points pt 7 ps 0.7 lc "
   "rgb colour[1] notitle, data using 1:5 lc rgb '#555555' title 'V^{1/2}'\nunset multiplot\n"},
  {0}};
