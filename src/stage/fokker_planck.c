/* The stage fokker-planck, for lattices of one or two sites: the density of the Langevin process in time by its
 * Fokker-Planck equation, beside histograms of walkers -> fokker_planck.csv, fokker_planck_times.csv; relaxation rates
 * from the operator, from the decay and from the walkers' autocorrelation -> fokker_planck_rates.csv. Repeated for
 * alpha, 2 alpha, ... of the noise.
 */
#include "squall/fokkerplanck.h"
#include "src/stage/stage.h"
#include <math.h>

enum { RATES = 6, RESOLUTIONS = 3, PIECE = 500 /* steps of walkers between looks at the clock */ };
static const double box_height = 40; /* S/alpha on the edges of the box: beyond is nothing */
static const double seen = 1e-3;     /* share of M's variance from which a mode counts */

typedef struct {
  sq_run *run;
  sq_fokker_planck_problem problem;
  sq_fokker_planck *fp;
  sq_walkers *walkers;
  int sites, bins, index;            /* index: which alpha */
  double rate[RATES], weight[RATES]; /* of the operator */
  int mode;                          /* the slowest that M sees */
  double time, *share;               /* of the last frame; [bins^sites] probabilities */
  int64_t *count;
  double last_checkpoint;
  sq_text *density, *times, *rates;
} stage;

static int64_t cells_of(const stage *s, int each)
{
  return s->sites == 1 ? each : (int64_t)each * each;
}

static PetscErrorCode add_quantity(const stage *s, const char *quantity, double value, double error)
{
  PetscFunctionBeginUser;
  PetscCall(sq_text_add(s->rates, "%g,%s,%.10g,%.4g\n", s->problem.alpha, quantity, value, error));
  PetscFunctionReturn(0);
}

/* ---- set-up ---- */

static PetscErrorCode describe(stage *s)
{
  PetscFunctionBeginUser;
  const sq_run *run = s->run;
  double volume = 1;
  for (int i = 0; i < run->dim; i++) volume *= (double)run->extents[i];
  SqCheck(volume <= SQ_FP_SITES && run->dim < SQ_DIM, run->world, SQ_ERR_INPUT,
          "%s: the Fokker-Planck equation is solved for lattices of one or two sites (lattice.extents: [1] or [2])",
          sq_deck_where(run->deck, "lattice", "extents"));
  s->sites = (int)volume;
  s->bins = (int)sq_deck_int(run->deck, "fokker-planck", "bins");
  int points = (int)sq_deck_int(run->deck, "fokker-planck", "points");
  if (s->bins < 0) s->bins = s->sites == 1 ? 48 : 24;
  if (points < 0) points = s->sites == 1 ? 480 : 144;
  s->problem.action = run->action;
  s->problem.points = (points + s->bins - 1) / s->bins * s->bins;
  for (int i = 0; i < run->dim; i++) s->problem.extent[i] = run->extents[i];
  PetscCall(sq_alloc(cells_of(s, s->bins), &s->share));
  PetscCall(sq_alloc(cells_of(s, s->bins), &s->count));
  PetscFunctionReturn(0);
}

/* The slowest rate that M sees, at coarser grids too: the order of the grid. */
static PetscErrorCode resolve(stage *s)
{
  PetscFunctionBeginUser;
  double slow[RESOLUTIONS];
  for (int k = 0; k < RESOLUTIONS; k++) {
    sq_fokker_planck_problem coarse = s->problem;
    sq_fokker_planck *fp;
    double rate[RATES], weight[RATES];
    char name[48];
    coarse.points = s->problem.points >> (RESOLUTIONS - 1 - k);
    PetscCall(sq_fokker_planck_create(s->run->world, &coarse, &fp));
    PetscCall(sq_fokker_planck_spectrum(fp, RATES, rate, weight));
    slow[k] = rate[s->mode];
    snprintf(name, sizeof name, "rate_%d_points_%d", s->mode, coarse.points);
    PetscCall(add_quantity(s, name, slow[k], NAN));
    snprintf(name, sizeof name, "log_Z_points_%d", coarse.points);
    PetscCall(add_quantity(s, name, sq_fokker_planck_log_Z(fp), NAN));
    PetscCall(sq_fokker_planck_destroy(&fp));
  }
  double order = log2((slow[1] - slow[0]) / (slow[2] - slow[1]));
  PetscCall(add_quantity(s, "order_of_the_grid", order, NAN));
  sq_info("fokker-planck: rate %.6g, %.6g, %.6g with %d, %d, %d cells in each direction: order %.2f", slow[0], slow[1],
          slow[2], s->problem.points / 4, s->problem.points / 2, s->problem.points, order);
  PetscFunctionReturn(0);
}

