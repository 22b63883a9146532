/* The command check: whether the parts of a deck fit each other, and what its stages would do, cost and need. */
#include "src/app/commands.h"
#include "squall/fokkerplanck.h"
#include "squall/hmc.h"
#include "squall/train.h"
#include "src/ensemble/likelihood.h"
#include "src/correction/correction.h"
#include "src/stage/weigh.h"
#include <math.h>
#include <string.h>

/* ---- parts that do not fit ---- */

static PetscErrorCode check_schedules(const sq_run *run)
{
  PetscFunctionBeginUser;
  static const char *const sections[] = {"train", "sample"};
  sq_schedule schedule;
  for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
    PetscCall(sq_schedule_from_deck(run->deck, sq_deck_text(run->deck, sections[i], "levels"), &schedule));
  PetscFunctionReturn(0);
}

/* Corrections by path weights need a sampler that has some. */
static PetscErrorCode check_weights(const sq_run *run)
{
  PetscFunctionBeginUser;
  char names[SQ_SAMPLER_TEXT];
  const char *method = sq_deck_text(run->deck, "correct", "method"),
             *sampler = sq_deck_text(run->deck, "sample", "sampler");
  SqCheck(sq_sampler_find(sampler)->weighted || !sq_correct_weighted(method), run->world, SQ_ERR_INPUT,
          "%s: correct.method: %s: the sampler %s has no path weights to correct by: sample.sampler: %s, or "
          "correct.method: ode, mala or hmc",
          sq_deck_where(run->deck, "correct", "method"), method, sampler, sq_sampler_weighted_names(names));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_moves(const sq_run *run, const sq_network_shape *shape, const int64_t padded[SQ_DIM])
{
  PetscFunctionBeginUser;
  const sq_deck *deck = run->deck;
  int64_t block = sq_deck_int(deck, "correct", "block"), rim = sq_deck_int(deck, "correct", "rim"),
          depth = sq_deck_int(deck, "correct", "depth"), steps = sq_deck_int(deck, "correct", "steps");
  int64_t fields = sq_deck_int(deck, "correct", "configurations");
  sq_tiling tiling;
  if (fields < 0) fields = sq_deck_int(deck, "sample", "configurations");
  SqCheck(steps < 0 || depth <= steps, run->world, SQ_ERR_INPUT,
          "%s: correct.depth: %lld, but there are %lld noise levels (correct.steps)",
          sq_deck_where(deck, "correct", "depth"), (long long)depth, (long long)steps);
  SqCheck(sq_deck_int(deck, "correct", "chains") <= PetscMin(fields, sq_deck_int(deck, "sample", "configurations")),
          run->world, SQ_ERR_INPUT,
          "%s: correct.chains: %lld chains need at least one field each to begin with and to store",
          sq_deck_where(deck, "correct", "chains"), (long long)sq_deck_int(deck, "correct", "chains"));
  if (block > 0) PetscCall(sq_moves_tiling(run, shape, padded, block, rim, &tiling));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_correction(const sq_run *run, const sq_network_shape *shape)
{
  PetscFunctionBeginUser;
  const char *method = sq_deck_text(run->deck, "correct", "method");
  int64_t extents[SQ_DIM], padded[SQ_DIM];
  PetscCall(check_weights(run));
  PetscCall(sq_sample_extents(run, extents));
  double volume = sq_extents_pad(run->dim, extents, padded);
  if (!strcmp(method, "ode")) PetscCall(sq_ode_check(run, shape, volume));
  if (!strcmp(method, "partial")) PetscCall(check_moves(run, shape, padded));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_sites(const sq_run *run, const char *stage, double most)
{
  PetscFunctionBeginUser;
  int64_t padded[SQ_DIM];
  double volume = sq_extents_pad(run->dim, run->extents, padded);
  SqCheck(volume <= most, run->world, SQ_ERR_INPUT, "%s: %s is for lattices of at most %.0f site%s (lattice.extents)",
          sq_deck_where(run->deck, "lattice", "extents"), stage, most, most > 1 ? "s" : "");
  PetscFunctionReturn(0);
}

PetscErrorCode sq_deck_fits(const sq_run *run)
{
  PetscFunctionBeginUser;
  const sq_deck *deck = run->deck;
  sq_network_shape shape;
  int64_t extents[SQ_DIM];
  char names[SQ_SAMPLER_TEXT];
  PetscCall(sq_diffusion_shape(deck, &run->action, &shape));
  PetscCall(check_schedules(run));
  PetscCall(sq_sample_extents(run, extents));
  SqCheck(
    !sq_deck_int(deck, "sample", "bound") || sq_sampler_find(sq_deck_text(deck, "sample", "sampler"))->weighted,
    run->world, SQ_ERR_INPUT, "%s: sample.bound: the sampler %s has no path weights to make a bound of, only %s have",
    sq_deck_where(deck, "sample", "bound"), sq_deck_text(deck, "sample", "sampler"), sq_sampler_weighted_names(names));
  PetscCall(sq_weigh_check(run));
  if (sq_deck_has_section(deck, "correct")) PetscCall(check_correction(run, &shape));
  if (sq_deck_has_section(deck, "likelihood")) PetscCall(sq_likelihood_check(run));
  if (sq_deck_has_section(deck, "toy")) PetscCall(check_sites(run, "toy", 1));
  if (sq_deck_has_section(deck, "fokker-planck")) PetscCall(check_sites(run, "fokker-planck", SQ_FP_SITES));
  PetscFunctionReturn(0);
}

/* ---- who works on what, and what it takes ---- */

/* Measured: a rank with nothing to do, alone and with neighbours. */
static const double program_megabytes = 52, neighbour_megabytes = 5;

/* Gflop/s of the network on a rank, measured (`squall bench`): with Winograd's convolutions and without. */
static double network_rate(int dim, const int64_t padded[SQ_DIM])
{
  sq_nn_block block;
  sq_nn_block_make(dim, padded, &block);
  return sq_nn_winograd_fits(&block) ? 160 : 90;
}

/* Who works on what, and how much memory a rank needs: for a lattice, bytes of work and `kept` ones, `each` for every
 * piece that a replica has, `orbits` for tables that every rank has. */
static PetscErrorCode check_stage(const sq_run *run, const char *name, const int64_t extents[], int64_t independent,
                                  double bytes, double kept, double each, double orbits, int64_t grain,
                                  const char *pieces)
{
  PetscFunctionBeginUser;
  sq_grid *grid;
  sq_lattice *lattice;
  char text[200];
  PetscCall(sq_run_grid(run, extents, independent, bytes, grain, &grid, &lattice));
  kept += each * (double)((independent + grid->replicas - 1) / grid->replicas);
  sq_lattice_describe(lattice, text, sizeof text);
  sq_info("  %-7s %lld %s on %d replica%s, each %s; %.0f MB a rank", name, (long long)independent, pieces,
          grid->replicas, grid->replicas > 1 ? "s" : "", text,
          program_megabytes + (run->size > 1 ? neighbour_megabytes : 0) +
            ((bytes + kept) / lattice->size + orbits) / 1e6);
  PetscCall(sq_lattice_destroy(&lattice));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

/* Orbits of a lattice, nearly: every rank holds tables of them. */
static double orbits_of(const int64_t padded[SQ_DIM])
{
  double orbits = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    int equal = 1;
    for (int nu = 0; nu < mu; nu++) equal += padded[nu] == padded[mu] && padded[mu] > 1;
    orbits *= (double)(padded[mu] / 2 + 1) / equal;
  }
  return orbits;
}

/* Arrays of the learner, the checkpoint's among them: 7 in double, 4 in float. */
static const double training_bytes_a_weight = 7 * sizeof(double) + 4 * sizeof(float);

static PetscErrorCode check_training(const sq_run *run, const sq_network_shape *shape, int64_t training,
                                     int64_t testing)
{
  PetscFunctionBeginUser;
  int64_t padded[SQ_DIM], steps = sq_deck_int(run->deck, "train", "steps"),
                          fields = sq_deck_int(run->deck, "train", "batch");
  double volume = sq_extents_pad(run->dim, run->extents, padded), rate = network_rate(run->dim, padded),
         flops = 3 * sq_network_flops(shape) * volume * (double)(steps * fields);
  int batch = sq_network_batch(shape, (int64_t)volume);
  int64_t held_out = PetscMin(testing, PetscMax(256, sq_deck_int(run->deck, "train", "calibrate")));
  PetscCall(check_stage(run, "train", run->extents, (fields + batch - 1) / batch,
                        sq_network_bytes(shape, padded, batch, true),
                        volume * (100 + 8 * (double)(training + held_out)), 0,
                        60 * orbits_of(padded) + sq_network_weight_bytes(shape, true) +
                          training_bytes_a_weight * (double)sq_network_parameters(shape),
                        sq_network_grain(shape), "microbatches"));
  sq_info("          %.3g Tflop in %lld steps (at %.0f Gflop/s a rank: %.1f minutes)", flops / 1e12, (long long)steps,
          rate, flops / (rate * 1e9) / 60 / run->size);
  PetscFunctionReturn(0);
}

static PetscErrorCode check_sampling(const sq_run *run, const sq_network_shape *shape)
{
  PetscFunctionBeginUser;
  const int64_t *given;
  int64_t padded[SQ_DIM], fields = sq_deck_int(run->deck, "sample", "configurations"),
                          steps = sq_deck_int(run->deck, "sample", "steps");
  const int64_t *extents = sq_deck_ints(run->deck, "sample", "extents", &given) == run->dim ? given : run->extents;
  double volume = sq_extents_pad(run->dim, extents, padded), rate = network_rate(run->dim, padded),
         flops = sq_network_flops(shape) * volume * (double)(fields * steps);
  int batch = sq_network_batch(shape, (int64_t)volume);
  PetscCall(check_stage(run, "sample", extents, (fields + batch - 1) / batch,
                        sq_network_bytes(shape, padded, batch, false), 150 * volume * batch, 0,
                        (double)(60 + 8 * (steps + 6)) * orbits_of(padded) + sq_network_weight_bytes(shape, false),
                        sq_network_grain(shape), "batches"));
  sq_info("          %.3g Tflop in %lld evaluations of %lld fields (at %.0f Gflop/s a rank: %.1f minutes); files %.0f "
          "MB",
          flops / 1e12, (long long)steps, (long long)fields, rate, flops / (rate * 1e9) / 60 / run->size,
          8e-6 * volume * (double)fields);
  if (!strcmp(sq_deck_text(run->deck, "sample", "exchange"), "wide"))
    sq_info("          one exchange for all layers: where a field is cut over ranks, memory and work are those of "
            "blocks %lld sites larger at every cut",
            (long long)sq_network_reach(shape));
  PetscFunctionReturn(0);
}

/* Every step size has its own chains, one after the other. */
static PetscErrorCode check_langevin(const sq_run *run, double volume, int64_t *training, int64_t *testing)
{
  PetscFunctionBeginUser;
  sq_langevin_settings s;
  PetscCall(sq_langevin_settings_from_deck(run->deck, &s));
  const sq_hmc_settings *set = &s.set[0];
  PetscCall(check_stage(run, "langevin", run->extents, set->chains, 64 * volume, 0, 32 * volume, 0, 0, "chains"));
  for (int i = 0; i < s.count; i++) {
    double forces = (double)s.set[i].steps * (1 + set->scheme->corrector);
    sq_info("          steps of %g (%s): %lld in an interval of time %.3g, %.3g site updates; at least %.3g in all",
            s.eps[i], set->scheme->name, (long long)s.set[i].steps, s.set[i].length, forces * volume,
            forces * volume * (double)(PetscMax(s.set[i].separation, (int64_t)1) * (set->configurations + set->test)));
  }
  sq_info("          files %.0f MB", 8e-6 * volume * (double)(s.count * (set->configurations + set->test)));
  *training = set->configurations;
  *testing = set->test;
  PetscFunctionReturn(0);
}

/* The sites of generated fields, and their network's work and rate. */
typedef struct {
  int64_t extents[SQ_DIM], padded[SQ_DIM], fields;
  double volume, flops, rate;
} generated;

static PetscErrorCode generated_of(const sq_run *run, const sq_network_shape *shape, generated *g)
{
  PetscFunctionBeginUser;
  PetscCall(sq_sample_extents(run, g->extents));
  g->volume = sq_extents_pad(run->dim, g->extents, g->padded);
  g->fields = sq_deck_int(run->deck, "correct", "configurations");
  if (g->fields < 0) g->fields = sq_deck_int(run->deck, "sample", "configurations");
  g->flops = sq_network_flops(shape) * g->volume;
  g->rate = network_rate(run->dim, g->padded) * 1e9;
  PetscFunctionReturn(0);
}

static void say_flops(const sq_run *run, double flops, double rate, const char *what)
{
  sq_info("          %.3g Tflop: %s (at %.0f Gflop/s a rank: %.1f minutes)", flops / 1e12, what, rate / 1e9,
          flops / rate / 60 / run->size);
}

static PetscErrorCode check_ode(const sq_run *run, const sq_network_shape *shape, const generated *g)
{
  PetscFunctionBeginUser;
  char text[160];
  PetscCall(check_stage(run, "correct", g->extents, g->fields,
                        sq_network_bytes(shape, g->padded, sq_tangent_batch((int64_t)g->volume), false),
                        600 * g->volume, 0, 60 * orbits_of(g->padded) + sq_network_weight_bytes(shape, false),
                        sq_network_grain(shape), "fields of the probability flow, then a Metropolis chain of them,"));
  snprintf(text, sizeof text, "exact divergences, %.0f tangents for each of about a hundred evaluations a field",
           g->volume);
  say_flops(run, (double)g->fields * sq_ode_flops(shape, g->volume), g->rate, text);
  PetscFunctionReturn(0);
}

static PetscErrorCode check_partial(const sq_run *run, const sq_network_shape *shape, const generated *g)
{
  PetscFunctionBeginUser;
  int64_t chains = sq_deck_int(run->deck, "correct", "chains"), steps = sq_deck_int(run->deck, "correct", "steps");
  int batch = sq_network_batch(shape, (int64_t)g->volume);
  if (steps < 0) steps = sq_deck_int(run->deck, "sample", "steps"); /* the most that is tried */
  PetscCall(check_stage(run, "correct", g->extents, chains,
                        sq_network_bytes(shape, g->padded, batch, false) + 8 * g->volume * (double)(steps + 8),
                        150 * g->volume * batch, 8 * g->volume * (double)(steps + 6),
                        60 * orbits_of(g->padded) + sq_network_weight_bytes(shape, false), sq_network_grain(shape),
                        "chains of partial-path moves"));
  sq_info("          %lld fields; a move of a whole field to level k takes 2k - 1 evaluations, %.3g s of a core for k "
          "= 1; levels, depth, blocks and separation that are auto are found by trial moves first",
          (long long)g->fields, g->flops / g->rate);
  PetscFunctionReturn(0);
}

static PetscErrorCode check_polish(const sq_run *run, const generated *g, bool langevin)
{
  PetscFunctionBeginUser;
  const double updates = 1e8; /* sites a second and rank, at least */
  double forces = (double)g->fields * (double)sq_deck_int(run->deck, "correct", "trajectories") *
                  (langevin ? 1 : (double)sq_deck_int(run->deck, "correct", "md_steps"));
  PetscCall(check_stage(run, "correct", g->extents, g->fields, 64 * g->volume, 64 * g->volume, 0, 0, 0,
                        langevin ? "fields, each moved on by Langevin steps with a decision," :
                                   "fields, each moved on by trajectories,"));
  sq_info("          %.3g forces of a field (%.1f minutes), after some to tune the step size; in the limit of many the "
          "result is exact",
          forces, forces * g->volume / updates / 60 / run->size);
  PetscFunctionReturn(0);
}

static PetscErrorCode check_correcting(const sq_run *run, const sq_network_shape *shape)
{
  PetscFunctionBeginUser;
  const char *method = sq_deck_text(run->deck, "correct", "method");
  generated g;
  PetscCall(generated_of(run, shape, &g));
  if (!strcmp(method, "ode")) PetscCall(check_ode(run, shape, &g));
  else if (!strcmp(method, "partial")) PetscCall(check_partial(run, shape, &g));
  else if (!strcmp(method, "mala") || !strcmp(method, "hmc")) PetscCall(check_polish(run, &g, method[0] == 'm'));
  else if (!strcmp(method, "reweight")) sq_info("  correct averages with path weights, when measured: costs nothing");
  else {
    int64_t samples = sq_deck_int(run->deck, "sample", "configurations");
    PetscCall(
      check_stage(run, "correct", g.extents, samples, 64 * g.volume, 0, 0, 0, 0, "proposals of a Metropolis chain"));
    sq_info("          copies of fields, no evaluations; file %.0f MB", 8e-6 * g.volume * (double)samples);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode check_likelihood(const sq_run *run, const sq_network_shape *shape)
{
  PetscFunctionBeginUser;
  const sq_deck *deck = run->deck;
  const int64_t *given;
  int64_t padded[SQ_DIM], fields = sq_deck_int(deck, "likelihood", "configurations"),
                          paths = sq_deck_int(deck, "likelihood", "paths"),
                          steps = sq_deck_int(deck, "likelihood", "steps");
  int count = sq_deck_ints(deck, "likelihood", "path_steps", &given), batch;
  double volume = sq_extents_pad(run->dim, run->extents, padded), evaluations = 0;
  char text[160];
  double tangents = sq_likelihood_tangents(run, padded);
  batch = sq_tangent_batch((int64_t)volume);
  evaluations = 2 * (double)fields * 2 * (double)(steps - 1) *
                (1 + tangents); /* Heun's; from held-out fields, and to generated ones */
  for (int i = 0; i < count; i++) evaluations += 3 * (double)(paths * given[i]);
  PetscCall(check_stage(run, "likely", run->extents, PetscMax(1, PetscMax(fields, paths)),
                        sq_network_bytes(shape, padded, batch, false), 600 * volume, 0,
                        60 * orbits_of(padded) + sq_network_weight_bytes(shape, false), sq_network_grain(shape),
                        "fields and paths"));
  snprintf(text, sizeof text,
           "%lld fields there and back along the flow, %.0f tangents an evaluation; %lld paths for each of %d numbers "
           "of steps",
           (long long)fields, tangents, (long long)paths, count);
  say_flops(run, evaluations * sq_network_flops(shape) * volume, network_rate(run->dim, padded) * 1e9, text);
  PetscFunctionReturn(0);
}

static void check_small(const sq_run *run)
{
  const sq_deck *deck = run->deck;
  if (sq_deck_has_section(deck, "toy"))
    sq_info("  toy     %lld noise levels of %lld values by quadrature, beside the model; histograms against exp(-S)/Z: "
            "about a second",
            (long long)sq_deck_int(deck, "toy", "levels"), (long long)sq_deck_int(deck, "toy", "points"));
  if (!sq_deck_has_section(deck, "fokker-planck")) return;
  sq_info("  f-p     the Fokker-Planck equation in %lld times of %lld implicit steps, beside %lld walkers, at %lld "
          "strength%s of the noise: seconds for one site, minutes for two",
          (long long)sq_deck_int(deck, "fokker-planck", "frames"),
          (long long)sq_deck_int(deck, "fokker-planck", "steps"),
          (long long)sq_deck_int(deck, "fokker-planck", "walkers"),
          (long long)sq_deck_int(deck, "fokker-planck", "doublings") + 1,
          sq_deck_int(deck, "fokker-planck", "doublings") ? "s" : "");
}

PetscErrorCode sq_command_check(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_deck *deck = run->deck;
  sq_hmc_settings hmc;
  sq_network_shape shape;
  int64_t padded[SQ_DIM];
  double volume = sq_extents_pad(run->dim, run->extents, padded);
  char *text;
  PetscCall(sq_deck_fits(run));
  PetscCall(sq_hmc_settings_from_deck(deck, &hmc));
  PetscCall(sq_diffusion_shape(run->deck, &run->action, &shape));
  PetscCall(sq_deck_text_of(deck, NULL, true, &text));
  sq_info("%s\nOn %d rank%s:", text, run->size, run->size > 1 ? "s" : "");
  sq_free(&text);
  sq_info("  network %lld weights, %s, %.4g Mflop an evaluation of one field", (long long)sq_network_parameters(&shape),
          shape.odd ? "odd in phi" : "general", sq_network_flops(&shape) * volume / 1e6);
  if (sq_deck_has_section(deck, "hmc"))
    PetscCall(check_stage(run, "hmc", run->extents, hmc.chains, 64 * volume, 0, 32 * volume, 0, 0, "chains"));
  int64_t training = 0, testing = 0;
  if (sq_deck_has_section(deck, "langevin")) PetscCall(check_langevin(run, volume, &training, &testing));
  if (!sq_run_ensemble_is_langevin(run)) training = hmc.configurations, testing = hmc.test;
  if (sq_deck_has_section(deck, "train")) PetscCall(check_training(run, &shape, training, testing));
  if (sq_deck_has_section(deck, "sample")) PetscCall(check_sampling(run, &shape));
  if (sq_deck_has_section(deck, "correct")) PetscCall(check_correcting(run, &shape));
  if (sq_deck_has_section(deck, "likelihood")) PetscCall(check_likelihood(run, &shape));
  check_small(run);
  sq_info("The deck is valid.");
  PetscFunctionReturn(0);
}
