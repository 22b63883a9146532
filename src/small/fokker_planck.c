/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage fokker-planck, for lattices of one or two sites: the density of the Langevin process in time by its
 * Fokker-Planck equation, beside histograms of walkers -> fokker_planck.csv, fokker_planck_times.csv; relaxation rates
 * from the operator, from the decay and from the walkers' autocorrelation -> fokker_planck_rates.csv. Repeated for
 * alpha, 2 alpha, ... of the noise.
 */
#include "src/small/frames.h"
#include "src/plan/plan.h"
#include "src/small/small.h"
#include <math.h>
#include <stdarg.h>

enum { RATES = SQ_FP_MODES, RESOLUTIONS = 3, PIECE = 500 /* steps of walkers between looks at the clock */ };
static const double box_height = 40; /* S/alpha on the edges of the box: beyond is nothing */

typedef struct {
  sq_run *run;
  sq_fokker_planck_settings set;
  sq_fokker_planck_problem problem; /* at the present alpha */
  sq_fokker_planck *fp;
  sq_walkers *walkers;
  sq_frames frames;
  int index;                         /* which alpha */
  double rate[RATES], weight[RATES]; /* of the operator */
  int mode;                          /* the slowest that M sees */
  double time;                       /* of the last frame */
  sq_text *rates;
} stage;

static PetscErrorCode add_quantity(const stage *s, double value, double error, const char *format, ...)
{
  PetscFunctionBeginUser;
  char name[48];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(name, sizeof name, format, arguments);
  va_end(arguments);
  PetscCall(sq_text_add(s->rates, "%g,%s,%.10g,%.4g\n", s->problem.alpha, name, value, error));
  PetscFunctionReturn(0);
}

/* ---- set-up ---- */

/* The slowest rate that M sees, at coarser grids too: the order of the grid. */
static PetscErrorCode resolve(stage *s)
{
  PetscFunctionBeginUser;
  double slow[RESOLUTIONS], log_Z;
  for (int k = 0; k < RESOLUTIONS; k++) {
    int points = s->problem.points >> (RESOLUTIONS - 1 - k);
    PetscCall(sq_fokker_planck_coarse(s->run->world, &s->problem, points, s->mode, &slow[k], &log_Z));
    PetscCall(add_quantity(s, slow[k], NAN, "rate_%d_points_%d", s->mode, points));
    PetscCall(add_quantity(s, log_Z, NAN, "log_Z_points_%d", points));
  }
  double order = log2((slow[1] - slow[0]) / (slow[2] - slow[1]));
  PetscCall(add_quantity(s, order, NAN, "order_of_the_grid"));
  sq_info("fokker-planck: rate %.6g, %.6g, %.6g with %d, %d, %d cells in each direction: order %.2f", slow[0], slow[1],
          slow[2], s->problem.points / 4, s->problem.points / 2, s->problem.points, order);
  PetscFunctionReturn(0);
}

static PetscErrorCode set_alpha(stage *s, int index)
{
  PetscFunctionBeginUser;
  s->index = index;
  s->problem.alpha = ldexp(s->set.problem.alpha, index);
  PetscCall(
    sq_fokker_planck_reach(&s->problem.action, s->problem.extent, s->problem.alpha, box_height, &s->problem.reach));
  PetscCall(sq_fokker_planck_create(s->run->world, &s->problem, &s->fp));
  PetscCall(sq_fokker_planck_spectrum(s->fp, RATES, s->rate, s->weight));
  s->mode = sq_fokker_planck_slowest(RATES, s->weight);
  for (int n = 0; n < RATES; n++) {
    PetscCall(add_quantity(s, s->rate[n], NAN, "rate_%d", n));
    PetscCall(add_quantity(s, s->weight[n], NAN, "weight_%d", n));
  }
  s->time = s->set.time > 0 ? s->set.time : 2 / s->rate[s->mode];
  sq_info("fokker-planck: alpha = %g, %d cells in each direction of [-%.3g, %.3g]; rates %.5g %.5g %.5g; the slowest "
          "that M sees: %.5g",
          s->problem.alpha, s->problem.points, s->problem.reach, s->problem.reach, s->rate[1], s->rate[2], s->rate[3],
          s->rate[s->mode]);
  PetscFunctionReturn(0);
}