static PetscErrorCode set_alpha(stage *s, int index)
{
  PetscFunctionBeginUser;
  s->index = index;
  s->problem.alpha = ldexp(sq_deck_real(s->run->deck, "fokker-planck", "alpha"), index);
  PetscCall(
    sq_fokker_planck_reach(&s->problem.action, s->problem.extent, s->problem.alpha, box_height, &s->problem.reach));
  PetscCall(sq_fokker_planck_create(s->run->world, &s->problem, &s->fp));
  PetscCall(sq_fokker_planck_spectrum(s->fp, RATES, s->rate, s->weight));
  for (s->mode = 1; s->mode < RATES - 1 && s->weight[s->mode] < seen;) s->mode++;
  for (int n = 0; n < RATES; n++) {
    char name[32];
    snprintf(name, sizeof name, "rate_%d", n);
    PetscCall(add_quantity(s, name, s->rate[n], NAN));
    snprintf(name, sizeof name, "weight_%d", n);
    PetscCall(add_quantity(s, name, s->weight[n], NAN));
  }
  double time = sq_deck_real(s->run->deck, "fokker-planck", "time");
  s->time = time > 0 ? time : 2 / s->rate[s->mode];
  sq_info("fokker-planck: alpha = %g, %d cells in each direction of [-%.3g, %.3g]; rates %.5g %.5g %.5g; the slowest "
          "that M sees: %.5g",
          s->problem.alpha, s->problem.points, s->problem.reach, s->problem.reach, s->rate[1], s->rate[2], s->rate[3],
          s->rate[s->mode]);
  PetscFunctionReturn(0);
}

/* ---- frames: the density and the walkers side by side ---- */

/* Steps of the walkers that make up a time, exactly. */
static int64_t walker_steps(const sq_run *run, double time)
{
  return (int64_t)fmax(1, ceil(time / sq_deck_real(run->deck, "fokker-planck", "eps")));
}

static PetscErrorCode walk(stage *s, const char *what, double time)
{
  PetscFunctionBeginUser;
  int64_t steps = walker_steps(s->run, time);
  sq_progress progress;
  s->walkers->eps = time / (double)steps;
  sq_progress_begin(&progress, what, 0, steps);
  for (int64_t done = 0; done < steps;) {
    int64_t piece = PetscMin((int64_t)PIECE, steps - done);
    sq_walkers_advance(s->walkers, piece);
    done += piece;
    if (sq_progress_due(&progress)) {
      sq_run_status(s->run, "fokker-planck", "running", done, steps);
      sq_progress_show(&progress, done, "alpha %g", s->problem.alpha);
    }
    PetscCall(sq_run_obey(s->run, "fokker-planck", 1)); /* short: it begins anew */
  }
  PetscFunctionReturn(0);
}

/* share[bins^sites] of a density on the grid. */
static void bin_density(const stage *s, const double *density, double *share)
{
  int points = s->problem.points, group = points / s->bins;
  double cell = pow(2 * s->problem.reach / points, s->sites);
  for (int64_t b = 0; b < cells_of(s, s->bins); b++) share[b] = 0;
  for (int64_t c = 0; c < cells_of(s, points); c++) {
    int64_t i = c % points / group, j = s->sites == 1 ? 0 : c / points / group;
    share[j * s->bins + i] += density[c] * cell;
  }
}