/* ---- frames: the density and the walkers side by side ---- */

static PetscErrorCode walk(stage *s, const char *what, double time)
{
  PetscFunctionBeginUser;
  int64_t steps = (int64_t)fmax(1, ceil(time / s->set.eps)); /* that make up the time exactly */
  sq_progress progress;
  s->walkers->eps = time / (double)steps;
  sq_progress_begin(&progress, what, 0, steps);
  for (int64_t done = 0; done < steps;) {
    int64_t piece = PetscMin((int64_t)PIECE, steps - done);
    sq_walkers_advance(s->walkers, piece);
    done += piece;
    if (sq_progress_due(&progress)) {
      sq_run_status(s->run, "fokker-planck", "running", done, steps, "");
      sq_progress_show(&progress, done, "alpha %g", s->problem.alpha);
    }
    PetscCall(sq_run_obey(s->run, "fokker-planck", 1)); /* short: it begins anew */
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode make_walkers(stage *s, uint64_t use)
{
  PetscFunctionBeginUser;
  static const char *const sections[] = {"lattice", "action", "fokker-planck", NULL};
  PetscCall(sq_walkers_create(s->run->world, &s->problem.action, s->problem.extent, s->problem.alpha, s->set.eps,
                              s->set.walkers, sq_run_stream(s->run, "fokker-planck", sections),
                              2 * (uint64_t)s->index + use, &s->walkers));
  PetscFunctionReturn(0);
}

static PetscErrorCode make_frames(stage *s)
{
  PetscFunctionBeginUser;
  const double centre[SQ_FP_SITES] = {s->set.start, s->set.start};
  const int frames = s->set.frames;
  double time = 0, *equilibrium;
  PetscCall(sq_alloc(s->frames.cells, &equilibrium));
  PetscCall(sq_fokker_planck_shares(s->fp, true, s->set.bins, equilibrium));
  PetscCall(make_walkers(s, 0));
  sq_walkers_start(s->walkers, centre, s->set.width);
  PetscCall(sq_fokker_planck_start(s->fp, centre, s->set.width));
  for (int k = 0; k < frames; k++) {
    double next = ldexp(s->time, k - frames + 1);
    PetscCall(sq_fokker_planck_advance(s->fp, next - time, s->set.steps));
    PetscCall(walk(s, "histogram", next - time));
    const sq_frame now = {
      .problem = &s->problem, .fp = s->fp, .walkers = s->walkers, .time = next, .equilibrium = equilibrium};
    PetscCall(sq_frames_add(&s->frames, &now));
    time = next;
  }
  PetscCall(sq_walkers_destroy(&s->walkers));
  sq_free(&equilibrium);
  PetscFunctionReturn(0);
}

/* ---- rates ---- */

/* From the decay of <M> after the last frame. Then on to the stationary state. */
static PetscErrorCode measure_decay(stage *s)
{
  PetscFunctionBeginUser;
  enum { LONG_STEPS = 30 };
  const double rate = s->rate[s->mode];
  double decay, off;
  PetscCall(sq_fokker_planck_decay(s->fp, rate, &decay));
  PetscCall(sq_fokker_planck_advance(s->fp, LONG_STEPS * 40 * (0.25 / rate), LONG_STEPS));
  PetscCall(sq_fokker_planck_off(s->fp, &off));
  PetscCall(add_quantity(s, decay, NAN, "rate_from_decay"));
  PetscCall(add_quantity(s, off, NAN, "stationary_state_off_by"));
  sq_info("fokker-planck: rate %.6g from the decay of <M>, %.6g from the operator; stationary state exp(-S/alpha)/Z to "
          "%.1e of its maximum",
          decay, rate, off);
  PetscFunctionReturn(0);
}

/* From M(0) M(t) of walkers in equilibrium at two times t. */
static PetscErrorCode measure_autocorrelation(stage *s)
{
  PetscFunctionBeginUser;
  const double exact = s->rate[s->mode], wait = sq_walkers_wait(RATES, s->rate, s->weight, s->mode), window = 1 / exact;
  double *first, *early, *late;
  sq_estimate rate;
  PetscCall(make_walkers(s, 1));
  PetscCall(sq_alloc(s->walkers->count, &first));
  PetscCall(sq_walkers_start_equilibrium(s->walkers, s->fp));
  sq_walkers_average(s->walkers, first);
  PetscCall(walk(s, "autocorrelation", wait));
  PetscCall(sq_walkers_correlate(s->walkers, first, &early));
  PetscCall(walk(s, "autocorrelation", window));
  PetscCall(sq_walkers_correlate(s->walkers, first, &late));
  PetscCall(sq_walkers_rate(s->walkers->total, early, late, window, &rate));
  PetscCall(add_quantity(s, rate.value, rate.error, "rate_from_walkers"));
  sq_info("fokker-planck: alpha = %g: rate %.5g(%.2g) from the autocorrelation of %lld walkers, %.5g from the operator "
          "(%+.1f sigma)",
          s->problem.alpha, rate.value, rate.error, (long long)s->walkers->total, exact,
          (rate.value - exact) / rate.error);
  sq_free(&early);
  sq_free(&late);
  sq_free(&first);
  PetscCall(sq_walkers_destroy(&s->walkers));
  PetscFunctionReturn(0);
}

/* ---- the stage ---- */

static PetscErrorCode make_all(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_text rates = {0};
  stage s = {.run = run, .rates = &rates};
  double began = sq_now();
  sq_fokker_planck_settings_from_deck(run->deck, &run->action, run->extents, &s.set);
  s.problem = s.set.problem;
  SqCheck(sq_fokker_planck_sites(&s.problem) <= SQ_FP_SITES && run->dim < SQ_DIM, run->world, SQ_ERR_INPUT,
          "%s: the Fokker-Planck equation is solved for lattices of one or two sites (lattice.extents: [1] or [2])",
          sq_deck_where(run->deck, "lattice", "extents"));
  PetscCall(sq_frames_begin(&s.problem, s.set.bins, &s.frames));
  PetscCall(sq_text_add(&rates, "alpha,quantity,value,error\n"));
  for (int index = 0; index <= s.set.doublings; index++) {
    PetscCall(set_alpha(&s, index));
    PetscCall(resolve(&s));
    PetscCall(make_frames(&s));
    PetscCall(measure_decay(&s));
    PetscCall(measure_autocorrelation(&s));
    PetscCall(sq_fokker_planck_destroy(&s.fp));
  }
  PetscCall(sq_frames_write(run, &s.frames));
  PetscCall(sq_run_write(run, "fokker_planck_rates.csv", &rates));
  sq_info("fokker-planck: fokker_planck.csv written in %.1f s", sq_now() - began);
  PetscFunctionReturn(0);
}

static PetscErrorCode fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  PetscCall(sq_stage_sites(run, "fokker-planck", SQ_FP_SITES));
  PetscFunctionReturn(0);
}

static PetscErrorCode plan(const sq_run *run, sq_budget *budget)
{
  PetscFunctionBeginUser;
  if (budget->quiet) PetscFunctionReturn(0);
  sq_fokker_planck_settings set;
  sq_fokker_planck_settings_from_deck(run->deck, &run->action, run->extents, &set);
  sq_info("  f-p     the Fokker-Planck equation in %d times of %lld implicit steps, beside %lld walkers, at %d "
          "strength%s of the noise: seconds for one site, minutes for two",
          set.frames, (long long)set.steps, (long long)set.walkers, set.doublings + 1, set.doublings ? "s" : "");
  PetscFunctionReturn(0);
}

const sq_stage sq_fokker_planck_stage = {.command = {.name = "fokker-planck",
                                                     .usage = "DECK",
                                                     .summary = "one or two sites: the density of the Langevin process "
                                                                "in time as a PDE, its rates, and walkers beside it",
                                                     .sections = SQ_DECK("run", "lattice", "action", "fokker-planck"),
                                                     .params = SQ_TABLES(sq_fokker_planck_params),
                                                     .make = make_all},
                                         .section = "fokker-planck",
                                         .lacks = sq_lacks_number,
                                         .fits = fits,
                                         .plan = plan};