static PetscErrorCode add_bins(stage *s, double time, const double *equilibrium)
{
  PetscFunctionBeginUser;
  double width = 2 * s->problem.reach / s->bins, area = pow(width, s->sites), total = (double)s->walkers->total;
  for (int64_t b = 0; b < cells_of(s, s->bins); b++) {
    double phi_0 = -s->problem.reach + width * ((double)(s->sites == 1 ? b : b / s->bins) + 0.5),
           phi_1 = -s->problem.reach + width * ((double)(b % s->bins) + 0.5);
    PetscCall(sq_text_add(s->density, "%g,%.8g,%.8g,", s->problem.alpha, time, phi_0));
    if (s->sites > 1) PetscCall(sq_text_add(s->density, "%.8g,", phi_1));
    PetscCall(sq_text_add(s->density, "%.8g,%.8g,%.8g,%.4g\n", s->share[b] / area, equilibrium[b] / area,
                          (double)s->count[b] / total / area, sqrt(s->share[b] * (1 - s->share[b]) / total) / area));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode add_frame(stage *s, double time, double *density, const double *equilibrium)
{
  PetscFunctionBeginUser;
  const double least = 10;
  sq_fokker_planck_state state;
  PetscCall(sq_fokker_planck_measure(s->fp, &state));
  PetscCall(sq_fokker_planck_density(s->fp, false, density));
  bin_density(s, density, s->share);
  PetscCall(sq_walkers_histogram(s->walkers, s->bins, s->problem.reach, s->count));
  PetscCall(add_bins(s, time, equilibrium));
  sq_chi_square test = sq_chi_square_test((int)cells_of(s, s->bins), s->count, s->share, s->walkers->total, least);
  PetscCall(sq_text_add(s->times, "%g,%.8g,%.16g,%.3g,%.3g,%.8g,%.8g,%.8g,%.6g,%d,%.4g\n", s->problem.alpha, time,
                        state.mass, state.leak, state.minimum, state.relative_entropy, state.M, state.M2, test.chi2,
                        test.freedom, test.p));
  sq_info("fokker-planck: time %-9.4g mass 1%+.0e (rounding: %.0e), least %.1e, relative entropy %.3e; walkers: chi2 = "
          "%.1f with %d degrees of freedom, p = %.3g",
          time, state.mass - 1, state.leak, state.minimum, state.relative_entropy, test.chi2, test.freedom, test.p);
  PetscFunctionReturn(0);
}

static PetscErrorCode make_walkers(stage *s, uint64_t use)
{
  PetscFunctionBeginUser;
  const sq_deck *deck = s->run->deck;
  PetscCall(sq_walkers_create(s->run->world, &s->problem.action, s->problem.extent, s->problem.alpha,
                              sq_deck_real(deck, "fokker-planck", "eps"), sq_deck_int(deck, "fokker-planck", "walkers"),
                              s->run->seed, 2 * (uint64_t)s->index + use, &s->walkers));
  PetscFunctionReturn(0);
}

static PetscErrorCode make_frames(stage *s)
{
  PetscFunctionBeginUser;
  const sq_deck *deck = s->run->deck;
  double ordered = sq_action_ordered_value(&s->problem.action), start = sq_deck_real(deck, "fokker-planck", "start"),
         width = sq_deck_real(deck, "fokker-planck", "width");
  double time = 0, *density, *equilibrium;
  int frames = (int)sq_deck_int(deck, "fokker-planck", "frames");
  if (start < 0) start = ordered > 0 ? ordered : 1;
  const double centre[SQ_FP_SITES] = {start, start};
  PetscCall(sq_alloc(cells_of(s, s->problem.points), &density));
  PetscCall(sq_alloc(cells_of(s, s->bins), &equilibrium));
  PetscCall(sq_fokker_planck_density(s->fp, true, density));
  bin_density(s, density, equilibrium);
  PetscCall(make_walkers(s, 0));
  sq_walkers_start(s->walkers, centre, width);
  PetscCall(sq_fokker_planck_start(s->fp, centre, width));
  for (int k = 0; k < frames; k++) {
    double next = ldexp(s->time, k - frames + 1);
    PetscCall(sq_fokker_planck_advance(s->fp, next - time, sq_deck_int(deck, "fokker-planck", "steps")));
    PetscCall(walk(s, "histogram", next - time));
    PetscCall(add_frame(s, next, density, equilibrium));
    time = next;
  }
  PetscCall(sq_walkers_destroy(&s->walkers));
  sq_free(&density);
  sq_free(&equilibrium);
  PetscFunctionReturn(0);
}

/* ---- rates ---- */

/* From the decay of <M> after the last frame: an implicit step divides a mode by 1 + dtau rate. Then on to the
 * stationary state. */
static PetscErrorCode measure_decay(stage *s)
{
  PetscFunctionBeginUser;
  enum { STEPS = 24, LONG_STEPS = 30 };
  sq_fokker_planck_state before, after;
  double step = 0.25 / s->rate[s->mode], *density, *equilibrium, worst = 0, largest = 0;
  PetscCall(sq_fokker_planck_advance(s->fp, (STEPS - 1) * step, STEPS - 1));
  PetscCall(sq_fokker_planck_measure(s->fp, &before));
  PetscCall(sq_fokker_planck_advance(s->fp, step, 1));
  PetscCall(sq_fokker_planck_measure(s->fp, &after));
  double decay = (before.M / after.M - 1) / step;
  PetscCall(sq_fokker_planck_advance(s->fp, LONG_STEPS * 40 * step, LONG_STEPS));
  PetscCall(sq_alloc(cells_of(s, s->problem.points), &density));
  PetscCall(sq_alloc(cells_of(s, s->problem.points), &equilibrium));
  PetscCall(sq_fokker_planck_density(s->fp, false, density));
  PetscCall(sq_fokker_planck_density(s->fp, true, equilibrium));
  for (int64_t c = 0; c < cells_of(s, s->problem.points); c++) {
    worst = fmax(worst, fabs(density[c] - equilibrium[c]));
    largest = fmax(largest, equilibrium[c]);
  }
  PetscCall(add_quantity(s, "rate_from_decay", decay, NAN));
  PetscCall(add_quantity(s, "stationary_state_off_by", worst / largest, NAN));
  sq_info("fokker-planck: rate %.6g from the decay of <M>, %.6g from the operator; stationary state exp(-S/alpha)/Z to "
          "%.1e of its maximum",
          decay, s->rate[s->mode], worst / largest);
  sq_free(&density);
  sq_free(&equilibrium);
  PetscFunctionReturn(0);
}

/* C(t) at two times; their logarithm's slope. */
static double slope(const double *mean, const void *context)
{
  return log(mean[0] / mean[1]) / *(const double *)context;
}

/* product[total] = M(0) M(now) of all walkers, on every rank. */
static PetscErrorCode correlate(const stage *s, const double *first, double *product)
{
  PetscFunctionBeginUser;
  const sq_walkers *w = s->walkers;
  int *counts, *places, size = s->run->size, mine = (int)w->count;
  double *now;
  PetscCall(sq_alloc(w->count, &now));
  PetscCall(sq_alloc(size, &counts));
  PetscCall(sq_alloc(size, &places));
  sq_walkers_average(w, now);
  for (int64_t i = 0; i < w->count; i++) now[i] *= first[i];
  PetscCallMPI(MPI_Allgather(&mine, 1, MPI_INT, counts, 1, MPI_INT, s->run->world));
  for (int r = 1; r < size; r++) places[r] = places[r - 1] + counts[r - 1];
  PetscCallMPI(MPI_Allgatherv(now, mine, MPI_DOUBLE, product, counts, places, MPI_DOUBLE, s->run->world));
  sq_free(&now);
  sq_free(&counts);
  sq_free(&places);
  PetscFunctionReturn(0);
}

/* The time from which faster modes are gone from the autocorrelation of M, all but a share of about 1e-3, if that is
 * soon enough. */
static double pure_from(const stage *s)
{
  double from = 0, slowest = s->rate[s->mode];
  for (int n = s->mode + 1; n < RATES; n++)
    if (s->weight[n] > 0) from = fmax(from, log(1e3 * s->weight[n] / s->weight[s->mode]) / (s->rate[n] - slowest));
  return fmin(fmax(from, 0.1 / slowest), 0.5 / slowest);
}

static PetscErrorCode measure_autocorrelation(stage *s)
{
  PetscFunctionBeginUser;
  double *density, *first, *product[2], from = pure_from(s), window = 1 / s->rate[s->mode];
  sq_estimate measured;
  PetscCall(make_walkers(s, 1));
  PetscCall(sq_alloc(cells_of(s, s->problem.points), &density));
  PetscCall(sq_alloc(s->walkers->count, &first));
  for (int k = 0; k < 2; k++) PetscCall(sq_alloc(s->walkers->total, &product[k]));
  PetscCall(sq_fokker_planck_density(s->fp, true, density));
  PetscCall(sq_walkers_start_density(s->walkers, s->problem.points, s->problem.reach, density));
  sq_walkers_average(s->walkers, first);
  PetscCall(walk(s, "autocorrelation", from));
  PetscCall(correlate(s, first, product[0]));
  PetscCall(walk(s, "autocorrelation", window));
  PetscCall(correlate(s, first, product[1]));
  sq_series series = {.n = s->walkers->total, .column = (const double *const *)product, .chains = 1};
  sq_derived rate = {.primaries = 2, .function = slope, .context = &window};
  PetscCall(sq_gamma(&series, &rate, &measured));
  PetscCall(add_quantity(s, "rate_from_walkers", measured.value, measured.error));
  sq_info("fokker-planck: alpha = %g: rate %.5g(%.2g) from the autocorrelation of %lld walkers, %.5g from the operator "
          "(%+.1f sigma)",
          s->problem.alpha, measured.value, measured.error, (long long)s->walkers->total, s->rate[s->mode],
          (measured.value - s->rate[s->mode]) / measured.error);
  for (int k = 0; k < 2; k++) sq_free(&product[k]);
  sq_free(&density);
  sq_free(&first);
  PetscCall(sq_walkers_destroy(&s->walkers));
  PetscFunctionReturn(0);
}

/* ---- the stage ---- */

PetscErrorCode sq_stage_fokker_planck(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_text density = {0}, times = {0}, rates = {0};
  stage s = {.run = run, .density = &density, .times = &times, .rates = &rates};
  double began = sq_now();
  PetscCall(describe(&s));
  PetscCall(
    sq_text_add(&density, "alpha,time,phi_0,%sdensity,equilibrium,walkers,error\n", s.sites > 1 ? "phi_1," : ""));
  PetscCall(sq_text_add(&times, "alpha,time,mass,rounding,minimum,relative_entropy,M,M2,chi2,freedom,p\n"));
  PetscCall(sq_text_add(&rates, "alpha,quantity,value,error\n"));
  for (int index = 0; index <= sq_deck_int(run->deck, "fokker-planck", "doublings"); index++) {
    PetscCall(set_alpha(&s, index));
    PetscCall(resolve(&s));
    PetscCall(make_frames(&s));
    PetscCall(measure_decay(&s));
    PetscCall(measure_autocorrelation(&s));
    PetscCall(sq_fokker_planck_destroy(&s.fp));
  }
  PetscCall(sq_run_write(run, "fokker_planck.csv", &density));
  PetscCall(sq_run_write(run, "fokker_planck_times.csv", &times));
  PetscCall(sq_run_write(run, "fokker_planck_rates.csv", &rates));
  sq_info("fokker-planck: fokker_planck.csv written in %.1f s", sq_now() - began);
  sq_free(&s.share);
  sq_free(&s.count);
  PetscFunctionReturn(0);
}
